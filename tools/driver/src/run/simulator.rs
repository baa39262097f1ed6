//! The simulated machine as executor: the simulator computes, the reference crate's kernels serve its host operators.

use std::sync::Arc;

use anyhow::{Context, Result, bail};
use cim_host::Tensor;
use cim_isa::program::HostOp;
use cim_isa::{Instr, Program};
use cim_machine::Machine;
use cim_reference::buffer_elements;
use cim_reference::host::{self, HostArg, HostResult};
use cim_sim::check::{CheckOptions, check};
use cim_sim::{HostExecutor, HostInput, HostOutput, MemoryView, NoProbe, Options, Probe, Simulator};

pub use cim_sim::EngineChoice;

use super::{Executor, Observe};

/// How to simulate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Arithmetic of matrix-vector products; every choice gives the same bytes.
    pub engine: EngineChoice,
    /// Refuse programs that execute more instructions, per inference or while programming.
    pub max_steps: Option<u64>,
    /// Most bytes for buffers and cells; None = the simulator's own limit.
    pub max_memory: Option<u64>,
}

/// A simulated machine with the program's weights programmed.
#[derive(Clone, Debug)]
pub struct Simulated {
    program: Arc<Program>,
    simulator: Simulator,
}

impl Simulated {
    /// Checks the program against the machine and programs the weights.
    ///
    /// # Errors
    /// The checker refuses the program, it exceeds a limit, or programming fails.
    pub fn new(program: &Arc<Program>, machine: &Machine, settings: Settings) -> Result<Self> {
        if let Some(limit) = settings.max_steps {
            for (what, body) in [("programming the weights", &program.init), ("one inference", &program.main)] {
                let steps = executed(body);
                if steps > limit as u128 {
                    bail!("{what} executes {steps} instructions, --max-steps allows {limit}");
                }
            }
        }
        check_program(program, machine)?;
        let mut options = Options { engine: settings.engine, ..Options::default() };
        if let Some(bytes) = settings.max_memory {
            options.max_memory = bytes;
        }
        let mut simulator = Simulator::new(Arc::clone(program), machine, options)?;
        simulator.init(&Host).context("programming the weights")?;
        Ok(Simulated { program: Arc::clone(program), simulator })
    }

    /// The simulator, so that tests can plant faults in programmed cells.
    pub fn simulator_mut(&mut self) -> &mut Simulator {
        &mut self.simulator
    }
}

impl Executor for Simulated {
    fn infer(&mut self, inputs: &[Tensor], observe: Option<&mut Observe<'_>>) -> Result<Vec<Tensor>> {
        match observe {
            None => Ok(self.simulator.run(inputs, &Host, &mut NoProbe)?),
            Some(observe) => {
                let mut probe = Watch { program: &self.program, observe, failed: None };
                let outputs = self.simulator.run(inputs, &Host, &mut probe)?;
                if let Some(e) = probe.failed {
                    return Err(e);
                }
                Ok(outputs)
            }
        }
    }
}

/// Refuses what the machine could not run.
///
/// # Errors
/// The findings of the simulator's checker, one a line.
pub fn check_program(program: &Program, machine: &Machine) -> Result<()> {
    let errors = check(program, machine, CheckOptions::default());
    if !errors.is_empty() {
        let lines: Vec<String> = errors.iter().map(|e| format!("\n  {e}")).collect();
        bail!("machine '{}' cannot run this program:{}", machine.name, lines.concat());
    }
    Ok(())
}

/// Refuses programs whose buffers and cells need more than `limit` bytes in the simulator.
///
/// # Errors
/// More is needed.
pub fn check_memory(program: &Program, machine: &Machine, limit: u64) -> Result<()> {
    let needed = cim_sim::exec::footprint(program, machine);
    if needed > u128::from(limit) {
        bail!("buffers and cells need {needed} bytes, --max-memory allows {limit}");
    }
    Ok(())
}

/// Instructions that a body executes.
pub fn executed(body: &[Instr]) -> u128 {
    body.iter()
        .map(|i| match i {
            Instr::Loop { trip, body } => executed(body).saturating_mul(*trip as u128),
            Instr::Parallel { body } => executed(body),
            _ => 1,
        })
        .fold(0, u128::saturating_add)
}

/// Hands the buffers to an observer; keeps its first error, since a probe cannot fail.
struct Watch<'a, 'o> {
    program: &'a Program,
    observe: &'a mut Observe<'o>,
    failed: Option<anyhow::Error>,
}

impl Probe for Watch<'_, '_> {
    fn after(&mut self, index: u32, memory: MemoryView<'_>) {
        if self.failed.is_some() {
            return;
        }
        let read = |id: cim_isa::types::BufferId| {
            let buffer =
                self.program.buffers.get(id.index()).with_context(|| format!("buffer {} does not exist", id.0))?;
            buffer_elements(buffer, memory.space(buffer.space)).map_err(anyhow::Error::msg)
        };
        self.failed = (self.observe)(index, &read).err();
    }
}

/// Host operators by the kernels of the reference crate.
struct Host;

impl HostExecutor for Host {
    fn execute(&self, program: &Program, op: &HostOp, inputs: &[HostInput<'_>]) -> Result<HostOutput, String> {
        let args: Vec<HostArg<'_>> = inputs
            .iter()
            .map(|i| match *i {
                HostInput::Tensor(t) => HostArg::Tensor(t),
                HostInput::Absent => HostArg::Absent,
                HostInput::Int { shape, data } => HostArg::Int { shape, data },
                HostInput::Constant(c) => HostArg::Constant(c),
            })
            .collect();
        match host::run(program, op, &args).map_err(|e| e.to_string())? {
            HostResult::Tensor(t) => Ok(HostOutput::Tensor(t)),
            HostResult::Int(v) => Ok(HostOutput::Int(v)),
        }
    }
}

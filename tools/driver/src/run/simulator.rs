//! The simulated machine as executor.

use anyhow::{Result, bail};
use cim_isa::Program;
use cim_reference::FloatTensor;

use super::{Executor, Observe};

/// How crossbars are simulated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// The fastest that is exact for the program.
    Auto,
    /// Integer products, where no conversion can clip.
    Exact,
    /// Every cell, input bit and conversion.
    BitSliced,
}

/// A simulated machine with the program's weights programmed.
#[derive(Clone, Debug)]
pub struct Simulated {}

impl Simulated {
    /// Checks the program against its machine and programs the weights.
    ///
    /// # Errors
    /// The checker refuses the program, or programming fails.
    pub fn new(program: &Program, engine: Engine, max_steps: Option<u64>) -> Result<Self> {
        let _ = (program, engine, max_steps);
        bail!("simulation is not available in this build")
    }

    /// Adds to a report what the machine knows: cycles, crossbars, cell writes.
    pub fn fill(&self, report: &mut crate::report::Report) {
        let _ = report;
    }
}

impl Executor for Simulated {
    fn infer(&mut self, inputs: &[FloatTensor], observe: Option<&mut Observe<'_>>) -> Result<Vec<FloatTensor>> {
        let _ = (inputs, observe);
        bail!("simulation is not available in this build")
    }
}

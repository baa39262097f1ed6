//! Programs that were not written for this crate: the published example, and programs that are valid but senseless.

mod support;

use std::sync::Arc;

use cim_host::Tensor;
use cim_isa::program::{HostOp, HostValue, ProgramMode};
use cim_isa::testing::{conv_relu, random_program};
use cim_isa::types::{ElemType, HostTensorId};
use cim_isa::{Instr, Program};
use cim_machine::Machine;
use cim_sim::check::{CheckOptions, check};
use cim_sim::{EngineChoice, HostExecutor, HostInput, HostOutput, NoProbe, Options, Simulator};
use support::Rng;

/// A tensor of the declared type.
fn tensor(program: &Program, id: HostTensorId, value: impl Fn(usize) -> f32) -> Tensor {
    let t = &program.host_tensors[id.index()];
    let shape: Vec<usize> = t.shape.iter().map(|d| *d as usize).collect();
    let values: Vec<f32> = (0..shape.iter().product()).map(value).collect();
    match t.elem {
        ElemType::Int(e) => Tensor::ints(e, shape, values.iter().map(|v| *v as i64).collect()),
        ElemType::F64 => Tensor::doubles(shape, values.iter().map(|v| f64::from(*v)).collect()),
        ElemType::Bool => Tensor::bools(shape, values.iter().map(|v| *v != 0.0).collect()),
        elem => Tensor::floats(elem, shape, values),
    }
}

/// Integers become floats and back; everything else gives zeros of the declared shape.
struct Plain;

impl HostExecutor for Plain {
    fn execute(&self, program: &Program, op: &HostOp, inputs: &[HostInput<'_>]) -> Result<HostOutput, String> {
        let wanted = match op.output {
            HostValue::Tensor(t) => program.host_tensors[t.index()].shape.iter().product::<u32>() as usize,
            HostValue::Buffer(b) => program.buffers[b.index()].shape.iter().product::<u32>() as usize,
            HostValue::Constant(_) | HostValue::Absent => return Err("writes no tensor".into()),
        };
        Ok(match (op.output, inputs.first()) {
            (HostValue::Buffer(_), Some(HostInput::Tensor(t))) if t.count() == wanted => HostOutput::Int(t.to_i64()),
            (HostValue::Buffer(_), _) => HostOutput::Int(vec![0; wanted]),
            (HostValue::Tensor(t), Some(HostInput::Int { data, .. })) if data.len() == wanted => {
                HostOutput::Tensor(tensor(program, t, |i| data[i] as f32))
            }
            (HostValue::Tensor(t), _) => HostOutput::Tensor(tensor(program, t, |_| 0.0)),
            _ => return Err("writes no tensor".into()),
        })
    }
}

#[test]
fn the_published_example_in_every_mode() {
    let machine = Machine::preset("conv-relu-example").expect("preset");
    let size = 8usize;
    let mut rng = Rng(3);
    let x = rng.fill(3 * size * size, 0, 255);
    for mode in [ProgramMode::Cm, ProgramMode::Xbm, ProgramMode::Wlm] {
        let program = conv_relu(mode, size as u32);
        assert_eq!(check(&program, &machine, CheckOptions::default()), vec![], "{mode:?}");
        let weights: Vec<i64> = program.constants[0].data.iter().map(|b| i64::from(*b as i8)).collect();
        let mut want = Vec::new();
        for o in 0..32 {
            for i in 0..size * size {
                let (h, w) = ((i / size) as i64, (i % size) as i64);
                let mut sum = 0;
                for c in 0..3usize {
                    for k in 0..9usize {
                        let (y, z) = (h + k as i64 / 3 - 1, w + k as i64 % 3 - 1);
                        if (0..size as i64).contains(&y) && (0..size as i64).contains(&z) {
                            sum += weights[o * 27 + c * 9 + k] * x[c * size * size + y as usize * size + z as usize];
                        }
                    }
                }
                want.push(sum.max(0) as f32);
            }
        }
        let floats: Vec<f32> = x.iter().map(|v| *v as f32).collect();
        for engine in [EngineChoice::BitSliced, EngineChoice::Exact] {
            let options = support::options(engine);
            let mut sim = Simulator::new(Arc::new(program.clone()), &machine, options).expect("fits");
            let x = Tensor::floats(ElemType::F32, [1, 3, size, size], floats.clone());
            let y = sim.run(&[x], &Plain, &mut NoProbe).unwrap_or_else(|e| panic!("{mode:?}: {e}"));
            assert_eq!(y[0].to_f32(), want, "{mode:?} {engine:?}");
        }
    }
}

fn executed(body: &[Instr]) -> u64 {
    let one = |i: &Instr| match i {
        Instr::Loop { trip, body } => executed(body).saturating_mul(*trip),
        Instr::Parallel { body } => executed(body),
        _ => 1,
    };
    body.iter().map(one).fold(0, u64::saturating_add)
}

/// Whatever the loader accepts is checked, costed and executed without a panic; most of it is refused.
#[test]
fn senseless_programs_are_answered() {
    let mut machine = Machine::preset("isaac-baseline").expect("preset");
    machine.crossbar.cols = 256;
    machine.core.xb_number = cim_machine::Count::Total(4);
    let (mut refused, mut ran) = (0, 0);
    for seed in 0..400 {
        let program = random_program(seed, 24);
        let options = CheckOptions { max_steps: 1 << 14, ..CheckOptions::default() };
        refused += usize::from(!check(&program, &machine, options).is_empty());
        cim_sim::cycles::summary(&program, &machine);
        if executed(&program.init).saturating_add(executed(&program.main)) > 1 << 12 {
            continue;
        }
        let inputs: Vec<Tensor> = program.inputs.iter().map(|i| tensor(&program, i.tensor, |_| 1.0)).collect();
        let options = Options { max_memory: 1 << 28, ..Options::default() };
        // Each instruction on its own, so that a failing one does not hide the others.
        for instr in program.init.iter().chain(&program.main) {
            let single =
                Program { init: Vec::new(), main: vec![instr.clone()], outputs: Vec::new(), ..program.clone() };
            if let Ok(mut sim) = Simulator::new(Arc::new(single), &machine, options) {
                ran += usize::from(sim.run(&inputs, &Plain, &mut NoProbe).is_ok());
            }
        }
    }
    assert!(refused > 300 && ran > 100, "{refused} refused, {ran} instructions ran");
}

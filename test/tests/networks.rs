//! Networks of the papers at full size: compiled, run on one image, every layer compared with the reference.
//!
//! `test/networks.py` does the same for the large ones, with a table; here are those that take little time.

use cim_driver::compile::{CompileError, CompileOptions, compile};
use cim_driver::run::simulator::{Settings, Simulated};
use cim_driver::run::{Executor, ReadBuffer, Verifier};
use cim_host::Tensor;
use cim_isa::Program;
use cim_isa::program::ProgramMode;
use cim_isa::types::ElemType;
use cim_machine::Machine;
use cim_reference::Comparison;
use cim_test::models::{Form, find};
use std::sync::Arc;

const MACHINE: &str = "isaac-baseline";

/// Compiles a network from a model file, as the command does.
fn program(name: &str, form: Form, mode: ProgramMode) -> Result<Program, CompileError> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("model.onnx");
    find(name).unwrap().build(form, 1).model.save(&path, false).unwrap();
    let options = CompileOptions { machine: MACHINE.into(), mode: Some(mode), ..Default::default() };
    compile(&path, &options)
}

/// Runs the seeded image; gives the comparison and the output.
fn run(name: &str, program: Program) -> (Comparison, Vec<f32>) {
    let network = find(name).unwrap();
    let machine = Machine::preset(MACHINE).unwrap();
    let shape = network.input.map(|d| d as usize);
    let input = [Tensor::floats(ElemType::F32, shape, network.input_values(1))];
    let program = Arc::new(program);
    let mut machine = Simulated::new(&program, &machine, Settings::default()).unwrap();
    let verifier = Verifier::new(&program).unwrap();
    let trace = verifier.reference(&input).unwrap();
    let mut comparison = Comparison::default();
    let mut observe = |at: u32, read: &ReadBuffer<'_>| verifier.compare(0, &trace, at, read, &mut comparison);
    let outputs = machine.infer(&input, Some(&mut observe)).unwrap();
    (comparison, outputs[0].to_f32())
}

fn bit_exact(name: &str, mode: ProgramMode, elements: u64) -> Vec<f32> {
    let (comparison, output) = run(name, program(name, Form::Qdq, mode).unwrap());
    assert_eq!((comparison.elements, comparison.mismatches), (elements, 0));
    // A network that lost its signal would agree trivially.
    assert!(output.iter().any(|v| (v - output[0]).abs() > 0.1), "{output:?}");
    output
}

#[test]
fn lenet_is_bit_exact_in_every_mode() {
    // Core mode shows the sums before requantisation, too.
    let modes = [(ProgramMode::Cm, 15_396), (ProgramMode::Xbm, 8878), (ProgramMode::Wlm, 8878)];
    let outputs = modes.map(|(mode, elements)| bit_exact("lenet", mode, elements));
    assert!(outputs.iter().all(|o| *o == outputs[0]));
    // Recorded from ONNX Runtime 1.32 on the same file.
    let recorded: [f32; 10] =
        [-0.120353, 0.216635, -0.216635, -0.770259, -0.168494, -0.385130, -0.312918, 0.649906, -0.649906, -0.385130];
    let far = outputs[0].iter().zip(recorded).filter(|(a, b)| (**a - b).abs() > 1e-5).count();
    assert_eq!(far, 0, "{:?}", outputs[0]);
}

#[test]
fn vgg7_is_bit_exact() {
    bit_exact("vgg7", ProgramMode::Xbm, 520_202);
}

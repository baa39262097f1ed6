//! Networks of the papers at full size: compiled, run on one image, every layer compared with the reference.
//!
//! `test/networks.py` does the same for the large ones, with a table; here are those that take little time.

use cim_driver::calibrate::{Calibration, Method};
use cim_driver::compile::{CompileError, CompileOptions, compile};
use cim_driver::run::simulator::{Settings, Simulated};
use cim_driver::run::{Executor, ReadBuffer, Verifier};
use cim_driver::tensor_file::write_npy_f32;
use cim_host::Tensor;
use cim_isa::Program;
use cim_isa::program::ProgramMode;
use cim_isa::types::ElemType;
use cim_machine::Machine;
use cim_reference::Comparison;
use cim_test::models::{Form, find};
use std::fs::File;
use std::sync::Arc;

const MACHINE: &str = "isaac-baseline";

/// Compiles a network from a model file, as the command does; a float network is calibrated with the image that is run.
fn program(name: &str, form: Form, mode: ProgramMode) -> Result<Program, CompileError> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("model.onnx");
    let network = find(name).unwrap();
    network.build(form, 1).model.save(&path, false).unwrap();
    let calibration = (form == Form::Float).then(|| {
        let file = dir.path().join("images.npy");
        let shape: Vec<usize> = network.input.iter().map(|d| *d as usize).collect();
        write_npy_f32(&mut File::create(&file).unwrap(), &shape, &network.input_values(1)).unwrap();
        Calibration { file, method: Method::MinMax, bits: [8, 8], per_tensor: false, affine: false }
    });
    let options = CompileOptions { machine: MACHINE.into(), mode: Some(mode), calibration, ..Default::default() };
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

fn bit_exact(name: &str, form: Form, mode: ProgramMode, elements: u64) -> Vec<f32> {
    let (comparison, output) = run(name, program(name, form, mode).unwrap());
    assert_eq!((comparison.elements, comparison.mismatches), (elements, 0));
    // A network that lost its signal would agree trivially.
    assert!(output.iter().any(|v| (v - output[0]).abs() > 0.1), "{output:?}");
    output
}

#[test]
fn lenet_is_bit_exact_in_every_mode() {
    // Core mode shows the sums before requantisation, too.
    let modes = [(ProgramMode::Cm, 15_396), (ProgramMode::Xbm, 8878), (ProgramMode::Wlm, 8878)];
    let outputs = modes.map(|(mode, elements)| bit_exact("lenet", Form::Qdq, mode, elements));
    assert!(outputs.iter().all(|o| *o == outputs[0]));
    // Recorded from ONNX Runtime 1.32 on the same file.
    let recorded: [f32; 10] =
        [-0.120353, 0.216635, -0.216635, -0.770259, -0.168494, -0.385130, -0.312918, 0.649906, -0.649906, -0.385130];
    let far = outputs[0].iter().zip(recorded).filter(|(a, b)| (**a - b).abs() > 1e-5).count();
    assert_eq!(far, 0, "{:?}", outputs[0]);
}

#[test]
fn vgg7_is_bit_exact() {
    bit_exact("vgg7", Form::Qdq, ProgramMode::Xbm, 520_202);
}

#[test]
fn float_networks_are_quantised_and_bit_exact() {
    for (name, elements) in [("lenet", 8878), ("vit-xs", 353_128)] {
        for mode in [ProgramMode::Xbm, ProgramMode::Wlm] {
            bit_exact(name, Form::Float, mode, elements);
        }
    }
}

#[test]
#[ignore = "minutes without optimisation: cargo test --release -p cim-test --test networks -- --ignored"]
fn large_float_networks_are_quantised_and_bit_exact() {
    for (name, elements) in [("resnet18", 3_589_096), ("resnet50", 16_987_624), ("vgg7", 520_202), ("alexnet", 733_032)]
    {
        for mode in [ProgramMode::Xbm, ProgramMode::Wlm] {
            bit_exact(name, Form::Float, mode, elements);
        }
    }
}

//! The main job: handwritten digits, from ONNX to a bit-exact run, compared with the reference and with ONNX Runtime.

use std::path::Path;
use std::sync::Arc;

use cim_driver::compile::{CompileOptions, compile};
use cim_driver::expect::argmax;
use cim_driver::run::Verifier;
use cim_driver::run::inputs::Inputs;
use cim_driver::tensor_file::{self, Elements};
use cim_isa::Program;
use cim_isa::program::ProgramMode;
use cim_isa::reference::RefKind;
use cim_reference::{IntTensor, ReferenceExecutor};
use serde_json::Value;

use crate::{data, run, stderr};

const MODEL: &str = "models/digits_cnn_mixed_2to8.qcdq.onnx";

/// Compiles the network in this process.
pub fn digits(machine: &str, mode: ProgramMode) -> Program {
    let options = CompileOptions { machine: machine.into(), mode: Some(mode), ..CompileOptions::default() };
    compile(Path::new(&data(MODEL)), &options).unwrap_or_else(|e| panic!("{machine} {mode:?}: {e}"))
}

/// The test images.
pub fn images(program: &Program, count: Option<usize>) -> Inputs {
    Inputs::read(program, &[data("models/digits_test_x.npy")], count).unwrap()
}

/// `cim run MODEL` on all images with everything compared; returns the report.
fn run_all(machine: &str, mode: &str) -> Value {
    let o = run(&[
        "run",
        &data(MODEL),
        "--machine",
        machine,
        "--mode",
        mode,
        "--input",
        &data("models/digits_test_x.npy"),
        "--verify",
        "--labels",
        &data("models/digits_test_y.npy"),
        "--expect",
        &data("models/digits_cnn_mixed_2to8.qcdq.output.npy"),
        "--atol",
        "0.7",
        "--json",
        "-",
    ]);
    assert_eq!(o.status.code(), Some(0), "{machine} {mode}: {}", stderr(&o));
    serde_json::from_slice(&o.stdout).unwrap()
}

fn is_exact(machine: &str, mode: &str) {
    let r = run_all(machine, mode);
    assert_eq!(r["inferences"], 450, "{machine} {mode}");
    assert_eq!(r["verification"]["mismatches"], 0, "{machine} {mode}");
    // Five layers with weights and a pool, at least their results, for every image.
    assert!(r["verification"]["layers_checked"].as_u64().unwrap() >= 6, "{machine} {mode}");
    assert!((r["accuracy"].as_f64().unwrap() - 444.0 / 450.0).abs() < 1e-9, "{machine} {mode}: {}", r["accuracy"]);
    assert!(r["totals"]["crossbars_used"].as_u64().unwrap() > 0);
    assert!(r["totals"]["latency_cycles"].as_u64().unwrap() > 0);
}

#[test]
fn isaac_in_core_mode() {
    is_exact("isaac-baseline", "cm");
}

#[test]
fn isaac_in_crossbar_mode() {
    is_exact("isaac-baseline", "xbm");
}

#[test]
fn isaac_in_wordline_mode() {
    is_exact("isaac-baseline", "wlm");
}

#[test]
fn puma_in_core_mode() {
    is_exact("puma", "cm");
}

#[test]
fn puma_in_crossbar_mode() {
    is_exact("puma", "xbm");
}

#[test]
fn jia_in_core_mode() {
    is_exact("jia-isscc21", "cm");
}

/// Too small for the network: either cut into parts that are run one after the other, or refused with both numbers.
#[test]
fn jain_is_cut_into_parts_or_refused() {
    let options = CompileOptions { machine: "jain-sram".into(), ..CompileOptions::default() };
    match compile(Path::new(&data(MODEL)), &options) {
        Ok(_) => is_exact("jain-sram", "wlm"),
        Err(e) => {
            let e = e.to_string();
            assert!(e.contains("needed") && e.contains("available"), "{e}");
        }
    }
}

#[test]
fn a_finer_mode_than_the_machine_exposes_is_refused() {
    let o = run(&["compile", &data(MODEL), "--machine", "jia-isscc21", "--mode", "xbm", "-o", "-"]);
    assert_eq!(o.status.code(), Some(1));
    assert_eq!(o.stdout, b"");
    assert!(stderr(&o).contains("jia-isscc21"), "{}", stderr(&o));
}

/// The weights in the program are those of the model file, byte for byte.
#[test]
fn weights_are_kept_as_they_are() {
    let file = std::fs::read(data(MODEL)).unwrap();
    let program = digits("isaac-baseline", ProgramMode::Xbm);
    assert_eq!(program.matrices.len(), 5);
    for m in &program.matrices {
        let weights = &program.constants[m.weights.index()].data;
        assert!(file.windows(weights.len()).any(|w| w == &weights[..]), "weights of '{}' changed", m.name);
    }
}

/// Each layer fed ONNX Runtime's recorded integers: at most 10 of 460,800 elements of the first layer differ by a step.
#[test]
fn teacher_forced_against_onnx_runtime() {
    let program = digits("isaac-baseline", ProgramMode::Xbm);
    let executor = ReferenceExecutor::new(&program).unwrap();
    let file = data("models/digits_cnn_mixed_2to8.qcdq.layers.npz");
    let recorded = |name: &str| {
        let a = tensor_file::read(Path::new(&file), Some(name)).unwrap();
        let Elements::Int(v) = a.elements else { panic!("integers") };
        v
    };
    let layers: Vec<Vec<i64>> = ["c1", "c2", "c3", "f1"].map(recorded).into();
    let input = recorded("input");
    let reference = executor.reference();
    let mut differences = [0u64; 4];
    for image in 0..450 {
        let mut tensors: Vec<Option<IntTensor>> = vec![None; reference.tensors.len()];
        let mut requantised = 0;
        for (i, node) in reference.nodes.iter().enumerate() {
            let out = &reference.tensors[node.output.0 as usize];
            let n = out.shape.iter().product::<u32>() as usize;
            let of =
                |all: &[i64]| IntTensor::new(out.shape, out.elem, all[image * n..(image + 1) * n].to_vec()).unwrap();
            let value = if matches!(node.kind, RefKind::Host { .. }) {
                of(&input)
            } else {
                let inputs: Vec<&IntTensor> =
                    node.inputs.iter().map(|t| tensors[t.0 as usize].as_ref().unwrap()).collect();
                let computed = executor.run_node(i, &inputs).unwrap();
                match (&node.kind, layers.get(requantised)) {
                    (RefKind::Requantise { .. }, Some(layer)) => {
                        let truth = of(layer);
                        for (a, b) in computed.data.iter().zip(&truth.data) {
                            assert!((a - b).abs() <= 1, "image {image}, layer '{}': {a} and {b}", node.name);
                            differences[requantised] += (a != b) as u64;
                        }
                        requantised += 1;
                        truth
                    }
                    _ => computed,
                }
            };
            tensors[node.output.0 as usize] = Some(value);
        }
        assert_eq!(requantised, 4, "the network requantises four times");
    }
    assert!(differences[0] <= 10, "{differences:?}");
    assert_eq!(differences[1..], [0, 0, 0]);
}

/// Every image from the start: same class on all 450, at least 445 within 1e-3, none further than 0.7.
#[test]
fn free_running_against_onnx_runtime() {
    let program = Arc::new(digits("isaac-baseline", ProgramMode::Xbm));
    let inputs = images(&program, None);
    let verifier = Verifier::new(&program).unwrap();
    let path = data("models/digits_cnn_mixed_2to8.qcdq.output.npy");
    let recorded = tensor_file::read(Path::new(&path), None).unwrap().to_f32();
    let (mut near, mut worst) = (0, 0f32);
    for (i, truth) in recorded.chunks(10).enumerate() {
        let y = &verifier.reference(&inputs.image(i).unwrap()).unwrap().outputs[0].to_f32();
        assert_eq!(argmax(y), argmax(truth), "image {i}");
        let d = y.iter().zip(truth).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        near += (d <= 1e-3) as u32;
        worst = worst.max(d);
    }
    assert!(near >= 445, "{near} of 450 images are within 1e-3");
    assert!(worst <= 0.7, "{worst}");
}

/// ResNet-18 at 224x224: zero points, per-channel scales, residual additions. One image, every layer equal, every layer with
/// weights on crossbars, and the output within the spread of ONNX Runtime with and without its own optimisations.
#[test]
fn resnet18_in_crossbar_mode() {
    let values = |name: &str| tensor_file::read(Path::new(&data(name)), None).unwrap().to_f32();
    let (plain, optimised) =
        (values("models/resnet18_int8_qdq.output.npy"), values("models/resnet18_int8_qdq.optimised.output.npy"));
    let spread = plain.iter().zip(&optimised).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    let o = run(&[
        "run",
        &data("models/resnet18_int8_qdq.onnx"),
        "--machine",
        "isaac-baseline",
        "--mode",
        "xbm",
        "--input",
        &data("models/resnet18_int8_qdq.input.npy"),
        "--verify",
        "--expect",
        &data("models/resnet18_int8_qdq.output.npy"),
        "--atol",
        &(spread * 1.0001).to_string(),
        "--json",
        "-",
    ]);
    assert_eq!(o.status.code(), Some(0), "{}", stderr(&o));
    let r: Value = serde_json::from_slice(&o.stdout).unwrap();
    assert_eq!(r["verification"]["mismatches"], 0);
    let layers = r["layers"].as_array().unwrap();
    let weighted: Vec<&Value> = layers.iter().filter(|l| l["kind"] == "conv" || l["kind"] == "linear").collect();
    assert_eq!(weighted.len(), 21);
    assert!(weighted.iter().all(|l| l["placement"] == "cim"));
}

//! The digits network end to end: every machine and mode equals the integer reference on every layer, and the
//! network computes what ONNX Runtime was recorded to compute.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use cim_driver::compile::{CompileOptions, compile};
use cim_driver::run::simulator::{EngineChoice, Settings, Simulated};
use cim_driver::run::{self, Inputs, Outcome, Verifier};
use cim_driver::tensor_file;
use cim_isa::Program;
use cim_isa::program::ProgramMode;
use cim_isa::reference::RefKind;
use cim_isa::types::IntType;
use cim_machine::Machine;
use cim_reference::{IntTensor, ReferenceExecutor};

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data/models").join(name)
}

fn program(machine: &str, mode: ProgramMode) -> Arc<Program> {
    let options = CompileOptions { machine: machine.into(), mode: Some(mode), ..Default::default() };
    Arc::new(compile(&data("digits_cnn_mixed_2to8.qcdq.onnx"), &options).expect("the digits network compiles"))
}

fn run_all(program: &Arc<Program>, count: Option<usize>) -> Outcome {
    let x = data("digits_test_x.npy").display().to_string();
    let inputs = Inputs::read(program, &[x], count).expect("inputs");
    let verifier = Verifier::new(program).expect("reference section");
    let machine = Machine::from_yaml(&program.machine, "program").expect("machine");
    let settings = Settings { engine: EngineChoice::BitSliced, ..Settings::default() };
    let executor = Simulated::new(program, &machine, settings).expect("program");
    run::run(program, &executor, &inputs, Some(&verifier), &|| ()).expect("runs")
}

fn floats(name: &str) -> Vec<f32> {
    tensor_file::read(&data(name), None).expect("tensor").to_f32()
}

fn labels() -> Vec<i64> {
    tensor_file::read(&data("digits_test_y.npy"), None).expect("labels").to_i64().expect("integers")
}

fn argmax(row: &[f32]) -> usize {
    (0..row.len()).fold(0, |best, i| if row[i] > row[best] { i } else { best })
}

/// Runs all images; every layer must equal the reference, the outputs must be as close to ONNX Runtime's as the
/// project promises: equal predictions, at least 445 of 450 images within 1e-3, the worst logit within 0.7.
fn whole_job(machine: &str, mode: ProgramMode) {
    let program = program(machine, mode);
    let outcome = run_all(&program, None);
    let comparison = outcome.comparison.expect("compared");
    assert_eq!(comparison.mismatches, 0, "{:?}", comparison.first);
    assert!(comparison.elements > 450 * 2000, "few elements were compared: {}", comparison.elements);
    let (y, want) = (&outcome.outputs[0].data, floats("digits_cnn_mixed_2to8.qcdq.output.npy"));
    assert_eq!(y.len(), want.len());
    let (mut close, mut worst, mut right) = (0, 0f32, 0);
    for ((y, want), label) in y.chunks(10).zip(want.chunks(10)).zip(labels()) {
        let difference = y.iter().zip(want).map(|(a, b)| (a - b).abs()).fold(0f32, f32::max);
        close += usize::from(difference <= 1e-3);
        worst = worst.max(difference);
        assert_eq!(argmax(y), argmax(want));
        right += usize::from(argmax(y) as i64 == label);
    }
    assert_eq!(right, 444, "accuracy {}", right as f64 / 450.0);
    assert!(close >= 445, "{close} of 450 images within 1e-3");
    assert!(worst <= 0.7, "worst logit difference {worst}");
}

#[test]
fn isaac_core_mode() {
    whole_job("isaac-baseline", ProgramMode::Cm);
}

#[test]
fn isaac_crossbar_mode() {
    whole_job("isaac-baseline", ProgramMode::Xbm);
}

#[test]
fn isaac_wordline_mode() {
    whole_job("isaac-baseline", ProgramMode::Wlm);
}

#[test]
fn puma_core_and_crossbar_mode() {
    whole_job("puma", ProgramMode::Cm);
    whole_job("puma", ProgramMode::Xbm);
}

#[test]
fn jia_core_mode() {
    whole_job("jia-isscc21", ProgramMode::Cm);
}

/// Teacher forced: each layer gets the integers that ONNX Runtime was recorded to feed it. One step at most, in at most
/// 10 elements of the first layer and none of the others.
#[test]
fn layers_agree_with_onnx_runtime() {
    let program = program("isaac-baseline", ProgramMode::Xbm);
    let executor = ReferenceExecutor::new(&program).expect("reference section");
    let reference = executor.reference();
    let recorded = |key: &str| {
        let t = tensor_file::read(&data("digits_cnn_mixed_2to8.qcdq.layers.npz"), Some(key)).expect("recorded layer");
        t.to_i64().expect("integers")
    };
    let mut different = Vec::new();
    let mut given = recorded("input");
    for (key, layer) in [("c1", "/c1/"), ("c2", "/c2/"), ("c3", "/c3/"), ("f1", "/f1/")] {
        let want = recorded(key);
        // The nodes of one layer: matrix and requantisation; a pool and a reshape may stand between two layers.
        let first = reference.nodes.iter().position(|n| n.name.starts_with(layer) && has_weights(&n.kind));
        let first = first.unwrap_or_else(|| panic!("no layer {layer}"));
        let start = (0..first).rev().find(|&i| matches!(reference.nodes[i].kind, RefKind::Requantise { .. } | RefKind::Host { .. }));
        let start = start.expect("the layer has a producer");
        let end = (first..reference.nodes.len())
            .find(|&i| matches!(reference.nodes[i].kind, RefKind::Requantise { .. }))
            .expect("the layer is requantised");
        let input = &reference.tensors[reference.nodes[start].output.0 as usize];
        let size = input.shape.iter().product::<u32>() as usize;
        let output = &reference.tensors[reference.nodes[end].output.0 as usize];
        let out_size = output.shape.iter().product::<u32>() as usize;
        let mut count = 0;
        for (x, want) in given.chunks(size).zip(want.chunks(out_size)) {
            let mut value = IntTensor::new(input.shape, input.elem, x.to_vec()).expect("recorded integers fit");
            for node in start + 1..=end {
                value = executor.run_node(node, &[&value]).expect("runs");
            }
            for (a, b) in value.data.iter().zip(want) {
                assert!((a - b).abs() <= 1, "{layer}: {a} for {b}");
                count += usize::from(a != b);
            }
        }
        different.push(count);
        given = want;
    }
    assert!(different[0] <= 10, "{different:?}");
    assert_eq!(different[1..], [0, 0, 0]);
}

fn has_weights(kind: &RefKind) -> bool {
    matches!(kind, RefKind::Conv { .. } | RefKind::Linear { .. })
}

/// The weights in the program are the integers of the model file, whatever batch norm does.
#[test]
fn weights_are_those_of_the_file() {
    let program = program("isaac-baseline", ProgramMode::Xbm);
    let widths: Vec<IntType> = program.matrices.iter().map(|m| m.weight).collect();
    assert_eq!(widths.iter().map(|w| w.bits).collect::<Vec<_>>(), [8, 2, 3, 4, 6]);
    let first = &program.constants[program.matrices[0].weights.index()];
    assert_eq!(first.shape, [16, 1, 3, 3]);
    assert_eq!(first.data[..4], [1u8, 65, (-101i8) as u8, (-93i8) as u8]);
}

/// jain-sram is too small for the network at once: it runs in time tiles or is refused with what is needed.
#[test]
fn jain_runs_in_parts_or_says_what_is_missing() {
    let options = CompileOptions { machine: "jain-sram".into(), mode: Some(ProgramMode::Wlm), ..Default::default() };
    match compile(&data("digits_cnn_mixed_2to8.qcdq.onnx"), &options) {
        Ok(program) => {
            let comparison = run_all(&Arc::new(program), Some(8)).comparison.expect("compared");
            assert_eq!(comparison.mismatches, 0, "{:?}", comparison.first);
        }
        Err(e) => {
            let text = e.to_string();
            assert!(text.contains("needed") && text.contains("available"), "{text}");
        }
    }
}

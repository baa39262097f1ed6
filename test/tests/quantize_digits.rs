//! The digits network against ONNX Runtime: each layer from its recorded input, and the whole network.

mod support;

use cim_dialect::graph::{Constant, Conv2d, Elements, Linear, Requantize};
use cim_driver::tensor_file::read;
use cim_ir::{Ir, OpId};
use cim_onnx::proto::ModelProto;
use cim_passes::graph::quantize_operators::{Summary, quantize_operators};
use cim_test::graph_eval::{Evaluator, Run};
use prost::Message;
use std::collections::HashMap;
use std::path::PathBuf;
use support::*;

const MODEL: &str = "digits_cnn_mixed_2to8.qcdq";
/// Recorded layers and the nodes that compute them.
const LAYERS: [(&str, &str); 5] = [
    ("input", "/qin/act_quant/export_handler/QuantizeLinear"),
    ("c1", "/r1/act_quant/export_handler/QuantizeLinear"),
    ("c2", "/r2/act_quant/export_handler/QuantizeLinear"),
    ("c3", "/r3/act_quant/export_handler/QuantizeLinear"),
    ("f1", "/r4/act_quant/export_handler/QuantizeLinear"),
];

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("data/models").join(name)
}

fn network() -> (Ir, OpId) {
    let ctx = context();
    let (mut ir, module) = cim_onnx::import(&ctx, &file(&format!("{MODEL}.onnx"))).unwrap();
    let summary = quantize_operators(&mut ir, module).unwrap();
    assert_eq!(summary, Summary { integer: 5, host: 2 });
    verify(&ir, module);
    (ir, module)
}

fn images() -> Vec<Vec<f32>> {
    read(&file("digits_test_x.npy"), None).unwrap().to_f32().chunks(64).map(<[f32]>::to_vec).collect()
}

fn argmax(v: &[f32]) -> usize {
    (0..v.len()).max_by(|a, b| v[*a].total_cmp(&v[*b])).unwrap()
}

/// Elements of each layer that differ when its recorded input is given, and the largest difference.
fn teacher_forced(ir: &Ir, module: OpId, count: usize) -> ([usize; 5], i64) {
    let recorded: Vec<Vec<i64>> = LAYERS
        .iter()
        .map(|(key, _)| read(&file(&format!("{MODEL}.layers.npz")), Some(key)).unwrap().to_i64().unwrap())
        .collect();
    let (mut eval, mut differing, mut worst) = (Evaluator::new(ir, module), [0; 5], 0);
    for (i, x) in images().into_iter().take(count).enumerate() {
        let part = |r: &Vec<i64>| r[i * r.len() / 450..(i + 1) * r.len() / 450].to_vec();
        let force: HashMap<String, Vec<i64>> =
            LAYERS.iter().zip(&recorded).map(|((_, node), r)| (node.to_string(), part(r))).collect();
        let run: Run = eval.run(&[x], &force);
        for (l, (_, node)) in LAYERS.iter().enumerate() {
            let got = run.by_name[&format!("{node} computed")].ints();
            let diffs = got.iter().zip(&force[*node]).map(|(a, b)| (a - b).abs()).filter(|d| *d > 0);
            diffs.for_each(|d| {
                differing[l] += 1;
                worst = worst.max(d);
            });
        }
    }
    (differing, worst)
}

#[test]
fn layers_equal_those_of_onnx_runtime() {
    let (ir, module) = network();
    let (differing, worst) = teacher_forced(&ir, module, 450);
    // Four halves that ONNX Runtime rounds the other way, of 460,800 elements.
    assert_eq!((differing, worst), ([0, 4, 0, 0, 0], 1));
}

#[test]
fn a_wrong_batch_norm_fold_is_noticed() {
    let (mut ir, module) = network();
    let first = ops(&ir, module).into_iter().find_map(|(_, o)| Requantize::cast(&ir, o)).unwrap();
    let mut addend = first.addend(&ir);
    // The offset of one channel is forgotten.
    addend[3] = 0;
    first.set_addend(&mut ir, &addend);
    let (differing, _) = teacher_forced(&ir, module, 20);
    assert!(differing[1] > 20, "{differing:?}");
    assert_eq!(differing[2..], [0, 0, 0]);
}

#[test]
fn outputs_agree_with_onnx_runtime() {
    let (ir, module) = network();
    let expected = read(&file(&format!("{MODEL}.output.npy")), None).unwrap().to_f32();
    let mut eval = Evaluator::new(&ir, module);
    let (mut close, mut worst) = (0, 0f32);
    for (x, e) in images().into_iter().zip(expected.chunks(10)) {
        let run = eval.run(&[x], &HashMap::new());
        let y = run.outputs[0].floats();
        assert_eq!(argmax(y), argmax(e));
        let diff = y.iter().zip(e).map(|(a, b)| (a - b).abs()).fold(0f32, f32::max);
        close += usize::from(diff <= 1e-3);
        worst = worst.max(diff);
    }
    assert!(close >= 445 && worst <= 0.7, "{close} images within 1e-3, worst {worst}");
}

#[test]
fn types_carry_the_widths_of_the_model() {
    let (ir, module) = network();
    let types: Vec<String> = ops(&ir, module)
        .into_iter()
        .filter(|(n, _)| ["constant", "quantize", "requantize"].contains(&n.as_str()))
        .map(|(_, o)| result(&ir, o).rsplit('x').next().unwrap().trim_end_matches('>').to_string())
        .collect();
    assert_eq!(types, ["ui8", "si8", "ui6", "si2", "ui4", "si3", "ui3", "si4", "ui5", "si6"]);
}

#[test]
fn weight_integers_are_those_of_the_file() {
    let (ir, module) = network();
    let bytes = std::fs::read(file(&format!("{MODEL}.onnx"))).unwrap();
    let graph = ModelProto::decode(&bytes[..]).unwrap().graph.unwrap();
    let mut checked = 0;
    for (_, op) in ops(&ir, module) {
        let w = match (Conv2d::cast(&ir, op), Linear::cast(&ir, op)) {
            (Some(c), _) => c.weights(&ir),
            (_, Some(l)) => l.weights(&ir),
            _ => continue,
        };
        let c = Constant::cast(&ir, ir.defining_op(w).unwrap()).unwrap();
        let stored = graph.initializer.iter().find(|t| Some(t.name.as_str()) == c.name(&ir)).unwrap();
        let expected: Vec<i64> = stored.raw_data.iter().map(|b| i64::from(*b as i8)).collect();
        assert_eq!(Elements::of(ir.ctx(), c.value(&ir)).unwrap().ints().unwrap(), expected);
        checked += 1;
    }
    assert_eq!(checked, 5);
}

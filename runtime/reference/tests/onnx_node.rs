//! Host operators against ONNX's own operator cases (test/data/onnx-node.py collects them).

mod common;

use std::collections::BTreeMap;

use cim_host::Tensor as HostTensor;
use cim_isa::program::{HostKind, HostOp, HostValue};
use cim_isa::types::{ConstId, ElemType, IntType};
use cim_reference::host::{self, HostArg, HostResult};
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    name: String,
    op: String,
    ints: BTreeMap<String, Vec<i64>>,
    floats: BTreeMap<String, f32>,
    inputs: Vec<Tensor>,
    output: Tensor,
}

#[derive(Deserialize)]
struct Tensor {
    shape: Vec<u32>,
    f32: Option<String>,
    i64: Option<String>,
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap()).collect()
}

impl Tensor {
    fn floats(&self) -> Vec<f32> {
        let b = bytes(self.f32.as_ref().expect("f32"));
        b.chunks(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect()
    }
}

/// Runs a case with its float operands as tensors, or all operands as constants.
fn run(case: &Case, constants: bool) -> Result<Vec<f32>, String> {
    let mut p = common::empty();
    let data: Vec<Vec<f32>> = case.inputs.iter().map(|t| if t.f32.is_some() { t.floats() } else { vec![] }).collect();
    let mut ids = vec![];
    for (t, data) in case.inputs.iter().zip(&data) {
        ids.push(match &t.i64 {
            Some(hex) => {
                let v: Vec<i64> = bytes(hex).chunks(8).map(|b| i64::from_le_bytes(b.try_into().unwrap())).collect();
                common::ints(&mut p, IntType::I64, &t.shape, &v)
            }
            None => common::floats(&mut p, &t.shape, data),
        });
    }
    let output = HostValue::Tensor(common::host_tensor(&mut p, &case.output.shape));
    let op = HostOp {
        name: case.name.clone(),
        kind: HostKind::Onnx {
            op: case.op.clone(),
            version: 17,
            result: 0,
            ints: case.ints.clone().into_iter().collect(),
            floats: case.floats.iter().map(|(k, v)| (k.clone(), vec![*v])).collect(),
            strings: vec![],
        },
        inputs: ids.iter().map(|&ConstId(i)| HostValue::Constant(ConstId(i))).collect(),
        output,
        reason: String::new(),
    };
    let tensors: Vec<HostTensor> = (case.inputs.iter().zip(&data))
        .map(|(t, v)| {
            let shape: Vec<usize> = t.shape.iter().map(|d| *d as usize).collect();
            HostTensor::floats(ElemType::F32, shape, v.clone())
        })
        .collect();
    let args: Vec<HostArg<'_>> = (case.inputs.iter().zip(&tensors).zip(&ids))
        .map(|((t, tensor), id)| match constants || t.i64.is_some() {
            true => HostArg::Constant(&p.constants[id.index()]),
            false => HostArg::Tensor(tensor),
        })
        .collect();
    match host::run(&p, &op, &args).map_err(|e| e.to_string())? {
        HostResult::Tensor(y) => Ok(y.to_f32()),
        HostResult::Int(_) => Err("integers".into()),
    }
}

#[test]
fn host_operators_meet_the_onnx_cases() {
    let text = include_str!("../../../test/data/onnx-node.json");
    let cases: Vec<Case> = serde_json::from_str(text).unwrap();
    assert!(cases.len() >= 70, "the file holds {} cases", cases.len());
    let mut failures = vec![];
    for case in &cases {
        let want = case.output.floats();
        for constants in [false, true] {
            match run(case, constants) {
                Err(e) => failures.push(format!("{}: {e}", case.name)),
                Ok(got) => {
                    // One case is recorded with four digits.
                    let near = |(g, w): (&f32, &f32)| (g - w).abs() <= 1e-4 + 1e-5 * w.abs();
                    if got.len() != want.len() || !got.iter().zip(&want).all(near) {
                        failures.push(format!("{}: {got:?} instead of {want:?}", case.name));
                    }
                }
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Groups, dilations and one spatial dimension, which the cases leave out, by hand.
#[test]
fn grouped_and_dilated_convolution() {
    let tensor = |shape: &[u32], v: &[f32]| Tensor {
        shape: shape.to_vec(),
        f32: Some(v.iter().map(|v| v.to_le_bytes().iter().map(|b| format!("{b:02x}")).collect::<String>()).collect()),
        i64: None,
    };
    let mut case = Case {
        name: "grouped".into(),
        op: "Conv".into(),
        ints: BTreeMap::from([("group".into(), vec![2]), ("dilations".into(), vec![2])]),
        floats: BTreeMap::new(),
        inputs: vec![
            tensor(&[1, 2, 4], &[1.0, 2.0, 3.0, 4.0, 10.0, 20.0, 30.0, 40.0]),
            tensor(&[2, 1, 2], &[1.0, 2.0, 3.0, -1.0]),
            tensor(&[2], &[0.5, -0.5]),
        ],
        output: tensor(&[1, 2, 2], &[]),
    };
    // channel 0: x[i] + 2x[i+2] + 0.5; channel 1: 3x[i] - x[i+2] - 0.5
    assert_eq!(run(&case, false).unwrap(), vec![7.5, 10.5, -0.5, 19.5]);
    case.ints.insert("group".into(), vec![3]);
    assert!(run(&case, false).unwrap_err().contains("do not fit"));
    case.op = "Bernoulli".into();
    assert_eq!(run(&case, false).unwrap_err(), "host operator 'grouped': the host has no operator Bernoulli");
}

//! A whole program: float input, quantise, layers, dequantise, float operators.

mod common;

use cim_host::Tensor;
use cim_isa::Program;
use cim_isa::program::{HostKind, HostOp, HostValue, Interface};
use cim_isa::reference::RefKind;
use cim_isa::types::ElemType;
use cim_isa::types::*;
use cim_reference::ReferenceExecutor;
use common::*;

fn host(p: &mut Program, kind: HostKind, inputs: Vec<HostValue>, output: HostValue) -> HostOpId {
    let id = HostOpId(p.host_ops.len() as u32);
    p.host_ops.push(HostOp { name: format!("h{}", id.0), kind, inputs, output, reason: String::new() });
    id
}

/// x (1, 2) -> quantise by 0.5 -> linear (1 2 / 3 4) -> dequantise by 0.25 with bias (1, -1) -> Relu.
fn program() -> Program {
    let mut p = empty();
    let input = host_tensor(&mut p, &[1, 2]);
    let mid = host_tensor(&mut p, &[1, 2]);
    let out = host_tensor(&mut p, &[1, 2]);
    p.inputs.push(Interface { name: "x".into(), tensor: input, batched: true });
    p.outputs.push(Interface { name: "y".into(), tensor: out, batched: true });
    let t = IntType::new(8, true);
    let q = host(
        &mut p,
        HostKind::Quantise {
            scale: 0.5,
            zero: 0,
            lo: -128,
            hi: 127,
            rounding: None,
            zero_first: false,
            channels_last: false,
        },
        vec![HostValue::Tensor(input)],
        HostValue::Buffer(BufferId(0)),
    );
    let scale = floats(&mut p, &[1], &[0.25]);
    let bias = floats(&mut p, &[2], &[1.0, -1.0]);
    let relu =
        HostKind::Onnx { op: "Relu".into(), version: 17, result: 0, ints: vec![], floats: vec![], strings: vec![] };
    host(&mut p, relu, vec![HostValue::Tensor(mid)], HostValue::Tensor(out));
    host(
        &mut p,
        HostKind::Dequantise { scale, zero: 0, bias: Some(bias), channels_last: false },
        vec![HostValue::Buffer(BufferId(1))],
        HostValue::Tensor(mid),
    );
    let weights = ints(&mut p, t, &[2, 2], &[1, 2, 3, 4]);
    let x = tensor(&mut p, [2, 1, 1], t);
    node(&mut p, RefKind::Host { op: q }, &[], x);
    let y = tensor(&mut p, [2, 1, 1], IntType::I32);
    node(&mut p, RefKind::Linear { weights, transposed: false, weight_zero: 0 }, &[x], y);
    p.reference.as_mut().unwrap().outputs.push((mid, y));
    p
}

#[test]
fn runs_from_float_input_to_float_output() {
    let p = program();
    let e = ReferenceExecutor::new(&p).unwrap();
    // 1.25 / 0.5 = 2.5 -> 2 (half to even), -0.75 / 0.5 = -1.5 -> -2
    let trace = e.run(&[Tensor::floats(ElemType::F32, [1, 2], vec![1.25, -0.75])]).unwrap();
    let nodes = &e.reference().nodes;
    assert_eq!(trace.output(&nodes[0]).unwrap().data, vec![2, -2]);
    assert_eq!(trace.output(&nodes[1]).unwrap().data, vec![-2, -2]);
    // -2 * 0.25 + (1, -1), then Relu
    assert_eq!(trace.outputs[0].to_f32(), vec![0.5, 0.0]);
}

#[test]
fn wrong_inputs_are_named() {
    let p = program();
    let e = ReferenceExecutor::new(&p).unwrap();
    let message = |x: &[Tensor]| e.run(x).unwrap_err().to_string();
    assert_eq!(message(&[]), "input 'x': it is missing");
    let x = Tensor::floats(ElemType::F32, [1, 3], vec![0.0; 3]);
    assert_eq!(message(&[x]), "input 'x': tensor<1x3xf32> given, tensor<1x2xf32> needed");
}

#[test]
fn a_cycle_of_host_tensors_is_an_error() {
    let mut p = program();
    // Relu now reads its own output.
    p.host_ops[1].inputs = vec![p.host_ops[1].output];
    let e = ReferenceExecutor::new(&p).unwrap();
    let x = Tensor::floats(ElemType::F32, [1, 2], vec![0.0; 2]);
    assert!(e.run(&[x]).unwrap_err().to_string().contains("depends on itself"));
}

/// Operands that share an operand are no cycle.
#[test]
fn a_diamond_of_host_tensors_is_computed() {
    let mut p = program();
    let onnx = |op: &str| HostKind::Onnx {
        op: op.into(),
        version: 17,
        result: 0,
        ints: vec![],
        floats: vec![],
        strings: vec![],
    };
    // y = relu(m) + m, where relu's operand is the other operand.
    let relu = p.host_ops[1].output;
    let mid = p.host_ops[1].inputs[0];
    let sum = host_tensor(&mut p, &[1, 2]);
    host(&mut p, onnx("Add"), vec![relu, mid], HostValue::Tensor(sum));
    let again = host_tensor(&mut p, &[1, 2]);
    host(&mut p, onnx("Add"), vec![mid, HostValue::Tensor(sum)], HostValue::Tensor(again));
    p.outputs[0].tensor = again;
    let e = ReferenceExecutor::new(&p).unwrap();
    let x = Tensor::floats(ElemType::F32, [1, 2], vec![1.25, -0.75]);
    assert_eq!(e.run(&[x]).unwrap().outputs[0].to_f32(), vec![1.5, -3.0]);
}

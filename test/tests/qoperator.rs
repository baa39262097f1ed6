//! QOperator models: each operator computes what the same network in QDQ form computes, and becomes integer like it.

mod support;

use cim_ir::{Ir, OpId};
use cim_onnx::proto::{AttributeProto, data_type as dt};
use cim_passes::graph::quantize_operators::quantize_operators;
use cim_test::graph_eval::Evaluator;
use cim_test::onnx_builder::*;
use std::collections::HashMap;
use support::*;

const MS: &str = "com.microsoft";

/// A float input quantised to `xq` (uint8, 0.5, 3), with scale and zero point `xs`, `xz`.
fn start(dims: &[i64]) -> ModelBuilder {
    ModelBuilder::new(17)
        .input("x", dims)
        .floats("xs", &[], &[0.5])
        .ints("xz", dt::UINT8, &[], &[3])
        .floats("ys", &[], &[0.75])
        .ints("yz", dt::UINT8, &[], &[7])
        .node("QuantizeLinear", &["x", "xs", "xz"], "xq", vec![])
}

fn end(m: ModelBuilder) -> ModelBuilder {
    m.node("DequantizeLinear", &["yq", "ys", "yz"], "y", vec![]).output("y")
}

fn integer(m: ModelBuilder) -> (Ir, OpId) {
    let (mut ir, module) = import(m.build());
    verify(&ir, module);
    quantize_operators(&mut ir, module).unwrap();
    verify(&ir, module);
    (ir, module)
}

fn run(ir: &Ir, module: OpId, x: &[f32]) -> Vec<f32> {
    Evaluator::new(ir, module).run(&[x.to_vec()], &HashMap::new()).outputs[0].floats().to_vec()
}

/// Only the borders are left on the host, and the integers of both forms are the same.
fn same(a: ModelBuilder, b: ModelBuilder, inputs: usize) {
    let x = Seeded(9).floats(inputs, -4.0, 60.0);
    let ((a, am), (b, bm)) = (integer(a), integer(b));
    for (ir, m) in [(&a, am), (&b, bm)] {
        let host: Vec<String> =
            ops(ir, m).into_iter().filter(|(_, o)| ir.attr(*o, "host").is_some()).map(|(n, _)| n).collect();
        assert_eq!(host, ["quantize", "dequantize"]);
    }
    let (ya, yb) = (run(&a, am, &x), run(&b, bm, &x));
    assert_eq!(ya, yb);
    assert!(ya.iter().any(|v| *v != ya[0]), "the case says nothing: all outputs are {}", ya[0]);
}

fn conv_attributes() -> Vec<AttributeProto> {
    vec![int_list("pads", &[1, 1, 0, 0]), int_list("strides", &[2, 1])]
}

#[test]
fn convolution_with_scales_and_a_bias_per_channel() {
    let weights = Seeded(1).ints(3 * 2 * 3 * 3, -127, 127);
    let parts = start(&[1, 2, 6, 5])
        .ints("w", dt::INT8, &[3, 2, 3, 3], &weights)
        .floats("ws", &[3], &[0.01, 0.02, 0.005])
        .ints("wz", dt::INT8, &[3], &[0, 0, 0])
        .ints("b", dt::INT32, &[3], &[-900, 0, 1300]);
    let inputs = ["xq", "xs", "xz", "w", "ws", "wz", "ys", "yz", "b"];
    let a = end(parts.clone().node("QLinearConv", &inputs, "yq", conv_attributes()));
    let bias_scales: Vec<f32> = [0.01f32, 0.02, 0.005].iter().map(|s| s * 0.5).collect();
    let b = parts
        .floats("bs", &[3], &bias_scales)
        .node("DequantizeLinear", &["xq", "xs", "xz"], "xd", vec![])
        .node("DequantizeLinear", &["w", "ws", "wz"], "wd", vec![int("axis", 0)])
        .node("DequantizeLinear", &["b", "bs"], "bd", vec![int("axis", 0)])
        .node("Conv", &["xd", "wd", "bd"], "c", conv_attributes())
        .node("QuantizeLinear", &["c", "ys", "yz"], "yq", vec![]);
    same(a, end(b), 60);
}

#[test]
fn unsigned_weights_with_a_zero_point() {
    let weights = Seeded(2).ints(12, 0, 255);
    let parts = start(&[1, 4]).ints("w", dt::UINT8, &[4, 3], &weights).floats("ws", &[], &[0.01]).ints(
        "wz",
        dt::UINT8,
        &[],
        &[128],
    );
    let inputs = ["xq", "xs", "xz", "w", "ws", "wz", "ys", "yz"];
    let a = end(parts.clone().node("QLinearMatMul", &inputs, "yq", vec![]));
    let b = parts
        .node("DequantizeLinear", &["xq", "xs", "xz"], "xd", vec![])
        .node("DequantizeLinear", &["w", "ws", "wz"], "wd", vec![])
        .node("MatMul", &["xd", "wd"], "c", vec![])
        .node("QuantizeLinear", &["c", "ys", "yz"], "yq", vec![]);
    same(a, end(b), 4);
}

#[test]
fn onnx_runtime_operators() {
    let weights = Seeded(3).ints(12, -127, 127);
    let gemm = start(&[1, 4])
        .ints("w", dt::INT8, &[3, 4], &weights)
        .floats("ws", &[3], &[0.01, 0.03, 0.02])
        .ints("wz", dt::INT8, &[3], &[0, 0, 0])
        .ints("b", dt::INT32, &[3], &[10, -2000, 900]);
    let transposed = || vec![int("transB", 1), float("alpha", 1.0)];
    let inputs = ["xq", "xs", "xz", "w", "ws", "wz", "b", "ys", "yz"];
    let a = end(gemm.clone().foreign(MS, "QGemm", &inputs, "yq", transposed()));
    let scales: Vec<f32> = [0.01f32, 0.03, 0.02].iter().map(|s| s * 0.5).collect();
    let b = gemm
        .floats("bs", &[3], &scales)
        .node("DequantizeLinear", &["xq", "xs", "xz"], "xd", vec![])
        .node("DequantizeLinear", &["w", "ws", "wz"], "wd", vec![int("axis", 0)])
        .node("DequantizeLinear", &["b", "bs"], "bd", vec![int("axis", 0)])
        .node("Gemm", &["xd", "wd", "bd"], "c", vec![int("transB", 1)])
        .node("QuantizeLinear", &["c", "ys", "yz"], "yq", vec![]);
    same(a, end(b), 4);

    let base = || start(&[1, 3, 4, 4]).node("DequantizeLinear", &["xq", "xs", "xz"], "xd", vec![]);
    let finish = |m: ModelBuilder| end(m.node("QuantizeLinear", &["c", "ys", "yz"], "yq", vec![]));
    let (x, y) = (["xq", "xs", "xz"], ["ys", "yz"]);
    let cat = |parts: &[&[&'static str]]| parts.concat();
    let add = cat(&[&x, &x, &y]);
    same(
        end(base().foreign(MS, "QLinearAdd", &add, "yq", vec![])),
        finish(base().node("Add", &["xd", "xd"], "c", vec![])),
        48,
    );
    let pool = cat(&[&x, &y]);
    same(
        end(base().foreign(MS, "QLinearGlobalAveragePool", &pool, "yq", vec![int("channels_last", 0)])),
        finish(base().node("GlobalAveragePool", &["xd"], "c", vec![])),
        48,
    );
    let window = || vec![int_list("kernel_shape", &[2, 3]), int_list("strides", &[2, 1])];
    same(
        end(base().foreign(MS, "QLinearAveragePool", &pool, "yq", window())),
        finish(base().node("AveragePool", &["xd"], "c", window())),
        48,
    );
    let concat = cat(&[&y, &x, &x]);
    same(
        end(base().foreign(MS, "QLinearConcat", &concat, "yq", vec![int("axis", 1)])),
        finish(base().node("Concat", &["xd", "xd"], "c", vec![int("axis", 1)])),
        48,
    );
}

/// Without a scale of the result QGemm gives floats.
#[test]
fn gemm_with_float_output() {
    let m = start(&[1, 2])
        .ints("w", dt::INT8, &[2, 2], &[1, 2, 3, 4])
        .floats("ws", &[], &[0.5])
        .ints("wz", dt::INT8, &[], &[0])
        .foreign(MS, "QGemm", &["xq", "xs", "xz", "w", "ws", "wz"], "y", vec![int("transB", 1)])
        .output("y");
    let (ir, module) = integer(m);
    assert_eq!(run(&ir, module, &[1.0, 2.0]), [2.5, 5.5]);
}

/// sum((x - 3) * (w - 2)): raw sums, here as floats so that the network can return them.
#[test]
fn integer_operators_give_raw_sums() {
    let m = start(&[1, 2])
        .ints("w", dt::UINT8, &[2, 2], &[1, 2, 3, 4])
        .ints("wz", dt::UINT8, &[], &[2])
        .floats("one", &[], &[1.0])
        .node("MatMulInteger", &["xq", "w", "xz", "wz"], "s", vec![])
        .node("DequantizeLinear", &["s", "one"], "y", vec![])
        .output("y");
    let (ir, module) = integer(m);
    // x = 1 and 2 are 2 and 4 steps: 2 * -1 + 4 * 1, and 2 * 0 + 4 * 2.
    assert_eq!(run(&ir, module, &[1.0, 2.0]), [2.0, 8.0]);
    let requantize = only(&ir, module, "requantize");
    assert_eq!(result(&ir, requantize), "tensor<1x2xsi32>");

    let m = start(&[1, 1, 2, 2])
        .ints("w", dt::INT8, &[1, 1, 2, 2], &[1, 2, 3, -4])
        .floats("half", &[], &[0.5])
        .node("ConvInteger", &["xq", "w", "xz"], "s", vec![int_list("pads", &[1, 0, 0, 0])])
        .node("DequantizeLinear", &["s", "half"], "y", vec![])
        .output("y");
    let (ir, module) = integer(m);
    // Steps 1 2 / 3 4 below a row of padding, which is 0: 3 - 8, then 1 + 4 + 9 - 16.
    assert_eq!(run(&ir, module, &[0.5, 1.0, 1.5, 2.0]), [-2.5, -1.0]);
}

/// Why a model is refused, or why the host computes the operator.
fn said(m: ModelBuilder) -> String {
    let ctx = context();
    match cim_onnx::import_bytes(&ctx, m.build(), "test.onnx", None) {
        Err(d) => d.into_iter().map(|d| d.message).collect(),
        Ok((ir, module)) => {
            let reasons = ops(&ir, module).into_iter().filter_map(|(_, o)| ir.attr(o, "host"));
            reasons.filter_map(|a| ir.ctx().as_str(a)).collect()
        }
    }
}

#[test]
fn what_is_wrong_is_named() {
    let conv = |inputs: &[&str], attributes| {
        let m = start(&[1, 1, 2, 2])
            .ints("w", dt::INT8, &[1, 1, 2, 2], &[1, 2, 3, 4])
            .floats("ws", &[], &[0.5])
            .floats("two", &[2], &[0.5, 0.25])
            .floats("zero", &[], &[0.0])
            .ints("wz", dt::INT8, &[], &[0])
            .ints("short", dt::INT16, &[1], &[1])
            .node("QLinearConv", inputs, "yq", attributes);
        said(end(m))
    };
    let with = |at: usize, name: &'static str| {
        let mut all = vec!["xq", "xs", "xz", "w", "ws", "wz", "ys", "yz", ""];
        all[at] = name;
        conv(&all, vec![])
    };
    assert!(with(1, "").contains("scale of the input (input 1) is missing"), "{}", with(1, ""));
    assert!(with(1, "two").contains("there are 2 scales for dimension 1 of [1, 1, 2, 2]"), "{}", with(1, "two"));
    assert!(with(2, "wz").contains("the zero point is of si8, the input of ui8"), "{}", with(2, "wz"));
    assert!(with(3, "xq").contains("the zero point is of si8, the input of ui8"), "{}", with(3, "xq"));
    assert!(with(4, "zero").contains("a scale of the weights is 0, which is not finite and positive"));
    assert!(with(6, "two").contains("the result has 2 scales; activations have one"), "{}", with(6, "two"));
    assert!(with(6, "").contains("scale of the result (input 6) is missing"));
    assert!(with(8, "short").contains("input 8, the bias, must be of int32"));
    assert!(conv(&["xq", "xs", "xz", "xq", "xs", "xz", "ys", "yz"], vec![]).contains("is computed at run time"));
    let last = start(&[1, 1, 2, 2]).foreign(
        MS,
        "QLinearGlobalAveragePool",
        &["xq", "xs", "xz", "ys", "yz"],
        "yq",
        vec![int("channels_last", 1)],
    );
    assert!(refused(end(last).build())[0].contains("attribute 'channels_last': is not supported"));
    let concat =
        start(&[1, 1, 2, 2]).foreign(MS, "QLinearConcat", &["ys", "yz", "xq", "xs"], "yq", vec![int("axis", 1)]);
    assert!(refused(end(concat).build())[0].contains("has 4 inputs; it needs 2, and 3 for each part"));
}

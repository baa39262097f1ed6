//! `cim-quantize-operators` and `cim-fold-batch-norm`: what becomes integer, and that it computes the same.

mod support;

use cim_dialect::graph::*;
use cim_ir::{Ir, OpId};
use cim_onnx::proto::data_type as dt;
use cim_passes::graph::fold_batch_norm::fold;
use cim_passes::graph::quantize_operators::quantize_operators;
use cim_test::graph_eval::{Data, Evaluator};
use cim_test::onnx_builder::*;
use proptest::prelude::*;
use std::collections::HashMap;
use support::*;

fn quantised(m: ModelBuilder) -> (Ir, OpId) {
    let (mut ir, module) = import(m.build());
    quantize_operators(&mut ir, module).unwrap();
    verify(&ir, module);
    (ir, module)
}

fn outputs(ir: &Ir, module: OpId, x: &[f32]) -> Vec<Data> {
    Evaluator::new(ir, module).run(&[x.to_vec()], &HashMap::new()).outputs
}

fn host(ir: &Ir, op: OpId) -> String {
    ir.attr(op, "host").and_then(|a| ir.ctx().as_str(a)).unwrap_or("").to_string()
}

/// Evaluates the float form and the integer form of a model whose output is dequantised with `scale`; both must agree up to one
/// step in at most 2 % of the elements (at most 2 elements of small outputs), and exactly elsewhere.
fn agree(m: ModelBuilder, scale: f32, x: &[f32]) -> Result<(), TestCaseError> {
    let (float_ir, float_module) = import(m.clone().build());
    let (ir, module) = quantised(m);
    let (a, b) = (outputs(&float_ir, float_module, x), outputs(&ir, module, x));
    for (a, b) in a.iter().zip(&b) {
        let (a, b) = (a.floats(), b.floats());
        prop_assert_eq!(a.len(), b.len());
        let steps: Vec<f32> = a.iter().zip(b).map(|(a, b)| ((a - b) / scale).round().abs()).collect();
        let differing = steps.iter().filter(|s| **s > 0.0).count();
        prop_assert!(steps.iter().all(|s| *s <= 1.0), "more than one step: {:?}", steps);
        prop_assert!(differing <= 2.max(a.len() / 50), "{} of {} differ", differing, a.len());
    }
    Ok(())
}

/// Is everything between the first quantize and the last dequantize integer?
fn all_integer(ir: &Ir, module: OpId) -> bool {
    ops(ir, module).iter().all(|(n, o)| host(ir, *o).is_empty() || n == "quantize" || n == "dequantize")
}

#[derive(Clone, Debug)]
struct ConvCase {
    seed: u64,
    channels: [i64; 2],
    kernel: [i64; 2],
    strides: [i64; 2],
    pads: [i64; 4],
    dilations: [i64; 2],
    grouped: bool,
    input_zero: i64,
    output_zero: i64,
    signed_input: bool,
    weight_zero: Option<i64>,
    per_channel: bool,
    bias: u8,
    batch_norm: bool,
    relu: u8,
    pool: bool,
    clip: Option<(i64, i64)>,
}

fn conv_case() -> impl Strategy<Value = ConvCase> {
    let geometry = (
        prop::array::uniform2(1i64..4),
        prop::array::uniform2(1i64..4),
        prop::array::uniform2(1i64..3),
        prop::array::uniform4(0i64..2),
        prop::array::uniform2(1i64..3),
        any::<bool>(),
    );
    let numbers = (any::<u64>(), 0i64..256, 0i64..256, any::<bool>(), prop::option::of(100i64..156), any::<bool>());
    let after = (0u8..3, any::<bool>(), 0u8..3, any::<bool>(), prop::option::of((0i64..40, 60i64..256)));
    (geometry, numbers, after).prop_map(|(g, n, a)| ConvCase {
        channels: g.0,
        kernel: g.1,
        strides: g.2,
        pads: g.3,
        dilations: g.4,
        grouped: g.5,
        seed: n.0,
        input_zero: n.1,
        output_zero: n.2,
        signed_input: n.3,
        weight_zero: n.4,
        per_channel: n.5,
        bias: a.0,
        batch_norm: a.1,
        relu: a.2,
        pool: a.3,
        clip: a.4,
    })
}

/// Scale of outputs: no simple ratio to the scales of inputs, so that means do not fall half-way between two steps in bulk
/// (the float form rounds those to even, the integer form up).
const OUT: f32 = 0.0507;

fn conv_network(c: &ConvCase) -> (ModelBuilder, Vec<f32>) {
    let mut r = Seeded(c.seed);
    let group = if c.grouped { c.channels[0] } else { 1 };
    let (cin, cout) = (c.channels[0], c.channels[1] * group);
    let shape = [cout, cin / group, c.kernel[0], c.kernel[1]];
    let n = shape.iter().product::<i64>() as usize;
    let (zero, signed) = (c.input_zero - if c.signed_input { 128 } else { 0 }, c.signed_input);
    let mut m = ModelBuilder::new(13).input("x", &[1, cin, 7, 6]).qdq(
        "x",
        "xd",
        0.02,
        if signed { dt::INT8 } else { dt::UINT8 },
        zero,
    );
    let scales = r.floats(if c.per_channel { cout as usize } else { 1 }, 0.002, 0.01);
    let scale_dims = if c.per_channel { vec![cout] } else { vec![] };
    m = m.floats("ws", &scale_dims, &scales);
    m = match c.weight_zero {
        Some(z) => {
            let zeros = vec![z; scales.len()];
            m.ints("wq", dt::UINT8, &shape, &r.ints(n, 0, 255)).ints("wz", dt::UINT8, &scale_dims, &zeros).node(
                "DequantizeLinear",
                &["wq", "ws", "wz"],
                "w",
                vec![int("axis", 0)],
            )
        }
        None => m.ints("wq", dt::INT8, &shape, &r.ints(n, -127, 127)).node(
            "DequantizeLinear",
            &["wq", "ws"],
            "w",
            vec![int("axis", 0)],
        ),
    };
    let mut inputs = vec!["xd", "w"];
    match c.bias {
        1 => {
            m = m.floats("b", &[cout], &r.floats(cout as usize, -2.0, 2.0));
            inputs.push("b");
        }
        2 => {
            let stored: Vec<f32> = (0..cout as usize).map(|i| 0.02 * scales[i.min(scales.len() - 1)]).collect();
            m = m.ints("bq", dt::INT32, &[cout], &r.ints(cout as usize, -9000, 9000));
            m = m.floats("bs", &[cout], &stored).node("DequantizeLinear", &["bq", "bs"], "b", vec![int("axis", 0)]);
            inputs.push("b");
        }
        _ => {}
    }
    m = m.node(
        "Conv",
        &inputs,
        "c",
        vec![
            int_list("strides", &c.strides),
            int_list("pads", &c.pads),
            int_list("dilations", &c.dilations),
            int("group", group),
        ],
    );
    let mut last = "c";
    if c.batch_norm {
        let k = cout as usize;
        m = m
            .floats("g", &[cout], &r.floats(k, -1.5, 1.5))
            .floats("h", &[cout], &r.floats(k, -1.0, 1.0))
            .floats("mean", &[cout], &r.floats(k, -1.0, 1.0))
            .floats("var", &[cout], &r.floats(k, 0.3, 2.0))
            .node("BatchNormalization", &[last, "g", "h", "mean", "var"], "n", vec![]);
        last = "n";
    }
    match c.relu {
        1 => {
            m = m.node("Relu", &[last], "r", vec![]);
            last = "r";
        }
        2 => {
            m = m.floats("six", &[], &[6.0]).floats("zero", &[], &[-0.5]).node(
                "Clip",
                &[last, "zero", "six"],
                "r",
                vec![],
            );
            last = "r";
        }
        _ => {}
    }
    if c.pool {
        m = m.node("MaxPool", &[last], "p", vec![int_list("kernel_shape", &[2, 1]), int_list("pads", &[1, 0, 0, 0])]);
        last = "p";
    }
    m = m.floats("ys", &[], &[OUT]).ints("yz", dt::UINT8, &[], &[c.output_zero]).node(
        "QuantizeLinear",
        &[last, "ys", "yz"],
        "q",
        vec![],
    );
    last = "q";
    if let Some((lo, hi)) = c.clip {
        m = m.ints("lo", dt::UINT8, &[], &[lo]).ints("hi", dt::UINT8, &[], &[hi]).node(
            "Clip",
            &["q", "lo", "hi"],
            "k",
            vec![],
        );
        last = "k";
    }
    let m = m.node("DequantizeLinear", &[last, "ys", "yz"], "y", vec![]).output("y");
    let x = r.floats((cin * 42) as usize, -3.0, 3.0);
    (m, x)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn convolutions_compute_the_same(case in conv_case()) {
        let (m, x) = conv_network(&case);
        // A dilated kernel may not fit.
        prop_assume!(cim_onnx::import_bytes(&context(), m.clone().build(), "t", None).is_ok());
        let (ir, module) = quantised(m.clone());
        prop_assert!(all_integer(&ir, module), "{:?}", names(&ir, module));
        agree(m, OUT, &x)?;
    }

    #[test]
    fn linear_layers_compute_the_same(seed: u64, trans: bool, zero in 0i64..256, alpha: bool, bias in 0u8..3) {
        let mut r = Seeded(seed);
        let mut m = ModelBuilder::new(13)
            .input("x", &[1, 20])
            .qdq("x", "xd", 0.02, dt::UINT8, zero)
            .floats("ws", &[7], &r.floats(7, 0.002, 0.01))
            .ints("wq", dt::INT8, if trans { &[7, 20] } else { &[20, 7] }, &r.ints(140, -127, 127))
            .node("DequantizeLinear", &["wq", "ws"], "w", vec![int("axis", i64::from(!trans))]);
        let mut inputs = vec!["xd", "w"];
        if bias > 0 {
            m = m.floats("b", if bias == 1 { &[7] } else { &[1, 7] }, &r.floats(7, -1.0, 1.0));
            inputs.push("b");
        }
        let attributes = vec![int("transB", i64::from(trans)), float("alpha", if alpha { 0.5 } else { 1.0 }), float("beta", 0.75)];
        let m = m.node("Gemm", &inputs, "g", attributes).qdq("g", "y", OUT, dt::INT8, -3).output("y");
        let (ir, module) = quantised(m.clone());
        prop_assert!(all_integer(&ir, module));
        agree(m, OUT, &r.floats(20, -3.0, 3.0))?;
    }

    #[test]
    fn additions_means_and_concatenations_compute_the_same(seed: u64, za in 0i64..256, zb in -128i64..128, zy in 0i64..256, op in 0u8..6, relu: bool) {
        let mut r = Seeded(seed);
        let m = ModelBuilder::new(13)
            .input("x", &[1, 2, 5, 4])
            .qdq("x", "a", 0.02, dt::UINT8, za)
            .qdq("x", "b", 0.03, dt::INT8, zb);
        let k = |extra: Vec<_>| [vec![int_list("kernel_shape", &[3, 2]), int_list("strides", &[1, 2]), int_list("pads", &[1, 0, 1, 1])], extra].concat();
        let m = match op {
            0 => m.node("Add", &["a", "b"], "z", vec![]),
            1 => m.node("AveragePool", &["a"], "z", k(vec![])),
            2 => m.node("AveragePool", &["b"], "z", k(vec![int("count_include_pad", 1)])),
            3 => m.node("GlobalAveragePool", &["a"], "z", vec![]),
            4 => m.node("Concat", &["a", "b", "a"], "z", vec![int("axis", 1)]),
            _ => m.node("Identity", &["b"], "z", vec![]),
        };
        let (m, last) = if relu { (m.node("Relu", &["z"], "r", vec![]), "r") } else { (m, "z") };
        let m = m.qdq(last, "y", OUT, dt::UINT8, zy).output("y");
        let (ir, module) = quantised(m.clone());
        prop_assert!(all_integer(&ir, module));
        agree(m, OUT, &r.floats(40, -4.0, 4.0))?;
    }

    #[test]
    fn batch_norm_into_float_weights_computes_the_same(seed: u64, bias: bool, transposed: bool, conv: bool) {
        let mut r = Seeded(seed);
        let mut m = ModelBuilder::new(13).input("x", if conv { &[1, 2, 4, 4] } else { &[1, 6] });
        m = if conv { m.floats("w", &[3, 2, 2, 2], &r.floats(24, -1.0, 1.0)) }
            else { m.floats("w", if transposed { &[6, 3] } else { &[3, 6] }, &r.floats(18, -1.0, 1.0)) };
        m = m.floats("b", &[3], &r.floats(3, -1.0, 1.0));
        let inputs: &[&str] = if bias { &["x", "w", "b"] } else { &["x", "w"] };
        m = if conv { m.node("Conv", inputs, "c", vec![]) }
            else { m.node("Gemm", inputs, "c", vec![int("transB", i64::from(!transposed))]) };
        let m = m
            .floats("g", &[3], &r.floats(3, -1.5, 1.5))
            .floats("h", &[3], &r.floats(3, -1.0, 1.0))
            .floats("mean", &[3], &r.floats(3, -1.0, 1.0))
            .floats("var", &[3], &r.floats(3, 0.3, 2.0))
            .node("BatchNormalization", &["c", "g", "h", "mean", "var"], "y", vec![])
            .output("y");
        let (mut ir, module) = import(m.build());
        let x = r.floats(32, -1.0, 1.0);
        let x = if conv { &x[..] } else { &x[..6] };
        let before = outputs(&ir, module, x);
        prop_assert_eq!(fold(&mut ir, module).unwrap(), 1);
        verify(&ir, module);
        prop_assert_eq!(names(&ir, module), [if conv { "conv2d" } else { "linear" }]);
        let after = outputs(&ir, module, x);
        for (a, b) in before[0].floats().iter().zip(after[0].floats()) {
            prop_assert!((a - b).abs() <= 1e-5 * (1.0 + a.abs()), "{} {}", a, b);
        }
    }
}

/// A convolution of quantised input and weights, up to its float result `c`.
fn qconv() -> ModelBuilder {
    let mut r = Seeded(11);
    ModelBuilder::new(13)
        .input("x", &[1, 2, 4, 4])
        .qdq("x", "xd", 0.02, dt::UINT8, 0)
        .weights("w", &[3, 2, 3, 3], &r.ints(54, -127, 127), 0.01)
        .node("Conv", &["xd", "w"], "c", vec![])
}

fn with_norm(m: ModelBuilder, x: &str, y: &str) -> ModelBuilder {
    m.floats("g", &[3], &[1.0, -2.0, 0.5])
        .floats("h", &[3], &[0.1, 0.2, 0.3])
        .floats("mean", &[3], &[0.5; 3])
        .floats("var", &[3], &[1.0; 3])
        .node("BatchNormalization", &[x, "g", "h", "mean", "var"], y, vec![])
}

#[test]
fn batch_norm_after_integer_weights_leaves_them_alone() {
    let m = with_norm(qconv(), "c", "n").qdq("n", "y", OUT, dt::UINT8, 0).output("y");
    let (mut ir, module) = import(m.build());
    assert_eq!(fold(&mut ir, module).unwrap(), 0);
    quantize_operators(&mut ir, module).unwrap();
    assert_eq!(names(&ir, module), ["quantize", "conv2d", "requantize", "dequantize"]);
    let w = Constant::cast(&ir, only(&ir, module, "constant")).unwrap();
    let ints = Elements::of(ir.ctx(), w.value(&ir)).unwrap().ints().unwrap();
    assert_eq!(ints, Seeded(11).ints(54, -127, 127));
    let r = Requantize::cast(&ir, only(&ir, module, "requantize")).unwrap();
    let m = r.multiplier(&ir);
    assert!(m[0] > 0 && m[1] < 0 && m[2] > 0 && m.iter().all(|m| m.abs() < 1 << 31));
    assert!(m[1].abs() >= 1 << 30, "the largest multiplier has 31 bits: {m:?}");
}

#[test]
fn float_outputs_end_in_a_dequantize_with_bias() {
    let (ir, module) = quantised(with_norm(qconv(), "c", "y").output("y"));
    assert_eq!(names(&ir, module), ["quantize", "conv2d", "dequantize"]);
    let d = Dequantize::cast(&ir, only(&ir, module, "dequantize")).unwrap();
    let bias = Elements::of(ir.ctx(), d.bias(&ir).unwrap()).unwrap().floats().unwrap();
    assert_eq!((bias.len(), host(&ir, d.op()).as_str()), (3, "gives floats"));
    let x = Seeded(5).floats(32, -2.0, 2.0);
    let (f, fm) = import(with_norm(qconv(), "c", "y").output("y").build());
    for (a, b) in outputs(&f, fm, &x)[0].floats().iter().zip(outputs(&ir, module, &x)[0].floats()) {
        assert!((a - b).abs() < 1e-4, "{a} {b}");
    }
}

#[test]
fn activations_after_a_float_output_stay_on_the_host() {
    let (ir, module) = quantised(qconv().node("Relu", &["c"], "y", vec![]).output("y"));
    assert_eq!(names(&ir, module), ["quantize", "conv2d", "dequantize", "relu"]);
    assert_eq!(host(&ir, only(&ir, module, "relu")), "its result is not quantised");
}

#[test]
fn what_stays_float_says_why() {
    let mut r = Seeded(3);
    let reason = |m: ModelBuilder, op: &str| {
        let (ir, module) = quantised(m);
        host(&ir, only(&ir, module, op))
    };
    let base = || ModelBuilder::new(13).input("x", &[1, 2, 4, 4]);
    let w = r.floats(54, -1.0, 1.0);
    let float_weights = base().qdq("x", "d", 0.1, dt::UINT8, 0).floats("w", &[3, 2, 3, 3], &w);
    let m = float_weights.node("Conv", &["d", "w"], "c", vec![]).qdq("c", "y", 1.0, dt::UINT8, 0).output("y");
    assert_eq!(reason(m, "conv2d"), "its weights are not quantised");
    let ints = r.ints(54, -127, 127);
    let m = base().weights("w", &[3, 2, 3, 3], &ints, 0.1).node("Conv", &["x", "w"], "y", vec![]).output("y");
    assert_eq!(reason(m, "conv2d"), "its input is not quantised");
    let m = base()
        .qdq("x", "d", 0.1, dt::UINT8, 0)
        .ints("q", dt::INT8, &[3, 2, 3, 3], &ints)
        .floats("s", &[2], &[0.1, 0.2])
        .node("DequantizeLinear", &["q", "s"], "w", vec![int("axis", 1)])
        .node("Conv", &["d", "w"], "y", vec![])
        .output("y");
    assert_eq!(reason(m, "conv2d"), "the scales of its weights vary along dimension 1, not along the outputs");
    let m = qconv().node("GlobalAveragePool", &["c"], "y", vec![]).output("y");
    assert_eq!(reason(m, "global_average_pool"), "its input is not quantised again before it");
    let m = base().node("Relu", &["x"], "y", vec![]).output("y");
    assert_eq!(reason(m, "relu"), "its input is not quantised");
    let m = base()
        .qdq("x", "a", 0.1, dt::UINT8, 0)
        .node("Mul", &["a", "a"], "z", vec![])
        .qdq("z", "y", 0.1, dt::UINT8, 0)
        .output("y");
    assert_eq!(reason(m, "mul"), "products of two activations are not supported on the machine");
}

#[test]
fn quantising_again_on_the_same_grid_is_nothing() {
    let m = qconv()
        .qdq("c", "a", OUT, dt::UINT8, 7)
        .node("MaxPool", &["a"], "p", vec![int_list("kernel_shape", &[2, 2])])
        .node("QuantizeLinear", &["p", "a_scale", "a_zero"], "pq", vec![])
        .node("DequantizeLinear", &["pq", "a_scale", "a_zero"], "pd", vec![])
        .node("Flatten", &["pd"], "f", vec![])
        .node("QuantizeLinear", &["f", "a_scale", "a_zero"], "fq", vec![])
        .node("DequantizeLinear", &["fq", "a_scale", "a_zero"], "y", vec![])
        .output("y");
    let (ir, module) = quantised(m);
    assert_eq!(names(&ir, module), ["quantize", "conv2d", "requantize", "max_pool", "reshape", "dequantize"]);
}

#[test]
fn relu_on_a_grid_is_an_integer_clip() {
    let m = qconv().qdq("c", "a", OUT, dt::UINT8, 100).node("Relu", &["a"], "y", vec![]).output("y");
    let (ir, module) = quantised(m);
    assert_eq!(names(&ir, module), ["quantize", "conv2d", "requantize", "clip", "dequantize"]);
    let clip = Clip::cast(&ir, only(&ir, module, "clip")).unwrap();
    assert_eq!(clip.bounds(&ir), Some(elementwise::Bounds::Int(100, 255)));
}

#[test]
fn accumulators_are_wide_where_the_bound_is_not_proven() {
    let acc = |n: i64, w: i64| {
        let m = ModelBuilder::new(13)
            .input("x", &[1, n])
            .qdq("x", "xd", 0.02, dt::UINT8, 0)
            .weights("w", &[2, n], &vec![w; 2 * n as usize], 0.01)
            .node("Gemm", &["xd", "w"], "g", vec![int("transB", 1)])
            .qdq("g", "y", 100.0, dt::UINT8, 0)
            .output("y");
        let (ir, module) = quantised(m);
        result(&ir, only(&ir, module, "linear"))
    };
    // 255 * 127 * n passes 2^31 - 1 at n = 66,312; the weights themselves decide, not their type.
    assert_eq!(acc(66_310, 127), "tensor<1x2xsi32>");
    assert_eq!(acc(66_312, 127), "tensor<1x2xsi64>");
    assert_eq!(acc(66_312, 126), "tensor<1x2xsi32>");
}

#[test]
fn weights_quantised_in_the_graph_become_integers() {
    let w = [0.05f32, -0.1, 0.149, 0.151, 9.0, -9.0];
    let m = ModelBuilder::new(13)
        .input("x", &[1, 3])
        .qdq("x", "xd", 0.1, dt::UINT8, 0)
        .floats("w", &[2, 3], &w)
        .qdq("w", "wd", 0.1, dt::INT8, 0)
        .node("Gemm", &["xd", "wd"], "g", vec![int("transB", 1)])
        .qdq("g", "y", 0.1, dt::UINT8, 0)
        .output("y");
    let (ir, module) = quantised(m);
    assert!(all_integer(&ir, module));
    let c = Constant::cast(&ir, only(&ir, module, "constant")).unwrap();
    // Halves go to the even neighbour.
    assert_eq!(Elements::of(ir.ctx(), c.value(&ir)).unwrap().ints(), Some(vec![0, -1, 1, 2, 90, -90]));
}

#[test]
fn a_clip_that_cuts_weights_cuts_them() {
    let m = ModelBuilder::new(13)
        .input("x", &[1, 3])
        .qdq("x", "xd", 0.1, dt::UINT8, 0)
        .ints("q", dt::INT8, &[1, 3], &[-5, 2, 5])
        .ints("lo", dt::INT8, &[], &[-3])
        .ints("hi", dt::INT8, &[], &[3])
        .floats("s", &[], &[0.1])
        .node("Clip", &["q", "lo", "hi"], "k", vec![])
        .node("DequantizeLinear", &["k", "s"], "w", vec![])
        .node("Gemm", &["xd", "w"], "g", vec![int("transB", 1)])
        .qdq("g", "y", 0.1, dt::UINT8, 0)
        .output("y");
    let (ir, module) = quantised(m);
    let c = Constant::cast(&ir, only(&ir, module, "constant")).unwrap();
    assert_eq!(result(&ir, c.op()), "tensor<1x3xsi3>");
    assert_eq!(Elements::of(ir.ctx(), c.value(&ir)).unwrap().ints(), Some(vec![-3, 2, 3]));
}

#[test]
fn an_integer_output_keeps_its_declared_type() {
    let m = qconv()
        .floats("s", &[], &[OUT])
        .ints("lo", dt::UINT8, &[], &[0])
        .ints("hi", dt::UINT8, &[], &[7])
        .node("QuantizeLinear", &["c", "s"], "q", vec![])
        .node("Clip", &["q", "lo", "hi"], "y", vec![])
        .output("y");
    let (ir, module) = quantised(m);
    let ret = ir.walk(module).into_iter().find(|o| ir.name_str(*o) == "func.return").unwrap();
    assert_eq!(ty(&ir, ir.operand(ret, 0).unwrap()), "tensor<1x3x2x2xui8>");
}

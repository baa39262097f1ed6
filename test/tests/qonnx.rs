//! QONNX: what each operator becomes, its own rounding order, and that integers compute what its floats do.

mod support;

use cim_dialect::graph::*;
use cim_ir::{Ir, OpId};
use cim_onnx::proto::{AttributeProto, OperatorSetIdProto, data_type as dt};
use cim_passes::graph::quantize_operators::quantize_operators;
use cim_test::graph_eval::Evaluator;
use cim_test::onnx_builder::*;
use proptest::prelude::*;
use std::collections::HashMap;
use support::*;

const DOMAINS: [&str; 3] = ["qonnx.custom_op.general", "onnx.brevitas", "finn.custom_op.general"];
const Q: &str = DOMAINS[0];
const MODES: [&str; 8] = ["ROUND", "HALF_EVEN", "CEIL", "FLOOR", "UP", "DOWN", "HALF_UP", "HALF_DOWN"];

fn attributes(signed: i64, narrow: i64, mode: &str) -> Vec<AttributeProto> {
    vec![int("signed", signed), int("narrow", narrow), string("rounding_mode", mode)]
}

/// `y` = Quant of `x` with scalar parameters.
fn quant(
    m: ModelBuilder,
    x: &str,
    y: &str,
    (scale, zero, bits): (f32, f32, f32),
    a: Vec<AttributeProto>,
) -> ModelBuilder {
    let (s, z, b) = (format!("{y}_s"), format!("{y}_z"), format!("{y}_b"));
    m.floats(&s, &[], &[scale]).floats(&z, &[], &[zero]).floats(&b, &[], &[bits]).foreign(
        Q,
        "Quant",
        &[x, &s, &z, &b],
        y,
        a,
    )
}

fn run(ir: &Ir, module: OpId, x: &[f32]) -> Vec<f32> {
    Evaluator::new(ir, module).run(&[x.to_vec()], &HashMap::new()).outputs[0].floats().to_vec()
}

/// The float form and the integer form of a model.
fn both(m: &ModelBuilder) -> ((Ir, OpId), (Ir, OpId)) {
    let float = import(m.clone().build());
    verify(&float.0, float.1);
    let (mut ir, module) = import(m.clone().build());
    quantize_operators(&mut ir, module).unwrap();
    verify(&ir, module);
    (float, (ir, module))
}

fn hosts(ir: &Ir, module: OpId) -> Vec<String> {
    ops(ir, module).into_iter().filter(|(_, o)| ir.attr(*o, "host").is_some()).map(|(n, _)| n).collect()
}

fn ints(ir: &Ir, module: OpId, nth: usize) -> Vec<i64> {
    let constants: Vec<_> = ops(ir, module).into_iter().filter_map(|(_, o)| Constant::cast(ir, o)).collect();
    let all = constants.iter().filter_map(|c| Elements::of(ir.ctx(), c.value(ir)).ok()?.ints());
    all.into_iter().nth(nth).unwrap()
}

/// A tie with an odd zero point: 2.5 is 4 here, 3 in QDQ; both are the same real number only by accident.
#[test]
fn weights_are_quantised_in_the_order_of_qonnx() {
    let weights = [2.5, 3.5, -2.5, 200.0, -300.0, 0.49];
    let m = ModelBuilder::new(13).input("x", &[1, 3]).floats("w", &[2, 3], &weights);
    let m = quant(m, "w", "wq", (1.0, 1.0, 8.0), attributes(1, 1, "ROUND"))
        .node("Gemm", &["x", "wq"], "y", vec![int("transB", 1)])
        .output("y");
    let (ir, module) = import(m.build());
    assert_eq!(ints(&ir, module, 0), [4, 4, -2, 127, -127, 1]);
    let d = Dequantize::cast(&ir, only(&ir, module, "dequantize")).unwrap();
    assert_eq!((d.zero_point(&ir), ty(&ir, d.input(&ir))), (vec![1], "tensor<2x3xsi8>".to_string()));

    let m = ModelBuilder::new(13).input("x", &[1, 3]).floats("w", &[2, 3], &weights).floats("s", &[], &[1.0]);
    let m = m.ints("z", dt::INT8, &[], &[1]).node("QuantizeLinear", &["w", "s", "z"], "q", vec![]);
    let m = m.node("DequantizeLinear", &["q", "s", "z"], "wq", vec![]);
    let m = m.node("Gemm", &["x", "wq"], "y", vec![int("transB", 1)]).output("y");
    let (mut ir, module) = import(m.build());
    quantize_operators(&mut ir, module).unwrap();
    assert_eq!(ints(&ir, module, 0), [3, 5, -1, 127, -128, 1]);
}

#[test]
fn scales_per_channel_find_their_dimension() {
    let model = |shape: &[i64], transposed: bool| {
        let m = ModelBuilder::new(13)
            .input("x", &[1, 3])
            .floats("w", &[2, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
            .floats("s", shape, &[1.0, 0.5])
            .floats("z", &[], &[0.0])
            .ints("b", dt::INT32, &[], &[4])
            .foreign(DOMAINS[2], "IntQuant", &["w", "s", "z", "b"], "wq", vec![]);
        if transposed {
            m.node("Transpose", &["wq"], "wt", vec![int_list("perm", &[1, 0])])
                .node("MatMul", &["x", "wt"], "y", vec![])
                .output("y")
        } else {
            m.node("Gemm", &["x", "wq"], "y", vec![int("transB", 1)]).output("y")
        }
    };
    let (ir, module) = import(model(&[2, 1], false).build());
    assert_eq!(ints(&ir, module, 0), [1, 2, 3, 7, 7, 7]);
    let d = Dequantize::cast(&ir, only(&ir, module, "dequantize")).unwrap();
    assert_eq!(d.axis(&ir), 0);
    // The transposition turns integers and axis.
    let (ir, module) = import(model(&[2, 1], true).build());
    let linear = Linear::cast(&ir, only(&ir, module, "linear")).unwrap();
    let d = Dequantize::cast(&ir, ir.defining_op(linear.weights(&ir)).unwrap()).unwrap();
    let c = Constant::cast(&ir, ir.defining_op(d.input(&ir)).unwrap()).unwrap();
    assert_eq!(Elements::of(ir.ctx(), c.value(&ir)).unwrap().ints().unwrap(), [1, 7, 2, 7, 3, 7]);
    assert_eq!((d.axis(&ir), ty(&ir, d.input(&ir))), (1, "tensor<3x2xsi4>".to_string()));
    assert_eq!(run(&ir, module, &[1.0, 1.0, 1.0]), [6.0, 10.5]);
    assert!(
        refused(model(&[2], false).build())[0]
            .contains("the scale of shape [2] does not belong to one dimension of [2, 3]")
    );
}

#[test]
fn activations_carry_what_differs_from_onnx() {
    let quantize = |zero, mode: &str, bits: f32| {
        let m = ModelBuilder::new(13).input("x", &[1, 3]);
        let m = quant(m, "x", "y", (0.5, zero, bits), attributes(1, 0, mode)).output("y");
        let (ir, module) = import(m.build());
        let q = Quantize::cast(&ir, only(&ir, module, "quantize")).unwrap();
        (q.rounding(&ir).map(str::to_string), q.zero_first(&ir), q.lo(&ir), q.hi(&ir), ty(&ir, q.result(&ir)))
    };
    let text = |s: &str| Some(s.to_string());
    // Nothing differs without a zero point.
    assert_eq!(quantize(0.0, "ROUND", 4.0), (None, false, -8, 7, "tensor<1x3xsi4>".into()));
    assert_eq!(quantize(1.0, "half_even", 4.0), (None, true, -8, 7, "tensor<1x3xsi4>".into()));
    assert_eq!(quantize(0.0, "FLOOR", 8.0), (text("floor"), false, -128, 127, "tensor<1x3xsi8>".into()));
    // One signed bit is bipolar, whatever the mode.
    assert_eq!(quantize(0.0, "CEIL", 1.0), (text("bipolar"), false, -1, 1, "tensor<1x3xsi2>".into()));
}

#[test]
fn ranges_of_all_kinds() {
    let range = |bits: f32, signed, narrow| {
        let m = quant(
            ModelBuilder::new(13).input("x", &[1]),
            "x",
            "y",
            (1.0, 0.0, bits),
            attributes(signed, narrow, "ROUND"),
        );
        let (ir, module) = import(m.output("y").build());
        let q = Quantize::cast(&ir, only(&ir, module, "quantize")).unwrap();
        (q.lo(&ir), q.hi(&ir))
    };
    assert_eq!(
        [range(8.0, 1, 0), range(8.0, 1, 1), range(8.0, 0, 0), range(8.0, 0, 1)],
        [(-128, 127), (-127, 127), (0, 255), (0, 254)]
    );
    assert_eq!([range(1.0, 0, 0), range(2.0, 1, 1), range(2.0, 1, 0)], [(0, 1), (-1, 1), (-2, 1)]);
}

/// Bit widths are tensors, of floats or integers; all three domains and both names are known.
#[test]
fn domains_and_names() {
    for domain in DOMAINS {
        for name in ["Quant", "IntQuant"] {
            let m = ModelBuilder::new(13)
                .input("x", &[1, 2])
                .floats("s", &[1], &[0.5])
                .floats("z", &[1], &[0.0])
                .ints("b", dt::INT32, &[1], &[3])
                .foreign(domain, name, &["x", "s", "z", "b"], "y", vec![])
                .output("y");
            let (ir, module) = import(m.build());
            assert_eq!(run(&ir, module, &[-9.0, 0.8]), [-2.0, 1.0], "{domain} {name}");
        }
    }
}

#[test]
fn hostile_parameters_are_refused_by_name() {
    let message = |m: ModelBuilder| refused(m.output("y").build()).remove(0);
    let with = |p: (f32, f32, f32), mode: &str| {
        message(quant(ModelBuilder::new(13).input("x", &[1, 2]), "x", "y", p, attributes(1, 0, mode)))
    };
    for (bits, text) in
        [(0.0, "is 0, not in"), (2.5, "is 2.5, which is no integer"), (33.0, "is 33, not in"), (-4.0, "is -4")]
    {
        assert!(with((1.0, 0.0, bits), "ROUND").contains(&format!("the bit width {text}")), "{bits}");
    }
    assert!(with((1.0, 0.0, f32::NAN), "ROUND").contains("the bit width"));
    for scale in [0.0, -1.0, f32::NAN, f32::INFINITY] {
        assert!(with((scale, 0.0, 8.0), "ROUND").contains("the scale has"), "{scale}");
    }
    assert!(with((1.0, 0.5, 8.0), "ROUND").contains("the zero point is 0.5, which is no integer"));
    assert!(with((1.0, 0.0, 8.0), "STOCHASTIC").contains("attribute 'rounding_mode': 'STOCHASTIC' is not known"));
    let base = || ModelBuilder::new(13).input("x", &[1, 2]).floats("one", &[], &[1.0]).floats("two", &[2], &[1.0, 2.0]);
    let node = |inputs: &[&str], a| message(base().foreign(Q, "Quant", inputs, "y", a));
    assert!(node(&["x", "", "one", "one"], vec![]).contains("the scale (input 1) is missing"));
    assert!(node(&["x", "one"], vec![]).contains("the zero point (input 2) is missing"));
    assert!(
        node(&["x", "one", "one", "two"], vec![]).contains("the bit width must be one number, but has the shape [2]")
    );
    assert!(node(&["x", "x", "one", "one"], vec![]).contains("the scale (input 1) is computed at run time"));
    assert!(node(&["x", "one", "one", "one"], vec![int("block", 3)]).contains("attribute 'block'"));
    let float = message(base().foreign(Q, "FloatQuant", &["x"], "y", vec![]));
    assert!(float.contains("gives floats of few bits, which crossbars do not hold; quantise to integers"), "{float}");
    let threshold = message(base().foreign(Q, "MultiThreshold", &["x"], "y", vec![]));
    assert!(
        threshold.contains("supported operators are BipolarQuant, FloatQuant, IntQuant, Quant, Trunc"),
        "{threshold}"
    );

    let mut m = base().foreign(Q, "BipolarQuant", &["x", "one"], "y", vec![]).output("y").proto();
    m.opset_import.push(OperatorSetIdProto { domain: Q.into(), version: 7 });
    let model = prost::Message::encode_to_vec(&m);
    assert!(refused(model.into())[0].contains(&format!("version 7 of domain {Q} is not known")));
}

/// A layer with a requantisation of every mode; all scales are powers of two, so floats and integers are exact and must agree.
fn layer(mode: &str, signed: bool, zero: f32, weights: &[f32], bias: &[f32]) -> ModelBuilder {
    let m = ModelBuilder::new(13).input("x", &[1, 4]).floats("w", &[3, 4], weights).floats("b", &[3], bias);
    let m = quant(m, "x", "xq", (0.25, 0.0, 6.0), attributes(1, 0, "ROUND"));
    let m = quant(m, "w", "wq", (0.125, 0.0, 4.0), attributes(1, 1, "ROUND"));
    let m = m.node("Gemm", &["xq", "wq", "b"], "c", vec![int("transB", 1)]);
    quant(m, "c", "y", (0.5, zero, 5.0), attributes(i64::from(signed), 0, mode)).output("y")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn integers_round_as_floats_do(seed in any::<u64>(), mode in 0usize..8, signed in any::<bool>(), zero in 0i64..4) {
        let mut r = Seeded(seed);
        let (weights, x) = (r.floats(12, -1.0, 1.0), r.floats(4, -8.0, 8.0));
        let bias: Vec<f32> = r.ints(3, -40, 40).iter().map(|b| *b as f32 / 32.0).collect();
        let m = layer(MODES[mode], signed, zero as f32, &weights, &bias);
        let ((float, fm), (ir, module)) = both(&m);
        prop_assert_eq!(hosts(&ir, module), ["quantize", "dequantize"]);
        let (a, b) = (run(&float, fm, &x), run(&ir, module, &x));
        for (a, b) in a.iter().zip(&b) {
            // Half to even is half up on fixed point: a tie may be one step higher.
            let allowed = if mode < 2 { [0.0, 0.5] } else { [0.0, 0.0] };
            prop_assert!(allowed.contains(&(b - a)), "{} {} for {} of {}", MODES[mode], b, a, seed);
        }
    }

    /// Signs of batch-normalised sums, with gains of both signs: exact, because sums are integers.
    #[test]
    fn signs_are_exact_comparisons(seed in any::<u64>(), bipolar in any::<bool>(), shift in -2i64..3) {
        let mut r = Seeded(seed);
        let sign = |v: &[i64]| v.iter().map(|v| if *v < 0 { -1.0 } else { 1.0 }).collect::<Vec<f32>>();
        let weights = sign(&r.ints(4 * 9, -5, 4));
        let gains: Vec<f32> = r.ints(4, -3, 3).iter().map(|g| *g as f32 / 2.0).collect();
        let means: Vec<f32> = r.ints(4, -6, 6).iter().map(|m| *m as f32 / 2.0).collect();
        let m = ModelBuilder::new(13)
            .input("x", &[1, 1, 5, 5])
            .floats("w", &[4, 1, 3, 3], &weights)
            .floats("one", &[], &[1.0])
            .floats("g", &[4], &gains)
            .floats("o", &[4], &[0.0, 0.0, 0.5, -0.25])
            .floats("m", &[4], &means)
            .floats("v", &[4], &[1.0; 4])
            .floats("shift", &[], &[shift as f32 / 4.0])
            .foreign(Q, "BipolarQuant", &["x", "one"], "xs", vec![])
            .foreign(Q, "BipolarQuant", &["w", "one"], "ws", vec![])
            .node("Conv", &["xs", "ws"], "c", vec![int_list("pads", &[1, 1, 0, 1])])
            .node("BatchNormalization", &["c", "g", "o", "m", "v"], "n", vec![float("epsilon", 0.0)])
            .node("Add", &["n", "shift"], "a", vec![]);
        let m = match bipolar {
            true => m.foreign(Q, "BipolarQuant", &["a", "one"], "y", vec![]),
            false => m.node("Sign", &["a"], "y", vec![]),
        };
        let x = r.floats(25, -1.0, 1.0);
        let ((float, fm), (ir, module)) = both(&m.output("y"));
        prop_assert_eq!(hosts(&ir, module), ["quantize", "dequantize"]);
        prop_assert_eq!(run(&float, fm, &x), run(&ir, module, &x));
    }
}

/// Average pools that drop bits: floor of the sum over 4, exactly.
#[test]
fn trunc_in_both_versions() {
    let start = || {
        let m = ModelBuilder::new(13).input("x", &[1, 1, 2, 4]);
        let m = quant(m, "x", "q", (0.5, 0.0, 4.0), attributes(0, 0, "ROUND"));
        m.node("AveragePool", &["q"], "p", vec![int_list("kernel_shape", &[2, 2]), int_list("strides", &[2, 2])])
            .floats("four", &[], &[4.0])
            .node("Mul", &["p", "four"], "sum", vec![])
            .floats("s", &[], &[0.5])
            .floats("s2", &[], &[2.0])
            .floats("z", &[], &[0.0])
            .floats("in", &[], &[6.0])
            .floats("out", &[], &[4.0])
            .floats("three", &[], &[3.0])
    };
    // Steps 1 2 3 5 / 0 4 15 15: sums 7 and 38.
    let x = [0.5, 1.0, 1.5, 2.5, 0.0, 2.0, 7.5, 7.5];
    let check = |m: ModelBuilder, wanted: [f32; 2], element: &str| {
        let ((float, fm), (ir, module)) = both(&m.output("y"));
        assert_eq!(run(&float, fm, &x), wanted);
        assert_eq!(run(&ir, module, &x), wanted);
        assert_eq!(hosts(&ir, module), ["quantize", "dequantize"]);
        let last = ops(&ir, module).into_iter().rfind(|(n, _)| n == "requantize").unwrap().1;
        assert_eq!(result(&ir, last), format!("tensor<1x1x1x2x{element}>"));
    };
    // Version 1: the scale stays, nothing is clamped; the type is the reachable range.
    check(start().foreign(Q, "Trunc", &["sum", "s", "z", "in", "out"], "y", vec![]), [0.5, 4.5], "ui4");
    check(
        start().foreign(Q, "Trunc", &["sum", "s", "z", "in", "out"], "y", vec![string("rounding_mode", "CEIL")]),
        [1.0, 5.0],
        "ui4",
    );
    // Version 2: scale 2 is 4 times 0.5; three unsigned bits clamp 9 to 7.
    let v2 = |signed| vec![int("signed", signed), int("narrow", 0)];
    check(start().foreign(Q, "Trunc", &["sum", "s", "z", "in", "s2", "three"], "y", v2(0)), [2.0, 14.0], "ui3");
    let m = start().foreign(Q, "Trunc", &["sum", "s", "z", "in"], "y", vec![]).output("y");
    assert!(refused(m.build())[0].contains("has 4 inputs; version 1 has 5 and version 2 has 6"));
    let m = start().foreign(Q, "Trunc", &["sum", "s", "z", "out", "in"], "y", vec![]).output("y");
    assert!(refused(m.build())[0].contains("cannot make 6 bits of 4"));
}

/// Larq writes a sign without zero as Sign, Add 0.1, Sign.
#[test]
fn the_tie_rule_of_larq() {
    let m = ModelBuilder::new(15)
        .input("x", &[1, 4])
        .floats("tenth", &[], &[0.1])
        .node("Sign", &["x"], "a", vec![])
        .node("Add", &["a", "tenth"], "b", vec![])
        .node("Sign", &["b"], "y", vec![])
        .output("y");
    let ((float, fm), (ir, module)) = both(&m);
    let x = [-2.0, 0.0, -0.0, 0.25];
    assert_eq!(run(&float, fm, &x), [-1.0, 1.0, 1.0, 1.0]);
    assert_eq!(run(&ir, module, &x), [-1.0, 1.0, 1.0, 1.0]);
    assert_eq!(hosts(&ir, module), ["quantize", "dequantize"]);
}

/// Ternary activations as half the sum of two signs: no quantiser behind the sum, and yet integers.
#[test]
fn sums_of_signs_are_ternary_activations() {
    let m = ModelBuilder::new(15)
        .input("x", &[1, 4])
        .floats("low", &[], &[-0.5])
        .floats("high", &[], &[0.5])
        .floats("w", &[2, 4], &[1.0, -1.0, 0.0, 1.0, 0.0, 0.0, 1.0, -1.0])
        .node("Add", &["x", "low"], "a", vec![])
        .node("Add", &["x", "high"], "b", vec![])
        .node("Sign", &["a"], "sa", vec![])
        .node("Sign", &["b"], "sb", vec![])
        .node("Add", &["sa", "sb"], "s", vec![])
        .node("Mul", &["s", "high"], "t", vec![])
        .node("Gemm", &["t", "w"], "c", vec![int("transB", 1)])
        .node("Sign", &["c"], "y", vec![])
        .output("y");
    let x = [1.0, -0.2, -3.0, 0.6];
    let (mut ir, module) = import(m.clone().build());
    assert_eq!(cim_passes::graph::ternary_weights::ternary_weights(&mut ir, module).unwrap(), 1);
    verify(&ir, module);
    assert_eq!(run(&ir, module, &x), [1.0, -1.0]);
    quantize_operators(&mut ir, module).unwrap();
    verify(&ir, module);
    assert_eq!(run(&ir, module, &x), [1.0, -1.0]);
    let linear = Linear::cast(&ir, only(&ir, module, "linear")).unwrap();
    assert_eq!([linear.input(&ir), linear.weights(&ir)].map(|v| ty(&ir, v)), ["tensor<1x4xsi3>", "tensor<2x4xsi2>"]);
}

/// Where over each comparison, between numbers in both orders, operands on both sides: a convolution reads the result on the machine.
#[test]
fn choices_between_two_numbers_are_steps() {
    let x = [-1.0f32, 0.5, 0.25, 0.75];
    for operator in ["Greater", "GreaterOrEqual", "Less", "LessOrEqual"] {
        for (a, b) in [(1.0f32, -1.0f32), (-1.0, 1.0), (1.0, 0.0), (0.0, 1.0), (3.0, 1.0)] {
            for swapped in [false, true] {
                let operands = if swapped { ["c", "xd"] } else { ["xd", "c"] };
                let m = ModelBuilder::new(17)
                    .input("x", &[1, 4])
                    .qdq("x", "xd", 0.25, dt::INT8, 0)
                    .floats("c", &[], &[0.5])
                    .floats("a", &[], &[a])
                    .floats("b", &[], &[b])
                    .node(operator, &operands, "which", vec![])
                    .node("Where", &["which", "a", "b"], "v", vec![])
                    .weights("w", &[4, 4], &[1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1], 1.0)
                    .node("MatMul", &["v", "w"], "y", vec![])
                    .output("y");
                let (_, (ir, module)) = both(&m);
                let wanted: Vec<f32> = x
                    .iter()
                    .map(|&x| {
                        let (l, r) = if swapped { (0.5, x) } else { (x, 0.5) };
                        let holds = match operator {
                            "Greater" => l > r,
                            "GreaterOrEqual" => l >= r,
                            "Less" => l < r,
                            _ => l <= r,
                        };
                        if holds { a } else { b }
                    })
                    .collect();
                assert_eq!(run(&ir, module, &x), wanted, "{operator} {a} {b} {swapped}");
                assert_eq!(hosts(&ir, module), ["quantize", "dequantize"], "{operator} {a} {b} {swapped}");
            }
        }
    }
}

/// Packed weights of two and four bits, activations of 16 bits, and blocks.
#[test]
fn qdq_of_all_widths() {
    let packed = |t: i32, dims: &[i64], bytes: &[u8]| cim_onnx::proto::TensorProto {
        name: "wq".into(),
        dims: dims.to_vec(),
        data_type: t,
        raw_data: bytes.to_vec().into(),
        ..Default::default()
    };
    let model = |w: cim_onnx::proto::TensorProto| {
        ModelBuilder::new(25)
            .input("x", &[1, 2])
            .qdq("x", "xd", 0.5, dt::INT16, 100)
            .init(w)
            .floats("ws", &[], &[0.5])
            .node("DequantizeLinear", &["wq", "ws"], "w", vec![])
            .node("MatMul", &["xd", "w"], "y", vec![])
            .output("y")
    };
    // x = 1000 and -3; the columns are (1, -2) and (-1, 0), (1, 3) and (-2, 0).
    let cases = [
        (packed(dt::INT2, &[2, 2], &[0b00_10_11_01]), "si2", [503.0, -500.0]),
        (packed(dt::UINT2, &[2, 2], &[0b00_10_11_01]), "ui2", [497.0, 1500.0]),
        (packed(dt::INT4, &[2, 2], &[0xe1, 0x03]), "si4", [495.5, -1000.0]),
        (packed(dt::UINT4, &[2, 2], &[0xe1, 0x03]), "ui4", [495.5, 7000.0]),
    ];
    for (w, element, wanted) in cases {
        let ((float, fm), (ir, module)) = both(&model(w));
        assert_eq!(run(&float, fm, &[1000.0, -3.0]), wanted, "{element}");
        assert_eq!(run(&ir, module, &[1000.0, -3.0]), wanted, "{element}");
        let linear = Linear::cast(&ir, only(&ir, module, "linear")).unwrap();
        let types = [linear.input(&ir), linear.weights(&ir)].map(|v| ty(&ir, v));
        assert_eq!(types, ["tensor<1x2xsi16>".to_string(), format!("tensor<2x2x{element}>")]);
    }
    let m = ModelBuilder::new(21)
        .input("x", &[1, 4])
        .ints("wq", dt::INT8, &[4, 2], &[1; 8])
        .floats("ws", &[2, 2], &[1.0; 4])
        .node("DequantizeLinear", &["wq", "ws"], "w", vec![int("axis", 0), int("block_size", 2)])
        .node("MatMul", &["x", "w"], "y", vec![])
        .output("y");
    // Blocks have no integer form: the host computes them, and says why.
    let (_, (ir, module)) = both(&m);
    assert_eq!(hosts(&ir, module), ["host", "linear"]);
    let reason = ir.attr(only(&ir, module, "host"), "host").and_then(|a| ir.ctx().as_str(a)).unwrap_or_default();
    assert!(reason.contains("blocks are not supported"), "{reason}");
}

//! Arbitrary operands, attributes and versions: every operator answers or declines, and what it gives is what its rule says.

mod common;

use cim_host::Tensor;
use cim_isa::types::{ElemType, IntType};
use common::Node;
use proptest::prelude::*;

/// Operators of the families along axes and element by element; those that make shapes from values have their own tests.
const OPERATORS: &[&str] = &[
    "Abs",
    "Neg",
    "Sign",
    "Erf",
    "Not",
    "BitwiseNot",
    "Identity",
    "IsNaN",
    "IsInf",
    "Round",
    "Exp",
    "Log",
    "Asin",
    "Acosh",
    "Atanh",
    "Reciprocal",
    "Relu",
    "LeakyRelu",
    "PRelu",
    "Elu",
    "Selu",
    "Celu",
    "Gelu",
    "HardSigmoid",
    "HardSwish",
    "Swish",
    "Mish",
    "Softplus",
    "Softsign",
    "ThresholdedRelu",
    "Shrink",
    "Clip",
    "Add",
    "Sub",
    "Mul",
    "Div",
    "Mod",
    "Pow",
    "Max",
    "Min",
    "Sum",
    "Mean",
    "And",
    "Equal",
    "Greater",
    "LessOrEqual",
    "Where",
    "BitShift",
    "BitwiseXor",
    "Cast",
    "CastLike",
    "ReduceSum",
    "ReduceMean",
    "ReduceMax",
    "ReduceMin",
    "ReduceProd",
    "ReduceL1",
    "ReduceL2",
    "ReduceLogSum",
    "ReduceLogSumExp",
    "ReduceSumSquare",
    "ArgMax",
    "ArgMin",
    "CumSum",
    "Softmax",
    "LogSoftmax",
    "Hardmax",
    "LayerNormalization",
    "RMSNormalization",
    "GroupNormalization",
    "InstanceNormalization",
    "BatchNormalization",
    "LpNormalization",
    "MeanVarianceNormalization",
    "LRN",
    "NegativeLogLikelihoodLoss",
    "SoftmaxCrossEntropyLoss",
];

fn value() -> impl Strategy<Value = f64> {
    prop_oneof![
        3 => (-3..4i8).prop_map(f64::from),
        1 => prop::sample::select(vec![f64::NAN, f64::INFINITY, -1e30, -0.0, i64::MIN as f64, u64::MAX as f64]),
    ]
}

fn tensor() -> impl Strategy<Value = Tensor> {
    let int = |bits, signed| ElemType::Int(IntType::new(bits, signed));
    let elems = vec![
        ElemType::F32,
        ElemType::F32,
        ElemType::F32,
        ElemType::F16,
        ElemType::BF16,
        ElemType::F64,
        ElemType::Bool,
        int(64, true),
        int(64, false),
        int(63, false),
        int(8, true),
        int(8, false),
        int(1, true),
        int(4, false),
    ];
    let shape = prop::collection::vec(prop_oneof![1 => Just(0usize), 9 => 1..4usize], 0..4);
    (prop::sample::select(elems), shape).prop_flat_map(|(elem, shape)| {
        let n = shape.iter().product::<usize>();
        prop::collection::vec(value(), n).prop_map(move |v| match elem {
            ElemType::F64 => Tensor::doubles(&shape[..], v),
            ElemType::Bool => Tensor::bools(&shape[..], v.iter().map(|v| *v > 0.0).collect()),
            ElemType::Int(t) => Tensor::ints(t, &shape[..], v.iter().map(|v| *v as i64).collect()),
            _ => Tensor::floats(elem, &shape[..], v.iter().map(|v| *v as f32).collect()),
        })
    })
}

/// One tensor, and others that are often like it.
fn operands() -> impl Strategy<Value = Vec<Option<Tensor>>> {
    let other = prop_oneof![1 => tensor().prop_map(Some), 1 => Just(None)];
    (tensor(), prop::collection::vec((any::<bool>(), other), 0..5)).prop_map(|(first, rest)| {
        let like = |(same, other): (bool, Option<Tensor>)| if same { Some(first.clone()) } else { other };
        std::iter::once(Some(first.clone())).chain(rest.into_iter().map(like)).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20_000, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn no_operand_crashes_an_operator(
        op in prop::sample::select(OPERATORS),
        version in 6..27u32,
        operands in operands(),
        ints in prop::collection::vec((0..14usize, prop::collection::vec(-4..17i64, 0..3)), 0..4),
        huge in prop::option::of(prop::sample::select(vec![i64::MIN, i64::MAX, 1 << 32])),
        results in 0..6usize,
    ) {
        const NAMES: [&str; 14] = [
            "axis", "axes", "to", "keepdims", "noop_with_empty_axes", "size", "num_groups", "stash_type", "p", "fmod",
            "select_last_index", "training_mode", "ignore_index", "exclusive",
        ];
        let mut node = Node::new(op, version).results(results).text("direction", "LEFT");
        for (name, mut v) in ints {
            v.extend(huge);
            node = node.ints(NAMES[name], &v);
        }
        // The library itself compares the results with the rule.
        if let Err(e) = node.try_optional(&operands) {
            prop_assert!(!e.contains("the kernel gives"), "{op}: {e}");
        }
    }
}

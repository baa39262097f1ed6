//! No operator panics, whatever it is called with, and what it gives has the types that its rule says.

use cim_host::{Attributes, Call, Operand, Operator, Tensor, TensorType, evaluate, infer, operators};
use cim_isa::types::{ElemType, IntType};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

/// Words that string attributes of some operator know, and one that none does.
const WORDS: &[&str] = &[
    "add",
    "mul",
    "max",
    "min",
    "none",
    "linear",
    "cubic",
    "nearest",
    "reflect",
    "edge",
    "wrap",
    "constant",
    "reflection",
    "border",
    "zeros",
    "SAME_UPPER",
    "SAME_LOWER",
    "VALID",
    "DCR",
    "CRD",
    "align_corners",
    "asymmetric",
    "tf_crop_and_resize",
    "half_pixel_symmetric",
    "floor",
    "not_larger",
    "not_smaller",
    "circular",
    "tanh",
    "mean",
    "sum",
    "LEFT",
    "RIGHT",
    "ij,jk->ik",
    "...ij,...jk",
    "ii->i",
    "i,j->",
    "nonsense",
];

fn elem() -> impl Strategy<Value = ElemType> {
    let int = |bits, signed| Just(ElemType::Int(IntType::new(bits, signed)));
    prop_oneof![
        6 => Just(ElemType::F32),
        2 => Just(ElemType::F64),
        1 => Just(ElemType::F16),
        1 => Just(ElemType::BF16),
        2 => Just(ElemType::Bool),
        3 => int(8, true),
        3 => int(8, false),
        1 => int(4, true),
        1 => int(16, false),
        2 => int(32, true),
        6 => int(64, true),
        1 => int(64, false),
    ]
}

fn tensor() -> impl Strategy<Value = Tensor> {
    let dims = prop_oneof![
        6 => prop::collection::vec(0usize..5, 0..5),
        2 => prop::collection::vec(1usize..4, 4..6),
        1 => Just(vec![1]),
    ];
    (elem(), dims, any::<u64>(), 0u8..5).prop_map(|(elem, shape, seed, style)| {
        let ty = TensorType::new(elem, shape);
        let mut state = seed | 1;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            state >> 33
        };
        let n = ty.count();
        match (style, elem) {
            // Any bits: NaN, infinities, huge indices.
            (0, _) => {
                let bytes: Vec<u8> = (0..n * elem.bytes() as usize).map(|_| (next() & 255) as u8).collect();
                let bytes = if elem == ElemType::Bool { bytes.iter().map(|b| b & 1).collect() } else { bytes };
                Tensor::from_bytes(&ty, &bytes).expect("enough bytes")
            }
            (_, ElemType::Int(t)) => Tensor::ints(t, ty.shape, (0..n).map(|_| next() as i64 % 7 - 2).collect()),
            (_, ElemType::Bool) => Tensor::bools(ty.shape, (0..n).map(|_| next() & 1 == 1).collect()),
            (_, ElemType::F64) => Tensor::doubles(ty.shape, (0..n).map(|_| next() as f64 / 1e9 - 1.0).collect()),
            _ => Tensor::floats(elem, ty.shape, (0..n).map(|_| next() as f32 / 1e9 - 1.0).collect()),
        }
    })
}

fn number() -> impl Strategy<Value = i64> {
    prop_oneof![
        12 => -3i64..6,
        1 => Just(i64::MAX),
        1 => Just(i64::MIN),
        1 => Just(1 << 28),
        1 => Just(1 << 31),
        1 => Just(1 << 40),
    ]
}

#[derive(Clone, Debug, Default)]
struct Given {
    ints: Vec<(String, Vec<i64>)>,
    floats: Vec<(String, Vec<f32>)>,
    strings: Vec<(String, String)>,
}

fn attributes(names: &'static [&'static str]) -> impl Strategy<Value = Given> {
    let one = prop_oneof![
        3 => Just(0u8),
        3 => Just(1u8),
        1 => Just(2u8),
        1 => Just(3u8),
        2 => Just(4u8),
    ];
    let value = (one, prop::collection::vec(number(), 1..5), any::<f32>(), 0..WORDS.len());
    prop::collection::vec(value, names.len()).prop_map(move |values| {
        let mut out = Given::default();
        for (name, (kind, ints, float, word)) in names.iter().zip(values) {
            let name = (*name).to_string();
            match kind {
                0 => {}
                1 => out.ints.push((name, ints[..1].to_vec())),
                2 => out.ints.push((name, ints)),
                3 => out.floats.push((name, vec![float])),
                _ => out.strings.push((name, WORDS[word].to_string())),
            }
        }
        out
    })
}

fn calls(operator: &'static Operator) -> impl Strategy<Value = (Vec<Option<Tensor>>, Given, u32, usize)> {
    let operand = prop_oneof![9 => tensor().prop_map(Some), 1 => Just(None)];
    // Operands of one type are the usual case.
    let alike = (prop::collection::vec(operand, 0..6), any::<bool>()).prop_map(|(mut all, alike)| {
        if let (true, Some(first)) = (alike, all.first().cloned().flatten()) {
            all.iter_mut().flatten().take(3).for_each(|t| *t = first.clone());
        }
        all
    });
    (alike, attributes(operator.attributes), 7u32..26, 1usize..4)
}

/// Results of more elements are not computed: the test is about panics, not about patience.
const SMALL: usize = 1 << 14;

#[test]
fn nothing_panics() {
    let config = Config { cases: 2000, failure_persistence: None, ..Config::default() };
    for operator in operators() {
        let mut runner = TestRunner::new_with_rng(
            config.clone(),
            proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
        );
        let result = runner.run(&calls(operator), |(operands, given, version, results)| {
            let types: Vec<_> = operands.iter().map(|t| t.as_ref().map(Tensor::ty)).collect();
            let list = |known: bool| -> Vec<Option<Operand<'_>>> {
                types
                    .iter()
                    .zip(&operands)
                    .map(|(ty, v)| ty.as_ref().map(|ty| Operand { ty, value: v.as_ref().filter(|_| known) }))
                    .collect()
            };
            let attributes = Attributes { ints: &given.ints, floats: &given.floats, strings: &given.strings };
            for known in [false, true] {
                let operands = list(known);
                let call = Call { operator: operator.name, version, operands: &operands, attributes, results };
                if let Ok(types) = infer(&call)
                    && types.iter().all(|t| t.count() <= SMALL)
                    && let Ok(values) = evaluate(&call)
                {
                    let found: Vec<_> = values.iter().map(Tensor::ty).collect();
                    prop_assert_eq!(found, types);
                }
            }
            Ok(())
        });
        if let Err(e) = result {
            panic!("{}: {e}", operator.name);
        }
    }
}

//! Element-wise families on values checked by hand, special values, and what changed between operator sets.

mod common;

use cim_host::{Data, Tensor};
use cim_isa::types::ElemType;
use common::{Node, bools, f32s, ints, same, u64s};

const INF: f32 = f32::INFINITY;
const NAN: f32 = f32::NAN;

#[test]
fn functions_of_one_operand() {
    let x = || f32s(&[4], &[-2.5, -0.0, 0.5, 1.5]);
    for (op, want) in [
        ("Abs", [2.5, 0.0, 0.5, 1.5]),
        ("Neg", [2.5, 0.0, -0.5, -1.5]),
        ("Ceil", [-2.0, 0.0, 1.0, 2.0]),
        ("Floor", [-3.0, 0.0, 0.0, 1.0]),
        ("Round", [-2.0, 0.0, 0.0, 2.0]),
        ("Sign", [-1.0, 0.0, 1.0, 1.0]),
        ("Relu", [0.0, 0.0, 0.5, 1.5]),
        ("Exp", [0.082_085, 1.0, 1.648_721_3, 4.481_689]),
        ("Erf", [-0.999_593_1, 0.0, 0.520_499_9, 0.966_105_1]),
        ("Tanh", [-0.986_614_3, 0.0, 0.462_117_2, 0.905_148_3]),
        ("Sigmoid", [0.075_858_18, 0.5, 0.622_459_3, 0.817_574_5]),
        ("Softplus", [0.078_889_73, std::f32::consts::LN_2, 0.974_077, 1.701_413_3]),
        ("Softsign", [-0.714_285_7, 0.0, 0.333_333_34, 0.6]),
        ("Gelu", [-0.015_524_16, 0.0, 0.345_731_23, 1.399_789_2]),
        ("HardSwish", [-0.208_333_34, 0.0, 0.291_666_66, 1.125]),
        ("Mish", [-0.196816, 0.0, 0.375245, 1.403378]),
        ("Elu", [-0.917_915, 0.0, 0.5, 1.5]),
        ("LeakyRelu", [-0.025, 0.0, 0.5, 1.5]),
        ("ThresholdedRelu", [0.0, 0.0, 0.0, 1.5]),
    ] {
        same(&Node::new(op, 22).one(&[x()]), &f32s(&[4], &want), 1e-5);
    }
    let tanh = Node::new("Gelu", 20).text("approximate", "tanh").one(&[x()]);
    same(&tanh, &f32s(&[4], &[-0.0150843, 0.0, 0.345714, 1.399572]), 1e-4);
}

#[test]
fn special_values() {
    let x = || f32s(&[3], &[-INF, INF, NAN]);
    let exact = |op: &str, want: &[f32]| same(&Node::new(op, 22).one(&[x()]), &f32s(&[3], want), 0.0);
    exact("Sigmoid", &[0.0, 1.0, NAN]);
    exact("Softplus", &[0.0, INF, NAN]);
    exact("Relu", &[0.0, INF, NAN]);
    exact("Tanh", &[-1.0, 1.0, NAN]);
    exact("Elu", &[-1.0, INF, NAN]);
    exact("Sign", &[-1.0, 1.0, NAN]);
    same(&Node::new("IsNaN", 20).one(&[x()]), &bools(&[3], &[false, false, true]), 0.0);
    same(&Node::new("IsInf", 20).int("detect_positive", 0).one(&[x()]), &bools(&[3], &[true, false, false]), 0.0);
    // Largest and smallest keep a NaN on either side.
    for op in ["Max", "Min"] {
        let y = Node::new(op, 13).one(&[f32s(&[2], &[NAN, 1.0]), f32s(&[2], &[1.0, NAN])]);
        same(&y, &f32s(&[2], &[NAN, NAN]), 0.0);
    }
    same(&Node::new("Less", 13).one(&[f32s(&[2], &[NAN, 1.0]), f32s(&[1], &[2.0])]), &bools(&[2], &[false, true]), 0.0);
    same(&Node::new("Equal", 13).one(&[f32s(&[1], &[NAN]), f32s(&[1], &[NAN])]), &bools(&[1], &[false]), 0.0);
}

#[test]
fn integers_wrap_and_divide_towards_zero() {
    let pair = |op: &str, a: Tensor, b: Tensor| Node::new(op, 18).one(&[a, b]);
    let i8 = |v: &[i64]| ints(8, true, &[v.len()], v);
    same(&pair("Add", i8(&[127, -128]), i8(&[1, -1])), &i8(&[-128, 127]), 0.0);
    same(&pair("Div", i8(&[7, -7, -128]), i8(&[2, 2, -1])), &i8(&[3, -3, -128]), 0.0);
    same(&pair("Mod", i8(&[-7, 7, -6]), i8(&[3, -3, 3])), &i8(&[2, -2, 0]), 0.0);
    let fmod = Node::new("Mod", 18).int("fmod", 1).one(&[i8(&[-7, 7]), i8(&[3, -3])]);
    same(&fmod, &i8(&[-1, 1]), 0.0);
    same(&pair("Pow", i8(&[-2, 2, 1, -1]), i8(&[3, -1, -5, -5])), &i8(&[-8, 0, 1, -1]), 0.0);
    same(&pair("Div", u64s(&[u64::MAX]), u64s(&[2])), &u64s(&[u64::MAX / 2]), 0.0);
    same(&pair("Max", u64s(&[u64::MAX]), u64s(&[2])), &u64s(&[u64::MAX]), 0.0);
    same(&pair("Greater", u64s(&[u64::MAX]), u64s(&[2])), &bools(&[1], &[true]), 0.0);
    let shift = |direction| Node::new("BitShift", 11).text("direction", direction);
    let u8 = |v: &[i64]| ints(8, false, &[v.len()], v);
    same(&shift("LEFT").one(&[u8(&[129, 1]), u8(&[1, 200])]), &u8(&[2, 0]), 0.0);
    same(&shift("RIGHT").one(&[u8(&[129, 1]), u8(&[1, 8])]), &u8(&[64, 0]), 0.0);
    same(&Node::new("BitwiseNot", 18).one(&[u8(&[1])]), &u8(&[254]), 0.0);
    assert!(Node::new("Div", 18).run(&[i8(&[1]), i8(&[0])]).unwrap_err().contains("zero"));
    assert!(Node::new("Pow", 18).run(&[i8(&[0]), i8(&[-1])]).unwrap_err().contains("negative power"));
}

#[test]
fn operands_broadcast() {
    let y = Node::new("Add", 13).one(&[f32s(&[2, 1], &[1.0, 2.0]), f32s(&[3], &[10.0, 20.0, 30.0])]);
    same(&y, &f32s(&[2, 3], &[11.0, 21.0, 31.0, 12.0, 22.0, 32.0]), 0.0);
    let y =
        Node::new("Where", 16).one(&[bools(&[2, 1], &[true, false]), f32s(&[], &[1.0]), f32s(&[1, 2], &[5.0, 6.0])]);
    same(&y, &f32s(&[2, 2], &[1.0, 1.0, 5.0, 6.0]), 0.0);
    let y = Node::new("Mean", 13).one(&[f32s(&[2], &[1.0, 2.0]), f32s(&[], &[4.0]), f32s(&[1], &[4.0])]);
    same(&y, &f32s(&[2], &[3.0, 10.0 / 3.0]), 1e-6);
    let y = Node::new("PRelu", 16).one(&[f32s(&[2, 2], &[-1.0, -2.0, 3.0, -4.0]), f32s(&[2], &[0.5, 0.25])]);
    same(&y, &f32s(&[2, 2], &[-0.5, -0.5, 3.0, -1.0]), 0.0);
    assert!(Node::new("PRelu", 16).run(&[f32s(&[1], &[1.0]), f32s(&[2], &[1.0, 1.0])]).is_err());
    assert!(Node::new("Add", 13).run(&[f32s(&[2], &[1.0; 2]), f32s(&[3], &[1.0; 3])]).is_err());
    assert!(Node::new("Add", 13).run(&[f32s(&[1], &[1.0]), ints(64, true, &[1], &[1])]).is_err());
}

#[test]
fn bounds_are_attributes_then_operands() {
    let x = || f32s(&[4], &[-5.0, 0.5, 5.0, NAN]);
    let want = f32s(&[4], &[-1.0, 0.5, 2.0, NAN]);
    same(&Node::new("Clip", 6).float("min", -1.0).float("max", 2.0).one(&[x()]), &want, 0.0);
    same(&Node::new("Clip", 11).one(&[x(), f32s(&[], &[-1.0]), f32s(&[], &[2.0])]), &want, 0.0);
    // Bounds in the wrong order: the upper one wins.
    same(
        &Node::new("Clip", 13).one(&[f32s(&[1], &[0.0]), f32s(&[], &[3.0]), f32s(&[], &[2.0])]),
        &f32s(&[1], &[2.0]),
        0.0,
    );
    let high = u64s(&[1 << 63]).reshaped([]);
    same(&Node::new("Clip", 13).optional(&[Some(u64s(&[u64::MAX, 3])), None, Some(high)]), &u64s(&[1 << 63, 3]), 0.0);
    assert!(Node::new("Clip", 11).float("min", 0.0).run(&[x()]).is_err());
    assert!(Node::new("Clip", 13).run(&[x(), f32s(&[2], &[0.0, 1.0])]).is_err());
}

#[test]
fn narrow_floats_are_rounded_once() {
    let one = Tensor::floats(ElemType::F16, [1], vec![1.0]);
    let small = Tensor::floats(ElemType::F16, [1], vec![2f32.powi(-11)]);
    // Twice half a unit in the last place: a sum rounded after each step would stay 1.
    let y = Node::new("Sum", 13).one(&[one.clone(), small.clone(), small.clone()]);
    assert_eq!(y.data, Data::Float(vec![1.0 + 2f32.powi(-10)]));
    assert_eq!(Node::new("Add", 13).one(&[one, small]).data, Data::Float(vec![1.0]));
}

#[test]
fn conversions_and_powers() {
    let x = f32s(&[3], &[-1.5, 2.5, 300.0]);
    same(&Node::new("Cast", 13).int("to", 2).one(std::slice::from_ref(&x)), &ints(8, false, &[3], &[255, 2, 44]), 0.0);
    same(&Node::new("CastLike", 19).one(&[x.clone(), bools(&[], &[true])]), &bools(&[3], &[true; 3]), 0.0);
    for (code, name) in [(8, "string"), (17, "float8e4m3fn"), (22, "int4")] {
        assert!(Node::new("Cast", 21).int("to", code).run(std::slice::from_ref(&x)).unwrap_err().contains(name));
    }
    let y = Node::new("Pow", 15).one(&[f32s(&[2], &[3.0, -2.0]), ints(64, true, &[], &[2])]);
    same(&y, &f32s(&[2], &[9.0, 4.0]), 0.0);
    let y = Node::new("Pow", 15).one(&[f32s(&[2], &[4.0, 9.0]), f32s(&[2], &[0.5, -0.5])]);
    same(&y, &f32s(&[2], &[2.0, 1.0 / 3.0]), 1e-6);
    let y = Node::new("Pow", 15).one(&[ints(32, true, &[2], &[4, 9]), f32s(&[], &[0.5])]);
    same(&y, &ints(32, true, &[2], &[2, 3]), 0.0);
    assert!(Node::new("Pow", 7).run(&[f32s(&[1], &[4.0]), ints(64, true, &[], &[2])]).is_err());
}

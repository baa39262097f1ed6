//! Mathematical functions of one operand, element by element.

use super::kinds::{Kind, one, since};
use super::math::Real;
use crate::Host;
use crate::call::{Call, Operator};
use crate::tensor::{Data, Tensor, TensorType};
use cim_isa::types::{ElemType, IntType};

/// An operator on floating point: a function of one real number, expanded for both widths.
macro_rules! real {
    ($name:literal, $f:expr) => {
        Operator { name: $name, attributes: &[], infer: |c| one(c, Kind::Float), evaluate: |c, _| float(c, $f, $f) }
    };
}

/// The family.
pub(super) const OPERATORS: &[Operator] = &[
    Operator { name: "Abs", attributes: &[], infer: |c| one(c, Kind::Number), evaluate: abs },
    Operator { name: "Neg", attributes: &[], infer: |c| one(c, Kind::Signed), evaluate: neg },
    Operator { name: "Sign", attributes: &[], infer: |c| one(c, Kind::Number), evaluate: sign },
    Operator { name: "Erf", attributes: &[], infer: |c| one(c, Kind::Number), evaluate: erf },
    Operator { name: "Not", attributes: &[], infer: |c| one(c, Kind::Bool), evaluate: not },
    Operator { name: "BitwiseNot", attributes: &[], infer: |c| one(c, Kind::Int), evaluate: bitwise_not },
    Operator {
        name: "Identity",
        attributes: &[],
        infer: |c| one(c, Kind::Any),
        evaluate: |c, _| Ok(vec![c.value(0)?.clone()]),
    },
    Operator { name: "IsNaN", attributes: &[], infer: test_types, evaluate: |c, _| test(c, f32::is_nan, f64::is_nan) },
    Operator {
        name: "IsInf",
        attributes: &["detect_negative", "detect_positive"],
        infer: test_types,
        evaluate: is_inf,
    },
    real!("Ceil", Real::ceil),
    real!("Floor", Real::floor),
    real!("Round", Real::round),
    real!("Sqrt", Real::sqrt),
    real!("Exp", Real::exp),
    real!("Log", Real::ln),
    real!("Sin", Real::sin),
    real!("Cos", Real::cos),
    real!("Tan", Real::tan),
    real!("Asin", Real::asin),
    real!("Acos", Real::acos),
    real!("Atan", Real::atan),
    real!("Sinh", Real::sinh),
    real!("Cosh", Real::cosh),
    real!("Tanh", Real::tanh),
    real!("Asinh", Real::asinh),
    real!("Acosh", Real::acosh),
    real!("Atanh", Real::atanh),
    real!("Reciprocal", |x| 1.0 / x),
];

/// The result has the type of operand 0.
pub(super) fn same(c: &Call<'_>) -> Host<Vec<TensorType>> {
    Ok(vec![c.ty(0)?.clone()])
}

/// A function of real numbers, computed in the width of the operand; narrow floats are computed in f32 and rounded.
pub(super) fn float(c: &Call<'_>, narrow: impl Fn(f32) -> f32, wide: impl Fn(f64) -> f64) -> Host<Vec<Tensor>> {
    number(c, narrow, wide, |_, _| None)
}

/// As [`float`], with a function of integers and their type; None where the operator does not take the type.
pub(super) fn number(
    c: &Call<'_>,
    narrow: impl Fn(f32) -> f32,
    wide: impl Fn(f64) -> f64,
    int: impl Fn(i64, IntType) -> Option<i64>,
) -> Host<Vec<Tensor>> {
    let x = c.value(0)?;
    let shape = &x.shape[..];
    let refused = || format!("operand 0 is of {}", x.elem);
    Ok(vec![match (&x.data, x.elem) {
        (Data::Float(v), _) => Tensor::floats(x.elem, shape, v.iter().map(|v| narrow(*v)).collect()),
        (Data::Double(v), _) => Tensor::doubles(shape, v.iter().map(|v| wide(*v)).collect()),
        (Data::Int(v), ElemType::Int(t)) => {
            let v = v.iter().map(|v| int(*v, t)).collect::<Option<Vec<_>>>();
            Tensor::ints(t, shape, v.ok_or_else(refused)?)
        }
        _ => return Err(refused()),
    }])
}

fn abs(c: &Call<'_>, _: &[TensorType]) -> Host<Vec<Tensor>> {
    number(c, Real::abs, Real::abs, |v, t| Some(if t.signed { v.wrapping_abs() } else { v }))
}

fn neg(c: &Call<'_>, _: &[TensorType]) -> Host<Vec<Tensor>> {
    number(c, |v| -v, |v| -v, |v, _| Some(v.wrapping_neg()))
}

/// -1, 0, 1 or NaN.
fn sign(c: &Call<'_>, _: &[TensorType]) -> Host<Vec<Tensor>> {
    fn real<R: Real>(x: R) -> R {
        let zero = R::of(0.0);
        if x > zero {
            R::of(1.0)
        } else if x < zero {
            R::of(-1.0)
        } else if x == zero {
            zero
        } else {
            x
        }
    }
    number(c, real, real, |v, t| Some(if t.signed { v.signum() } else { i64::from(v != 0) }))
}

/// Of integers: the function's value without its fraction.
fn erf(c: &Call<'_>, _: &[TensorType]) -> Host<Vec<Tensor>> {
    number(c, Real::erf, Real::erf, |v, t| {
        Some(<f32 as Real>::erf(if t.signed { v as f32 } else { v as u64 as f32 }) as i64)
    })
}

fn not(c: &Call<'_>, _: &[TensorType]) -> Host<Vec<Tensor>> {
    let x = c.value(0)?;
    let Data::Bool(v) = &x.data else { return Err(format!("operand 0 is of {}", x.elem)) };
    Ok(vec![Tensor::bools(&x.shape[..], v.iter().map(|v| !v).collect())])
}

fn bitwise_not(c: &Call<'_>, _: &[TensorType]) -> Host<Vec<Tensor>> {
    number(c, |v| v, |v| v, |v, _| Some(!v))
}

fn test_types(c: &Call<'_>) -> Host<Vec<TensorType>> {
    let mut types = one(c, Kind::Float)?;
    types.iter_mut().for_each(|t| t.elem = ElemType::Bool);
    Ok(types)
}

fn test(c: &Call<'_>, narrow: impl Fn(f32) -> bool, wide: impl Fn(f64) -> bool) -> Host<Vec<Tensor>> {
    let x = c.value(0)?;
    let v = match &x.data {
        Data::Float(v) => v.iter().map(|v| narrow(*v)).collect(),
        Data::Double(v) => v.iter().map(|v| wide(*v)).collect(),
        _ => return Err(format!("operand 0 is of {}", x.elem)),
    };
    Ok(vec![Tensor::bools(&x.shape[..], v)])
}

fn is_inf(c: &Call<'_>, _: &[TensorType]) -> Host<Vec<Tensor>> {
    since(c, 10, "IsInf")?;
    let below = c.attributes.int("detect_negative", 1)? != 0;
    let above = c.attributes.int("detect_positive", 1)? != 0;
    fn is<R: Real>(x: R, below: bool, above: bool) -> bool {
        R::is_infinite(x) && if x < R::of(0.0) { below } else { above }
    }
    test(c, |x| is(x, below, above), |x| is(x, below, above))
}

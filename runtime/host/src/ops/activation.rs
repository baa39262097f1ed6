//! Activation functions.

use super::kinds::{Kind, alike, at_most, is_u64, one, operand};
use super::math::{Real, larger, of, sigmoid, smaller, softplus};
use super::unary::{float, number};
use super::zip::zip;
use crate::Host;
use crate::broadcast::broadcast;
use crate::call::{Call, Operator};
use crate::tensor::{Data, Tensor, TensorType};
use cim_isa::types::ElemType;

/// An activation on floating point: a generic function of the element and two parameters, which are attributes with defaults.
macro_rules! real {
    ($name:literal, $f:ident) => {
        Operator { name: $name, attributes: &[], infer: |c| one(c, Kind::Float), evaluate: |c, _| float(c, $f, $f) }
    };
    ($name:literal, $f:ident, $a:literal = $da:expr) => {
        Operator {
            name: $name,
            attributes: &[$a],
            infer: |c| one(c, Kind::Float),
            evaluate: |c, _| {
                let a = c.attributes.float($a, $da)?;
                float(c, |x| $f(x, of(a)), |x| $f(x, of(a)))
            },
        }
    };
    ($name:literal, $f:ident, $a:literal = $da:expr, $b:literal = $db:expr) => {
        Operator {
            name: $name,
            attributes: &[$a, $b],
            infer: |c| one(c, Kind::Float),
            evaluate: |c, _| {
                let (a, b) = (c.attributes.float($a, $da)?, c.attributes.float($b, $db)?);
                float(c, |x| $f(x, of(a), of(b)), |x| $f(x, of(a), of(b)))
            },
        }
    };
}

/// The family.
pub(super) const OPERATORS: &[Operator] = &[
    Operator { name: "Relu", attributes: &[], infer: |c| one(c, Kind::Signed), evaluate: relu },
    real!("LeakyRelu", leaky, "alpha" = 0.01),
    Operator { name: "PRelu", attributes: &[], infer: prelu_type, evaluate: prelu },
    real!("Elu", elu, "alpha" = 1.0),
    real!("Selu", selu, "alpha" = 1.673_263_2, "gamma" = 1.050_701),
    real!("Celu", celu, "alpha" = 1.0),
    Operator { name: "Gelu", attributes: &["approximate"], infer: |c| one(c, Kind::Float), evaluate: gelu },
    real!("Sigmoid", sigmoid),
    real!("HardSigmoid", hard_sigmoid, "alpha" = 0.2, "beta" = 0.5),
    real!("HardSwish", hard_swish),
    real!("Swish", swish, "alpha" = 1.0),
    real!("Mish", mish),
    real!("Softplus", softplus),
    real!("Softsign", softsign),
    real!("ThresholdedRelu", thresholded, "alpha" = 1.0),
    Operator { name: "Shrink", attributes: &["bias", "lambd"], infer: |c| one(c, Kind::Number), evaluate: shrink },
    Operator { name: "Clip", attributes: &["min", "max"], infer: clip_type, evaluate: clip },
];

/// A NaN stays NaN.
fn relu(c: &Call<'_>, _: &[TensorType]) -> Host<Vec<Tensor>> {
    number(c, |v| if v < 0.0 { 0.0 } else { v }, |v| if v < 0.0 { 0.0 } else { v }, |v, _| Some(v.max(0)))
}

fn leaky<R: Real>(x: R, alpha: R) -> R {
    if x < R::of(0.0) { alpha * x } else { x }
}

fn elu<R: Real>(x: R, alpha: R) -> R {
    if x > R::of(0.0) { x } else { alpha * R::expm1(x) }
}

fn selu<R: Real>(x: R, alpha: R, gamma: R) -> R {
    gamma * elu(x, alpha)
}

fn celu<R: Real>(x: R, alpha: R) -> R {
    let zero = R::of(0.0);
    larger(x, zero) + smaller(alpha * R::expm1(x / alpha), zero)
}

fn hard_sigmoid<R: Real>(x: R, alpha: R, beta: R) -> R {
    smaller(larger(alpha * x + beta, R::of(0.0)), R::of(1.0))
}

fn hard_swish<R: Real>(x: R) -> R {
    x * hard_sigmoid(x, R::of(1.0 / 6.0), R::of(0.5))
}

fn swish<R: Real>(x: R, alpha: R) -> R {
    x * sigmoid(alpha * x)
}

fn mish<R: Real>(x: R) -> R {
    x * R::tanh(softplus(x))
}

fn softsign<R: Real>(x: R) -> R {
    x / (R::of(1.0) + R::abs(x))
}

fn thresholded<R: Real>(x: R, alpha: R) -> R {
    if x > alpha { x } else { R::of(0.0) }
}

/// `x` times the standard normal distribution function: `erfc` keeps the digits of its lower tail.
fn gelu_exact<R: Real>(x: R) -> R {
    R::of(0.5) * x * R::erfc(x * R::of(-std::f64::consts::FRAC_1_SQRT_2))
}

/// `0.5 x (1 + tanh(u))` as `x sigmoid(2u)`, for the same reason.
fn gelu_tanh<R: Real>(x: R) -> R {
    let scale = R::of(2.0 * (2.0 / std::f64::consts::PI).sqrt());
    x * sigmoid(scale * (x + R::of(0.044715) * x * x * x))
}

fn gelu(c: &Call<'_>, _: &[TensorType]) -> Host<Vec<Tensor>> {
    match c.attributes.string("approximate", "none") {
        "none" => float(c, gelu_exact, gelu_exact),
        "tanh" => float(c, gelu_tanh, gelu_tanh),
        other => Err(format!("attribute 'approximate' is '{other}'; it must be 'none' or 'tanh'")),
    }
}

fn shrink(c: &Call<'_>, _: &[TensorType]) -> Host<Vec<Tensor>> {
    let bias = c.attributes.float("bias", 0.0)?;
    let limit = c.attributes.float("lambd", 0.5)?;
    fn real<R: Real>(x: R, bias: R, limit: R) -> R {
        if x < -limit {
            x + bias
        } else if x > limit {
            x - bias
        } else {
            R::of(0.0)
        }
    }
    let (narrow, wide) = (|x| real(x, of(bias), of(limit)), |x| real(x, of(bias), of(limit)));
    number(c, narrow, wide, |v, t| {
        let v = if t.signed { v as f64 } else { v as u64 as f64 };
        let y = real(v, of(bias), of(limit));
        Some(if t.signed || y < 0.0 { y as i64 } else { y as u64 as i64 })
    })
}

fn prelu_type(c: &Call<'_>) -> Host<Vec<TensorType>> {
    at_most(c, 2)?;
    let x = operand(c, 0, Kind::Number)?;
    alike(c, 1)?;
    let slope = c.shape(1)?;
    if broadcast(&[&x.shape, slope])? != x.shape {
        return Err(format!("the slope's shape {slope:?} does not broadcast to {:?}", x.shape));
    }
    Ok(vec![x.clone()])
}

fn prelu(c: &Call<'_>, _: &[TensorType]) -> Host<Vec<Tensor>> {
    let (x, slope) = (c.value(0)?, c.value(1)?);
    let (xs, ss) = (&x.shape[..], &slope.shape[..]);
    Ok(vec![match (&x.data, &slope.data, x.elem) {
        (Data::Float(v), Data::Float(s), _) => Tensor::floats(x.elem, xs, zip(xs, (v, xs), (s, ss), leaky)),
        (Data::Double(v), Data::Double(s), _) => Tensor::doubles(xs, zip(xs, (v, xs), (s, ss), leaky)),
        (Data::Int(v), Data::Int(s), ElemType::Int(t)) => {
            let f = |v: i64, s: i64| if t.signed && v < 0 { v.wrapping_mul(s) } else { v };
            Tensor::ints(t, xs, zip(xs, (v, xs), (s, ss), f))
        }
        _ => return Err(format!("operand 0 is of {}", x.elem)),
    }])
}

/// Bounds are attributes until version 10, operands since 11.
fn clip_type(c: &Call<'_>) -> Host<Vec<TensorType>> {
    at_most(c, if c.version < 11 { 1 } else { 3 })?;
    let x = operand(c, 0, Kind::Number)?;
    if c.version >= 11 && (c.attributes.floats("min").is_some() || c.attributes.floats("max").is_some()) {
        return Err("the bounds are operands since operator set 11, not attributes".into());
    }
    for i in (1..3).filter(|i| c.maybe(*i).is_some()) {
        alike(c, i)?;
        if c.ty(i)?.count() != 1 {
            return Err(format!("operand {i} must be a scalar, but has the shape {:?}", c.shape(i)?));
        }
    }
    Ok(vec![x.clone()])
}

fn clip(c: &Call<'_>, _: &[TensorType]) -> Host<Vec<Tensor>> {
    let x = c.value(0)?;
    let (low, high) = (c.maybe_value(1)?, c.maybe_value(2)?);
    let attribute = |name| c.attributes.maybe_float(name).map(|v| v.map(f64::from));
    let (low_f, high_f) = match c.version < 11 {
        true => (attribute("min")?, attribute("max")?),
        false => (low.and_then(|t| t.to_f64().first().copied()), high.and_then(|t| t.to_f64().first().copied())),
    };
    fn real<R: Real>(x: R, low: Option<f64>, high: Option<f64>) -> R {
        let x = low.map_or(x, |low| larger(x, R::of(low)));
        high.map_or(x, |high| smaller(x, R::of(high)))
    }
    if c.version < 11 && matches!(x.data, Data::Int(_)) && (low_f.is_some() || high_f.is_some()) {
        return Err(format!("operand 0 is of {}; bounds of integers exist since operator set 12", x.elem));
    }
    let (low, high) = (low.map(Tensor::to_i64), high.map(Tensor::to_i64));
    let low = low.and_then(|v| v.first().copied());
    let high = high.and_then(|v| v.first().copied());
    let unsigned = is_u64(x.elem);
    number(
        c,
        |x| real(x, low_f, high_f),
        |x| real(x, low_f, high_f),
        |v, _| {
            // In the order of the type: the sign bit flipped where the integers are the bits of a `u64`.
            let flip = if unsigned { i64::MIN } else { 0 };
            let v = low.map_or(v ^ flip, |low| (v ^ flip).max(low ^ flip));
            Some(high.map_or(v, |high| v.min(high ^ flip)) ^ flip)
        },
    )
}

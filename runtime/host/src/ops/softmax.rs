//! Softmax and its relatives.

use super::arg::best;
use super::kinds::{Kind, one};
use super::math::{Real, larger};
use super::rows::Along;
use crate::Host;
use crate::call::{Call, Operator, axis};
use crate::tensor::{Data, Tensor, TensorType};

/// The family.
pub(super) const OPERATORS: &[Operator] = &[
    Operator { name: "Softmax", attributes: &["axis"], infer: types, evaluate: |c, _| lines(c, softmax, softmax) },
    Operator {
        name: "LogSoftmax",
        attributes: &["axis"],
        infer: types,
        evaluate: |c, _| lines(c, log_softmax, log_softmax),
    },
    Operator { name: "Hardmax", attributes: &["axis"], infer: types, evaluate: |c, _| lines(c, hardmax, hardmax) },
];

fn types(c: &Call<'_>) -> Host<Vec<TensorType>> {
    along(c)?;
    one(c, Kind::Float)
}

/// Since version 13 along one axis, the last by default; before, along all axes from one on, the second by default.
fn along(c: &Call<'_>) -> Host<Along> {
    let shape = c.shape(0)?;
    // A scalar is a line of one element.
    if shape.is_empty() && c.attributes.maybe_int("axis")?.is_none() {
        return Ok(Along { size: 1, inner: 1 });
    }
    let coerced = c.version < 13;
    let a = axis(c.attributes.int("axis", if coerced { 1 } else { -1 })?, shape.len())?;
    Ok(Along::new(shape, a, if coerced { shape.len() } else { a + 1 }))
}

fn lines(c: &Call<'_>, narrow: impl Fn(&mut [f32]), wide: impl Fn(&mut [f64])) -> Host<Vec<Tensor>> {
    let x = c.value(0)?;
    let along = along(c)?;
    Ok(vec![match &x.data {
        Data::Float(v) => {
            let mut v = v.clone();
            along.each(&mut v, narrow);
            Tensor::floats(x.elem, &x.shape[..], v)
        }
        Data::Double(v) => {
            let mut v = v.clone();
            along.each(&mut v, wide);
            Tensor::doubles(&x.shape[..], v)
        }
        _ => return Err(format!("operand 0 is of {}", x.elem)),
    }])
}

fn peak<R: Real>(line: &[R]) -> R {
    line.iter().fold(R::of(f64::NEG_INFINITY), |m, v| larger(m, *v))
}

/// In place; a line of nothing but `-inf` becomes NaN, as the definition says.
pub(super) fn softmax<R: Real>(line: &mut [R]) {
    let peak = peak(line);
    let mut sum = 0.0;
    for v in line.iter_mut() {
        *v = R::exp(*v - peak);
        sum += R::wide(*v);
    }
    line.iter_mut().for_each(|v| *v = R::of(R::wide(*v) / sum));
}

/// In place.
pub(super) fn log_softmax<R: Real>(line: &mut [R]) {
    let peak = peak(line);
    let sum = line.iter().fold(0.0, |s, v| s + R::wide(R::exp(*v - peak)));
    let log = <f64 as Real>::ln(sum);
    line.iter_mut().for_each(|v| *v = R::of(R::wide(*v - peak) - log));
}

fn hardmax<R: Real>(line: &mut [R]) {
    let at = best(line, true, false);
    line.iter_mut().enumerate().for_each(|(i, v)| *v = R::of(if i == at { 1.0 } else { 0.0 }));
}

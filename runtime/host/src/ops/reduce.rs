//! Reductions over axes.

use super::binary::only;
use super::elements::axes;
use super::kinds::{Kind, at_most, is_u64, operand};
use super::math::{Real, larger, smaller};
use super::rows::{Grouping, grouped};
use crate::Host;
use crate::call::{Call, Operator};
use crate::tensor::{Data, Tensor, TensorType};
use cim_isa::types::ElemType;

/// A reduction; axes are operand 1 since this version, an attribute before.
macro_rules! reduction {
    ($name:literal, $axes_since:literal, $kind:expr, $f:expr) => {
        Operator {
            name: $name,
            attributes: &["axes", "keepdims", "noop_with_empty_axes"],
            infer: |c| reduced_type(c, $axes_since, $kind),
            evaluate: |c, t| {
                let x = c.value(0)?;
                let over = reduced_axes(c, $axes_since)?;
                let t = only(t)?;
                let data = $f(x, &grouped(&x.shape, &over), t.count())?;
                finish(data, t)
            },
        }
    };
}

/// The family.
pub(super) const OPERATORS: &[Operator] = &[
    reduction!("ReduceSum", 13, Kind::Number, |x, g, n| sums(x, g, n, |s, v| s + v, |s, v| s.wrapping_add(v), None)),
    reduction!("ReduceSumSquare", 18, Kind::Number, |x, g, n| sums(x, g, n, square, int_square, None)),
    reduction!("ReduceL1", 18, Kind::Number, |x, g, n| sums(x, g, n, |s, v| s + v.abs(), int_abs(x), None)),
    reduction!("ReduceL2", 18, Kind::Number, |x, g, n| sums(x, g, n, square, int_square, Some(f64::sqrt))),
    reduction!("ReduceLogSum", 18, Kind::Number, |x, g, n| {
        sums(x, g, n, |s, v| s + v, |s, v| s.wrapping_add(v), Some(<f64 as Real>::ln))
    }),
    reduction!("ReduceProd", 18, Kind::Number, products),
    reduction!("ReduceMean", 18, Kind::Number, means),
    reduction!("ReduceLogSumExp", 18, Kind::Number, log_sum_exp),
    reduction!("ReduceMax", 18, Kind::Any, |x, g, n| extremes(x, g, n, true)),
    reduction!("ReduceMin", 18, Kind::Any, |x, g, n| extremes(x, g, n, false)),
];

/// What a reduction gives before it is rounded to the element type.
enum Sums {
    Real(Vec<f64>),
    Int(Vec<i64>),
    Bool(Vec<bool>),
}

fn finish(sums: Sums, t: &TensorType) -> Host<Vec<Tensor>> {
    let shape = &t.shape[..];
    Ok(vec![match (sums, t.elem) {
        (Sums::Real(v), _) => super::cast::to_type(&Tensor::doubles(shape, v), t.elem),
        (Sums::Int(v), ElemType::Int(int)) => Tensor::ints(int, shape, v),
        (Sums::Bool(v), ElemType::Bool) => Tensor::bools(shape, v),
        _ => return Err(format!("operand 0 is of {}", t.elem)),
    }])
}

/// Axes to reduce, each once; all where none are given, none where `noop_with_empty_axes` says so.
fn reduced_axes(c: &Call<'_>, axes_since: u32) -> Host<Vec<usize>> {
    let rank = c.ty(0)?.rank();
    let attribute = c.attributes.ints("axes");
    let list = if c.version >= axes_since {
        if attribute.is_some() {
            return Err(format!("the axes are an operand since operator set {axes_since}, not an attribute"));
        }
        c.maybe_i64(1)?.unwrap_or_default()
    } else {
        attribute.map(<[i64]>::to_vec).unwrap_or_default()
    };
    if !list.is_empty() {
        return axes(&list, rank);
    }
    Ok(if c.attributes.int("noop_with_empty_axes", 0)? != 0 { vec![] } else { (0..rank).collect() })
}

fn reduced_type(c: &Call<'_>, axes_since: u32, kind: Kind) -> Host<Vec<TensorType>> {
    at_most(c, if c.version >= axes_since { 2 } else { 1 })?;
    let x = operand(c, 0, kind)?;
    let over = reduced_axes(c, axes_since)?;
    let keep = c.attributes.int("keepdims", 1)? != 0;
    Ok(vec![TensorType::new(x.elem, reduced_shape(&x.shape, &over, keep))])
}

/// A shape without these axes, or with 1 in their places.
pub(super) fn reduced_shape(shape: &[usize], over: &[usize], keep: bool) -> Vec<usize> {
    let dims = shape.iter().enumerate().map(|(i, d)| if over.contains(&i) { (1, keep) } else { (*d, true) });
    dims.filter(|(_, there)| *there).map(|(d, _)| d).collect()
}

fn square(s: f64, v: f64) -> f64 {
    s + v * v
}
fn int_square(s: i64, v: i64) -> i64 {
    s.wrapping_add(v.wrapping_mul(v))
}
fn int_abs(x: &Tensor) -> impl Fn(i64, i64) -> i64 + use<> {
    let unsigned = is_u64(x.elem);
    move |s, v| s.wrapping_add(if unsigned { v } else { v.wrapping_abs() })
}

/// Sums of something, in f64 for floating point and modulo 2^64 for integers; `end`, if any, makes the result of a sum.
fn sums(
    x: &Tensor,
    g: &Grouping,
    n: usize,
    real: impl Fn(f64, f64) -> f64,
    int: impl Fn(i64, i64) -> i64,
    end: Option<fn(f64) -> f64>,
) -> Host<Sums> {
    let done = |v: Vec<f64>| Sums::Real(end.map_or_else(|| v.clone(), |end| v.iter().map(|s| end(*s)).collect()));
    Ok(match &x.data {
        Data::Float(v) => done(g.fold(v, vec![0.0; n], |s, v| real(s, f64::from(v)))),
        Data::Double(v) => done(g.fold(v, vec![0.0; n], real)),
        Data::Int(v) => {
            let v = g.fold(v, vec![0; n], int);
            let whole = |s: i64| if is_u64(x.elem) { s as u64 as f64 } else { s as f64 };
            Sums::Int(end.map_or_else(|| v.clone(), |end| v.iter().map(|s| end(whole(*s)) as i64).collect()))
        }
        Data::Bool(_) => return Err(format!("operand 0 is of {}", x.elem)),
    })
}

fn products(x: &Tensor, g: &Grouping, n: usize) -> Host<Sums> {
    Ok(match &x.data {
        Data::Float(v) => Sums::Real(g.fold(v, vec![1.0; n], |s, v| s * f64::from(v))),
        Data::Double(v) => Sums::Real(g.fold(v, vec![1.0; n], |s, v| s * v)),
        Data::Int(v) => Sums::Int(g.fold(v, vec![1; n], i64::wrapping_mul)),
        Data::Bool(_) => return Err(format!("operand 0 is of {}", x.elem)),
    })
}

/// The mean of no elements is NaN, and an error among integers, whose means are rounded towards zero.
fn means(x: &Tensor, g: &Grouping, n: usize) -> Host<Sums> {
    let each = g.size;
    if let Data::Int(v) = &x.data {
        if each == 0 && n > 0 {
            return Err("integers have no mean of no elements".into());
        }
        let unsigned = is_u64(x.elem);
        let wide = |v: i64| if unsigned { i128::from(v as u64) } else { i128::from(v) };
        let totals = g.fold(v, vec![0i128; n], |s, v| s + wide(v));
        return Ok(Sums::Int(totals.into_iter().map(|s| (s / each.max(1) as i128) as i64).collect()));
    }
    match sums(x, g, n, |s, v| s + v, |s, _| s, None)? {
        Sums::Real(v) => Ok(Sums::Real(v.into_iter().map(|s| s / each as f64).collect())),
        other => Ok(other),
    }
}

/// Around the largest element, so that nothing overflows.
fn log_sum_exp(x: &Tensor, g: &Grouping, n: usize) -> Host<Sums> {
    let v = x.to_f64();
    let peaks = g.fold(&v, vec![f64::NEG_INFINITY; n], larger);
    // An infinite peak is its own result; subtracting it would give NaN.
    let shift: Vec<f64> = peaks.iter().map(|p| if p.is_infinite() { 0.0 } else { *p }).collect();
    let pairs = g.fold(&v, shift.iter().map(|p| (0.0, *p)).collect(), |(s, p), v| (s + <f64 as Real>::exp(v - p), p));
    let out = pairs.into_iter().map(|(s, p)| p + <f64 as Real>::ln(s));
    Ok(match x.data {
        Data::Int(_) => Sums::Int(out.map(|v| v as i64).collect()),
        _ => Sums::Real(out.collect()),
    })
}

/// Of no elements: the value that every other one beats.
fn extremes(x: &Tensor, g: &Grouping, n: usize, most: bool) -> Host<Sums> {
    fn best<T: PartialOrd + Copy>(g: &Grouping, v: &[T], start: T, n: usize, most: bool) -> Vec<T> {
        if most { g.fold(v, vec![start; n], larger) } else { g.fold(v, vec![start; n], smaller) }
    }
    let start = if most { f64::NEG_INFINITY } else { f64::INFINITY };
    Ok(match (&x.data, x.elem) {
        (Data::Float(v), _) => Sums::Real(best(g, v, start as f32, n, most).into_iter().map(f64::from).collect()),
        (Data::Double(v), _) => Sums::Real(best(g, v, start, n, most)),
        (Data::Bool(v), _) => Sums::Bool(best(g, v, !most, n, most)),
        (Data::Int(v), ElemType::Int(t)) => {
            // In the order of the type, which that of the bits of a `u64` is not.
            let flip = if is_u64(x.elem) { i64::MIN } else { 0 };
            let (least, greatest) = match (t.bits, t.signed) {
                (64.., _) => (i64::MIN, i64::MAX),
                (bits, true) => (i64::MIN >> (64 - bits.max(1)), i64::MAX >> (64 - bits.max(1))),
                (bits, false) => (0, i64::MAX >> (63 - bits)),
            };
            let v: Vec<i64> = v.iter().map(|v| v ^ flip).collect();
            let out = best(g, &v, if most { least } else { greatest }, n, most);
            Sums::Int(out.into_iter().map(|v| v ^ flip).collect())
        }
        (Data::Int(_), _) => return Err(format!("operand 0 is of {}", x.elem)),
    })
}

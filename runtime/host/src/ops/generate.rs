//! Tensors from few values: ConstantOfShape, EyeLike, Range, OneHot.

use super::elements::{dimension, element_type, pick, zeros};
use crate::Host;
use crate::call::{Call, Operator};
use crate::tensor::{Data, Tensor, TensorType};
use cim_isa::types::{ElemType, IntType};

/// The family.
pub(super) const OPERATORS: &[Operator] = &[
    Operator { name: "ConstantOfShape", attributes: &["value"], infer: constant_type, evaluate: constant },
    Operator { name: "EyeLike", attributes: &["dtype", "k"], infer: eye_type, evaluate: eye },
    Operator { name: "Range", attributes: &[], infer: range_type, evaluate: range },
    Operator { name: "OneHot", attributes: &["axis"], infer: one_hot_type, evaluate: one_hot },
];

/// The value is operand 1 (as the importer passes the tensor attribute) or the attribute `value`: a float is of f32, an integer of si64.
fn value_type(c: &Call<'_>) -> Host<ElemType> {
    Ok(match c.maybe(1) {
        Some(v) => v.ty.elem,
        None if c.attributes.maybe_int("value")?.is_some() => ElemType::Int(IntType::I64),
        None => ElemType::F32,
    })
}

fn constant_type(c: &Call<'_>) -> Host<Vec<TensorType>> {
    let shape = c.value(0)?.to_i64().iter().map(|d| dimension(*d)).collect::<Host<Vec<_>>>()?;
    Ok(vec![TensorType::new(value_type(c)?, shape)])
}

fn constant(c: &Call<'_>, types: &[TensorType]) -> Host<Vec<Tensor>> {
    let to = types.first().ok_or("no result")?;
    let value = match c.maybe_value(1)? {
        Some(v) => v.clone(),
        None => match c.attributes.maybe_int("value")? {
            Some(v) => Tensor::i64s([1], vec![v]),
            None => Tensor::floats(ElemType::F32, [1], vec![c.attributes.float("value", 0.0)?]),
        },
    };
    if value.count() != 1 {
        return Err(format!("the value has {} elements", value.count()));
    }
    Ok(vec![pick(&value, &to.shape, std::iter::repeat_n(0, to.count()))?])
}

fn eye_type(c: &Call<'_>) -> Host<Vec<TensorType>> {
    let x = c.ty(0)?;
    if x.rank() != 2 {
        return Err(format!("operand 0 must have two dimensions, but is {x}"));
    }
    let elem = c.attributes.maybe_int("dtype")?.map_or(Ok(x.elem), element_type)?;
    Ok(vec![TensorType::new(elem, &x.shape[..])])
}

fn eye(c: &Call<'_>, types: &[TensorType]) -> Host<Vec<Tensor>> {
    let to = types.first().ok_or("no result")?;
    let [_, cols] = to.shape[..] else { return Err("no matrix".into()) };
    let one = TensorType::new(to.elem, [2]);
    let k = i128::from(c.attributes.int("k", 0)?);
    let mut both = zeros(&one);
    match &mut both.data {
        Data::Float(v) => v[1] = 1.0,
        Data::Double(v) => v[1] = 1.0,
        Data::Int(v) => v[1] = 1,
        Data::Bool(v) => v[1] = true,
    }
    let at = (0..to.count()).map(|i| usize::from((i % cols) as i128 - (i / cols) as i128 == k));
    Ok(vec![pick(&both, &to.shape, at)?])
}

/// Number of elements of a range.
fn range_count(c: &Call<'_>) -> Host<usize> {
    let one = |i: usize| -> Host<&Tensor> {
        let t = c.value(i)?;
        if t.count() == 1 && t.elem == c.ty(0)?.elem {
            Ok(t)
        } else {
            Err(format!("operand {i} must be a scalar of {}", c.ty(0)?.elem))
        }
    };
    let (start, limit, step) = (one(0)?, one(1)?, one(2)?);
    let n = if let (Data::Int(a), Data::Int(b), Data::Int(s)) = (&start.data, &limit.data, &step.data) {
        let (a, b, s) = (i128::from(a[0]), i128::from(b[0]), i128::from(s[0]));
        match s {
            0 => return Err("the step is 0".into()),
            1.. => (b - a + s - 1) / s,
            _ => (a - b - s - 1) / -s,
        }
    } else {
        let (a, b, s) = (start.to_f64()[0], limit.to_f64()[0], step.to_f64()[0]);
        let n = ((b - a) / s).ceil();
        if s == 0.0 || !n.is_finite() {
            return Err(format!("there is no range from {a} to {b} by {s}"));
        }
        n as i128
    };
    i64::try_from(n.max(0)).map_err(|_| "the range is too long".to_string()).and_then(dimension)
}

fn range_type(c: &Call<'_>) -> Host<Vec<TensorType>> {
    Ok(vec![TensorType::new(c.ty(0)?.elem, [range_count(c)?])])
}

fn range(c: &Call<'_>, types: &[TensorType]) -> Host<Vec<Tensor>> {
    let to = types.first().ok_or("no result")?;
    let n = to.count();
    Ok(vec![match (&c.value(0)?.data, &c.value(2)?.data, to.elem) {
        (Data::Float(a), Data::Float(s), e) => Tensor::floats(e, [n], (0..n).map(|i| a[0] + i as f32 * s[0]).collect()),
        (Data::Double(a), Data::Double(s), _) => Tensor::doubles([n], (0..n).map(|i| a[0] + i as f64 * s[0]).collect()),
        (Data::Int(a), Data::Int(s), ElemType::Int(t)) => {
            Tensor::ints(t, [n], (0..n).map(|i| a[0].wrapping_add(s[0].wrapping_mul(i as i64))).collect())
        }
        _ => return Err("operands must be numbers of one type".into()),
    }])
}

/// Axis, depth.
fn one_hot_axis(c: &Call<'_>) -> Host<(usize, usize)> {
    let rank = c.shape(0)?.len();
    let axis = crate::call::axis(c.attributes.int("axis", -1)?, rank + 1)?;
    let depth = c.value(1)?.to_i64();
    let [depth] = depth[..] else { return Err(format!("the depth has {} elements", depth.len())) };
    Ok((axis, dimension(depth)?))
}

fn one_hot_type(c: &Call<'_>) -> Host<Vec<TensorType>> {
    let (axis, depth) = one_hot_axis(c)?;
    let mut shape = c.shape(0)?.to_vec();
    shape.insert(axis, depth);
    if c.shape(2)? != [2] {
        return Err(format!("the values must be (off, on), but are {}", c.ty(2)?));
    }
    Ok(vec![TensorType::new(c.ty(2)?.elem, shape)])
}

fn one_hot(c: &Call<'_>, types: &[TensorType]) -> Host<Vec<Tensor>> {
    let to = types.first().ok_or("no result")?;
    let (axis, depth) = one_hot_axis(c)?;
    let inner: usize = to.shape[axis + 1..].iter().product();
    let hot = c.value(0)?.to_i64();
    let at = (0..to.count()).map(|i| {
        let (outer, d, rest) = (i / inner / depth, i / inner % depth, i % inner);
        let h = hot.get(outer * inner + rest).copied().unwrap_or(-1);
        usize::from((if h < 0 { h.saturating_add(depth as i64) } else { h }) == d as i64)
    });
    Ok(vec![pick(c.value(2)?, &to.shape, at)?])
}

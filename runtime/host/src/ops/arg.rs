//! Indices of extremes, and running sums.

use super::binary::only;
use super::cast::to_type;
use super::kinds::{Kind, at_most, is_u64, operand, since};
use super::reduce::reduced_shape;
use super::rows::Along;
use crate::Host;
use crate::call::{Call, Operator, axis};
use crate::tensor::{Data, Tensor, TensorType};
use cim_isa::types::{ElemType, IntType};

/// The family.
pub(super) const OPERATORS: &[Operator] = &[
    Operator { name: "ArgMax", attributes: ARG, infer: arg_type, evaluate: |c, t| arg(c, t, true) },
    Operator { name: "ArgMin", attributes: ARG, infer: arg_type, evaluate: |c, t| arg(c, t, false) },
    Operator {
        name: "CumSum",
        attributes: &["exclusive", "reverse"],
        infer: cumulative_type,
        evaluate: cumulative_sum,
    },
];

const ARG: &[&str] = &["axis", "keepdims", "select_last_index"];

fn arg_type(c: &Call<'_>) -> Host<Vec<TensorType>> {
    at_most(c, 1)?;
    let x = operand(c, 0, Kind::Number)?;
    let a = axis(c.attributes.int("axis", 0)?, x.rank())?;
    if c.attributes.maybe_int("select_last_index")?.is_some() {
        since(c, 12, "attribute 'select_last_index'")?;
    }
    let shape = reduced_shape(&x.shape, &[a], c.attributes.int("keepdims", 1)? != 0);
    let t = TensorType::new(ElemType::Int(IntType::I64), shape);
    if x.shape.get(a) == Some(&0) && t.count() > 0 {
        return Err(format!("axis {a} has no elements to choose from"));
    }
    Ok(vec![t])
}

fn arg(c: &Call<'_>, types: &[TensorType], most: bool) -> Host<Vec<Tensor>> {
    let x = c.value(0)?;
    let a = axis(c.attributes.int("axis", 0)?, x.shape.len())?;
    let last = c.attributes.int("select_last_index", 0)? != 0;
    let along = Along::new(&x.shape, a, a + 1);
    let v = match &x.data {
        Data::Float(v) => indices(v, along, most, last),
        Data::Double(v) => indices(v, along, most, last),
        Data::Int(v) if is_u64(x.elem) => indices(&v.iter().map(|v| *v as u64).collect::<Vec<_>>(), along, most, last),
        Data::Int(v) => indices(v, along, most, last),
        Data::Bool(_) => return Err(format!("operand 0 is of {}", x.elem)),
    };
    Ok(vec![Tensor::i64s(&only(types)?.shape[..], v)])
}

/// A NaN is both more and less than any number, as in NumPy.
fn indices<T: PartialOrd + Copy>(v: &[T], along: Along, most: bool, last: bool) -> Vec<i64> {
    let mut out = Vec::new();
    along.each(&mut v.to_vec(), |line| out.push(best(line, most, last) as i64));
    out
}

/// Index of the largest or smallest element of a line, the first or last of equal ones.
pub(super) fn best<T: PartialOrd + Copy>(line: &[T], most: bool, last: bool) -> usize {
    let is_nan = |v: T| v.partial_cmp(&v).is_none();
    let mut found: Option<(usize, T)> = None;
    for (i, &v) in line.iter().enumerate() {
        let better = match found {
            None => true,
            Some((_, b)) if is_nan(b) => is_nan(v) && last,
            Some(_) if is_nan(v) => true,
            Some((_, b)) => (if most { v > b } else { v < b }) || (last && v == b),
        };
        if better {
            found = Some((i, v));
        }
    }
    found.map_or(0, |(i, _)| i)
}

fn cumulative_type(c: &Call<'_>) -> Host<Vec<TensorType>> {
    since(c, 11, "CumSum")?;
    at_most(c, 2)?;
    let a = operand(c, 1, Kind::Int)?;
    if a.count() != 1 || a.rank() > 1 {
        return Err(format!("operand 1 is the axis, one integer, but has the shape {:?}", a.shape));
    }
    Ok(vec![operand(c, 0, Kind::Number)?.clone()])
}

/// Sums in f64, each rounded to the type; integers wrap.
fn cumulative_sum(c: &Call<'_>, _: &[TensorType]) -> Host<Vec<Tensor>> {
    let x = c.value(0)?;
    let a = c.maybe_i64(1)?.and_then(|v| v.first().copied()).ok_or("operand 1, the axis, is missing")?;
    let a = axis(a, x.shape.len())?;
    let exclusive = c.attributes.int("exclusive", 0)? != 0;
    let reverse = c.attributes.int("reverse", 0)? != 0;
    let along = Along::new(&x.shape, a, a + 1);
    fn run<T: Copy>(line: &mut [T], zero: T, add: impl Fn(T, T) -> T, exclusive: bool) {
        let mut sum = zero;
        for v in line {
            let next = add(sum, *v);
            *v = if exclusive { sum } else { next };
            sum = next;
        }
    }
    fn sums<T: Copy>(
        mut v: Vec<T>,
        along: Along,
        zero: T,
        add: impl Fn(T, T) -> T,
        exclusive: bool,
        reverse: bool,
    ) -> Vec<T> {
        along.each(&mut v, |line| {
            if reverse {
                line.reverse();
            }
            run(line, zero, &add, exclusive);
            if reverse {
                line.reverse();
            }
        });
        v
    }
    Ok(vec![match (&x.data, x.elem) {
        (Data::Int(v), ElemType::Int(t)) => {
            Tensor::ints(t, &x.shape[..], sums(v.clone(), along, 0, i64::wrapping_add, exclusive, reverse))
        }
        (Data::Float(_) | Data::Double(_), elem) => {
            let v = sums(x.to_f64(), along, 0.0, |s, v| s + v, exclusive, reverse);
            to_type(&Tensor::doubles(&x.shape[..], v), elem)
        }
        _ => return Err(format!("operand 0 is of {}", x.elem)),
    }])
}

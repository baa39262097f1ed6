//! Comparison, selection, truth values and bits.

use super::binary::{only, two};
use super::kinds::{Kind, at_most, is_u64, operand, since};
use super::zip::zip;
use crate::Host;
use crate::broadcast::broadcast;
use crate::call::{Call, Operator};
use crate::tensor::{Data, Tensor, TensorType};
use cim_isa::types::ElemType;
use std::cmp::Ordering;

/// The family.
pub(super) const OPERATORS: &[Operator] = &[
    Operator { name: "And", attributes: &[], infer: bools, evaluate: |c, t| join(c, t, |x, y| x & y) },
    Operator { name: "Or", attributes: &[], infer: bools, evaluate: |c, t| join(c, t, |x, y| x | y) },
    Operator { name: "Xor", attributes: &[], infer: bools, evaluate: |c, t| join(c, t, |x, y| x ^ y) },
    Operator {
        name: "Equal",
        attributes: &[],
        infer: |c| truth(c, Kind::Any),
        evaluate: |c, t| compare(c, t, Ordering::is_eq),
    },
    Operator { name: "Greater", attributes: &[], infer: numbers, evaluate: |c, t| compare(c, t, Ordering::is_gt) },
    Operator { name: "Less", attributes: &[], infer: numbers, evaluate: |c, t| compare(c, t, Ordering::is_lt) },
    Operator {
        name: "GreaterOrEqual",
        attributes: &[],
        infer: numbers,
        evaluate: |c, t| compare(c, t, Ordering::is_ge),
    },
    Operator { name: "LessOrEqual", attributes: &[], infer: numbers, evaluate: |c, t| compare(c, t, Ordering::is_le) },
    Operator { name: "Where", attributes: &[], infer: where_type, evaluate: where_ },
    Operator { name: "BitShift", attributes: &["direction"], infer: shift_type, evaluate: shift },
    Operator { name: "BitwiseAnd", attributes: &[], infer: bits, evaluate: |c, t| ints(c, t, |x, y| x & y) },
    Operator { name: "BitwiseOr", attributes: &[], infer: bits, evaluate: |c, t| ints(c, t, |x, y| x | y) },
    Operator { name: "BitwiseXor", attributes: &[], infer: bits, evaluate: |c, t| ints(c, t, |x, y| x ^ y) },
];

fn truth(c: &Call<'_>, kind: Kind) -> Host<Vec<TensorType>> {
    Ok(vec![TensorType::new(ElemType::Bool, two(c, kind)?.shape)])
}

fn bools(c: &Call<'_>) -> Host<Vec<TensorType>> {
    truth(c, Kind::Bool)
}

fn numbers(c: &Call<'_>) -> Host<Vec<TensorType>> {
    truth(c, Kind::Number)
}

fn bits(c: &Call<'_>) -> Host<Vec<TensorType>> {
    Ok(vec![two(c, Kind::Int)?])
}

fn join(c: &Call<'_>, types: &[TensorType], f: impl Fn(bool, bool) -> bool) -> Host<Vec<Tensor>> {
    let (a, b, shape) = (c.value(0)?, c.value(1)?, &only(types)?.shape);
    let (Data::Bool(x), Data::Bool(y)) = (&a.data, &b.data) else {
        return Err(format!("operands are of {} and {}", a.elem, b.elem));
    };
    Ok(vec![Tensor::bools(&shape[..], zip(shape, (x, &a.shape), (y, &b.shape), f))])
}

/// A NaN has no order: all are false.
fn compare(c: &Call<'_>, types: &[TensorType], f: impl Fn(Ordering) -> bool) -> Host<Vec<Tensor>> {
    fn go<T: PartialOrd + Copy>(
        shape: &[usize],
        a: (&[T], &[usize]),
        b: (&[T], &[usize]),
        f: impl Fn(Ordering) -> bool,
    ) -> Vec<bool> {
        zip(shape, a, b, |x, y| x.partial_cmp(&y).is_some_and(&f))
    }
    let (a, b, shape) = (c.value(0)?, c.value(1)?, &only(types)?.shape);
    let (sa, sb) = (&a.shape[..], &b.shape[..]);
    let v = match (&a.data, &b.data) {
        (Data::Float(x), Data::Float(y)) => go(shape, (x, sa), (y, sb), f),
        (Data::Double(x), Data::Double(y)) => go(shape, (x, sa), (y, sb), f),
        (Data::Int(x), Data::Int(y)) if is_u64(a.elem) => {
            zip(shape, (x, sa), (y, sb), |x, y| f((x as u64).cmp(&(y as u64))))
        }
        (Data::Int(x), Data::Int(y)) => go(shape, (x, sa), (y, sb), f),
        (Data::Bool(x), Data::Bool(y)) => go(shape, (x, sa), (y, sb), f),
        _ => return Err(format!("operands are of {} and {}", a.elem, b.elem)),
    };
    Ok(vec![Tensor::bools(&shape[..], v)])
}

fn where_type(c: &Call<'_>) -> Host<Vec<TensorType>> {
    at_most(c, 3)?;
    let condition = operand(c, 0, Kind::Bool)?;
    let (x, y) = (c.ty(1)?, c.ty(2)?);
    if x.elem != y.elem {
        return Err(format!("operand 1 is of {}, operand 2 of {}; they must agree", x.elem, y.elem));
    }
    Ok(vec![TensorType::new(x.elem, broadcast(&[&condition.shape, &x.shape, &y.shape])?)])
}

fn where_(c: &Call<'_>, types: &[TensorType]) -> Host<Vec<Tensor>> {
    let (condition, a, b, t) = (c.value(0)?, c.value(1)?, c.value(2)?, only(types)?);
    let Data::Bool(choice) = &condition.data else { return Err(format!("operand 0 is of {}", condition.elem)) };
    let chosen_shape = broadcast(&[&condition.shape, &a.shape])?;
    let choose = |shape: &[usize]| (chosen_shape.clone(), shape.to_vec());
    let (first, shape) = choose(&t.shape);
    let (sc, sa, sb) = (&condition.shape[..], &a.shape[..], &b.shape[..]);
    macro_rules! go {
        ($x:expr, $y:expr) => {{
            let chosen = zip(&first, (choice, sc), ($x, sa), |c, x| c.then_some(x));
            zip(&shape, (&chosen, &first), ($y, sb), |x, y| x.unwrap_or(y))
        }};
    }
    let data = match (&a.data, &b.data) {
        (Data::Float(x), Data::Float(y)) => Data::Float(go!(x, y)),
        (Data::Double(x), Data::Double(y)) => Data::Double(go!(x, y)),
        (Data::Int(x), Data::Int(y)) => Data::Int(go!(x, y)),
        (Data::Bool(x), Data::Bool(y)) => Data::Bool(go!(x, y)),
        _ => return Err(format!("operands are of {} and {}", a.elem, b.elem)),
    };
    Ok(vec![Tensor { elem: t.elem, shape, data }])
}

fn ints(c: &Call<'_>, types: &[TensorType], f: impl Fn(i64, i64) -> i64) -> Host<Vec<Tensor>> {
    let (a, b, t) = (c.value(0)?, c.value(1)?, only(types)?);
    let (Data::Int(x), Data::Int(y), ElemType::Int(int)) = (&a.data, &b.data, t.elem) else {
        return Err(format!("operands are of {} and {}", a.elem, b.elem));
    };
    Ok(vec![Tensor::ints(int, &t.shape[..], zip(&t.shape, (x, &a.shape), (y, &b.shape), f))])
}

fn shift_type(c: &Call<'_>) -> Host<Vec<TensorType>> {
    since(c, 11, "BitShift")?;
    match c.attributes.string("direction", "") {
        "LEFT" | "RIGHT" => Ok(vec![two(c, Kind::Unsigned)?]),
        other => Err(format!("attribute 'direction' is '{other}'; it must be 'LEFT' or 'RIGHT'")),
    }
}

/// A shift by the width or more leaves nothing.
fn shift(c: &Call<'_>, types: &[TensorType]) -> Host<Vec<Tensor>> {
    let left = c.attributes.string("direction", "") == "LEFT";
    ints(c, types, |x, by| {
        let by = u32::try_from(by as u64).unwrap_or(u32::MAX);
        let shifted = if left { (x as u64).checked_shl(by) } else { (x as u64).checked_shr(by) };
        shifted.unwrap_or(0) as i64
    })
}

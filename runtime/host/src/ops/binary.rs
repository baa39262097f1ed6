//! Arithmetic of two or more operands with broadcasting.

use super::kinds::{Kind, alike, at_most, is_u64, operand, since};
use super::math::{Real, larger, smaller};
use super::zip::zip;
use crate::Host;
use crate::broadcast::broadcast;
use crate::call::{Call, Operator};
use crate::tensor::{Data, Tensor, TensorType};
use cim_isa::types::ElemType;

/// The family.
pub(super) const OPERATORS: &[Operator] = &[
    Operator {
        name: "Add",
        attributes: &[],
        infer: pair,
        evaluate: |c, t| arith(c, t, |x, y| x + y, |x, y| x + y, i64::wrapping_add),
    },
    Operator {
        name: "Sub",
        attributes: &[],
        infer: pair,
        evaluate: |c, t| arith(c, t, |x, y| x - y, |x, y| x - y, i64::wrapping_sub),
    },
    Operator {
        name: "Mul",
        attributes: &[],
        infer: pair,
        evaluate: |c, t| arith(c, t, |x, y| x * y, |x, y| x * y, i64::wrapping_mul),
    },
    Operator { name: "Div", attributes: &[], infer: pair, evaluate: div },
    Operator { name: "Mod", attributes: &["fmod"], infer: mod_type, evaluate: modulo },
    Operator { name: "Pow", attributes: &[], infer: pow_type, evaluate: pow },
    Operator { name: "Max", attributes: &[], infer: |c| variadic(c, Kind::Number), evaluate: max },
    Operator { name: "Min", attributes: &[], infer: |c| variadic(c, Kind::Number), evaluate: min },
    Operator { name: "Sum", attributes: &[], infer: |c| variadic(c, Kind::Float), evaluate: sum },
    Operator { name: "Mean", attributes: &[], infer: |c| variadic(c, Kind::Float), evaluate: mean },
];

/// Two operands of one type and a kind; the result has their broadcast shape.
pub(super) fn two(c: &Call<'_>, kind: Kind) -> Host<TensorType> {
    at_most(c, 2)?;
    let (a, b) = (operand(c, 0, kind)?, operand(c, 1, kind)?);
    alike(c, 1)?;
    Ok(TensorType::new(a.elem, broadcast(&[&a.shape, &b.shape])?))
}

fn pair(c: &Call<'_>) -> Host<Vec<TensorType>> {
    Ok(vec![two(c, Kind::Number)?])
}

/// One operand at least, all of one type and a kind.
fn variadic(c: &Call<'_>, kind: Kind) -> Host<Vec<TensorType>> {
    let elem = operand(c, 0, kind)?.elem;
    let mut shape = c.shape(0)?.to_vec();
    for i in 1..c.operands.len() {
        alike(c, i)?;
        shape = broadcast(&[&shape, c.shape(i)?])?;
    }
    Ok(vec![TensorType::new(elem, shape)])
}

/// The type that `infer` gave to the only result.
pub(super) fn only(types: &[TensorType]) -> Host<&TensorType> {
    types.first().ok_or_else(|| "the rule gave no type".into())
}

/// Functions of numbers of one type, by width; integers wrap.
fn arith(
    c: &Call<'_>,
    types: &[TensorType],
    narrow: impl Fn(f32, f32) -> f32,
    wide: impl Fn(f64, f64) -> f64,
    int: impl Fn(i64, i64) -> i64,
) -> Host<Vec<Tensor>> {
    let (a, b, t) = (c.value(0)?, c.value(1)?, only(types)?);
    Ok(vec![numbers(a, b, &t.shape, narrow, wide, int)?])
}

fn numbers(
    a: &Tensor,
    b: &Tensor,
    shape: &[usize],
    narrow: impl Fn(f32, f32) -> f32,
    wide: impl Fn(f64, f64) -> f64,
    int: impl Fn(i64, i64) -> i64,
) -> Host<Tensor> {
    let (sa, sb) = (&a.shape[..], &b.shape[..]);
    Ok(match (&a.data, &b.data, a.elem) {
        (Data::Float(x), Data::Float(y), _) => Tensor::floats(a.elem, shape, zip(shape, (x, sa), (y, sb), narrow)),
        (Data::Double(x), Data::Double(y), _) => Tensor::doubles(shape, zip(shape, (x, sa), (y, sb), wide)),
        (Data::Int(x), Data::Int(y), ElemType::Int(t)) => Tensor::ints(t, shape, zip(shape, (x, sa), (y, sb), int)),
        _ => return Err(format!("operands are of {} and {}", a.elem, b.elem)),
    })
}

/// Integers have no result of a division by zero.
fn no_zeros(divisor: &Tensor) -> Host<()> {
    match &divisor.data {
        Data::Int(v) if v.contains(&0) => Err("an integer is divided by zero".into()),
        _ => Ok(()),
    }
}

/// Integers are divided towards zero.
fn div(c: &Call<'_>, types: &[TensorType]) -> Host<Vec<Tensor>> {
    no_zeros(c.value(1)?)?;
    if is_u64(c.ty(0)?.elem) {
        return arith(
            c,
            types,
            |x, y| x / y,
            |x, y| x / y,
            |x, y| (x as u64).checked_div(y as u64).unwrap_or(0) as i64,
        );
    }
    // The only overflow, MIN / -1, wraps; zeros are gone.
    arith(c, types, |x, y| x / y, |x, y| x / y, |x, y| if y == 0 { 0 } else { x.wrapping_div(y) })
}

fn mod_type(c: &Call<'_>) -> Host<Vec<TensorType>> {
    since(c, 10, "Mod")?;
    let t = two(c, Kind::Number)?;
    if !matches!(t.elem, ElemType::Int(_)) && c.attributes.int("fmod", 0)? != 1 {
        return Err(format!("operands of {} need the attribute fmod = 1", t.elem));
    }
    Ok(vec![t])
}

/// With `fmod`, the sign is that of the dividend; else (integers) that of the divisor.
fn modulo(c: &Call<'_>, types: &[TensorType]) -> Host<Vec<Tensor>> {
    no_zeros(c.value(1)?)?;
    let of_dividend = c.attributes.int("fmod", 0)? == 1;
    let unsigned = is_u64(c.ty(0)?.elem);
    arith(
        c,
        types,
        |x, y| x % y,
        |x, y| x % y,
        |x, y| {
            if y == 0 {
                return 0;
            }
            if unsigned {
                return (x as u64 % y as u64) as i64;
            }
            let r = x.wrapping_rem(y);
            if !of_dividend && r != 0 && (r < 0) != (y < 0) { r + y } else { r }
        },
    )
}

fn pow_type(c: &Call<'_>) -> Host<Vec<TensorType>> {
    if c.version < 12 {
        return Ok(vec![two(c, Kind::Float)?]);
    }
    at_most(c, 2)?;
    let (x, y) = (operand(c, 0, Kind::Number)?, operand(c, 1, Kind::Number)?);
    Ok(vec![TensorType::new(x.elem, broadcast(&[&x.shape, &y.shape])?)])
}

/// The result has the type of the base; the exponent may have another one.
fn pow(c: &Call<'_>, types: &[TensorType]) -> Host<Vec<Tensor>> {
    let (a, b, t) = (c.value(0)?, c.value(1)?, only(types)?);
    let (shape, sa, sb) = (&t.shape[..], &a.shape[..], &b.shape[..]);
    let whole = if b.count() == 1 { b.to_f64().first().copied() } else { None };
    Ok(vec![match (&a.data, &b.data, a.elem) {
        // Small whole exponents are frequent; the products are exact in f64, or nearly so.
        (Data::Float(x), ..) if whole == Some(2.0) => Tensor::floats(a.elem, shape, x.iter().map(|x| x * x).collect()),
        (Data::Float(x), ..) if whole == Some(3.0) => {
            let cube = |x: f64| (x * x * x) as f32;
            Tensor::floats(a.elem, shape, x.iter().map(|x| cube(f64::from(*x))).collect())
        }
        (Data::Float(x), Data::Float(y), _) => {
            Tensor::floats(a.elem, shape, zip(shape, (x, sa), (y, sb), <f32 as Real>::pow))
        }
        (Data::Int(x), Data::Int(y), ElemType::Int(base)) => {
            let v = zip(shape, (x, sa), (y, sb), |x, y| int_pow(x, y, is_u64(b.elem)));
            let v = v.into_iter().collect::<Option<Vec<_>>>();
            Tensor::ints(base, shape, v.ok_or("zero has no negative power among the integers")?)
        }
        (_, _, elem) => {
            let v = zip(shape, (&a.to_f64(), sa), (&b.to_f64(), sb), <f64 as Real>::pow);
            super::cast::to_type(&Tensor::doubles(shape, v), elem)
        }
    }])
}

/// Modulo 2^64; a negative exponent gives the fraction without its digits. None for a negative power of zero.
fn int_pow(x: i64, y: i64, unsigned: bool) -> Option<i64> {
    if y < 0 && !unsigned {
        return match x {
            0 => None,
            1 => Some(1),
            -1 => Some(if y % 2 == 0 { 1 } else { -1 }),
            _ => Some(0),
        };
    }
    let (mut base, mut left, mut out) = (x, y as u64, 1i64);
    while left > 0 {
        if left & 1 == 1 {
            out = out.wrapping_mul(base);
        }
        base = base.wrapping_mul(base);
        left >>= 1;
    }
    Some(out)
}

/// Operands joined from left to right. Narrow floats are rounded at the end only.
fn fold(
    c: &Call<'_>,
    narrow: impl Fn(f32, f32) -> f32,
    wide: impl Fn(f64, f64) -> f64,
    int: impl Fn(i64, i64) -> i64,
) -> Host<Tensor> {
    let mut sum = c.value(0)?.clone();
    let elem = sum.elem;
    if matches!(sum.data, Data::Float(_)) {
        sum.elem = ElemType::F32;
    }
    for i in 1..c.operands.len() {
        let b = c.value(i)?;
        let shape = broadcast(&[&sum.shape, &b.shape])?;
        sum = numbers(&sum, b, &shape, &narrow, &wide, &int)?;
    }
    Ok(match sum.data {
        Data::Float(v) => Tensor::floats(elem, sum.shape, v),
        _ => sum,
    })
}

fn max(c: &Call<'_>, _: &[TensorType]) -> Host<Vec<Tensor>> {
    Ok(vec![match is_u64(c.ty(0)?.elem) {
        true => fold(c, larger, larger, |x, y| (x as u64).max(y as u64) as i64)?,
        false => fold(c, larger, larger, i64::max)?,
    }])
}

fn min(c: &Call<'_>, _: &[TensorType]) -> Host<Vec<Tensor>> {
    Ok(vec![match is_u64(c.ty(0)?.elem) {
        true => fold(c, smaller, smaller, |x, y| (x as u64).min(y as u64) as i64)?,
        false => fold(c, smaller, smaller, i64::min)?,
    }])
}

fn sum(c: &Call<'_>, _: &[TensorType]) -> Host<Vec<Tensor>> {
    Ok(vec![fold(c, |x, y| x + y, |x, y| x + y, i64::wrapping_add)?])
}

fn mean(c: &Call<'_>, _: &[TensorType]) -> Host<Vec<Tensor>> {
    let n = c.operands.len();
    let sum = fold(c, |x, y| x + y, |x, y| x + y, i64::wrapping_add)?;
    Ok(vec![match sum.data {
        Data::Float(v) => Tensor::floats(sum.elem, sum.shape, v.into_iter().map(|v| v / n as f32).collect()),
        Data::Double(v) => Tensor::doubles(sum.shape, v.into_iter().map(|v| v / n as f64).collect()),
        _ => return Err(format!("operands are of {}", sum.elem)),
    }])
}

//! Products and convolutions of quantised operands.

use super::conv::{ATTRIBUTES, Shapes, check_bias};
use super::matmul::{Product, shifted};
use super::quantize::saturate;
use crate::Host;
use crate::call::{Call, Operator};
use crate::tensor::{Tensor, TensorType};
use cim_isa::types::{ElemType, IntType};

/// The family.
pub(super) const OPERATORS: &[Operator] = &[
    Operator { name: "ConvInteger", attributes: ATTRIBUTES, infer: conv_type, evaluate: conv },
    Operator { name: "QLinearConv", attributes: ATTRIBUTES, infer: qlinear_conv_type, evaluate: qlinear_conv },
    Operator { name: "QLinearMatMul", attributes: &[], infer: qlinear_matmul_type, evaluate: qlinear_matmul },
];

fn conv_type(c: &Call<'_>) -> Host<Vec<TensorType>> {
    Ok(vec![TensorType::new(ElemType::Int(IntType::I32), Shapes::new(c, 0, 1)?.result())])
}

/// Padding is the zero point of the input, so it adds nothing.
fn conv(c: &Call<'_>, types: &[TensorType]) -> Host<Vec<Tensor>> {
    let to = types.first().ok_or("no result")?;
    let x = shifted(c.value(0)?, c.maybe_value(2)?, None)?;
    let w = shifted(c.value(1)?, c.maybe_value(3)?, Some(0))?;
    Ok(vec![Tensor::ints(IntType::I32, &to.shape[..], Shapes::new(c, 0, 1)?.convolve(&x, &w)?)])
}

/// The type of the output's zero point.
fn quantised(c: &Call<'_>, zero: usize) -> Host<ElemType> {
    match c.ty(zero)?.elem {
        e @ ElemType::Int(t) if t.bits <= 16 => Ok(e),
        e => Err(format!("quantising to {e} is not supported")),
    }
}

/// The scalar of an operand.
fn scalar<'a>(c: &Call<'a>, i: usize) -> Host<&'a Tensor> {
    let t = c.value(i)?;
    if t.count() == 1 { Ok(t) } else { Err(format!("operand {i} must be a scalar, but is {}", t.ty())) }
}

fn qlinear_conv_type(c: &Call<'_>) -> Host<Vec<TensorType>> {
    let shape = Shapes::new(c, 0, 3)?.result();
    check_bias(c, 8, shape[1])?;
    let scales = c.ty(4)?.count();
    if scales != 1 && scales != shape[1] {
        return Err(format!("{scales} weight scales for {} output channels", shape[1]));
    }
    Ok(vec![TensorType::new(quantised(c, 7)?, shape)])
}

/// The 32-bit sums, the bias added, times `x_scale * w_scale / y_scale` in f32, rounded half to even.
fn qlinear_conv(c: &Call<'_>, types: &[TensorType]) -> Host<Vec<Tensor>> {
    let to = types.first().ok_or("no result")?;
    let ElemType::Int(t) = to.elem else { return Err("no integers".into()) };
    let s = Shapes::new(c, 0, 3)?;
    let x = shifted(c.value(0)?, Some(scalar(c, 2)?), None)?;
    let w = shifted(c.value(3)?, Some(c.value(5)?), Some(0))?;
    let sums = s.convolve(&x, &w)?;
    let first = |t: &Tensor| t.to_f32().first().copied().unwrap_or(0.0);
    let (x_scale, y_scale) = (first(scalar(c, 1)?), first(scalar(c, 6)?));
    let zero = scalar(c, 7)?.to_i64().first().copied().unwrap_or(0);
    let (scales, bias) = (c.value(4)?.to_f32(), c.maybe_i64(8)?.unwrap_or_default());
    let (plane, channels) = (s.plane().max(1), to.shape.get(1).copied().unwrap_or(1).max(1));
    let one = |(i, sum): (usize, i64)| {
        let o = i / plane % channels;
        let scale = scales.get(if scales.len() == 1 { 0 } else { o }).copied().unwrap_or(0.0);
        let sum = sum.wrapping_add(bias.get(o).copied().unwrap_or(0)) as i32;
        saturate(sum as f32 * (x_scale * scale / y_scale), zero, t)
    };
    Ok(vec![Tensor::ints(t, &to.shape[..], sums.into_iter().enumerate().map(one).collect())])
}

fn qlinear_matmul_type(c: &Call<'_>) -> Host<Vec<TensorType>> {
    let shape = Product::new(c.shape(0)?, c.shape(3)?)?.result();
    Ok(vec![TensorType::new(quantised(c, 7)?, shape)])
}

/// As [`qlinear_conv`]; scales are scalars.
fn qlinear_matmul(c: &Call<'_>, types: &[TensorType]) -> Host<Vec<Tensor>> {
    let to = types.first().ok_or("no result")?;
    let ElemType::Int(t) = to.elem else { return Err("no integers".into()) };
    let (a, b) = (c.value(0)?, c.value(3)?);
    let p = Product::new(&a.shape, &b.shape)?;
    let a = shifted(a, Some(c.value(2)?), a.shape.len().checked_sub(2))?;
    let b = shifted(b, Some(c.value(5)?), b.shape.len().checked_sub(1))?;
    let sums = p.run(&a, &b)?;
    let scale = |i: usize| -> Host<f32> { Ok(scalar(c, i)?.to_f32().first().copied().unwrap_or(0.0)) };
    let factor = scale(1)? * scale(4)? / scale(6)?;
    let zero = scalar(c, 7)?.to_i64().first().copied().unwrap_or(0);
    Ok(vec![Tensor::ints(
        t,
        &to.shape[..],
        sums.into_iter().map(|v| saturate(v as i32 as f32 * factor, zero, t)).collect(),
    )])
}

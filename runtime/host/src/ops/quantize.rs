//! QuantizeLinear, DequantizeLinear, DynamicQuantizeLinear: per tensor, per axis, in blocks.

use super::elements::{dimension, element_type};
use crate::Host;
use crate::call::{Call, Operator, axis};
use crate::tensor::{Data, Tensor, TensorType, round_to};
use cim_isa::types::{ElemType, IntType};

/// The family.
pub(super) const OPERATORS: &[Operator] = &[
    Operator {
        name: "QuantizeLinear",
        attributes: &["axis", "block_size", "output_dtype", "precision", "saturate"],
        infer: quantize_type,
        evaluate: quantize,
    },
    Operator {
        name: "DequantizeLinear",
        attributes: &["axis", "block_size", "output_dtype"],
        infer: dequantize_type,
        evaluate: dequantize,
    },
    Operator { name: "DynamicQuantizeLinear", attributes: &[], infer: dynamic_type, evaluate: dynamic },
];

/// Which scale an element has.
struct Grid {
    /// Elements after the axis, its extent, and the elements that share a scale along it.
    inner: usize,
    extent: usize,
    block: usize,
    /// Scales along the axis.
    scales: usize,
    /// Scales repeat for each outer position and run over the inner ones: blocked.
    blocked: bool,
}

impl Grid {
    fn new(c: &Call<'_>) -> Host<Grid> {
        let (x, s) = (c.shape(0)?, c.shape(1)?);
        let count: usize = s.iter().product();
        let block = dimension(c.attributes.int("block_size", 0)?)?;
        if block == 0 && count == 1 {
            return Ok(Grid { inner: 1, extent: 1, block: 1, scales: 1, blocked: false });
        }
        if c.version < 13 {
            return Err(format!("scales of shape {s:?} need version 13 of the operator set"));
        }
        let a = axis(c.attributes.int("axis", 1)?, x.len())?;
        let fits = if block == 0 {
            s == [x[a]]
        } else {
            s.len() == x.len()
                && s.iter().zip(x).enumerate().all(|(d, (s, x))| *s == if d == a { x.div_ceil(block) } else { *x })
        };
        if !fits {
            return Err(format!("scales of shape {s:?} do not fit {x:?} along axis {a}"));
        }
        Ok(Grid {
            inner: x[a + 1..].iter().product(),
            extent: x[a],
            block: block.max(1),
            scales: s.get(if block == 0 { 0 } else { a }).copied().unwrap_or(1),
            blocked: block > 0,
        })
    }

    /// Index of the scale of element `i`.
    fn at(&self, i: usize) -> usize {
        let along = i / self.inner % self.extent / self.block;
        if self.blocked {
            (i / self.inner / self.extent * self.scales + along) * self.inner + i % self.inner
        } else {
            along
        }
    }
}

/// Zero points have the shape of the scales.
fn check_zero(c: &Call<'_>) -> Host<()> {
    match c.maybe(2) {
        Some(z) if z.ty.count() != c.ty(1)?.count() => {
            Err(format!("zero points are of {}, scales of {}", z.ty, c.ty(1)?))
        }
        _ => Ok(()),
    }
}

fn quantize_type(c: &Call<'_>) -> Host<Vec<TensorType>> {
    Grid::new(c)?;
    check_zero(c)?;
    let elem = match (c.maybe(2), c.attributes.int("output_dtype", 0)?) {
        (Some(z), _) => z.ty.elem,
        (None, 0) => ElemType::Int(IntType::new(8, false)),
        (None, code) => element_type(code)?,
    };
    if !matches!(elem, ElemType::Int(t) if t.bits <= 16) {
        return Err(format!("quantising to {elem} is not supported"));
    }
    Ok(vec![TensorType::new(elem, c.shape(0)?)])
}

/// Rounds half to even and saturates; NaN becomes 0.
pub(super) fn saturate(v: f32, zero: i64, t: IntType) -> i64 {
    (v.round_ties_even() as i64).saturating_add(zero).clamp(t.min(), t.max())
}

/// `saturate(round(x / scale) + zero)`, divided in the type of the scale unless `precision` names another.
fn quantize(c: &Call<'_>, types: &[TensorType]) -> Host<Vec<Tensor>> {
    let to = types.first().ok_or("no result")?;
    let ElemType::Int(t) = to.elem else { return Err("no integers".into()) };
    let grid = Grid::new(c)?;
    let (x, scale) = (c.value(0)?, c.value(1)?);
    let width = match c.attributes.int("precision", 0)? {
        0 => scale.elem,
        code => element_type(code)?,
    };
    let zero = c.maybe_i64(2)?.unwrap_or_default();
    let values = x.to_f32();
    let scales = scale.to_f32();
    let one = |(i, v): (usize, &f32)| -> Host<i64> {
        let at = grid.at(i);
        let s = scales.get(at).ok_or("a scale is missing")?;
        Ok(saturate(round_to(width, v / s), zero.get(at).copied().unwrap_or(0), t))
    };
    let data = values.iter().enumerate().map(one).collect::<Host<Vec<_>>>()?;
    Ok(vec![Tensor::ints(t, &to.shape[..], data)])
}

fn dequantize_type(c: &Call<'_>) -> Host<Vec<TensorType>> {
    Grid::new(c)?;
    check_zero(c)?;
    let x = c.ty(0)?;
    if !matches!(x.elem, ElemType::Int(t) if t.bits <= 32) {
        return Err(format!("dequantising from {} is not supported", x.elem));
    }
    let elem = match c.attributes.int("output_dtype", 0)? {
        0 => c.ty(1)?.elem,
        code => element_type(code)?,
    };
    if !matches!(elem, ElemType::F32 | ElemType::F16 | ElemType::BF16) {
        return Err(format!("dequantising to {elem} is not supported"));
    }
    Ok(vec![TensorType::new(elem, &x.shape[..])])
}

/// `(x - zero) * scale`, multiplied in f32.
fn dequantize(c: &Call<'_>, types: &[TensorType]) -> Host<Vec<Tensor>> {
    let to = types.first().ok_or("no result")?;
    let grid = Grid::new(c)?;
    let scales = c.value(1)?.to_f32();
    let zero = c.maybe_i64(2)?.unwrap_or_default();
    let one = |(i, v): (usize, &i64)| -> Host<f32> {
        let at = grid.at(i);
        let s = scales.get(at).ok_or("a scale is missing")?;
        Ok(v.saturating_sub(zero.get(at).copied().unwrap_or(0)) as f32 * s)
    };
    let data = c.value(0)?.to_i64().iter().enumerate().map(one).collect::<Host<Vec<_>>>()?;
    Ok(vec![Tensor::floats(to.elem, &to.shape[..], data)])
}

fn dynamic_type(c: &Call<'_>) -> Host<Vec<TensorType>> {
    let u8_type = ElemType::Int(IntType::new(8, false));
    let all = [TensorType::new(u8_type, c.shape(0)?), TensorType::new(ElemType::F32, []), TensorType::new(u8_type, [])];
    Ok(all.into_iter().take(c.results.max(1)).collect())
}

/// Scale and zero point from the range, which includes 0.
fn dynamic(c: &Call<'_>, types: &[TensorType]) -> Host<Vec<Tensor>> {
    let Data::Float(x) = &c.value(0)?.data else { return Err("operand 0 must be of f32".into()) };
    let t = IntType::new(8, false);
    let (low, high) = x.iter().fold((0f32, 0f32), |(l, h), v| (l.min(*v), h.max(*v)));
    let scale = if high == low { 1.0 } else { (high - low) / 255.0 };
    let zero = saturate((0.0 - low) / scale, 0, t);
    let y = Tensor::ints(t, c.shape(0)?, x.iter().map(|v| saturate(v / scale, zero, t)).collect());
    let all = [y, Tensor::floats(ElemType::F32, [], vec![scale]), Tensor::ints(t, [], vec![zero])];
    Ok(all.into_iter().take(types.len()).collect())
}

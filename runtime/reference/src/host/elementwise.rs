//! Relu, Clip and Add.

use super::{Attributes, Operands};
use crate::error::Kernel;
use crate::tensor::{FloatTensor, elements};

pub(super) fn relu(x: &Operands<'_>) -> Kernel<FloatTensor> {
    let x = x.float(0)?;
    // A NaN stays NaN, unlike with `f32::max`.
    let data = x.data.iter().map(|&v| if v < 0.0 { 0.0 } else { v }).collect();
    FloatTensor::new(x.shape.to_vec(), data)
}

/// Bounds are operands 1 and 2 (both or the lower only), or the attributes `min` and `max`.
pub(super) fn clip(x: &Operands<'_>, a: &Attributes<'_>) -> Kernel<FloatTensor> {
    let bound = |i: usize, name: &str| -> Kernel<Option<f32>> {
        match x.optional(i)? {
            Some(t) if t.data.len() == 1 => Ok(t.data.first().copied()),
            Some(t) => Err(format!("bound {name} must have one element, it has {}", t.data.len())),
            None => Ok(a.float(name)),
        }
    };
    let (lo, hi) = (bound(1, "min")?, bound(2, "max")?);
    let x = x.float(0)?;
    // As ONNX defines it: min(max(x, lo), hi), also for lo > hi.
    let data = x
        .data
        .iter()
        .map(|&v| {
            let v = lo.map_or(v, |lo| if v < lo { lo } else { v });
            hi.map_or(v, |hi| if v > hi { hi } else { v })
        })
        .collect();
    FloatTensor::new(x.shape.to_vec(), data)
}

pub(super) fn add(x: &Operands<'_>) -> Kernel<FloatTensor> {
    let (a, b) = (x.float(0)?, x.float(1)?);
    let shape = broadcast(a.shape, b.shape)?;
    let n = elements(&shape)?;
    let (ia, ib) = (strides(a.shape, &shape), strides(b.shape, &shape));
    let mut data = Vec::with_capacity(n);
    for i in 0..n {
        let (mut rest, mut at, mut bt) = (i, 0, 0);
        for d in (0..shape.len()).rev() {
            let digit = rest % shape[d] as usize;
            rest /= shape[d] as usize;
            at += digit * ia[d];
            bt += digit * ib[d];
        }
        match (a.data.get(at), b.data.get(bt)) {
            (Some(a), Some(b)) => data.push(a + b),
            _ => return Err("operand shapes and elements do not agree".into()),
        }
    }
    FloatTensor::new(shape, data)
}

/// NumPy broadcasting of two shapes.
pub(super) fn broadcast(a: &[u32], b: &[u32]) -> Kernel<Vec<u32>> {
    let rank = a.len().max(b.len());
    let dim = |s: &[u32], d: usize| (d + s.len()).checked_sub(rank).and_then(|i| s.get(i)).copied().unwrap_or(1);
    (0..rank)
        .map(|d| match (dim(a, d), dim(b, d)) {
            (x, y) if x == y => Ok(x),
            (1, y) => Ok(y),
            (x, 1) => Ok(x),
            _ => Err(format!("shapes {a:?} and {b:?} do not broadcast")),
        })
        .collect()
}

/// Element strides of `shape` seen in the broadcast shape `to`: 0 in stretched dimensions.
pub(super) fn strides(shape: &[u32], to: &[u32]) -> Vec<usize> {
    let mut out = vec![0; to.len()];
    let mut stride = 1;
    let lead = to.len().saturating_sub(shape.len());
    for d in (0..shape.len()).rev() {
        if let Some(o) = out.get_mut(d + lead) {
            *o = if shape[d] == 1 { 0 } else { stride };
        }
        stride *= shape[d] as usize;
    }
    out
}

//! Normalization of channels over the batch, and among neighbouring channels.

use super::cast::to_type;
use super::elements::size;
use super::kinds::{Kind, alike, at_most, one, operand};
use super::math::{Real, Stored, by_width};
use super::normalize::{channels, epsilon, moments, per_channel};
use crate::Host;
use crate::call::{Call, Operator};
use crate::tensor::{Tensor, TensorType};

/// The family.
pub(super) const OPERATORS: &[Operator] = &[
    Operator {
        name: "BatchNormalization",
        attributes: &["epsilon", "momentum", "spatial", "training_mode"],
        infer: batch_types,
        evaluate: |c, t| by_width!(c, batch(c, t)),
    },
    Operator {
        name: "LRN",
        attributes: &["alpha", "beta", "bias", "size"],
        infer: lrn_type,
        evaluate: |c, _| by_width!(c, lrn(c)),
    },
];

fn trains(c: &Call<'_>) -> Host<bool> {
    Ok(c.version >= 14 && c.attributes.int("training_mode", 0)? != 0)
}

fn batch_types(c: &Call<'_>) -> Host<Vec<TensorType>> {
    at_most(c, 5)?;
    let x = operand(c, 0, Kind::Float)?;
    if c.version < 9 && c.attributes.int("spatial", 1)? == 0 {
        return Err("statistics per element (spatial = 0) are not supported".into());
    }
    // A tensor without channels has one.
    let n = if x.rank() == 1 { 1 } else { channels(c)? };
    for i in 1..5 {
        per_channel(c, i, n)?;
        if c.version < 14 {
            alike(c, i)?;
        }
    }
    let training = trains(c)?;
    if c.results > 1 && !training {
        let when =
            if c.version < 14 { "training before operator set 14 is not supported" } else { "training_mode is 0" };
        return Err(format!("{} results are listed, but {when}; there is one", c.results));
    }
    let mut types = vec![x.clone()];
    if training {
        types.extend([c.ty(3)?.clone(), c.ty(4)?.clone()]);
        types.truncate(c.results.clamp(1, 3));
    }
    Ok(types)
}

fn batch<R: Stored>(c: &Call<'_>, types: &[TensorType]) -> Host<Vec<Tensor>> {
    let (x, epsilon) = (c.value(0)?, epsilon(c)?);
    let (scale, offset) = (c.value(1)?.to_f64(), c.value(2)?.to_f64());
    let (mut mean, mut variance) = (c.value(3)?.to_f64(), c.value(4)?.to_f64());
    let n = scale.len().max(1);
    let plane = size(x.shape.get(2..).unwrap_or_default()).max(1);
    let mut v = R::slice(c, 0)?.to_vec();
    let mut running = Vec::new();
    if trains(c)? {
        let momentum = f64::from(c.attributes.float("momentum", 0.9)?);
        let (old_mean, old_variance) = (mean, variance);
        let planes: Vec<&[R]> = v.chunks_exact(plane).collect();
        let of_channel = |i: usize| planes.iter().skip(i).step_by(n).copied().flatten().copied().collect::<Vec<R>>();
        (mean, variance) = (0..n).map(|i| moments(&of_channel(i))).unzip();
        let moved = |old: &[f64], new: &[f64]| -> Vec<f64> {
            old.iter().zip(new).map(|(old, new)| old * momentum + new * (1.0 - momentum)).collect()
        };
        running = vec![moved(&old_mean, &mean), moved(&old_variance, &variance)];
    }
    // Per channel first, in f64: two operations remain for an element.
    let factor: Vec<f64> = scale.iter().zip(&variance).map(|(s, v)| s / (v + epsilon).sqrt()).collect();
    let parameters: Vec<(f64, f64, f64)> =
        factor.iter().zip(&mean).zip(&offset).map(|((f, m), b)| (*f, *m, *b)).collect();
    for (plane, (factor, mean, offset)) in v.chunks_exact_mut(plane).zip(parameters.iter().cycle()) {
        plane.iter_mut().for_each(|v| *v = R::of((R::wide(*v) - mean) * factor + offset));
    }
    let mut out = vec![R::tensor(x.elem, &x.shape, v)];
    for (t, v) in types.iter().skip(1).zip(running) {
        out.push(to_type(&Tensor::doubles(&t.shape[..], v), t.elem));
    }
    Ok(out)
}

/// Number of neighbouring channels.
fn window(c: &Call<'_>) -> Host<usize> {
    let given = c.attributes.maybe_int("size")?.ok_or("attribute 'size' is missing")?;
    let size = usize::try_from(given).ok().filter(|s| (1..=i32::MAX as usize).contains(s));
    size.ok_or_else(|| format!("attribute 'size' is {given}; it must be positive"))
}

fn lrn_type(c: &Call<'_>) -> Host<Vec<TensorType>> {
    window(c)?;
    channels(c)?;
    one(c, Kind::Float)
}

/// Each element over a power of the squares of its position in the neighbouring channels.
fn lrn<R: Stored>(c: &Call<'_>) -> Host<Vec<Tensor>> {
    let (x, window, n) = (c.value(0)?, window(c)?, channels(c)?);
    let alpha = f64::from(c.attributes.float("alpha", 1e-4)?);
    let beta = f64::from(c.attributes.float("beta", 0.75)?);
    let bias = f64::from(c.attributes.float("bias", 1.0)?);
    let plane = size(x.shape.get(2..).unwrap_or_default());
    let v = R::slice(c, 0)?;
    // 3/4, the usual exponent, by roots: a general power costs many times as much.
    let power = |s: f64| if beta == 0.75 { s.sqrt() * s.sqrt().sqrt() } else { <f64 as Real>::pow(s, beta) };
    let (before, after) = ((window - 1) / 2, window / 2);
    let mut out = Vec::with_capacity(v.len());
    for image in v.chunks_exact((n * plane).max(1)) {
        for (channel, line) in image.chunks_exact(plane.max(1)).enumerate() {
            let mut squares = vec![0.0; plane];
            let (from, to) = (channel.saturating_sub(before), (channel + after + 1).min(n));
            for near in image.chunks_exact(plane.max(1)).take(to).skip(from) {
                squares.iter_mut().zip(near).for_each(|(s, v)| *s += R::wide(*v) * R::wide(*v));
            }
            let scale = |s: f64| power(bias + alpha / window as f64 * s);
            out.extend(line.iter().zip(&squares).map(|(v, s)| R::of(R::wide(*v) / scale(*s))));
        }
    }
    Ok(vec![R::tensor(x.elem, &x.shape, out)])
}

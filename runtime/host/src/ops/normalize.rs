//! Normalization of layers, groups and instances: to zero mean and unit variance, or to unit norm.
//!
//! Statistics are sums in f64 over the deviations themselves, so that a large mean costs no digits.

use super::binary::only;
use super::elements::{axes, size};
use super::kinds::{Kind, alike, at_most, one, operand, since};
use super::math::{Stored, by_width};
use super::reduce::reduced_shape;
use super::rows::{Along, grouped};
use super::zip::zip;
use crate::Host;
use crate::broadcast::broadcast;
use crate::call::{Call, Operator, axis};
use crate::tensor::{Tensor, TensorType};
use cim_isa::types::ElemType;

/// The family.
pub(super) const OPERATORS: &[Operator] = &[
    Operator {
        name: "LayerNormalization",
        attributes: &["axis", "epsilon", "stash_type"],
        infer: layer_types,
        evaluate: |c, t| by_width!(c, layer(c, t)),
    },
    Operator {
        name: "RMSNormalization",
        attributes: &["axis", "epsilon", "stash_type"],
        infer: rms_type,
        evaluate: |c, t| by_width!(c, rms(c, t)),
    },
    Operator {
        name: "GroupNormalization",
        attributes: &["epsilon", "num_groups", "stash_type"],
        infer: group_type,
        evaluate: |c, _| by_width!(c, group(c)),
    },
    Operator {
        name: "InstanceNormalization",
        attributes: &["epsilon"],
        infer: instance_type,
        evaluate: |c, _| by_width!(c, instance(c)),
    },
    Operator {
        name: "LpNormalization",
        attributes: &["axis", "p"],
        infer: lp_type,
        evaluate: |c, _| by_width!(c, lp(c)),
    },
    Operator {
        name: "MeanVarianceNormalization",
        attributes: &["axes"],
        infer: mean_variance_type,
        evaluate: |c, _| by_width!(c, mean_variance(c)),
    },
];

/// Sum of a function of the elements, in eight partial sums: one would wait for its own result at every element.
fn sum<R: Stored>(line: &[R], f: impl Fn(f64) -> f64) -> f64 {
    let mut parts = [0.0; 8];
    let chunks = line.chunks_exact(8);
    let rest = chunks.remainder().iter().fold(0.0, |s, v| s + f(R::wide(*v)));
    for chunk in chunks {
        parts.iter_mut().zip(chunk).for_each(|(s, v)| *s += f(R::wide(*v)));
    }
    parts.iter().fold(rest, |s, p| s + p)
}

/// Mean and variance of a line.
pub(super) fn moments<R: Stored>(line: &[R]) -> (f64, f64) {
    let n = line.len() as f64;
    let mean = sum(line, |v| v) / n;
    (mean, sum(line, |v| (v - mean) * (v - mean)) / n)
}

/// To zero mean and unit variance, in place; gives the mean and the inverse deviation.
fn standardize<R: Stored>(line: &mut [R], epsilon: f64) -> (f64, f64) {
    let (mean, variance) = moments(line);
    let inverse = 1.0 / (variance + epsilon).sqrt();
    line.iter_mut().for_each(|v| *v = R::of((R::wide(*v) - mean) * inverse));
    (mean, inverse)
}

pub(super) fn epsilon(c: &Call<'_>) -> Host<f64> {
    Ok(f64::from(c.attributes.float("epsilon", 1e-5)?))
}

/// The type in which statistics are given.
fn stash(c: &Call<'_>) -> Host<ElemType> {
    match c.attributes.int("stash_type", 1)? {
        1 => Ok(ElemType::F32),
        16 => Ok(ElemType::BF16),
        other => Err(format!("attribute 'stash_type' is {other}; it must be 1 (float) or 16 (bfloat16)")),
    }
}

/// Operand `i` has one floating point element for each of `n` channels.
pub(super) fn per_channel(c: &Call<'_>, i: usize, n: usize) -> Host<()> {
    let shape = &operand(c, i, Kind::Float)?.shape;
    if **shape == [n] { Ok(()) } else { Err(format!("operand {i} must have the shape [{n}], but has {shape:?}")) }
}

/// Number of channels of operand 0, which is floating point with batch and channels.
pub(super) fn channels(c: &Call<'_>) -> Host<usize> {
    match operand(c, 0, Kind::Float)?.shape[..] {
        [_, channels, ..] => Ok(channels),
        ref other => Err(format!("operand 0 must have batch and channels, but has the shape {other:?}")),
    }
}

/// Operand `i` broadcasts to the shape of operand 0.
fn fits(c: &Call<'_>, i: usize) -> Host<()> {
    let (x, s) = (c.shape(0)?, c.shape(i)?);
    if broadcast(&[x, s])? == x {
        Ok(())
    } else {
        Err(format!("operand {i} of shape {s:?} does not broadcast to {x:?}"))
    }
}

/// `v * scale + offset`, which broadcast to `shape`.
fn affine<R: Stored>(v: &[R], shape: &[usize], scale: (&[R], &[usize]), offset: Option<(&[R], &[usize])>) -> Vec<R> {
    let v = zip(shape, (v, shape), scale, |v, s| v * s);
    match offset {
        Some(offset) => zip(shape, (&v, shape), offset, |v, b| v + b),
        None => v,
    }
}

/// As [`affine`], with operands 1 and 2, which have an element per channel.
fn affine_by_channel<R: Stored>(c: &Call<'_>, v: &[R]) -> Host<Vec<Tensor>> {
    let x = c.value(0)?;
    let mut per = vec![1; x.shape.len().saturating_sub(1)];
    if let Some(first) = per.first_mut() {
        *first = channels(c)?;
    }
    let y = affine(v, &x.shape, (R::slice(c, 1)?, &per), Some((R::slice(c, 2)?, &per)));
    Ok(vec![R::tensor(x.elem, &x.shape, y)])
}

fn layer_types(c: &Call<'_>) -> Host<Vec<TensorType>> {
    since(c, 17, "LayerNormalization")?;
    at_most(c, 3)?;
    let x = operand(c, 0, Kind::Float)?;
    let a = axis(c.attributes.int("axis", -1)?, x.rank())?;
    for i in (1..3).filter(|i| *i == 1 || c.maybe(*i).is_some()) {
        alike(c, i)?;
        fits(c, i)?;
    }
    let kept = x.shape.iter().enumerate().map(|(i, d)| if i < a { *d } else { 1 }).collect::<Vec<_>>();
    let statistics = TensorType::new(stash(c)?, kept);
    let mut types = vec![x.clone(), statistics.clone(), statistics];
    types.truncate(c.results.clamp(1, 3));
    Ok(types)
}

fn layer<R: Stored>(c: &Call<'_>, types: &[TensorType]) -> Host<Vec<Tensor>> {
    let (x, scale, offset) = (c.value(0)?, c.value(1)?, c.maybe_value(2)?);
    let a = axis(c.attributes.int("axis", -1)?, x.shape.len())?;
    let epsilon = epsilon(c)?;
    let mut v = R::slice(c, 0)?.to_vec();
    let (mut means, mut inverses) = (Vec::new(), Vec::new());
    Along::new(&x.shape, a, x.shape.len()).each(&mut v, |line| {
        let (mean, inverse) = standardize(line, epsilon);
        means.push(mean as f32);
        inverses.push(inverse as f32);
    });
    let offset = offset.map(|t| Ok::<_, String>((R::slice(c, 2)?, &t.shape[..]))).transpose()?;
    let y = affine(&v, &x.shape, (R::slice(c, 1)?, &scale.shape), offset);
    let mut out = vec![R::tensor(x.elem, &x.shape, y)];
    for (t, v) in types.iter().skip(1).zip([means, inverses]) {
        // Lines without elements are not visited: what is asked of them is not a number.
        let v = if v.is_empty() { vec![f32::NAN; t.count()] } else { v };
        out.push(Tensor::floats(t.elem, &t.shape[..], v));
    }
    Ok(out)
}

fn rms_type(c: &Call<'_>) -> Host<Vec<TensorType>> {
    since(c, 23, "RMSNormalization")?;
    at_most(c, 2)?;
    let x = operand(c, 0, Kind::Float)?;
    axis(c.attributes.int("axis", -1)?, x.rank())?;
    stash(c)?;
    fits(c, 1)?;
    Ok(vec![TensorType::new(operand(c, 1, Kind::Float)?.elem, &x.shape[..])])
}

/// The result has the type of the scale.
fn rms<R: Stored>(c: &Call<'_>, types: &[TensorType]) -> Host<Vec<Tensor>> {
    let (x, scale, t) = (c.value(0)?, c.value(1)?, only(types)?);
    let a = axis(c.attributes.int("axis", -1)?, x.shape.len())?;
    let epsilon = epsilon(c)?;
    let mut v = R::slice(c, 0)?.to_vec();
    Along::new(&x.shape, a, x.shape.len()).each(&mut v, |line| {
        let inverse = 1.0 / (sum(line, |v| v * v) / line.len() as f64 + epsilon).sqrt();
        line.iter_mut().for_each(|v| *v = R::of(R::wide(*v) * inverse));
    });
    if x.elem == scale.elem {
        let y = affine(&v, &x.shape, (R::slice(c, 1)?, &scale.shape), None);
        return Ok(vec![R::tensor(x.elem, &x.shape, y)]);
    }
    let v: Vec<f64> = v.into_iter().map(R::wide).collect();
    let y = affine(&v, &x.shape, (&scale.to_f64(), &scale.shape), None);
    Ok(vec![super::cast::to_type(&Tensor::doubles(&x.shape[..], y), t.elem)])
}

/// Number of groups, which divides the channels.
fn groups(c: &Call<'_>) -> Host<usize> {
    let channels = channels(c)?;
    let given = c.attributes.maybe_int("num_groups")?.ok_or("attribute 'num_groups' is missing")?;
    let groups = usize::try_from(given).ok().filter(|g| *g > 0 && channels % g == 0);
    groups.ok_or_else(|| format!("attribute 'num_groups' is {given}; it must divide the {channels} channels"))
}

/// Scale and offset have an element per group in version 18, per channel since 21.
fn group_type(c: &Call<'_>) -> Host<Vec<TensorType>> {
    since(c, 18, "GroupNormalization")?;
    at_most(c, 3)?;
    let groups = groups(c)?;
    stash(c)?;
    for i in 1..3 {
        alike(c, i)?;
        per_channel(c, i, if c.version < 21 { groups } else { channels(c)? })?;
    }
    Ok(vec![c.ty(0)?.clone()])
}

fn group<R: Stored>(c: &Call<'_>) -> Host<Vec<Tensor>> {
    let x = c.value(0)?;
    let (groups, epsilon) = (groups(c)?, epsilon(c)?);
    let mut v = R::slice(c, 0)?.to_vec();
    let batch = x.shape.first().copied().unwrap_or(0);
    let line = v.len() / (batch * groups).max(1);
    v.chunks_exact_mut(line.max(1)).for_each(|line| {
        standardize(line, epsilon);
    });
    if c.version >= 21 {
        return affine_by_channel(c, &v);
    }
    let by_group = [batch, groups, line];
    let y = affine(&v, &by_group, (R::slice(c, 1)?, &[groups, 1]), Some((R::slice(c, 2)?, &[groups, 1])));
    Ok(vec![R::tensor(x.elem, &x.shape, y)])
}

fn instance_type(c: &Call<'_>) -> Host<Vec<TensorType>> {
    at_most(c, 3)?;
    let channels = channels(c)?;
    for i in 1..3 {
        alike(c, i)?;
        per_channel(c, i, channels)?;
    }
    Ok(vec![c.ty(0)?.clone()])
}

fn instance<R: Stored>(c: &Call<'_>) -> Host<Vec<Tensor>> {
    let epsilon = epsilon(c)?;
    let mut v = R::slice(c, 0)?.to_vec();
    let line = size(c.shape(0)?.get(2..).unwrap_or_default());
    v.chunks_exact_mut(line.max(1)).for_each(|line| {
        standardize(line, epsilon);
    });
    affine_by_channel(c, &v)
}

fn lp_type(c: &Call<'_>) -> Host<Vec<TensorType>> {
    axis(c.attributes.int("axis", -1)?, c.ty(0)?.rank())?;
    match c.attributes.int("p", 2)? {
        1 | 2 => one(c, Kind::Float),
        p => Err(format!("attribute 'p' is {p}; it must be 1 or 2")),
    }
}

fn lp<R: Stored>(c: &Call<'_>) -> Host<Vec<Tensor>> {
    let x = c.value(0)?;
    let a = axis(c.attributes.int("axis", -1)?, x.shape.len())?;
    let squares = c.attributes.int("p", 2)? == 2;
    let mut v = R::slice(c, 0)?.to_vec();
    Along::new(&x.shape, a, a + 1).each(&mut v, |line| {
        let norm = if squares { sum(line, |v| v * v).sqrt() } else { sum(line, f64::abs) };
        line.iter_mut().for_each(|v| *v = R::of(R::wide(*v) / norm));
    });
    Ok(vec![R::tensor(x.elem, &x.shape, v)])
}

fn mean_variance_axes(c: &Call<'_>) -> Host<Vec<usize>> {
    axes(c.attributes.ints("axes").unwrap_or(&[0, 2, 3]), c.ty(0)?.rank())
}

fn mean_variance_type(c: &Call<'_>) -> Host<Vec<TensorType>> {
    since(c, 9, "MeanVarianceNormalization")?;
    mean_variance_axes(c)?;
    one(c, Kind::Float)
}

fn mean_variance<R: Stored>(c: &Call<'_>) -> Host<Vec<Tensor>> {
    let x = c.value(0)?;
    let over = mean_variance_axes(c)?;
    let (shape, kept) = (&x.shape[..], reduced_shape(&x.shape, &over, true));
    let g = grouped(shape, &over);
    let n = g.size as f64;
    let v = R::slice(c, 0)?;
    let sums = g.fold(v, vec![0.0; size(&kept)], |s, v| s + R::wide(v));
    let centred = zip(shape, (v, shape), (&sums, &kept), |v, s| R::wide(v) - s / n);
    let squares = g.fold(&centred, vec![0.0; size(&kept)], |s, v| s + v * v);
    // The small number belongs to the operator's definition.
    let y = zip(shape, (&centred, shape), (&squares, &kept), |v, s| R::of(v / ((s / n).sqrt() + 1e-9)));
    Ok(vec![R::tensor(x.elem, shape, y)])
}

//! Elements in other places: transposes, concatenations, slices, tiles, pads.

use super::elements::{axes, dimension, filled, list, map_data, pick, select, size, transposed, turned, zeros};
use crate::Host;
use crate::broadcast::broadcast;
use crate::call::{Call, Operator, axis};
use crate::tensor::{Tensor, TensorType};

/// The family.
pub(super) const OPERATORS: &[Operator] = &[
    Operator { name: "Transpose", attributes: &["perm"], infer: transpose_type, evaluate: transpose },
    Operator { name: "Concat", attributes: &["axis"], infer: concat_type, evaluate: concat },
    Operator { name: "Split", attributes: &["axis", "split", "num_outputs"], infer: split_type, evaluate: split },
    Operator { name: "Slice", attributes: &["starts", "ends", "axes"], infer: slice_type, evaluate: slice },
    Operator { name: "Expand", attributes: &[], infer: expand_type, evaluate: stretch },
    Operator { name: "Tile", attributes: &[], infer: tile_type, evaluate: stretch },
    Operator { name: "DepthToSpace", attributes: &["blocksize", "mode"], infer: to_space_type, evaluate: to_space },
    Operator { name: "SpaceToDepth", attributes: &["blocksize"], infer: to_depth_type, evaluate: to_depth },
    Operator {
        name: "ReverseSequence",
        attributes: &["batch_axis", "time_axis"],
        infer: super::unary::same,
        evaluate: reverse,
    },
    Operator { name: "Compress", attributes: &["axis"], infer: compress_type, evaluate: compress },
];

fn permutation(c: &Call<'_>) -> Host<Vec<usize>> {
    let rank = c.shape(0)?.len();
    let Some(perm) = c.attributes.ints("perm") else { return Ok((0..rank).rev().collect()) };
    let perm = axes(perm, rank)?;
    if perm.len() != rank {
        return Err(format!("perm {perm:?} does not have {rank} axes"));
    }
    Ok(perm)
}

fn transpose_type(c: &Call<'_>) -> Host<Vec<TensorType>> {
    Ok(vec![TensorType::new(c.ty(0)?.elem, turned(c.shape(0)?, &permutation(c)?).0)])
}

fn transpose(c: &Call<'_>, _: &[TensorType]) -> Host<Vec<Tensor>> {
    let x = c.value(0)?;
    Ok(vec![transposed(x, &x.shape, &permutation(c)?)?])
}

fn concat_axis(c: &Call<'_>) -> Host<usize> {
    axis(c.attributes.maybe_int("axis")?.ok_or("attribute 'axis' is missing")?, c.shape(0)?.len())
}

fn concat_type(c: &Call<'_>) -> Host<Vec<TensorType>> {
    let axis = concat_axis(c)?;
    let mut out = c.ty(0)?.clone();
    for i in 1..c.operands.len() {
        let t = c.ty(i)?;
        let fits =
            t.rank() == out.rank() && t.shape.iter().zip(&out.shape).enumerate().all(|(d, (a, b))| d == axis || a == b);
        if !fits || t.elem != out.elem {
            return Err(format!("operand {i} of {t} does not fit {out} outside axis {axis}"));
        }
        out.shape[axis] = out.shape[axis].saturating_add(t.shape[axis]);
    }
    Ok(vec![out])
}

fn concat(c: &Call<'_>, types: &[TensorType]) -> Host<Vec<Tensor>> {
    let axis = concat_axis(c)?;
    let mut out = zeros(types.first().ok_or("no result")?);
    let whole = size(out.shape.get(axis..).unwrap_or_default());
    let mut at = 0;
    for i in 0..c.operands.len() {
        let x = c.value(i)?;
        let run = size(x.shape.get(axis..).unwrap_or_default());
        put(&mut out, x, at, whole, run)?;
        at += run;
    }
    Ok(vec![out])
}

/// Copies runs of `run` elements of `x` to `to`, one every `whole` elements from `at`.
fn put(to: &mut Tensor, x: &Tensor, at: usize, whole: usize, run: usize) -> Host<()> {
    fn go<T: Copy>(to: &mut [T], x: &[T], at: usize, whole: usize, run: usize) {
        for (to, x) in to.chunks_exact_mut(whole.max(1)).zip(x.chunks_exact(run.max(1))) {
            if let Some(to) = to.get_mut(at..at + run) {
                to.copy_from_slice(x);
            }
        }
    }
    use crate::tensor::Data as D;
    if run == 0 {
        return Ok(());
    }
    match (&mut to.data, &x.data) {
        (D::Float(t), D::Float(x)) => go(t, x, at, whole, run),
        (D::Double(t), D::Double(x)) => go(t, x, at, whole, run),
        (D::Int(t), D::Int(x)) => go(t, x, at, whole, run),
        (D::Bool(t), D::Bool(x)) => go(t, x, at, whole, run),
        _ => return Err("operands have different types".into()),
    }
    Ok(())
}

/// Most parts of a Split.
const MAX_PARTS: usize = 1 << 16;

fn split_type(c: &Call<'_>) -> Host<Vec<TensorType>> {
    let x = c.ty(0)?;
    let axis = axis(c.attributes.int("axis", 0)?, x.rank())?;
    let all = x.shape[axis];
    let parts = match list(c, 1, "split")? {
        Some(parts) => parts.iter().map(|p| dimension(*p)).collect::<Host<Vec<_>>>()?,
        None => {
            let wanted = c.attributes.maybe_int("num_outputs")?.map_or(Ok(c.results), dimension)?;
            if wanted < c.results {
                return Err(format!("num_outputs is {wanted}, but there are {} results", c.results));
            }
            // Parts are listed one by one.
            if wanted > MAX_PARTS {
                return Err(format!("{wanted} parts are more than the limit of {MAX_PARTS}"));
            }
            let n = wanted.max(1);
            if c.version < 18 && !all.is_multiple_of(n) {
                return Err(format!("dimension {all} cannot be split into {n} equal parts"));
            }
            let part = all.div_ceil(n);
            (0..n).map(|i| part.min(all - (i * part).min(all))).collect()
        }
    };
    if parts.iter().sum::<usize>() != all || parts.len() < c.results {
        return Err(format!("parts {parts:?} are not {} or more parts of a dimension of {all}", c.results));
    }
    let part = |p: &usize| {
        let mut t = x.clone();
        t.shape[axis] = *p;
        t
    };
    // A caller may ask for the first ones only.
    Ok(parts.iter().take(c.results).map(part).collect())
}

fn split(c: &Call<'_>, types: &[TensorType]) -> Host<Vec<Tensor>> {
    let x = c.value(0)?;
    let axis = axis(c.attributes.int("axis", 0)?, x.shape.len())?;
    let whole = size(&x.shape[axis..]).max(1);
    let mut at = 0;
    let mut out = Vec::with_capacity(types.len());
    for t in types {
        let run = size(&t.shape[axis..]);
        let data = map_data!(&x.data, v => v.chunks_exact(whole).flat_map(|r| r.get(at..at + run).unwrap_or_default()).copied().collect());
        out.push(Tensor { elem: x.elem, shape: t.shape.clone(), data });
        at += run;
    }
    Ok(out)
}

/// First index, step and count of a slice of each axis.
fn ranges(c: &Call<'_>) -> Host<Vec<(i64, i64, usize)>> {
    let shape = c.shape(0)?;
    let starts = list(c, 1, "starts")?.ok_or("starts are missing")?;
    let ends = list(c, 2, "ends")?.ok_or("ends are missing")?;
    let given = list(c, 3, "axes")?.unwrap_or_else(|| (0..starts.len() as i64).collect());
    let steps = c.maybe_i64(4)?.unwrap_or_else(|| vec![1; starts.len()]);
    if [ends.len(), given.len(), steps.len()].iter().any(|n| *n != starts.len()) {
        return Err("starts, ends, axes and steps differ in number".into());
    }
    let mut out: Vec<_> = shape.iter().map(|d| (0, 1, *d)).collect();
    for (i, d) in axes(&given, shape.len())?.into_iter().enumerate() {
        let (n, step) = (shape[d] as i64, steps[i]);
        let from_end = |v: i64| if v < 0 { v.saturating_add(n) } else { v };
        let (low, high) = if step < 0 { (-1, n - 1) } else { (0, n) };
        let start = from_end(starts[i]).clamp(low.max(0).min(high), high);
        let end = from_end(ends[i]).clamp(low, high);
        let count = match step {
            0 => return Err("a step is 0".into()),
            1.. => (i128::from(end) - i128::from(start) + i128::from(step) - 1) / i128::from(step),
            _ => (i128::from(start) - i128::from(end) - i128::from(step) - 1) / -i128::from(step),
        };
        out[d] = (start, step, count.clamp(0, i128::from(n)) as usize);
    }
    Ok(out)
}

fn slice_type(c: &Call<'_>) -> Host<Vec<TensorType>> {
    Ok(vec![TensorType::new(c.ty(0)?.elem, ranges(c)?.iter().map(|r| r.2).collect::<Vec<_>>())])
}

fn slice(c: &Call<'_>, _: &[TensorType]) -> Host<Vec<Tensor>> {
    let table = |&(start, step, count): &(i64, i64, usize)| {
        (0..count as i64).map(|i| usize::try_from(start + i.saturating_mul(step)).ok()).collect::<Vec<_>>()
    };
    let x = c.value(0)?;
    Ok(vec![select(x, &one_zero(x), &ranges(c)?.iter().map(table).collect::<Vec<_>>())?])
}

/// The fill value of tables without holes.
fn one_zero(x: &Tensor) -> Tensor {
    zeros(&TensorType::new(x.elem, [1]))
}

fn expand_type(c: &Call<'_>) -> Host<Vec<TensorType>> {
    let to = c.value(1)?.to_i64().iter().map(|d| dimension(*d)).collect::<Host<Vec<_>>>()?;
    Ok(vec![TensorType::new(c.ty(0)?.elem, broadcast(&[c.shape(0)?, &to])?)])
}

fn tile_type(c: &Call<'_>) -> Host<Vec<TensorType>> {
    let shape = c.shape(0)?;
    let times = c.value(1)?.to_i64().iter().map(|d| dimension(*d)).collect::<Host<Vec<_>>>()?;
    if times.len() != shape.len() {
        return Err(format!("{} repeats for {} dimensions", times.len(), shape.len()));
    }
    Ok(vec![TensorType::new(
        c.ty(0)?.elem,
        shape.iter().zip(&times).map(|(d, t)| d.saturating_mul(*t)).collect::<Vec<_>>(),
    )])
}

/// Repeats every dimension as often as it fits the one that the rule gave.
fn stretch(c: &Call<'_>, types: &[TensorType]) -> Host<Vec<Tensor>> {
    let to = types.first().ok_or("no result")?;
    let mut x = c.value(0)?.clone();
    while x.shape.len() < to.rank() {
        x.shape.insert(0, 1);
    }
    let tables: Vec<Vec<_>> =
        to.shape.iter().zip(&x.shape).map(|(t, d)| (0..*t).map(|i| Some(i % (*d).max(1))).collect()).collect();
    Ok(vec![select(&x, &one_zero(&x), &tables)?])
}

/// (N, C, H, W) and the block size.
fn blocks(c: &Call<'_>) -> Host<([usize; 4], usize)> {
    let &[n, ch, h, w] = c.shape(0)? else {
        return Err(format!("operand 0 must be (N, C, H, W), but is {:?}", c.shape(0)?));
    };
    let b = dimension(c.attributes.maybe_int("blocksize")?.ok_or("attribute 'blocksize' is missing")?)?;
    if b == 0 || b > 1 << 14 {
        return Err(format!("blocksize {b} is not supported"));
    }
    Ok(([n, ch, h, w], b))
}

fn to_space_type(c: &Call<'_>) -> Host<Vec<TensorType>> {
    let ([n, ch, h, w], b) = blocks(c)?;
    if !ch.is_multiple_of(b * b) {
        return Err(format!("{ch} channels are no multiple of {b} x {b}"));
    }
    Ok(vec![TensorType::new(c.ty(0)?.elem, [n, ch / (b * b), h * b, w * b])])
}

fn to_space(c: &Call<'_>, types: &[TensorType]) -> Host<Vec<Tensor>> {
    let ([n, ch, h, w], b) = blocks(c)?;
    let deep = ch / (b * b);
    let to = types.first().ok_or("no result")?;
    let out = match c.attributes.string("mode", "DCR") {
        "DCR" => transposed(c.value(0)?, &[n, b, b, deep, h, w], &[0, 3, 4, 1, 5, 2])?,
        "CRD" => transposed(c.value(0)?, &[n, deep, b, b, h, w], &[0, 1, 4, 2, 5, 3])?,
        m => return Err(format!("mode '{m}' is not DCR or CRD")),
    };
    Ok(vec![out.reshaped(&to.shape[..])])
}

fn to_depth_type(c: &Call<'_>) -> Host<Vec<TensorType>> {
    let ([n, ch, h, w], b) = blocks(c)?;
    if !h.is_multiple_of(b) || !w.is_multiple_of(b) {
        return Err(format!("{h} x {w} is no multiple of the block size {b}"));
    }
    Ok(vec![TensorType::new(c.ty(0)?.elem, [n, ch.saturating_mul(b * b), h / b, w / b])])
}

fn to_depth(c: &Call<'_>, types: &[TensorType]) -> Host<Vec<Tensor>> {
    let ([n, ch, h, w], b) = blocks(c)?;
    let out = transposed(c.value(0)?, &[n, ch, h / b, b, w / b, b], &[0, 3, 5, 1, 2, 4])?;
    Ok(vec![out.reshaped(&types.first().ok_or("no result")?.shape[..])])
}

fn reverse(c: &Call<'_>, _: &[TensorType]) -> Host<Vec<Tensor>> {
    let x = c.value(0)?;
    let time = axis(c.attributes.int("time_axis", 0)?, x.shape.len())?;
    let batch = axis(c.attributes.int("batch_axis", 1)?, x.shape.len())?;
    let lens = c.value(1)?.to_i64().iter().map(|l| dimension(*l)).collect::<Host<Vec<_>>>()?;
    if time == batch || lens.len() != x.shape[batch] || lens.iter().any(|l| *l > x.shape[time]) {
        return Err(format!(
            "sequence lengths {lens:?} do not fit {:?} with time axis {time}, batch axis {batch}",
            x.shape
        ));
    }
    let steps = crate::broadcast::strides(&x.shape);
    let digit = |i: usize, d: usize| i / steps[d] % x.shape[d];
    let at = (0..x.count()).map(|i| {
        let (t, len) = (digit(i, time), lens[digit(i, batch)]);
        if t < len { i - t * steps[time] + (len - 1 - t) * steps[time] } else { i }
    });
    Ok(vec![pick(x, &x.shape, at)?])
}

/// Shape that is compressed, along which axis, and the indices that stay.
fn kept(c: &Call<'_>) -> Host<(Vec<usize>, usize, Vec<usize>)> {
    let shape = c.shape(0)?;
    let (shape, axis) = match c.attributes.maybe_int("axis")? {
        Some(a) => (shape.to_vec(), axis(a, shape.len())?),
        None => (vec![size(shape)], 0),
    };
    let kept: Vec<_> =
        c.value(1)?.to_i64().iter().enumerate().filter(|(_, keep)| **keep != 0).map(|(i, _)| i).collect();
    if let Some(last) = kept.last().filter(|i| **i >= shape[axis]) {
        return Err(format!("condition {last} is set, but the dimension is {}", shape[axis]));
    }
    Ok((shape, axis, kept))
}

fn compress_type(c: &Call<'_>) -> Host<Vec<TensorType>> {
    let (mut shape, axis, kept) = kept(c)?;
    shape[axis] = kept.len();
    Ok(vec![TensorType::new(c.ty(0)?.elem, shape)])
}

fn compress(c: &Call<'_>, _: &[TensorType]) -> Host<Vec<Tensor>> {
    let (shape, axis, kept) = kept(c)?;
    let mut tables: Vec<Vec<_>> = shape.iter().map(|d| (0..*d).map(Some).collect()).collect();
    tables[axis] = kept.into_iter().map(Some).collect();
    let x = c.value(0)?.clone().reshaped(shape);
    Ok(vec![select(&x, &filled(&TensorType::new(x.elem, [1]), 0), &tables)?])
}

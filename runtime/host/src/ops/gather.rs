//! Elements by index: the Gather and Scatter operators, TensorScatter.

use super::elements::{pick, size};
use crate::Host;
use crate::broadcast::strides;
use crate::call::{Call, Operator, axis};
use crate::tensor::{Data, Tensor, TensorType, round_to, wrap};
use cim_isa::types::{ElemType, IntType};

/// The family.
pub(super) const OPERATORS: &[Operator] = &[
    Operator { name: "Gather", attributes: &["axis"], infer: gather_type, evaluate: gather },
    Operator { name: "GatherElements", attributes: &["axis"], infer: elements_type, evaluate: gather_elements },
    Operator { name: "GatherND", attributes: &["batch_dims"], infer: nd_type, evaluate: gather_nd },
    Operator {
        name: "ScatterElements",
        attributes: &["axis", "reduction"],
        infer: super::unary::same,
        evaluate: scatter_elements,
    },
    Operator { name: "Scatter", attributes: &["axis"], infer: super::unary::same, evaluate: scatter_elements },
    Operator { name: "ScatterND", attributes: &["reduction"], infer: super::unary::same, evaluate: scatter_nd },
    Operator {
        name: "TensorScatter",
        attributes: &["axis", "mode"],
        infer: super::unary::same,
        evaluate: tensor_scatter,
    },
];

/// An index that may count from the end.
fn index(i: i64, n: usize) -> Host<usize> {
    let from_end = if i < 0 { i.saturating_add(n as i64) } else { i };
    usize::try_from(from_end).ok().filter(|i| *i < n).ok_or_else(|| format!("index {i} is outside a dimension of {n}"))
}

fn gather_type(c: &Call<'_>) -> Host<Vec<TensorType>> {
    let x = c.ty(0)?;
    let axis = axis(c.attributes.int("axis", 0)?, x.rank())?;
    let shape = [&x.shape[..axis], c.shape(1)?, &x.shape[axis + 1..]].concat();
    Ok(vec![TensorType::new(x.elem, shape)])
}

fn gather(c: &Call<'_>, types: &[TensorType]) -> Host<Vec<Tensor>> {
    let x = c.value(0)?;
    let axis = axis(c.attributes.int("axis", 0)?, x.shape.len())?;
    let (outer, n, inner) = (size(&x.shape[..axis]), x.shape[axis], size(&x.shape[axis + 1..]));
    let chosen = c.value(1)?.to_i64().iter().map(|i| index(*i, n)).collect::<Host<Vec<_>>>()?;
    let chosen = &chosen;
    let at = (0..outer).flat_map(|o| chosen.iter().flat_map(move |i| (o * n + i) * inner..(o * n + i + 1) * inner));
    Ok(vec![pick(x, &types.first().ok_or("no result")?.shape, at)?])
}

fn elements_type(c: &Call<'_>) -> Host<Vec<TensorType>> {
    Ok(vec![TensorType::new(c.ty(0)?.elem, c.shape(1)?)])
}

/// Offsets in a tensor of `shape` of the elements that `indices` name along `axis`, element by element.
fn along(shape: &[usize], indices: &Tensor, axis: usize) -> Host<Vec<usize>> {
    let of = &indices.shape;
    let fits = of.len() == shape.len() && of.iter().zip(shape).enumerate().all(|(d, (i, n))| d == axis || i <= n);
    if !fits {
        return Err(format!("indices of shape {of:?} do not fit {shape:?}"));
    }
    let steps = strides(shape);
    let mut others = steps.clone();
    others[axis] = 0;
    let at = crate::broadcast::offsets(of, &others);
    at.zip(indices.to_i64()).map(|(o, i)| Ok(o + index(i, shape[axis])? * steps[axis])).collect()
}

fn gather_elements(c: &Call<'_>, types: &[TensorType]) -> Host<Vec<Tensor>> {
    let x = c.value(0)?;
    let axis = axis(c.attributes.int("axis", 0)?, x.shape.len())?;
    let at = along(&x.shape, c.value(1)?, axis)?;
    Ok(vec![pick(x, &types.first().ok_or("no result")?.shape, at.into_iter())?])
}

/// Splits the shape of `indices` into the tuples' positions and the length of a tuple.
fn tuples<'a>(data: &[usize], indices: &'a [usize], batch: usize) -> Host<(&'a [usize], usize)> {
    match indices.split_last().map(|(k, lead)| (lead, k)) {
        Some((lead, &k)) if batch <= lead.len() && batch + k <= data.len() && lead[..batch] == data[..batch] => {
            Ok((lead, k))
        }
        _ => Err(format!("indices of shape {indices:?} with {batch} batch dimensions do not fit {data:?}")),
    }
}

/// First elements of the slices that the tuples name, and the slices' length.
fn slices(data: &[usize], indices: &Tensor, batch: usize) -> Host<(Vec<usize>, usize)> {
    let (lead, k) = tuples(data, &indices.shape, batch)?;
    let steps = strides(data);
    let inner = size(&data[batch + k..]);
    let (batches, per_batch) = (size(&lead[..batch]), size(&lead[batch..]));
    let in_batch = size(&data[batch..]);
    let all = indices.to_i64();
    let mut out = Vec::with_capacity(batches * per_batch);
    for t in 0..batches * per_batch {
        let mut at = t / per_batch * in_batch;
        for (d, &i) in all.get(t * k..(t + 1) * k).ok_or("indices are missing")?.iter().enumerate() {
            at += index(i, data[batch + d])? * steps[batch + d];
        }
        out.push(at);
    }
    Ok((out, inner))
}

fn nd_type(c: &Call<'_>) -> Host<Vec<TensorType>> {
    let batch = super::elements::dimension(c.attributes.int("batch_dims", 0)?)?;
    let x = c.ty(0)?;
    let (lead, k) = tuples(&x.shape, c.shape(1)?, batch)?;
    Ok(vec![TensorType::new(x.elem, [lead, &x.shape[batch + k..]].concat())])
}

fn gather_nd(c: &Call<'_>, types: &[TensorType]) -> Host<Vec<Tensor>> {
    let batch = super::elements::dimension(c.attributes.int("batch_dims", 0)?)?;
    let x = c.value(0)?;
    let (starts, inner) = slices(&x.shape, c.value(1)?, batch)?;
    let at = starts.into_iter().flat_map(|s| s..s + inner);
    Ok(vec![pick(x, &types.first().ok_or("no result")?.shape, at)?])
}

/// What becomes of the old value.
#[derive(Clone, Copy)]
enum Reduction {
    None,
    Add,
    Mul,
    Max,
    Min,
}

fn reduction(c: &Call<'_>) -> Host<Reduction> {
    Ok(match c.attributes.string("reduction", "none") {
        "none" => Reduction::None,
        "add" => Reduction::Add,
        "mul" => Reduction::Mul,
        "max" => Reduction::Max,
        "min" => Reduction::Min,
        r => return Err(format!("reduction '{r}' is not known")),
    })
}

/// Combines elements at `at` with the updates, in their order.
fn scatter(x: &Tensor, at: impl Iterator<Item = usize>, updates: &Tensor, how: Reduction) -> Host<Tensor> {
    fn go<T: Copy>(to: &mut [T], at: impl Iterator<Item = usize>, from: &[T], f: impl Fn(T, T) -> T) -> Host<()> {
        for (i, v) in at.zip(from) {
            let to = to.get_mut(i).ok_or("an index is outside its tensor")?;
            *to = f(*to, *v);
        }
        Ok(())
    }
    if x.elem != updates.elem {
        return Err(format!("updates of {} for data of {}", updates.elem, x.elem));
    }
    let mut out = x.clone();
    let unsigned = x.elem == ElemType::Int(IntType::new(64, false));
    match (&mut out.data, &updates.data) {
        (Data::Float(to), Data::Float(from)) => go(to, at, from, |a, b| round_to(x.elem, combine(how, a, b)))?,
        (Data::Double(to), Data::Double(from)) => go(to, at, from, |a, b| combine(how, a, b))?,
        (Data::Int(to), Data::Int(from)) => {
            let fit = |v: i64| if let ElemType::Int(t) = x.elem { wrap(t, v) } else { v };
            let less = |a: i64, b: i64| if unsigned { (a as u64) < b as u64 } else { a < b };
            go(to, at, from, |a, b| match how {
                Reduction::None => b,
                Reduction::Add => fit(a.wrapping_add(b)),
                Reduction::Mul => fit(a.wrapping_mul(b)),
                Reduction::Max => {
                    if less(a, b) {
                        b
                    } else {
                        a
                    }
                }
                Reduction::Min => {
                    if less(b, a) {
                        b
                    } else {
                        a
                    }
                }
            })?;
        }
        (Data::Bool(to), Data::Bool(from)) => go(to, at, from, |a, b| match how {
            Reduction::None => b,
            Reduction::Add | Reduction::Max => a | b,
            Reduction::Mul | Reduction::Min => a & b,
        })?,
        _ => return Err("data and updates differ in type".into()),
    }
    Ok(out)
}

fn scatter_elements(c: &Call<'_>, _: &[TensorType]) -> Host<Vec<Tensor>> {
    let (x, indices, updates) = (c.value(0)?, c.value(1)?, c.value(2)?);
    let axis = axis(c.attributes.int("axis", 0)?, x.shape.len())?;
    if indices.shape != updates.shape {
        return Err(format!("indices are of shape {:?}, updates of {:?}", indices.shape, updates.shape));
    }
    let at = along(&x.shape, indices, axis)?;
    Ok(vec![scatter(x, at.into_iter(), updates, reduction(c)?)?])
}

fn scatter_nd(c: &Call<'_>, _: &[TensorType]) -> Host<Vec<Tensor>> {
    let (x, indices, updates) = (c.value(0)?, c.value(1)?, c.value(2)?);
    let (lead, k) = tuples(&x.shape, &indices.shape, 0)?;
    let (starts, inner) = slices(&x.shape, indices, 0)?;
    let want = [lead, &x.shape[k..]].concat();
    if updates.shape != want {
        return Err(format!("updates are of shape {:?}, the indices ask for {want:?}", updates.shape));
    }
    let at = starts.into_iter().flat_map(|s| s..s + inner);
    Ok(vec![scatter(x, at, updates, reduction(c)?)?])
}

/// Writes `update` (B, ..., S, ...) into a cache (B, ..., M, ...) at positions from `write_indices` (B) along the sequence axis.
fn tensor_scatter(c: &Call<'_>, _: &[TensorType]) -> Host<Vec<Tensor>> {
    let (x, update) = (c.value(0)?, c.value(1)?);
    let axis = axis(c.attributes.int("axis", -2)?, x.shape.len())?;
    let fits = x.shape.len() == update.shape.len()
        && x.shape.iter().zip(&update.shape).enumerate().all(|(d, (a, b))| d == axis || a == b);
    if axis == 0 || !fits {
        return Err(format!("an update of shape {:?} does not fit a cache of shape {:?}", update.shape, x.shape));
    }
    let circular = match c.attributes.string("mode", "linear") {
        "linear" => false,
        "circular" => true,
        m => return Err(format!("mode '{m}' is not known")),
    };
    let first = c.maybe_i64(2)?.unwrap_or_else(|| vec![0; x.shape[0]]);
    let (to, from) = (strides(&x.shape), strides(&update.shape));
    let digit = |i: usize, d: usize| i / from[d] % update.shape[d];
    let at = (0..update.count()).map(|i| {
        let start = first.get(digit(i, 0)).ok_or("a write index is missing")?;
        let mut s = super::elements::dimension(*start)? + digit(i, axis);
        if circular {
            s %= x.shape[axis].max(1);
        }
        let s = index(s as i64, x.shape[axis])?;
        Ok((0..x.shape.len()).map(|d| if d == axis { s } else { digit(i, d) } * to[d]).sum())
    });
    Ok(vec![scatter(x, at.collect::<Host<Vec<_>>>()?.into_iter(), update, Reduction::None)?])
}
/// One step of a reduction of floats: not-a-number wins.
fn combine<T: Copy + PartialOrd + std::ops::Add<Output = T> + std::ops::Mul<Output = T>>(
    how: Reduction,
    a: T,
    b: T,
) -> T {
    // Nothing is equal to not-a-number, itself included.
    let nan = b.partial_cmp(&b).is_none();
    match how {
        Reduction::None => b,
        Reduction::Add => a + b,
        Reduction::Mul => a * b,
        Reduction::Max if b > a || nan => b,
        Reduction::Min if b < a || nan => b,
        Reduction::Max | Reduction::Min => a,
    }
}

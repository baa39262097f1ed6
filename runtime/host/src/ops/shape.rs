//! The same elements in another shape, and shapes as values.

use super::elements::{axes, dimension, list, size};
use crate::Host;
use crate::call::{Call, Operator, axis};
use crate::tensor::{Tensor, TensorType};
use cim_isa::types::{ElemType, IntType};

/// The family.
pub(super) const OPERATORS: &[Operator] = &[
    Operator { name: "Reshape", attributes: &["allowzero", "shape"], infer: reshape, evaluate: relabel },
    Operator { name: "Flatten", attributes: &["axis"], infer: flatten, evaluate: relabel },
    Operator { name: "Squeeze", attributes: &["axes"], infer: squeeze, evaluate: relabel },
    Operator { name: "Unsqueeze", attributes: &["axes"], infer: unsqueeze, evaluate: relabel },
    Operator { name: "Dropout", attributes: &["ratio", "seed", "is_test"], infer: dropout, evaluate: keep },
    Operator { name: "Shape", attributes: &["start", "end"], infer: shape_type, evaluate: shape },
    Operator { name: "Size", attributes: &[], infer: |_| Ok(vec![scalar()]), evaluate: count },
];

fn scalar() -> TensorType {
    TensorType::new(ElemType::Int(IntType::I64), [])
}

/// Operand 0 with the shape that the rule gave.
fn relabel(c: &Call<'_>, types: &[TensorType]) -> Host<Vec<Tensor>> {
    let to = types.first().ok_or("no result")?;
    Ok(vec![c.value(0)?.clone().reshaped(&to.shape[..])])
}

fn result(c: &Call<'_>, shape: Vec<usize>) -> Host<Vec<TensorType>> {
    Ok(vec![TensorType::new(c.ty(0)?.elem, shape)])
}

fn reshape(c: &Call<'_>) -> Host<Vec<TensorType>> {
    let from = c.shape(0)?;
    let wanted = list(c, 1, "shape")?.ok_or("operand 1 is missing")?;
    let zero_is_zero = c.attributes.int("allowzero", 0)? != 0;
    let mut shape = Vec::with_capacity(wanted.len());
    let mut free = None;
    for (i, &d) in wanted.iter().enumerate() {
        shape.push(match d {
            -1 if free.is_none() => {
                free = Some(i);
                1
            }
            -1 => return Err(format!("shape {wanted:?} has more than one -1")),
            0 if !zero_is_zero => *from.get(i).ok_or_else(|| format!("shape {wanted:?} copies dimension {i}"))?,
            d => dimension(d)?,
        });
    }
    let have = TensorType::new(ElemType::Bool, from).count();
    let rest = TensorType::new(ElemType::Bool, &shape[..]).count();
    if let Some(d) = free.and_then(|i| shape.get_mut(i)) {
        if rest == 0 || !have.is_multiple_of(rest) {
            return Err(format!("{from:?} cannot be reshaped to {wanted:?}"));
        }
        *d = have / rest;
    } else if have != rest {
        return Err(format!("{from:?} cannot be reshaped to {wanted:?}"));
    }
    result(c, shape)
}

fn flatten(c: &Call<'_>) -> Host<Vec<TensorType>> {
    let from = c.shape(0)?;
    let at = c.attributes.int("axis", 1)?;
    let at = if at == from.len() as i64 { from.len() } else { axis(at, from.len())? };
    let (rows, cols) = from.split_at(at);
    result(c, vec![size(rows), size(cols)])
}

fn squeeze(c: &Call<'_>) -> Host<Vec<TensorType>> {
    let from = c.shape(0)?;
    let gone = match list(c, 1, "axes")? {
        Some(a) => axes(&a, from.len())?,
        None => (0..from.len()).filter(|&d| from[d] == 1).collect(),
    };
    if let Some(d) = gone.iter().find(|&&d| from[d] != 1) {
        return Err(format!("dimension {d} of {from:?} is not 1"));
    }
    result(c, (0..from.len()).filter(|d| !gone.contains(d)).map(|d| from[d]).collect())
}

fn unsqueeze(c: &Call<'_>) -> Host<Vec<TensorType>> {
    let from = c.shape(0)?;
    let new = list(c, 1, "axes")?.ok_or("axes are missing")?;
    let rank = from.len() + new.len();
    let new = axes(&new, rank)?;
    let mut rest = from.iter().copied();
    result(c, (0..rank).map(|d| if new.contains(&d) { 1 } else { rest.next().unwrap_or(1) }).collect())
}

fn dropout(c: &Call<'_>) -> Host<Vec<TensorType>> {
    let x = c.ty(0)?;
    if let Some(training) = c.maybe(2)
        && training.value.is_none_or(|t| t.to_i64().first().is_some_and(|v| *v != 0))
    {
        let ratio = c.maybe(1).map_or(Some(0.5), |r| r.value.and_then(|v| v.to_f64().first().copied()));
        if ratio != Some(0.0) {
            return Err("training_mode drops elements at random; only inference is supported".into());
        }
    }
    // The mask was of the data's type until version 10 made it Boolean.
    let mask = if c.version < 10 { x.elem } else { ElemType::Bool };
    Ok([x.clone(), TensorType::new(mask, &x.shape[..])].into_iter().take(c.results.max(1)).collect())
}

fn keep(c: &Call<'_>, types: &[TensorType]) -> Host<Vec<Tensor>> {
    let mut out = vec![c.value(0)?.clone()];
    out.extend(types.get(1).map(|mask| super::elements::filled(mask, 1)));
    Ok(out)
}

/// Dimensions of operand 0 between the attributes `start` and `end`, which are clamped.
fn part<'a>(c: &Call<'a>) -> Host<&'a [usize]> {
    let from = c.shape(0)?;
    let rank = from.len() as i64;
    let at = |v: i64| (if v < 0 { v.saturating_add(rank) } else { v }).clamp(0, rank) as usize;
    let start = at(c.attributes.int("start", 0)?);
    let end = at(c.attributes.int("end", rank)?);
    Ok(from.get(start..end).unwrap_or_default())
}

fn shape_type(c: &Call<'_>) -> Host<Vec<TensorType>> {
    Ok(vec![TensorType::new(ElemType::Int(IntType::I64), [part(c)?.len()])])
}

fn shape(c: &Call<'_>, _: &[TensorType]) -> Host<Vec<Tensor>> {
    let part = part(c)?;
    Ok(vec![Tensor::i64s([part.len()], part.iter().map(|d| *d as i64).collect())])
}

fn count(c: &Call<'_>, _: &[TensorType]) -> Host<Vec<Tensor>> {
    Ok(vec![Tensor::i64s([], vec![c.ty(0)?.count() as i64])])
}

//! TopK.

use super::elements::{dimension, pick, size};
use crate::Host;
use crate::call::{Call, Operator, axis};
use crate::tensor::{Data, Tensor, TensorType};
use cim_isa::types::{ElemType, IntType};
use std::cmp::Ordering;

/// The family.
pub(super) const OPERATORS: &[Operator] =
    &[Operator { name: "TopK", attributes: &["axis", "k", "largest", "sorted"], infer: types, evaluate: top }];

fn types(c: &Call<'_>) -> Host<Vec<TensorType>> {
    let x = c.ty(0)?;
    let axis = axis(c.attributes.int("axis", -1)?, x.rank())?;
    let k = match super::elements::list(c, 1, "k")?.as_deref() {
        Some([k]) => dimension(*k)?,
        _ => return Err("k must be one number".into()),
    };
    if k > x.shape[axis] {
        return Err(format!("k is {k}, the dimension {}", x.shape[axis]));
    }
    let mut shape = x.shape.clone();
    shape[axis] = k;
    let indices = TensorType::new(ElemType::Int(IntType::I64), &shape[..]);
    Ok([TensorType::new(x.elem, shape), indices].into_iter().take(c.results.max(1)).collect())
}

/// Elements in order of value, equal ones in order of index; a NaN is larger than every number.
fn top(c: &Call<'_>, types: &[TensorType]) -> Host<Vec<Tensor>> {
    let x = c.value(0)?;
    let to = types.first().ok_or("no result")?;
    let axis = axis(c.attributes.int("axis", -1)?, x.shape.len())?;
    let largest = c.attributes.int("largest", 1)? != 0;
    let (outer, n, inner) = (size(&x.shape[..axis]), x.shape[axis], size(&x.shape[axis + 1..]));
    let k = to.shape[axis];
    let unsigned = x.elem == ElemType::Int(IntType::new(64, false));
    let compare = |a: usize, b: usize| -> Ordering {
        match &x.data {
            Data::Float(v) => floats(f64::from(v[a]), f64::from(v[b])),
            Data::Double(v) => floats(v[a], v[b]),
            Data::Int(v) if unsigned => (v[a] as u64).cmp(&(v[b] as u64)),
            Data::Int(v) => v[a].cmp(&v[b]),
            Data::Bool(v) => v[a].cmp(&v[b]),
        }
    };
    let mut chosen = vec![0; to.count()];
    let mut order = Vec::with_capacity(n);
    for o in 0..outer {
        for i in 0..inner {
            let at = |j: usize| (o * n + j) * inner + i;
            order.clear();
            order.extend(0..n);
            order.sort_by(|&a, &b| {
                let by_value = compare(at(a), at(b));
                (if largest { by_value.reverse() } else { by_value }).then(a.cmp(&b))
            });
            for (j, &from) in order.iter().take(k).enumerate() {
                chosen[(o * k + j) * inner + i] = from;
            }
        }
    }
    let at = (0..to.count()).map(|i| (i / (k * inner) * n + chosen[i]) * inner + i % inner);
    let mut out = vec![pick(x, &to.shape, at)?];
    if types.len() > 1 {
        out.push(Tensor::i64s(&to.shape[..], chosen.iter().map(|i| *i as i64).collect()));
    }
    Ok(out)
}

fn floats(a: f64, b: f64) -> Ordering {
    a.partial_cmp(&b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
}

//! Attention and RotaryEmbedding, computed in f64 and rounded once.

use super::elements::{dimension, size};
use super::multiply::check_work;
use crate::Host;
use crate::broadcast::{broadcast, offsets, stretched, strides};
use crate::call::{Call, Operator};
use crate::tensor::{Data, Tensor, TensorType};
use cim_isa::types::ElemType;

/// The family.
pub(super) const OPERATORS: &[Operator] = &[
    Operator {
        name: "Attention",
        attributes: &[
            "is_causal",
            "kv_num_heads",
            "q_num_heads",
            "qk_matmul_output_mode",
            "scale",
            "softcap",
            "softmax_precision",
        ],
        infer: types,
        evaluate: attention,
    },
    Operator {
        name: "RotaryEmbedding",
        attributes: &["interleaved", "num_heads", "rotary_embedding_dim"],
        infer: super::unary::same,
        evaluate: rotary,
    },
];

/// Extents.
struct Shapes {
    /// Operands are (batch, sequence, heads * size) rather than (batch, heads, sequence, size).
    flat: bool,
    batch: usize,
    heads: usize,
    kv_heads: usize,
    /// Rows of queries; keys before and with the new ones.
    rows: usize,
    past: usize,
    keys: usize,
    size: usize,
    value_size: usize,
}

/// (batch, heads, sequence, size) of an operand.
fn four(c: &Call<'_>, i: usize, heads: &str) -> Host<[usize; 4]> {
    match *c.shape(i)? {
        [b, h, s, d] => Ok([b, h, s, d]),
        [b, s, d] => {
            let h =
                dimension(c.attributes.maybe_int(heads)?.ok_or_else(|| format!("attribute '{heads}' is missing"))?)?;
            if h == 0 || !d.is_multiple_of(h) {
                return Err(format!("{d} elements do not divide into {h} heads"));
            }
            Ok([b, h, s, d / h])
        }
        ref s => Err(format!("operand {i} must have three or four dimensions, but has shape {s:?}")),
    }
}

impl Shapes {
    fn new(c: &Call<'_>) -> Host<Shapes> {
        let [batch, heads, rows, size] = four(c, 0, "q_num_heads")?;
        let [key_batch, kv_heads, new, key_size] = four(c, 1, "kv_num_heads")?;
        let value = four(c, 2, "kv_num_heads")?;
        let past = match (c.maybe(4), c.maybe(5)) {
            (None, None) => 0,
            (Some(k), Some(v)) => {
                let past = *k.ty.shape.get(2).ok_or("past_key must have four dimensions")?;
                if k.ty.shape != [batch, kv_heads, past, size] || v.ty.shape != [batch, kv_heads, past, value[3]] {
                    return Err(format!("past_key {} and past_value {} do not fit", k.ty, v.ty));
                }
                past
            }
            _ => return Err("past_key and past_value go together".into()),
        };
        let rank = c.shape(0)?.len();
        let fits = key_batch == batch
            && key_size == size
            && value[..3] == [batch, kv_heads, new]
            && kv_heads > 0
            && heads.is_multiple_of(kv_heads)
            && [1, 2].iter().all(|i| c.shape(*i).is_ok_and(|s| s.len() == rank));
        if !fits {
            return Err(format!("queries {}, keys {} and values {} do not fit", c.ty(0)?, c.ty(1)?, c.ty(2)?));
        }
        let keys = past + new;
        let outputs = [batch, heads, rows].iter().fold(1usize, |n, d| n.saturating_mul(*d));
        check_work(outputs.saturating_mul(keys), size.saturating_add(value[3]))?;
        // The scores are there even where they are no result.
        TensorType::new(ElemType::F64, [batch, heads, rows, keys]).check()?;
        Ok(Shapes { flat: rank == 3, batch, heads, kv_heads, rows, past, keys, size, value_size: value[3] })
    }

    fn scores(&self) -> [usize; 4] {
        [self.batch, self.heads, self.rows, self.keys]
    }
}

fn types(c: &Call<'_>) -> Host<Vec<TensorType>> {
    let s = Shapes::new(c)?;
    let elem = c.ty(0)?.elem;
    let y = if s.flat {
        vec![s.batch, s.rows, s.heads * s.value_size]
    } else {
        vec![s.batch, s.heads, s.rows, s.value_size]
    };
    let all = [
        TensorType::new(elem, y),
        TensorType::new(c.ty(1)?.elem, [s.batch, s.kv_heads, s.keys, s.size]),
        TensorType::new(c.ty(2)?.elem, [s.batch, s.kv_heads, s.keys, s.value_size]),
        TensorType::new(elem, s.scores()),
    ];
    Ok(all.into_iter().take(c.results.max(1)).collect())
}

/// An operand as (batch, heads, sequence, size), after what is kept from before.
fn heads(x: &Tensor, before: Option<&Tensor>, [batch, heads, keys, size]: [usize; 4]) -> Host<Vec<f64>> {
    let (flat, x) = (x.shape.len() == 3, x.to_f64());
    let before = before.map(Tensor::to_f64).unwrap_or_default();
    let past = before.len() / (batch * heads * size).max(1);
    let new = keys - past.min(keys);
    let mut out = Vec::with_capacity(batch * heads * keys * size);
    for b in 0..batch {
        for h in 0..heads {
            out.extend_from_slice(
                before.get((b * heads + h) * past * size..).and_then(|v| v.get(..past * size)).unwrap_or_default(),
            );
            for s in 0..new {
                let at = if flat { (b * new + s) * heads + h } else { (b * heads + h) * new + s };
                out.extend_from_slice(x.get(at * size..(at + 1) * size).ok_or("an operand is too short")?);
            }
        }
    }
    Ok(out)
}

/// What is added to the scores: the mask (its last dimension may be short: what it leaves out is hidden), causality, valid lengths.
fn bias(c: &Call<'_>, s: &Shapes) -> Host<Vec<f64>> {
    let scores = s.scores();
    let mut out = vec![0.0; size(&scores)];
    if let Some(mask) = c.maybe_value(3)? {
        let hidden = matches!(mask.data, Data::Bool(_));
        let value = |v: f64| if hidden { if v == 0.0 { f64::NEG_INFINITY } else { 0.0 } } else { v };
        let mut shape = mask.shape.clone();
        let width = shape.pop().ok_or("the mask must not be a scalar")?;
        let wide = if width == 1 && s.keys > 1 && mask.shape.len() == 1 { s.keys } else { width };
        if wide > s.keys || broadcast(&[&shape, &scores[..3]])? != scores[..3] {
            return Err(format!("a mask of shape {:?} does not fit scores of shape {scores:?}", mask.shape));
        }
        let lines = stretched(&shape, &scores[..3]);
        let values = mask.to_f64();
        for (out, line) in out.chunks_exact_mut(s.keys.max(1)).zip(offsets(&scores[..3], &lines)) {
            for (j, out) in out.iter_mut().enumerate() {
                let at = line * width + if width == 1 { 0 } else { j };
                *out = if j < wide { value(values.get(at).copied().unwrap_or(0.0)) } else { f64::NEG_INFINITY };
            }
        }
    }
    let causal = c.attributes.int("is_causal", 0)? != 0;
    let valid = c.maybe_i64(6)?;
    if valid.as_ref().is_some_and(|v| v.len() != s.batch) {
        return Err(format!("nonpad_kv_seqlen must have {} elements", s.batch));
    }
    for (i, out) in out.iter_mut().enumerate() {
        let (j, row, b) = (i % s.keys, i / s.keys % s.rows, i / (s.keys * s.rows * s.heads));
        let late = causal && j > s.past + row;
        let beyond = valid.as_ref().is_some_and(|v| j as i64 >= v[b]);
        if late || beyond {
            *out = f64::NEG_INFINITY;
        }
    }
    Ok(out)
}

fn attention(c: &Call<'_>, types: &[TensorType]) -> Host<Vec<Tensor>> {
    let s = Shapes::new(c)?;
    let q = heads(c.value(0)?, None, [s.batch, s.heads, s.rows, s.size])?;
    let k = heads(c.value(1)?, c.maybe_value(4)?, [s.batch, s.kv_heads, s.keys, s.size])?;
    let v = heads(c.value(2)?, c.maybe_value(5)?, [s.batch, s.kv_heads, s.keys, s.value_size])?;
    let scale = match c.attributes.maybe_float("scale")? {
        Some(s) => f64::from(s),
        None => 1.0 / (s.size as f64).sqrt(),
    };
    let softcap = f64::from(c.attributes.float("softcap", 0.0)?);
    let mode = c.attributes.int("qk_matmul_output_mode", 0)?;
    let bias = bias(c, &s)?;
    let mut shown = Vec::with_capacity(if types.len() > 3 { bias.len() } else { 0 });
    let mut y = vec![0.0; s.batch * s.heads * s.rows * s.value_size];
    let repeats = s.heads / s.kv_heads;
    for b in 0..s.batch {
        for h in 0..s.heads {
            let head = b * s.kv_heads + h / repeats;
            let (k, v) = (&k[head * s.keys * s.size..], &v[head * s.keys * s.value_size..]);
            for r in 0..s.rows {
                let row = (b * s.heads + h) * s.rows + r;
                let q = &q[row * s.size..(row + 1) * s.size];
                let bias = &bias[row * s.keys..(row + 1) * s.keys];
                let mut scores: Vec<f64> = (0..s.keys)
                    .map(|j| scale * q.iter().zip(&k[j * s.size..(j + 1) * s.size]).fold(0.0, |t, (a, b)| t + a * b))
                    .collect();
                let mut show = |stage: i64, scores: &[f64]| {
                    if types.len() > 3 && stage == mode {
                        shown.extend_from_slice(scores);
                    }
                };
                show(0, &scores);
                scores.iter_mut().zip(bias).for_each(|(s, b)| *s += b);
                show(1, &scores);
                if softcap > 0.0 {
                    scores.iter_mut().for_each(|s| *s = softcap * libm::tanh(*s / softcap));
                }
                show(2, &scores);
                let top = scores.iter().fold(f64::NEG_INFINITY, |t, s| t.max(*s));
                scores.iter_mut().for_each(|s| *s = libm::exp(*s - top));
                let sum = scores.iter().fold(0.0, |t, s| t + s);
                scores.iter_mut().for_each(|s| *s /= sum);
                show(3, &scores);
                let at = if s.flat { (b * s.rows + r) * s.heads + h } else { row };
                let y = &mut y[at * s.value_size..(at + 1) * s.value_size];
                for (p, v) in scores.iter().zip(v.chunks_exact(s.value_size.max(1))) {
                    y.iter_mut().zip(v).for_each(|(y, v)| *y += p * v);
                }
            }
        }
    }
    if types.len() > 3 && shown.len() != bias.len() {
        return Err(format!("qk_matmul_output_mode {mode} is not known"));
    }
    types.iter().zip([y, k, v, shown]).map(|(t, v)| real(t, v)).collect()
}

/// Reals in a type.
fn real(t: &TensorType, v: Vec<f64>) -> Host<Tensor> {
    match t.elem {
        ElemType::F64 => Ok(Tensor::doubles(&t.shape[..], v)),
        ElemType::F32 | ElemType::F16 | ElemType::BF16 => {
            Ok(Tensor::floats(t.elem, &t.shape[..], v.into_iter().map(|v| v as f32).collect()))
        }
        e => Err(format!("operands must be floating point, but are of {e}")),
    }
}

/// Rotates pairs of elements of each head by the angles of its position.
fn rotary(c: &Call<'_>, types: &[TensorType]) -> Host<Vec<Tensor>> {
    let to = types.first().ok_or("no result")?;
    let flat = to.rank() == 3;
    let [batch, heads, sequence, width] = four(c, 0, "num_heads")?;
    let turned = match dimension(c.attributes.int("rotary_embedding_dim", 0)?)? {
        0 => width,
        d => d,
    };
    if turned > width || !turned.is_multiple_of(2) {
        return Err(format!("{turned} of {width} elements cannot be rotated in pairs"));
    }
    let half = turned / 2;
    let (cos, sin, ids) = (c.value(1)?, c.value(2)?, c.maybe_value(3)?);
    let positions = match (ids, &cos.shape[..]) {
        (Some(_), &[n, h]) if h == half => n,
        (None, &[b, s, h]) if b == batch && s == sequence && h == half => b * s,
        _ => return Err(format!("a cache of shape {:?} does not fit", cos.shape)),
    };
    if cos.shape != sin.shape || ids.is_some_and(|i| i.shape != [batch, sequence]) {
        return Err("caches or positions do not fit".into());
    }
    let (cos, sin, ids) = (cos.to_f64(), sin.to_f64(), ids.map(Tensor::to_i64));
    let interleaved = c.attributes.int("interleaved", 0)? != 0;
    let mut x = c.value(0)?.to_f64();
    let steps = strides(&[batch, if flat { sequence } else { heads }, if flat { heads } else { sequence }, width]);
    for (row, x) in x.chunks_exact_mut(width.max(1)).enumerate() {
        let at = row * width;
        let b = at / steps[0].max(1);
        let (second, third) = (at / steps[1].max(1), at / steps[2].max(1));
        let s = if flat { second % sequence } else { third % sequence };
        let position = match &ids {
            Some(ids) => usize::try_from(ids[b * sequence + s]).ok().filter(|p| *p < positions),
            None => Some(b * sequence + s),
        };
        let position = position.ok_or("a position is outside the cache")?;
        for i in 0..half {
            let (cos, sin) = (cos[position * half + i], sin[position * half + i]);
            let (p, q) = if interleaved { (2 * i, 2 * i + 1) } else { (i, half + i) };
            (x[p], x[q]) = (cos * x[p] - sin * x[q], sin * x[p] + cos * x[q]);
        }
    }
    Ok(vec![real(to, x)?])
}

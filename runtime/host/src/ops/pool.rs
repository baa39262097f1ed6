//! Pooling over (N, C, spatial...) tensors. Sums run in the order of the window's elements.

use super::elements::{dimension, size, zeros};
use super::multiply::check_work;
use super::window::{Window, sizes, spatial, visit};
use crate::Host;
use crate::broadcast::strides;
use crate::call::{Call, Operator};
use crate::tensor::{Data, Tensor, TensorType};
use cim_isa::types::{ElemType, IntType};
use rayon::prelude::*;

/// The family.
pub(super) const OPERATORS: &[Operator] = &[
    Operator {
        name: "MaxPool",
        attributes: &["auto_pad", "ceil_mode", "dilations", "kernel_shape", "pads", "storage_order", "strides"],
        infer: max_types,
        evaluate: max_pool,
    },
    Operator {
        name: "AveragePool",
        attributes: &["auto_pad", "ceil_mode", "count_include_pad", "dilations", "kernel_shape", "pads", "strides"],
        infer: types,
        evaluate: average_pool,
    },
    Operator {
        name: "LpPool",
        attributes: &["auto_pad", "ceil_mode", "dilations", "kernel_shape", "p", "pads", "strides"],
        infer: types,
        evaluate: lp_pool,
    },
    Operator { name: "GlobalAveragePool", attributes: &[], infer: global_type, evaluate: global_average },
    Operator { name: "GlobalMaxPool", attributes: &[], infer: global_type, evaluate: global_max },
    Operator { name: "GlobalLpPool", attributes: &["p"], infer: global_type, evaluate: global_lp },
    Operator {
        name: "MaxUnpool",
        attributes: &["kernel_shape", "pads", "strides"],
        infer: unpool_type,
        evaluate: unpool,
    },
];

fn types(c: &Call<'_>) -> Host<Vec<TensorType>> {
    let x = c.ty(0)?;
    let w = Window::new(c, &x.shape, None)?;
    Ok(vec![TensorType::new(x.elem, w.shape(x.shape[0], x.shape[1]))])
}

fn max_types(c: &Call<'_>) -> Host<Vec<TensorType>> {
    let mut out = types(c)?;
    if c.results > 1 {
        out.extend(out.first().map(|t| TensorType::new(ElemType::Int(IntType::I64), &t.shape[..])));
    }
    Ok(out)
}

/// `fold(plane's elements, offsets of the window's elements in it, elements inside or in declared padding)` of every window.
fn pool<T: Copy + Send + Sync, U: Send>(
    c: &Call<'_>,
    x: &[T],
    fold: impl Fn(&[T], &[usize], usize) -> U + Sync,
) -> Host<Vec<U>> {
    let shape = c.shape(0)?;
    let w = Window::new(c, shape, None)?;
    let outputs = size(&w.output);
    check_work(outputs.saturating_mul(shape[0] * shape[1]), w.taps())?;
    let steps = strides(&w.input);
    let lines: Vec<_> = (0..w.input.len()).map(|d| w.lines(d, steps[d])).collect();
    let across = strides(&w.output);
    let plane = size(&w.input);
    if plane == 0 {
        return Err("the input has no elements".into());
    }
    let one = |x: &[T]| -> Vec<U> {
        let (mut lists, mut at) = (vec![&[][..]; lines.len()], Vec::new());
        (0..outputs)
            .map(|o| {
                let mut declared = 1;
                for (d, line) in lines.iter().enumerate() {
                    let (inside, all) = &line[o / across[d] % w.output[d]];
                    lists[d] = inside;
                    declared *= all;
                }
                at.clear();
                visit(&lists, 0, &mut |i| at.push(i));
                fold(x, &at, declared)
            })
            .collect()
    };
    Ok(x.par_chunks_exact(plane).map(one).collect::<Vec<_>>().into_iter().flatten().collect())
}

/// Largest element and its offset; the first of equal ones. A NaN wins, so that it is not hidden.
fn largest<T: Copy>(x: &[T], at: &[usize], none: T, above: impl Fn(T, T) -> bool) -> (T, usize) {
    at.iter().fold((none, usize::MAX), |best, &i| match x.get(i) {
        Some(&v) if best.1 == usize::MAX || above(v, best.0) => (v, i),
        _ => best,
    })
}

fn max_pool(c: &Call<'_>, types: &[TensorType]) -> Host<Vec<Tensor>> {
    let to = types.first().ok_or("no result")?;
    let x = c.value(0)?;
    let (data, at) = match &x.data {
        Data::Float(v) => {
            let best =
                pool(c, v, |x, at, _| largest(x, at, f32::NEG_INFINITY, |a, b| a > b || (a.is_nan() && !b.is_nan())))?;
            let (v, at): (Vec<_>, Vec<_>) = best.into_iter().unzip();
            (Data::Float(v), at)
        }
        Data::Double(v) => {
            let best =
                pool(c, v, |x, at, _| largest(x, at, f64::NEG_INFINITY, |a, b| a > b || (a.is_nan() && !b.is_nan())))?;
            let (v, at): (Vec<_>, Vec<_>) = best.into_iter().unzip();
            (Data::Double(v), at)
        }
        Data::Int(v) => {
            let ElemType::Int(t) = x.elem else { return Err("no integers".into()) };
            let best = pool(c, v, |x, at, _| largest(x, at, t.min(), |a, b| a > b))?;
            let (v, at): (Vec<_>, Vec<_>) = best.into_iter().unzip();
            (Data::Int(v), at)
        }
        Data::Bool(_) => return Err("operand 0 must be numbers".into()),
    };
    let mut out = vec![Tensor { elem: x.elem, shape: to.shape.clone(), data }];
    if types.len() > 1 {
        let spatial = spatial(&x.shape)?;
        let (plane, per_plane) = (size(spatial), at.len() / (x.shape[0] * x.shape[1]).max(1));
        let column_major = c.attributes.int("storage_order", 0)? != 0;
        let rows = strides(spatial);
        let index = |(o, &i): (usize, &usize)| -> i64 {
            if i == usize::MAX {
                return -1;
            }
            let mut within = i;
            if column_major {
                let mut step = 1;
                within = 0;
                for (d, n) in spatial.iter().enumerate() {
                    within += i / rows[d] % n * step;
                    step *= n;
                }
            }
            (o / per_plane * plane + within) as i64
        };
        out.push(Tensor::i64s(&to.shape[..], at.iter().enumerate().map(index).collect()));
    }
    Ok(out)
}

/// A floating-point result of the kind of operand 0, computed by one function or the other.
fn real(
    c: &Call<'_>,
    to: &TensorType,
    narrow: impl Fn(&[f32], &[usize], usize) -> f32 + Sync,
    wide: impl Fn(&[f64], &[usize], usize) -> f64 + Sync,
) -> Host<Vec<Tensor>> {
    let x = c.value(0)?;
    Ok(vec![match &x.data {
        Data::Float(v) => Tensor::floats(x.elem, &to.shape[..], pool(c, v, narrow)?),
        Data::Double(v) => Tensor::doubles(&to.shape[..], pool(c, v, wide)?),
        _ => return Err(format!("operand 0 must be floating point, but is of {}", x.elem)),
    }])
}

fn average_pool(c: &Call<'_>, types: &[TensorType]) -> Host<Vec<Tensor>> {
    let include = c.attributes.int("count_include_pad", 0)? != 0;
    let count = |at: &[usize], declared: usize| if include { declared } else { at.len() };
    real(
        c,
        types.first().ok_or("no result")?,
        |x, at, d| at.iter().filter_map(|i| x.get(*i)).fold(0f32, |s, v| s + v) / count(at, d) as f32,
        |x, at, d| at.iter().filter_map(|i| x.get(*i)).fold(0f64, |s, v| s + v) / count(at, d) as f64,
    )
}

/// The order of a norm: an integer, a float before version 2.
fn order(c: &Call<'_>) -> Host<f64> {
    let p = match c.attributes.maybe_float("p")? {
        Some(p) => f64::from(p),
        None => c.attributes.int("p", 2)? as f64,
    };
    if p > 0.0 { Ok(p) } else { Err(format!("p is {p}, but must be positive")) }
}

/// `(sum |v|^p)^(1/p)`, in f64.
fn norm(v: impl Iterator<Item = f64>, p: f64) -> f64 {
    if p == 1.0 {
        v.fold(0.0, |s, v| s + v.abs())
    } else if p == 2.0 {
        v.fold(0.0, |s, v| s + v * v).sqrt()
    } else {
        libm::pow(v.fold(0.0, |s, v| s + libm::pow(v.abs(), p)), 1.0 / p)
    }
}

fn lp_pool(c: &Call<'_>, types: &[TensorType]) -> Host<Vec<Tensor>> {
    let p = order(c)?;
    real(
        c,
        types.first().ok_or("no result")?,
        |x, at, _| norm(at.iter().filter_map(|i| x.get(*i)).map(|v| f64::from(*v)), p) as f32,
        |x, at, _| norm(at.iter().filter_map(|i| x.get(*i)).copied(), p),
    )
}

fn global_type(c: &Call<'_>) -> Host<Vec<TensorType>> {
    let x = c.ty(0)?;
    let [n, ch, spatial @ ..] = &x.shape[..] else {
        return Err(format!("an (N, C, spatial...) tensor is needed, not {x}"));
    };
    if size(spatial) == 0 {
        return Err("the input has no spatial elements".into());
    }
    let mut shape = vec![*n, *ch];
    shape.resize(x.rank(), 1);
    Ok(vec![TensorType::new(x.elem, shape)])
}

fn global(
    c: &Call<'_>,
    types: &[TensorType],
    narrow: impl Fn(&[f32]) -> f32,
    wide: impl Fn(&[f64]) -> f64,
) -> Host<Vec<Tensor>> {
    let to = types.first().ok_or("no result")?;
    let x = c.value(0)?;
    let plane = size(x.shape.get(2..).unwrap_or_default()).max(1);
    Ok(vec![match &x.data {
        Data::Float(v) => Tensor::floats(x.elem, &to.shape[..], v.chunks_exact(plane).map(narrow).collect()),
        Data::Double(v) => Tensor::doubles(&to.shape[..], v.chunks_exact(plane).map(wide).collect()),
        _ => return Err(format!("operand 0 must be floating point, but is of {}", x.elem)),
    }])
}

fn global_average(c: &Call<'_>, types: &[TensorType]) -> Host<Vec<Tensor>> {
    global(
        c,
        types,
        |v| v.iter().fold(0f32, |s, v| s + v) / v.len() as f32,
        |v| v.iter().fold(0f64, |s, v| s + v) / v.len() as f64,
    )
}

fn global_max(c: &Call<'_>, types: &[TensorType]) -> Host<Vec<Tensor>> {
    global(
        c,
        types,
        |v| v.iter().fold(f32::NEG_INFINITY, |s, v| if *v > s || v.is_nan() { *v } else { s }),
        |v| v.iter().fold(f64::NEG_INFINITY, |s, v| if *v > s || v.is_nan() { *v } else { s }),
    )
}

fn global_lp(c: &Call<'_>, types: &[TensorType]) -> Host<Vec<Tensor>> {
    let p = order(c)?;
    global(c, types, |v| norm(v.iter().map(|v| f64::from(*v)), p) as f32, |v| norm(v.iter().copied(), p))
}

/// Spatial extent that the attributes of MaxUnpool give.
fn unpooled(c: &Call<'_>) -> Host<Vec<usize>> {
    let input = spatial(c.shape(0)?)?;
    let rank = input.len();
    let kernel = sizes(c, "kernel_shape", rank, 1)?.ok_or("attribute kernel_shape is missing")?;
    let stride = sizes(c, "strides", rank, 1)?.unwrap_or_else(|| vec![1; rank]);
    let pads = sizes(c, "pads", 2 * rank, 0)?.unwrap_or_else(|| vec![0; 2 * rank]);
    let extent = |d: usize| {
        let all = (input[d] as i64 - 1).max(0).checked_mul(stride[d] as i64);
        dimension(all.ok_or("the output is too large")? + kernel[d] as i64 - pads[d] as i64 - pads[rank + d] as i64)
    };
    (0..rank).map(extent).collect()
}

fn unpool_type(c: &Call<'_>) -> Host<Vec<TensorType>> {
    let x = c.ty(0)?;
    let mut shape = [&x.shape[..2.min(x.rank())], &unpooled(c)?].concat();
    if let Some(wanted) = c.maybe_i64(2)? {
        let wanted = wanted.iter().map(|d| dimension(*d)).collect::<Host<Vec<_>>>()?;
        if wanted.len() != shape.len() || wanted[..2] != shape[..2] {
            return Err(format!("output_shape {wanted:?} does not fit {shape:?}"));
        }
        shape = wanted;
    }
    Ok(vec![TensorType::new(x.elem, shape)])
}

/// Elements go back to where their indices say, in the extent of the attributes; a larger output has zeros around.
fn unpool(c: &Call<'_>, types: &[TensorType]) -> Host<Vec<Tensor>> {
    fn put<T: Copy>(to: &mut [T], at: &[usize], from: &[T]) -> Host<()> {
        for (i, v) in at.iter().zip(from) {
            *to.get_mut(*i).ok_or("an index is outside the output")? = *v;
        }
        Ok(())
    }
    let to = types.first().ok_or("no result")?;
    let (x, indices) = (c.value(0)?, c.value(1)?);
    if indices.shape != x.shape {
        return Err(format!("indices are of shape {:?}, values of {:?}", indices.shape, x.shape));
    }
    let inner = [&x.shape[..2], &unpooled(c)?].concat();
    TensorType::new(x.elem, &inner[..]).check()?;
    let (from, steps, count) = (strides(&inner), strides(&to.shape), size(&inner));
    let place = |i: i64| -> Host<usize> {
        let i =
            usize::try_from(i).ok().filter(|i| *i < count).ok_or_else(|| format!("index {i} is outside the output"))?;
        let mut at = 0;
        for d in 0..inner.len() {
            let digit = i / from[d] % inner[d];
            if digit >= to.shape[d] {
                return Err(format!("index {i} is outside the output"));
            }
            at += digit * steps[d];
        }
        Ok(at)
    };
    let at = indices.to_i64().into_iter().map(place).collect::<Host<Vec<_>>>()?;
    let mut out = zeros(to);
    match (&mut out.data, &x.data) {
        (Data::Float(to), Data::Float(v)) => put(to, &at, v)?,
        (Data::Double(to), Data::Double(v)) => put(to, &at, v)?,
        (Data::Int(to), Data::Int(v)) => put(to, &at, v)?,
        (Data::Bool(to), Data::Bool(v)) => put(to, &at, v)?,
        _ => return Err("types differ".into()),
    }
    Ok(vec![out])
}

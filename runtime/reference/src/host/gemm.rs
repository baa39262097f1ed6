//! Gemm and MatMul: products summed from k = 0 upwards.

use super::elementwise::{broadcast, strides};
use super::{Attributes, Operands, View};
use crate::error::Kernel;
use crate::tensor::{FloatTensor, elements};

/// `alpha * A' * B' + beta * C`, C broadcast to (M, N).
pub(super) fn gemm(x: &Operands<'_>, attr: &Attributes<'_>) -> Kernel<FloatTensor> {
    let (a, b) = (x.float(0)?, x.float(1)?);
    let turn = |t: &View<'_>, flag: bool| -> Kernel<(Vec<f32>, usize, usize)> {
        let [rows, cols] = t.shape[..] else {
            return Err(format!("Gemm needs matrices, shape {:?} given", t.shape));
        };
        let (rows, cols) = (rows as usize, cols as usize);
        if !flag {
            return Ok((t.data.to_vec(), rows, cols));
        }
        let mut turned = Vec::with_capacity(t.data.len());
        for c in 0..cols {
            turned.extend(t.data.iter().skip(c).step_by(cols.max(1)));
        }
        Ok((turned, cols, rows))
    };
    let (a, m, k) = turn(&a, attr.int("transA", 0)? != 0)?;
    let (b, k2, n) = turn(&b, attr.int("transB", 0)? != 0)?;
    if k != k2 {
        return Err(format!("A has {k} columns, B has {k2} rows"));
    }
    let mut y = product(&a, &b, m, k, n)?;
    if let Some(alpha) = attr.float("alpha").filter(|&v| v != 1.0) {
        y.iter_mut().for_each(|v| *v *= alpha);
    }
    let shape = vec![m as u32, n as u32];
    if let Some(c) = x.optional(2)? {
        if broadcast(c.shape, &shape)? != shape {
            return Err(format!("C of shape {:?} does not broadcast to {shape:?}", c.shape));
        }
        let beta = attr.float("beta").unwrap_or(1.0);
        let s = strides(c.shape, &shape);
        let (rs, cs) = (s.first().copied().unwrap_or(0), s.get(1).copied().unwrap_or(0));
        for (i, v) in y.iter_mut().enumerate() {
            let at = (i / n.max(1)) * rs + (i % n.max(1)) * cs;
            *v += beta * c.data.get(at).ok_or("C is shorter than its shape")?;
        }
    }
    FloatTensor::new(shape, y)
}

/// NumPy's matmul for ranks of at least 1, leading dimensions broadcast.
pub(super) fn matmul(x: &Operands<'_>) -> Kernel<FloatTensor> {
    let (a, b) = (x.float(0)?, x.float(1)?);
    let (mut sa, mut sb) = (a.shape.to_vec(), b.shape.to_vec());
    if sa.is_empty() || sb.is_empty() {
        return Err("MatMul of a scalar".into());
    }
    let (vector_a, vector_b) = (sa.len() == 1, sb.len() == 1);
    if vector_a {
        sa.insert(0, 1);
    }
    if vector_b {
        sb.push(1);
    }
    let (lead_a, [m, k]) = split(&sa)?;
    let (lead_b, [k2, n]) = split(&sb)?;
    if k != k2 {
        return Err(format!("shapes {:?} and {:?} do not multiply", a.shape, b.shape));
    }
    let lead = broadcast(lead_a, lead_b)?;
    let count = elements(&lead)?;
    let (ia, ib) = (strides(lead_a, &lead), strides(lead_b, &lead));
    let mut shape = lead.clone();
    shape.extend((!vector_a).then_some(m as u32));
    shape.extend((!vector_b).then_some(n as u32));
    let mut data = Vec::with_capacity(elements(&shape)?);
    for i in 0..count {
        let (mut rest, mut at, mut bt) = (i, 0, 0);
        for d in (0..lead.len()).rev() {
            let digit = rest % lead[d] as usize;
            rest /= lead[d] as usize;
            at += digit * ia[d];
            bt += digit * ib[d];
        }
        let a = a.data.get(at * m * k..(at + 1) * m * k).ok_or("A is shorter than its shape")?;
        let b = b.data.get(bt * k * n..(bt + 1) * k * n).ok_or("B is shorter than its shape")?;
        data.extend(product(a, b, m, k, n)?);
    }
    FloatTensor::new(shape, data)
}

fn split(shape: &[u32]) -> Kernel<(&[u32], [usize; 2])> {
    match shape {
        [lead @ .., rows, cols] => Ok((lead, [*rows as usize, *cols as usize])),
        _ => Err(format!("shape {shape:?} is not a matrix")),
    }
}

/// (M, K) times (K, N), row-major.
fn product(a: &[f32], b: &[f32], m: usize, k: usize, n: usize) -> Kernel<Vec<f32>> {
    let len =
        m.checked_mul(n).filter(|&l| l as u64 <= crate::tensor::MAX_ELEMENTS).ok_or("the product is too large")?;
    crate::pool::check_work(len, k as u64)?;
    let mut y = vec![0f32; len];
    if n == 0 || k == 0 {
        return Ok(y);
    }
    for (row, y) in a.chunks(k).zip(y.chunks_mut(n)) {
        for (&w, b) in row.iter().zip(b.chunks(n)) {
            for (y, &b) in y.iter_mut().zip(b) {
                *y += w * b;
            }
        }
    }
    Ok(y)
}

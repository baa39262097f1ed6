//! Gemm, MatMul and MatMulInteger.

use super::multiply::{Number, check_work, multiply, pack_columns, pack_rows};
use crate::Host;
use crate::broadcast::{broadcast, offsets, stretched};
use crate::call::{Call, Operator};
use crate::tensor::{Data, Tensor, TensorType};
use cim_isa::types::{ElemType, IntType};
use std::ops::{AddAssign, Mul};

/// The family.
pub(super) const OPERATORS: &[Operator] = &[
    Operator { name: "Gemm", attributes: &["alpha", "beta", "transA", "transB"], infer: gemm_type, evaluate: gemm },
    Operator { name: "MatMul", attributes: &[], infer: matmul_type, evaluate: matmul },
    Operator { name: "MatMulInteger", attributes: &[], infer: integer_type, evaluate: integer },
];

struct Gemm {
    turn: [bool; 2],
    m: usize,
    k: usize,
    n: usize,
}

fn gemm_shape(c: &Call<'_>) -> Host<Gemm> {
    let turn = [c.attributes.int("transA", 0)? != 0, c.attributes.int("transB", 0)? != 0];
    let dims = |i: usize, turn: bool| match *c.shape(i)? {
        [r, s] => Ok(if turn { [s, r] } else { [r, s] }),
        ref other => Err(format!("operand {i} must be a matrix, but has shape {other:?}")),
    };
    let ([m, k], [k2, n]) = (dims(0, turn[0])?, dims(1, turn[1])?);
    if k != k2 {
        return Err(format!("A has {k} columns, B has {k2} rows"));
    }
    if c.maybe(2).is_some() && broadcast(&[c.shape(2)?, &[m, n]])? != [m, n] {
        return Err(format!("C of shape {:?} does not broadcast to [{m}, {n}]", c.shape(2)?));
    }
    check_work(m.saturating_mul(n), k)?;
    Ok(Gemm { turn, m, k, n })
}

fn gemm_type(c: &Call<'_>) -> Host<Vec<TensorType>> {
    let g = gemm_shape(c)?;
    Ok(vec![TensorType::new(c.ty(0)?.elem, [g.m, g.n])])
}

/// `alpha * A' * B' + beta * C`.
fn gemm(c: &Call<'_>, _: &[TensorType]) -> Host<Vec<Tensor>> {
    let g = gemm_shape(c)?;
    let (alpha, beta) = (c.attributes.float("alpha", 1.0)?, c.attributes.float("beta", 1.0)?);
    let (a, b, bias) = (c.value(0)?, c.value(1)?, c.maybe_value(2)?);
    let at = bias.map_or_else(Vec::new, |t| stretched(&t.shape, &[g.m, g.n]));
    Ok(vec![match (&a.data, &b.data, bias.map(|b| &b.data)) {
        (Data::Float(x), Data::Float(y), None) => Tensor::floats(a.elem, [g.m, g.n], g.run(x, y, alpha)?),
        (Data::Float(x), Data::Float(y), Some(Data::Float(z))) => {
            Tensor::floats(a.elem, [g.m, g.n], g.add(g.run(x, y, alpha)?, z, &at, beta)?)
        }
        (Data::Double(x), Data::Double(y), None) => Tensor::doubles([g.m, g.n], g.run(x, y, alpha.into())?),
        (Data::Double(x), Data::Double(y), Some(Data::Double(z))) => {
            Tensor::doubles([g.m, g.n], g.add(g.run(x, y, alpha.into())?, z, &at, beta.into())?)
        }
        // The factors are floats; as ONNX Runtime does, only whole ones are applied to integers.
        (Data::Int(x), Data::Int(y), z) => {
            let (ElemType::Int(t), true) = (a.elem, alpha.fract() == 0.0 && beta.fract() == 0.0) else {
                return Err("alpha and beta must be whole for integers".into());
            };
            let mut out = g.run(x, y, alpha as i64)?;
            if let Some(Data::Int(z)) = z {
                for (v, i) in out.iter_mut().zip(offsets(&[g.m, g.n], &at)) {
                    let z = z.get(i).copied().unwrap_or_default();
                    *v = v.add_product(z, beta as i64);
                }
            }
            Tensor::ints(t, [g.m, g.n], out)
        }
        _ => return Err(format!("operands must be numbers of one type, but are of {} and {}", a.elem, b.elem)),
    }])
}

impl Gemm {
    fn run<T: Number>(&self, a: &[T], b: &[T], alpha: T) -> Host<Vec<T>> {
        let Gemm { turn, m, k, n } = *self;
        let mut y = vec![T::default(); m * n];
        let turned: Vec<T>;
        let a = if turn[0] {
            turned = (0..m).flat_map(|i| a.iter().skip(i).step_by(m.max(1)).copied()).collect();
            &turned
        } else {
            a
        };
        if turn[1] {
            multiply(a, [m, k, n], pack_columns(b, k), &mut y);
        } else {
            multiply(a, [m, k, n], pack_rows(b, n), &mut y);
        }
        if alpha != T::ONE {
            y.iter_mut().for_each(|v| *v = v.times(alpha));
        }
        Ok(y)
    }

    fn add<T: Copy + Mul<Output = T> + AddAssign>(
        &self,
        mut y: Vec<T>,
        c: &[T],
        at: &[usize],
        beta: T,
    ) -> Host<Vec<T>> {
        for (v, i) in y.iter_mut().zip(offsets(&[self.m, self.n], at)) {
            *v += beta * *c.get(i).ok_or("C is shorter than its shape")?;
        }
        Ok(y)
    }
}

/// NumPy's matmul: the last two dimensions multiply, those before are broadcast; a vector is a row or a column.
pub(super) struct Product {
    lead: Vec<usize>,
    leads: [Vec<usize>; 2],
    /// Rows, depth, columns.
    pub(super) dims: [usize; 3],
    vectors: [bool; 2],
}

impl Product {
    pub(super) fn new(a: &[usize], b: &[usize]) -> Host<Product> {
        if a.is_empty() || b.is_empty() {
            return Err("a scalar cannot be multiplied as a matrix".into());
        }
        let vectors = [a.len() == 1, b.len() == 1];
        let (mut a, mut b) = (a.to_vec(), b.to_vec());
        if vectors[0] {
            a.insert(0, 1);
        }
        if vectors[1] {
            b.push(1);
        }
        let ([lead_a @ .., m, k], [lead_b @ .., k2, n]) = (&a[..], &b[..]) else { return Err("no matrices".into()) };
        if k != k2 {
            return Err(format!("shapes {a:?} and {b:?} do not multiply"));
        }
        let lead = broadcast(&[lead_a, lead_b])?;
        check_work(lead.iter().chain([m, n]).fold(1, |p: usize, d| p.saturating_mul(*d)), *k)?;
        Ok(Product { lead, leads: [lead_a.to_vec(), lead_b.to_vec()], dims: [*m, *k, *n], vectors })
    }

    pub(super) fn result(&self) -> Vec<usize> {
        let mut shape = self.lead.clone();
        shape.extend((!self.vectors[0]).then_some(self.dims[0]));
        shape.extend((!self.vectors[1]).then_some(self.dims[2]));
        shape
    }

    pub(super) fn run<T: Number>(&self, a: &[T], b: &[T]) -> Host<Vec<T>> {
        let [m, k, n] = self.dims;
        let count: usize = self.lead.iter().product();
        let mut y = vec![T::default(); count * m * n];
        if y.is_empty() {
            return Ok(y);
        }
        let [sa, sb] = [0, 1].map(|i| stretched(&self.leads[i], &self.lead));
        // One left operand for all and no other right operand: a single product.
        if self.leads[1].iter().all(|d| *d == 1) && self.leads[0] == self.lead {
            multiply(a, [count * m, k, n], pack_rows(b, n), &mut y);
            return Ok(y);
        }
        let places = offsets(&self.lead, &sa).zip(offsets(&self.lead, &sb));
        for (y, (i, j)) in y.chunks_exact_mut(m * n).zip(places) {
            let a = a.get(i * m * k..(i + 1) * m * k).ok_or("A is shorter than its shape")?;
            let b = b.get(j * k * n..(j + 1) * k * n).ok_or("B is shorter than its shape")?;
            multiply(a, [m, k, n], pack_rows(b, n), y);
        }
        Ok(y)
    }
}

fn matmul_type(c: &Call<'_>) -> Host<Vec<TensorType>> {
    Ok(vec![TensorType::new(c.ty(0)?.elem, Product::new(c.shape(0)?, c.shape(1)?)?.result())])
}

fn matmul(c: &Call<'_>, types: &[TensorType]) -> Host<Vec<Tensor>> {
    let to = types.first().ok_or("no result")?;
    let (a, b) = (c.value(0)?, c.value(1)?);
    let p = Product::new(&a.shape, &b.shape)?;
    Ok(vec![match (&a.data, &b.data, to.elem) {
        (Data::Float(x), Data::Float(y), e) => Tensor::floats(e, &to.shape[..], p.run(x, y)?),
        (Data::Double(x), Data::Double(y), _) => Tensor::doubles(&to.shape[..], p.run(x, y)?),
        (Data::Int(x), Data::Int(y), ElemType::Int(t)) => Tensor::ints(t, &to.shape[..], p.run(x, y)?),
        _ => return Err(format!("operands must be numbers of one type, but are of {} and {}", a.elem, b.elem)),
    }])
}

fn integer_type(c: &Call<'_>) -> Host<Vec<TensorType>> {
    let shape = Product::new(c.shape(0)?, c.shape(1)?)?.result();
    Ok(vec![TensorType::new(ElemType::Int(IntType::I32), shape)])
}

fn integer(c: &Call<'_>, types: &[TensorType]) -> Host<Vec<Tensor>> {
    let to = types.first().ok_or("no result")?;
    let (a, b) = (c.value(0)?, c.value(1)?);
    let p = Product::new(&a.shape, &b.shape)?;
    let a = shifted(a, c.maybe_value(2)?, a.shape.len().checked_sub(2))?;
    let b = shifted(b, c.maybe_value(3)?, b.shape.len().checked_sub(1))?;
    Ok(vec![Tensor::ints(IntType::I32, &to.shape[..], p.run(&a, &b)?)])
}

/// Integers minus their zero point: one for all, one an index of `axis`, or one an element of a shape that broadcasts.
pub(super) fn shifted(x: &Tensor, zero: Option<&Tensor>, axis: Option<usize>) -> Host<Vec<i64>> {
    let Data::Int(v) = &x.data else { return Err(format!("operands must be integers, but one is of {}", x.elem)) };
    let Some(zero) = zero else { return Ok(v.clone()) };
    let shift = zero.to_i64();
    match (&shift[..], axis.and_then(|a| Some((a, *x.shape.get(a)?)))) {
        ([z], _) => Ok(v.iter().map(|v| v.wrapping_sub(*z)).collect()),
        (z, Some((axis, n))) if zero.shape == [n] => {
            let inner: usize = x.shape[axis + 1..].iter().product();
            Ok(v.iter().enumerate().map(|(i, v)| v.wrapping_sub(z[i / inner % n])).collect())
        }
        (z, _) if broadcast(&[&zero.shape, &x.shape])? == x.shape => {
            let at = stretched(&zero.shape, &x.shape);
            Ok(v.iter()
                .zip(offsets(&x.shape, &at))
                .map(|(v, i)| v.wrapping_sub(z.get(i).copied().unwrap_or(0)))
                .collect())
        }
        _ => Err(format!("zero points of shape {:?} do not fit {:?}", zero.shape, x.shape)),
    }
}

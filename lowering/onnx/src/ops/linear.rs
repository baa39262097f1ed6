//! Gemm and MatMul.

use crate::node::{Import, Node, Refusal};
use crate::tensor::Tensor;
use cim_dialect::graph::{self, shapes};
use cim_ir::ValueId;

/// `alpha * A * B + beta * C`, the factors as operations of their own unless they are 1 or belong to a constant.
pub(crate) fn gemm(n: &mut Node<'_, '_>) -> Import {
    let (alpha, beta) = (n.float("alpha", 1.0)?, n.float("beta", 1.0)?);
    let (x, w) = (n.float_value(0)?, n.weights(1)?);
    let y = general(n, x, w, alpha, |n, outputs| bias(n, beta, outputs))?;
    n.output_value(y)
}

/// `alpha * X * W + bias` with the transpositions of the node; `bias` makes the one entry for each output.
pub(super) fn general(
    n: &mut Node<'_, '_>,
    mut x: ValueId,
    w: ValueId,
    alpha: f32,
    bias: impl FnOnce(&mut Node<'_, '_>, i64) -> Import<Option<ValueId>>,
) -> Import<ValueId> {
    let (trans_a, trans_b) = (n.int("transA", 0)? != 0, n.int("transB", 0)? != 0);
    let input = n.dims(x);
    if trans_a {
        // (I, 1) and (1, I) hold the same elements in the same order.
        let &[i, 1] = &input[..] else {
            return Err(Refusal::new(format!("transposes an input of shape {input:?}"))
                .attribute("transA")
                .remedy("only one column can be transposed; export with batch 1"));
        };
        x = reshape(n, x, &[1, i])?;
    }
    let dims = shapes::linear(&n.dims(x), &n.dims(w), !trans_b)?;
    let outputs = dims.get(1).copied().unwrap_or(1);
    let bias = bias(n, outputs)?;
    let fused = bias.filter(|_| alpha == 1.0);
    let mut y = linear(n, x, w, fused, !trans_b, &dims)?;
    if alpha != 1.0 {
        let factor = n.make_constant(Tensor::floats(&[1], &[alpha]), "alpha")?;
        let ty = n.ty(y);
        let state = graph::Mul::builder(&n.ctx(), n.loc).a(y).b(factor).name(&n.name).result(ty).build();
        y = n.create(state)?;
        if let Some(b) = bias {
            let state = graph::Add::builder(&n.ctx(), n.loc).a(y).b(b).name(&n.name).result(ty).build();
            y = n.create(state)?;
        }
    }
    Ok(y)
}

/// `beta * C` with one entry for each output.
fn bias(n: &mut Node<'_, '_>, beta: f32, outputs: i64) -> Import<Option<ValueId>> {
    if beta == 0.0 || n.maybe(2)?.is_none() {
        return Ok(None);
    }
    let bad = |dims: &[i64]| {
        Refusal::new(format!("the bias has the shape {dims:?}, which is not one for each of {outputs} outputs"))
    };
    if let Ok(Some(c)) = n.maybe_constant(2, "bias")
        && let Some(values) = c.to_f32()
    {
        let one_each = c.dims.iter().rev().skip(1).all(|d| *d == 1);
        if beta == 1.0 && c.dims == [outputs] {
            return n.maybe_value(2);
        }
        let values: Vec<f32> = match values[..] {
            [v] => vec![v * beta; outputs as usize],
            _ if one_each && values.len() as i64 == outputs => values.iter().map(|v| v * beta).collect(),
            _ => return Err(bad(&c.dims)),
        };
        return n.make_constant(Tensor::floats(&[outputs], &values), "bias").map(Some);
    }
    let mut c = n.float_value(2)?;
    let dims = n.dims(c);
    if dims != [outputs] {
        if dims.iter().rev().skip(1).any(|d| *d != 1) || dims.last() != Some(&outputs) {
            return Err(bad(&dims));
        }
        c = reshape(n, c, &[outputs])?;
    }
    if beta != 1.0 {
        let factor = n.make_constant(Tensor::floats(&[1], &[beta]), "beta")?;
        let ty = n.ty(c);
        let state = graph::Mul::builder(&n.ctx(), n.loc).a(c).b(factor).name(&n.name).result(ty).build();
        c = n.create(state)?;
    }
    Ok(Some(c))
}

/// Products of rows with constant weights.
pub(crate) fn matmul(n: &mut Node<'_, '_>) -> Import {
    let (x, w) = (n.float_value(0)?, n.weights(1)?);
    let y = product(n, x, w)?;
    n.output_value(y)
}

/// Products of rows with constant weights.
pub(super) fn product(n: &mut Node<'_, '_>, x: ValueId, w: ValueId) -> Import<ValueId> {
    let (input, weights) = (n.dims(x), n.dims(w));
    if weights.len() != 2 {
        return Err(Refusal::new(format!("the weights {weights:?} are not a matrix")));
    }
    // One row in any number of dimensions, or a sequence of rows.
    let y = match input.split_last() {
        Some((&last, leading)) if leading.len() > 2 && leading.iter().all(|d| *d == 1) || leading.is_empty() => {
            let flat = reshape(n, x, &[1, last])?;
            let dims = shapes::linear(&[1, last], &weights, true)?;
            let y = linear(n, flat, w, None, true, &dims)?;
            let outputs = dims.last().copied().unwrap_or(1);
            let full: Vec<i64> = leading.iter().copied().chain([outputs]).collect();
            reshape(n, y, &full)?
        }
        _ => {
            let dims = shapes::linear(&input, &weights, true)?;
            linear(n, x, w, None, true, &dims)?
        }
    };
    Ok(y)
}

fn linear(
    n: &mut Node<'_, '_>,
    x: ValueId,
    w: ValueId,
    bias: Option<ValueId>,
    transpose: bool,
    dims: &[i64],
) -> Import<ValueId> {
    let state = graph::Linear::builder(&n.ctx(), n.loc)
        .input(x)
        .weights(w)
        .bias(bias)
        .transpose(transpose)
        .name(&n.name)
        .result(n.like(x, dims))
        .build();
    n.create(state)
}

fn reshape(n: &mut Node<'_, '_>, x: ValueId, dims: &[i64]) -> Import<ValueId> {
    let ty = n.like(x, dims);
    let state = graph::Reshape::builder(&n.ctx(), n.loc).input(x).name(&n.name).result(ty).build();
    n.create(state)
}

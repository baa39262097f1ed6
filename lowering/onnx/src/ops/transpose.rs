//! Transpose: of constants and of what only moves dimensions of extent 1.

use crate::importer::Value;
use crate::node::{Import, Node, Refusal};
use crate::tensor::Tensor;
use cim_dialect::graph;

pub(crate) fn transpose(n: &mut Node<'_, '_>) -> Import {
    let constant = match n.maybe(0)? {
        Some(Value::Constant { tensor, .. }) => Some(tensor),
        _ => None,
    };
    let dims = match &constant {
        Some(t) => t.dims.clone(),
        None => {
            let x = n.value(0)?;
            n.dims(x)
        }
    };
    let order = order(n, dims.len())?;
    if let Some(t) = constant {
        return n.output_constant(permuted(&t, &order));
    }
    let x = n.value(0)?;
    let moved: Vec<i64> = order.iter().map(|&i| dims[i]).collect();
    if let Some((integers, dequantize)) = n.dequantised_constant(x) {
        // Weights that were quantised before they are turned.
        let axis = order.iter().position(|&i| i as i64 == dequantize.axis).map_or(1, |i| i as i64);
        let q = n.make_constant(permuted(&integers, &order), "transposed")?;
        let ctx = n.ctx();
        let state = graph::Dequantize::builder(&ctx, n.loc)
            .input(q)
            .scale(dequantize.scale)
            .zero_point(&dequantize.zero)
            .axis(axis)
            .result(ctx.tensor(&moved, ctx.f32()))
            .build();
        let y = n.create(state)?;
        return n.output_value(y);
    }
    if n.batched() && order.first() != Some(&0) {
        return Err(Refusal::new("mixes the images of a batch").attribute("perm"));
    }
    let stays: Vec<usize> = order.iter().copied().filter(|&i| dims[i] != 1).collect();
    if !stays.is_sorted() {
        return Err(Refusal::new(format!("moves dimensions of {dims:?}, an activation")).attribute("perm"));
    }
    let state = graph::Reshape::builder(&n.ctx(), n.loc).input(x).name(&n.name).result(n.like(x, &moved)).build();
    let y = n.create(state)?;
    n.output_value(y)
}

/// Where each dimension of the result comes from.
fn order(n: &mut Node<'_, '_>, rank: usize) -> Import<Vec<usize>> {
    let Some(perm) = n.ints("perm")? else { return Ok((0..rank).rev().collect()) };
    let order: Vec<usize> = perm.iter().filter_map(|&p| usize::try_from(p).ok()).collect();
    let mut sorted = order.clone();
    sorted.sort_unstable();
    if perm.len() != rank || !sorted.into_iter().eq(0..rank) {
        return Err(Refusal::new(format!("{perm:?} is no order of {rank} dimensions")).attribute("perm"));
    }
    Ok(order)
}

/// The elements of a constant in another order.
fn permuted(t: &Tensor, order: &[usize]) -> Tensor {
    let width = t.elem.bytes();
    let mut strides = vec![width; t.dims.len()];
    for i in (1..t.dims.len()).rev() {
        strides[i - 1] = strides[i] * t.dims[i] as usize;
    }
    let dims: Vec<i64> = order.iter().map(|&i| t.dims[i]).collect();
    let mut data = Vec::with_capacity(t.data.len());
    let mut index = vec![0; dims.len()];
    for _ in 0..t.count() {
        let at: usize = index.iter().zip(order).map(|(i, &o)| *i as usize * strides[o]).sum();
        data.extend_from_slice(t.data.get(at..at + width).unwrap_or_default());
        for d in (0..dims.len()).rev() {
            index[d] += 1;
            if index[d] < dims[d] {
                break;
            }
            index[d] = 0;
        }
    }
    Tensor { dims, elem: t.elem, data: data.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_move_with_their_indices() {
        let values: Vec<f32> = (0..24).map(|v| v as f32).collect();
        let t = permuted(&Tensor::floats(&[2, 3, 4], &values), &[2, 0, 1]);
        assert_eq!(t.dims, [4, 2, 3]);
        let moved = t.to_f32().unwrap();
        for (i, v) in values.iter().enumerate() {
            let (a, b, c) = (i / 12, i / 4 % 3, i % 4);
            assert_eq!(moved[c * 6 + a * 3 + b], *v);
        }
        assert_eq!(permuted(&Tensor::floats(&[], &[3.0]), &[]).to_f32().unwrap(), [3.0]);
    }
}

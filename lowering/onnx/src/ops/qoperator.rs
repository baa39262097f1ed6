//! Operators on integers: QLinearConv, QLinearMatMul and ONNX Runtime's operators become the chain of dequantize, float operator and
//! quantize that QDQ models have, so that one pass makes both integer. ConvInteger and MatMulInteger give raw sums.

use super::quant::{Grid, dequantized, quantized, read_grid};
use super::{conv, linear, pool};
use crate::node::{Import, Node, Refusal};
use cim_dialect::graph::{self, IntType, shapes};
use cim_ir::ValueId;

const UI8: IntType = IntType { width: 8, signed: false };
const SI32: IntType = IntType { width: 32, signed: true };

/// The integers of input `i` as real numbers, with their grid in the two inputs after it.
fn operand(n: &mut Node<'_, '_>, i: usize, axis: i64, what: &str) -> Import<(ValueId, Grid)> {
    let q = n.value(i)?;
    let grid = read_grid(n, [i + 1, i + 2], what)?;
    Ok((dequantized(n, q, &grid, axis, None)?, grid))
}

/// An activation: one scale.
fn activation(n: &mut Node<'_, '_>, i: usize, what: &str) -> Import<(ValueId, f32)> {
    let (x, grid) = operand(n, i, 1, what)?;
    Ok((x, grid.scale(what.trim_start_matches(" of "))?))
}

/// Weights: constants whose scales and zero points may vary along `axis`.
fn weights(n: &mut Node<'_, '_>, i: usize, axis: i64) -> Import<(ValueId, Grid)> {
    let (w, grid) = operand(n, i, axis, " of the weights")?;
    n.constant_value(w, i)?;
    Ok((w, grid))
}

/// An int32 bias at the scale of the sums: `factor * scale of x * scales of w`.
fn bias(n: &mut Node<'_, '_>, i: usize, factor: f32, w: &Grid) -> Import<Option<ValueId>> {
    let Some(q) = n.maybe_value(i)? else { return Ok(None) };
    if n.int_type(q) != Some(SI32) {
        return Err(Refusal::new(format!("input {i}, the bias, must be of int32")));
    }
    let scales: Vec<f32> = w.scales.iter().map(|s| factor * s).collect();
    let grid = Grid { zeros: vec![0; scales.len()], scales, int: None };
    dequantized(n, q, &grid, 0, None).map(Some)
}

/// Quantises `y` to the grid in two inputs and makes it the output.
fn finish(n: &mut Node<'_, '_>, y: ValueId, grid: [usize; 2]) -> Import {
    let grid = read_grid(n, grid, " of the result")?;
    grid.scale("the result")?;
    let name = format!("{}.quantize", n.name);
    let q = quantized(n, y, &grid, 1, UI8, &name)?;
    n.output_value(q)
}

pub(crate) fn conv(n: &mut Node<'_, '_>) -> Import {
    let (x, scale) = activation(n, 0, " of the input")?;
    let (w, grid) = weights(n, 3, 0)?;
    let bias = bias(n, 8, scale, &grid)?;
    let y = conv::convolution(n, x, w, bias)?;
    finish(n, y, [6, 7])
}

pub(crate) fn matmul(n: &mut Node<'_, '_>) -> Import {
    let (x, _) = activation(n, 0, " of the input")?;
    let (w, _) = weights(n, 3, 1)?;
    let y = linear::product(n, x, w)?;
    finish(n, y, [6, 7])
}

/// ONNX Runtime's QGemm; without a scale of the result it gives floats.
pub(crate) fn gemm(n: &mut Node<'_, '_>) -> Import {
    let alpha = n.float("alpha", 1.0)?;
    let (x, scale) = activation(n, 0, " of the input")?;
    let outputs_first = n.int("transB", 0)? != 0;
    let (w, grid) = weights(n, 3, i64::from(!outputs_first))?;
    let y = linear::general(n, x, w, alpha, |n, _| bias(n, 6, alpha * scale, &grid))?;
    if n.maybe(7)?.is_none() {
        return n.output_value(y);
    }
    finish(n, y, [7, 8])
}

pub(crate) fn add(n: &mut Node<'_, '_>) -> Import {
    let (a, _) = activation(n, 0, " of the first input")?;
    let (b, _) = activation(n, 3, " of the second input")?;
    let dims = shapes::broadcast(&n.dims(a), &n.dims(b))?;
    let state = graph::Add::builder(&n.ctx(), n.loc).a(a).b(b).name(&n.name).result(n.like(a, &dims)).build();
    let y = n.create(state)?;
    finish(n, y, [6, 7])
}

pub(crate) fn mul(n: &mut Node<'_, '_>) -> Import {
    let (a, _) = activation(n, 0, " of the first input")?;
    let (b, _) = activation(n, 3, " of the second input")?;
    let dims = shapes::broadcast(&n.dims(a), &n.dims(b))?;
    let state = graph::Mul::builder(&n.ctx(), n.loc).a(a).b(b).name(&n.name).result(n.like(a, &dims)).build();
    let y = n.create(state)?;
    finish(n, y, [6, 7])
}

fn channels_first(n: &mut Node<'_, '_>) -> Import {
    if n.int("channels_last", 0)? == 0 {
        return Ok(());
    }
    Err(Refusal::new("is not supported").attribute("channels_last").remedy("export the model in the order N, C, H, W"))
}

pub(crate) fn global_average(n: &mut Node<'_, '_>) -> Import {
    channels_first(n)?;
    let (x, _) = activation(n, 0, " of the input")?;
    let y = pool::global_average_of(n, x)?;
    finish(n, y, [3, 4])
}

pub(crate) fn average(n: &mut Node<'_, '_>) -> Import {
    channels_first(n)?;
    let (x, _) = activation(n, 0, " of the input")?;
    let y = pool::average_of(n, x)?;
    finish(n, y, [3, 4])
}

/// Inputs: scale and zero point of the result, then tensor, scale and zero point of each part.
pub(crate) fn concat(n: &mut Node<'_, '_>) -> Import {
    let count = n.num_inputs().saturating_sub(2);
    if count == 0 || !count.is_multiple_of(3) {
        return Err(Refusal::new(format!("has {} inputs; it needs 2, and 3 for each part", n.num_inputs())));
    }
    let mut parts = Vec::new();
    for i in 0..count / 3 {
        parts.push(activation(n, 2 + 3 * i, &format!(" of part {i}"))?.0);
    }
    let y = super::shape::concatenated(n, &parts)?;
    finish(n, y, [0, 1])
}

/// The raw sums of a product of integers whose zero points are in inputs 2 and 3, as int32.
fn sums(
    n: &mut Node<'_, '_>,
    axis: i64,
    product: fn(&mut Node<'_, '_>, ValueId, ValueId) -> Import<ValueId>,
) -> Import {
    let part = |n: &mut Node<'_, '_>, i: usize, axis: i64, what: &str| -> Import<ValueId> {
        let q = n.value(i)?;
        let zeros = n.maybe_constant(i + 2, &format!("zero point of the {what}"))?;
        let zeros = match zeros {
            None => vec![0],
            Some(z) => z.to_i64().ok_or_else(|| Refusal::new(format!("the zero point of the {what} is no integer")))?,
        };
        let grid = Grid { scales: vec![1.0; zeros.len()], zeros, int: None };
        dequantized(n, q, &grid, axis, None)
    };
    let x = part(n, 0, 1, "input")?;
    let w = part(n, 1, axis, "weights")?;
    n.constant_value(w, 1)?;
    let y = product(n, x, w)?;
    let name = format!("{}.sums", n.name);
    let q = quantized(n, y, &Grid::plain(1.0), 1, SI32, &name)?;
    n.output_value(q)
}

pub(crate) fn conv_integer(n: &mut Node<'_, '_>) -> Import {
    sums(n, 0, |n, x, w| conv::convolution(n, x, w, None))
}

pub(crate) fn matmul_integer(n: &mut Node<'_, '_>) -> Import {
    sums(n, 1, linear::product)
}

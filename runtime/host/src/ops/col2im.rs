//! Col2Im: blocks of columns added up to an image.

use super::elements::{dimension, size, zeros};
use super::multiply::Number;
use super::window::{Window, sizes};
use crate::Host;
use crate::broadcast::strides;
use crate::call::{Call, Operator};
use crate::tensor::{Data, Tensor, TensorType};

/// The family.
pub(super) const OPERATORS: &[Operator] =
    &[Operator { name: "Col2Im", attributes: &["dilations", "pads", "strides"], infer: types, evaluate: col2im }];

/// Batch, channels and the window whose columns the operand holds.
fn plan(c: &Call<'_>) -> Host<(usize, usize, Window)> {
    let list = |i: usize| c.value(i)?.to_i64().iter().map(|d| dimension(*d)).collect::<Host<Vec<_>>>();
    let (image, kernel) = (list(1)?, list(2)?);
    let rank = image.len();
    if kernel.len() != rank || rank == 0 || rank > super::window::MAX_RANK || kernel.contains(&0) {
        return Err(format!("blocks {kernel:?} do not fit an image {image:?}"));
    }
    TensorType::new(c.ty(0)?.elem, &image[..]).check()?;
    TensorType::new(c.ty(0)?.elem, &kernel[..]).check()?;
    let pads = sizes(c, "pads", 2 * rank, 0)?.unwrap_or_else(|| vec![0; 2 * rank]);
    let mut w = Window {
        kernel,
        stride: sizes(c, "strides", rank, 1)?.unwrap_or_else(|| vec![1; rank]),
        dilation: sizes(c, "dilations", rank, 1)?.unwrap_or_else(|| vec![1; rank]),
        pad: pads[..rank].to_vec(),
        pad_end: pads[rank..].to_vec(),
        input: image,
        output: Vec::new(),
    };
    for d in 0..rank {
        let reach = (w.kernel[d] - 1).checked_mul(w.dilation[d]).ok_or("a block is too large")?;
        let free = (w.input[d] + w.pad[d] + w.pad_end[d]).checked_sub(reach.saturating_add(1));
        w.output.push(free.ok_or("a block does not fit the image")? / w.stride[d] + 1);
    }
    let columns = w.output.iter().fold(1usize, |n, d| n.saturating_mul(*d));
    match *c.shape(0)? {
        [n, rows, l] if l == columns && rows.is_multiple_of(w.taps()) => Ok((n, rows / w.taps(), w)),
        ref s => Err(format!("columns of shape {s:?} do not fit {columns} blocks of {:?}", w.kernel)),
    }
}

fn types(c: &Call<'_>) -> Host<Vec<TensorType>> {
    let (n, channels, w) = plan(c)?;
    Ok(vec![TensorType::new(c.ty(0)?.elem, [&[n, channels], &w.input[..]].concat())])
}

fn add<T: Number>(x: &[T], y: &mut [T], w: &Window) {
    let (taps, blocks, plane) = (w.taps(), size(&w.output), size(&w.input));
    let (kernel, across, steps) = (strides(&w.kernel), strides(&w.output), strides(&w.input));
    for (r, x) in x.chunks_exact(blocks.max(1)).enumerate() {
        let (channel, tap) = (r / taps, r % taps);
        for (b, v) in x.iter().enumerate() {
            let place = (0..steps.len()).try_fold(channel * plane, |at, d| {
                let i = w.at(d, b / across[d] % w.output[d], tap / kernel[d] % w.kernel[d])?;
                Some(at + i * steps[d])
            });
            if let Some(y) = place.and_then(|i| y.get_mut(i)) {
                *y = y.add_product(*v, T::ONE);
            }
        }
    }
}

fn col2im(c: &Call<'_>, types: &[TensorType]) -> Host<Vec<Tensor>> {
    let (_, _, w) = plan(c)?;
    let mut y = zeros(types.first().ok_or("no result")?);
    match (&c.value(0)?.data, &mut y.data) {
        (Data::Float(x), Data::Float(y)) => add(x, y, &w),
        (Data::Double(x), Data::Double(y)) => add(x, y, &w),
        (Data::Int(x), Data::Int(y)) => add(x, y, &w),
        _ => return Err("operand 0 must be numbers".into()),
    }
    // Sums of narrow types are rounded or wrapped to them.
    Ok(vec![match (y.elem, y.data) {
        (cim_isa::types::ElemType::Int(t), Data::Int(v)) => Tensor::ints(t, y.shape, v),
        (e, Data::Float(v)) => Tensor::floats(e, y.shape, v),
        (elem, data) => Tensor { elem, shape: y.shape, data },
    }])
}

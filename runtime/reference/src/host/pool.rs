//! Float pooling over (N, C, spatial...) tensors of one or two spatial dimensions, and the geometry shared with Conv.

use super::{Attributes, Operands, View};
use crate::error::Kernel;
use crate::tensor::{FloatTensor, elements};

/// Geometry of a sliding window in two dimensions; one-dimensional operators have a leading dimension of 1.
pub(super) struct Sliding {
    pub kernel: [u32; 2],
    pub stride: [u32; 2],
    pub dilation: [u32; 2],
    pub pad: [u32; 2],
    pub pad_end: [u32; 2],
    pub input: [u32; 2],
    pub output: [u32; 2],
    /// Spatial dimensions of the operator, 1 or 2.
    pub rank: usize,
}

impl Sliding {
    /// From the attributes of Conv, MaxPool or AveragePool. `kernel` is the weights' extent if there are weights.
    pub(super) fn new(a: &Attributes<'_>, shape: &[u32], kernel: Option<&[u32]>) -> Kernel<Self> {
        let spatial = shape.get(2..).unwrap_or_default();
        let rank = spatial.len();
        if !(1..=2).contains(&rank) {
            return Err(format!("only one or two spatial dimensions are supported, input shape is {shape:?}"));
        }
        let list = |name: &str, count: usize, low: i64| -> Kernel<Option<Vec<u32>>> {
            let Some(v) = a.ints(name) else { return Ok(None) };
            if v.len() != count || v.iter().any(|&v| v < low || v > i32::MAX as i64) {
                return Err(format!("attribute {name} = {v:?} needs {count} values from {low}"));
            }
            Ok(Some(v.iter().map(|&v| v as u32).collect()))
        };
        let two = |v: &[u32], fill: u32| -> [u32; 2] {
            match v {
                [h, w] => [*h, *w],
                [w] => [fill, *w],
                _ => [fill, fill],
            }
        };
        let kernel = match (list("kernel_shape", rank, 1)?, kernel) {
            (Some(k), Some(w)) if k != w => return Err(format!("kernel_shape {k:?}, the weights have {w:?}")),
            (Some(k), _) => k,
            (None, Some(w)) if w.len() == rank => w.to_vec(),
            _ => return Err("attribute kernel_shape is missing".into()),
        };
        let pads = list("pads", 2 * rank, 0)?.unwrap_or_else(|| vec![0; 2 * rank]);
        let (begin, end) = pads.split_at(rank);
        let mut s = Sliding {
            kernel: two(&kernel, 1),
            stride: two(&list("strides", rank, 1)?.unwrap_or_default(), 1),
            dilation: two(&list("dilations", rank, 1)?.unwrap_or_default(), 1),
            pad: two(begin, 0),
            pad_end: two(end, 0),
            input: two(spatial, 1),
            output: [0, 0],
            rank,
        };
        if rank == 1 {
            s.pad[0] = 0;
            s.pad_end[0] = 0;
        }
        let ceil = a.int("ceil_mode", 0)? != 0;
        for d in 0..2 {
            let padded = s.input[d] as i64 + s.pad[d] as i64 + s.pad_end[d] as i64;
            let reach = s.dilation[d] as i64 * (s.kernel[d] as i64 - 1) + 1;
            let free = padded - reach;
            if free < 0 || s.kernel[d] == 0 {
                return Err(format!("a window of {reach} does not fit the padded input of {padded}"));
            }
            let stride = s.stride[d] as i64;
            let mut out = free / stride + 1;
            // With ceil_mode a last window counts when it starts inside the input or its left padding.
            if ceil && free % stride != 0 && out * stride < s.input[d] as i64 + s.pad[d] as i64 {
                out += 1;
            }
            s.output[d] = u32::try_from(out).map_err(|_| "the output is too large")?;
        }
        Ok(s)
    }

    /// (N, C, spatial...) of the result.
    pub(super) fn shape(&self, batch: u32, channels: u32) -> Vec<u32> {
        let mut shape = vec![batch, channels];
        shape.extend_from_slice(&self.output[2 - self.rank..]);
        shape
    }

    /// Input coordinate of output `o` and kernel position `k` along axis `d`; None in the padding.
    pub(super) fn at(&self, d: usize, o: u32, k: u32) -> Option<usize> {
        crate::pool::input_index(o, k, self.stride[d], self.dilation[d], self.pad[d], self.input[d])
    }

    /// Lies the position inside the input or the declared padding?
    fn declared(&self, d: usize, o: u32, k: u32) -> bool {
        let at = o as i64 * self.stride[d] as i64 + k as i64 * self.dilation[d] as i64;
        at < self.pad[d] as i64 + self.input[d] as i64 + self.pad_end[d] as i64
    }
}

pub(super) fn max_pool(x: &Operands<'_>, a: &Attributes<'_>) -> Kernel<FloatTensor> {
    if a.int("storage_order", 0)? != 0 {
        return Err("storage_order 1 is not supported".into());
    }
    let x = x.float(0)?;
    // A NaN wins, so that it is not hidden.
    let step = |best: f32, v: f32| if v > best || v.is_nan() { v } else { best };
    fold(&x, a, f32::NEG_INFINITY, step, |best, _, _| best)
}

/// Sum in (kh, kw) order divided by the number of counted elements.
pub(super) fn average_pool(x: &Operands<'_>, a: &Attributes<'_>) -> Kernel<FloatTensor> {
    let include = a.int("count_include_pad", 0)? != 0;
    let x = x.float(0)?;
    fold(&x, a, 0.0, |sum, v| sum + v, |sum, inside, declared| sum / if include { declared } else { inside } as f32)
}

pub(super) fn global_average_pool(x: &Operands<'_>) -> Kernel<FloatTensor> {
    let x = x.float(0)?;
    let [n, c, spatial @ ..] = x.shape else {
        return Err(format!("an (N, C, spatial) tensor is needed, shape is {:?}", x.shape));
    };
    let plane: usize = spatial.iter().map(|&d| d as usize).product();
    if plane == 0 {
        return Err("the input has no spatial elements".into());
    }
    let mut shape = vec![*n, *c];
    shape.resize(x.shape.len(), 1);
    let data = x.data.chunks(plane).map(|v| v.iter().fold(0f32, |s, v| s + v) / plane as f32).collect();
    FloatTensor::new(shape, data)
}

/// `finish(value, elements inside, elements inside or in declared padding)` of every window.
fn fold(
    x: &View<'_>,
    a: &Attributes<'_>,
    start: f32,
    step: impl Fn(f32, f32) -> f32,
    finish: impl Fn(f32, u32, u32) -> f32,
) -> Kernel<FloatTensor> {
    let s = Sliding::new(a, x.shape, None)?;
    let [batch, channels] = [x.shape.first(), x.shape.get(1)].map(|d| d.copied().unwrap_or(1));
    let shape = s.shape(batch, channels);
    let n = elements(&shape)?;
    crate::pool::check_work(n, s.kernel[0] as u64 * s.kernel[1] as u64)?;
    let plane = s.input[0] as usize * s.input[1] as usize;
    let mut data = Vec::with_capacity(n);
    for input in x.data.chunks(plane.max(1)) {
        for oh in 0..s.output[0] {
            for ow in 0..s.output[1] {
                let (mut value, mut inside, mut declared) = (start, 0u32, 0u32);
                for r in 0..s.kernel[0] {
                    for c in 0..s.kernel[1] {
                        let at = s.at(0, oh, r).zip(s.at(1, ow, c));
                        if let Some(&v) = at.and_then(|(h, w)| input.get(h * s.input[1] as usize + w)) {
                            value = step(value, v);
                            inside += 1;
                        }
                        declared += (s.declared(0, oh, r) && s.declared(1, ow, c)) as u32;
                    }
                }
                data.push(finish(value, inside, declared));
            }
        }
    }
    FloatTensor::new(shape, data)
}

//! Convolution and linear layers in plain integers: patches times weights, dot product by dot product.

use cim_isa::types::{IntType, Window};

use crate::error::Kernel;
use crate::pool::{check_window, check_work, input_index};
use crate::tensor::{IntTensor, elements};

/// Output pixels whose patches are unfolded at once: bounds the scratch memory, keeps patches in the cache.
const BLOCK: usize = 64;

/// Weights of a convolution or linear layer with the zero point taken off, (O, K) row-major, K = (I/groups)*kh*kw.
#[derive(Clone, Debug)]
pub struct Weights {
    outputs: usize,
    k: usize,
    values: Values,
    /// Largest magnitude.
    max: u128,
}

#[derive(Clone, Debug)]
enum Values {
    /// All fit 16 bits: products can be summed in 32 bits over proven lengths.
    Narrow(Vec<i16>),
    Wide(Vec<i64>),
}

impl Weights {
    /// `raw` is (O, K) row-major.
    pub fn new(raw: &[i64], outputs: usize, k: usize, zero: i64) -> Result<Self, String> {
        if outputs.checked_mul(k) != Some(raw.len()) {
            return Err(format!("{} weights, {outputs} outputs of {k} inputs need another number", raw.len()));
        }
        let mut wide = Vec::with_capacity(raw.len());
        for &w in raw {
            wide.push(w.checked_sub(zero).ok_or("weight minus zero point does not fit 64 bits")?);
        }
        let max = wide.iter().map(|w| w.unsigned_abs() as u128).max().unwrap_or(0);
        let narrow: Option<Vec<i16>> = wide.iter().map(|&w| i16::try_from(w).ok()).collect();
        let values = narrow.map_or(Values::Wide(wide), Values::Narrow);
        Ok(Weights { outputs, k, values, max })
    }

    /// `raw` is (I, O) row-major; kept as (O, I).
    pub fn transposed(raw: &[i64], inputs: usize, outputs: usize, zero: i64) -> Result<Self, String> {
        if outputs.checked_mul(inputs) != Some(raw.len()) {
            return Err(format!("{} weights, {inputs} x {outputs} need another number", raw.len()));
        }
        let mut turned = Vec::with_capacity(raw.len());
        for o in 0..outputs {
            turned.extend(raw.iter().skip(o).step_by(outputs.max(1)));
        }
        Self::new(&turned, outputs, inputs, zero)
    }
}

/// `sum x*(w - zero)` for every output; positions outside the input read `window.pad_value`. The result's elements are
/// checked against `to`.
pub fn conv(
    x: &IntTensor,
    weights: &Weights,
    window: &Window,
    groups: u32,
    shape: [u32; 3],
    to: IntType,
) -> Result<IntTensor, String> {
    check_window(window, x.shape, shape)?;
    let groups = groups as usize;
    let cin = x.shape[0] as usize;
    if groups == 0 || !cin.is_multiple_of(groups) || !weights.outputs.is_multiple_of(groups) {
        return Err(format!("{groups} groups do not divide {cin} input and {} output channels", weights.outputs));
    }
    if weights.outputs != shape[0] as usize {
        return Err(format!("weights give {} channels, the output has {}", weights.outputs, shape[0]));
    }
    let geometry = Geometry { window, cin: cin / groups, height: x.shape[1], width: x.shape[2] };
    let k = geometry.k().ok_or("the kernel is too large")?;
    if weights.k != k {
        return Err(format!("weights have {} inputs per output, kernel and channels give {k}", weights.k));
    }
    if elements(&x.shape)? != x.data.len() {
        return Err(format!("input has {} elements, its shape is {:?}", x.data.len(), x.shape));
    }
    check_work(elements(&shape)?, k as u64)?;
    let (lo, hi) = x.bounds();
    let (lo, hi) = (lo.min(window.pad_value), hi.max(window.pad_value));
    let x_max = lo.unsigned_abs().max(hi.unsigned_abs()) as u128;
    // Longest run of products whose sum is sure to fit 32 bits.
    let run = (i32::MAX as u128).checked_div(x_max * weights.max).unwrap_or(u128::MAX).min(k as u128) as usize;
    let narrow_input = i16::try_from(lo).is_ok() && i16::try_from(hi).is_ok();
    let data = match &weights.values {
        Values::Narrow(w) if narrow_input && (run >= 16 || run >= k) => {
            let x: Vec<i16> = x.data.iter().map(|&v| v as i16).collect();
            products(&x, w, &geometry, groups, shape, window.pad_value as i16, |a, b| dot_narrow(a, b, run))?
        }
        values => {
            let copy;
            let w = match values {
                Values::Wide(w) => w,
                Values::Narrow(w) => {
                    copy = w.iter().map(|&v| v as i64).collect::<Vec<i64>>();
                    &copy
                }
            };
            // Every partial sum is at most the sum of the magnitudes.
            if x_max * weights.max * (k as u128) < 1 << 63 {
                products(&x.data, w, &geometry, groups, shape, window.pad_value, dot_64)?
            } else {
                products(&x.data, w, &geometry, groups, shape, window.pad_value, dot_128)?
            }
        }
    };
    let y = IntTensor { shape, elem: to, data };
    y.check_range()?;
    Ok(y)
}

/// A linear layer: the input flattened in (C, H, W) order, or with several output positions each position on its own.
pub fn linear(x: &IntTensor, weights: &Weights, shape: [u32; 3], to: IntType) -> Result<IntTensor, String> {
    if shape[1..] != [1, 1] {
        return conv(x, weights, &pointwise(x.shape), 1, shape, to);
    }
    let n = u32::try_from(x.data.len()).map_err(|_| "the input is too long".to_string())?;
    if elements(&shape)? != weights.outputs {
        return Err(format!("weights give {} outputs, the output has shape {shape:?}", weights.outputs));
    }
    let flat = IntTensor { shape: [n, 1, 1], elem: x.elem, data: x.data.clone() };
    let mut y = conv(&flat, weights, &pointwise([n, 1, 1]), 1, [weights.outputs as u32, 1, 1], to)?;
    y.shape = shape;
    Ok(y)
}

/// The window of one position over an input of shape (C, H, W).
pub(crate) fn pointwise([c, h, w]: [u32; 3]) -> Window {
    Window {
        input: [h, w, c],
        output: [h, w],
        kernel: [1, 1],
        stride: [1, 1],
        dilation: [1, 1],
        pad: [0, 0],
        pad_value: 0,
        count_include_pad: false,
        pad_end: [0, 0],
    }
}

/// Where the inputs of an output pixel lie.
pub(crate) struct Geometry<'a> {
    pub(crate) window: &'a Window,
    /// Input channels per group.
    pub(crate) cin: usize,
    pub(crate) height: u32,
    pub(crate) width: u32,
}

impl Geometry<'_> {
    /// Inputs of one dot product.
    pub(crate) fn k(&self) -> Option<usize> {
        self.cin.checked_mul(self.window.kernel[0] as usize)?.checked_mul(self.window.kernel[1] as usize)
    }

    /// Appends the patch of one output pixel in (channel, kh, kw) order, as the weights are stored.
    pub(crate) fn patch<T: Copy>(&self, x: &[T], oh: u32, ow: u32, pad: T, out: &mut Vec<T>) {
        let w = self.window;
        let plane = (self.height as usize * self.width as usize).max(1);
        for channel in x.chunks(plane) {
            for r in 0..w.kernel[0] {
                let row = input_index(oh, r, w.stride[0], w.dilation[0], w.pad[0], self.height)
                    .and_then(|row| channel.get(row * self.width as usize..(row + 1) * self.width as usize));
                for s in 0..w.kernel[1] {
                    let col = input_index(ow, s, w.stride[1], w.dilation[1], w.pad[1], self.width);
                    let value = row.zip(col).and_then(|(row, col)| row.get(col).copied());
                    out.push(value.unwrap_or(pad));
                }
            }
        }
    }
}

/// All dot products; `dot` gives None when a sum does not fit 64 bits.
fn products<T: Copy>(
    x: &[T],
    weights: &[T],
    geometry: &Geometry,
    groups: usize,
    shape: [u32; 3],
    pad: T,
    dot: impl Fn(&[T], &[T]) -> Option<i64>,
) -> Kernel<Vec<i64>> {
    let n = elements(&shape)?;
    let [_, oh, ow] = shape;
    let pixels = oh as usize * ow as usize;
    let mut out = vec![0i64; n];
    let k = geometry.k().unwrap_or(0);
    if pixels == 0 || n == 0 || k == 0 {
        return Ok(out);
    }
    let x_group = x.len() / groups;
    let outputs = n / pixels / groups;
    let mut patches = Vec::with_capacity(BLOCK.min(pixels) * k);
    let group_parts = x.chunks(x_group.max(1)).zip(weights.chunks(outputs * k)).zip(out.chunks_mut(outputs * pixels));
    for ((x, weights), out) in group_parts {
        for first in (0..pixels).step_by(BLOCK) {
            let last = (first + BLOCK).min(pixels);
            patches.clear();
            for p in first..last {
                geometry.patch(x, (p / ow as usize) as u32, (p % ow as usize) as u32, pad, &mut patches);
            }
            for (row, out) in weights.chunks(k).zip(out.chunks_mut(pixels)) {
                let out = out.get_mut(first..last).unwrap_or_default();
                for (patch, out) in patches.chunks(k).zip(out) {
                    *out = dot(row, patch).ok_or("an accumulator does not fit 64 bits")?;
                }
            }
        }
    }
    Ok(out)
}

/// Sums of at most `run` products in 32 bits (proven to fit), those sums in 64.
fn dot_narrow(a: &[i16], b: &[i16], run: usize) -> Option<i64> {
    let short = |a: &[i16], b: &[i16]| -> i64 {
        a.iter().zip(b).fold(0i32, |sum, (&a, &b)| sum.wrapping_add(a as i32 * b as i32)) as i64
    };
    if run >= a.len() {
        return Some(short(a, b));
    }
    Some(a.chunks(run).zip(b.chunks(run)).map(|(a, b)| short(a, b)).sum())
}

fn dot_64(a: &[i64], b: &[i64]) -> Option<i64> {
    Some(a.iter().zip(b).map(|(&a, &b)| a * b).sum())
}

fn dot_128(a: &[i64], b: &[i64]) -> Option<i64> {
    let mut sum = 0i128;
    for (&a, &b) in a.iter().zip(b) {
        sum = sum.checked_add(a as i128 * b as i128)?;
    }
    i64::try_from(sum).ok()
}

//! Maximum and average pooling over (C, H, W) integers.

use cim_isa::types::{IntType, Window};

use crate::error::Kernel;
use crate::requant::Constants;
use crate::tensor::{IntTensor, elements};

/// Input row or column of kernel position `k` in output `o`; None outside the input.
pub(crate) fn input_index(o: u32, k: u32, stride: u32, dilation: u32, pad: u32, extent: u32) -> Option<usize> {
    let at = o as i64 * stride as i64 + k as i64 * dilation as i64 - pad as i64;
    (at >= 0 && at < extent as i64).then_some(at as usize)
}

/// Does the window describe this input and output?
pub(crate) fn check_window(window: &Window, input: [u32; 3], output: [u32; 3]) -> Kernel<()> {
    let [c, h, w] = input;
    if window.input != [h, w, c] {
        return Err(format!("window is over (H, W, C) {:?}, the input is (C, H, W) {input:?}", window.input));
    }
    if window.output != [output[1], output[2]] {
        return Err(format!("window gives (H, W) {:?}, the output is (C, H, W) {output:?}", window.output));
    }
    if [window.kernel, window.stride, window.dilation].iter().flatten().any(|&v| v == 0) {
        return Err("kernel, stride and dilation must be at least 1".into());
    }
    Ok(())
}

/// Most element visits one layer may need; more is a corrupted program, not a network.
const MAX_WORK: u64 = 1 << 44;

/// Fails when `output` elements with `k` visits each are more than any network needs.
pub(crate) fn check_work(output: usize, k: u64) -> Kernel<()> {
    match (output as u64).checked_mul(k) {
        Some(n) if n <= MAX_WORK => Ok(()),
        _ => Err(format!("{output} outputs of {k} products each are more than the limit of 2^44")),
    }
}

/// Maximum of each window, padding skipped.
pub fn max_pool(x: &IntTensor, window: &Window, shape: [u32; 3], to: IntType) -> Result<IntTensor, String> {
    pool(
        x,
        window,
        shape,
        to,
        |best: Option<i64>, v| Some(best.map_or(v, |b| b.max(v))),
        None,
        |best, _| best.ok_or_else(|| "a pooling window lies completely in the padding".to_string()),
    )
}

/// Sum of each window, requantised with the multiplier of the number of counted elements.
///
/// With `count_include_pad` positions of the declared padding count and contribute `pad_value` (the zero point).
pub fn average_pool(
    x: &IntTensor,
    window: &Window,
    requant: &Constants,
    shape: [u32; 3],
    to: IntType,
) -> Result<IntTensor, String> {
    let pad = window.count_include_pad.then_some(window.pad_value);
    let y = pool(
        x,
        window,
        shape,
        to,
        |sum: i128, v| sum + v as i128,
        pad,
        |sum, count| {
            if count == 0 {
                return Err("a pooling window lies completely in the padding".to_string());
            }
            let sum = i64::try_from(sum).map_err(|_| format!("window sum {sum} does not fit 64 bits"))?;
            requant.apply(sum, count - 1)
        },
    )?;
    y.check_range()?;
    Ok(y)
}

/// Folds each window's elements, in (kh, kw) order; `pad` is the value of counted padding positions.
fn pool<A: Default>(
    x: &IntTensor,
    window: &Window,
    shape: [u32; 3],
    to: IntType,
    step: impl Fn(A, i64) -> A,
    pad: Option<i64>,
    finish: impl Fn(A, usize) -> Kernel<i64>,
) -> Kernel<IntTensor> {
    check_window(window, x.shape, shape)?;
    if shape[0] != x.shape[0] {
        return Err(format!("pooling keeps the channels: {} in, {} out", x.shape[0], shape[0]));
    }
    let n = elements(&shape)?;
    let [kh, kw] = window.kernel;
    check_work(n, kh as u64 * kw as u64)?;
    let [_, h, w] = x.shape;
    let plane = (h as usize * w as usize).max(1);
    let mut data = Vec::with_capacity(n);
    for input in x.data.chunks(plane) {
        for oh in 0..shape[1] {
            for ow in 0..shape[2] {
                let (mut acc, mut count) = (A::default(), 0);
                for r in 0..kh {
                    let row = input_index(oh, r, window.stride[0], window.dilation[0], window.pad[0], h);
                    let row_counts = pad.is_some() && declared(window, 0, oh, r, h);
                    for s in 0..kw {
                        let col = input_index(ow, s, window.stride[1], window.dilation[1], window.pad[1], w);
                        let value = match (row, col) {
                            (Some(row), Some(col)) => input.get(row * w as usize + col).copied(),
                            _ if row_counts && declared(window, 1, ow, s, w) => pad,
                            _ => None,
                        };
                        if let Some(v) = value {
                            acc = step(acc, v);
                            count += 1;
                        }
                    }
                }
                data.push(finish(acc, count)?);
            }
        }
    }
    if data.len() != n {
        return Err(format!("input has {} elements, its shape is {:?}", x.data.len(), x.shape));
    }
    Ok(IntTensor { shape, elem: to, data })
}

/// Lies kernel position `k` of output `o` inside the input or the declared padding of that axis?
fn declared(window: &Window, axis: usize, o: u32, k: u32, extent: u32) -> bool {
    let (stride, dilation, end) = match axis {
        0 => (window.stride[0], window.dilation[0], window.pad_end[0] as i64 + window.pad[0] as i64),
        _ => (window.stride[1], window.dilation[1], window.pad_end[1] as i64 + window.pad[1] as i64),
    };
    let padded = o as i64 * stride as i64 + k as i64 * dilation as i64;
    padded < extent as i64 + end
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(input: [u32; 3], output: [u32; 2], k: u32, s: u32, pad: u32) -> Window {
        Window {
            input,
            output,
            kernel: [k, k],
            stride: [s, s],
            dilation: [1, 1],
            pad: [pad, pad],
            pad_value: 0,
            count_include_pad: false,
            pad_end: [pad, pad],
        }
    }

    #[test]
    fn maximum_skips_padding() {
        let x = IntTensor { shape: [1, 2, 2], elem: IntType::new(8, true), data: vec![-5, -3, -4, -9] };
        let y = max_pool(&x, &window([2, 2, 1], [2, 2], 2, 1, 1), [1, 2, 2], x.elem).unwrap();
        assert_eq!(y.data, vec![-5, -3, -4, -3]);
    }

    #[test]
    fn a_window_in_the_padding_is_an_error() {
        let x = IntTensor { shape: [1, 1, 1], elem: IntType::new(8, true), data: vec![1] };
        let e = max_pool(&x, &window([1, 1, 1], [1, 1], 1, 1, 1), [1, 1, 1], x.elem).unwrap_err();
        assert!(e.contains("padding"), "{e}");
    }
}

//! Window geometry.

use crate::types::Window;
use crate::validate::{What, ensure, factor, limits};

/// Extents are positive and bounded, and the last output starts within the padded input.
pub(crate) fn check(w: &Window) -> What {
    let positive =
        |name: &str, values: &[u32]| ensure(values.iter().all(|&v| v >= 1), || format!("{name} has an extent of 0"));
    positive("input", &w.input)?;
    positive("output", &w.output)?;
    positive("kernel", &w.kernel)?;
    positive("stride", &w.stride)?;
    positive("dilation", &w.dilation)?;
    let small = |name: &str, v: &[u32; 2]| {
        ensure(v.iter().all(|&v| v <= limits::WINDOW), || format!("{name} {v:?} is above {}", limits::WINDOW))
    };
    small("kernel", &w.kernel)?;
    small("stride", &w.stride)?;
    small("dilation", &w.dilation)?;
    small("pad", &w.pad)?;
    small("pad_end", &w.pad_end)?;
    ensure(product(&w.kernel) <= limits::KERNEL, || format!("kernel {:?} has more than 2^20 positions", w.kernel))?;
    ensure(product(&w.input) <= limits::TENSOR_ELEMENTS, || {
        format!("input {:?} has more than 2^28 elements", w.input)
    })?;
    ensure(product(&w.output) <= limits::TENSOR_ELEMENTS, || {
        format!("output {:?} has more than 2^28 pixels", w.output)
    })?;
    for axis in 0..2 {
        let [o, s, p, e] = [w.output[axis], w.stride[axis], w.pad[axis], w.pad_end[axis]].map(u64::from);
        ensure((o - 1) * s < w.input[axis] as u64 + p + e, || {
            format!("output {} of axis {axis} starts beyond the padded input of {} + {p} + {e}", o - 1, w.input[axis])
        })?;
    }
    factor("pad_value", w.pad_value)
}

/// Product of extents; saturates.
pub(crate) fn product(dims: &[u32]) -> u64 {
    dims.iter().fold(1u64, |n, &d| n.saturating_mul(d as u64))
}

/// Every window of a valid geometry covers at least one element of the input, so that a maximum or a mean exists.
pub(crate) fn covers_input(w: &Window) -> What {
    for axis in 0..2 {
        let [o, s, p, d, k, n] =
            [w.output[axis], w.stride[axis], w.pad[axis], w.dilation[axis], w.kernel[axis], w.input[axis]]
                .map(u64::from);
        // First window: its taps step over the padding, then at most `dilation` further.
        ensure(p <= (k - 1) * d && (p == 0 || d <= n), || {
            format!("the first window of axis {axis} lies in the padding: pad {p}, kernel {k}, dilation {d}, input {n}")
        })?;
        ensure((o - 1) * s < n + p, || format!("window {} of axis {axis} starts beyond the input", o - 1))?;
    }
    Ok(())
}

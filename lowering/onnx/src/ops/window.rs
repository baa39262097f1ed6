//! Windows: kernel, strides, dilations and the ways ONNX writes padding.

use crate::node::{Import, Node, Refusal};
use cim_dialect::graph::Window2d;

/// A window over an input of extents (h, w).
pub(crate) struct Window {
    /// Geometry; rounding up is part of its pads.
    pub(crate) geometry: Window2d,
    /// Rows and columns after the declared padding that rounding up added.
    pub(crate) added: [i64; 2],
}

/// Reads `strides`, `dilations`, `pads`, `auto_pad` and, for pools, `ceil_mode`.
pub(crate) fn window(n: &mut Node<'_, '_>, kernel: &[i64], input: [i64; 2], pool: bool) -> Import<Window> {
    let strides = n.ints("strides")?.unwrap_or_else(|| vec![1, 1]);
    let dilations = n.ints("dilations")?.unwrap_or_else(|| vec![1, 1]);
    let pads = n.ints("pads")?;
    let auto = n.string("auto_pad", "NOTSET")?;
    let ceil = pool && n.int("ceil_mode", 0)? != 0;
    let explicit = pads.clone().unwrap_or_else(|| vec![0; 4]);
    let geometry = Window2d::new(kernel, &strides, &explicit, &dilations);
    let mut w = geometry.map_err(|e| Refusal::new(e).remedy("only two-dimensional windows are supported"))?;
    match auto.as_str() {
        "NOTSET" => {}
        "VALID" => {}
        "SAME_UPPER" | "SAME_LOWER" => {
            for (axis, &extent) in input.iter().enumerate() {
                let outputs = extent.div_euclid(w.strides[axis]) + i64::from(extent % w.strides[axis] != 0);
                let total = ((outputs - 1) * w.strides[axis] + w.covered(axis) - extent).max(0);
                let (small, large) = (total / 2, total - total / 2);
                let upper = auto == "SAME_UPPER";
                w.pads[axis] = if upper { small } else { large };
                w.pads[axis + 2] = if upper { large } else { small };
            }
        }
        other => return Err(Refusal::new(format!("'{other}' is not known")).attribute("auto_pad")),
    }
    if auto != "NOTSET" && explicit.iter().any(|p| *p != 0) {
        return Err(Refusal::new(format!("contradicts auto_pad = {auto}"))
            .attribute("pads")
            .remedy("give one of them"));
    }
    let mut added = [0; 2];
    if ceil && auto == "NOTSET" {
        for (axis, extra) in added.iter_mut().enumerate() {
            *extra = round_up(&w, input[axis], axis);
            w.pads[axis + 2] += *extra;
        }
    }
    Ok(Window { geometry: w, added })
}

/// Padding at the end that makes room for one more window, as rounding up demands. A window that would start in the padding after
/// the input is left out, as ONNX Runtime and PyTorch do.
fn round_up(w: &Window2d, input: i64, axis: usize) -> i64 {
    let stride = w.strides[axis];
    let room = input.saturating_add(w.pads[axis] + w.pads[axis + 2]) - w.covered(axis);
    if room < 0 || room % stride == 0 {
        return 0;
    }
    let start = (room / stride + 1) * stride;
    if start >= input.saturating_add(w.pads[axis]) { 0 } else { stride - room % stride }
}

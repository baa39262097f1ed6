//! Sliding windows over (N, C, spatial...) tensors.

use super::elements::dimension;
use crate::Host;
use crate::call::Call;

/// Most spatial dimensions.
pub(super) const MAX_RANK: usize = 8;

/// Geometry of a window; each list has one entry a spatial dimension.
pub(super) struct Window {
    pub kernel: Vec<usize>,
    pub stride: Vec<usize>,
    pub dilation: Vec<usize>,
    pub pad: Vec<usize>,
    pub pad_end: Vec<usize>,
    pub input: Vec<usize>,
    pub output: Vec<usize>,
}

/// How the attributes ask for padding.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum AutoPad {
    /// As `pads` says.
    Given,
    /// None.
    Valid,
    /// `ceil(input / stride)` outputs, an odd element after (upper) or before (lower).
    Same { upper: bool },
}

/// The attribute `auto_pad`.
pub(super) fn auto_pad(c: &Call<'_>) -> Host<AutoPad> {
    Ok(match c.attributes.string("auto_pad", "NOTSET") {
        "NOTSET" | "" => AutoPad::Given,
        "VALID" => AutoPad::Valid,
        "SAME_UPPER" => AutoPad::Same { upper: true },
        "SAME_LOWER" => AutoPad::Same { upper: false },
        other => return Err(format!("auto_pad '{other}' is not known")),
    })
}

/// A list attribute of `count` values of at least `low`.
pub(super) fn sizes(c: &Call<'_>, name: &str, count: usize, low: usize) -> Host<Option<Vec<usize>>> {
    let Some(list) = c.attributes.ints(name) else { return Ok(None) };
    let out = list.iter().map(|v| dimension(*v)).collect::<Host<Vec<_>>>()?;
    if out.len() != count || out.iter().any(|v| *v < low) {
        return Err(format!("attribute {name} = {list:?} needs {count} values from {low}"));
    }
    Ok(Some(out))
}

/// Spatial dimensions of an (N, C, spatial...) shape.
pub(super) fn spatial(shape: &[usize]) -> Host<&[usize]> {
    match shape {
        [_, _, s @ ..] if (1..=MAX_RANK).contains(&s.len()) => Ok(s),
        _ => Err(format!("an (N, C, spatial...) tensor is needed, the shape is {shape:?}")),
    }
}

impl Window {
    /// From the attributes; `weights` is the extent of the weights if there are weights.
    pub(super) fn new(c: &Call<'_>, shape: &[usize], weights: Option<&[usize]>) -> Host<Window> {
        let input = spatial(shape)?.to_vec();
        let rank = input.len();
        let kernel = match (sizes(c, "kernel_shape", rank, 1)?, weights) {
            (Some(k), Some(w)) if k != w => return Err(format!("kernel_shape {k:?}, the weights have {w:?}")),
            (Some(k), _) => k,
            (None, Some(w)) if w.len() == rank && !w.contains(&0) => w.to_vec(),
            (None, Some(w)) => return Err(format!("weights of extent {w:?} do not fit {rank} spatial dimensions")),
            (None, None) => return Err("attribute kernel_shape is missing".into()),
        };
        let pads = sizes(c, "pads", 2 * rank, 0)?.unwrap_or_else(|| vec![0; 2 * rank]);
        let (begin, end) = pads.split_at(rank);
        let mut s = Window {
            kernel,
            stride: sizes(c, "strides", rank, 1)?.unwrap_or_else(|| vec![1; rank]),
            dilation: sizes(c, "dilations", rank, 1)?.unwrap_or_else(|| vec![1; rank]),
            pad: begin.to_vec(),
            pad_end: end.to_vec(),
            input,
            output: Vec::with_capacity(rank),
        };
        let auto = auto_pad(c)?;
        let ceil = c.attributes.int("ceil_mode", 0)? != 0;
        for d in 0..rank {
            let stride = s.stride[d];
            match auto {
                AutoPad::Given => {}
                AutoPad::Valid => (s.pad[d], s.pad_end[d]) = (0, 0),
                AutoPad::Same { upper } => {
                    let out = s.input[d].div_ceil(stride);
                    let need = out.saturating_sub(1) * stride + s.reach(d)?;
                    let total = need.saturating_sub(s.input[d]);
                    s.pad[d] = if upper { total / 2 } else { total.div_ceil(2) };
                    s.pad_end[d] = total - s.pad[d];
                }
            }
            let padded = s.input[d] + s.pad[d] + s.pad_end[d];
            let reach = s.reach(d)?;
            let free = padded
                .checked_sub(reach)
                .ok_or_else(|| format!("a window of {reach} does not fit the padded input of {padded}"))?;
            let mut out = free / stride + 1;
            // With ceil_mode a last window counts when it starts inside the input or the padding before it.
            if ceil && !free.is_multiple_of(stride) && out * stride < s.input[d] + s.pad[d] {
                out += 1;
            }
            s.output.push(out);
        }
        Ok(s)
    }

    /// Extent of a dilated kernel.
    fn reach(&self, d: usize) -> Host<usize> {
        (self.kernel[d] - 1)
            .checked_mul(self.dilation[d])
            .and_then(|r| dimension(r as i64 + 1).ok())
            .ok_or_else(|| format!("a kernel of {} with dilation {} is too large", self.kernel[d], self.dilation[d]))
    }

    /// (N, C, spatial...) of the result.
    pub(super) fn shape(&self, batch: usize, channels: usize) -> Vec<usize> {
        [&[batch, channels], &self.output[..]].concat()
    }

    /// Positions of the kernel; saturates.
    pub(super) fn taps(&self) -> usize {
        self.kernel.iter().fold(1, |n, k| n.saturating_mul(*k))
    }

    /// Input coordinate of output `o` and kernel position `k` along axis `d`; None in the padding.
    pub(super) fn at(&self, d: usize, o: usize, k: usize) -> Option<usize> {
        (o * self.stride[d] + k * self.dilation[d]).checked_sub(self.pad[d]).filter(|i| *i < self.input[d])
    }

    /// For each output coordinate along an axis the offsets (coordinate times `step`) of the window's elements inside the input, and how many lie inside the
    /// input or the declared padding.
    pub(super) fn lines(&self, d: usize, step: usize) -> Vec<(Vec<usize>, usize)> {
        let first = |o: usize, from: usize| {
            from.saturating_sub(o * self.stride[d]).div_ceil(self.dilation[d]).min(self.kernel[d])
        };
        let line = |o: usize| {
            let taps = first(o, self.pad[d])..first(o, self.pad[d] + self.input[d]);
            let inside = taps.filter_map(|k| self.at(d, o, k)).map(|i| i * step).collect();
            (inside, first(o, self.pad[d] + self.input[d] + self.pad_end[d]))
        };
        (0..self.output[d]).map(line).collect()
    }
}

/// Calls `f` with the sum of one entry of each list, the last list's entries fastest.
pub(super) fn visit(lists: &[&[usize]], at: usize, f: &mut impl FnMut(usize)) {
    match lists {
        [] => f(at),
        [last] => last.iter().for_each(|i| f(at + i)),
        [first, rest @ ..] => first.iter().for_each(|i| visit(rest, at + i, f)),
    }
}

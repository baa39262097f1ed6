//! Convolutions: products summed over (channel, kernel position...) in that order, then the bias.

use super::elements::{dimension, size};
use super::multiply::{Number, WIDTH, check_work, multiply};
use super::window::{AutoPad, Window, auto_pad, sizes, spatial};
use crate::Host;
use crate::broadcast::strides;
use crate::call::{Call, Operator};
use crate::tensor::{Data, Tensor, TensorType};
use rayon::prelude::*;

/// Attributes of all convolutions.
pub(super) const ATTRIBUTES: &[&str] = &["auto_pad", "dilations", "group", "kernel_shape", "pads", "strides"];

/// The family.
pub(super) const OPERATORS: &[Operator] = &[
    Operator { name: "Conv", attributes: ATTRIBUTES, infer: conv_type, evaluate: conv },
    Operator {
        name: "ConvTranspose",
        attributes: &[
            "auto_pad",
            "dilations",
            "group",
            "kernel_shape",
            "output_padding",
            "output_shape",
            "pads",
            "strides",
        ],
        infer: transpose_type,
        evaluate: transpose,
    },
];

/// Most places of window elements that are listed once for all channels.
const MAX_PLACES: usize = 1 << 23;

/// A convolution's shapes, checked against each other.
pub(super) struct Shapes {
    window: Window,
    groups: usize,
    batch: usize,
    /// Channels of a group, of input and output.
    channels: [usize; 2],
}

fn groups(c: &Call<'_>) -> Host<usize> {
    dimension(c.attributes.int("group", 1)?).ok().filter(|g| *g > 0).ok_or_else(|| "group must be positive".into())
}

impl Shapes {
    /// Input and weights are operands `x` and `w`.
    pub(super) fn new(c: &Call<'_>, x: usize, w: usize) -> Host<Shapes> {
        let (x, w) = (c.shape(x)?, c.shape(w)?);
        let [outputs, per_group, kernel @ ..] = w else {
            return Err(format!("weights must be (O, I/groups, kernel...), but the shape is {w:?}"));
        };
        let window = Window::new(c, x, Some(kernel))?;
        let groups = groups(c)?;
        if per_group.checked_mul(groups) != Some(x[1]) || !outputs.is_multiple_of(groups) {
            return Err(format!("{groups} groups, input {x:?} and weights {w:?} do not fit"));
        }
        check_work(
            x[0].saturating_mul(*outputs).saturating_mul(size(&window.output)),
            per_group.saturating_mul(window.taps()),
        )?;
        Ok(Shapes { window, groups, batch: x[0], channels: [*per_group, outputs / groups] })
    }

    /// (N, C, spatial...) of the result.
    pub(super) fn result(&self) -> Vec<usize> {
        self.window.shape(self.batch, self.groups * self.channels[1])
    }

    /// Elements of a channel of the result.
    pub(super) fn plane(&self) -> usize {
        size(&self.window.output)
    }

    /// The sums of products; the count of neither slice is trusted.
    pub(super) fn convolve<T: Number>(&self, x: &[T], w: &[T]) -> Host<Vec<T>> {
        let [inputs, outputs] = self.channels;
        let (taps, plane_in, plane_out) = (self.window.taps(), size(&self.window.input), self.plane());
        let k = inputs * taps;
        let mut y = vec![T::default(); self.batch * self.groups * outputs * plane_out];
        if y.is_empty() || k == 0 {
            return Ok(y);
        }
        if w.len() != self.groups * outputs * k || x.len() != self.batch * self.groups * inputs * plane_in {
            return Err("an operand does not have the size of its shape".into());
        }
        let steps = strides(&self.window.input);
        let across = strides(&self.window.output);
        let kernel = strides(&self.window.kernel);
        // Where the element under a kernel position lies in its channel, or nowhere in the padding.
        let place = |o: usize, tap: usize| -> usize {
            let mut at = 0;
            for d in 0..steps.len() {
                let (o, t) = (o / across[d] % self.window.output[d], tap / kernel[d] % self.window.kernel[d]);
                match self.window.at(d, o, t) {
                    Some(i) => at += i * steps[d],
                    None => return usize::MAX,
                }
            }
            at
        };
        // All places at once where they are few enough to keep.
        let columns = plane_out.next_multiple_of(WIDTH);
        let place = |o: usize, tap: usize| if o < plane_out { place(o, tap) } else { usize::MAX };
        let kept: Vec<usize> = if taps.saturating_mul(columns) <= MAX_PLACES {
            (0..taps * columns).into_par_iter().with_min_len(4096).map(|i| place(i % columns, i / columns)).collect()
        } else {
            Vec::new()
        };
        y.par_chunks_exact_mut(outputs * plane_out).enumerate().for_each(|(i, y)| {
            let x = &x[i * inputs * plane_in..(i + 1) * inputs * plane_in];
            let w = &w[i % self.groups * outputs * k..][..outputs * k];
            let pack = |from: usize, panel: &mut [T]| {
                let (panel, _) = panel.as_chunks_mut::<WIDTH>();
                for tap in 0..taps {
                    let places: [usize; WIDTH] = match kept.get(tap * columns + from..).and_then(<[usize]>::first_chunk)
                    {
                        Some(places) => *places,
                        None => std::array::from_fn(|j| place(from + j, tap)),
                    };
                    for (x, to) in x.chunks_exact(plane_in).zip(panel.iter_mut().skip(tap).step_by(taps)) {
                        *to = places.map(|p| x.get(p).copied().unwrap_or_default());
                    }
                }
            };
            multiply(w, [outputs, k, plane_out], pack, y);
        });
        Ok(y)
    }
}

fn conv_type(c: &Call<'_>) -> Host<Vec<TensorType>> {
    let s = Shapes::new(c, 0, 1)?;
    check_bias(c, 2, s.groups * s.channels[1])?;
    Ok(vec![TensorType::new(c.ty(0)?.elem, s.result())])
}

/// The bias has one value an output channel.
pub(super) fn check_bias(c: &Call<'_>, i: usize, channels: usize) -> Host<()> {
    match c.maybe(i) {
        Some(b) if b.ty.shape != [channels] => Err(format!("a bias of {} for {channels} output channels", b.ty)),
        _ => Ok(()),
    }
}

fn conv(c: &Call<'_>, types: &[TensorType]) -> Host<Vec<Tensor>> {
    let s = Shapes::new(c, 0, 1)?;
    let to = types.first().ok_or("no result")?;
    let (x, w, b) = (c.value(0)?, c.value(1)?, c.maybe_value(2)?);
    Ok(vec![match (&x.data, &w.data, b.map(|b| &b.data)) {
        (Data::Float(x), Data::Float(w), None) => Tensor::floats(to.elem, &to.shape[..], s.convolve(x, w)?),
        (Data::Float(x), Data::Float(w), Some(Data::Float(b))) => {
            let mut y = s.convolve(x, w)?;
            add_bias(&mut y, b, s.plane());
            Tensor::floats(to.elem, &to.shape[..], y)
        }
        (Data::Double(x), Data::Double(w), None) => Tensor::doubles(&to.shape[..], s.convolve(x, w)?),
        (Data::Double(x), Data::Double(w), Some(Data::Double(b))) => {
            let mut y = s.convolve(x, w)?;
            add_bias(&mut y, b, s.plane());
            Tensor::doubles(&to.shape[..], y)
        }
        _ => return Err(format!("operands must be of one floating-point type, but are of {} and {}", x.elem, w.elem)),
    }])
}

/// Adds one value to each channel.
fn add_bias<T: Copy + std::ops::AddAssign>(y: &mut [T], bias: &[T], plane: usize) {
    if plane > 0 {
        for (y, b) in y.chunks_exact_mut(plane).zip(bias.iter().cycle()) {
            y.iter_mut().for_each(|y| *y += *b);
        }
    }
}

/// Geometry of the transposed window: its input and output change places.
struct Transposed {
    window: Window,
    groups: usize,
    batch: usize,
    channels: [usize; 2],
}

impl Transposed {
    fn new(c: &Call<'_>) -> Host<Transposed> {
        let (x, w) = (c.shape(0)?, c.shape(1)?);
        let input = spatial(x)?;
        let rank = input.len();
        let groups = groups(c)?;
        let [channels, per_group, kernel @ ..] = w else { return Err(format!("weights {w:?} have no channels")) };
        if *channels != x[1] || !channels.is_multiple_of(groups) || kernel.len() != rank || kernel.contains(&0) {
            return Err(format!("{groups} groups, input {x:?} and weights {w:?} do not fit"));
        }
        if sizes(c, "kernel_shape", rank, 1)?.is_some_and(|k| k != kernel) {
            return Err(format!("kernel_shape is not that of the weights {w:?}"));
        }
        let ones = || vec![1; rank];
        let stride = sizes(c, "strides", rank, 1)?.unwrap_or_else(ones);
        let dilation = sizes(c, "dilations", rank, 1)?.unwrap_or_else(ones);
        let extra = sizes(c, "output_padding", rank, 0)?.unwrap_or_else(|| vec![0; rank]);
        let pads = sizes(c, "pads", 2 * rank, 0)?.unwrap_or_else(|| vec![0; 2 * rank]);
        // Some models list batch and channels, too.
        let wanted = match c.attributes.ints("output_shape") {
            Some(v) if v.len() == rank + 2 => Some(v[2..].iter().map(|d| dimension(*d)).collect::<Host<Vec<_>>>()?),
            _ => sizes(c, "output_shape", rank, 1)?,
        };
        let auto = auto_pad(c)?;
        let (mut pad, mut output) = (Vec::new(), Vec::new());
        for d in 0..rank {
            let reach = (kernel[d] - 1).checked_mul(dilation[d]).and_then(|r| r.checked_add(1));
            let full = reach.and_then(|r| Some(input[d].saturating_sub(1).checked_mul(stride[d])? + r + extra[d]));
            let full = full.and_then(|f| dimension(i64::try_from(f).ok()?).ok()).ok_or("the output is too large")?;
            let size = match (&wanted, auto) {
                (Some(w), _) => Some(w[d]),
                (None, AutoPad::Same { .. }) => Some(dimension(input[d].saturating_mul(stride[d]) as i64)?),
                (None, _) => None,
            };
            let (before, size) = match (size, auto) {
                (Some(size), auto) => {
                    let total = full.saturating_sub(size);
                    let half = total / 2;
                    (if auto == (AutoPad::Same { upper: true }) { half } else { total - half }, size)
                }
                (None, AutoPad::Valid) => (0, full),
                (None, _) => {
                    let left = full.checked_sub(pads[d] + pads[rank + d]);
                    (pads[d], left.ok_or_else(|| format!("pads {pads:?} leave nothing of the output"))?)
                }
            };
            pad.push(before);
            output.push(size);
        }
        check_work(
            x[0].saturating_mul(size(input)).saturating_mul(*channels),
            per_group.saturating_mul(kernel.iter().fold(1, |n: usize, k| n.saturating_mul(*k))),
        )?;
        let window = Window {
            kernel: kernel.to_vec(),
            stride,
            dilation,
            pad_end: vec![0; rank],
            pad,
            input: output,
            output: input.to_vec(),
        };
        Ok(Transposed { window, groups, batch: x[0], channels: [channels / groups, *per_group] })
    }

    fn result(&self) -> Vec<usize> {
        [&[self.batch, self.groups * self.channels[1]], &self.window.input[..]].concat()
    }

    /// Adds each input element times the weights where they fall, channel by channel.
    fn run<T: Number>(&self, x: &[T], w: &[T]) -> Host<Vec<T>> {
        let [inputs, outputs] = self.channels;
        let win = &self.window;
        let (taps, plane_in, plane_out) = (win.taps(), size(&win.output), size(&win.input));
        let mut y = vec![T::default(); size(&self.result())];
        let channels = self.groups * inputs;
        if x.len() != self.batch * channels * plane_in || w.len() != channels * outputs * taps {
            return Err("an operand does not have the size of its shape".into());
        }
        if plane_in == 0 || plane_out == 0 {
            return Ok(y);
        }
        let (steps, across, kernel) = (strides(&win.input), strides(&win.output), strides(&win.kernel));
        // For each kernel position: input element and output element that it joins.
        let pairs: Vec<Vec<(usize, usize)>> = (0..taps)
            .map(|t| {
                let line = |d: usize| -> Vec<(usize, usize)> {
                    let k = t / kernel[d] % win.kernel[d];
                    (0..win.output[d]).filter_map(|i| Some((i * across[d], win.at(d, i, k)? * steps[d]))).collect()
                };
                let mut out = vec![(0, 0)];
                for d in 0..steps.len() {
                    let line = line(d);
                    out = out.iter().flat_map(|(i, o)| line.iter().map(move |(a, b)| (i + a, o + b))).collect();
                }
                out
            })
            .collect();
        y.par_chunks_exact_mut(plane_out).enumerate().for_each(|(p, y)| {
            let (image, o) = (p / (self.groups * outputs), p % (self.groups * outputs));
            let (group, o) = (o / outputs, o % outputs);
            for c in 0..inputs {
                let channel = group * inputs + c;
                let x = &x[(image * channels + channel) * plane_in..][..plane_in];
                let w = &w[(channel * outputs + o) * taps..][..taps];
                for (w, pairs) in w.iter().zip(&pairs) {
                    for &(i, o) in pairs {
                        y[o] = y[o].add_product(x[i], *w);
                    }
                }
            }
        });
        Ok(y)
    }
}

fn transpose_type(c: &Call<'_>) -> Host<Vec<TensorType>> {
    let t = Transposed::new(c)?;
    check_bias(c, 2, t.groups * t.channels[1])?;
    Ok(vec![TensorType::new(c.ty(0)?.elem, t.result())])
}

fn transpose(c: &Call<'_>, types: &[TensorType]) -> Host<Vec<Tensor>> {
    let t = Transposed::new(c)?;
    let to = types.first().ok_or("no result")?;
    let plane = size(&t.window.input);
    let (x, w, b) = (c.value(0)?, c.value(1)?, c.maybe_value(2)?);
    Ok(vec![match (&x.data, &w.data, b.map(|b| &b.data)) {
        (Data::Float(x), Data::Float(w), None) => Tensor::floats(to.elem, &to.shape[..], t.run(x, w)?),
        (Data::Float(x), Data::Float(w), Some(Data::Float(b))) => {
            let mut y = t.run(x, w)?;
            add_bias(&mut y, b, plane);
            Tensor::floats(to.elem, &to.shape[..], y)
        }
        (Data::Double(x), Data::Double(w), None) => Tensor::doubles(&to.shape[..], t.run(x, w)?),
        (Data::Double(x), Data::Double(w), Some(Data::Double(b))) => {
            let mut y = t.run(x, w)?;
            add_bias(&mut y, b, plane);
            Tensor::doubles(&to.shape[..], y)
        }
        _ => return Err(format!("operands must be of one floating-point type, but are of {} and {}", x.elem, w.elem)),
    }])
}

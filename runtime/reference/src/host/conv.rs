//! Float convolution: products summed over (channel, kh, kw) in that order, then the bias.

use super::pool::Sliding;
use super::{Attributes, Operands};
use crate::error::Kernel;
use crate::tensor::{FloatTensor, elements};

pub(super) fn conv(x: &Operands<'_>, a: &Attributes<'_>) -> Kernel<FloatTensor> {
    let (input, weights, bias) = (x.float(0)?, x.float(1)?, x.optional(2)?);
    let [outputs, per_group, kernel @ ..] = weights.shape else {
        return Err(format!("weights must be (O, I/groups, kernel...), shape is {:?}", weights.shape));
    };
    let s = Sliding::new(a, input.shape, Some(kernel))?;
    let groups = a.int("group", 1)?;
    let groups = u32::try_from(groups).ok().filter(|&g| g > 0).ok_or_else(|| format!("group {groups}"))?;
    let [batch, channels] = [input.shape.first(), input.shape.get(1)].map(|d| d.copied().unwrap_or(0));
    if per_group.checked_mul(groups) != Some(channels) || outputs % groups != 0 {
        return Err(format!("{groups} groups, {channels} input channels and weights {:?} do not fit", weights.shape));
    }
    if let Some(b) = &bias
        && b.data.len() != *outputs as usize
    {
        return Err(format!("{} biases for {outputs} outputs", b.data.len()));
    }
    let shape = s.shape(batch, *outputs);
    let n = elements(&shape)?;
    let taps = s.kernel[0] as usize * s.kernel[1] as usize;
    let k = taps * *per_group as usize;
    crate::pool::check_work(n, k as u64)?;
    let plane_in = s.input[0] as usize * s.input[1] as usize;
    let plane_out = s.output[0] as usize * s.output[1] as usize;
    let mut data = vec![0f32; n];
    if n == 0 || k == 0 {
        return FloatTensor::new(shape, data);
    }
    let per_output_group = (*outputs / groups) as usize;
    for (i, y) in data.chunks_mut(plane_out).enumerate() {
        let (image, o) = (i / *outputs as usize, i % *outputs as usize);
        let group = o / per_output_group;
        let first = image * channels as usize + group * *per_group as usize;
        let x = input.data.get(first * plane_in..(first + *per_group as usize) * plane_in);
        let w = weights.data.get(o * k..(o + 1) * k);
        let (Some(x), Some(w)) = (x, w) else { return Err("operand is shorter than its shape".into()) };
        for (x, w) in x.chunks(plane_in).zip(w.chunks(taps)) {
            for (tap, &w) in w.iter().enumerate() {
                let (r, c) = (tap as u32 / s.kernel[1], tap as u32 % s.kernel[1]);
                add_tap(x, y, w, r, c, &s);
            }
        }
        if let Some(b) = bias.as_ref().and_then(|b| b.data.get(o)) {
            y.iter_mut().for_each(|y| *y += b);
        }
    }
    FloatTensor::new(shape, data)
}

/// Adds one kernel position's product to every output of a plane. Padding adds nothing: 0 * w = 0 for finite w.
fn add_tap(x: &[f32], y: &mut [f32], w: f32, r: u32, c: u32, s: &Sliding) {
    let width = s.input[1] as usize;
    for (oh, y) in y.chunks_mut(s.output[1] as usize).enumerate() {
        let Some(h) = s.at(0, oh as u32, r) else { continue };
        let Some(row) = x.get(h * width..(h + 1) * width) else { continue };
        for (ow, y) in y.iter_mut().enumerate() {
            if let Some(v) = s.at(1, ow as u32, c).and_then(|at| row.get(at)) {
                *y += w * v;
            }
        }
    }
}

//! Between floats and integers: the borders of the chip.

use cim_isa::Program;
use cim_isa::types::ConstId;

use crate::error::Kernel;
use crate::tensor::floats;

/// `clamp(round_half_even(x / scale) + zero, lo, hi)`. A NaN quantises to the zero point.
pub(super) fn quantise(x: &[f32], scale: f32, zero: i64, lo: i64, hi: i64) -> Kernel<Vec<i64>> {
    if !(scale > 0.0 && scale.is_finite()) {
        return Err(format!("scale {scale} must be positive and finite"));
    }
    if lo > hi {
        return Err(format!("bounds {lo} > {hi}"));
    }
    // A float-to-integer `as` saturates and gives 0 for NaN.
    Ok(x.iter().map(|&v| ((v / scale).round_ties_even() as i64).saturating_add(zero).clamp(lo, hi)).collect())
}

/// `(x - zero) * scale[c] + bias[c]`; `data` holds `channels` equal planes.
pub(super) fn dequantise(
    program: &Program,
    data: &[i64],
    channels: u32,
    scale: ConstId,
    zero: i64,
    bias: Option<ConstId>,
) -> Kernel<Vec<f32>> {
    let scale = floats(program, scale)?;
    let bias = bias.map(|b| floats(program, b)).transpose()?;
    let channels = channels as usize;
    for (what, v) in [("scales", Some(&scale)), ("biases", bias.as_ref())] {
        if let Some(v) = v
            && v.len() != 1
            && v.len() != channels
        {
            return Err(format!("{} {what} for {channels} channels", v.len()));
        }
    }
    if channels == 0 || !data.len().is_multiple_of(channels) {
        return Err(format!("{} elements do not divide into {channels} channels", data.len()));
    }
    let plane = data.len() / channels;
    let pick = |v: &[f32], c: usize| v.get(if v.len() == 1 { 0 } else { c }).copied().unwrap_or(0.0);
    let mut out = Vec::with_capacity(data.len());
    for (c, values) in data.chunks(plane.max(1)).enumerate() {
        let s = pick(&scale, c);
        let b = bias.as_deref().map(|b| pick(b, c));
        for &v in values {
            let y = v.saturating_sub(zero) as f32 * s;
            out.push(match b {
                Some(b) => y + b,
                None => y,
            });
        }
    }
    Ok(out)
}

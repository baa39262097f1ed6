//! Between tensors of the host and integers: the borders of the chip.

use cim_host::{Data, Tensor, TensorType};
use cim_isa::Program;
use cim_isa::program::{HostKind, Rounding};
use cim_isa::types::ElemType;

use crate::error::Kernel;
use crate::tensor::{elements, floats};

/// Position in (C, H, W) order of each element in (H, W, C) order.
fn channels_last([c, h, w]: [u32; 3]) -> impl Iterator<Item = usize> {
    let (c, plane) = (c as usize, h as usize * w as usize);
    (0..plane).flat_map(move |p| (0..c).map(move |c| c * plane + p))
}

/// An integer, as a float, of a real number.
fn rounded(x: f32, rounding: Option<Rounding>) -> f32 {
    let magnitude = match rounding {
        None => return x.round_ties_even(),
        Some(Rounding::Ceil) => return x.ceil(),
        Some(Rounding::Floor) => return x.floor(),
        Some(Rounding::Bipolar) => return if x >= 0.0 { 1.0 } else { -1.0 },
        Some(Rounding::Sign) => return f32::from(i8::from(x > 0.0) - i8::from(x < 0.0)),
        Some(Rounding::HalfUp) => x.abs().round(),
        // The nearest, and the lower of two that are equally near.
        Some(Rounding::HalfDown) => {
            let below = x.abs().floor();
            if x.abs() - below > 0.5 { below + 1.0 } else { below }
        }
        Some(Rounding::Up) => x.abs().ceil(),
        Some(Rounding::Down) => x.abs().floor(),
    };
    magnitude.copysign(x)
}

/// `clamp(round(x / scale) + zero, lo, hi)`, or with the zero point inside the rounding, for a buffer of shape (C, H, W). A NaN quantises to the zero point.
pub(super) fn quantise(kind: &HostKind, x: &[f32], shape: Option<[u32; 3]>) -> Kernel<Vec<i64>> {
    let &HostKind::Quantise { scale, zero, lo, hi, rounding, zero_first, channels_last: last } = kind else {
        return Err("is no quantise".into());
    };
    if !(scale > 0.0 && scale.is_finite()) {
        return Err(format!("scale {scale} must be positive and finite"));
    }
    if lo > hi {
        return Err(format!("bounds {lo} > {hi}"));
    }
    // A float-to-integer `as` saturates and gives 0 for NaN.
    let (inside, outside) = if zero_first { (zero as f32, 0) } else { (0.0, zero) };
    let each = |v: f32| (rounded(v / scale + inside, rounding) as i64).saturating_add(outside).clamp(lo, hi);
    if !last {
        return Ok(x.iter().map(|&v| each(v)).collect());
    }
    let shape = shape.ok_or("its buffer does not exist")?;
    if x.len() != elements(&shape)? {
        return Err(format!("{} elements for a buffer of {shape:?}", x.len()));
    }
    let mut out = vec![0; x.len()];
    for (at, &v) in channels_last(shape).zip(x) {
        out[at] = each(v);
    }
    Ok(out)
}

/// `(x - zero) * scale[c] + bias[c]`; `data` is a buffer of shape (C, H, W), the result in the order of the tensor.
pub(super) fn dequantise(program: &Program, kind: &HostKind, data: &[i64], shape: [u32; 3]) -> Kernel<Vec<f32>> {
    let &HostKind::Dequantise { scale, zero, bias, channels_last: last } = kind else {
        return Err("is no dequantise".into());
    };
    let scale = floats(program, scale)?;
    let bias = bias.map(|b| floats(program, b)).transpose()?;
    let channels = shape[0] as usize;
    for (what, v) in [("scales", Some(&scale)), ("biases", bias.as_ref())] {
        if let Some(v) = v
            && v.len() != 1
            && v.len() != channels
        {
            return Err(format!("{} {what} for {channels} channels", v.len()));
        }
    }
    if data.is_empty() || data.len() != elements(&shape)? {
        return Err(format!("{} elements in a buffer of {shape:?}", data.len()));
    }
    let plane = data.len() / channels;
    let pick = |v: &[f32], c: usize| v.get(if v.len() == 1 { 0 } else { c }).copied().unwrap_or(0.0);
    let mut out = Vec::with_capacity(data.len());
    for (c, values) in data.chunks(plane).enumerate() {
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
    Ok(if last { channels_last(shape).map(|at| out[at]).collect() } else { out })
}

/// Elements as a tensor of a type, truncated for integers.
pub(super) fn convert(values: Vec<f32>, to: TensorType) -> Tensor {
    match to.elem {
        ElemType::Int(t) => Tensor::ints(t, to.shape, values.iter().map(|v| *v as i64).collect()),
        ElemType::F64 => Tensor::doubles(to.shape, values.iter().map(|v| f64::from(*v)).collect()),
        ElemType::Bool => {
            let data = Data::Bool(values.iter().map(|v| *v != 0.0).collect());
            Tensor { elem: ElemType::Bool, shape: to.shape, data }
        }
        elem => Tensor::floats(elem, to.shape, values),
    }
}

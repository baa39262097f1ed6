//! BatchNormalization (inference).

use super::{Attributes, Operands};
use crate::error::Kernel;
use crate::tensor::FloatTensor;

/// `(x - mean) * (scale / sqrt(variance + epsilon)) + bias` per channel (dimension 1).
pub(super) fn batch_normalization(x: &Operands<'_>, a: &Attributes<'_>) -> Kernel<FloatTensor> {
    if a.int("training_mode", 0)? != 0 {
        return Err("training mode is not supported: export the model for inference".into());
    }
    let epsilon = a.float("epsilon").unwrap_or(1e-5);
    let (scale, bias, mean, variance) = (x.float(1)?, x.float(2)?, x.float(3)?, x.float(4)?);
    let x = x.float(0)?;
    let channels = x.shape.get(1).copied().unwrap_or(1) as usize;
    for (what, t) in [("scale", &scale), ("bias", &bias), ("mean", &mean), ("variance", &variance)] {
        if t.data.len() != channels {
            return Err(format!("{what} has {} elements for {channels} channels", t.data.len()));
        }
    }
    let plane: usize = x.shape.iter().skip(2).map(|&d| d as usize).product();
    let mut data = Vec::with_capacity(x.data.len());
    let constants: Vec<(f32, f32, f32)> = (scale.data.iter().zip(variance.data.iter()))
        .zip(bias.data.iter().zip(mean.data.iter()))
        .map(|((s, v), (b, m))| (s / (v + epsilon).sqrt(), *b, *m))
        .collect();
    for (values, &(s, b, m)) in x.data.chunks(plane.max(1)).zip(constants.iter().cycle()) {
        data.extend(values.iter().map(|&v| (v - m) * s + b));
    }
    FloatTensor::new(x.shape.to_vec(), data)
}

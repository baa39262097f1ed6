//! Flatten, Reshape and Concat.

use super::{Attributes, Operands, axis};
use crate::error::Kernel;
use crate::tensor::FloatTensor;

/// Same elements; the program declares the new shape.
pub(super) fn reshape(x: &Operands<'_>, shape: &[u32]) -> Kernel<FloatTensor> {
    FloatTensor::new(shape.to_vec(), x.float(0)?.data.into_owned())
}

pub(super) fn concat(x: &Operands<'_>, a: &Attributes<'_>) -> Kernel<FloatTensor> {
    let parts = (0..x.len()).map(|i| x.float(i)).collect::<Kernel<Vec<_>>>()?;
    let first = parts.first().ok_or("Concat needs an operand")?;
    let axis = axis(a.int("axis", 0)?, first.shape.len())?;
    let mut shape = first.shape.to_vec();
    let mut extent = 0u32;
    for p in &parts {
        let fits = p.shape.len() == shape.len()
            && p.shape.iter().zip(&shape).enumerate().all(|(d, (a, b))| d == axis || a == b);
        if !fits {
            return Err(format!("shapes {:?} and {:?} differ outside axis {axis}", p.shape, first.shape));
        }
        extent = extent.checked_add(p.shape[axis]).ok_or("the concatenated dimension is too large")?;
    }
    shape[axis] = extent;
    let outer: usize = shape.iter().take(axis).map(|&d| d as usize).product();
    let mut data = Vec::new();
    for o in 0..outer {
        for p in &parts {
            let run: usize = p.shape.iter().skip(axis).map(|&d| d as usize).product();
            data.extend_from_slice(p.data.get(o * run..(o + 1) * run).ok_or("operand is shorter than its shape")?);
        }
    }
    FloatTensor::new(shape, data)
}

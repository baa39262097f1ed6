//! Element by element, one operand.

use crate::Host;
use crate::call::{Call, Operator};
use crate::tensor::{Data, Tensor, TensorType};

/// The family.
pub(super) const OPERATORS: &[Operator] = &[
    Operator { name: "Relu", attributes: &[], infer: same, evaluate: relu },
    Operator { name: "Sqrt", attributes: &[], infer: same, evaluate: |c, _| float(c, f64::sqrt, f32::sqrt) },
];

/// The result has the type of operand 0.
pub(super) fn same(c: &Call<'_>) -> Host<Vec<TensorType>> {
    Ok(vec![c.ty(0)?.clone()])
}

/// A function of real numbers, computed in the width of the operand; narrow floats are computed in f32 and rounded.
pub(super) fn float(c: &Call<'_>, wide: fn(f64) -> f64, narrow: fn(f32) -> f32) -> Host<Vec<Tensor>> {
    let x = c.value(0)?;
    Ok(vec![match &x.data {
        Data::Float(v) => Tensor::floats(x.elem, &x.shape[..], v.iter().map(|v| narrow(*v)).collect()),
        Data::Double(v) => Tensor::doubles(&x.shape[..], v.iter().map(|v| wide(*v)).collect()),
        _ => return Err(format!("operand 0 must be floating point, but is of {}", x.elem)),
    }])
}

fn relu(c: &Call<'_>, _: &[TensorType]) -> Host<Vec<Tensor>> {
    let mut x = c.value(0)?.clone();
    match &mut x.data {
        // A NaN stays NaN, unlike with `max`.
        Data::Float(v) => v.iter_mut().filter(|v| **v < 0.0).for_each(|v| *v = 0.0),
        Data::Double(v) => v.iter_mut().filter(|v| **v < 0.0).for_each(|v| *v = 0.0),
        Data::Int(v) => v.iter_mut().for_each(|v| *v = (*v).max(0)),
        Data::Bool(_) => return Err("operand 0 must be numbers, but is of bool".into()),
    }
    Ok(vec![x])
}

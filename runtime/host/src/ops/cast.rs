//! Conversion between element types.

use super::elements::element_type;
use super::kinds::at_most;
use crate::Host;
use crate::call::{Call, Operator};
use crate::tensor::{Data, Tensor, TensorType};
use cim_isa::types::{ElemType, IntType};

/// The family. `saturate` and `round_mode` matter to 8-bit floats only, which the host does not have.
pub(super) const OPERATORS: &[Operator] = &[
    Operator { name: "Cast", attributes: &["to", "saturate", "round_mode"], infer: cast_type, evaluate: cast },
    Operator { name: "CastLike", attributes: &["saturate", "round_mode"], infer: like_type, evaluate: cast },
];

/// Name of an ONNX element type that the host does not have.
fn foreign(code: i64) -> Option<&'static str> {
    Some(match code {
        8 => "string",
        14 => "complex64",
        15 => "complex128",
        17 => "float8e4m3fn",
        18 => "float8e4m3fnuz",
        19 => "float8e5m2",
        20 => "float8e5m2fnuz",
        21 => "uint4",
        22 => "int4",
        23 => "float4e2m1",
        24 => "float8e8m0",
        25 => "uint2",
        26 => "int2",
        _ => return None,
    })
}

fn cast_type(c: &Call<'_>) -> Host<Vec<TensorType>> {
    at_most(c, 1)?;
    let code = c.attributes.maybe_int("to")?.ok_or("attribute 'to' is missing")?;
    if let Some(name) = foreign(code) {
        return Err(format!("a conversion to {name} is not supported"));
    }
    Ok(vec![TensorType::new(element_type(code)?, c.shape(0)?)])
}

fn like_type(c: &Call<'_>) -> Host<Vec<TensorType>> {
    at_most(c, 2)?;
    Ok(vec![TensorType::new(c.ty(1)?.elem, c.shape(0)?)])
}

fn cast(c: &Call<'_>, types: &[TensorType]) -> Host<Vec<Tensor>> {
    Ok(vec![to_type(c.value(0)?, super::binary::only(types)?.elem)])
}

/// Converts every element: integers wrap, floats lose their fraction, everything but zero is true.
///
/// A float outside the integers: beyond 64 bits it becomes the nearest of them, NaN becomes 0; then it wraps.
pub(super) fn to_type(x: &Tensor, elem: ElemType) -> Tensor {
    let shape = &x.shape[..];
    if x.elem == elem {
        return x.clone();
    }
    match elem {
        ElemType::F32 | ElemType::F16 | ElemType::BF16 => Tensor::floats(elem, shape, to_narrow(x, elem)),
        ElemType::F64 => Tensor::doubles(shape, x.to_f64()),
        ElemType::Int(t) => Tensor::ints(t, shape, to_int(x, t)),
        ElemType::Bool => Tensor::bools(
            shape,
            match &x.data {
                Data::Float(v) => v.iter().map(|v| *v != 0.0).collect(),
                Data::Double(v) => v.iter().map(|v| *v != 0.0).collect(),
                Data::Int(v) => v.iter().map(|v| *v != 0).collect(),
                Data::Bool(v) => v.clone(),
            },
        ),
    }
}

fn to_narrow(x: &Tensor, elem: ElemType) -> Vec<f32> {
    let unsigned = super::kinds::is_u64(x.elem);
    match &x.data {
        Data::Float(v) => v.clone(),
        // Narrower types round a second time, so that the first rounding must keep what decides a tie.
        Data::Double(v) if elem != ElemType::F32 => v.iter().map(|v| to_odd(*v)).collect(),
        Data::Double(v) => v.iter().map(|v| *v as f32).collect(),
        Data::Int(v) if elem != ElemType::F32 => {
            v.iter().map(|v| to_odd(if unsigned { *v as u64 as f64 } else { *v as f64 })).collect()
        }
        Data::Int(v) => v.iter().map(|v| if unsigned { *v as u64 as f32 } else { *v as f32 }).collect(),
        Data::Bool(v) => v.iter().map(|v| f32::from(u8::from(*v))).collect(),
    }
}

/// Rounds to odd: towards zero, with the last bit set when digits were lost.
fn to_odd(v: f64) -> f32 {
    let near = v as f32;
    if v.is_nan() || f64::from(near) == v {
        return near;
    }
    let bits = near.to_bits();
    let towards_zero = if f64::from(near).abs() > v.abs() { bits - 1 } else { bits };
    f32::from_bits(towards_zero | 1)
}

fn to_int(x: &Tensor, t: IntType) -> Vec<i64> {
    let unsigned = t == IntType::new(64, false);
    let whole = |v: f64| if unsigned && v >= 0.0 { v as u64 as i64 } else { v as i64 };
    match &x.data {
        Data::Float(v) => v.iter().map(|v| whole(f64::from(*v))).collect(),
        Data::Double(v) => v.iter().map(|v| whole(*v)).collect(),
        Data::Int(v) => v.clone(),
        Data::Bool(v) => v.iter().map(|v| i64::from(*v)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ints(bits: u8, signed: bool, v: &[i64]) -> Tensor {
        Tensor::ints(IntType::new(bits, signed), [v.len()], v.to_vec())
    }
    fn floats(v: &[f32]) -> Tensor {
        Tensor::floats(ElemType::F32, [v.len()], v.to_vec())
    }

    #[test]
    fn conversions() {
        let i8 = ElemType::Int(IntType::new(8, true));
        let u64 = ElemType::Int(IntType::new(64, false));
        assert_eq!(to_type(&floats(&[1.9, -1.9, 130.0, f32::NAN]), i8), ints(8, true, &[1, -1, -126, 0]));
        assert_eq!(to_type(&ints(32, true, &[300, -129]), i8), ints(8, true, &[44, 127]));
        assert_eq!(to_type(&ints(8, true, &[-1]), u64).to_f64(), [u64::MAX as f64]);
        assert_eq!(to_type(&floats(&[1.0e19, 3.0]), u64).to_f64(), [f64::from(1.0e19f32), 3.0]);
        assert_eq!(
            to_type(&floats(&[0.0, -0.0, 0.5, f32::NAN]), ElemType::Bool).data,
            Data::Bool(vec![false, false, true, true])
        );
        assert_eq!(to_type(&Tensor::bools([2], vec![true, false]), ElemType::F16).to_f32(), [1.0, 0.0]);
        assert_eq!(to_type(&ints(64, false, &[-1]), ElemType::F32).to_f32(), [18_446_744_073_709_551_615.0]);
    }

    /// `1 + 2^-11 + 2^-40` lies above the tie between two f16: through f32 it would become the tie, and then even.
    #[test]
    fn doubles_are_rounded_once() {
        let x = Tensor::doubles([3], vec![1.0 + 2f64.powi(-11) + 2f64.powi(-40), 1e300, -1e-300]);
        assert_eq!(to_type(&x, ElemType::F16).to_f32(), [1.0 + 2f32.powi(-10), f32::INFINITY, -0.0]);
        assert_eq!(to_type(&x, ElemType::BF16).to_f32()[1], f32::INFINITY);
    }
}

//! Tensors of the host, in C order.

use cim_isa::program::HostTensor;
use cim_isa::types::{Constant, ElemType, IntType};
use half::{bf16, f16};
use std::ops::Range;

/// Most elements of a tensor, as in `cim.graph`.
pub const MAX_ELEMENTS: usize = 1 << 28;

/// Element type and shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TensorType {
    /// Element type.
    pub elem: ElemType,
    /// Dimensions; empty for a scalar.
    pub shape: Vec<usize>,
}

impl TensorType {
    /// A type.
    pub fn new(elem: ElemType, shape: impl Into<Vec<usize>>) -> Self {
        TensorType { elem, shape: shape.into() }
    }
    /// The type that a program declares for a tensor of the host.
    pub fn declared(t: &HostTensor) -> Self {
        TensorType { elem: t.elem, shape: t.shape.iter().map(|d| *d as usize).collect() }
    }
    /// Number of elements; saturates.
    pub fn count(&self) -> usize {
        self.shape.iter().fold(1usize, |n, &d| n.saturating_mul(d))
    }
    /// Number of dimensions.
    pub fn rank(&self) -> usize {
        self.shape.len()
    }
    /// Fails when there are too many elements.
    ///
    /// # Errors
    /// More than [`MAX_ELEMENTS`].
    pub fn check(&self) -> Result<(), String> {
        // Dimensions beside a zero count too: products of some of them are strides.
        if self.shape.iter().fold(1usize, |n, &d| n.saturating_mul(d.max(1))) > MAX_ELEMENTS {
            return Err(format!("{self} has more than {MAX_ELEMENTS} elements"));
        }
        Ok(())
    }
}

impl std::fmt::Display for TensorType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("tensor<")?;
        for d in &self.shape {
            write!(f, "{d}x")?;
        }
        write!(f, "{}>", self.elem)
    }
}

/// Elements. Numbers of the narrow floating-point types are kept in `f32`, each exactly one value of its type; integers are kept in `i64`,
/// those of `ui64` as their bits.
#[derive(Clone, Debug, PartialEq)]
pub enum Data {
    /// f32, f16, bf16.
    Float(Vec<f32>),
    /// f64.
    Double(Vec<f64>),
    /// Integers.
    Int(Vec<i64>),
    /// Truth values.
    Bool(Vec<bool>),
}

impl Data {
    /// Number of elements.
    pub fn len(&self) -> usize {
        match self {
            Data::Float(v) => v.len(),
            Data::Double(v) => v.len(),
            Data::Int(v) => v.len(),
            Data::Bool(v) => v.len(),
        }
    }
    /// Some of the elements; None when they are not all there.
    pub fn slice(&self, range: Range<usize>) -> Option<Data> {
        Some(match self {
            Data::Float(v) => Data::Float(v.get(range)?.to_vec()),
            Data::Double(v) => Data::Double(v.get(range)?.to_vec()),
            Data::Int(v) => Data::Int(v.get(range)?.to_vec()),
            Data::Bool(v) => Data::Bool(v.get(range)?.to_vec()),
        })
    }
    /// Appends elements; false, and nothing done, when they are of another kind.
    pub fn append(&mut self, more: &Data) -> bool {
        match (self, more) {
            (Data::Float(all), Data::Float(v)) => all.extend_from_slice(v),
            (Data::Double(all), Data::Double(v)) => all.extend_from_slice(v),
            (Data::Int(all), Data::Int(v)) => all.extend_from_slice(v),
            (Data::Bool(all), Data::Bool(v)) => all.extend_from_slice(v),
            _ => return false,
        }
        true
    }
    /// No elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A tensor.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    /// Element type; says which variant `data` is.
    pub elem: ElemType,
    /// Dimensions; empty for a scalar.
    pub shape: Vec<usize>,
    /// `product(shape)` elements.
    pub data: Data,
}

/// Keeps the low bits of an integer of a type, sign or zero extended: what a conversion in two's complement gives.
pub fn wrap(t: IntType, v: i64) -> i64 {
    let unused = 64 - u32::from(t.bits.clamp(1, 64));
    if t.signed { v << unused >> unused } else { ((v as u64) << unused >> unused) as i64 }
}

/// Rounds to the nearest value of a floating-point type of at most 32 bits.
pub fn round_to(elem: ElemType, v: f32) -> f32 {
    match elem {
        ElemType::F16 => f16::from_f32(v).to_f32(),
        ElemType::BF16 => bf16::from_f32(v).to_f32(),
        _ => v,
    }
}

impl Tensor {
    /// From floats; narrow types are rounded to. The result has the shape `shape`, which must hold as many elements.
    pub fn floats(elem: ElemType, shape: impl Into<Vec<usize>>, mut data: Vec<f32>) -> Tensor {
        if elem != ElemType::F32 {
            data.iter_mut().for_each(|v| *v = round_to(elem, *v));
        }
        Tensor { elem, shape: shape.into(), data: Data::Float(data) }
    }
    /// From `f64`.
    pub fn doubles(shape: impl Into<Vec<usize>>, data: Vec<f64>) -> Tensor {
        Tensor { elem: ElemType::F64, shape: shape.into(), data: Data::Double(data) }
    }
    /// From integers, wrapped to the type.
    pub fn ints(t: IntType, shape: impl Into<Vec<usize>>, mut data: Vec<i64>) -> Tensor {
        if t.bits < 64 {
            data.iter_mut().for_each(|v| *v = wrap(t, *v));
        }
        Tensor { elem: ElemType::Int(t), shape: shape.into(), data: Data::Int(data) }
    }
    /// From `i64`.
    pub fn i64s(shape: impl Into<Vec<usize>>, data: Vec<i64>) -> Tensor {
        Tensor::ints(IntType::I64, shape, data)
    }
    /// From truth values.
    pub fn bools(shape: impl Into<Vec<usize>>, data: Vec<bool>) -> Tensor {
        Tensor { elem: ElemType::Bool, shape: shape.into(), data: Data::Bool(data) }
    }
    /// Its type.
    pub fn ty(&self) -> TensorType {
        TensorType { elem: self.elem, shape: self.shape.clone() }
    }
    /// Number of elements.
    pub fn count(&self) -> usize {
        self.data.len()
    }
    /// It has as many elements as its shape says, of the variant that its element type says.
    pub fn is_sound(&self) -> bool {
        let variant = matches!(
            (self.elem, &self.data),
            (ElemType::F32 | ElemType::F16 | ElemType::BF16, Data::Float(_))
                | (ElemType::F64, Data::Double(_))
                | (ElemType::Int(_), Data::Int(_))
                | (ElemType::Bool, Data::Bool(_))
        );
        variant && self.shape.iter().fold(1usize, |n, &d| n.saturating_mul(d)) == self.count()
    }
    /// The same elements in another shape of as many.
    pub fn reshaped(mut self, shape: impl Into<Vec<usize>>) -> Tensor {
        self.shape = shape.into();
        self
    }

    /// A constant of a program.
    ///
    /// # Errors
    /// As [`Tensor::from_bytes`].
    pub fn constant(c: &Constant) -> Result<Tensor, String> {
        let ty = TensorType { elem: c.elem, shape: c.shape.iter().map(|d| *d as usize).collect() };
        Tensor::from_bytes(&ty, &c.data).map_err(|e| format!("constant '{}': {e}", c.name))
    }

    /// From little-endian elements in whole bytes (booleans and narrow integers one byte each).
    ///
    /// # Errors
    /// The number of bytes is not that of the shape.
    pub fn from_bytes(ty: &TensorType, bytes: &[u8]) -> Result<Tensor, String> {
        let width = ty.elem.bytes() as usize;
        ty.check()?;
        if bytes.len() != ty.count() * width {
            return Err(format!("{ty} needs {} bytes, there are {}", ty.count() * width, bytes.len()));
        }
        let words = bytes.chunks_exact(width).map(|c| {
            let mut word = [0; 8];
            word.iter_mut().zip(c).for_each(|(w, b)| *w = *b);
            u64::from_le_bytes(word)
        });
        let data = match ty.elem {
            ElemType::F32 => Data::Float(words.map(|w| f32::from_bits(w as u32)).collect()),
            ElemType::F16 => Data::Float(words.map(|w| f16::from_bits(w as u16).to_f32()).collect()),
            ElemType::BF16 => Data::Float(words.map(|w| bf16::from_bits(w as u16).to_f32()).collect()),
            ElemType::F64 => Data::Double(words.map(f64::from_bits).collect()),
            ElemType::Bool => Data::Bool(words.map(|w| w != 0).collect()),
            ElemType::Int(t) => Data::Int(words.map(|w| wrap(t, w as i64)).collect()),
        };
        Ok(Tensor { elem: ty.elem, shape: ty.shape.clone(), data })
    }

    /// The inverse of [`Tensor::from_bytes`].
    pub fn to_bytes(&self) -> Vec<u8> {
        let width = self.elem.bytes() as usize;
        match &self.data {
            Data::Float(v) => match self.elem {
                ElemType::F16 => v.iter().flat_map(|v| f16::from_f32(*v).to_le_bytes()).collect(),
                ElemType::BF16 => v.iter().flat_map(|v| bf16::from_f32(*v).to_le_bytes()).collect(),
                _ => v.iter().flat_map(|v| v.to_le_bytes()).collect(),
            },
            Data::Double(v) => v.iter().flat_map(|v| v.to_le_bytes()).collect(),
            Data::Int(v) => v.iter().flat_map(|v| v.to_le_bytes().into_iter().take(width)).collect(),
            Data::Bool(v) => v.iter().map(|v| u8::from(*v)).collect(),
        }
    }

    /// All elements as `i64` (floats truncated, booleans 0 and 1): for shapes, axes and the like.
    pub fn to_i64(&self) -> Vec<i64> {
        match &self.data {
            Data::Float(v) => v.iter().map(|v| *v as i64).collect(),
            Data::Double(v) => v.iter().map(|v| *v as i64).collect(),
            Data::Int(v) => v.clone(),
            Data::Bool(v) => v.iter().map(|v| i64::from(*v)).collect(),
        }
    }
    /// All elements as `f32`, rounded.
    pub fn to_f32(&self) -> Vec<f32> {
        match &self.data {
            Data::Float(v) => v.clone(),
            _ => self.to_f64().into_iter().map(|v| v as f32).collect(),
        }
    }
    /// All elements as `f64`, rounded only where integers have more than 53 bits.
    pub fn to_f64(&self) -> Vec<f64> {
        let unsigned = self.elem == ElemType::Int(IntType::new(64, false));
        match &self.data {
            Data::Float(v) => v.iter().map(|v| f64::from(*v)).collect(),
            Data::Double(v) => v.clone(),
            Data::Int(v) if unsigned => v.iter().map(|v| *v as u64 as f64).collect(),
            Data::Int(v) => v.iter().map(|v| *v as f64).collect(),
            Data::Bool(v) => v.iter().map(|v| f64::from(u8::from(*v))).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_round_trip() {
        for elem in [
            ElemType::F32,
            ElemType::F16,
            ElemType::BF16,
            ElemType::F64,
            ElemType::Int(IntType::new(4, true)),
            ElemType::Int(IntType::new(64, false)),
        ] {
            let bytes: Vec<u8> = (0..4 * elem.bytes()).map(|i| (i % 5) as u8).collect();
            let t = Tensor::from_bytes(&TensorType::new(elem, [2, 2]), &bytes).unwrap();
            assert_eq!(t.to_bytes(), bytes, "{elem}");
        }
        assert!(Tensor::from_bytes(&TensorType::new(ElemType::F32, [2]), &[0; 4]).is_err());
        assert!(TensorType::new(ElemType::F32, [1 << 20, 1 << 20]).check().is_err());
    }
}

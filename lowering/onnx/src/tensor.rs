//! Tensors of the model: initialisers and constants.

use crate::proto::{TensorProto, data_type as dt};
use crate::source::External;
use bytes::Bytes;
use cim_dialect::graph::types::MAX_ELEMENTS;
use cim_dialect::graph::{Element, IntType};
use cim_ir::{Context, Type};

/// Element type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Elem {
    F32,
    F64,
    F16,
    BF16,
    Int(IntType),
    U64,
    Bool,
}

/// A constant of the model; the data is shared with the file wherever the file stores it as raw bytes.
#[derive(Clone, Debug)]
pub(crate) struct Tensor {
    pub(crate) dims: Vec<i64>,
    pub(crate) elem: Elem,
    /// Little-endian; integers below 8 bits and booleans take one byte each.
    pub(crate) data: Bytes,
}

/// Integer type of an ONNX element type.
pub(crate) fn int_type(data_type: i32) -> Option<IntType> {
    let (width, signed) = match data_type {
        dt::INT2 => (2, true),
        dt::UINT2 => (2, false),
        dt::INT4 => (4, true),
        dt::UINT4 => (4, false),
        dt::INT8 => (8, true),
        dt::UINT8 => (8, false),
        dt::INT16 => (16, true),
        dt::UINT16 => (16, false),
        dt::INT32 => (32, true),
        dt::UINT32 => (32, false),
        dt::INT64 => (64, true),
        _ => return None,
    };
    Some(IntType { width, signed })
}

impl Elem {
    pub(crate) fn of(data_type: i32) -> Result<Elem, String> {
        match data_type {
            dt::FLOAT => Ok(Elem::F32),
            dt::DOUBLE => Ok(Elem::F64),
            dt::FLOAT16 => Ok(Elem::F16),
            dt::BFLOAT16 => Ok(Elem::BF16),
            dt::UINT64 => Ok(Elem::U64),
            dt::BOOL => Ok(Elem::Bool),
            t => int_type(t).map(Elem::Int).ok_or_else(|| {
                format!("element type {} is not supported; convert the model to float32 or to integers", dt::name(t))
            }),
        }
    }
    /// Bytes of one element.
    pub(crate) fn bytes(self) -> usize {
        match self {
            Elem::F32 => 4,
            Elem::F64 | Elem::U64 => 8,
            Elem::F16 | Elem::BF16 => 2,
            Elem::Int(t) => t.bytes(),
            Elem::Bool => 1,
        }
    }
    /// Element type in the network, where truth values are `ui1`.
    fn element(self) -> Element {
        match self {
            Elem::F32 => Element::F32,
            Elem::F64 => Element::F64,
            Elem::F16 => Element::F16,
            Elem::BF16 => Element::BF16,
            Elem::U64 => Element::U64,
            Elem::Int(t) => Element::Int(t),
            Elem::Bool => Element::Int(IntType { width: 1, signed: false }),
        }
    }
    /// Type of the elements in the network.
    pub(crate) fn ty(self, ctx: &Context) -> Type {
        self.element().ty(ctx)
    }
    pub(crate) fn text(self) -> String {
        match self {
            Elem::Bool => "bool".into(),
            other => other.element().to_string(),
        }
    }
}

/// Elements of a shape, none allowed; an error when a dimension is negative or there are too many.
fn count(dims: &[i64]) -> Result<usize, String> {
    let mut n = 1i64;
    for &d in dims {
        if d < 0 {
            return Err(format!("shape {dims:?} has a negative dimension"));
        }
        n = n.saturating_mul(d);
    }
    // A zero after a huge dimension is still a malformed shape.
    if n > MAX_ELEMENTS || dims.iter().any(|d| *d > MAX_ELEMENTS) {
        return Err(format!("shape {dims:?} has more than {MAX_ELEMENTS} elements"));
    }
    Ok(n as usize)
}

impl Tensor {
    /// A tensor of values made here.
    pub(crate) fn ints(dims: &[i64], values: &[i64]) -> Tensor {
        let data: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        Tensor { dims: dims.to_vec(), elem: Elem::Int(IntType { width: 64, signed: true }), data: data.into() }
    }
    /// A tensor of values made here.
    pub(crate) fn floats(dims: &[i64], values: &[f32]) -> Tensor {
        let data: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        Tensor { dims: dims.to_vec(), elem: Elem::F32, data: data.into() }
    }

    /// A tensor of values made here, which the type holds.
    pub(crate) fn of_type(dims: &[i64], int: IntType, values: &[i64]) -> Tensor {
        let data: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes().into_iter().take(int.bytes())).collect();
        Tensor { dims: dims.to_vec(), elem: Elem::Int(int), data: data.into() }
    }

    /// From a message; external data is mapped.
    pub(crate) fn new(proto: &TensorProto, external: &mut External<'_>) -> Result<Tensor, String> {
        let elem = Elem::of(proto.data_type)?;
        let n = count(&proto.dims)?;
        let packed = match elem {
            Elem::Int(t) if t.width < 8 => Some(t),
            _ => None,
        };
        let raw_len = packed.map_or(n * elem.bytes(), |t| packed_bytes(t, n));
        let raw = if proto.data_location == 1 {
            Some(external_data(proto, external)?)
        } else if !proto.raw_data.is_empty() || n == 0 {
            Some(proto.raw_data.clone())
        } else {
            None
        };
        let data = match raw {
            Some(raw) if raw.len() != raw_len => {
                let (dims, t) = (&proto.dims, dt::name(proto.data_type));
                return Err(format!("shape {dims:?} of {t} needs {raw_len} bytes, but there are {}", raw.len()));
            }
            Some(raw) => match packed {
                Some(t) => unpack(&raw, n, t),
                None => raw,
            },
            None => typed_data(proto, elem, n, packed)?,
        };
        Ok(Tensor { dims: proto.dims.clone(), elem, data })
    }

    /// Number of elements.
    pub(crate) fn count(&self) -> usize {
        self.data.len() / self.elem.bytes()
    }
    /// As floats; None for another type.
    pub(crate) fn to_f32(&self) -> Option<Vec<f32>> {
        (self.elem == Elem::F32)
            .then(|| self.data.chunks_exact(4).filter_map(|c| c.try_into().ok().map(f32::from_le_bytes)).collect())
    }
    /// As integers (booleans are 0 and 1); None for floats.
    pub(crate) fn to_i64(&self) -> Option<Vec<i64>> {
        let (bytes, signed) = match self.elem {
            Elem::F32 | Elem::F64 | Elem::F16 | Elem::BF16 | Elem::U64 => return None,
            Elem::Bool => (1, false),
            Elem::Int(t) => (t.bytes(), t.signed),
        };
        let value = |c: &[u8]| {
            let mut word = [0; 8];
            word.iter_mut().zip(c).for_each(|(w, b)| *w = *b);
            let unused = 64 - 8 * bytes as u32;
            let bits = u64::from_le_bytes(word) << unused;
            if signed { bits as i64 >> unused } else { (bits >> unused) as i64 }
        };
        Some(self.data.chunks_exact(bytes).map(value).collect())
    }
    /// The same data in another shape of as many elements.
    pub(crate) fn reshaped(&self, dims: Vec<i64>) -> Tensor {
        Tensor { dims, ..self.clone() }
    }
}

fn external_data(proto: &TensorProto, external: &mut External<'_>) -> Result<Bytes, String> {
    let entry = |key: &str| proto.external_data.iter().find(|e| e.key == key).map(|e| e.value.as_str());
    let number = |key: &str| -> Result<Option<u64>, String> {
        entry(key).map(|v| v.parse().map_err(|_| format!("external data: {key} '{v}' is no number"))).transpose()
    };
    let location = entry("location").ok_or("external data without a location")?;
    external.slice(location, number("offset")?.unwrap_or(0), number("length")?)
}

/// Bytes of `n` packed elements.
fn packed_bytes(int: IntType, n: usize) -> usize {
    n.div_ceil(8 / int.width.max(1) as usize)
}

/// Several elements a byte, the first in the low bits; each becomes a byte of its own, with the sign in the unused bits.
fn unpack(raw: &[u8], n: usize, int: IntType) -> Bytes {
    let (width, unused) = (int.width.clamp(1, 8), 8 - int.width.clamp(1, 8));
    let element = |byte: u8, low: u32| {
        let top = byte >> low << unused;
        if int.signed { (top as i8 >> unused) as u8 } else { top >> unused }
    };
    let byte = |b: &u8| {
        let b = *b;
        (0..8 / width).map(move |i| element(b, i * width))
    };
    raw.iter().flat_map(byte).take(n).collect::<Vec<u8>>().into()
}

/// Data in the typed fields, which hold numbers wider than the elements.
fn typed_data(proto: &TensorProto, elem: Elem, n: usize, packed: Option<IntType>) -> Result<Bytes, String> {
    let width = elem.bytes();
    let narrow = |v: i64| v.to_le_bytes().into_iter().take(width);
    let (have, bytes): (usize, Vec<u8>) = match (proto.data_type, packed) {
        (_, Some(t)) => {
            let raw: Vec<u8> = proto.int32_data.iter().map(|v| *v as u8).collect();
            let per_byte = 8 / t.width.max(1) as usize;
            let have = if raw.len() == packed_bytes(t, n) { n } else { per_byte * raw.len() };
            (have, unpack(&raw, n, t).to_vec())
        }
        (dt::FLOAT, _) => (proto.float_data.len(), proto.float_data.iter().flat_map(|v| v.to_le_bytes()).collect()),
        (dt::INT64, _) => (proto.int64_data.len(), proto.int64_data.iter().flat_map(|v| v.to_le_bytes()).collect()),
        (dt::DOUBLE, _) => (proto.double_data.len(), proto.double_data.iter().flat_map(|v| v.to_le_bytes()).collect()),
        (dt::UINT64, _) => (proto.uint64_data.len(), proto.uint64_data.iter().flat_map(|v| v.to_le_bytes()).collect()),
        (dt::UINT32, _) => {
            (proto.uint64_data.len(), proto.uint64_data.iter().flat_map(|v| narrow(*v as i64)).collect())
        }
        _ => (proto.int32_data.len(), proto.int32_data.iter().flat_map(|v| narrow(i64::from(*v))).collect()),
    };
    if have != n {
        let (dims, t) = (&proto.dims, dt::name(proto.data_type));
        return Err(format!("shape {dims:?} of {t} needs {n} elements, but there are {have}"));
    }
    Ok(bytes.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tensor(data_type: i32, n: i64, raw: &[u8]) -> Result<Vec<i64>, String> {
        let proto = TensorProto { dims: vec![n], data_type, raw_data: raw.to_vec().into(), ..Default::default() };
        Tensor::new(&proto, &mut External::new(None)).map(|t| t.to_i64().unwrap())
    }

    #[test]
    fn packed_integers_have_the_first_element_in_the_low_bits() {
        assert_eq!(tensor(dt::INT4, 3, &[0xe1, 0x03]).unwrap(), [1, -2, 3]);
        assert_eq!(tensor(dt::UINT4, 3, &[0xe1, 0x03]).unwrap(), [1, 14, 3]);
        assert_eq!(tensor(dt::INT2, 4, &[0x2d]).unwrap(), [1, -1, -2, 0]);
        assert_eq!(tensor(dt::UINT2, 4, &[0x2d]).unwrap(), [1, 3, 2, 0]);
        // Five elements need two bytes; the padding is not looked at.
        assert_eq!(tensor(dt::INT2, 5, &[0x2d, 0xfd]).unwrap(), [1, -1, -2, 0, 1]);
        assert_eq!(tensor(dt::INT4, 2, &[0x87]).unwrap(), [7, -8]);
        assert_eq!(tensor(dt::INT2, 4, &[0x2d, 0]).unwrap_err(), "shape [4] of int2 needs 1 bytes, but there are 2");
        assert_eq!(tensor(dt::UINT4, 3, &[0xe1]).unwrap_err(), "shape [3] of uint4 needs 2 bytes, but there are 1");
    }

    #[test]
    fn packed_integers_in_typed_fields() {
        let proto = |data_type, n, values: &[i32]| TensorProto {
            dims: vec![n],
            data_type,
            int32_data: values.to_vec(),
            ..Default::default()
        };
        let read = |p: TensorProto| Tensor::new(&p, &mut External::new(None)).map(|t| t.to_i64().unwrap());
        assert_eq!(read(proto(dt::INT2, 5, &[0x2d, 1])).unwrap(), [1, -1, -2, 0, 1]);
        assert_eq!(read(proto(dt::INT4, 3, &[0xe1, 3])).unwrap(), [1, -2, 3]);
        assert!(read(proto(dt::INT2, 5, &[0x2d])).unwrap_err().contains("needs 5 elements"));
    }
}

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
    /// Little-endian; 4-bit integers and booleans take one byte each.
    pub(crate) data: Bytes,
}

/// Integer type of an ONNX element type.
pub(crate) fn int_type(data_type: i32) -> Option<IntType> {
    let (width, signed) = match data_type {
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
    fn bytes(self) -> usize {
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

    /// From a message; external data is mapped.
    pub(crate) fn new(proto: &TensorProto, external: &mut External<'_>) -> Result<Tensor, String> {
        let elem = Elem::of(proto.data_type)?;
        let n = count(&proto.dims)?;
        let packed = matches!(proto.data_type, dt::INT4 | dt::UINT4);
        let raw_len = if packed { n.div_ceil(2) } else { n * elem.bytes() };
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
            Some(raw) if packed => unpack_nibbles(&raw, n, proto.data_type == dt::INT4),
            Some(raw) => raw,
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

/// Two elements a byte, the first in the low bits.
fn unpack_nibbles(raw: &[u8], n: usize, signed: bool) -> Bytes {
    let extend = |v: u8| if signed { ((v << 4) as i8 >> 4) as u8 } else { v };
    let all: Vec<u8> = raw.iter().flat_map(|b| [extend(b & 15), extend(b >> 4)]).take(n).collect();
    all.into()
}

/// Data in the typed fields, which hold numbers wider than the elements.
fn typed_data(proto: &TensorProto, elem: Elem, n: usize, packed: bool) -> Result<Bytes, String> {
    let width = elem.bytes();
    let narrow = |v: i64| v.to_le_bytes().into_iter().take(width);
    let (have, bytes): (usize, Vec<u8>) = match proto.data_type {
        dt::FLOAT => (proto.float_data.len(), proto.float_data.iter().flat_map(|v| v.to_le_bytes()).collect()),
        dt::INT64 => (proto.int64_data.len(), proto.int64_data.iter().flat_map(|v| v.to_le_bytes()).collect()),
        dt::DOUBLE => (proto.double_data.len(), proto.double_data.iter().flat_map(|v| v.to_le_bytes()).collect()),
        dt::UINT64 => (proto.uint64_data.len(), proto.uint64_data.iter().flat_map(|v| v.to_le_bytes()).collect()),
        dt::UINT32 => (proto.uint64_data.len(), proto.uint64_data.iter().flat_map(|v| narrow(*v as i64)).collect()),
        _ if packed => {
            let raw: Vec<u8> = proto.int32_data.iter().map(|v| *v as u8).collect();
            let have = if raw.len() == n.div_ceil(2) { n } else { 2 * raw.len() };
            (have, unpack_nibbles(&raw, n, proto.data_type == dt::INT4).to_vec())
        }
        _ => (proto.int32_data.len(), proto.int32_data.iter().flat_map(|v| narrow(i64::from(*v))).collect()),
    };
    if have != n {
        let (dims, t) = (&proto.dims, dt::name(proto.data_type));
        return Err(format!("shape {dims:?} of {t} needs {n} elements, but there are {have}"));
    }
    Ok(bytes.into())
}

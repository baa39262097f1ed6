//! Tensors of ONNX files as tensors of the host.

use cim_host::{Tensor, TensorType};
use cim_isa::types::{ElemType, IntType};
use cim_onnx::proto::{TensorProto, data_type as dt};

/// Element type of an ONNX code.
///
/// # Errors
/// The host has no such type.
pub fn element_type(code: i32) -> Result<ElemType, String> {
    let int = |bits, signed| Ok(ElemType::Int(IntType::new(bits, signed)));
    match code {
        dt::FLOAT => Ok(ElemType::F32),
        dt::FLOAT16 => Ok(ElemType::F16),
        dt::BFLOAT16 => Ok(ElemType::BF16),
        dt::DOUBLE => Ok(ElemType::F64),
        dt::BOOL => Ok(ElemType::Bool),
        dt::UINT4 => int(4, false),
        dt::INT4 => int(4, true),
        dt::UINT8 => int(8, false),
        dt::INT8 => int(8, true),
        dt::UINT16 => int(16, false),
        dt::INT16 => int(16, true),
        dt::UINT32 => int(32, false),
        dt::INT32 => int(32, true),
        dt::UINT64 => int(64, false),
        dt::INT64 => int(64, true),
        t => Err(format!("element type {} is not supported", dt::name(t))),
    }
}

/// A tensor without external data.
///
/// # Errors
/// Its type is not one of the host, or the data does not fit the shape.
pub fn read(proto: &TensorProto) -> Result<Tensor, String> {
    let elem = element_type(proto.data_type)?;
    let shape = proto.dims.iter().map(|d| usize::try_from(*d).map_err(|_| format!("dimension {d}")));
    let ty = TensorType::new(elem, shape.collect::<Result<Vec<_>, _>>()?);
    ty.check()?;
    let width = elem.bytes() as usize;
    let packed = matches!(proto.data_type, dt::INT4 | dt::UINT4);
    let narrow = |v: i64| v.to_le_bytes().into_iter().take(width);
    let raw: Vec<u8> = if !proto.raw_data.is_empty() {
        proto.raw_data.to_vec()
    } else if packed {
        proto.int32_data.iter().map(|v| *v as u8).collect()
    } else {
        match proto.data_type {
            dt::FLOAT => proto.float_data.iter().flat_map(|v| v.to_le_bytes()).collect(),
            dt::DOUBLE => proto.double_data.iter().flat_map(|v| v.to_le_bytes()).collect(),
            dt::INT64 => proto.int64_data.iter().flat_map(|v| v.to_le_bytes()).collect(),
            dt::UINT32 | dt::UINT64 => proto.uint64_data.iter().flat_map(|v| narrow(*v as i64)).collect(),
            _ => proto.int32_data.iter().flat_map(|v| narrow(i64::from(*v))).collect(),
        }
    };
    let raw = if packed { raw.iter().flat_map(|b| [b & 15, b >> 4]).take(ty.count()).collect() } else { raw };
    Tensor::from_bytes(&ty, &raw)
}

/// The inverse of [`element_type`].
fn code(elem: ElemType) -> Result<i32, String> {
    [
        dt::FLOAT,
        dt::FLOAT16,
        dt::BFLOAT16,
        dt::DOUBLE,
        dt::BOOL,
        dt::UINT4,
        dt::INT4,
        dt::UINT8,
        dt::INT8,
        dt::UINT16,
        dt::INT16,
        dt::UINT32,
        dt::INT32,
        dt::UINT64,
        dt::INT64,
    ]
    .into_iter()
    .find(|c| element_type(*c) == Ok(elem))
    .ok_or_else(|| format!("ONNX has no element type {elem}"))
}

/// A tensor as a message.
///
/// # Errors
/// ONNX has no such element type.
pub fn write(t: &Tensor, name: &str) -> Result<TensorProto, String> {
    let data_type = code(t.elem)?;
    let mut raw = t.to_bytes();
    if matches!(data_type, dt::INT4 | dt::UINT4) {
        raw = raw.chunks(2).map(|c| (c[0] & 15) | (c.get(1).copied().unwrap_or(0) << 4)).collect();
    }
    let dims = t.shape.iter().map(|d| *d as i64).collect();
    Ok(TensorProto { name: name.into(), dims, data_type, raw_data: raw.into(), ..TensorProto::default() })
}

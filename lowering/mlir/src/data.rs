//! Attributes and constants of operations that no dialect here declares.

use crate::net::{Refusal, Try};
use bytes::Bytes;
use cim_dialect::graph::types;
use cim_ir::core::{AttrData, FloatKind, IntValue, TypeData};
use cim_ir::{Attribute, Context, Ir, OpId, Type, ValueId};
use cim_onnx::proto::data_type as dt;

/// A property or attribute of an operation.
pub(crate) fn attribute(ir: &Ir, op: OpId, key: &str) -> Option<Attribute> {
    let ctx = ir.ctx();
    let from = |dict: Attribute| match ctx.attr_data(dict) {
        AttrData::Dictionary(_) => ctx.dict_get(dict, ctx.ident(key)),
        _ => None,
    };
    ir.props(op).and_then(from).or_else(|| from(ir.attrs(op)))
}

/// Dimensions and element type of a tensor; every dimension must be known.
pub(crate) fn tensor(ctx: &Context, ty: Type) -> Try<(Vec<i64>, Type)> {
    let TypeData::Tensor { dims, elem, .. } = ctx.type_data(ty) else {
        return Err(Refusal::new(format!("{} is no ranked tensor", types::text(ctx, ty)))
            .remedy("keep the network on ranked tensors (before bufferization)"));
    };
    if dims.iter().any(|d| *d < 1) {
        return Err(Refusal::new("a dimension is not known or 0").remedy("export the network with fixed input shapes"));
    }
    if types::count(dims).is_none() {
        return Err(Refusal::new(format!("{} has too many elements", types::text(ctx, ty))));
    }
    Ok((dims.to_vec(), *elem))
}

/// Element type in terms of ONNX and its bytes.
pub(crate) fn element(ctx: &Context, elem: Type) -> Try<(i32, usize)> {
    use cim_ir::core::Signedness::{Signed, Signless, Unsigned};
    Ok(match ctx.type_data(elem) {
        TypeData::Float(FloatKind::F32) => (dt::FLOAT, 4),
        TypeData::Float(FloatKind::F64) => (dt::DOUBLE, 8),
        TypeData::Float(FloatKind::F16) => (dt::FLOAT16, 2),
        TypeData::Float(FloatKind::BF16) => (dt::BFLOAT16, 2),
        TypeData::Integer { width: 1, .. } => (dt::BOOL, 1),
        TypeData::Integer { width: 8, sign: Signless | Signed } => (dt::INT8, 1),
        TypeData::Integer { width: 8, sign: Unsigned } => (dt::UINT8, 1),
        TypeData::Integer { width: 16, sign: Signless | Signed } => (dt::INT16, 2),
        TypeData::Integer { width: 16, sign: Unsigned } => (dt::UINT16, 2),
        TypeData::Integer { width: 32, sign: Signless | Signed } => (dt::INT32, 4),
        TypeData::Integer { width: 64, sign: Signless | Signed } | TypeData::Index => (dt::INT64, 8),
        _ => {
            return Err(Refusal::new(format!("elements of {} are not supported", types::text(ctx, elem)))
                .remedy("use f32, or integers of 8, 16 or 32 bits"));
        }
    })
}

/// A constant tensor.
pub(crate) struct Dense {
    pub(crate) dims: Vec<i64>,
    /// Element type of ONNX.
    pub(crate) elem: i32,
    /// Elements, little-endian, all of them.
    pub(crate) data: Bytes,
    width: usize,
}

impl Dense {
    pub(crate) fn of(ctx: &Context, attr: Attribute) -> Try<Dense> {
        let (ty, data, splat) = match ctx.attr_data(attr) {
            AttrData::Dense { ty, data, splat } => (*ty, data.clone(), *splat),
            AttrData::DenseResource { ty, key } => {
                let missing = || Refusal::new(format!("resource '{}' is not in the module", ctx.str(*key)));
                (*ty, ctx.resource(*key).ok_or_else(missing)?, false)
            }
            _ => return Err(Refusal::new("the value is neither dense nor dense_resource")),
        };
        let (dims, elem) = match ctx.type_data(ty) {
            TypeData::Vector { dims, elem, .. } => (dims.to_vec(), *elem),
            _ => tensor(ctx, ty)?,
        };
        let (elem, width) = element(ctx, elem)?;
        let count = types::count(&dims).ok_or_else(|| Refusal::new("the value has too many elements"))? as usize;
        let data: Bytes = if splat { data.repeat(count).into() } else { data };
        if data.len() != count.saturating_mul(width) {
            let (has, needs) = (data.len(), count.saturating_mul(width));
            return Err(Refusal::new(format!("the value has {has} bytes, its type needs {needs}")));
        }
        Ok(Dense { dims, elem, data, width })
    }

    /// The elements when they are integers.
    pub(crate) fn ints(&self) -> Option<Vec<i64>> {
        let signed = match self.elem {
            dt::INT8 | dt::INT16 | dt::INT32 | dt::INT64 => true,
            dt::UINT8 | dt::UINT16 | dt::BOOL => false,
            _ => return None,
        };
        let unused = 64 - 8 * self.width as u32;
        let one = |c: &[u8]| {
            let mut word = [0; 8];
            word.iter_mut().zip(c).for_each(|(w, b)| *w = *b);
            let bits = u64::from_le_bytes(word) << unused;
            if signed { bits as i64 >> unused } else { (bits >> unused) as i64 }
        };
        Some(self.data.chunks_exact(self.width).map(one).collect())
    }

    /// The elements when they are f32, or integers as numbers.
    pub(crate) fn numbers(&self) -> Option<Vec<f64>> {
        if self.elem == dt::FLOAT {
            let one = |c: &[u8]| c.try_into().ok().map(|c| f64::from(f32::from_le_bytes(c)));
            return Some(self.data.chunks_exact(4).filter_map(one).collect());
        }
        Some(self.ints()?.into_iter().map(|v| v as f64).collect())
    }
}

/// The value of an operation that makes constants (`arith.constant`, `tosa.const`, `tosa.const_shape`).
pub(crate) fn constant_attribute(ir: &Ir, value: ValueId) -> Option<Attribute> {
    let op = ir.defining_op(value)?;
    match ir.name_str(op) {
        "arith.constant" => attribute(ir, op, "value"),
        "tosa.const" | "tosa.const_shape" => attribute(ir, op, "values").or_else(|| attribute(ir, op, "value")),
        _ => None,
    }
}

/// A constant tensor behind a value.
pub(crate) fn constant(ir: &Ir, value: ValueId) -> Option<Dense> {
    Dense::of(ir.ctx(), constant_attribute(ir, value)?).ok()
}

/// A number: an f32, integer or boolean attribute.
pub(crate) fn number(ctx: &Context, attr: Attribute) -> Option<f64> {
    match ctx.attr_data(attr) {
        AttrData::Integer { value: IntValue::Small(v), .. } => Some(*v as f64),
        AttrData::Float { ty, bits } if *ty == ctx.f32() => Some(f64::from(f32::from_bits(*bits as u32))),
        AttrData::Float { ty, bits } if *ty == ctx.f64() => Some(f64::from_bits(*bits as u64)),
        _ => None,
    }
}

/// Integers of `array<...>`, `dense<...>` or `[...]`.
pub(crate) fn ints(ctx: &Context, attr: Attribute) -> Option<Vec<i64>> {
    match ctx.attr_data(attr) {
        AttrData::DenseArray { elem, data } => {
            let (elem, width) = element(ctx, *elem).ok()?;
            let dims = vec![(data.len() / width.max(1)) as i64];
            Dense { dims, elem, data: data.clone(), width }.ints()
        }
        AttrData::Array(items) => items.iter().map(|a| ctx.as_i64(*a)).collect(),
        AttrData::Dense { .. } => Dense::of(ctx, attr).ok()?.ints(),
        _ => None,
    }
}

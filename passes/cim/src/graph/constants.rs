//! Constants of the network as numbers, and new constant operations.

use cim_dialect::graph::elements::{Elements, dense_ints};
use cim_dialect::graph::types::dims;
use cim_dialect::graph::{Add, Clip, Constant, Dequantize, IntType, Mul, Reshape, elementwise::Bounds};
use cim_ir::core::AttrData;
use cim_ir::{Attribute, Ir, OpId, Type, ValueId};

/// The value of a constant operation.
pub fn attribute(ir: &Ir, value: ValueId) -> Option<Attribute> {
    Constant::cast(ir, ir.defining_op(value)?).map(|c| c.value(ir))
}

/// The elements of a constant operation.
pub fn elements(ir: &Ir, value: ValueId) -> Option<Elements> {
    Elements::of(ir.ctx(), attribute(ir, value)?).ok()
}

/// Most operations between a float constant and what it is made of.
const DEPTH: usize = 16;

/// Float numbers of a value that depends on constants alone, as the host would compute them in f32.
///
/// Looks through dequantize, reshape, clip, and add and mul with a scalar; None for everything else.
pub fn floats(ir: &Ir, value: ValueId) -> Option<Vec<f32>> {
    evaluate(ir, value, DEPTH)
}

fn evaluate(ir: &Ir, value: ValueId, depth: usize) -> Option<Vec<f32>> {
    let depth = depth.checked_sub(1)?;
    let op = ir.defining_op(value)?;
    if let Some(c) = Constant::cast(ir, op) {
        return Elements::of(ir.ctx(), c.value(ir)).ok()?.floats();
    }
    if let Some(d) = Dequantize::cast(ir, op) {
        let (ints, shape) = (elements(ir, d.input(ir))?.ints()?, shape_of(ir, value));
        let (scale, zero) = (Elements::of(ir.ctx(), d.scale(ir)).ok()?.floats()?, d.zero_point(ir));
        if d.bias(ir).is_some() || scale.len() != zero.len() {
            return None;
        }
        let (extent, inner) = axis_layout(&shape, d.axis(ir), scale.len())?;
        let channel = |i: usize| i / inner % extent;
        return ints
            .iter()
            .enumerate()
            .map(|(i, v)| Some((v - zero.get(channel(i))?) as f32 * scale.get(channel(i))?))
            .collect();
    }
    if let Some(r) = Reshape::cast(ir, op) {
        return evaluate(ir, r.input(ir), depth);
    }
    if let Some(c) = Clip::cast(ir, op) {
        let Bounds::Float(lo, hi) = c.bounds(ir)? else { return None };
        return Some(evaluate(ir, c.input(ir), depth)?.into_iter().map(|v| v.max(lo).min(hi)).collect());
    }
    let (a, b, f): (_, _, fn(f32, f32) -> f32) = if let Some(m) = Mul::cast(ir, op) {
        (m.a(ir), m.b(ir), |x, y| x * y)
    } else {
        let m = Add::cast(ir, op)?;
        (m.a(ir), m.b(ir), |x, y| x + y)
    };
    match (&evaluate(ir, a, depth)?[..], &evaluate(ir, b, depth)?[..]) {
        (a, [s]) => Some(a.iter().map(|v| f(*v, *s)).collect()),
        ([s], b) => Some(b.iter().map(|v| f(*s, *v)).collect()),
        _ => None,
    }
}

/// (entries along the axis, elements below it) for `entries` numbers; one entry belongs to everything.
pub(crate) fn axis_layout(shape: &[i64], axis: i64, entries: usize) -> Option<(usize, usize)> {
    if entries == 1 {
        return Some((1, 1));
    }
    let axis = usize::try_from(axis).ok().filter(|a| *a < shape.len())?;
    let inner: i64 = shape[axis + 1..].iter().product();
    (shape[axis] == entries as i64 && inner > 0).then_some((entries, inner as usize))
}

/// Shape of a value; empty for what is no tensor of the network.
pub fn shape_of(ir: &Ir, value: ValueId) -> Vec<i64> {
    dims(ir.ctx(), ir.ty(value)).unwrap_or_default().to_vec()
}

/// The integers of a constant clamped to `lo..=hi`, in the narrowest type for that range. A resource is shared where no integer changes.
pub fn clipped(ir: &Ir, value: ValueId, lo: i64, hi: i64) -> Option<Attribute> {
    let ctx = ir.ctx();
    let attr = attribute(ir, value)?;
    let have = Elements::of(ctx, attr).ok()?;
    let old = have.int?;
    let new = IntType::for_range(lo, hi, old.signed);
    let shape = dims(ctx, have.ty)?.to_vec();
    let ty = ctx.tensor(&shape, new.ty(ctx));
    let (min, max) = have.range()?;
    if min < lo || max > hi || old.bytes() != new.bytes() {
        return Some(dense_ints(ctx, &shape, new, have.ints()?.into_iter().map(|v| v.clamp(lo, hi))));
    }
    Some(match ctx.attr_data(attr) {
        AttrData::DenseResource { key, .. } => ctx.attr(AttrData::DenseResource { ty, key: *key }),
        _ => dense_ints(ctx, &shape, new, have.ints()?.into_iter()),
    })
}

/// Puts a constant before an operation.
pub fn insert(ir: &mut Ir, before: OpId, value: Attribute, ty: Type, name: Option<&str>) -> ValueId {
    let ctx = ir.ctx().clone();
    let builder = Constant::builder(&ctx, ir.loc(before)).value(value).maybe_name(name).result(ty);
    let op = ir.create(builder.build());
    ir.insert_before(before, op);
    ir.result(op, 0).unwrap_or(ir.placeholder_value())
}

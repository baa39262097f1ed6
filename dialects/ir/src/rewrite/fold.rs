//! Folding: results that are known constants or existing values.

use super::builder::OpBuilder;
use crate::core::{AttrData, Attribute, Context, Ir, Location, OpId, Type, ValueId};
use crate::op_def::{OpDef, Trait};
use smallvec::SmallVec;

/// One folded result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Folded {
    /// A constant.
    Attr(Attribute),
    /// Another value.
    Value(ValueId),
}

/// One entry per result; None: does not fold.
pub type FoldResult = Option<SmallVec<[Folded; 1]>>;

impl Folded {
    /// The single result is a constant.
    pub fn attr(attr: Attribute) -> FoldResult {
        Some(SmallVec::from_buf([Folded::Attr(attr)]))
    }
    /// The single result is another value.
    pub fn value(value: ValueId) -> FoldResult {
        Some(SmallVec::from_buf([Folded::Value(value)]))
    }
}

/// Value of a constant operation (trait `ConstantLike`, property `value`).
pub fn constant_value(ir: &Ir, op: OpId) -> Option<Attribute> {
    if ir.has_trait(op, Trait::ConstantLike) { crate::segments::prop(ir, op, "value") } else { None }
}
/// Value of an operand that is defined by a constant operation.
pub fn constant_of(ir: &Ir, value: ValueId) -> Option<Attribute> {
    constant_value(ir, ir.defining_op(value)?)
}
/// Integer of a constant operand (a splat counts).
pub fn constant_int(ir: &Ir, value: ValueId) -> Option<i64> {
    int_value(ir.ctx(), constant_of(ir, value)?)
}
/// Integer of an attribute; for a splat of at most 64 bits its element, sign-extended.
pub fn int_value(ctx: &Context, attr: Attribute) -> Option<i64> {
    match ctx.attr_data(attr) {
        AttrData::Dense { data, splat: true, .. } if data.len() <= 8 => {
            let negative = data.last().is_some_and(|b| b & 0x80 != 0);
            let mut bytes = [if negative { 0xff } else { 0 }; 8];
            bytes.get_mut(..data.len())?.copy_from_slice(data);
            Some(i64::from_le_bytes(bytes))
        }
        _ => ctx.as_i64(attr),
    }
}

/// Folds an operation by its definition. A result must not be the operation's own result.
pub fn fold(ir: &Ir, op: OpId) -> FoldResult {
    let fold = ir.def(op)?.fold?;
    let constants: SmallVec<[Option<Attribute>; 4]> = ir.operands(op).map(|v| constant_of(ir, v)).collect();
    let results = fold(ir, op, &constants)?;
    let own = |f: &Folded| matches!(f, Folded::Value(v) if ir.defining_op(*v) == Some(op));
    (results.len() == ir.num_results(op) && !results.iter().any(own)).then_some(results)
}

/// Creates a constant at the insertion point: by the dialect of `def`, or else by the first registered dialect that can.
pub fn materialize_constant(
    b: &mut OpBuilder<'_>,
    def: Option<&OpDef>,
    value: Attribute,
    ty: Type,
    loc: Location,
) -> Option<OpId> {
    let ctx = b.ctx().clone();
    let registry = ctx.registry();
    let own = def.and_then(|d| registry.dialect_of(d.name));
    let dialects = own.into_iter().chain(registry.dialects().iter().copied());
    let mut makers = dialects.filter_map(|d| d.materialize_constant);
    makers.find_map(|make| make(b, value, ty, loc))
}

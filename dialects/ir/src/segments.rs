//! Which operands, results, regions and successors belong to a name of a declaration. Total functions: a malformed operation
//! gives empty groups or placeholders.

use crate::core::{Attribute, BlockId, Ir, OpId, RegionId, ValueId};
use crate::kinds::{AttrKind, I32Array};
use crate::op_def::{Arity, OpDef, ValueSpec};
use std::ops::Range;

/// Key of the property with the sizes of operand groups.
pub const OPERAND_SIZES: &str = "operandSegmentSizes";
/// Key of the property with the sizes of result groups.
pub const RESULT_SIZES: &str = "resultSegmentSizes";

/// Whether several names stand for any number of values, so that the sizes must be stored.
pub fn needs_sizes(specs: &[ValueSpec]) -> bool {
    specs.iter().filter(|s| s.arity != Arity::One).count() > 1
}

/// Positions of group `index` among `total` values; `sizes` are the stored sizes if there must be some.
pub fn group(specs: &[ValueSpec], index: usize, total: usize, sizes: Option<&[i32]>) -> Range<usize> {
    let clamp = |start: usize, len: usize| start.min(total)..start.saturating_add(len).min(total);
    if let Some(sizes) = sizes {
        let size = |s: &i32| usize::try_from(*s).unwrap_or(0);
        let start = sizes.iter().take(index).map(size).fold(0, usize::saturating_add);
        return clamp(start, sizes.get(index).map_or(0, size));
    }
    match specs.iter().position(|s| s.arity != Arity::One) {
        Some(v) if v <= index => {
            let len = (total + 1).saturating_sub(specs.len());
            if v == index { clamp(index, len) } else { clamp(index - 1 + len, 1) }
        }
        _ => clamp(index, 1),
    }
}

/// A property by name, without interning the name.
pub fn prop(ir: &Ir, op: OpId, key: &str) -> Option<Attribute> {
    let ctx = ir.ctx();
    ctx.dict_items(ir.props(op)?).iter().find(|i| ctx.str(i.0) == key).map(|i| i.1)
}

fn sizes(ir: &Ir, op: OpId, specs: &[ValueSpec], key: &str) -> Option<Vec<i32>> {
    needs_sizes(specs).then(|| prop(ir, op, key).and_then(|a| I32Array::get(ir.ctx(), a)).unwrap_or_default())
}

/// Positions of the operands of a name.
pub fn operand_range(ir: &Ir, op: OpId, def: &OpDef, index: usize) -> Range<usize> {
    let sizes = sizes(ir, op, def.operands, OPERAND_SIZES);
    group(def.operands, index, ir.num_operands(op), sizes.as_deref())
}
/// Positions of the results of a name.
pub fn result_range(ir: &Ir, op: OpId, def: &OpDef, index: usize) -> Range<usize> {
    let sizes = sizes(ir, op, def.results, RESULT_SIZES);
    group(def.results, index, ir.num_results(op), sizes.as_deref())
}
/// Operands of a name.
pub fn operands<'a>(ir: &'a Ir, op: OpId, def: &OpDef, index: usize) -> impl Iterator<Item = ValueId> + 'a {
    let range = operand_range(ir, op, def, index);
    ir.operands(op).skip(range.start).take(range.len())
}
/// The operand of a name that stands for one.
pub fn operand(ir: &Ir, op: OpId, def: &OpDef, index: usize) -> ValueId {
    operands(ir, op, def, index).next().unwrap_or(ir.placeholder_value())
}
/// Results of a name.
pub fn results(ir: &Ir, op: OpId, def: &OpDef, index: usize) -> impl Iterator<Item = ValueId> + use<> {
    let range = result_range(ir, op, def, index);
    ir.results(op).skip(range.start).take(range.len())
}
/// The result of a name that stands for one.
pub fn result(ir: &Ir, op: OpId, def: &OpDef, index: usize) -> ValueId {
    results(ir, op, def, index).next().unwrap_or(ir.placeholder_value())
}
/// Region by position.
pub fn region(ir: &Ir, op: OpId, index: usize) -> RegionId {
    ir.regions_of(op).get(index).copied().unwrap_or(ir.placeholder_region())
}
/// Successor by position.
pub fn successor(ir: &Ir, op: OpId, index: usize) -> BlockId {
    ir.successors(op).get(index).copied().unwrap_or(ir.placeholder_block())
}

/// Replaces the operands of a name and keeps the stored sizes right.
pub fn set_operands(ir: &mut Ir, op: OpId, def: &OpDef, index: usize, values: &[ValueId]) {
    let range = operand_range(ir, op, def, index);
    if range.len() == values.len() {
        for (i, &v) in values.iter().enumerate() {
            ir.set_operand(op, range.start + i, v);
        }
        return;
    }
    let mut all: Vec<ValueId> = ir.operands(op).collect();
    if let Some(mut sizes) = sizes(ir, op, def.operands, OPERAND_SIZES) {
        sizes.resize(def.operands.len(), 0);
        sizes[index] = i32::try_from(values.len()).unwrap_or(i32::MAX);
        let attr = I32Array::make(ir.ctx(), &sizes);
        ir.set_prop(op, OPERAND_SIZES, Some(attr));
    }
    all.splice(range, values.iter().copied());
    ir.set_operands(op, &all);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::constraints::ANY_TYPE;

    fn spec(arity: Arity) -> ValueSpec {
        ValueSpec { name: "x", arity, constraint: ANY_TYPE }
    }

    #[test]
    fn one_group_of_any_size_takes_what_is_left() {
        let specs = [spec(Arity::One), spec(Arity::Variadic), spec(Arity::One)];
        let at = |i, total| group(&specs, i, total, None);
        assert_eq!([at(0, 5), at(1, 5), at(2, 5)], [0..1, 1..4, 4..5]);
        assert_eq!([at(0, 2), at(1, 2), at(2, 2)], [0..1, 1..1, 1..2]);
        // Too few: empty or clamped, never out of range.
        assert!((0..3).all(|i| at(i, 0).is_empty()));
    }

    #[test]
    fn stored_sizes_are_clamped() {
        let specs = [spec(Arity::Optional), spec(Arity::Variadic)];
        let at = |i, sizes: &[i32]| group(&specs, i, 3, Some(sizes));
        assert_eq!([at(0, &[1, 2]), at(1, &[1, 2])], [0..1, 1..3]);
        assert_eq!([at(0, &[-1, 9]), at(1, &[-1, 9])], [0..0, 0..3]);
        assert_eq!(at(1, &[]), 0..0);
    }
}

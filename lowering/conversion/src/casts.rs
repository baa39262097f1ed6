//! `builtin.unrealized_conversion_cast`: where converted and unconverted values meet.

use cim_ir::builtin::UnrealizedConversionCast;
use cim_ir::rewrite::OpBuilder;
use cim_ir::view::OpView;
use cim_ir::{Ir, Location, OpId, OpState, Type, ValueId};

/// Creates a cast at the insertion point; returns its results.
pub fn cast(b: &mut OpBuilder<'_>, inputs: &[ValueId], types: &[Type], loc: Location) -> Vec<ValueId> {
    let state = OpState::new(b.context(), UnrealizedConversionCast::DEF.name, loc);
    let op = b.create(state.operands(inputs).results(types));
    b.results(op).collect()
}

pub(crate) fn is_cast(ir: &Ir, op: OpId) -> bool {
    UnrealizedConversionCast::of(ir, op).is_some()
}

/// Erases those of these casts that nothing uses, and those that only they used.
pub(crate) fn erase_unused(ir: &mut Ir, mut casts: Vec<OpId>) {
    while let Some(op) = casts.pop() {
        if ir.is_alive(op) && is_cast(ir, op) && ir.results(op).all(|r| ir.is_unused(r)) {
            casts.extend(ir.operands(op).filter_map(|v| ir.defining_op(v)));
            ir.erase(op);
        }
    }
}

/// The values of these types that a cast made `values` from, looking through chains of casts.
pub fn look_through(ir: &Ir, values: &[ValueId], types: &[Type]) -> Option<Vec<ValueId>> {
    let fits =
        |values: &[ValueId]| values.len() == types.len() && values.iter().zip(types).all(|(v, t)| ir.ty(*v) == *t);
    let mut values = values.to_vec();
    // Casts are in dominance order but in graph regions: a cycle ends the search.
    let mut seen = Vec::new();
    loop {
        if fits(&values) {
            return Some(values);
        }
        let op = ir.defining_op(*values.first()?).filter(|op| is_cast(ir, *op) && !seen.contains(op))?;
        if !ir.results(op).eq(values.iter().copied()) {
            return None;
        }
        seen.push(op);
        values = ir.operands(op).collect();
    }
}

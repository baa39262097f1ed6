//! What traits and interfaces promise.

use super::{Checked, Failure, error_at, has_one_block, op_error};
use crate::constraints::{element_or_self, shape};
use crate::core::{AttrData, DYNAMIC, Ir, OpId, Type, TypeData};
use crate::diag::Diagnostic;
use crate::interfaces::{BranchLike, SymbolUser};
use crate::op_def::{OpDef, Trait, TraitSet};
use crate::segments;
use crate::symbols::{self, SYMBOL_NAME, SYMBOL_VISIBILITY, SymbolTables};
use rustc_hash::FxHashMap;

/// Traits checked before types: they are about structure.
pub(super) const STRUCTURAL: TraitSet = TraitSet::of(&[
    Trait::Terminator,
    Trait::SingleBlock,
    Trait::ImplicitTerminator(&[]),
    Trait::NoRegionArguments,
    Trait::HasParent(&[]),
]);

/// Traits checked after types.
pub(super) const TYPED: TraitSet = TraitSet::of(&[
    Trait::SameOperandsAndResultType,
    Trait::SameTypeOperands,
    Trait::SameOperandsElementType,
    Trait::SameOperandsAndResultElementType,
    Trait::SameOperandsAndResultShape,
    Trait::AllTypesMatch(&[]),
    Trait::Involution,
    Trait::Idempotent,
    Trait::Symbol,
]);

pub(super) fn structural(ir: &Ir, op: OpId, def: &OpDef) -> Checked {
    for t in def.traits {
        match t {
            Trait::Terminator if ir.next(op).is_some() || ir.block_of(op).is_none() => {
                return Err(op_error(ir, op, "must be the last operation in the parent block"));
            }
            Trait::SingleBlock | Trait::ImplicitTerminator(_) => single_block(ir, op, def)?,
            Trait::NoRegionArguments => {
                for (i, &region) in ir.regions_of(op).iter().enumerate() {
                    if ir.entry(region).is_some_and(|b| !ir.args(b).is_empty()) {
                        let which = if ir.regions_of(op).len() > 1 { format!("region #{i}") } else { "region".into() };
                        return Err(op_error(ir, op, format!("{which} should have no arguments")));
                    }
                }
            }
            Trait::HasParent(parents) => {
                let parent = ir.parent_op(op).map(|p| ir.name_str(p));
                if !parent.is_some_and(|p| parents.contains(&p)) {
                    let one = if parents.len() == 1 { "'" } else { "to be one of '" };
                    return Err(op_error(ir, op, format!("expects parent op {one}{}'", parents.join(", "))));
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn single_block(ir: &Ir, op: OpId, def: &OpDef) -> Checked {
    for (i, &region) in ir.regions_of(op).iter().enumerate() {
        let Some(entry) = ir.entry(region) else { continue };
        if !has_one_block(ir, region) {
            return Err(op_error(ir, op, format!("expects region #{i} to have 0 or 1 blocks")));
        }
        if ir.first_op(entry).is_none() && !def.has(Trait::NoTerminator) {
            return Err(op_error(ir, op, "expects a non-empty block"));
        }
    }
    Ok(())
}

pub(super) fn typed(ir: &Ir, op: OpId, def: &OpDef) -> Checked {
    let fail = |text: &str| Err(op_error(ir, op, text));
    let operands = || ir.operands(op).map(|v| ir.ty(v));
    let results = || ir.results(op).map(|v| ir.ty(v));
    let ctx = ir.ctx();
    for t in def.traits {
        match t {
            Trait::SameOperandsAndResultType => {
                if let Some(first) = results().next().or_else(|| operands().next())
                    && !operands().chain(results()).all(|t| compatible(ir, t, first))
                {
                    return fail("requires the same type for all operands and results");
                }
            }
            Trait::SameTypeOperands if !all_equal(operands()) => {
                return fail("requires all operands to have the same type");
            }
            Trait::SameOperandsElementType if !all_equal(operands().map(|t| element_or_self(ctx, t))) => {
                return fail("requires the same element type for all operands");
            }
            Trait::SameOperandsAndResultElementType
                if !all_equal(operands().chain(results()).map(|t| element_or_self(ctx, t))) =>
            {
                return fail("requires the same element type for all operands and results");
            }
            Trait::SameOperandsAndResultShape => {
                if let Some(first) = operands().next()
                    && !operands().chain(results()).all(|t| same_shape(ir, t, first))
                {
                    return fail("requires the same shape for all operands and results");
                }
            }
            Trait::AllTypesMatch(names) if !all_equal(names.iter().flat_map(|n| types_of(ir, op, def, n))) => {
                return fail(&format!("failed to verify that all of {{{}}} have same type", names.join(", ")));
            }
            Trait::Involution | Trait::Idempotent => {
                let first = operands().next();
                if ir.num_operands(op) != 1 || ir.num_results(op) != 1 || first != results().next() {
                    return fail("requires one operand and one result of its type");
                }
            }
            Trait::Symbol => symbol(ir, op, def)?,
            _ => {}
        }
    }
    Ok(())
}

fn all_equal<T: PartialEq>(mut items: impl Iterator<Item = T>) -> bool {
    match items.next() {
        Some(first) => items.all(|i| i == first),
        None => true,
    }
}

/// Types of a named operand, result or typed property.
fn types_of(ir: &Ir, op: OpId, def: &OpDef, name: &str) -> Vec<Option<Type>> {
    if let Some(i) = def.operands.iter().position(|s| s.name == name) {
        return segments::operands(ir, op, def, i).map(|v| Some(ir.ty(v))).collect();
    }
    if let Some(i) = def.results.iter().position(|s| s.name == name) {
        return segments::results(ir, op, def, i).map(|v| Some(ir.ty(v))).collect();
    }
    segments::prop(ir, op, name).map(|a| crate::kinds::attr_type(ir.ctx(), a)).into_iter().collect()
}

/// Equal up to dimensions that one of them leaves open.
fn compatible(ir: &Ir, a: Type, b: Type) -> bool {
    if a == b {
        return true;
    }
    let ctx = ir.ctx();
    let encoding = |t: Type| match ctx.type_data(t) {
        TypeData::Tensor { encoding, .. } => *encoding,
        _ => None,
    };
    let is_shaped = |t| crate::constraints::element_type(ctx, t).is_some();
    is_shaped(a)
        && is_shaped(b)
        && element_or_self(ctx, a) == element_or_self(ctx, b)
        && encoding(a) == encoding(b)
        && same_shape(ir, a, b)
}

fn same_shape(ir: &Ir, a: Type, b: Type) -> bool {
    let ctx = ir.ctx();
    match (shape(ctx, a), shape(ctx, b)) {
        (Some(x), Some(y)) => {
            x.len() == y.len() && x.iter().zip(y).all(|(x, y)| x == y || *x == DYNAMIC || *y == DYNAMIC)
        }
        // Unranked fits any shape, and two scalars fit.
        _ => crate::constraints::element_type(ctx, a).is_some() == crate::constraints::element_type(ctx, b).is_some(),
    }
}

fn symbol(ir: &Ir, op: OpId, def: &OpDef) -> Checked {
    let ctx = ir.ctx();
    let optional = def.prop(SYMBOL_NAME).is_some_and(|p| p.optional);
    match ir.attr(op, SYMBOL_NAME) {
        None if optional => return Ok(()),
        Some(name) if matches!(ctx.attr_data(name), AttrData::String { .. }) => {}
        _ => return Err(op_error(ir, op, "requires string attribute 'sym_name'")),
    }
    if let Some(v) = ir.attr(op, SYMBOL_VISIBILITY) {
        let known = ctx.as_str(v).is_some_and(|v| ["public", "private", "nested"].contains(&v));
        if !known {
            let text = ctx.display_attr(v);
            let what = match ctx.attr_data(v) {
                AttrData::String { .. } => "visibility expected to be one of [\"public\", \"private\", \"nested\"]",
                _ => "requires visibility attribute 'sym_visibility' to be a string attribute",
            };
            return Err(op_error(ir, op, format!("{what}, but got {text}")));
        }
    }
    let parent = ir.parent_op(op);
    if parent.is_some_and(|p| ir.def(p).is_some() && !symbols::is_symbol_table(ir, p)) {
        return Err(op_error(ir, op, "symbol's parent must have the SymbolTable trait"));
    }
    Ok(())
}

/// Operands passed to successors fit their arguments.
pub(super) fn branch(ir: &Ir, op: OpId) -> Checked {
    if ir.successors(op).is_empty() {
        return Ok(());
    }
    let Some(branch) = BranchLike::get(ir, op) else { return Ok(()) };
    for (i, &dest) in ir.successors(op).iter().enumerate() {
        let range = (branch.successor_operands)(op, ir, i);
        let args = ir.args(dest);
        if range.len() != args.len() {
            let text =
                format!("branch has {} operands for successor #{i}, but target block has {}", range.len(), args.len());
            return Err(error_at(ir, op, text));
        }
        for (k, (&arg, value)) in args.iter().zip(ir.operands(op).skip(range.start)).enumerate() {
            if ir.ty(arg) != ir.ty(value) {
                return Err(error_at(ir, op, format!("type mismatch for bb argument #{k} of successor #{i}")));
            }
        }
    }
    Ok(())
}

/// Traits about the finished regions.
pub(super) fn regions(ir: &Ir, op: OpId, def: &OpDef) -> Checked {
    for t in def.traits {
        match t {
            Trait::ImplicitTerminator(names) => implicit_terminator(ir, op, names)?,
            Trait::SymbolTable => symbol_table(ir, op)?,
            _ => {}
        }
    }
    Ok(())
}

fn implicit_terminator(ir: &Ir, op: OpId, names: &[&str]) -> Checked {
    let Some(wanted) = names.first() else { return Ok(()) };
    for &region in ir.regions_of(op) {
        let Some(last) = ir.entry(region).and_then(|b| ir.last_op(b)) else { continue };
        let found = ir.name_str(last);
        if found != *wanted {
            let mut f = op_error(ir, op, format!("expects regions to end with '{wanted}', found '{found}'"));
            let note = format!("in custom textual format, the absence of terminator implies '{wanted}'");
            f.diagnostic = f.diagnostic.note(ir.loc(op), note);
            return Err(f);
        }
    }
    Ok(())
}

fn symbol_table(ir: &Ir, op: OpId) -> Checked {
    let regions = ir.regions_of(op);
    let [region] = regions else {
        return Err(op_error(ir, op, "Operations with a 'SymbolTable' must have exactly one region"));
    };
    if !has_one_block(ir, *region) {
        return Err(op_error(ir, op, "Operations with a 'SymbolTable' must have exactly one block"));
    }
    let mut names = FxHashMap::default();
    for inner in ir.entry(*region).into_iter().flat_map(|b| ir.ops_of(b)) {
        let Some(name) = symbols::symbol_name(ir, inner) else { continue };
        if let Some(first) = names.insert(name, inner) {
            let diagnostic = Diagnostic::error(ir.loc(inner), format!("redefinition of symbol named '{name}'"))
                .note(ir.loc(first), "see existing symbol definition here");
            return Err(Failure { diagnostic, op: Some(inner) });
        }
    }
    symbol_users(ir, op)
}

/// Checks the references of operations whose names are looked up in this table.
fn symbol_users(ir: &Ir, table: OpId) -> Checked {
    let mut tables = SymbolTables::new();
    let mut work = vec![table];
    while let Some(op) = work.pop() {
        if op != table
            && let Some(user) = SymbolUser::get(ir, op)
        {
            (user.verify_symbol_uses)(op, ir, &mut tables).map_err(super::by_hand(op))?;
        }
        // Nested tables have checked their own users.
        if op == table || !symbols::is_symbol_table(ir, op) {
            let start = work.len();
            work.extend(ir.regions_of(op).iter().flat_map(|&r| ir.blocks_of(r)).flat_map(|b| ir.ops_of(b)));
            work[start..].reverse();
        }
    }
    Ok(())
}

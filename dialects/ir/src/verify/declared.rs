//! What the declaration says about numbers, types and properties.

use super::{Checked, op_error};
use crate::core::{Ir, OpId};
use crate::op_def::{Arity, NameSpec, OpDef, ValueSpec};
use crate::segments;

/// Numbers of regions, results, successors and operands.
pub(super) fn counts(ir: &Ir, op: OpId, def: &OpDef) -> Checked {
    let (n, many) = named(def.regions);
    let found = ir.regions_of(op).len();
    if found < n || (found > n && !many) {
        return Err(op_error(
            ir,
            op,
            match (n, many) {
                (n, true) => format!("expected {n} or more regions"),
                (0, _) => "requires zero regions".into(),
                (1, _) => "requires one region".into(),
                (n, _) => format!("expected {n} regions"),
            },
        ));
    }
    let (n, many) = valued(def.results);
    let found = ir.num_results(op);
    if found < n || (found > n && !many) {
        return Err(op_error(
            ir,
            op,
            match (n, many) {
                (n, true) => format!("expected {n} or more results"),
                (0, _) => "requires zero results".into(),
                (1, _) => "requires one result".into(),
                (n, _) => format!("expected {n} results"),
            },
        ));
    }
    let (n, many) = named(def.successors);
    let found = ir.successors(op).len();
    if found < n || (found > n && !many) {
        let plural = if n == 1 { "successor" } else { "successors" };
        return Err(op_error(
            ir,
            op,
            if many {
                format!("requires at least {n} {plural} but found {found}")
            } else {
                format!("requires {n} {plural} but found {found}")
            },
        ));
    }
    let (n, many) = valued(def.operands);
    let found = ir.num_operands(op);
    if found < n || (found > n && !many) {
        return Err(op_error(
            ir,
            op,
            match (n, many) {
                (n, true) => format!("expected {n} or more operands, but found {found}"),
                (0, _) => "requires zero operands".into(),
                (1, _) => "requires a single operand".into(),
                (n, _) => format!("expected {n} operands, but found {found}"),
            },
        ));
    }
    Ok(())
}

/// How many at least, and whether there may be more.
fn named(specs: &[NameSpec]) -> (usize, bool) {
    match specs.last() {
        Some(last) if last.variadic => (specs.len() - 1, true),
        _ => (specs.len(), false),
    }
}
fn valued(specs: &[ValueSpec]) -> (usize, bool) {
    let ones = specs.iter().filter(|s| s.arity == Arity::One).count();
    (ones, ones < specs.len())
}

/// Stored sizes of groups.
pub(super) fn groups(ir: &Ir, op: OpId, def: &OpDef) -> Checked {
    sizes(ir, op, def.operands, segments::OPERAND_SIZES, "operand", ir.num_operands(op))?;
    sizes(ir, op, def.results, segments::RESULT_SIZES, "result", ir.num_results(op))
}

fn sizes(ir: &Ir, op: OpId, specs: &[ValueSpec], key: &str, what: &str, total: usize) -> Checked {
    if specs.len() < 2 || !segments::needs_sizes(specs) {
        return Ok(());
    }
    use crate::kinds::{AttrKind, I32Array};
    let Some(sizes) = segments::prop(ir, op, key).and_then(|a| I32Array::get(ir.ctx(), a)) else {
        return Err(op_error(ir, op, format!("requires dense i32 array attribute '{key}'")));
    };
    if sizes.iter().any(|s| *s < 0) {
        return Err(op_error(ir, op, format!("'{key}' attribute cannot have negative elements")));
    }
    let sum: i64 = sizes.iter().map(|s| i64::from(*s)).sum();
    if usize::try_from(sum) != Ok(total) {
        let text =
            format!("{what} count ({total}) does not match with the total size ({sum}) specified in attribute '{key}'");
        return Err(op_error(ir, op, text));
    }
    if sizes.len() != specs.len() {
        let text = format!(
            "'{key}' attribute for specifying {what} segments must have {} elements, but got {}",
            specs.len(),
            sizes.len()
        );
        return Err(op_error(ir, op, text));
    }
    Ok(())
}

/// Properties, operand types, result types.
pub(super) fn constraints(ir: &Ir, op: OpId, def: &OpDef) -> Checked {
    if !def.props.is_empty() {
        props(ir, op, def)?;
    }
    values(ir, op, def, true)?;
    values(ir, op, def, false)
}

fn props(ir: &Ir, op: OpId, def: &OpDef) -> Checked {
    let ctx = ir.ctx();
    let items = ir.props(op).map_or(&[][..], |p| ctx.dict_items(p));
    for spec in def.props {
        match items.iter().find(|i| ctx.str(i.0) == spec.name) {
            Some((_, value)) => {
                if !(spec.constraint.check)(ctx, *value) {
                    let text =
                        format!("attribute '{}' failed to satisfy constraint: {}", spec.name, spec.constraint.what);
                    return Err(op_error(ir, op, text));
                }
            }
            None if spec.optional || spec.default.is_some() => {}
            None => return Err(op_error(ir, op, format!("requires attribute '{}'", spec.name))),
        }
    }
    Ok(())
}

fn values(ir: &Ir, op: OpId, def: &OpDef, operands: bool) -> Checked {
    let (specs, what) = if operands { (def.operands, "operand") } else { (def.results, "result") };
    let ctx = ir.ctx();
    let ty_of = |i: usize| {
        let value = if operands { ir.operand(op, i) } else { ir.result(op, i) };
        value.map_or(ctx.none(), |v| ir.ty(v))
    };
    let check = |i: usize, spec: &ValueSpec| {
        let ty = ty_of(i);
        if (spec.constraint.check)(ctx, ty) {
            return Ok(());
        }
        let variadic = if spec.arity == Arity::Variadic { "variadic of " } else { "" };
        let ty = ctx.display_type(ty);
        Err(op_error(ir, op, format!("{what} #{i} must be {variadic}{}, but got '{ty}'", spec.constraint.what)))
    };
    if specs.iter().all(|s| s.arity == Arity::One) {
        return specs.iter().enumerate().try_for_each(|(i, spec)| check(i, spec));
    }
    for (index, spec) in specs.iter().enumerate() {
        let range = if operands {
            segments::operand_range(ir, op, def, index)
        } else {
            segments::result_range(ir, op, def, index)
        };
        if spec.arity == Arity::One && range.len() != 1 || spec.arity == Arity::Optional && range.len() > 1 {
            let wanted = if spec.arity == Arity::One { "1" } else { "0 or 1" };
            let text = format!(
                "{what} group starting at #{} requires {wanted} element, but found {}",
                range.start,
                range.len()
            );
            return Err(op_error(ir, op, text));
        }
        range.into_iter().try_for_each(|i| check(i, spec))?;
    }
    Ok(())
}

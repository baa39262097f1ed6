//! The machine as an attribute of the module: the YAML description in dictionary form.
//!
//! `module attributes {cim.machine = #cim.machine<{name = "puma", ...}>}`

use cim_ir::core::AttrData;
use cim_ir::kinds::DictAttr;
use cim_ir::registry::Dialect;
use cim_ir::view::VerifyParams;
use cim_ir::{Attribute, Context, Diagnostic, Ir, OpId, attr};
use cim_machine::Machine;
use serde_json::Value;

/// Key of the module attribute.
pub const MACHINE: &str = "cim.machine";

attr! {
    /// A machine description: tiers, modes, converters, with the fields of the YAML form (`cim machines NAME`). Numbers are `i64`, quantities
    /// with units and words are strings, grids and matrices arrays; fields left out have their defaults.
    pub MachineAttr = "cim.machine" {
        params { fields: DictAttr }
        verify
    }
}

impl VerifyParams for MachineAttr {
    fn verify(ctx: &Context, params: &[Attribute]) -> Result<(), String> {
        params.first().map_or(Ok(()), |&fields| decode(ctx, fields).map(drop))
    }
}

/// The dialect that holds the attribute; operations live in `cim.graph`, `cim.xbar` and `cim.row`.
pub static CIM: Dialect =
    Dialect { attrs: &[MachineAttr::DEF], ..Dialect::new("cim", "What all levels share: the machine.") };

/// Nesting of descriptions: top level, tier, matrix, row.
const DEPTH: u32 = 6;

fn to_attr(ctx: &Context, value: &Value) -> Option<Attribute> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(b) => ctx.bool_attr(*b),
        Value::Number(n) => ctx.i64_attr(n.as_i64()?),
        Value::String(s) => ctx.string_attr(s),
        Value::Array(items) => ctx.array_attr(&items.iter().filter_map(|v| to_attr(ctx, v)).collect::<Vec<_>>()),
        Value::Object(items) => {
            ctx.dict(items.iter().filter_map(|(k, v)| Some((ctx.ident(k), to_attr(ctx, v)?))).collect())
        }
    })
}

fn to_value(ctx: &Context, attr: Attribute, depth: u32) -> Result<Value, String> {
    if depth == 0 {
        return Err("nested too deeply".into());
    }
    if let Some(b) = ctx.as_bool(attr) {
        return Ok(Value::Bool(b));
    }
    if let Some(n) = ctx.as_i64(attr) {
        return Ok(Value::from(n));
    }
    if let Some(s) = ctx.as_str(attr) {
        return Ok(Value::from(s));
    }
    match ctx.attr_data(attr) {
        AttrData::Array(items) => items.iter().map(|&i| to_value(ctx, i, depth - 1)).collect(),
        AttrData::Dictionary(items) => {
            let entry = |i: &(cim_ir::Ident, Attribute)| Ok((ctx.str(i.0).to_string(), to_value(ctx, i.1, depth - 1)?));
            items.iter().map(entry).collect::<Result<serde_json::Map<_, _>, String>>().map(Value::Object)
        }
        _ => Err("values must be integers, strings, booleans, arrays or dictionaries".into()),
    }
}

fn decode(ctx: &Context, fields: Attribute) -> Result<Machine, String> {
    let value = to_value(ctx, fields, DEPTH)?;
    let machine: Machine = serde_json::from_value(value).map_err(|e| e.to_string())?;
    match machine.problems().first() {
        None => Ok(machine),
        Some((field, problem)) => Err(format!("{field} {problem}")),
    }
}

/// The attribute of a machine.
pub fn to_attribute(ctx: &Context, machine: &Machine) -> Attribute {
    let fields = serde_json::to_value(machine).ok().and_then(|v| to_attr(ctx, &v)).unwrap_or(ctx.empty_dict());
    MachineAttr::get(ctx, fields).handle()
}

/// The machine of the module that holds `op`.
///
/// # Errors
/// No module around has a `cim.machine`, or it is malformed.
pub fn machine_of(ir: &Ir, mut op: OpId) -> Result<Machine, Diagnostic> {
    let start = op;
    loop {
        if let Some(attr) = ir.attr(op, MACHINE) {
            let ctx = ir.ctx();
            let Some(machine) = MachineAttr::cast(ctx, attr) else {
                return Err(ir.op_error(op, "attribute 'cim.machine' must be a #cim.machine"));
            };
            return decode(ctx, machine.fields(ctx))
                .map_err(|e| ir.op_error(op, format!("attribute 'cim.machine': {e}")));
        }
        match ir.parent_op(op) {
            Some(parent) => op = parent,
            None => {
                let text = "needs a machine: set the module attribute 'cim.machine' (the driver does it for --machine)";
                return Err(ir.op_error(start, text));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_survives_the_attribute() {
        let ctx = Context::new(|r| r.add(&CIM));
        for name in cim_machine::presets() {
            let machine = Machine::preset(name).expect("preset");
            let attr = to_attribute(&ctx, &machine);
            let fields = MachineAttr::cast(&ctx, attr).map(|m| m.fields(&ctx)).expect("machine");
            assert_eq!(decode(&ctx, fields), Ok(machine));
        }
    }

    #[test]
    fn contradictions_are_refused() {
        let ctx = Context::new(|r| r.add(&CIM));
        let mut machine = Machine::preset("puma").expect("preset");
        machine.crossbar.parallel_row = 1000;
        let value = serde_json::to_value(&machine).ok().and_then(|v| to_attr(&ctx, &v)).expect("fields");
        let error = MachineAttr::DEF.check(&ctx, &[value]).unwrap_err();
        assert!(error.contains("crossbar.parallel_row"), "{error}");
        assert!(MachineAttr::DEF.check(&ctx, &[ctx.empty_dict()]).is_err());
    }

    #[test]
    fn contradictions_built_without_the_verifier_are_found_when_read() {
        let ctx = Context::new(|r| r.add(&CIM));
        let mut machine = Machine::preset("puma").expect("preset");
        machine.crossbar.parallel_row = 1000;
        let mut ir = Ir::new(ctx.clone());
        let op = ir.create(cim_ir::OpState::new(&ctx, "builtin.module", ctx.unknown_loc()));
        let error = machine_of(&ir, op).unwrap_err().message;
        assert!(error.contains("needs a machine"), "{error}");
        ir.set_attr(op, MACHINE, Some(to_attribute(&ctx, &machine)));
        let error = machine_of(&ir, op).unwrap_err().message;
        assert!(error.contains("attribute 'cim.machine': crossbar.parallel_row is 1000"), "{error}");
        ir.set_attr(op, MACHINE, Some(ctx.unit()));
        let error = machine_of(&ir, op).unwrap_err().message;
        assert!(error.contains("attribute 'cim.machine' must be a #cim.machine"), "{error}");
    }
}

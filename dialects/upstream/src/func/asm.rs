//! Signatures: `func.func private @f(%a: i32 {x.y}) -> (i32 {a.b}) attributes {..} { .. }`.

use super::Func;
use cim_ir::core::TypeData;
use cim_ir::kinds::{ArrayOf, AttrKind, DictAttr};
use cim_ir::text::asm::{Argument, Delimiter, OpParser, OpPrinter, ParseResult, RegionOptions};
use cim_ir::view::CustomAsm;
use cim_ir::{Attribute, Context, Ir, OpState, Type};

const VISIBILITIES: [&str; 3] = ["public", "private", "nested"];
/// What the signature shows.
const SHOWN: [&str; 5] = ["sym_name", "function_type", "sym_visibility", "arg_attrs", "res_attrs"];

/// Types with the attributes written after them.
type Typed = Vec<(Type, Option<Attribute>)>;

impl CustomAsm for Func {
    fn parse(p: &mut OpParser<'_>, state: &mut OpState) -> ParseResult {
        let ctx = p.ctx();
        if let Some(word) = VISIBILITIES.iter().find(|w| p.optional_keyword(w)) {
            state.set_prop(ctx, "sym_visibility", ctx.string_attr(word));
        }
        let name = p.symbol_name()?;
        state.set_prop(ctx, "sym_name", ctx.string_attr(&name));
        let (mut named, mut inputs): (Vec<Argument>, Typed) = Default::default();
        p.list(Delimiter::Paren, |p| {
            let pos = p.pos();
            if p.at_operand() {
                if named.len() != inputs.len() {
                    return Err(p.error_at(pos, "expected type instead of SSA identifier"));
                }
                let arg = p.argument(true)?;
                inputs.push((arg.ty, arg.attrs));
                named.push(arg);
            } else {
                if !named.is_empty() {
                    return Err(p.error_at(pos, "expected SSA identifier"));
                }
                inputs.push(typed(p)?);
                p.optional_location()?;
            }
            Ok(())
        })?;
        let mut results: Typed = Vec::new();
        if p.optional_arrow() {
            if p.at_literal("(") {
                p.list(Delimiter::Paren, |p| {
                    results.push(typed(p)?);
                    Ok(())
                })?;
            } else {
                results.push((p.parse_type()?, None));
            }
        }
        let pos = p.pos();
        let items = p.attr_dict_with_keyword()?;
        if let Some(key) = items.iter().map(|i| ctx.str(i.0)).find(|k| SHOWN.contains(k)) {
            let text = format!(
                "custom op 'func.func' '{key}' is an inferred attribute and should not be specified in the explicit attribute dictionary"
            );
            return Err(p.error_at(pos, text));
        }
        state.attrs = ctx.dict(items);
        let types = |list: &Typed| list.iter().map(|t| t.0).collect::<Vec<_>>();
        let ty = ctx.function(&types(&inputs), &types(&results));
        state.set_prop(ctx, "function_type", ctx.type_attr(ty));
        for (key, list) in [("arg_attrs", &inputs), ("res_attrs", &results)] {
            if let Some(attrs) = attr_list(ctx, list) {
                state.set_prop(ctx, key, attrs);
            }
        }
        let has_body = p.at_literal("{");
        let region = if has_body {
            let region = p.region_with_args(&named)?;
            if p.ir().entry(region).is_none() {
                return Err(p.op_error("expected non-empty function body"));
            }
            region
        } else {
            p.ir_mut().create_region()
        };
        state.regions.push(region);
        Ok(())
    }

    fn print(self, ir: &Ir, p: &mut OpPrinter<'_>) {
        if let Some(v) = self.sym_visibility(ir) {
            p.str(" ");
            p.str(v);
        }
        p.str(" ");
        p.symbol(self.sym_name(ir));
        p.str("(");
        let (inputs, results) = self.types(ir);
        let arg_attrs = self.arg_attrs(ir).unwrap_or_default();
        match self.entry(ir) {
            Some(entry) => {
                for (i, &arg) in ir.args(entry).iter().enumerate() {
                    if i > 0 {
                        p.str(", ");
                    }
                    p.region_argument(ir, arg, arg_attrs.get(i).copied());
                }
            }
            None => print_typed(p, inputs, &arg_attrs),
        }
        p.str(")");
        let res_attrs = self.res_attrs(ir).unwrap_or_default();
        let plain = res_attrs.iter().all(|d| ir.ctx().dict_items(*d).is_empty());
        match results {
            [] => {}
            [one] if plain && !matches!(ir.ctx().type_data(*one), TypeData::Function { .. }) => {
                p.str(" -> ");
                p.ty(*one);
            }
            _ => {
                p.str(" -> (");
                print_typed(p, results, &res_attrs);
                p.str(")");
            }
        }
        p.attr_dict_with_keyword(ir, self.op(), &SHOWN);
        if self.entry(ir).is_some() {
            p.str(" ");
            p.region(ir, self.body(ir), RegionOptions { entry_args: false, ..RegionOptions::default() });
        }
    }
}

/// `type {attributes}`
fn typed(p: &mut OpParser<'_>) -> ParseResult<(Type, Option<Attribute>)> {
    let ty = p.parse_type()?;
    let items = p.attr_dict()?;
    Ok((ty, (!items.is_empty()).then(|| p.ctx().dict(items))))
}

fn print_typed(p: &mut OpPrinter<'_>, types: &[Type], attrs: &[Attribute]) {
    for (i, &ty) in types.iter().enumerate() {
        if i > 0 {
            p.str(", ");
        }
        p.ty(ty);
        let items = attrs.get(i).map_or(&[][..], |d| p.ctx().dict_items(*d));
        p.dict_items(items);
    }
}

/// One dictionary per entry, if any has attributes.
fn attr_list(ctx: &Context, list: &Typed) -> Option<Attribute> {
    let empty = ctx.empty_dict();
    let any = list.iter().any(|t| t.1.is_some_and(|d| d != empty));
    any.then(|| ArrayOf::<DictAttr>::make(ctx, list.iter().map(|t| t.1.unwrap_or(empty)).collect()))
}

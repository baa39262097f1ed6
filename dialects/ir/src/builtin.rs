//! The builtin dialect's operations.

use crate::constraints::ANY_TYPE;
use crate::kinds::SymbolNameAttr;
use crate::op;
use crate::registry::{Dialect, Registry};
use crate::text::asm::{OpParser, OpPrinter, ParseResult, RegionOptions};
use crate::view::{CustomAsm, Verify};
use crate::{Diagnostic, Ir, OpState};

op! {
    /// The top of everything: a container of operations with one region of one block.
    ///
    /// The region is a graph region and needs no terminator. A name makes the module a symbol.
    pub Module = "builtin.module" :
        [IsolatedFromAbove, SingleBlock, NoTerminator, NoRegionArguments, GraphRegion, SymbolTable, Symbol] {
        props   { sym_name?: SymbolNameAttr, sym_visibility?: crate::kinds::StrAttr }
        regions { body_region }
        default_dialect "builtin"
        verify
        parse
        print
    }

    /// Stands between types while a conversion is under way; must be gone at its end.
    pub UnrealizedConversionCast = "builtin.unrealized_conversion_cast" : [Pure] {
        operands { inputs*: ANY_TYPE }
        results  { outputs*: ANY_TYPE }
        format   "($inputs^ `:` type($inputs))? `to` type($outputs) attr-dict"
    }
}

impl Verify for Module {
    fn verify(self, ir: &Ir) -> Result<(), Diagnostic> {
        if ir.body(self.op()).is_none() {
            let text = "region #0 ('bodyRegion') failed to verify constraint: region with 1 blocks";
            return Err(ir.op_error(self.op(), text));
        }
        for (key, _) in ir.ctx().dict_items(ir.attrs(self.op())) {
            let name = ir.ctx().str(*key);
            if !name.contains('.') {
                let text = format!("can only contain attributes with dialect-prefixed names, found: '{name}'");
                return Err(ir.op_error(self.op(), text));
            }
        }
        Ok(())
    }
}

impl CustomAsm for Module {
    fn parse(p: &mut OpParser<'_>, state: &mut OpState) -> ParseResult {
        let ctx = p.ctx();
        if let Some(name) = p.optional_symbol_name()? {
            state.set_prop(ctx, "sym_name", ctx.string_attr(&name));
        }
        p.attr_dict_with_keyword_into(state)?;
        let region = p.region()?;
        p.ensure_block(region);
        state.regions.push(region);
        Ok(())
    }
    fn print(self, ir: &Ir, p: &mut OpPrinter<'_>) {
        if let Some(name) = self.sym_name(ir) {
            p.str(" ");
            p.symbol(name);
        }
        p.attr_dict_with_keyword(ir, self.op(), &["sym_name"]);
        p.str(" ");
        p.region(ir, self.body_region(ir), RegionOptions::default());
    }
}

/// The dialect.
pub static BUILTIN: Dialect = Dialect {
    ops: &[Module::DEF, UnrealizedConversionCast::DEF],
    ..Dialect::new("builtin", "Types, attributes and operations that every module uses.")
};

/// Registers the dialect; every context has it.
pub(crate) fn register(registry: &mut Registry) {
    registry.add(&BUILTIN);
}

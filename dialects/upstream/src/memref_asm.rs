//! The custom form of `memref.store`: the type of the value follows from that of the buffer.

use crate::memref::Store;
use cim_ir::constraints::element_type;
use cim_ir::text::asm::{Delimiter, OpParser, OpPrinter, ParseResult};
use cim_ir::view::CustomAsm;
use cim_ir::{Ir, OpState};

impl CustomAsm for Store {
    fn parse(p: &mut OpParser<'_>, state: &mut OpState) -> ParseResult {
        let value = p.operand()?;
        p.comma()?;
        let memref = p.operand()?;
        let indices = p.operand_list(Delimiter::Square)?;
        p.attr_dict_into(state)?;
        let pos = p.pos();
        let ty = p.colon_type()?;
        let Some(elem) = element_type(p.ctx(), ty) else {
            return Err(p.error_at(pos, "expected a memref type"));
        };
        let index = p.ctx().index();
        let value = p.resolve_operand(&value, elem)?;
        let memref = p.resolve_operand(&memref, ty)?;
        state.operands.extend([value, memref]);
        let types = vec![index; indices.len()];
        state.operands.extend(p.resolve_operands(&indices, &types, pos)?);
        Ok(())
    }
    fn print(self, ir: &Ir, p: &mut OpPrinter<'_>) {
        p.str(" ");
        p.operand(ir, self.value(ir));
        p.str(", ");
        p.operand(ir, self.memref(ir));
        p.str("[");
        p.operands(ir, self.indices(ir));
        p.str("]");
        let elided: &[&str] = if self.nontemporal(ir) { &[] } else { &["nontemporal"] };
        p.attr_dict(ir, self.op(), elided);
        p.str(" : ");
        p.ty(ir.ty(self.memref(ir)));
    }
}

//! `scf.for %i = %lower to %upper step %step iter_args(%a = %init) -> (type) : counter type { .. }`

use super::{For, Yield};
use cim_ir::build::ensure_terminator;
use cim_ir::text::asm::{Delimiter, OpParser, OpPrinter, ParseResult, RegionOptions};
use cim_ir::view::CustomAsm;
use cim_ir::{Ir, OpState, Type};

impl CustomAsm for For {
    fn parse(p: &mut OpParser<'_>, state: &mut OpState) -> ParseResult {
        let ctx = p.ctx();
        if p.optional_keyword("unsigned") {
            state.set_prop(ctx, "unsignedCmp", ctx.unit());
        }
        // Types come after the names: they are filled in then.
        let index = ctx.index();
        let mut args = vec![p.named_argument(index)?];
        p.equal()?;
        let lower = p.operand()?;
        p.keyword("to")?;
        let upper = p.operand()?;
        p.keyword("step")?;
        let step = p.operand()?;
        let (mut inits, mut types): (Vec<_>, Vec<Type>) = Default::default();
        let pos = p.pos();
        if p.optional_keyword("iter_args") {
            p.list(Delimiter::Paren, |p| {
                args.push(p.named_argument(index)?);
                p.equal()?;
                inits.push(p.operand()?);
                Ok(())
            })?;
            p.arrow()?;
            types = p.result_type_list()?;
        }
        if types.len() != inits.len() {
            return Err(p.error_at(pos, "mismatch in number of loop-carried values and defined values"));
        }
        let counter = if p.optional_colon() { p.parse_type()? } else { index };
        for (arg, ty) in args.iter_mut().zip([counter].iter().chain(&types)) {
            arg.ty = *ty;
        }
        for bound in [&lower, &upper, &step] {
            let value = p.resolve_operand(bound, counter)?;
            state.operands.push(value);
        }
        state.operands.extend(p.resolve_operands(&inits, &types, pos)?);
        let region = p.region_with_args(&args)?;
        p.ensure_block(region);
        if inits.is_empty() {
            let loc = p.op_loc();
            ensure_terminator(p.ir_mut(), region, Yield::NAME, loc);
        }
        state.regions.push(region);
        state.results = types.into();
        p.attr_dict_into(state)
    }

    fn print(self, ir: &Ir, p: &mut OpPrinter<'_>) {
        if self.unsignedCmp(ir) {
            p.str(" unsigned");
        }
        p.str(" ");
        p.operand(ir, self.induction_value(ir));
        for (word, value) in [(" = ", self.lowerBound(ir)), (" to ", self.upperBound(ir)), (" step ", self.step(ir))] {
            p.str(word);
            p.operand(ir, value);
        }
        let inits = self.initArgs(ir);
        if !inits.is_empty() {
            p.str(" iter_args(");
            for (i, (&arg, &init)) in self.carried(ir).iter().zip(&inits).enumerate() {
                if i > 0 {
                    p.str(", ");
                }
                p.operand(ir, arg);
                p.str(" = ");
                p.operand(ir, init);
            }
            p.str(") -> (");
            p.types(inits.iter().map(|v| ir.ty(*v)));
            p.str(")");
        }
        let counter = ir.ty(self.induction_value(ir));
        if counter != ir.ctx().index() {
            p.str(" : ");
            p.ty(counter);
        }
        p.str(" ");
        let options = RegionOptions { entry_args: false, terminators: !inits.is_empty(), ..RegionOptions::default() };
        p.region(ir, self.region(ir), options);
        p.attr_dict(ir, self.op(), &["unsignedCmp"]);
    }
}

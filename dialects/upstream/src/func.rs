//! `func`: functions, calls, returns.

use cim_ir::constraints::*;
use cim_ir::core::TypeData;
use cim_ir::interfaces::{CallLike, CallOp, CallableLike, CallableOp, Inlining, SymbolUser, SymbolUserOp};
use cim_ir::kinds::*;
use cim_ir::registry::Dialect;
use cim_ir::symbols::{self, SymbolTables, Visibility};
use cim_ir::view::{OpView, Verify};
use cim_ir::{Attribute, BlockId, Diagnostic, Ir, Location, RegionId, Type, ValueId, op};

#[path = "func/asm.rs"]
mod asm;

op! {
    /// A function: a symbol with a body, or a declaration without one.
    ///
    /// The arguments are those of the entry block; `func.return` ends the body with the results.
    pub Func = "func.func" : [IsolatedFromAbove, Symbol, AutomaticAllocationScope] {
        props   {
            sym_name: SymbolNameAttr, function_type: FunctionTypeAttr, sym_visibility?: StrAttr,
            arg_attrs?: ArrayOf<DictAttr>, res_attrs?: ArrayOf<DictAttr>, no_inline: UnitAttr
        }
        regions { body }
        interfaces [CallableLike]
        default_dialect "func"
        verify
        parse
        print
    }
    /// Calls a function by name.
    pub Call = "func.call" : [] {
        operands { operands*: ANY_TYPE }
        props    { callee: SymbolAttr, arg_attrs?: ArrayOf<DictAttr>, res_attrs?: ArrayOf<DictAttr>, no_inline: UnitAttr }
        results  { results*: ANY_TYPE }
        interfaces [CallLike, SymbolUser]
        format   "$callee `(` $operands `)` attr-dict `:` functional-type($operands, $results)"
    }
    /// Ends a function with its results.
    pub Return = "func.return" : [Pure, Terminator, ReturnLike, HasParent("func.func")] {
        operands { operands*: ANY_TYPE }
        format   "attr-dict ($operands^ `:` type($operands))?"
        verify
    }
}

impl Func {
    /// Argument and result types of the signature.
    pub fn types(self, ir: &Ir) -> (&[Type], &[Type]) {
        match ir.ctx().type_data(self.function_type(ir)) {
            TypeData::Function { inputs, results } => (inputs, results),
            _ => (&[], &[]),
        }
    }
    /// Entry block; None for a declaration.
    pub fn entry(self, ir: &Ir) -> Option<BlockId> {
        ir.entry(self.body(ir))
    }
    /// Creates a function with an entry block that has its arguments; it is detached.
    pub fn create(ir: &mut Ir, loc: Location, name: &str, inputs: &[Type], results: &[Type]) -> (Func, BlockId) {
        let ctx = ir.ctx().clone();
        let region = ir.create_region();
        let block = ir.create_block(region, inputs);
        let ty = ctx.function(inputs, results);
        let op = ir.create(Func::builder(&ctx, loc).sym_name(name).function_type(ty).body(region).build());
        (Func::wrap(op), block)
    }
}

impl Verify for Func {
    fn verify(self, ir: &Ir) -> Result<(), Diagnostic> {
        let (op, ctx) = (self.op(), ir.ctx());
        let (inputs, results) = self.types(ir);
        let lists = [
            ("arg_attrs", self.arg_attrs(ir), inputs.len(), "argument"),
            ("res_attrs", self.res_attrs(ir), results.len(), "result"),
        ];
        for (key, attrs, expected, what) in lists {
            if attrs.is_some_and(|a| a.len() != expected) {
                let text = format!(
                    "expects {what} attribute array `{key}` to have the same number of elements as the number of function {what}s"
                );
                return Err(ir.op_error(op, text));
            }
        }
        let Some(entry) = self.entry(ir) else {
            if symbols::visibility(ir, op) == Visibility::Public {
                return Err(ir.op_error(op, "symbol declaration cannot have public visibility"));
            }
            return Ok(());
        };
        let args = ir.args(entry);
        if args.len() != inputs.len() {
            let text = format!("entry block must have {} arguments to match function signature", inputs.len());
            return Err(ir.op_error(op, text));
        }
        for (i, (&arg, &ty)) in args.iter().zip(inputs).enumerate() {
            if ir.ty(arg) != ty {
                let (has, wants) = (ctx.display_type(ir.ty(arg)), ctx.display_type(ty));
                let text = format!(
                    "type of entry block argument #{i}('{has}') must match the type of the corresponding argument in function signature('{wants}')"
                );
                return Err(ir.op_error(op, text));
            }
        }
        Ok(())
    }
}
impl CallableOp for Func {
    fn callable_region(self, ir: &Ir) -> Option<RegionId> {
        self.entry(ir).map(|_| self.body(ir))
    }
    fn signature(self, ir: &Ir) -> (Vec<Type>, Vec<Type>) {
        let (inputs, results) = self.types(ir);
        (inputs.to_vec(), results.to_vec())
    }
}

impl CallOp for Call {
    fn callee(self, ir: &Ir) -> Option<Attribute> {
        cim_ir::segments::prop(ir, self.op(), "callee")
    }
    fn arguments(self, ir: &Ir) -> Vec<ValueId> {
        self.operands(ir)
    }
}
impl SymbolUserOp for Call {
    fn verify_symbol_uses(self, ir: &Ir, tables: &mut SymbolTables) -> Result<(), Diagnostic> {
        let op = self.op();
        let error = |text: String| Err(ir.op_error(op, text));
        let name = self.callee(ir);
        let found = CallOp::callee(self, ir).and_then(|c| tables.lookup_nearest(ir, op, c));
        let Some(func) = found.and_then(|f| Func::cast(ir, f)) else {
            return error(format!("'{name}' does not reference a valid function"));
        };
        let show = |t: Type| ir.ctx().display_type(t);
        let (inputs, results) = func.types(ir);
        let given = self.operands(ir);
        if given.len() != inputs.len() {
            return error("incorrect number of operands for callee".into());
        }
        for (i, (&value, &ty)) in given.iter().zip(inputs).enumerate() {
            if ir.ty(value) != ty {
                return error(format!(
                    "operand type mismatch: expected operand type '{}', but provided '{}' for operand number {i}",
                    show(ty),
                    show(ir.ty(value))
                ));
            }
        }
        let own = self.results(ir);
        if own.len() != results.len() {
            return error("incorrect number of results for callee".into());
        }
        if let Some(i) = own.iter().zip(results).position(|(v, t)| ir.ty(*v) != *t) {
            let types =
                |list: Vec<Type>| list.into_iter().map(|t| format!("'{}'", show(t))).collect::<Vec<_>>().join(", ");
            let f = ir.op_error(op, format!("result type mismatch at index {i}"));
            let f = f
                .note(ir.loc(op), format!("      op result types: {}", types(own.iter().map(|v| ir.ty(*v)).collect())))
                .note(ir.loc(op), format!("function result types: {}", types(results.to_vec())));
            return Err(f);
        }
        Ok(())
    }
}

impl Verify for Return {
    fn verify(self, ir: &Ir) -> Result<(), Diagnostic> {
        let op = self.op();
        let Some(func) = ir.parent_op(op).and_then(|p| Func::cast(ir, p)) else { return Ok(()) };
        let (name, results) = (func.sym_name(ir), func.types(ir).1);
        let given = self.operands(ir);
        if given.len() != results.len() {
            let text =
                format!("has {} operands, but enclosing function (@{name}) returns {}", given.len(), results.len());
            return Err(ir.op_error(op, text));
        }
        for (i, (&value, &ty)) in given.iter().zip(results).enumerate() {
            if ir.ty(value) != ty {
                let text = format!(
                    "type of return operand {i} ('{}') doesn't match function result type ('{}') in function @{name}",
                    ir.ctx().display_type(ir.ty(value)),
                    ir.ctx().display_type(ty)
                );
                return Err(Diagnostic::error(ir.loc(op), text));
            }
        }
        Ok(())
    }
}

/// Functions are not moved; calls may be replaced unless the call or the function says no.
const INLINING: Inlining = Inlining {
    may_inline_call: |ir, call, callee| {
        let forbids = |op| cim_ir::segments::prop(ir, op, "no_inline").is_some();
        !forbids(call) && !forbids(callee)
    },
    may_inline: |_, _| true,
    replace_terminator: Inlining::ALWAYS.replace_terminator,
};

/// The dialect.
pub static FUNC: Dialect = Dialect {
    ops: &[Func::DEF, Call::DEF, Return::DEF],
    interfaces: &[&INLINING],
    open: true,
    ..Dialect::new("func", "Functions, calls and returns; what we need of MLIR's `func`.")
};

//! `memref`: buffers.

use cim_ir::constraints::*;
use cim_ir::core::{DYNAMIC, TypeData};
use cim_ir::interfaces::{AsmNames, AsmNamesOp, Effect, EffectKind, Inlining, MemoryEffectOp, MemoryEffects};
use cim_ir::kinds::*;
use cim_ir::op_def::InferInput;
use cim_ir::registry::Dialect;
use cim_ir::rewrite::{PatternSet, Rewriter};
use cim_ir::view::{Canonicalize, InferResults, Verify};
use cim_ir::{Diagnostic, Ir, OpId, Type, ValueId, op};
use smallvec::{SmallVec, smallvec};

op! {
    /// A new buffer; unknown dimensions and symbols of the layout are operands.
    pub Alloc = "memref.alloc" : [] {
        operands { dynamicSizes*: INDEX, symbolOperands*: INDEX }
        props    { alignment?: I64Attr }
        results  { memref: ANY_MEMREF }
        interfaces [MemoryEffects, AsmNames]
        format   "`(` $dynamicSizes `)` (`` `[` $symbolOperands^ `]`)? attr-dict `:` type($memref)"
        verify
        canonicalize
    }
    /// Ends the life of a buffer.
    pub Dealloc = "memref.dealloc" : [] {
        operands { memref: ANY_RANKED_OR_UNRANKED_MEMREF }
        interfaces [MemoryEffects]
        format   "$memref attr-dict `:` type($memref)"
    }
    /// Reads one element.
    pub Load = "memref.load" : [] {
        operands { memref: ANY_MEMREF, indices*: INDEX }
        props    { nontemporal: BoolAttr = false, alignment?: I64Attr }
        results  { result: ANY_TYPE }
        interfaces [MemoryEffects]
        format   "$memref `[` $indices `]` attr-dict `:` type($memref)"
        infer
        verify
    }
    /// Writes one element.
    pub Store = "memref.store" : [] {
        operands { value: ANY_TYPE, memref: ANY_MEMREF, indices*: INDEX }
        props    { nontemporal: BoolAttr = false, alignment?: I64Attr }
        interfaces [MemoryEffects]
        verify
        parse
        print
    }
    /// Copies a whole buffer to another one of the same shape.
    pub Copy = "memref.copy" : [SameOperandsElementType, SameOperandsAndResultShape] {
        operands { source: ANY_RANKED_OR_UNRANKED_MEMREF, target: ANY_RANKED_OR_UNRANKED_MEMREF }
        interfaces [MemoryEffects]
        format   "$source `,` $target attr-dict `:` type($source) `to` type($target)"
    }
}

impl MemoryEffectOp for Alloc {
    fn effects(self, ir: &Ir, out: &mut Vec<Effect>) {
        out.push(Effect::on(EffectKind::Allocate, self.memref(ir)));
    }
}
impl MemoryEffectOp for Dealloc {
    fn effects(self, ir: &Ir, out: &mut Vec<Effect>) {
        out.push(Effect::on(EffectKind::Free, self.memref(ir)));
    }
}
impl MemoryEffectOp for Load {
    fn effects(self, ir: &Ir, out: &mut Vec<Effect>) {
        out.push(Effect::on(EffectKind::Read, self.memref(ir)));
    }
}
impl MemoryEffectOp for Store {
    fn effects(self, ir: &Ir, out: &mut Vec<Effect>) {
        out.push(Effect::on(EffectKind::Write, self.memref(ir)));
    }
}
impl MemoryEffectOp for Copy {
    fn effects(self, ir: &Ir, out: &mut Vec<Effect>) {
        out.push(Effect::on(EffectKind::Read, self.source(ir)));
        out.push(Effect::on(EffectKind::Write, self.target(ir)));
    }
}

impl AsmNamesOp for Alloc {
    fn result_names(self, ir: &Ir, name: &mut dyn FnMut(ValueId, &str)) {
        name(self.memref(ir), "alloc");
    }
}

impl Verify for Alloc {
    fn verify(self, ir: &Ir) -> Result<(), Diagnostic> {
        let dims = shape(ir.ctx(), ir.ty(self.memref(ir))).unwrap_or_default();
        let unknown = dims.iter().filter(|d| **d == DYNAMIC).count();
        if self.dynamicSizes(ir).len() != unknown {
            return Err(ir.op_error(self.op(), "dimension operand count does not equal memref dynamic dimension count"));
        }
        Ok(())
    }
}
impl Canonicalize for Alloc {
    fn patterns(set: &mut PatternSet) {
        set.on("buffer that is only written and freed", |op: Alloc, rw| remove_unread(op, rw));
    }
}

/// Removes a buffer of which nothing is ever read, with its stores and deallocations.
fn remove_unread(op: Alloc, rw: &mut Rewriter<'_>) -> bool {
    let memref = op.memref(rw);
    let only_written = |rw: &Rewriter<'_>, user: OpId| {
        Dealloc::cast(rw, user).is_some() || Store::cast(rw, user).is_some_and(|s| s.value(rw) != memref)
    };
    let users: Vec<OpId> = rw.uses(memref).map(|u| u.op).collect();
    if users.is_empty() || !users.iter().all(|&u| only_written(rw, u)) {
        return false;
    }
    for user in users {
        if rw.is_alive(user) {
            rw.erase_op(user);
        }
    }
    rw.erase_op(op.op());
    true
}

/// Number of indices and rank of the buffer.
fn indices_and_rank(ir: &Ir, memref: ValueId, indices: Vec<ValueId>) -> (usize, usize) {
    (indices.len(), shape(ir.ctx(), ir.ty(memref)).map_or(0, <[i64]>::len))
}
impl Verify for Load {
    fn verify(self, ir: &Ir) -> Result<(), Diagnostic> {
        if Some(ir.ty(self.result(ir))) != element_type(ir.ctx(), ir.ty(self.memref(ir))) {
            let text = "failed to verify that result type matches element type of 'memref'";
            return Err(ir.op_error(self.op(), text));
        }
        let (given, rank) = indices_and_rank(ir, self.memref(ir), self.indices(ir));
        if given != rank {
            let text = format!("incorrect number of indices for load, expected {rank} but got {given}");
            return Err(ir.op_error(self.op(), text));
        }
        Ok(())
    }
}
impl Verify for Store {
    fn verify(self, ir: &Ir) -> Result<(), Diagnostic> {
        if Some(ir.ty(self.value(ir))) != element_type(ir.ctx(), ir.ty(self.memref(ir))) {
            let text = "failed to verify that type of 'value' matches element type of 'memref'";
            return Err(ir.op_error(self.op(), text));
        }
        let (given, rank) = indices_and_rank(ir, self.memref(ir), self.indices(ir));
        if given != rank {
            return Err(ir.op_error(self.op(), "store index operand count not equal to memref rank"));
        }
        Ok(())
    }
}
impl InferResults for Load {
    fn infer(input: &InferInput<'_>) -> Result<SmallVec<[Type; 2]>, String> {
        match input.operands.first().map(|t| input.ctx.type_data(*t)) {
            Some(TypeData::MemRef { elem, .. }) => Ok(smallvec![*elem]),
            _ => Err("needs a memref as first operand".into()),
        }
    }
}

/// The dialect.
pub static MEMREF: Dialect = Dialect {
    ops: &[Alloc::DEF, Dealloc::DEF, Load::DEF, Store::DEF, Copy::DEF],
    interfaces: &[&Inlining::ALWAYS],
    open: true,
    ..Dialect::new("memref", "Buffers: allocation, loads, stores, copies; what we need of MLIR's `memref`.")
};

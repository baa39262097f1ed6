//! `cf`: branches between blocks.

use cim_ir::constraints::*;
use cim_ir::interfaces::{BranchLike, BranchOp, Inlining};
use cim_ir::registry::Dialect;
use cim_ir::segments;
use cim_ir::{Ir, op};
use std::ops::Range;

op! {
    /// Goes to a block and passes it arguments.
    pub Br = "cf.br" : [Pure, Terminator] {
        operands   { destOperands*: ANY_TYPE }
        successors { dest }
        interfaces [BranchLike]
        format     "$dest (`(` $destOperands^ `:` type($destOperands) `)`)? attr-dict"
    }
    /// Goes to one of two blocks.
    pub CondBr = "cf.cond_br" : [Pure, Terminator] {
        operands   { condition: I1, trueDestOperands*: ANY_TYPE, falseDestOperands*: ANY_TYPE }
        successors { trueDest, falseDest }
        interfaces [BranchLike]
        format     "$condition `,` $trueDest (`(` $trueDestOperands^ `:` type($trueDestOperands) `)`)? `,` $falseDest (`(` $falseDestOperands^ `:` type($falseDestOperands) `)`)? attr-dict"
    }
}

impl BranchOp for Br {
    fn successor_operands(self, ir: &Ir, _: usize) -> Range<usize> {
        0..ir.num_operands(self.op())
    }
}
impl BranchOp for CondBr {
    fn successor_operands(self, ir: &Ir, index: usize) -> Range<usize> {
        segments::operand_range(ir, self.op(), Self::DEF, index + 1)
    }
}

/// The dialect.
pub static CF: Dialect = Dialect {
    ops: &[Br::DEF, CondBr::DEF],
    interfaces: &[&Inlining::ALWAYS],
    open: true,
    ..Dialect::new("cf", "Branches between blocks; what we need of MLIR's `cf`.")
};

//! `tensor`: values with a shape.

use cim_ir::constraints::*;
use cim_ir::core::{DYNAMIC, TypeData};
use cim_ir::interfaces::{AsmNames, AsmNamesOp, Inlining};
use cim_ir::op_def::InferInput;
use cim_ir::registry::Dialect;
use cim_ir::rewrite::{FoldResult, Folded, fold::int_value};
use cim_ir::view::{Fold, InferResults, Verify};
use cim_ir::{Attribute, Diagnostic, Ir, Type, ValueId, op};
use smallvec::{SmallVec, smallvec};

op! {
    /// A tensor of a shape with unspecified elements; unknown dimensions are operands.
    pub Empty = "tensor.empty" : [Pure] {
        operands { dynamicSizes*: INDEX }
        results  { result: RANKED_TENSOR }
        format   "`(` $dynamicSizes `)` attr-dict `:` type($result)"
        verify
    }
    /// The same elements with a type that says more or less about the shape.
    pub Cast = "tensor.cast" : [Pure] {
        operands { source: ANY_TENSOR }
        results  { dest: ANY_TENSOR }
        interfaces [AsmNames]
        format   "$source attr-dict `:` type($source) `to` type($dest)"
        fold
        verify
    }
    /// Size of a dimension.
    pub Dim = "tensor.dim" : [Pure] {
        operands { source: ANY_TENSOR, index: INDEX }
        results  { result: INDEX }
        interfaces [AsmNames]
        format   "$source `,` $index attr-dict `:` type($source)"
        fold
    }
    /// One element.
    pub Extract = "tensor.extract" : [Pure] {
        operands { tensor: RANKED_TENSOR, indices*: INDEX }
        results  { result: ANY_TYPE }
        interfaces [AsmNames]
        format   "$tensor `[` $indices `]` attr-dict `:` type($tensor)"
        infer
        verify
    }
}

impl AsmNamesOp for Cast {
    fn result_names(self, ir: &Ir, name: &mut dyn FnMut(ValueId, &str)) {
        name(self.dest(ir), "cast");
    }
}
impl AsmNamesOp for Dim {
    fn result_names(self, ir: &Ir, name: &mut dyn FnMut(ValueId, &str)) {
        name(self.result(ir), "dim");
    }
}
impl AsmNamesOp for Extract {
    fn result_names(self, ir: &Ir, name: &mut dyn FnMut(ValueId, &str)) {
        name(self.result(ir), "extracted");
    }
}

impl Verify for Empty {
    fn verify(self, ir: &Ir) -> Result<(), Diagnostic> {
        let dims = shape(ir.ctx(), ir.ty(self.result(ir))).unwrap_or_default();
        let (unknown, given) = (dims.iter().filter(|d| **d == DYNAMIC).count(), self.dynamicSizes(ir).len());
        if unknown != given {
            let text = format!("incorrect number of dynamic sizes, has {given}, expected {unknown}");
            return Err(ir.op_error(self.op(), text));
        }
        Ok(())
    }
}
impl Verify for Cast {
    fn verify(self, ir: &Ir) -> Result<(), Diagnostic> {
        let (from, to) = (ir.ty(self.source(ir)), ir.ty(self.dest(ir)));
        let fits = match (shape(ir.ctx(), from), shape(ir.ctx(), to)) {
            (Some(a), Some(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(x, y)| x == y || [*x, *y].contains(&DYNAMIC))
            }
            _ => true,
        };
        if !fits || element_type(ir.ctx(), from) != element_type(ir.ctx(), to) {
            let (from, to) = (ir.ctx().display_type(from), ir.ctx().display_type(to));
            let text = format!("operand type '{from}' and result type '{to}' are cast incompatible");
            return Err(ir.op_error(self.op(), text));
        }
        Ok(())
    }
}
impl Fold for Cast {
    fn fold(self, ir: &Ir, _: &[Option<Attribute>]) -> FoldResult {
        let (source, to) = (self.source(ir), ir.ty(self.dest(ir)));
        if ir.ty(source) == to {
            return Folded::value(source);
        }
        // A cast of a cast back to the first type.
        let inner = Cast::cast(ir, ir.defining_op(source)?)?.source(ir);
        if ir.ty(inner) == to { Folded::value(inner) } else { None }
    }
}
impl Fold for Dim {
    fn fold(self, ir: &Ir, constants: &[Option<Attribute>]) -> FoldResult {
        let index = int_value(ir.ctx(), (*constants.get(1)?)?)?;
        let dims = shape(ir.ctx(), ir.ty(self.source(ir)))?;
        let size = *dims.get(usize::try_from(index).ok()?)?;
        if size == DYNAMIC { None } else { Folded::attr(ir.ctx().index_attr(size)) }
    }
}
impl Verify for Extract {
    fn verify(self, ir: &Ir) -> Result<(), Diagnostic> {
        let rank = shape(ir.ctx(), ir.ty(self.tensor(ir))).map_or(0, <[i64]>::len);
        if self.indices(ir).len() != rank {
            return Err(ir.op_error(self.op(), "incorrect number of indices for extract_element"));
        }
        if Some(ir.ty(self.result(ir))) != element_type(ir.ctx(), ir.ty(self.tensor(ir))) {
            let text = "failed to verify that result type matches element type of tensor";
            return Err(ir.op_error(self.op(), text));
        }
        Ok(())
    }
}
impl InferResults for Extract {
    fn infer(input: &InferInput<'_>) -> Result<SmallVec<[Type; 2]>, String> {
        match input.operands.first().map(|t| input.ctx.type_data(*t)) {
            Some(TypeData::Tensor { elem, .. }) => Ok(smallvec![*elem]),
            _ => Err("needs a ranked tensor as first operand".into()),
        }
    }
}

/// The dialect.
pub static TENSOR: Dialect = Dialect {
    ops: &[Empty::DEF, Cast::DEF, Dim::DEF, Extract::DEF],
    interfaces: &[&Inlining::ALWAYS],
    open: true,
    ..Dialect::new("tensor", "Values with a shape; what we need of MLIR's `tensor`.")
};

//! Operations on shapes.

use super::mvm::{dims, expect_shape};
use super::shapes;
use super::types::{TENSOR, count};
use cim_ir::constraints::element_type;
use cim_ir::kinds::{I64Attr, StrAttr};
use cim_ir::view::Verify;
use cim_ir::{Diagnostic, Ir, op};

op! {
    /// The same elements in the same (row-major) order in another shape: ONNX Flatten and Reshape.
    pub Reshape = "cim.graph.reshape" : [Pure] {
        operands { input: TENSOR }
        props    { name?: StrAttr, host?: StrAttr, segment?: I64Attr }
        results  { result: TENSOR }
        format   "$input attr-dict `:` functional-type(operands, results)"
        verify
    }

    /// Concatenation along `axis`; all other dimensions and the element types are equal.
    pub Concat = "cim.graph.concat" : [Pure] {
        operands { inputs*: TENSOR }
        props    { axis: I64Attr, name?: StrAttr, host?: StrAttr, segment?: I64Attr }
        results  { result: TENSOR }
        format   "$inputs `axis` $axis attr-dict `:` functional-type(operands, results)"
        verify
    }
}

impl Verify for Reshape {
    fn verify(self, ir: &Ir) -> Result<(), Diagnostic> {
        let (x, y) = (self.input(ir), self.result(ir));
        if count(dims(ir, x)) != count(dims(ir, y)) {
            let (x, y) = (dims(ir, x), dims(ir, y));
            return Err(ir.op_error(self.op(), format!("shapes {x:?} and {y:?} hold different numbers of elements")));
        }
        if element_type(ir.ctx(), ir.ty(x)) != element_type(ir.ctx(), ir.ty(y)) {
            return Err(ir.op_error(self.op(), "input and result must have one element type"));
        }
        Ok(())
    }
}

impl Verify for Concat {
    fn verify(self, ir: &Ir) -> Result<(), Diagnostic> {
        let inputs = self.inputs(ir);
        let shapes: Vec<&[i64]> = inputs.iter().map(|&v| dims(ir, v)).collect();
        expect_shape(ir, self.op(), self.result(ir), shapes::concat(&shapes, self.axis(ir)))?;
        let elem = element_type(ir.ctx(), ir.ty(self.result(ir)));
        if inputs.iter().any(|&v| element_type(ir.ctx(), ir.ty(v)) != elem) {
            return Err(ir.op_error(self.op(), "inputs and result must have one element type"));
        }
        Ok(())
    }
}

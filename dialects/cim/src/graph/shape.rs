//! Operations on shapes.

use super::elementwise::Bounds;
use super::mvm::{dims, expect_shape};
use super::shapes;
use super::types::{TENSOR, count, int_type};
use cim_ir::constraints::element_type;
use cim_ir::kinds::{I64Array, I64Attr, StrAttr, TypedAttr};
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

    /// Padding: (N, C, H, W) -> (N, C, H + top + bottom, W + left + right) with `value` (f32, or i64 on integers) around.
    ///
    /// `pads` are (top, left, bottom, right). A padding with 0 before a convolution belongs into its `pads`; others become its `pad_value` once
    /// both are integer.
    pub Pad = "cim.graph.pad" : [Pure] {
        operands { input: TENSOR }
        props    { pads: I64Array, value: TypedAttr, name?: StrAttr, host?: StrAttr, segment?: I64Attr }
        results  { result: TENSOR }
        format   "$input `pads` $pads `value` $value attr-dict `:` functional-type(operands, results)"
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

impl Pad {
    /// The value around; None when it does not fit the element type.
    pub fn fill(self, ir: &Ir) -> Option<Bounds> {
        Bounds::of(ir, self.input(ir), self.value(ir), self.value(ir))
    }
}

impl Verify for Pad {
    fn verify(self, ir: &Ir) -> Result<(), Diagnostic> {
        let error = |text: String| Err(ir.op_error(self.op(), text));
        let (x, y) = (self.input(ir), self.result(ir));
        expect_shape(ir, self.op(), y, shapes::pad(dims(ir, x), &self.pads(ir)))?;
        if element_type(ir.ctx(), ir.ty(x)) != element_type(ir.ctx(), ir.ty(y)) {
            return error("input and result must have one element type".into());
        }
        match (self.fill(ir), int_type(ir.ctx(), ir.ty(x))) {
            (None, None) => error("value must be f32 on floats".into()),
            (None, Some(_)) => error("value must be i64 on integers".into()),
            (Some(Bounds::Int(v, _)), Some(t)) if !t.holds(v) => error(format!("value {v} must be one of {t}")),
            _ => Ok(()),
        }
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

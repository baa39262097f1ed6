//! Operators that only the host can do.

use super::types::HOST;
use crate::onnx_attributes::OnnxAttributes;
use cim_ir::kinds::{DictAttr, I64Array, I64Attr, StrAttr};
use cim_ir::view::Verify;
use cim_ir::{Attribute, Diagnostic, Ir, OpId, op};

op! {
    /// An ONNX operator of the default domain that runs on the host, on tensors of any element type.
    ///
    /// `version` is the version of the operator set it is written for, `attributes` those of ONNX by their names. Operands are
    /// in ONNX order; where optional ones are left out, `slots` has the position of each. Operators with several results are
    /// written once for each result that is used, `output` says which it is. `host` is the reason why it runs there.
    pub Host = "cim.graph.host" : [Pure] {
        operands { inputs*: HOST }
        props {
            operator: StrAttr, version: I64Attr, attributes: DictAttr, slots?: I64Array, output: I64Attr = 0,
            name?: StrAttr, host?: StrAttr, segment?: I64Attr
        }
        results { result: HOST }
        format  "$operator `version` $version `(` ($inputs^)? `)` `attributes` $attributes attr-dict `:` functional-type(operands, results)"
        verify
    }
}

/// Rules of host operators at every level.
pub(crate) fn verify_onnx(
    ir: &Ir,
    op: OpId,
    operator: &str,
    [version, output]: [i64; 2],
    attributes: Attribute,
    slots: Option<Vec<i64>>,
    operands: usize,
) -> Result<(), Diagnostic> {
    let error = |text: String| Err(ir.op_error(op, text));
    if operator.is_empty() {
        return error("operator must not be empty".into());
    }
    if !(1..=1000).contains(&version) {
        return error(format!("version must be in 1..=1000, but is {version}"));
    }
    if !(0..=255).contains(&output) {
        return error(format!("output must be in 0..=255, but is {output}"));
    }
    if let Some(s) = slots {
        let ascending = s.windows(2).all(|w| w[0] < w[1]);
        if s.len() != operands || !ascending || s.first().is_some_and(|v| *v < 0) || s.last().is_some_and(|v| *v > 255)
        {
            return error(format!("slots must be {operands} ascending positions in 0..=255, but are {s:?}"));
        }
    }
    OnnxAttributes::read(ir.ctx(), attributes).map(drop).map_err(|e| ir.op_error(op, e))
}

impl Verify for Host {
    fn verify(self, ir: &Ir) -> Result<(), Diagnostic> {
        let numbers = [self.version(ir), self.output(ir)];
        let operands = self.inputs(ir).len();
        verify_onnx(ir, self.op(), self.operator(ir), numbers, self.attributes(ir), self.slots(ir), operands)
    }
}

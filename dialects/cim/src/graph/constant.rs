//! Constants: weights and everything else the model stores.

use super::elements::Elements;
use super::types::{self, HOST};
use cim_ir::core::AttrData;
use cim_ir::kinds::{ElementsAttr, StrAttr, attr_type};
use cim_ir::op_def::InferInput;
use cim_ir::rewrite::{FoldResult, Folded};
use cim_ir::view::{Fold, InferResults, Verify};
use cim_ir::{Attribute, Diagnostic, Ir, Type, op};
use smallvec::{SmallVec, smallvec};

op! {
    /// A constant tensor: `-> tensor`.
    ///
    /// Large values are `dense_resource`: the blob is the mapped model file itself. Integers are those of the model; integers
    /// below 8 bits take one byte each.
    pub Constant = "cim.graph.constant" : [Pure, ConstantLike] {
        props   { value: ElementsAttr, name?: StrAttr }
        results { result: HOST }
        format  "$value attr-dict"
        infer
        fold
        verify
    }
}

impl InferResults for Constant {
    fn infer(input: &InferInput<'_>) -> Result<SmallVec<[Type; 2]>, String> {
        let ty = input.prop("value").and_then(|value| attr_type(input.ctx, value));
        Ok(smallvec![ty.ok_or("needs a value that has a type")?])
    }
}

impl Fold for Constant {
    fn fold(self, ir: &Ir, _: &[Option<Attribute>]) -> FoldResult {
        Some(smallvec![Folded::Attr(self.value(ir))])
    }
}

impl Verify for Constant {
    fn verify(self, ir: &Ir) -> Result<(), Diagnostic> {
        let (ctx, value) = (ir.ctx(), self.value(ir));
        let result = ir.ty(self.result(ir));
        // Elements always have a type.
        let ty = attr_type(ctx, value).unwrap_or(ctx.none());
        if ty != result {
            let [of, result] = [ty, result].map(|t| types::text(ctx, t));
            return Err(ir.op_error(self.op(), format!("value is of {of}, but the result is {result}")));
        }
        let resource = match ctx.attr_data(value) {
            AttrData::DenseResource { key, .. } => Some(ctx.resource(*key)),
            _ => None,
        };
        // A resource section may be left out: only what is there is checked.
        if resource == Some(None) {
            return Ok(());
        }
        let values = Elements::of(ctx, value).map_err(|e| ir.op_error(self.op(), e))?;
        // The bytes of a resource are those of a file and may hold more than the type allows.
        if resource.is_some()
            && let (Some(int), Some((lo, hi))) = (values.int, stored_range(&values))
            && !(int.holds(lo) && int.holds(hi))
        {
            let message = format!("value has integers {lo}..={hi}, outside {int} ({}..={})", int.min(), int.max());
            return Err(ir.op_error(self.op(), message));
        }
        Ok(())
    }
}

/// Range of sub-byte integers read as whole bytes; None where every bit pattern is allowed.
fn stored_range(values: &Elements) -> Option<(i64, i64)> {
    let int = values.int.filter(|t| t.width < 8)?;
    let each = |b: &u8| if int.signed { i64::from(*b as i8) } else { i64::from(*b) };
    let (mut lo, mut hi) = (i64::MAX, i64::MIN);
    for v in values.data.iter().map(each) {
        (lo, hi) = (lo.min(v), hi.max(v));
    }
    (lo <= hi).then_some((lo, hi))
}

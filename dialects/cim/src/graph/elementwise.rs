//! Elementwise operations and batch normalisation.

use super::mvm::{dims, expect_shape};
use super::shapes;
use super::types::{self, FLOAT, TENSOR, int_type, is_f32};
use cim_ir::kinds::{AttrKind, F32Attr, I64Attr, StrAttr, TypedAttr};
use cim_ir::view::Verify;
use cim_ir::{Attribute, Diagnostic, Ir, OpId, ValueId, op};

op! {
    /// Batch normalisation in inference form: `(x - mean) / sqrt(var + epsilon) * scale + bias` per channel (dimension 1).
    ///
    /// x (N, C, ...), the others (C), all f32.
    pub BatchNorm = "cim.graph.batch_norm" : [Pure] {
        operands { input: FLOAT, scale: FLOAT, bias: FLOAT, mean: FLOAT, var: FLOAT }
        props    { epsilon: F32Attr, name?: StrAttr, host?: StrAttr, segment?: I64Attr }
        results  { result: FLOAT }
        format   "$input `scale` $scale `bias` $bias `mean` $mean `var` $var `epsilon` $epsilon attr-dict `:` functional-type(operands, results)"
        verify
    }

    /// `max(x, 0)`, on floats or raw integers.
    pub Relu = "cim.graph.relu" : [Pure, SameOperandsAndResultType, Idempotent] {
        operands { input: TENSOR }
        props    { name?: StrAttr, host?: StrAttr, segment?: I64Attr }
        results  { result: TENSOR }
        format   "$input attr-dict `:` type($result)"
    }

    /// `min(max(x, lo), hi)`; the bounds are f32 on floats and i64 on integers.
    pub Clip = "cim.graph.clip" : [Pure, SameOperandsAndResultType, Idempotent] {
        operands { input: TENSOR }
        props    { lo: TypedAttr, hi: TypedAttr, name?: StrAttr, host?: StrAttr, segment?: I64Attr }
        results  { result: TENSOR }
        format   "$input `lo` $lo `hi` $hi attr-dict `:` type($result)"
        verify
    }

    /// Sum of two tensors of one element type, with broadcasting.
    pub Add = "cim.graph.add" : [Pure, Commutative] {
        operands { a: TENSOR, b: TENSOR }
        props    { name?: StrAttr, host?: StrAttr, segment?: I64Attr }
        results  { result: TENSOR }
        format   "$a `,` $b attr-dict `:` functional-type(operands, results)"
        verify
    }

    /// Product of two tensors of one element type, with broadcasting.
    pub Mul = "cim.graph.mul" : [Pure, Commutative] {
        operands { a: TENSOR, b: TENSOR }
        props    { name?: StrAttr, host?: StrAttr, segment?: I64Attr }
        results  { result: TENSOR }
        format   "$a `,` $b attr-dict `:` functional-type(operands, results)"
        verify
    }
}

impl Verify for BatchNorm {
    fn verify(self, ir: &Ir) -> Result<(), Diagnostic> {
        let x = dims(ir, self.input(ir));
        expect_shape(ir, self.op(), self.result(ir), Ok(x.to_vec()))?;
        let Some(&channels) = x.get(1) else {
            return Err(ir.op_error(self.op(), "input must have a channel dimension"));
        };
        let parts = [self.scale(ir), self.bias(ir), self.mean(ir), self.var(ir)];
        for (name, v) in ["scale", "bias", "mean", "var"].into_iter().zip(parts) {
            if dims(ir, v) != [channels] {
                let has = dims(ir, v);
                return Err(ir.op_error(self.op(), format!("{name} must have the shape [{channels}], but has {has:?}")));
            }
        }
        let epsilon = self.epsilon(ir);
        if !(epsilon >= 0.0 && epsilon.is_finite()) {
            return Err(ir.op_error(self.op(), format!("epsilon must be finite and not negative, but is {epsilon}")));
        }
        Ok(())
    }
}

/// Bounds of a clip.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bounds {
    /// On floats.
    Float(f32, f32),
    /// On integers.
    Int(i64, i64),
}

impl Clip {
    /// Bounds; None when they do not fit the element type.
    pub fn bounds(self, ir: &Ir) -> Option<Bounds> {
        Bounds::of(ir, self.input(ir), self.lo(ir), self.hi(ir))
    }
}

impl Bounds {
    /// Two numbers for the elements of a value; None when their type is another.
    pub(super) fn of(ir: &Ir, value: ValueId, lo: Attribute, hi: Attribute) -> Option<Bounds> {
        let ctx = ir.ctx();
        if is_f32(ctx, ir.ty(value)) {
            return Some(Bounds::Float(F32Attr::get(ctx, lo)?, F32Attr::get(ctx, hi)?));
        }
        Some(Bounds::Int(I64Attr::get(ctx, lo)?, I64Attr::get(ctx, hi)?))
    }
}

impl Verify for Clip {
    fn verify(self, ir: &Ir) -> Result<(), Diagnostic> {
        let error = |text: String| Err(ir.op_error(self.op(), text));
        match (self.bounds(ir), int_type(ir.ctx(), ir.ty(self.input(ir)))) {
            (None, None) => error("lo and hi must be f32 on floats".into()),
            (None, Some(_)) => error("lo and hi must be i64 on integers".into()),
            (Some(Bounds::Float(lo, hi)), _) if lo.is_nan() || hi.is_nan() || lo > hi => {
                error(format!("lo {lo} must be at most hi {hi}"))
            }
            (Some(Bounds::Int(lo, hi)), _) if lo > hi => error(format!("lo {lo} must be at most hi {hi}")),
            _ => Ok(()),
        }
    }
}

fn verify_pair(ir: &Ir, op: OpId, a: ValueId, b: ValueId, result: ValueId) -> Result<(), Diagnostic> {
    expect_shape(ir, op, result, shapes::broadcast(dims(ir, a), dims(ir, b)))?;
    let elem = |v| cim_ir::constraints::element_type(ir.ctx(), ir.ty(v));
    if elem(a) != elem(b) || elem(a) != elem(result) {
        let [a, b, r] = [a, b, result].map(|v| types::text(ir.ctx(), ir.ty(v)));
        return Err(ir.op_error(op, format!("element types differ: {a}, {b}, result {r}")));
    }
    Ok(())
}

impl Verify for Add {
    fn verify(self, ir: &Ir) -> Result<(), Diagnostic> {
        verify_pair(ir, self.op(), self.a(ir), self.b(ir), self.result(ir))
    }
}

impl Verify for Mul {
    fn verify(self, ir: &Ir) -> Result<(), Diagnostic> {
        verify_pair(ir, self.op(), self.a(ir), self.b(ir), self.result(ir))
    }
}

//! Matrix-vector operations: what crossbars do.

use super::shapes;
use super::types::{self, FLOAT, SUMS, TENSOR, int_type, is_f32};
use super::window::Window2d;
use cim_ir::kinds::{I64Array, I64Attr, StrAttr, UnitAttr};
use cim_ir::view::Verify;
use cim_ir::{Diagnostic, Ir, OpId, ValueId, op};

op! {
    /// Two-dimensional convolution: input (N, C, H, W), weights (O, C/group, kh, kw), bias (O) -> (N, O, Ho, Wo).
    ///
    /// On floats: `sum(x*w) + bias`. On integers: the raw sum `sum(x * (w - weight_zero))` in si32 where the bound is proven,
    /// else si64, without a bias (bias, zero points and batch norm live in the requantisation that follows); padding reads
    /// `pad_value`, the zero point of the input. `pads` are (top, left, bottom, right).
    ///
    /// Placement, set by `cim-place` or by hand: `segment` (position in the order of reloads), `crossbars` (first crossbar of each time part),
    /// `copies` (duplication), `remap` (rows spread over crossbars for wordline mode). `host` names the reason when the machine cannot do it.
    pub Conv2d = "cim.graph.conv2d" : [Pure] {
        operands { input: TENSOR, weights: TENSOR, bias?: FLOAT }
        props {
            strides: I64Array, pads: I64Array, dilations: I64Array, group: I64Attr = 1,
            pad_value: I64Attr = 0, weight_zero: I64Attr = 0,
            name?: StrAttr, host?: StrAttr,
            segment?: I64Attr, crossbars?: I64Array, copies: I64Attr = 1, remap: UnitAttr
        }
        results { result: SUMS }
        format  "$input `,` $weights (`bias` $bias^)? `strides` $strides `pads` $pads `dilations` $dilations attr-dict `:` functional-type(operands, results)"
        verify
    }

    /// Matrix-vector products: input (S, I) or (N, S, I), weights (O, I), or (I, O) with `transpose`, bias (O) -> (S, O) or (N, S, O): one
    /// product for each of the positions.
    ///
    /// Floats, integers and placement as in `cim.graph.conv2d`.
    pub Linear = "cim.graph.linear" : [Pure] {
        operands { input: TENSOR, weights: TENSOR, bias?: FLOAT }
        props {
            transpose: UnitAttr, weight_zero: I64Attr = 0,
            name?: StrAttr, host?: StrAttr,
            segment?: I64Attr, crossbars?: I64Array, copies: I64Attr = 1, remap: UnitAttr
        }
        results { result: SUMS }
        format  "$input `,` $weights (`bias` $bias^)? (`transpose` $transpose^)? attr-dict `:` functional-type(operands, results)"
        verify
    }
}

impl Conv2d {
    /// Geometry, or what is wrong with it.
    pub fn window(self, ir: &Ir) -> Result<Window2d, String> {
        let weights = types::dims(ir.ctx(), ir.ty(self.weights(ir))).unwrap_or_default();
        let kernel = weights.get(2..).unwrap_or_default();
        Window2d::new(kernel, &self.strides(ir), &self.pads(ir), &self.dilations(ir))
    }
}

/// Shape of a value, empty for what is no tensor of the network.
pub(super) fn dims(ir: &Ir, value: ValueId) -> &[i64] {
    types::dims(ir.ctx(), ir.ty(value)).unwrap_or_default()
}

/// Fails unless `result` has the shape.
pub(super) fn expect_shape(
    ir: &Ir,
    op: OpId,
    result: ValueId,
    shape: Result<Vec<i64>, String>,
) -> Result<(), Diagnostic> {
    let shape = shape.map_err(|e| ir.op_error(op, e))?;
    if dims(ir, result) != shape {
        return Err(ir.op_error(op, format!("result must have the shape {shape:?}, but has {:?}", dims(ir, result))));
    }
    Ok(())
}

/// Rules that convolution and linear share; `channels` is the number of outputs.
fn verify_sums(
    ir: &Ir,
    op: OpId,
    [x, w, y]: [ValueId; 3],
    bias: Option<ValueId>,
    weight_zero: i64,
    channels: i64,
) -> Result<(), Diagnostic> {
    let ctx = ir.ctx();
    let error = |text: String| Err(ir.op_error(op, text));
    let float = [x, w, y].map(|v| is_f32(ctx, ir.ty(v)));
    if float.iter().any(|f| *f != float[0]) {
        let [x, w, y] = [x, w, y].map(|v| types::text(ctx, ir.ty(v)));
        return error(format!("mixes floats and integers: input {x}, weights {w}, result {y}"));
    }
    if let Some(bias) = bias {
        if !float[0] {
            return error("has a bias on integers: it belongs to the requantisation that follows".into());
        }
        if dims(ir, bias) != [channels] {
            return error(format!("bias must have the shape [{channels}], but has {:?}", dims(ir, bias)));
        }
    }
    match int_type(ctx, ir.ty(w)) {
        None if weight_zero != 0 => error("weight_zero needs integer weights".into()),
        Some(t) if !t.holds(weight_zero) => error(format!("weight_zero {weight_zero} is not a value of {t}")),
        _ => Ok(()),
    }
}

/// Rules for placement properties.
fn verify_placement(
    ir: &Ir,
    op: OpId,
    segment: Option<i64>,
    crossbars: Option<Vec<i64>>,
    copies: i64,
) -> Result<(), Diagnostic> {
    let error = |text: String| Err(ir.op_error(op, text));
    if let Some(s) = segment.filter(|s| *s < 0) {
        return error(format!("segment must not be negative, but is {s}"));
    }
    if let Some(c) = crossbars.iter().flatten().find(|c| **c < 0) {
        return error(format!("crossbars must not be negative, but has {c}"));
    }
    if copies < 1 {
        return error(format!("copies must be at least 1, but is {copies}"));
    }
    Ok(())
}

impl Verify for Conv2d {
    fn verify(self, ir: &Ir) -> Result<(), Diagnostic> {
        let (x, w, y) = (self.input(ir), self.weights(ir), self.result(ir));
        let &[o, per_group, _, _] = dims(ir, w) else {
            let has = dims(ir, w).len();
            return Err(ir.op_error(self.op(), format!("weights must have 4 dimensions, but have {has}")));
        };
        let window = self.window(ir).map_err(|e| ir.op_error(self.op(), e))?;
        let shape = shapes::conv2d(dims(ir, x), [o, per_group], &window, self.group(ir));
        expect_shape(ir, self.op(), y, shape)?;
        verify_sums(ir, self.op(), [x, w, y], self.bias(ir), self.weight_zero(ir), o)?;
        let pad = self.pad_value(ir);
        match int_type(ir.ctx(), ir.ty(x)) {
            None if pad != 0 => return Err(ir.op_error(self.op(), "pad_value needs an integer input")),
            Some(t) if !t.holds(pad) => {
                return Err(ir.op_error(self.op(), format!("pad_value {pad} is not a value of {t}")));
            }
            _ => {}
        }
        verify_placement(ir, self.op(), self.segment(ir), self.crossbars(ir), self.copies(ir))
    }
}

impl Verify for Linear {
    fn verify(self, ir: &Ir) -> Result<(), Diagnostic> {
        let (x, w, y) = (self.input(ir), self.weights(ir), self.result(ir));
        let shape = shapes::linear(dims(ir, x), dims(ir, w), self.transpose(ir));
        let channels = shape.as_ref().ok().and_then(|s| s.last()).copied().unwrap_or(0);
        expect_shape(ir, self.op(), y, shape)?;
        verify_sums(ir, self.op(), [x, w, y], self.bias(ir), self.weight_zero(ir), channels)?;
        verify_placement(ir, self.op(), self.segment(ir), self.crossbars(ir), self.copies(ir))
    }
}

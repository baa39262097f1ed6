//! Pooling.

use super::mvm::{dims, expect_shape};
use super::quant::{Constants, verify_constants};
use super::shapes;
use super::types::{FLOAT, TENSOR, int_type};
use super::window::Window2d;
use cim_ir::kinds::{BoolAttr, I64Array, I64Attr, StrAttr};
use cim_ir::view::Verify;
use cim_ir::{Diagnostic, Ir, op};

op! {
    /// Maximum of each window, padding skipped: (N, C, H, W) -> (N, C, Ho, Wo), floats or raw integers.
    ///
    /// `pads` are (top, left, bottom, right); rounding up (`ceil_mode`) is part of them.
    pub MaxPool = "cim.graph.max_pool" : [Pure] {
        operands { input: TENSOR }
        props    {
            kernel: I64Array, strides: I64Array, pads: I64Array, dilations: I64Array,
            name?: StrAttr, host?: StrAttr, segment?: I64Attr
        }
        results  { result: TENSOR }
        format   "$input `kernel` $kernel `strides` $strides `pads` $pads `dilations` $dilations attr-dict `:` functional-type(operands, results)"
        verify
    }

    /// Mean of each window: (N, C, H, W) -> (N, C, Ho, Wo).
    ///
    /// Padding counts with `count_include_pad`, else it is skipped. On integers the sum is requantised:
    /// `clamp((sum * multiplier[n-1] + addend[n-1] + 2^(shift-1)) >> shift, lo, hi)` where n elements were counted;
    /// counted padding is `pad_value`, the zero point of the input.
    pub AveragePool = "cim.graph.average_pool" : [Pure] {
        operands { input: TENSOR }
        props    {
            kernel: I64Array, strides: I64Array, pads: I64Array, count_include_pad: BoolAttr = false,
            pad_value: I64Attr = 0,
            multiplier?: I64Array, addend?: I64Array, shift?: I64Attr, lo?: I64Attr, hi?: I64Attr,
            name?: StrAttr, host?: StrAttr, segment?: I64Attr
        }
        results  { result: TENSOR }
        format   "$input `kernel` $kernel `strides` $strides `pads` $pads (`multiplier` $multiplier^ `addend` $addend `shift` $shift `lo` $lo `hi` $hi)? attr-dict `:` functional-type(operands, results)"
        verify
    }

    /// Mean over all positions: (N, C, H, W) -> (N, C, 1, 1), floats; quantisation makes an average pool of it.
    pub GlobalAveragePool = "cim.graph.global_average_pool" : [Pure] {
        operands { input: FLOAT }
        props    { name?: StrAttr, host?: StrAttr, segment?: I64Attr }
        results  { result: FLOAT }
        format   "$input attr-dict `:` functional-type(operands, results)"
        verify
    }
}

impl MaxPool {
    /// Geometry, or what is wrong with it.
    pub fn window(self, ir: &Ir) -> Result<Window2d, String> {
        Window2d::new(&self.kernel(ir), &self.strides(ir), &self.pads(ir), &self.dilations(ir))
    }
}

impl AveragePool {
    /// Geometry, or what is wrong with it.
    pub fn window(self, ir: &Ir) -> Result<Window2d, String> {
        Window2d::new(&self.kernel(ir), &self.strides(ir), &self.pads(ir), &[1, 1])
    }
    /// Constants of the integer form; None on floats.
    pub fn constants(self, ir: &Ir) -> Option<Constants> {
        Some(Constants {
            m: self.multiplier(ir)?,
            m2: None,
            b: self.addend(ir)?,
            shift: self.shift(ir)?,
            lo: self.lo(ir)?,
            hi: self.hi(ir)?,
        })
    }
}

impl Verify for MaxPool {
    fn verify(self, ir: &Ir) -> Result<(), Diagnostic> {
        let window = self.window(ir).map_err(|e| ir.op_error(self.op(), e))?;
        let (x, y) = (self.input(ir), self.result(ir));
        expect_shape(ir, self.op(), y, shapes::pool(dims(ir, x), &window))?;
        if int_type(ir.ctx(), ir.ty(x)) != int_type(ir.ctx(), ir.ty(y)) {
            return Err(ir.op_error(self.op(), "input and result must have one element type"));
        }
        Ok(())
    }
}

impl Verify for AveragePool {
    fn verify(self, ir: &Ir) -> Result<(), Diagnostic> {
        let error = |text: String| Err(ir.op_error(self.op(), text));
        let window = self.window(ir).map_err(|e| ir.op_error(self.op(), e))?;
        let (x, y) = (self.input(ir), self.result(ir));
        expect_shape(ir, self.op(), y, shapes::pool(dims(ir, x), &window))?;
        let (from, to) = (int_type(ir.ctx(), ir.ty(x)), int_type(ir.ctx(), ir.ty(y)));
        match (from, to, self.constants(ir)) {
            (None, None, None) if self.multiplier(ir).is_none() => match self.pad_value(ir) {
                0 => Ok(()),
                _ => error("pad_value needs an integer input".into()),
            },
            (Some(from), Some(to), Some(c)) => {
                if !from.holds(self.pad_value(ir)) {
                    return error(format!("pad_value {} is not a value of {from}", self.pad_value(ir)));
                }
                let counts = window.kernel[0].saturating_mul(window.kernel[1]);
                verify_constants(ir, self.op(), &c, to, &[counts], "one per number of counted elements")
            }
            (Some(_), Some(_), None) => error("on integers needs multiplier, addend, shift, lo and hi".into()),
            (None, None, _) => error("has requantisation constants on floats".into()),
            _ => error("mixes floats and integers".into()),
        }
    }
}

impl Verify for GlobalAveragePool {
    fn verify(self, ir: &Ir) -> Result<(), Diagnostic> {
        expect_shape(ir, self.op(), self.result(ir), shapes::global_pool(dims(ir, self.input(ir))))
    }
}

//! Between real numbers and integers, and from accumulators back to integers.

use super::elements::Elements;
use super::mvm::{dims, expect_shape};
use super::rounding::Rounding;
use super::types::{self, FLOAT, INT, IntType, int_type};
use cim_ir::kinds::{ElementsAttr, I64Array, I64Attr, StrAttr, UnitAttr};
use cim_ir::view::Verify;
use cim_ir::{Attribute, Diagnostic, Ir, OpId, op};

op! {
    /// `clamp(round_half_even(x / scale) + zero_point, lo, hi)`: f32 tensor -> integer tensor of the same shape.
    ///
    /// `scale` and `zero_point` have one entry, or one for each index of dimension `axis`. The division is in f32.
    ///
    /// `rounding` names another way to an integer: half_up, half_down (ties away from and towards zero), up, down (away from and towards zero), ceil,
    /// floor, sign (-1, 0 or 1) and bipolar (1 for zero and above, else -1). With `zero_first` the zero point is added before rounding, as QONNX
    /// does: 2.5 with the zero point 1 is 4, not 3.
    pub Quantize = "cim.graph.quantize" : [Pure] {
        operands { input: FLOAT }
        props    {
            scale: ElementsAttr, zero_point: I64Array, axis: I64Attr = 1, lo: I64Attr, hi: I64Attr,
            rounding?: StrAttr, zero_first: UnitAttr, name?: StrAttr, host?: StrAttr, segment?: I64Attr
        }
        results  { result: INT }
        format   "$input `scale` $scale `zero_point` $zero_point `lo` $lo `hi` $hi attr-dict `:` functional-type(operands, results)"
        verify
    }

    /// `(x - zero_point) * scale + bias`: integer tensor (activation, weight, stored bias, accumulator) -> f32 tensor of the same shape.
    ///
    /// `scale` and `zero_point` have one entry, or one for each index of dimension `axis`; `bias`, with one entry for each
    /// index of dimension `axis`, is how a layer with float output ends.
    pub Dequantize = "cim.graph.dequantize" : [Pure] {
        operands { input: INT }
        props    {
            scale: ElementsAttr, zero_point: I64Array, axis: I64Attr = 1, bias?: ElementsAttr,
            name?: StrAttr, host?: StrAttr, segment?: I64Attr
        }
        results  { result: FLOAT }
        format   "$input `scale` $scale `zero_point` $zero_point (`bias` $bias^)? attr-dict `:` functional-type(operands, results)"
        verify
    }

    /// `clamp((x * multiplier[c] + addend[c] + 2^(shift-1)) >> shift, lo, hi)`: accumulator (N, C, ...) -> integer tensor of the same shape.
    ///
    /// Stands for `round(x * r[c] + b[c])` with bias, batch norm, scales and zero points in r and b. `multiplier` and
    /// `addend` have one entry or one per channel (dimension 1, of sequences the last). Multipliers have at most 31 bits.
    pub Requantize = "cim.graph.requantize" : [Pure] {
        operands { input: INT }
        props    {
            multiplier: I64Array, addend: I64Array, shift: I64Attr, lo: I64Attr, hi: I64Attr,
            name?: StrAttr, host?: StrAttr, segment?: I64Attr
        }
        results  { result: INT }
        format   "$input `multiplier` $multiplier `addend` $addend `shift` $shift `lo` $lo `hi` $hi attr-dict `:` functional-type(operands, results)"
        verify
    }

    /// `clamp((a * m1[c] + b * m2[c] + addend[c] + 2^(shift-1)) >> shift, lo, hi)`: residual addition of two integer tensors of
    /// one shape.
    ///
    /// `m1`, `m2` and `addend` have one entry or one per channel (dimension 1, of sequences the last).
    pub AddRequantize = "cim.graph.add_requantize" : [Pure] {
        operands { a: INT, b: INT }
        props    {
            m1: I64Array, m2: I64Array, addend: I64Array, shift: I64Attr, lo: I64Attr, hi: I64Attr,
            name?: StrAttr, host?: StrAttr, segment?: I64Attr
        }
        results  { result: INT }
        format   "$a `,` $b `m1` $m1 `m2` $m2 `addend` $addend `shift` $shift `lo` $lo `hi` $hi attr-dict `:` functional-type(operands, results)"
        verify
    }
}

/// Constants of a requantisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Constants {
    /// Multipliers.
    pub m: Vec<i64>,
    /// Multipliers of a second input.
    pub m2: Option<Vec<i64>>,
    /// Addends at scale `2^shift`.
    pub b: Vec<i64>,
    /// Right shift, 1..=62.
    pub shift: i64,
    /// Smallest result.
    pub lo: i64,
    /// Largest result.
    pub hi: i64,
}

impl Quantize {
    /// How it rounds; half to even when the property names nothing known.
    pub fn rounds(self, ir: &Ir) -> Rounding {
        self.rounding(ir).and_then(Rounding::from_name).unwrap_or_default()
    }
}

impl Requantize {
    /// Constants.
    pub fn constants(self, ir: &Ir) -> Constants {
        Constants {
            m: self.multiplier(ir),
            m2: None,
            b: self.addend(ir),
            shift: self.shift(ir),
            lo: self.lo(ir),
            hi: self.hi(ir),
        }
    }
}

impl AddRequantize {
    /// Constants.
    pub fn constants(self, ir: &Ir) -> Constants {
        Constants {
            m: self.m1(ir),
            m2: Some(self.m2(ir)),
            b: self.addend(ir),
            shift: self.shift(ir),
            lo: self.lo(ir),
            hi: self.hi(ir),
        }
    }
}

/// Checks constants against the number of entries and the result type; `lengths` are the allowed numbers, `each` says what they are.
pub(super) fn verify_constants(
    ir: &Ir,
    op: OpId,
    c: &Constants,
    to: IntType,
    lengths: &[i64],
    each: &str,
) -> Result<(), Diagnostic> {
    let error = |text: String| Err(ir.op_error(op, text));
    if !lengths.contains(&(c.m.len() as i64)) {
        let wanted: Vec<String> = lengths.iter().map(|l| l.to_string()).collect();
        return error(format!("needs {} multipliers ({each}), but has {}", wanted.join(" or "), c.m.len()));
    }
    if c.b.len() != c.m.len() || c.m2.as_ref().is_some_and(|m| m.len() != c.m.len()) {
        return error("multipliers and addends must be equally many".into());
    }
    if let Some(m) = c.m.iter().chain(c.m2.iter().flatten()).find(|m| m.unsigned_abs() >= 1 << 31) {
        return error(format!("multiplier {m} has more than 31 bits"));
    }
    if !(1..=62).contains(&c.shift) {
        return error(format!("shift must be in 1..=62, but is {}", c.shift));
    }
    verify_bounds(ir, op, c.lo, c.hi, to)
}

fn verify_bounds(ir: &Ir, op: OpId, lo: i64, hi: i64, to: IntType) -> Result<(), Diagnostic> {
    if lo > hi {
        return Err(ir.op_error(op, format!("lo {lo} must be at most hi {hi}")));
    }
    if !to.holds(lo) || !to.holds(hi) {
        return Err(ir.op_error(op, format!("lo {lo} and hi {hi} must be values of the result type {to}")));
    }
    Ok(())
}

/// Allowed numbers of per-channel constants.
fn channel_lengths(shape: &[i64]) -> Vec<i64> {
    std::iter::once(1).chain(shape.get(types::channel_dim(shape)).copied()).collect()
}

/// Checks scales and zero points: finite scales, above zero where they divide, matching numbers.
fn verify_scale(
    ir: &Ir,
    op: OpId,
    shape: &[i64],
    scale: Attribute,
    zero: &[i64],
    axis: i64,
    divides: bool,
) -> Result<(), Diagnostic> {
    let error = |text: String| Err(ir.op_error(op, text));
    let elements = Elements::of(ir.ctx(), scale).map_err(|e| ir.op_error(op, format!("scale: {e}")))?;
    let Some(scales) = elements.floats() else {
        return error("scale must be of f32".into());
    };
    // Batch norm folded into a float output may turn the sign of a channel.
    let good = |s: &f32| s.is_finite() && (*s > 0.0 || !divides);
    if let Some(s) = scales.iter().find(|s| !good(s)) {
        let wanted = if divides { "finite and positive" } else { "finite" };
        return error(format!("scale must be {wanted}, but has {s}"));
    }
    if scales.len() != zero.len() {
        return error(format!("has {} scales, but {} zero points", scales.len(), zero.len()));
    }
    if scales.len() != 1 {
        let extent = usize::try_from(axis).ok().and_then(|a| shape.get(a)).copied();
        if extent != Some(scales.len() as i64) {
            let extent = extent.map_or_else(|| "which does not exist".into(), |e| format!("which has {e} entries"));
            return error(format!("has {} scales for dimension {axis}, {extent}", scales.len()));
        }
    }
    if let Some(z) = zero.iter().find(|z| z.unsigned_abs() > 1 << 31) {
        return error(format!("zero point {z} has more than 32 bits"));
    }
    Ok(())
}

impl Verify for Quantize {
    fn verify(self, ir: &Ir) -> Result<(), Diagnostic> {
        let shape = dims(ir, self.input(ir));
        expect_shape(ir, self.op(), self.result(ir), Ok(shape.to_vec()))?;
        verify_scale(ir, self.op(), shape, self.scale(ir), &self.zero_point(ir), self.axis(ir), true)?;
        Rounding::check(self.rounding(ir)).map_err(|e| ir.op_error(self.op(), e))?;
        // The declaration refuses any other result.
        let Some(to) = int_type(ir.ctx(), ir.ty(self.result(ir))) else { return Ok(()) };
        verify_bounds(ir, self.op(), self.lo(ir), self.hi(ir), to)
    }
}

impl Verify for Dequantize {
    fn verify(self, ir: &Ir) -> Result<(), Diagnostic> {
        let shape = dims(ir, self.input(ir));
        expect_shape(ir, self.op(), self.result(ir), Ok(shape.to_vec()))?;
        verify_scale(ir, self.op(), shape, self.scale(ir), &self.zero_point(ir), self.axis(ir), false)?;
        let Some(bias) = self.bias(ir) else { return Ok(()) };
        let bias = Elements::of(ir.ctx(), bias).map_err(|e| ir.op_error(self.op(), format!("bias: {e}")))?;
        let extent = usize::try_from(self.axis(ir)).ok().and_then(|a| shape.get(a)).copied();
        if bias.int.is_some() || extent != Some(bias.count as i64) {
            let axis = self.axis(ir);
            return Err(ir.op_error(self.op(), format!("bias must be of f32, one for each index of dimension {axis}")));
        }
        Ok(())
    }
}

impl Verify for Requantize {
    fn verify(self, ir: &Ir) -> Result<(), Diagnostic> {
        let shape = dims(ir, self.input(ir));
        expect_shape(ir, self.op(), self.result(ir), Ok(shape.to_vec()))?;
        // The declaration refuses any other result.
        let Some(to) = int_type(ir.ctx(), ir.ty(self.result(ir))) else { return Ok(()) };
        verify_constants(ir, self.op(), &self.constants(ir), to, &channel_lengths(shape), "one, or one per channel")
    }
}

impl Verify for AddRequantize {
    fn verify(self, ir: &Ir) -> Result<(), Diagnostic> {
        let shape = dims(ir, self.a(ir));
        if dims(ir, self.b(ir)) != shape {
            return Err(ir.op_error(self.op(), format!("a has the shape {shape:?}, but b {:?}", dims(ir, self.b(ir)))));
        }
        expect_shape(ir, self.op(), self.result(ir), Ok(shape.to_vec()))?;
        // The declaration refuses any other result.
        let Some(to) = int_type(ir.ctx(), ir.ty(self.result(ir))) else { return Ok(()) };
        verify_constants(ir, self.op(), &self.constants(ir), to, &channel_lengths(shape), "one, or one per channel")
    }
}

//! Data movement (DMOV) and host operators.

use super::check;
use super::program::BUFFER;
use crate::graph::Rounding;
use crate::graph::host::verify_onnx;
use cim_ir::constraints::{INDEX, element_type, shape};
use cim_ir::kinds::{DictAttr, ElementsAttr, I64Array, I64Attr, MapAttr, StrAttr, UnitAttr, attr_type};
use cim_ir::view::Verify;
use cim_ir::{Diagnostic, Ir, op};

op! {
    /// Strided copy of runs of `len` elements over at most four outer dimensions (outermost first): `counts` steps of
    /// `dst_strides` and `src_strides` elements.
    pub Mov = "cim.xbar.mov" {
        operands { dst: BUFFER, src: BUFFER, ivs*: INDEX }
        props    { len: I64Attr, counts: I64Array, dst_strides: I64Array, src_strides: I64Array, dst_at: MapAttr, src_at: MapAttr }
        format   "$len `counts` $counts `,` $dst `at` $dst_at `by` $dst_strides `from` $src `at` $src_at `by` $src_strides (`for` $ivs^)? attr-dict `:` type($dst) `,` type($src)"
        verify
    }
}

impl Verify for Mov {
    fn verify(self, ir: &Ir) -> Result<(), Diagnostic> {
        let (op, loops) = (self.op(), self.ivs(ir).len());
        check::access(ir, op, self.dst(ir), self.dst_at(ir), loops, "dst")?;
        check::access(ir, op, self.src(ir), self.src_at(ir), loops, "src")?;
        check::at_least(ir, op, "len", self.len(ir), 1)?;
        check::same_elem(ir, op, &[(self.dst(ir), "dst"), (self.src(ir), "src")])?;
        let n = self.counts(ir).len();
        if n > 4 || self.dst_strides(ir).len() != n || self.src_strides(ir).len() != n {
            return Err(ir.op_error(op, "counts and strides must have the same number of entries, at most four"));
        }
        self.counts(ir).iter().try_for_each(|c| check::at_least(ir, op, "each count", *c, 1))
    }
}

op! {
    /// Writes `value` to runs of `len` elements over at most four outer dimensions: borders of padded tensors.
    pub Fill = "cim.xbar.fill" {
        operands { dst: BUFFER, ivs*: INDEX }
        props    { value: I64Attr, len: I64Attr, counts: I64Array, dst_strides: I64Array, dst_at: MapAttr }
        format   "$value `,` $len `counts` $counts `,` $dst `at` $dst_at `by` $dst_strides (`for` $ivs^)? attr-dict `:` type($dst)"
        verify
    }
}

impl Verify for Fill {
    fn verify(self, ir: &Ir) -> Result<(), Diagnostic> {
        let op = self.op();
        check::access(ir, op, self.dst(ir), self.dst_at(ir), self.ivs(ir).len(), "dst")?;
        check::at_least(ir, op, "len", self.len(ir), 1)?;
        check::same_elem(ir, op, &[(self.dst(ir), "dst")])?;
        let n = self.counts(ir).len();
        if n > 4 || self.dst_strides(ir).len() != n {
            return Err(ir.op_error(op, "counts and strides must have the same number of entries, at most four"));
        }
        self.counts(ir).iter().try_for_each(|c| check::at_least(ir, op, "each count", *c, 1))
    }
}

op! {
    /// Host: `dst = clamp(round(src / scale) + zero_point, lo, hi)`, a tensor in ONNX order to a buffer in
    /// (H, W, C) order. `rounding` and `zero_first` as in `cim.graph.quantize`. With `channels_last` the tensor's own order is (H, W, C).
    pub HostQuantize = "cim.xbar.host_quantize" {
        operands { dst: BUFFER, src: BUFFER }
        props    { name: StrAttr, scale: ElementsAttr, zero_point: I64Attr = 0, lo: I64Attr, hi: I64Attr, rounding?: StrAttr, zero_first: UnitAttr, channels_last: UnitAttr, reason: StrAttr }
        format   "$name `,` $dst `from` $src attr-dict `:` type($dst) `,` type($src)"
        verify
    }
}

impl Verify for HostQuantize {
    fn verify(self, ir: &Ir) -> Result<(), Diagnostic> {
        Rounding::check(self.rounding(ir)).map_err(|e| ir.op_error(self.op(), e))?;
        check::in_space(ir, self.op(), self.dst(ir), "L0", "dst")?;
        check::same_elem(ir, self.op(), &[(self.dst(ir), "dst")])?;
        check::on_host(ir, self.op(), self.src(ir), "src")?;
        check::bounds_of(ir, self.op(), self.dst(ir), self.lo(ir), self.hi(ir))?;
        check::scale(ir, self.op(), "scale", self.scale(ir), &[1], true)
    }
}

op! {
    /// Host: `dst = (src - zero_point) * scale[c] + bias[c]`, a buffer in (H, W, C) order to a
    /// tensor in ONNX order, truncated where that holds integers. `channels_last` as in `cim.xbar.host_quantize`.
    pub HostDequantize = "cim.xbar.host_dequantize" {
        operands { dst: BUFFER, src: BUFFER }
        props    { name: StrAttr, scale: ElementsAttr, zero_point: I64Attr = 0, bias?: ElementsAttr, channels_last: UnitAttr, reason: StrAttr }
        format   "$name `,` $dst `from` $src attr-dict `:` type($dst) `,` type($src)"
        verify
    }
}

impl Verify for HostDequantize {
    fn verify(self, ir: &Ir) -> Result<(), Diagnostic> {
        check::on_host(ir, self.op(), self.dst(ir), "dst")?;
        check::in_space(ir, self.op(), self.src(ir), "L0", "src")?;
        check::same_elem(ir, self.op(), &[(self.src(ir), "src")])?;
        // One for all, or one per channel: the last dimension of the source.
        let lengths: Vec<i64> = std::iter::once(1).chain(check::mem(ir, self.src(ir)).dims.last().copied()).collect();
        check::scale(ir, self.op(), "scale", self.scale(ir), &lengths, false)?;
        self.bias(ir).map_or(Ok(()), |b| check::scale(ir, self.op(), "bias", b, &lengths, false))
    }
}

op! {
    /// Host: a constant operand of an operator.
    pub HostConstant = "cim.xbar.host_constant" {
        props    { name: StrAttr, value: ElementsAttr }
        results  { result: BUFFER }
        format   "`(` $name `)` attr-dict `:` type($result)"
        verify
    }
}

impl Verify for HostConstant {
    fn verify(self, ir: &Ir) -> Result<(), Diagnostic> {
        check::on_host(ir, self.op(), self.result(ir), "result")?;
        let result = check::mem(ir, self.result(ir));
        let value = attr_type(ir.ctx(), self.value(ir));
        if value.and_then(|t| shape(ir.ctx(), t)) != Some(result.dims) {
            return Err(ir.op_error(self.op(), format!("value must be a tensor with the extents {:?}", result.dims)));
        }
        if value.and_then(|t| element_type(ir.ctx(), t)) != Some(result.elem) {
            return Err(ir.op_error(self.op(), "value and result must have one element type"));
        }
        Ok(())
    }
}

op! {
    /// Host: an ONNX operator, as `cim.graph.host` describes it.
    pub Host = "cim.xbar.host" {
        operands { dst: BUFFER, srcs*: BUFFER }
        props {
            name: StrAttr, operator: StrAttr, version: I64Attr, attributes: DictAttr, slots?: I64Array, output: I64Attr = 0,
            reason: StrAttr
        }
        format   "$name $operator `version` $version `,` $dst (`from` $srcs^)? `attributes` $attributes attr-dict `:` type($dst) (`,` type($srcs)^)?"
        verify
    }
}

impl Verify for Host {
    fn verify(self, ir: &Ir) -> Result<(), Diagnostic> {
        check::on_host(ir, self.op(), self.dst(ir), "dst")?;
        let srcs = self.srcs(ir);
        srcs.iter().try_for_each(|v| check::on_host(ir, self.op(), *v, "each source"))?;
        let numbers = [self.version(ir), self.output(ir)];
        verify_onnx(ir, self.op(), self.operator(ir), numbers, self.attributes(ir), self.slots(ir), srcs.len())
    }
}

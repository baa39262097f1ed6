//! Operations on crossbars (MOP).

use super::check;
use super::program::BUFFER;
use cim_ir::constraints::INDEX;
use cim_ir::kinds::{I64Array, I64Attr, MapAttr, StrAttr, SymbolAttr, SymbolNameAttr, UnitAttr};
use cim_ir::view::Verify;
use cim_ir::{Diagnostic, Ir, OpId, op};

/// Checks first and count of a range.
pub(crate) fn range(ir: &Ir, op: OpId, what: &str, v: &[i64]) -> Result<(), Diagnostic> {
    match v {
        [first, n] if *first >= 0 && *n >= 1 && first.saturating_add(*n) <= i64::from(u32::MAX) => Ok(()),
        _ => Err(ir.op_error(op, format!("{what} must be a first index and a count of at least one"))),
    }
}

op! {
    /// Programs crossbar `xb` (counted over the chip) with a tile of a matrix, from row and column 0: rows `rows =
    /// [first, count]` and columns `cols` of the groups `group_range`; block-diagonal when it holds several groups. `slice` is the
    /// bit slice (polarity * slices + slice) of a matrix with `bits_to_crossbars`.
    pub WriteXb = "cim.xbar.write_xb" {
        props    { xb: I64Attr, matrix: SymbolAttr, rows: I64Array, cols: I64Array, group_range?: I64Array, slice: I64Attr = 0 }
        format   "$xb `,` $matrix `rows` $rows `cols` $cols attr-dict"
        verify
    }
}

impl Verify for WriteXb {
    fn verify(self, ir: &Ir) -> Result<(), Diagnostic> {
        let op = self.op();
        check::at_least(ir, op, "xb", self.xb(ir), 0)?;
        check::at_least(ir, op, "slice", self.slice(ir), 0)?;
        range(ir, op, "rows", &self.rows(ir))?;
        range(ir, op, "cols", &self.cols(ir))?;
        self.group_range(ir).map_or(Ok(()), |g| range(ir, op, "group_range", &g))
    }
}

op! {
    /// Crossbars `xb .. xb+len` of one core each multiply `rows` inputs from `src + i*src_stride` (elements) and write
    /// `outputs` accumulators at `dst + i*dst_stride`, shifted left by `shift`; `negate` subtracts, `accumulate` adds to what `dst`
    /// holds. `slices`, `polarities` and `cell_bits` say how columns are combined into one output.
    pub ReadXb = "cim.xbar.read_xb" {
        operands { dst: BUFFER, src: BUFFER, ivs*: INDEX }
        props    {
            xb: I64Attr, len: I64Attr, rows: I64Attr, outputs: I64Attr, src_at: MapAttr, src_stride: I64Attr = 0, dst_at: MapAttr,
            dst_stride: I64Attr = 0, slices: I64Attr = 1, polarities: I64Attr = 1, cell_bits: I64Attr, shift: I64Attr = 0,
            negate: UnitAttr, accumulate: UnitAttr
        }
        format   "$xb `x` $len `rows` $rows `outputs` $outputs `,` $dst `at` $dst_at `from` $src `at` $src_at (`for` $ivs^)? attr-dict `:` type($dst) `,` type($src)"
        verify
    }
}

impl Verify for ReadXb {
    fn verify(self, ir: &Ir) -> Result<(), Diagnostic> {
        let (op, loops) = (self.op(), self.ivs(ir).len());
        check::access(ir, op, self.dst(ir), self.dst_at(ir), loops, "dst")?;
        check::access(ir, op, self.src(ir), self.src_at(ir), loops, "src")?;
        check::in_space(ir, op, self.dst(ir), "L1", "dst")?;
        check::in_space(ir, op, self.src(ir), "L1", "src")?;
        check::same_elem(ir, op, &[(self.src(ir), "src")])?;
        check::accumulators(ir, op, self.dst(ir), "dst")?;
        for (what, v, least) in [
            ("xb", self.xb(ir), 0),
            ("len", self.len(ir), 1),
            ("rows", self.rows(ir), 1),
            ("outputs", self.outputs(ir), 1),
            ("src_stride", self.src_stride(ir), 0),
            ("dst_stride", self.dst_stride(ir), 0),
            ("shift", self.shift(ir), 0),
        ] {
            check::at_least(ir, op, what, v, least)?;
        }
        check::port(ir, op, self.slices(ir), self.polarities(ir), self.cell_bits(ir))
    }
}

op! {
    /// Core mode: an operator whose weights live in the crossbars of `cores` cores from `core`. The body lists the
    /// `write_xb` operations that program them. `offset` times the sum of the inputs of a group is subtracted digitally.
    pub Resident = "cim.xbar.resident" : [Symbol, SingleBlock, NoTerminator, NoRegionArguments] {
        props    {
            sym_name: SymbolNameAttr, name: StrAttr, core: I64Attr, cores: I64Attr, outputs: I64Attr, slices: I64Attr = 1,
            polarities: I64Attr = 1, cell_bits: I64Attr, offset: I64Attr = 0
        }
        regions  { body }
        format   "$sym_name `cores` $core `,` $cores `outputs` $outputs attr-dict-with-keyword $body"
        verify
    }
}

impl Verify for Resident {
    fn verify(self, ir: &Ir) -> Result<(), Diagnostic> {
        let op = self.op();
        check::at_least(ir, op, "core", self.core(ir), 0)?;
        check::at_least(ir, op, "cores", self.cores(ir), 1)?;
        check::at_least(ir, op, "outputs", self.outputs(ir), 1)?;
        let writes = ir.body(op).into_iter().flat_map(|b| ir.ops_of(b)).collect::<Vec<_>>();
        if let Some(&other) = writes.iter().find(|&&w| WriteXb::cast(ir, w).is_none()) {
            return Err(ir.op_error(op, format!("holds '{}'; only cim.xbar.write_xb is allowed", ir.name_str(other))));
        }
        if writes.is_empty() {
            return Err(ir.op_error(op, "programs no crossbar"));
        }
        check::port(ir, op, self.slices(ir), self.polarities(ir), self.cell_bits(ir))
    }
}

op! {
    /// Core mode: programs the crossbars of a resident operator.
    pub WriteCore = "cim.xbar.write_core" {
        props    { resident: SymbolAttr }
        format   "$resident attr-dict"
    }
}

op! {
    /// Core mode: a whole operator on its cores, from `src` (H, W, C) to accumulators `dst` (Ho, Wo, channels), both in L0. `src_at` and `dst_at` name
    /// the first element of the part that is computed; `window` describes that part (numbers as in `cim.xbar.layer`); positions
    /// outside the input read `pad_value`. `accumulate` adds to what `dst` holds.
    pub ReadCore = "cim.xbar.read_core" {
        operands { dst: BUFFER, src: BUFFER, ivs*: INDEX }
        props    {
            resident: SymbolAttr, window: I64Array, pad_value: I64Attr = 0, src_at: MapAttr, dst_at: MapAttr, accumulate: UnitAttr
        }
        format   "$resident `window` $window `,` $dst `at` $dst_at `from` $src `at` $src_at (`for` $ivs^)? attr-dict `:` type($dst) `,` type($src)"
        verify
    }
}

impl Verify for ReadCore {
    fn verify(self, ir: &Ir) -> Result<(), Diagnostic> {
        let (op, loops) = (self.op(), self.ivs(ir).len());
        check::access(ir, op, self.dst(ir), self.dst_at(ir), loops, "dst")?;
        check::access(ir, op, self.src(ir), self.src_at(ir), loops, "src")?;
        check::in_space(ir, op, self.dst(ir), "L0", "dst")?;
        check::in_space(ir, op, self.src(ir), "L0", "src")?;
        check::same_elem(ir, op, &[(self.src(ir), "src")])?;
        check::accumulators(ir, op, self.dst(ir), "dst")?;
        check::window(ir, op, &self.window(ir))
    }
}

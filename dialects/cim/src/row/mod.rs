//! `cim.row`: what wordline mode adds to `cim.xbar`: groups of rows instead of whole crossbars. See `RATIONALE.md`.

use crate::xbar::check;
use crate::xbar::crossbar::range;
use crate::xbar::program::BUFFER;
use cim_ir::constraints::INDEX;
use cim_ir::kinds::{I64Array, I64Attr, MapAttr, SymbolAttr, UnitAttr};
use cim_ir::registry::Dialect;
use cim_ir::view::Verify;
use cim_ir::{Diagnostic, Ir, op};

op! {
    /// Programs `len` rows of crossbar `xb` from row `row` with the rows `tile_row ..` of a tile (see `cim.xbar.write_xb`).
    pub WriteRow = "cim.row.write_row" {
        props    {
            xb: I64Attr, row: I64Attr, len: I64Attr, tile_row: I64Attr = 0, matrix: SymbolAttr, rows: I64Array, cols: I64Array,
            group_range?: I64Array, slice: I64Attr = 0
        }
        format   "$xb `row` $row `x` $len `,` $matrix `rows` $rows `cols` $cols attr-dict"
        verify
    }
}

impl Verify for WriteRow {
    fn verify(self, ir: &Ir) -> Result<(), Diagnostic> {
        let op = self.op();
        for (what, v, least) in [
            ("xb", self.xb(ir), 0),
            ("row", self.row(ir), 0),
            ("len", self.len(ir), 1),
            ("tile_row", self.tile_row(ir), 0),
            ("slice", self.slice(ir), 0),
        ] {
            check::at_least(ir, op, what, v, least)?;
        }
        range(ir, op, "rows", &self.rows(ir))?;
        range(ir, op, "cols", &self.cols(ir))?;
        let groups = self.group_range(ir);
        groups.as_deref().map_or(Ok(()), |g| range(ir, op, "group_range", g))?;
        let height = self.rows(ir)[1].saturating_mul(groups.map_or(1, |g| g[1]));
        if self.tile_row(ir) + self.len(ir) > height {
            return Err(ir.op_error(op, format!("writes beyond the {height} rows of the tile")));
        }
        Ok(())
    }
}

op! {
    /// One conversion group: crossbar `xb` multiplies `len` inputs from `src` on rows `row_at ..` and writes or adds
    /// `outputs` accumulators at `dst`, as `cim.xbar.read_xb` does.
    pub ReadRow = "cim.row.read_row" {
        operands { dst: BUFFER, src: BUFFER, ivs*: INDEX }
        props    {
            xb: I64Attr, row_at: MapAttr, len: I64Attr, outputs: I64Attr, src_at: MapAttr, dst_at: MapAttr, slices: I64Attr = 1,
            polarities: I64Attr = 1, cell_bits: I64Attr, shift: I64Attr = 0, negate: UnitAttr, accumulate: UnitAttr
        }
        format   "$xb `row` $row_at `x` $len `outputs` $outputs `,` $dst `at` $dst_at `from` $src `at` $src_at (`for` $ivs^)? attr-dict `:` type($dst) `,` type($src)"
        verify
    }
}

impl Verify for ReadRow {
    fn verify(self, ir: &Ir) -> Result<(), Diagnostic> {
        let (op, loops) = (self.op(), self.ivs(ir).len());
        check::access(ir, op, self.dst(ir), self.dst_at(ir), loops, "dst")?;
        check::access(ir, op, self.src(ir), self.src_at(ir), loops, "src")?;
        check::in_space(ir, op, self.dst(ir), "L1", "dst")?;
        check::in_space(ir, op, self.src(ir), "L1", "src")?;
        check::same_elem(ir, op, &[(self.src(ir), "src")])?;
        check::accumulators(ir, op, self.dst(ir), "dst")?;
        let row = self.row_at(ir);
        if row.dims as usize != loops || row.symbols != 0 || row.results.len() != 1 {
            return Err(ir.op_error(op, "row_at must map the loop indices to one row"));
        }
        for (what, v, least) in [
            ("xb", self.xb(ir), 0),
            ("len", self.len(ir), 1),
            ("outputs", self.outputs(ir), 1),
            ("shift", self.shift(ir), 0),
        ] {
            check::at_least(ir, op, what, v, least)?;
        }
        check::port(ir, op, self.slices(ir), self.polarities(ir), self.cell_bits(ir))
    }
}

/// The dialect.
pub static ROW: Dialect = Dialect {
    ops: &[WriteRow::DEF, ReadRow::DEF],
    ..Dialect::new("cim.row", "Wordline mode: programs on groups of rows.")
};

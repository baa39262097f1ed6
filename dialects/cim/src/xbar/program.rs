//! What a program is made of: weight matrices, requantisation constants, buffers, layers, parallel blocks.

use super::check::{self, Mem};
use cim_ir::constraints::{ANY_MEMREF, types};
use cim_ir::kinds::{ElementsAttr, I64Array, I64Attr, StrAttr, SymbolNameAttr, UnitAttr};
use cim_ir::op_def::TypeConstraint;
use cim_ir::view::Verify;
use cim_ir::{Diagnostic, Ir, enum_attr, op};

/// A buffer: a memref with memory space "L0", "L1" or "host".
pub const BUFFER: TypeConstraint =
    types("memref in memory space \"L0\", \"L1\" or \"host\"", |c, t| Mem::of(c, t).is_some());

enum_attr! {
    /// Where a layer runs.
    pub PlacementAttr ("where a layer runs") {
        /// On crossbars.
        Cim = "cim",
        /// On the digital units of the chip.
        Alu = "alu",
        /// On the host.
        Host = "host",
    }
}

op! {
    /// Weights seen as `groups` matrices of `rows x cols`, a view of a constant in ONNX order, and how they become cells.
    ///
    /// Element (group g, row r, column c) is element `base + g*group_stride + sum_d digit_d(r)*stride_d + c*col_stride` of the
    /// constant, where `row_dims = [extent, stride, ...]` (outermost first, at most 4 pairs) decomposes `r`. Rows are (kernel position, input
    /// channel); `inner` is the number of input channels of a group. `differential` selects column pairs instead of
    /// offset encoding, `bits_to_crossbars` puts bit slices in different crossbars, `narrow` says that no weight has the
    /// most negative value. Remapped rows: each tile is written `slots` times into its crossbar, `slot_rows` rows apart.
    pub Matrix = "cim.xbar.matrix" : [Symbol] {
        props {
            sym_name: SymbolNameAttr, weights: ElementsAttr, base: I64Attr = 0, groups: I64Attr = 1, group_stride: I64Attr = 0,
            row_dims: I64Array, cols: I64Attr, col_stride: I64Attr, inner: I64Attr, cell_bits: I64Attr,
            narrow: UnitAttr, differential: UnitAttr, bits_to_crossbars: UnitAttr, slots: I64Attr = 1, slot_rows: I64Attr = 0
        }
        format   "$sym_name `rows` $row_dims `cols` $cols `by` $col_stride `inner` $inner attr-dict"
        verify
    }
}

impl Matrix {
    /// Rows of one group.
    pub fn rows(self, ir: &Ir) -> i64 {
        self.row_dims(ir).chunks(2).map(|d| d[0]).fold(1, i64::saturating_mul)
    }
}

impl Verify for Matrix {
    fn verify(self, ir: &Ir) -> Result<(), Diagnostic> {
        let dims = self.row_dims(ir);
        let fail = |text: String| Err(ir.op_error(self.op(), text));
        if dims.is_empty() || !dims.len().is_multiple_of(2) || dims.len() > 8 {
            return fail("row_dims must hold one to four pairs of extent and stride".into());
        }
        if dims.chunks(2).any(|d| d[0] < 1 || d[1] < 0) {
            return fail("extents in row_dims must be positive and strides not negative".into());
        }
        let counts = [
            ("groups", self.groups(ir)),
            ("cols", self.cols(ir)),
            ("inner", self.inner(ir)),
            ("slots", self.slots(ir)),
        ];
        if let Some((what, v)) = counts.into_iter().find(|(_, v)| *v < 1) {
            return fail(format!("{what} must be positive, got {v}"));
        }
        let distances = [
            ("base", self.base(ir)),
            ("group_stride", self.group_stride(ir)),
            ("col_stride", self.col_stride(ir)),
            ("slot_rows", self.slot_rows(ir)),
        ];
        if let Some((what, v)) = distances.into_iter().find(|(_, v)| *v < 0) {
            return fail(format!("{what} must not be negative, got {v}"));
        }
        if self.rows(ir) % self.inner(ir) != 0 {
            return fail(format!("has {} rows, no multiple of its {} input channels", self.rows(ir), self.inner(ir)));
        }
        if !(1..=8).contains(&self.cell_bits(ir)) {
            return fail(format!("cells hold 1 to 8 bits, got {}", self.cell_bits(ir)));
        }
        let last = dims.chunks(2).map(|d| (d[0] - 1).saturating_mul(d[1])).fold(0, i64::saturating_add);
        let last = last
            .saturating_add(self.base(ir))
            .saturating_add((self.groups(ir) - 1).saturating_mul(self.group_stride(ir)))
            .saturating_add((self.cols(ir) - 1).saturating_mul(self.col_stride(ir)));
        match check::elements(ir.ctx(), self.weights(ir)) {
            None => fail("weights must be an integer tensor of at most 16 bits with static shape".into()),
            Some(n) if last >= n => fail(format!("reaches element {last} of a weight constant with {n} elements")),
            Some(_) => Ok(()),
        }
    }
}

op! {
    /// Constants of a requantisation: `clamp((acc*multiplier[c] + addend[c] + 2^(shift-1)) >> shift, lo, hi)`; with
    /// `multiplier2` a second input is multiplied and added. One entry per channel, or one for all; for average pooling
    /// one per number of counted elements.
    pub Requant = "cim.xbar.requant" : [Symbol] {
        props {
            sym_name: SymbolNameAttr, multiplier: I64Array, addend: I64Array, multiplier2?: I64Array, shift: I64Attr,
            lo: I64Attr, hi: I64Attr
        }
        format   "$sym_name `shift` $shift `to` $lo `,` $hi attr-dict"
        verify
    }
}

impl Verify for Requant {
    fn verify(self, ir: &Ir) -> Result<(), Diagnostic> {
        let fail = |text: String| Err(ir.op_error(self.op(), text));
        let n = self.multiplier(ir).len();
        if n == 0 || self.addend(ir).len() != n || self.multiplier2(ir).is_some_and(|m| m.len() != n) {
            return fail("multipliers and addends must have the same number of entries, at least one".into());
        }
        if !(1..=62).contains(&self.shift(ir)) {
            return fail(format!("shift must be in 1..=62, got {}", self.shift(ir)));
        }
        if self.lo(ir) > self.hi(ir) {
            return fail(format!("lower bound {} is above upper bound {}", self.lo(ir), self.hi(ir)));
        }
        Ok(())
    }
}

op! {
    /// A buffer: `memref<H x W x C x T, "L0">` (extents with border), `memref<N x T, "L1">` in the buffer of one core, or a float
    /// tensor `memref<.. x f32, "host">`.
    ///
    /// `border = [top, left, bottom, right]` says how much of an L0 buffer surrounds the tensor. `core` is required in L1.
    /// `address` (bytes from the start of L0, or of the core's L1) is set by `cim-allocate`.
    pub Alloc = "cim.xbar.alloc" {
        props    { name: StrAttr, core?: I64Attr, address?: I64Attr, border?: I64Array }
        results  { buffer: BUFFER }
        format   "`(` $name `)` (`core` $core^)? (`at` $address^)? (`border` $border^)? attr-dict `:` type($buffer)"
        verify
    }
}

impl Verify for Alloc {
    fn verify(self, ir: &Ir) -> Result<(), Diagnostic> {
        let fail = |text: String| Err(ir.op_error(self.op(), text));
        let Some(mem) = Mem::of(ir.ctx(), ir.ty(self.buffer(ir))) else { return Ok(()) };
        match (mem.space, self.core(ir)) {
            ("L1", None) => return fail("an L1 buffer must name its core".into()),
            ("L1", Some(c)) if c < 0 => return fail(format!("core must not be negative, got {c}")),
            ("L0" | "host", Some(_)) => return fail(format!("a buffer in {} has no core", mem.space)),
            _ => {}
        }
        if self.address(ir).is_some_and(|a| a < 0) {
            return fail("address must not be negative".into());
        }
        if let Some(b) = self.border(ir) {
            if mem.space != "L0" || mem.dims.len() != 3 || b.len() != 4 || b.iter().any(|x| *x < 0) {
                return fail("border must be four non-negative numbers on a three-dimensional L0 buffer".into());
            }
            if b[0].saturating_add(b[2]) >= mem.dims[0] || b[1].saturating_add(b[3]) >= mem.dims[1] {
                return fail("border leaves no interior".into());
            }
        }
        Ok(())
    }
}

op! {
    /// Everything one layer of the network does. `outs` are the buffers that hold its tensors afterwards; `nodes` are the
    /// positions of the operations in `@network` that computed them. `window` is [H, W, C, Ho, Wo, kh, kw, sh, sw, dh,
    /// dw, top, left, bottom, right]; `matrix` the rows and columns of one group. With remapped rows (`slots` above 1) consecutive
    /// pixels use the slots of the crossbars in turn, `slot_rows` rows apart.
    pub Layer = "cim.xbar.layer" : [SingleBlock, NoTerminator, NoRegionArguments] {
        operands { outs*: ANY_MEMREF }
        props    {
            name: StrAttr, kind: StrAttr, placement: PlacementAttr, reason: StrAttr, nodes: I64Array, segment: I64Attr = 0,
            window?: I64Array, cout: I64Attr = 0, groups: I64Attr = 1, matrix?: I64Array, weight_bits: I64Attr = 0,
            activation_bits: I64Attr = 0, crossbars: I64Attr = 0, cores: I64Attr = 0, copies: I64Attr = 1,
            slots: I64Attr = 1, slot_rows: I64Attr = 0, pad_value: I64Attr = 0, count_include_pad: UnitAttr
        }
        regions  { body }
        format   "$name $kind `on` $placement `because` $reason (`->` $outs^ `:` type($outs))? `nodes` $nodes attr-dict-with-keyword $body"
        verify
    }
}

impl Verify for Layer {
    fn verify(self, ir: &Ir) -> Result<(), Diagnostic> {
        let outs = self.outs(ir).len();
        if outs != self.nodes(ir).len() {
            let text = format!("names {} nodes for {outs} buffers", self.nodes(ir).len());
            return Err(ir.op_error(self.op(), text));
        }
        if let Some(w) = self.window(ir) {
            check::window(ir, self.op(), &w)?;
        }
        if self.matrix(ir).is_some_and(|m| m.len() != 2 || m.iter().any(|n| *n < 1)) {
            return Err(ir.op_error(self.op(), "matrix must be rows and columns, both positive"));
        }
        for (what, v, least) in [
            ("segment", self.segment(ir), 0),
            ("cout", self.cout(ir), 0),
            ("groups", self.groups(ir), 1),
            ("crossbars", self.crossbars(ir), 0),
            ("cores", self.cores(ir), 0),
            ("copies", self.copies(ir), 1),
            ("slots", self.slots(ir), 1),
            ("slot_rows", self.slot_rows(ir), 0),
        ] {
            check::at_least(ir, self.op(), what, v, least)?;
        }
        for (what, v) in [("weight_bits", self.weight_bits(ir)), ("activation_bits", self.activation_bits(ir))] {
            if !(0..=64).contains(&v) {
                return Err(ir.op_error(self.op(), format!("{what} must be in 0..=64, got {v}")));
            }
        }
        Ok(())
    }
}

op! {
    /// Everything inside happens at once: leaf operations only, no crossbar twice, no overlap unless both read.
    pub Parallel = "cim.xbar.parallel" : [SingleBlock, NoTerminator, NoRegionArguments] {
        regions  { body }
        format   "$body attr-dict"
        verify
    }
}

impl Verify for Parallel {
    fn verify(self, ir: &Ir) -> Result<(), Diagnostic> {
        let Some(block) = ir.body(self.op()) else { return Ok(()) };
        for inner in ir.ops_of(block) {
            if !ir.regions_of(inner).is_empty() {
                let text =
                    format!("holds '{}', which has a region; only leaf operations may run at once", ir.name_str(inner));
                return Err(ir.op_error(self.op(), text));
            }
        }
        Ok(())
    }
}

//! Digital computation (DCOM). Lengths, strides and counts are in elements; sources and destinations are contiguous runs.

use super::check;
use super::program::BUFFER;
use cim_ir::constraints::INDEX;
use cim_ir::kinds::{I64Array, I64Attr, MapAttr, SymbolAttr, UnitAttr};
use cim_ir::view::Verify;
use cim_ir::{Diagnostic, Ir, ValueId, enum_attr, op};

/// Checks operations with a destination and a source of one element type.
macro_rules! unary {
    ($name:ident) => {
        unary!($name, |_, _| Ok(()));
    };
    ($name:ident, $also:expr) => {
        impl Verify for $name {
            fn verify(self, ir: &Ir) -> Result<(), Diagnostic> {
                let (op, loops) = (self.op(), self.ivs(ir).len());
                check::access(ir, op, self.dst(ir), self.dst_at(ir), loops, "dst")?;
                check::access(ir, op, self.src(ir), self.src_at(ir), loops, "src")?;
                check::at_least(ir, op, "len", self.len(ir), 1)?;
                check::same_elem(ir, op, &[(self.dst(ir), "dst"), (self.src(ir), "src")])?;
                let also: fn($name, &Ir) -> Result<(), Diagnostic> = $also;
                also(self, ir)
            }
        }
    };
}
macro_rules! binary {
    ($name:ident) => {
        impl Verify for $name {
            fn verify(self, ir: &Ir) -> Result<(), Diagnostic> {
                let (op, loops) = (self.op(), self.ivs(ir).len());
                check::access(ir, op, self.dst(ir), self.dst_at(ir), loops, "dst")?;
                check::access(ir, op, self.a(ir), self.a_at(ir), loops, "a")?;
                check::access(ir, op, self.b(ir), self.b_at(ir), loops, "b")?;
                check::at_least(ir, op, "len", self.len(ir), 1)?;
                check::same_elem(ir, op, &[(self.dst(ir), "dst"), (self.a(ir), "a"), (self.b(ir), "b")])
            }
        }
    };
}

op! {
    /// `dst = max(src, 0)` over `len` elements.
    pub Relu = "cim.xbar.relu" {
        operands { dst: BUFFER, src: BUFFER, ivs*: INDEX }
        props    { len: I64Attr, dst_at: MapAttr, src_at: MapAttr }
        format   "$len `,` $dst `at` $dst_at `from` $src `at` $src_at (`for` $ivs^)? attr-dict `:` type($dst) `,` type($src)"
        verify
    }
}
unary!(Relu);

op! {
    /// `dst = clamp(src, lo, hi)` over `len` elements.
    pub Clip = "cim.xbar.clip" {
        operands { dst: BUFFER, src: BUFFER, ivs*: INDEX }
        props    { len: I64Attr, lo: I64Attr, hi: I64Attr, dst_at: MapAttr, src_at: MapAttr }
        format   "$len `to` $lo `,` $hi `,` $dst `at` $dst_at `from` $src `at` $src_at (`for` $ivs^)? attr-dict `:` type($dst) `,` type($src)"
        verify
    }
}
unary!(Clip, |clip, ir| check::bounds(ir, clip.op(), clip.lo(ir), clip.hi(ir)));

op! {
    /// `dst = a + b` over `len` elements.
    pub Add = "cim.xbar.add" {
        operands { dst: BUFFER, a: BUFFER, b: BUFFER, ivs*: INDEX }
        props    { len: I64Attr, dst_at: MapAttr, a_at: MapAttr, b_at: MapAttr }
        format   "$len `,` $dst `at` $dst_at `from` $a `at` $a_at `,` $b `at` $b_at (`for` $ivs^)? attr-dict `:` type($dst) `,` type($a) `,` type($b)"
        verify
    }
}
binary!(Add);

op! {
    /// `dst = a * b` over `len` elements.
    pub Mul = "cim.xbar.mul" {
        operands { dst: BUFFER, a: BUFFER, b: BUFFER, ivs*: INDEX }
        props    { len: I64Attr, dst_at: MapAttr, a_at: MapAttr, b_at: MapAttr }
        format   "$len `,` $dst `at` $dst_at `from` $a `at` $a_at `,` $b `at` $b_at (`for` $ivs^)? attr-dict `:` type($dst) `,` type($a) `,` type($b)"
        verify
    }
}
binary!(Mul);

op! {
    /// `dst[j] (+)= sum over i < count of src[i*stride + j]`, `len` elements: merges partial sums.
    pub ReduceAdd = "cim.xbar.reduce_add" {
        operands { dst: BUFFER, src: BUFFER, ivs*: INDEX }
        props    { len: I64Attr, count: I64Attr, stride: I64Attr, dst_at: MapAttr, src_at: MapAttr, accumulate: UnitAttr }
        format   "$len `count` $count `stride` $stride `,` $dst `at` $dst_at `from` $src `at` $src_at (`for` $ivs^)? attr-dict `:` type($dst) `,` type($src)"
        verify
    }
}
unary!(ReduceAdd, |sum, ir| {
    check::at_least(ir, sum.op(), "count", sum.count(ir), 1)?;
    check::at_least(ir, sum.op(), "stride", sum.stride(ir), 0)
});

op! {
    /// `dst[j] (+|-)= src[j] << shift` over `len` elements: merges bit slices.
    pub ShiftAcc = "cim.xbar.shift_acc" {
        operands { dst: BUFFER, src: BUFFER, ivs*: INDEX }
        props    { len: I64Attr, shift: I64Attr, dst_at: MapAttr, src_at: MapAttr, negate: UnitAttr }
        format   "$len `shift` $shift `,` $dst `at` $dst_at `from` $src `at` $src_at (`for` $ivs^)? attr-dict `:` type($dst) `,` type($src)"
        verify
    }
}
unary!(ShiftAcc, |acc, ir| {
    let bits = check::int(ir.ctx(), check::mem(ir, acc.dst(ir)).elem).map_or(0, |(bits, _)| i64::from(bits));
    match acc.shift(ir) {
        shift if (0..bits).contains(&shift) => Ok(()),
        shift => {
            Err(ir.op_error(acc.op(), format!("shift must be in 0..{bits} for elements of {bits} bits, got {shift}")))
        }
    }
});

op! {
    /// Offset correction. For group g: `dst[g*outputs + j] -= factor * sum over p < positions, i < inner of
    /// src[p*groups*inner + g*inner + i]`.
    pub Offset = "cim.xbar.offset" {
        operands { dst: BUFFER, src: BUFFER, ivs*: INDEX }
        props    { positions: I64Attr = 1, groups: I64Attr = 1, inner: I64Attr, outputs: I64Attr, factor: I64Attr, dst_at: MapAttr, src_at: MapAttr }
        format   "$factor `inner` $inner `outputs` $outputs `,` $dst `at` $dst_at `from` $src `at` $src_at (`for` $ivs^)? attr-dict `:` type($dst) `,` type($src)"
        verify
    }
}

impl Verify for Offset {
    fn verify(self, ir: &Ir) -> Result<(), Diagnostic> {
        let (op, loops) = (self.op(), self.ivs(ir).len());
        check::access(ir, op, self.dst(ir), self.dst_at(ir), loops, "dst")?;
        check::access(ir, op, self.src(ir), self.src_at(ir), loops, "src")?;
        check::accumulators(ir, op, self.dst(ir), "dst")?;
        check::same_elem(ir, op, &[(self.src(ir), "src")])?;
        for (what, v) in [
            ("positions", self.positions(ir)),
            ("groups", self.groups(ir)),
            ("inner", self.inner(ir)),
            ("outputs", self.outputs(ir)),
        ] {
            check::at_least(ir, op, what, v, 1)?;
        }
        Ok(())
    }
}

op! {
    /// Requantises `len` accumulators with the constants `requant`; element j uses channel `channel + j mod channels`.
    pub Requantize = "cim.xbar.requantize" {
        operands { dst: BUFFER, src: BUFFER, ivs*: INDEX }
        props    { requant: SymbolAttr, len: I64Attr, channel: I64Attr = 0, channels: I64Attr, dst_at: MapAttr, src_at: MapAttr }
        format   "$requant $len `channels` $channel `,` $channels `,` $dst `at` $dst_at `from` $src `at` $src_at (`for` $ivs^)? attr-dict `:` type($dst) `,` type($src)"
        verify
    }
}

impl Verify for Requantize {
    fn verify(self, ir: &Ir) -> Result<(), Diagnostic> {
        let (op, loops) = (self.op(), self.ivs(ir).len());
        check::access(ir, op, self.dst(ir), self.dst_at(ir), loops, "dst")?;
        check::access(ir, op, self.src(ir), self.src_at(ir), loops, "src")?;
        check::same_elem(ir, op, &[(self.dst(ir), "dst")])?;
        check::same_elem(ir, op, &[(self.src(ir), "src")])?;
        check::at_least(ir, op, "channel", self.channel(ir), 0)?;
        check::at_least(ir, op, "channels", self.channels(ir), 1)?;
        check::at_least(ir, op, "len", self.len(ir), 1)?;
        if self.len(ir) % self.channels(ir) != 0 {
            return Err(
                ir.op_error(op, format!("len {} is no multiple of channels {}", self.len(ir), self.channels(ir)))
            );
        }
        Ok(())
    }
}

op! {
    /// Residual addition `round(M1*a + M2*b + B)` over `len` elements, constants `requant` with a second multiplier.
    pub AddRequantize = "cim.xbar.add_requantize" {
        operands { dst: BUFFER, a: BUFFER, b: BUFFER, ivs*: INDEX }
        props    { requant: SymbolAttr, len: I64Attr, dst_at: MapAttr, a_at: MapAttr, b_at: MapAttr }
        format   "$requant $len `,` $dst `at` $dst_at `from` $a `at` $a_at `,` $b `at` $b_at (`for` $ivs^)? attr-dict `:` type($dst) `,` type($a) `,` type($b)"
        verify
    }
}

impl Verify for AddRequantize {
    fn verify(self, ir: &Ir) -> Result<(), Diagnostic> {
        let (op, loops) = (self.op(), self.ivs(ir).len());
        let all: [(ValueId, _, _); 3] = [
            (self.dst(ir), self.dst_at(ir), "dst"),
            (self.a(ir), self.a_at(ir), "a"),
            (self.b(ir), self.b_at(ir), "b"),
        ];
        for (value, map, what) in all {
            check::access(ir, op, value, map, loops, what)?;
            check::same_elem(ir, op, &[(value, what)])?;
        }
        check::at_least(ir, op, "len", self.len(ir), 1)
    }
}

enum_attr! {
    /// Which pooling.
    pub PoolAttr ("kind of pooling") {
        /// Maximum of the window, padding skipped.
        Max = "max",
        /// Sum, requantised by the number of counted elements.
        Average = "average",
    }
}

op! {
    /// Pooling of a whole tensor between two L0 buffers; `window` as in `cim.xbar.layer`. Average pooling names its constants.
    pub Pool = "cim.xbar.pool" {
        operands { dst: BUFFER, src: BUFFER }
        props    { kind: PoolAttr, window: I64Array, requant?: SymbolAttr, count_include_pad: UnitAttr, pad_value: I64Attr = 0 }
        format   "$kind `window` $window (`by` $requant^)? `,` $dst `from` $src attr-dict `:` type($dst) `,` type($src)"
        verify
    }
}

impl Verify for Pool {
    fn verify(self, ir: &Ir) -> Result<(), Diagnostic> {
        let op = self.op();
        check::window(ir, op, &self.window(ir))?;
        for (value, what) in [(self.dst(ir), "dst"), (self.src(ir), "src")] {
            check::in_space(ir, op, value, "L0", what)?;
            if check::mem(ir, value).dims.len() != 3 {
                return Err(ir.op_error(op, format!("{what} must have the dimensions H, W, C")));
            }
            check::same_elem(ir, op, &[(value, what)])?;
        }
        if (self.kind(ir) == PoolAttr::Average) != self.requant(ir).is_some() {
            return Err(ir.op_error(op, "average pooling names requantisation constants, max pooling has none"));
        }
        Ok(())
    }
}

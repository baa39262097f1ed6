//! One description of every record, from which the bytes and the text of it follow.

use crate::instr::{Addr, Affine, Instr, MoveDim, PoolKind, Space};
use crate::program::*;
use crate::reference::*;
use crate::text::parse::{Parsed, Parser};
use crate::text::print::Printer;
use crate::types::*;
use crate::wire::{Reader, Result, Writer};

/// A value with a binary and a text form.
pub(crate) trait Field: Sized {
    fn put(&self, w: &mut Writer);
    fn get(r: &mut Reader) -> Result<Self>;
    fn show(&self, t: &mut Printer);
    fn read(p: &mut Parser) -> Parsed<Self>;
    /// Text leaves the field out.
    fn hidden(&self) -> bool {
        false
    }
    /// The value of a field that text leaves out.
    fn absent() -> Option<Self> {
        None
    }
    /// The value of a field that text gives by its bare name.
    fn bare() -> Option<Self> {
        None
    }
}

/// An enum whose variants have named fields.
pub(crate) trait Variants: Sized {
    fn tag_and_name(&self) -> (u8, &'static str);
    fn put_fields(&self, w: &mut Writer);
    /// None: no such variant.
    fn get_fields(tag: u8, r: &mut Reader) -> Result<Option<Self>>;
    fn show_fields(&self, t: &mut Printer);
    /// None: no such variant.
    fn read_fields(name: &str, p: &mut Parser) -> Parsed<Option<Self>>;
}

macro_rules! record {
    ($ty:ident { $($f:ident),* $(,)? }) => {
        impl Field for $ty {
            fn put(&self, w: &mut Writer) { $(self.$f.put(w);)* }
            fn get(r: &mut Reader) -> Result<Self> { Ok($ty { $($f: Field::get(r)?),* }) }
            fn show(&self, t: &mut Printer) {
                t.push('{');
                $(t.field(stringify!($f), &self.$f);)*
                t.close('}');
            }
            fn read(p: &mut Parser) -> Parsed<Self> {
                p.expect('{')?;
                let v = $ty { $($f: p.field(stringify!($f))?),* };
                p.expect('}')?;
                Ok(v)
            }
        }
    };
}

macro_rules! variants {
    ($ty:ident { $($tag:literal => $var:ident $name:literal { $($f:ident),* $(,)? }),* $(,)? } $(else $other:pat => $fallback:expr)?) => {
        impl Variants for $ty {
            fn tag_and_name(&self) -> (u8, &'static str) {
                match self { $($ty::$var { .. } => ($tag, $name),)* $($other => $fallback,)? }
            }
            #[allow(unused_variables)] // variants without fields use neither reader nor writer
            fn put_fields(&self, w: &mut Writer) {
                match self { $($ty::$var { $($f),* } => { $($f.put(w);)* })* $($other => {})? }
            }
            #[allow(unused_variables)] // variants without fields use neither reader nor writer
            fn get_fields(tag: u8, r: &mut Reader) -> Result<Option<Self>> {
                Ok(Some(match tag {
                    $($tag => $ty::$var { $($f: Field::get(r)?),* },)*
                    _ => return Ok(None),
                }))
            }
            #[allow(unused_variables)] // variants without fields use neither reader nor writer
            fn show_fields(&self, t: &mut Printer) {
                match self { $($ty::$var { $($f),* } => { $(t.field(stringify!($f), $f);)* })* $($other => {})? }
            }
            fn read_fields(name: &str, p: &mut Parser) -> Parsed<Option<Self>> {
                Ok(Some(match name {
                    $($name => $ty::$var { $($f: p.field(stringify!($f))?),* },)*
                    _ => return Ok(None),
                }))
            }
        }
    };
}

/// The usual form of an enum inside a record: `name{fields}`.
macro_rules! variant_field {
    ($ty:ident, $what:literal) => {
        impl Field for $ty {
            fn put(&self, w: &mut Writer) {
                w.byte(self.tag_and_name().0);
                self.put_fields(w);
            }
            fn get(r: &mut Reader) -> Result<Self> {
                let at = r.pos();
                let tag = r.byte()?;
                match Self::get_fields(tag, r)? {
                    Some(v) => Ok(v),
                    None => r.fail(at, format!(concat!("unknown ", $what, " {}"), tag)),
                }
            }
            fn show(&self, t: &mut Printer) {
                t.push_str(self.tag_and_name().1);
                t.push('{');
                self.show_fields(t);
                t.close('}');
            }
            fn read(p: &mut Parser) -> Parsed<Self> {
                let at = p.here();
                let name = p.ident()?.to_owned();
                p.expect('{')?;
                let v = Self::read_fields(&name, p)?;
                let Some(v) = v else { return p.fail(at, format!(concat!("unknown ", $what, " `{}`"), name)) };
                p.expect('}')?;
                Ok(v)
            }
        }
    };
}

/// An enum without fields.
macro_rules! choice {
    ($ty:ident, $what:literal { $($tag:literal => $var:ident $name:literal),* $(,)? }) => {
        impl Field for $ty {
            fn put(&self, w: &mut Writer) { w.byte(match self { $($ty::$var => $tag),* }) }
            fn get(r: &mut Reader) -> Result<Self> {
                let at = r.pos();
                match r.byte()? {
                    $($tag => Ok($ty::$var),)*
                    other => r.fail(at, format!(concat!("unknown ", $what, " {}"), other)),
                }
            }
            fn show(&self, t: &mut Printer) { t.push_str(match self { $($ty::$var => $name),* }) }
            fn read(p: &mut Parser) -> Parsed<Self> {
                let at = p.here();
                match p.ident()? {
                    $($name => Ok($ty::$var),)*
                    other => { let m = format!(concat!("unknown ", $what, " `{}`"), other); p.fail(at, m) }
                }
            }
        }
    };
}

macro_rules! ids {
    ($($ty:ident $prefix:literal),* $(,)?) => {
        $(
            impl Field for $ty {
                fn put(&self, w: &mut Writer) { w.varint(self.0 as u64) }
                fn get(r: &mut Reader) -> Result<Self> { Ok($ty(r.u32()?)) }
                fn show(&self, t: &mut Printer) { t.push($prefix); t.number(self.0); }
                fn read(p: &mut Parser) -> Parsed<Self> { Ok($ty(p.id($prefix)?)) }
            }
        )*
    };
}

ids! {
    ConstId 'c', BufferId 'b', MatrixId 'm', TileId 't', PortId 'p', ResidentId 'r', WindowId 'w', RequantId 'q',
    HostOpId 'h', HostTensorId 'f', RefTensorId 'x',
}

choice!(ProgramMode, "mode" { 0 => Cm "cm", 1 => Xbm "xbm", 2 => Wlm "wlm" });
choice!(Placement, "placement" { 0 => Cim "cim", 1 => Alu "alu", 2 => Host "host" });
choice!(Rounding, "rounding" {
    0 => HalfUp "half_up",
    1 => HalfDown "half_down",
    2 => Up "up",
    3 => Down "down",
    4 => Ceil "ceil",
    5 => Floor "floor",
    6 => Sign "sign",
    7 => Bipolar "bipolar",
});
choice!(Space, "memory" { 0 => L0 "L0", 1 => L1 "L1" });

record!(Chip { cores, crossbars_per_core, rows, columns });
record!(Buffer { name, space, addr, alloc, shape, strides, elem });
record!(Matrix { name, weights, base, groups, group_stride, row_dims, cols, col_stride, inner, weight, narrow });
record!(BindingSpec { differential, bits_to_crossbars, cell_bits });
record!(Tile { matrix, group0, groups, row0, rows, col0, cols, binding, slice });
record!(Port { input, outputs, slices, polarities, cell_bits, output });
record!(Window { input, output, kernel, stride, dilation, pad, pad_value, count_include_pad, pad_end });
record!(Requant { m, b, m2, shift, lo, hi });
record!(Resident { name, core, cores, placement, port, offset });
record!(HostTensor { name, shape, elem });
record!(HostOp { name, kind, inputs, output, reason });
record!(Layer {
    name,
    kind,
    placement,
    reason,
    window,
    cout,
    groups,
    matrix,
    weight_bits,
    activation_bits,
    crossbars,
    cores,
    duplication,
    segment,
    main,
});
record!(Interface { name, tensor, batched });
record!(RefTensor { name, shape, elem });
record!(Probe { buffer, after });
record!(RefNode { name, kind, inputs, output, probe });

variants!(HostKind {
    0 => Quantise "quantise" { scale, zero, lo, hi, rounding, zero_first, channels_last },
    1 => Dequantise "dequantise" { scale, zero, bias, channels_last },
    2 => Onnx "onnx" { op, version, result, ints, floats, strings },
});
variant_field!(HostKind, "host operator");

variants!(RefKind {
    0 => Host "host" { op },
    1 => Conv "conv" { weights, window, groups, weight_zero },
    2 => Linear "linear" { weights, transposed, weight_zero },
    3 => Requantise "requantise" { requant },
    4 => AddRequantise "add_requantise" { requant },
    5 => Relu "relu" {},
    6 => Clip "clip" { lo, hi },
    7 => MaxPool "max_pool" { window },
    8 => AveragePool "average_pool" { window, requant },
    9 => Reshape "reshape" {},
    10 => Concat "concat" {},
});
variant_field!(RefKind, "reference operator");

/// Opcode of [`Instr::Loop`].
pub(crate) const OP_LOOP: u8 = 0;
/// Opcode of [`Instr::Parallel`].
pub(crate) const OP_PARALLEL: u8 = 1;

variants!(Instr {
    2 => WriteXb "write_xb" { xb, tile },
    3 => WriteRow "write_row" { xb, row, tile, tile_row, len },
    4 => ReadXb "read_xb" { xb, len, rows, src, src_stride, dst, dst_stride, port, shift, negate, accumulate },
    5 => ReadRow "read_row" { xb, row, len, src, dst, port, shift, negate, accumulate },
    6 => WriteCore "write_core" { resident },
    7 => ReadCore "read_core" { resident, window, src, src_pitch, dst, dst_pitch, accumulate },
    16 => Relu "relu" { dst, src, len, elem },
    17 => Clip "clip" { dst, src, len, elem, lo, hi },
    18 => Add "add" { dst, a, b, len, elem },
    19 => Mul "mul" { dst, a, b, len, elem },
    20 => ReduceAdd "reduce_add" { dst, src, count, stride, len, elem, accumulate },
    21 => ShiftAcc "shift_acc" { dst, src, len, shift, negate, elem },
    22 => Offset "offset" { dst, src, input, positions, groups, inner, outputs, factor, elem },
    23 => Requantise "requantise" { dst, to, src, from, len, channel, channels, requant },
    24 => AddRequantise "add_requantise" { dst, to, a, a_elem, b, b_elem, len, requant },
    25 => Pool "pool" { kind, dst, src, window },
    32 => Mov "mov" { dst, src, dims, bytes, elem },
    33 => Fill "fill" { dst, dims, len, value, elem },
    40 => Host "host" { op },
} else Instr::Loop { .. } | Instr::Parallel { .. } => (OP_LOOP, "loop"));

impl Instr {
    /// Mnemonic, as in the text form.
    pub fn mnemonic(&self) -> &'static str {
        match self {
            Instr::Parallel { .. } => "parallel",
            other => other.tag_and_name().1,
        }
    }
}

impl Field for PoolKind {
    fn put(&self, w: &mut Writer) {
        match self {
            PoolKind::Max => w.byte(0),
            PoolKind::Average(q) => {
                w.byte(1);
                q.put(w);
            }
        }
    }
    fn get(r: &mut Reader) -> Result<Self> {
        let at = r.pos();
        match r.byte()? {
            0 => Ok(PoolKind::Max),
            1 => Ok(PoolKind::Average(Field::get(r)?)),
            other => r.fail(at, format!("unknown pooling {other}")),
        }
    }
    fn show(&self, t: &mut Printer) {
        match self {
            PoolKind::Max => t.push_str("max"),
            PoolKind::Average(q) => {
                t.push_str("average(");
                q.show(t);
                t.push(')');
            }
        }
    }
    fn read(p: &mut Parser) -> Parsed<Self> {
        let at = p.here();
        match p.ident()? {
            "max" => Ok(PoolKind::Max),
            "average" => {
                p.expect('(')?;
                let q = Field::read(p)?;
                p.expect(')')?;
                Ok(PoolKind::Average(q))
            }
            _ => p.fail(at, "expected `max` or `average(requant)`"),
        }
    }
}

impl Field for HostValue {
    fn put(&self, w: &mut Writer) {
        let (tag, id) = match self {
            HostValue::Tensor(i) => (0, i.0),
            HostValue::Buffer(i) => (1, i.0),
            HostValue::Constant(i) => (2, i.0),
            HostValue::Absent => (3, 0),
        };
        w.byte(tag);
        w.varint(id as u64);
    }
    fn get(r: &mut Reader) -> Result<Self> {
        let at = r.pos();
        let tag = r.byte()?;
        let id = r.u32()?;
        match tag {
            0 => Ok(HostValue::Tensor(HostTensorId(id))),
            1 => Ok(HostValue::Buffer(BufferId(id))),
            2 => Ok(HostValue::Constant(ConstId(id))),
            3 if id == 0 => Ok(HostValue::Absent),
            other => r.fail(at, format!("unknown kind of host operand {other}")),
        }
    }
    fn show(&self, t: &mut Printer) {
        match self {
            HostValue::Tensor(i) => i.show(t),
            HostValue::Buffer(i) => i.show(t),
            HostValue::Constant(i) => i.show(t),
            HostValue::Absent => t.push('-'),
        }
    }
    fn read(p: &mut Parser) -> Parsed<Self> {
        match p.peek() {
            Some(b'f') => Ok(HostValue::Tensor(Field::read(p)?)),
            Some(b'b') => Ok(HostValue::Buffer(Field::read(p)?)),
            Some(b'c') => Ok(HostValue::Constant(Field::read(p)?)),
            Some(b'-') => {
                p.bump();
                Ok(HostValue::Absent)
            }
            _ => p.fail_here("expected a host tensor (f0), a buffer (b0), a constant (c0) or -"),
        }
    }
}

impl Field for IntType {
    fn put(&self, w: &mut Writer) {
        w.byte((self.bits.wrapping_sub(1) << 1) | self.signed as u8);
    }
    fn get(r: &mut Reader) -> Result<Self> {
        let at = r.pos();
        match r.byte()? {
            b if b < 128 => Ok(IntType::new((b >> 1) + 1, b & 1 == 1)),
            b => r.fail(at, format!("unknown integer type {b}")),
        }
    }
    fn show(&self, t: &mut Printer) {
        t.push_str(if self.signed { "si" } else { "ui" });
        t.number(self.bits);
    }
    fn read(p: &mut Parser) -> Parsed<Self> {
        let at = p.here();
        match p.ident().ok().and_then(|word| word.parse().ok()) {
            Some(ElemType::Int(t)) => Ok(t),
            _ => p.fail(at, "expected an integer type such as si8 or ui4, 1 to 64 bits"),
        }
    }
}

/// Types that are no integers, with their byte.
const OTHER_ELEMENTS: [(u8, ElemType); 5] =
    [(128, ElemType::F32), (129, ElemType::F64), (130, ElemType::F16), (131, ElemType::BF16), (132, ElemType::Bool)];

impl Field for ElemType {
    fn put(&self, w: &mut Writer) {
        match self {
            ElemType::Int(t) => t.put(w),
            other => OTHER_ELEMENTS.iter().filter(|(_, e)| e == other).for_each(|(b, _)| w.byte(*b)),
        }
    }
    fn get(r: &mut Reader) -> Result<Self> {
        let at = r.pos();
        match r.byte()? {
            b if b < 128 => Ok(ElemType::Int(IntType::new((b >> 1) + 1, b & 1 == 1))),
            b => match OTHER_ELEMENTS.iter().find(|(byte, _)| *byte == b) {
                Some((_, e)) => Ok(*e),
                None => r.fail(at, format!("unknown element type {b}")),
            },
        }
    }
    fn show(&self, t: &mut Printer) {
        match self {
            ElemType::Int(i) => i.show(t),
            other => t.push_str(&other.to_string()),
        }
    }
    fn read(p: &mut Parser) -> Parsed<Self> {
        let at = p.here();
        match p.ident() {
            Ok(word) => match word.parse() {
                Ok(e) => Ok(e),
                Err(_) => p.fail(at, "expected an element type such as si8, ui4, f32 or bool"),
            },
            Err(e) => Err(e),
        }
    }
}

fn put_terms(w: &mut Writer, a: &Affine) {
    w.signed(a.base);
    for &(depth, c) in &a.terms {
        w.byte(depth);
        w.signed(c);
    }
}

fn get_terms(r: &mut Reader, at: usize, count: u64) -> Result<Affine> {
    if count > MAX_DEPTH as u64 {
        return r.fail(at, format!("{count} loop indices in one address, at most {MAX_DEPTH}"));
    }
    let base = r.signed()?;
    let mut terms = Vec::with_capacity(count as usize);
    r.charge(count as usize * size_of::<(u8, i64)>())?;
    for _ in 0..count {
        let depth = r.byte()?;
        terms.push((depth, r.signed()?));
    }
    Ok(Affine { base, terms })
}

impl Field for Affine {
    fn put(&self, w: &mut Writer) {
        w.varint(self.terms.len() as u64);
        put_terms(w, self);
    }
    fn get(r: &mut Reader) -> Result<Self> {
        let at = r.pos();
        let count = r.varint()?;
        get_terms(r, at, count)
    }
    fn show(&self, t: &mut Printer) {
        t.number(self.base);
        for &(depth, c) in &self.terms {
            t.push_str(if c < 0 { " - " } else { " + " });
            t.number(c.unsigned_abs());
            t.push_str("*i");
            t.number(depth);
        }
    }
    fn read(p: &mut Parser) -> Parsed<Self> {
        let mut a = Affine::constant(p.int()?);
        while let Some(sign @ (b'+' | b'-')) = p.peek() {
            p.bump();
            let at = p.here();
            let size: u64 = p.int()?;
            let c = if sign == b'-' { (-(size as i128)).try_into() } else { i64::try_from(size as i128) };
            let Ok(c) = c else { return p.fail(at, "coefficient does not fit 64 bits") };
            p.expect('*')?;
            let depth = p.id('i')?;
            let Ok(depth) = u8::try_from(depth) else { return p.fail(at, "loop depth is above 255") };
            a.terms.push((depth, c));
        }
        Ok(a)
    }
}

impl Field for Addr {
    fn put(&self, w: &mut Writer) {
        // One byte for memory and number of terms: most addresses have at most two.
        w.varint((self.at.terms.len() as u64) << 1 | (self.space == Space::L1) as u64);
        put_terms(w, &self.at);
    }
    fn get(r: &mut Reader) -> Result<Self> {
        let at = r.pos();
        let head = r.varint()?;
        let space = if head & 1 == 1 { Space::L1 } else { Space::L0 };
        Ok(Addr { space, at: get_terms(r, at, head >> 1)? })
    }
    fn show(&self, t: &mut Printer) {
        self.space.show(t);
        t.push('[');
        self.at.show(t);
        t.push(']');
    }
    fn read(p: &mut Parser) -> Parsed<Self> {
        let space = Field::read(p)?;
        p.expect('[')?;
        let at = Field::read(p)?;
        p.expect(']')?;
        Ok(Addr { space, at })
    }
}

impl Field for MoveDim {
    fn put(&self, w: &mut Writer) {
        w.varint(self.count as u64);
        w.signed(self.src_stride);
        w.signed(self.dst_stride);
    }
    fn get(r: &mut Reader) -> Result<Self> {
        Ok(MoveDim { count: r.u32()?, src_stride: r.signed()?, dst_stride: r.signed()? })
    }
    /// `count:source stride:destination stride`.
    fn show(&self, t: &mut Printer) {
        t.number(self.count);
        t.push(':');
        t.number(self.src_stride);
        t.push(':');
        t.number(self.dst_stride);
    }
    fn read(p: &mut Parser) -> Parsed<Self> {
        let count = p.int()?;
        p.expect(':')?;
        let src_stride = p.int()?;
        p.expect(':')?;
        Ok(MoveDim { count, src_stride, dst_stride: p.int()? })
    }
}

/// Deepest loop nest.
pub const MAX_DEPTH: usize = 16;

//! Element types, constants, buffers, matrices in crossbars and window geometry.

use bytes::Bytes;

/// Integer element type of `bits` 1..=64; stored in the smallest of 1, 2, 4 or 8 bytes, little-endian.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct IntType {
    /// Width in bits, 1..=64.
    pub bits: u8,
    /// Two's complement when true.
    pub signed: bool,
}

impl IntType {
    /// Accumulators that the verifier proved to fit 32 bits.
    pub const I32: IntType = IntType { bits: 32, signed: true };
    /// Wide accumulators.
    pub const I64: IntType = IntType { bits: 64, signed: true };

    /// A signed or unsigned type of `bits` bits.
    pub const fn new(bits: u8, signed: bool) -> Self {
        IntType { bits, signed }
    }
    /// Bytes one element takes in a buffer or in the constant section.
    pub const fn bytes(self) -> u32 {
        match self.bits {
            0..=8 => 1,
            9..=16 => 2,
            17..=32 => 4,
            _ => 8,
        }
    }
    /// Smallest value.
    pub const fn min(self) -> i64 {
        if self.signed { i64::MIN >> (64 - self.bits as u32) } else { 0 }
    }
    /// Largest value; an unsigned 64-bit type is not allowed, so it fits an `i64`.
    pub const fn max(self) -> i64 {
        if self.signed { i64::MAX >> (64 - self.bits as u32) } else { ((1u128 << self.bits) - 1) as i64 }
    }
}

/// Element type of a constant or of a tensor on the host. Only the host has elements that are no integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ElemType {
    /// Integer elements.
    Int(IntType),
    /// IEEE binary32.
    F32,
    /// IEEE binary64.
    F64,
    /// IEEE binary16.
    F16,
    /// The upper half of binary32.
    BF16,
    /// Truth values, one byte each: 0 or 1.
    Bool,
}

impl ElemType {
    /// Bytes per element.
    pub const fn bytes(self) -> u32 {
        match self {
            ElemType::Int(t) => t.bytes(),
            ElemType::F32 => 4,
            ElemType::F64 => 8,
            ElemType::F16 | ElemType::BF16 => 2,
            ElemType::Bool => 1,
        }
    }
}

impl std::fmt::Display for IntType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}i{}", if self.signed { 's' } else { 'u' }, self.bits)
    }
}

impl std::fmt::Display for ElemType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ElemType::Int(t) => t.fmt(f),
            ElemType::F32 => f.write_str("f32"),
            ElemType::F64 => f.write_str("f64"),
            ElemType::F16 => f.write_str("f16"),
            ElemType::BF16 => f.write_str("bf16"),
            ElemType::Bool => f.write_str("bool"),
        }
    }
}

impl std::str::FromStr for ElemType {
    type Err = String;
    /// The inverse of `Display`.
    fn from_str(s: &str) -> Result<Self, String> {
        let other = [ElemType::F32, ElemType::F64, ElemType::F16, ElemType::BF16, ElemType::Bool];
        if let Some(e) = other.into_iter().find(|e| e.to_string() == s) {
            return Ok(e);
        }
        let int = match (s.strip_prefix("si"), s.strip_prefix("ui")) {
            (Some(b), _) => b.parse().ok().map(|bits| IntType::new(bits, true)),
            (_, Some(b)) => b.parse().ok().map(|bits| IntType::new(bits, false)),
            _ => None,
        };
        let int = int.filter(|t| (1..=64).contains(&t.bits) && t.to_string() == s);
        int.map(ElemType::Int).ok_or_else(|| format!("'{s}' is no element type"))
    }
}

macro_rules! id {
    ($(#[$m:meta])* $name:ident) => {
        $(#[$m])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub u32);
        impl $name {
            /// Position in its table.
            pub const fn index(self) -> usize { self.0 as usize }
        }
    };
}
id!(/** Index into [`crate::Program::constants`]. */ ConstId);
id!(/** Index into [`crate::Program::buffers`]. */ BufferId);
id!(/** Index into [`crate::Program::matrices`]. */ MatrixId);
id!(/** Index into [`crate::Program::tiles`]. */ TileId);
id!(/** Index into [`crate::Program::ports`]. */ PortId);
id!(/** Index into [`crate::Program::residents`]. */ ResidentId);
id!(/** Index into [`crate::Program::windows`]. */ WindowId);
id!(/** Index into [`crate::Program::requants`]. */ RequantId);
id!(/** Index into [`crate::Program::host_ops`]. */ HostOpId);
id!(/** A float tensor on the host; index into [`crate::Program::host_tensors`]. */ HostTensorId);

/// A constant tensor: raw little-endian elements in C order, shared, never copied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Constant {
    /// Name for reports and text; unique.
    pub name: String,
    /// Element type.
    pub elem: ElemType,
    /// Dimensions, C order; the data has product(shape) elements.
    pub shape: Vec<u32>,
    /// `product(shape) * elem.bytes()` bytes.
    pub data: Bytes,
}

/// Where a tensor lies in L0 or L1: element (h, w, c) is at `addr + h*strides[0] + w*strides[1] + c*strides[2]` bytes.
/// A tensor with padding around it points at the interior. A vector of n elements has shape (1, 1, n).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Buffer {
    /// Name for reports; unique.
    pub name: String,
    /// Memory it lies in.
    pub space: crate::instr::Space,
    /// Byte address of element (0, 0, 0).
    pub addr: u64,
    /// First byte and length of the whole allocation, border included.
    pub alloc: (u64, u64),
    /// Logical extents (H, W, C).
    pub shape: [u32; 3],
    /// Byte strides of h, w, c.
    pub strides: [u64; 3],
    /// Element type.
    pub elem: IntType,
}

/// One operator's weights seen as `groups` matrices of `rows x cols`; a view of a constant in ONNX order, so that
/// the integers in the program are the integers of the model file.
///
/// Element (group g, row r, column c) is constant element
/// `base + g*group_stride + sum_d digit_d(r)*row_dims[d].1 + c*col_stride`, where `digit_d` decomposes `r`
/// row-major over the extents of `row_dims` (outermost first).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matrix {
    /// Name of the operator that owns it.
    pub name: String,
    /// Integer constant holding the weights.
    pub weights: ConstId,
    /// Offset of element (0, 0, 0), in elements.
    pub base: u64,
    /// Number of groups (1 unless a grouped convolution).
    pub groups: u32,
    /// Elements between groups.
    pub group_stride: u64,
    /// (extent, stride in elements) of the row index, outermost first; at most 4. Product = rows per group.
    pub row_dims: Vec<(u32, u64)>,
    /// Columns (outputs) per group.
    pub cols: u32,
    /// Elements between columns.
    pub col_stride: u64,
    /// Input channels per group: rows are (kernel position, channel) and a block-diagonal tile interleaves its groups' channels.
    pub inner: u32,
    /// Bits and signedness of the weights, at most 16 bits.
    pub weight: IntType,
    /// No weight equals the most negative value (differential pairs need a bit less).
    pub narrow: bool,
}

impl Matrix {
    /// Rows of one group.
    pub fn rows(&self) -> u64 {
        self.row_dims.iter().map(|d| d.0 as u64).product()
    }
    /// Constant element index of (group, row, column); the caller keeps all three in range.
    pub fn element(&self, group: u32, row: u32, col: u32) -> u64 {
        let mut index = self.base + group as u64 * self.group_stride + col as u64 * self.col_stride;
        let mut rest = row as u64;
        for &(extent, stride) in self.row_dims.iter().rev() {
            let extent = (extent as u64).max(1);
            index += (rest % extent) * stride;
            rest /= extent;
        }
        index
    }
}

/// How logical weights become cells (see `cim_machine::binding`, which owns the arithmetic).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BindingSpec {
    /// Differential column pairs instead of offset encoding.
    pub differential: bool,
    /// Bit slices in different crossbars instead of adjacent columns.
    pub bits_to_crossbars: bool,
    /// Bits per cell.
    pub cell_bits: u8,
}

/// The part of a matrix that one crossbar (or one crossbar per slice) holds: rows `row0..row0+rows` and columns
/// `col0..col0+cols` of the groups `group0..group0+groups`; block-diagonal when `groups > 1` (then rows and columns are whole).
/// Crossbar row of (row r, group g): `(r / inner)*(groups*inner) + g*inner + r % inner`; column `g*cols + c`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Tile {
    /// Matrix it cuts.
    pub matrix: MatrixId,
    /// First group.
    pub group0: u32,
    /// Groups, at least 1.
    pub groups: u32,
    /// First row of the group's matrix.
    pub row0: u32,
    /// Rows per group.
    pub rows: u32,
    /// First column of the group's matrix.
    pub col0: u32,
    /// Columns per group.
    pub cols: u32,
    /// Weight encoding.
    pub binding: BindingSpec,
    /// With `bits_to_crossbars`: which slice (polarity * slices + slice); else 0.
    pub slice: u32,
}

/// Digital side of a crossbar read: what is driven in and how columns are combined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Port {
    /// Input element type: bit planes are sent one DAC step at a time, the top plane of a signed input is negative.
    pub input: IntType,
    /// Logical outputs per crossbar.
    pub outputs: u32,
    /// Bit slices summed per output (1 with bits-to-crossbars).
    pub slices: u8,
    /// Columns per slice: 2 = positive and negative column, else 1.
    pub polarities: u8,
    /// Bits per cell: the weight of slice s is `2^(s*cell_bits)`.
    pub cell_bits: u8,
    /// Accumulator written: i32 or i64.
    pub output: IntType,
}

/// Sliding window over a (H, W, C) tensor; a linear layer is a 1x1 window over (1, 1, C).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Window {
    /// Input extents (H, W, C).
    pub input: [u32; 3],
    /// Output extents (H, W); channels come from the operator.
    pub output: [u32; 2],
    /// Kernel (kh, kw).
    pub kernel: [u32; 2],
    /// Strides (h, w).
    pub stride: [u32; 2],
    /// Dilations (h, w).
    pub dilation: [u32; 2],
    /// Padding before (top, left); positions outside the input read `pad_value` (or are skipped by max pooling).
    pub pad: [u32; 2],
    /// Value of padding: the input's zero point.
    pub pad_value: i64,
    /// Average pooling counts padded positions; `pad_end` then says how far the declared padding reaches.
    pub count_include_pad: bool,
    /// Declared padding after (bottom, right).
    pub pad_end: [u32; 2],
}

/// `clamp((acc * m[c] + b[c] + 2^(shift-1)) >> shift, lo, hi)` in 128-bit intermediate or proven 64-bit arithmetic.
/// With two inputs: `acc1*m[c] + acc2*m2 + b[c]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requant {
    /// i64 constant of multipliers, one per channel (or one for all; for average pooling one per element count 1..=kh*kw).
    pub m: ConstId,
    /// i64 constant of addends at scale 2^shift, as long as `m`.
    pub b: ConstId,
    /// Multiplier of the second input of an addition, same length as `m`; None otherwise.
    pub m2: Option<ConstId>,
    /// Right shift, 1..=62.
    pub shift: u8,
    /// Lower clamp.
    pub lo: i64,
    /// Upper clamp.
    pub hi: i64,
}

/// Core mode: an operator whose weights live in the crossbars of `cores` cores.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resident {
    /// Operator name.
    pub name: String,
    /// First core.
    pub core: u32,
    /// Number of cores.
    pub cores: u32,
    /// Tile and crossbar (global index) of each crossbar it occupies; reads happen tile by tile and partial sums are added.
    pub placement: Vec<(TileId, u32)>,
    /// Port of one crossbar.
    pub port: PortId,
    /// Zero point (offset) subtracted digitally: outputs get `- factor * sum(inputs)` per group.
    pub offset: i64,
}

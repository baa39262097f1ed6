//! Instructions. Addresses are bytes in L0 (one global buffer) or L1 (core c owns `c*l1_span .. (c+1)*l1_span`).

use crate::types::{BufferId, HostOpId, IntType, PortId, RequantId, ResidentId, TileId, WindowId};

/// Memory a byte address refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Space {
    /// Global buffer.
    L0,
    /// Core buffers, one flat space with `Program::l1_span` bytes a core.
    L1,
}

/// `base + sum coefficient * index of the enclosing loop at that depth` (depth 0 = outermost).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub struct Affine {
    /// Value when all loop indices are 0.
    pub base: i64,
    /// (loop depth, coefficient), ascending depth, no zero coefficient.
    pub terms: Vec<(u8, i64)>,
}

impl Affine {
    /// A constant.
    pub fn constant(base: i64) -> Self {
        Affine { base, terms: Vec::new() }
    }
    /// Value for the given loop indices; wraps on overflow (the loader proves that it cannot).
    pub fn eval(&self, indices: &[u64]) -> i64 {
        let mut v = self.base;
        for &(d, c) in &self.terms {
            v = v.wrapping_add(c.wrapping_mul(indices.get(d as usize).copied().unwrap_or(0) as i64));
        }
        v
    }
}

/// A byte address.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Addr {
    /// Memory.
    pub space: Space,
    /// Byte offset.
    pub at: Affine,
}

/// One dimension of a strided move: `count` steps of `src_stride` and `dst_stride` bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MoveDim {
    /// Steps, at least 1.
    pub count: u32,
    /// Source bytes per step.
    pub src_stride: i64,
    /// Destination bytes per step.
    pub dst_stride: i64,
}

/// Which pooling.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PoolKind {
    /// Maximum of the window, padding skipped.
    Max,
    /// Integer sum, then requantised with the multiplier of the number of counted elements.
    Average(RequantId),
}

/// A meta-operator. MOP = on crossbars, DCOM = digital computation, DMOV = data movement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Instr {
    /// Runs the body `trip` times; its index is available to [`Affine`] at this depth.
    Loop {
        /// At least 1.
        trip: u64,
        /// Instructions.
        body: Vec<Instr>,
    },
    /// All at once: leaf instructions only; no crossbar twice, no overlap unless both read.
    Parallel {
        /// Instructions.
        body: Vec<Instr>,
    },

    /// MOP, XBM: programs crossbar `xb` (global index) with a tile, from row and column 0.
    WriteXb {
        /// Crossbar.
        xb: Affine,
        /// Tile.
        tile: TileId,
    },
    /// MOP, WLM: programs `len` rows starting at crossbar row `row` with the tile's crossbar rows `tile_row..`.
    WriteRow {
        /// Crossbar.
        xb: Affine,
        /// First physical row.
        row: u32,
        /// Tile.
        tile: TileId,
        /// First row of the tile.
        tile_row: u32,
        /// Rows.
        len: u32,
    },
    /// MOP, XBM: crossbars `xb .. xb+len` of one core each multiply `rows` inputs from
    /// `src + i*src_stride` and write (or add, shifted left) `port.outputs` accumulators at `dst + i*dst_stride`.
    ReadXb {
        /// First crossbar.
        xb: Affine,
        /// Crossbars, at least 1.
        len: u32,
        /// Rows driven, from row 0.
        rows: u32,
        /// Input vector in L1 of that core.
        src: Addr,
        /// Bytes between the inputs of consecutive crossbars (0 = shared).
        src_stride: u64,
        /// Accumulators in L1 of that core.
        dst: Addr,
        /// Bytes between the outputs of consecutive crossbars.
        dst_stride: u64,
        /// Port.
        port: PortId,
        /// Left shift of the result (bits-to-crossbars slices).
        shift: u8,
        /// Subtract instead of add or write (negative crossbars of a differential pair).
        negate: bool,
        /// Add to what `dst` holds.
        accumulate: bool,
    },
    /// MOP, WLM: as [`Instr::ReadXb`] for one crossbar and rows `row .. row+len`, one conversion group.
    ReadRow {
        /// Crossbar.
        xb: Affine,
        /// First row (may follow a loop).
        row: Affine,
        /// Rows, at most the rows per conversion.
        len: u32,
        /// Inputs in L1 of that core.
        src: Addr,
        /// Accumulators in L1 of that core.
        dst: Addr,
        /// Port.
        port: PortId,
        /// Left shift of the result.
        shift: u8,
        /// Subtract.
        negate: bool,
        /// Add to what `dst` holds.
        accumulate: bool,
    },
    /// MOP, CM: programs the crossbars of a core-residency entry with its tiles.
    WriteCore {
        /// Entry.
        resident: ResidentId,
    },
    /// MOP, CM: a whole operator on its cores. Input (H, W, C) at `src` in L0 with row pitch `src_pitch` bytes per h and
    /// dense w, c; output accumulator of pixel (ho, wo) and channel `g*cols + c` (counted over the whole operator, also when the
    /// entry holds only some tiles) at `dst + (ho*Wo + wo)*dst_pitch + channel*elem`. Offset correction is included.
    ReadCore {
        /// Operator.
        resident: ResidentId,
        /// Window geometry; its pad and input extents are of the part this instruction computes.
        window: WindowId,
        /// Input in L0.
        src: Addr,
        /// Bytes between input rows.
        src_pitch: u64,
        /// Accumulators in L0.
        dst: Addr,
        /// Bytes between output pixels.
        dst_pitch: u64,
        /// Add to what `dst` holds (row time tiles).
        accumulate: bool,
    },

    /// DCOM: `dst = max(src, 0)`.
    Relu {
        /// Destination.
        dst: Addr,
        /// Source.
        src: Addr,
        /// Elements.
        len: u32,
        /// Element type of both.
        elem: IntType,
    },
    /// DCOM: `dst = clamp(src, lo, hi)`.
    Clip {
        /// Destination.
        dst: Addr,
        /// Source.
        src: Addr,
        /// Elements.
        len: u32,
        /// Element type of both.
        elem: IntType,
        /// Lower bound.
        lo: i64,
        /// Upper bound.
        hi: i64,
    },
    /// DCOM: `dst = a + b`, wrapping never happens (checked).
    Add {
        /// Destination.
        dst: Addr,
        /// First source.
        a: Addr,
        /// Second source.
        b: Addr,
        /// Elements.
        len: u32,
        /// Element type of all three.
        elem: IntType,
    },
    /// DCOM: `dst = a * b`.
    Mul {
        /// Destination.
        dst: Addr,
        /// First source.
        a: Addr,
        /// Second source.
        b: Addr,
        /// Elements.
        len: u32,
        /// Element type of all three.
        elem: IntType,
    },
    /// DCOM: `dst[j] (+)= sum_{i < count} src[i*stride + j]`: merges the partial sums of row tiles.
    ReduceAdd {
        /// Destination.
        dst: Addr,
        /// Source.
        src: Addr,
        /// Partial sums.
        count: u32,
        /// Bytes between partial sums.
        stride: u64,
        /// Elements.
        len: u32,
        /// Element type.
        elem: IntType,
        /// Add to what `dst` holds.
        accumulate: bool,
    },
    /// DCOM: `dst[j] (+|-)= src[j] << shift`: merges bit slices.
    ShiftAcc {
        /// Destination.
        dst: Addr,
        /// Source.
        src: Addr,
        /// Elements.
        len: u32,
        /// Left shift.
        shift: u8,
        /// Subtract.
        negate: bool,
        /// Element type.
        elem: IntType,
    },
    /// DCOM: offset correction. For group g: `dst[g*outputs + j] -= factor * sum_{p,i} src[p*groups*inner + g*inner + i]`
    /// over `positions` and `inner`.
    Offset {
        /// Accumulators.
        dst: Addr,
        /// Inputs that were driven.
        src: Addr,
        /// Input element type.
        input: IntType,
        /// Kernel positions.
        positions: u32,
        /// Groups.
        groups: u32,
        /// Channels per group.
        inner: u32,
        /// Outputs per group.
        outputs: u32,
        /// `2^(b-1)` for offset encoding plus the weight zero point.
        factor: i64,
        /// Accumulator type.
        elem: IntType,
    },
    /// DCOM: requantises `len` accumulators; element j uses channel `channel + j % channels`.
    Requantise {
        /// Destination.
        dst: Addr,
        /// Destination element type.
        to: IntType,
        /// Accumulators.
        src: Addr,
        /// Accumulator type.
        from: IntType,
        /// Elements.
        len: u32,
        /// First channel.
        channel: Affine,
        /// Channels per pixel in this range (len is a multiple).
        channels: u32,
        /// Constants.
        requant: RequantId,
    },
    /// DCOM: residual addition `round(M1*a + M2*b + B)` elementwise with per-tensor constants.
    AddRequantise {
        /// Destination.
        dst: Addr,
        /// Destination type.
        to: IntType,
        /// First input.
        a: Addr,
        /// Its type.
        a_elem: IntType,
        /// Second input.
        b: Addr,
        /// Its type.
        b_elem: IntType,
        /// Elements.
        len: u32,
        /// Constants, `m2` present.
        requant: RequantId,
    },
    /// DCOM: pooling of a whole tensor between two buffers.
    Pool {
        /// Kind.
        kind: PoolKind,
        /// Destination buffer (Ho, Wo, C).
        dst: BufferId,
        /// Source buffer (H, W, C).
        src: BufferId,
        /// Geometry.
        window: WindowId,
    },
    /// DMOV: strided copy of `bytes` contiguous bytes over at most 4 dimensions (outermost first).
    Mov {
        /// Destination.
        dst: Addr,
        /// Source.
        src: Addr,
        /// Outer dimensions.
        dims: Vec<MoveDim>,
        /// Contiguous bytes.
        bytes: u32,
        /// Element type, for bandwidth and published element addresses.
        elem: IntType,
    },
    /// DMOV: writes `len` times `value`, over at most 4 outer dimensions (`src_stride` unused and 0): padding borders.
    Fill {
        /// Destination.
        dst: Addr,
        /// Outer dimensions.
        dims: Vec<MoveDim>,
        /// Elements.
        len: u32,
        /// Value.
        value: i64,
        /// Element type.
        elem: IntType,
    },
    /// A host operator: see [`crate::program::HostOp`].
    Host {
        /// Operator.
        op: HostOpId,
    },
}

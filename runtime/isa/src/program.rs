//! A whole program and its tables.

use crate::instr::Instr;
use crate::reference::Reference;
use crate::types::*;

/// Computing mode: which meta-operators the program uses on crossbars.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum ProgramMode {
    /// Core mode: `read_core`.
    Cm,
    /// Crossbar mode: `write_xb`, `read_xb`.
    #[default]
    Xbm,
    /// Wordline mode: `write_row`, `read_row`.
    Wlm,
}

impl ProgramMode {
    /// `cm`, `xbm` or `wlm`.
    pub const fn name(self) -> &'static str {
        match self {
            ProgramMode::Cm => "cm",
            ProgramMode::Xbm => "xbm",
            ProgramMode::Wlm => "wlm",
        }
    }
}

/// A tensor on the host, C order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostTensor {
    /// Name in the model.
    pub name: String,
    /// Dimensions; the batch dimension of a batched interface is 1.
    pub shape: Vec<u32>,
    /// Element type.
    pub elem: ElemType,
}

/// An operand of a host operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HostValue {
    /// A tensor on the host.
    Tensor(HostTensorId),
    /// An integer tensor in L0, read or written in (C, H, W) order through the buffer's layout.
    Buffer(BufferId),
    /// A constant.
    Constant(ConstId),
    /// An optional operand that is left out.
    Absent,
}

/// How a real number becomes an integer, where that is not the nearest, ties to even.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rounding {
    /// To the nearest, ties away from zero.
    HalfUp,
    /// To the nearest, ties towards zero.
    HalfDown,
    /// Away from zero.
    Up,
    /// Towards zero.
    Down,
    /// Towards positive infinity.
    Ceil,
    /// Towards negative infinity.
    Floor,
    /// -1, 0 or 1.
    Sign,
    /// 1 for zero and above, else -1.
    Bipolar,
}

/// What a host operator computes, in f32 with a fixed order of operations.
#[derive(Clone, Debug, PartialEq)]
pub enum HostKind {
    /// tensor -> buffer: `clamp(round(x / scale) + zero, lo, hi)`, scales and zeros per tensor.
    Quantise {
        /// Scale.
        scale: f32,
        /// Zero point.
        zero: i64,
        /// Lower clamp.
        lo: i64,
        /// Upper clamp.
        hi: i64,
        /// How it rounds; None = to the nearest, ties to even.
        rounding: Option<Rounding>,
        /// The zero point is added before rounding, not after.
        zero_first: bool,
        /// The tensor's last dimension is the channel: its elements are those of the buffer in (H, W, C) order, not in (C, H, W) order.
        channels_last: bool,
    },
    /// buffer -> tensor: `(x - zero) * scale[c] + bias[c]`, truncated where the tensor is of integers; scale and bias are f32 constants of length 1 or C.
    Dequantise {
        /// Scale constant.
        scale: ConstId,
        /// Zero point.
        zero: i64,
        /// Bias constant.
        bias: Option<ConstId>,
        /// The tensor's last dimension is the channel: its elements are those of the buffer in (H, W, C) order, not in (C, H, W) order.
        channels_last: bool,
    },
    /// An operator by its ONNX name, with the attributes it has there (kernel_shape, strides, pads, axis, ...); operands in ONNX order.
    Onnx {
        /// ONNX operator type of the default domain.
        op: String,
        /// Version of the operator set it is written for.
        version: u32,
        /// Which of its results this is.
        result: u32,
        /// Integers and lists of them.
        ints: Vec<(String, Vec<i64>)>,
        /// Floats and lists of them.
        floats: Vec<(String, Vec<f32>)>,
        /// Strings.
        strings: Vec<(String, String)>,
    },
}

/// One host operator.
#[derive(Clone, Debug, PartialEq)]
pub struct HostOp {
    /// Name in the model.
    pub name: String,
    /// What it computes.
    pub kind: HostKind,
    /// Inputs.
    pub inputs: Vec<HostValue>,
    /// Output: a tensor or a buffer.
    pub output: HostValue,
    /// Why it runs on the host.
    pub reason: String,
}

/// Where a layer runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Placement {
    /// On crossbars.
    Cim,
    /// On the digital units of the chip.
    Alu,
    /// On the host.
    Host,
}

/// One row of the layer table: enough to report, and for analytic models to be computed from a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    /// Name in the model.
    pub name: String,
    /// `conv`, `linear`, `max_pool`, `average_pool`, `add`, `concat`, `quantise`, `dequantise`, ...
    pub kind: String,
    /// Where it runs.
    pub placement: Placement,
    /// Why there.
    pub reason: String,
    /// Geometry, when it has one.
    pub window: Option<Window>,
    /// Output channels (or features).
    pub cout: u32,
    /// Groups.
    pub groups: u32,
    /// Matrix rows and columns per group (0 without a matrix).
    pub matrix: [u32; 2],
    /// Weight bits (0 without weights).
    pub weight_bits: u8,
    /// Activation bits of the input.
    pub activation_bits: u8,
    /// Crossbars of one copy.
    pub crossbars: u32,
    /// Cores it occupies.
    pub cores: u32,
    /// Copies.
    pub duplication: u32,
    /// Segment it belongs to.
    pub segment: u32,
    /// Top-level instructions of `main`: first and one past the last.
    pub main: [u32; 2],
}

/// A named input or output of the model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// Name in the model.
    pub name: String,
    /// Host tensor.
    pub tensor: HostTensorId,
    /// The leading dimension is symbolic: `run` repeats `main` over axis 0.
    pub batched: bool,
}

/// A section this version does not know, kept byte for byte (optional sections only).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownSection {
    /// Section kind number; unknown sections are in ascending order of kind, each kind once.
    pub kind: u32,
    /// Alignment of its first byte in the file: a power of two, 1..=4096.
    pub align: u32,
    /// Content.
    pub data: bytes::Bytes,
}

/// The chip the program addresses. The loader checks crossbar and L1 addresses against it; whoever knows the machine
/// description checks that both agree. Crossbar `x` belongs to core `x / crossbars_per_core`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Chip {
    /// Cores.
    pub cores: u32,
    /// Crossbars of one core.
    pub crossbars_per_core: u32,
    /// Rows (wordlines) of a crossbar.
    pub rows: u32,
    /// Columns (bitlines) of a crossbar.
    pub columns: u32,
}

impl Chip {
    /// Crossbars of the whole chip.
    pub const fn crossbars(&self) -> u64 {
        self.cores as u64 * self.crossbars_per_core as u64
    }
}

/// A compiled program.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Program {
    /// Model name.
    pub name: String,
    /// Mode.
    pub mode: ProgramMode,
    /// The resolved machine description (YAML of `cim-machine`), so that a program runs without another file.
    pub machine: String,
    /// Converters may clip (`--allow-adc-clipping`).
    pub lossy: bool,
    /// Rows one conversion sees.
    pub rows_per_conversion: u32,
    /// Cores and crossbars that addresses refer to.
    pub chip: Chip,
    /// Bytes of L0 used.
    pub l0_bytes: u64,
    /// Bytes of L1 address space per core.
    pub l1_span: u64,
    /// Constants.
    pub constants: Vec<Constant>,
    /// Named tensors in L0 and L1.
    pub buffers: Vec<Buffer>,
    /// Weight matrices.
    pub matrices: Vec<Matrix>,
    /// Tiles.
    pub tiles: Vec<Tile>,
    /// Ports.
    pub ports: Vec<Port>,
    /// Core residency table.
    pub residents: Vec<Resident>,
    /// Window geometries.
    pub windows: Vec<Window>,
    /// Requantisation constants.
    pub requants: Vec<Requant>,
    /// Float tensors of the host.
    pub host_tensors: Vec<HostTensor>,
    /// Host operators.
    pub host_ops: Vec<HostOp>,
    /// Model inputs.
    pub inputs: Vec<Interface>,
    /// Model outputs.
    pub outputs: Vec<Interface>,
    /// Layer table.
    pub layers: Vec<Layer>,
    /// Runs once: weight writes.
    pub init: Vec<Instr>,
    /// Runs per inference.
    pub main: Vec<Instr>,
    /// The network this computes; needed by `--verify`.
    pub reference: Option<Reference>,
    /// Optional sections of newer versions.
    pub unknown: Vec<UnknownSection>,
}

//! Largest sizes, whatever the machine. Far above any real chip or network; they keep small files from asking for much memory.

/// Cores.
pub const CORES: u64 = 1 << 16;
/// Crossbars of the whole chip.
pub const CROSSBARS: u64 = 1 << 22;
/// Rows or columns of a crossbar.
pub const LINES: u64 = 1 << 14;
/// Bytes of L0, and of all core buffers together.
pub const BUFFER_BYTES: u64 = 1 << 32;
/// Elements of one tensor of the host or the reference.
pub const TENSOR_ELEMENTS: u64 = 1 << 28;
/// Elements of all tensors of the host, and of all of the reference.
pub const ALL_ELEMENTS: u64 = 1 << 30;
/// Kernel extents, strides, dilations and padding of a window.
pub const WINDOW: u32 = 1 << 16;
/// Positions of a kernel.
pub const KERNEL: u64 = 1 << 20;
/// Executed instructions of `init` and `main` together.
pub const EXECUTED: u128 = 1 << 40;
/// Bytes that one move copies or fills.
pub const MOVED: u64 = 1 << 34;
/// Magnitude of zero points and correction factors.
pub const FACTOR: u64 = 1 << 32;
/// Bits of an input that is driven into a crossbar.
pub const INPUT_BITS: u8 = 32;
/// Dimensions of a tensor or constant.
pub const RANK: usize = 16;
/// Operands of a host operator.
pub const OPERANDS: usize = 1 << 10;

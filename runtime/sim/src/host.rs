//! Host operators run through a trait, so that the simulator need not know any floating-point kernel.

use cim_host::Tensor;
use cim_isa::Program;
use cim_isa::program::HostOp;
use cim_isa::types::Constant;

/// Operand of a host operator.
#[derive(Clone, Copy, Debug)]
pub enum HostInput<'a> {
    /// Tensor of the host.
    Tensor(&'a Tensor),
    /// Integer tensor in (C, H, W) order.
    Int {
        /// (C, H, W).
        shape: [u32; 3],
        /// Elements.
        data: &'a [i64],
    },
    /// Constant of the program.
    Constant(&'a Constant),
    /// An optional operand that is left out.
    Absent,
}

/// Result of a host operator.
#[derive(Clone, Debug, PartialEq)]
pub enum HostOutput {
    /// Tensor of the host, of the declared type and shape.
    Tensor(Tensor),
    /// Integer tensor in (C, H, W) order, values in the range of the buffer's element type.
    Int(Vec<i64>),
}

/// Executes host operators.
pub trait HostExecutor {
    /// Computes `op`; `inputs` are its operands in order. The error is a sentence for the user.
    fn execute(&self, program: &Program, op: &HostOp, inputs: &[HostInput<'_>]) -> Result<HostOutput, String>;
}

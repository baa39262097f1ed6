//! Host operators run through a trait, so that the simulator need not know any floating-point kernel.

use cim_isa::Program;
use cim_isa::program::HostOp;
use cim_isa::types::Constant;

/// Operand of a host operator.
#[derive(Clone, Copy, Debug)]
pub enum HostInput<'a> {
    /// Float tensor in C order.
    Float {
        /// Dimensions.
        shape: &'a [u32],
        /// Elements.
        data: &'a [f32],
    },
    /// Integer tensor in (C, H, W) order.
    Int {
        /// (C, H, W).
        shape: [u32; 3],
        /// Elements.
        data: &'a [i64],
    },
    /// Constant of the program.
    Constant(&'a Constant),
}

/// Result of a host operator.
#[derive(Clone, Debug, PartialEq)]
pub enum HostOutput {
    /// Float tensor in C order; its length is the product of the declared shape.
    Float(Vec<f32>),
    /// Integer tensor in (C, H, W) order, values in the range of the buffer's element type.
    Int(Vec<i64>),
}

/// Executes host operators.
pub trait HostExecutor {
    /// Computes `op`; `inputs` are its operands in order. The error is a sentence for the user.
    fn execute(&self, program: &Program, op: &HostOp, inputs: &[HostInput<'_>]) -> Result<HostOutput, String>;
}

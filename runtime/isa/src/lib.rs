//! The meta-operator program: what the compiler emits and the simulated machine executes.
//!
//! - [`program`]: the whole program and its tables
//! - [`instr`]: instructions, addresses, loops and parallel blocks
//! - [`types`]: element types, buffers, matrices, geometry
//! - [`reference`]: the quantised network that the program claims to compute
#![forbid(unsafe_code)]

pub mod instr;
pub mod program;
pub mod reference;
pub mod types;

pub use instr::{Addr, Affine, Instr, Space};
pub use program::Program;

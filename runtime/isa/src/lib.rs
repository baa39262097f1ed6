//! The meta-operator program: what the compiler emits and the simulated machine executes.
//!
//! - [`program`]: the whole program and its tables
//! - [`instr`]: instructions, addresses, loops and parallel blocks
//! - [`types`]: element types, buffers, matrices, geometry
//! - [`reference`]: the quantised network that the program claims to compute
//! - [`encode`], [`decode`], [`open`]: the binary file, see [`container`]
//! - [`text`]: the text form, an exact inverse
//! - [`validate`]: what holds for every program that was loaded
//! - [`flow`]: the published notation; [`stats`]: sizes and counts
#![deny(unsafe_code)]

mod body;
mod codec;
pub mod container;
pub mod error;
pub mod flow;
pub mod instr;
mod map;
pub mod program;
pub mod reference;
mod schema;
mod schema_basic;
pub mod stats;
#[doc(hidden)]
pub mod testing;
pub mod text;
mod tiles;
pub mod types;
pub mod validate;
mod wire;

pub use codec::{FIRST_UNKNOWN_KIND, decode, encode, encode_to, open, section_sizes};
pub use container::is_program;
pub use error::{InvalidProgram, LoadError};
pub use flow::to_flow;
pub use instr::{Addr, Affine, Instr, Space};
pub use program::Program;
pub use schema::MAX_DEPTH;
pub use stats::Stats;
pub use text::{TextError, TextOptions, from_text, to_text};
pub use validate::validate;

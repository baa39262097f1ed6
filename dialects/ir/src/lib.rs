//! The IR framework: contexts, types, attributes, operations, declarations and diagnostics.
//!
//! - [`core`]: the context with its interned data, and the arenas that hold operations
//! - [`op_def`], [`registry`]: declared operations and registered dialects
//! - [`builtin`]: the builtin dialect
//! - [`affine`]: affine expressions, maps and sets
//! - [`diag`]: diagnostics
//! - [`verify`]: the verifier
#![forbid(unsafe_code)]

pub mod affine;
pub mod builtin;
pub mod core;
pub mod diag;
pub mod op_def;
pub mod registry;
pub mod verify;

pub use core::{Attribute, BlockId, Context, Ident, Ir, Location, OpId, OpName, OpState, RegionId, Type, ValueId};
pub use diag::Diagnostic;
pub use registry::Registry;

//! The IR framework: contexts, types, attributes, operations, declarations and diagnostics.
//!
//! - [`core`]: the context with its interned data, and the arenas that hold operations
//! - [`op_def`], [`registry`]: declared operations, types and attributes, and registered dialects
//! - [`kinds`], [`constraints`]: what properties and types may be
//! - [`view`], [`segments`], [`build`]: what declarations generate, and what may be implemented by hand
//! - [`mod@format`]: custom assembly from format strings
//! - [`interfaces`]: what generic passes ask of operations
//! - [`rewrite`]: builders, listeners, patterns, folding
//! - [`verify`] with [`dominance`]: the verifier
//! - [`symbols`], [`attr_walk`]: symbol tables, references, attributes inside attributes
//! - [`text`]: reading and printing MLIR text, custom assembly
//! - [`builtin`], [`affine`]: the builtin dialect, affine expressions, maps and sets
//! - [`diag`][]: diagnostics
#![forbid(unsafe_code)]

// Declarations name their paths from `::cim_ir`, here too.
extern crate self as cim_ir;

pub mod affine;
pub mod attr_walk;
pub mod build;
pub mod builtin;
pub mod constraints;
pub mod core;
pub mod diag;
pub mod docs;
pub mod dominance;
pub mod format;
pub mod interfaces;
pub mod kinds;
pub mod op_def;
pub mod registry;
pub mod rewrite;
pub mod segments;
pub mod symbols;
pub mod text;
pub mod verify;
pub mod view;

pub use cim_ir_macros::{attr, op, ty};

pub use core::{Attribute, BlockId, Context, Ident, Ir, Location, OpId, OpName, OpState, RegionId, Type, ValueId};
pub use diag::Diagnostic;
pub use registry::Registry;

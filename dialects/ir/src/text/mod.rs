//! MLIR text: reading and printing.
//!
//! - [`parse_module`] reads a [`Source`] in generic or custom form; errors have the wording of MLIR
//! - [`write_module`], [`print_module`], [`print_op`] print; generic form has the bytes of `mlir-opt`
//! - [`asm`]: what custom forms of operations, types and attributes are made with
//! - [`float`]: floating-point values as bits and as text

pub mod asm;
mod asm_parse;
mod asm_print;
mod big;
pub mod float;
mod lexer;
mod parse;
mod print;
mod source;

pub use parse::{ParseOptions, parse_module};
pub use print::{PrintOptions, print_module, print_op, write_module};
pub use source::Source;

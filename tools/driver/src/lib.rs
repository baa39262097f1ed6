//! What the binaries do, as a library.
//!
//! - [`compile`]: from a model to a program
#![forbid(unsafe_code)]

pub mod compile;

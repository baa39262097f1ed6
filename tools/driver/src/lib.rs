//! What the binaries do, as a library.
//!
//! - [`compile`]: from a model to a program
//! - [`tensor_file`]: `.npy` and `.npz`
#![forbid(unsafe_code)]

pub mod compile;
pub mod tensor_file;

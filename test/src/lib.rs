//! What the tests of several crates share.
//!
//! - [`onnx_builder`]: small ONNX models
#![forbid(unsafe_code)]

pub mod onnx_builder;

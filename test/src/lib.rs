//! What the tests of several crates share.
//!
//! - [`onnx_builder`]: small ONNX models
//! - [`graph_eval`]: naive evaluation of `cim.graph`
#![forbid(unsafe_code)]

pub mod graph_eval;
pub mod onnx_builder;

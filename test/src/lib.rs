//! What the tests of several crates share.
//!
//! - [`graph_builder`]: small quantised networks in `cim.graph`
//! - [`onnx_builder`]: small ONNX models
//! - [`models`]: the networks of the papers at full size
//! - [`ir_gen`]: input of the IR benchmark
//! - [`graph_eval`]: naive evaluation of `cim.graph`
//! - [`onnx_backend`]: the backend tests of the `onnx` package
#![forbid(unsafe_code)]

pub mod graph_builder;
pub mod graph_eval;
pub mod ir_gen;
pub mod models;
pub mod onnx_backend;
pub mod onnx_builder;

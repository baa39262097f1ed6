//! The `cim` dialects: a network on crossbars at three levels, and the machine it is meant for.
//!
//! - [`machine`]: the machine attribute
//! - [`graph`]: the network on tensors
//! - [`xbar`]: programs on buffers, one matrix-vector product at a time
//! - [`row`]: groups of rows
#![forbid(unsafe_code)]

pub mod graph;
pub mod machine;
pub mod onnx_attributes;
pub mod row;
pub mod xbar;

use cim_ir::Registry;

/// Registers all levels.
pub fn register(registry: &mut Registry) {
    registry.add(&machine::CIM);
    graph::register(registry);
    registry.add(&xbar::XBAR);
    registry.add(&row::ROW);
}

//! Passes inside the `cim` levels.
//!
//! - [`graph`]: on the network
//! - [`requant`], [`first_fit`]: their arithmetic
#![forbid(unsafe_code)]

pub mod first_fit;
pub mod graph;
pub mod requant;

use cim_pass::PassRegistry;

/// Registers all passes.
pub fn register(registry: &mut PassRegistry) {
    registry.add::<graph::ternary_weights::TernaryWeights>();
    registry.add::<graph::fold_batch_norm::FoldBatchNorm>();
    registry.add::<graph::quantize_floats::QuantizeFloats>();
    registry.add::<graph::quantize_operators::QuantizeOperators>();
    registry.add::<graph::place::Place>();
}

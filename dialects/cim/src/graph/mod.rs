//! `cim.graph`: the network on tensors, in ONNX order (N, C, H, W), with explicit quantisation.
//!
//! - [`types`]: which tensors exist, and helpers on their types
//! - [`elements`]: constants as numbers
//! - [`window`], [`shapes`]: result shapes, shared by verifiers and the importer
//! - [`rounding`]: from real numbers to integers
//! - [`constant`], [`quant`], [`mvm`], [`pool`], [`elementwise`], [`shape`], [`host`]: the operations
//!
//! See `RATIONALE.md` beside this file for the why.

pub mod constant;
pub mod elements;
pub mod elementwise;
pub mod host;
pub mod mvm;
pub mod pool;
pub mod quant;
pub mod rounding;
pub mod shape;
pub mod shapes;
pub mod types;
pub mod window;

#[cfg(test)]
mod tests;

pub use constant::Constant;
pub use elements::Elements;
pub use elementwise::{Add, BatchNorm, Clip, Mul, Relu};
pub use host::Host;
pub use mvm::{Conv2d, Linear};
pub use pool::{AveragePool, GlobalAveragePool, MaxPool};
pub use quant::{AddRequantize, Dequantize, Quantize, Requantize};
pub use rounding::Rounding;
pub use shape::{Concat, Pad, Reshape};
pub use types::{Element, IntType};
pub use window::Window2d;

use cim_ir::registry::Dialect;
use cim_ir::{Attribute, Location, OpId, Registry, Type, rewrite::OpBuilder};

/// Function attribute: names of the network's inputs, an array of strings.
pub const INPUTS: &str = "cim.inputs";
/// Function attribute: names of the network's outputs, an array of strings.
pub const OUTPUTS: &str = "cim.outputs";
/// Function attribute (unit): the model's leading dimension is symbolic; the network is compiled at 1.
pub const BATCHED: &str = "cim.batched";

/// The dialect.
pub static GRAPH: Dialect = Dialect {
    ops: &[
        Constant::DEF,
        Quantize::DEF,
        Dequantize::DEF,
        Requantize::DEF,
        AddRequantize::DEF,
        Conv2d::DEF,
        Linear::DEF,
        BatchNorm::DEF,
        Relu::DEF,
        Clip::DEF,
        Add::DEF,
        Mul::DEF,
        MaxPool::DEF,
        AveragePool::DEF,
        GlobalAveragePool::DEF,
        Reshape::DEF,
        Pad::DEF,
        Concat::DEF,
        Host::DEF,
    ],
    materialize_constant: Some(materialize),
    ..Dialect::new("cim.graph", "The network on tensors, with explicit quantisation.")
};

/// Registers the dialect.
pub fn register(registry: &mut Registry) {
    registry.add(&GRAPH);
}

fn materialize(b: &mut OpBuilder<'_>, value: Attribute, ty: Type, loc: Location) -> Option<OpId> {
    let ctx = b.ctx().clone();
    if cim_ir::kinds::attr_type(&ctx, value) != Some(ty) || !(types::HOST.check)(&ctx, ty) {
        return None;
    }
    let state = Constant::builder(&ctx, loc).value(value).result(ty).build();
    Some(b.create(state))
}

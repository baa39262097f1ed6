//! From one level to the next and down to the meta-operator program.
//!
//! - [`network`]: `@network` as data
//! - [`mvm`], [`pixels`], [`boxes`], [`liveness`]: the decisions as pure functions
//! - [`lower`], [`emit`]: `cim.graph` to `cim.xbar`, for crossbars or whole cores
//! - [`xbar_to_row`]: `cim.xbar` to `cim.row`
//! - [`allocate`]: addresses of buffers
//! - [`program`]: any of the three levels to a program
//! - [`passes`]: the conversions as passes
#![forbid(unsafe_code)]

pub mod allocate;
pub mod boxes;
pub mod emit;
pub mod liveness;
pub mod lower;
pub mod mvm;
pub mod network;
pub mod passes;
pub mod pixels;
pub mod program;
pub mod xbar_to_row;

use cim_ir::{Diagnostic, Ir, OpId};
use cim_pass::PassRegistry;

/// Registers all passes.
pub fn register(registry: &mut PassRegistry) {
    registry.add::<passes::GraphToXbar>();
    registry.add::<passes::GraphToCore>();
    registry.add::<xbar_to_row::XbarToRow>();
    registry.add::<allocate::Allocate>();
}

/// A function of a module by name.
///
/// # Errors
/// There is none.
pub fn find_function(ir: &Ir, module: OpId, name: &str) -> Result<OpId, Diagnostic> {
    let ctx = ir.ctx();
    let named = |op: &OpId| {
        ir.name_str(*op) == "func.func" && ir.attr(*op, "sym_name").and_then(|a| ctx.as_str(a)) == Some(name)
    };
    let found = ir.body(module).and_then(|b| ir.ops_of(b).find(named));
    found.ok_or_else(|| ir.op_error(module, format!("holds no function @{name}")))
}

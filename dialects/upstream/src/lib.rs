//! What we need of MLIR's own dialects: `func`, `arith`, `cf`, `scf`, `tensor`, `memref`.
//!
//! Names, properties, custom forms and messages are MLIR's. The dialects are *open*: operations of theirs that are not declared here stay
//! unregistered operations.
#![forbid(unsafe_code)]
// Accessors carry the names of MLIR's properties, which generic text shows.
#![allow(non_snake_case)]

pub mod arith;
pub mod cf;
mod fold;
pub mod func;
pub mod memref;
mod memref_asm;
pub mod scf;
pub mod tensor;

use cim_ir::Registry;

/// Registers all of them.
pub fn register(registry: &mut Registry) {
    registry.add(&func::FUNC);
    registry.add(&arith::ARITH);
    registry.add(&cf::CF);
    registry.add(&scf::SCF);
    registry.add(&tensor::TENSOR);
    registry.add(&memref::MEMREF);
}

//! What the tests of import and graph passes share.
#![allow(dead_code)] // Each test file uses its part.

use bytes::Bytes;
use cim_dialect::graph::types::text;
use cim_ir::{Context, Ir, OpId, ValueId};
use std::sync::Arc;

/// A context with the dialects of a network.
pub fn context() -> Arc<Context> {
    Context::new(|r| {
        cim_upstream::register(r);
        cim_dialect::register(r);
    })
}

/// Imports, or panics with the messages.
pub fn import(model: Bytes) -> (Ir, OpId) {
    let ctx = context();
    cim_onnx::import_bytes(&ctx, model, "test.onnx", None).unwrap_or_else(|d| {
        panic!("{}", d.iter().map(|d| d.render(&ctx)).collect::<String>());
    })
}

/// Messages of a refused import.
pub fn refused(model: Bytes) -> Vec<String> {
    match cim_onnx::import_bytes(&context(), model, "test.onnx", None) {
        Ok(_) => panic!("the model was imported"),
        Err(d) => d.into_iter().map(|d| d.message).collect(),
    }
}

/// Why nodes are not mapped onto the machine: the messages of a refused import, or the reasons of the host operators.
pub fn not_mapped(model: Bytes) -> Vec<String> {
    match cim_onnx::import_bytes(&context(), model, "test.onnx", None) {
        Ok((ir, module)) => {
            verify(&ir, module);
            let reason = |op| ir.attr(op, "host").and_then(|a| ir.ctx().as_str(a)).map(str::to_string);
            let reasons: Vec<String> = ops(&ir, module).into_iter().filter_map(|(_, op)| reason(op)).collect();
            assert!(!reasons.is_empty(), "everything was mapped");
            reasons
        }
        Err(d) => d.into_iter().map(|d| d.message).collect(),
    }
}

/// All `cim.graph` operations inside, without the prefix, in order.
pub fn ops(ir: &Ir, module: OpId) -> Vec<(String, OpId)> {
    let name = |op| ir.name_str(op).strip_prefix("cim.graph.").map(|n| (n.to_string(), op));
    ir.walk(module).into_iter().filter_map(name).collect()
}

/// Names of the operations that are not constants.
pub fn names(ir: &Ir, module: OpId) -> Vec<String> {
    ops(ir, module).into_iter().map(|(n, _)| n).filter(|n| n != "constant").collect()
}

/// The only operation of a name.
pub fn only(ir: &Ir, module: OpId, name: &str) -> OpId {
    let found: Vec<_> = ops(ir, module).into_iter().filter(|(n, _)| n == name).collect();
    assert_eq!(found.len(), 1, "operations named {name}");
    found[0].1
}

/// Type of the first result as text.
pub fn result(ir: &Ir, op: OpId) -> String {
    text(ir.ctx(), ir.ty(ir.result(op, 0).unwrap()))
}

/// Type of a value as text.
pub fn ty(ir: &Ir, v: ValueId) -> String {
    text(ir.ctx(), ir.ty(v))
}

/// Runs the verifiers of all operations.
pub fn verify(ir: &Ir, module: OpId) {
    if let Err(d) = cim_ir::verify::verify(ir, module) {
        panic!("{}", d.iter().map(|d| d.render(ir.ctx())).collect::<String>());
    }
}

//! Networks of `tosa` or of `linalg` on tensors to `cim.graph`.
//!
//! - [`ConvertTosaToCim`], [`ConvertLinalgToCim`]: the passes, with the operations of their dialects (`tosa`, `linalg`)
//! - `net`: the network so far; `layout`: channels last held as channels first; `data`: attributes and constants
//! - `shared`: what both dialects use of `arith` and `tensor`; `generic`: `linalg.generic` of elementwise expressions
//! - `function`: finds the function, translates it and puts `@network` in its place
//!
//! Every operation is spelled as ONNX nodes that mean the same, and the ONNX importer makes `cim.graph` of them: folding of
//! constants, what runs on the host and why, and the checks have one place for all front ends.
#![forbid(unsafe_code)]

mod data;
mod function;
mod generic;
mod layout;
mod linalg;
mod net;
mod shared;
mod tosa;
mod tosa_quant;

pub use linalg::ConvertLinalgToCim;
pub use tosa::ConvertTosaToCim;

use cim_ir::{Ir, OpId};
use cim_pass::PassRegistry;

/// Registers the passes.
pub fn register(registry: &mut PassRegistry) {
    registry.add::<ConvertTosaToCim>();
    registry.add::<ConvertLinalgToCim>();
}

/// The pass that turns the network of a module into `cim.graph`; None when it holds neither dialect.
pub fn needed_pass(ir: &Ir, module: OpId) -> Option<&'static str> {
    let ops = ir.walk(module);
    let holds = |dialect: &str| ops.iter().any(|&op| ir.name_str(op).starts_with(dialect));
    match () {
        () if holds("tosa.") => Some("convert-tosa-to-cim"),
        () if holds("linalg.") => Some("convert-linalg-to-cim"),
        () => None,
    }
}

//! Single steps of `cim compile` for `cim-translate`: a model to IR, IR to a program.

use std::path::Path;

use cim_isa::Program;
use cim_isa::program::ProgramMode;

use crate::compile::{CompileError, CompileOptions};
use crate::pipeline::{Job, context, failed};

/// Imports an ONNX model and prints it as the passes find it: float or quantised `cim.graph`, no machine.
///
/// # Errors
/// The file cannot be read, is malformed or holds something unsupported.
pub fn import_onnx(model: &Path) -> Result<String, CompileError> {
    let ctx = context();
    let (ir, module) = cim_onnx::import(&ctx, model).map_err(|d| failed(&ctx, &d))?;
    Ok(cim_ir::text::print_module(&ir, module, &cim_ir::text::PrintOptions::default()))
}

/// Exports a lowered module (with its `cim.machine` attribute and addresses) as it is; no pass runs.
///
/// # Errors
/// The text is malformed, has no machine, is not lowered, or does not make a valid program.
pub fn export_metaop(module: &Path) -> Result<Program, CompileError> {
    let mut job = Job::read(module, &CompileOptions { mode: Some(ProgramMode::Cm), ..CompileOptions::default() })?;
    if !job.is_lowered() {
        let text = "the module has no function @main: lower it first, as `cim compile --emit xbar` does";
        return Err(CompileError::Failed(text.into()));
    }
    job.mode_from_operations();
    job.program()
}

//! ONNX to `cim.graph`: one file an operator family.
//!
//! - [`import`], [`import_bytes`]: a model as a module with `func.func @network`
//! - [`proto`]: the messages of the format
//! - `scan`, `source`, `tensor`: limits, mapped files, tensors; `order`: nodes in execution order
//! - `importer`, `node`: state of an import and what operators see of it; `ops`: the operators, within the limits of `chip`; `host`: the rest
//! - `expand`: calls of functions and constant branches; `declared`: types that the model declares; [`ImportOptions`]
//!
//! Weights are never copied: the model file is mapped, and constants of the module are slices of the map. Any byte string
//! may be given: a malformed model is answered with diagnostics, memory stays proportional to the file.

mod chip;
mod declared;
mod expand;
mod host;
mod importer;
mod node;
mod ops;
mod options;
mod order;
pub mod proto;
mod scan;
mod source;
mod tensor;

pub use importer::{NodeInfo, NodeState, Survey};
pub use node::Refusal;
pub use options::ImportOptions;

use bytes::Bytes;
use cim_ir::{Context, Diagnostic, Ir, OpId};
use std::path::Path;
use std::sync::Arc;

/// Oldest and newest operator set of the default domain that is understood.
pub const OPSETS: std::ops::RangeInclusive<i64> = 7..=25;

/// Reads a model file and its external data, both mapped, into a module.
///
/// The module holds `func.func @network`; its symbol name is the graph's name, or the file's. The context must have the
/// dialects `cim.graph` and `func` registered. All operators that cannot be imported are reported at once.
pub fn import(ctx: &Arc<Context>, path: &Path) -> Result<(Ir, OpId), Vec<Diagnostic>> {
    import_with(ctx, path, &ImportOptions::default())
}

/// As [`import`], with sizes for dimensions that the model leaves open.
pub fn import_with(ctx: &Arc<Context>, path: &Path, options: &ImportOptions) -> Result<(Ir, OpId), Vec<Diagnostic>> {
    let (name, bytes) = map(ctx, path)?;
    importer::import(ctx, bytes, &name, folder(path), options)
}

/// As [`import`] from memory; `name` stands for the file in messages, external data is looked for in `dir` (refused when None).
pub fn import_bytes(
    ctx: &Arc<Context>,
    bytes: Bytes,
    name: &str,
    dir: Option<&Path>,
) -> Result<(Ir, OpId), Vec<Diagnostic>> {
    importer::import(ctx, bytes, name, dir, &ImportOptions::default())
}

/// As [`import`] of a model that another front end wrote node by node; `name` stands for the file in messages.
pub fn import_model(ctx: &Arc<Context>, model: proto::ModelProto, name: &str) -> Result<(Ir, OpId), Vec<Diagnostic>> {
    importer::import_model(ctx, model, name, None, &ImportOptions::default(), &mut Vec::new())
}

/// As [`import_with`] from memory; the model has no external data.
pub fn import_bytes_with(
    ctx: &Arc<Context>,
    bytes: Bytes,
    name: &str,
    options: &ImportOptions,
) -> Result<(Ir, OpId), Vec<Diagnostic>> {
    importer::import(ctx, bytes, name, None, options)
}

/// As [`import_with`], for a report: every node with what became of it. Refused nodes are part of the result; the error is for
/// files that are no models, and for inputs and initialisers that cannot be read.
pub fn survey(ctx: &Arc<Context>, path: &Path, options: &ImportOptions) -> Result<Survey, Vec<Diagnostic>> {
    let (name, bytes) = map(ctx, path)?;
    importer::survey(ctx, bytes, &name, folder(path), options)
}

fn map(ctx: &Arc<Context>, path: &Path) -> Result<(String, Bytes), Vec<Diagnostic>> {
    let name = path.to_string_lossy().into_owned();
    let bytes = source::map(path).map_err(|e| vec![Diagnostic::error(ctx.file_loc(&name, 0, 0), e)])?;
    Ok((name, bytes))
}

/// Where the external data of a model lies.
fn folder(path: &Path) -> Option<&Path> {
    path.parent().map(|p| if p.as_os_str().is_empty() { Path::new(".") } else { p })
}

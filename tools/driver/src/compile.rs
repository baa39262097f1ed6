//! From a model to a program: the one place where importer, passes and lowering meet for the `cim` commands.
//!
//! The signatures are the contract between the command line and the compiler; [`crate::pipeline`] does the work.

use std::path::{Path, PathBuf};

use cim_isa::Program;
use cim_isa::program::{Placement, ProgramMode};
pub use cim_onnx::ImportOptions;

use crate::calibrate::Calibration;
use crate::pipeline::{self, Job};

/// What to compile for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CompileOptions {
    /// Preset name or path of a YAML file.
    pub machine: String,
    /// `--set key=value` overrides of machine fields, in order.
    pub overrides: Vec<(String, String)>,
    /// Computing mode; None = the finest that the machine exposes.
    pub mode: Option<ProgramMode>,
    /// Use all parallel rows although the converter may clip; marks the program lossy.
    pub allow_adc_clipping: bool,
    /// Quantise a float network with these ranges.
    pub calibration: Option<Calibration>,
    /// Bits of layers: `{"layer name": [weight bits, activation bits], ...}` or an array in the order of `cim layers`.
    pub policy: Option<PathBuf>,
    /// How much the imported network is tidied, 0 to 3.
    pub opt_level: u8,
    /// Sizes for dimensions that an ONNX model leaves open.
    pub sizes: ImportOptions,
}

/// A level of the IR to print instead of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// `cim.graph`: integer operators with explicit requantisation.
    Graph,
    /// `cim.xbar`: matrix-vector products on virtual crossbars.
    Xbar,
    /// `cim.row`: groups of rows.
    Row,
}

/// Where a node of the model goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodePlacement {
    /// Runs there.
    Mapped(Placement),
    /// Disappears into another node (batch norm into requantisation, dequantise into the operator it feeds, ...).
    Folded,
    /// Cannot be compiled.
    Refused,
    /// Not known, because another node is refused.
    Unknown,
}

/// One line of `cim check`.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeCheck {
    /// Node name, as in the model.
    pub node: String,
    /// Operator with its domain unless that is ONNX's own.
    pub operator: String,
    /// Where it goes.
    pub placement: NodePlacement,
    /// Why there, or why not.
    pub reason: String,
    /// The attribute (or operand) that a refusal is about.
    pub attribute: Option<String>,
    /// What the user can do about a refusal.
    pub remedy: Option<String>,
    /// Share of the cycles (with a machine) or of the multiply-accumulates (without) of the whole network, 0 to 1; None where
    /// the model defines none, as on the host.
    pub cost_share: Option<f64>,
}

/// One line of `cim layers`: a layer with weights, in the order in which a precision policy counts them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerRow {
    /// Layer name, as in the model.
    pub name: String,
    /// `conv` or `linear`.
    pub kind: String,
    /// Outputs of one matrix-vector product: output channels or features, over all groups.
    pub m: u64,
    /// Inputs of one dot product: input channels per group times kernel positions.
    pub k: u64,
    /// Matrix-vector products per inference: output pixels.
    pub products: u64,
    /// Weights.
    pub weights: u64,
    /// Multiply-accumulates per inference.
    pub macs: u64,
}

/// Why there is no program.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CompileError {
    /// The model, the machine or their combination is wrong: rendered diagnostics, one or more lines, without the
    /// leading `error: ` of the first.
    #[error("{0}")]
    Failed(String),
}

/// Compiles an ONNX model (or MLIR text) to a program.
///
/// # Errors
/// The file cannot be read, the model is malformed or holds something unsupported, the machine description is wrong,
/// or the network does not fit the machine.
pub fn compile(model: &Path, options: &CompileOptions) -> Result<Program, CompileError> {
    let mut job = Job::read(model, options)?;
    job.lower(None)?;
    job.program()
}

/// Lowers a model to one level and prints its IR.
///
/// # Errors
/// As [`compile`].
pub fn emit(model: &Path, options: &CompileOptions, level: Level) -> Result<String, CompileError> {
    let mut job = Job::read(model, options)?;
    pipeline::check_level(job.mode, level)?;
    job.lower(Some(level))?;
    Ok(job.text())
}

/// The pass pipeline that [`compile`] (or [`emit`], with a level) runs, in MLIR's grammar.
///
/// # Errors
/// The machine description is wrong or does not expose the mode.
pub fn pass_pipeline(options: &CompileOptions, level: Option<Level>) -> Result<String, CompileError> {
    pipeline::describe(options, level)
}

/// Says for every node of the model where it goes. Refusals are part of the result, not an error.
/// Without a machine only the model is judged; `sizes` are for dimensions that it leaves open.
///
/// # Errors
/// The file cannot be read or is not a model; the machine description is wrong.
pub fn check(
    model: &Path,
    options: Option<&CompileOptions>,
    sizes: &ImportOptions,
) -> Result<Vec<NodeCheck>, CompileError> {
    crate::model_check::check(model, options, sizes)
}

/// The layers with weights, in execution order; `sizes` are for dimensions that the model leaves open.
///
/// # Errors
/// The file cannot be read or is not a model.
pub fn layers(model: &Path, sizes: &ImportOptions) -> Result<Vec<LayerRow>, CompileError> {
    crate::model_check::layers(model, sizes)
}

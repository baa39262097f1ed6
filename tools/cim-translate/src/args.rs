//! The command line.

use std::path::PathBuf;

use clap::{ArgGroup, Parser};

/// Converts between the formats of the cim project.
#[derive(Debug, Parser)]
#[command(
    name = "cim-translate",
    version = cim_driver::VERSION,
    arg_required_else_help = true,
    group(ArgGroup::new("what").required(true)),
    after_help = "Examples:\n  \
        cim-translate --import-onnx net.onnx -o net.mlir\n  \
        cim-translate --export-metaop lowered.mlir -o net.metaop\n  \
        cim-translate --metaop-to-text net.metaop -o net.txt\n  \
        cim-translate --text-to-metaop net.txt -o net.metaop\n  \
        cim-translate --metaop-to-flow --unroll net.metaop | head\n  \
        cim-translate --metaop-stats net.metaop --json stats.json\n\n\
        Exit status: 0 done, 1 the input is wrong, 2 wrong usage."
)]
pub struct Cli {
    /// ONNX model to MLIR text: cim.graph before any pass
    #[arg(long, group = "what")]
    pub import_onnx: bool,
    /// MLIR text that is lowered and has addresses (`cim compile --emit xbar` or `row`) to a program file
    #[arg(long, group = "what")]
    pub export_metaop: bool,
    /// Program file to program text, with everything in it: the exact inverse of --text-to-metaop
    #[arg(long, group = "what")]
    pub metaop_to_text: bool,
    /// Program text to program file
    #[arg(long, group = "what")]
    pub text_to_metaop: bool,
    /// Program file to the notation of the CIM-MLC paper; other operations are counted at the end
    #[arg(long, group = "what")]
    pub metaop_to_flow: bool,
    /// Instructions of a program file by kind, as written and as executed; bytes by section
    #[arg(long, group = "what")]
    pub metaop_stats: bool,

    /// Input (- = standard input)
    #[arg(value_name = "FILE", default_value = "-")]
    pub input: PathBuf,
    /// Output (- = standard output)
    #[arg(short, value_name = "FILE", default_value = "-")]
    pub output: PathBuf,

    /// With --metaop-to-flow: repeat loop bodies as often as they are executed
    #[arg(long, conflicts_with_all = ["import_onnx", "export_metaop", "metaop_to_text", "text_to_metaop", "metaop_stats"])]
    pub unroll: bool,
    /// With --metaop-to-text: write constants of at least N bytes to files beside the output instead of into it
    #[arg(long, value_name = "N", conflicts_with_all = ["import_onnx", "export_metaop", "text_to_metaop", "metaop_to_flow", "metaop_stats"])]
    pub external_constants: Option<u64>,
    /// With --metaop-stats: also write the figures as JSON (- = standard output, then without the table)
    #[arg(long, value_name = "FILE", conflicts_with_all = ["import_onnx", "export_metaop", "metaop_to_text", "text_to_metaop", "metaop_to_flow"])]
    pub json: Option<PathBuf>,
}

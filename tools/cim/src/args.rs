//! The command line.

use std::path::PathBuf;

use cim_driver::calibrate::Method;
use clap::{Args, Parser, Subcommand, ValueEnum};

/// Compiles neural networks for computing-in-memory machines and runs them on a simulated one.
#[derive(Debug, Parser)]
#[command(
    name = "cim",
    version = VERSION,
    arg_required_else_help = true,
    after_help = "Examples:\n  \
        cim compile net.onnx --machine isaac-baseline --mode xbm -o net.cim\n  \
        cim run net.cim --input x.npy --verify --labels y.npy\n  \
        cim check net.onnx --machine puma\n  \
        cim machines isaac-baseline\n\n\
        Exit status: 0 done, 1 the input is wrong, cannot be mapped or a check failed, 2 wrong usage."
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Options of every command.
    #[command(flatten)]
    pub common: Common,
}

const VERSION: &str = cim_driver::VERSION;

/// Options of every command.
#[derive(Debug, Args)]
pub struct Common {
    /// Print results and errors only
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Also print times and what is being done, on standard error
    #[arg(short, long, global = true)]
    pub verbose: bool,
    /// Worker threads (default: all processors); results do not depend on it
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub threads: Option<u16>,
    /// Seed of everything random; echoed in every report
    #[arg(long, global = true, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// Write the result as JSON to FILE (- = standard output)
    #[arg(long, global = true, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Give up after this many seconds
    #[arg(long, global = true, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..))]
    pub timeout: Option<u32>,
}

/// Subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    Compile(Compile),
    Run(Box<Run>),
    Check(Check),
    Layers(Layers),
    Machines(Machines),
}

/// Computing modes of crossbar machines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Mode {
    /// Core mode: whole operators on cores (read_core)
    Cm,
    /// Crossbar mode: matrix-vector products on crossbars (read_xb)
    Xbm,
    /// Wordline mode: groups of rows (read_row)
    Wlm,
}

/// What `cim compile` writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Emit {
    /// The network as IR: integer operators with explicit requantisation
    Graph,
    /// IR of matrix-vector products on virtual crossbars
    Xbar,
    /// IR of row groups
    Row,
    /// The program (bytecode)
    Metaop,
}

/// Options of commands that compile for a machine.
#[derive(Clone, Debug, Args)]
pub struct Target {
    /// Preset name (see `cim machines`) or YAML file
    #[arg(long, value_name = "M")]
    pub machine: Option<String>,
    /// Override a field of the machine, as crossbar.cell_bits=1
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = key_value, requires = "machine")]
    pub overrides: Vec<(String, String)>,
    /// Computing mode (default: the finest the machine exposes)
    #[arg(long, value_enum, requires = "machine")]
    pub mode: Option<Mode>,
    /// Drive all parallel rows although converters may clip: the program is marked lossy
    #[arg(long, requires = "machine")]
    pub allow_adc_clipping: bool,
    /// Tidy the imported network: 0 nothing, 1 dead code and folding, 2 and 3 also common subexpressions
    #[arg(long, value_name = "LEVEL", default_value_t = 2, value_parser = clap::value_parser!(u8).range(0..=3), requires = "machine")]
    pub opt_level: u8,
    /// Quantise a float network: images along axis 0 from which the ranges of its activations are taken
    #[arg(long, value_name = "X.npy", requires = "machine")]
    pub calibrate: Option<PathBuf>,
    /// How --calibrate chooses the range of an activation: min-max, percentile or mse
    #[arg(long, value_name = "METHOD", default_value = "min-max", requires = "calibrate")]
    pub calibration: Method,
    /// Bits of weights and activations of a float network: W,A
    #[arg(long, value_name = "W,A", default_value = "8,8", value_parser = bits, requires = "calibrate")]
    pub bits: [i64; 2],
    /// Bits of single layers: {"layer": [W, A], ...}, or an array in the order of `cim layers`
    #[arg(long, value_name = "BITS.json", requires = "calibrate")]
    pub policy: Option<PathBuf>,
    /// One weight scale for a whole tensor instead of one for each output channel
    #[arg(long, requires = "calibrate")]
    pub per_tensor: bool,
    /// Zero points for activations with negative values, instead of signed activations
    #[arg(long, requires = "calibrate")]
    pub affine: bool,
    /// Print the pass pipeline on standard error before it runs
    #[arg(long, requires = "machine")]
    pub dump_pass_pipeline: bool,
}

/// Sizes for dimensions that an ONNX model leaves open.
#[derive(Clone, Debug, Args)]
pub struct Sizes {
    /// Run N images at once: the size of symbolic leading dimensions (default: compile for one image, run each on its own).
    /// What mixes images, as a batch norm in training mode, needs it; operators on the chip take one image (N = 1), with more they
    /// run on the host
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(1..))]
    pub batch: Option<i64>,
    /// Size of a symbolic dimension of the inputs, as sequence=128
    #[arg(long = "dim", value_name = "NAME=SIZE", value_parser = dimension)]
    pub dims: Vec<(String, i64)>,
}

/// Compile an ONNX model (or MLIR text) to a program or to one of its levels
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    cim compile net.onnx --machine isaac-baseline -o net.cim\n  \
    cim compile net.onnx --machine puma --mode cm --set chip.core_number=64 -o net.cim\n  \
    cim compile net.onnx --machine isaac-baseline --emit xbar -o -")]
pub struct Compile {
    /// The model: ONNX, or MLIR text
    pub model: PathBuf,
    #[command(flatten)]
    pub target: Target,
    #[command(flatten)]
    pub sizes: Sizes,
    /// What to write
    #[arg(long, value_enum, default_value = "metaop")]
    pub emit: Emit,
    /// Output file (- = standard output)
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
    /// Write no program whose buffers and cells need more to simulate, as 2 GiB
    #[arg(long, value_name = "SIZE", value_parser = bytes)]
    pub max_memory: Option<u64>,
}

/// Execute a program, or compile a model and execute it
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    cim run net.cim --input x.npy --output y.npy\n  \
    cim run net.onnx --machine isaac-baseline --mode wlm --input x.npy --verify --labels labels.npy\n  \
    cim run net.cim --input image=x.npy --expect y.npy --atol 1e-3 --count 10 --json report.json")]
pub struct Run {
    /// A program, or a model (ONNX, MLIR text) to compile first
    pub program: PathBuf,
    #[command(flatten)]
    pub target: Target,
    #[command(flatten)]
    pub sizes: Sizes,
    /// Input tensor (.npy or .npz), one per model input; axis 0 holds the images
    #[arg(long, value_name = "[NAME=]X.npy", required = true)]
    pub input: Vec<String>,
    /// Write an output tensor
    #[arg(short, long, value_name = "[NAME=]Y.npy")]
    pub output: Vec<String>,
    /// Compare every layer of every image with the integer reference
    #[arg(long)]
    pub verify: bool,
    /// Compare an output with a recorded one
    #[arg(long, value_name = "[NAME=]Y.npy")]
    pub expect: Vec<String>,
    /// Absolute tolerance of --expect
    #[arg(long, value_name = "A", default_value_t = 0.0, requires = "expect")]
    pub atol: f64,
    /// Tolerance of --expect relative to the expected value
    #[arg(long, value_name = "R", default_value_t = 0.0, requires = "expect")]
    pub rtol: f64,
    /// Labels of the images: prints the accuracy of the first output
    #[arg(long, value_name = "Y.npy")]
    pub labels: Option<PathBuf>,
    /// Run the first N images only
    #[arg(long, value_name = "N")]
    pub count: Option<usize>,
    /// How crossbars are simulated: all give the same bytes
    #[arg(long, value_enum, default_value = "auto")]
    pub engine: Engine,
    /// Refuse programs that execute more instructions
    #[arg(long, value_name = "N")]
    pub max_steps: Option<u64>,
    /// Refuse programs whose buffers and cells need more, as 2 GiB
    #[arg(long, value_name = "SIZE", value_parser = bytes)]
    pub max_memory: Option<u64>,
}

/// How crossbars are simulated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Engine {
    /// The fastest that is exact for the program
    Auto,
    /// Integer products, where no conversion can clip
    Exact,
    /// Every cell, input bit and conversion
    BitSliced,
}

/// Say what maps, what goes to the host, what is refused, why, and what to do
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  cim check net.onnx\n  cim check net.onnx --machine jain-sram --json check.json")]
pub struct Check {
    /// The model
    pub model: PathBuf,
    #[command(flatten)]
    pub target: Target,
    #[command(flatten)]
    pub sizes: Sizes,
    /// Output file (- = standard output)
    #[arg(short, long, value_name = "FILE", default_value = "-")]
    pub output: PathBuf,
}

/// List the layers with weights, in the order a precision policy uses
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  cim layers net.onnx --json layers.json")]
pub struct Layers {
    /// The model
    pub model: PathBuf,
    #[command(flatten)]
    pub sizes: Sizes,
    /// Output file (- = standard output)
    #[arg(short, long, value_name = "FILE", default_value = "-")]
    pub output: PathBuf,
}

/// List the machines, print one as YAML with its sources, or the JSON schema of descriptions
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  cim machines\n  cim machines puma > mine.yaml\n  cim machines mine.yaml\n  cim machines --schema"
)]
pub struct Machines {
    /// Preset, or a YAML file to check and print with its defaults
    #[arg(conflicts_with = "schema")]
    pub name: Option<String>,
    /// Print the JSON schema of machine descriptions
    #[arg(long)]
    pub schema: bool,
    /// Output file (- = standard output)
    #[arg(short, long, value_name = "FILE", default_value = "-")]
    pub output: PathBuf,
}

fn key_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_string(), value.to_string())),
        _ => Err("KEY=VALUE is needed, as crossbar.cell_bits=1".into()),
    }
}

fn dimension(text: &str) -> Result<(String, i64), String> {
    let (name, size) = key_value(text).map_err(|_| "NAME=SIZE is needed, as sequence=128".to_string())?;
    match size.parse() {
        Ok(n) if n > 0 => Ok((name, n)),
        _ => Err(format!("'{size}' is no size of a dimension")),
    }
}

fn bits(text: &str) -> Result<[i64; 2], String> {
    let wrong = || "two numbers are needed, as 4,8".to_string();
    let (w, a) = text.split_once(',').ok_or_else(wrong)?;
    let number = |t: &str, most: i64| {
        let n: i64 = t.trim().parse().map_err(|_| wrong())?;
        if (2..=most).contains(&n) { Ok(n) } else { Err(format!("{n} bits: weights have 2 to 8, activations 2 to 16")) }
    };
    Ok([number(w, 8)?, number(a, 16)?])
}

fn bytes(text: &str) -> Result<u64, String> {
    if let Ok(bytes) = text.parse() {
        return Ok(bytes);
    }
    text.parse::<cim_machine::Bytes>().map(|b| b.0).map_err(|e| e.to_string())
}

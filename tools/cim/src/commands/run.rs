//! `cim run`.

use std::io::IsTerminal;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use cim_driver::expect::{self, Tolerance};
use cim_driver::report::{Expectation, Report};
use cim_driver::run::inputs::{Inputs, Output, assign};
use cim_driver::run::simulator::{EngineChoice, Settings, Simulated};
use cim_driver::run::{self, Verifier};
use cim_driver::{compile, program_file, tensor_file};
use cim_isa::Program;
use indicatif::{ProgressBar, ProgressStyle};

use super::{dump_pipeline, options, sizes};
use crate::args::{Common, Engine, Run};
use crate::output;

pub fn run(args: &Run, common: &Common) -> Result<ExitCode> {
    let start = Instant::now();
    let (program, source, bytes) = load(args)?;
    let program = Arc::new(program);
    let loaded = start.elapsed();
    let machine = program_file::machine(&program)?;
    let inputs = Inputs::read(&program, &args.input, args.count)?;
    let names: Vec<&str> = program.outputs.iter().map(|o| o.name.as_str()).collect();
    // Everything that can be wrong with the arguments is found before the run.
    let files = assign("output", &names, &args.output)?;
    let expected = expectations(args, &names, &inputs)?;
    let labels = args.labels.as_deref().map(|p| tensor_file::read(p, None)).transpose()?.map(|l| inputs.cut(l));
    let verifier = args.verify.then(|| Verifier::new(&program)).transpose()?;
    let settings = Settings {
        engine: match args.engine {
            Engine::Auto => EngineChoice::Auto,
            Engine::Exact => EngineChoice::Exact,
            Engine::BitSliced => EngineChoice::BitSliced,
        },
        max_steps: args.max_steps,
        max_memory: args.max_memory,
    };
    let start = Instant::now();
    let executor = Simulated::new(&program, &machine, settings)?;
    let programmed = start.elapsed();

    let start = Instant::now();
    let bar = progress_bar(inputs.images(), common);
    let outcome = run::run(&program, &executor, &inputs, verifier.as_ref(), &|| bar.inc(1));
    bar.finish_and_clear();
    let outcome = outcome?;
    let elapsed = start.elapsed();
    if common.verbose {
        let rate = inputs.images() as f64 / elapsed.as_secs_f64().max(1e-9);
        output::note(&format!(
            "loaded in {loaded:.2?}, programmed in {programmed:.2?}, ran {} images in {elapsed:.2?} ({rate:.0} per second)",
            inputs.images()
        ));
    }

    let info = program_file::machine_info(&program, &machine, &source);
    let mut report = Report::of_program(&program, info, common.seed, bytes);
    report.add_costs(&program, &machine);
    report.inferences = Some(inputs.images() as u64);
    if let (Some(v), Some(c)) = (&verifier, &outcome.comparison) {
        report.verification = Some(v.report(c));
    }
    for (y, file) in outcome.outputs.iter().zip(&files) {
        if let Some(file) = file {
            write_output(file, y)?;
        }
    }
    if let (Some(labels), Some(y)) = (&labels, outcome.outputs.first()) {
        report.accuracy = Some(expect::accuracy(&y.tensor.to_f32(), inputs.images(), labels)?);
    }
    if !args.expect.is_empty() {
        let mut e = Expectation::default();
        for (y, expected) in outcome.outputs.iter().zip(&expected) {
            if let Some(expected) = expected {
                e.add(&y.name, &y.tensor, expected, Tolerance { atol: args.atol, rtol: args.rtol })?;
            }
        }
        report.expectation = Some(e);
    }
    finish(&report, args, common)
}

/// Writes the report and says what failed.
fn finish(report: &Report, args: &Run, common: &Common) -> Result<ExitCode> {
    let stdout = Path::new("-");
    let taken = common.json.as_deref() == Some(stdout) || args.output.iter().any(|o| o == "-" || o.ends_with("=-"));
    if !common.quiet && !taken {
        output::write(stdout, report.to_table().as_bytes())?;
    }
    if let Some(json) = &common.json {
        output::write(json, report.to_json().as_bytes())?;
    }
    let mut failed = false;
    if let Some(v) = report.verification.as_ref().filter(|v| v.mismatches > 0) {
        failed = true;
        output::error(&format!("{} of {} elements differ from the reference", v.mismatches, v.elements));
        if let Some(d) = &v.first_difference {
            let [c, h, w] = d.position;
            output::note(&format!(
                "  first difference: image {}, layer '{}', (c {c}, h {h}, w {w}): expected {}, found {}",
                d.image, d.layer, d.expected, d.found
            ));
        }
    }
    if let Some(e) = report.expectation.as_ref().filter(|e| e.outside > 0) {
        failed = true;
        output::error(&format!("{} of {} output elements are outside the tolerance", e.outside, e.compared));
        for (what, d) in [("first", &e.first_difference), ("worst", &e.worst_difference)] {
            if let Some(d) = d {
                output::note(&format!(
                    "  {what} difference: output '{}' at {:?}: expected {}, found {}",
                    d.output, d.index, d.expected, d.found
                ));
            }
        }
    }
    Ok(if failed { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

/// The program, where its machine came from, and the size of the program file if it is one.
fn load(args: &Run) -> Result<(Program, String, Option<u64>)> {
    let path = &args.program;
    let head = program_file::head(path)?;
    if program_file::is_program(&head) {
        if args.target.machine.is_some() || args.sizes.batch.is_some() || !args.sizes.dims.is_empty() {
            bail!(
                "'{}' is already compiled: --machine, --set, --mode, --batch and --dim belong to a model",
                path.display()
            );
        }
        let size = std::fs::metadata(path).with_context(|| format!("cannot read '{}'", path.display()))?.len();
        return Ok((program_file::read(path)?, "program".to_string(), Some(size)));
    }
    let Some(options) = options(&args.target, sizes(&args.sizes)?) else {
        bail!("'{}' is no compiled program; to compile it as a model, name a machine with --machine", path.display());
    };
    dump_pipeline(&args.target, None)?;
    let program = compile::compile(path, &options)?;
    let size = program_file::encode(&program)?.len() as u64;
    Ok((program, options.machine, Some(size)))
}

fn expectations(args: &Run, names: &[&str], inputs: &Inputs) -> Result<Vec<Option<tensor_file::Array>>> {
    let files = assign("output", names, &args.expect)?;
    files
        .into_iter()
        .zip(names)
        .map(|(file, name)| file.map(|f| tensor_file::read(f, Some(name)).map(|a| inputs.cut(a))).transpose())
        .collect()
}

fn write_output(path: &Path, y: &Output) -> Result<()> {
    let mut bytes = Vec::new();
    tensor_file::write_npy(&mut bytes, &y.tensor)?;
    output::write(path, &bytes)
}

/// Visible on a terminal only.
fn progress_bar(images: usize, common: &Common) -> ProgressBar {
    if common.quiet || images < 2 || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{wide_bar} {pos}/{len} images, {eta} left");
    ProgressBar::new(images as u64).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

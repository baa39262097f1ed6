//! One file a subcommand.

mod check;
mod compile;
mod layers;
mod machines;
mod run;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use cim_driver::calibrate::Calibration;
use cim_driver::compile::{CompileOptions, ImportOptions};
use cim_isa::program::ProgramMode;

use crate::args::{Cli, Command, Mode, Sizes, Target};
use crate::output;

/// Runs the chosen command; the code is 0, or 1 when a check failed after all results were written.
pub fn run(cli: &Cli) -> Result<ExitCode> {
    if let Some(seconds) = cli.common.timeout {
        std::thread::spawn(move || {
            std::thread::sleep(Duration::from_secs(seconds.into()));
            output::error(&format!("gave up after {seconds} s (--timeout)"));
            std::process::exit(1);
        });
    }
    if let Some(n) = cli.common.threads {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(n.into());
        pool.build_global().context("cannot start the worker threads")?;
    }
    match &cli.command {
        Command::Compile(c) => compile::run(c, &cli.common),
        Command::Run(c) => run::run(c, &cli.common),
        Command::Check(c) => check::run(c, &cli.common),
        Command::Layers(c) => layers::run(c, &cli.common),
        Command::Machines(c) => machines::run(c, &cli.common),
    }
}

/// Import options from the command line.
fn sizes(sizes: &Sizes) -> Result<ImportOptions> {
    let mut dims = BTreeMap::new();
    for (name, size) in &sizes.dims {
        if dims.insert(name.clone(), *size).is_some() {
            bail!("--dim {name} is given twice");
        }
    }
    Ok(ImportOptions { batch: sizes.batch, dims })
}

/// Compile options from the command line; None without a machine.
fn options(target: &Target, sizes: ImportOptions) -> Option<CompileOptions> {
    Some(CompileOptions {
        machine: target.machine.clone()?,
        overrides: target.overrides.clone(),
        mode: target.mode.map(|m| match m {
            Mode::Cm => ProgramMode::Cm,
            Mode::Xbm => ProgramMode::Xbm,
            Mode::Wlm => ProgramMode::Wlm,
        }),
        allow_adc_clipping: target.allow_adc_clipping,
        calibration: target.calibrate.clone().map(|file| Calibration {
            file,
            method: target.calibration,
            bits: target.bits,
            per_tensor: target.per_tensor,
            affine: target.affine,
        }),
        policy: target.policy.clone(),
        opt_level: target.opt_level,
        sizes,
    })
}

/// `--dump-pass-pipeline`: prints what [`compile`] will run, one line on standard error.
fn dump_pipeline(target: &Target, level: Option<cim_driver::compile::Level>) -> Result<()> {
    if target.dump_pass_pipeline
        && let Some(options) = options(target, ImportOptions::default())
    {
        output::note(&cim_driver::compile::pass_pipeline(&options, level)?);
    }
    Ok(())
}

/// Writes a JSON value with the fields every result carries.
fn write_json(path: Option<&Path>, value: &serde_json::Value) -> Result<()> {
    let Some(path) = path else { return Ok(()) };
    let mut text = serde_json::to_string_pretty(value)?;
    text.push('\n');
    output::write(path, text.as_bytes())
}

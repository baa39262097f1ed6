//! `cim compile`.

use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Result, bail};
use cim_driver::compile::{self, Level};
use cim_driver::program_file;
use cim_driver::report::{Report, Tool};
use cim_driver::run::simulator;
use serde_json::json;

use super::{dump_pipeline, options, sizes, write_json};
use crate::args::{Common, Compile, Emit};
use crate::output;

pub fn run(args: &Compile, common: &Common) -> Result<ExitCode> {
    let Some(options) = options(&args.target, sizes(&args.sizes)?) else {
        bail!("--machine is needed: a preset (see `cim machines`) or a YAML file");
    };
    if args.emit != Emit::Metaop && args.max_memory.is_some() {
        bail!("--max-memory is about programs; a level of the IR is not executed");
    }
    let level_of_pipeline = match args.emit {
        Emit::Graph => Some(Level::Graph),
        Emit::Xbar => Some(Level::Xbar),
        Emit::Row => Some(Level::Row),
        Emit::Metaop => None,
    };
    dump_pipeline(&args.target, level_of_pipeline)?;
    let start = Instant::now();
    let (name, level) = match args.emit {
        Emit::Graph => ("graph", Level::Graph),
        Emit::Xbar => ("xbar", Level::Xbar),
        Emit::Row => ("row", Level::Row),
        Emit::Metaop => {
            let program = compile::compile(&args.model, &options)?;
            let machine = program_file::machine(&program)?;
            simulator::check_program(&program, &machine)?;
            if let Some(limit) = args.max_memory {
                simulator::check_memory(&program, &machine, limit)?;
            }
            let compiled = start.elapsed();
            let bytes = program_file::encode(&program)?;
            output::write(&args.output, &bytes)?;
            if common.verbose {
                output::note(&format!("compiled in {compiled:.2?}, {} bytes", bytes.len()));
            }
            let info = program_file::machine_info(&program, &machine, &options.machine);
            let mut report = Report::of_program(&program, info, common.seed, Some(bytes.len() as u64));
            report.add_costs(&program, &machine);
            if let Some(json) = &common.json {
                output::write(json, report.to_json().as_bytes())?;
            }
            return Ok(ExitCode::SUCCESS);
        }
    };
    let text = compile::emit(&args.model, &options, level)?;
    if common.verbose {
        output::note(&format!("lowered in {:.2?}", start.elapsed()));
    }
    output::write(&args.output, text.as_bytes())?;
    let value = json!({
        "schema": "cim-emit/1", "tool": Tool::this(), "seed": common.seed,
        "model": args.model.display().to_string(), "machine": options.machine, "level": name, "text": text,
    });
    write_json(common.json.as_deref(), &value)?;
    Ok(ExitCode::SUCCESS)
}

//! Meta-operator programs: binary, text, published notation, figures.

use std::path::Path;

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use cim_isa::flow::FlowError;
use cim_isa::stats::{Counts, Stats};
use cim_isa::text::external_files;
use cim_isa::{Program, TextOptions};
use serde_json::{Map, Value, json};

use crate::args::Cli;
use crate::files;

fn load(input: &Path) -> Result<Program> {
    if input == Path::new("-") {
        let data = Bytes::from(files::read_stdin()?);
        return cim_isa::decode(data).context("<stdin>: not a valid program");
    }
    match cim_isa::open(input) {
        Err(e @ cim_isa::LoadError::Io { .. }) => Err(e.into()),
        other => other.with_context(|| format!("{}: not a valid program", input.display())),
    }
}

/// `--metaop-to-text`
pub fn to_text(cli: &Cli) -> Result<()> {
    let program = load(&cli.input)?;
    let mut options = TextOptions { external_from: cli.external_constants, ..TextOptions::default() };
    if cli.external_constants.is_some() {
        let Some(name) = cli.output.file_name().filter(|_| cli.output != Path::new("-")) else {
            bail!("--external-constants needs -o FILE: the constants are written beside it");
        };
        options.external_prefix = name.to_string_lossy().into_owned();
        let folder = cli.output.parent().unwrap_or(Path::new(""));
        for f in external_files(&program, &options) {
            files::write(&folder.join(&f.name), &f.data)?;
        }
    }
    files::write(&cli.output, cim_isa::to_text(&program, &options).as_bytes())
}

/// `--text-to-metaop`
pub fn from_text(cli: &Cli) -> Result<()> {
    let stdin = cli.input == Path::new("-");
    let data = if stdin { files::read_stdin()? } else { files::read(&cli.input)? };
    let name = if stdin { "<stdin>".to_string() } else { cli.input.display().to_string() };
    let text = String::from_utf8(data).with_context(|| format!("{name}: not text"))?;
    let folder = match cli.input.parent() {
        _ if stdin => Path::new("."),
        Some(p) if p != Path::new("") => p,
        _ => Path::new("."),
    };
    // The message starts with line and column: `FILE:3:7: error: ...`.
    let program = cim_isa::from_text(&text, Some(folder)).map_err(|e| files::Located(format!("{name}:{e}")))?;
    cim_isa::validate(&program).with_context(|| format!("{name}: not a valid program"))?;
    files::write_binary(&cli.output, &cim_isa::encode(&program))
}

/// `--metaop-to-flow`
pub fn to_flow(cli: &Cli) -> Result<()> {
    let program = load(&cli.input)?;
    let mut out = files::create(&cli.output)?;
    match cim_isa::to_flow(&program, cli.unroll, &mut out) {
        Err(FlowError::Io(e)) => Err(e.into()),
        Err(e) => Err(e.into()),
        Ok(()) => Ok(out.flush()?),
    }
}

/// `--metaop-stats`
pub fn stats(cli: &Cli) -> Result<()> {
    let stats = Stats::of(&load(&cli.input)?);
    if let Some(path) = &cli.json {
        let mut text = serde_json::to_vec_pretty(&json(&stats))?;
        text.push(b'\n');
        files::write(path, &text)?;
        if path == Path::new("-") && cli.output == Path::new("-") {
            return Ok(());
        }
    }
    files::write(&cli.output, stats.to_string().as_bytes())
}

fn json(s: &Stats) -> Value {
    let sections: Map<String, Value> = s.sections.iter().map(|(k, v)| (k.to_string(), json!(v))).collect();
    json!({
        "schema": "cim-metaop-stats/1",
        "program": s.name,
        "mode": s.mode,
        "l0_bytes": s.l0_bytes,
        "l1_bytes_per_core": s.l1_span,
        "section_bytes": sections,
        "bytes_without_constants": s.bytes_without_constants,
        "init": counts(&s.init),
        "main": counts(&s.main),
    })
}

fn counts(c: &Counts) -> Value {
    let entry =
        |c: &cim_isa::stats::Count| json!({"class": c.class.name(), "written": c.written, "executed": c.executed});
    Value::Object(c.iter().map(|(k, c)| (k.to_string(), entry(c))).collect())
}

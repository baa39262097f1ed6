//! Models and IR.

use std::path::Path;

use anyhow::{Result, bail};
use cim_driver::{program_file, translate};

use crate::args::Cli;
use crate::files;

fn named(cli: &Cli) -> Result<&Path> {
    if cli.input == Path::new("-") {
        bail!("name a file: models and modules are not read from standard input");
    }
    Ok(&cli.input)
}

/// `--import-onnx`
pub fn import_onnx(cli: &Cli) -> Result<()> {
    files::write(&cli.output, translate::import_onnx(named(cli)?)?.as_bytes())
}

/// `--export-metaop`
pub fn export_metaop(cli: &Cli) -> Result<()> {
    let program = translate::export_metaop(named(cli)?)?;
    files::write_binary(&cli.output, &program_file::encode(&program)?)
}

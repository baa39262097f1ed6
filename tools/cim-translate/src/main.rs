//! `cim-translate`: one format to another.
#![forbid(unsafe_code)]

mod args;
mod files;
mod ir;
mod metaop;

use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    // Clap answers --help and --version with status 0 and wrong usage with status 2.
    let cli = args::Cli::parse();
    let result = if cli.import_onnx {
        ir::import_onnx(&cli)
    } else if cli.export_metaop {
        ir::export_metaop(&cli)
    } else if cli.metaop_to_text {
        metaop::to_text(&cli)
    } else if cli.text_to_metaop {
        metaop::from_text(&cli)
    } else if cli.metaop_to_flow {
        metaop::to_flow(&cli)
    } else {
        metaop::stats(&cli)
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) if is_broken_pipe(&e) => ExitCode::SUCCESS,
        Err(e) => {
            let message = if e.is::<files::Located>() { e.to_string() } else { format!("error: {e:#}") };
            let _ = writeln!(io::stderr().lock(), "{message}");
            ExitCode::from(1)
        }
    }
}

/// Did the reader of our output go away? Then there is nobody left to tell.
fn is_broken_pipe(e: &anyhow::Error) -> bool {
    let broken = |e: &io::Error| e.kind() == ErrorKind::BrokenPipe;
    e.chain().any(|c| c.downcast_ref().is_some_and(broken))
}

//! Reads MLIR text, verifies it and prints it again: the job that the speed goals of the IR are measured with.
//!
//! `roundtrip FILE [--generic] [--debuginfo] [--no-verify] [--quiet] [--times]`; `-` reads standard input.

use cim_ir::Context;
use cim_ir::text::{ParseOptions, PrintOptions, Source, parse_module, write_module};
use std::io::{Read, Write};
use std::process::ExitCode;
use std::time::Instant;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let has = |flag: &str| args.iter().any(|a| a == flag);
    let Some(file) = args.iter().find(|a| !a.starts_with("--")) else {
        eprintln!("usage: roundtrip FILE [--generic] [--debuginfo] [--no-verify] [--quiet] [--times]");
        return ExitCode::from(2);
    };
    let mut text = Vec::new();
    let (name, read) = if file == "-" {
        ("<stdin>", std::io::stdin().read_to_end(&mut text).map(drop))
    } else {
        (file.as_str(), std::fs::read(file).map(|t| text = t))
    };
    if let Err(e) = read {
        eprintln!("{name}: {e}");
        return ExitCode::FAILURE;
    }
    let ctx = Context::new(|_| {});
    ctx.allow_unregistered(true);
    let source = Source::new(name, text);
    let start = Instant::now();
    let result = parse_module(&ctx, &source, &ParseOptions::default());
    let parsed = start.elapsed();
    let result = result.and_then(|(ir, op)| match has("--no-verify") {
        true => Ok((ir, op)),
        false => cim_ir::verify::verify(&ir, op).map(|()| (ir, op)),
    });
    let verified = start.elapsed();
    let (ir, op) = match result {
        Ok(done) => done,
        Err(diagnostics) => {
            for d in diagnostics {
                eprint!("{}", d.render_with(&ctx, &[&source]));
            }
            return ExitCode::FAILURE;
        }
    };
    let options = PrintOptions { generic: has("--generic"), debug_info: has("--debuginfo"), ..PrintOptions::default() };
    let mut sink: Box<dyn Write> = if has("--quiet") { Box::new(std::io::sink()) } else { Box::new(std::io::stdout()) };
    if let Err(e) = write_module(&ir, op, &options, &mut sink) {
        eprintln!("output: {e}");
        return ExitCode::FAILURE;
    }
    if has("--times") {
        let printed = start.elapsed() - verified;
        eprintln!("parse {parsed:?}, verify {:?}, print {printed:?}", verified - parsed);
    }
    ExitCode::SUCCESS
}

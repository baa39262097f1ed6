//! The `opt` tool as a library: a dialect's own `opt` is a few lines.
//!
//! ```no_run
//! use std::process::ExitCode;
//!
//! fn main() -> ExitCode {
//!     cim_driver::opt::opt_main("my-opt", |dialects, passes| {
//!         cim_upstream::register(dialects);
//!         cim_transforms::register(passes);
//!     }, std::env::args().skip(1))
//! }
//! ```

mod docs;
mod expected;
mod flags;
mod help;
mod process;
mod report;
mod split;
mod text;

use cim_ir::diag::Severity;
use cim_ir::text::Source;
use cim_ir::{Context, Registry};
use cim_pass::PassRegistry;
use expected::Expectations;
use flags::Options;
use process::Chunk;
use std::io::{self, BufWriter, Read, Write};
use std::path::Path;
use std::process::ExitCode;

/// What `opt_main` registers: dialects and passes.
pub trait Register: Fn(&mut Registry, &mut PassRegistry) {}
impl<F: Fn(&mut Registry, &mut PassRegistry)> Register for F {}

/// Wrong usage.
const USAGE: u8 = 2;

/// The whole tool. Status 0: done; 1: the input or the pipeline is wrong, or a check failed; 2: wrong usage.
pub fn opt_main(program: &str, register: impl Register, args: impl IntoIterator<Item = String>) -> ExitCode {
    cim_pass::panics::install_hook();
    let args: Vec<String> = args.into_iter().collect();
    let mut passes = PassRegistry::new();
    let ctx = Context::new(|dialects| register(dialects, &mut passes));
    let options = match flags::parse(&args, &passes, program) {
        Ok(options) => options,
        Err(text) => {
            complain(&format!("{text}\n"));
            return ExitCode::from(USAGE);
        }
    };
    let outcome = match information(program, &ctx, &passes, &options) {
        Some(Ok(text)) => io::stdout().write_all(text.as_bytes()).map(|()| true).map_err(Failure::Write),
        Some(Err(text)) => Err(Failure::Text(text)),
        None => run(program, &ctx, &register, &passes, &options),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        // The reader has seen enough.
        Err(Failure::Write(e)) if e.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(Failure::Write(e)) => {
            complain(&format!("{program}: cannot write output: {e}\n"));
            ExitCode::FAILURE
        }
        Err(Failure::Text(text)) => {
            complain(&format!("{text}\n"));
            ExitCode::FAILURE
        }
    }
}

enum Failure {
    Write(io::Error),
    Text(String),
}

/// Writes to standard error; there is nobody to tell when that fails.
fn complain(text: &str) {
    let _ = io::stderr().write_all(text.as_bytes());
}

/// Answers flags that ask about the tool itself.
fn information(
    program: &str,
    ctx: &Context,
    passes: &PassRegistry,
    options: &Options,
) -> Option<Result<String, String>> {
    let registry = ctx.registry();
    if options.help {
        return Some(Ok(help::help(program, &help::dialects(registry, ", "), passes)));
    }
    if options.version {
        return Some(Ok(format!("{program} {}\n", crate::VERSION)));
    }
    if options.show_dialects {
        return Some(Ok(format!("Available Dialects: {}\n", help::dialects(registry, ","))));
    }
    if options.list_passes {
        return Some(Ok(help::list_passes(passes)));
    }
    let dir = options.emit_docs.as_deref()?;
    Some(docs::write(Path::new(dir), registry, passes).map(|()| String::new()))
}

/// Where output goes: standard output, or a file that disappears when the run fails.
struct Output<'a> {
    writer: Box<dyn Write>,
    file: Option<&'a Path>,
}

impl<'a> Output<'a> {
    fn open(name: &'a str) -> Result<Self, Failure> {
        if name == "-" {
            return Ok(Output { writer: Box::new(BufWriter::with_capacity(1 << 16, io::stdout())), file: None });
        }
        let file = std::fs::File::create(name)
            .map_err(|e| Failure::Text(format!("cannot open output file '{name}': {}", plain(&e))))?;
        Ok(Output { writer: Box::new(BufWriter::with_capacity(1 << 16, file)), file: Some(Path::new(name)) })
    }
    fn finish(mut self, keep: bool) -> Result<(), Failure> {
        let flushed = self.writer.flush().map_err(Failure::Write);
        if let Some(path) = self.file.filter(|p| !keep && p.is_file()) {
            drop(self.writer);
            // An incomplete result would be mistaken for a good one.
            let _ = std::fs::remove_file(path);
        }
        flushed
    }
}

/// Text of an error without the operating system's number.
fn plain(e: &io::Error) -> String {
    let text = e.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_string()
}

fn read_input(name: &str) -> Result<Source, Failure> {
    if name == "-" {
        let mut text = Vec::new();
        io::stdin()
            .lock()
            .read_to_end(&mut text)
            .map_err(|e| Failure::Text(format!("cannot read standard input: {}", plain(&e))))?;
        return Ok(Source::new("<stdin>", text));
    }
    let text =
        std::fs::read(name).map_err(|e| Failure::Text(format!("cannot open input file '{name}': {}", plain(&e))))?;
    Ok(Source::new(name, text))
}

/// Processes the input; false when something in it is wrong.
fn run(
    program: &str,
    ctx: &Context,
    register: &impl Register,
    passes: &PassRegistry,
    options: &Options,
) -> Result<bool, Failure> {
    let file = read_input(options.input.as_deref().unwrap_or("-"))?;
    let mut out = Output::open(&options.output)?;
    let (chunks, near) = match &options.split {
        Some(marker) => split::split(file.text(), marker),
        None => (std::iter::once(0..file.text().len()).collect(), Vec::new()),
    };
    let mut complaints = String::new();
    let mut expectations = options.verify_diagnostics.map(|mode| Expectations::read(ctx, &file, mode, &mut complaints));
    for at in near {
        let place = report::position(&file, at);
        complaints.push_str(&report::at(ctx, &file, place, Severity::Warning, "near miss with file split marker"));
    }
    complain(&complaints);
    let marker = options.output_split_marker.as_deref().unwrap_or(flags::SPLIT_MARKER);
    let mut all_good = true;
    let count = chunks.len();
    for (i, range) in chunks.into_iter().enumerate() {
        let chunk = Chunk { program, file: &file, range, options, passes };
        let own = Context::new(|dialects| register(dialects, &mut PassRegistry::new()));
        all_good &= chunk.process(&own, expectations.as_mut(), &mut *out.writer).map_err(Failure::Write)?;
        if i + 1 < count {
            writeln!(out.writer, "{marker}").map_err(Failure::Write)?;
        }
    }
    if let Some(expectations) = &mut expectations {
        // What was expected to go wrong is what counts.
        let mut unmet = String::new();
        all_good = expectations.finish(ctx, &file, &mut unmet);
        complain(&unmet);
    }
    out.finish(all_good)?;
    Ok(all_good)
}

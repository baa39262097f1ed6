//! The `cim` binary from outside: exit status, messages, reports, files.

mod broken_pipe;
mod digits;
mod formats;
mod machines;
mod models;
mod mutations;
mod program;
mod run;
mod usage;

use std::path::PathBuf;
use std::process::{Command, Output};

/// The binary under test.
fn cim() -> Command {
    Command::new(env!("CARGO_BIN_EXE_cim"))
}

/// Runs the binary in a folder.
fn run_in(folder: &std::path::Path, arguments: &[&str]) -> Output {
    cim().current_dir(folder).args(arguments).output().expect("the binary starts")
}

/// Runs the binary where the test runs.
fn run(arguments: &[&str]) -> Output {
    cim().args(arguments).output().expect("the binary starts")
}

fn stdout(o: &Output) -> String {
    String::from_utf8_lossy(&o.stdout).into_owned()
}

fn stderr(o: &Output) -> String {
    String::from_utf8_lossy(&o.stderr).into_owned()
}

/// A file of the project's test data.
fn data(name: &str) -> String {
    let folder: PathBuf = [env!("CARGO_MANIFEST_DIR"), "..", "..", "test", "data"].iter().collect();
    folder.join(name).display().to_string()
}

/// The report with what changes from build to build replaced.
fn stable(report: &str) -> String {
    let lines = report.lines().map(|l| match l.trim_start() {
        t if t.starts_with("\"revision\":") => "    \"revision\": \"[revision]\",".to_string(),
        t if t.starts_with("\"version\":") => "    \"version\": \"[version]\",".to_string(),
        _ => l.to_string(),
    });
    lines.collect::<Vec<_>>().join("\n") + "\n"
}

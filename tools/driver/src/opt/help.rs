//! `--help`, `--list-passes`, `--show-dialects`.

use super::flags::{FLAGS, Takes};
use cim_ir::Registry;
use cim_pass::{Entry, PassRegistry};
use std::fmt::Write;

/// Column where meanings start.
const COLUMN: usize = 60;

/// Names of dialects, sorted, as `builtin,func`.
pub fn dialects(registry: &Registry, separator: &str) -> String {
    let mut names: Vec<_> = registry.dialects().iter().map(|d| d.name).collect();
    names.sort_unstable();
    names.join(separator)
}

/// `--help`.
pub fn help(program: &str, dialects: &str, passes: &PassRegistry) -> String {
    let mut out = format!(
        "OVERVIEW: {program}: reads MLIR text, verifies it, runs passes, prints it\n\n\
         Available Dialects: {dialects}\n\
         USAGE: {program} [options] <input file>\n\n\
         EXAMPLES:\n  \
         {program} model.mlir --canonicalize --cse\n  \
         {program} model.mlir --pass-pipeline='builtin.module(func.func(cse),symbol-dce)' -o out.mlir\n  \
         {program} tests.mlir --split-input-file --verify-diagnostics\n\n\
         OPTIONS:\n\n"
    );
    for f in FLAGS {
        let dashes = if f.name.len() == 1 { "-" } else { "--" };
        let left = match f.takes {
            Takes::Bool => format!("  {dashes}{}", f.name),
            Takes::Value(v) if f.name.len() == 1 => format!("  {dashes}{} {v}", f.name),
            Takes::Value(v) => format!("  {dashes}{}={v}", f.name),
            Takes::Maybe(v) => format!("  {dashes}{}[={v}]", f.name),
        };
        line(&mut out, &left, " - ", f.help);
    }
    out.push_str("\nPass options (--PASS or --PASS='option=value option=value'):\n\n");
    list(&mut out, passes, "  ");
    out
}

/// `--list-passes`.
pub fn list_passes(passes: &PassRegistry) -> String {
    let mut out = String::new();
    list(&mut out, passes, "");
    out
}

fn list(out: &mut String, registry: &PassRegistry, indent: &str) {
    for (title, entries) in [("Passes:", registry.passes()), ("Pass Pipelines:", registry.pipelines())] {
        if entries.is_empty() {
            continue;
        }
        let _ = writeln!(out, "{indent}{title}");
        entries.iter().for_each(|e| entry(out, e, indent));
    }
}

fn entry(out: &mut String, e: &Entry, indent: &str) {
    line(out, &format!("{indent}  --{}", e.name), " -   ", &e.summary);
    let mut options: Vec<_> = e.options.iter().collect();
    options.sort_by(|a, b| a.name.cmp(&b.name));
    for o in options {
        let value = if o.placeholder.is_empty() { String::new() } else { format!("={}", o.placeholder) };
        line(out, &format!("{indent}    --{}{value}", o.name), " - ", &o.help);
        for (word, meaning) in o.choices {
            line(out, &format!("{indent}      ={word}"), " -   ", meaning.trim());
        }
    }
}

fn line(out: &mut String, left: &str, separator: &str, right: &str) {
    let _ = writeln!(out, "{left:COLUMN$}{separator}{right}");
}

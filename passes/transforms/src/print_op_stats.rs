//! `print-op-stats`: how often each operation occurs.

use cim_pass::{Pass, PassResult, PassRun, pass};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;

pass! {
    /// Print statistics of operations.
    ///
    /// Writes the number of occurrences of each operation to standard error.
    pub struct PrintOpStats = "print-op-stats", "PrintOpStats" {
        options {
            /// print the stats as JSON
            json: bool = false,
        }
    }
}

impl Pass for PrintOpStats {
    fn run(&self, run: &mut PassRun<'_>) -> PassResult {
        let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
        for op in run.ir.walk(run.op()) {
            *counts.entry(run.ir.name_str(op)).or_default() += 1;
        }
        let text = if self.json { json(&counts) } else { table(&counts) };
        // A reader that has gone away is no failure of the pass.
        let _ = std::io::stderr().write_all(text.as_bytes());
        run.preserve_all();
        Ok(())
    }
}

fn table(counts: &BTreeMap<&str, u64>) -> String {
    let split = |name: &str| name.split_once('.').map_or((0, name.len()), |(d, o)| (d.len(), o.len()));
    let dialect = counts.keys().map(|n| split(n).0).max().unwrap_or(0);
    let op = counts.keys().map(|n| split(n).1).max().unwrap_or(0);
    let mut out = String::from("Operations encountered:\n-----------------------\n");
    for (name, count) in counts {
        let _ = match name.split_once('.') {
            Some((d, o)) => writeln!(out, "{d:>width$}.{o:op$} , {count}", width = dialect + 2),
            None => writeln!(out, "{:width$}{name:op$} , {count}", "", width = dialect + 3),
        };
    }
    out
}

fn json(counts: &BTreeMap<&str, u64>) -> String {
    let lines: Vec<String> = counts.iter().map(|(n, c)| format!("  {} : {c}", quoted(n))).collect();
    format!("{{\n{}\n}}\n", lines.join(",\n"))
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04x}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_without_dialect() {
        let counts = BTreeMap::from([("a.b", 1), ("longname", 1)]);
        assert!(table(&counts).ends_with("  a.b        , 1\n    longname , 1\n"));
    }

    #[test]
    fn layout_is_that_of_mlir() {
        let counts = BTreeMap::from([("arith.addi", 2), ("arith.constant", 1), ("builtin.module", 1)]);
        assert_eq!(
            table(&counts),
            "Operations encountered:\n-----------------------\n    arith.addi     , 2\n    arith.constant , 1\n  builtin.module   , 1\n"
        );
        assert_eq!(json(&BTreeMap::from([("a.b", 1), ("c\"", 2)])), "{\n  \"a.b\" : 1,\n  \"c\\\"\" : 2\n}\n");
    }
}

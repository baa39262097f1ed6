//! Pass statistics: `--mlir-pass-statistics`.

use crate::manager::{Item, OpPassManager};
use crate::pass::Statistic;
use std::collections::BTreeMap;
use std::fmt::Write;

/// How the report is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatisticsDisplay {
    /// One entry per pass name, sums over the pipeline; only passes that count something.
    List,
    /// Nested as the pipeline is.
    Pipeline,
}

/// The report on a pipeline that has run.
pub fn report(pm: &OpPassManager, display: StatisticsDisplay) -> String {
    let bar = format!("==={}===\n", "-".repeat(73));
    let mut out = format!("{bar}{:>53}\n{bar}", "... Pass statistics report ...");
    match display {
        StatisticsDisplay::Pipeline => nested(&mut out, pm, 0),
        StatisticsDisplay::List => {
            let mut sums: BTreeMap<&str, Vec<Row>> = BTreeMap::new();
            pm.for_each_pass(&mut |pass| {
                let rows = rows(&pass.statistics());
                let sum = sums.entry(pass.info().display).or_default();
                if sum.is_empty() {
                    *sum = rows;
                } else {
                    sum.iter_mut().zip(rows).for_each(|(s, r)| s.2 += r.2);
                }
            });
            for (name, rows) in sums.iter().filter(|(_, rows)| !rows.is_empty()) {
                entry(&mut out, 2, name, rows);
            }
        }
    }
    out
}

/// Name, meaning, value.
type Row = (&'static str, &'static str, u64);

fn rows(statistics: &[&Statistic]) -> Vec<Row> {
    let mut rows: Vec<Row> = statistics.iter().map(|s| (s.name, s.doc, s.get())).collect();
    rows.sort();
    rows
}

fn nested(out: &mut String, pm: &OpPassManager, indent: usize) {
    for item in pm.items() {
        match item {
            Item::Pass(pass) => entry(out, indent, pass.info().display, &rows(&pass.statistics())),
            Item::Nested(inner) => {
                entry(out, indent, &format!("'{}' Pipeline", inner.anchor()), &[]);
                nested(out, inner, indent + 2);
            }
        }
    }
}

fn entry(out: &mut String, indent: usize, name: &str, rows: &[Row]) {
    let _ = writeln!(out, "{}{name}", " ".repeat(indent));
    let names = rows.iter().map(|r| r.0.len()).max().unwrap_or(0);
    let values = rows.iter().map(|r| r.2.to_string().len()).max().unwrap_or(0);
    for (name, doc, value) in rows {
        let _ = writeln!(out, "{}(S) {value:values$} {name:names$} - {doc}", " ".repeat(indent + 2));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Pass, PassResult, PassRun, pass};

    pass! {
        /// Counts.
        pub struct Count = "count", "Count" {
            statistics {
                /// Number of short things
                short = "num-short",
                /// Number of long things
                long = "num-very-long",
            }
        }
    }
    impl Pass for Count {
        fn run(&self, _: &mut PassRun<'_>) -> PassResult {
            Ok(())
        }
    }

    #[test]
    fn both_layouts() {
        let mut pm = OpPassManager::new("builtin.module");
        for n in [1, 120] {
            let count = Count::default();
            count.long.add(n);
            pm.nest("func.func").add(count);
        }
        let tree = report(&pm, StatisticsDisplay::Pipeline);
        assert!(tree.ends_with("'func.func' Pipeline\n  Count\n    (S)   0 num-short     - Number of short things\n    (S) 120 num-very-long - Number of long things\n"), "{tree}");
        let list = report(&pm, StatisticsDisplay::List);
        assert!(list.ends_with("===\n  Count\n    (S)   0 num-short     - Number of short things\n    (S) 121 num-very-long - Number of long things\n"), "{list}");
    }
}

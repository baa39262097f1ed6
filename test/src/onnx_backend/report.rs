//! Counts of outcomes as tables.

use super::Outcome;
use std::collections::BTreeMap;
use std::fmt::Write;

/// A case with what became of it on both ways.
pub struct Row {
    /// Name.
    pub name: String,
    /// Operator, where the model is a single node.
    pub operator: Option<String>,
    /// Whole model.
    pub light: bool,
    /// Kernels alone.
    pub direct: Outcome,
    /// The product; None where it was not asked.
    pub product: Option<Outcome>,
}

/// Pass, wrong, refused, crash.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Counts(pub [usize; 4]);

impl Counts {
    /// Counts an outcome.
    pub fn add(&mut self, outcome: &Outcome) {
        let i = match outcome {
            Outcome::Pass => 0,
            Outcome::Wrong(_) => 1,
            Outcome::Refused(_) => 2,
            Outcome::Crash(_) => 3,
        };
        self.0[i] += 1;
    }
    /// All cases.
    pub fn all(&self) -> usize {
        self.0.iter().sum()
    }
}

fn counts<'a>(rows: impl Iterator<Item = &'a Outcome>) -> Counts {
    let mut out = Counts::default();
    rows.for_each(|o| out.add(o));
    out
}

/// The text of the documentation page: totals, a line per operator, whole models, reasons of what did not pass.
pub fn markdown(rows: &[Row]) -> String {
    let mut out = String::new();
    out += "| cases | way | pass | wrong | refused | crash | all |\n|---|---|---:|---:|---:|---:|---:|\n";
    type Filter = fn(&Row) -> bool;
    let known = |r: &Row| r.operator.as_deref().is_some_and(|o| cim_host::find(o).is_some());
    let groups: [(&str, Filter); 4] = [
        ("one operator, known to the host", known),
        ("one operator, all", |r| r.operator.is_some()),
        ("several operators", |r| r.operator.is_none() && !r.light),
        ("whole models", |r| r.light),
    ];
    for (title, filter) in groups {
        let of: Vec<&Row> = rows.iter().filter(|r| filter(r)).collect();
        line(&mut out, title, "kernels", counts(of.iter().map(|r| &r.direct)));
        line(&mut out, title, "product", counts(of.iter().filter_map(|r| r.product.as_ref())));
    }
    out += "\n## By operator\n\nCases of a single node that passed, of all; where some did not, why.\n\n";
    out += "| operator | cases | kernels | product | first reason |\n|---|---:|---:|---:|---|\n";
    let mut by_operator: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
    for r in rows {
        by_operator.entry(r.operator.as_deref().unwrap_or("(several)")).or_default().push(r);
    }
    for (operator, of) in by_operator {
        let direct = counts(of.iter().map(|r| &r.direct));
        let product = counts(of.iter().filter_map(|r| r.product.as_ref()));
        let last = of.iter().find_map(|r| reason(r.product.as_ref().unwrap_or(&r.direct))).unwrap_or_default();
        let _ = writeln!(out, "| {operator} | {} | {} | {} | {last} |", of.len(), direct.0[0], product.0[0]);
    }
    out += "\n## Expected outputs that contradict the specification\n\n";
    for (name, why) in super::DISPUTED {
        let _ = writeln!(out, "- `{name}`: {why}.");
    }
    out += "\n## Whole models\n\n| model | kernels | product |\n|---|---|---|\n";
    for r in rows.iter().filter(|r| r.light) {
        let product = r.product.as_ref().map_or_else(String::new, short);
        let _ = writeln!(out, "| {} | {} | {product} |", r.name, short(&r.direct));
    }
    out
}

fn line(out: &mut String, title: &str, way: &str, c: Counts) {
    let [pass, wrong, refused, crash] = c.0;
    if c.all() > 0 {
        let _ = writeln!(out, "| {title} | {way} | {pass} | {wrong} | {refused} | {crash} | {} |", c.all());
    }
}

/// An outcome in one line.
pub fn short(o: &Outcome) -> String {
    reason(o).unwrap_or_else(|| "pass".into())
}

/// Why a case did not pass, in one line that fits a table.
fn reason(o: &Outcome) -> Option<String> {
    let (what, text) = match o {
        Outcome::Pass => return None,
        Outcome::Wrong(t) => ("wrong", t),
        Outcome::Refused(t) => ("refused", t),
        Outcome::Crash(t) => ("crash", t),
    };
    let first = text.lines().next().unwrap_or_default();
    // A list of what is supported does not fit a table.
    let first = first.split("; supported operators are").next().unwrap_or_default().replace('|', "\\|");
    Some(format!("{what}: {first}"))
}

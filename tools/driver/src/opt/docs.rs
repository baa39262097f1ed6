//! `--emit-docs=DIR`: the reference of dialects and passes as Markdown, one file a dialect and one for all passes.

use cim_ir::Registry;
use cim_ir::op_def::{Arity, AttrDef, OpDef, PropSpec, Trait, TypeDef, ValueSpec};
use cim_ir::registry::Dialect;
use cim_pass::{Entry, PassRegistry};
use std::fmt::Write;
use std::path::Path;

/// Writes the files; the error says which one could not be written.
pub fn write(dir: &Path, registry: &Registry, passes: &PassRegistry) -> Result<(), String> {
    let put = |name: &str, text: String| {
        let path = dir.join(name);
        std::fs::write(&path, text).map_err(|e| format!("cannot write '{}': {e}", path.display()))
    };
    std::fs::create_dir_all(dir).map_err(|e| format!("cannot create '{}': {e}", dir.display()))?;
    for d in registry.dialects() {
        put(&format!("{}.md", d.name), dialect(d))?;
    }
    put("passes.md", passes_page(passes))
}

fn dialect(d: &Dialect) -> String {
    let mut out = format!("# Dialect `{}`\n\n{}\n", d.name, d.doc.trim());
    if !d.ops.is_empty() {
        out.push_str("\n## Operations\n");
    }
    let mut ops = d.ops.to_vec();
    ops.sort_by_key(|o| o.name);
    ops.iter().for_each(|o| op(&mut out, o));
    if !d.types.is_empty() {
        out.push_str("\n## Types\n");
    }
    for TypeDef { name, doc, params, .. } in d.types {
        let _ = write!(out, "\n### `!{name}`\n\n{}\n", doc.trim());
        self::params(&mut out, "Parameters", params);
    }
    if !d.attrs.is_empty() {
        out.push_str("\n## Attributes\n");
    }
    for AttrDef { name, doc, params, .. } in d.attrs {
        let _ = write!(out, "\n### `#{name}`\n\n{}\n", doc.trim());
        self::params(&mut out, "Parameters", params);
    }
    out
}

fn op(out: &mut String, def: &OpDef) {
    let _ = write!(out, "\n### `{}`\n\n{}\n", def.name, def.doc.trim());
    if let Some(format) = def.format {
        let _ = write!(out, "\nSyntax:\n\n```\n{} {}\n```\n", def.name, format.text());
    }
    if !def.traits.is_empty() {
        let names: Vec<String> = def.traits.iter().map(trait_name).collect();
        let _ = write!(out, "\nTraits: {}\n", names.join(", "));
    }
    values(out, "Operands", def.operands);
    params(out, "Properties", def.props);
    values(out, "Results", def.results);
    let named = [("Regions", def.regions), ("Successors", def.successors)];
    for (title, names) in named.into_iter().filter(|(_, n)| !n.is_empty()) {
        let names: Vec<String> =
            names.iter().map(|n| format!("`{}`{}", n.name, if n.variadic { " (any number)" } else { "" })).collect();
        let _ = write!(out, "\n{title}: {}\n", names.join(", "));
    }
}

/// Name of a trait without its arguments.
fn trait_name(t: &Trait) -> String {
    let text = format!("{t:?}");
    format!("`{}`", text.split(['(', ' ']).next().unwrap_or(&text))
}

fn values(out: &mut String, title: &str, specs: &[ValueSpec]) {
    if specs.is_empty() {
        return;
    }
    let _ = write!(out, "\n| {title} | |\n| --- | --- |\n");
    for s in specs {
        let arity = match s.arity {
            Arity::One => "",
            Arity::Optional => "optional ",
            Arity::Variadic => "any number of ",
        };
        let _ = writeln!(out, "| `{}` | {arity}{} |", s.name, cell(s.constraint.what));
    }
}

fn params(out: &mut String, title: &str, specs: &[PropSpec]) {
    if specs.is_empty() {
        return;
    }
    let _ = write!(out, "\n| {title} | |\n| --- | --- |\n");
    for p in specs {
        let optional = if p.optional { "optional " } else { "" };
        let _ = writeln!(out, "| `{}` | {optional}{} |", p.name, cell(p.constraint.what));
    }
}

/// Text for a table cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

fn passes_page(registry: &PassRegistry) -> String {
    let mut out = String::from("# Passes\n");
    registry.passes().iter().for_each(|e| pass(&mut out, e));
    let pipelines = registry.pipelines();
    if !pipelines.is_empty() {
        out.push_str("\n# Pipelines\n");
        pipelines.iter().for_each(|e| pass(&mut out, e));
    }
    out
}

fn pass(out: &mut String, e: &Entry) {
    let _ = write!(out, "\n## `--{}`\n\n{}\n", e.name, e.description);
    if let Some(anchor) = e.anchor {
        let _ = write!(out, "\nRuns on `{anchor}`.\n");
    }
    if !e.options.is_empty() {
        out.push_str("\n| Option | |\n| --- | --- |\n");
        for o in &e.options {
            let words: Vec<&str> = o.choices.iter().map(|c| c.0).collect();
            let choices = if words.is_empty() { String::new() } else { format!(" ({})", words.join(", ")) };
            let _ = writeln!(out, "| `{}` | {}{choices} |", o.name, cell(&o.help));
        }
    }
    if !e.statistics.is_empty() {
        out.push_str("\n| Statistic | |\n| --- | --- |\n");
        for (name, doc) in &e.statistics {
            let _ = writeln!(out, "| `{name}` | {} |", cell(doc));
        }
    }
}

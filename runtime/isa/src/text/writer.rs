//! Program to text.

use crate::instr::Instr;
use crate::program::Program;
use crate::schema::{Field, Variants};
use crate::text::TextOptions;
use crate::text::constants;
use crate::text::print::Printer;

/// First line of every program text.
pub(crate) const VERSION: &str = "metaop 2.0";

/// The program as text; [`crate::text::from_text`] is its exact inverse.
pub fn to_text(p: &Program, options: &TextOptions) -> String {
    let mut t = Printer { out: String::new() };
    t.push_str(VERSION);
    t.push_str("\nprogram {");
    macro_rules! fields {
        ($($f:ident),*) => { $(if !p.$f.hidden() { t.line(1); t.field(stringify!($f), &p.$f); })* };
    }
    fields!(name, mode, lossy, rows_per_conversion, chip, l0_bytes, l1_span, inputs, outputs);
    t.push_str("\n}\nmachine");
    machine(&mut t, &p.machine);
    t.push('\n');
    for (i, c) in p.constants.iter().enumerate() {
        t.push_str("constant c");
        t.number(i);
        t.push(' ');
        c.name.show(&mut t);
        t.push(' ');
        c.elem.show(&mut t);
        t.list('[', &c.shape, ']');
        t.push_str(" = ");
        constants::show(&mut t, i, c, options);
        t.push('\n');
    }
    table(&mut t, "buffer", 'b', &p.buffers);
    table(&mut t, "matrix", 'm', &p.matrices);
    table(&mut t, "tile", 't', &p.tiles);
    table(&mut t, "port", 'p', &p.ports);
    table(&mut t, "resident", 'r', &p.residents);
    table(&mut t, "window", 'w', &p.windows);
    table(&mut t, "requant", 'q', &p.requants);
    table(&mut t, "host_tensor", 'f', &p.host_tensors);
    table(&mut t, "host_op", 'h', &p.host_ops);
    t.push_str("init {");
    body(&mut t, &p.init, 0, 1, &|_, _| {});
    t.push_str("\n}\nmain {");
    body(&mut t, &p.main, 0, 1, &|t, i| {
        for l in p.layers.iter().filter(|l| l.main[0] as usize == i && l.main[0] < l.main[1]) {
            t.line(1);
            t.push_str("// ");
            t.quoted(&l.name);
        }
    });
    t.push_str("\n}\n");
    for l in &p.layers {
        t.push_str("layer ");
        l.show(&mut t);
        t.push('\n');
    }
    if let Some(r) = &p.reference {
        t.push_str("reference {\n");
        for (i, x) in r.tensors.iter().enumerate() {
            t.push_str("  tensor x");
            t.number(i);
            t.push(' ');
            x.show(&mut t);
            t.push('\n');
        }
        for n in &r.nodes {
            t.push_str("  node ");
            n.show(&mut t);
            t.push('\n');
        }
        t.push_str("  outputs ");
        r.outputs.show(&mut t);
        t.push_str("\n}\n");
    }
    for u in &p.unknown {
        t.push_str("section ");
        t.number(u.kind);
        t.push(' ');
        t.field("align", &u.align);
        t.push(' ');
        t.hex(&u.data);
        t.push('\n');
    }
    t.out
}

/// The machine description line by line; as a string when a line holds what text lines cannot.
fn machine(t: &mut Printer, text: &str) {
    if text.chars().any(|c| c.is_control() && c != '\n') {
        t.push(' ');
        t.quoted(text);
        return;
    }
    for line in text.split('\n') {
        t.push_str(if line.is_empty() { "\n  |" } else { "\n  | " });
        t.push_str(line);
    }
}

fn table<T: Field>(t: &mut Printer, word: &str, letter: char, rows: &[T]) {
    for (i, row) in rows.iter().enumerate() {
        t.push_str(word);
        t.push(' ');
        t.push(letter);
        t.number(i);
        t.push(' ');
        row.show(t);
        t.push('\n');
    }
}

fn body(t: &mut Printer, instrs: &[Instr], depth: usize, indent: usize, before: &dyn Fn(&mut Printer, usize)) {
    for (i, instr) in instrs.iter().enumerate() {
        before(t, i);
        t.line(indent);
        match instr {
            Instr::Loop { trip, body: inner } => {
                t.push_str("loop i");
                t.number(depth);
                t.push_str(" = ");
                t.number(trip);
                t.push_str(" {");
                body(t, inner, depth + 1, indent + 1, &|_, _| {});
                t.line(indent);
                t.push('}');
            }
            Instr::Parallel { body: inner } => {
                t.push_str("parallel {");
                body(t, inner, depth, indent + 1, &|_, _| {});
                t.line(indent);
                t.push('}');
            }
            leaf => {
                t.push_str(leaf.tag_and_name().1);
                t.push(' ');
                leaf.show_fields(t);
            }
        }
    }
}

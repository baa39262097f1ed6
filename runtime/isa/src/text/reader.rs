//! Text to program.

use std::path::Path;

use crate::instr::Instr;
use crate::program::{Program, UnknownSection};
use crate::reference::Reference;
use crate::schema::{Field, MAX_DEPTH, Variants};
use crate::text::TextError;
use crate::text::constants;
use crate::text::parse::{Parsed, Parser};
use crate::text::writer::VERSION;
use crate::types::Constant;

/// Reads program text. `base`: the folder that `@file` constants are looked up in; None refuses them.
/// The program is well-formed but not yet validated: see [`crate::validate::validate`].
pub fn from_text(text: &str, base: Option<&Path>) -> Result<Program, TextError> {
    let mut parser = Parser::new(text);
    let p = &mut parser;
    let mut prog = Program::default();
    if !p.eat_line(VERSION) {
        return p.fail_here(format!("expected `{VERSION}`"));
    }
    p.expect_word("program")?;
    p.expect('{')?;
    macro_rules! fields {
        ($($f:ident),*) => { $(prog.$f = p.field(stringify!($f))?;)* };
    }
    fields!(name, mode, lossy, rows_per_conversion, chip, l0_bytes, l1_span, inputs, outputs);
    p.expect('}')?;
    p.expect_word("machine")?;
    prog.machine = machine(p)?;
    while p.peek_ident() == "constant" {
        let index = prog.constants.len();
        let c = constant(p, index, base)?;
        prog.constants.push(c);
    }
    prog.buffers = table(p, "buffer", 'b')?;
    prog.matrices = table(p, "matrix", 'm')?;
    prog.tiles = table(p, "tile", 't')?;
    prog.ports = table(p, "port", 'p')?;
    prog.residents = table(p, "resident", 'r')?;
    prog.windows = table(p, "window", 'w')?;
    prog.requants = table(p, "requant", 'q')?;
    prog.host_tensors = table(p, "host_tensor", 'f')?;
    prog.host_ops = table(p, "host_op", 'h')?;
    p.expect_word("init")?;
    prog.init = body(p, 0, false)?;
    p.expect_word("main")?;
    prog.main = body(p, 0, false)?;
    while p.eat_word("layer") {
        prog.layers.push(Field::read(p)?);
    }
    if p.eat_word("reference") {
        prog.reference = Some(reference(p)?);
    }
    while p.eat_word("section") {
        let kind = p.int()?;
        let align = p.field("align")?;
        prog.unknown.push(UnknownSection { kind, align, data: p.hex()?.into() });
    }
    if p.at_end() { Ok(prog) } else { p.fail_here("expected the next entry or the end of the text") }
}

fn machine(p: &mut Parser) -> Parsed<String> {
    if p.peek() == Some(b'"') {
        return p.quoted();
    }
    let mut out = String::new();
    let mut first = true;
    while let Some(line) = p.bar_line() {
        if !first {
            out.push('\n');
        }
        first = false;
        out.push_str(line);
    }
    if first { p.fail_here("expected the machine description: a string or lines that start with `|`") } else { Ok(out) }
}

/// The number of a table entry must be its position.
fn number(p: &mut Parser, letter: char, index: usize) -> Parsed<()> {
    let at = p.here();
    let n = p.id(letter)?;
    if n as usize == index {
        Ok(())
    } else {
        p.fail(at, format!("expected {letter}{index}: entries are numbered in order"))
    }
}

fn constant(p: &mut Parser, index: usize, base: Option<&Path>) -> Parsed<Constant> {
    p.expect_word("constant")?;
    number(p, 'c', index)?;
    let name = Field::read(p)?;
    let elem = Field::read(p)?;
    let shape: Vec<u32> = Field::read(p)?;
    p.expect('=')?;
    let at = p.here();
    let data = constants::read(p, elem, base)?;
    match crate::codec::constant_bytes(elem, &shape) {
        Some(n) if n == data.len() as u64 => Ok(Constant { name, elem, shape, data }),
        n => {
            let want = n.map_or("more than 2^64".into(), |n| n.to_string());
            p.fail(at, format!("the shape needs {want} bytes, the content has {}", data.len()))
        }
    }
}

fn table<T: Field>(p: &mut Parser, word: &str, letter: char) -> Parsed<Vec<T>> {
    let mut out = Vec::new();
    while p.eat_word(word) {
        number(p, letter, out.len())?;
        out.push(T::read(p)?);
    }
    Ok(out)
}

fn body(p: &mut Parser, depth: usize, in_parallel: bool) -> Parsed<Vec<Instr>> {
    p.expect('{')?;
    let mut out = Vec::new();
    while !p.eat('}') {
        let at = p.here();
        let name = p.ident()?;
        out.push(match name {
            "loop" | "parallel" if in_parallel => return p.fail(at, "a parallel block holds neither loops nor blocks"),
            "loop" if depth >= MAX_DEPTH => return p.fail(at, format!("loops nest deeper than {MAX_DEPTH}")),
            "loop" => {
                number(p, 'i', depth)?;
                p.expect('=')?;
                Instr::Loop { trip: p.int()?, body: body(p, depth + 1, false)? }
            }
            "parallel" => Instr::Parallel { body: body(p, depth, true)? },
            _ => match Instr::read_fields(name, p)? {
                Some(i) => i,
                None => return p.fail(at, format!("unknown instruction `{name}`")),
            },
        });
    }
    Ok(out)
}

fn reference(p: &mut Parser) -> Parsed<Reference> {
    p.expect('{')?;
    let tensors = table(p, "tensor", 'x')?;
    let mut nodes = Vec::new();
    while p.eat_word("node") {
        nodes.push(Field::read(p)?);
    }
    p.expect_word("outputs")?;
    let outputs = Field::read(p)?;
    p.expect('}')?;
    Ok(Reference { tensors, nodes, outputs })
}

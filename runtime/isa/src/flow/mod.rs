//! A program in the notation of the CIM-MLC paper: `CIM.read_core`, `CIM.write_xb`, `CIM.read_xb`, `CIM.write_row`,
//! `CIM.read_row`, `parallel{ }`, `mov`, `Relu`, `add`, with flat element indices of the global buffer.
//!
//! | printed | arguments |
//! |---|---|
//! | `CIM.read_core` | type, parameters, core (or `first..end`), source, destination |
//! | `CIM.write_xb` | crossbar, matrix `name[rows, columns]` |
//! | `CIM.read_xb` | first crossbar, number of crossbars |
//! | `CIM.write_row` | (crossbar, `first..end` row), matrix part |
//! | `CIM.read_row` | (crossbar, first row), number of rows |
//! | `mov`, `Relu` | source, destination, elements |
//! | `add` | source 1, source 2, destination, elements |
//!
//! An address in L0 is an element index; one in L1 is written `L1[core][element]`. A length is a product when a move has
//! several dimensions. The notation has no loops: they are shown as `loop i0 = 0..n { }`, or unrolled. Everything else is left
//! out and counted in the comment at the end.

mod elements;

use std::io::{self, Write};

use crate::instr::{Addr, Affine, Instr, Space};
use crate::program::Program;
use crate::schema::MAX_DEPTH;
use crate::stats::{Class, Counts, count};
use crate::types::{ResidentId, TileId, WindowId};
use elements::{Elements, scaled};

/// Most instructions that unrolling visits.
pub const UNROLL_LIMIT: u64 = 1 << 24;

const PUBLISHED: [&str; 8] = ["read_core", "write_xb", "read_xb", "write_row", "read_row", "mov", "relu", "add"];

/// Why a program cannot be printed.
#[derive(Debug, thiserror::Error)]
pub enum FlowError {
    /// Unrolling would not end in reasonable time.
    #[error(
        "unrolled, the program has {executed} instructions, at most {UNROLL_LIMIT} are printed: leave the loops in"
    )]
    TooLong {
        /// Executed instructions.
        executed: u64,
    },
    /// Output failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Prints a valid program; with `unroll` every loop body as often as it is executed.
pub fn to_flow(p: &Program, unroll: bool, out: &mut dyn Write) -> Result<(), FlowError> {
    if unroll {
        let executed = [&p.init, &p.main].into_iter().flat_map(|b| count(b).into_values()).map(|c| c.executed);
        let executed = executed.fold(0, u64::saturating_add);
        if executed > UNROLL_LIMIT {
            return Err(FlowError::TooLong { executed });
        }
    }
    let mut flow = Flow { p, elements: Elements::new(p), unroll, indices: Vec::new(), out };
    for (name, body) in [("init", &p.init), ("main", &p.main)] {
        writeln!(flow.out, "// {name}")?;
        flow.body(body, 0)?;
    }
    flow.summary(&[("init", count(&p.init)), ("main", count(&p.main))])?;
    Ok(())
}

struct Flow<'p, 'o> {
    p: &'p Program,
    elements: Elements,
    unroll: bool,
    /// Values of the loop indices while unrolling.
    indices: Vec<u64>,
    out: &'o mut dyn Write,
}

/// Does anything of this list appear in the notation?
fn shown(body: &[Instr]) -> bool {
    body.iter().any(|i| match i {
        Instr::Loop { body, .. } | Instr::Parallel { body } => shown(body),
        leaf => PUBLISHED.contains(&leaf.mnemonic()),
    })
}

impl Flow<'_, '_> {
    fn line(&mut self, depth: usize, text: &str) -> io::Result<()> {
        writeln!(self.out, "{:width$}{text}", "", width = 2 * depth)
    }

    fn body(&mut self, body: &[Instr], depth: usize) -> io::Result<()> {
        for instr in body.iter().filter(|i| shown(std::slice::from_ref(*i))) {
            match instr {
                Instr::Loop { trip, body } if self.unroll => {
                    for i in 0..*trip {
                        self.indices.push(i);
                        self.body(body, depth)?;
                        self.indices.pop();
                    }
                }
                Instr::Loop { trip, body } => {
                    let level = self.indices.len();
                    self.line(depth, &format!("loop i{level} = 0..{trip} {{"))?;
                    self.indices.push(0);
                    self.body(body, depth + 1)?;
                    self.indices.pop();
                    self.line(depth, "}")?;
                }
                Instr::Parallel { body } => {
                    self.line(depth, "parallel{")?;
                    self.body(body, depth + 1)?;
                    self.line(depth, "}")?;
                }
                leaf => {
                    if let Some(text) = self.leaf(leaf) {
                        self.line(depth, &text)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn leaf(&self, instr: &Instr) -> Option<String> {
        Some(match instr {
            Instr::ReadCore { resident, window, src, dst, .. } => self.read_core(*resident, *window, src, dst)?,
            Instr::WriteXb { xb, tile } => format!("CIM.write_xb({}, {})", self.affine(xb), self.matrix(*tile, None)),
            Instr::ReadXb { xb, len, .. } => format!("CIM.read_xb({}, {len})", self.affine(xb)),
            Instr::WriteRow { xb, row, tile, tile_row, len } => {
                let part = self.matrix(*tile, Some((*tile_row, *len)));
                format!("CIM.write_row(({}, {row}..{}), {part})", self.affine(xb), *row as u64 + *len as u64)
            }
            Instr::ReadRow { xb, row, len, .. } => {
                format!("CIM.read_row(({}, {}), {len})", self.affine(xb), self.affine(row))
            }
            Instr::Relu { dst, src, len, elem } => {
                let size = elem.bytes() as u64;
                format!("Relu({}, {}, {len})", self.addr(src, size), self.addr(dst, size))
            }
            Instr::Add { dst, a, b, len, elem } => {
                let size = elem.bytes() as u64;
                format!("add({}, {}, {}, {len})", self.addr(a, size), self.addr(b, size), self.addr(dst, size))
            }
            Instr::Mov { dst, src, dims, bytes, elem } => {
                let size = elem.bytes() as u64;
                let mut len: Vec<String> = dims.iter().map(|d| d.count.to_string()).collect();
                len.push((*bytes as u64 / size).to_string());
                format!("mov({}, {}, {})", self.addr(src, size), self.addr(dst, size), len.join("*"))
            }
            _ => return None,
        })
    }

    fn read_core(&self, resident: ResidentId, window: WindowId, src: &Addr, dst: &Addr) -> Option<String> {
        let r = self.p.residents.get(resident.index())?;
        let w = self.p.windows.get(window.index())?;
        let port = self.p.ports.get(r.port.index())?;
        let tile = self.p.tiles.get(r.placement.first()?.0.index())?;
        let m = self.p.matrices.get(tile.matrix.index())?;
        let core =
            if r.cores == 1 { r.core.to_string() } else { format!("{}..{}", r.core, r.core as u64 + r.cores as u64) };
        let ([h, width, c], [kh, kw]) = (w.input, w.kernel);
        let outputs = m.groups as u64 * m.cols as u64;
        let linear = [h, width, kh, kw] == [1; 4];
        let kind = if linear {
            format!("fc, [ifm {c}, weights {outputs}x{c}]")
        } else {
            let group = if m.groups > 1 { format!(", group {}", m.groups) } else { String::new() };
            // Rows of a padded part that this instruction leaves to the next one count as no padding.
            let span = |axis: usize| {
                let [o, s, d, k] = [w.output, w.stride, w.dilation, w.kernel].map(|v| v[axis] as u64);
                let reach = (o - 1) * s + d * (k - 1) + 1;
                reach.saturating_sub(w.pad[axis] as u64 + w.input[axis] as u64)
            };
            format!(
                "conv, [ifm 1x{c}x{h}x{width}, kernel {outputs}x{}x{kh}x{kw}, stride {}x{}, pad {}x{}x{}x{}{group}]",
                c / m.groups,
                w.stride[0],
                w.stride[1],
                w.pad[0],
                w.pad[1],
                span(0),
                span(1)
            )
        };
        let input = self.addr(src, port.input.bytes() as u64);
        let output = self.addr(dst, port.output.bytes() as u64);
        Some(format!("CIM.read_core({kind}, {core}, {input}, {output})"))
    }

    /// `name[first row..end, first column..end]` with a group range when there are several.
    fn matrix(&self, id: TileId, rows: Option<(u32, u32)>) -> String {
        let Some(t) = self.p.tiles.get(id.index()) else { return format!("t{}", id.0) };
        let Some(m) = self.p.matrices.get(t.matrix.index()) else { return format!("t{}", id.0) };
        let span = |first: u32, len: u32| format!("{first}..{}", first as u64 + len as u64);
        let (first, len) = rows.unwrap_or((0, t.rows.saturating_mul(t.groups)));
        let name = if plain(&m.name) { m.name.clone() } else { format!("{:?}", m.name) };
        let group = if m.groups > 1 { format!("group {}, ", span(t.group0, t.groups)) } else { String::new() };
        let slice = if t.binding.bits_to_crossbars { format!(", slice {}", t.slice) } else { String::new() };
        format!("{name}[{group}{}, {}{slice}]", span(t.row0.saturating_add(first), len), span(t.col0, t.cols))
    }

    fn addr(&self, a: &Addr, size: u64) -> String {
        let bytes = |a: &Affine| format!("byte {}", self.affine(a));
        match a.space {
            Space::L0 => self.elements.index(&a.at, size).map_or_else(|| bytes(&a.at), |i| self.affine(&i)),
            Space::L1 => {
                let span = self.p.l1_span.max(1) as i64;
                let (mut core, mut within) =
                    (Affine::constant(a.at.base.div_euclid(span)), Affine::constant(a.at.base.rem_euclid(span)));
                for &(d, c) in &a.at.terms {
                    if c % span == 0 { core.terms.push((d, c / span)) } else { within.terms.push((d, c)) }
                }
                let element = scaled(&within, 0, size, 0).map_or_else(|| bytes(&within), |i| self.affine(&i));
                format!("L1[{}][{element}]", self.affine(&core))
            }
        }
    }

    fn affine(&self, a: &Affine) -> String {
        if self.unroll {
            return a.eval(&self.indices).to_string();
        }
        let mut parts = String::new();
        if a.base != 0 || a.terms.is_empty() {
            parts = a.base.to_string();
        }
        for &(depth, c) in a.terms.iter().take(MAX_DEPTH) {
            let sign = match (parts.is_empty(), c < 0) {
                (true, false) => "",
                (true, true) => "-",
                (false, false) => " + ",
                (false, true) => " - ",
            };
            let size = if c.unsigned_abs() == 1 { String::new() } else { format!("{}*", c.unsigned_abs()) };
            parts.push_str(&format!("{sign}{size}i{depth}"));
        }
        parts
    }

    fn summary(&mut self, lists: &[(&str, Counts)]) -> io::Result<()> {
        for (printed, word) in [(true, "printed"), (false, "elided")] {
            for (name, counts) in lists {
                let entries: Vec<String> = counts
                    .iter()
                    .filter(|(kind, c)| c.class != Class::Control && PUBLISHED.contains(*kind) == printed)
                    .map(|(kind, c)| match c.executed == c.written {
                        true => format!("{kind} {}", c.written),
                        false => format!("{kind} {} (executed {})", c.written, c.executed),
                    })
                    .collect();
                let all = if entries.is_empty() { "nothing".to_string() } else { entries.join(", ") };
                writeln!(self.out, "// {word} of {name}: {all}")?;
            }
        }
        Ok(())
    }
}

fn plain(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_./:-".contains(&b))
}

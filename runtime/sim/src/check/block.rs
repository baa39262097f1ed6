//! What runs at once must not meet: bytes and crossbars of one parallel block.

use std::collections::HashMap;

use cim_isa::Space;
use cim_isa::instr::Affine;

use super::flow::Stop;
use crate::access::{Access, Kind};
use crate::extent::range;
use crate::memory::space_name;

/// More pieces than this are not compared one by one.
const MAX_PIECES: u64 = 1 << 16;

/// A range of bytes or crossbars used by one instruction of the block.
struct Piece {
    start: i128,
    end: i128,
    instr: usize,
    write: bool,
}

/// Two instructions of a block that meet, if any: (first, second, start of the common range).
fn collision(mut pieces: Vec<Piece>) -> Option<(usize, usize, i128)> {
    pieces.sort_by_key(|p| (p.start, p.end, p.instr));
    for (i, a) in pieces.iter().enumerate() {
        for b in pieces[i + 1..].iter().take_while(|b| b.start < a.end) {
            if a.instr != b.instr && (a.write || b.write) {
                return Some((a.instr.min(b.instr), a.instr.max(b.instr), b.start));
            }
        }
    }
    None
}

/// Checks that no two instructions overlap in bytes unless both read. `all` holds (instruction of the block, access).
pub fn bytes(all: &[(usize, Access)], trips: &[u64]) -> Result<(), Stop> {
    for space in [Space::L0, Space::L1] {
        let mut groups: HashMap<&[(u8, i64)], Vec<Piece>> = HashMap::new();
        let mut hulls = Vec::new();
        for (instr, access) in all.iter().filter(|a| a.1.space == space && !a.1.is_empty()) {
            let write = access.kind == Kind::Write;
            let (lo, hi) = range(&access.at, trips);
            let reach = access.reach();
            hulls.push((access, Piece { start: lo + reach.0, end: hi + reach.1, instr: *instr, write }));
            let group = groups.entry(&access.at.terms).or_default();
            if access.piece_count() > MAX_PIECES {
                let base = i128::from(access.at.base);
                group.push(Piece { start: base + reach.0, end: base + reach.1, instr: *instr, write });
                continue;
            }
            access.pieces(|offset| {
                let start = i128::from(access.at.base) + offset;
                group.push(Piece { start, end: start + i128::from(access.len), instr: *instr, write });
            });
        }
        // Accesses that move alike meet always or never.
        for (terms, pieces) in groups {
            if let Some((a, b, at)) = collision(pieces) {
                let moving = if terms.is_empty() { "" } else { " (in the first iteration)" };
                return Err(Stop::Error(format!(
                    "instructions {a} and {b} of the parallel block overlap at byte {at} of {}{moving} and one of them writes",
                    space_name(space)
                )));
            }
        }
        // Others must stay apart altogether.
        hulls.sort_by_key(|h| h.1.start);
        for (i, (x, a)) in hulls.iter().enumerate() {
            for (y, b) in hulls[i + 1..].iter().take_while(|h| h.1.start < a.end) {
                if a.instr != b.instr && (a.write || b.write) && x.at.terms != y.at.terms {
                    return Err(Stop::Unclear(format!(
                        "instructions {} and {} of the parallel block may overlap in {}",
                        a.instr.min(b.instr),
                        a.instr.max(b.instr),
                        space_name(space)
                    )));
                }
            }
        }
    }
    Ok(())
}

/// Checks that no crossbar is used by two instructions. `all` holds (instruction of the block, first crossbar, number).
pub fn crossbars(all: &[(usize, Affine, u64)], trips: &[u64]) -> Result<(), Stop> {
    let alike = all.windows(2).all(|w| w[0].1.terms == w[1].1.terms);
    let piece = |(instr, xb, len): &(usize, Affine, u64)| {
        let (lo, hi) = if alike { (i128::from(xb.base), i128::from(xb.base)) } else { range(xb, trips) };
        Piece { start: lo, end: hi + i128::from(*len), instr: *instr, write: true }
    };
    match collision(all.iter().map(piece).collect()) {
        None => Ok(()),
        Some((a, b, xb)) if alike => {
            Err(Stop::Error(format!("crossbar {xb} is used by instructions {a} and {b} of the same parallel block")))
        }
        Some((a, b, _)) => {
            Err(Stop::Unclear(format!("instructions {a} and {b} of the parallel block may use one crossbar")))
        }
    }
}

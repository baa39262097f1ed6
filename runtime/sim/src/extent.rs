//! How far addresses reach.

use cim_isa::instr::Affine;
use cim_isa::{Instr, Program, Space};

/// How far a program reaches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    /// One past the largest crossbar index.
    pub crossbars: u128,
    /// One past the largest byte of L1.
    pub l1: u128,
}

/// Smallest and largest value of an affine address under the given trip counts.
pub fn range(a: &Affine, trips: &[u64]) -> (i128, i128) {
    let (mut lo, mut hi) = (i128::from(a.base), i128::from(a.base));
    for &(depth, c) in &a.terms {
        let last = trips.get(depth as usize).map_or(0, |t| i128::from(t.saturating_sub(1)));
        let reach = i128::from(c).saturating_mul(last);
        if reach < 0 {
            lo = lo.saturating_add(reach);
        } else {
            hi = hi.saturating_add(reach);
        }
    }
    (lo, hi)
}

/// The largest crossbar and L1 byte that a program names; a fault at run time beyond.
pub fn extent(program: &Program) -> Extent {
    let mut e = Extent::default();
    let mut trips = Vec::new();
    for list in [&program.init, &program.main] {
        walk(program, list, &mut trips, &mut e);
    }
    for b in &program.buffers {
        if b.space == Space::L1 {
            e.l1 = e.l1.max(u128::from(b.alloc.0) + u128::from(b.alloc.1));
        }
    }
    e
}

fn walk(program: &Program, list: &[Instr], trips: &mut Vec<u64>, e: &mut Extent) {
    for instr in list {
        match instr {
            Instr::Loop { trip, body } if trips.len() < 16 => {
                trips.push(*trip);
                walk(program, body, trips, e);
                trips.pop();
            }
            Instr::Parallel { body } => {
                for leaf in body.iter().filter(|i| !matches!(i, Instr::Parallel { .. } | Instr::Loop { .. })) {
                    leaf_extent(program, leaf, trips, e);
                }
            }
            leaf => leaf_extent(program, leaf, trips, e),
        }
    }
}

fn leaf_extent(program: &Program, instr: &Instr, trips: &[u64], e: &mut Extent) {
    for access in crate::access::accesses(program, instr) {
        if access.space == Space::L1 {
            let end = range(&access.at, trips).1 + access.reach().1;
            e.l1 = e.l1.max(u128::try_from(end).unwrap_or(0));
        }
    }
    let (first, len) = match instr {
        Instr::WriteXb { xb, .. } | Instr::WriteRow { xb, .. } | Instr::ReadRow { xb, .. } => (range(xb, trips).1, 1),
        Instr::ReadXb { xb, len, .. } => (range(xb, trips).1, i128::from(*len)),
        Instr::WriteCore { resident } | Instr::ReadCore { resident, .. } => {
            let entry = program.residents.get(resident.index());
            let last = entry.and_then(|r| r.placement.iter().map(|p| p.1).max());
            (last.map_or(0, i128::from), i128::from(u8::from(last.is_some())))
        }
        _ => return,
    };
    e.crossbars = e.crossbars.max(u128::try_from(first + len).unwrap_or(0));
}

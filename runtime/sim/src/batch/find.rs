//! Which loop nests may run many iterations at once.

use std::cell::Cell;

use cim_isa::instr::Affine;
use cim_isa::{Instr, Program, Space};

use super::merge::{leaves, merge, without_inner};
use super::rewrite::{Places, rewrite};
use super::{Nest, Region, Step};
use crate::access::{Access, Kind, accesses};
use crate::engine::Converters;
use crate::extent::range;
use crate::fuse::Fusable;
use crate::products::fits_16_bits;

/// Most bytes of one iteration's scratch line.
const MAX_WIDTH: usize = 4 << 20;
/// Most contiguous pieces of one access.
const MAX_PIECES: u64 = 1 << 16;

/// What the search needs to know.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The program.
    pub program: &'a Program,
    /// Converters of the machine.
    pub converters: &'a Converters,
    /// Loops over row groups.
    pub fusable: &'a Fusable,
    /// Bytes of L1.
    pub l1: u64,
    /// Work that the search may still do.
    pub budget: &'a Budget,
}

/// Bounds the search: a program of any size is read in time that its file size explains.
#[derive(Debug)]
pub struct Budget(Cell<u64>);

impl Default for Budget {
    fn default() -> Self {
        Budget(Cell::new(1 << 28))
    }
}

impl Budget {
    /// Takes some steps of about a nanosecond; None when there are no more.
    pub fn take(&self, steps: u64) -> Option<()> {
        let left = self.0.get().checked_sub(steps);
        self.0.set(left.unwrap_or(0));
        left.map(|_| ())
    }
}

/// Accesses that may touch common bytes in some iterations, and everything between them.
struct Cluster {
    space: Space,
    /// First and one past the last byte over all iterations.
    lo: i128,
    hi: i128,
    members: Vec<usize>,
}

impl Context<'_> {
    /// The nest that begins with the loop of this trip count and body, `trips` being the loops around it.
    pub fn nest(&self, trips: &[u64], trip: u64, body: &[Instr]) -> Option<Nest> {
        let outer = trips.len();
        let mut all = trips.to_vec();
        all.push(trip);
        let mut body = body;
        while let [Instr::Loop { trip, body: inner }] = body
            && !self.fusable.contains(inner)
        {
            all.push(*trip);
            body = inner;
        }
        // One more place counts the iterations of a block.
        if all.len() > 16 || self.fusable.contains(body) {
            return None;
        }
        let depth = all.len();
        let mut list = leaves(body, self.fusable)?;
        self.budget.take((list.len() as u64).saturating_mul(256))?;
        without_inner(&mut list, depth);
        let list = merge(self, list)?;
        if !list.iter().all(|i| self.supported(i, outer)) || !list.iter().any(is_read) {
            return None;
        }
        let touched: Vec<(usize, Access)> = list
            .iter()
            .enumerate()
            .flat_map(|(i, instr)| accesses(self.program, instr).into_iter().map(move |a| (i, a)))
            .filter(|(_, a)| !a.is_empty())
            .collect();
        let mut regions = Vec::new();
        let mut places = Places::default();
        let mut width = 0;
        for cluster in self.clusters(&touched, &all)? {
            let written = cluster.members.iter().any(|m| touched[*m].1.kind == Kind::Write);
            if !written && cluster.space == Space::L0 {
                places.direct.push((cluster.space, cluster.lo, cluster.hi));
                continue;
            }
            let members: Vec<&(usize, Access)> = cluster.members.iter().map(|m| &touched[*m]).collect();
            let mut region = region(self.budget, cluster.space, &members, &all[outer..], outer)?;
            region.at = width;
            width = (width + region.len).next_multiple_of(64);
            if width > MAX_WIDTH {
                return None;
            }
            places.scratch.push((cluster.lo, cluster.hi, region.clone()));
            regions.push(region);
        }
        // Lines a power of two apart would compete for the same cache sets.
        if width % 4096 == 0 {
            width += 64;
        }
        places.trips = all.clone();
        places.line = Affine { base: 0, terms: vec![(depth as u8, width as i64)] };
        self.budget.take((list.len() as u64).saturating_mul((places.scratch.len() + places.direct.len()) as u64))?;
        let mut steps = rewrite(self.program, &places, list)?;
        mark_same_inputs(self.program, &mut steps);
        Some(Nest { outer, trips: all.split_off(outer), steps, regions, width })
    }

    /// Instructions that read and write buffers only, and reads whose crossbars stay the same.
    fn supported(&self, instr: &Instr, outer: usize) -> bool {
        let fixed = |a: &Affine| a.terms.iter().all(|t| usize::from(t.0) < outer);
        let exact = |id: &cim_isa::types::PortId, rows: u32| {
            let port = self.program.ports.get(id.index());
            port.is_some_and(|p| fits_16_bits(p.input) && !self.converters.can_clip(rows, p.input))
        };
        match instr {
            Instr::ReadXb { xb, rows, port, len, .. } => fixed(xb) && exact(port, *rows) && *len <= 1 << 16,
            Instr::ReadRow { xb, row, len, port, .. } => fixed(xb) && fixed(row) && exact(port, *len),
            Instr::Relu { .. }
            | Instr::Clip { .. }
            | Instr::Add { .. }
            | Instr::Mul { .. }
            | Instr::ReduceAdd { .. }
            | Instr::ShiftAcc { .. }
            | Instr::Offset { .. }
            | Instr::Requantise { .. }
            | Instr::AddRequantise { .. }
            | Instr::Mov { .. }
            | Instr::Fill { .. } => true,
            _ => false,
        }
    }

    /// Groups accesses whose byte ranges over all iterations overlap; None when one leaves its memory.
    fn clusters(&self, touched: &[(usize, Access)], trips: &[u64]) -> Option<Vec<Cluster>> {
        let mut list = Vec::with_capacity(touched.len());
        for (m, (_, a)) in touched.iter().enumerate() {
            let (first, last) = range(&a.at, trips);
            let (lo, hi) = a.reach();
            let (lo, hi) = (first.checked_add(lo)?, last.checked_add(hi)?);
            let size = if a.space == Space::L0 { self.program.l0_bytes } else { self.l1 };
            if lo < 0 || hi > i128::from(size) {
                return None;
            }
            list.push(Cluster { space: a.space, lo, hi, members: vec![m] });
        }
        list.sort_by_key(|c| (c.space == Space::L1, c.lo));
        let mut merged: Vec<Cluster> = Vec::new();
        for c in list {
            match merged.last_mut() {
                Some(last) if last.space == c.space && c.lo < last.hi => {
                    last.hi = last.hi.max(c.hi);
                    last.members.extend(c.members);
                }
                _ => merged.push(c),
            }
        }
        Some(merged)
    }
}

fn is_read(instr: &Instr) -> bool {
    matches!(instr, Instr::ReadXb { .. } | Instr::ReadRow { .. })
}

/// What one iteration touches of a cluster that is written, when iterations cannot see each other's bytes.
fn region(budget: &Budget, space: Space, members: &[&(usize, Access)], trips: &[u64], outer: usize) -> Option<Region> {
    let terms = &members.first()?.1.at.terms;
    if members.iter().any(|m| m.1.at.terms != *terms) {
        return None;
    }
    let reach = |a: &Access| {
        let (lo, hi) = a.reach();
        (i128::from(a.at.base) + lo, i128::from(a.at.base) + hi)
    };
    let lo = members.iter().map(|m| reach(&m.1).0).min()?;
    let hi = members.iter().map(|m| reach(&m.1).1).max()?;
    let len = usize::try_from(hi - lo).ok().filter(|n| *n <= MAX_WIDTH)?;
    let mut covered = vec![false; len];
    let mut copy_in = false;
    // Members follow the program's order after this; an instruction reads before it writes.
    let mut ordered = members.to_vec();
    ordered.sort_by_key(|m| (m.0, m.1.kind == Kind::Write));
    for (_, access) in ordered {
        if access.piece_count() > MAX_PIECES {
            return None;
        }
        budget.take(access.piece_count().saturating_mul(access.len.saturating_add(16)))?;
        let from = i128::from(access.at.base) - lo;
        let mut inside = true;
        access.pieces(|offset| {
            let start = usize::try_from(from + offset).ok();
            let piece = start.and_then(|s| covered.get_mut(s..)?.get_mut(..access.len as usize));
            match piece {
                None => inside = false,
                Some(bytes) if access.kind == Kind::Write => bytes.fill(true),
                Some(bytes) => copy_in |= bytes.contains(&false),
            }
        });
        if !inside {
            return None;
        }
    }
    let step = |depth: usize| terms.iter().find(|t| usize::from(t.0) == depth).map_or(0, |t| t.1);
    let mut steps: Vec<(i128, u64)> = (0..trips.len()).map(|d| (i128::from(step(outer + d)).abs(), trips[d])).collect();
    let fixed = steps.iter().all(|s| s.0 == 0);
    if copy_in && members.iter().any(|m| m.1.kind == Kind::Write) {
        // What comes from outside must not be another iteration's result: iterations touch different bytes.
        let mut span = len as i128;
        steps.retain(|s| s.1 > 1);
        steps.sort_unstable();
        for (step, trip) in steps {
            if step < span {
                return None;
            }
            span += step * i128::from(trip - 1);
        }
    }
    let mut written = Vec::new();
    let mut start = 0;
    for run in covered.chunk_by(|a, b| a == b) {
        if run.first() == Some(&true) {
            written.push((start, start + run.len()));
        }
        start += run.len();
    }
    let base = Affine { base: i64::try_from(lo).ok()?, terms: terms.clone() };
    Some(Region { space, base, len, at: 0, copy_in, fixed, written })
}

/// Finds reads whose input is the one of the read before.
fn mark_same_inputs(program: &Program, steps: &mut [Step]) {
    let mut last: Option<(usize, u32, i64, cim_isa::types::IntType)> = None;
    for step in steps {
        let Step::Read(read) = step else {
            last = None;
            continue;
        };
        let Some(port) = program.ports.get(read.port.index()) else {
            last = None;
            continue;
        };
        let input = (read.src, read.rows, read.row.base % 2, port.input);
        read.same_input = last == Some(input) && read.src_stride == 0 && read.row.terms.is_empty();
        let bytes = read.rows as usize * port.input.bytes() as usize;
        let results = port.outputs as usize * port.output.bytes() as usize;
        let end = read.dst + (read.len as usize - 1) * read.dst_stride + results;
        let kept =
            read.src_stride == 0 && read.row.terms.is_empty() && (end <= read.src || read.src + bytes <= read.dst);
        last = kept.then_some(input);
    }
}

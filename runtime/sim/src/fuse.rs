//! Loops over row groups that may run as one product.
//!
//! In wordline mode a matrix-vector product is a loop of accumulating `read_row`s. Where no conversion can clip, their
//! sum is the product over all rows, so the simulator computes it at once; the bytes left behind are the same.

use std::collections::HashSet;

use cim_isa::instr::{Addr, Affine};
use cim_isa::{Instr, Program};

use crate::engine::Converters;
use crate::extent::range;

/// Loops that may run as one product, known by the address of their body.
#[derive(Clone, Debug, Default)]
pub struct Fusable(HashSet<usize>);

impl Fusable {
    /// Finds them in a program that stays where it is.
    pub fn find(program: &Program, converters: &Converters) -> Fusable {
        let mut found = Fusable::default();
        let mut trips = Vec::new();
        for list in [&program.init, &program.main] {
            found.walk(program, converters, list, &mut trips);
        }
        found
    }

    fn walk(&mut self, program: &Program, converters: &Converters, list: &[Instr], trips: &mut Vec<u64>) {
        for instr in list {
            let Instr::Loop { trip, body } = instr else { continue };
            if trips.len() >= 16 {
                continue;
            }
            trips.push(*trip);
            if fits(program, converters, body, trips) {
                self.0.insert(body.as_ptr() as usize);
            } else {
                self.walk(program, converters, body, trips);
            }
            trips.pop();
        }
    }

    /// May this loop run as one product?
    pub fn contains(&self, body: &[Instr]) -> bool {
        self.0.contains(&(body.as_ptr() as usize))
    }
}

/// The reads of a loop body, when it holds nothing else.
pub fn reads(body: &[Instr]) -> impl Iterator<Item = &Instr> {
    body.iter().flat_map(|i| match i {
        Instr::Parallel { body } => body.as_slice(),
        other => std::slice::from_ref(other),
    })
}

/// The coefficient of a loop depth.
fn step(a: &Affine, depth: u8) -> i64 {
    a.terms.iter().find(|t| t.0 == depth).map_or(0, |t| t.1)
}

fn fits(program: &Program, converters: &Converters, body: &[Instr], trips: &[u64]) -> bool {
    let Some((trip, depth)) = trips.last().copied().zip(u8::try_from(trips.len() - 1).ok()) else { return false };
    // (address, bytes) of what is read and what is written over the whole loop.
    let (mut sources, mut targets) = (Vec::new(), Vec::new());
    for read in reads(body) {
        let Instr::ReadRow { xb, row, len, src, dst, port, accumulate: true, .. } = read else { return false };
        let Some(port) = program.ports.get(port.index()) else { return false };
        let bytes = i64::from(*len) * i64::from(port.input.bytes());
        let together = u64::from(*len).saturating_mul(trip);
        let alike = step(xb, depth) == 0
            && step(&dst.at, depth) == 0
            && step(row, depth) == i64::from(*len)
            && step(&src.at, depth) == bytes
            && together <= 1 << 20
            && !converters.can_clip(together as u32, port.input);
        if !alike {
            return false;
        }
        sources.push((src, i128::from(bytes) * i128::from(trip)));
        targets.push((dst, i128::from(port.outputs) * i128::from(port.output.bytes())));
    }
    // Results must not change inputs that a later group reads.
    let outer = &trips[..trips.len() - 1];
    sources.iter().all(|s| targets.iter().all(|t| apart(*s, *t, outer)))
}

/// Do two byte ranges never meet, whatever the outer loops' indices?
fn apart(a: (&Addr, i128), b: (&Addr, i128), trips: &[u64]) -> bool {
    if a.0.space != b.0.space {
        return true;
    }
    let outer = |x: &Affine| Affine {
        base: x.base,
        terms: x.terms.iter().copied().filter(|t| usize::from(t.0) < trips.len()).collect(),
    };
    let (x, y) = (outer(&a.0.at), outer(&b.0.at));
    let (x, y) = if x.terms == y.terms {
        let point = |v: i64| (i128::from(v), i128::from(v));
        (point(x.base), point(y.base))
    } else {
        (range(&x, trips), range(&y, trips))
    };
    x.1 + a.1 <= y.0 || y.1 + b.1 <= x.0
}

//! Loop nests that run many iterations at once.
//!
//! The compiler writes a layer as one loop nest over output pixels: fetch a window, drive crossbars, merge, requantise,
//! store. Interpreted pixel by pixel, every product is a vector times a matrix. Here a nest whose iterations do not
//! depend on each other runs instruction by instruction over a block of iterations, so that every product is a matrix
//! times a matrix.
//!
//! What an iteration writes lives in a scratch line of its own while a block runs. Nothing else changes before all
//! instructions of the block have succeeded; then the lines are copied out in the order of the iterations, so the
//! buffers hold exactly the bytes that single steps would have left. When anything in a block fails, its lines are
//! thrown away and the interpreter runs the same iterations, so faults come from one place.
//!
//! - [`find`]: which nests qualify, proved from the addresses alone
//! - [`merge`]: row groups of wordline mode that add up to one read
//! - [`rewrite`]: instructions with scratch addresses
//! - [`run`]: a block of iterations

pub mod find;
mod merge;
mod rewrite;
pub mod run;

use std::collections::HashMap;

use cim_isa::instr::Affine;
use cim_isa::types::PortId;
use cim_isa::{Instr, Program, Space};

use crate::engine::Converters;
use crate::fuse::Fusable;

/// Nests of a program, known by the address of the body of their outermost loop.
#[derive(Clone, Debug, Default)]
pub struct Nests(HashMap<usize, Nest>);

impl Nests {
    /// Finds them in `main` of a program that stays where it is. `l1` is the size of L1 in bytes.
    pub fn find(program: &Program, converters: &Converters, fusable: &Fusable, l1: u64) -> Nests {
        let mut nests = Nests::default();
        let budget = find::Budget::default();
        let context = find::Context { program, converters, fusable, l1, budget: &budget };
        nests.walk(&context, &program.main, &mut Vec::new());
        nests
    }

    fn walk(&mut self, context: &find::Context<'_>, list: &[Instr], trips: &mut Vec<u64>) {
        for instr in list {
            let Instr::Loop { trip, body } = instr else { continue };
            if trips.len() >= 16 {
                continue;
            }
            if let Some(nest) = context.nest(trips, *trip, body) {
                self.0.insert(body.as_ptr() as usize, nest);
            } else {
                trips.push(*trip);
                self.walk(context, body, trips);
                trips.pop();
            }
        }
    }

    /// The nest whose outermost loop has this body.
    pub fn get(&self, body: &[Instr]) -> Option<&Nest> {
        self.0.get(&(body.as_ptr() as usize))
    }
}

/// A perfect nest of loops around straight-line code whose iterations may run side by side.
#[derive(Clone, Debug)]
pub struct Nest {
    /// Loops around it.
    outer: usize,
    /// Trip counts, outermost first.
    trips: Vec<u64>,
    steps: Vec<Step>,
    regions: Vec<Region>,
    /// Bytes of the scratch line of one iteration.
    width: usize,
}

impl Nest {
    /// Number of loops.
    pub fn depth(&self) -> usize {
        self.trips.len()
    }

    /// Iterations.
    pub fn iterations(&self) -> u64 {
        self.trips.iter().fold(1, |n, t| n.saturating_mul(*t))
    }

    /// Iterations that run together: few enough for the cache, a multiple of the kernel's block.
    pub fn block(&self) -> u64 {
        const CACHE: usize = 4 << 20;
        (CACHE / self.width.max(1)).clamp(4, 64) as u64 / 4 * 4
    }

    /// Writes the loop indices of an iteration into the last [`Nest::depth`] places.
    pub fn indices(&self, mut iteration: u64, indices: &mut [u64]) {
        for (i, trip) in indices.iter_mut().rev().zip(self.trips.iter().rev()) {
            *i = iteration % trip;
            iteration /= trip;
        }
    }

    /// The body of the innermost loop, from that of the outermost.
    pub fn innermost<'a>(&self, outermost: &'a [Instr]) -> &'a [Instr] {
        let mut body = outermost;
        for _ in 1..self.depth() {
            if let [Instr::Loop { body: inner, .. }] = body {
                body = inner;
            }
        }
        body
    }
}

/// Bytes that an iteration writes, and where they are in its scratch line.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Region {
    space: Space,
    /// First byte, following the loops.
    base: Affine,
    len: usize,
    /// First byte in the scratch line.
    at: usize,
    /// The iteration reads bytes that it has not written.
    copy_in: bool,
    /// The same bytes in every iteration: only the last one's remain.
    fixed: bool,
    /// Runs of bytes that are written, relative to `base`.
    written: Vec<(usize, usize)>,
}

/// One instruction over a block of iterations. Scratch addresses are addresses in L1 here.
#[derive(Clone, Debug)]
enum Step {
    Read(Read),
    /// Any other, one iteration after the other. The flag says that it follows the loops of the nest.
    Single(Instr, bool),
}

/// Crossbars that are driven with the same number of rows.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Read {
    xb: Affine,
    len: u32,
    row: Affine,
    rows: u32,
    /// Offset in the scratch line.
    src: usize,
    src_stride: usize,
    dst: usize,
    dst_stride: usize,
    port: PortId,
    shift: u8,
    negate: bool,
    accumulate: bool,
    /// The input is the one of the read before, unchanged.
    same_input: bool,
}

//! A block of iterations, instruction by instruction.

use std::ops::Range;
use std::sync::Arc;

use cim_isa::Program;
use cim_isa::types::IntType;

use super::{Nest, Read, Region, Step};
use crate::cells::View;
use crate::crossbars::Crossbars;
use crate::digital::{self, Requantiser, Work, accumulate_into};
use crate::error::Fault;
use crate::kernels::Level;
use crate::memory::{Memory, load, store};
use crate::movement;
use crate::products::{Products, fits_32_bits};

/// Memory of a block; reused.
#[derive(Clone, Debug, Default)]
pub struct Scratch {
    lines: Vec<u8>,
    products: Products,
    acc: Vec<i64>,
    old: Vec<i64>,
}

/// A nest with the crossbars it reads, in the order of its reads.
#[derive(Debug)]
pub struct Ready<'n> {
    nest: &'n Nest,
    views: Vec<Arc<View>>,
    rows: Vec<u32>,
}

/// What a block works on.
#[derive(Debug)]
pub struct Parts<'a> {
    /// The program.
    pub program: &'a Program,
    /// Its requantisations.
    pub requants: &'a [Requantiser],
    /// The buffers.
    pub mem: &'a mut Memory,
    /// Reused memory of the digital units.
    pub work: &'a mut Work,
    /// Reused memory of blocks.
    pub scratch: &'a mut Scratch,
    /// Form of the kernels.
    pub level: Level,
}

impl Nest {
    /// Looks up the crossbars; None when a product could not be computed in integers, or not at all.
    pub fn ready(&self, program: &Program, crossbars: &mut Crossbars, loops: &[u64]) -> Option<Ready<'_>> {
        let (mut views, mut rows) = (Vec::new(), Vec::new());
        for step in &self.steps {
            let Step::Read(read) = step else { continue };
            let port = program.ports.get(read.port.index())?;
            let first = u64::try_from(read.xb.eval(loops)).ok()?;
            let row = u32::try_from(read.row.eval(loops)).ok()?;
            let end = row.checked_add(read.rows)?;
            rows.push(row);
            for i in 0..u64::from(read.len) {
                let view = crossbars.view(first.checked_add(i)?, port, port.outputs).ok()?;
                let programmed = view.run_end.get(row as usize).is_some_and(|e| end <= *e);
                if !programmed || !fits_32_bits(&view, read.rows, port.input) {
                    return None;
                }
                view.pairs()?;
                views.push(view);
            }
        }
        Some(Ready { nest: self, views, rows })
    }
}

impl Ready<'_> {
    /// Runs some iterations; `loops` are the indices of the loops around the nest. False when an instruction failed:
    /// then no buffer has changed.
    pub fn block(&self, iterations: Range<u64>, parts: Parts<'_>, loops: &[u64]) -> bool {
        let nest = self.nest;
        let count = (iterations.end - iterations.start) as usize;
        let Parts { program, requants, mem, work, scratch, level } = parts;
        let mut lines = std::mem::take(&mut scratch.lines);
        if lines.len() < count * nest.width {
            lines.resize(count * nest.width, 0);
        }
        let mut indices = loops[..nest.outer.min(loops.len())].to_vec();
        indices.resize(nest.outer + nest.depth() + 1, 0);
        let depth = nest.outer + nest.depth();
        let mut table = vec![0; count * nest.depth()];
        for (iteration, places) in iterations.zip(table.chunks_exact_mut(nest.depth())) {
            nest.indices(iteration, places);
        }
        let at = |indices: &mut [u64], i: usize| {
            indices[depth] = i as u64;
            indices[nest.outer..depth].copy_from_slice(&table[i * nest.depth()..][..nest.depth()]);
        };
        let inputs: Vec<&Region> = nest.regions.iter().filter(|r| r.copy_in).collect();
        for i in (0..count).take_while(|_| !inputs.is_empty()) {
            at(&mut indices, i);
            let line = &mut lines[i * nest.width..][..nest.width];
            for region in &inputs {
                let Ok(bytes) = mem.bytes(region.space, region.base.eval(&indices), region.len as u64) else {
                    scratch.lines = lines;
                    return false;
                };
                line[region.at..region.at + region.len].copy_from_slice(bytes);
            }
        }
        // The lines take the place of L1: rewritten instructions address nothing else there.
        let mut during = Memory { l0: std::mem::take(&mut mem.l0), l1: lines };
        let mut views = self.views.iter();
        let mut rows = self.rows.iter();
        let done = nest.steps.iter().try_for_each(|step| match step {
            Step::Read(read) => {
                let port = program.ports.get(read.port.index()).ok_or_else(|| Fault::Invalid(String::new()))?;
                let views = views.by_ref().take(read.len as usize);
                let row = rows.next().copied().unwrap_or(0);
                let lines = &mut during.l1[..count * nest.width];
                read_block(read, views, row, (port.input, port.output), lines, nest.width, scratch, level)
            }
            Step::Single(instr, varies) => (0..count).try_for_each(|i| {
                if *varies {
                    at(&mut indices, i);
                } else {
                    indices[depth] = i as u64;
                }
                let done = digital::execute(instr, program, requants, &mut during, work, &indices)?
                    || movement::execute(instr, &mut during, &indices)?;
                if done { Ok(()) } else { Err(Fault::Invalid(String::new())) }
            }),
        });
        mem.l0 = during.l0;
        let lines = during.l1;
        let done = done.is_ok();
        if done {
            for i in 0..count {
                at(&mut indices, i);
                let line = &lines[i * nest.width..][..nest.width];
                let last = i + 1 == count;
                nest.regions.iter().filter(|r| last || !r.fixed).for_each(|r| copy_out(r, line, mem, &indices));
            }
        }
        scratch.lines = lines;
        done
    }
}

fn copy_out(region: &Region, line: &[u8], mem: &mut Memory, indices: &[u64]) {
    let base = region.base.eval(indices);
    for &(start, end) in &region.written {
        let bytes = &line[region.at + start..region.at + end];
        // The search proved that all ranges lie inside.
        if let Ok(to) = mem.bytes_mut(region.space, base.wrapping_add(start as i64), bytes.len() as u64) {
            to.copy_from_slice(bytes);
        }
    }
}

#[allow(clippy::too_many_arguments)]
fn read_block<'v>(
    read: &Read,
    views: impl Iterator<Item = &'v Arc<View>>,
    row: u32,
    (input, output): (IntType, IntType),
    lines: &mut [u8],
    width: usize,
    scratch: &mut Scratch,
    level: Level,
) -> Result<(), Fault> {
    let Scratch { products, acc, old, .. } = scratch;
    let bytes = read.rows as usize * input.bytes() as usize;
    for (i, view) in views.enumerate() {
        if !(read.same_input || (i > 0 && read.src_stride == 0)) {
            products.begin(lines.len() / width.max(1), row, read.rows);
            let from = read.src + i * read.src_stride;
            for (b, line) in lines.chunks_exact(width.max(1)).enumerate() {
                products.input(b, &line[from..from + bytes], input);
            }
        }
        let pairs = view.pairs().unwrap_or(&[]);
        let outputs = view.format.outputs as usize;
        let sums = products.run(level, view, pairs, row).chunks_exact(view.weight_stride.max(1));
        let size = output.bytes() as usize;
        let to = read.dst + i * read.dst_stride;
        let plain = !read.accumulate && read.shift == 0 && !read.negate && output == IntType::I32;
        for (line, sums) in lines.chunks_exact_mut(width.max(1)).zip(sums) {
            let target = &mut line[to..to + outputs * size];
            let sums = &sums[..outputs];
            if plain {
                target.as_chunks_mut::<4>().0.iter_mut().zip(sums).for_each(|(t, s)| *t = s.to_le_bytes());
                continue;
            }
            acc.clear();
            acc.extend(sums.iter().map(|s| i64::from(*s)));
            if read.accumulate {
                load(target, output, old);
            } else {
                old.clear();
                old.resize(outputs, 0);
            }
            accumulate_into(old, acc, read.shift, read.negate, output)?;
            store(target, output, old)?;
        }
    }
    Ok(())
}

//! What one matrix-vector product asks of each core: gathers, crossbar reads, partial sums, offset correction.
//!
//! Plain data, no IR. A matrix is cut into tiles (`cim_machine::binding`); its crossbars are numbered group by group,
//! row tile by row tile, bit slice by bit slice, column tile by column tile, so that consecutive crossbars share their
//! inputs. Each crossbar contributes a signed, shifted partial sum to its output channels; contributions to the same
//! channels are stacked and added, first in the core, then between cores.

use cim_machine::binding::{Cut, Layout, TileShape};
use std::collections::BTreeMap;
use std::ops::Range;

/// Content of one crossbar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unit {
    /// Position in the cut: group, row and column tile.
    pub at: [u32; 3],
    /// Which crossbar of the tile (bits to crossbars), else 0.
    pub slice: u32,
}

/// All crossbars of one copy, in order.
pub fn units(cut: &Cut) -> Vec<Unit> {
    let [groups, rows, cols] = cut.counts;
    let mut out = Vec::with_capacity(cut.crossbars() as usize);
    for g in 0..groups {
        for r in 0..rows {
            for slice in 0..cut.crossbars_per_tile {
                out.extend((0..cols).map(|c| Unit { at: [g, r, c], slice }));
            }
        }
    }
    out
}

/// Inputs to bring into the core: rows `row0..row0+rows` of the groups `group0..group0+groups` of the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gather {
    /// First group.
    pub group0: u32,
    /// Groups; more than one interleaves them by kernel position, as block-diagonal tiles do.
    pub groups: u32,
    /// First row of a group's matrix.
    pub row0: u32,
    /// Rows per group.
    pub rows: u32,
    /// First element in the core's input area.
    pub dst: u32,
}

/// Reads of `len` consecutive crossbars.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Read {
    /// First crossbar, global index.
    pub xb: u32,
    /// Crossbars.
    pub len: u32,
    /// Rows driven.
    pub rows: u32,
    /// First input element.
    pub src: u32,
    /// Elements between inputs of consecutive crossbars.
    pub src_stride: u32,
    /// First accumulator.
    pub dst: u32,
    /// Accumulators between outputs of consecutive crossbars.
    pub dst_stride: u32,
    /// Outputs per crossbar.
    pub outputs: u32,
    /// Which crossbar of the tile (bits to crossbars), else 0.
    pub slice: u32,
}

/// `dst[j] += sum over count of src[i*len + j]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sum {
    /// Accumulators added to.
    pub dst: u32,
    /// First stacked partial sum.
    pub src: u32,
    /// Stacked partial sums.
    pub count: u32,
    /// Accumulators each.
    pub len: u32,
}

/// Subtracts the encoding's offset times the sum of the inputs that were driven.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Correction {
    /// First accumulator.
    pub dst: u32,
    /// First input.
    pub src: u32,
    /// Kernel positions.
    pub positions: u32,
    /// Groups.
    pub groups: u32,
    /// Channels per group.
    pub inner: u32,
    /// Outputs per group.
    pub outputs: u32,
}

/// Finished accumulators of the core for output channels `channel..channel+len`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// First accumulator.
    pub acc: u32,
    /// First output channel.
    pub channel: u32,
    /// Channels.
    pub len: u32,
}

/// Everything one core does for one product.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CorePlan {
    /// Core.
    pub core: u32,
    /// Elements of the input area.
    pub inputs: u32,
    /// Accumulators.
    pub accumulators: u32,
    /// Inputs.
    pub gathers: Vec<Gather>,
    /// Crossbar reads.
    pub reads: Vec<Read>,
    /// Partial sums inside the core.
    pub sums: Vec<Sum>,
    /// Offset corrections, after the sums.
    pub corrections: Vec<Correction>,
    /// What leaves the core.
    pub pieces: Vec<Piece>,
}

/// First output channel of a tile; `cols` are the matrix's columns per group.
pub fn channel(tile: &TileShape, cols: u32) -> u32 {
    tile.group0 * cols + tile.col0
}

/// Plans the units `range` of a cut that sit in consecutive crossbars from `first_xb`; `cols` are the matrix's columns
/// per group; `corrected` says whether offset corrections are needed.
pub fn plan(
    cut: &Cut,
    all: &[Unit],
    range: Range<usize>,
    first_xb: u32,
    xbs_per_core: u32,
    cols: u32,
    corrected: bool,
) -> Vec<CorePlan> {
    let per_core = xbs_per_core.max(1);
    let mut cores: Vec<(u32, Vec<(u32, Unit)>)> = Vec::new();
    for (i, &unit) in all.get(range).unwrap_or_default().iter().enumerate() {
        let xb = first_xb + i as u32;
        match cores.last_mut() {
            Some((core, items)) if *core == xb / per_core => items.push((xb, unit)),
            _ => cores.push((xb / per_core, vec![(xb, unit)])),
        }
    }
    cores.into_iter().map(|(core, items)| plan_core(cut, core, &items, cols, corrected)).collect()
}

/// Contributions to one output tile: (group tile, row tile, slice), in crossbar order.
type Contributions = Vec<[u32; 3]>;

/// Adjacent output tiles with the same contributions.
struct Interval {
    base: u32,
    channel: u32,
    len: u32,
    from: Contributions,
}

fn plan_core(cut: &Cut, core: u32, items: &[(u32, Unit)], cols: u32, corrected: bool) -> CorePlan {
    let mut out = CorePlan { core, ..CorePlan::default() };
    // Inputs, one area per (group tile, row tile), dense and in order.
    let mut inputs: BTreeMap<[u32; 2], u32> = BTreeMap::new();
    for (_, unit) in items {
        let [g, r, _] = unit.at;
        if inputs.contains_key(&[g, r]) {
            continue;
        }
        let tile = cut.tile(unit.at);
        inputs.insert([g, r], out.inputs);
        let next =
            Gather { group0: tile.group0, groups: tile.groups, row0: tile.row0, rows: tile.rows, dst: out.inputs };
        match out.gathers.last_mut() {
            Some(last) if last.groups == 1 && last.group0 == next.group0 && last.row0 + last.rows == next.row0 => {
                last.rows += next.rows
            }
            _ => out.gathers.push(next),
        }
        out.inputs += tile.crossbar_rows();
    }
    // Outputs: which contributions does each column tile get?
    let mut contributions: BTreeMap<[u32; 2], Contributions> = BTreeMap::new();
    for (_, unit) in items {
        let [g, r, c] = unit.at;
        contributions.entry([g, c]).or_default().push([g, r, unit.slice]);
    }
    let mut intervals: Vec<Interval> = Vec::new();
    let mut interval_of: BTreeMap<[u32; 2], usize> = BTreeMap::new();
    for ([g, c], from) in contributions {
        let tile = cut.tile([g, 0, c]);
        let first = channel(&tile, cols);
        match intervals.last_mut() {
            Some(last) if last.channel + last.len == first && last.from == from => last.len += tile.outputs(),
            _ => intervals.push(Interval { base: 0, channel: first, len: tile.outputs(), from }),
        }
        interval_of.insert([g, c], intervals.len() - 1);
    }
    for i in &mut intervals {
        i.base = out.accumulators;
        out.accumulators += i.len * i.from.len() as u32;
    }
    for (xb, unit) in items {
        let [g, r, c] = unit.at;
        let tile = cut.tile(unit.at);
        let interval = &intervals[interval_of[&[g, c]]];
        let slot = interval.from.iter().position(|f| *f == [g, r, unit.slice]).unwrap_or(0) as u32;
        let read = Read {
            xb: *xb,
            len: 1,
            rows: tile.crossbar_rows(),
            src: inputs[&[g, r]],
            src_stride: 0,
            dst: interval.base + slot * interval.len + channel(&tile, cols) - interval.channel,
            dst_stride: 0,
            outputs: tile.outputs(),
            slice: unit.slice,
        };
        push_read(&mut out.reads, read);
    }
    for i in &intervals {
        let count = i.from.len() as u32;
        if count > 1 {
            out.sums.push(Sum { dst: i.base, src: i.base + i.len, count: count - 1, len: i.len });
        }
        out.pieces.push(Piece { acc: i.base, channel: i.channel, len: i.len });
        if corrected {
            for [g, r, _] in i.from.iter().filter(|f| f[2] == 0) {
                push_correction(&mut out.corrections, cut, [*g, *r], inputs[&[*g, *r]], i);
            }
        }
    }
    out
}

/// Joins a read to the one before when crossbars, inputs and outputs advance evenly.
fn push_read(reads: &mut Vec<Read>, next: Read) {
    if let Some(last) = reads.last_mut()
        && last.xb + last.len == next.xb
        && (last.rows, last.outputs, last.slice) == (next.rows, next.outputs, next.slice)
        && let Some(src_step) = next.src.checked_sub(last.src + (last.len - 1) * last.src_stride)
        && let Some(dst_step) = next.dst.checked_sub(last.dst + (last.len - 1) * last.dst_stride)
        && (last.len == 1 || (src_step == last.src_stride && dst_step == last.dst_stride))
    {
        (last.src_stride, last.dst_stride, last.len) = (src_step, dst_step, last.len + 1);
        return;
    }
    reads.push(next);
}

fn push_correction(out: &mut Vec<Correction>, cut: &Cut, [g, r]: [u32; 2], src: u32, interval: &Interval) {
    let tile = cut.tile([g, r, 0]);
    if tile.groups > 1 {
        let inner = tile.inner.max(1);
        let (positions, outputs) = (tile.rows / inner, tile.cols);
        out.push(Correction { dst: interval.base, src, positions, groups: tile.groups, inner, outputs });
        return;
    }
    match out.last_mut() {
        // Inputs of consecutive row tiles lie side by side: one sum over all of them.
        Some(last) if last.dst == interval.base && last.groups == 1 && last.src + last.inner == src => {
            last.inner += tile.rows
        }
        _ => out.push(Correction {
            dst: interval.base,
            src,
            positions: 1,
            groups: 1,
            inner: tile.rows,
            outputs: interval.len,
        }),
    }
}

/// Channels that get contributions from the same cores.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merge {
    /// First output channel.
    pub channel: u32,
    /// Channels.
    pub len: u32,
    /// (index of the core's plan, first accumulator in it), in order.
    pub parts: Vec<(usize, u32)>,
}

/// Cuts the pieces of all cores at each other's ends, so that equal channel ranges can be added.
pub fn merge(cores: &[CorePlan]) -> Vec<Merge> {
    let mut ends: Vec<u32> =
        cores.iter().flat_map(|c| &c.pieces).flat_map(|p| [p.channel, p.channel + p.len]).collect();
    ends.sort_unstable();
    ends.dedup();
    let mut out: Vec<Merge> =
        ends.windows(2).map(|w| Merge { channel: w[0], len: w[1] - w[0], parts: Vec::new() }).collect();
    for (k, core) in cores.iter().enumerate() {
        for p in &core.pieces {
            let first = ends.partition_point(|&e| e < p.channel);
            for m in out[first..].iter_mut().take_while(|m| m.channel < p.channel + p.len) {
                m.parts.push((k, p.acc + m.channel - p.channel));
            }
        }
    }
    out.retain(|m| !m.parts.is_empty());
    out
}

/// Left shift and sign of a crossbar's contribution: with bits to crossbars each crossbar holds one slice of one polarity.
pub fn slice_weight(layout: &Layout, slice: u32) -> (u8, bool) {
    if layout.crossbars_per_tile() == 1 {
        return (0, false);
    }
    let (polarity, slice) = layout.slice_of(slice);
    ((slice * u32::from(layout.cell_bits)) as u8, polarity == 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use cim_machine::binding::{MatrixShape, cut};
    use cim_machine::{Binding, Encoding};
    use proptest::prelude::*;

    /// Executes a plan in plain integers; returns accumulators by channel.
    #[allow(clippy::too_many_arguments)] // a plan and everything it is judged by
    fn run(
        plans: &[CorePlan],
        cut: &Cut,
        all: &[Unit],
        first: u32,
        l: &Layout,
        x: &dyn Fn(u32, u32) -> i64,
        w: &dyn Fn(u32, u32, u32) -> i64,
        channels: u32,
    ) -> Vec<i64> {
        let mut finished: Vec<Vec<i64>> = Vec::new();
        for p in plans {
            let mut input = vec![0i64; p.inputs as usize];
            for g in &p.gathers {
                for r in 0..g.rows {
                    for k in 0..g.groups {
                        let inner = cut.tile([0, 0, 0]).inner;
                        let at = if g.groups == 1 { r } else { (r / inner) * g.groups * inner + k * inner + r % inner };
                        input[(g.dst + at) as usize] = x(g.group0 + k, g.row0 + r);
                    }
                }
            }
            let mut acc = vec![i64::MIN; p.accumulators as usize];
            for read in &p.reads {
                for k in 0..read.len {
                    let unit = all[(read.xb + k - first) as usize];
                    let tile = cut.tile(unit.at);
                    assert_eq!(
                        (tile.crossbar_rows(), tile.outputs(), unit.slice),
                        (read.rows, read.outputs, read.slice)
                    );
                    let (shift, negate) = slice_weight(l, read.slice);
                    for o in 0..read.outputs {
                        let (group, col) = (tile.group0 + o / tile.cols, tile.col0 + o % tile.cols);
                        let mut sum = 0;
                        for r in 0..read.rows {
                            let (g, row) = tile.logical_row(r).unwrap();
                            if g != group {
                                continue;
                            }
                            let value = w(group, row, col);
                            let held = if l.crossbars_per_tile() == 1 {
                                value + l.offset()
                            } else {
                                let (pol, s) = l.slice_of(read.slice);
                                l.cell(value, pol, s) as i64
                            };
                            sum += held * input[(read.src + k * read.src_stride + r) as usize];
                        }
                        let slot = &mut acc[(read.dst + k * read.dst_stride + o) as usize];
                        assert_eq!(*slot, i64::MIN, "two reads write one accumulator");
                        *slot = if negate { -(sum << shift) } else { sum << shift };
                    }
                }
            }
            for s in &p.sums {
                for j in 0..s.len {
                    let add: i64 = (0..s.count).map(|i| acc[(s.src + i * s.len + j) as usize]).sum();
                    acc[(s.dst + j) as usize] += add;
                }
            }
            for c in &p.corrections {
                for g in 0..c.groups {
                    let sum: i64 = (0..c.positions)
                        .flat_map(|q| (0..c.inner).map(move |i| (q, i)))
                        .map(|(q, i)| input[(c.src + q * c.groups * c.inner + g * c.inner + i) as usize])
                        .sum();
                    for j in 0..c.outputs {
                        acc[(c.dst + g * c.outputs + j) as usize] -= l.offset() * sum;
                    }
                }
            }
            finished.push(acc);
        }
        let mut out = vec![0i64; channels as usize];
        for m in merge(plans) {
            for j in 0..m.len {
                out[(m.channel + j) as usize] +=
                    m.parts.iter().map(|&(k, a)| finished[k][(a + j) as usize]).sum::<i64>();
            }
        }
        out
    }

    proptest! {
        #[test]
        fn plans_compute_the_product(
            positions in 1u32..6, inner in 1u32..5, cols in 1u32..9, groups in 1u32..8,
            xb_rows in 1u32..20, xb_cols in 4u32..24, per_core in 1u32..9, first in 0u32..5, cell in 2u8..5,
            differential: bool, crossbars: bool, seed: u64, cut_at in 0.0f64..1.0,
        ) {
            let l = Layout {
                bits: 4, signed: true, narrow: true, cell_bits: cell,
                encoding: if differential { Encoding::Differential } else { Encoding::Offset },
                binding: if crossbars { Binding::BitsToCrossbars } else { Binding::BitsToColumns },
            };
            let rows = positions * inner;
            let hash = |a: u64| { let mut z = a.wrapping_add(seed).wrapping_mul(0x9e37_79b9_7f4a_7c15); z ^= z >> 29; z.wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 40 };
            let x = |g: u32, r: u32| (hash((g * 1000 + r) as u64) % 16) as i64 - 5;
            let w = |g: u32, r: u32, c: u32| (hash(1 << 40 | ((g as u64) << 20) | ((r as u64) << 10) | c as u64) % 15) as i64 - 7;
            let c = cut(MatrixShape { rows, cols, groups, inner }, &l, xb_rows, xb_cols).unwrap();
            let all = units(&c);
            prop_assert_eq!(all.len() as u64, c.crossbars());
            let want: Vec<i64> = (0..groups * cols).map(|k| (0..rows).map(|r| x(k / cols, r) * w(k / cols, r, k % cols)).sum()).collect();
            let plans = plan(&c, &all, 0..all.len(), first, per_core, cols, l.offset() != 0);
            prop_assert_eq!(run(&plans, &c, &all, first, &l, &x, &w, groups * cols), want.clone());
            // Two time parts add up to the same.
            let at = (all.len() as f64 * cut_at) as usize;
            let parts = [0..at, at..all.len()].map(|range| {
                let p = plan(&c, &all, range.clone(), first, per_core, cols, l.offset() != 0);
                run(&p, &c, &all[range], first, &l, &x, &w, groups * cols)
            });
            let total: Vec<i64> = parts[0].iter().zip(&parts[1]).map(|(a, b)| a + b).collect();
            prop_assert_eq!(total, want);
        }
    }

    #[test]
    fn consecutive_crossbars_with_one_input_are_one_read() {
        let l = Layout {
            bits: 8,
            signed: true,
            narrow: false,
            cell_bits: 2,
            encoding: Encoding::Offset,
            binding: Binding::BitsToColumns,
        };
        let c = cut(MatrixShape { rows: 256, cols: 256, groups: 1, inner: 256 }, &l, 128, 128).unwrap();
        let all = units(&c);
        let plans = plan(&c, &all, 0..all.len(), 0, 16, 256, true);
        assert_eq!(plans.len(), 1);
        let reads: Vec<_> =
            plans[0].reads.iter().map(|r| (r.xb, r.len, r.src, r.src_stride, r.dst, r.dst_stride)).collect();
        assert_eq!(reads, [(0, 8, 0, 0, 0, 32), (8, 8, 128, 0, 256, 32)]);
        assert_eq!(plans[0].sums, [Sum { dst: 0, src: 256, count: 1, len: 256 }]);
        assert_eq!(plans[0].corrections.len(), 1);
        assert_eq!(plans[0].gathers, [Gather { group0: 0, groups: 1, row0: 0, rows: 256, dst: 0 }]);
    }
}

//! Tidying control flow: unreachable blocks, dead operations and block arguments, equal blocks.

use cim_ir::dominance::block_successors;
use cim_ir::interfaces::{self, BranchLike};
use cim_ir::op_def::Trait;
use cim_ir::{BlockId, Ir, OpId, RegionId, ValueId, segments};
use rustc_hash::{FxHashMap, FxHashSet};

/// True when something changed.
pub(super) fn simplify(ir: &mut Ir, region: RegionId, merge_blocks: bool) -> bool {
    let mut changed = erase_unreachable(ir, region);
    changed |= erase_dead(ir, region);
    if merge_blocks {
        for region in regions_inside(ir, region) {
            changed |= merge_equal_blocks(ir, region);
            changed |= drop_redundant_arguments(ir, region);
        }
    }
    changed
}

/// The region and all regions in it, outer ones first.
fn regions_inside(ir: &Ir, region: RegionId) -> Vec<RegionId> {
    let mut out = vec![region];
    let mut at = 0;
    while let Some(&r) = out.get(at) {
        at += 1;
        let ops = ir.blocks_of(r).flat_map(|b| ir.ops_of(b));
        let inner: Vec<RegionId> = ops.flat_map(|op| ir.regions_of(op)).copied().collect();
        out.extend(inner);
    }
    out
}

/// Erases blocks that cannot be reached from the entry of their region; true when there were some.
pub(super) fn erase_unreachable(ir: &mut Ir, region: RegionId) -> bool {
    let mut changed = false;
    for region in regions_inside(ir, region) {
        let Some(entry) = ir.entry(region) else { continue };
        if ir.next_block(entry).is_none() {
            continue;
        }
        let mut reached = FxHashSet::from_iter([entry]);
        let mut work = vec![entry];
        while let Some(b) = work.pop() {
            work.extend(block_successors(ir, b).iter().filter(|s| reached.insert(**s)));
        }
        let dead: Vec<BlockId> = ir.blocks_of(region).filter(|b| !reached.contains(b)).collect();
        changed |= !dead.is_empty();
        // Unreachable blocks may use each other's values: all uses go before the values do.
        for &b in &dead {
            for op in ir.ops_of(b).collect::<Vec<_>>() {
                for inner in ir.walk(op) {
                    ir.set_operands(inner, &[]);
                }
            }
        }
        for b in dead {
            ir.erase_block(b);
        }
    }
    changed
}

/// What may be seen from outside: marked from operations with effects back to what they use.
#[derive(Default)]
struct Live {
    ops: FxHashSet<OpId>,
    args: FxHashSet<ValueId>,
    work: Vec<ValueId>,
}

impl Live {
    fn mark_op(&mut self, ir: &Ir, op: OpId) {
        if !self.ops.insert(op) {
            return;
        }
        let branch = BranchLike::get(ir, op).filter(|_| ir.has_trait(op, Trait::Terminator));
        let mut passed_on = vec![false; ir.num_operands(op)];
        for (i, &block) in ir.successors(op).iter().enumerate() {
            match branch {
                // Operands that go to a block argument are as live as the argument.
                Some(b) => {
                    let range = (b.successor_operands)(op, ir, i);
                    if range.len() == ir.args(block).len() {
                        passed_on.iter_mut().skip(range.start).take(range.len()).for_each(|p| *p = true);
                        continue;
                    }
                    self.work.extend(ir.args(block));
                }
                None => self.work.extend(ir.args(block)),
            }
        }
        let used = ir.operands(op).zip(&passed_on).filter(|(_, passed)| !**passed);
        self.work.extend(used.map(|(v, _)| v));
    }

    /// Marks what a live argument gets from the predecessors of its block.
    fn mark_arg(&mut self, ir: &Ir, arg: ValueId, predecessors: &FxHashMap<BlockId, Vec<OpId>>) {
        if !self.args.insert(arg) {
            return;
        }
        let cim_ir::core::ValueDef::Argument { block, index } = ir.value_def(arg) else { return };
        for &from in predecessors.get(&block).into_iter().flatten() {
            let Some(branch) = BranchLike::get(ir, from) else { continue };
            for (i, &s) in ir.successors(from).iter().enumerate() {
                if s == block {
                    let range = (branch.successor_operands)(from, ir, i);
                    let position = range.start + index as usize;
                    self.work.extend(ir.operand(from, position).filter(|_| range.contains(&position)));
                }
            }
        }
    }
}

fn erase_dead(ir: &mut Ir, region: RegionId) -> bool {
    let ops: Vec<OpId> = ir.blocks_of(region).flat_map(|b| ir.ops_of(b)).flat_map(|op| ir.walk(op)).collect();
    let mut predecessors: FxHashMap<BlockId, Vec<OpId>> = FxHashMap::default();
    for &op in &ops {
        for &s in ir.successors(op) {
            let list = predecessors.entry(s).or_default();
            if list.last() != Some(&op) {
                list.push(op);
            }
        }
    }
    let mut live = Live::default();
    for &op in &ops {
        if ir.has_trait(op, Trait::Terminator) || !interfaces::is_removable(ir, op) {
            live.mark_op(ir, op);
        }
    }
    while let Some(value) = live.work.pop() {
        match ir.defining_op(value) {
            Some(def) => live.mark_op(ir, def),
            None => live.mark_arg(ir, value, &predecessors),
        }
    }
    let mut changed = false;
    // Users first; an operation inside an erased one is gone already.
    for &op in ops.iter().rev() {
        if ir.is_alive(op) && !live.ops.contains(&op) {
            for inner in ir.walk(op) {
                ir.set_operands(inner, &[]);
            }
        }
    }
    for &op in &ops {
        if ir.is_alive(op) && !live.ops.contains(&op) {
            ir.erase(op);
            changed = true;
        }
    }
    for (block, from) in sorted(predecessors) {
        let args = ir.args(block).to_vec();
        for (i, arg) in args.iter().enumerate().rev() {
            let alive =
                live.args.contains(arg) || !from.iter().all(|f| ir.is_alive(*f) && BranchLike::get(ir, *f).is_some());
            if !alive && remove_passed(ir, block, i, &from) {
                ir.remove_argument(block, i);
                changed = true;
            }
        }
    }
    changed
}

fn sorted(map: FxHashMap<BlockId, Vec<OpId>>) -> Vec<(BlockId, Vec<OpId>)> {
    let mut list: Vec<_> = map.into_iter().collect();
    list.sort();
    list
}

/// Position in the declaration of the operand group that a terminator passes to successor `i`.
fn passed_group(ir: &Ir, op: OpId, i: usize) -> Option<usize> {
    let def = ir.def(op)?;
    let range = (BranchLike::get(ir, op)?.successor_operands)(op, ir, i);
    // Of empty groups the last that starts there: groups for successors follow the others.
    (0..def.operands.len()).rev().find(|&g| segments::operand_range(ir, op, def, g) == range)
}

/// Takes argument `index` of `block` out of what its predecessors pass; false when one of them cannot be changed.
fn remove_passed(ir: &mut Ir, block: BlockId, index: usize, from: &[OpId]) -> bool {
    let edges = |ir: &Ir, op: OpId| -> Vec<usize> {
        ir.successors(op).iter().enumerate().filter(|(_, s)| **s == block).map(|(i, _)| i).collect()
    };
    if from.iter().any(|&op| edges(ir, op).iter().any(|&i| passed_group(ir, op, i).is_none())) {
        return false;
    }
    for &op in from {
        for i in edges(ir, op) {
            let (Some(group), Some(def)) = (passed_group(ir, op, i), ir.def(op)) else { continue };
            let mut values: Vec<ValueId> = segments::operands(ir, op, def, group).collect();
            if index < values.len() {
                values.remove(index);
                segments::set_operands(ir, op, def, group, &values);
            }
        }
    }
    true
}

/// Blocks that do the same with the same values become one.
fn merge_equal_blocks(ir: &mut Ir, region: RegionId) -> bool {
    let mut changed = false;
    let mut kept: Vec<BlockId> = Vec::new();
    let entry = ir.entry(region);
    for block in ir.blocks_of(region).collect::<Vec<_>>() {
        if Some(block) == entry {
            continue;
        }
        let Some(&same) = kept.iter().find(|k| equal_blocks(ir, **k, block)) else {
            kept.push(block);
            continue;
        };
        for op in ir.blocks_of(region).flat_map(|b| ir.last_op(b)).collect::<Vec<_>>() {
            for i in 0..ir.successors(op).len() {
                if ir.successors(op).get(i) == Some(&block) {
                    ir.set_successor(op, i, same);
                }
            }
        }
        ir.erase_block(block);
        changed = true;
    }
    changed
}

/// Equal but for their own arguments and results. Operations with regions count as different, and so do blocks whose results
/// other blocks use.
fn equal_blocks(ir: &Ir, a: BlockId, b: BlockId) -> bool {
    let types = |block| ir.args(block).iter().map(|v| ir.ty(*v)).collect::<Vec<_>>();
    if types(a) != types(b) {
        return false;
    }
    let mut own: FxHashMap<ValueId, ValueId> = ir.args(b).iter().copied().zip(ir.args(a).iter().copied()).collect();
    let (mut xs, mut ys) = (ir.ops_of(a), ir.ops_of(b));
    loop {
        let (x, y) = match (xs.next(), ys.next()) {
            (None, None) => break,
            (Some(x), Some(y)) => (x, y),
            _ => return false,
        };
        let same = ir.name(x) == ir.name(y)
            && ir.attrs(x) == ir.attrs(y)
            && ir.props(x) == ir.props(y)
            && ir.successors(x) == ir.successors(y)
            && ir.regions_of(x).is_empty()
            && ir.regions_of(y).is_empty()
            && ir.results(x).map(|r| ir.ty(r)).eq(ir.results(y).map(|r| ir.ty(r)))
            && ir.operands(x).eq(ir.operands(y).map(|v| own.get(&v).copied().unwrap_or(v)));
        if !same {
            return false;
        }
        own.extend(ir.results(y).zip(ir.results(x)));
    }
    let used_outside = |block: BlockId| {
        let results = ir.ops_of(block).flat_map(|op| ir.results(op));
        results.chain(ir.args(block).to_vec()).any(|v| ir.uses(v).any(|u| ir.block_of(u.op) != Some(block)))
    };
    !used_outside(a) && !used_outside(b)
}

/// Arguments for which every predecessor passes the same value are replaced by it.
fn drop_redundant_arguments(ir: &mut Ir, region: RegionId) -> bool {
    let mut changed = false;
    let blocks: Vec<BlockId> = ir.blocks_of(region).skip(1).collect();
    for block in blocks {
        let from: Vec<OpId> = ir
            .blocks_of(region)
            .filter_map(|b| ir.last_op(b))
            .filter(|op| ir.successors(*op).contains(&block))
            .collect();
        for (index, arg) in ir.args(block).to_vec().into_iter().enumerate().rev() {
            let mut passed = Vec::new();
            for &op in &from {
                let Some(branch) = BranchLike::get(ir, op) else { return changed };
                for (i, &s) in ir.successors(op).iter().enumerate() {
                    if s == block {
                        let range = (branch.successor_operands)(op, ir, i);
                        passed.push(ir.operand(op, range.start + index));
                    }
                }
            }
            // A loop that passes the argument itself adds nothing.
            let mut others = passed.into_iter().filter(|v| *v != Some(arg));
            let Some(Some(value)) = others.next() else { continue };
            if others.all(|v| v == Some(value)) && remove_passed(ir, block, index, &from) {
                ir.replace_all_uses(arg, value);
                ir.remove_argument(block, index);
                changed = true;
            }
        }
    }
    changed
}

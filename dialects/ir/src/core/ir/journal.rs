//! Checkpoints: states of an `Ir` that it can go back to.
//!
//! While a checkpoint is open, tables log what they held before each change, so that going on costs a constant per change and
//! going back costs as much as what is undone. Nothing is logged without an open checkpoint.

use super::super::pool::Mark;
use super::super::{BlockId, Location, ValueId};
use super::{ExternalResources, Ir, NO_USE};

/// A state of an [`Ir`], from [`Ir::checkpoint`]; ends with [`Ir::rollback`] or [`Ir::commit`]. Checkpoints nest: ending one
/// ends those made after it.
#[derive(Debug)]
#[must_use = "a checkpoint ends with `rollback` or `commit`"]
pub struct Checkpoint {
    depth: usize,
    ops: Mark,
    blocks: Mark,
    regions: Mark,
    values: Mark,
    operands: Mark,
    successors: Mark,
    others: usize,
}

/// A change of what no table holds, with what undoes it.
#[derive(Clone)]
enum Change {
    ArgAdded(BlockId),
    ArgRemoved(BlockId, usize, ValueId),
    ArgLoc(ValueId, Option<Location>),
    Resources(Vec<ExternalResources>),
}

#[derive(Clone, Default)]
pub(super) struct Journal {
    /// Open checkpoints.
    depth: usize,
    changes: Vec<Change>,
}

impl Journal {
    fn push(&mut self, change: impl FnOnce() -> Change) {
        if self.depth > 0 {
            self.changes.push(change());
        }
    }
    pub(super) fn arg_added(&mut self, block: BlockId) {
        self.push(|| Change::ArgAdded(block));
    }
    pub(super) fn arg_removed(&mut self, block: BlockId, index: usize, value: ValueId) {
        self.push(|| Change::ArgRemoved(block, index, value));
    }
    pub(super) fn arg_loc_changed(&mut self, value: ValueId, before: Option<Location>) {
        self.push(|| Change::ArgLoc(value, before));
    }
    pub(super) fn resources_changed(&mut self, before: &[ExternalResources]) {
        self.push(|| Change::Resources(before.to_vec()));
    }
}

impl Ir {
    /// Opens a checkpoint: [`Ir::rollback`] undoes whatever happens from here on.
    pub fn checkpoint(&mut self) -> Checkpoint {
        self.journal.depth += 1;
        Checkpoint {
            depth: self.journal.depth,
            ops: self.ops.mark(),
            blocks: self.blocks.mark(),
            regions: self.regions.mark(),
            values: self.values.mark(),
            operands: self.operands.mark(),
            successors: self.op_successors.mark(),
            others: self.journal.changes.len(),
        }
    }

    /// Undoes everything since the checkpoint, and ends it. Handles from before mean what they meant; what was created since
    /// counts as erased, and its handles are not given out again.
    pub fn rollback(&mut self, to: Checkpoint) {
        while self.journal.changes.len() > to.others {
            match self.journal.changes.pop() {
                Some(Change::ArgAdded(block)) => drop(self.block_args[block.index()].pop()),
                Some(Change::ArgRemoved(block, index, value)) => self.block_args[block.index()].insert(index, value),
                Some(Change::ArgLoc(value, Some(loc))) => drop(self.arg_locs.insert(value, loc)),
                Some(Change::ArgLoc(value, None)) => drop(self.arg_locs.remove(&value)),
                Some(Change::Resources(before)) => self.external_resources = before,
                None => break,
            }
        }
        let tombstone = self.tombstone;
        self.ops.back_to(&to.ops, |o| {
            (o.name, o.num_operands, o.num_regions, o.num_successors) = (tombstone, 0, 0, 0);
            (o.block, o.prev, o.next) = (None, None, None);
        });
        self.blocks.back_to(&to.blocks, |b| *b = Default::default());
        self.regions.back_to(&to.regions, |r| *r = Default::default());
        self.values.back_to(&to.values, |v| v.first_use = NO_USE);
        self.operands.back_to(&to.operands, |s| s.value = None);
        self.op_successors.back_to(&to.successors, |_| ());
        self.end(to.depth);
    }

    /// Ends a checkpoint and keeps what happened since. An outer checkpoint can still undo it.
    pub fn commit(&mut self, checkpoint: Checkpoint) {
        self.end(checkpoint.depth);
    }

    fn end(&mut self, depth: usize) {
        self.journal.depth = depth.saturating_sub(1).min(self.journal.depth);
        if self.journal.depth == 0 {
            self.journal.changes = Vec::new();
            self.ops.unmark();
            self.blocks.unmark();
            self.regions.unmark();
            self.values.unmark();
            self.operands.unmark();
            self.op_successors.unmark();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{OpState, ResourceValue};
    use super::*;
    use crate::core::{Context, OpId, RegionId};
    use proptest::prelude::*;

    fn start() -> (Ir, BlockId) {
        let mut ir = Ir::new(Context::new(|_| {}));
        let region = ir.create_region();
        let i1 = ir.ctx().int(1);
        let block = ir.create_block(region, &[i1, i1]);
        let module = OpState::new(ir.ctx(), "t.module", ir.ctx().unknown_loc()).region(region);
        ir.create(module);
        (ir, block)
    }

    /// Everything about the entities below the bounds of `like`.
    fn state(ir: &Ir, like: &Ir) -> String {
        let mut out = String::new();
        for op in (0..like.op_bound()).map(OpId::from_index) {
            out += &format!("{:?} {:?} {:?}\n", ir.ops.get(op), ir.regions_of(op), ir.successors(op));
        }
        for block in (0..like.block_bound()).map(BlockId::from_index) {
            out += &format!(
                "{:?} {:?} {:?}\n",
                ir.blocks.get(block),
                ir.args(block),
                ir.ops_of(block).collect::<Vec<_>>()
            );
        }
        for region in (0..like.regions.bound()).map(RegionId::from_index) {
            out += &format!("{:?}\n", ir.regions.get(region));
        }
        for value in (0..like.value_bound()).map(ValueId::from_index) {
            let uses = ir.uses(value).collect::<Vec<_>>();
            out += &format!("{:?} {:?} {uses:?}\n", ir.values.get(value), ir.arg_locs.get(&value));
        }
        for slot in 0..like.operands.bound() as u32 {
            out += &format!("{:?}\n", ir.operands.get(slot));
        }
        out + &format!("{:?}", ir.external_resources)
    }

    /// One change, chosen by numbers; some do nothing.
    fn change(ir: &mut Ir, (kind, a, b, c): (u8, usize, usize, usize)) {
        let ctx = ir.ctx().clone();
        let live: Vec<OpId> = (0..ir.op_bound()).map(OpId::from_index).filter(|o| ir.is_alive(*o)).collect();
        let blocks: Vec<BlockId> = live.iter().flat_map(|o| ir.regions_of(*o)).flat_map(|r| ir.blocks_of(*r)).collect();
        let (Some(&op), Some(&block)) = (live.get(a % live.len().max(1)), blocks.get(b % blocks.len().max(1))) else {
            return;
        };
        let value = ValueId::from_index(c % ir.value_bound());
        let loc = ctx.file_loc("f", 1 + c as u32, 1);
        let state = |name| OpState::new(&ctx, name, loc).results(&[ctx.int(1 + c as u32 % 64)]);
        match kind {
            0 => {
                let op = ir.create(state("t.a").operands(&[value, value]).successor(block));
                ir.append(block, op);
            }
            1 => {
                let region = ir.create_region();
                ir.create_block(region, &[ctx.int(8)]);
                let new = ir.create(state("t.b").operands(&[value]).region(region));
                if ir.block_of(op).is_some() { ir.insert_before(op, new) } else { ir.append(block, new) }
            }
            2 if ir.block_of(op).is_some() => {
                let unused = ir.placeholder_value();
                let results: Vec<ValueId> = ir.walk(op).iter().flat_map(|o| ir.results(*o)).collect();
                results.into_iter().for_each(|r| ir.replace_all_uses(r, unused));
                ir.erase(op);
            }
            3 => ir.set_operand(op, b % 2, value),
            4 => ir.set_operands(op, &[value; 3][..c % 4]),
            5 => ir.replace_all_uses(ValueId::from_index(a % ir.value_bound()), value),
            6 => drop(ir.add_argument(block, ctx.int(16), (c % 2 == 0).then_some(loc))),
            7 => ir.remove_argument(block, c % 3),
            8 => ir.set_attr(op, "k", (c % 2 == 0).then(|| ctx.unit())),
            9 => ir.set_prop(op, "p", Some(ctx.unit())),
            10 => ir.set_loc(op, loc),
            11 => ir.set_ty(value, ctx.int(1 + a as u32 % 64)),
            12 => ir.set_arg_loc(value, (a % 2 == 0).then_some(loc)),
            13 => ir.set_successor(op, 0, block),
            14 => ir.external_resources_mut().push(("r".into(), vec![("k".into(), ResourceValue::Bool(c % 2 == 0))])),
            15 if ir.block_of(op).is_some() && ir.parent_of_block(block).is_none_or(|p| !ir.is_inside(p, op)) => {
                ir.detach(op);
                ir.append(block, op);
            }
            16 => {
                if let Some(region) = ir.region_of(block) {
                    let new = ir.create_detached_block(&[ctx.int(4)]);
                    ir.insert_block_before(block, new);
                    ir.detach_block(new);
                    ir.append_block(region, new);
                }
            }
            _ => {}
        }
    }

    fn changes() -> impl Strategy<Value = Vec<(u8, usize, usize, usize)>> {
        prop::collection::vec((0u8..17, 0usize..64, 0usize..64, 0usize..64), 0..40)
    }

    proptest! {
        #[test]
        fn rolling_back_restores_everything(before in changes(), outer in changes(), inner in changes(), keep: bool, last in changes()) {
            let (mut ir, _) = start();
            before.into_iter().for_each(|c| change(&mut ir, c));
            let first = ir.clone();
            let a = ir.checkpoint();
            outer.into_iter().for_each(|c| change(&mut ir, c));
            let second = ir.clone();
            let b = ir.checkpoint();
            inner.into_iter().for_each(|c| change(&mut ir, c));
            if keep {
                ir.commit(b);
            } else {
                let made = ir.op_bound();
                ir.rollback(b);
                prop_assert_eq!(state(&ir, &second), state(&second, &second));
                prop_assert!((second.op_bound()..made).all(|o| !ir.is_alive(OpId::from_index(o))));
            }
            last.into_iter().for_each(|c| change(&mut ir, c));
            ir.rollback(a);
            prop_assert_eq!(state(&ir, &first), state(&first, &first));
            prop_assert!((first.op_bound()..ir.op_bound()).all(|o| !ir.is_alive(OpId::from_index(o))));
        }
    }

    #[test]
    fn nothing_is_logged_without_a_checkpoint() {
        let (mut ir, block) = start();
        let checkpoint = ir.checkpoint();
        let i1 = ir.ctx().int(1);
        ir.add_argument(block, i1, None);
        assert_eq!(ir.journal.changes.len(), 1);
        ir.commit(checkpoint);
        ir.add_argument(block, i1, None);
        assert_eq!((ir.journal.changes.len(), ir.args(block).len()), (0, 4));
    }
}

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

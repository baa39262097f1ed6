//! Blocks, regions and values, and walks.

use super::super::{BlockId, Location, OpId, RegionId, Type, ValueId};
use super::{Ir, NO_USE, Use, ValueDef};

impl Ir {
    /// Arguments.
    pub fn args(&self, block: BlockId) -> &[ValueId] {
        &self.block_args[block.index()]
    }
    /// Region that holds the block.
    pub fn region_of(&self, block: BlockId) -> Option<RegionId> {
        self.blocks.get(block).region
    }
    /// Operation whose region holds the block.
    pub fn parent_of_block(&self, block: BlockId) -> Option<OpId> {
        self.region_of(block).and_then(|r| self.region_parent(r))
    }
    /// Operation that owns the region.
    pub fn region_parent(&self, region: RegionId) -> Option<OpId> {
        self.regions.get(region).parent
    }
    /// Entry block.
    pub fn entry(&self, region: RegionId) -> Option<BlockId> {
        self.regions.get(region).first
    }
    /// Blocks of a region, in order.
    pub fn blocks_of(&self, region: RegionId) -> impl Iterator<Item = BlockId> + '_ {
        std::iter::successors(self.regions.get(region).first, |&b| self.blocks.get(b).next)
    }
    /// Operations of a block, in order.
    pub fn ops_of(&self, block: BlockId) -> impl Iterator<Item = OpId> + '_ {
        std::iter::successors(self.blocks.get(block).first, |&o| self.ops.get(o).next)
    }
    /// First operation of a block.
    pub fn first_op(&self, block: BlockId) -> Option<OpId> {
        self.blocks.get(block).first
    }
    /// Last operation of a block.
    pub fn last_op(&self, block: BlockId) -> Option<OpId> {
        self.blocks.get(block).last
    }
    /// Next block of the region.
    pub fn next_block(&self, block: BlockId) -> Option<BlockId> {
        self.blocks.get(block).next
    }
    /// Body block of an operation with one region; None when there is no block.
    pub fn body(&self, op: OpId) -> Option<BlockId> {
        self.regions_of(op).first().and_then(|&r| self.entry(r))
    }

    // ---- values ----

    /// Type.
    pub fn ty(&self, value: ValueId) -> Type {
        self.values.get(value).ty
    }
    /// Changes the type.
    pub fn set_ty(&mut self, value: ValueId, ty: Type) {
        self.values.get_mut(value).ty = ty;
    }
    /// Where it comes from.
    pub fn value_def(&self, value: ValueId) -> ValueDef {
        self.values.get(value).def
    }
    /// Operation that defines it; None for block arguments.
    pub fn defining_op(&self, value: ValueId) -> Option<OpId> {
        match self.value_def(value) {
            ValueDef::Result { op, .. } => Some(op),
            ValueDef::Argument { .. } => None,
        }
    }
    /// Block where it becomes visible.
    pub fn value_block(&self, value: ValueId) -> Option<BlockId> {
        match self.value_def(value) {
            ValueDef::Result { op, .. } => self.block_of(op),
            ValueDef::Argument { block, .. } => Some(block),
        }
    }
    /// Location of a block argument.
    pub fn arg_loc(&self, value: ValueId) -> Location {
        self.arg_locs.get(&value).copied().unwrap_or(self.ctx.unknown_loc())
    }
    /// Changes the location of a block argument; None: unknown.
    pub fn set_arg_loc(&mut self, value: ValueId, loc: Option<Location>) {
        let before = match loc {
            Some(loc) => self.arg_locs.insert(value, loc),
            None => self.arg_locs.remove(&value),
        };
        self.journal.arg_loc_changed(value, before);
    }
    /// Uses, most recent first.
    pub fn uses(&self, value: ValueId) -> impl Iterator<Item = Use> + '_ {
        let first = self.values.get(value).first_use;
        let some = |slot: u32| (slot != NO_USE).then_some(slot);
        std::iter::successors(some(first), move |&s| some(self.operands.get(s).next)).map(|slot| {
            let op = self.operands.get(slot).owner;
            Use { op, index: slot - self.ops.get(op).operands }
        })
    }
    /// True when nothing uses it.
    pub fn is_unused(&self, value: ValueId) -> bool {
        self.values.get(value).first_use == NO_USE
    }
    /// True when exactly one operand uses it.
    pub fn has_one_use(&self, value: ValueId) -> bool {
        self.uses(value).take(2).count() == 1
    }
    /// Makes every user of `from` use `to`.
    pub fn replace_all_uses(&mut self, from: ValueId, to: ValueId) {
        if from == to {
            return;
        }
        while self.values.get(from).first_use != NO_USE {
            let slot = self.values.get(from).first_use;
            self.unlink_use(slot);
            self.link_use(slot, to);
        }
    }
    /// Number of values ever created: a bound for tables indexed by value.
    pub fn value_bound(&self) -> usize {
        self.values.bound()
    }
    /// Number of blocks ever created: a bound for tables indexed by block.
    pub fn block_bound(&self) -> usize {
        self.blocks.bound()
    }
    /// Number of operations ever created: a bound for tables indexed by operation.
    pub fn op_bound(&self) -> usize {
        self.ops.bound()
    }

    // ---- walks ----

    /// All operations inside `root` and itself, parents first.
    pub fn walk(&self, root: OpId) -> Vec<OpId> {
        let mut out = Vec::new();
        let mut work = vec![root];
        while let Some(op) = work.pop() {
            out.push(op);
            let start = work.len();
            for &r in self.regions_of(op) {
                for b in self.blocks_of(r) {
                    work.extend(self.ops_of(b));
                }
            }
            work[start..].reverse();
        }
        out
    }
}

//! Creation, insertion and removal of operations, blocks and regions.

use super::super::{BlockId, Location, OpId, RegionId, Type, ValueId};
use super::{BlockData, Ir, NO_USE, OpData, OpState, OperandSlot, RegionData, ValueData, ValueDef};
use smallvec::SmallVec;

impl Ir {
    /// Creates a detached operation; its regions become its own.
    pub fn create(&mut self, state: OpState) -> OpId {
        let data = OpData {
            name: state.name,
            loc: state.loc,
            attrs: state.attrs,
            props: state.props,
            operands: self.operands.bound() as u32,
            results: self.values.bound() as u32,
            regions: self.op_regions.len() as u32,
            successors: self.op_successors.bound() as u32,
            num_operands: state.operands.len() as u32,
            num_results: state.results.len() as u32,
            num_regions: state.regions.len() as u16,
            num_successors: state.successors.len() as u16,
            block: None,
            prev: None,
            next: None,
        };
        let op = self.ops.insert(data);
        for (index, &ty) in state.results.iter().enumerate() {
            let def = ValueDef::Result { op, index: index as u32 };
            self.values.insert(ValueData { ty, def, first_use: NO_USE });
        }
        for &value in &state.operands {
            self.push_operand(op, value);
        }
        for &region in &state.regions {
            self.regions.get_mut(region).parent = Some(op);
            self.op_regions.push(region);
        }
        self.op_successors.extend(state.successors);
        op
    }

    fn push_operand(&mut self, owner: OpId, value: ValueId) {
        let slot = self.operands.insert(OperandSlot { value: None, owner, next: NO_USE, prev: NO_USE });
        self.link_use(slot, value);
    }

    pub(super) fn link_use(&mut self, slot: u32, value: ValueId) {
        let head = self.values.get(value).first_use;
        let s = self.operands.get_mut(slot);
        (s.value, s.next, s.prev) = (Some(value), head, NO_USE);
        if head != NO_USE {
            self.operands.get_mut(head).prev = slot;
        }
        self.values.get_mut(value).first_use = slot;
    }

    pub(super) fn unlink_use(&mut self, slot: u32) {
        let OperandSlot { value, next, prev, .. } = *self.operands.get(slot);
        let Some(value) = value else { return };
        if prev == NO_USE {
            self.values.get_mut(value).first_use = next;
        } else {
            self.operands.get_mut(prev).next = next;
        }
        if next != NO_USE {
            self.operands.get_mut(next).prev = prev;
        }
        self.operands.get_mut(slot).value = None;
    }

    /// Creates an empty region without a parent.
    pub fn create_region(&mut self) -> RegionId {
        self.regions.insert(RegionData::default())
    }

    /// Creates a block at the end of a region.
    pub fn create_block(&mut self, region: RegionId, args: &[Type]) -> BlockId {
        let block = self.create_detached_block(args);
        self.append_block(region, block);
        block
    }

    /// Creates a block that no region holds yet.
    pub fn create_detached_block(&mut self, args: &[Type]) -> BlockId {
        let block = self.blocks.insert(BlockData::default());
        self.block_args.push(SmallVec::new());
        for &ty in args {
            self.add_argument(block, ty, None);
        }
        block
    }

    /// Puts a detached block at the end of a region.
    pub fn append_block(&mut self, region: RegionId, block: BlockId) {
        let last = self.regions.get(region).last;
        let b = self.blocks.get_mut(block);
        (b.region, b.prev, b.next) = (Some(region), last, None);
        match last {
            Some(l) => self.blocks.get_mut(l).next = Some(block),
            None => self.regions.get_mut(region).first = Some(block),
        }
        self.regions.get_mut(region).last = Some(block);
    }

    /// Puts a detached block before `before`.
    pub fn insert_block_before(&mut self, before: BlockId, block: BlockId) {
        let BlockData { region, prev, .. } = *self.blocks.get(before);
        let Some(region) = region else { return };
        let b = self.blocks.get_mut(block);
        (b.region, b.prev, b.next) = (Some(region), prev, Some(before));
        match prev {
            Some(p) => self.blocks.get_mut(p).next = Some(block),
            None => self.regions.get_mut(region).first = Some(block),
        }
        self.blocks.get_mut(before).prev = Some(block);
    }

    /// Takes a block out of its region without erasing it.
    pub fn detach_block(&mut self, block: BlockId) {
        let BlockData { region, prev, next, .. } = *self.blocks.get(block);
        let Some(region) = region else { return };
        match prev {
            Some(p) => self.blocks.get_mut(p).next = next,
            None => self.regions.get_mut(region).first = next,
        }
        match next {
            Some(n) => self.blocks.get_mut(n).prev = prev,
            None => self.regions.get_mut(region).last = prev,
        }
        let b = self.blocks.get_mut(block);
        (b.region, b.prev, b.next) = (None, None, None);
    }

    /// Moves all blocks of `from` to the end of `to`.
    pub fn take_region_body(&mut self, from: RegionId, to: RegionId) {
        while let Some(block) = self.regions.get(from).first {
            self.detach_block(block);
            self.append_block(to, block);
        }
    }

    /// Adds a block argument.
    pub fn add_argument(&mut self, block: BlockId, ty: Type, loc: Option<Location>) -> ValueId {
        let args = &mut self.block_args[block.index()];
        let def = ValueDef::Argument { block, index: args.len() as u32 };
        let value = self.values.insert(ValueData { ty, def, first_use: NO_USE });
        args.push(value);
        self.journal.arg_added(block);
        if loc.is_some() {
            self.set_arg_loc(value, loc);
        }
        value
    }

    /// Removes an unused block argument; later ones move up.
    pub fn remove_argument(&mut self, block: BlockId, index: usize) {
        let args = &mut self.block_args[block.index()];
        if index >= args.len() {
            return;
        }
        let value = args.remove(index);
        for (i, v) in args.iter().enumerate().skip(index) {
            self.values.get_mut(*v).def = ValueDef::Argument { block, index: i as u32 };
        }
        self.journal.arg_removed(block, index, value);
    }

    /// Puts a detached operation at the end of a block.
    pub fn append(&mut self, block: BlockId, op: OpId) {
        self.insert(block, op, None);
    }

    /// Puts a detached operation before `before`.
    pub fn insert_before(&mut self, before: OpId, op: OpId) {
        if let Some(block) = self.block_of(before) {
            self.insert(block, op, Some(before));
        }
    }

    fn insert(&mut self, block: BlockId, op: OpId, before: Option<OpId>) {
        let prev = match before {
            Some(b) => self.ops.get(b).prev,
            None => self.blocks.get(block).last,
        };
        let o = self.ops.get_mut(op);
        (o.block, o.prev, o.next) = (Some(block), prev, before);
        match prev {
            Some(p) => self.ops.get_mut(p).next = Some(op),
            None => self.blocks.get_mut(block).first = Some(op),
        }
        match before {
            Some(b) => self.ops.get_mut(b).prev = Some(op),
            None => self.blocks.get_mut(block).last = Some(op),
        }
    }

    /// Takes an operation out of its block without erasing it.
    pub fn detach(&mut self, op: OpId) {
        let OpData { block, prev, next, .. } = *self.ops.get(op);
        let Some(block) = block else { return };
        match prev {
            Some(p) => self.ops.get_mut(p).next = next,
            None => self.blocks.get_mut(block).first = next,
        }
        match next {
            Some(n) => self.ops.get_mut(n).prev = prev,
            None => self.blocks.get_mut(block).last = prev,
        }
        let o = self.ops.get_mut(op);
        (o.block, o.prev, o.next) = (None, None, None);
    }

    /// Erases an operation with everything inside it. Uses of its results must be gone or be erased too.
    pub fn erase(&mut self, op: OpId) {
        self.detach(op);
        let mut work = vec![op];
        while let Some(op) = work.pop() {
            for r in self.regions_of(op).to_vec() {
                for b in self.blocks_of(r).collect::<Vec<_>>() {
                    work.extend(self.ops_of(b));
                }
            }
            let OpData { operands, num_operands, .. } = *self.ops.get(op);
            for slot in operands..operands + num_operands {
                self.unlink_use(slot);
            }
            let o = self.ops.get_mut(op);
            (o.name, o.num_operands, o.num_regions, o.num_successors) = (self.tombstone, 0, 0, 0);
            (o.block, o.prev, o.next) = (None, None, None);
        }
    }

    /// Erases a block with its operations.
    pub fn erase_block(&mut self, block: BlockId) {
        while let Some(op) = self.blocks.get(block).last {
            self.erase(op);
        }
        self.detach_block(block);
    }

    /// True until the operation is erased.
    pub fn is_alive(&self, op: OpId) -> bool {
        self.ops.get(op).name != self.tombstone
    }
}

//! Changes to existing operations, each told to the listener.

use super::builder::{InsertPoint, Listener, OpBuilder};
use crate::core::{BlockId, Ir, OpId, OpState, RegionId, ValueId};
use std::ops::{Deref, DerefMut};

/// What patterns change the program with. Everything a pattern does goes through it, so that the driver's worklist stays right.
pub struct Rewriter<'a> {
    builder: OpBuilder<'a>,
}

impl<'a> Deref for Rewriter<'a> {
    type Target = OpBuilder<'a>;
    fn deref(&self) -> &OpBuilder<'a> {
        &self.builder
    }
}
impl<'a> DerefMut for Rewriter<'a> {
    fn deref_mut(&mut self) -> &mut OpBuilder<'a> {
        &mut self.builder
    }
}

impl<'a> Rewriter<'a> {
    /// A rewriter without a listener.
    pub fn new(ir: &'a mut Ir) -> Self {
        Rewriter { builder: OpBuilder::new(ir) }
    }
    /// A rewriter with a listener.
    pub fn with_listener(ir: &'a mut Ir, listener: &'a mut dyn Listener) -> Self {
        Rewriter { builder: OpBuilder::with_listener(ir, InsertPoint::Detached, listener) }
    }

    fn tell(&mut self, f: impl FnOnce(&mut dyn Listener, &Ir)) {
        let b = &mut self.builder;
        if let Some(l) = b.listener.take() {
            f(l, b);
            b.listener = Some(l);
        }
    }

    /// Replaces the results of `op` by `values` (as many) and erases it.
    pub fn replace_op(&mut self, op: OpId, values: &[ValueId]) {
        self.tell(|l, ir| l.op_replaced(ir, op, values));
        let results: Vec<ValueId> = self.results(op).collect();
        for (&from, &to) in results.iter().zip(values) {
            self.replace_all_uses_with(from, to);
        }
        self.erase_op(op);
    }
    /// Creates an operation before `op` and replaces `op` by it.
    pub fn replace_with(&mut self, op: OpId, state: OpState) -> OpId {
        self.builder.set_before(op);
        let new = self.builder.create(state);
        let values: Vec<ValueId> = self.results(new).collect();
        self.replace_op(op, &values);
        new
    }
    /// Makes every user of `from` use `to`.
    pub fn replace_all_uses_with(&mut self, from: ValueId, to: ValueId) {
        self.replace_uses_if(from, to, |_, _| true);
    }
    /// Makes those users of `from` that `which` accepts use `to`.
    pub fn replace_uses_if(&mut self, from: ValueId, to: ValueId, which: impl Fn(&Ir, crate::core::Use) -> bool) {
        if from == to {
            return;
        }
        let uses: Vec<_> = self.uses(from).filter(|u| which(self, *u)).collect();
        for u in uses {
            self.builder.ir_mut().set_operand(u.op, u.index as usize, to);
            self.tell(|l, ir| l.op_modified(ir, u.op));
        }
    }
    /// Erases an operation whose results are unused, with everything inside it.
    pub fn erase_op(&mut self, op: OpId) {
        if self.builder.insert_point() == InsertPoint::Before(op) {
            self.builder.set_after(op);
        }
        if self.builder.listener.is_some() {
            // Inner operations first, users before definitions.
            for inner in self.walk(op).into_iter().rev() {
                self.tell(|l, ir| l.op_erased(ir, inner));
            }
        }
        self.builder.ir_mut().erase(op);
    }
    /// Erases a block with its operations, last one first.
    pub fn erase_block(&mut self, block: BlockId) {
        while let Some(op) = self.last_op(block) {
            self.erase_op(op);
        }
        self.tell(|l, ir| l.block_erased(ir, block));
        self.builder.ir_mut().erase_block(block);
    }
    /// Changes an operation in place and tells the listener.
    pub fn modify<R>(&mut self, op: OpId, change: impl FnOnce(&mut Ir) -> R) -> R {
        let r = change(self.builder.ir_mut());
        self.tell(|l, ir| l.op_modified(ir, op));
        r
    }
    /// Moves `op` before `before`.
    pub fn move_before(&mut self, op: OpId, before: OpId) {
        if op != before {
            let ir = self.builder.ir_mut();
            ir.detach(op);
            ir.insert_before(before, op);
            self.tell(|l, ir| l.op_inserted(ir, op));
        }
    }
    /// Moves `op` to the end of a block.
    pub fn move_to_end(&mut self, op: OpId, block: BlockId) {
        let ir = self.builder.ir_mut();
        ir.detach(op);
        ir.append(block, op);
        self.tell(|l, ir| l.op_inserted(ir, op));
    }
    /// Moves the operations of `source` before `before`, its arguments replaced by `values`, and erases the block.
    pub fn inline_block_before(&mut self, source: BlockId, before: OpId, values: &[ValueId]) {
        self.replace_arguments(source, values);
        let ops: Vec<OpId> = self.ops_of(source).collect();
        for op in ops {
            self.move_before(op, before);
        }
        self.erase_block(source);
    }
    /// Moves the operations of `source` to the end of `dest`, its arguments replaced by `values`, and erases the block.
    pub fn merge_blocks(&mut self, source: BlockId, dest: BlockId, values: &[ValueId]) {
        self.replace_arguments(source, values);
        let ops: Vec<OpId> = self.ops_of(source).collect();
        for op in ops {
            self.move_to_end(op, dest);
        }
        self.erase_block(source);
    }
    fn replace_arguments(&mut self, block: BlockId, values: &[ValueId]) {
        let args = self.args(block).to_vec();
        for (&from, &to) in args.iter().zip(values) {
            self.replace_all_uses_with(from, to);
        }
    }
    /// Moves all blocks of `from` to the end of `to`.
    pub fn move_region_body(&mut self, from: RegionId, to: RegionId) {
        let blocks: Vec<BlockId> = self.blocks_of(from).collect();
        self.builder.ir_mut().take_region_body(from, to);
        for block in blocks {
            self.tell(|l, ir| l.block_inserted(ir, block));
        }
    }
    /// Moves the operations from `op` to the end of its block into a new block after it.
    pub fn split_block(&mut self, op: OpId) -> Option<BlockId> {
        let block = self.block_of(op)?;
        let region = self.region_of(block)?;
        let next = self.next_block(block);
        let ir = self.builder.ir_mut();
        let new = ir.create_detached_block(&[]);
        match next {
            Some(n) => ir.insert_block_before(n, new),
            None => ir.append_block(region, new),
        }
        self.tell(|l, ir| l.block_inserted(ir, new));
        let mut moved = Some(op);
        while let Some(m) = moved {
            moved = self.next(m);
            self.move_to_end(m, new);
        }
        Some(new)
    }
}

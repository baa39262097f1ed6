//! Operations created at an insertion point.

use crate::core::{BlockId, Context, Ir, Location, OpId, OpState, RegionId, Type, ValueId};
use std::ops::Deref;

/// Told about every change that goes through a builder or rewriter.
#[allow(unused_variables)] // the default bodies do nothing; the names document the arguments
pub trait Listener {
    /// An operation was put into a block, or moved to another place.
    fn op_inserted(&mut self, ir: &Ir, op: OpId) {}
    /// Operands, properties, attributes, successors or regions of an operation changed.
    fn op_modified(&mut self, ir: &Ir, op: OpId) {}
    /// Results of `op` are about to be replaced by `values`; `op` will be erased.
    fn op_replaced(&mut self, ir: &Ir, op: OpId, values: &[ValueId]) {}
    /// An operation is about to be erased; comes for nested ones too, inner ones first.
    fn op_erased(&mut self, ir: &Ir, op: OpId) {}
    /// A block was created.
    fn block_inserted(&mut self, ir: &Ir, block: BlockId) {}
    /// A block is about to be erased.
    fn block_erased(&mut self, ir: &Ir, block: BlockId) {}
}

/// Where the next operation goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InsertPoint {
    /// At the end of a block.
    End(BlockId),
    /// Before an operation.
    Before(OpId),
    /// Nowhere: operations stay detached.
    Detached,
}

/// Creates operations at an insertion point.
pub struct OpBuilder<'a> {
    ir: &'a mut Ir,
    point: InsertPoint,
    pub(super) listener: Option<&'a mut dyn Listener>,
}

impl Deref for OpBuilder<'_> {
    type Target = Ir;
    fn deref(&self) -> &Ir {
        self.ir
    }
}

impl<'a> OpBuilder<'a> {
    /// A builder without insertion point.
    pub fn new(ir: &'a mut Ir) -> Self {
        OpBuilder { ir, point: InsertPoint::Detached, listener: None }
    }
    /// A builder at the end of a block.
    pub fn at_end(ir: &'a mut Ir, block: BlockId) -> Self {
        OpBuilder { ir, point: InsertPoint::End(block), listener: None }
    }
    /// A builder before an operation.
    pub fn before(ir: &'a mut Ir, op: OpId) -> Self {
        OpBuilder { ir, point: InsertPoint::Before(op), listener: None }
    }
    /// With a listener.
    pub fn with_listener(ir: &'a mut Ir, point: InsertPoint, listener: &'a mut dyn Listener) -> Self {
        OpBuilder { ir, point, listener: Some(listener) }
    }
    /// The arena, for changes that need no notification.
    pub fn ir_mut(&mut self) -> &mut Ir {
        self.ir
    }
    /// The context.
    pub fn context(&self) -> &Context {
        self.ir.ctx()
    }

    /// Where the next operation goes.
    pub fn insert_point(&self) -> InsertPoint {
        self.point
    }
    /// Changes the insertion point.
    pub fn set_insert_point(&mut self, point: InsertPoint) {
        self.point = point;
    }
    /// Before an operation.
    pub fn set_before(&mut self, op: OpId) {
        self.point = InsertPoint::Before(op);
    }
    /// After an operation.
    pub fn set_after(&mut self, op: OpId) {
        self.point = match (self.ir.next(op), self.ir.block_of(op)) {
            (Some(next), _) => InsertPoint::Before(next),
            (None, Some(block)) => InsertPoint::End(block),
            (None, None) => InsertPoint::Detached,
        };
    }
    /// At the start of a block.
    pub fn set_start(&mut self, block: BlockId) {
        self.point = self.ir.first_op(block).map_or(InsertPoint::End(block), InsertPoint::Before);
    }
    /// At the end of a block.
    pub fn set_end(&mut self, block: BlockId) {
        self.point = InsertPoint::End(block);
    }
    /// Directly after the definition of a value: after its operation, or at the start of its block.
    pub fn set_after_value(&mut self, value: ValueId) {
        match (self.ir.defining_op(value), self.ir.value_block(value)) {
            (Some(op), _) => self.set_after(op),
            (None, Some(block)) => self.set_start(block),
            (None, None) => {}
        }
    }

    /// Creates an operation at the insertion point.
    pub fn create(&mut self, state: OpState) -> OpId {
        let op = self.ir.create(state);
        self.insert(op);
        op
    }
    /// Creates an operation and returns its first result (a placeholder when it has none).
    pub fn create_value(&mut self, state: OpState) -> ValueId {
        let op = self.create(state);
        self.ir.result(op, 0).unwrap_or(self.ir.placeholder_value())
    }
    /// Puts a detached operation at the insertion point.
    pub fn insert(&mut self, op: OpId) {
        match self.point {
            InsertPoint::End(block) => self.ir.append(block, op),
            InsertPoint::Before(before) => self.ir.insert_before(before, op),
            InsertPoint::Detached => return,
        }
        if let Some(l) = &mut self.listener {
            l.op_inserted(self.ir, op);
        }
    }
    /// Creates a region that no operation owns yet.
    pub fn create_region(&mut self) -> RegionId {
        self.ir.create_region()
    }
    /// Creates a block at the end of a region and moves the insertion point into it.
    pub fn create_block(&mut self, region: RegionId, args: &[(Type, Location)]) -> BlockId {
        let block = self.ir.create_block(region, &[]);
        for &(ty, loc) in args {
            self.ir.add_argument(block, ty, Some(loc));
        }
        self.point = InsertPoint::End(block);
        if let Some(l) = &mut self.listener {
            l.block_inserted(self.ir, block);
        }
        block
    }
    /// Creates a region with one block that `build` fills; the insertion point is restored.
    pub fn region_with(
        &mut self,
        args: &[(Type, Location)],
        build: impl FnOnce(&mut OpBuilder<'a>, BlockId),
    ) -> RegionId {
        let point = self.point;
        let region = self.create_region();
        let block = self.create_block(region, args);
        build(self, block);
        self.point = point;
        region
    }
}

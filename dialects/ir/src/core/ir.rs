//! Operations, blocks, regions and values in arenas, with use lists.
//!
//! An [`Ir`] owns what its root operation holds. Handles are indices into its arenas: a handle is only meaningful for the `Ir`
//! that made it. Erased operations leave a tombstone whose handle answers as an empty operation.

mod access;
mod journal;
mod ops;
mod state;
mod structure;

pub use journal::Checkpoint;
pub use state::{ExternalResources, OpState, ResourceValue};

use super::context::Context;
use super::ids::{Attribute, BlockId, Location, OpId, OpName, RegionId, Type, ValueId};
use super::pool::Pool;
use journal::Journal;
use smallvec::SmallVec;
use std::sync::Arc;

#[derive(Clone, Copy, Debug)]
struct OpData {
    name: OpName,
    loc: Location,
    attrs: Attribute,
    props: Option<Attribute>,
    operands: u32,
    results: u32,
    regions: u32,
    successors: u32,
    num_operands: u32,
    num_results: u32,
    num_regions: u16,
    num_successors: u16,
    block: Option<BlockId>,
    prev: Option<OpId>,
    next: Option<OpId>,
}

#[derive(Clone, Copy, Default, Debug)]
struct BlockData {
    region: Option<RegionId>,
    first: Option<OpId>,
    last: Option<OpId>,
    prev: Option<BlockId>,
    next: Option<BlockId>,
}

#[derive(Clone, Copy, Default, Debug)]
struct RegionData {
    parent: Option<OpId>,
    first: Option<BlockId>,
    last: Option<BlockId>,
}

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ValueDef {
    /// Result `index` of an operation.
    Result {
        /// Operation.
        op: OpId,
        /// Position.
        index: u32,
    },
    /// Argument `index` of a block.
    Argument {
        /// Block.
        block: BlockId,
        /// Position.
        index: u32,
    },
}

#[derive(Clone, Copy, Debug)]
struct ValueData {
    ty: Type,
    def: ValueDef,
    first_use: u32,
}

const NO_USE: u32 = u32::MAX;

#[derive(Clone, Copy, Debug)]
struct OperandSlot {
    value: Option<ValueId>,
    owner: OpId,
    next: u32,
    prev: u32,
}

/// One use of a value: operand `index` of `op`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Use {
    /// User.
    pub op: OpId,
    /// Operand position.
    pub index: u32,
}

/// A tree of operations and the arenas it lives in.
#[derive(Clone)]
pub struct Ir {
    ctx: Arc<Context>,
    ops: Pool<OpId, OpData>,
    blocks: Pool<BlockId, BlockData>,
    regions: Pool<RegionId, RegionData>,
    block_args: Vec<SmallVec<[ValueId; 2]>>,
    values: Pool<ValueId, ValueData>,
    arg_locs: rustc_hash::FxHashMap<ValueId, Location>,
    operands: Pool<u32, OperandSlot>,
    op_regions: Vec<RegionId>,
    op_successors: Pool<u32, BlockId>,
    tombstone: OpName,
    external_resources: Vec<ExternalResources>,
    journal: Journal,
}

impl Ir {
    /// An empty arena.
    pub fn new(ctx: Arc<Context>) -> Self {
        let tombstone = ctx.op_name("");
        let none = ctx.none();
        let mut ir = Ir {
            ctx,
            ops: Pool::new(),
            blocks: Pool::new(),
            regions: Pool::new(),
            block_args: Vec::new(),
            values: Pool::new(),
            arg_locs: Default::default(),
            operands: Pool::new(),
            op_regions: Vec::new(),
            op_successors: Pool::new(),
            tombstone,
            external_resources: Vec::new(),
            journal: Journal::default(),
        };
        // Index 0 of each table stands in where an accessor meets a malformed operation.
        let region = ir.create_region();
        ir.create_block(region, &[none]);
        ir
    }

    /// A value of type `none` without uses of its own: what accessors of malformed operations return.
    pub fn placeholder_value(&self) -> ValueId {
        ValueId::from_index(0)
    }
    /// An empty block of the placeholder region.
    pub fn placeholder_block(&self) -> BlockId {
        BlockId::from_index(0)
    }
    /// A region that no operation owns.
    pub fn placeholder_region(&self) -> RegionId {
        RegionId::from_index(0)
    }

    /// The context.
    pub fn ctx(&self) -> &Arc<Context> {
        &self.ctx
    }

    /// Resources of others that came with the text, in order.
    pub fn external_resources(&self) -> &[ExternalResources] {
        &self.external_resources
    }
    /// Resources of others, for changes.
    pub fn external_resources_mut(&mut self) -> &mut Vec<ExternalResources> {
        self.journal.resources_changed(&self.external_resources);
        &mut self.external_resources
    }
}

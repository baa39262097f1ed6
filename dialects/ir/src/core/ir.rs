//! Operations, blocks, regions and values in arenas, with use lists.
//!
//! An [`Ir`] owns what its root operation holds. Handles are indices into its arenas: a handle is only meaningful for the `Ir`
//! that made it. Erased operations leave a tombstone whose handle answers as an empty operation.

use super::context::Context;
use super::ids::{Attribute, BlockId, Location, OpId, OpName, RegionId, Type, ValueId};
use super::pool::Pool;
use smallvec::SmallVec;
use std::sync::Arc;

#[derive(Clone, Copy)]
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

#[derive(Clone, Default)]
struct BlockData {
    args: SmallVec<[ValueId; 2]>,
    region: Option<RegionId>,
    first: Option<OpId>,
    last: Option<OpId>,
    prev: Option<BlockId>,
    next: Option<BlockId>,
}

#[derive(Clone, Copy, Default)]
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

#[derive(Clone, Copy)]
struct ValueData {
    ty: Type,
    def: ValueDef,
    first_use: u32,
}

const NO_USE: u32 = u32::MAX;

#[derive(Clone, Copy)]
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

/// Everything an operation is made from.
#[derive(Clone, Debug)]
pub struct OpState {
    /// Name.
    pub name: OpName,
    /// Location.
    pub loc: Location,
    /// Operands.
    pub operands: SmallVec<[ValueId; 4]>,
    /// Result types.
    pub results: SmallVec<[Type; 2]>,
    /// Discardable attributes, a dictionary.
    pub attrs: Attribute,
    /// Properties: a dictionary for registered operations, any attribute otherwise.
    pub props: Option<Attribute>,
    /// Regions, detached until now.
    pub regions: SmallVec<[RegionId; 1]>,
    /// Successor blocks.
    pub successors: SmallVec<[BlockId; 2]>,
}

impl OpState {
    /// An operation without operands, results or attributes.
    pub fn new(ctx: &Context, name: &str, loc: Location) -> Self {
        Self::named(ctx, ctx.op_name(name), loc)
    }
    /// As [`OpState::new`] with an interned name.
    pub fn named(ctx: &Context, name: OpName, loc: Location) -> Self {
        OpState {
            name,
            loc,
            operands: SmallVec::new(),
            results: SmallVec::new(),
            attrs: ctx.empty_dict(),
            props: None,
            regions: SmallVec::new(),
            successors: SmallVec::new(),
        }
    }
    /// Adds operands.
    pub fn operands(mut self, values: &[ValueId]) -> Self {
        self.operands.extend_from_slice(values);
        self
    }
    /// Adds results.
    pub fn results(mut self, types: &[Type]) -> Self {
        self.results.extend_from_slice(types);
        self
    }
    /// Adds a region.
    pub fn region(mut self, region: RegionId) -> Self {
        self.regions.push(region);
        self
    }
    /// Adds a successor.
    pub fn successor(mut self, block: BlockId) -> Self {
        self.successors.push(block);
        self
    }
    /// Sets a property of a registered operation.
    pub fn prop(mut self, ctx: &Context, key: &str, value: Attribute) -> Self {
        self.set_prop(ctx, key, value);
        self
    }
    /// Sets a property of a registered operation.
    pub fn set_prop(&mut self, ctx: &Context, key: &str, value: Attribute) {
        let mut items = self.props.map(|p| ctx.dict_items(p).to_vec()).unwrap_or_default();
        items.push((ctx.ident(key), value));
        self.props = Some(ctx.dict(items));
    }
    /// Sets a discardable attribute.
    pub fn attr(mut self, ctx: &Context, key: &str, value: Attribute) -> Self {
        let mut items = ctx.dict_items(self.attrs).to_vec();
        items.push((ctx.ident(key), value));
        self.attrs = ctx.dict(items);
        self
    }
}

/// A value in the resource section that belongs to nobody here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResourceValue {
    /// Bytes, the first four of which are the alignment.
    Blob(bytes::Bytes),
    /// A string.
    String(Box<[u8]>),
    /// A boolean.
    Bool(bool),
}

/// Resources of one owner, by key.
pub type ExternalResources = (String, Vec<(String, ResourceValue)>);

/// A tree of operations and the arenas it lives in.
#[derive(Clone)]
pub struct Ir {
    ctx: Arc<Context>,
    ops: Pool<OpId, OpData>,
    blocks: Pool<BlockId, BlockData>,
    regions: Pool<RegionId, RegionData>,
    values: Vec<ValueData>,
    arg_locs: rustc_hash::FxHashMap<ValueId, Location>,
    operands: Vec<OperandSlot>,
    op_regions: Vec<RegionId>,
    op_successors: Vec<BlockId>,
    tombstone: OpName,
    external_resources: Vec<ExternalResources>,
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
            values: Vec::new(),
            arg_locs: Default::default(),
            operands: Vec::new(),
            op_regions: Vec::new(),
            op_successors: Vec::new(),
            tombstone,
            external_resources: Vec::new(),
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

    // ---- creation and removal ----

    /// Creates a detached operation; its regions become its own.
    pub fn create(&mut self, state: OpState) -> OpId {
        let data = OpData {
            name: state.name,
            loc: state.loc,
            attrs: state.attrs,
            props: state.props,
            operands: self.operands.len() as u32,
            results: self.values.len() as u32,
            regions: self.op_regions.len() as u32,
            successors: self.op_successors.len() as u32,
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
            self.values.push(ValueData { ty, def, first_use: NO_USE });
        }
        for &value in &state.operands {
            self.push_operand(op, value);
        }
        for &region in &state.regions {
            self.regions.get_mut(region).parent = Some(op);
            self.op_regions.push(region);
        }
        self.op_successors.extend_from_slice(&state.successors);
        op
    }

    fn push_operand(&mut self, owner: OpId, value: ValueId) {
        let slot = self.operands.len() as u32;
        self.operands.push(OperandSlot { value: None, owner, next: NO_USE, prev: NO_USE });
        self.link_use(slot, value);
    }

    fn link_use(&mut self, slot: u32, value: ValueId) {
        let head = self.values[value.index()].first_use;
        let s = &mut self.operands[slot as usize];
        (s.value, s.next, s.prev) = (Some(value), head, NO_USE);
        if head != NO_USE {
            self.operands[head as usize].prev = slot;
        }
        self.values[value.index()].first_use = slot;
    }

    fn unlink_use(&mut self, slot: u32) {
        let OperandSlot { value, next, prev, .. } = self.operands[slot as usize];
        let Some(value) = value else { return };
        if prev == NO_USE {
            self.values[value.index()].first_use = next;
        } else {
            self.operands[prev as usize].next = next;
        }
        if next != NO_USE {
            self.operands[next as usize].prev = prev;
        }
        self.operands[slot as usize].value = None;
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
        let value = ValueId::from_index(self.values.len());
        let index = self.blocks.get(block).args.len() as u32;
        self.values.push(ValueData { ty, def: ValueDef::Argument { block, index }, first_use: NO_USE });
        self.blocks.get_mut(block).args.push(value);
        if let Some(loc) = loc {
            self.arg_locs.insert(value, loc);
        }
        value
    }

    /// Removes an unused block argument; later ones move up.
    pub fn remove_argument(&mut self, block: BlockId, index: usize) {
        if index >= self.blocks.get(block).args.len() {
            return;
        }
        self.blocks.get_mut(block).args.remove(index);
        let args = self.blocks.get(block).args.clone();
        for (i, v) in args.iter().enumerate().skip(index) {
            self.values[v.index()].def = ValueDef::Argument { block, index: i as u32 };
        }
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
                    self.blocks.remove(b);
                }
                self.regions.remove(r);
            }
            let OpData { operands, num_operands, .. } = *self.ops.get(op);
            for slot in operands..operands + num_operands {
                self.unlink_use(slot);
            }
            let o = self.ops.get_mut(op);
            (o.name, o.num_operands, o.num_regions, o.num_successors) = (self.tombstone, 0, 0, 0);
            (o.block, o.prev, o.next) = (None, None, None);
            self.ops.remove(op);
        }
    }

    /// Erases a block with its operations.
    pub fn erase_block(&mut self, block: BlockId) {
        while let Some(op) = self.blocks.get(block).last {
            self.erase(op);
        }
        self.detach_block(block);
        self.blocks.remove(block);
    }

    /// True until the operation is erased.
    pub fn is_alive(&self, op: OpId) -> bool {
        self.ops.get(op).name != self.tombstone
    }

    // ---- operations ----

    /// Name.
    pub fn name(&self, op: OpId) -> OpName {
        self.ops.get(op).name
    }
    /// Text of the name.
    pub fn name_str(&self, op: OpId) -> &str {
        self.ctx.op_str(self.name(op))
    }
    /// Definition, if registered.
    pub fn def(&self, op: OpId) -> Option<&'static crate::op_def::OpDef> {
        self.ctx.op_name_data(self.name(op)).def
    }
    /// Whether the definition has a trait; false for unregistered operations.
    pub fn has_trait(&self, op: OpId, t: crate::op_def::Trait) -> bool {
        self.ctx.op_name_data(self.name(op)).traits.has(t)
    }
    /// An error at the operation: "'name' op message".
    pub fn op_error(&self, op: OpId, message: impl std::fmt::Display) -> crate::Diagnostic {
        crate::Diagnostic::error(self.loc(op), format!("'{}' op {message}", self.name_str(op)))
    }
    /// Location.
    pub fn loc(&self, op: OpId) -> Location {
        self.ops.get(op).loc
    }
    /// Changes the location.
    pub fn set_loc(&mut self, op: OpId, loc: Location) {
        self.ops.get_mut(op).loc = loc;
    }
    /// Discardable attributes.
    pub fn attrs(&self, op: OpId) -> Attribute {
        self.ops.get(op).attrs
    }
    /// Replaces the discardable attributes.
    pub fn set_attrs(&mut self, op: OpId, attrs: Attribute) {
        self.ops.get_mut(op).attrs = attrs;
    }
    /// Properties.
    pub fn props(&self, op: OpId) -> Option<Attribute> {
        self.ops.get(op).props
    }
    /// Replaces the properties.
    pub fn set_props(&mut self, op: OpId, props: Option<Attribute>) {
        self.ops.get_mut(op).props = props;
    }
    /// A property, or else a discardable attribute, by name.
    pub fn attr(&self, op: OpId, key: &str) -> Option<Attribute> {
        let key = self.ctx.ident(key);
        let o = self.ops.get(op);
        o.props.and_then(|p| self.ctx.dict_get(p, key)).or_else(|| self.ctx.dict_get(o.attrs, key))
    }
    /// Sets or removes a property.
    pub fn set_prop(&mut self, op: OpId, key: &str, value: Option<Attribute>) {
        let props = self.props(op).unwrap_or(self.ctx.empty_dict());
        let dict = self.with_entry(props, key, value);
        self.ops.get_mut(op).props = Some(dict);
    }
    /// Sets or removes a discardable attribute.
    pub fn set_attr(&mut self, op: OpId, key: &str, value: Option<Attribute>) {
        let dict = self.with_entry(self.attrs(op), key, value);
        self.ops.get_mut(op).attrs = dict;
    }
    fn with_entry(&self, dict: Attribute, key: &str, value: Option<Attribute>) -> Attribute {
        let key = self.ctx.ident(key);
        let mut items: Vec<_> = self.ctx.dict_items(dict).iter().filter(|i| i.0 != key).copied().collect();
        items.extend(value.map(|v| (key, v)));
        self.ctx.dict(items)
    }

    /// Number of operands.
    pub fn num_operands(&self, op: OpId) -> usize {
        self.ops.get(op).num_operands as usize
    }
    /// Operands in order.
    pub fn operands(&self, op: OpId) -> impl ExactSizeIterator<Item = ValueId> + '_ {
        let o = self.ops.get(op);
        let filler = self.placeholder_value();
        self.operands[o.operands as usize..(o.operands + o.num_operands) as usize]
            .iter()
            .map(move |s| s.value.unwrap_or(filler))
    }
    /// One operand.
    pub fn operand(&self, op: OpId, index: usize) -> Option<ValueId> {
        self.operands(op).nth(index)
    }
    /// Changes one operand.
    pub fn set_operand(&mut self, op: OpId, index: usize, value: ValueId) {
        let o = self.ops.get(op);
        if index < o.num_operands as usize {
            let slot = o.operands + index as u32;
            self.unlink_use(slot);
            self.link_use(slot, value);
        }
    }
    /// Replaces all operands.
    pub fn set_operands(&mut self, op: OpId, values: &[ValueId]) {
        let OpData { operands, num_operands, .. } = *self.ops.get(op);
        for slot in operands..operands + num_operands {
            self.unlink_use(slot);
        }
        let start = if values.len() <= num_operands as usize { operands } else { self.operands.len() as u32 };
        for (i, &value) in values.iter().enumerate() {
            let slot = start + i as u32;
            if slot as usize == self.operands.len() {
                self.operands.push(OperandSlot { value: None, owner: op, next: NO_USE, prev: NO_USE });
            }
            self.link_use(slot, value);
        }
        let o = self.ops.get_mut(op);
        (o.operands, o.num_operands) = (start, values.len() as u32);
    }
    /// Number of results.
    pub fn num_results(&self, op: OpId) -> usize {
        self.ops.get(op).num_results as usize
    }
    /// Results in order.
    pub fn results(&self, op: OpId) -> impl ExactSizeIterator<Item = ValueId> + DoubleEndedIterator + use<> {
        let o = self.ops.get(op);
        (o.results as usize..(o.results + o.num_results) as usize).map(ValueId::from_index)
    }
    /// One result.
    pub fn result(&self, op: OpId, index: usize) -> Option<ValueId> {
        self.results(op).nth(index)
    }
    /// Regions.
    pub fn regions_of(&self, op: OpId) -> &[RegionId] {
        let o = self.ops.get(op);
        &self.op_regions[o.regions as usize..o.regions as usize + o.num_regions as usize]
    }
    /// Successor blocks.
    pub fn successors(&self, op: OpId) -> &[BlockId] {
        let o = self.ops.get(op);
        &self.op_successors[o.successors as usize..o.successors as usize + o.num_successors as usize]
    }
    /// Changes one successor.
    pub fn set_successor(&mut self, op: OpId, index: usize, block: BlockId) {
        let start = self.ops.get(op).successors as usize;
        if index < self.ops.get(op).num_successors as usize {
            self.op_successors[start + index] = block;
        }
    }
    /// Block that holds the operation.
    pub fn block_of(&self, op: OpId) -> Option<BlockId> {
        self.ops.get(op).block
    }
    /// Next operation of the block.
    pub fn next(&self, op: OpId) -> Option<OpId> {
        self.ops.get(op).next
    }
    /// Previous operation of the block.
    pub fn prev(&self, op: OpId) -> Option<OpId> {
        self.ops.get(op).prev
    }
    /// Operation whose region holds this one.
    pub fn parent_op(&self, op: OpId) -> Option<OpId> {
        self.block_of(op).and_then(|b| self.parent_of_block(b))
    }
    /// True when `op` is `ancestor` or inside it.
    pub fn is_inside(&self, mut op: OpId, ancestor: OpId) -> bool {
        loop {
            if op == ancestor {
                return true;
            }
            match self.parent_op(op) {
                Some(p) => op = p,
                None => return false,
            }
        }
    }

    // ---- blocks and regions ----

    /// Arguments.
    pub fn args(&self, block: BlockId) -> &[ValueId] {
        &self.blocks.get(block).args
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
        self.values[value.index()].ty
    }
    /// Changes the type.
    pub fn set_ty(&mut self, value: ValueId, ty: Type) {
        self.values[value.index()].ty = ty;
    }
    /// Where it comes from.
    pub fn value_def(&self, value: ValueId) -> ValueDef {
        self.values[value.index()].def
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
        match loc {
            Some(loc) => self.arg_locs.insert(value, loc),
            None => self.arg_locs.remove(&value),
        };
    }
    /// Resources of others that came with the text, in order.
    pub fn external_resources(&self) -> &[ExternalResources] {
        &self.external_resources
    }
    /// Resources of others, for changes.
    pub fn external_resources_mut(&mut self) -> &mut Vec<ExternalResources> {
        &mut self.external_resources
    }
    /// Uses, most recent first.
    pub fn uses(&self, value: ValueId) -> impl Iterator<Item = Use> + '_ {
        let first = self.values[value.index()].first_use;
        let some = |slot: u32| (slot != NO_USE).then_some(slot);
        std::iter::successors(some(first), move |&s| some(self.operands[s as usize].next)).map(|slot| {
            let op = self.operands[slot as usize].owner;
            Use { op, index: slot - self.ops.get(op).operands }
        })
    }
    /// True when nothing uses it.
    pub fn is_unused(&self, value: ValueId) -> bool {
        self.values[value.index()].first_use == NO_USE
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
        while self.values[from.index()].first_use != NO_USE {
            let slot = self.values[from.index()].first_use;
            self.unlink_use(slot);
            self.link_use(slot, to);
        }
    }
    /// Number of values ever created: a bound for tables indexed by value.
    pub fn value_bound(&self) -> usize {
        self.values.len()
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

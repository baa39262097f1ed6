//! What operations are created from, and resources that belong to nobody here.

use super::super::{Attribute, BlockId, Context, Location, OpName, RegionId, Type, ValueId};
use smallvec::SmallVec;

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

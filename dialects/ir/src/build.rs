//! What generated builders collect.

use crate::core::{Attribute, BlockId, Context, Ir, Location, OpState, RegionId, Type, ValueId};
use crate::kinds::{AttrKind, I32Array};
use crate::op_def::{InferInput, OpDef, Trait, props_dict};
use crate::segments::{OPERAND_SIZES, RESULT_SIZES, needs_sizes};
use smallvec::SmallVec;

type Groups<T> = SmallVec<[SmallVec<[T; 1]>; 4]>;

/// Parts of an operation under construction, by name of the declaration.
pub struct Parts<'c> {
    ctx: &'c Context,
    def: &'static OpDef,
    loc: Location,
    operands: Groups<ValueId>,
    results: Groups<Type>,
    results_given: bool,
    props: Vec<(crate::Ident, Attribute)>,
    attrs: Vec<(crate::Ident, Attribute)>,
    regions: SmallVec<[RegionId; 1]>,
    successors: SmallVec<[BlockId; 2]>,
}

impl<'c> Parts<'c> {
    /// Nothing yet.
    pub fn new(ctx: &'c Context, def: &'static OpDef, loc: Location) -> Self {
        Parts {
            ctx,
            def,
            loc,
            operands: def.operands.iter().map(|_| SmallVec::new()).collect(),
            results: def.results.iter().map(|_| SmallVec::new()).collect(),
            results_given: false,
            props: Vec::new(),
            attrs: Vec::new(),
            regions: SmallVec::new(),
            successors: SmallVec::new(),
        }
    }
    /// The context.
    pub fn ctx(&self) -> &'c Context {
        self.ctx
    }
    /// Sets the operands of name `index`.
    pub fn operands(&mut self, index: usize, values: &[ValueId]) {
        if let Some(group) = self.operands.get_mut(index) {
            *group = values.into();
        }
    }
    /// Sets the result types of name `index`.
    pub fn results(&mut self, index: usize, types: &[Type]) {
        self.results_given = true;
        if let Some(group) = self.results.get_mut(index) {
            *group = types.into();
        }
    }
    /// Sets or removes a property.
    pub fn prop(&mut self, key: &str, value: Option<Attribute>) {
        let key = self.ctx.ident(key);
        self.props.retain(|i| i.0 != key);
        self.props.extend(value.map(|v| (key, v)));
    }
    /// Sets a discardable attribute.
    pub fn discardable(&mut self, key: &str, value: Attribute) {
        self.attrs.push((self.ctx.ident(key), value));
    }
    /// Adds regions.
    pub fn regions(&mut self, regions: &[RegionId]) {
        self.regions.extend_from_slice(regions);
    }
    /// Adds successors.
    pub fn successors(&mut self, blocks: &[BlockId]) {
        self.successors.extend_from_slice(blocks);
    }
    /// The state.
    pub fn build(mut self) -> OpState {
        if needs_sizes(self.def.operands) {
            let sizes = group_sizes(self.ctx, &self.operands);
            self.prop(OPERAND_SIZES, Some(sizes));
        }
        if needs_sizes(self.def.results) {
            let sizes = group_sizes(self.ctx, &self.results);
            self.prop(RESULT_SIZES, Some(sizes));
        }
        let mut state = OpState::new(self.ctx, self.def.name, self.loc);
        state.operands = self.operands.into_iter().flatten().collect();
        state.results = self.results.into_iter().flatten().collect();
        state.attrs = self.ctx.dict(self.attrs);
        state.props = (!self.props.is_empty()).then(|| self.ctx.dict(self.props));
        state.regions = self.regions;
        state.successors = self.successors;
        self.def.store_defaults(self.ctx, &mut state);
        state
    }
    /// The state; result types that were not given are inferred if possible.
    pub fn build_inferred(self, ir: &Ir) -> OpState {
        let (def, given) = (self.def, self.results_given);
        let mut state = self.build();
        if !given {
            let operands: SmallVec<[Type; 4]> = state.operands.iter().map(|&v| ir.ty(v)).collect();
            let (ctx, loc) = (&**ir.ctx(), state.loc);
            let input = InferInput { ctx, loc, operands: &operands, props: props_dict(ctx, &state) };
            // An operation whose types cannot be inferred is left without results: the verifier says so.
            state.results = def.infer_results(&input).unwrap_or_default();
        }
        state
    }
}

fn group_sizes<T>(ctx: &Context, groups: &Groups<T>) -> Attribute {
    let sizes: Vec<i32> = groups.iter().map(|g| i32::try_from(g.len()).unwrap_or(i32::MAX)).collect();
    I32Array::make(ctx, &sizes)
}

/// Puts the terminator `name` at the end of the region's last block when nothing terminates it.
pub fn ensure_terminator(ir: &mut Ir, region: RegionId, name: &str, loc: Location) {
    let Some(block) = ir.blocks_of(region).last() else { return };
    let terminated = ir.last_op(block).is_some_and(|op| ir.has_trait(op, Trait::Terminator));
    if !terminated {
        let op = ir.create(OpState::new(&ir.ctx().clone(), name, loc));
        ir.append(block, op);
    }
}

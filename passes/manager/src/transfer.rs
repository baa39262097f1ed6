//! Moves an isolated operation between arenas, so that threads can work on several of them at once.

use cim_ir::{BlockId, Ir, OpId, OpState, RegionId, ValueId};
use std::collections::HashMap;

/// True when the operation is tied to nothing outside it.
pub(crate) fn is_movable(ir: &Ir, op: OpId) -> bool {
    ir.num_operands(op) == 0 && ir.num_results(op) == 0 && ir.successors(op).is_empty()
}

/// Copies an operation with everything inside it into another arena of the same context. Values from outside, which an
/// isolated operation has none of, would become placeholders.
pub(crate) fn copy_into(src: &Ir, op: OpId, dst: &mut Ir) -> OpId {
    let mut copy = Copy { src, dst, values: HashMap::new(), blocks: HashMap::new(), late: Vec::new() };
    let new = copy.op(op);
    // Uses of values that came later in the text: graph regions and loops over blocks.
    for (user, index, value) in std::mem::take(&mut copy.late) {
        if let Some(&v) = copy.values.get(&value) {
            copy.dst.set_operand(user, index, v);
        }
    }
    new
}

/// A detached copy of an isolated operation in its own arena.
pub fn clone_isolated(ir: &mut Ir, op: OpId) -> OpId {
    let mut apart = Ir::new(ir.ctx().clone());
    let copy = copy_into(ir, op, &mut apart);
    copy_into(&apart, copy, ir)
}

struct Copy<'a> {
    src: &'a Ir,
    dst: &'a mut Ir,
    values: HashMap<ValueId, ValueId>,
    blocks: HashMap<BlockId, BlockId>,
    late: Vec<(OpId, usize, ValueId)>,
}

/// A region whose blocks have been created and whose operations have not been copied yet.
struct Pending {
    block: BlockId,
    next: Option<OpId>,
}

impl Copy<'_> {
    /// Works on a stack of blocks: nesting depth of the program costs no call depth.
    fn op(&mut self, root: OpId) -> OpId {
        let mut work = Vec::new();
        let new_root = self.shell(root, &mut work);
        work.reverse();
        while let Some(Pending { block, next }) = work.last_mut() {
            let Some(op) = *next else {
                work.pop();
                continue;
            };
            *next = self.src.next(op);
            let target = self.blocks.get(block).copied();
            let mut inner = Vec::new();
            let new = self.shell(op, &mut inner);
            if let Some(target) = target {
                self.dst.append(target, new);
            }
            inner.reverse();
            work.append(&mut inner);
        }
        new_root
    }

    /// Creates the operation with empty blocks in its regions; the blocks' operations are left to do.
    fn shell(&mut self, op: OpId, work: &mut Vec<Pending>) -> OpId {
        let (src, ctx) = (self.src, self.src.ctx());
        let mut state = OpState::named(ctx, src.name(op), src.loc(op));
        state.attrs = src.attrs(op);
        state.props = src.props(op);
        let mut late = Vec::new();
        for (i, v) in src.operands(op).enumerate() {
            state.operands.push(self.values.get(&v).copied().unwrap_or_else(|| {
                late.push((i, v));
                self.dst.placeholder_value()
            }));
        }
        state.results.extend(src.results(op).map(|r| src.ty(r)));
        state.successors.extend(src.successors(op).iter().filter_map(|b| self.blocks.get(b).copied()));
        for &region in src.regions_of(op) {
            let new = self.region(region, work);
            state.regions.push(new);
        }
        let new = self.dst.create(state);
        self.late.extend(late.into_iter().map(|(i, v)| (new, i, v)));
        self.values.extend(src.results(op).zip(self.dst.results(new)));
        new
    }

    fn region(&mut self, region: RegionId, work: &mut Vec<Pending>) -> RegionId {
        let src = self.src;
        let new = self.dst.create_region();
        for block in src.blocks_of(region) {
            let copy = self.dst.create_block(new, &[]);
            for &arg in src.args(block) {
                let loc = src.arg_loc(arg);
                let known = (loc != src.ctx().unknown_loc()).then_some(loc);
                let v = self.dst.add_argument(copy, src.ty(arg), known);
                self.values.insert(arg, v);
            }
            self.blocks.insert(block, copy);
            work.push(Pending { block, next: src.first_op(block) });
        }
        new
    }
}

//! Dominance, computed per region at first use.
//!
//! Regions of operations with the trait `GraphRegion` have no order, and neither have those of operations without a definition when
//! they have one block.

use crate::core::{BlockId, Ir, OpId, RegionId, ValueDef, ValueId};
use crate::op_def::Trait;
use rustc_hash::FxHashMap;

/// Whether order inside the blocks of a region matters.
pub fn has_ssa_dominance(ir: &Ir, region: RegionId) -> bool {
    match ir.region_parent(region) {
        Some(op) if ir.def(op).is_none() => ir.entry(region).is_some_and(|b| ir.next_block(b).is_some()),
        Some(op) => !ir.has_trait(op, Trait::GraphRegion),
        None => true,
    }
}

/// Dominator tree of one region.
#[derive(Debug)]
pub struct RegionDominance {
    /// Number of a block in reverse postorder; absent when it cannot be reached from the entry.
    number: FxHashMap<BlockId, u32>,
    /// Blocks in reverse postorder.
    order: Vec<BlockId>,
    /// Immediate dominator by number; the entry is its own.
    idom: Vec<u32>,
    /// Entry and exit times of a walk over the tree: `a` dominates `b` when its interval holds that of `b`.
    interval: Vec<(u32, u32)>,
}

impl RegionDominance {
    /// Computes the tree: Cooper, Harvey and Kennedy's iteration over reverse postorder.
    pub fn new(ir: &Ir, region: RegionId) -> Self {
        let order = reverse_postorder(ir, region);
        let number: FxHashMap<BlockId, u32> = order.iter().enumerate().map(|(i, b)| (*b, i as u32)).collect();
        let mut preds: Vec<Vec<u32>> = vec![Vec::new(); order.len()];
        for (i, &b) in order.iter().enumerate() {
            for s in block_successors(ir, b) {
                if let Some(&n) = number.get(s) {
                    preds[n as usize].push(i as u32);
                }
            }
        }
        let idom = immediate_dominators(&preds);
        let interval = tree_intervals(&idom);
        RegionDominance { number, order, idom, interval }
    }
    /// Whether control can reach the block from the region's entry.
    pub fn is_reachable(&self, block: BlockId) -> bool {
        self.number.contains_key(&block)
    }
    /// Whether every path to `b` goes through `a`; everything dominates an unreachable block.
    pub fn dominates(&self, a: BlockId, b: BlockId) -> bool {
        let Some(&b) = self.number.get(&b) else { return true };
        let Some(&a) = self.number.get(&a) else { return false };
        let ((a_in, a_out), (b_in, b_out)) = (self.interval[a as usize], self.interval[b as usize]);
        a_in <= b_in && b_out <= a_out
    }
    /// Immediate dominator; None for the entry and unreachable blocks.
    pub fn immediate_dominator(&self, block: BlockId) -> Option<BlockId> {
        let n = *self.number.get(&block)?;
        let d = self.idom[n as usize];
        (d != n).then(|| self.order[d as usize])
    }
    /// Reachable blocks in reverse postorder.
    pub fn reachable(&self) -> &[BlockId] {
        &self.order
    }
}

/// Successors of a block: those of its last operation.
pub fn block_successors(ir: &Ir, block: BlockId) -> &[BlockId] {
    ir.last_op(block).map_or(&[], |op| ir.successors(op))
}

fn reverse_postorder(ir: &Ir, region: RegionId) -> Vec<BlockId> {
    let Some(entry) = ir.entry(region) else { return Vec::new() };
    let mut seen: rustc_hash::FxHashSet<BlockId> = Default::default();
    let mut post = Vec::new();
    let mut stack = vec![(entry, 0)];
    seen.insert(entry);
    while let Some((block, next)) = stack.last_mut() {
        match block_successors(ir, *block).get(*next) {
            Some(&s) => {
                *next += 1;
                if ir.region_of(s) == Some(region) && seen.insert(s) {
                    stack.push((s, 0));
                }
            }
            None => {
                post.push(*block);
                stack.pop();
            }
        }
    }
    post.reverse();
    post
}

/// Blocks are numbered in reverse postorder, the entry is 0.
fn immediate_dominators(preds: &[Vec<u32>]) -> Vec<u32> {
    const UNKNOWN: u32 = u32::MAX;
    let mut idom = vec![UNKNOWN; preds.len()];
    if let Some(entry) = idom.first_mut() {
        *entry = 0;
    }
    let mut changed = true;
    while changed {
        changed = false;
        for b in 1..preds.len() {
            let mut new = UNKNOWN;
            for &p in &preds[b] {
                if idom[p as usize] == UNKNOWN {
                    continue;
                }
                new = if new == UNKNOWN { p } else { intersect(&idom, new, p) };
            }
            if new != UNKNOWN && idom[b] != new {
                idom[b] = new;
                changed = true;
            }
        }
    }
    idom
}

fn intersect(idom: &[u32], mut a: u32, mut b: u32) -> u32 {
    while a != b {
        while a > b {
            a = idom[a as usize];
        }
        while b > a {
            b = idom[b as usize];
        }
    }
    a
}

fn tree_intervals(idom: &[u32]) -> Vec<(u32, u32)> {
    let mut children: Vec<Vec<u32>> = vec![Vec::new(); idom.len()];
    for (b, &d) in idom.iter().enumerate().skip(1) {
        children[d as usize].push(b as u32);
    }
    let mut interval = vec![(0, 0); idom.len()];
    let mut time = 0;
    let mut stack: Vec<(u32, usize)> = if idom.is_empty() { Vec::new() } else { vec![(0, 0)] };
    while let Some((b, next)) = stack.last_mut() {
        let b = *b as usize;
        if *next == 0 {
            interval[b].0 = time;
            time += 1;
        }
        match children[b].get(*next) {
            Some(&c) => {
                *next += 1;
                stack.push((c, 0));
            }
            None => {
                interval[b].1 = time;
                time += 1;
                stack.pop();
            }
        }
    }
    interval
}

/// Dominance queries over a whole program, computed at first use and kept until told of a change.
#[derive(Debug, Default)]
pub struct Dominance {
    regions: FxHashMap<RegionId, RegionDominance>,
    /// Positions of operations in those blocks that were asked about.
    positions: FxHashMap<BlockId, FxHashMap<OpId, u32>>,
}

impl Dominance {
    /// Nothing computed yet.
    pub fn new() -> Self {
        Self::default()
    }
    /// The tree of a region.
    pub fn region(&mut self, ir: &Ir, region: RegionId) -> &RegionDominance {
        self.regions.entry(region).or_insert_with(|| RegionDominance::new(ir, region))
    }
    /// Forgets a region whose control flow changed.
    pub fn invalidate_region(&mut self, region: RegionId) {
        self.regions.remove(&region);
    }
    /// Forgets the order in a block whose operations changed.
    pub fn invalidate_block(&mut self, block: BlockId) {
        self.positions.remove(&block);
    }
    /// Whether the block can be reached from its region's entry.
    pub fn is_reachable(&mut self, ir: &Ir, block: BlockId) -> bool {
        match ir.region_of(block) {
            Some(r) if ir.entry(r) == Some(block) => true,
            Some(r) => self.region(ir, r).is_reachable(block),
            None => false,
        }
    }
    /// Whether block `a` dominates block `b`, which may be in a nested region.
    pub fn block_dominates(&mut self, ir: &Ir, a: BlockId, b: BlockId) -> bool {
        let Some(region) = ir.region_of(a) else { return a == b };
        match ancestor_block(ir, region, b) {
            Some(b) => a == b || self.region(ir, region).dominates(a, b),
            None => false,
        }
    }
    /// Whether `a` comes before `b` in their common block.
    pub fn is_before_in_block(&mut self, ir: &Ir, a: OpId, b: OpId) -> bool {
        let Some(block) = ir.block_of(a) else { return false };
        let number = || ir.ops_of(block).enumerate().map(|(i, op)| (op, i as u32)).collect();
        let positions = self.positions.entry(block).or_insert_with(number);
        matches!((positions.get(&a), positions.get(&b)), (Some(a), Some(b)) if a < b)
    }
    /// Whether the results of `a` are available at `b`: it comes before in every execution. Inside its own regions they are not.
    pub fn op_properly_dominates(&mut self, ir: &Ir, a: OpId, b: OpId) -> bool {
        let Some(block) = ir.block_of(a) else { return false };
        let Some(region) = ir.region_of(block) else { return false };
        let Some(b) = ancestor_op(ir, region, b) else { return false };
        let Some(b_block) = ir.block_of(b) else { return false };
        if block == b_block {
            return !has_ssa_dominance(ir, region) || self.is_before_in_block(ir, a, b);
        }
        self.region(ir, region).dominates(block, b_block)
    }
    /// Whether a value may be used by an operation.
    pub fn value_dominates(&mut self, ir: &Ir, value: ValueId, user: OpId) -> bool {
        match ir.value_def(value) {
            ValueDef::Result { op, .. } => self.op_properly_dominates(ir, op, user),
            ValueDef::Argument { block, .. } => {
                ir.block_of(user).is_some_and(|user_block| self.block_dominates(ir, block, user_block))
            }
        }
    }
}

/// The operation directly in `region` that is `op` or holds it.
pub fn ancestor_op(ir: &Ir, region: RegionId, mut op: OpId) -> Option<OpId> {
    loop {
        let block = ir.block_of(op)?;
        if ir.region_of(block) == Some(region) {
            return Some(op);
        }
        op = ir.parent_of_block(block)?;
    }
}
/// The block directly in `region` that is `block` or holds it.
pub fn ancestor_block(ir: &Ir, region: RegionId, block: BlockId) -> Option<BlockId> {
    if ir.region_of(block) == Some(region) {
        return Some(block);
    }
    ir.block_of(ancestor_op(ir, region, ir.parent_of_block(block)?)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::{Context, OpState};
    use proptest::prelude::*;

    /// A region with `n` blocks and these edges, each block with one branch.
    fn graph(n: usize, edges: &[(usize, usize)]) -> (Ir, RegionId, Vec<BlockId>) {
        let ctx = Context::new(|_| {});
        let mut ir = Ir::new(ctx.clone());
        let region = ir.create_region();
        let blocks: Vec<_> = (0..n).map(|_| ir.create_block(region, &[])).collect();
        for (i, &b) in blocks.iter().enumerate() {
            let mut state = OpState::new(&ctx, "x.br", ctx.unknown_loc());
            for e in edges.iter().filter(|e| e.0 == i) {
                state = state.successor(blocks[e.1]);
            }
            let op = ir.create(state);
            ir.append(b, op);
        }
        (ir, region, blocks)
    }

    /// Blocks that can be reached from 0 without passing `without`.
    fn reachable(n: usize, edges: &[(usize, usize)], without: Option<usize>) -> Vec<bool> {
        let mut seen = vec![false; n];
        let mut work = vec![0];
        while let Some(b) = work.pop() {
            if Some(b) != without && !std::mem::replace(&mut seen[b], true) {
                work.extend(edges.iter().filter(|e| e.0 == b).map(|e| e.1));
            }
        }
        seen
    }

    proptest! {
        /// `a` dominates `b` exactly when `b` cannot be reached without `a`.
        #[test]
        fn agrees_with_the_definition(n in 1usize..9, raw in prop::collection::vec((0usize..9, 0usize..9), 0..20)) {
            let edges: Vec<_> = raw.into_iter().map(|(a, b)| (a % n, b % n)).collect();
            let (ir, region, blocks) = graph(n, &edges);
            let dom = RegionDominance::new(&ir, region);
            let all = reachable(n, &edges, None);
            for a in 0..n {
                let rest = reachable(n, &edges, Some(a));
                for b in 0..n {
                    let expected = !all[b] || (all[a] && (a == b || !rest[b]));
                    prop_assert_eq!(dom.dominates(blocks[a], blocks[b]), expected, "{} {} {:?}", a, b, &edges);
                }
                prop_assert_eq!(dom.is_reachable(blocks[a]), all[a]);
            }
        }
    }

    #[test]
    fn a_long_chain_needs_no_recursion() {
        let n = 50_000;
        let edges: Vec<_> = (1..n).map(|i| (i - 1, i)).collect();
        let (ir, region, blocks) = {
            let ctx = Context::new(|_| {});
            let mut ir = Ir::new(ctx.clone());
            let region = ir.create_region();
            let blocks: Vec<_> = (0..n).map(|_| ir.create_block(region, &[])).collect();
            for &(a, b) in &edges {
                let op = ir.create(OpState::new(&ctx, "x.br", ctx.unknown_loc()).successor(blocks[b]));
                ir.append(blocks[a], op);
            }
            (ir, region, blocks)
        };
        let dom = RegionDominance::new(&ir, region);
        assert!(dom.dominates(blocks[0], blocks[n - 1]) && !dom.dominates(blocks[n - 1], blocks[1]));
        assert_eq!(dom.immediate_dominator(blocks[7]), Some(blocks[6]));
    }

    #[test]
    fn order_and_nesting() {
        let ctx = Context::new(|_| {});
        let mut ir = Ir::new(ctx.clone());
        let loc = ctx.unknown_loc();
        let region = ir.create_region();
        let block = ir.create_block(region, &[ctx.i64()]);
        let def = ir.create(OpState::new(&ctx, "x.def", loc).results(&[ctx.i64()]));
        ir.append(block, def);
        let inner_region = ir.create_region();
        let inner = ir.create_block(inner_region, &[]);
        let holder = ir.create(OpState::new(&ctx, "x.hold", loc).results(&[ctx.i64()]).region(inner_region));
        ir.append(block, holder);
        let user = ir.create(OpState::new(&ctx, "x.use", loc));
        ir.append(inner, user);
        let mut dom = Dominance::new();
        // The outer region has no parent: order counts there.
        let (of_def, of_holder) = (ir.result(def, 0).unwrap(), ir.result(holder, 0).unwrap());
        assert!(dom.value_dominates(&ir, of_def, user) && dom.value_dominates(&ir, ir.args(block)[0], user));
        assert!(!dom.value_dominates(&ir, of_holder, user), "not inside its own region");
        assert!(!dom.op_properly_dominates(&ir, holder, def) && dom.op_properly_dominates(&ir, def, holder));
        assert!(!dom.op_properly_dominates(&ir, user, holder));
    }
}

//! `cse`: equal operations are computed once.

use cim_ir::dominance::{RegionDominance, has_ssa_dominance};
use cim_ir::interfaces;
use cim_ir::op_def::Trait;
use cim_ir::{Attribute, BlockId, Ir, OpId, OpName, RegionId, Type, ValueId};
use cim_pass::{Pass, PassResult, PassRun, pass};
use rustc_hash::{FxHashMap, FxHasher};
use smallvec::SmallVec;
use std::hash::{Hash, Hasher};

pass! {
    /// Eliminate common sub-expressions.
    ///
    /// An operation without side effects is replaced by an equal one that dominates it. Operations that only read are replaced
    /// by an equal one of the same block when nothing between the two may write. Dead operations are removed.
    pub struct Cse = "cse", "CSE" {
        statistics {
            /// Number of operations CSE'd
            merged = "num-cse'd",
            /// Number of operations DCE'd
            dead = "num-dce'd",
        }
    }
}

impl Pass for Cse {
    fn run(&self, run: &mut PassRun<'_>) -> PassResult {
        let op = run.op();
        let mut cse =
            Driver { ir: run.ir, known: Known::default(), erase: Vec::new(), merged: 0, dead: 0, touched: false };
        cse.all(op);
        self.merged.add(cse.merged);
        self.dead.add(cse.dead);
        let touched = cse.touched || !cse.erase.is_empty();
        let erase = std::mem::take(&mut cse.erase);
        for op in erase {
            if run.ir.is_alive(op) {
                run.ir.erase(op);
            }
        }
        if !touched {
            run.preserve_all();
        }
        Ok(())
    }
}

/// What makes two operations equal.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    name: OpName,
    attrs: Attribute,
    props: Option<Attribute>,
    operands: SmallVec<[ValueId; 3]>,
    results: SmallVec<[Type; 1]>,
    /// Digest of the regions; equality is checked on top.
    regions: u64,
}

/// Known operations, by scope: leaving a scope forgets what came in it.
#[derive(Default)]
struct Known {
    map: FxHashMap<Key, Entry>,
    undo: Vec<(Key, Option<Entry>)>,
}

#[derive(Clone, Copy)]
struct Entry {
    op: OpId,
    /// Number of possible writes in the block up to the operation.
    writes: u32,
}

impl Known {
    fn insert(&mut self, key: Key, entry: Entry) {
        let old = self.map.insert(key.clone(), entry);
        self.undo.push((key, old));
    }
    fn leave(&mut self, mark: usize) {
        while self.undo.len() > mark {
            if let Some((key, old)) = self.undo.pop() {
                match old {
                    Some(entry) => self.map.insert(key, entry),
                    None => self.map.remove(&key),
                };
            }
        }
    }
}

/// What is left to do; a stack of these replaces recursion over regions and dominator trees.
enum Step {
    Region(RegionId),
    /// A block with its dominator tree children, by index into the trees.
    Tree(usize, BlockId),
    Block {
        next: Option<OpId>,
        ordered: bool,
        writes: u32,
    },
    /// Regions of an operation are done: the operation itself.
    Op {
        op: OpId,
        ordered: bool,
        writes: u32,
    },
    Leave(usize),
    Restore(Box<Known>),
}

struct Driver<'a> {
    ir: &'a mut Ir,
    known: Known,
    erase: Vec<OpId>,
    merged: u64,
    dead: u64,
    touched: bool,
}

type Children = FxHashMap<BlockId, Vec<BlockId>>;

impl Driver<'_> {
    fn all(&mut self, root: OpId) {
        let mut trees: Vec<Children> = Vec::new();
        let mut work: Vec<Step> = self.ir.regions_of(root).iter().rev().map(|r| Step::Region(*r)).collect();
        while let Some(step) = work.pop() {
            match step {
                Step::Leave(mark) => self.known.leave(mark),
                Step::Restore(known) => self.known = *known,
                Step::Region(region) => self.region(region, &mut trees, &mut work),
                Step::Tree(tree, block) => {
                    work.push(Step::Leave(self.known.undo.len()));
                    let children = trees[tree].remove(&block).unwrap_or_default();
                    work.extend(children.into_iter().rev().map(|c| Step::Tree(tree, c)));
                    work.push(Step::Block { next: self.ir.first_op(block), ordered: true, writes: 0 });
                }
                Step::Block { next, ordered, writes } => self.block(next, ordered, writes, &mut work),
                Step::Op { op, ordered, writes } => {
                    let writes = self.op(op, ordered, writes);
                    work.push(Step::Block { next: self.ir.next(op), ordered, writes });
                }
            }
        }
    }

    fn region(&mut self, region: RegionId, trees: &mut Vec<Children>, work: &mut Vec<Step>) {
        let Some(entry) = self.ir.entry(region) else { return };
        let ordered = has_ssa_dominance(self.ir, region);
        if self.ir.next_block(entry).is_none() {
            work.push(Step::Leave(self.known.undo.len()));
            work.push(Step::Block { next: self.ir.first_op(entry), ordered, writes: 0 });
        } else if ordered {
            let dominance = RegionDominance::new(self.ir, region);
            let mut children = Children::default();
            for &b in dominance.reachable() {
                if let Some(parent) = dominance.immediate_dominator(b) {
                    children.entry(parent).or_default().push(b);
                }
            }
            trees.push(children);
            work.push(Step::Tree(trees.len() - 1, entry));
        }
    }

    /// Works through a block until an operation with regions interrupts it.
    fn block(&mut self, mut next: Option<OpId>, ordered: bool, mut writes: u32, work: &mut Vec<Step>) {
        while let Some(op) = next {
            if self.ir.regions_of(op).is_empty() {
                writes = self.op(op, ordered, writes);
                next = self.ir.next(op);
                continue;
            }
            work.push(Step::Op { op, ordered, writes });
            let isolated = self.ir.def(op).is_none() || self.ir.has_trait(op, Trait::IsolatedFromAbove);
            if isolated {
                // Values from outside must not come in.
                work.push(Step::Restore(Box::new(std::mem::take(&mut self.known))));
            }
            work.extend(self.ir.regions_of(op).iter().rev().map(|r| Step::Region(*r)));
            return;
        }
    }

    /// Looks at one operation; returns the number of possible writes in the block so far.
    fn op(&mut self, op: OpId, ordered: bool, writes: u32) -> u32 {
        if self.ir.has_trait(op, Trait::Terminator) {
            return writes;
        }
        if interfaces::is_trivially_dead(self.ir, op) {
            self.erase.push(op);
            self.dead += 1;
            return writes;
        }
        let pure = interfaces::is_effect_free(self.ir, op);
        if !pure && !interfaces::reads_only(self.ir, op) {
            return writes + u32::from(may_write(self.ir, op));
        }
        if self.ir.regions_of(op).iter().any(|r| self.ir.blocks_of(*r).nth(1).is_some()) {
            return writes;
        }
        let key = key(self.ir, op);
        let found = self.known.map.get(&key).copied().filter(|e| {
            let near = pure || (self.ir.block_of(e.op) == self.ir.block_of(op) && e.writes == writes);
            near && equal_regions(self.ir, e.op, op)
        });
        match found {
            Some(e) => self.replace(op, e.op, ordered),
            None => self.known.insert(key, Entry { op, writes }),
        }
        writes
    }

    fn replace(&mut self, op: OpId, by: OpId, ordered: bool) {
        let pairs: Vec<_> = self.ir.results(op).zip(self.ir.results(by)).collect();
        for (from, to) in pairs {
            if ordered {
                self.ir.replace_all_uses(from, to);
                continue;
            }
            // Without order, users that were keyed by the old value keep it.
            for u in self.ir.uses(from).collect::<Vec<_>>() {
                if !self.known.map.contains_key(&key(self.ir, u.op)) {
                    self.ir.set_operand(u.op, u.index as usize, to);
                }
            }
        }
        self.touched = true;
        if ordered || self.ir.results(op).all(|r| self.ir.is_unused(r)) {
            self.erase.push(op);
        }
        let unknown = self.ir.ctx().unknown_loc();
        if self.ir.loc(by) == unknown {
            let loc = self.ir.loc(op);
            self.ir.set_loc(by, loc);
        }
        self.merged += 1;
    }
}

fn may_write(ir: &Ir, op: OpId) -> bool {
    interfaces::effects(ir, op).is_none_or(|e| e.iter().any(|e| e.kind == interfaces::EffectKind::Write))
}

fn key(ir: &Ir, op: OpId) -> Key {
    let mut operands: SmallVec<[ValueId; 3]> = ir.operands(op).collect();
    if ir.has_trait(op, Trait::Commutative) {
        operands.sort_unstable();
    }
    let regions = if ir.regions_of(op).is_empty() { 0 } else { digest(ir, op) };
    let results = ir.results(op).map(|r| ir.ty(r)).collect();
    Key { name: ir.name(op), attrs: ir.attrs(op), props: ir.props(op), operands, results, regions }
}

/// Digest of what is inside an operation, independent of where it stands.
fn digest(ir: &Ir, root: OpId) -> u64 {
    let mut h = FxHasher::default();
    for op in ir.walk(root).into_iter().skip(1) {
        (ir.name(op), ir.attrs(op), ir.props(op), ir.num_operands(op)).hash(&mut h);
        ir.results(op).for_each(|r| ir.ty(r).hash(&mut h));
    }
    h.finish()
}

/// Whether the regions of two operations are equal but for the values they define themselves.
fn equal_regions(ir: &Ir, a: OpId, b: OpId) -> bool {
    let mut same: FxHashMap<ValueId, ValueId> = FxHashMap::default();
    let mut work = vec![(a, b)];
    while let Some((a, b)) = work.pop() {
        if ir.regions_of(a).len() != ir.regions_of(b).len() {
            return false;
        }
        for (&ra, &rb) in ir.regions_of(a).iter().zip(ir.regions_of(b)) {
            let (mut xs, mut ys) = (ir.blocks_of(ra), ir.blocks_of(rb));
            loop {
                let (x, y) = match (xs.next(), ys.next()) {
                    (None, None) => break,
                    (Some(x), Some(y)) => (x, y),
                    _ => return false,
                };
                let types = |block| ir.args(block).iter().map(|v| ir.ty(*v));
                if !types(x).eq(types(y)) || ir.ops_of(x).count() != ir.ops_of(y).count() {
                    return false;
                }
                same.extend(ir.args(y).iter().copied().zip(ir.args(x).iter().copied()));
                for (p, q) in ir.ops_of(x).zip(ir.ops_of(y)) {
                    let mapped = ir.operands(q).map(|v| same.get(&v).copied().unwrap_or(v));
                    let equal = ir.name(p) == ir.name(q)
                        && ir.attrs(p) == ir.attrs(q)
                        && ir.props(p) == ir.props(q)
                        && ir.successors(p).is_empty()
                        && ir.successors(q).is_empty()
                        && ir.results(p).map(|r| ir.ty(r)).eq(ir.results(q).map(|r| ir.ty(r)))
                        && ir.operands(p).eq(mapped);
                    if !equal {
                        return false;
                    }
                    same.extend(ir.results(q).zip(ir.results(p)));
                    work.push((p, q));
                }
            }
        }
    }
    true
}

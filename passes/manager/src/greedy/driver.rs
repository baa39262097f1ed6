//! Rounds of folding and rewriting over a worklist.

use super::constants::Constants;
use super::regions;
use super::worklist::Worklist;
use super::{FrozenPatterns, GreedyConfig, GreedyResult, RegionSimplify};
use cim_ir::interfaces;
use cim_ir::op_def::Trait;
use cim_ir::rewrite::fold::{self, Folded};
use cim_ir::rewrite::{Listener, Rewriter};
use cim_ir::{Ir, OpId, RegionId, ValueId};

/// Keeps the worklist right while the program changes.
struct Tracker {
    worklist: Worklist,
    scope: RegionId,
}

impl Tracker {
    /// Adds an operation and those around it, up to the scope; nothing when it is outside.
    fn add(&mut self, ir: &Ir, op: OpId) {
        let mut chain = vec![op];
        let mut at = op;
        loop {
            let Some(region) = ir.block_of(at).and_then(|b| ir.region_of(b)) else { return };
            if region == self.scope {
                break;
            }
            let Some(parent) = ir.region_parent(region) else { return };
            chain.push(parent);
            at = parent;
        }
        for op in chain {
            self.worklist.push(op);
        }
    }

    /// Visits again what defines a value that has lost a use and may now be dead or have a single user.
    fn add_definition(&mut self, ir: &Ir, value: ValueId, user: OpId) {
        let Some(def) = ir.defining_op(value) else { return };
        let mut other = None;
        for u in ir.uses(value) {
            if u.op == user || other == Some(u.op) {
                continue;
            }
            if other.is_some() {
                return;
            }
            other = Some(u.op);
        }
        self.add(ir, def);
    }
}

impl Listener for Tracker {
    fn op_inserted(&mut self, ir: &Ir, op: OpId) {
        self.add(ir, op);
    }
    fn op_modified(&mut self, ir: &Ir, op: OpId) {
        self.add(ir, op);
    }
    fn op_erased(&mut self, ir: &Ir, op: OpId) {
        for value in ir.operands(op) {
            self.add_definition(ir, value, op);
        }
        self.worklist.remove(op);
    }
}

pub(super) fn run(ir: &mut Ir, scope: RegionId, patterns: &FrozenPatterns, config: &GreedyConfig) -> GreedyResult {
    let mut tracker = Tracker { worklist: Worklist::default(), scope };
    // Patterns may go round in circles in code that nothing leads to.
    let mut changed_ever = regions::erase_unreachable(ir, scope);
    let mut round = 0;
    loop {
        if config.max_iterations.is_some_and(|max| round >= max) {
            return GreedyResult { changed: changed_ever, converged: false };
        }
        round += 1;
        tracker.worklist.clear();
        // Duplicate constants alone need no further round.
        changed_ever |= fill(ir, &mut tracker, config);
        let mut changed = process(ir, &mut tracker, patterns, config);
        if config.region_simplify != RegionSimplify::Disabled {
            changed |= regions::simplify(ir, scope, config.region_simplify == RegionSimplify::Aggressive);
        }
        changed_ever |= changed;
        if !changed {
            return GreedyResult { changed: changed_ever, converged: true };
        }
    }
}

/// Puts all operations on the worklist. Constants are not visited, only made unique; true when one was replaced.
fn fill(ir: &mut Ir, tracker: &mut Tracker, config: &GreedyConfig) -> bool {
    let mut constants = Constants::default();
    let mut replaced = false;
    let ops = operations_in(ir, tracker.scope);
    let ordered: Box<dyn Iterator<Item = OpId>> =
        if config.top_down { Box::new(ops.into_iter()) } else { Box::new(post_order(ir, tracker.scope).into_iter()) };
    for op in ordered {
        if config.unique_constants && ir.has_trait(op, Trait::ConstantLike) {
            let mut rw = Rewriter::with_listener(ir, tracker);
            replaced |= !constants.insert(&mut rw, op);
        } else {
            tracker.add(ir, op);
        }
    }
    if config.top_down {
        tracker.worklist.reverse();
    }
    replaced
}

/// Parents first.
fn operations_in(ir: &Ir, region: RegionId) -> Vec<OpId> {
    let tops = ir.blocks_of(region).flat_map(|b| ir.ops_of(b));
    tops.flat_map(|op| ir.walk(op)).collect()
}

/// Parents last.
fn post_order(ir: &Ir, region: RegionId) -> Vec<OpId> {
    let mut out = Vec::new();
    let mut work = vec![region];
    // Reversed: parents first, last operations first; turned round at the end.
    let mut pending: Vec<OpId> = Vec::new();
    loop {
        while let Some(region) = work.pop() {
            pending.extend(ir.blocks_of(region).flat_map(|b| ir.ops_of(b)));
        }
        let Some(op) = pending.pop() else { break };
        out.push(op);
        work.extend(ir.regions_of(op).iter().rev());
    }
    out.reverse();
    out
}

fn process(ir: &mut Ir, tracker: &mut Tracker, patterns: &FrozenPatterns, config: &GreedyConfig) -> bool {
    let mut changed = false;
    let mut rewrites = 0u64;
    while config.max_rewrites.is_none_or(|max| rewrites < max) {
        let Some(op) = tracker.worklist.pop() else { break };
        if interfaces::is_trivially_dead(ir, op) {
            Rewriter::with_listener(ir, tracker).erase_op(op);
            changed = true;
            continue;
        }
        if config.fold && !ir.has_trait(op, Trait::ConstantLike) && try_fold(ir, tracker, op) {
            changed = true;
            continue;
        }
        for pattern in patterns.of(ir.name(op)) {
            let mut rw = Rewriter::with_listener(ir, tracker);
            rw.set_before(op);
            if pattern.match_and_rewrite(op, &mut rw) {
                changed = true;
                rewrites += 1;
                break;
            }
        }
    }
    changed
}

/// Folds by the definition, or else by traits. True when something changed.
fn try_fold(ir: &mut Ir, tracker: &mut Tracker, op: OpId) -> bool {
    if let Some(folded) = fold::fold(ir, op) {
        if replace_folded(ir, tracker, op, &folded) {
            return true;
        }
    } else if ir.has_trait(op, Trait::Commutative) && constants_last(ir, op) {
        tracker.add(ir, op);
        return true;
    } else if let Some(value) = fold_by_trait(ir, op) {
        Rewriter::with_listener(ir, tracker).replace_op(op, &[value]);
        return true;
    }
    false
}

fn replace_folded(ir: &mut Ir, tracker: &mut Tracker, op: OpId, folded: &[Folded]) -> bool {
    let (def, loc) = (ir.def(op), ir.loc(op));
    let types: Vec<_> = ir.results(op).map(|r| ir.ty(r)).collect();
    let mut rw = Rewriter::with_listener(ir, tracker);
    rw.set_before(op);
    let mut made = Vec::new();
    let mut values = Vec::new();
    for (f, ty) in folded.iter().zip(types) {
        match *f {
            Folded::Value(v) => values.push(v),
            Folded::Attr(a) => {
                let constant = fold::materialize_constant(&mut rw, def, a, ty, loc);
                let Some(value) = constant.and_then(|c| rw.result(c, 0)) else {
                    // A dialect that cannot write the constant down: as if nothing had been folded.
                    made.into_iter().for_each(|c| rw.erase_op(c));
                    return false;
                };
                made.extend(constant);
                values.push(value);
            }
        }
    }
    rw.replace_op(op, &values);
    true
}

/// Moves constant operands behind the others; true when that changed the order.
fn constants_last(ir: &mut Ir, op: OpId) -> bool {
    let operands: Vec<ValueId> = ir.operands(op).collect();
    let (mut sorted, constants): (Vec<_>, Vec<_>) = operands.iter().partition(|v| fold::constant_of(ir, **v).is_none());
    sorted.extend(constants);
    let changed = sorted != operands;
    if changed {
        ir.set_operands(op, &sorted);
    }
    changed
}

/// `f(f(x))` is `f(x)` for idempotent operations and `x` for involutions.
fn fold_by_trait(ir: &Ir, op: OpId) -> Option<ValueId> {
    let (idempotent, involution) = (ir.has_trait(op, Trait::Idempotent), ir.has_trait(op, Trait::Involution));
    if !(idempotent || involution) || ir.num_results(op) != 1 {
        return None;
    }
    let mut operands = ir.operands(op);
    let first = operands.next()?;
    let same_type = Some(ir.ty(first)) == ir.result(op, 0).map(|r| ir.ty(r));
    let inner = ir.defining_op(first).filter(|i| ir.name(*i) == ir.name(op) && same_type);
    if idempotent {
        // A binary one folds when both operands are one value.
        if operands.len() > 0 && operands.all(|v| v == first) && same_type {
            return Some(first);
        }
        return inner.filter(|i| *i != op && ir.num_operands(op) == 1).map(|_| first);
    }
    inner.filter(|i| *i != op && ir.num_operands(op) == 1).and_then(|i| ir.operand(i, 0))
}

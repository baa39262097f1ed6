//! Values are used where they are available.

use super::{Checked, Failure, error_at, op_error};
use crate::core::{BlockId, Ir, OpId, RegionId, ValueDef, ValueId};
use crate::diag::Diagnostic;
use crate::dominance::{RegionDominance, has_ssa_dominance};
use crate::op_def::Trait;
use rustc_hash::FxHashMap;

/// Positions of the operations seen so far, for all scopes of one run.
pub(super) struct Order {
    position: Vec<u32>,
    next: u32,
}

impl Order {
    pub(super) fn new(ir: &Ir) -> Self {
        Order { position: vec![0; ir.op_bound()], next: 0 }
    }

    /// Checks everything inside `root` up to nested isolated operations.
    pub(super) fn check(&mut self, ir: &Ir, root: OpId) -> Checked {
        let isolated = ir.has_trait(root, Trait::IsolatedFromAbove);
        let mut trees: FxHashMap<RegionId, RegionDominance> = FxHashMap::default();
        let mut work = vec![root];
        while let Some(op) = work.pop() {
            for &region in ir.regions_of(op) {
                let ordered = has_ssa_dominance(ir, region);
                let single = ir.entry(region).is_some_and(|b| ir.next_block(b).is_none());
                for block in ir.blocks_of(region) {
                    let reachable = single || tree(&mut trees, ir, region).is_reachable(block);
                    for user in ir.ops_of(block) {
                        if reachable {
                            for (i, value) in ir.operands(user).enumerate() {
                                if !self.available_here(ir, value, block, ordered)
                                    && !self.available(ir, &mut trees, value, user, root, isolated)?
                                {
                                    return Err(diagnose(ir, user, i, value));
                                }
                            }
                        }
                        self.next += 1;
                        self.position[user.index()] = self.next;
                        if !ir.regions_of(user).is_empty() && !ir.has_trait(user, Trait::IsolatedFromAbove) {
                            work.push(user);
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// The common case: an argument of the block, or a result of an operation of it that was seen already.
    fn available_here(&self, ir: &Ir, value: ValueId, block: BlockId, ordered: bool) -> bool {
        match ir.value_def(value) {
            ValueDef::Argument { block: b, .. } => b == block,
            ValueDef::Result { op, .. } => {
                ir.block_of(op) == Some(block) && (!ordered || self.position[op.index()] != 0)
            }
        }
    }

    /// The general case: the definition is in another block, perhaps of a region around.
    fn available(
        &self,
        ir: &Ir,
        trees: &mut FxHashMap<RegionId, RegionDominance>,
        value: ValueId,
        user: OpId,
        root: OpId,
        isolated: bool,
    ) -> Result<bool, Failure> {
        let Some(def_block) = ir.value_block(value) else { return Ok(false) };
        let Some(region) = ir.region_of(def_block) else { return Ok(false) };
        // The operation in the region of the definition that is or holds the user.
        let mut here = user;
        loop {
            match ir.block_of(here) {
                Some(b) if ir.region_of(b) == Some(region) => break,
                Some(b) => match ir.parent_of_block(b) {
                    Some(parent) if parent == root && isolated => {
                        // Not inside the isolated operation, unless deeper in it, which dominance reports.
                        if region_inside(ir, region, root) {
                            return Ok(false);
                        }
                        let mut f = op_error(ir, user, "using value defined outside the region");
                        f.diagnostic = f.diagnostic.note(ir.loc(root), "required by region isolation constraints");
                        return Err(f);
                    }
                    Some(parent) => here = parent,
                    None => return Ok(false),
                },
                None => return Ok(false),
            }
        }
        let Some(block) = ir.block_of(here) else { return Ok(false) };
        if block != def_block {
            return Ok(tree(trees, ir, region).dominates(def_block, block));
        }
        Ok(match ir.value_def(value) {
            ValueDef::Argument { .. } => true,
            ValueDef::Result { op, .. } if has_ssa_dominance(ir, region) => self.is_before(ir, op, here),
            ValueDef::Result { .. } => true,
        })
    }

    /// Order of two operations of one block. Inside the checked scope both have positions; around it, the block is walked.
    fn is_before(&self, ir: &Ir, a: OpId, b: OpId) -> bool {
        match (self.position[a.index()], self.position[b.index()]) {
            (x, y) if x != 0 && y != 0 => x < y,
            // `b` is visited or holds what is visited: an `a` not seen yet comes later, unless both lie outside the scope.
            (0, y) if y != 0 => false,
            _ => a != b && std::iter::successors(ir.next(a), |&o| ir.next(o)).any(|o| o == b),
        }
    }
}

fn tree<'t>(trees: &'t mut FxHashMap<RegionId, RegionDominance>, ir: &Ir, region: RegionId) -> &'t RegionDominance {
    trees.entry(region).or_insert_with(|| RegionDominance::new(ir, region))
}

fn region_inside(ir: &Ir, region: RegionId, root: OpId) -> bool {
    ir.region_parent(region).is_some_and(|p| ir.is_inside(p, root))
}

/// Whether `outer` holds `inner`.
fn holds(ir: &Ir, outer: RegionId, inner: RegionId) -> bool {
    let up = |r: RegionId| ir.region_parent(r).and_then(|p| ir.block_of(p)).and_then(|b| ir.region_of(b));
    std::iter::successors(up(inner), |&r| up(r)).any(|r| r == outer)
}

fn diagnose(ir: &Ir, user: OpId, operand: usize, value: ValueId) -> Failure {
    let mut f = error_at(ir, user, format!("operand #{operand} does not dominate this use"));
    let block = ir.block_of(user);
    let region = block.and_then(|b| ir.region_of(b));
    let def_block = ir.value_block(value);
    let def_region = def_block.and_then(|b| ir.region_of(b));
    let relation = match (region, def_region) {
        (Some(r), Some(d)) if r == d => Some("same"),
        (Some(r), Some(d)) if holds(ir, d, r) => Some("parent"),
        (Some(r), Some(d)) if holds(ir, r, d) => Some("child"),
        _ => None,
    };
    let (loc, text) = match ir.value_def(value) {
        ValueDef::Result { op, .. } => {
            let place = match relation {
                _ if block == def_block && block.is_some() => "op in the same block",
                Some("same") => "op in the same region",
                Some("parent") => "op in a parent region",
                Some(_) => "op in a child region",
                None => "op is neither in a parent nor in a child region",
            };
            (ir.loc(op), format!("operand defined here ({place})"))
        }
        ValueDef::Argument { block: b, .. } => {
            let loc = ir.parent_of_block(b).map_or(ir.ctx().unknown_loc(), |p| ir.loc(p));
            match def_region {
                None => (loc, " (block without parent)".to_string()),
                Some(d) => {
                    let index = ir.blocks_of(d).position(|x| x == b).unwrap_or(0);
                    let place = match relation {
                        Some("same") => " in the same region)",
                        Some("parent") => " in a parent region)",
                        Some(_) => " in a child region)",
                        None => " neither in a parent nor in a child region)",
                    };
                    (loc, format!("operand defined as a block argument (block #{index}{place}"))
                }
            }
        }
    };
    f.diagnostic = Diagnostic::note(f.diagnostic, loc, text);
    f
}

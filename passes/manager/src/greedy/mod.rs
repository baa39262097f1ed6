//! The greedy pattern driver: folds, rewrites and removes dead operations until nothing changes.
//!
//! Order of work is that of MLIR, so that results are the same: operations are visited in program order (or its reverse), what
//! a rewrite touches is visited next, constants are made unique and collected at the start of the enclosing isolated region,
//! and after each round the control flow is tidied.

mod constants;
mod driver;
mod regions;
mod worklist;

use cim_ir::op_def::Trait;
use cim_ir::rewrite::{PatternSet, RewritePattern};
use cim_ir::{Context, Ir, OpId, OpName};
use rustc_hash::FxHashMap;
use std::sync::Arc;

crate::choice! {
    /// How much the control flow is tidied after each round.
    pub enum RegionSimplify {
        /// Don't run any control-flow simplification.
        Disabled = "disabled",
        /// Perform simple control-flow simplifications (e.g. dead args elimination).
        Normal = "normal",
        /// Perform aggressive control-flow simplification (e.g. block merging).
        Aggressive = "aggressive",
    }
}

/// How the driver works.
#[derive(Clone, Copy, Debug)]
pub struct GreedyConfig {
    /// Visit operations in program order; otherwise last ones first.
    pub top_down: bool,
    /// Rounds; None: until nothing changes.
    pub max_iterations: Option<u64>,
    /// Pattern rewrites per round; None: any number.
    pub max_rewrites: Option<u64>,
    /// Control flow.
    pub region_simplify: RegionSimplify,
    /// Fold operations.
    pub fold: bool,
    /// Make constants unique and collect them.
    pub unique_constants: bool,
}

impl Default for GreedyConfig {
    fn default() -> Self {
        GreedyConfig {
            top_down: true,
            max_iterations: Some(10),
            max_rewrites: None,
            region_simplify: RegionSimplify::Aggressive,
            fold: true,
            unique_constants: true,
        }
    }
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GreedyResult {
    /// Something changed.
    pub changed: bool,
    /// A last round changed nothing.
    pub converged: bool,
}

/// Patterns ready for use: by operation name, highest benefit first, in order of addition among equals.
pub struct FrozenPatterns {
    by_name: FxHashMap<OpName, Vec<Arc<dyn RewritePattern>>>,
    any: Vec<Arc<dyn RewritePattern>>,
}

impl FrozenPatterns {
    /// Sorts patterns.
    pub fn new(ctx: &Context, mut all: Vec<Arc<dyn RewritePattern>>) -> Self {
        all.sort_by_key(|p| std::cmp::Reverse(p.benefit()));
        let mut by_name: FxHashMap<OpName, Vec<_>> = FxHashMap::default();
        for pattern in &all {
            if let Some(root) = pattern.root() {
                by_name.entry(ctx.op_name(root)).or_default();
            }
        }
        for pattern in &all {
            match pattern.root() {
                Some(root) => by_name.entry(ctx.op_name(root)).or_default().push(pattern.clone()),
                // Patterns for any operation are tried between the others, by benefit.
                None => by_name.values_mut().for_each(|list| list.push(pattern.clone())),
            }
        }
        let any = all.into_iter().filter(|p| p.root().is_none()).collect();
        FrozenPatterns { by_name, any }
    }
    /// All patterns of a set.
    pub fn of_set(ctx: &Context, set: &PatternSet) -> Self {
        Self::new(ctx, set.patterns().to_vec())
    }
    /// Patterns that may match an operation of that name.
    pub fn of(&self, name: OpName) -> &[Arc<dyn RewritePattern>] {
        self.by_name.get(&name).unwrap_or(&self.any)
    }
}

/// Applies patterns to everything inside the regions of `root`, which must be isolated from above.
pub fn apply_greedily(ir: &mut Ir, root: OpId, patterns: &FrozenPatterns, config: &GreedyConfig) -> GreedyResult {
    let mut result = GreedyResult { changed: false, converged: true };
    for region in ir.regions_of(root).to_vec() {
        let r = driver::run(ir, region, patterns, config);
        result.changed |= r.changed;
        result.converged &= r.converged;
    }
    result
}

/// Whether an operation's regions may use values from outside, as far as is known.
fn may_be_isolated(ir: &Ir, op: OpId) -> bool {
    ir.def(op).is_none() || ir.has_trait(op, Trait::IsolatedFromAbove)
}

//! `canonicalize`: folding and the canonicalisation patterns of all registered operations.

use cim_ir::rewrite::PatternSet;
use cim_ir::{Diagnostic, Ir};
use cim_pass::greedy::{FrozenPatterns, GreedyConfig, RegionSimplify, apply_greedily};
use cim_pass::{Pass, PassResult, PassRun, pass};

pass! {
    /// Canonicalize operations.
    ///
    /// Folds operations, applies the canonicalisation patterns of all registered operations, removes dead operations and
    /// unreachable blocks, and makes constants unique, until nothing changes or `max-iterations` rounds have passed.
    pub struct Canonicalize = "canonicalize", "Canonicalizer" {
        options {
            /// Seed the worklist in general top-down order
            top_down: bool = true,
            /// Perform control flow optimizations to the region tree
            region_simplify: RegionSimplify = RegionSimplify::Normal,
            /// Max. iterations between applying patterns / simplifying regions
            max_iterations: i64 = 10,
            /// Max. number of pattern rewrites within an iteration
            max_num_rewrites: i64 = -1,
            /// Test only: Fail pass on non-convergence to detect cyclic pattern
            test_convergence: bool = false,
            /// Labels of patterns that should be filtered out during application
            disable_patterns: Vec<String> = Vec::new(),
            /// Labels of patterns that should be used during application, all other patterns are filtered out
            enable_patterns: Vec<String> = Vec::new(),
        }
    }
}

impl Canonicalize {
    fn patterns(&self, ir: &Ir) -> FrozenPatterns {
        let mut set = PatternSet::new();
        for dialect in ir.ctx().registry().dialects() {
            for def in dialect.ops {
                if let Some(add) = def.canonicalize {
                    add(&mut set);
                }
            }
        }
        let named = |list: &[String], name: &str| list.iter().any(|n| n == name);
        let wanted = set.patterns().iter().filter(|p| {
            !named(&self.disable_patterns, p.name())
                && (self.enable_patterns.is_empty() || named(&self.enable_patterns, p.name()))
        });
        FrozenPatterns::new(ir.ctx(), wanted.cloned().collect())
    }
}

impl Pass for Canonicalize {
    fn run(&self, run: &mut PassRun<'_>) -> PassResult {
        let config = GreedyConfig {
            top_down: self.top_down,
            region_simplify: self.region_simplify,
            max_iterations: u64::try_from(self.max_iterations).ok(),
            max_rewrites: u64::try_from(self.max_num_rewrites).ok(),
            ..Default::default()
        };
        let patterns = self.patterns(run.ir);
        let op = run.op();
        let result = apply_greedily(run.ir, op, &patterns, &config);
        if !result.changed {
            run.preserve_all();
        }
        if self.test_convergence && !result.converged {
            let what = format!("canonicalization did not converge within {} iterations", self.max_iterations);
            return Err(Diagnostic::error(run.ir.loc(op), what).into());
        }
        Ok(())
    }
}

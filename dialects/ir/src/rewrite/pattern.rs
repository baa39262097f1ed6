//! Rewrite patterns.

use super::Rewriter;
use crate::core::OpId;
use crate::view::OpView;
use std::sync::Arc;

/// A local rewrite.
pub trait RewritePattern: Send + Sync {
    /// Name, for debugging and statistics.
    fn name(&self) -> &str;
    /// The operation it looks at; None: any.
    fn root(&self) -> Option<&'static str>;
    /// Among patterns that may apply, a higher benefit is tried first.
    fn benefit(&self) -> u16 {
        1
    }
    /// Rewrites `op` and returns true, or leaves everything as it was and returns false.
    fn match_and_rewrite(&self, op: OpId, rewriter: &mut Rewriter<'_>) -> bool;
}

/// A pattern that is a function.
pub struct FnPattern<F> {
    name: &'static str,
    root: Option<&'static str>,
    benefit: u16,
    rewrite: F,
}

impl<F: Fn(OpId, &mut Rewriter<'_>) -> bool + Send + Sync> RewritePattern for FnPattern<F> {
    fn name(&self) -> &str {
        self.name
    }
    fn root(&self) -> Option<&'static str> {
        self.root
    }
    fn benefit(&self) -> u16 {
        self.benefit
    }
    fn match_and_rewrite(&self, op: OpId, rewriter: &mut Rewriter<'_>) -> bool {
        (self.rewrite)(op, rewriter)
    }
}

/// Patterns in order of addition.
#[derive(Clone, Default)]
pub struct PatternSet {
    patterns: Vec<Arc<dyn RewritePattern>>,
}

impl PatternSet {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }
    /// Adds a pattern.
    pub fn add(&mut self, pattern: impl RewritePattern + 'static) -> &mut Self {
        self.patterns.push(Arc::new(pattern));
        self
    }
    /// Adds a function that rewrites a declared operation.
    pub fn on<O, F>(&mut self, name: &'static str, rewrite: F) -> &mut Self
    where
        O: OpView,
        F: Fn(O, &mut Rewriter<'_>) -> bool + Send + Sync + 'static,
    {
        let rewrite = move |op: OpId, rw: &mut Rewriter<'_>| match O::of(rw, op) {
            Some(view) => rewrite(view, rw),
            None => false,
        };
        self.add(FnPattern { name, root: Some(O::DEF.name), benefit: 1, rewrite })
    }
    /// Adds a function that rewrites operations of a name, or any.
    pub fn add_fn<F>(&mut self, name: &'static str, root: Option<&'static str>, benefit: u16, rewrite: F) -> &mut Self
    where
        F: Fn(OpId, &mut Rewriter<'_>) -> bool + Send + Sync + 'static,
    {
        self.add(FnPattern { name, root, benefit, rewrite })
    }
    /// All patterns.
    pub fn patterns(&self) -> &[Arc<dyn RewritePattern>] {
        &self.patterns
    }
}

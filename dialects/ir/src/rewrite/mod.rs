//! Building and rewriting: insertion points, listeners, patterns, folding.
//!
//! - [`OpBuilder`] creates operations at an insertion point and tells a [`Listener`]
//! - [`Rewriter`] adds what patterns need: replace, erase, move, inline, modify in place
//! - [`RewritePattern`], [`PatternSet`]: what a driver applies
//! - [`fold`]: folding by definitions and constants by dialects

mod builder;
pub mod fold;
mod pattern;
mod rewriter;

pub use builder::{InsertPoint, Listener, OpBuilder};
pub use fold::{FoldResult, Folded};
pub use pattern::{FnPattern, PatternSet, RewritePattern};
pub use rewriter::Rewriter;

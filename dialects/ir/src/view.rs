//! Traits of declared operations: the typed view, and what may be implemented by hand.

use crate::core::{Attribute, Context, Ir, OpId, OpState, Type};
use crate::diag::Diagnostic;
use crate::op_def::{InferInput, OpDef};
use crate::rewrite::{FoldResult, PatternSet};
use crate::text::asm::{OpParser, OpPrinter, ParseResult};
use smallvec::SmallVec;

/// An operation known to be of a declared kind: an id with typed accessors.
pub trait OpView: Copy {
    /// The declaration.
    const DEF: &'static OpDef;
    /// The view of an operation of this kind, unchecked; accessors of a wrong one return placeholders.
    fn wrap(op: OpId) -> Self;
    /// The operation.
    fn op(self) -> OpId;
    /// The view of `op` if it is of this kind.
    fn of(ir: &Ir, op: OpId) -> Option<Self> {
        ir.def(op).is_some_and(|d| std::ptr::eq(d, Self::DEF)).then(|| Self::wrap(op))
    }
}

/// Checks beyond the declaration; runs when operands, results, properties and traits are in order.
pub trait Verify: OpView {
    /// The check.
    fn verify(self, ir: &Ir) -> Result<(), Diagnostic>;
}

/// Checks of finished regions; runs when everything inside them is in order.
pub trait VerifyRegions: OpView {
    /// The check.
    fn verify_regions(self, ir: &Ir) -> Result<(), Diagnostic>;
}

/// Folding.
pub trait Fold: OpView {
    /// What the results are, when that is known: constants or other values. `constants` are the values of constant operands.
    fn fold(self, ir: &Ir, constants: &[Option<Attribute>]) -> FoldResult;
}

/// Canonicalisation patterns.
pub trait Canonicalize: OpView {
    /// Adds the patterns.
    fn patterns(set: &mut PatternSet);
}

/// Result types that follow from the rest.
pub trait InferResults: OpView {
    /// The types, in order, or why there are none; completes "'x' op ...".
    fn infer(input: &InferInput<'_>) -> Result<SmallVec<[Type; 2]>, String>;
}

/// Custom assembly written by hand; see [`crate::text::asm`].
pub trait CustomAsm: OpView {
    /// Reads what follows the operation's name.
    fn parse(p: &mut OpParser<'_>, state: &mut OpState) -> ParseResult;
    /// Prints what follows the operation's name, starting with a space.
    fn print(self, ir: &Ir, p: &mut OpPrinter<'_>);
}

/// Checks of the parameters of a type or attribute.
pub trait VerifyParams {
    /// The check; the message completes "invalid ...: ".
    fn verify(ctx: &Context, params: &[Attribute]) -> Result<(), String>;
}

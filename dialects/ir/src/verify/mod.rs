//! The verifier.
//!
//! Order and wording follow MLIR: an operation's own declaration first, then its regions, then what its regions promise as a
//! whole, and when an isolated operation is done, dominance inside it. The first error inside an isolated operation ends the check
//! of that operation; isolated siblings are still checked, so that several functions report at once. Time is linear in the
//! program, and depth of nesting costs heap, not stack.

mod declared;
mod dominate;
mod traits;

use crate::core::{BlockId, Ir, OpId, RegionId};
use crate::diag::Diagnostic;
use crate::op_def::{Trait, TraitSet};
use crate::text::{PrintOptions, print_op};
use smallvec::SmallVec;

/// Checks `root` and everything inside it. The order of errors is that of the program.
pub fn verify(ir: &Ir, root: OpId) -> Result<(), Vec<Diagnostic>> {
    let mut v = Verifier { ir, frames: Vec::new(), errors: Vec::new(), order: dominate::Order::new(ir) };
    v.scope(root);
    if v.errors.is_empty() { Ok(()) } else { Err(v.errors) }
}

/// An error, and the operation to show under "see current operation".
struct Failure {
    diagnostic: Diagnostic,
    op: Option<OpId>,
}

type Checked = Result<(), Failure>;

/// "'name' op message", with the operation shown.
fn op_error(ir: &Ir, op: OpId, message: impl std::fmt::Display) -> Failure {
    Failure { diagnostic: ir.op_error(op, message), op: Some(op) }
}
/// A message without the operation's name, with the operation shown.
fn error_at(ir: &Ir, op: OpId, message: impl Into<String>) -> Failure {
    Failure { diagnostic: Diagnostic::error(ir.loc(op), message), op: Some(op) }
}
/// An error of a check written by hand.
fn by_hand(op: OpId) -> impl Fn(Diagnostic) -> Failure {
    move |diagnostic| Failure { diagnostic, op: Some(op) }
}

/// An operation whose regions are being walked.
struct Frame {
    op: OpId,
    /// The next region to enter.
    region: usize,
    /// Current block and the next operation in it.
    block: Option<BlockId>,
    next: Option<OpId>,
    /// Isolated operations directly inside: checked when all else inside is.
    isolated: SmallVec<[OpId; 2]>,
    done: usize,
    failed: bool,
    /// Is the root of an isolated scope.
    scope: bool,
}

struct Verifier<'a> {
    ir: &'a Ir,
    frames: Vec<Frame>,
    errors: Vec<Diagnostic>,
    order: dominate::Order,
}

impl<'a> Verifier<'a> {
    fn scope(&mut self, root: OpId) {
        if let Err(f) = enter_op(self.ir, root) {
            return self.report(f);
        }
        self.push(root, true);
        while let Some(frame) = self.frames.last_mut() {
            match step(self.ir, frame) {
                Ok(Step::Continue) => {}
                Ok(Step::Into(op)) => self.push(op, false),
                Ok(Step::Isolated(op)) => match enter_op(self.ir, op) {
                    Ok(()) => self.push(op, true),
                    Err(f) => {
                        frame.failed = true;
                        self.report(f);
                    }
                },
                Ok(Step::Done) => self.finish(),
                Err(f) => {
                    self.report(f);
                    self.abandon();
                }
            }
        }
    }

    fn push(&mut self, op: OpId, scope: bool) {
        let frame =
            Frame { op, region: 0, block: None, next: None, isolated: SmallVec::new(), done: 0, failed: false, scope };
        self.frames.push(frame);
    }

    /// All inside the last frame's operation is checked, its isolated operations too.
    fn finish(&mut self) {
        let Some(frame) = self.frames.last() else { return };
        if frame.failed {
            return self.abandon();
        }
        let (op, scope) = (frame.op, frame.scope);
        let mut checked = exit_op(self.ir, op);
        if checked.is_ok() && scope {
            checked = self.order.check(self.ir, op);
        }
        match checked {
            Ok(()) => {
                self.frames.pop();
            }
            Err(f) => {
                self.report(f);
                self.abandon();
            }
        }
    }

    /// Leaves the scope in which an error was found; the operation around it counts as failed too.
    fn abandon(&mut self) {
        while let Some(frame) = self.frames.pop() {
            if frame.scope {
                break;
            }
        }
        if let Some(outer) = self.frames.last_mut() {
            outer.failed = true;
        }
    }

    fn report(&mut self, f: Failure) {
        let Failure { mut diagnostic, op } = f;
        if let Some(op) = op
            && self.ir.ctx().shows_operations()
        {
            diagnostic.notes.insert(0, (self.ir.loc(op), see_operation(self.ir, op)));
        }
        self.errors.push(diagnostic);
    }
}

/// The note "see current operation".
pub fn see_operation(ir: &Ir, op: OpId) -> String {
    format!("see current operation: {}", shown(ir, op))
}

/// An operation as diagnostics show it: generic, on lines of its own if it has several.
fn shown(ir: &Ir, op: OpId) -> String {
    let options = PrintOptions { elide_elements: Some(16), ..PrintOptions::generic() };
    let text = print_op(ir, op, &options);
    if text.contains('\n') { format!("\n{text}") } else { text }
}

enum Step {
    Continue,
    Into(OpId),
    Isolated(OpId),
    Done,
}

/// Moves on by one operation, block or region.
fn step(ir: &Ir, frame: &mut Frame) -> Result<Step, Failure> {
    if let Some(op) = frame.next {
        frame.next = ir.next(op);
        let has_regions = !ir.regions_of(op).is_empty();
        if has_regions && ir.has_trait(op, Trait::IsolatedFromAbove) {
            frame.isolated.push(op);
            return Ok(Step::Continue);
        }
        enter_op(ir, op)?;
        if has_regions {
            return Ok(Step::Into(op));
        }
        exit_op(ir, op)?;
        return Ok(Step::Continue);
    }
    let next_block = match frame.block {
        Some(block) => {
            exit_block(ir, frame.op, block)?;
            ir.next_block(block)
        }
        None => None,
    };
    if let Some(block) = next_block.or_else(|| next_region(ir, frame)) {
        enter_block(ir, frame.op, block)?;
        (frame.block, frame.next) = (Some(block), ir.first_op(block));
        return Ok(Step::Continue);
    }
    frame.block = None;
    match frame.isolated.get(frame.done) {
        Some(&op) => {
            frame.done += 1;
            Ok(Step::Isolated(op))
        }
        None => Ok(Step::Done),
    }
}

/// Entry of the next region that has blocks.
fn next_region(ir: &Ir, frame: &mut Frame) -> Option<BlockId> {
    while let Some(&region) = ir.regions_of(frame.op).get(frame.region) {
        frame.region += 1;
        if let Some(entry) = ir.entry(region) {
            return Some(entry);
        }
    }
    None
}

fn has_one_block(ir: &Ir, region: RegionId) -> bool {
    ir.entry(region).is_some_and(|b| ir.next_block(b).is_none())
}

/// A block may lack a terminator if it is the only one and its operation may allow that: unregistered ones may.
fn needs_terminator(ir: &Ir, parent: OpId, block: BlockId) -> bool {
    let only = ir.region_of(block).is_none_or(|r| has_one_block(ir, r));
    !(only && (ir.def(parent).is_none() || ir.has_trait(parent, Trait::NoTerminator)))
}

fn enter_block(ir: &Ir, parent: OpId, block: BlockId) -> Checked {
    if ir.first_op(block).is_none() && needs_terminator(ir, parent, block) {
        let diagnostic = Diagnostic::error(ir.loc(parent), "empty block: expect at least a terminator");
        return Err(Failure { diagnostic, op: None });
    }
    Ok(())
}

fn exit_block(ir: &Ir, parent: OpId, block: BlockId) -> Checked {
    let Some(last) = ir.last_op(block) else { return Ok(()) };
    let region = ir.region_of(block);
    if ir.successors(last).iter().any(|&s| ir.region_of(s) != region) {
        return Err(op_error(ir, last, "branching to block of a different region"));
    }
    let terminates = ir.def(last).is_none() || ir.has_trait(last, Trait::Terminator);
    if !terminates && needs_terminator(ir, parent, block) {
        return Err(error_at(ir, last, format!("block with no terminator, has {}", shown(ir, last))));
    }
    Ok(())
}

/// What is checked before the regions.
fn enter_op(ir: &Ir, op: OpId) -> Checked {
    if !ir.successors(op).is_empty() && ir.next(op).is_some() {
        return Err(error_at(ir, op, "operation with block successors must terminate its parent block"));
    }
    let data = ir.ctx().op_name_data(ir.name(op));
    if let Some(def) = data.def {
        declared::counts(ir, op, def)?;
        if !data.traits.disjoint(traits::STRUCTURAL) {
            traits::structural(ir, op, def)?;
        }
        declared::groups(ir, op, def)?;
        declared::constraints(ir, op, def)?;
        if !data.traits.disjoint(traits::TYPED) {
            traits::typed(ir, op, def)?;
        }
        if !def.interfaces.is_empty() {
            traits::branch(ir, op)?;
        }
        if let Some(verify) = def.verify {
            verify(ir, op).map_err(by_hand(op))?;
        }
    }
    for (i, &region) in ir.regions_of(op).iter().enumerate() {
        let Some(entry) = ir.entry(region) else { continue };
        if ir.next_block(entry).is_none() {
            // One block: only its own terminator could branch to it.
            if ir.last_op(entry).is_some_and(|t| ir.successors(t).contains(&entry)) {
                return Err(entry_has_predecessors(ir, op));
            }
            continue;
        }
        if data.traits.has(Trait::GraphRegion) {
            return Err(op_error(ir, op, format!("expects graph region #{i} to have 0 or 1 blocks")));
        }
        let branches = |b: BlockId| ir.last_op(b).is_some_and(|t| ir.successors(t).contains(&entry));
        if ir.blocks_of(region).any(branches) {
            return Err(entry_has_predecessors(ir, op));
        }
    }
    Ok(())
}

fn entry_has_predecessors(ir: &Ir, op: OpId) -> Failure {
    let diagnostic = Diagnostic::error(ir.loc(op), "entry block of region may not have predecessors");
    Failure { diagnostic, op: None }
}

/// What is checked after the regions.
fn exit_op(ir: &Ir, op: OpId) -> Checked {
    let data = ir.ctx().op_name_data(ir.name(op));
    let Some(def) = data.def else { return unregistered(ir, op) };
    const REGION_TRAITS: TraitSet = TraitSet::of(&[Trait::SymbolTable, Trait::ImplicitTerminator(&[])]);
    if !data.traits.disjoint(REGION_TRAITS) {
        traits::regions(ir, op, def)?;
    }
    match def.verify_regions {
        Some(verify) => verify(ir, op).map_err(by_hand(op)),
        None => Ok(()),
    }
}

/// Operations without a definition are kept when that is allowed and their dialect is unknown or open.
fn unregistered(ir: &Ir, op: OpId) -> Checked {
    let ctx = ir.ctx();
    let name = ir.name_str(op);
    match ctx.registry().dialect_of(name) {
        Some(d) if d.open && ctx.allows_unregistered() => Ok(()),
        Some(d) => {
            let text = format!(
                "unregistered operation '{name}' found in dialect ('{}') that does not allow unknown operations",
                d.name
            );
            Err(error_at(ir, op, text))
        }
        None if ctx.allows_unregistered() => Ok(()),
        None => Err(op_error(
            ir,
            op,
            "created with unregistered dialect. If this is intended, please call allowUnregisteredDialects() on the \
             MLIRContext, or use -allow-unregistered-dialect with the MLIR opt tool used",
        )),
    }
}

//! The conversion drivers.

use crate::casts;
use crate::target::{ConversionTarget, Legality};
use crate::type_converter::TypeConverter;
use cim_ir::rewrite::{Listener, OpBuilder, Rewriter};
use cim_ir::{BlockId, Diagnostic, Ir, OpId, OpState, RegionId, Type, ValueId};
use rustc_hash::FxHashSet;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

/// Turns an operation into legal ones, or into ones that other patterns turn into legal ones.
pub trait ConversionPattern: Send + Sync {
    /// The operation it looks at; None: any.
    fn root(&self) -> Option<&'static str>;
    /// Among patterns that may apply, a higher benefit is tried first.
    fn benefit(&self) -> u16 {
        1
    }
    /// Whether it may apply to what it produced itself: it ends after a few steps. Otherwise that counts as going in circles.
    fn has_bounded_recursion(&self) -> bool {
        false
    }
    /// Rewrites `op`. `operands` are its operands as they are after conversion: one group of values per operand, of the types
    /// that the converter gives (the operand itself without a converter, or where it converts nothing).
    /// False: does not apply. Whatever was changed until then is undone, as it is when the result cannot be made legal.
    fn rewrite(&self, op: OpId, operands: &[Vec<ValueId>], rewriter: &mut ConversionRewriter<'_>) -> bool;
}

struct FnPattern<F> {
    root: Option<&'static str>,
    benefit: u16,
    rewrite: F,
}

impl<F> ConversionPattern for FnPattern<F>
where
    F: Fn(OpId, &[Vec<ValueId>], &mut ConversionRewriter<'_>) -> bool + Send + Sync,
{
    fn root(&self) -> Option<&'static str> {
        self.root
    }
    fn benefit(&self) -> u16 {
        self.benefit
    }
    fn rewrite(&self, op: OpId, operands: &[Vec<ValueId>], rewriter: &mut ConversionRewriter<'_>) -> bool {
        (self.rewrite)(op, operands, rewriter)
    }
}

/// Patterns of a conversion; of equal benefit the first added is tried first.
#[derive(Clone, Default)]
pub struct ConversionPatterns {
    list: Vec<Arc<dyn ConversionPattern>>,
}

impl ConversionPatterns {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }
    /// Adds a pattern.
    pub fn add(&mut self, pattern: impl ConversionPattern + 'static) -> &mut Self {
        self.list.push(Arc::new(pattern));
        self.list.sort_by_key(|p| std::cmp::Reverse(p.benefit()));
        self
    }
    /// Adds a function that rewrites operations of a name.
    pub fn on<F>(&mut self, root: &'static str, rewrite: F) -> &mut Self
    where
        F: Fn(OpId, &[Vec<ValueId>], &mut ConversionRewriter<'_>) -> bool + Send + Sync + 'static,
    {
        self.add(FnPattern { root: Some(root), benefit: 1, rewrite })
    }
}

/// What conversion patterns change the program with.
pub struct ConversionRewriter<'a> {
    rewriter: Rewriter<'a>,
    converter: &'a TypeConverter,
}

impl<'a> Deref for ConversionRewriter<'a> {
    type Target = Rewriter<'a>;
    fn deref(&self) -> &Rewriter<'a> {
        &self.rewriter
    }
}
impl<'a> DerefMut for ConversionRewriter<'a> {
    fn deref_mut(&mut self) -> &mut Rewriter<'a> {
        &mut self.rewriter
    }
}

impl ConversionRewriter<'_> {
    /// The type converter.
    pub fn converter(&self) -> &TypeConverter {
        self.converter
    }
    /// What a type becomes.
    pub fn convert_type(&self, ty: Type) -> Option<Vec<Type>> {
        self.converter.convert(self.context(), ty)
    }

    /// Replaces the results of `op`, each by a group of values, and erases it. Users that are not converted yet get a value of
    /// the original type.
    pub fn replace(&mut self, op: OpId, groups: &[Vec<ValueId>]) {
        let loc = self.loc(op);
        let results: Vec<ValueId> = self.results(op).collect();
        for (&from, group) in results.iter().zip(groups) {
            let ty = self.ty(from);
            let to = match group[..] {
                [one] if self.ty(one) == ty => one,
                _ if self.is_unused(from) => continue,
                _ => {
                    self.rewriter.set_after(op);
                    self.converter.source_value(&mut self.rewriter, group, ty, loc)
                }
            };
            self.rewriter.replace_all_uses_with(from, to);
        }
        self.rewriter.erase_op(op);
    }
    /// Creates an operation in place of `op` with one result per result.
    pub fn replace_with_op(&mut self, op: OpId, state: OpState) -> OpId {
        self.rewriter.set_before(op);
        let new = self.rewriter.create(state);
        let groups: Vec<Vec<ValueId>> = self.results(new).map(|v| vec![v]).collect();
        self.replace(op, &groups);
        new
    }

    /// Gives a block arguments of converted types; inside, casts give back the original ones. False, with nothing changed, when
    /// some type has no conversion.
    pub fn convert_signature(&mut self, block: BlockId) -> bool {
        let old = self.args(block).to_vec();
        let types: Option<Vec<Vec<Type>>> = old.iter().map(|v| self.convert_type(self.ty(*v))).collect();
        let Some(types) = types else { return false };
        if old.iter().zip(&types).all(|(v, t)| t[..] == [self.ty(*v)]) {
            return true;
        }
        self.rewriter.set_start(block);
        for (&arg, types) in old.iter().zip(&types) {
            let (ty, loc) = (self.ty(arg), self.arg_loc(arg));
            let known = (loc != self.context().unknown_loc()).then_some(loc);
            let ir = self.rewriter.ir_mut();
            let new: Vec<ValueId> = types.iter().map(|t| ir.add_argument(block, *t, known)).collect();
            if self.is_unused(arg) {
                continue;
            }
            let value = match new[..] {
                [one] if self.ty(one) == ty => one,
                _ => self.converter.source_value(&mut self.rewriter, &new, ty, loc),
            };
            self.rewriter.replace_all_uses_with(arg, value);
        }
        let ir = self.rewriter.ir_mut();
        (0..old.len()).for_each(|_| ir.remove_argument(block, 0));
        true
    }
    /// [`Self::convert_signature`] for all blocks of a region.
    pub fn convert_region(&mut self, region: RegionId) -> bool {
        let blocks: Vec<BlockId> = self.blocks_of(region).collect();
        blocks.into_iter().all(|b| self.convert_signature(b))
    }
}

/// Converts everything inside `root` that the target calls illegal. What patterns produce must be legal, too.
///
/// # Errors
/// "failed to legalize operation 'x' that was explicitly marked illegal", at the first such operation; nothing has changed then.
pub fn apply_partial(
    ir: &mut Ir,
    root: OpId,
    target: &ConversionTarget,
    converter: &TypeConverter,
    patterns: &ConversionPatterns,
) -> Result<(), Diagnostic> {
    Driver { target, converter, patterns, full: false }.run(ir, root)
}

/// Converts everything inside `root` that the target does not call legal.
///
/// # Errors
/// "failed to legalize operation 'x'", at the first operation that no pattern makes legal; nothing has changed then.
pub fn apply_full(
    ir: &mut Ir,
    root: OpId,
    target: &ConversionTarget,
    converter: &TypeConverter,
    patterns: &ConversionPatterns,
) -> Result<(), Diagnostic> {
    Driver { target, converter, patterns, full: true }.run(ir, root)
}

struct Driver<'a> {
    target: &'a ConversionTarget,
    converter: &'a TypeConverter,
    patterns: &'a ConversionPatterns,
    full: bool,
}

/// Patterns may produce operations that need patterns; more steps than this is a cycle.
const MAX_STEPS: usize = 64;

/// Collects what patterns create or move.
#[derive(Default)]
struct Inserted(Vec<OpId>);

impl Listener for Inserted {
    fn op_inserted(&mut self, _: &Ir, op: OpId) {
        self.0.push(op);
    }
}

/// Operations to look at, each once.
#[derive(Default)]
struct Worklist {
    stack: Vec<OpId>,
    seen: FxHashSet<OpId>,
    /// Inside of operations that are legal with their contents.
    ignored: FxHashSet<OpId>,
}

impl Worklist {
    /// The first one comes out next.
    fn push_all(&mut self, ops: impl IntoIterator<Item = OpId>) {
        let start = self.stack.len();
        let seen = &mut self.seen;
        self.stack.extend(ops.into_iter().filter(|op| seen.insert(*op)));
        self.stack[start..].reverse();
    }
    fn push_contents(&mut self, ir: &Ir, op: OpId) {
        let blocks = ir.regions_of(op).iter().flat_map(|r| ir.blocks_of(*r));
        self.push_all(blocks.flat_map(|b| ir.ops_of(b)));
    }
}

impl Driver<'_> {
    fn run(&self, ir: &mut Ir, root: OpId) -> Result<(), Diagnostic> {
        let start = ir.checkpoint();
        match self.convert_inside(ir, root) {
            Ok(found_casts) => {
                ir.commit(start);
                casts::erase_unused(ir, found_casts);
                Ok(())
            }
            Err((op, why)) => {
                let shown = failure(ir, op, why);
                ir.rollback(start);
                // As it was before, unless conversion made it.
                Err(if ir.is_alive(op) { failure(ir, op, why) } else { shown })
            }
        }
    }

    /// Converts; returns the casts that it came across, or what it failed at and why.
    fn convert_inside(&self, ir: &mut Ir, root: OpId) -> Result<Vec<OpId>, (OpId, &'static str)> {
        // Parents first: patterns for them may convert the arguments of their blocks before users are looked at.
        let mut work = Worklist::default();
        work.push_all([root]);
        let mut found_casts = Vec::new();
        while let Some(op) = work.stack.pop() {
            if !ir.is_alive(op) || work.ignored.contains(&op) {
                continue;
            }
            if self.is_cast(ir, op) {
                found_casts.push(op);
                continue;
            }
            let legality = self.target.legality(ir, op);
            if legality == Legality::LegalWithContents {
                continue;
            }
            // Now, because conversion may move them anywhere.
            work.push_contents(ir, op);
            if legality == Legality::Legal || (op == root && legality == Legality::Unknown) {
                continue;
            }
            let mut inserted = Vec::new();
            if self.legalize(ir, op, &mut Vec::new(), &mut inserted) {
                inserted.retain(|o| ir.is_alive(*o));
                for &new in &inserted {
                    if self.target.legality(ir, new) == Legality::LegalWithContents {
                        work.ignored.extend(ir.walk(new));
                    }
                }
                work.push_all(inserted);
            } else if legality == Legality::Illegal {
                return Err((op, " that was explicitly marked illegal"));
            } else if self.full {
                return Err((op, ""));
            }
        }
        Ok(found_casts)
    }

    /// Casts may stay until the end, unless the target forbids them.
    fn is_cast(&self, ir: &Ir, op: OpId) -> bool {
        casts::is_cast(ir, op) && self.target.legality(ir, op) != Legality::Illegal
    }

    /// Makes an operation legal with the first pattern whose result is legal or can be made so; what the others did is undone.
    /// `applied` are the patterns whose results this is about, by position. Adds to `inserted` what was created or moved.
    /// False: nothing has changed.
    fn legalize(&self, ir: &mut Ir, op: OpId, applied: &mut Vec<usize>, inserted: &mut Vec<OpId>) -> bool {
        if !ir.is_alive(op) || self.is_cast(ir, op) {
            return true;
        }
        if matches!(self.target.legality(ir, op), Legality::Legal | Legality::LegalWithContents) {
            return true;
        }
        let name = ir.name(op);
        let fits = |p: &dyn ConversionPattern| p.root().is_none_or(|r| ir.ctx().op_name(r) == name);
        let again = |i: &usize, p: &dyn ConversionPattern| !applied.contains(i) || p.has_bounded_recursion();
        let patterns = self.patterns.list.iter().enumerate();
        let fitting: Vec<usize> = patterns.filter(|(i, p)| fits(&***p) && again(i, &***p)).map(|(i, _)| i).collect();
        if fitting.is_empty() || applied.len() >= MAX_STEPS {
            return false;
        }
        let start = ir.checkpoint();
        let known = ir.op_bound();
        let mut casts = Inserted::default();
        let operands = {
            let rewriter = Rewriter::with_listener(ir, &mut casts);
            let mut rw = ConversionRewriter { rewriter, converter: self.converter };
            rw.set_before(op);
            self.operands(&mut rw, op)
        };
        for index in fitting {
            let before = ir.checkpoint();
            let mut made = Inserted(casts.0.clone());
            if self.apply(ir, index, op, &operands, &mut made) {
                applied.push(index);
                let legal = self.legalize_result(ir, op, known, applied, &mut made.0);
                applied.pop();
                if legal {
                    ir.commit(before);
                    ir.commit(start);
                    inserted.append(&mut made.0);
                    return true;
                }
            }
            ir.rollback(before);
        }
        ir.rollback(start);
        false
    }

    /// Makes legal what a pattern made of `op`.
    fn legalize_result(
        &self,
        ir: &mut Ir,
        op: OpId,
        known: usize,
        applied: &mut Vec<usize>,
        made: &mut Vec<OpId>,
    ) -> bool {
        // What was only moved has its own turn.
        let created: Vec<OpId> = made.iter().copied().filter(|o| o.index() >= known).collect();
        // Changed in place, `op` must be legal now.
        created.into_iter().chain([op]).all(|o| self.legalize(ir, o, applied, made))
    }

    fn apply(&self, ir: &mut Ir, pattern: usize, op: OpId, operands: &[Vec<ValueId>], made: &mut Inserted) -> bool {
        let rewriter = Rewriter::with_listener(ir, made);
        let mut rw = ConversionRewriter { rewriter, converter: self.converter };
        rw.set_before(op);
        self.patterns.list.get(pattern).is_some_and(|p| p.rewrite(op, operands, &mut rw))
    }

    /// Operands as they are after conversion. Casts that this needs are made before it is known whether a pattern applies.
    fn operands(&self, rw: &mut ConversionRewriter<'_>, op: OpId) -> Vec<Vec<ValueId>> {
        let loc = rw.loc(op);
        let operands: Vec<ValueId> = rw.operands(op).collect();
        operands
            .into_iter()
            .map(|v| match rw.convert_type(rw.ty(v)) {
                None => vec![v],
                Some(types) => match casts::look_through(rw, &[v], &types) {
                    Some(values) => values,
                    None => {
                        let b: &mut OpBuilder<'_> = &mut rw.rewriter;
                        self.converter.target_values(b, &[v], &types, loc)
                    }
                },
            })
            .collect()
    }
}

fn failure(ir: &Ir, op: OpId, why: &str) -> Diagnostic {
    let error = Diagnostic::error(ir.loc(op), format!("failed to legalize operation '{}'{why}", ir.name_str(op)));
    if ir.ctx().shows_operations() { error.note(ir.loc(op), cim_ir::verify::see_operation(ir, op)) } else { error }
}

//! The conversion drivers.

use crate::casts;
use crate::target::{ConversionTarget, Legality};
use crate::type_converter::TypeConverter;
use cim_ir::rewrite::{Listener, OpBuilder, Rewriter};
use cim_ir::{BlockId, Diagnostic, Ir, OpId, OpState, RegionId, Type, ValueId};
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
    /// Rewrites `op`. `operands` are its operands as they are after conversion: one group of values per operand, of the types
    /// that the converter gives (the operand itself without a converter, or where it converts nothing).
    /// False: does not apply; nothing may have been changed then.
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

/// Converts everything inside `root` that the target calls illegal.
///
/// # Errors
/// "failed to legalize operation 'x' that was explicitly marked illegal", at the first such operation.
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
/// "failed to legalize operation 'x'", at the first operation that no pattern makes legal.
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
const MAX_STEPS: u32 = 64;

/// Collects what patterns create.
#[derive(Default)]
struct Created(Vec<OpId>);

impl Listener for Created {
    fn op_inserted(&mut self, _: &Ir, op: OpId) {
        self.0.push(op);
    }
}

impl Driver<'_> {
    fn run(&self, ir: &mut Ir, root: OpId) -> Result<(), Diagnostic> {
        // Parents first: patterns for them may convert the arguments of their blocks before users are looked at.
        let mut work = vec![(root, 0)];
        let mut found_casts = Vec::new();
        while let Some((op, steps)) = work.pop() {
            if !ir.is_alive(op) {
                continue;
            }
            if casts::is_cast(ir, op) && self.target.legality(ir, op) != Legality::Illegal {
                found_casts.push(op);
                continue;
            }
            let legality = self.target.legality(ir, op);
            if legality == Legality::LegalWithContents {
                continue;
            }
            if legality == Legality::Legal || (op == root && legality == Legality::Unknown) {
                push_contents(ir, op, steps, &mut work);
                continue;
            }
            let mut created = Created::default();
            let converted = steps < MAX_STEPS && self.convert(ir, op, &mut created);
            if !converted {
                // Casts of operands for patterns that then did not apply.
                casts::erase_unused(ir, std::mem::take(&mut created.0));
            }
            if converted {
                // What was inside may have moved into what was created.
                created.0.sort_unstable();
                created.0.dedup();
                work.extend(created.0.into_iter().rev().map(|o| (o, steps + 1)));
                if ir.is_alive(op) {
                    // Changed in place: it must be legal now.
                    work.push((op, steps + 1));
                }
            } else if legality == Legality::Illegal {
                return Err(failure(ir, op, " that was explicitly marked illegal"));
            } else if self.full {
                return Err(failure(ir, op, ""));
            } else {
                push_contents(ir, op, steps, &mut work);
            }
        }
        casts::erase_unused(ir, found_casts);
        Ok(())
    }

    /// Tries patterns; true when one applied.
    fn convert(&self, ir: &mut Ir, op: OpId, created: &mut Created) -> bool {
        let name = ir.name(op);
        let fitting = self.patterns.list.iter().filter(|p| p.root().is_none_or(|r| ir.ctx().op_name(r) == name));
        let fitting: Vec<_> = fitting.cloned().collect();
        if fitting.is_empty() {
            return false;
        }
        let rewriter = Rewriter::with_listener(ir, created);
        let mut rw = ConversionRewriter { rewriter, converter: self.converter };
        rw.set_before(op);
        let operands = self.operands(&mut rw, op);
        fitting.iter().any(|p| {
            rw.set_before(op);
            p.rewrite(op, &operands, &mut rw)
        })
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

fn push_contents(ir: &Ir, op: OpId, steps: u32, work: &mut Vec<(OpId, u32)>) {
    let start = work.len();
    let inside = ir.regions_of(op).iter().flat_map(|r| ir.blocks_of(*r)).flat_map(|b| ir.ops_of(b));
    work.extend(inside.map(|o| (o, steps)));
    work[start..].reverse();
}

fn failure(ir: &Ir, op: OpId, why: &str) -> Diagnostic {
    Diagnostic::error(ir.loc(op), format!("failed to legalize operation '{}'{why}", ir.name_str(op)))
}

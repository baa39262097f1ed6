//! The pass: what it is called, what it can be told, what it does to one operation.

use crate::analysis::{Analysis, AnalysisCache};
use crate::options::Options;
use crate::timing::TimeNode;
use cim_ir::{Diagnostic, Ir, OpId};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Facts about a pass that do not depend on its options.
#[derive(Debug, PartialEq, Eq)]
pub struct PassInfo {
    /// Name in pipelines and on the command line.
    pub name: &'static str,
    /// Name in reports: `CSE` for `cse`.
    pub display: &'static str,
    /// The only operation it runs on; None for any.
    pub anchor: Option<&'static str>,
    /// Doc comment lines: the first is the summary.
    pub doc: &'static [&'static str],
}

impl PassInfo {
    /// First line of the documentation without its full stop.
    pub fn summary(&self) -> String {
        let first = self.doc.iter().map(|l| l.trim()).find(|l| !l.is_empty()).unwrap_or("");
        first.strip_suffix('.').unwrap_or(first).to_string()
    }
    /// Whole documentation, Markdown.
    pub fn description(&self) -> String {
        crate::options::doc_text(self.doc)
    }
}

/// A counter that `--mlir-pass-statistics` reports. Safe to count from any thread.
#[derive(Debug)]
pub struct Statistic {
    /// Name.
    pub name: &'static str,
    /// What it counts.
    pub doc: &'static str,
    value: AtomicU64,
}

impl Statistic {
    /// A counter at zero.
    pub const fn new(name: &'static str, doc: &'static str) -> Self {
        Statistic { name, doc, value: AtomicU64::new(0) }
    }
    /// Counts `n` more.
    pub fn add(&self, n: u64) {
        self.value.fetch_add(n, Ordering::Relaxed);
    }
    /// Value.
    pub fn get(&self) -> u64 {
        self.value.load(Ordering::Relaxed)
    }
}

/// The part of a pass that [`crate::pass!`] writes.
pub trait PassDef: Options {
    /// Facts.
    fn info(&self) -> &'static PassInfo;
    /// Counters.
    fn statistics(&self) -> Vec<&Statistic>;
}

/// A pass. One value serves all threads: what `run` learns goes into the IR or into statistics.
pub trait Pass: PassDef + Send + Sync {
    /// Reads the registry before the first run: a pass that holds pipelines in its options builds them here.
    fn initialize(&mut self, _registry: &crate::PassRegistry) -> Result<(), String> {
        Ok(())
    }
    /// Works on `run.op()` and what is inside it. An error fails the pipeline.
    fn run(&self, run: &mut PassRun<'_>) -> PassResult;
}

/// A pass failed; diagnostics that say why may have been emitted already.
#[derive(Debug, Default)]
pub struct PassFailure(pub Vec<Diagnostic>);

impl From<Diagnostic> for PassFailure {
    fn from(d: Diagnostic) -> Self {
        PassFailure(vec![d])
    }
}
impl From<Vec<Diagnostic>> for PassFailure {
    fn from(d: Vec<Diagnostic>) -> Self {
        PassFailure(d)
    }
}

/// What a pass returns.
pub type PassResult = Result<(), PassFailure>;

/// One run of a pass over one operation.
pub struct PassRun<'a> {
    /// The IR. Only the operation and what is inside it may be changed.
    pub ir: &'a mut Ir,
    op: OpId,
    analyses: &'a mut AnalysisCache,
    diagnostics: &'a mut Vec<Diagnostic>,
    time: Option<&'a mut TimeNode>,
    preserved: Preserved,
}

pub(crate) fn op_error(ir: &Ir, op: OpId, message: impl std::fmt::Display) -> Diagnostic {
    if !ir.ctx().shows_operations() {
        return ir.op_error(op, message);
    }
    let text = cim_ir::text::print_op(ir, op, &cim_ir::text::PrintOptions::generic());
    // What takes several lines starts on one of its own.
    let gap = if text.contains('\n') { "\n" } else { "" };
    ir.op_error(op, message).note(ir.loc(op), format!("see current operation: {gap}{text}"))
}

/// Which analyses are still true after a pass.
#[derive(Debug, Default)]
pub(crate) enum Preserved {
    #[default]
    None,
    Some(Vec<std::any::TypeId>),
    All,
}

impl<'a> PassRun<'a> {
    pub(crate) fn new(
        ir: &'a mut Ir,
        op: OpId,
        analyses: &'a mut AnalysisCache,
        diagnostics: &'a mut Vec<Diagnostic>,
        time: Option<&'a mut TimeNode>,
    ) -> Self {
        PassRun { ir, op, analyses, diagnostics, time, preserved: Preserved::None }
    }

    /// The operation to work on.
    pub fn op(&self) -> OpId {
        self.op
    }
    /// "'name' op message" with the operation in a note.
    pub fn op_error(&self, op: OpId, message: impl std::fmt::Display) -> Diagnostic {
        op_error(self.ir, op, message)
    }
    /// Reports something; errors alone do not fail the pass.
    pub fn emit(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }
    /// An analysis of the operation, computed unless an earlier pass left a valid one.
    pub fn analysis<A: Analysis>(&mut self) -> Arc<A> {
        self.analyses.get(self.ir, self.op, self.time.as_deref_mut())
    }
    /// Says that the pass changed nothing.
    pub fn preserve_all(&mut self) {
        self.preserved = Preserved::All;
    }
    /// Says that an analysis is still true.
    pub fn preserve<A: Analysis>(&mut self) {
        let id = std::any::TypeId::of::<A>();
        match &mut self.preserved {
            Preserved::None => self.preserved = Preserved::Some(vec![id]),
            Preserved::Some(ids) => ids.push(id),
            Preserved::All => {}
        }
    }
    pub(crate) fn into_preserved(self) -> Preserved {
        self.preserved
    }
}

/// Declares a pass: a struct whose fields are its options and statistics.
///
/// ```
/// use cim_pass::{PassResult, PassRun, pass};
///
/// pass! {
///     /// Counts operations.
///     pub struct CountOps = "count-ops", "CountOps" {
///         options {
///             /// Count nested operations too
///             nested: bool = true,
///         }
///         statistics {
///             /// Number of operations seen
///             seen = "num-seen",
///         }
///     }
/// }
/// impl cim_pass::Pass for CountOps {
///     fn run(&self, run: &mut PassRun<'_>) -> PassResult {
///         self.seen.add(run.ir.walk(run.op()).len() as u64);
///         run.preserve_all();
///         Ok(())
///     }
/// }
/// ```
///
/// A section `state { name: Type }` adds private fields that are neither, filled in by [`Pass::initialize`].
/// `on "builtin.module"` after the second name restricts the pass to that operation.
#[macro_export]
macro_rules! pass {
    (
        $(#[doc = $doc:literal])*
        $vis:vis struct $name:ident = $arg:literal, $display:literal $(on $anchor:literal)? {
            $(options { $( $(#[doc = $odoc:literal])* $opt:ident : $ty:ty = $default:expr ),* $(,)? })?
            $(statistics { $( #[doc = $sdoc:literal] $stat:ident = $sname:literal ),* $(,)? })?
            $(state { $( $state:ident : $sty:ty ),* $(,)? })?
        }
    ) => {
        $(#[doc = $doc])*
        #[derive(Debug)]
        $vis struct $name {
            $($( $(#[doc = $odoc])* pub $opt: $ty, )*)?
            $($( #[doc = $sdoc] pub $stat: $crate::Statistic, )*)?
            $($( $state: $sty, )*)?
        }
        impl ::std::default::Default for $name {
            fn default() -> Self {
                $name {
                    $($( $opt: $default, )*)?
                    $($( $stat: $crate::Statistic::new($sname, $sdoc.trim_ascii()), )*)?
                    $($( $state: ::std::default::Default::default(), )*)?
                }
            }
        }
        $crate::__options_impl!($name { $($( $opt [$($odoc),*] )*)? });
        impl $crate::PassDef for $name {
            fn info(&self) -> &'static $crate::PassInfo {
                static INFO: $crate::PassInfo = $crate::PassInfo {
                    name: $arg,
                    display: $display,
                    anchor: $crate::__first!($($anchor)?),
                    doc: &[$($doc),*],
                };
                &INFO
            }
            fn statistics(&self) -> ::std::vec::Vec<&$crate::Statistic> {
                ::std::vec![ $($( &self.$stat ),*)? ]
            }
        }
    };
}

/// `Some` of a literal, or `None`.
#[doc(hidden)]
#[macro_export]
macro_rules! __first {
    () => {
        ::std::option::Option::None
    };
    ($x:literal) => {
        ::std::option::Option::Some($x)
    };
}

//! IR printing around passes: `--mlir-print-ir-before`, `--mlir-print-ir-after` and their variants.

use crate::instrument::Instrumentation;
use crate::pass::PassInfo;
use crate::run::describe;
use cim_ir::{Ir, OpId};
use std::collections::hash_map::DefaultHasher;
use std::fmt::Write;
use std::hash::{Hash, Hasher};
use std::sync::{Mutex, PoisonError};

/// Which passes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Which {
    /// None.
    #[default]
    No,
    /// All.
    All,
    /// Those of these names.
    Named(Vec<String>),
}

impl Which {
    fn has(&self, pass: &PassInfo) -> bool {
        match self {
            Which::No => false,
            Which::All => true,
            Which::Named(names) => names.iter().any(|n| n == pass.name),
        }
    }
}

/// What is printed when.
#[derive(Clone, Debug, Default)]
pub struct PrintIrConfig {
    /// Before these passes.
    pub before: Which,
    /// After these passes.
    pub after: Which,
    /// After a pass only when it changed something.
    pub only_changes: bool,
    /// After a pass only when it failed.
    pub only_failures: bool,
    /// The whole program instead of the operation a pass ran on.
    pub module_scope: bool,
}

/// Text of an operation; the flag says whether to print it by itself, without aliases of the whole program.
pub type PrintFn = Box<dyn Fn(&Ir, OpId, bool) -> String + Send + Sync>;

/// The instrumentation that prints.
pub struct PrintIr {
    config: PrintIrConfig,
    print: PrintFn,
    sink: Box<dyn Fn(&str) + Send + Sync>,
    before: Mutex<Vec<u64>>,
}

impl PrintIr {
    /// Prints with `print` to `sink`.
    pub fn new(config: PrintIrConfig, print: PrintFn, sink: Box<dyn Fn(&str) + Send + Sync>) -> Self {
        PrintIr { config, print, sink, before: Mutex::default() }
    }

    fn dump(&self, ir: &Ir, op: OpId, title: String) {
        let mut out = format!("// -----// IR Dump {title}");
        let mut shown = op;
        if self.config.module_scope {
            let _ = write!(out, " ({})", describe(ir, op));
            while let Some(parent) = ir.parent_op(shown) {
                shown = parent;
            }
        }
        let text = (self.print)(ir, shown, ir.block_of(shown).is_some());
        let _ = write!(out, " //----- //\n{}\n\n", text.strip_suffix('\n').unwrap_or(&text));
        (self.sink)(&out);
    }

    fn fingerprint(&self, ir: &Ir, op: OpId) -> u64 {
        let mut h = DefaultHasher::new();
        for op in ir.walk(op) {
            (op, ir.name(op), ir.attrs(op), ir.props(op), ir.successors(op)).hash(&mut h);
            ir.operands(op).for_each(|v| v.hash(&mut h));
            ir.results(op).for_each(|v| ir.ty(v).hash(&mut h));
            for &region in ir.regions_of(op) {
                for block in ir.blocks_of(region) {
                    block.hash(&mut h);
                    ir.args(block).iter().for_each(|v| (v, ir.ty(*v)).hash(&mut h));
                    ir.ops_of(block).for_each(|o| o.hash(&mut h));
                }
            }
        }
        h.finish()
    }
    fn remember(&self, ir: &Ir, op: OpId) {
        if self.config.only_changes {
            self.before.lock().unwrap_or_else(PoisonError::into_inner).push(self.fingerprint(ir, op));
        }
    }
    fn unchanged(&self, ir: &Ir, op: OpId) -> bool {
        let before = self.before.lock().unwrap_or_else(PoisonError::into_inner).pop();
        before == Some(self.fingerprint(ir, op))
    }
}

impl Instrumentation for PrintIr {
    fn before_pass(&self, ir: &Ir, op: OpId, pass: &PassInfo) {
        self.remember(ir, op);
        if self.config.before.has(pass) {
            self.dump(ir, op, format!("Before {} ({})", pass.display, pass.name));
        }
    }
    fn after_pass(&self, ir: &Ir, op: OpId, pass: &PassInfo) {
        let unchanged = self.config.only_changes && self.unchanged(ir, op);
        if self.config.after.has(pass) && !unchanged && !self.config.only_failures {
            self.dump(ir, op, format!("After {} ({})", pass.display, pass.name));
        }
    }
    fn after_pass_failed(&self, ir: &Ir, op: OpId, pass: &PassInfo) {
        if self.config.only_changes {
            self.unchanged(ir, op);
        }
        if self.config.after.has(pass) || self.config.only_failures {
            self.dump(ir, op, format!("After {} Failed ({})", pass.display, pass.name));
        }
    }
}

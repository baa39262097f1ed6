//! Registered dialects: explicit, one line per dialect.

use crate::op_def::OpDef;
use rustc_hash::FxHashMap;

/// A dialect: a namespace (dots allowed, as in `cim.graph`) and its operations.
#[derive(Debug)]
pub struct Dialect {
    /// Namespace.
    pub name: &'static str,
    /// Documentation, Markdown.
    pub doc: &'static str,
    /// Operations.
    pub ops: &'static [&'static OpDef],
    /// Its unknown operations stay unregistered operations instead of being refused: dialects of MLIR's own of which we
    /// define a part.
    pub open: bool,
}

/// All registered dialects; frozen when the context is made.
#[derive(Default)]
pub struct Registry {
    dialects: Vec<&'static Dialect>,
    ops: FxHashMap<&'static str, &'static OpDef>,
}

impl Registry {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Adds a dialect; adding it again changes nothing.
    pub fn add(&mut self, dialect: &'static Dialect) {
        if self.dialects.iter().any(|d| d.name == dialect.name) {
            return;
        }
        self.dialects.push(dialect);
        self.ops.extend(dialect.ops.iter().map(|o| (o.name, *o)));
    }
    /// Definition of an operation.
    pub fn op(&self, name: &str) -> Option<&'static OpDef> {
        self.ops.get(name).copied()
    }
    /// Dialects in order of registration.
    pub fn dialects(&self) -> &[&'static Dialect] {
        &self.dialects
    }
    /// The dialect with the longest namespace that is a dotted prefix of `name`.
    pub fn dialect_of(&self, name: &str) -> Option<&'static Dialect> {
        let fits = |d: &&&'static Dialect| name.strip_prefix(d.name).is_some_and(|rest| rest.starts_with('.'));
        self.dialects.iter().filter(fits).max_by_key(|d| d.name.len()).copied()
    }
}

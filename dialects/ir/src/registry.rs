//! Registered dialects: explicit, one line per dialect.

use crate::core::{Attribute, Location, OpId, Type};
use crate::op_def::{AttrDef, OpDef, TypeDef};
use crate::rewrite::OpBuilder;
use rustc_hash::FxHashMap;
use std::any::{Any, TypeId};

/// Creates a constant operation of a value and type, or None if the dialect has none for them.
pub type MaterializeFn = fn(&mut OpBuilder<'_>, Attribute, Type, Location) -> Option<OpId>;

/// A dialect: a namespace (dots allowed, as in `cim.graph`) and what it declares.
#[derive(Debug)]
pub struct Dialect {
    /// Namespace.
    pub name: &'static str,
    /// Documentation, Markdown.
    pub doc: &'static str,
    /// Operations.
    pub ops: &'static [&'static OpDef],
    /// Types.
    pub types: &'static [&'static TypeDef],
    /// Attributes.
    pub attrs: &'static [&'static AttrDef],
    /// Interfaces of the dialect as a whole, such as [`crate::interfaces::Inlining`].
    pub interfaces: &'static [&'static (dyn Any + Send + Sync)],
    /// Turns folded attributes into operations.
    pub materialize_constant: Option<MaterializeFn>,
    /// Its unknown operations stay unregistered operations instead of being refused: dialects of MLIR's own of which we
    /// define a part.
    pub open: bool,
}

impl Dialect {
    /// A dialect without anything: the base of a declaration.
    pub const fn new(name: &'static str, doc: &'static str) -> Self {
        Dialect {
            name,
            doc,
            ops: &[],
            types: &[],
            attrs: &[],
            interfaces: &[],
            materialize_constant: None,
            open: false,
        }
    }
    /// An interface of the dialect.
    pub fn interface<T: Any>(&self) -> Option<&'static T> {
        self.interfaces.iter().find_map(|i| (*i as &dyn Any).downcast_ref::<T>())
    }
}

/// All registered dialects; frozen when the context is made.
#[derive(Default)]
pub struct Registry {
    dialects: Vec<&'static Dialect>,
    ops: FxHashMap<&'static str, &'static OpDef>,
    types: FxHashMap<&'static str, &'static TypeDef>,
    attrs: FxHashMap<&'static str, &'static AttrDef>,
    attached: FxHashMap<(TypeId, &'static str), &'static (dyn Any + Send + Sync)>,
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
        self.types.extend(dialect.types.iter().map(|t| (t.name, *t)));
        self.attrs.extend(dialect.attrs.iter().map(|a| (a.name, *a)));
    }
    /// Gives an operation of another crate an interface; replaces what was attached before.
    pub fn attach<T: Any + Send + Sync>(&mut self, op: &'static str, table: &'static T) {
        self.attached.insert((TypeId::of::<T>(), op), table);
    }
    /// An interface of an operation: declared with it, or else attached.
    pub fn interface<T: Any>(&self, def: &OpDef) -> Option<&'static T> {
        let declared = def.interfaces.iter().find_map(|i| (*i as &dyn Any).downcast_ref::<T>());
        declared.or_else(|| self.attached_interface(def.name))
    }
    /// An interface attached to an operation name, which may be unregistered.
    pub fn attached_interface<T: Any>(&self, name: &str) -> Option<&'static T> {
        if self.attached.is_empty() {
            return None;
        }
        let table = *self.attached.get(&(TypeId::of::<T>(), name))?;
        (table as &dyn Any).downcast_ref::<T>()
    }
    /// Definition of an operation.
    pub fn op(&self, name: &str) -> Option<&'static OpDef> {
        self.ops.get(name).copied()
    }
    /// Definition of a type by its full name.
    pub fn type_def(&self, name: &str) -> Option<&'static TypeDef> {
        self.types.get(name).copied()
    }
    /// Definition of an attribute by its full name.
    pub fn attr_def(&self, name: &str) -> Option<&'static AttrDef> {
        self.attrs.get(name).copied()
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

//! Declarations of operations, types and attributes as data: the one source of accessors, verification and documentation.

use crate::core::{Attribute, Context, Ir, OpId, Type};
use crate::diag::Diagnostic;

/// How many values an operand or result name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arity {
    /// Exactly one.
    One,
    /// None or one.
    Optional,
    /// Any number.
    Variadic,
}

/// What a type must satisfy.
#[derive(Clone, Copy, Debug)]
pub struct TypeConstraint {
    /// Completes "must be ...".
    pub what: &'static str,
    /// The check.
    pub check: fn(&Context, Type) -> bool,
}

/// What an attribute must satisfy.
#[derive(Clone, Copy, Debug)]
pub struct AttrConstraint {
    /// Completes "attribute 'x' failed to satisfy constraint: ...".
    pub what: &'static str,
    /// The check.
    pub check: fn(&Context, Attribute) -> bool,
}

/// A named operand or result.
#[derive(Clone, Copy, Debug)]
pub struct ValueSpec {
    /// Name in the declaration.
    pub name: &'static str,
    /// Arity; at most one optional or variadic name per list.
    pub arity: Arity,
    /// Constraint on each value.
    pub constraint: TypeConstraint,
}

/// A named property (inherent attribute).
#[derive(Clone, Copy, Debug)]
pub struct PropSpec {
    /// Key.
    pub name: &'static str,
    /// May be absent.
    pub optional: bool,
    /// Constraint on its value.
    pub constraint: AttrConstraint,
}

/// Facts about an operation that generic code relies on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trait {
    /// Must be last in its block.
    Terminator,
    /// Its regions use no value from outside.
    IsolatedFromAbove,
    /// No side effects: may be removed when unused and merged with an equal one.
    Pure,
    /// Its regions have exactly one block.
    SingleBlock,
    /// That block needs no terminator.
    NoTerminator,
    /// Its regions are graph regions: no order, no dominance.
    GraphRegion,
    /// Operands and results have one type.
    SameOperandsAndResultType,
    /// Defines the symbol `sym_name`.
    Symbol,
    /// Its region is a symbol table.
    SymbolTable,
    /// Operands may be exchanged.
    Commutative,
    /// A constant with its value in the property `value`.
    ConstantLike,
}

/// Declaration of an operation.
#[derive(Debug)]
pub struct OpDef {
    /// Full name.
    pub name: &'static str,
    /// Documentation, Markdown.
    pub doc: &'static str,
    /// Operands in order.
    pub operands: &'static [ValueSpec],
    /// Results in order.
    pub results: &'static [ValueSpec],
    /// Properties.
    pub props: &'static [PropSpec],
    /// Number of regions; None when any.
    pub regions: Option<usize>,
    /// Number of successors.
    pub successors: usize,
    /// Traits.
    pub traits: &'static [Trait],
    /// Checks beyond what the declaration says.
    pub verify: Option<fn(&Ir, OpId) -> Result<(), Diagnostic>>,
}

impl OpDef {
    /// An operation without operands, results, properties, regions or successors: the base of a declaration.
    pub const fn new(name: &'static str, doc: &'static str) -> Self {
        OpDef {
            name,
            doc,
            operands: &[],
            results: &[],
            props: &[],
            regions: Some(0),
            successors: 0,
            traits: &[],
            verify: None,
        }
    }
    /// Whether it has a trait.
    pub fn has(&self, t: Trait) -> bool {
        self.traits.contains(&t)
    }
}

macro_rules! named_def {
    ($(#[$m:meta])* $name:ident) => {
        $(#[$m])*
        #[derive(Debug)]
        pub struct $name {
            /// Full name with the dialect.
            pub name: &'static str,
            /// Documentation, Markdown.
            pub doc: &'static str,
            /// Parameter names.
            pub params: &'static [&'static str],
            /// Checks parameters; the message completes "invalid ...: ".
            pub verify: fn(&Context, &[Attribute]) -> Result<(), String>,
        }
        // Definitions are statics with unique names: identity is the name.
        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool { self.name == other.name }
        }
        impl Eq for $name {}
        impl std::hash::Hash for $name {
            fn hash<H: std::hash::Hasher>(&self, state: &mut H) { self.name.hash(state); }
        }
    };
}
named_def!(
    /// Declaration of a dialect type.
    TypeDef
);
named_def!(
    /// Declaration of a dialect attribute.
    AttrDef
);

//! The builtin dialect's operations.

use crate::op_def::{Arity, OpDef, Trait, TypeConstraint, ValueSpec};
use crate::registry::{Dialect, Registry};

/// Any type.
pub const ANY_TYPE: TypeConstraint = TypeConstraint { what: "any type", check: |_, _| true };

/// `builtin.module`: the top of everything.
pub static MODULE: OpDef = OpDef {
    regions: Some(1),
    traits: &[
        Trait::IsolatedFromAbove,
        Trait::SingleBlock,
        Trait::NoTerminator,
        Trait::GraphRegion,
        Trait::SymbolTable,
    ],
    ..OpDef::new("builtin.module", "A top level container of operations.")
};

/// `builtin.unrealized_conversion_cast`: stands between types while a conversion is under way.
pub static CAST: OpDef = OpDef {
    operands: &[ValueSpec { name: "inputs", arity: Arity::Variadic, constraint: ANY_TYPE }],
    results: &[ValueSpec { name: "outputs", arity: Arity::Variadic, constraint: ANY_TYPE }],
    traits: &[Trait::Pure],
    ..OpDef::new(
        "builtin.unrealized_conversion_cast",
        "Casts between types during a conversion; must be gone at its end.",
    )
};

/// The dialect.
pub static BUILTIN: Dialect = Dialect {
    name: "builtin",
    doc: "Types, attributes and operations that every module uses.",
    ops: &[&MODULE, &CAST],
    open: false,
};

/// Registers the dialect; every context has it.
pub(crate) fn register(registry: &mut Registry) {
    registry.add(&BUILTIN);
}

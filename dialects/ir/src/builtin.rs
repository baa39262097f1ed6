//! The builtin dialect's operations.

use crate::constraints::ANY_TYPE;
use crate::kinds::SymbolNameAttr;
use crate::op;
use crate::registry::{Dialect, Registry};

op! {
    /// The top of everything: a container of operations with one region of one block.
    ///
    /// The region is a graph region and needs no terminator. A name makes the module a symbol.
    pub Module = "builtin.module" :
        [IsolatedFromAbove, SingleBlock, NoTerminator, NoRegionArguments, GraphRegion, SymbolTable, Symbol] {
        props   { sym_name?: SymbolNameAttr, sym_visibility?: crate::kinds::StrAttr }
        regions { body_region }
    }

    /// Stands between types while a conversion is under way; must be gone at its end.
    pub UnrealizedConversionCast = "builtin.unrealized_conversion_cast" : [Pure] {
        operands { inputs*: ANY_TYPE }
        results  { outputs*: ANY_TYPE }
    }
}

/// The dialect.
pub static BUILTIN: Dialect = Dialect {
    ops: &[Module::DEF, UnrealizedConversionCast::DEF],
    ..Dialect::new("builtin", "Types, attributes and operations that every module uses.")
};

/// Registers the dialect; every context has it.
pub(crate) fn register(registry: &mut Registry) {
    registry.add(&BUILTIN);
}

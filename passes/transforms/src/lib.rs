//! Passes that know no dialect: one file a pass, file name = pass name.
#![forbid(unsafe_code)]

mod canonicalize;
mod cse;
mod inline;
mod print_op_stats;
mod strip_debuginfo;
mod symbol_dce;

pub use canonicalize::Canonicalize;
pub use cse::Cse;
pub use inline::Inline;
pub use print_op_stats::PrintOpStats;
pub use strip_debuginfo::StripDebugInfo;
pub use symbol_dce::SymbolDce;

use cim_pass::PassRegistry;

/// Registers all passes of the crate.
pub fn register(registry: &mut PassRegistry) {
    registry.add::<Canonicalize>();
    registry.add::<Cse>();
    registry.add::<Inline>();
    registry.add::<PrintOpStats>();
    registry.add::<StripDebugInfo>();
    registry.add::<SymbolDce>();
}

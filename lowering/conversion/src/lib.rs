//! Dialect conversion: from operations and types that are illegal to ones that are legal.
//!
//! - [`ConversionTarget`]: what is legal
//! - [`TypeConverter`]: what types become, one to one or one to several, and how values cross over
//! - [`ConversionPattern`]: how an operation becomes legal ones
//! - [`apply_partial`], [`apply_full`]: the drivers
//! - [`ReconcileUnrealizedCasts`]: the pass that removes casts which cancel out
//!
//! Conversion rolls back: a pattern counts only if all it produced is legal or can be made legal by further patterns. Otherwise
//! its changes are undone and the next pattern is tried. A conversion that fails leaves the program as it was, handles included.
#![forbid(unsafe_code)]

mod casts;
mod driver;
mod reconcile_unrealized_casts;
mod target;
mod type_converter;

pub use casts::{cast, look_through};
pub use driver::{ConversionPattern, ConversionPatterns, ConversionRewriter, apply_full, apply_partial};
pub use reconcile_unrealized_casts::ReconcileUnrealizedCasts;
pub use target::{ConversionTarget, Legality};
pub use type_converter::TypeConverter;

use cim_pass::PassRegistry;

/// Registers the passes of the crate.
pub fn register(registry: &mut PassRegistry) {
    registry.add::<ReconcileUnrealizedCasts>();
}

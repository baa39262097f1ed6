//! Context and storage.

mod attrs;
mod context;
mod ids;
mod interner;
mod ir;
mod pool;
#[cfg(test)]
mod tests;
mod types;

pub use attrs::{AttrData, IntValue, LocData};
pub use context::{Context, OpNameData};
pub use ids::{Attribute, BlockId, Ident, Location, OpId, OpName, RegionId, Type, ValueId};
pub use ir::{Checkpoint, ExternalResources, Ir, OpState, ResourceValue, Use, ValueDef};
pub use types::{DYNAMIC, FloatKind, Signedness, TypeData};

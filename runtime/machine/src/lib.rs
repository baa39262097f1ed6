//! Descriptions of computing-in-memory machines: three tiers, computing modes, quantities with units, presets.
//!
//! - [`machine`]: the description itself, its checks and overrides
//! - [`units`]: quantities (`384 b/cycle`, `96 KiB`, `1.4 us`) and *ideal* as a value of its own
//! - [`load`]: YAML in and out, with errors that name file, line, column and field
//! - [`presets`]: the published machines, one YAML file each
//! - [`conversion`]: how many rows one analogue-to-digital conversion may see
//! - [`binding`]: the one map between logical weights and cells
#![forbid(unsafe_code)]

pub mod binding;
pub mod conversion;
pub mod load;
pub mod machine;
pub mod presets;
pub mod units;

pub use conversion::{rows_per_conversion, rows_per_conversion_clipping};
pub use load::{MachineError, Problem};
pub use machine::{Binding, Chip, Core, Count, Crossbar, Encoding, Machine, Mode, NocCost};
pub use presets::presets;
pub use units::{Bits, BitsPerCycle, Bytes, Limit, OpsPerCycle, Time, WriteTime};

//! The simulated machine: executes meta-operator programs on crossbar cells, bit by bit, and checks them.
//!
//! - [`exec`]: the simulator: `init`, `run`, probes
//! - [`crossbars`], [`cells`], [`tile`]: crossbars as programmed, and how a program's tiles become cells
//! - [`engine`], [`kernels`]: one matrix-vector product, plane by plane or in integers
//! - `fuse`: loops of row groups that run as one product; `batch`: loop nests that run many iterations at once
//! - `products`: integer products of many inputs with one crossbar
//! - [`digital`], [`movement`], [`core_mode`]: everything beside the crossbars, and whole operators in core mode
//! - [`host`]: the trait through which host operators run
//! - [`check`]: rejects programs that a machine could not run
//! - [`access`], [`extent`]: which bytes instructions touch
//! - [`cycles`]: steady-state sums of cycles and operation counts, computed from loops without executing them
//! - [`mutate`]: single faults planted in a program or in programmed cells, for tests
//!
//! The simulator knows neither the compiler nor the reference executor.
#![deny(unsafe_code)]

pub mod access;
mod batch;
pub mod cells;
pub mod check;
pub mod core_mode;
pub mod crossbars;
pub mod cycles;
pub mod digital;
pub mod engine;
pub mod error;
pub mod exec;
pub mod extent;
mod fuse;
pub mod host;
pub mod kernels;
pub mod memory;
pub mod movement;
pub mod mutate;
mod products;
pub mod tile;

pub use engine::EngineChoice;
pub use error::SimError;
pub use exec::{MemoryView, NoProbe, Options, Probe, Simulator};
pub use host::{HostExecutor, HostInput, HostOutput};

//! Passes, their options and pipelines, and the drivers that run them.
//!
//! - [`pass!`], [`Pass`], [`PassRun`]: declaring a pass and what it works with
//! - [`options`]: options as struct fields with a text form
//! - [`PassRegistry`]: passes and named pipelines by name
//! - [`pipeline`], [`OpPassManager`]: pipeline text and pipelines
//! - [`run()`]: running one, with [`instrument`], [`timing`], [`statistics`]
//! - [`print_ir`], [`reproducer`]: the program around passes, and before a failure
//! - [`greedy`]: the driver that applies rewrite patterns
//! - [`analysis`]: facts that are kept while they are true
#![forbid(unsafe_code)]

pub mod analysis;
pub mod greedy;
pub mod instrument;
mod manager;
pub mod options;
pub mod panics;
mod pass;
pub mod pipeline;
pub mod print_ir;
mod registry;
pub mod reproducer;
mod run;
pub mod statistics;
pub mod timing;
mod transfer;

pub use analysis::Analysis;
pub use manager::{ANY, OpPassManager};
pub use pass::{Pass, PassDef, PassFailure, PassInfo, PassResult, PassRun, Statistic};
pub use registry::{Entry, PassRegistry};
pub use run::{RunConfig, RunOutcome, describe, run};
pub use transfer::clone_isolated;

//! What the binaries do, as a library.
//!
//! - [`compile`]: from a model to a program
//! - [`program_file`]: program files
//! - [`run`]: many images through a program, compared layer by layer where asked
//! - [`expect`]: outputs against recorded outputs and labels
//! - [`opt`]: the `opt` tool
//! - [`registry`]: all dialects and passes
//! - [`report`]: `cim-report/1` and the table for people
//! - [`tensor_file`]: `.npy` and `.npz`
//! - [`translate`]: single steps of a compilation
#![forbid(unsafe_code)]

pub mod calibrate;
pub mod compile;
pub mod expect;
mod model_check;
pub mod opt;
pub mod pipeline;
pub mod policy;
pub mod program_file;
pub mod registry;
pub mod report;
pub mod run;
pub mod tensor_file;
pub mod translate;

/// Version, git revision and features, as `--version` prints them.
pub const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), " (revision ", env!("CIM_REVISION"), ", features: none)");

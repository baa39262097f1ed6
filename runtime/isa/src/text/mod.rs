//! Text form of a program: a readable assembly of everything the binary form holds, exact in both directions.
//!
//! Entries of tables are numbered and named by a letter: constants `c0`, buffers `b0`, matrices `m0`, tiles `t0`, ports `p0`,
//! core-residency entries `r0`, windows `w0`, requantisation constants `q0`, host tensors `f0`, host operators `h0`, reference tensors `x0`.
//! Fields stand in a fixed order; absent options, empty lists and false flags are left out. `//` starts a comment.

pub(crate) mod parse;
pub(crate) mod print;

mod constants;
mod reader;
mod writer;

pub use constants::{ExternalFile, external_files};
pub use parse::TextError;
pub use reader::from_text;
pub use writer::to_text;

/// How constants are printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextOptions {
    /// Constants of at most this many elements are printed as numbers, larger ones as hex.
    pub numbers_up_to: u64,
    /// Constants of at least this many bytes go to files of their own, see [`external_files`]; None: all inline.
    pub external_from: Option<u64>,
    /// Start of the names of those files (`prefix.c3.bin`).
    pub external_prefix: String,
}

impl Default for TextOptions {
    fn default() -> Self {
        TextOptions { numbers_up_to: 64, external_from: None, external_prefix: "constants".into() }
    }
}

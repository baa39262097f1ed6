//! What can be wrong with a program file.

use std::path::PathBuf;

/// Why a byte string is not a program.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The file cannot be read.
    #[error("{}: {source}", path.display())]
    Io {
        /// File.
        path: PathBuf,
        /// Cause.
        source: std::io::Error,
    },
    /// The header or the section table is wrong.
    #[error("byte {offset}: {what}")]
    Container {
        /// Byte of the file.
        offset: u64,
        /// What is wrong.
        what: String,
    },
    /// A section's content is wrong.
    #[error("section `{section}`, byte {offset}: {what}")]
    Section {
        /// Section name.
        section: &'static str,
        /// Byte within the section.
        offset: usize,
        /// What is wrong.
        what: String,
    },
    /// The content is well-formed but means nothing.
    #[error(transparent)]
    Invalid(#[from] InvalidProgram),
}

/// A program whose parts do not fit each other.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {what}")]
pub struct InvalidProgram {
    /// Table entry or instruction, e.g. `tile t3` or `main[2].loop[0].parallel[1] (read_xb)`.
    pub place: String,
    /// What is wrong.
    pub what: String,
}

impl InvalidProgram {
    /// An error at `place`.
    pub fn new(place: impl Into<String>, what: impl Into<String>) -> Self {
        InvalidProgram { place: place.into(), what: what.into() }
    }
}

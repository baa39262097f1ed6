//! Why a program cannot be simulated.

use std::fmt;

/// Where an instruction stands: `main[3].body[0]`.
#[derive(Clone, Debug, PartialEq, Eq, Default, PartialOrd, Ord, Hash)]
pub struct InstrPath {
    /// True for `init`, false for `main`.
    pub init: bool,
    /// Positions from the outermost list inwards.
    pub at: Vec<u32>,
}

impl fmt::Display for InstrPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.init { "init" } else { "main" })?;
        for (i, at) in self.at.iter().enumerate() {
            if i > 0 {
                f.write_str(".body")?;
            }
            write!(f, "[{at}]")?;
        }
        Ok(())
    }
}

/// What went wrong in one instruction.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// An address outside the memory.
    #[error("bytes {at}..{end} of {space} are outside its {size} bytes")]
    OutOfRange {
        /// Memory.
        space: &'static str,
        /// First byte.
        at: i128,
        /// One past the last byte.
        end: i128,
        /// Size of the memory.
        size: u64,
    },
    /// A crossbar that does not exist.
    #[error("crossbar {xb} does not exist; the machine has {available}")]
    NoCrossbar {
        /// Index.
        xb: i64,
        /// Crossbars of the machine.
        available: u64,
    },
    /// More rows or columns than a crossbar has.
    #[error("crossbar {xb}: {what} needed: {needed}, available: {available}")]
    CrossbarSize {
        /// Index.
        xb: u64,
        /// `rows` or `columns`.
        what: &'static str,
        /// Needed.
        needed: u64,
        /// Available.
        available: u64,
    },
    /// Cells that were never written.
    #[error("crossbar {xb}: rows {row}..{end} of {cols} columns are read but not all programmed")]
    Unprogrammed {
        /// Crossbar.
        xb: u64,
        /// First row of the read.
        row: u32,
        /// One past the last row.
        end: u32,
        /// Columns of the read.
        cols: u32,
    },
    /// A value that its element type cannot hold.
    #[error("value {value} does not fit {elem} at element {index}")]
    Overflow {
        /// Value.
        value: i128,
        /// `si8`, ...
        elem: String,
        /// Element of the destination.
        index: usize,
    },
    /// A table entry that is missing or contradicts the instruction.
    #[error("{0}")]
    Invalid(String),
    /// A host operator failed.
    #[error("host operator `{op}`: {reason}")]
    Host {
        /// Name.
        op: String,
        /// Reason.
        reason: String,
    },
}

/// Why a program cannot be simulated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SimError {
    /// An instruction failed.
    #[error("{path}: {fault}")]
    At {
        /// Instruction.
        path: InstrPath,
        /// What went wrong.
        fault: Fault,
    },
    /// The program needs more memory than allowed.
    #[error("the program needs {needed} bytes of {what}, more than the limit of {limit}; raise --max-memory")]
    TooLarge {
        /// `L0 and L1 buffers`, ...
        what: &'static str,
        /// Needed.
        needed: u128,
        /// Limit.
        limit: u64,
    },
    /// Program and machine do not fit together, or tables of the program contradict each other.
    #[error("{0}")]
    Invalid(String),
    /// The caller's inputs do not fit the model.
    #[error("input `{name}`: {reason}")]
    Input {
        /// Name in the model.
        name: String,
        /// Reason.
        reason: String,
    },
}

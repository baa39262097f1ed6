//! Rejects programs that a machine could not run.
//!
//! Capacity (buffers, cores, crossbars, rows, columns) is compared directly. The rest follows program order:
//! no byte, float tensor or cell is read that was not written earlier, and within one parallel block no crossbar is used
//! twice and no two instructions overlap unless both read.
//!
//! Loops are not executed: an access stays a set of bytes that moves with the loop indices, and the question is answered
//! for all iterations at once. A read is proven when its bytes over all iterations were written before the loop, or were
//! written earlier in the same iteration by accesses that move alike, or any mixture of the two. Where that is not
//! enough, the loop is walked index by index (addresses only, no arithmetic), at most [`CheckOptions::max_steps`] steps;
//! beyond, the program is refused as unproven. Cells that are written again keep what earlier tiles wrote beside them.

mod block;
mod capacity;
mod flow;
mod intervals;

use cim_isa::Program;
use cim_machine::Machine;

use crate::error::InstrPath;

/// Bounds of the checker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CheckOptions {
    /// Steps for loops that need to be walked index by index.
    pub max_steps: u64,
    /// Stop after this many errors.
    pub max_errors: usize,
}

impl Default for CheckOptions {
    fn default() -> Self {
        CheckOptions { max_steps: 1 << 26, max_errors: 20 }
    }
}

/// One thing a machine could not do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckError {
    /// More of something than there is.
    #[error("{what}: needed {needed}, available {available}")]
    Capacity {
        /// What, and where.
        what: String,
        /// Needed.
        needed: u128,
        /// Available.
        available: u128,
    },
    /// Table entries that contradict each other or the machine.
    #[error("{0}")]
    Mismatch(String),
    /// An instruction that cannot be executed there.
    #[error("{path}: {reason}")]
    At {
        /// Instruction.
        path: InstrPath,
        /// Why, with addresses or crossbars.
        reason: String,
    },
}

/// Checks a program against a machine. Empty = nothing found.
pub fn check(program: &Program, machine: &Machine, options: CheckOptions) -> Vec<CheckError> {
    let mut errors = capacity::check(program, machine);
    errors.truncate(options.max_errors);
    // With contradicting tables, addresses mean nothing.
    if errors.is_empty() {
        errors = flow::Flow::new(program, machine, options).run();
    }
    errors
}

//! Instrumentation: what is told about each step of a run.

use crate::pass::PassInfo;
use cim_ir::{Ir, OpId};

/// Told before and after every pass. With one that wants the IR in order, passes run on one thread.
#[allow(unused_variables)] // the default bodies do nothing; the names document the arguments
pub trait Instrumentation: Send + Sync {
    /// A pass is about to run on `op`.
    fn before_pass(&self, ir: &Ir, op: OpId, pass: &PassInfo) {}
    /// A pass has run.
    fn after_pass(&self, ir: &Ir, op: OpId, pass: &PassInfo) {}
    /// A pass has failed, or what it left does not verify.
    fn after_pass_failed(&self, ir: &Ir, op: OpId, pass: &PassInfo) {}
    /// Whether the order of calls, or the IR around the operation, matters.
    fn needs_one_thread(&self) -> bool {
        true
    }
}

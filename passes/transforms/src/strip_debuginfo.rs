//! `strip-debuginfo`: locations become unknown.

use cim_pass::{Pass, PassResult, PassRun, pass};

pass! {
    /// Strip debug info from all operations.
    ///
    /// Replaces the locations of operations and block arguments by `loc(unknown)`.
    pub struct StripDebugInfo = "strip-debuginfo", "StripDebugInfo" {}
}

impl Pass for StripDebugInfo {
    fn run(&self, run: &mut PassRun<'_>) -> PassResult {
        let unknown = run.ir.ctx().unknown_loc();
        for op in run.ir.walk(run.op()) {
            run.ir.set_loc(op, unknown);
            let regions = run.ir.regions_of(op).to_vec();
            let blocks: Vec<_> = regions.into_iter().flat_map(|r| run.ir.blocks_of(r)).collect();
            for block in blocks {
                for arg in run.ir.args(block).to_vec() {
                    run.ir.set_arg_loc(arg, None);
                }
            }
        }
        Ok(())
    }
}

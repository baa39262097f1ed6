//! The conversions from `cim.graph` to `cim.xbar` as passes.

use crate::lower::{Target, lower};
use cim_pass::{Pass, PassResult, PassRun, pass};

pass! {
    /// Lowers the network to matrix-vector products on crossbars.
    ///
    /// Adds `@init` (weight writes) and `@main` (one inference) to the module; `@network` stays: it is the reference. Needs `cim-place`.
    pub struct GraphToXbar = "cim-graph-to-xbar", "GraphToXbar" on "builtin.module" {}
}

impl Pass for GraphToXbar {
    fn run(&self, run: &mut PassRun<'_>) -> PassResult {
        let module = run.op();
        Ok(lower(run.ir, module, Target::Crossbar)?)
    }
}

pass! {
    /// Lowers the network to whole operators on cores (core mode).
    ///
    /// As `cim-graph-to-xbar`, with `write_core` and `read_core`; needs `cim-place{mode=cm}`.
    pub struct GraphToCore = "cim-graph-to-core", "GraphToCore" on "builtin.module" {}
}

impl Pass for GraphToCore {
    fn run(&self, run: &mut PassRun<'_>) -> PassResult {
        let module = run.op();
        Ok(lower(run.ir, module, Target::Core)?)
    }
}

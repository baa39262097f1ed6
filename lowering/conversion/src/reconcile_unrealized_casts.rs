//! `reconcile-unrealized-casts`: casts that cancel out.

use crate::casts::{erase_unused, is_cast, look_through};
use cim_pass::{Pass, PassResult, PassRun, pass};

pass! {
    /// Simplify and eliminate unrealized conversion casts.
    ///
    /// A cast, or a chain of casts, whose results have the types of an earlier link's inputs is replaced by those inputs. Casts
    /// without uses are removed; casts that still do something stay.
    pub struct ReconcileUnrealizedCasts = "reconcile-unrealized-casts", "ReconcileUnrealizedCastsPass" {}
}

impl Pass for ReconcileUnrealizedCasts {
    fn run(&self, run: &mut PassRun<'_>) -> PassResult {
        let root = run.op();
        let ir = &mut *run.ir;
        let casts: Vec<_> = ir.walk(root).into_iter().filter(|op| is_cast(ir, *op)).collect();
        for &op in &casts {
            let results: Vec<_> = ir.results(op).collect();
            let types: Vec<_> = results.iter().map(|r| ir.ty(*r)).collect();
            let inputs: Vec<_> = ir.operands(op).collect();
            if let Some(values) = look_through(ir, &inputs, &types) {
                // A cast that feeds itself, in a graph region, has nothing to be replaced by.
                if values.iter().any(|v| results.contains(v)) {
                    continue;
                }
                results.iter().zip(values).for_each(|(r, v)| ir.replace_all_uses(*r, v));
            }
        }
        erase_unused(ir, casts);
        Ok(())
    }
}

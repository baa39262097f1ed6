//! Analyses: facts about an operation that are kept until a pass makes them untrue.

use crate::pass::Preserved;
use crate::timing::TimeNode;
use cim_ir::{Ir, OpId};
use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

/// A fact computed from an operation.
pub trait Analysis: Any + Send + Sync {
    /// Name in timing reports.
    const NAME: &'static str;
    /// Computes it.
    fn build(ir: &Ir, op: OpId) -> Self;
}

/// Analyses that are valid now.
#[derive(Default)]
pub struct AnalysisCache {
    entries: HashMap<(OpId, TypeId), Arc<dyn Any + Send + Sync>>,
}

impl AnalysisCache {
    /// The analysis of `op`, computed when it is not there.
    pub(crate) fn get<A: Analysis>(&mut self, ir: &Ir, op: OpId, time: Option<&mut TimeNode>) -> Arc<A> {
        let key = (op, TypeId::of::<A>());
        if let Some(found) = self.entries.get(&key).cloned().and_then(|e| e.downcast::<A>().ok()) {
            return found;
        }
        let start = Instant::now();
        let built = Arc::new(A::build(ir, op));
        if let Some(time) = time {
            time.child(&format!("(A) {}", A::NAME)).add(start.elapsed());
        }
        self.entries.insert(key, built.clone());
        built
    }

    /// Forgets what a pass on an operation has not preserved, for that operation and everything inside it.
    pub(crate) fn invalidate(&mut self, preserved: &Preserved) {
        match preserved {
            Preserved::All => {}
            Preserved::None => self.entries.clear(),
            Preserved::Some(ids) => self.entries.retain(|(_, id), _| ids.contains(id)),
        }
    }
}

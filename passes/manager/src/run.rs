//! Running a pipeline: step by step, verified, and on several threads where operations are isolated.

use crate::analysis::AnalysisCache;
use crate::instrument::Instrumentation;
use crate::manager::{Item, OpPassManager};
use crate::panics;
use crate::pass::{Pass, PassFailure, PassRun, Preserved, op_error};
use crate::timing::TimeNode;
use crate::transfer;
use cim_ir::op_def::Trait;
use cim_ir::{Diagnostic, Ir, OpId};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::time::Instant;

/// How a pipeline runs.
pub struct RunConfig {
    /// Verify after every pass that changed something.
    pub verify_each: bool,
    /// Threads for isolated operations; 1 runs everything in place.
    pub threads: usize,
    /// Told about every pass.
    pub instrumentations: Vec<Box<dyn Instrumentation>>,
}

impl Default for RunConfig {
    fn default() -> Self {
        RunConfig { verify_each: true, threads: 1, instrumentations: Vec::new() }
    }
}

/// What a run has to say.
#[derive(Debug, Default)]
pub struct RunOutcome {
    /// In the order of the program, whatever the number of threads.
    pub diagnostics: Vec<Diagnostic>,
    /// The passes that failed, as `` `Name` on 'op' operation: @symbol ``.
    pub failures: Vec<String>,
}

impl RunOutcome {
    /// True when no pass failed.
    pub fn succeeded(&self) -> bool {
        self.failures.is_empty()
    }
}

/// Runs a pipeline on `op`; adds times to `time`.
pub fn run(pm: &OpPassManager, ir: &mut Ir, op: OpId, config: &RunConfig, time: Option<&mut TimeNode>) -> RunOutcome {
    let mut state = State { outcome: RunOutcome::default(), time };
    if !pm.fits(ir.name_str(op)) {
        let what = format!("can't run '{}' pass manager on '{}' op", pm.anchor(), ir.name_str(op));
        state.outcome.diagnostics.push(Diagnostic::error(ir.loc(op), what));
        state.outcome.failures.push(String::new());
        return state.outcome;
    }
    if let Err(what) = pm.check() {
        state.outcome.diagnostics.push(Diagnostic::error(ir.ctx().unknown_loc(), what));
        state.outcome.failures.push(String::new());
        return state.outcome;
    }
    let one_thread = config.instrumentations.iter().any(|i| i.needs_one_thread());
    let threads = if one_thread { 1 } else { config.threads.max(1) };
    let spread = threads > 1 && pm.items().iter().any(|i| matches!(i, Item::Nested(_)));
    let pool = spread.then(|| rayon::ThreadPoolBuilder::new().num_threads(threads).build().ok()).flatten();
    let engine = Engine { config, pool: pool.as_ref(), threads };
    engine.pipeline(pm, ir, op, &mut state);
    state.outcome
}

/// `` 'func.func' operation: @f ``: how reports name an operation.
pub fn describe(ir: &Ir, op: OpId) -> String {
    let name = format!("'{}' operation", ir.name_str(op));
    match ir.attr(op, "sym_name").and_then(|a| ir.ctx().as_str(a)) {
        Some(symbol) => format!("{name}: @{symbol}"),
        None => name,
    }
}

struct State<'a> {
    outcome: RunOutcome,
    time: Option<&'a mut TimeNode>,
}

struct Engine<'a> {
    config: &'a RunConfig,
    pool: Option<&'a rayon::ThreadPool>,
    threads: usize,
}

/// Nested pipelines that run together: for each operation inside, the one that fits it.
type Group<'a> = Vec<(&'a str, Vec<&'a Item>)>;

impl Engine<'_> {
    /// False when a pass failed.
    fn pipeline(&self, pm: &OpPassManager, ir: &mut Ir, op: OpId, state: &mut State<'_>) -> bool {
        let items: Vec<&Item> = pm.items().iter().collect();
        self.items(&items, ir, op, state)
    }

    fn items(&self, items: &[&Item], ir: &mut Ir, op: OpId, state: &mut State<'_>) -> bool {
        let mut cache = AnalysisCache::default();
        let mut at = 0;
        while let Some(item) = items.get(at) {
            let ok = match item {
                Item::Pass(pass) => {
                    at += 1;
                    self.pass(&**pass, ir, op, &mut cache, state)
                }
                Item::Nested(_) => {
                    let (group, count) = group(&items[at..]);
                    at += count;
                    // Operations inside have been verified one by one; the one around them has not changed.
                    cache.invalidate(&Preserved::None);
                    self.nested(&group, ir, op, state)
                }
            };
            if !ok {
                return false;
            }
        }
        true
    }

    fn pass(&self, pass: &dyn Pass, ir: &mut Ir, op: OpId, cache: &mut AnalysisCache, state: &mut State<'_>) -> bool {
        let info = pass.info();
        if let Err(why) = schedulable(ir, op) {
            state.outcome.diagnostics.push(op_error(ir, op, why));
            state.outcome.failures.push(format!("`{}` on {}", info.display, describe(ir, op)));
            return false;
        }
        for i in &self.config.instrumentations {
            i.before_pass(ir, op, info);
        }
        let mut node = state.time.as_deref_mut().map(|t| t.child(info.display));
        let start = Instant::now();
        let mut diagnostics = std::mem::take(&mut state.outcome.diagnostics);
        let (preserved, result) = {
            let mut run = PassRun::new(ir, op, cache, &mut diagnostics, node.as_deref_mut());
            let result = panics::catch(|| pass.run(&mut run));
            (run.into_preserved(), result)
        };
        if let Some(node) = node {
            node.add(start.elapsed());
        }
        state.outcome.diagnostics = diagnostics;
        let mut ok = match result {
            Ok(Ok(())) => true,
            Ok(Err(PassFailure(why))) => {
                state.outcome.diagnostics.extend(why);
                false
            }
            Err(panic) => {
                let what = format!(
                    "pass '{}' stopped unexpectedly: {panic}; this is a defect of the pass, not of the input: \
                     rerun with --mlir-pass-pipeline-crash-reproducer=FILE and report FILE",
                    info.name
                );
                state.outcome.diagnostics.push(Diagnostic::error(ir.ctx().unknown_loc(), what));
                // The IR may be half changed: nothing more is done with it, not even printing.
                state.outcome.failures.push(format!("`{}` on an operation", info.display));
                return false;
            }
        };
        if ok && !matches!(preserved, Preserved::All) {
            ok = self.verify(ir, op, state);
        }
        cache.invalidate(&preserved);
        for i in &self.config.instrumentations {
            if ok { i.after_pass(ir, op, info) } else { i.after_pass_failed(ir, op, info) }
        }
        if !ok {
            state.outcome.failures.push(format!("`{}` on {}", info.display, describe(ir, op)));
        }
        ok
    }

    fn verify(&self, ir: &Ir, op: OpId, state: &mut State<'_>) -> bool {
        if !self.config.verify_each {
            return true;
        }
        match cim_ir::verify::verify(ir, op) {
            Ok(()) => true,
            Err(why) => {
                state.outcome.diagnostics.extend(why);
                false
            }
        }
    }

    fn nested(&self, group: &Group<'_>, ir: &mut Ir, op: OpId, state: &mut State<'_>) -> bool {
        let mut jobs = Vec::new();
        for &region in ir.regions_of(op) {
            for block in ir.blocks_of(region) {
                for child in ir.ops_of(block) {
                    let name = ir.name_str(child);
                    let fit = group.iter().position(|(a, _)| *a == name);
                    let fit = fit.or_else(|| group.iter().position(|(a, _)| *a == crate::manager::ANY));
                    jobs.extend(fit.map(|g| (child, g)));
                }
            }
        }
        let movable = self.threads > 1 && jobs.len() > 1 && jobs.iter().all(|(op, _)| transfer::is_movable(ir, *op));
        match self.pool.filter(|_| movable) {
            Some(pool) => self.in_parallel(pool, group, &jobs, ir, state),
            None => jobs.iter().fold(true, |ok, &(child, g)| self.one(group, g, ir, child, state) && ok),
        }
    }

    /// One job in place.
    fn one(&self, group: &Group<'_>, g: usize, ir: &mut Ir, op: OpId, state: &mut State<'_>) -> bool {
        let Some((anchor, items)) = group.get(g) else { return true };
        let start = Instant::now();
        let mut path = vec![format!("'{anchor}' Pipeline")];
        if group.len() > 1 {
            path.insert(0, collection_name(group));
        }
        let node = state.time.as_deref_mut().map(|t| path.iter().fold(t, |t, name| t.child(name)));
        let mut inner = State { outcome: std::mem::take(&mut state.outcome), time: node };
        let ok = self.items(items, ir, op, &mut inner);
        state.outcome = inner.outcome;
        if let Some(time) = state.time.as_deref_mut() {
            path.iter().fold(time, |t, name| {
                let child = t.child(name);
                child.add(start.elapsed());
                child
            });
        }
        ok
    }

    /// Copies operations out, works on the copies, puts them back. Batches bound the memory that copies need.
    fn in_parallel(
        &self,
        pool: &rayon::ThreadPool,
        group: &Group<'_>,
        jobs: &[(OpId, usize)],
        ir: &mut Ir,
        state: &mut State<'_>,
    ) -> bool {
        let timed = state.time.is_some();
        let mut per_thread: BTreeMap<usize, TimeNode> = BTreeMap::new();
        let mut all_ok = true;
        // Inner pipelines run where they are: this level keeps all threads busy.
        let serial = Engine { config: self.config, pool: None, threads: 1 };
        for batch in jobs.chunks(64 * self.threads) {
            let source: &Ir = ir;
            let work = |&(op, g): &(OpId, usize)| {
                let mut part = Ir::new(source.ctx().clone());
                let root = transfer::copy_into(source, op, &mut part);
                let mut time = timed.then(TimeNode::default);
                let mut inner = State { outcome: RunOutcome::default(), time: time.as_mut() };
                let ok = serial.one(group, g, &mut part, root, &mut inner);
                let outcome = inner.outcome;
                (part, root, ok, outcome, time, rayon::current_thread_index().unwrap_or(0))
            };
            let results: Vec<_> = pool.install(|| batch.par_iter().map(work).collect());
            for (&(old, _), (part, root, ok, outcome, time, thread)) in batch.iter().zip(results) {
                let new = transfer::copy_into(&part, root, ir);
                ir.insert_before(old, new);
                ir.erase(old);
                all_ok &= ok;
                state.outcome.diagnostics.extend(outcome.diagnostics);
                state.outcome.failures.extend(outcome.failures);
                if let Some(time) = time {
                    per_thread.entry(thread).or_default().merge_serial(&time);
                }
            }
        }
        if let Some(total) = state.time.as_deref_mut() {
            let mut sum = TimeNode::default();
            per_thread.values().for_each(|t| sum.merge_parallel(t));
            for c in &sum.children {
                total.child(&c.name).merge_serial(c);
            }
        }
        all_ok
    }
}

fn collection_name(group: &Group<'_>) -> String {
    let names: Vec<String> = group.iter().map(|(a, _)| format!("'{a}'")).collect();
    format!("Pipeline Collection : [{}]", names.join(", "))
}

/// The nested pipelines at the start of `items` that can run together, and how many of the items they are: pipelines of one
/// name follow each other on each operation; `any` joins no others, because it would overtake them.
fn group<'a>(items: &[&'a Item]) -> (Group<'a>, usize) {
    let mut group: Group<'a> = Vec::new();
    let mut count = 0;
    for item in items {
        let Item::Nested(pm) = item else { break };
        let any = |a: &str| a == crate::manager::ANY;
        let mixes = !group.is_empty() && (any(pm.anchor()) || group.iter().any(|(a, _)| any(a)));
        if mixes && !group.iter().all(|(a, _)| any(a) && any(pm.anchor())) {
            break;
        }
        match group.iter_mut().find(|(a, _)| *a == pm.anchor()) {
            Some((_, list)) => list.extend(pm.items()),
            None => group.push((pm.anchor(), pm.items().iter().collect())),
        }
        count += 1;
    }
    group.sort_by(|a, b| a.0.cmp(b.0));
    (group, count)
}

fn schedulable(ir: &Ir, op: OpId) -> Result<(), &'static str> {
    match ir.def(op) {
        None => Err("trying to schedule a pass on an unregistered operation"),
        Some(def) if !def.has(Trait::IsolatedFromAbove) => {
            Err("trying to schedule a pass on an operation not marked as 'IsolatedFromAbove'")
        }
        Some(_) => Ok(()),
    }
}

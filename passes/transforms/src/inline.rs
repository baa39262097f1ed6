//! `inline`: calls become the bodies of what they call.

use cim_ir::core::LocData;
use cim_ir::interfaces::{CallLike, CallableLike, Inlining};
use cim_ir::op_def::Trait;
use cim_ir::rewrite::Rewriter;
use cim_ir::symbols::{self, SymbolTables, SymbolUse, Visibility};
use cim_ir::{BlockId, Ir, Location, OpId, OpState, RegionId, ValueId};
use cim_pass::{OpPassManager, Pass, PassFailure, PassRegistry, PassResult, PassRun, RunConfig, clone_isolated, pass};
use rustc_hash::{FxHashMap, FxHashSet};

pass! {
    /// Inline function calls.
    ///
    /// Works from callees to callers. Before and after calls are inlined, functions are simplified by `default-pipeline`, or
    /// by the pipeline that `op-pipelines` has for them. Functions that are not public and have no use left are removed.
    /// Recursive calls stay calls, and so do calls of functions with several blocks where only one block may be.
    pub struct Inline = "inline", "Inliner" {
        options {
            /// The optimizer pipeline used for callables that do not have a dedicated optimizer pipeline in op-pipelines
            default_pipeline: String = "canonicalize".to_string(),
            /// Callable operation specific optimizer pipelines (in the form of `dialect.op(pipeline)`)
            op_pipelines: Vec<String> = Vec::new(),
            /// Maximum number of iterations when inlining within an SCC
            max_iterations: u32 = 4,
            /// If the ratio between the number of the operations in the callee and the number of the operations in the caller exceeds this value (in percentage), then the callee is not inlined even if it is legal to inline it
            inlining_threshold: u32 = u32::MAX,
        }
        statistics {
            /// Number of calls replaced by the callee's body
            inlined = "num-inlined",
        }
        state { pipelines: Vec<OpPassManager> }
    }
}

impl Pass for Inline {
    fn initialize(&mut self, registry: &PassRegistry) -> Result<(), String> {
        self.pipelines.clear();
        for text in &self.op_pipelines {
            self.pipelines.push(OpPassManager::parse(registry, text).map_err(|e| e.message)?);
        }
        let mut default = OpPassManager::new(cim_pass::ANY);
        if !self.default_pipeline.is_empty() {
            default.parse_into(registry, &self.default_pipeline).map_err(|e| e.message)?;
        }
        self.pipelines.push(default);
        Ok(())
    }

    fn run(&self, run: &mut PassRun<'_>) -> PassResult {
        let root = run.op();
        if !run.ir.has_trait(root, Trait::SymbolTable) {
            let what = " was scheduled to run under the inliner, but does not define a symbol table";
            return Err(run.op_error(root, what).into());
        }
        let graph = Graph::new(run.ir, root);
        let order = graph.components();
        let mut inliner = Inliner { pass: self, ir: run.ir, graph };
        for component in order {
            inliner.component(&component)?;
        }
        let dead: Vec<OpId> = inliner.graph.dead.iter().map(|&n| inliner.graph.nodes[n]).collect();
        for op in dead {
            run.ir.erase(op);
        }
        Ok(())
    }
}

/// Callables and what refers to them.
struct Graph {
    nodes: Vec<OpId>,
    index: FxHashMap<OpId, usize>,
    tables: SymbolTables,
    /// References from inside each callable, by callable.
    refs: Vec<FxHashMap<usize, usize>>,
    /// References to each callable.
    uses: Vec<usize>,
    dead: Vec<usize>,
}

impl Graph {
    fn new(ir: &Ir, root: OpId) -> Self {
        let all = ir.walk(root);
        let nodes: Vec<OpId> = all.iter().copied().filter(|op| body(ir, *op).is_some()).collect();
        let index = nodes.iter().enumerate().map(|(i, op)| (*op, i)).collect();
        let (refs, uses) = (vec![FxHashMap::default(); nodes.len()], vec![0; nodes.len()]);
        let mut graph = Graph { nodes, index, tables: SymbolTables::new(), refs, uses, dead: Vec::new() };
        for node in 0..graph.nodes.len() {
            graph.count(ir, node);
        }
        // References that are in no callable stay for good.
        let mut outside = Vec::new();
        let inside =
            |op: OpId| std::iter::successors(Some(op), |o| ir.parent_op(*o)).any(|o| graph.index.contains_key(&o));
        for &op in all.iter().filter(|op| !inside(**op)) {
            symbols::references(ir, op, &mut outside);
        }
        for u in outside {
            if let Some(target) = graph.target(ir, &u) {
                graph.uses[target] += 1;
            }
        }
        graph
    }

    fn target(&mut self, ir: &Ir, u: &SymbolUse) -> Option<usize> {
        let op = self.tables.lookup_nearest(ir, u.user, u.symbol)?;
        self.index.get(&op).copied()
    }

    /// Counts the references from a callable anew.
    fn count(&mut self, ir: &Ir, node: usize) {
        for (target, n) in std::mem::take(&mut self.refs[node]) {
            self.uses[target] -= n;
        }
        let mut found = Vec::new();
        for op in ir.walk(self.nodes[node]) {
            symbols::references(ir, op, &mut found);
        }
        for u in found {
            if let Some(target) = self.target(ir, &u) {
                *self.refs[node].entry(target).or_default() += 1;
                self.uses[target] += 1;
            }
        }
    }

    fn is_dead(&self, ir: &Ir, node: usize) -> bool {
        let op = self.nodes[node];
        let hidden = ir.has_trait(op, Trait::Symbol) && symbols::visibility(ir, op) != Visibility::Public;
        hidden && self.uses[node] == 0
    }

    /// Strongly connected components, callees first (Tarjan, with a stack of its own).
    fn components(&self) -> Vec<Vec<usize>> {
        let n = self.nodes.len();
        let edges: Vec<Vec<usize>> = self
            .refs
            .iter()
            .map(|r| {
                let mut list: Vec<usize> = r.keys().copied().collect();
                list.sort_unstable();
                list
            })
            .collect();
        let (mut number, mut low, mut on_stack) = (vec![usize::MAX; n], vec![0; n], vec![false; n]);
        let (mut stack, mut out, mut next) = (Vec::new(), Vec::new(), 0);
        for start in 0..n {
            let mut work = if number[start] == usize::MAX { vec![(start, 0)] } else { Vec::new() };
            while let Some(&mut (v, ref mut edge)) = work.last_mut() {
                if *edge == 0 {
                    (number[v], low[v], on_stack[v]) = (next, next, true);
                    next += 1;
                    stack.push(v);
                }
                if let Some(&w) = edges[v].get(*edge) {
                    *edge += 1;
                    if number[w] == usize::MAX {
                        work.push((w, 0));
                    } else if on_stack[w] {
                        low[v] = low[v].min(number[w]);
                    }
                    continue;
                }
                if low[v] == number[v] {
                    let at = stack.iter().rposition(|s| *s == v).unwrap_or(0);
                    let component: Vec<usize> = stack.split_off(at);
                    component.iter().for_each(|w| on_stack[*w] = false);
                    out.push(component);
                }
                work.pop();
                if let Some(&mut (parent, _)) = work.last_mut() {
                    low[parent] = low[parent].min(low[v]);
                }
            }
        }
        out
    }
}

/// Body of a callable with a definition.
fn body(ir: &Ir, op: OpId) -> Option<RegionId> {
    let region = (CallableLike::get(ir, op)?.callable_region)(op, ir)?;
    ir.entry(region).map(|_| region)
}

/// A call with the callees it came from by earlier inlining.
struct Call {
    op: OpId,
    source: usize,
    history: Vec<usize>,
}

struct Inliner<'a, 'b> {
    pass: &'b Inline,
    ir: &'a mut Ir,
    graph: Graph,
}

impl Inliner<'_, '_> {
    fn component(&mut self, component: &[usize]) -> Result<(), PassFailure> {
        for _ in 0..self.pass.max_iterations.max(1) {
            for &node in component {
                self.simplify(node)?;
            }
            if !self.inline_calls(component) {
                break;
            }
        }
        Ok(())
    }

    fn simplify(&mut self, node: usize) -> Result<(), PassFailure> {
        let op = self.graph.nodes[node];
        if self.graph.dead.contains(&node) || !self.ir.has_trait(op, Trait::IsolatedFromAbove) {
            return Ok(());
        }
        let name = self.ir.name_str(op);
        let Some(pipeline) = self.pass.pipelines.iter().find(|p| p.fits(name)).filter(|p| !p.is_empty()) else {
            return Ok(());
        };
        let config = RunConfig { verify_each: false, ..Default::default() };
        let outcome = cim_pass::run(pipeline, self.ir, op, &config, None);
        self.graph.count(self.ir, node);
        if outcome.succeeded() { Ok(()) } else { Err(outcome.diagnostics.into()) }
    }

    /// True when a call was inlined.
    fn inline_calls(&mut self, component: &[usize]) -> bool {
        let mut calls = Vec::new();
        for &node in component {
            if self.graph.dead.contains(&node) {
                continue;
            }
            if self.graph.is_dead(self.ir, node) {
                self.kill(node);
                continue;
            }
            self.collect(self.graph.nodes[node], node, &[], &mut calls);
        }
        let mut any = false;
        let mut at = 0;
        while at < calls.len() {
            let Call { op, source, ref history } = calls[at];
            at += 1;
            let Some(target) = self.inlinable(op, source, history) else { continue };
            let mut deeper = history.clone();
            deeper.push(target);
            let inlined = self.inline(op, target);
            for &new in &inlined {
                self.collect(new, source, &deeper, &mut calls);
            }
            self.graph.count(self.ir, source);
            self.pass.inlined.add(1);
            any = true;
            if self.graph.is_dead(self.ir, target) {
                self.kill(target);
            }
        }
        any
    }

    fn kill(&mut self, node: usize) {
        for (target, n) in std::mem::take(&mut self.graph.refs[node]) {
            self.graph.uses[target] -= n;
        }
        self.graph.dead.push(node);
    }

    /// Adds the calls in an operation; callables inside it have their own turn.
    fn collect(&self, root: OpId, source: usize, history: &[usize], out: &mut Vec<Call>) {
        let mut work = vec![root];
        while let Some(op) = work.pop() {
            if op != root && self.graph.index.contains_key(&op) {
                continue;
            }
            if CallLike::get(self.ir, op).is_some() {
                out.push(Call { op, source, history: history.to_vec() });
            }
            let start = work.len();
            let inner =
                self.ir.regions_of(op).iter().flat_map(|r| self.ir.blocks_of(*r)).flat_map(|b| self.ir.ops_of(b));
            work.extend(inner);
            work[start..].reverse();
        }
    }

    /// The callee, if the call may be replaced by its body.
    fn inlinable(&mut self, call: OpId, source: usize, history: &[usize]) -> Option<usize> {
        if !self.ir.is_alive(call) || self.ir.has_trait(call, Trait::Terminator) {
            return None;
        }
        let symbol = (CallLike::get(self.ir, call)?.callee)(call, self.ir)?;
        let target = self.graph.target(self.ir, &SymbolUse { user: call, symbol })?;
        let callee = self.graph.nodes[target];
        let ir = &*self.ir;
        if history.contains(&target) || ir.is_inside(call, callee) || !ir.has_trait(callee, Trait::IsolatedFromAbove) {
            return None;
        }
        let region = body(ir, callee)?;
        let block = ir.entry(region)?;
        if ir.next_block(block).is_some() && !takes_blocks(ir, call, callee) {
            return None;
        }
        let arguments = (CallLike::get(ir, call)?.arguments)(call, ir);
        let returned = |op: OpId| ir.operands(op).map(|v| ir.ty(v)).eq(ir.results(call).map(|v| ir.ty(v)));
        let mut ends =
            ir.blocks_of(region).filter_map(|b| ir.last_op(b)).filter(|op| ir.has_trait(*op, Trait::ReturnLike));
        let types_fit = arguments.iter().map(|v| ir.ty(*v)).eq(ir.args(block).iter().map(|v| ir.ty(*v)))
            && ends.all(returned)
            && ir.last_op(block).is_some();
        let allowed = (Inlining::of(ir, call)?.may_inline_call)(ir, call, callee);
        let nested: FxHashSet<OpId> = ir.walk(callee).into_iter().skip(1).collect();
        let inner_allowed = nested.iter().all(|op| Inlining::of(ir, *op).is_some_and(|i| (i.may_inline)(ir, *op)));
        (types_fit && allowed && inner_allowed && self.profitable(source, nested.len())).then_some(target)
    }

    fn profitable(&self, source: usize, callee_ops: usize) -> bool {
        match self.pass.inlining_threshold {
            u32::MAX => true,
            0 => false,
            threshold => {
                let caller_ops = self.ir.walk(self.graph.nodes[source]).len().saturating_sub(1);
                caller_ops == 0 || callee_ops * 100 / caller_ops <= threshold as usize
            }
        }
    }

    /// Replaces a call by a copy of the body; returns the copied operations.
    fn inline(&mut self, call: OpId, target: usize) -> Vec<OpId> {
        let callee = self.graph.nodes[target];
        let arguments = CallLike::get(self.ir, call).map(|c| (c.arguments)(call, self.ir)).unwrap_or_default();
        let call_loc = self.ir.loc(call);
        let copy = clone_isolated(self.ir, callee);
        for op in self.ir.walk(copy) {
            let loc = self.ir.loc(op);
            let loc = called_from(self.ir, loc, call_loc);
            self.ir.set_loc(op, loc);
        }
        let Some(region) = body(self.ir, copy) else { return Vec::new() };
        let Some(block) = self.ir.entry(region) else { return Vec::new() };
        let mut ops: Vec<OpId> = self.ir.blocks_of(region).flat_map(|b| self.ir.ops_of(b)).collect();
        let mut rw = Rewriter::new(self.ir);
        if rw.next_block(block).is_some() {
            inline_blocks(&mut rw, call, region, &arguments);
            rw.erase_op(copy);
            ops.retain(|op| rw.is_alive(*op));
            return ops;
        }
        rw.inline_block_before(block, call, &arguments);
        let results: Vec<ValueId> = rw.results(call).collect();
        if let Some(terminator) = ops.pop() {
            if let Some(inlining) = Inlining::of(&rw, terminator) {
                rw.set_before(terminator);
                (inlining.replace_terminator)(&mut rw, terminator, &results);
            }
            rw.erase_op(terminator);
        }
        rw.erase_op(call);
        rw.erase_op(copy);
        ops
    }
}

/// Whether several blocks may stand where a call stands, and there is a branch to connect them with.
fn takes_blocks(ir: &Ir, call: OpId, callee: OpId) -> bool {
    let Some(parent) = ir.parent_op(call) else { return false };
    let roomy = ir.name(parent) == ir.name(callee) || !may_be_single_block(ir, parent);
    roomy && ir.ctx().registry().op(BRANCH).is_some()
}

fn may_be_single_block(ir: &Ir, op: OpId) -> bool {
    ir.def(op).is_none() || ir.has_trait(op, Trait::SingleBlock)
}

/// The unconditional branch; its operands are the arguments of its only successor.
const BRANCH: &str = "cf.br";

/// Puts the blocks of `region` between what is before a call and what is after it.
fn inline_blocks(rw: &mut Rewriter<'_>, call: OpId, region: RegionId, arguments: &[ValueId]) {
    let Some(before) = rw.block_of(call) else { return };
    let Some(after) = rw.split_block(call) else { return };
    let call_loc = rw.loc(call);
    for result in rw.results(call) {
        let ty = rw.ty(result);
        let arg = rw.ir_mut().add_argument(after, ty, Some(call_loc));
        rw.replace_all_uses_with(result, arg);
    }
    rw.erase_op(call);
    let blocks: Vec<BlockId> = rw.blocks_of(region).collect();
    for (i, &block) in blocks.iter().enumerate() {
        if let Some(end) = rw.last_op(block).filter(|op| rw.has_trait(*op, Trait::ReturnLike)) {
            let values: Vec<ValueId> = rw.operands(end).collect();
            let state = OpState::new(rw.context(), BRANCH, rw.loc(end)).operands(&values).successor(after);
            rw.replace_with(end, state);
        }
        if i == 0 {
            rw.merge_blocks(block, before, arguments);
        } else {
            let ir = rw.ir_mut();
            ir.detach_block(block);
            ir.insert_block_before(after, block);
        }
    }
}

/// A location inside a callee, seen from the caller: below whatever it was inlined through before.
fn called_from(ir: &Ir, callee: Location, caller: Location) -> Location {
    let mut through = Vec::new();
    let mut last = callee;
    while let LocData::CallSite { callee, caller } = ir.ctx().loc_data(last) {
        through.push(*callee);
        last = *caller;
    }
    let first = ir.ctx().loc(LocData::CallSite { callee: last, caller });
    through.into_iter().rev().fold(first, |caller, callee| ir.ctx().loc(LocData::CallSite { callee, caller }))
}

//! From `cim.graph` to `cim.xbar`, with crossbar reads or, in core mode, with whole operators on cores.
//!
//! - [`buffers`]: which tensor lies where, padded borders, views of flattened tensors
//! - [`crossbars`]: convolutions and linear layers pixel by pixel on crossbars
//! - [`cores`]: convolutions and linear layers as one operation per copy
//! - [`weights`]: matrices and weight writes
//! - [`digital`]: pools, additions, concatenation, reshapes
//! - [`host`]: operators on the host

mod buffers;
mod cores;
mod crossbars;
mod digital;
mod host;
mod weights;

use crate::emit::Emitter;
use crate::network::{self, Kind, Mvm, Net, Node, Requant, window_numbers};
use buffers::Spot;
use cim_dialect::machine::machine_of;
use cim_ir::{Attribute, BlockId, Diagnostic, Ir, OpId, OpState, Type, ValueId};
use cim_isa::types::Window;
use cim_machine::Machine;
use std::collections::{HashMap, HashSet};
use weights::Placed;

/// What convolutions and linear layers become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// `read_core`.
    Core,
    /// `read_xb`.
    Crossbar,
}

/// Lowers `@network` of a module: adds matrices, constants, `@init` and `@main`. `@network` stays as it is: it is the reference.
///
/// # Errors
/// No machine, no placement, or an operation that cannot be lowered; the module is then unfinished.
pub fn lower(ir: &mut Ir, module: OpId, target: Target) -> Result<(), Diagnostic> {
    let machine = machine_of(ir, module)?;
    let func = crate::find_function(ir, module, "network")?;
    let net = network::read(ir, func)?;
    let Some(top) = ir.body(module) else { return Err(ir.op_error(module, "has no body")) };
    for op in ir.ops_of(top).collect::<Vec<_>>() {
        let symbol = ir.attr(op, "sym_name").and_then(|a| ir.ctx().as_str(a));
        if op != func && matches!(symbol, Some("main" | "init")) {
            return Err(ir.op_error(op, "exists already; the network is lowered once"));
        }
    }
    let (main, block, values) = main_function(ir, &net);
    let before = ir.next(func);
    let placed = weights::placed(ir, &net, &machine, target)?;
    let mut l = Lowering {
        borders: buffers::borders(ir, &net, target)?,
        em: Emitter::new(ir, block),
        net: &net,
        machine: &machine,
        target,
        spots: vec![None; net.tensors.len()],
        placed,
        symbols: HashSet::from(["network".to_string(), "main".to_string(), "init".to_string()]),
        requants: HashMap::new(),
        matrices: HashMap::new(),
        top: Vec::new(),
        init: Vec::new(),
        segment: 0,
        fused: vec![false; net.nodes.len()],
    };
    l.run(&values)?;
    let ret = l.em.state("func.return");
    l.em.push(ret);
    let (top_ops, init_ops) = (std::mem::take(&mut l.top), std::mem::take(&mut l.init));
    l.em.finish();
    let init = init_function(ir, &init_ops);
    for op in top_ops.into_iter().chain([init, main]) {
        match before {
            Some(b) => ir.insert_before(b, op),
            None => ir.append(top, op),
        }
    }
    Ok(())
}

fn function(ir: &mut Ir, name: &str, args: &[Type]) -> (OpId, BlockId) {
    let ctx = ir.ctx().clone();
    let region = ir.create_region();
    let block = ir.create_block(region, args);
    let state = OpState::new(&ctx, "func.func", ctx.unknown_loc())
        .prop(&ctx, "sym_name", ctx.string_attr(name))
        .prop(&ctx, "function_type", ctx.type_attr(ctx.function(args, &[])))
        .region(region);
    (ir.create(state), block)
}

/// `@main` takes one host buffer per input and output of the model.
fn main_function(ir: &mut Ir, net: &Net) -> (OpId, BlockId, Vec<ValueId>) {
    let ctx = ir.ctx().clone();
    let space = ctx.string_attr("host");
    let host = |t: usize| {
        let dims: Vec<i64> = net.tensors[t].dims.iter().map(|&d| i64::from(d)).collect();
        ctx.memref(&dims, network::host_type(&ctx, net.tensors[t].host), Some(space))
    };
    let args: Vec<Type> = net.inputs.iter().chain(&net.outputs).map(|(_, t)| host(*t)).collect();
    let (main, block) = function(ir, "main", &args);
    let values = ir.args(block).to_vec();
    (main, block, values)
}

fn init_function(ir: &mut Ir, ops: &[OpId]) -> OpId {
    let (init, block) = function(ir, "init", &[]);
    let ctx = ir.ctx().clone();
    for &op in ops {
        ir.append(block, op);
    }
    let ret = ir.create(OpState::new(&ctx, "func.return", ctx.unknown_loc()));
    ir.append(block, ret);
    init
}

struct Lowering<'a> {
    em: Emitter<'a>,
    net: &'a Net,
    machine: &'a Machine,
    target: Target,
    /// Where each tensor lies once it is computed.
    spots: Vec<Option<Spot>>,
    /// Padding around each tensor that its convolutions need, and the value in it.
    borders: Vec<buffers::Border>,
    /// Placement per node with weights.
    placed: HashMap<usize, Placed>,
    symbols: HashSet<String>,
    requants: HashMap<Requant, String>,
    matrices: HashMap<usize, String>,
    /// Operations for the module: matrices, constants, residents.
    top: Vec<OpId>,
    /// Weight writes that happen once.
    init: Vec<OpId>,
    /// Current segment.
    segment: u32,
    /// Nodes that an earlier one took along.
    fused: Vec<bool>,
}

/// What a layer reports.
#[derive(Default)]
struct LayerInfo<'a> {
    kind: &'a str,
    placement: &'a str,
    reason: &'a str,
    window: Option<Window>,
    numbers: Vec<(&'a str, i64)>,
    matrix: Option<[i64; 2]>,
}

impl<'a> Lowering<'a> {
    fn run(&mut self, values: &[ValueId]) -> Result<(), Diagnostic> {
        let net = self.net;
        let (inputs, outputs) = values.split_at(net.inputs.len().min(values.len()));
        for ((_, t), &value) in net.inputs.iter().zip(inputs) {
            self.input(*t, value);
        }
        // The host buffer of an output is where its tensor is computed, when a host operator computes it.
        let mut out_of: HashMap<usize, ValueId> = HashMap::new();
        for ((_, t), &value) in net.outputs.iter().zip(outputs) {
            out_of.entry(*t).or_insert(value);
        }
        for (i, node) in net.nodes.iter().enumerate() {
            if self.fused[i] {
                continue;
            }
            self.em.loc = self.em.ir.loc(node.op);
            if let Some(p) = self.placed.get(&i) {
                self.segment = p.segment;
            }
            match &node.kind {
                Kind::Mvm(m) if self.target == Target::Crossbar => self.mvm_on_crossbars(i, node, m)?,
                Kind::Mvm(m) => self.mvm_on_cores(i, node, m)?,
                Kind::Quantize { .. } | Kind::Dequantize { .. } | Kind::Onnx { .. } => {
                    self.on_host(node, out_of.get(&node.output).copied())?
                }
                _ => self.digital(node)?,
            }
        }
        for ((name, t), &value) in net.outputs.iter().zip(outputs) {
            self.output(name, *t, value)?;
        }
        Ok(())
    }

    fn error<T>(&self, node: &Node, text: impl std::fmt::Display) -> Result<T, Diagnostic> {
        Err(self.em.ir.op_error(node.op, text))
    }

    /// A module symbol like `wanted` that is still free.
    fn symbol(&mut self, wanted: &str) -> String {
        if self.symbols.insert(wanted.to_string()) {
            return wanted.to_string();
        }
        let mut k = 1u64;
        loop {
            let name = format!("{wanted}_{k}");
            if self.symbols.insert(name.clone()) {
                return name;
            }
            k += 1;
        }
    }

    /// The symbol of requantisation constants.
    fn requant(&mut self, node: &Node, r: &Requant) -> String {
        if let Some(name) = self.requants.get(r) {
            return name.clone();
        }
        let name = self.symbol(&format!("{}.requant", node.name));
        let ctx = self.em.ctx.clone();
        let mut state = self.em.state("cim.xbar.requant").prop(&ctx, "sym_name", ctx.string_attr(&name));
        state.set_prop(&ctx, "multiplier", ctx.i64_array(&r.m));
        state.set_prop(&ctx, "addend", ctx.i64_array(&r.b));
        if let Some(m2) = &r.m2 {
            state.set_prop(&ctx, "multiplier2", ctx.i64_array(m2));
        }
        self.em.ints(&mut state, &[("shift", r.shift), ("lo", r.lo), ("hi", r.hi)]);
        let op = self.em.ir.create(state);
        self.top.push(op);
        self.requants.insert(r.clone(), name.clone());
        name
    }

    /// Writes a layer; `body` returns the buffers that hold tensors afterwards, with the node that computed each.
    fn layer(
        &mut self,
        name: &str,
        info: LayerInfo,
        body: impl FnOnce(&mut Self) -> Result<Vec<(ValueId, i64)>, Diagnostic>,
    ) -> Result<(), Diagnostic> {
        let ctx = self.em.ctx.clone();
        let mut state = self.em.state("cim.xbar.layer");
        let text = |s: &str| -> Attribute { ctx.string_attr(s) };
        for (key, value) in
            [("name", name), ("kind", info.kind), ("placement", info.placement), ("reason", info.reason)]
        {
            state.set_prop(&ctx, key, text(value));
        }
        if let Some(w) = &info.window {
            state.set_prop(&ctx, "window", ctx.i64_array(&window_numbers(w)));
            self.em.ints(&mut state, &[("pad_value", w.pad_value)]);
            if w.count_include_pad {
                state.set_prop(&ctx, "count_include_pad", ctx.unit());
            }
        }
        if let Some(m) = &info.matrix {
            state.set_prop(&ctx, "matrix", ctx.i64_array(m));
        }
        let mut numbers = info.numbers.clone();
        numbers.push(("segment", i64::from(self.segment)));
        self.em.ints(&mut state, &numbers);
        let (op, _) = self.em.enter(state, &[]);
        let outs = body(self)?;
        self.em.leave();
        let (mems, nodes): (Vec<ValueId>, Vec<i64>) = outs.into_iter().unzip();
        self.em.ir.set_operands(op, &mems);
        self.em.ir.set_prop(op, "nodes", Some(ctx.i64_array(&nodes)));
        Ok(())
    }

    /// Nodes computed together with node `i`: a chain of elementwise operations of which each is the only user of the
    /// one before, up to and including a requantisation.
    fn chain(&self, i: usize) -> Vec<usize> {
        let mut out = Vec::new();
        let mut at = i;
        loop {
            let t = &self.net.tensors[self.net.nodes[at].output];
            let [user] = t.users[..] else { return out };
            if t.is_output {
                return out;
            }
            match self.net.nodes[user].kind {
                Kind::Relu | Kind::Clip(..) => out.push(user),
                Kind::Requantize(_) => {
                    out.push(user);
                    return out;
                }
                _ => return out,
            }
            at = user;
        }
    }

    fn mvm_info(&self, m: &Mvm, p: &Placed) -> LayerInfo<'a> {
        let rows =
            u64::from(m.window.kernel[0]) * u64::from(m.window.kernel[1]) * u64::from(m.window.input[2] / m.groups);
        let mut numbers = vec![
            ("cout", i64::from(m.cout)),
            ("groups", i64::from(m.groups)),
            ("weight_bits", i64::from(m.weight.bits)),
            ("crossbars", p.units.len() as i64),
            ("cores", i64::from(p.cores(self.machine.crossbars_per_core() as u32))),
            ("copies", i64::from(p.copies)),
        ];
        if p.slots.0 > 1 {
            numbers.extend([("slots", i64::from(p.slots.0)), ("slot_rows", i64::from(p.slots.1))]);
        }
        LayerInfo {
            kind: if m.linear || m.each { "linear" } else { "conv" },
            placement: "cim",
            reason: &self.net.reason,
            window: Some(m.window),
            matrix: Some([rows as i64, i64::from(m.cout / m.groups)]),
            numbers,
        }
    }
}

//! State of one import.

use crate::chip;
use crate::declared::no_tensor;
use crate::expand::{self, Body, Functions, LEAST_BUDGET};
use crate::node::{Import, Node, Refusal};
use crate::options::{ImportOptions, Sizes};
use crate::order::{name, order, order_nodes};
use crate::proto::{GraphProto, ModelProto, NodeProto, OperatorSetIdProto, ValueInfoProto};
use crate::source::External;
use crate::tensor::{Elem, Tensor};
use crate::{OPSETS, ops, scan};
use bytes::Bytes;
use cim_dialect::graph::elements::dense;
use cim_dialect::graph::{self, types};
use cim_ir::core::{AttrData, LocData};
use cim_ir::{Attribute, BlockId, Context, Diagnostic, Ir, Location, OpId, OpState, Type, ValueId};
use prost::Message;
use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

/// Constants of at least so many bytes are resources: slices of the mapped file.
const RESOURCE_BYTES: usize = 256;

/// What a name of the model stands for.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    /// Known at compile time, not in the IR yet; the key finds its operation once there is one.
    Constant { tensor: Arc<Tensor>, key: String },
    /// In the IR.
    Ir(ValueId),
    /// Result of a node that could not be imported: its users are skipped silently.
    Missing,
}

pub(crate) struct Importer {
    pub(crate) ctx: Arc<Context>,
    pub(crate) ir: Ir,
    block: BlockId,
    /// Version of the default domain.
    pub(crate) opset: i64,
    /// Versions of all domains the model imports.
    pub(crate) domains: Vec<OperatorSetIdProto>,
    /// The leading dimension is symbolic: operators must not mix images.
    pub(crate) batched: bool,
    values: HashMap<String, Value>,
    materialised: HashMap<String, ValueId>,
    /// Values that depend on constants alone.
    constant_derived: HashSet<ValueId>,
    /// Values that depend on an input with a symbolic batch.
    per_image: HashSet<ValueId>,
    file: Location,
    /// Every node so far, and why it was refused.
    nodes: Vec<NodeInfo>,
    /// Operations made so far, in order.
    created: Vec<OpId>,
    /// Names of nodes, with how often each was seen.
    taken: HashMap<String, usize>,
    /// Names of values of the whole model, so that bodies get others.
    pub(crate) reserved: HashSet<String>,
    pub(crate) functions: Functions,
    /// Functions whose bodies are being imported.
    pub(crate) calls: Vec<expand::Key>,
    /// Bytes that bodies may still add.
    pub(crate) budget: usize,
    /// Bytes that folding may still read and make.
    pub(crate) fold_budget: usize,
}

/// What folding may read and make in one model, in bytes.
const FOLD_BUDGET: usize = 256 << 20;

/// What became of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NodeState {
    /// It is in the module, or was folded into a constant.
    Imported,
    /// It cannot be imported.
    Refused(Refusal),
    /// It was not looked at, because a node before it was refused.
    Skipped,
}

/// A node of the model, in execution order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeInfo {
    /// Its name; unnamed nodes get one.
    pub name: String,
    /// Operator with its domain, unless that is the default one.
    pub operator: String,
    /// What became of it.
    pub state: NodeState,
}

/// All nodes of a model, and the module when none was refused.
pub struct Survey {
    /// Nodes in execution order.
    pub nodes: Vec<NodeInfo>,
    /// The imported module.
    pub module: Option<(Ir, OpId)>,
}

pub(crate) fn import(
    ctx: &Arc<Context>,
    bytes: Bytes,
    file: &str,
    dir: Option<&Path>,
    options: &ImportOptions,
) -> Result<(Ir, OpId), Vec<Diagnostic>> {
    let mut nodes = Vec::new();
    import_and_list(ctx, bytes, file, dir, options, &mut nodes)
}

pub(crate) fn survey(
    ctx: &Arc<Context>,
    bytes: Bytes,
    file: &str,
    dir: Option<&Path>,
    options: &ImportOptions,
) -> Result<Survey, Vec<Diagnostic>> {
    let mut nodes = Vec::new();
    match import_and_list(ctx, bytes, file, dir, options, &mut nodes) {
        Ok(module) => Ok(Survey { nodes, module: Some(module) }),
        Err(_) if nodes.iter().any(|n| matches!(n.state, NodeState::Refused(_))) => Ok(Survey { nodes, module: None }),
        Err(e) => Err(e),
    }
}

fn import_and_list(
    ctx: &Arc<Context>,
    bytes: Bytes,
    file: &str,
    dir: Option<&Path>,
    options: &ImportOptions,
    nodes: &mut Vec<NodeInfo>,
) -> Result<(Ir, OpId), Vec<Diagnostic>> {
    let model = decode(bytes).map_err(|e| vec![Diagnostic::error(ctx.file_loc(file, 0, 0), e)])?;
    import_model(ctx, model, file, dir, options, nodes)
}

pub(crate) fn import_model(
    ctx: &Arc<Context>,
    model: ModelProto,
    file: &str,
    dir: Option<&Path>,
    options: &ImportOptions,
    nodes: &mut Vec<NodeInfo>,
) -> Result<(Ir, OpId), Vec<Diagnostic>> {
    let loc = ctx.file_loc(file, 0, 0);
    let fail = |e: String| vec![Diagnostic::error(loc, e)];
    let budget = model.encoded_len().saturating_mul(4).max(LEAST_BUDGET);
    let opset = default_opset(&model.opset_import).map_err(fail)?;
    let opset = opset.ok_or_else(|| fail("the model imports no operator set of the default domain".into()))?;
    let domains = model.opset_import;
    let functions = expand::functions(model.functions).map_err(fail)?;
    let graph = model.graph.ok_or_else(|| fail("the model has no graph".into()))?;
    let stem = Path::new(file).file_stem().map_or_else(|| "network".into(), |s| s.to_string_lossy().into_owned());
    let mut external = External::new(dir);
    let nodes_of_model = order(&graph).map_err(fail)?;
    if !graph.sparse_initializer.is_empty() {
        return Err(fail("the model has sparse initialisers; store them as dense tensors".into()));
    }
    let mut ir = Ir::new(ctx.clone());
    let region = ir.create_region();
    let block = ir.create_block(region, &[]);
    let mut importer = Importer {
        ctx: ctx.clone(),
        ir,
        block,
        opset,
        domains,
        batched: false,
        values: HashMap::new(),
        materialised: HashMap::new(),
        constant_derived: HashSet::new(),
        per_image: HashSet::new(),
        file: loc,
        nodes: Vec::new(),
        created: Vec::new(),
        taken: HashMap::new(),
        reserved: expand::defined(&graph).cloned().collect(),
        functions,
        calls: Vec::new(),
        budget,
        fold_budget: FOLD_BUDGET,
    };
    let mut diags = Vec::new();
    importer.initialisers(&graph, &mut external, &mut diags);
    importer.inputs(&graph, options, &mut diags);
    if diags.is_empty() {
        let used = used_names(&graph);
        importer.nodes(&graph.node, &nodes_of_model, &used, &mut external, &mut diags);
        nodes.append(&mut importer.nodes);
        importer.check_declared(&graph, *options != ImportOptions::default(), &mut diags);
    }
    if !diags.is_empty() {
        return Err(diags);
    }
    let outputs = importer.outputs(&graph).map_err(fail)?;
    let name = if is_generic(&graph.name) { &stem } else { &graph.name };
    let module = importer.module(&graph, name, region, &outputs);
    Ok((importer.ir, module))
}

fn decode(bytes: Bytes) -> Result<ModelProto, String> {
    if bytes.is_empty() {
        return Err("the file is empty, not an ONNX model".into());
    }
    scan::check(&bytes)?;
    ModelProto::decode(bytes).map_err(|e| format!("the file is no ONNX model: {e}"))
}

/// Version of the default domain, if it is imported, or why it cannot be read.
fn default_opset(imports: &[OperatorSetIdProto]) -> Result<Option<i64>, String> {
    let version = imports.iter().filter(|o| is_default(&o.domain)).map(|o| o.version).max();
    match version {
        Some(v) if !OPSETS.contains(&v) => Err(format!(
            "the model uses operator set {v}; {} to {} are supported: convert it with onnx.version_converter",
            OPSETS.start(),
            OPSETS.end()
        )),
        _ => Ok(version),
    }
}

/// Operator of a node with its domain, unless that is the default one.
pub(crate) fn qualified(NodeProto { domain, op_type, .. }: &NodeProto) -> String {
    if is_default(domain) { op_type.clone() } else { format!("{domain}.{op_type}") }
}

/// Spellings of the default domain.
pub(crate) fn is_default(domain: &str) -> bool {
    matches!(domain, "" | "ai.onnx")
}

/// Names that exporters give to every graph: they say nothing about the network.
fn is_generic(graph_name: &str) -> bool {
    const GENERIC: [&str; 5] = ["main_graph", "torch_jit", "torch-jit-export", "graph", "main"];
    graph_name.trim().is_empty() || GENERIC.contains(&graph_name)
}

impl Importer {
    fn initialisers(&mut self, graph: &GraphProto, external: &mut External<'_>, diags: &mut Vec<Diagnostic>) {
        for proto in &graph.initializer {
            if self.values.contains_key(&proto.name) {
                diags.push(Diagnostic::error(self.file, format!("initialiser '{}' is given twice", proto.name)));
                continue;
            }
            match Tensor::new(proto, external) {
                Ok(tensor) => self.define_constant(&proto.name, tensor),
                Err(e) => diags.push(Diagnostic::error(self.file, format!("initialiser '{}': {e}", proto.name))),
            }
        }
    }

    /// Inputs that are not initialisers become function arguments.
    fn inputs(&mut self, graph: &GraphProto, options: &ImportOptions, diags: &mut Vec<Diagnostic>) {
        let mut sizes = Sizes::new(options);
        for input in real_inputs(graph) {
            match self.input_type(input, &mut sizes) {
                Ok(_) if self.values.contains_key(&input.name) => {
                    diags.push(Diagnostic::error(self.file, format!("input '{}' is given twice", input.name)));
                }
                Ok(ty) => {
                    let value = self.ir.add_argument(self.block, ty, None);
                    if self.batched {
                        self.per_image.insert(value);
                    }
                    self.values.insert(input.name.clone(), Value::Ir(value));
                }
                Err(e) => diags.push(Diagnostic::error(self.file, format!("input '{}': {e}", input.name))),
            }
        }
        diags.extend(sizes.unused().map(|e| Diagnostic::error(self.file, e)));
    }

    fn input_type(&mut self, input: &ValueInfoProto, sizes: &mut Sizes<'_>) -> Result<Type, String> {
        let ty = input.r#type.as_ref().ok_or("it has no type")?;
        let Some(tensor) = ty.tensor_type.as_ref() else {
            return Err(format!(
                "it is {}; only dense tensors can be inputs: take it apart in the model",
                no_tensor(ty)
            ));
        };
        let elem = Elem::of(tensor.elem_type)?;
        let shape = tensor.shape.as_ref().ok_or("it has no shape; export the model with fixed input shapes")?;
        let mut dims = Vec::new();
        for (i, d) in shape.dim.iter().enumerate() {
            match (d.dim_value, sizes.of(i, d)) {
                (Some(v), _) if v > 0 => dims.push(v),
                (Some(v), _) if v < -1 => return Err(format!("dimension {i} is {v}")),
                (_, Some(size)) => dims.push(size),
                _ if i == 0 => {
                    self.batched = true;
                    dims.push(1);
                }
                _ => {
                    let symbol = d.dim_param.as_deref().unwrap_or("?");
                    return Err(format!(
                        "dimension {i} ('{symbol}') is not known; fix it with --dim {symbol}=SIZE, or export the model with \
                         fixed input shapes"
                    ));
                }
            }
        }
        if types::count(&dims).is_none() {
            return Err(format!("shape {dims:?} has more than {} elements", types::MAX_ELEMENTS));
        }
        Ok(self.ctx.tensor(&dims, elem.ty(&self.ctx)))
    }

    fn nodes(
        &mut self,
        protos: &[NodeProto],
        order: &[usize],
        used: &HashSet<String>,
        external: &mut External<'_>,
        diags: &mut Vec<Diagnostic>,
    ) {
        for &index in order {
            let Some(proto) = protos.get(index) else { continue };
            let unique = self.unique(name(proto, index));
            let loc = self.ctx.loc(LocData::Name { name: self.ctx.ident(&unique), child: self.file });
            let missing = |n: &str| matches!(self.values.get(n), Some(Value::Missing));
            if expand::reads(proto).into_iter().any(missing) {
                self.forget(proto.output.iter());
                let operator = qualified(proto);
                self.nodes.push(NodeInfo { name: unique, operator, state: NodeState::Skipped });
                continue;
            }
            let place = self.nodes.len();
            self.nodes.push(NodeInfo { name: unique.clone(), operator: qualified(proto), state: NodeState::Imported });
            let expanded = match expand::body(self, proto, &unique) {
                Ok(None) => None,
                Ok(Some(body)) => Some(self.body(proto, body, used, external, diags)),
                Err(refusal) => Some(Err(refusal)),
            };
            let mut node = Node::new(self, proto, unique, loc, used, external);
            let done = expanded.unwrap_or_else(|| ops::import(&mut node).and_then(|()| node.finish()));
            if let Err(refusal) = done {
                diags.push(Diagnostic::error(loc, node.message(&refusal)));
                self.forget(proto.output.iter());
                if let Some(info) = self.nodes.get_mut(place) {
                    info.state = NodeState::Refused(refusal);
                }
            }
        }
    }

    /// A name that no node before it has.
    fn unique(&mut self, name: String) -> String {
        loop {
            let copies = self.taken.entry(name.clone()).or_default();
            *copies += 1;
            let candidate = match *copies {
                1 => return name,
                n => format!("{name}#{n}"),
            };
            if !self.taken.contains_key(&candidate) {
                self.taken.insert(candidate.clone(), 1);
                return candidate;
            }
        }
    }

    /// Imports what a node stands for, and gives its results the node's names.
    fn body(
        &mut self,
        call: &NodeProto,
        body: Body,
        used: &HashSet<String>,
        external: &mut External<'_>,
        diags: &mut Vec<Diagnostic>,
    ) -> Import {
        let opset = default_opset(&body.opsets)?.unwrap_or(self.opset);
        for proto in &body.constants {
            let tensor = Tensor::new(proto, external).map_err(|e| format!("initialiser '{}': {e}", proto.name))?;
            self.define_constant(&proto.name, tensor);
        }
        let order = order_nodes(&body.nodes, |n| self.values.contains_key(n))?;
        let mut inner: HashSet<String> = body.nodes.iter().flat_map(expand::reads).map(str::to_string).collect();
        let results = || body.outputs.iter().zip(&call.output).filter(|(_, actual)| !actual.is_empty());
        inner.extend(results().filter(|(_, actual)| used.contains(*actual)).map(|(formal, _)| formal.clone()));
        let outer = (self.opset, self.domains.clone());
        self.opset = opset;
        if body.function.is_some() {
            let named = |d: &str| body.opsets.iter().any(|o| o.domain == d);
            self.domains.retain(|d| !named(&d.domain));
            self.domains.extend(body.opsets.iter().cloned());
        }
        self.calls.extend(body.function.clone());
        self.nodes(&body.nodes, &order, &inner, external, diags);
        if body.function.is_some() {
            self.calls.pop();
        }
        (self.opset, self.domains) = outer;
        for (formal, actual) in results() {
            let value = self.values.get(formal).cloned();
            let value = value.ok_or_else(|| format!("nothing in its body defines its result '{formal}'"))?;
            self.define(actual, value);
        }
        Ok(())
    }

    fn forget<'n>(&mut self, names: impl Iterator<Item = &'n String>) {
        for n in names {
            self.values.insert(n.clone(), Value::Missing);
        }
    }

    fn outputs(&mut self, graph: &GraphProto) -> Result<Vec<ValueId>, String> {
        if graph.output.is_empty() {
            return Err("the model has no outputs".into());
        }
        let mut out = Vec::new();
        for o in &graph.output {
            let value = self.values.get(&o.name).cloned();
            let value = value.ok_or_else(|| format!("output '{}' is not defined", o.name))?;
            let value = self.materialise(&value).and_then(|v| self.computed(v));
            out.push(value.map_err(|e| format!("output '{}': {}", o.name, e.reason))?);
        }
        Ok(out)
    }

    /// A value that is returned; a constant is returned by an operation of the host.
    fn computed(&mut self, value: ValueId) -> Result<ValueId, Refusal> {
        let constant = self.ir.defining_op(value).is_some_and(|o| graph::Constant::cast(&self.ir, o).is_some());
        if !constant {
            return Ok(value);
        }
        let state = graph::Host::builder(&self.ctx, self.file)
            .inputs(&[value])
            .operator("Identity")
            .version(14)
            .attributes(self.ctx.empty_dict())
            .host("the output is constant")
            .result(self.ir.ty(value))
            .build();
        self.create(state)
    }

    /// The function and the module around it.
    fn module(&mut self, graph: &GraphProto, name: &str, region: cim_ir::RegionId, outputs: &[ValueId]) -> OpId {
        let ctx = self.ctx.clone();
        let ret = self.ir.create(OpState::new(&ctx, "func.return", self.file).operands(outputs));
        self.ir.append(self.block, ret);
        let types = |ir: &Ir, values: &[ValueId]| values.iter().map(|&v| ir.ty(v)).collect::<Vec<_>>();
        let inputs = types(&self.ir, self.ir.args(self.block));
        let results = types(&self.ir, outputs);
        let strings = |names: &mut dyn Iterator<Item = &String>| -> Attribute {
            let items: Vec<_> = names.map(|n| ctx.string_attr(n)).collect();
            ctx.array_attr(&items)
        };
        let mut func = OpState::new(&ctx, "func.func", self.file)
            .prop(&ctx, "sym_name", ctx.string_attr("network"))
            .prop(&ctx, "function_type", ctx.type_attr(ctx.function(&inputs, &results)))
            .attr(&ctx, graph::INPUTS, strings(&mut real_inputs(graph).map(|i| &i.name)))
            .attr(&ctx, graph::OUTPUTS, strings(&mut graph.output.iter().map(|o| &o.name)))
            .region(region);
        if self.batched {
            func = func.attr(&ctx, graph::BATCHED, ctx.unit());
        }
        let func = self.ir.create(func);
        let body = self.ir.create_region();
        let top = self.ir.create_block(body, &[]);
        self.ir.append(top, func);
        let module =
            OpState::new(&ctx, "builtin.module", self.file).prop(&ctx, "sym_name", ctx.string_attr(name)).region(body);
        self.ir.create(module)
    }

    /// A value by name.
    pub(crate) fn lookup(&self, name: &str) -> Option<&Value> {
        self.values.get(name)
    }
    pub(crate) fn define(&mut self, name: &str, value: Value) {
        self.values.insert(name.to_string(), value);
    }
    pub(crate) fn define_constant(&mut self, name: &str, tensor: Tensor) {
        self.define(name, Value::Constant { tensor: Arc::new(tensor), key: name.to_string() });
    }
    /// Whether a value depends on an input with a symbolic batch.
    pub(crate) fn is_per_image(&self, value: ValueId) -> bool {
        self.per_image.contains(&value)
    }
    /// Erases what a node made before it was refused; constants stay for their other users.
    pub(crate) fn rewind(&mut self, before: usize) {
        for op in self.created.split_off(before.min(self.created.len())).into_iter().rev() {
            if graph::Constant::cast(&self.ir, op).is_none() {
                self.ir.erase(op);
            }
        }
    }
    /// Operations so far.
    pub(crate) fn mark(&self) -> usize {
        self.created.len()
    }
    /// Where the model is, in messages.
    pub(crate) fn file(&self) -> Location {
        self.file
    }
    /// Whether a value of the IR depends on constants alone.
    pub(crate) fn is_constant(&self, value: ValueId) -> bool {
        self.constant_derived.contains(&value)
    }

    /// Appends an operation with one result, checked by its own verifier.
    pub(crate) fn create(&mut self, state: OpState) -> Result<ValueId, Refusal> {
        let def = self.ctx.op_name_data(state.name).def;
        if let Some(&ty) = state.results.iter().find(|&&t| !(types::HOST.check)(&self.ctx, t)) {
            return Err(Refusal::new(format!("its result would be {}", types::text(&self.ctx, ty)))
                .remedy(format!("tensors have 1 to {} elements of floats or integers", types::MAX_ELEMENTS)));
        }
        let constant = state.operands.iter().all(|v| self.constant_derived.contains(v));
        let per_image = state.operands.iter().any(|v| self.per_image.contains(v));
        chip::fits(&self.ctx, &self.ir, &state, constant)?;
        let op = self.ir.create(state);
        if let Some(verify) = def.and_then(|d| d.verify)
            && let Err(d) = verify(&self.ir, op)
        {
            self.ir.erase(op);
            let text = d.message.split_once(" op ").map_or(d.message.as_str(), |(_, t)| t);
            return Err(Refusal::new(text));
        }
        self.ir.append(self.block, op);
        self.created.push(op);
        let value = self.ir.result(op, 0).ok_or_else(|| Refusal::new("has no result"))?;
        if constant {
            self.constant_derived.insert(value);
        }
        if per_image {
            self.per_image.insert(value);
        }
        Ok(value)
    }

    /// The value in the IR; a constant becomes an operation at its first use.
    pub(crate) fn materialise(&mut self, value: &Value) -> Result<ValueId, Refusal> {
        let (tensor, key) = match value {
            Value::Ir(v) => return Ok(*v),
            Value::Constant { tensor, key } => (tensor, key),
            Value::Missing => return Err(Refusal::new("an input could not be imported")),
        };
        if let Some(&v) = self.materialised.get(key) {
            return Ok(v);
        }
        let ty = self.ctx.tensor(&tensor.dims, tensor.elem.ty(&self.ctx));
        if types::dims(&self.ctx, ty).is_none() {
            return Err(Refusal::new(format!("'{key}' has no elements, or too many: shape {:?}", tensor.dims)));
        }
        let attr = self.constant(ty, tensor, key);
        let loc = self.ctx.loc(LocData::Name { name: self.ctx.ident(key), child: self.file });
        let state = graph::Constant::builder(&self.ctx, loc).value(attr).name(key).result(ty).build();
        let value = self.create(state)?;
        self.materialised.insert(key.clone(), value);
        Ok(value)
    }

    fn constant(&self, ty: Type, tensor: &Tensor, key: &str) -> Attribute {
        if tensor.data.len() < RESOURCE_BYTES {
            let width = tensor.data.len() / tensor.count().max(1);
            return dense(&self.ctx, ty, tensor.data.clone(), width);
        }
        let plain: String = key.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '_' }).collect();
        let plain = if plain.starts_with(|c: char| c.is_ascii_alphabetic()) { plain } else { format!("w{plain}") };
        // Another model of this context may have taken the key.
        let id = self.ctx.declare_resource(self.ctx.ident(&plain));
        self.ctx.set_resource(id, tensor.data.clone());
        self.ctx.attr(AttrData::DenseResource { ty, key: id })
    }
}

/// Inputs that are not also initialisers (old exporters list weights as inputs with defaults).
fn real_inputs(graph: &GraphProto) -> impl Iterator<Item = &ValueInfoProto> {
    let weights: HashSet<&str> = graph.initializer.iter().map(|t| t.name.as_str()).collect();
    graph.input.iter().filter(move |i| !weights.contains(i.name.as_str()))
}

/// Names somebody reads: node inputs and graph outputs.
fn used_names(graph: &GraphProto) -> HashSet<String> {
    let inputs = graph.node.iter().flat_map(expand::reads);
    inputs.chain(graph.output.iter().map(|o| o.name.as_str())).map(str::to_string).collect()
}

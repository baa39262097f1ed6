//! Nodes that stand for other nodes: calls of functions of the model, and `If` with a known condition.
//!
//! Both become their body, with its names made unique. What a model may grow by is limited, because few bytes of functions that
//! call each other can stand for any number of nodes.

use crate::importer::{Importer, Value, is_default};
use crate::node::{Import, Refusal};
use crate::proto::{AttributeProto, FunctionProto, GraphProto, NodeProto, OperatorSetIdProto, TensorProto, attr_type};
use prost::Message;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// What bodies may add to any model, in bytes; larger models may add more.
pub(crate) const LEAST_BUDGET: usize = 32 << 20;
/// What a node costs beside its encoding.
const NODE_BYTES: usize = 128;

/// Domain, name and overload of a function.
pub(crate) type Key = (String, String, String);

/// The functions of a model.
pub(crate) type Functions = Arc<HashMap<Key, FunctionProto>>;

fn key(domain: &str, name: &str, overload: &str) -> Key {
    let domain = if is_default(domain) { "" } else { domain };
    (domain.into(), name.into(), overload.into())
}

/// The functions by name, or why they are malformed.
pub(crate) fn functions(list: Vec<FunctionProto>) -> Result<Functions, String> {
    let mut out = HashMap::new();
    for f in list {
        let (name, domain) = (f.name.clone(), f.domain.clone());
        if out.insert(key(&domain, &name, &f.overload), f).is_some() {
            return Err(format!("the function '{name}' of domain '{domain}' is defined twice"));
        }
    }
    Ok(Arc::new(out))
}

/// What a node stands for.
pub(crate) struct Body {
    pub(crate) nodes: Vec<NodeProto>,
    pub(crate) constants: Vec<TensorProto>,
    /// Names of its results, in the order of the node's outputs.
    pub(crate) outputs: Vec<String>,
    /// The function, if it is one.
    pub(crate) function: Option<Key>,
    /// Operator sets that the function imports.
    pub(crate) opsets: Vec<OperatorSetIdProto>,
}

/// The body of a node that has one. `unique` is the node's own name.
pub(crate) fn body(importer: &mut Importer, node: &NodeProto, unique: &str) -> Import<Option<Body>> {
    let functions = importer.functions.clone();
    let called = key(&node.domain, &node.op_type, &node.overload);
    if let Some(f) = functions.get(&called) {
        return call(importer, node, unique, f, called).map(Some);
    }
    if !is_default(&node.domain) || node.op_type != "If" {
        return Ok(None);
    }
    let condition = node.input.first().and_then(|n| importer.lookup(n)).cloned();
    let known = match condition {
        Some(Value::Constant { tensor, .. }) => match tensor.to_i64().as_deref() {
            Some([c]) => *c != 0,
            _ => return Err(Refusal::new("its condition is not one truth value")),
        },
        Some(_) => {
            return Err(Refusal::new("chooses between two subgraphs at run time")
                .remedy("make the condition constant: export with fixed shapes, or simplify the model with onnxsim"));
        }
        None => return Err(Refusal::new("input 0, the condition, is missing")),
    };
    branch(importer, node, unique, if known { "then_branch" } else { "else_branch" }).map(Some)
}

/// A branch of an `If`: it sees the names around it.
fn branch(importer: &mut Importer, node: &NodeProto, unique: &str, which: &str) -> Import<Body> {
    let attribute = node.attribute.iter().find(|a| a.name == which && a.r#type == attr_type::GRAPH);
    let graph = attribute.and_then(|a| a.g.as_deref());
    let graph = graph.ok_or_else(|| Refusal::new("holds no graph").attribute(which))?;
    if !graph.input.is_empty() || !graph.sparse_initializer.is_empty() {
        return Err(Refusal::new("has inputs or sparse initialisers of its own").attribute(which));
    }
    if graph.output.len() < node.output.len() {
        let text = format!("has {} outputs, but the node has {}", graph.output.len(), node.output.len());
        return Err(Refusal::new(text).attribute(which));
    }
    spend(importer, &graph.node)?;
    let mut names = Names::new(importer, unique, false);
    for name in defined(graph) {
        names.local(name);
    }
    let mut nodes = graph.node.clone();
    nodes.iter_mut().for_each(|n| names.rename(n, unique));
    let mut constants = graph.initializer.clone();
    constants.iter_mut().for_each(|c| c.name = names.of(&c.name));
    let outputs = graph.output.iter().map(|o| names.of(&o.name)).collect();
    Ok(Body { nodes, constants, outputs, function: None, opsets: Vec::new() })
}

/// A call of a function: it sees its arguments alone.
fn call(importer: &mut Importer, node: &NodeProto, unique: &str, f: &FunctionProto, called: Key) -> Import<Body> {
    if importer.calls.contains(&called) {
        return Err(Refusal::new("the function calls itself").remedy("functions of a model must not be recursive"));
    }
    if node.input.len() > f.input.len() || node.output.len() > f.output.len() {
        let (inputs, outputs) = (f.input.len(), f.output.len());
        return Err(Refusal::new(format!(
            "the function has {inputs} inputs and {outputs} outputs, but the call has {} and {}",
            node.input.len(),
            node.output.len()
        )));
    }
    let known = |name: &str| f.attribute.iter().any(|a| a == name) || f.attribute_proto.iter().any(|a| a.name == name);
    if let Some(a) = node.attribute.iter().find(|a| !known(&a.name)) {
        return Err(Refusal::new("is no attribute of the function").attribute(&a.name));
    }
    spend(importer, &f.node)?;
    let mut names = Names::new(importer, unique, true);
    let actuals = node.input.iter().cloned().chain(std::iter::repeat(String::new()));
    names.map.extend(f.input.iter().cloned().zip(actuals));
    let mut nodes = f.node.clone();
    for inner in &mut nodes {
        substitute(&mut inner.attribute, f, node)?;
        names.rename(inner, unique);
    }
    let outputs = f.output.iter().map(|o| names.of(o)).collect();
    Ok(Body { nodes, constants: Vec::new(), outputs, function: Some(called), opsets: f.opset_import.clone() })
}

/// Accounts for a copy of some nodes.
fn spend(importer: &mut Importer, nodes: &[NodeProto]) -> Import {
    let cost = nodes.iter().fold(0usize, |n, node| n.saturating_add(node.encoded_len() + NODE_BYTES));
    match importer.budget.checked_sub(cost) {
        Some(left) => {
            importer.budget = left;
            Ok(())
        }
        None => Err(Refusal::new("the functions and branches of the model stand for too many nodes")
            .remedy("inline them before (onnx.inliner)")),
    }
}

/// Replaces attributes that refer to one of the function by what the call gives, or its default; without either they are absent.
fn substitute(attributes: &mut Vec<AttributeProto>, f: &FunctionProto, call: &NodeProto) -> Import {
    let mut out = Vec::with_capacity(attributes.len());
    for mut a in std::mem::take(attributes) {
        if !a.ref_attr_name.is_empty() {
            let named = |list: &[AttributeProto]| list.iter().find(|g| g.name == a.ref_attr_name).cloned();
            match named(&call.attribute).or_else(|| named(&f.attribute_proto)) {
                Some(given) => a = AttributeProto { name: a.name, ..given },
                None if f.attribute.contains(&a.ref_attr_name) => continue,
                None => {
                    let text = format!("an attribute of its body refers to '{}', which it has not", a.ref_attr_name);
                    return Err(Refusal::new(text));
                }
            }
        } else if let Some(graph) = &mut a.g {
            for node in &mut graph.node {
                substitute(&mut node.attribute, f, call)?;
            }
        }
        out.push(a);
    }
    *attributes = out;
    Ok(())
}

/// Names that a graph defines.
pub(crate) fn defined(graph: &GraphProto) -> impl Iterator<Item = &String> {
    let constants = graph.initializer.iter().map(|t| &t.name);
    let inputs = graph.input.iter().map(|i| &i.name);
    constants.chain(inputs).chain(graph.node.iter().flat_map(|n| &n.output)).filter(|n| !n.is_empty())
}

/// Names that a node reads, with those that its subgraphs take from around them.
pub(crate) fn reads(node: &NodeProto) -> Vec<&str> {
    let mut out: Vec<&str> = node.input.iter().map(String::as_str).filter(|n| !n.is_empty()).collect();
    for graph in node.attribute.iter().filter_map(|a| a.g.as_deref()) {
        let own: HashSet<&str> = defined(graph).map(String::as_str).collect();
        let inner = graph.node.iter().flat_map(reads).chain(graph.output.iter().map(|o| o.name.as_str()));
        out.extend(inner.filter(|n| !n.is_empty() && !own.contains(n)));
    }
    out
}

/// New names for those of a body.
struct Names<'a> {
    map: HashMap<String, String>,
    prefix: String,
    /// Names of its surroundings are not visible.
    closed: bool,
    reserved: &'a mut HashSet<String>,
}

impl<'a> Names<'a> {
    fn new(importer: &'a mut Importer, unique: &str, closed: bool) -> Self {
        Names { map: HashMap::new(), prefix: unique.to_string(), closed, reserved: &mut importer.reserved }
    }
    /// Gives a name of the body one that nothing else has.
    fn local(&mut self, name: &str) -> String {
        let mut new = format!("{}/{name}", self.prefix);
        while !self.reserved.insert(new.clone()) {
            new.push('\'');
        }
        self.map.insert(name.to_string(), new.clone());
        new
    }
    fn of(&mut self, name: &str) -> String {
        match self.map.get(name) {
            Some(new) => new.clone(),
            None if self.closed && !name.is_empty() => self.local(name),
            None => name.to_string(),
        }
    }
    fn rename(&mut self, node: &mut NodeProto, unique: &str) {
        if !node.name.is_empty() {
            node.name = format!("{unique}/{}", node.name);
        }
        let names = node.input.iter_mut().chain(&mut node.output);
        names.for_each(|n| *n = self.of(n));
        for graph in node.attribute.iter_mut().filter_map(|a| a.g.as_deref_mut()) {
            self.rename_free(graph, &mut Vec::new());
        }
    }
    /// Renames what a subgraph takes from around it.
    fn rename_free(&mut self, graph: &mut GraphProto, around: &mut Vec<HashSet<String>>) {
        around.push(defined(graph).cloned().collect());
        let own = |name: &String| around.iter().any(|s| s.contains(name));
        let nodes = graph.node.iter_mut().flat_map(|n| &mut n.input);
        for name in nodes.chain(graph.output.iter_mut().map(|o| &mut o.name)) {
            if !own(name) {
                *name = self.of(name);
            }
        }
        for node in &mut graph.node {
            for inner in node.attribute.iter_mut().filter_map(|a| a.g.as_deref_mut()) {
                self.rename_free(inner, around);
            }
        }
        around.pop();
    }
}

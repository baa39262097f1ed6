//! Nodes one after the other through the host kernels.

use super::cases::Case;
use super::tensors;
use cim_host::{Attributes, Call, Operand, Tensor, TensorType};
use cim_isa::types::ElemType;
use cim_onnx::proto::{AttributeProto, NodeProto, attr_type};
use std::collections::HashMap;

/// Attributes of a node in the host's form.
#[derive(Default)]
struct Owned {
    ints: Vec<(String, Vec<i64>)>,
    floats: Vec<(String, Vec<f32>)>,
    strings: Vec<(String, String)>,
    tensors: Vec<(String, Tensor)>,
}

impl Owned {
    fn read(attributes: &[AttributeProto]) -> Result<Owned, String> {
        let mut out = Owned::default();
        for a in attributes {
            let name = a.name.clone();
            match a.r#type {
                attr_type::INT => out.ints.push((name, vec![a.i])),
                attr_type::INTS => out.ints.push((name, a.ints.clone())),
                attr_type::FLOAT => out.floats.push((name, vec![a.f])),
                attr_type::FLOATS => out.floats.push((name, a.floats.clone())),
                attr_type::STRING => out.strings.push((name, String::from_utf8_lossy(&a.s).into_owned())),
                attr_type::TENSOR => {
                    let t = a.t.as_ref().ok_or_else(|| format!("attribute '{name}' is empty"))?;
                    out.tensors.push((name, tensors::read(t)?));
                }
                t => return Err(format!("attribute '{name}' is of kind {}", attr_type::name(t))),
            }
        }
        Ok(out)
    }
}

/// Outputs of a case's model, computed by the kernels alone.
///
/// # Errors
/// An operator, a type or an attribute is not one of the host; the phrase names the node.
pub fn run(case: &Case, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, String> {
    let graph = case.model.graph.as_ref().ok_or("the model has no graph")?;
    let version = case.model.opset_import.iter().find(|o| o.domain.is_empty() || o.domain == "ai.onnx");
    // Without one, its nodes are of other domains, which are refused one by one.
    let version = version.and_then(|o| u32::try_from(o.version).ok()).unwrap_or(1);
    let mut values: HashMap<&str, Tensor> = HashMap::new();
    for t in &graph.initializer {
        values.insert(&t.name, tensors::read(t).map_err(|e| format!("'{}': {e}", t.name))?);
    }
    // The cases list an input per file; whole models list initialisers as inputs, too.
    let names: Vec<_> = if case.is_light() { case.inputs() } else { graph.input.iter().collect() };
    for (name, value) in names.iter().zip(inputs) {
        values.extend(value.clone().map(|v| (name.name.as_str(), v)));
    }
    for node in &graph.node {
        let results = one(node, version, &values).map_err(|e| format!("operator {}: {e}", node.op_type))?;
        values.extend(node.output.iter().map(String::as_str).zip(results));
    }
    let output = |name: &String| values.get(name.as_str()).cloned().ok_or_else(|| format!("'{name}' is not computed"));
    graph.output.iter().map(|o| output(&o.name)).collect()
}

fn one(node: &NodeProto, version: u32, values: &HashMap<&str, Tensor>) -> Result<Vec<Tensor>, String> {
    if !node.domain.is_empty() && node.domain != "ai.onnx" {
        return Err(format!("domain '{}' is not supported", node.domain));
    }
    if node.op_type == "Constant" {
        return constant(Owned::read(&node.attribute)?);
    }
    let operator = cim_host::find(&node.op_type).ok_or("the host does not have it")?;
    let mut owned = Owned::read(&node.attribute)?;
    if let Some(a) = node.attribute.iter().find(|a| !operator.attributes.contains(&a.name.as_str())) {
        return Err(format!("attribute '{}' is not supported", a.name));
    }
    let mut given: Vec<Option<&Tensor>> = Vec::new();
    for name in &node.input {
        let value = values.get(name.as_str());
        if value.is_none() && !name.is_empty() {
            return Err(format!("operand '{name}' has no value"));
        }
        given.push(value);
    }
    // The one tensor attribute of the default domain becomes an operand.
    let extra = (node.op_type == "ConstantOfShape").then(|| owned.tensors.pop()).flatten();
    given.extend(extra.as_ref().map(|(_, t)| Some(t)));
    let types: Vec<Option<TensorType>> = given.iter().map(|t| t.map(Tensor::ty)).collect();
    let operands: Vec<Option<Operand<'_>>> =
        types.iter().zip(&given).map(|(ty, value)| ty.as_ref().map(|ty| Operand { ty, value: *value })).collect();
    let call = Call {
        operator: &node.op_type,
        version,
        operands: &operands,
        attributes: Attributes { ints: &owned.ints, floats: &owned.floats, strings: &owned.strings },
        results: node.output.len(),
    };
    cim_host::evaluate(&call)
}

fn constant(mut a: Owned) -> Result<Vec<Tensor>, String> {
    let whole = |name: &str| name == "value_int" || name == "value_float";
    if let Some((_, t)) = a.tensors.pop() {
        return Ok(vec![t]);
    }
    if let Some((name, v)) = a.ints.pop() {
        let shape = if whole(&name) { vec![] } else { vec![v.len()] };
        return Ok(vec![Tensor::i64s(shape, v)]);
    }
    if let Some((name, v)) = a.floats.pop() {
        let shape = if whole(&name) { vec![] } else { vec![v.len()] };
        return Ok(vec![Tensor::floats(ElemType::F32, shape, v)]);
    }
    Err("a constant of this kind is not supported".into())
}

//! What no operation of `cim.graph` stands for runs on the host: constants are folded, everything else becomes `cim.graph.host`.

use crate::importer::Value;
use crate::node::{Import, Node, Refusal};
use crate::proto::attr_type;
use crate::tensor::{Elem, Tensor};
use cim_dialect::graph;
use cim_dialect::onnx_attributes::OnnxAttributes;
use cim_host::{Attributes, Call, Operand, Operator, TensorType};
use cim_ir::ValueId;
use cim_isa::types::{ElemType, IntType};
use std::sync::Arc;

/// Largest result that is folded, in elements: shapes and masks, and small weights.
const MAX_FOLDED: usize = 1 << 20;

/// Element type on the host.
fn elem_type(e: Elem) -> ElemType {
    match e {
        Elem::F32 => ElemType::F32,
        Elem::F64 => ElemType::F64,
        Elem::F16 => ElemType::F16,
        Elem::BF16 => ElemType::BF16,
        Elem::Bool => ElemType::Bool,
        Elem::U64 => ElemType::Int(IntType::new(64, false)),
        Elem::Int(t) => ElemType::Int(IntType::new(t.width as u8, t.signed)),
    }
}

/// The inverse of [`elem_type`].
fn elem_of(e: ElemType) -> Elem {
    match e {
        ElemType::F32 => Elem::F32,
        ElemType::F64 => Elem::F64,
        ElemType::F16 => Elem::F16,
        ElemType::BF16 => Elem::BF16,
        ElemType::Bool => Elem::Bool,
        ElemType::Int(t) if t.bits == 64 && !t.signed => Elem::U64,
        ElemType::Int(t) => Elem::Int(graph::IntType { width: t.bits.into(), signed: t.signed }),
    }
}

/// Type of a constant.
fn constant_type(t: &Tensor) -> TensorType {
    TensorType::new(elem_type(t.elem), t.dims.iter().map(|d| *d as usize).collect::<Vec<_>>())
}

/// An operand of the node.
struct Input {
    ty: TensorType,
    value: Option<cim_host::Tensor>,
    /// What the model's name stands for.
    source: Value,
}

/// The operator, its operands and attributes, in terms of the host.
struct Parts {
    operator: &'static Operator,
    inputs: Vec<Option<Input>>,
    attributes: OnnxAttributes,
    results: usize,
}

impl Parts {
    fn call<R>(&self, version: u32, f: impl FnOnce(&Call<'_>) -> R) -> R {
        let operands: Vec<Option<Operand<'_>>> =
            self.inputs.iter().map(|i| i.as_ref().map(|i| Operand { ty: &i.ty, value: i.value.as_ref() })).collect();
        let a = &self.attributes;
        let attributes = Attributes { ints: &a.ints, floats: &a.floats, strings: &a.strings };
        let (operator, results) = (self.operator.name, self.results);
        f(&Call { operator, version, operands: &operands, attributes, results })
    }
}

fn parts(n: &mut Node<'_, '_>) -> Import<Parts> {
    let name = n.operator().unwrap_or_default();
    let operator = cim_host::find(name).ok_or_else(|| Refusal::new("is not supported"))?;
    let mut attributes = attributes(n, operator)?;
    let mut inputs = Vec::new();
    for i in 0..n.num_inputs() {
        inputs.push(match n.maybe(i)? {
            None => None,
            // An empty list of axes says what no list says.
            Some(Value::Constant { tensor, .. }) if tensor.count() == 0 && name.starts_with("Reduce") => None,
            Some(source) => Some(input(n, source)?),
        });
    }
    while inputs.last().is_some_and(Option::is_none) {
        inputs.pop();
    }
    // A tensor cannot be an attribute of the host: it becomes the second operand.
    if name == "ConstantOfShape"
        && let Some(value) = n.tensor("value")?
    {
        inputs.push(Some(Input {
            ty: constant_type(&value),
            value: Some(host_value(&value)?),
            source: Value::Constant { tensor: Arc::new(value), key: format!("{}.value", n.name) },
        }));
    }
    // The number of results is an attribute where it decides the shapes: each result becomes an operator of its own.
    if name == "Split" && inputs.len() < 2 && !attributes.ints.iter().any(|a| a.0 == "num_outputs" || a.0 == "split") {
        attributes.ints.push(("num_outputs".into(), vec![n.num_outputs() as i64]));
    }
    attributes.ints.sort();
    attributes.strings.sort();
    attributes.floats.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(Parts { operator, inputs, attributes, results: n.num_outputs().max(1) })
}

fn host_value(t: &Tensor) -> Import<cim_host::Tensor> {
    Ok(cim_host::Tensor::from_bytes(&constant_type(t), &t.data)?)
}

fn input(n: &Node<'_, '_>, source: Value) -> Import<Input> {
    Ok(match source {
        Value::Missing => return Err(Refusal::new("an input could not be imported")),
        Value::Ir(v) => Input { ty: n.host_type(v)?, value: None, source: Value::Ir(v) },
        Value::Constant { tensor, key } => {
            // Values matter where they are shapes and axes; weights stay where they are.
            let small = tensor.count() <= MAX_FOLDED;
            let value = small.then(|| host_value(&tensor)).transpose()?;
            Input { ty: constant_type(&tensor), value, source: Value::Constant { tensor, key } }
        }
    })
}

fn attributes(n: &mut Node<'_, '_>, operator: &Operator) -> Import<OnnxAttributes> {
    let mut out = OnnxAttributes::default();
    for a in n.raw_attributes() {
        let name = a.name.clone();
        if a.r#type == attr_type::TENSOR && name == "value" {
            continue;
        }
        if !operator.attributes.contains(&name.as_str()) {
            let text = format!("not an attribute of {} that is understood", operator.name);
            return Err(Refusal::new(text).attribute(&name));
        }
        match a.r#type {
            attr_type::INT => out.ints.push((name, vec![a.i])),
            attr_type::INTS => out.ints.push((name, a.ints.clone())),
            attr_type::FLOAT => out.floats.push((name, vec![a.f])),
            attr_type::FLOATS => out.floats.push((name, a.floats.clone())),
            attr_type::STRING => out.strings.push((name, String::from_utf8_lossy(&a.s).into_owned())),
            other => {
                return Err(Refusal::new(format!("is of kind {}", attr_type::name(other))).attribute(&name));
            }
        }
    }
    n.all_attributes_read();
    Ok(out)
}

/// Computes a node of constants. False when it is none, or its result is large.
pub(crate) fn fold(n: &mut Node<'_, '_>) -> Import<bool> {
    let Some(name) = n.operator() else { return Ok(false) };
    if cim_host::find(name).is_none() || matches!(name, "QuantizeLinear" | "DequantizeLinear" | "Identity" | "Dropout")
    {
        return Ok(false);
    }
    // The shape of a value is known though the value is not.
    let shape_only = matches!(name, "Shape" | "Size");
    for i in 0..n.num_inputs() {
        match n.maybe(i)? {
            Some(Value::Constant { tensor, .. }) if tensor.count() <= MAX_FOLDED => {
                // What has an operation of its own keeps it on floats and small integers: these are weights.
                let wide = matches!(tensor.elem, Elem::Int(t) if t.width >= 32) || tensor.elem == Elem::Bool;
                if n.has_importer() && !wide {
                    return Ok(false);
                }
            }
            Some(Value::Ir(_)) if shape_only => {}
            None => {}
            _ => return Ok(false),
        }
    }
    let Ok(parts) = parts(n) else { return Ok(false) };
    let version = n.opset() as u32;
    let types = parts.call(version, cim_host::infer);
    let Ok(types) = types else { return Ok(false) };
    let small = types.iter().all(|t| t.count() <= MAX_FOLDED);
    if !small || !n.may_fold(cost(&parts, &types)) {
        return Ok(false);
    }
    let Ok(results) = parts.call(version, cim_host::evaluate) else { return Ok(false) };
    for (i, t) in results.into_iter().enumerate().take(parts.results) {
        let dims = t.shape.iter().map(|d| *d as i64).collect();
        n.define_output(i, Tensor { dims, elem: elem_of(t.elem), data: t.to_bytes().into() });
    }
    Ok(true)
}

/// Bytes that an evaluation reads and makes; products count each input once for every result.
fn cost(parts: &Parts, types: &[TensorType]) -> usize {
    const PRODUCTS: [&str; 5] = ["Conv", "MatMul", "Gemm", "Einsum", "Pool"];
    let bytes = |n: usize, t: &TensorType| n.saturating_add(t.count().saturating_mul(8));
    let read = parts.inputs.iter().flatten().map(|i| &i.ty).fold(0, bytes);
    let made = types.iter().fold(0, bytes);
    match PRODUCTS.iter().any(|p| parts.operator.name.contains(p)) {
        true => read.saturating_mul(made),
        false => read.saturating_add(made),
    }
}

/// Makes a host operator of the node. `reason` says why the machine does not compute it.
pub(crate) fn import(n: &mut Node<'_, '_>, reason: &str) -> Import {
    let parts = parts(n)?;
    let version = n.opset() as u32;
    let types = parts.call(version, cim_host::infer)?;
    let values: Vec<Option<ValueId>> =
        parts.inputs.iter().map(|i| i.as_ref().map(|i| n.materialise(&i.source)).transpose()).collect::<Import<_>>()?;
    let per_image = values.iter().flatten().any(|v| n.is_per_image(*v));
    if per_image {
        images_stay_apart(&parts, version, &types, |i| values[i].is_some_and(|v| n.is_per_image(v)))?;
    }
    let slots: Vec<i64> = (0..).zip(&values).filter(|(_, v)| v.is_some()).map(|(i, _)| i).collect();
    let gaps = slots.iter().enumerate().any(|(i, s)| i as i64 != *s);
    let operands: Vec<ValueId> = values.into_iter().flatten().collect();
    let ctx = n.ctx();
    for (i, ty) in types.iter().enumerate() {
        if !n.output_is_used(i) {
            continue;
        }
        let dims: Vec<i64> = ty.shape.iter().map(|d| *d as i64).collect();
        let result = ctx.tensor(&dims, elem_of(ty.elem).ty(&ctx));
        let name = if i == 0 { n.name.clone() } else { format!("{}.{i}", n.name) };
        let state = graph::Host::builder(&ctx, n.loc)
            .inputs(&operands)
            .operator(parts.operator.name)
            .version(version.into())
            .attributes(parts.attributes.write(&ctx))
            .maybe_slots(gaps.then_some(&slots[..]))
            .output(i as i64)
            .name(&name)
            .host(reason)
            .result(result)
            .build();
        let value = n.create(state)?;
        n.define_output_value(i, value);
    }
    Ok(())
}

/// Fails unless two images give two results: a model with a symbolic batch is compiled for one and run for each.
fn images_stay_apart(parts: &Parts, version: u32, one: &[TensorType], per_image: impl Fn(usize) -> bool) -> Import {
    let refuse = || {
        Refusal::new("mixes the images of a batch")
            .remedy("export the model with a fixed batch of 1, or fix it with --batch 1")
    };
    let along_axis = matches!(
        parts.operator.name,
        "Softmax" | "LogSoftmax" | "Hardmax" | "CumSum" | "LpNormalization" | "LayerNormalization" | "RMSNormalization"
    );
    let rank = parts.inputs.iter().flatten().next().map_or(0, |i| i.ty.rank()) as i64;
    let axis = parts.attributes.ints.iter().find(|a| a.0 == "axis").and_then(|a| a.1.first()).copied();
    if along_axis && axis.is_some_and(|a| a == 0 || a == -rank) {
        return Err(refuse());
    }
    // Their shape operand was computed for one image.
    if matches!(parts.operator.name, "Reshape" | "Expand" | "Tile" | "Slice" | "Resize") {
        return Ok(());
    }
    let doubled: Vec<Option<TensorType>> = parts
        .inputs
        .iter()
        .enumerate()
        .map(|(i, input)| {
            let mut ty = input.as_ref()?.ty.clone();
            if per_image(i)
                && let Some(first) = ty.shape.first_mut()
            {
                *first *= 2;
            }
            Some(ty)
        })
        .collect();
    let operands: Vec<Option<Operand<'_>>> = doubled
        .iter()
        .zip(&parts.inputs)
        .map(|(ty, i)| Some(Operand { ty: ty.as_ref()?, value: i.as_ref()?.value.as_ref() }))
        .collect();
    let a = &parts.attributes;
    let attributes = Attributes { ints: &a.ints, floats: &a.floats, strings: &a.strings };
    let (operator, results) = (parts.operator.name, parts.results);
    let two = cim_host::infer(&Call { operator, version, operands: &operands, attributes, results });
    let two = two.map_err(|_| refuse())?;
    let apart = one.len() == two.len()
        && one.iter().zip(&two).all(|(a, b)| match (a.shape.split_first(), b.shape.split_first()) {
            (Some((x, rest)), Some((y, tail))) => 2 * x == *y && rest == tail,
            _ => false,
        });
    if apart { Ok(()) } else { Err(refuse()) }
}

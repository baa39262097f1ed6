//! Seeded weights for a model whose weights are absent: every initialiser that points to a file that is not there.
//!
//! The numbers fit the use: weights of products keep activations in range, variances are positive, scales are around one.

use super::file::Model;
use super::tensors::{DEVIATION, Fill, Numbers, Tensor, Width};
use anyhow::{Context, Result, bail};
use bytes::Bytes;
use cim_onnx::proto::{AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto, attr_type, data_type};
use prost::Message;
use std::collections::HashMap;
use std::path::Path;

/// Most elements of one tensor.
const MOST: u64 = 1 << 32;

/// What was filled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Filled {
    /// Tensors that have seeded weights now.
    pub tensors: u64,
    /// Their elements.
    pub elements: u64,
}

/// A model with seeded weights in place of the absent ones. `dir` is the folder where its external data would lie.
///
/// # Errors
/// The bytes are no model, an absent tensor is not of floats or has no usable shape, external data is there after all, or the
/// model has parts that would be lost (subgraphs, functions, sparse tensors).
pub fn fill(bytes: Bytes, dir: &Path, seed: u64) -> Result<(Model, Filled)> {
    let mut proto = ModelProto::decode(bytes).context("this is no ONNX model")?;
    if !proto.functions.is_empty() {
        bail!("the model has functions of its own; inline them first");
    }
    let graph = proto.graph.as_mut().context("the model has no graph")?;
    if !graph.sparse_initializer.is_empty() {
        bail!("the model has sparse initialisers, which cannot be kept");
    }
    for node in &graph.node {
        if let Some(a) = node.attribute.iter().find(|a| !kept(a)) {
            bail!("node '{}': attribute '{}' of {} cannot be kept", node.name, a.name, attr_type::name(a.r#type));
        }
    }
    let uses = Uses::new(graph);
    let mut filled = Filled::default();
    let mut tensors = Vec::with_capacity(graph.initializer.len());
    for t in &graph.initializer {
        let tensor = if t.data_location == 1 {
            let tensor = absent(t, dir, &uses, seed).with_context(|| format!("initialiser '{}'", t.name))?;
            filled.tensors += 1;
            filled.elements += tensor.count();
            tensor
        } else {
            present(t).with_context(|| format!("initialiser '{}'", t.name))?
        };
        tensors.push(tensor);
    }
    graph.initializer.clear();
    Ok((Model { proto, tensors }, filled))
}

/// Shape of the first input that is no initialiser, open dimensions taken as 1.
///
/// # Errors
/// There is none, or it has no shape.
pub fn input_shape(model: &Model) -> Result<Vec<i64>> {
    let graph = model.proto.graph.as_ref().context("the model has no graph")?;
    let input = graph.input.iter().find(|i| !model.tensors.iter().any(|t| t.name == i.name)).context("no input")?;
    let shape = input.r#type.as_ref().and_then(|t| t.tensor_type.as_ref()).and_then(|t| t.shape.as_ref());
    let shape = shape.with_context(|| format!("input '{}' has no shape", input.name))?;
    Ok(shape.dim.iter().map(|d| d.dim_value.unwrap_or(1).max(1)).collect())
}

/// Do the messages hold everything of an attribute?
fn kept(a: &AttributeProto) -> bool {
    (attr_type::FLOAT..=attr_type::STRINGS).contains(&a.r#type) && a.r#type != attr_type::GRAPH
}

fn present(t: &TensorProto) -> Result<Tensor> {
    let raw = if !t.raw_data.is_empty() || t.dims.contains(&0) {
        t.raw_data.clone()
    } else {
        let bytes: Vec<u8> = match t.data_type {
            data_type::FLOAT => t.float_data.iter().flat_map(|v| v.to_le_bytes()).collect(),
            data_type::INT64 => t.int64_data.iter().flat_map(|v| v.to_le_bytes()).collect(),
            data_type::DOUBLE => t.double_data.iter().flat_map(|v| v.to_le_bytes()).collect(),
            data_type::INT32 => t.int32_data.iter().flat_map(|v| v.to_le_bytes()).collect(),
            data_type::INT8 | data_type::UINT8 | data_type::BOOL => t.int32_data.iter().map(|v| *v as u8).collect(),
            other => bail!("typed data of {} cannot be kept", data_type::name(other)),
        };
        bytes.into()
    };
    Ok(Tensor { name: t.name.clone(), dims: t.dims.clone(), data_type: t.data_type, fill: Fill::Raw(raw) })
}

fn absent(t: &TensorProto, dir: &Path, uses: &Uses<'_>, seed: u64) -> Result<Tensor> {
    let location = t.external_data.iter().find(|e| e.key == "location").map_or("", |e| e.value.as_str());
    if !location.is_empty() && dir.join(location).exists() {
        bail!("its data is there, in '{location}': only absent weights are filled");
    }
    if t.data_type != data_type::FLOAT {
        bail!("is of {}; only floats are filled", data_type::name(t.data_type));
    }
    let count = t.dims.iter().try_fold(1u64, |n, d| u64::try_from(*d).ok().and_then(|d| n.checked_mul(d)));
    if count.is_none_or(|n| n > MOST) {
        bail!("shape {:?} cannot be filled", t.dims);
    }
    let numbers = Numbers::new(seed, &t.name);
    let (centre, deviation) = uses.range(&t.name, &t.dims);
    let fill = Fill::Float(numbers, centre, Width::all(deviation / DEVIATION));
    Ok(Tensor { name: t.name.clone(), dims: t.dims.clone(), data_type: t.data_type, fill })
}

/// Which node uses a tensor, seen through Identity and Transpose.
struct Uses<'a> {
    users: HashMap<&'a str, Vec<(&'a NodeProto, usize)>>,
}

impl<'a> Uses<'a> {
    fn new(graph: &'a GraphProto) -> Self {
        let mut users: HashMap<&str, Vec<(&NodeProto, usize)>> = HashMap::new();
        for node in &graph.node {
            for (i, input) in node.input.iter().enumerate() {
                users.entry(input).or_default().push((node, i));
            }
        }
        Uses { users }
    }

    /// The first node that computes with a value, the input it is, and whether it is transposed on the way.
    fn first(&self, name: &str) -> Option<(&'a NodeProto, usize, bool)> {
        let (mut name, mut transposed) = (name, false);
        // Ends: a chain longer than the number of values would be a cycle.
        for _ in 0..=self.users.len() {
            let &(node, i) = self.users.get(name)?.first()?;
            match node.op_type.as_str() {
                "Identity" => {}
                "Transpose" => transposed = !transposed,
                _ => return Some((node, i, transposed)),
            }
            name = node.output.first()?;
        }
        None
    }

    /// Mean square of the result of a product compared with that of its input: 2 before a relu, little on a residual branch.
    fn gain(&self, node: &NodeProto) -> f64 {
        let next = node.output.first().and_then(|o| self.first(o));
        match next.map(|(n, ..)| n.op_type.as_str()) {
            Some("Relu" | "Clip" | "BatchNormalization") => 2.0,
            Some("Add") if node.op_type == "Conv" => 0.25,
            _ => 1.0,
        }
    }

    /// Mean and standard deviation that suit the use of a tensor.
    fn range(&self, name: &str, dims: &[i64]) -> (f64, f64) {
        let product = |dims: &[i64]| dims.iter().map(|d| *d as f64).product::<f64>().max(1.0);
        let dim = |i: usize| dims.get(i).map_or(1.0, |d| *d as f64).max(1.0);
        let Some((node, input, transposed)) = self.first(name) else { return (0.0, 0.1) };
        let products = |fan_in: f64| (0.0, (self.gain(node) / fan_in).sqrt());
        match (node.op_type.as_str(), input) {
            ("Conv", 1) => products(product(dims.get(1..).unwrap_or_default())),
            ("Gemm", 1) => {
                let flag = node.attribute.iter().any(|a| a.name == "transB" && a.i != 0);
                products(if flag != transposed { dim(1) } else { dim(0) })
            }
            ("MatMul", 1) => {
                let rows = dims.len().saturating_sub(2);
                products(dim(if transposed { rows + 1 } else { rows }))
            }
            ("BatchNormalization", 1) | ("LayerNormalization", 1) => (1.0, 0.1),
            // Never below 0.4: three deviations are the most.
            ("BatchNormalization", 4) => (1.0, 0.2),
            _ => (0.0, 0.05),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::onnx_builder::ModelBuilder;
    use cim_onnx::proto::StringStringEntryProto;

    fn elsewhere(name: &str, data_type: i32, dims: &[i64]) -> TensorProto {
        TensorProto {
            name: name.into(),
            dims: dims.to_vec(),
            data_type,
            data_location: 1,
            external_data: vec![StringStringEntryProto { key: "location".into(), value: "weights.absent".into() }],
            ..Default::default()
        }
    }
    fn model(weights: TensorProto) -> Bytes {
        ModelBuilder::new(17)
            .input("x", &[1, 3, 8, 8])
            .init(weights)
            .init(elsewhere("var", data_type::FLOAT, &[4]))
            .floats("one", &[4], &[1.0; 4])
            .node("Conv", &["x", "w"], "c", vec![])
            .node("BatchNormalization", &["c", "one", "one", "one", "var"], "y", vec![])
            .output("y")
            .build()
    }
    fn floats(model: &Model, name: &str) -> Vec<f32> {
        let mut bytes = Vec::new();
        model.tensors.iter().find(|t| t.name == name).unwrap().write(&mut bytes).unwrap();
        bytes.chunks(4).map(|c| f32::from_le_bytes(c.try_into().unwrap())).collect()
    }

    #[test]
    fn absent_weights_are_seeded_and_the_rest_is_kept() {
        let (model, filled) = fill(model(elsewhere("w", data_type::FLOAT, &[4, 3, 3, 3])), Path::new("."), 1).unwrap();
        assert_eq!(filled, Filled { tensors: 2, elements: 112 });
        let w = floats(&model, "w");
        let square = w.iter().map(|v| v * v).sum::<f32>() / w.len() as f32;
        assert!((square * 27.0 - 2.0).abs() < 0.8, "{square}");
        assert!(floats(&model, "var").iter().all(|v| *v > 0.3));
        assert_eq!(floats(&model, "one"), [1.0; 4]);
        assert_eq!(input_shape(&model).unwrap(), [1, 3, 8, 8]);
    }

    #[test]
    fn what_cannot_be_filled_is_named() {
        let error = |w| format!("{:#}", fill(model(w), Path::new("."), 1).unwrap_err());
        assert_eq!(error(elsewhere("w", data_type::INT8, &[4])), "initialiser 'w': is of int8; only floats are filled");
        assert!(error(elsewhere("w", data_type::FLOAT, &[1 << 40, 1 << 40])).contains("cannot be filled"));
        assert!(error(elsewhere("w", data_type::FLOAT, &[-1])).contains("cannot be filled"));
        let garbage = fill(Bytes::from_static(&[0xff; 9]), Path::new("."), 1).unwrap_err();
        assert_eq!(garbage.to_string(), "this is no ONNX model");
    }
}

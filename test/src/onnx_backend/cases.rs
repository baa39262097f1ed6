//! Case folders.

use super::tensors;
use bytes::Bytes;
use cim_host::Tensor;
use cim_onnx::proto::{ModelProto, TensorProto, ValueInfoProto};
use prost::Message;
use std::path::{Path, PathBuf};

/// Folders of `onnx/backend/test/data` that hold cases.
pub const GROUPS: [&str; 4] = ["node", "simple", "pytorch-operator", "pytorch-converted"];

/// A case.
pub struct Case {
    /// Group and folder or file name.
    pub name: String,
    /// Model file.
    pub path: PathBuf,
    /// The model.
    pub model: ModelProto,
    /// Whole models have generated inputs and outputs in files beside them.
    light: bool,
}

/// Inputs and expected outputs; an input is None where an optional one is left out.
pub struct DataSet {
    /// In the order of the graph's inputs.
    pub inputs: Vec<Option<Tensor>>,
    /// In the order of the graph's outputs.
    pub outputs: Vec<Tensor>,
}

/// All cases below a folder with the groups and the `light` models, in order of name. Groups that are missing are skipped.
///
/// # Errors
/// A model cannot be read.
pub fn all(data: &Path) -> Result<Vec<Case>, String> {
    let mut out = Vec::new();
    for group in GROUPS {
        for folder in entries(&data.join(group)) {
            let path = folder.join("model.onnx");
            if path.is_file() {
                out.push(Case::read(group, &folder, path, false)?);
            }
        }
    }
    for path in entries(&data.join("light")) {
        if path.extension().is_some_and(|e| e == "onnx") {
            out.push(Case::read("light", &path.clone(), path, true)?);
        }
    }
    Ok(out)
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut all: Vec<_> = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|e| e.path()).collect();
    all.sort();
    all
}

fn read(path: &Path) -> Result<Bytes, String> {
    std::fs::read(path).map(Bytes::from).map_err(|e| format!("cannot read '{}': {e}", path.display()))
}

impl Case {
    fn read(group: &str, folder: &Path, path: PathBuf, light: bool) -> Result<Case, String> {
        let stem = folder.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
        let model = ModelProto::decode(read(&path)?).map_err(|e| format!("'{}': {e}", path.display()))?;
        Ok(Case { name: format!("{group}/{stem}"), path, model, light })
    }

    /// Whole model rather than an operator.
    pub fn is_light(&self) -> bool {
        self.light
    }

    /// The operator, if the model is a single node.
    pub fn operator(&self) -> Option<String> {
        match self.model.graph.as_ref().map(|g| &g.node[..]) {
            Some([n]) if n.domain.is_empty() || n.domain == "ai.onnx" => Some(n.op_type.clone()),
            Some([n]) => Some(format!("{}.{}", n.domain, n.op_type)),
            _ => None,
        }
    }

    /// Graph inputs that are no initialisers.
    pub fn inputs(&self) -> Vec<&ValueInfoProto> {
        let Some(g) = &self.model.graph else { return Vec::new() };
        g.input.iter().filter(|i| g.initializer.iter().all(|t| t.name != i.name)).collect()
    }

    /// Inputs and expected outputs.
    ///
    /// # Errors
    /// A file cannot be read or holds something that is no tensor of a type that the host has.
    pub fn data_sets(&self) -> Result<Vec<DataSet>, String> {
        let Some(graph) = &self.model.graph else { return Err("the model has no graph".into()) };
        if self.light {
            let inputs = self.inputs().into_iter().map(|i| ramp(i).map(Some)).collect::<Result<_, _>>()?;
            let stem = self.path.with_extension("");
            let outputs = (0..graph.output.len())
                .map(|i| tensors::read(&decode(Path::new(&format!("{}_output_{i}.pb", stem.display())))?))
                .collect::<Result<_, _>>()?;
            return Ok(vec![DataSet { inputs, outputs }]);
        }
        let folders = entries(self.path.parent().unwrap_or(Path::new(".")));
        let is_set = |p: &&PathBuf| p.file_name().is_some_and(|n| n.to_string_lossy().starts_with("test_data_set"));
        let mut out = Vec::new();
        for folder in folders.iter().filter(is_set) {
            let one = |kind: &str, i: usize, value: &ValueInfoProto| -> Result<Option<Tensor>, String> {
                let path = folder.join(format!("{kind}_{i}.pb"));
                if !path.is_file() {
                    return Ok(None);
                }
                if value.r#type.as_ref().is_none_or(|t| t.tensor_type.is_none()) {
                    return Err(format!("'{}' is no tensor", value.name));
                }
                let proto = decode(&path)?;
                tensors::read(&proto).map(Some).map_err(|e| format!("'{}': {e}", value.name))
            };
            let inputs =
                graph.input.iter().enumerate().map(|(i, v)| one("input", i, v)).collect::<Result<Vec<_>, _>>()?;
            let outputs =
                graph.output.iter().enumerate().map(|(i, v)| one("output", i, v)).collect::<Result<Vec<_>, _>>()?;
            out.push(DataSet { inputs, outputs: outputs.into_iter().flatten().collect() });
        }
        Ok(out)
    }
}

fn decode(path: &Path) -> Result<TensorProto, String> {
    TensorProto::decode(read(path)?).map_err(|e| format!("'{}': {e}", path.display()))
}

/// 0, 1/n, 2/n, ... in the shape of an input, unknown dimensions being 1: what the package feeds to its whole models.
fn ramp(input: &ValueInfoProto) -> Result<Tensor, String> {
    let shape = input.r#type.as_ref().and_then(|t| t.tensor_type.as_ref()).and_then(|t| t.shape.as_ref());
    let shape = shape.ok_or_else(|| format!("input '{}' has no shape", input.name))?;
    let shape: Vec<usize> =
        shape.dim.iter().map(|d| d.dim_value.and_then(|v| usize::try_from(v).ok()).unwrap_or(1)).collect();
    let n: usize = shape.iter().product();
    let data = (0..n).map(|i| (i as f64 / n as f64) as f32).collect();
    Ok(Tensor::floats(cim_isa::types::ElemType::F32, shape, data))
}

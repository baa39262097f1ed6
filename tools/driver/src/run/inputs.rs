//! Tensor files to single images, single outputs to batches.

use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};
use cim_host::{Data, Tensor, TensorType};
use cim_isa::Program;
use cim_isa::types::ElemType;

use crate::tensor_file::{self, Array};

/// The inputs of a run: for every model input all images, cut along axis 0.
#[derive(Clone, Debug, PartialEq)]
pub struct Inputs {
    images: usize,
    /// Images in the files, before `--count`.
    available: usize,
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq)]
struct Part {
    /// Type of one image as the program declares it.
    ty: TensorType,
    /// Elements of all images.
    data: Data,
}

/// One output of all images.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    /// Name in the model.
    pub name: String,
    /// The values, images along axis 0.
    pub tensor: Tensor,
}

/// Splits `[NAME=]FILE`. A file whose own name holds `=` is taken as a whole when it exists.
pub fn named(text: &str) -> (Option<&str>, &Path) {
    match text.split_once('=') {
        Some((name, file)) if !name.is_empty() && !Path::new(text).exists() => (Some(name), Path::new(file)),
        _ => (None, Path::new(text)),
    }
}

/// Assigns `[NAME=]FILE` arguments to interface names: by name, the unnamed ones to the remaining names in order.
/// The result holds a file, or none, for every name.
///
/// # Errors
/// A name that the model does not have or that is given twice, or more files than names.
pub fn assign<'a>(what: &str, names: &[&str], arguments: &'a [String]) -> Result<Vec<Option<&'a Path>>> {
    let mut files = vec![None; names.len()];
    let known = || names.iter().map(|n| format!("'{n}'")).collect::<Vec<_>>().join(", ");
    let mut unnamed = Vec::new();
    for argument in arguments {
        let (name, file) = named(argument);
        let Some(name) = name else {
            unnamed.push(file);
            continue;
        };
        let slot = names.iter().position(|n| *n == name).and_then(|i| files.get_mut(i));
        match slot {
            Some(slot @ None) => *slot = Some(file),
            Some(_) => bail!("{what} '{name}' is given twice"),
            None => bail!("the model has no {what} '{name}'; it has {}", known()),
        }
    }
    for file in unnamed {
        match files.iter_mut().find(|f| f.is_none()) {
            Some(slot) => *slot = Some(file),
            None => bail!("'{}' is one more {what} than the model has: {}", file.display(), known()),
        }
    }
    Ok(files)
}

impl Inputs {
    /// Reads the inputs of a program from `[NAME=]FILE` arguments; `count` limits the images.
    ///
    /// # Errors
    /// A file is missing or malformed, or its shape is not that of the input with any number of images along axis 0.
    pub fn read(program: &Program, arguments: &[String], count: Option<usize>) -> Result<Self> {
        let names: Vec<&str> = program.inputs.iter().map(|i| i.name.as_str()).collect();
        let files = assign("input", &names, arguments)?;
        let mut arrays = Vec::with_capacity(names.len());
        for (name, file) in names.iter().zip(files) {
            let file = file.with_context(|| format!("input '{name}' is missing: --input {name}=FILE"))?;
            arrays.push(tensor_file::read(file, Some(name))?);
        }
        Self::new(program, &arrays, count)
    }

    /// From arrays, in the order of the program's inputs.
    ///
    /// # Errors
    /// An array's shape does not fit.
    pub fn new(program: &Program, arrays: &[Array], count: Option<usize>) -> Result<Self> {
        let mut parts = Vec::with_capacity(arrays.len());
        let mut images = None;
        for (interface, array) in program.inputs.iter().zip(arrays) {
            let declared = program.host_tensors.get(interface.tensor.index());
            let shape = declared.map(|t| t.shape.clone()).context("the program declares no tensor for an input")?;
            let n = image_count(&shape, &array.shape).with_context(|| {
                format!(
                    "input '{}' has shape {:?}, the model needs {shape:?} for one image",
                    interface.name, array.shape
                )
            })?;
            if images.is_some_and(|other| other != n) {
                bail!("input '{}' holds {n} images, the inputs before it {}", interface.name, images.unwrap_or(0));
            }
            images = Some(n);
            let elem = declared.map_or(ElemType::F32, |t| t.elem);
            let data = array.to_data(elem).map_err(|e| anyhow!("input '{}': {e}", interface.name))?;
            parts.push(Part { ty: TensorType { elem, shape: shape.iter().map(|d| *d as usize).collect() }, data });
        }
        let available = images.unwrap_or(1);
        if available == 0 {
            bail!("the input holds no image");
        }
        Ok(Inputs { images: available.min(count.unwrap_or(available)), available, parts })
    }

    /// Images to run.
    pub fn images(&self) -> usize {
        self.images
    }

    /// The tensors of image `i`.
    ///
    /// # Errors
    /// There is no such image.
    pub fn image(&self, i: usize) -> Result<Vec<Tensor>> {
        self.parts
            .iter()
            .map(|p| {
                let n = p.data.len() / self.available;
                let data = p.data.slice(i * n..(i + 1) * n).context("there is no such image")?;
                Ok(Tensor { elem: p.ty.elem, shape: p.ty.shape.clone(), data })
            })
            .collect()
    }

    /// Cuts recorded outputs or labels of all images down to the images that are run.
    pub fn cut(&self, array: Array) -> Array {
        use crate::tensor_file::Elements;
        let rows = array.shape.first().copied().unwrap_or(0);
        if self.images == self.available || rows == 0 || !rows.is_multiple_of(self.available) {
            return array;
        }
        let keep = rows / self.available * self.images;
        let n = array.len() / rows * keep;
        let mut shape = array.shape;
        if let Some(first) = shape.first_mut() {
            *first = keep;
        }
        let elements = match array.elements {
            Elements::F32(mut v) => {
                v.truncate(n);
                Elements::F32(v)
            }
            Elements::F64(mut v) => {
                v.truncate(n);
                Elements::F64(v)
            }
            Elements::Int(mut v) => {
                v.truncate(n);
                Elements::Int(v)
            }
        };
        Array { shape, elements }
    }
}

/// Images in an array of shape `found`, when one image has shape `declared`: the leading dimension may be a multiple,
/// or be left out when it is 1.
pub(crate) fn image_count(declared: &[u32], found: &[usize]) -> Option<usize> {
    let same = |a: &[u32], b: &[usize]| a.len() == b.len() && a.iter().zip(b).all(|(&a, &b)| a as usize == b);
    match (declared.split_first(), found.split_first()) {
        (Some((&d, rest)), Some((&n, tail))) if same(rest, tail) => {
            (d > 0 && n.is_multiple_of(d as usize)).then(|| n / d as usize)
        }
        (Some((1, rest)), _) if same(rest, found) => Some(1),
        (None, None) => Some(1),
        _ => None,
    }
}

/// Joins the outputs of single images along axis 0.
pub(super) fn batch_outputs(program: &Program, images: Vec<Vec<Tensor>>) -> Result<Vec<Output>> {
    let mut outputs = Vec::with_capacity(program.outputs.len());
    for (i, interface) in program.outputs.iter().enumerate() {
        let none = || format!("the program gave no output '{}'", interface.name);
        let parts = images.iter().map(|y| y.get(i)).collect::<Option<Vec<&Tensor>>>().with_context(none)?;
        let mut tensor = (*parts.first().with_context(none)?).clone();
        for y in parts.iter().skip(1) {
            if !tensor.data.append(&y.data) {
                bail!("output '{}' changes its element type", interface.name);
            }
        }
        match tensor.shape.first_mut() {
            Some(first) => *first *= images.len(),
            None if images.len() > 1 => tensor.shape = vec![images.len()],
            None => {}
        }
        outputs.push(Output { name: interface.name.clone(), tensor });
    }
    Ok(outputs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_along_axis_0() {
        assert_eq!(image_count(&[1, 1, 8, 8], &[450, 1, 8, 8]), Some(450));
        assert_eq!(image_count(&[1, 1, 8, 8], &[1, 8, 8]), Some(1));
        assert_eq!(image_count(&[4, 3], &[8, 3]), Some(2));
        assert_eq!(image_count(&[4, 3], &[6, 3]), None);
        assert_eq!(image_count(&[1, 3], &[2, 4]), None);
        assert_eq!(image_count(&[1, 3], &[3]), Some(1));
        assert_eq!(image_count(&[], &[]), Some(1));
        assert_eq!(image_count(&[0, 3], &[0, 3]), None);
    }

    #[test]
    fn files_are_assigned_by_name_then_in_order() {
        let args = |v: &[&str]| v.iter().map(|s| s.to_string()).collect::<Vec<_>>();
        let given = args(&["one.npy", "b=two.npy"]);
        let files = assign("input", &["a", "b"], &given).unwrap();
        assert_eq!(files, vec![Some(Path::new("one.npy")), Some(Path::new("two.npy"))]);
        let message = |v: &[&str]| assign("input", &["a", "b"], &args(v)).unwrap_err().to_string();
        assert_eq!(message(&["x=1"]), "the model has no input 'x'; it has 'a', 'b'");
        assert_eq!(message(&["a=1", "a=2"]), "input 'a' is given twice");
        assert_eq!(message(&["1", "2", "3"]), "'3' is one more input than the model has: 'a', 'b'");
    }
}

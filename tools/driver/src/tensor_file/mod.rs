//! Tensor files: `.npy` (NumPy's array format) and `.npz` (a zip archive of them).
//!
//! Files come from anywhere, so every length is checked before it is used and nothing is allocated beyond what the file
//! itself holds (compressed archive members: up to a fixed limit).

mod npy;
mod npz;

use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};
use cim_host::Data;
use cim_isa::types::ElemType;

pub use npy::{parse_npy, write_npy, write_npy_f32, write_npy_i64};
pub use npz::parse_npz;

/// Elements of a tensor file.
#[derive(Clone, Debug, PartialEq)]
pub enum Elements {
    /// f16, f32 (kept exactly).
    F32(Vec<f32>),
    /// f64.
    F64(Vec<f64>),
    /// Integers and booleans.
    Int(Vec<i64>),
}

/// A tensor from a file, in C order.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    /// Dimensions.
    pub shape: Vec<usize>,
    /// `product(shape)` elements.
    pub elements: Elements,
}

impl Array {
    /// Number of elements.
    pub fn len(&self) -> usize {
        match &self.elements {
            Elements::F32(v) => v.len(),
            Elements::F64(v) => v.len(),
            Elements::Int(v) => v.len(),
        }
    }

    /// No elements?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The elements as f32, rounded to nearest where they are wider.
    pub fn to_f32(&self) -> Vec<f32> {
        match &self.elements {
            Elements::F32(v) => v.clone(),
            Elements::F64(v) => v.iter().map(|&x| x as f32).collect(),
            Elements::Int(v) => v.iter().map(|&x| x as f32).collect(),
        }
    }

    /// The elements as a tensor of the host has them.
    ///
    /// # Errors
    /// A number that is not whole, or outside the range, where integers are wanted.
    pub fn to_data(&self, elem: ElemType) -> Result<Data> {
        Ok(match elem {
            ElemType::F32 => Data::Float(self.to_f32()),
            ElemType::F16 | ElemType::BF16 => {
                Data::Float(self.to_f32().into_iter().map(|v| cim_host::tensor::round_to(elem, v)).collect())
            }
            ElemType::F64 => Data::Double(match &self.elements {
                Elements::F32(v) => v.iter().map(|v| f64::from(*v)).collect(),
                Elements::F64(v) => v.clone(),
                Elements::Int(v) => v.iter().map(|v| *v as f64).collect(),
            }),
            ElemType::Bool => Data::Bool(match &self.elements {
                Elements::F32(v) => v.iter().map(|v| *v != 0.0).collect(),
                Elements::F64(v) => v.iter().map(|v| *v != 0.0).collect(),
                Elements::Int(v) => v.iter().map(|v| *v != 0).collect(),
            }),
            ElemType::Int(t) => {
                let v = self.to_i64().with_context(|| format!("{t} is needed, but an element is no whole number"))?;
                let outside = v.iter().find(|v| t.bits < 64 && !(t.min()..=t.max()).contains(*v));
                if let Some(v) = outside {
                    bail!("{v} does not fit {t}");
                }
                Data::Int(v)
            }
        })
    }

    /// The elements as integers; None when one of them is not a whole number.
    pub fn to_i64(&self) -> Option<Vec<i64>> {
        let whole = |x: f64| (x.fract() == 0.0 && x.abs() < 9e15).then_some(x as i64);
        match &self.elements {
            Elements::F32(v) => v.iter().map(|&x| whole(x as f64)).collect(),
            Elements::F64(v) => v.iter().map(|&x| whole(x)).collect(),
            Elements::Int(v) => Some(v.clone()),
        }
    }
}

/// Reads the array called `name` from a file. A `.npy` file holds one array, whatever its name; in a `.npz` archive
/// the name may be left out when there is only one.
///
/// # Errors
/// The file cannot be read, is no tensor file, or has no such array. The message names the file.
pub fn read(path: &Path, name: Option<&str>) -> Result<Array> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read '{}'", path.display()))?;
    parse(&bytes, name).map_err(|e| anyhow!("'{}': {e}", path.display()))
}

fn parse(bytes: &[u8], name: Option<&str>) -> Result<Array> {
    if bytes.starts_with(npy::MAGIC) {
        return parse_npy(bytes);
    }
    if !bytes.starts_with(b"PK") {
        bail!("this is neither a .npy nor a .npz file");
    }
    let mut arrays = parse_npz(bytes)?;
    let names = || arrays.iter().map(|(n, _)| format!("'{n}'")).collect::<Vec<_>>().join(", ");
    let at = match name.and_then(|name| arrays.iter().position(|(n, _)| n == name)) {
        Some(at) => at,
        None if arrays.len() == 1 => 0,
        None => bail!(
            "the archive holds {}{}",
            if arrays.is_empty() { "no array".to_string() } else { names() },
            name.map_or_else(String::new, |n| format!(", '{n}' is needed"))
        ),
    };
    Ok(arrays.swap_remove(at).1)
}

//! Attributes of an operator by their ONNX names.

use crate::Host;

/// Attributes; what is not listed has the operator's default.
#[derive(Clone, Copy, Debug, Default)]
pub struct Attributes<'a> {
    /// Integers and lists of them.
    pub ints: &'a [(String, Vec<i64>)],
    /// Floats and lists of them.
    pub floats: &'a [(String, Vec<f32>)],
    /// Strings.
    pub strings: &'a [(String, String)],
}

impl<'a> Attributes<'a> {
    /// A list of integers.
    pub fn ints(&self, name: &str) -> Option<&'a [i64]> {
        self.ints.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_slice())
    }
    /// A single integer that may be absent.
    ///
    /// # Errors
    /// It is a list of another length.
    pub fn maybe_int(&self, name: &str) -> Host<Option<i64>> {
        match self.ints(name) {
            None => Ok(None),
            Some([v]) => Ok(Some(*v)),
            Some(v) => Err(format!("attribute '{name}' needs one value, it has {}", v.len())),
        }
    }
    /// A single integer.
    ///
    /// # Errors
    /// It is a list of another length.
    pub fn int(&self, name: &str, default: i64) -> Host<i64> {
        Ok(self.maybe_int(name)?.unwrap_or(default))
    }
    /// A list of floats.
    pub fn floats(&self, name: &str) -> Option<&'a [f32]> {
        self.floats.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_slice())
    }
    /// A single float that may be absent.
    ///
    /// # Errors
    /// It is a list of another length.
    pub fn maybe_float(&self, name: &str) -> Host<Option<f32>> {
        match self.floats(name) {
            None => Ok(None),
            Some([v]) => Ok(Some(*v)),
            Some(v) => Err(format!("attribute '{name}' needs one value, it has {}", v.len())),
        }
    }
    /// A single float.
    ///
    /// # Errors
    /// It is a list of another length.
    pub fn float(&self, name: &str, default: f32) -> Host<f32> {
        Ok(self.maybe_float(name)?.unwrap_or(default))
    }
    /// A string.
    pub fn string(&self, name: &str, default: &'a str) -> &'a str {
        self.strings.iter().find(|(n, _)| n == name).map_or(default, |(_, v)| v.as_str())
    }
}

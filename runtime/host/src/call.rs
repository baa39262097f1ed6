//! What the rule and the kernel of an operator see of a node.

use crate::tensor::{Tensor, TensorType};
use crate::{Attributes, Host};

/// An operand: its type, and its value where it is known.
#[derive(Clone, Copy, Debug)]
pub struct Operand<'a> {
    /// Type.
    pub ty: &'a TensorType,
    /// Value; None while only types are known.
    pub value: Option<&'a Tensor>,
}

/// A node: an operator, the version of the operator set it is written for, operands in ONNX order, attributes.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// ONNX operator type of the default domain.
    pub operator: &'a str,
    /// Version of the default operator set, 7..=25.
    pub version: u32,
    /// Operands; None where an optional one is left out.
    pub operands: &'a [Option<Operand<'a>>],
    /// Attributes.
    pub attributes: Attributes<'a>,
    /// Results that are wanted, the first ones of the node; 1 at least. A node may list more.
    pub results: usize,
}

/// An operator of the host.
pub struct Operator {
    /// ONNX operator type.
    pub name: &'static str,
    /// Attributes it understands; a node with another one is refused by whoever reads it.
    pub attributes: &'static [&'static str],
    /// Types of the results from those of the operands; values are looked at only where a shape depends on them.
    pub infer: fn(&Call<'_>) -> Host<Vec<TensorType>>,
    /// Results; the second argument is what `infer` said. All operands have values.
    pub evaluate: fn(&Call<'_>, &[TensorType]) -> Host<Vec<Tensor>>,
}

impl<'a> Call<'a> {
    /// Operand `i` if it is there.
    pub fn maybe(&self, i: usize) -> Option<Operand<'a>> {
        self.operands.get(i).copied().flatten()
    }
    /// Type of operand `i`.
    ///
    /// # Errors
    /// It is missing.
    pub fn ty(&self, i: usize) -> Host<&'a TensorType> {
        self.maybe(i).map(|o| o.ty).ok_or_else(|| format!("operand {i} is missing"))
    }
    /// Shape of operand `i`.
    ///
    /// # Errors
    /// It is missing.
    pub fn shape(&self, i: usize) -> Host<&'a [usize]> {
        Ok(&self.ty(i)?.shape)
    }
    /// Value of operand `i`.
    ///
    /// # Errors
    /// It is missing or not known.
    pub fn value(&self, i: usize) -> Host<&'a Tensor> {
        self.maybe_value(i)?.ok_or_else(|| format!("operand {i} is missing"))
    }
    /// Value of operand `i` if the operand is there.
    ///
    /// # Errors
    /// It is there, but its value is not known.
    pub fn maybe_value(&self, i: usize) -> Host<Option<&'a Tensor>> {
        match self.maybe(i) {
            None => Ok(None),
            Some(o) => {
                o.value.map(Some).ok_or_else(|| format!("operand {i} is computed at run time; it must be constant"))
            }
        }
    }
    /// Integers of operand `i` (axes, shapes, ...), if the operand is there.
    ///
    /// # Errors
    /// As [`Call::maybe_value`].
    pub fn maybe_i64(&self, i: usize) -> Host<Option<Vec<i64>>> {
        Ok(self.maybe_value(i)?.map(Tensor::to_i64))
    }
}

/// An axis that may count from the end.
///
/// # Errors
/// It is outside `-rank..rank`.
pub fn axis(axis: i64, rank: usize) -> Host<usize> {
    let r = rank as i64;
    if (-r..r).contains(&axis) {
        Ok((if axis < 0 { axis + r } else { axis }) as usize)
    } else {
        Err(format!("axis {axis} is not in -{rank}..{rank}"))
    }
}

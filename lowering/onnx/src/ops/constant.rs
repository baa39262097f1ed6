//! Constant: folded into its users.

use crate::node::{Import, Node, Refusal};
use crate::tensor::Tensor;

pub(crate) fn constant(n: &mut Node<'_, '_>) -> Import {
    let mut found = Vec::new();
    found.extend(n.tensor("value")?);
    found.extend(n.maybe_float("value_float")?.map(|v| Tensor::floats(&[], &[v])));
    found.extend(n.maybe_int("value_int")?.map(|v| Tensor::ints(&[], &[v])));
    found.extend(n.floats("value_floats")?.map(|v| Tensor::floats(&[v.len() as i64], &v)));
    found.extend(n.ints("value_ints")?.map(|v| Tensor::ints(&[v.len() as i64], &v)));
    n.finish()?;
    match found.pop() {
        Some(tensor) if found.is_empty() => n.output_constant(tensor),
        _ => Err(Refusal::new("must have exactly one of value, value_float, value_int, value_floats, value_ints")),
    }
}

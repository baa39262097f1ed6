//! Flatten, Reshape, Concat, and what changes nothing: Identity and Dropout.

use crate::importer::Value;
use crate::node::{Import, Node, Refusal};
use cim_dialect::graph::{self, shapes};
use cim_ir::ValueId;

fn input(n: &Node<'_, '_>) -> Import<Value> {
    n.maybe(0)?.ok_or_else(|| Refusal::new("input 0 is missing"))
}

/// The input in another shape; constants are reshaped right away.
fn reshaped(n: &mut Node<'_, '_>, shape: impl FnOnce(&[i64]) -> Result<Vec<i64>, String>) -> Import {
    if let Value::Constant { tensor, .. } = input(n)? {
        let dims = shape(&tensor.dims)?;
        return n.output_constant(tensor.reshaped(dims));
    }
    let x = n.value(0)?;
    let dims = shape(&n.dims(x))?;
    let state = graph::Reshape::builder(&n.ctx(), n.loc).input(x).name(&n.name).result(n.like(x, &dims)).build();
    let y = n.create(state)?;
    n.output_value(y)
}

pub(crate) fn flatten(n: &mut Node<'_, '_>) -> Import {
    let axis = n.int("axis", 1)?;
    let batched = n.batched();
    reshaped(n, |dims| {
        let out = shapes::flatten(dims, axis)?;
        if batched && (axis == 0 || axis == -(dims.len() as i64)) {
            return Err("axis 0 mixes the images of a batch".into());
        }
        Ok(out)
    })
    .map_err(|r| r.attribute("axis"))
}

pub(crate) fn reshape(n: &mut Node<'_, '_>) -> Import {
    let allow_zero = n.int("allowzero", 0)? != 0;
    let shape = n.constant(1, "shape")?;
    let wanted = shape.to_i64().ok_or_else(|| Refusal::new("shape must be integers"))?;
    reshaped(n, |dims| shapes::reshape(dims, &wanted, allow_zero))
}

pub(crate) fn concat(n: &mut Node<'_, '_>) -> Import {
    let inputs = (0..n.num_inputs()).map(|i| n.value(i)).collect::<Import<Vec<_>>>()?;
    let y = concatenated(n, &inputs)?;
    n.output_value(y)
}

/// Values side by side along the axis of the node.
pub(super) fn concatenated(n: &mut Node<'_, '_>, inputs: &[ValueId]) -> Import<ValueId> {
    let axis = n.maybe_int("axis")?.ok_or_else(|| Refusal::new("is missing").attribute("axis"))?;
    let Some(&first) = inputs.first() else { return Err(Refusal::new("has no inputs")) };
    let dims: Vec<Vec<i64>> = inputs.iter().map(|&v| n.dims(v)).collect();
    let rank = n.dims(first).len() as i64;
    let axis = if axis < 0 { axis.saturating_add(rank) } else { axis };
    if axis == 0 && n.batched() {
        return Err(Refusal::new("axis 0 mixes the images of a batch").attribute("axis"));
    }
    let views: Vec<&[i64]> = dims.iter().map(Vec::as_slice).collect();
    let out = shapes::concat(&views, axis).map_err(|e| Refusal::new(e).attribute("axis"))?;
    let ty = n.like(first, &out);
    let state = graph::Concat::builder(&n.ctx(), n.loc).inputs(inputs).axis(axis).name(&n.name).result(ty).build();
    n.create(state)
}

pub(crate) fn identity(n: &mut Node<'_, '_>) -> Import {
    let value = input(n)?;
    n.output(value)
}

/// Inference: the input as it is.
pub(crate) fn dropout(n: &mut Node<'_, '_>) -> Import {
    n.ignore("ratio");
    n.ignore("seed");
    let training = n.maybe_constant(2, "training_mode")?.and_then(|t| t.to_i64());
    if training.is_some_and(|t| t.iter().any(|v| *v != 0)) {
        return Err(Refusal::new("training_mode is set").remedy("export the model in evaluation mode"));
    }
    n.only_first_output("mask")?;
    let value = input(n)?;
    n.output(value)
}

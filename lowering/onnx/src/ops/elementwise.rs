//! Add, Sub and Mul.

use crate::importer::Value;
use crate::node::{Import, Node, Refusal};
use crate::tensor::Tensor;
use cim_dialect::graph::{self, shapes};
use cim_ir::ValueId;

fn pair(n: &mut Node<'_, '_>) -> Import<(ValueId, ValueId, Vec<i64>)> {
    // Integers are added by the host, or by the requantisation that a quantised addition becomes.
    let (a, b) = (n.float_value(0)?, n.float_value(1)?);
    let dims = shapes::broadcast(&n.dims(a), &n.dims(b))?;
    Ok((a, b, dims))
}

pub(crate) fn add(n: &mut Node<'_, '_>) -> Import {
    let (a, b, dims) = pair(n)?;
    let state = graph::Add::builder(&n.ctx(), n.loc).a(a).b(b).name(&n.name).result(n.like(a, &dims)).build();
    let y = n.create(state)?;
    n.output_value(y)
}

/// The difference as a sum: negating is exact.
pub(crate) fn sub(n: &mut Node<'_, '_>) -> Import {
    let a = n.float_value(0)?;
    let b = match n.maybe(1)? {
        Some(Value::Constant { tensor, .. }) => {
            let values = tensor.to_f32().ok_or_else(|| Refusal::new("input 1 must be of f32"))?;
            let negated: Vec<f32> = values.iter().map(|v| -v).collect();
            n.make_constant(Tensor::floats(&tensor.dims, &negated), "negated")?
        }
        _ => {
            let b = n.float_value(1)?;
            let minus = n.make_constant(Tensor::floats(&[1], &[-1.0]), "minus")?;
            let state = graph::Mul::builder(&n.ctx(), n.loc).a(b).b(minus).name(&n.name).result(n.ty(b)).build();
            n.create(state)?
        }
    };
    let dims = shapes::broadcast(&n.dims(a), &n.dims(b))?;
    let state = graph::Add::builder(&n.ctx(), n.loc).a(a).b(b).name(&n.name).result(n.like(a, &dims)).build();
    let y = n.create(state)?;
    n.output_value(y)
}

pub(crate) fn mul(n: &mut Node<'_, '_>) -> Import {
    let (a, b, dims) = pair(n)?;
    let state = graph::Mul::builder(&n.ctx(), n.loc).a(a).b(b).name(&n.name).result(n.like(a, &dims)).build();
    let y = n.create(state)?;
    n.output_value(y)
}

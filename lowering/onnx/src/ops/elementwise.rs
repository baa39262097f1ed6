//! Add and Mul.

use crate::node::{Import, Node};
use cim_dialect::graph::{self, shapes};
use cim_ir::ValueId;

fn pair(n: &mut Node<'_, '_>) -> Import<(ValueId, ValueId, Vec<i64>)> {
    let (a, b) = (n.value(0)?, n.value(1)?);
    let dims = shapes::broadcast(&n.dims(a), &n.dims(b))?;
    Ok((a, b, dims))
}

pub(crate) fn add(n: &mut Node<'_, '_>) -> Import {
    let (a, b, dims) = pair(n)?;
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

//! MaxPool, AveragePool and GlobalAveragePool.

use super::window::{Window, window};
use crate::node::{Import, Node, Refusal};
use cim_dialect::graph::{self, shapes};
use cim_ir::ValueId;

fn geometry(n: &mut Node<'_, '_>, x: ValueId) -> Import<(Window, Vec<i64>)> {
    let dims = n.dims(x);
    let &[_, _, h, w] = &dims[..] else {
        return Err(Refusal::new(format!("input {dims:?} does not have 4 dimensions"))
            .remedy("only two-dimensional pools are supported"));
    };
    let kernel = n.ints("kernel_shape")?.ok_or_else(|| Refusal::new("is missing").attribute("kernel_shape"))?;
    let window = window(n, &kernel, [h, w], true)?;
    let dims = shapes::pool(&dims, &window.geometry)?;
    Ok((window, dims))
}

pub(crate) fn max(n: &mut Node<'_, '_>) -> Import {
    let x = n.value(0)?;
    // The order of indices, which are not computed.
    n.ignore("storage_order");
    n.only_first_output("indices")?;
    let (window, dims) = geometry(n, x)?;
    let g = window.geometry;
    let state = graph::MaxPool::builder(&n.ctx(), n.loc)
        .input(x)
        .kernel(&g.kernel)
        .strides(&g.strides)
        .pads(&g.pads)
        .dilations(&g.dilations)
        .name(&n.name)
        .result(n.like(x, &dims))
        .build();
    let y = n.create(state)?;
    n.output_value(y)
}

pub(crate) fn average(n: &mut Node<'_, '_>) -> Import {
    let x = n.float_value(0)?;
    let y = average_of(n, x)?;
    n.output_value(y)
}

/// The average of a float value over the windows of the node.
pub(super) fn average_of(n: &mut Node<'_, '_>, x: ValueId) -> Import<ValueId> {
    let include = n.int("count_include_pad", 0)? != 0;
    let (window, dims) = geometry(n, x)?;
    let g = window.geometry;
    if g.dilations != [1, 1] {
        return Err(Refusal::new("is not supported on average pools").attribute("dilations").remedy("use 1"));
    }
    let declared = [g.pads[0], g.pads[1], g.pads[2] - window.added[0], g.pads[3] - window.added[1]];
    let padded = declared.iter().any(|p| *p != 0);
    if include && padded && window.added != [0, 0] {
        return Err(Refusal::new("counting padding is not supported together with ceil_mode that adds a window")
            .attribute("count_include_pad")
            .remedy("choose pads that make the windows fit"));
    }
    let state = graph::AveragePool::builder(&n.ctx(), n.loc)
        .input(x)
        .kernel(&g.kernel)
        .strides(&g.strides)
        .pads(&g.pads)
        .count_include_pad(include && padded)
        .name(&n.name)
        .result(n.like(x, &dims))
        .build();
    n.create(state)
}

pub(crate) fn global_average(n: &mut Node<'_, '_>) -> Import {
    let x = n.float_value(0)?;
    let y = global_average_of(n, x)?;
    n.output_value(y)
}

/// The average of each channel of a float value.
pub(super) fn global_average_of(n: &mut Node<'_, '_>, x: ValueId) -> Import<ValueId> {
    let dims = shapes::global_pool(&n.dims(x))?;
    let ty = n.like(x, &dims);
    let state = graph::GlobalAveragePool::builder(&n.ctx(), n.loc).input(x).name(&n.name).result(ty).build();
    n.create(state)
}

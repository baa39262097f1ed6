//! Conv.

use super::window::window;
use crate::node::{Import, Node, Refusal};
use cim_dialect::graph::{self, shapes};
use cim_ir::ValueId;

pub(crate) fn conv(n: &mut Node<'_, '_>) -> Import {
    let (x, w, bias) = (n.float_value(0)?, n.weights(1)?, n.maybe_value(2)?);
    let y = convolution(n, x, w, bias)?;
    n.output_value(y)
}

/// A convolution of float values with the attributes of the node.
pub(super) fn convolution(n: &mut Node<'_, '_>, x: ValueId, w: ValueId, bias: Option<ValueId>) -> Import<ValueId> {
    let (input, weights) = (n.dims(x), n.dims(w));
    let (&[_, _, h, width], &[o, per_group, kh, kw]) = (&input[..], &weights[..]) else {
        return Err(Refusal::new(format!("input {input:?} and weights {weights:?} do not both have 4 dimensions"))
            .remedy("only two-dimensional convolutions are supported"));
    };
    if let Some(kernel) = n.ints("kernel_shape")?.filter(|k| *k != [kh, kw]) {
        return Err(Refusal::new(format!("{kernel:?} differs from that of the weights {:?}", [kh, kw]))
            .attribute("kernel_shape"));
    }
    let group = n.int("group", 1)?;
    let geometry = window(n, &[kh, kw], [h, width], false)?.geometry;
    let dims = shapes::conv2d(&input, [o, per_group], &geometry, group)?;
    if let Some(b) = bias.filter(|&b| n.dims(b) != [o]) {
        return Err(Refusal::new(format!("the bias has the shape {:?}, not [{o}]", n.dims(b))));
    }
    let state = graph::Conv2d::builder(&n.ctx(), n.loc)
        .input(x)
        .weights(w)
        .bias(bias)
        .strides(&geometry.strides)
        .pads(&geometry.pads)
        .dilations(&geometry.dilations)
        .group(group)
        .name(&n.name)
        .result(n.like(x, &dims))
        .build();
    n.create(state)
}

//! Pad with a constant, of height and width.

use crate::node::{Import, Node, Refusal};
use crate::tensor::Tensor;
use cim_dialect::graph::{self, shapes};

/// Amounts and value are attributes before operator set 11 and inputs since.
pub(crate) fn pad(n: &mut Node<'_, '_>) -> Import {
    let mode = n.string("mode", "constant")?;
    if mode != "constant" {
        return Err(Refusal::new(format!("'{mode}' is not supported")).attribute("mode").remedy("pad with a constant"));
    }
    let x = n.float_value(0)?;
    let dims = n.dims(x);
    let (amounts, value) = if n.opset() < 11 {
        let amounts = n.ints("pads")?.ok_or_else(|| Refusal::new("is missing").attribute("pads"))?;
        (amounts, Some(Tensor::floats(&[], &[n.float("value", 0.0)?])))
    } else {
        let amounts = n.constant(1, "the pads")?.to_i64().ok_or_else(|| Refusal::new("the pads are no integers"))?;
        (amounts, n.maybe_constant(2, "the value")?.map(|t| (*t).clone()))
    };
    let pads = spatial(n, &amounts, dims.len())?;
    if pads == [0; 4] {
        return n.output_value(x);
    }
    let ctx = n.ctx();
    let value = match value.as_ref().map(|t| (t, t.to_f32())) {
        None => 0.0,
        Some((t, Some(v))) if v.len() == 1 && t.count() == 1 => v[0],
        Some((t, _)) => return Err(Refusal::new(format!("the value is {} of shape {:?}", t.elem.text(), t.dims))),
    };
    let value = ctx.f32_attr(value);
    let ty = n.like(x, &shapes::pad(&dims, &pads)?);
    let state = graph::Pad::builder(&ctx, n.loc).input(x).pads(&pads).value(value).name(&n.name).result(ty).build();
    let y = n.create(state)?;
    n.output_value(y)
}

/// (top, left, bottom, right) of the amounts for each axis, first all at the start, then all at the end.
fn spatial(n: &Node<'_, '_>, amounts: &[i64], rank: usize) -> Import<[i64; 4]> {
    let axes: Vec<i64> = match n.maybe_constant(3, "the axes")? {
        None => (0..rank as i64).collect(),
        Some(t) => t.to_i64().ok_or_else(|| Refusal::new("the axes are no integers"))?,
    };
    if amounts.len() != 2 * axes.len() {
        return Err(Refusal::new(format!("has {} pads for {} axes", amounts.len(), axes.len())));
    }
    let mut pads = [0; 4];
    for (i, &axis) in axes.iter().enumerate() {
        let at = if axis < 0 { axis.saturating_add(rank as i64) } else { axis };
        let (start, end) = (amounts[i], amounts[i + axes.len()]);
        match at {
            2 | 3 if rank == 4 => (pads[at as usize - 2], pads[at as usize]) = (start, end),
            _ if (start, end) == (0, 0) => {}
            _ => {
                return Err(Refusal::new(format!("pads axis {axis} of {rank} dimensions"))
                    .remedy("only height and width of (N, C, H, W) can be padded"));
            }
        }
    }
    Ok(pads)
}

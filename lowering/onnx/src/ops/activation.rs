//! Relu and Clip.

use crate::node::{Import, Node, Refusal};
use crate::tensor::Tensor;
use cim_dialect::graph;
use cim_dialect::graph::types::int_type;

pub(crate) fn relu(n: &mut Node<'_, '_>) -> Import {
    n.ignore("consumed_inputs");
    let x = n.value(0)?;
    let state = graph::Relu::builder(&n.ctx(), n.loc).input(x).name(&n.name).result(n.ty(x)).build();
    let y = n.create(state)?;
    n.output_value(y)
}

/// Bounds are attributes before operator set 11 and inputs since; on integers they are integers.
pub(crate) fn clip(n: &mut Node<'_, '_>) -> Import {
    let ctx = n.ctx();
    let x = n.value(0)?;
    let (lo, hi) = if n.opset() < 11 {
        let (lo, hi) = (n.maybe_float("min")?, n.maybe_float("max")?);
        (lo.map(|v| Tensor::floats(&[], &[v])), hi.map(|v| Tensor::floats(&[], &[v])))
    } else {
        let get = |i, what| Ok::<_, Refusal>(n.maybe_constant(i, what)?.map(|t| (*t).clone()));
        (get(1, "min")?, get(2, "max")?)
    };
    let (lo, hi) = match int_type(&ctx, n.ty(x)) {
        Some(t) => {
            let (lo, hi) = (int_bound(lo)?.unwrap_or(t.min()), int_bound(hi)?.unwrap_or(t.max()));
            check(lo <= hi, lo, hi)?;
            (ctx.i64_attr(lo), ctx.i64_attr(hi))
        }
        None => {
            let (lo, hi) = (float_bound(lo)?.unwrap_or(f32::MIN), float_bound(hi)?.unwrap_or(f32::MAX));
            check(lo <= hi, lo, hi)?;
            (ctx.f32_attr(lo), ctx.f32_attr(hi))
        }
    };
    let state = graph::Clip::builder(&ctx, n.loc).input(x).lo(lo).hi(hi).name(&n.name).result(n.ty(x)).build();
    let y = n.create(state)?;
    n.output_value(y)
}

fn check<T: std::fmt::Display>(good: bool, lo: T, hi: T) -> Import {
    if good { Ok(()) } else { Err(Refusal::new(format!("min {lo} is not at most max {hi}"))) }
}

fn int_bound(t: Option<Tensor>) -> Import<Option<i64>> {
    let Some(t) = t else { return Ok(None) };
    match t.to_i64().as_deref() {
        Some([v]) => Ok(Some(*v)),
        _ => Err(Refusal::new(format!("a bound must be one integer, but is {} of shape {:?}", t.elem.text(), t.dims))),
    }
}

fn float_bound(t: Option<Tensor>) -> Import<Option<f32>> {
    let Some(t) = t else { return Ok(None) };
    match t.to_f32().as_deref() {
        Some([v]) => Ok(Some(*v)),
        _ => Err(Refusal::new(format!("a bound must be one float, but is {} of shape {:?}", t.elem.text(), t.dims))),
    }
}

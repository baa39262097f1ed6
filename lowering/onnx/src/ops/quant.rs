//! QuantizeLinear and DequantizeLinear.

use crate::node::{Import, Node, Refusal};
use crate::tensor::{Elem, int_type};
use cim_dialect::graph::elements::dense_floats;
use cim_dialect::graph::{self, IntType, types};
use cim_ir::{Attribute, ValueId};

/// What both operators say about the grid.
struct Grid {
    scale: Attribute,
    zero: Vec<i64>,
    axis: i64,
    /// Type of the zero point, when there is one.
    int: Option<IntType>,
}

fn grid(n: &mut Node<'_, '_>, x: ValueId) -> Import<Grid> {
    let (dims, rank) = (n.dims(x), n.dims(x).len() as i64);
    if n.int("block_size", 0)? != 0 {
        return Err(Refusal::new("blocks are not supported")
            .attribute("block_size")
            .remedy("quantise per tensor or per channel"));
    }
    let axis = n.int("axis", 1)?;
    let axis = if axis < 0 { axis.saturating_add(rank) } else { axis };
    let (scale, zero) = (n.constant(1, "scale")?, n.maybe_constant(2, "zero point")?);
    let scales = scale.to_f32().ok_or_else(|| {
        Refusal::new(format!("the scale is of {}, not f32", scale.elem.text())).remedy("convert the model to float32")
    })?;
    if let Some(bad) = scales.iter().find(|s| !(s.is_finite() && **s > 0.0)) {
        return Err(Refusal::new(format!("a scale is {bad}, which is not finite and positive")));
    }
    if scale.dims.len() > 1 {
        return Err(Refusal::new(format!("the scale has the shape {:?}; one dimension is supported", scale.dims)));
    }
    let extent = usize::try_from(axis).ok().and_then(|a| dims.get(a)).copied();
    if scales.len() != 1 && extent != Some(scales.len() as i64) {
        return Err(Refusal::new(format!("there are {} scales for dimension {axis} of {dims:?}", scales.len()))
            .attribute("axis"));
    }
    let int = match zero.as_ref().map(|z| z.elem) {
        Some(Elem::Int(t)) => Some(t),
        Some(other) => return Err(Refusal::new(format!("the zero point is of {}", other.text()))),
        None => None,
    };
    let zero = zero.and_then(|z| z.to_i64()).unwrap_or_else(|| vec![0; scales.len()]);
    if zero.len() != scales.len() {
        return Err(Refusal::new(format!("there are {} scales, but {} zero points", scales.len(), zero.len())));
    }
    Ok(Grid { scale: dense_floats(&n.ctx(), &[scales.len() as i64], &scales), zero, axis, int })
}

pub(crate) fn quantize(n: &mut Node<'_, '_>) -> Import {
    let x = n.float_value(0)?;
    // Saturation is about 8-bit floats, precision about the type of the division: f32 here.
    n.ignore("saturate");
    if !matches!(n.int("precision", 0)?, 0 | 1) {
        return Err(Refusal::new("only float32 is supported").attribute("precision"));
    }
    let wanted = match n.int("output_dtype", 0)? {
        0 => None,
        t => Some(i32::try_from(t).ok().and_then(int_type).ok_or_else(|| {
            Refusal::new("is no integer type").attribute("output_dtype").remedy("quantise to integers of 4 to 16 bits")
        })?),
    };
    let grid = grid(n, x)?;
    let int = grid.int.or(wanted).unwrap_or(IntType { width: 8, signed: false });
    if wanted.is_some_and(|w| w != int) {
        return Err(Refusal::new("differs from the type of the zero point").attribute("output_dtype"));
    }
    let ctx = n.ctx();
    let state = graph::Quantize::builder(&ctx, n.loc)
        .input(x)
        .scale(grid.scale)
        .zero_point(&grid.zero)
        .axis(grid.axis)
        .lo(int.min())
        .hi(int.max())
        .name(&n.name)
        .result(ctx.tensor(&n.dims(x), int.ty(&ctx)))
        .build();
    let y = n.create(state)?;
    n.output_value(y)
}

pub(crate) fn dequantize(n: &mut Node<'_, '_>) -> Import {
    let ctx = n.ctx();
    let x = n.value(0)?;
    let Some(int) = types::int_type(&ctx, n.ty(x)) else {
        return Err(Refusal::new("its input is no integer tensor").remedy("put QuantizeLinear before it"));
    };
    if !matches!(n.int("output_dtype", 0)?, 0 | 1) {
        return Err(Refusal::new("only float32 is supported").attribute("output_dtype"));
    }
    let grid = grid(n, x)?;
    if let Some(t) = grid.int.filter(|t| *t != int) {
        return Err(Refusal::new(format!("the zero point is of {t}, the input of {int}")));
    }
    let state = graph::Dequantize::builder(&ctx, n.loc)
        .input(x)
        .scale(grid.scale)
        .zero_point(&grid.zero)
        .axis(grid.axis)
        .name(&n.name)
        .result(ctx.tensor(&n.dims(x), ctx.f32()))
        .build();
    let y = n.create(state)?;
    n.output_value(y)
}

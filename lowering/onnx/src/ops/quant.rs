//! QuantizeLinear and DequantizeLinear, and what other quantised operators share with them: grids.

use crate::node::{Import, Node, Refusal};
use crate::tensor::{Elem, int_type};
use cim_dialect::graph::elements::dense_floats;
use cim_dialect::graph::{self, IntType, types};
use cim_ir::ValueId;

/// Scales and zero points: one of each, or one for each index of a dimension.
#[derive(Clone, Debug)]
pub(super) struct Grid {
    pub(super) scales: Vec<f32>,
    pub(super) zeros: Vec<i64>,
    /// Type of the zero point, when there is one.
    pub(super) int: Option<IntType>,
}

impl Grid {
    /// One scale, no zero point.
    pub(super) fn plain(scale: f32) -> Grid {
        Grid { scales: vec![scale], zeros: vec![0], int: None }
    }
    /// The only scale; refused when there are several.
    pub(super) fn scale(&self, what: &str) -> Import<f32> {
        match self.scales[..] {
            [s] => Ok(s),
            _ => Err(Refusal::new(format!("{what} has {} scales; activations have one", self.scales.len()))),
        }
    }
}

/// Reads scale and zero point from two inputs; `what` names the tensor they belong to.
pub(super) fn read_grid(n: &Node<'_, '_>, [scale, zero]: [usize; 2], what: &str) -> Import<Grid> {
    let zero = n.maybe_constant(zero, &format!("zero point{what}"))?;
    let scale = n.constant(scale, &format!("scale{what}"))?;
    let scales = scale.to_f32().ok_or_else(|| {
        Refusal::new(format!("the scale{what} is of {}, not f32", scale.elem.text()))
            .remedy("convert the model to float32")
    })?;
    if let Some(bad) = scales.iter().find(|s| !(s.is_finite() && **s > 0.0)) {
        return Err(Refusal::new(format!("a scale{what} is {bad}, which is not finite and positive")));
    }
    // Scales of a matrix may be written as one row.
    if scale.dims.iter().filter(|d| **d != 1).count() > 1 {
        return Err(Refusal::new(format!(
            "the scale{what} has the shape {:?}; one dimension is supported",
            scale.dims
        )));
    }
    let int = match zero.as_ref().map(|z| z.elem) {
        Some(Elem::Int(t)) => Some(t),
        Some(other) => return Err(Refusal::new(format!("the zero point{what} is of {}", other.text()))),
        None => None,
    };
    let mut zeros = zero.and_then(|z| z.to_i64()).unwrap_or_else(|| vec![0; scales.len()]);
    if let ([z], true) = (&zeros[..], scales.len() > 1) {
        zeros = vec![*z; scales.len()];
    }
    if zeros.len() != scales.len() || scales.is_empty() {
        return Err(Refusal::new(format!("there are {} scales{what}, but {} zero points", scales.len(), zeros.len())));
    }
    Ok(Grid { scales, zeros, int })
}

/// Fails when the scales do not belong to dimension `axis` of a value.
fn fits(n: &Node<'_, '_>, x: ValueId, grid: &Grid, axis: i64) -> Import {
    let dims = n.dims(x);
    let extent = usize::try_from(axis).ok().and_then(|a| dims.get(a)).copied();
    if grid.scales.len() != 1 && extent != Some(grid.scales.len() as i64) {
        let count = grid.scales.len();
        return Err(
            Refusal::new(format!("there are {count} scales for dimension {axis} of {dims:?}")).attribute("axis")
        );
    }
    Ok(())
}

/// `(q - zero) * scale`, named `name`.
pub(super) fn dequantized(
    n: &mut Node<'_, '_>,
    q: ValueId,
    grid: &Grid,
    axis: i64,
    name: Option<&str>,
) -> Import<ValueId> {
    let ctx = n.ctx();
    let Some(int) = types::int_type(&ctx, n.ty(q)) else {
        return Err(Refusal::new("its input is no integer tensor").remedy("put QuantizeLinear before it"));
    };
    if let Some(t) = grid.int.filter(|t| *t != int) {
        return Err(Refusal::new(format!("the zero point is of {t}, the input of {int}")));
    }
    fits(n, q, grid, axis)?;
    let state = graph::Dequantize::builder(&ctx, n.loc)
        .input(q)
        .scale(dense_floats(&ctx, &[grid.scales.len() as i64], &grid.scales))
        .zero_point(&grid.zeros)
        .axis(axis)
        .maybe_name(name)
        .result(ctx.tensor(&n.dims(q), ctx.f32()))
        .build();
    n.create(state)
}

/// `clamp(round(x / scale) + zero)` in the type of the zero point, else `int`.
pub(super) fn quantized(
    n: &mut Node<'_, '_>,
    x: ValueId,
    grid: &Grid,
    axis: i64,
    int: IntType,
    name: &str,
) -> Import<ValueId> {
    fits(n, x, grid, axis)?;
    let int = grid.int.unwrap_or(int);
    let ctx = n.ctx();
    let state = graph::Quantize::builder(&ctx, n.loc)
        .input(x)
        .scale(dense_floats(&ctx, &[grid.scales.len() as i64], &grid.scales))
        .zero_point(&grid.zeros)
        .axis(axis)
        .lo(int.min())
        .hi(int.max())
        .name(name)
        .result(ctx.tensor(&n.dims(x), int.ty(&ctx)))
        .build();
    n.create(state)
}

/// Grid and axis of a node with the inputs x, scale, zero point.
fn attributes(n: &mut Node<'_, '_>, x: ValueId) -> Import<(Grid, i64)> {
    let rank = n.dims(x).len() as i64;
    if n.int("block_size", 0)? != 0 {
        return Err(Refusal::new("blocks are not supported")
            .attribute("block_size")
            .remedy("quantise per tensor or per channel"));
    }
    let axis = n.int("axis", 1)?;
    let axis = if axis < 0 { axis.saturating_add(rank) } else { axis };
    Ok((read_grid(n, [1, 2], "")?, axis))
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
            Refusal::new("is no integer type").attribute("output_dtype").remedy("quantise to integers of 2 to 16 bits")
        })?),
    };
    let (grid, axis) = attributes(n, x)?;
    let int = grid.int.or(wanted).unwrap_or(IntType { width: 8, signed: false });
    if wanted.is_some_and(|w| w != int) {
        return Err(Refusal::new("differs from the type of the zero point").attribute("output_dtype"));
    }
    let name = n.name.clone();
    let y = quantized(n, x, &grid, axis, int, &name)?;
    n.output_value(y)
}

pub(crate) fn dequantize(n: &mut Node<'_, '_>) -> Import {
    let x = n.value(0)?;
    if !matches!(n.int("output_dtype", 0)?, 0 | 1) {
        return Err(Refusal::new("only float32 is supported").attribute("output_dtype"));
    }
    let (grid, axis) = attributes(n, x)?;
    let name = n.name.clone();
    let y = dequantized(n, x, &grid, axis, Some(&name))?;
    n.output_value(y)
}

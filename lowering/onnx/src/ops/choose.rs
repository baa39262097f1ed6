//! Where between two numbers over a comparison with a number: a step, which binary networks write so.

use crate::node::{Comparison, Import, Node, Refusal};
use crate::tensor::Tensor;
use cim_dialect::graph::elements::dense_floats;
use cim_dialect::graph::{self, IntType, Rounding};
use cim_ir::ValueId;

/// `Where(x >= c, a, b)` is `bipolar(x - c) * (a - b) / 2 + (a + b) / 2`; the other comparisons turn x or swap a and b. Differences of floats have
/// the sign of the comparison, so this is exact.
pub(crate) fn choose(n: &mut Node<'_, '_>) -> Import {
    let condition = n.value(0)?;
    let number = |n: &Node<'_, '_>, i| match n.constant(i, "the choice")?.to_f32().as_deref() {
        Some([v]) if v.is_finite() => Ok(*v),
        _ => Err(Refusal::new(format!("input {i} is not one number"))),
    };
    let (a, b) = (number(n, 1)?, number(n, 2)?);
    let Some(Comparison { x, c, operator }) = n.comparison(condition) else {
        return Err(Refusal::new("its condition is no comparison of an activation with a number"));
    };
    // Turned: the step is of c - x. Otherwise: a where the difference is not below zero, else b.
    let (turned, a, b) = match operator {
        "GreaterOrEqual" => (false, a, b),
        "Less" => (false, b, a),
        "LessOrEqual" => (true, a, b),
        _ => (true, b, a),
    };
    let (half, middle) = ((a - b) / 2.0, (a + b) / 2.0);
    if half == 0.0 || a != middle + half || b != middle - half {
        return Err(Refusal::new(format!("{a} and {b} are no two different numbers around their middle")));
    }
    let mut y = x;
    if c != 0.0 {
        y = affine(n, y, -c, true)?;
    }
    if turned {
        y = affine(n, y, -1.0, false)?;
    }
    y = step(n, y, half.abs())?;
    if half < 0.0 {
        y = affine(n, y, -1.0, false)?;
    }
    if middle != 0.0 {
        y = affine(n, y, middle, true)?;
    }
    n.output_value(y)
}

/// `x + number` or `x * number`.
fn affine(n: &mut Node<'_, '_>, x: ValueId, number: f32, add: bool) -> Import<ValueId> {
    let (ctx, ty) = (n.ctx(), n.ty(x));
    let b =
        n.make_constant(Tensor::floats(&[1], &[number]), &format!("{}{number}", if add { "plus" } else { "times" }))?;
    n.create(match add {
        true => graph::Add::builder(&ctx, n.loc).a(x).b(b).result(ty).build(),
        false => graph::Mul::builder(&ctx, n.loc).a(x).b(b).result(ty).build(),
    })
}

/// `scale` where x is not below zero, else `-scale`.
fn step(n: &mut Node<'_, '_>, x: ValueId, scale: f32) -> Import<ValueId> {
    let (ctx, ty) = (n.ctx(), n.ty(x));
    let int = IntType { width: 2, signed: true };
    let state = graph::Quantize::builder(&ctx, n.loc)
        .input(x)
        .scale(dense_floats(&ctx, &[1], &[1.0]))
        .zero_point(&[0])
        .lo(-1)
        .hi(1)
        .rounding(Rounding::Bipolar.name())
        .name(&n.name)
        .result(ctx.tensor(&n.dims(x), int.ty(&ctx)))
        .build();
    let q = n.create(state)?;
    let state = graph::Dequantize::builder(&ctx, n.loc)
        .input(q)
        .scale(dense_floats(&ctx, &[1], &[scale]))
        .zero_point(&[0])
        .result(ty)
        .build();
    n.create(state)
}

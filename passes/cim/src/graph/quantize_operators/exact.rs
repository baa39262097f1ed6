//! Values that are integers on a grid although nothing quantised them: sums of grids of one scale, multiples of a grid, and paddings.

use super::super::constants::shape_of;
use super::analyse::NOT_QUANTISED;
use super::emit::create;
use super::view::{Base, Grid, Padded, Pending, State, Sum, View};
use cim_dialect::graph::elementwise::Bounds;
use cim_dialect::graph::{AddRequantize, Conv2d, IntType, Pad, Requantize};
use cim_ir::{OpId, ValueId};

/// Widest integers that are an activation; more are raw sums, which only a requantisation makes narrow.
const MAX_BITS: u32 = 16;

/// The grid of a value that `op` reads.
pub(super) fn grid(s: &mut State<'_>, value: ValueId, op: OpId) -> Result<Grid, String> {
    match s.views.get(&value).cloned() {
        Some(View::Grid(g)) => Ok(g),
        Some(View::Pending(p)) => {
            settle(s, &p, op).ok_or_else(|| "its input is not quantised again before it".to_string())
        }
        None if s.padded.contains_key(&value) => Err("only convolutions read padding on the machine".into()),
        None => Err(NOT_QUANTISED.into()),
    }
}

/// A pending value that is exact on a grid of its own; operations go before `op`.
pub(super) fn settle(s: &mut State<'_>, p: &Pending, op: OpId) -> Option<Grid> {
    match &p.base {
        _ if !p.is_bare() => None,
        Base::Sum(sum) => multiple(s, sum, op),
        Base::Pair { a, b, op: float } if a.scale == b.scale => {
            let ((alo, ahi), (blo, bhi)) = (s.range(a.q)?, s.range(b.q)?);
            let (lo, hi) = (alo.checked_add(blo)?, ahi.checked_add(bhi)?);
            let zero = a.zero.checked_add(b.zero)?;
            let int = IntType::for_range(lo.min(zero), hi.max(zero), false);
            if int.width > MAX_BITS {
                return None;
            }
            let ctx = s.ir.ctx().clone();
            let name = s.name(*float);
            let state = AddRequantize::builder(&ctx, s.ir.loc(*float))
                .a(a.q)
                .b(b.q)
                .m1(&[2])
                .m2(&[2])
                .addend(&[0])
                .shift(1)
                .lo(lo)
                .hi(hi)
                .maybe_name(name.as_deref())
                .result(ctx.tensor(&shape_of(s.ir, a.q), int.ty(&ctx)))
                .build();
            let q = create(s, op, state);
            s.ranges.insert(q, (lo, hi));
            Some(Grid { q, scale: a.scale, zero })
        }
        _ => None,
    }
}

/// `(q + bias) * ratio + addend` on the grid of scale `|ratio|`, when that is exact.
fn multiple(s: &mut State<'_>, sum: &Sum, op: OpId) -> Option<Grid> {
    let ([ratio], [addend], [bias]) = (&sum.ratio[..], &sum.addend[..], &sum.acc_bias[..]) else { return None };
    let (scale, steps) = (ratio.abs() as f32, addend / ratio.abs());
    let exact = f64::from(scale) == ratio.abs() && scale > 0.0 && scale.is_finite() && steps.fract() == 0.0;
    // Activations only: raw sums of layers are wider.
    if !exact || steps.abs() > 2f64.powi(30) || s.int(sum.acc).is_none_or(|t| t.width > MAX_BITS) {
        return None;
    }
    let steps = steps as i64;
    if *ratio > 0.0 {
        return Some(Grid { q: sum.acc, scale, zero: -bias - steps });
    }
    // Turned: -q on the same scale.
    let (lo, hi) = s.range(sum.acc)?;
    let int = IntType::for_range(-hi, -lo, true);
    let (ctx, name) = (s.ir.ctx().clone(), s.name(op));
    let state = Requantize::builder(&ctx, s.ir.loc(op))
        .input(sum.acc)
        .multiplier(&[-2])
        .addend(&[0])
        .shift(1)
        .lo(-hi)
        .hi(-lo)
        .maybe_name(name.map(|n| format!("{n}.turned")).as_deref())
        .result(ctx.tensor(&shape_of(s.ir, sum.acc), int.ty(&ctx)))
        .build();
    let q = create(s, op, state);
    s.ranges.insert(q, (-hi, -lo));
    Some(Grid { q, scale, zero: bias - steps })
}

/// A padded grid waits for the convolution that reads it.
pub(super) fn pad(s: &mut State<'_>, op: Pad) -> Result<(), String> {
    let x = op.input(s.ir);
    let Some(Bounds::Float(value, _)) = op.fill(s.ir) else { return Ok(()) };
    let g = grid(s, x, op.op())?;
    let q = f64::from(value) / f64::from(g.scale) + g.zero as f64;
    let holds = s.int(g.q).is_some_and(|t| q.fract() == 0.0 && t.holds(q as i64));
    if !holds {
        return Err(format!("its value {value} is not on the grid of its input, or outside its type"));
    }
    let [top, left, bottom, right] = op.pads(s.ir)[..] else { return Err("it needs four pads".into()) };
    s.padded.insert(op.result(s.ir), Padded { grid: g, pads: [top, left, bottom, right], value: q as i64 });
    Ok(())
}

/// Input, pads and what padding reads of a convolution.
pub(super) fn padded_input(s: &mut State<'_>, op: Conv2d) -> Result<Padded, String> {
    let (x, own) = (op.input(s.ir), op.pads(s.ir));
    let [top, left, bottom, right] = own[..] else { return Err("it needs four pads".into()) };
    let Some(p) = s.padded.get(&x) else {
        let g = grid(s, x, op.op())?;
        return Ok(Padded { grid: g, pads: [top, left, bottom, right], value: g.zero });
    };
    if own.iter().any(|p| *p != 0) && p.value != p.grid.zero {
        return Err(format!("it pads with 0 what is padded with {}", p.value));
    }
    let pads = [top + p.pads[0], left + p.pads[1], bottom + p.pads[2], right + p.pads[3]];
    Ok(Padded { pads, ..*p })
}

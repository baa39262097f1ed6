//! What is left after all views are known: float outputs, dead operations, reasons.

use super::super::constants::shape_of;
use super::view::{Base, Grid, State, Sum, View};
use cim_dialect::graph::elements::dense_floats;
use cim_dialect::graph::types::{self, is_f32};
use cim_dialect::graph::{Constant, Dequantize, Host, IntType, Quantize};
use cim_ir::op_def::Trait;
use cim_ir::{OpId, ValueId};

/// An integer operand of an operation that is not ours, such as the function's return, and its type.
pub(super) struct Promise {
    op: OpId,
    index: usize,
    int: IntType,
}

/// Types that others rely on: they must not become narrower.
pub(super) fn promised(s: &State<'_>, root: OpId) -> Vec<Promise> {
    let foreign = s.ir.walk(root).into_iter().filter(|op| !s.ir.name_str(*op).starts_with("cim.graph."));
    let of = |op: OpId| {
        let ints = s.ir.operands(op).enumerate().filter_map(move |(index, v)| Some((index, s.int(v)?)));
        ints.map(move |(index, int)| Promise { op, index, int })
    };
    foreign.flat_map(of).collect()
}

/// Widens what became narrower to its promised type.
pub(super) fn keep_promises(s: &mut State<'_>, promised: &[Promise]) {
    for p in promised {
        if let Some(v) = s.ir.operand(p.op, p.index) {
            let wide = super::emit::cast(s, p.op, v, p.int);
            s.ir.set_operand(p.op, p.index, wide);
        }
    }
}

/// Replaces float values that are still needed, erases what is not, marks what stays on the host; the number of the latter.
pub(super) fn run(s: &mut State<'_>, root: OpId) -> u64 {
    let ops = s.ir.walk(root);
    for &op in ops.iter().rev() {
        if erase_if_unused(s, op) {
            continue;
        }
        let Some(result) = s.ir.result(op, 0) else { continue };
        if Dequantize::cast(s.ir, op).is_some() || !is_f32(s.ir.ctx(), s.ir.ty(result)) {
            continue;
        }
        let new = match s.views.get(&result).cloned() {
            Some(View::Grid(g)) => of_grid(s, op, g),
            Some(View::Pending(p)) if p.is_bare() => match p.base {
                Base::Sum(sum) => of_sum(s, op, sum),
                _ => continue,
            },
            _ => continue,
        };
        s.ir.replace_all_uses(result, new);
        erase_if_unused(s, op);
    }
    // Inputs of what was replaced are dead now.
    for &op in s.ir.walk(root).iter().rev() {
        erase_if_unused(s, op);
    }
    mark(s, root)
}

fn erase_if_unused(s: &mut State<'_>, op: OpId) -> bool {
    if !s.ir.is_alive(op) {
        return true;
    }
    let ours = s.ir.name_str(op).starts_with("cim.graph.");
    if ours && s.ir.has_trait(op, Trait::Pure) && s.ir.results(op).all(|r| s.ir.is_unused(r)) {
        s.ir.erase(op);
        return true;
    }
    false
}

fn of_grid(s: &mut State<'_>, op: OpId, g: Grid) -> ValueId {
    let ctx = s.ir.ctx().clone();
    let name = s.name(op);
    let state = Dequantize::builder(&ctx, s.ir.loc(op))
        .input(g.q)
        .scale(dense_floats(&ctx, &[1], &[g.scale]))
        .zero_point(&[g.zero])
        .maybe_name(name.as_deref())
        .result(ctx.tensor(&shape_of(s.ir, g.q), ctx.f32()))
        .build();
    super::emit::create(s, op, state)
}

/// A layer with float output: `acc * ratio + (addend + acc_bias * ratio)`.
fn of_sum(s: &mut State<'_>, op: OpId, mut sum: Sum) -> ValueId {
    let ctx = s.ir.ctx().clone();
    let shape = shape_of(s.ir, sum.acc);
    let axis = types::channel_dim(&shape);
    let channels = shape.get(axis).map_or(1, |c| *c as usize);
    let n = if sum.channels() == 1 { 1 } else { channels };
    sum.widen(n);
    let scale: Vec<f32> = sum.ratio.iter().map(|r| *r as f32).collect();
    let bias: Vec<f32> =
        sum.ratio.iter().zip(&sum.addend).zip(&sum.acc_bias).map(|((r, a), b)| (a + *b as f64 * r) as f32).collect();
    let mut bias = Some(bias).filter(|b| b.iter().any(|v| *v != 0.0));
    if let Some([v]) = bias.as_deref() {
        bias = Some(vec![*v; channels]);
    }
    // One scale where all channels agree.
    let scale = if scale.iter().all(|v| *v == scale[0]) { vec![scale[0]] } else { scale };
    let name = s.name(op);
    let state = Dequantize::builder(&ctx, s.ir.loc(op))
        .input(sum.acc)
        .scale(dense_floats(&ctx, &[scale.len() as i64], &scale))
        .zero_point(&vec![0; scale.len()])
        .axis(axis as i64)
        .maybe_bias(bias.map(|b| dense_floats(&ctx, &[b.len() as i64], &b)))
        .maybe_name(name.as_deref())
        .result(ctx.tensor(&shape, ctx.f32()))
        .build();
    super::emit::create(s, op, state)
}

/// Gives every operation on floats its reason to be on the host; constants are data.
fn mark(s: &mut State<'_>, root: OpId) -> u64 {
    let ctx = s.ir.ctx().clone();
    let mut marked = 0;
    for op in s.ir.walk(root) {
        let ours = s.ir.name_str(op).starts_with("cim.graph.") && Constant::cast(s.ir, op).is_none();
        let mut values: Vec<ValueId> = s.ir.operands(op).collect();
        values.extend(s.ir.results(op));
        if !ours || !values.iter().any(|v| is_f32(&ctx, s.ir.ty(*v))) {
            continue;
        }
        let reason = if let Some(r) = s.reasons.get(&op) {
            r.clone()
        } else if Host::cast(s.ir, op).is_some() {
            // The importer said why.
            continue;
        } else if Quantize::cast(s.ir, op).is_some() {
            "quantises floats".into()
        } else if Dequantize::cast(s.ir, op).is_some() {
            "gives floats".into()
        } else {
            "its result is not quantised".into()
        };
        s.ir.set_prop(op, "host", Some(ctx.string_attr(&reason)));
        marked += 1;
    }
    marked
}

//! Integer operations for a view that meets a quantisation.

use super::super::constants::shape_of;
use super::round::{Direction, rounded, step};
use super::view::{Base, Grid, Pending, Post, State, Sum, View};
use crate::requant::{Affine, Constants, RequantError, constants, two_inputs};
use cim_dialect::graph::{
    AddRequantize, AveragePool, Clip, Concat, IntType, MaxPool, Requantize, Reshape, Rounding, Window2d, shapes,
};
use cim_ir::{OpId, OpState, ValueId};

/// Where a value is to be quantised to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target {
    pub(super) scale: f32,
    pub(super) zero: i64,
    pub(super) rounding: Rounding,
    /// The zero point is added before rounding.
    pub(super) zero_first: bool,
    pub(super) lo: i64,
    pub(super) hi: i64,
    /// Type of the result; holds `lo..=hi` and `zero`.
    pub(super) int: IntType,
    /// The operation that is replaced: new ones go before it and take its name.
    pub(super) at: OpId,
}

/// Most entries of a table of multipliers by count.
const MAX_COUNTS: i64 = 1 << 16;

/// Number of elements of a window, when a table by count can be made.
pub(super) fn integer_from(window: &Window2d) -> Result<usize, String> {
    let counts = window.kernel[0].saturating_mul(window.kernel[1]);
    if counts > MAX_COUNTS {
        return Err(format!("its window has {counts} elements; means of at most {MAX_COUNTS} are integer"));
    }
    Ok(counts as usize)
}

/// Creates an operation before another; its result.
pub(super) fn create(s: &mut State<'_>, before: OpId, state: OpState) -> ValueId {
    let op = s.ir.create(state);
    s.ir.insert_before(before, op);
    s.ir.result(op, 0).unwrap_or(s.ir.placeholder_value())
}

fn text(e: RequantError) -> String {
    format!("its requantisation cannot be computed: {e}")
}

/// The integers of a view on the grid of a target.
pub(super) fn emit(s: &mut State<'_>, view: &View, t: &Target) -> Result<ValueId, String> {
    match view {
        View::Grid(g) => on_grid(s, *g, t),
        View::Pending(p) => pending(s, p, t),
    }
}

fn on_grid(s: &mut State<'_>, g: Grid, t: &Target) -> Result<ValueId, String> {
    if g.scale == t.scale && g.zero == t.zero && !t.rounding.is_step() {
        return Ok(clamp(s, t.at, g.q, t.lo, t.hi));
    }
    sum(s, Sum::of(g), t)
}

fn pending(s: &mut State<'_>, p: &Pending, t: &Target) -> Result<ValueId, String> {
    let mut t = *t;
    // Quantisation is monotone: clamping before it is clamping after it.
    let at = |v: f32| t.rounding.quantise(v, t.scale, t.zero, t.zero_first).clamp(t.lo, t.hi);
    let bound = |v: f32, else_: i64| if v.is_finite() { at(v) } else { else_ };
    (t.lo, t.hi) = (bound(p.lo, t.lo), bound(p.hi, t.hi));
    let mut value = match &p.base {
        Base::Sum(x) => sum(s, x.clone(), &t)?,
        Base::Pair { a, b, op } => pair(s, *a, *b, *op, &t)?,
        Base::Mean { x, window, include_pad, gain, op } => mean(s, *x, window, (*include_pad, *gain), *op, &t)?,
        Base::Concat { parts, axis, op } => {
            let parts = parts.iter().map(|v| emit(s, v, &t)).collect::<Result<Vec<_>, _>>()?;
            concat_at(s, t.at, *op, &parts, *axis)
        }
    };
    for p in &p.post {
        value = post_at(s, t.at, value, *p);
    }
    Ok(value)
}

fn sum(s: &mut State<'_>, mut x: Sum, t: &Target) -> Result<ValueId, String> {
    let n = x.channels();
    x.widen(n);
    let name = s.name(t.at);
    if t.rounding.is_step() {
        let (k, lo, hi) = step(&x, t)?;
        return Ok(requantize(s, &Target { lo, hi, ..*t }, x.acc, &k, name.as_deref()));
    }
    let scale = f64::from(t.scale);
    let affine = Affine {
        ratio: x.ratio.iter().map(|r| r / scale).collect(),
        addend: x.addend.iter().map(|a| a / scale + t.zero as f64).collect(),
        acc_bias: x.acc_bias,
    };
    let k = constants(&affine).map_err(text)?;
    let input = s.range(x.acc).unwrap_or((i64::MIN, i64::MAX));
    let t = &narrowed(t, k.m.iter().zip(&k.b).map(|(m, b)| (*m, *b, input)), k.shift);
    rounded(s, t, |s, t, direction| {
        let mut k = k.clone();
        direction.apply(&mut k)?;
        Ok(requantize(s, t, x.acc, &k, name.as_deref()))
    })
}

/// Widest result that is an activation.
const MAX_BITS: u32 = 16;

/// A target that is too wide for an activation, as narrow as what (multiplier, addend, range of the sums) can reach.
fn narrowed(t: &Target, parts: impl Iterator<Item = (i64, i64, (i64, i64))>, shift: u8) -> Target {
    if t.int.width <= MAX_BITS {
        return *t;
    }
    let (mut low, mut high) = (i128::MAX, i128::MIN);
    for (m, b, (lo, hi)) in parts {
        for v in [lo, hi] {
            // Rounding down and up: whatever the direction.
            let value = i128::from(v) * i128::from(m) + i128::from(b);
            low = low.min(value >> shift);
            high = high.max((value + (1i128 << shift) - 1) >> shift);
        }
    }
    let clamp = |v: i128| v.clamp(t.lo.into(), t.hi.into()) as i64;
    let (lo, hi) = (clamp(low), clamp(high));
    Target { lo, hi, int: IntType::for_range(lo.min(t.zero), hi.max(t.zero), false), ..*t }
}

fn requantize(s: &mut State<'_>, t: &Target, x: ValueId, k: &Constants, name: Option<&str>) -> ValueId {
    let ctx = s.ir.ctx().clone();
    let state = Requantize::builder(&ctx, s.ir.loc(t.at))
        .input(x)
        .multiplier(&k.m)
        .addend(&k.b)
        .shift(i64::from(k.shift))
        .lo(t.lo)
        .hi(t.hi)
        .maybe_name(name)
        .result(ctx.tensor(&shape_of(s.ir, x), t.int.ty(&ctx)))
        .build();
    let value = create(s, t.at, state);
    s.ranges.insert(value, (t.lo, t.hi));
    value
}

fn pair(s: &mut State<'_>, a: Grid, b: Grid, op: OpId, t: &Target) -> Result<ValueId, String> {
    if t.rounding.is_step() {
        if a.scale != b.scale {
            return Err("it compares a sum of two scales with zero; give both inputs one scale".into());
        }
        let both = Sum { acc_bias: vec![-a.zero - b.zero], ..Sum::of(a) };
        let (k, lo, hi) = step(&both, t)?;
        let m2 = k.m.clone();
        return Ok(add(s, [a.q, b.q], op, &Target { lo, hi, ..*t }, &k, &m2));
    }
    let step = f64::from(t.scale);
    let ratio = |g: Grid| f64::from(g.scale) / step;
    let affine = Affine { ratio: vec![ratio(a)], addend: vec![t.zero as f64], acc_bias: vec![-a.zero] };
    let mut k = two_inputs(&affine, Some(&[ratio(b)])).map_err(text)?;
    let m2 = k.m2.take().unwrap_or_default();
    // The zero point of the second input, in integers too, so that zero plus zero is exactly zero.
    for (addend, m) in k.b.iter_mut().zip(&m2) {
        let shifted = m.checked_mul(b.zero).and_then(|z| addend.checked_sub(z));
        *addend = shifted.ok_or("its zero points do not fit its requantisation")?;
    }
    rounded(s, t, |s, t, direction| {
        let mut k = k.clone();
        direction.apply(&mut k)?;
        Ok(add(s, [a.q, b.q], op, t, &k, &m2))
    })
}

/// `a * m + b * m2 + addend`, named after the float addition `op`.
fn add(s: &mut State<'_>, [a, b]: [ValueId; 2], op: OpId, t: &Target, k: &Constants, m2: &[i64]) -> ValueId {
    let ctx = s.ir.ctx().clone();
    let name = s.name(op);
    let state = AddRequantize::builder(&ctx, s.ir.loc(op))
        .a(a)
        .b(b)
        .m1(&k.m)
        .m2(m2)
        .addend(&k.b)
        .shift(i64::from(k.shift))
        .lo(t.lo)
        .hi(t.hi)
        .maybe_name(name.as_deref())
        .result(ctx.tensor(&shape_of(s.ir, a), t.int.ty(&ctx)))
        .build();
    let value = create(s, t.at, state);
    s.ranges.insert(value, (t.lo, t.hi));
    value
}

/// Numbers of elements the windows count, by number: which of `1..=kh*kw` occur.
fn occurring(window: &Window2d, input: [i64; 2], output: [i64; 2], include_pad: bool, n: usize) -> Vec<bool> {
    let axis_counts = |axis: usize| -> Vec<i64> {
        let (k, stride, pad) = (window.kernel[axis], window.strides[axis], window.pads[axis]);
        let (from, to) =
            if include_pad { (0, input[axis] + pad + window.pads[axis + 2]) } else { (pad, pad + input[axis]) };
        (0..output[axis]).map(|o| ((o * stride + k).min(to) - (o * stride).max(from)).max(0)).collect()
    };
    let (rows, cols) = (axis_counts(0), axis_counts(1));
    let mut seen = vec![false; n];
    let distinct = |mut v: Vec<i64>| {
        v.sort_unstable();
        v.dedup();
        v
    };
    for r in distinct(rows) {
        for c in &distinct(cols.clone()) {
            if let Some(slot) = usize::try_from(r * c).ok().and_then(|i| i.checked_sub(1)).and_then(|i| seen.get_mut(i))
            {
                *slot = true;
            }
        }
    }
    seen
}

fn mean(
    s: &mut State<'_>,
    x: Grid,
    window: &Window2d,
    (include_pad, gain): (bool, f64),
    op: OpId,
    t: &Target,
) -> Result<ValueId, String> {
    let n = integer_from(window)?;
    let input = shape_of(s.ir, x.q);
    let output = shapes::pool(&input, window)?;
    let (&[_, _, h, w], &[_, _, ho, wo]) = (&input[..], &output[..]) else {
        return Err("it is not two-dimensional".into());
    };
    let seen = occurring(window, [h, w], [ho, wo], include_pad, n);
    // Counts that no window has get 0: they would only cost the others precision.
    let count = |i: usize| if seen[i] { Some((i + 1) as f64) } else { None };
    let acc_bias = (0..n).map(|i| count(i).map_or(0, |c| -x.zero * c as i64)).collect();
    let average = |s: &mut State<'_>, t: &Target, k: &Constants| average(s, x, window, include_pad, op, &output, t, k);
    if t.rounding.is_step() {
        let per_unit = f64::from(x.scale) * gain;
        let ratio = (0..n).map(|i| count(i).map_or(0.0, |c| per_unit / c)).collect();
        let (k, lo, hi) = step(&Sum { acc: x.q, ratio, addend: vec![0.0], acc_bias }, t)?;
        return Ok(average(s, &Target { lo, hi, ..*t }, &k));
    }
    let per_unit = f64::from(x.scale) * gain / f64::from(t.scale);
    let k = constants(&Affine {
        ratio: (0..n).map(|i| count(i).map_or(0.0, |c| per_unit / c)).collect(),
        addend: (0..n).map(|i| count(i).map_or(0.0, |_| t.zero as f64)).collect(),
        acc_bias,
    })
    .map_err(text)?;
    let (lo, hi) = s.range(x.q).ok_or("its input is no integer tensor")?;
    let reach = |i: usize| {
        let count = i as i64 + 1;
        (k.m[i], k.b[i], (lo.min(x.zero).saturating_mul(count), hi.max(x.zero).saturating_mul(count)))
    };
    let t = &narrowed(t, (0..n).filter(|&i| seen[i]).map(reach), k.shift);
    rounded(s, t, |s, t, direction: Direction| {
        let mut k = k.clone();
        direction.apply(&mut k)?;
        Ok(average(s, t, &k))
    })
}

/// The integer average with one multiplier for each number of counted elements.
#[allow(clippy::too_many_arguments)] // what both roundings share
fn average(
    s: &mut State<'_>,
    x: Grid,
    window: &Window2d,
    include_pad: bool,
    op: OpId,
    output: &[i64],
    t: &Target,
    k: &Constants,
) -> ValueId {
    let ctx = s.ir.ctx().clone();
    let name = s.name(op);
    let state = AveragePool::builder(&ctx, s.ir.loc(op))
        .input(x.q)
        .kernel(&window.kernel)
        .strides(&window.strides)
        .pads(&window.pads)
        .count_include_pad(include_pad)
        .pad_value(if include_pad { x.zero } else { 0 })
        .multiplier(&k.m)
        .addend(&k.b)
        .shift(i64::from(k.shift))
        .lo(t.lo)
        .hi(t.hi)
        .maybe_name(name.as_deref())
        .result(ctx.tensor(output, t.int.ty(&ctx)))
        .build();
    let value = create(s, t.at, state);
    s.ranges.insert(value, (t.lo, t.hi));
    value
}

/// Clamps integers; nothing to do where the range is already inside.
pub(super) fn clamp(s: &mut State<'_>, before: OpId, q: ValueId, lo: i64, hi: i64) -> ValueId {
    let (min, max) = s.range(q).unwrap_or((i64::MIN, i64::MAX));
    if lo <= min && max <= hi {
        return q;
    }
    let ctx = s.ir.ctx().clone();
    let name = s.name(before);
    let state = Clip::builder(&ctx, s.ir.loc(before))
        .input(q)
        .lo(ctx.i64_attr(lo))
        .hi(ctx.i64_attr(hi))
        .maybe_name(name.as_deref())
        .result(s.ir.ty(q))
        .build();
    let value = create(s, before, state);
    s.ranges.insert(value, (min.max(lo).min(hi), max.max(lo).min(hi)));
    value
}

/// An operation that moved through the quantisation, before itself.
pub(super) fn post(s: &mut State<'_>, before: OpId, q: ValueId, p: Post) -> ValueId {
    post_at(s, before, q, p)
}

fn post_at(s: &mut State<'_>, before: OpId, q: ValueId, p: Post) -> ValueId {
    let ctx = s.ir.ctx().clone();
    let (Post::MaxPool(op) | Post::Reshape(op)) = p;
    let shape = s.ir.result(op, 0).map(|r| shape_of(s.ir, r)).unwrap_or_default();
    let elem = s.int(q).map_or(ctx.none(), |t| t.ty(&ctx));
    let (ty, name, loc) = (ctx.tensor(&shape, elem), s.name(op), s.ir.loc(op));
    let state = match (p, MaxPool::cast(s.ir, op)) {
        (Post::MaxPool(_), Some(m)) => MaxPool::builder(&ctx, loc)
            .input(q)
            .kernel(&m.kernel(s.ir))
            .strides(&m.strides(s.ir))
            .pads(&m.pads(s.ir))
            .dilations(&m.dilations(s.ir))
            .maybe_name(name.as_deref())
            .result(ty)
            .build(),
        _ => Reshape::builder(&ctx, loc).input(q).maybe_name(name.as_deref()).result(ty).build(),
    };
    let value = create(s, before, state);
    if let Some(range) = s.ranges.get(&q).copied() {
        s.ranges.insert(value, range);
    }
    value
}

/// Concatenates integers of one grid before the concatenation they stand for.
pub(super) fn concat(s: &mut State<'_>, op: OpId, parts: &[ValueId], axis: i64) -> ValueId {
    concat_at(s, op, op, parts, axis)
}

fn concat_at(s: &mut State<'_>, before: OpId, op: OpId, parts: &[ValueId], axis: i64) -> ValueId {
    let ctx = s.ir.ctx().clone();
    let types: Vec<IntType> = parts.iter().filter_map(|&p| s.int(p)).collect();
    let (lo, hi) = types.iter().fold((0, 0), |(lo, hi), t| (lo.min(t.min()), hi.max(t.max())));
    let int = match types.first() {
        Some(first) if types.iter().all(|t| t == first) => *first,
        _ => IntType::for_range(lo, hi, false),
    };
    let parts: Vec<ValueId> = parts.iter().map(|&p| cast(s, before, p, int)).collect();
    let ranges: Option<Vec<(i64, i64)>> = parts.iter().map(|p| s.range(*p)).collect();
    let shape = s.ir.result(op, 0).map(|r| shape_of(s.ir, r)).unwrap_or_default();
    let name = s.name(op);
    let state = Concat::builder(&ctx, s.ir.loc(op))
        .inputs(&parts)
        .axis(axis)
        .maybe_name(name.as_deref())
        .result(ctx.tensor(&shape, int.ty(&ctx)))
        .build();
    let value = create(s, before, state);
    if let Some((lo, hi)) = ranges.and_then(|r| r.into_iter().reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))) {
        s.ranges.insert(value, (lo, hi));
    }
    value
}

/// The same integers in a wider type.
pub(super) fn cast(s: &mut State<'_>, at: OpId, q: ValueId, int: IntType) -> ValueId {
    if s.int(q) == Some(int) {
        return q;
    }
    let (lo, hi) = s.range(q).unwrap_or((int.min(), int.max()));
    let t = Target { scale: 1.0, zero: 0, rounding: Rounding::HalfEven, zero_first: false, lo, hi, int, at };
    // 2^30 / 2^30: exactly one.
    let one = Constants { m: vec![1 << 30], m2: None, b: vec![0], shift: 30 };
    requantize(s, &t, q, &one, None)
}

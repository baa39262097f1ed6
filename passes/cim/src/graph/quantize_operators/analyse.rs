//! Works out the view of every float value, in program order.

use super::super::constants::{self, floats, shape_of};
use super::super::fold_batch_norm::gain;
use super::emit::{Target, emit, integer_from};
use super::exact::{grid, pad, padded_input, settle};
use super::view::{Base, Grid, Padded, Pending, Post, State, Sum, View};
use super::weights::Weights;
use cim_dialect::graph::elementwise::Bounds;
use cim_dialect::graph::{
    Add, AveragePool, BatchNorm, Clip, Concat, Constant, Conv2d, Dequantize, Elements, GlobalAveragePool, IntType,
    Linear, MaxPool, Mul, Pad, Quantize, Relu, Reshape, Window2d, types, types::is_f32,
};
use cim_ir::{OpId, ValueId};

/// A reason to stay float; None when the operation has been dealt with.
type Done = Result<(), String>;

pub(super) const NOT_QUANTISED: &str = "its input is not quantised";

pub(super) fn run(s: &mut State<'_>, root: OpId) {
    for op in s.ir.walk(root) {
        if !s.ir.is_alive(op) {
            continue;
        }
        if let Err(reason) = visit(s, op) {
            s.keep(op, reason);
        }
    }
}

fn visit(s: &mut State<'_>, op: OpId) -> Done {
    let ir = &*s.ir;
    if let Some(o) = Quantize::cast(ir, op) {
        quantize(s, o)
    } else if let Some(o) = Dequantize::cast(ir, op) {
        dequantize(s, o)
    } else if let Some(o) = Conv2d::cast(ir, op) {
        conv(s, o)
    } else if let Some(o) = Linear::cast(ir, op) {
        linear(s, o)
    } else if let Some(o) = BatchNorm::cast(ir, op) {
        batch_norm(s, o)
    } else if let Some(o) = Relu::cast(ir, op) {
        relu(s, o)
    } else if let Some(o) = Clip::cast(ir, op) {
        clip(s, o)
    } else if let Some(o) = Add::cast(ir, op) {
        add(s, o)
    } else if let Some(o) = Mul::cast(ir, op) {
        mul(s, o)
    } else if let Some(o) = MaxPool::cast(ir, op) {
        let window = o.input(ir);
        move_through(s, op, window, Post::MaxPool(op))
    } else if let Some(o) = Reshape::cast(ir, op) {
        let (x, y) = (o.input(ir), o.result(ir));
        if types::is_sequence(&shape_of(ir, x)) || types::is_sequence(&shape_of(ir, y)) {
            return Err("it reorders a sequence of positions".into());
        }
        move_through(s, op, x, Post::Reshape(op))
    } else if let Some(o) = Concat::cast(ir, op) {
        concat(s, o)
    } else if let Some(o) = AveragePool::cast(ir, op) {
        average(s, o)
    } else if let Some(o) = Pad::cast(ir, op) {
        pad(s, o)
    } else if let Some(o) = GlobalAveragePool::cast(ir, op) {
        let (x, dims) = (o.input(ir), shape_of(ir, o.input(ir)));
        let window = Window2d::new(dims.get(2..).unwrap_or_default(), &[1, 1], &[0; 4], &[1, 1]);
        mean(s, op, x, window?, false)
    } else {
        Ok(())
    }
}

fn view(s: &State<'_>, value: ValueId) -> Result<View, String> {
    s.views.get(&value).cloned().ok_or_else(|| NOT_QUANTISED.into())
}

fn set(s: &mut State<'_>, op: OpId, view: View) {
    if let Some(r) = s.ir.result(op, 0) {
        s.views.insert(r, view);
    }
}

// ---- between floats and integers ----

/// The integer clip that is the only user of a quantised value.
fn following_clip(s: &State<'_>, value: ValueId) -> Option<(Clip, i64, i64)> {
    let mut uses = s.ir.uses(value);
    let (only, None) = (uses.next()?, uses.next()) else { return None };
    let clip = Clip::cast(s.ir, only.op)?;
    match clip.bounds(s.ir)? {
        Bounds::Int(lo, hi) => Some((clip, lo, hi)),
        Bounds::Float(..) => None,
    }
}

fn quantize(s: &mut State<'_>, op: Quantize) -> Done {
    let ir = &*s.ir;
    let (x, mut result) = (op.input(ir), op.result(ir));
    let Some(declared) = s.int(result) else { return Err("its result is no integer tensor".into()) };
    let scales = Elements::of(ir.ctx(), op.scale(ir)).ok().and_then(|e| e.floats()).unwrap_or_default();
    let zeros = op.zero_point(ir);
    let (rounding, zero_first) = (op.rounds(ir), op.zero_first(ir));
    let (mut lo, mut hi) = (op.lo(ir), op.hi(ir));
    let mut erase = vec![op.op()];
    if let Some((clip, a, b)) = following_clip(s, result) {
        (lo, hi) = (lo.max(a).min(b), hi.max(a).min(b));
        result = clip.result(s.ir);
        erase.insert(0, clip.op());
    }
    let per_tensor = if let ([scale], [zero]) = (&scales[..], &zeros[..]) { Some((*scale, *zero)) } else { None };
    if let Some(values) = floats(s.ir, x) {
        // Weights the model stores as floats.
        let shape = shape_of(s.ir, x);
        let layout = constants::axis_layout(&shape, op.axis(s.ir), scales.len());
        let (extent, inner) = layout.ok_or("its scales do not fit its shape")?;
        let int = IntType::for_range(lo, hi, declared.signed);
        let ints = values.iter().enumerate().map(|(i, v)| {
            let c = i / inner % extent;
            rounding.quantise(*v, scales[c], zeros[c], zero_first).clamp(lo, hi)
        });
        let ctx = s.ir.ctx().clone();
        let attr = cim_dialect::graph::elements::dense_ints(&ctx, &shape, int, ints);
        let name = s.name(op.op());
        let new = constants::insert(s.ir, op.op(), attr, ctx.tensor(&shape, int.ty(&ctx)), name.as_deref());
        return replace(s, result, new, &erase);
    }
    let Some((scale, zero)) = per_tensor else {
        return Err("its scales differ by channel, which only weights may have".into());
    };
    // Unsigned where no negative value is left: one bit plane less. Padding must be able to write the zero point.
    let int = IntType::for_range(lo.min(zero), hi.max(zero), declared.signed && lo.min(zero) < 0);
    let target = Target { scale, zero, rounding, zero_first, lo, hi, int, at: op.op() };
    let new = match s.views.get(&x).cloned() {
        Some(view) => emit(s, &view, &target)?,
        None => {
            // A graph input or a float operation: the host quantises, straight into the narrow type.
            let ctx = s.ir.ctx().clone();
            let ty = ctx.tensor(&shape_of(s.ir, x), int.ty(&ctx));
            let builder = Quantize::builder(&ctx, s.ir.loc(op.op())).input(x).scale(op.scale(s.ir)).zero_point(&[zero]);
            let name = s.name(op.op());
            let builder = builder.axis(op.axis(s.ir)).lo(lo).hi(hi).maybe_rounding(op.rounding(s.ir));
            let state = builder.zero_first(zero_first).maybe_name(name.as_deref()).result(ty).build();
            super::emit::create(s, op.op(), state)
        }
    };
    let known = s.range(new).unwrap_or((lo, hi));
    s.ranges.insert(new, (known.0.max(lo), known.1.min(hi)));
    replace(s, result, new, &erase)
}

fn replace(s: &mut State<'_>, result: ValueId, new: ValueId, erase: &[OpId]) -> Done {
    s.ir.replace_all_uses(result, new);
    for op in erase {
        s.ir.erase(*op);
    }
    Ok(())
}

fn dequantize(s: &mut State<'_>, op: Dequantize) -> Done {
    let ir = &*s.ir;
    let q = op.input(ir);
    let scales = Elements::of(ir.ctx(), op.scale(ir)).ok().and_then(|e| e.floats()).unwrap_or_default();
    // Constants are weights: their users look for themselves.
    let constant = ir.defining_op(q).is_some_and(|o| Constant::cast(ir, o).is_some());
    if let ([scale], [zero], None, false) = (&scales[..], &op.zero_point(ir)[..], op.bias(ir), constant) {
        let view = View::Grid(Grid { q, scale: *scale, zero: *zero });
        set(s, op.op(), view);
    }
    Ok(())
}

// ---- matrix-vector operations ----

/// The pending view of a layer: constants of its sums. Padding reads `pad`.
fn sums(s: &State<'_>, w: &Weights, x: Grid, pad: i64, bias: Option<ValueId>) -> Result<(Sum, IntType), String> {
    let channel = w.sums();
    let (lo, hi) = s.range(x.q).ok_or(NOT_QUANTISED)?;
    let acc = w.accumulator((lo.min(pad), hi.max(pad)), &channel);
    let ratio: Vec<f64> = w.scale.iter().map(|v| f64::from(*v) * f64::from(x.scale)).collect();
    let mut sum = Sum { acc: x.q, ratio, addend: vec![0.0], acc_bias: vec![0] };
    if x.zero != 0 {
        sum.acc_bias = channel.signed.iter().map(|v| -x.zero * v).collect();
    }
    if let Some(b) = bias {
        add_bias(s, &mut sum, b, w.outputs())?;
    }
    Ok((sum, acc))
}

/// A bias the model stores as int32 at scale `s_x * s_w` is added to the sums; any other is a real number.
fn add_bias(s: &State<'_>, sum: &mut Sum, bias: ValueId, outputs: usize) -> Done {
    if let Some(d) = s.ir.defining_op(bias).and_then(|o| Dequantize::cast(s.ir, o))
        && let Some(ints) = constants::elements(s.ir, d.input(s.ir)).and_then(|e| e.ints())
        && let Some(scale) = Elements::of(s.ir.ctx(), d.scale(s.ir)).ok().and_then(|e| e.floats())
        && d.zero_point(s.ir).iter().all(|z| *z == 0)
        && ints.len() == outputs
    {
        let at = |v: &[f64], c: usize| v.get(c).or(v.first()).copied().unwrap_or(0.0);
        let stored = |c: usize| scale.get(c).or(scale.first()).map_or(0.0, |v| f64::from(*v));
        // The file holds the product rounded to f32, perhaps of factors rounded before.
        let same = (0..outputs).all(|c| (stored(c) - at(&sum.ratio, c)).abs() <= 1e-6 * at(&sum.ratio, c));
        if same {
            let old = |c: usize| sum.acc_bias.get(c).or(sum.acc_bias.first()).copied().unwrap_or(0);
            sum.acc_bias = ints.iter().enumerate().map(|(c, b)| old(c) + b).collect();
            return Ok(());
        }
    }
    let values = floats(s.ir, bias).ok_or("its bias is computed at run time")?;
    sum.addend = values.iter().map(|v| f64::from(*v)).collect();
    Ok(())
}

fn conv(s: &mut State<'_>, op: Conv2d) -> Done {
    let ir = &*s.ir;
    if !is_f32(ir.ctx(), ir.ty(op.result(ir))) {
        return Ok(());
    }
    let Padded { grid: x, pads, value } = padded_input(s, op)?;
    let w = Weights::of(s, op.weights(s.ir), 0)?;
    let (sum, acc) = sums(s, &w, x, value, op.bias(s.ir))?;
    if !s.int(x.q).is_some_and(|t| t.holds(value)) && pads.iter().any(|p| *p != 0) {
        return Err(format!("padding cannot write its zero point {value} in the type of its input"));
    }
    let ctx = s.ir.ctx().clone();
    let ir = &*s.ir;
    let state = Conv2d::builder(&ctx, ir.loc(op.op()))
        .input(x.q)
        .weights(w.q)
        .strides(&op.strides(ir))
        .pads(&pads)
        .dilations(&op.dilations(ir))
        .group(op.group(ir))
        .pad_value(value)
        .weight_zero(w.zero)
        .maybe_name(op.name(ir))
        .maybe_segment(op.segment(ir))
        .maybe_crossbars(op.crossbars(ir).as_deref())
        .copies(op.copies(ir))
        .remap(op.remap(ir))
        .result(ctx.tensor(&shape_of(ir, op.result(ir)), acc.ty(&ctx)))
        .build();
    layer(s, op.op(), state, sum)
}

fn linear(s: &mut State<'_>, op: Linear) -> Done {
    let ir = &*s.ir;
    if !is_f32(ir.ctx(), ir.ty(op.result(ir))) {
        return Ok(());
    }
    let x = grid(s, op.input(ir), op.op())?;
    let ir = &*s.ir;
    let w = Weights::of(s, op.weights(ir), usize::from(op.transpose(ir)))?;
    let (sum, acc) = sums(s, &w, x, x.zero, op.bias(ir))?;
    let ctx = ir.ctx().clone();
    let state = Linear::builder(&ctx, ir.loc(op.op()))
        .input(x.q)
        .weights(w.q)
        .transpose(op.transpose(ir))
        .weight_zero(w.zero)
        .maybe_name(op.name(ir))
        .maybe_segment(op.segment(ir))
        .maybe_crossbars(op.crossbars(ir).as_deref())
        .copies(op.copies(ir))
        .remap(op.remap(ir))
        .result(ctx.tensor(&shape_of(ir, op.result(ir)), acc.ty(&ctx)))
        .build();
    layer(s, op.op(), state, sum)
}

/// Puts the integer layer before the float one, which stays until nothing needs it.
fn layer(s: &mut State<'_>, float: OpId, state: cim_ir::OpState, mut sum: Sum) -> Done {
    sum.acc = super::emit::create(s, float, state);
    s.integer += 1;
    set(s, float, View::Pending(Pending::new(Base::Sum(sum))));
    Ok(())
}

// ---- affine maps and clamps ----

/// The sum behind a value, to which `op` adds an affine map.
fn bare_sum(s: &mut State<'_>, x: ValueId, op: OpId) -> Result<Sum, String> {
    let p = view(s, x)?.into_pending();
    if matches!(p.base, Base::Pair { .. })
        && let Some(g) = settle(s, &p, op)
    {
        return Ok(Sum::of(g));
    }
    match p {
        p if !p.is_bare() => Err("it follows a relu, clip, pool or reshape and is not folded through it".into()),
        Pending { base: Base::Sum(sum), .. } => Ok(sum),
        _ => Err("it follows an addition, mean or concatenation and is not folded into it".into()),
    }
}

fn affine(s: &mut State<'_>, op: OpId, x: ValueId, gain: &[f64], offset: &[f64]) -> Done {
    // A mean takes a factor: pools that sum are written so.
    if let (View::Pending(mut p), [factor], [0.0]) = (view(s, x)?, gain, offset)
        && p.is_bare()
        && let Base::Mean { gain, .. } = &mut p.base
    {
        *gain *= factor;
        set(s, op, View::Pending(p));
        return Ok(());
    }
    let mut sum = bare_sum(s, x, op)?;
    if !sum.then(gain, offset) || sum.ratio.iter().chain(&sum.addend).any(|v| !v.is_finite()) {
        return Err("its factors do not fit the channels, or are not finite".into());
    }
    set(s, op, View::Pending(Pending::new(Base::Sum(sum))));
    Ok(())
}

fn batch_norm(s: &mut State<'_>, op: BatchNorm) -> Done {
    let g = gain(s.ir, op).ok_or("its parameters are computed at run time")?;
    affine(s, op.op(), op.input(s.ir), &g.gain, &g.offset)
}

/// Constant numbers for each channel of a value: one, or one for each index of dimension 1.
fn per_channel(s: &State<'_>, constant: ValueId, like: ValueId) -> Option<Vec<f64>> {
    let values = floats(s.ir, constant)?;
    let (shape, full) = (shape_of(s.ir, constant), shape_of(s.ir, like));
    let channel = types::channel_dim(&full);
    let from_end = full.len().checked_sub(channel + 1)?;
    // The channel dimension of `like` is the only one along which the constant may vary, aligned at the end as broadcasting does.
    let varies = |i: usize| shape.len() - 1 - i != from_end && shape[i] != 1;
    let fits = values.len() == 1 || (values.len() as i64 == full[channel] && !(0..shape.len()).any(varies));
    (fits && shape.len() <= full.len()).then(|| values.into_iter().map(f64::from).collect())
}

fn add(s: &mut State<'_>, op: Add) -> Done {
    let (a, b) = (op.a(s.ir), op.b(s.ir));
    if !is_f32(s.ir.ctx(), s.ir.ty(a)) {
        return Ok(());
    }
    for (x, c) in [(a, b), (b, a)] {
        if let Some(offset) = per_channel(s, c, x)
            && s.views.contains_key(&x)
        {
            return affine(s, op.op(), x, &[1.0], &offset);
        }
    }
    let (x, y) = (grid(s, a, op.op())?, grid(s, b, op.op())?);
    if shape_of(s.ir, a) != shape_of(s.ir, b) {
        return Err("its inputs have different shapes".into());
    }
    set(s, op.op(), View::Pending(Pending::new(Base::Pair { a: x, b: y, op: op.op() })));
    Ok(())
}

fn mul(s: &mut State<'_>, op: Mul) -> Done {
    let (a, b) = (op.a(s.ir), op.b(s.ir));
    for (x, c) in [(a, b), (b, a)] {
        if let Some(gain) = per_channel(s, c, x)
            && s.views.contains_key(&x)
        {
            return affine(s, op.op(), x, &gain, &[0.0]);
        }
    }
    Err("products of two activations are not supported on the machine".into())
}

fn relu(s: &mut State<'_>, op: Relu) -> Done {
    let x = op.input(s.ir);
    if s.int(x).is_some() {
        return retype(s, op.op(), x);
    }
    let new = match view(s, x)? {
        View::Grid(g) => {
            // Exact on the grid: (max(q, zero) - zero) * scale.
            let hi = s.int(g.q).map_or(i64::MAX, IntType::max);
            let q = if g.zero > hi {
                return Err("its zero point is outside its type".into());
            } else {
                super::emit::clamp(s, op.op(), g.q, g.zero, hi)
            };
            View::Grid(Grid { q, ..g })
        }
        View::Pending(mut p) => {
            p.clamp(0.0, f32::INFINITY);
            View::Pending(p)
        }
    };
    set(s, op.op(), new);
    Ok(())
}

fn clip(s: &mut State<'_>, op: Clip) -> Done {
    let x = op.input(s.ir);
    match op.bounds(s.ir) {
        Some(Bounds::Int(lo, hi)) => {
            if let Some(attr) = constants::clipped(s.ir, x, lo, hi) {
                let ty = cim_ir::kinds::attr_type(s.ir.ctx(), attr).unwrap_or(s.ir.ty(x));
                let name = s.ir.defining_op(x).and_then(|o| s.name(o));
                let new = constants::insert(s.ir, op.op(), attr, ty, name.as_deref());
                return replace(s, op.result(s.ir), new, &[op.op()]);
            }
            if let Some((a, b)) = s.range(x) {
                s.ranges.insert(op.result(s.ir), (a.max(lo).min(hi), b.max(lo).min(hi)));
            }
            retype(s, op.op(), x)
        }
        Some(Bounds::Float(lo, hi)) => {
            let mut p = view(s, x)?.into_pending();
            p.clamp(lo, hi);
            set(s, op.op(), View::Pending(p));
            Ok(())
        }
        None => Err("its bounds do not fit its type".into()),
    }
}

/// An integer operation whose input became narrower: the result does, too.
fn retype(s: &mut State<'_>, op: OpId, x: ValueId) -> Done {
    let Some(result) = s.ir.result(op, 0) else { return Ok(()) };
    if let Some(int) = s.int(x) {
        let ctx = s.ir.ctx().clone();
        let ty = ctx.tensor(&shape_of(s.ir, result), int.ty(&ctx));
        s.ir.set_ty(result, ty);
    }
    Ok(())
}

// ---- what moves through a quantisation ----

fn move_through(s: &mut State<'_>, op: OpId, x: ValueId, post: Post) -> Done {
    if s.int(x).is_some() {
        if let Some((range, result)) = s.ranges.get(&x).copied().zip(s.ir.result(op, 0)) {
            s.ranges.insert(result, range);
        }
        return retype(s, op, x);
    }
    let new = match view(s, x)? {
        View::Grid(g) => View::Grid(Grid { q: super::emit::post(s, op, g.q, post), ..g }),
        View::Pending(mut p) => {
            p.post.push(post);
            View::Pending(p)
        }
    };
    set(s, op, new);
    Ok(())
}

fn concat(s: &mut State<'_>, op: Concat) -> Done {
    let inputs = op.inputs(s.ir);
    let Some(&first) = inputs.first() else { return Ok(()) };
    if types::is_sequence(&shape_of(s.ir, first)) {
        return Err("it joins sequences of positions".into());
    }
    if s.int(first).is_some() {
        return integer_concat(s, op, &inputs);
    }
    let parts = inputs.iter().map(|&v| view(s, v)).collect::<Result<Vec<_>, _>>()?;
    let grids: Option<Vec<Grid>> = parts.iter().map(|p| if let View::Grid(g) = p { Some(*g) } else { None }).collect();
    let same = |g: &Vec<Grid>| g.iter().all(|x| x.scale == g[0].scale && x.zero == g[0].zero);
    let axis = op.axis(s.ir);
    let new = match grids.filter(same) {
        Some(grids) => {
            let parts: Vec<ValueId> = grids.iter().map(|g| g.q).collect();
            let q = super::emit::concat(s, op.op(), &parts, axis);
            View::Grid(Grid { q, ..grids[0] })
        }
        None => View::Pending(Pending::new(Base::Concat { parts, axis, op: op.op() })),
    };
    set(s, op.op(), new);
    Ok(())
}

/// Concatenation of integers whose types may have become different.
fn integer_concat(s: &mut State<'_>, op: Concat, inputs: &[ValueId]) -> Done {
    let new = super::emit::concat(s, op.op(), inputs, op.axis(s.ir));
    replace(s, op.result(s.ir), new, &[op.op()])
}

fn average(s: &mut State<'_>, op: AveragePool) -> Done {
    if !is_f32(s.ir.ctx(), s.ir.ty(op.input(s.ir))) {
        return Ok(());
    }
    let (x, window, include) = (op.input(s.ir), op.window(s.ir)?, op.count_include_pad(s.ir));
    mean(s, op.op(), x, window, include)
}

fn mean(s: &mut State<'_>, op: OpId, x: ValueId, window: Window2d, include_pad: bool) -> Done {
    let x = grid(s, x, op)?;
    if include_pad && !s.int(x.q).is_some_and(|t| t.holds(x.zero)) {
        return Err("padding cannot write its zero point in the type of its input".into());
    }
    // Fails later only if the numbers do: find out now.
    integer_from(&window)?;
    set(s, op, View::Pending(Pending::new(Base::Mean { x, window, include_pad, gain: 1.0, op })));
    Ok(())
}

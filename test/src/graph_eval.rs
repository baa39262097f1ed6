//! The plainest evaluator of `cim.graph`, float and integer: index arithmetic of the definitions, no speed. The oracle for passes.

use cim_dialect::graph::elements::Elements;
use cim_dialect::graph::elementwise::Bounds;
use cim_dialect::graph::quant::Constants;
use cim_dialect::graph::types::{dims, int_type};
use cim_dialect::graph::*;
use cim_ir::{Ir, OpId, ValueId};
use std::collections::HashMap;

/// A value: floats, or integers with 128-bit room.
#[derive(Clone, Debug, PartialEq)]
pub enum Data {
    /// f32 elements.
    Float(Vec<f32>),
    /// Integer elements.
    Int(Vec<i64>),
}

impl Data {
    /// Floats; panics on integers.
    pub fn floats(&self) -> &[f32] {
        match self {
            Data::Float(v) => v,
            Data::Int(_) => panic!("floats wanted"),
        }
    }
    /// Integers; panics on floats.
    pub fn ints(&self) -> &[i64] {
        match self {
            Data::Int(v) => v,
            Data::Float(_) => panic!("integers wanted"),
        }
    }
}

/// Values of one run, by SSA value.
#[derive(Debug, Default)]
pub struct Run {
    /// Values.
    pub values: HashMap<ValueId, Data>,
    /// Values by the name property of the operation that computes them; of equal names the last.
    pub by_name: HashMap<String, Data>,
    /// What the function returns.
    pub outputs: Vec<Data>,
}

/// Evaluates `func.func @network` of a module; remembers which elements meet in convolutions from one run to the next.
pub struct Evaluator<'a> {
    ir: &'a Ir,
    module: OpId,
    pairs: HashMap<OpId, Vec<Pairs>>,
}

/// Output channel, and the elements of input (None: padding) and weights that are multiplied.
type Pairs = (usize, Vec<(Option<usize>, usize)>);

impl<'a> Evaluator<'a> {
    /// For one module.
    pub fn new(ir: &'a Ir, module: OpId) -> Self {
        Evaluator { ir, module, pairs: HashMap::new() }
    }

    /// Runs on float inputs; `force` replaces integer results by operation name (teacher forcing), except raw sums. What was computed
    /// there is kept as "NAME computed".
    pub fn run(&mut self, inputs: &[Vec<f32>], force: &HashMap<String, Vec<i64>>) -> Run {
        let ir = self.ir;
        let func = ir.walk(self.module).into_iter().find(|o| ir.name_str(*o) == "func.func").expect("a function");
        let body = ir.body(func).expect("a body");
        let mut run = Run::default();
        for (&arg, x) in ir.args(body).iter().zip(inputs) {
            run.values.insert(arg, Data::Float(x.clone()));
        }
        for op in ir.ops_of(body) {
            if ir.name_str(op) == "func.return" {
                run.outputs = ir.operands(op).map(|v| run.values[&v].clone()).collect();
                break;
            }
            let mut out = self.operation(op, &run.values);
            let name = ir.attr(op, "name").and_then(|a| ir.ctx().as_str(a)).unwrap_or("").to_string();
            let sums = Conv2d::cast(ir, op).is_some() || Linear::cast(ir, op).is_some();
            if let (Some(v), Data::Int(_), false) = (force.get(&name), &out, sums) {
                run.by_name.insert(format!("{name} computed"), out);
                out = Data::Int(v.clone());
            }
            if let (Data::Int(v), Some(t)) = (&out, int_type(ir.ctx(), ir.ty(ir.result(op, 0).unwrap()))) {
                assert!(v.iter().all(|x| t.holds(*x)), "{name}: a value is outside {t}");
            }
            run.by_name.insert(name, out.clone());
            run.values.insert(ir.result(op, 0).expect("a result"), out);
        }
        run
    }
}

fn shape(ir: &Ir, v: ValueId) -> Vec<usize> {
    dims(ir.ctx(), ir.ty(v)).expect("a tensor").iter().map(|d| *d as usize).collect()
}

fn floats(ir: &Ir, attr: cim_ir::Attribute) -> Vec<f32> {
    Elements::of(ir.ctx(), attr).unwrap().floats().unwrap()
}

/// Index along `axis` of element `i`, or 0 when there is one entry.
fn along(shape: &[usize], axis: usize, i: usize, entries: usize) -> usize {
    if entries == 1 { 0 } else { i / shape[axis + 1..].iter().product::<usize>() % shape[axis] }
}

fn requantised(k: &Constants, c: usize, acc: i128) -> i64 {
    ((acc + k.b[c] as i128 + (1i128 << (k.shift - 1))) >> k.shift).clamp(k.lo as i128, k.hi as i128) as i64
}

/// One position of a window: input index (None for padding) and kernel index.
type Tap = (Option<(usize, usize)>, [usize; 2]);

/// Positions of a window.
fn taps(w: &Window2d, input: [usize; 2], o: [usize; 2]) -> Vec<Tap> {
    let mut out = Vec::new();
    for r in 0..w.kernel[0] {
        for c in 0..w.kernel[1] {
            let y = o[0] as i64 * w.strides[0] + r * w.dilations[0] - w.pads[0];
            let x = o[1] as i64 * w.strides[1] + c * w.dilations[1] - w.pads[1];
            let inside = y >= 0 && x >= 0 && y < input[0] as i64 && x < input[1] as i64;
            out.push((inside.then_some((y as usize, x as usize)), [r as usize, c as usize]));
        }
    }
    out
}

fn broadcast(ir: &Ir, op: OpId, values: &HashMap<ValueId, Data>, f: fn(f64, f64) -> f64) -> Data {
    let [a, b] = [ir.operand(op, 0).unwrap(), ir.operand(op, 1).unwrap()];
    let full = shape(ir, ir.result(op, 0).unwrap());
    let pick = |v: ValueId, i: usize| -> f64 {
        let s = shape(ir, v);
        let (mut rest, mut at, mut stride) = (i, 0, 1);
        for d in (0..full.len()).rev() {
            let index = rest % full[d];
            rest /= full[d];
            if let Some(k) = (d + s.len()).checked_sub(full.len()) {
                at += if s[k] == 1 { 0 } else { index * stride };
                stride *= s[k];
            }
        }
        match &values[&v] {
            Data::Float(x) => x[at].into(),
            Data::Int(x) => x[at] as f64,
        }
    };
    let all = (0..full.iter().product()).map(|i| f(pick(a, i), pick(b, i)));
    match &values[&a] {
        Data::Float(_) => Data::Float(all.map(|v| v as f32).collect()),
        Data::Int(_) => Data::Int(all.map(|v| v as i64).collect()),
    }
}

fn pooled(w: &Window2d, x: &[usize], y: &[usize], mut f: impl FnMut(usize, Vec<Option<usize>>)) {
    for i in 0..y.iter().product() {
        let (plane, o) = (i / (y[2] * y[3]), [i / y[3] % y[2], i % y[3]]);
        let at = |p: Option<(usize, usize)>| p.map(|(r, c)| (plane * x[2] + r) * x[3] + c);
        f(i, taps(w, [x[2], x[3]], o).into_iter().map(|(p, _)| at(p)).collect());
    }
}

impl Evaluator<'_> {
    fn operation(&mut self, op: OpId, values: &HashMap<ValueId, Data>) -> Data {
        let ir = self.ir;
        let v = |id: ValueId| &values[&id];
        let result = ir.result(op, 0).unwrap();
        let y = shape(ir, result);
        if let Some(o) = Constant::cast(ir, op) {
            let e = Elements::of(ir.ctx(), o.value(ir)).unwrap();
            return e.floats().map(Data::Float).unwrap_or_else(|| Data::Int(e.ints().unwrap()));
        }
        if let Some(o) = Quantize::cast(ir, op) {
            let (scale, zero) = (floats(ir, o.scale(ir)), o.zero_point(ir));
            let f = |(i, x): (usize, &f32)| {
                let c = along(&y, o.axis(ir) as usize, i, scale.len());
                o.rounds(ir).quantise(*x, scale[c], zero[c], o.zero_first(ir)).clamp(o.lo(ir), o.hi(ir))
            };
            return Data::Int(v(o.input(ir)).floats().iter().enumerate().map(f).collect());
        }
        if let Some(o) = Dequantize::cast(ir, op) {
            let (scale, zero) = (floats(ir, o.scale(ir)), o.zero_point(ir));
            let bias = o.bias(ir).map(|b| floats(ir, b));
            let f = |(i, x): (usize, &i64)| {
                let c = along(&y, o.axis(ir) as usize, i, scale.len());
                let b = bias.as_ref().map_or(0.0, |b| b[along(&y, o.axis(ir) as usize, i, usize::MAX)]);
                (x - zero[c]) as f32 * scale[c] + b
            };
            return Data::Float(v(o.input(ir)).ints().iter().enumerate().map(f).collect());
        }
        if let Some(o) = Requantize::cast(ir, op) {
            let k = o.constants(ir);
            let f = |(i, x): (usize, &i64)| {
                let c = along(&y, 1, i, k.m.len());
                requantised(&k, c, *x as i128 * k.m[c] as i128)
            };
            return Data::Int(v(o.input(ir)).ints().iter().enumerate().map(f).collect());
        }
        if let Some(o) = AddRequantize::cast(ir, op) {
            let k = o.constants(ir);
            let m2 = k.m2.clone().unwrap();
            let f = |(i, (a, b)): (usize, (&i64, &i64))| {
                let c = along(&y, 1, i, k.m.len());
                requantised(&k, c, *a as i128 * k.m[c] as i128 + *b as i128 * m2[c] as i128)
            };
            return Data::Int(v(o.a(ir)).ints().iter().zip(v(o.b(ir)).ints()).enumerate().map(f).collect());
        }
        if let Some(o) = Conv2d::cast(ir, op) {
            let at = self.pairs.entry(op).or_insert_with(|| conv_pairs(ir, o, &y));
            return products(
                v(o.input(ir)),
                v(o.weights(ir)),
                o.bias(ir).map(v),
                at,
                o.pad_value(ir),
                o.weight_zero(ir),
            );
        }
        if let Some(o) = Linear::cast(ir, op) {
            let n = shape(ir, o.input(ir))[1];
            let index = |oc: usize, i: usize| if o.transpose(ir) { i * y[1] + oc } else { oc * n + i };
            let at: Vec<_> = (0..y[1]).map(|oc| (oc, (0..n).map(|i| (Some(i), index(oc, i))).collect())).collect();
            return products(v(o.input(ir)), v(o.weights(ir)), o.bias(ir).map(v), &at, 0, o.weight_zero(ir));
        }
        if let Some(o) = BatchNorm::cast(ir, op) {
            let part = |id| v(id).floats().to_vec();
            let (s, b, m, var) = (part(o.scale(ir)), part(o.bias(ir)), part(o.mean(ir)), part(o.var(ir)));
            let f = |(i, x): (usize, &f32)| {
                let c = along(&y, 1, i, usize::MAX);
                (x - m[c]) / (var[c] + o.epsilon(ir)).sqrt() * s[c] + b[c]
            };
            return Data::Float(v(o.input(ir)).floats().iter().enumerate().map(f).collect());
        }
        if let Some(o) = Relu::cast(ir, op) {
            return match v(o.input(ir)) {
                Data::Float(x) => Data::Float(x.iter().map(|a| a.max(0.0)).collect()),
                Data::Int(x) => Data::Int(x.iter().map(|a| (*a).max(0)).collect()),
            };
        }
        if let Some(o) = Clip::cast(ir, op) {
            return match (v(o.input(ir)), o.bounds(ir).unwrap()) {
                (Data::Float(x), Bounds::Float(lo, hi)) => Data::Float(x.iter().map(|a| a.clamp(lo, hi)).collect()),
                (Data::Int(x), Bounds::Int(lo, hi)) => Data::Int(x.iter().map(|a| (*a).clamp(lo, hi)).collect()),
                _ => panic!("bounds of another kind"),
            };
        }
        if Add::cast(ir, op).is_some() {
            return broadcast(ir, op, values, |a, b| a + b);
        }
        if Mul::cast(ir, op).is_some() {
            return broadcast(ir, op, values, |a, b| a * b);
        }
        if let Some(o) = MaxPool::cast(ir, op) {
            let mut taps = Vec::new();
            pooled(&o.window(ir).unwrap(), &shape(ir, o.input(ir)), &y, |_, t| taps.push(t));
            let best = |t: &Vec<Option<usize>>, x: &dyn Fn(usize) -> f64| {
                t.iter().flatten().map(|i| x(*i)).fold(f64::NEG_INFINITY, f64::max)
            };
            return match v(o.input(ir)) {
                Data::Float(x) => Data::Float(taps.iter().map(|t| best(t, &|i| x[i].into()) as f32).collect()),
                Data::Int(x) => Data::Int(taps.iter().map(|t| best(t, &|i| x[i] as f64) as i64).collect()),
            };
        }
        if let Some(o) = AveragePool::cast(ir, op) {
            return average(ir, o, v(o.input(ir)), &y);
        }
        if let Some(o) = GlobalAveragePool::cast(ir, op) {
            let x = v(o.input(ir)).floats();
            let n = x.len() / y[1];
            return Data::Float(
                x.chunks(n).map(|c| c.iter().map(|a| f64::from(*a)).sum::<f64>() as f32 / n as f32).collect(),
            );
        }
        if let Some(o) = Reshape::cast(ir, op) {
            return v(o.input(ir)).clone();
        }
        if let Some(o) = Concat::cast(ir, op) {
            let axis = o.axis(ir) as usize;
            let inputs = o.inputs(ir);
            let outer: usize = y[..axis].iter().product();
            let part = |id: ValueId| shape(ir, id)[axis..].iter().product::<usize>();
            let order =
                |i: usize| inputs.iter().flat_map(move |&id| (0..part(id)).map(move |k| (id, i * part(id) + k)));
            let order: Vec<_> = (0..outer).flat_map(order).collect();
            return match v(inputs[0]) {
                Data::Float(_) => Data::Float(order.iter().map(|(id, k)| v(*id).floats()[*k]).collect()),
                Data::Int(_) => Data::Int(order.iter().map(|(id, k)| v(*id).ints()[*k]).collect()),
            };
        }
        panic!("no evaluation of {}", ir.name_str(op));
    }
}

fn conv_pairs(ir: &Ir, o: Conv2d, y: &[usize]) -> Vec<Pairs> {
    let (w, x) = (o.window(ir).unwrap(), shape(ir, o.input(ir)));
    let ws = shape(ir, o.weights(ir));
    let per_group = y[1] / o.group(ir) as usize;
    let mut at = Vec::new();
    for i in 0..y.iter().product() {
        let (oc, pos) = (i / (y[2] * y[3]) % y[1], [i / y[3] % y[2], i % y[3]]);
        let mut pairs = Vec::new();
        for c in 0..ws[1] {
            let ic = oc / per_group * ws[1] + c;
            for (p, [r, s]) in taps(&w, [x[2], x[3]], pos) {
                pairs.push((p.map(|(h, v)| (ic * x[2] + h) * x[3] + v), ((oc * ws[1] + c) * ws[2] + r) * ws[3] + s));
            }
        }
        at.push((oc, pairs));
    }
    at
}

fn products(x: &Data, w: &Data, bias: Option<&Data>, at: &[Pairs], pad: i64, wz: i64) -> Data {
    match (x, w) {
        (Data::Float(x), Data::Float(w)) => Data::Float(
            at.iter()
                .map(|(oc, pairs)| {
                    let sum: f64 =
                        pairs.iter().filter_map(|(i, j)| i.map(|i| f64::from(x[i]) * f64::from(w[*j]))).sum();
                    (sum + bias.map_or(0.0, |b| f64::from(b.floats()[*oc]))) as f32
                })
                .collect(),
        ),
        (Data::Int(x), Data::Int(w)) => Data::Int(
            at.iter().map(|(_, p)| p.iter().map(|(i, j)| i.map_or(pad, |i| x[i]) * (w[*j] - wz)).sum()).collect(),
        ),
        _ => panic!("mixed product"),
    }
}

fn average(ir: &Ir, o: AveragePool, x: &Data, y: &[usize]) -> Data {
    let (w, s) = (o.window(ir).unwrap(), shape(ir, o.input(ir)));
    let (mut floats, mut ints) = (Vec::new(), Vec::new());
    pooled(&w, &s, y, |_, t| {
        let inside: Vec<usize> = t.iter().flatten().copied().collect();
        let count = if o.count_include_pad(ir) { t.len() } else { inside.len() };
        match x {
            Data::Float(x) => floats.push((inside.iter().map(|i| f64::from(x[*i])).sum::<f64>() / count as f64) as f32),
            Data::Int(x) => {
                let pads = (count - inside.len()) as i64 * o.pad_value(ir);
                let sum = inside.iter().map(|i| x[*i]).sum::<i64>() + pads;
                let k = o.constants(ir).unwrap();
                ints.push(requantised(&k, count - 1, sum as i128 * k.m[count - 1] as i128));
            }
        }
    });
    if let Data::Float(_) = x { Data::Float(floats) } else { Data::Int(ints) }
}

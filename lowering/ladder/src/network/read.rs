//! From `cim.graph` operations to data.

use super::host::onnx_operator;
use super::*;
use cim_dialect::graph::Rounding;
use cim_dialect::graph::elements::dense_floats;
use cim_dialect::graph::{BATCHED, INPUTS, OUTPUTS};
use cim_dialect::graph::{Element, Elements};
use cim_ir::core::{AttrData, TypeData};
use cim_ir::{Context, Diagnostic, Ir, Type, ValueId};
use std::collections::{HashMap, HashSet};

/// Largest extent that is accepted anywhere: keeps all 64-bit address arithmetic below from overflowing.
const MAX_EXTENT: i64 = 1 << 24;
/// What `cim-place` notes on the function when weights do not stay.
const RELOAD: &str = "cim.reload";
/// Largest number of elements of a tensor.
const MAX_ELEMENTS: i64 = 1 << 30;

/// Properties of an operation, with errors that name them.
pub(super) struct Props<'a> {
    pub ir: &'a Ir,
    pub op: OpId,
}

impl<'a> Props<'a> {
    pub fn fail<T>(&self, text: impl std::fmt::Display) -> Result<T, Diagnostic> {
        Err(self.ir.op_error(self.op, text))
    }
    pub fn attr(&self, key: &str) -> Option<Attribute> {
        self.ir.attr(self.op, key)
    }
    pub fn has(&self, key: &str) -> bool {
        let ctx = self.ir.ctx();
        self.attr(key).is_some_and(|a| a == ctx.unit() || ctx.as_bool(a) == Some(true))
    }
    pub fn int(&self, key: &str, default: i64) -> Result<i64, Diagnostic> {
        match self.attr(key) {
            None => Ok(default),
            Some(a) => match self.ir.ctx().as_i64(a) {
                Some(v) => Ok(v),
                None => self.fail(format!("attribute '{key}' must be an integer")),
            },
        }
    }
    pub fn ints(&self, key: &str) -> Result<Option<Vec<i64>>, Diagnostic> {
        let Some(a) = self.attr(key) else { return Ok(None) };
        let ctx = self.ir.ctx();
        match ctx.as_i64_array(a).or_else(|| ctx.as_i64(a).map(|v| vec![v])) {
            Some(v) => Ok(Some(v)),
            None => self.fail(format!("attribute '{key}' must be a list of 64-bit integers")),
        }
    }
    pub fn needed(&self, key: &str) -> Result<Vec<i64>, Diagnostic> {
        match self.ints(key)? {
            Some(v) if !v.is_empty() => Ok(v),
            _ => self.fail(format!("attribute '{key}' is missing")),
        }
    }
    pub fn pair(&self, key: &str, default: i64) -> Result<[u32; 2], Diagnostic> {
        match self.ints(key)?.as_deref() {
            None | Some([]) => Ok([default as u32; 2]),
            Some([a, b]) if (1..=MAX_EXTENT).contains(a) && (1..=MAX_EXTENT).contains(b) => Ok([*a as u32, *b as u32]),
            Some(v) => self.fail(format!("attribute '{key}' must be two positive numbers, got {v:?}")),
        }
    }
    pub fn string(&self, key: &str) -> Option<&'a str> {
        self.attr(key).and_then(|a| self.ir.ctx().as_str(a))
    }
    fn requant(&self, m: &str, m2: Option<&str>) -> Result<Requant, Diagnostic> {
        let (m, b) = (self.needed(m)?, self.needed("addend")?);
        let m2 = m2.map(|k| self.needed(k)).transpose()?;
        let shift = self.int("shift", 0)?;
        if b.len() != m.len() || m2.as_ref().is_some_and(|x| x.len() != m.len()) || !(1..=62).contains(&shift) {
            return self.fail("multipliers and addends must have the same number of entries and shift be 1 to 62");
        }
        Ok(Requant { m, m2, b, shift, lo: self.int("lo", i64::MIN)?, hi: self.int("hi", i64::MAX)? })
    }
    fn zero_point(&self) -> Result<i64, Diagnostic> {
        match self.ints("zero_point")?.as_deref() {
            None => Ok(0),
            Some([first, rest @ ..]) if rest.iter().all(|z| z == first) => Ok(*first),
            Some(_) => self.fail("different zero points per channel are not supported here; quantise per tensor"),
        }
    }
}

/// Element type on the host: truth values are `ui1` in the IR. Both sides spell types alike.
pub fn host_elem(ctx: &Context, ty: Type) -> Option<ElemType> {
    match Element::of(ctx, ty)? {
        Element::Int(t) if t.width == 1 && !t.signed => Some(ElemType::Bool),
        other => other.to_string().parse().ok(),
    }
}

/// Integer element type; None when it is no signed or unsigned integer of at most 64 bits.
pub fn int_type(ctx: &Context, ty: Type) -> Option<IntType> {
    let (bits, signed) = cim_dialect::xbar::check::int(ctx, ty)?;
    Some(IntType { bits, signed })
}

/// Dimensions and element type of a tensor; the integer type where the chip knows it.
pub(super) fn tensor_type(ctx: &Context, ty: Type) -> Option<(Vec<u32>, ElemType, Option<IntType>)> {
    let TypeData::Tensor { dims, elem, .. } = ctx.type_data(ty) else { return None };
    let count = dims.iter().try_fold(1i64, |n, &d| (d >= 1).then(|| n.saturating_mul(d)))?;
    if count > MAX_ELEMENTS || dims.iter().any(|d| *d > MAX_ELEMENTS) {
        return None;
    }
    Some((dims.iter().map(|&d| d as u32).collect(), host_elem(ctx, *elem)?, int_type(ctx, *elem)))
}

fn names(ir: &Ir, func: OpId, key: &str, count: usize, word: &str) -> Vec<String> {
    let ctx = ir.ctx();
    let given: Vec<String> = match ir.attr(func, key).map(|a| ctx.attr_data(a)) {
        Some(AttrData::Array(items)) => items.iter().filter_map(|&i| ctx.as_str(i).map(str::to_string)).collect(),
        _ => Vec::new(),
    };
    if given.len() == count { given } else { (0..count).map(|i| format!("{word}{i}")).collect() }
}

/// Reads the function `@network`. `ops` of dialects other than `cim.graph` are refused.
pub fn read(ir: &Ir, func: OpId) -> Result<Net, Diagnostic> {
    let ctx = ir.ctx();
    let Some(block) = ir.body(func) else { return Err(ir.op_error(func, "has no body")) };
    let reload = ir.attr(func, RELOAD).and_then(|a| ctx.as_str(a));
    let mut net = Net {
        batched: ir.attr(func, BATCHED).is_some(),
        reason: reload.map_or("weights in crossbars".to_string(), |r| format!("weights in crossbars; {r}")),
        ..Net::default()
    };
    let mut values: HashMap<ValueId, usize> = HashMap::new();
    let mut constants: HashMap<ValueId, (Attribute, String)> = HashMap::new();
    let mut used: HashSet<String> = HashSet::new();
    let args = ir.args(block).to_vec();
    for (name, &arg) in names(ir, func, INPUTS, args.len(), "input").into_iter().zip(&args) {
        let Some((dims, host, _)) = tensor_type(ctx, ir.ty(arg)) else {
            return Err(
                ir.op_error(func, format!("input '{name}' must be a static tensor of floats or sized integers"))
            );
        };
        values.insert(arg, net.tensors.len());
        net.inputs.push((name.clone(), net.tensors.len()));
        net.tensors.push(Tensor { name, dims, elem: None, host, users: Vec::new(), is_output: false });
    }
    let mut transfers = Transfers::default();
    for (at, op) in ir.ops_of(block).enumerate() {
        let p = Props { ir, op };
        let full = ir.name_str(op);
        if full == "func.return" {
            let results: Vec<ValueId> = ir.operands(op).collect();
            for (name, v) in names(ir, func, OUTPUTS, results.len(), "output").into_iter().zip(results) {
                let Some(&t) = values.get(&v) else { return p.fail("returns a constant; there is nothing to compute") };
                net.tensors[t].is_output = true;
                net.outputs.push((name, t));
            }
            continue;
        }
        let Some(kind) = full.strip_prefix("cim.graph.") else {
            return p.fail("is no operation of cim.graph; run the passes that remove it first");
        };
        let mut name = p.string("name").unwrap_or_default().to_string();
        if kind == "constant" {
            let (Some(value), Some(result)) = (p.attr("value"), ir.result(op, 0)) else {
                return p.fail("has no value");
            };
            constants.insert(result, (value, if name.is_empty() { format!("constant{at}") } else { name }));
            continue;
        }
        // Stored integers that a float operation of the host reads: constants of floats there.
        if kind == "dequantize"
            && let Some((value, stored)) = ir.operands(op).next().and_then(|v| constants.get(&v)).cloned()
            && let Some(result) = ir.result(op, 0)
        {
            let Some(floats) = dequantised(ctx, &p, value)? else { return p.fail("has no values to dequantise") };
            constants.insert(result, (floats, stored));
            continue;
        }
        if name.is_empty() {
            name = format!("{kind}{at}");
        }
        if !used.insert(name.clone()) {
            name = (1..).map(|k| format!("{name}.{k}")).find(|n| used.insert(n.clone())).unwrap_or_default();
        }
        let operands: Vec<ValueId> = ir.operands(op).collect();
        let Some((result, (dims, host, elem))) = ir.result(op, 0).and_then(|r| Some((r, tensor_type(ctx, ir.ty(r))?)))
        else {
            return p.fail("must have a static tensor of floats or sized integers as its result");
        };
        let on_host = kind == "host" || elem.is_none();
        // Operands come to where the operation runs.
        let wanted = if on_host && kind != "dequantize" || kind == "quantize" { Side::Host } else { Side::Chip };
        for v in &operands {
            if let Some(t) = values.get(v).copied() {
                values.insert(*v, transfers.bring(&mut net, &mut used, op, t, wanted));
            }
        }
        let env = Env { net: &net, values: &values, constants: &constants, operands: &operands };
        let (node_kind, inputs) = node(&p, kind, &env, &dims, on_host, elem)?;
        let output = net.tensors.len();
        let elem = elem.filter(|_| !on_host);
        for &i in &inputs {
            net.tensors[i].users.push(net.nodes.len());
        }
        values.insert(result, output);
        net.tensors.push(Tensor { name: name.clone(), dims, elem, host, users: Vec::new(), is_output: false });
        let reason = p.string("host").map(str::to_string);
        net.nodes.push(Node { op, at: at as i64, name, kind: node_kind, inputs, output, reason });
    }
    Ok(net)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Host,
    Chip,
}

/// Copies of integer tensors on the other side; floats cross by quantise and dequantise operations of the network.
#[derive(Default)]
struct Transfers {
    copies: HashMap<usize, usize>,
    made: i64,
}

impl Transfers {
    /// The tensor itself when it lies on the wanted side or cannot leave its own, else its copy there.
    fn bring(&mut self, net: &mut Net, used: &mut HashSet<String>, op: OpId, t: usize, wanted: Side) -> usize {
        let tensor = &net.tensors[t];
        let side = if tensor.elem.is_some() { Side::Chip } else { Side::Host };
        let int = match (tensor.host, tensor.elem) {
            _ if side == wanted => return t,
            (_, Some(e)) => e,
            (ElemType::Int(e), None) if e.bits < 64 || e.signed => e,
            (ElemType::Bool, None) => IntType::new(1, false),
            _ => return t,
        };
        if let Some(&copy) = self.copies.get(&t) {
            return copy;
        }
        let word = if wanted == Side::Chip { "chip" } else { "host" };
        let base = format!("{}.{word}", tensor.name);
        let name = std::iter::once(base.clone()).chain((1..).map(|k| format!("{base}.{k}")));
        let name = name.into_iter().find(|n| used.insert(n.clone())).unwrap_or_default();
        self.made += 1;
        let (kind, elem) = match wanted {
            Side::Chip => {
                let (lo, hi, rounding) = (int.min(), int.max(), Rounding::HalfEven);
                (Kind::Quantize { scale: None, zero: 0, lo, hi, rounding, zero_first: false }, Some(int))
            }
            Side::Host => (Kind::Dequantize { scale: None, zero: 0, bias: None }, None),
        };
        let (dims, host, output) = (tensor.dims.clone(), tensor.host, net.tensors.len());
        net.tensors[t].users.push(net.nodes.len());
        net.tensors.push(Tensor { name: name.clone(), dims, elem, host, users: Vec::new(), is_output: false });
        let reason = Some(format!("its users run on the {word}"));
        net.nodes.push(Node { op, at: -self.made, name, kind, inputs: vec![t], output, reason });
        self.copies.insert(t, output);
        output
    }
}

/// `(q - zero_point) * scale` of a constant, in f32; None where the numbers do not fit.
fn dequantised(ctx: &Context, p: &Props, value: Attribute) -> Result<Option<Attribute>, Diagnostic> {
    let scale = p.attr("scale").and_then(|s| Elements::of(ctx, s).ok()).and_then(|e| e.floats());
    let (zero, axis) = (p.needed("zero_point")?, p.int("axis", 1)?);
    let Ok(stored) = Elements::of(ctx, value) else { return Ok(None) };
    let dims = cim_ir::constraints::shape(ctx, stored.ty).unwrap_or(&[]).to_vec();
    let (Some(scale), Some(ints), None) = (scale, stored.ints(), p.attr("bias")) else { return Ok(None) };
    let inner =
        usize::try_from(axis).ok().and_then(|a| dims.get(a + 1..)).map_or(1, |d| d.iter().product::<i64>().max(1));
    let each = scale.len() > 1;
    let values: Option<Vec<f32>> = ints
        .iter()
        .enumerate()
        .map(|(i, q)| {
            let c = if each { i / inner as usize % scale.len() } else { 0 };
            let z = zero.get(c).or(zero.first())?;
            Some(q.saturating_sub(*z) as f32 * scale.get(c)?)
        })
        .collect();
    Ok(values.map(|v| dense_floats(ctx, &dims, &v)))
}

/// What operands refer to.
pub(super) struct Env<'a> {
    pub net: &'a Net,
    pub values: &'a HashMap<ValueId, usize>,
    pub constants: &'a HashMap<ValueId, (Attribute, String)>,
    pub operands: &'a [ValueId],
}

impl Env<'_> {
    pub fn tensor(&self, p: &Props, i: usize) -> Result<usize, Diagnostic> {
        match self.operands.get(i).and_then(|v| self.values.get(v)) {
            Some(&t) => Ok(t),
            None => p.fail(format!("operand {i} must be a tensor that the network computes, not a constant")),
        }
    }
    fn constant(&self, p: &Props, i: usize) -> Result<&(Attribute, String), Diagnostic> {
        match self.operands.get(i).and_then(|v| self.constants.get(v)) {
            Some(c) => Ok(c),
            None => {
                p.fail(format!("operand {i} must be a cim.graph.constant: weights are programmed before they are used"))
            }
        }
    }
}

fn node(
    p: &Props,
    kind: &str,
    env: &Env,
    dims: &[u32],
    on_host: bool,
    elem: Option<IntType>,
) -> Result<(Kind, Vec<usize>), Diagnostic> {
    let tensors = |n: usize| (0..n).map(|i| env.tensor(p, i)).collect::<Result<Vec<_>, _>>();
    Ok(match kind {
        "quantize" => {
            let t = env.tensor(p, 0)?;
            let Some(scale) = p.attr("scale") else { return p.fail("attribute 'scale' is missing") };
            if element_count(p.ir.ctx(), scale) != Some(1) {
                return p.fail("activations are quantised per tensor: scale must have one element");
            }
            let elem = elem.unwrap_or(IntType::I32);
            let (lo, hi) = (p.int("lo", elem.min())?, p.int("hi", elem.max())?);
            let rounding = p.string("rounding").and_then(Rounding::from_name).unwrap_or_default();
            let (zero, zero_first) = (p.zero_point()?, p.has("zero_first"));
            (Kind::Quantize { scale: Some(scale), zero, lo, hi, rounding, zero_first }, vec![t])
        }
        "dequantize" => {
            let t = env.tensor(p, 0)?;
            let Some(scale) = p.attr("scale") else { return p.fail("attribute 'scale' is missing") };
            (Kind::Dequantize { scale: Some(scale), zero: p.zero_point()?, bias: p.attr("bias") }, vec![t])
        }
        _ if on_host => onnx_operator(p, kind, env)?,
        "conv2d" | "linear" => {
            let t = env.tensor(p, 0)?;
            (Kind::Mvm(Box::new(mvm(p, kind == "linear", env, t, dims)?)), vec![t])
        }
        "requantize" => (Kind::Requantize(p.requant("multiplier", None)?), tensors(1)?),
        "add_requantize" => (Kind::AddRequantize(p.requant("m1", Some("m2"))?), tensors(2)?),
        "relu" => (Kind::Relu, tensors(1)?),
        "clip" => (Kind::Clip(p.int("lo", i64::MIN)?, p.int("hi", i64::MAX)?), tensors(1)?),
        "max_pool" => (Kind::MaxPool(window(p, env, dims)?), tensors(1)?),
        "average_pool" => (Kind::AveragePool(window(p, env, dims)?, p.requant("multiplier", None)?), tensors(1)?),
        "reshape" => (Kind::Reshape, tensors(1)?),
        "concat" => {
            let rank = dims.len() as i64;
            let axis = p.int("axis", 1)?;
            if (if axis < 0 { axis + rank } else { axis }) != 1 {
                return p.fail(format!(
                    "concatenates along axis {axis}; integers can be joined along channels (axis 1) only"
                ));
            }
            (Kind::Concat, tensors(env.operands.len())?)
        }
        "add" | "mul" => {
            return p.fail(
                "has integer operands without requantisation; use cim.graph.add_requantize or floats on the host",
            );
        }
        _ => return p.fail("has integer operands; no level below cim.graph computes it on integers"),
    })
}

pub(super) fn element_count(ctx: &Context, attr: Attribute) -> Option<i64> {
    let TypeData::Tensor { dims, .. } = ctx.type_data(cim_ir::kinds::attr_type(ctx, attr)?) else { return None };
    Some(dims.iter().product())
}

fn pads(p: &Props) -> Result<[u32; 4], Diagnostic> {
    match p.ints("pads")?.as_deref() {
        None | Some([]) => Ok([0; 4]),
        Some([a, b, c, d]) if [a, b, c, d].iter().all(|v| (0..=MAX_EXTENT).contains(*v)) => {
            Ok([*a as u32, *b as u32, *c as u32, *d as u32])
        }
        Some(v) => p.fail(format!("attribute 'pads' must be top, left, bottom, right; got {v:?}")),
    }
}

fn window(p: &Props, env: &Env, dims: &[u32]) -> Result<Window, Diagnostic> {
    let input = env.net.tensors[env.tensor(p, 0)?].hwc();
    let kernel = p.pair("kernel", 1)?;
    geometry(p, input, kernel, dims)
}

fn geometry(p: &Props, input: [u32; 3], kernel: [u32; 2], dims: &[u32]) -> Result<Window, Diagnostic> {
    let [top, left, bottom, right] = pads(p)?;
    let [_, _, ho, wo] = *dims else { return p.fail("must have a four-dimensional result") };
    let w = Window {
        input,
        output: [ho, wo],
        kernel,
        stride: p.pair("strides", 1)?,
        dilation: p.pair("dilations", 1)?,
        pad: [top, left],
        pad_value: p.int("pad_value", 0)?,
        count_include_pad: p.has("count_include_pad"),
        pad_end: [bottom, right],
    };
    for (axis, out) in [ho, wo].into_iter().enumerate() {
        let reach = (u64::from(kernel[axis]) - 1) * u64::from(w.dilation[axis]) + 1;
        let padded = u64::from(input[axis]) + u64::from(w.pad[axis]) + u64::from(w.pad_end[axis]);
        let fits = padded >= reach && (padded - reach) / u64::from(w.stride[axis]) + 1 == u64::from(out);
        if !fits {
            let text = format!(
                "has {out} outputs along axis {axis}, but its window over {padded} padded inputs reaches {reach}"
            );
            return p.fail(text);
        }
    }
    Ok(w)
}

fn mvm(p: &Props, linear: bool, env: &Env, input: usize, dims: &[u32]) -> Result<Mvm, Diagnostic> {
    let ctx = p.ir.ctx();
    let (weights, weights_name) = env.constant(p, 1)?.clone();
    if env.operands.len() > 2 {
        return p.fail("has a bias on integers; the bias belongs into the requantisation that follows");
    }
    let Some((weight_dims, _, Some(weight))) = cim_ir::kinds::attr_type(ctx, weights).and_then(|t| tensor_type(ctx, t))
    else {
        return p.fail("weights must be a static tensor of sized integers");
    };
    if weight.bits > 16 {
        return p.fail(format!("weights have {} bits; crossbars hold at most 16", weight.bits));
    }
    let x = &env.net.tensors[input];
    let transposed = p.has("transpose");
    let groups = p.int("group", 1)?;
    let [channels, height, width] = x.chw();
    let each = linear && (height, width) != (1, 1) && x.channels_last();
    let (window, cout) = if linear {
        let n = x.len();
        let [a, b] = *weight_dims else { return p.fail("weights of a linear layer have two dimensions") };
        let (inputs, cout) = if transposed { (a, b) } else { (b, a) };
        let one_vector = u64::from(inputs) == n
            && x.dims.first() == Some(&1)
            && dims.iter().map(|&d| u64::from(d)).product::<u64>() == u64::from(cout);
        let fits = if each { inputs == channels && dims.last() == Some(&cout) } else { one_vector };
        if !fits {
            let has = if each { u64::from(channels) } else { n };
            return p.fail(format!("weights for {inputs} inputs and {cout} outputs do not fit {has} inputs"));
        }
        let positions = if each { [height, width] } else { [1, 1] };
        (Window { input: [positions[0], positions[1], inputs], output: positions, ..linear_window(inputs) }, cout)
    } else {
        let ([cout, per_group, kh, kw], [h, w, c]) = (
            match *weight_dims {
                [a, b, c, d] => [a, b, c, d],
                _ => return p.fail("weights of a convolution have four dimensions"),
            },
            x.hwc(),
        );
        let g = u32::try_from(groups).ok().filter(|g| *g >= 1 && c % g == 0 && cout % g == 0 && c / g == per_group);
        if g.is_none() || dims.get(1) != Some(&cout) || x.dims.len() != 4 {
            return p.fail(format!("weights {weight_dims:?} do not fit {c} input channels in {groups} groups"));
        }
        (geometry(p, [h, w, c], [kh, kw], dims)?, cout)
    };
    Ok(Mvm {
        linear: linear && !each,
        each,
        weights,
        weights_name,
        weight_dims,
        weight,
        transposed,
        window,
        groups: if linear { 1 } else { groups as u32 },
        cout,
        weight_zero: p.int("weight_zero", 0)?,
        place: place(p)?,
    })
}

fn place(p: &Props) -> Result<Option<Place>, Diagnostic> {
    let Some(first) = p.ints("crossbars")? else { return Ok(None) };
    let crossbars: Option<Vec<u32>> = first.iter().map(|&x| u32::try_from(x).ok()).collect();
    let (segment, copies) = (p.int("segment", 0)?, p.int("copies", 1)?);
    match crossbars {
        Some(crossbars)
            if !crossbars.is_empty() && (0..=MAX_EXTENT).contains(&segment) && (1..=MAX_EXTENT).contains(&copies) =>
        {
            Ok(Some(Place { segment: segment as u32, crossbars, copies: copies as u32, remap: p.has("remap") }))
        }
        _ => p.fail("placement attributes must be a segment, crossbars (at least one) and copies (at least 1)"),
    }
}

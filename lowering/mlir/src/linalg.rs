//! Named operations of `linalg` on tensors.

use crate::layout::Held;
use crate::net::{Net, Refusal, Repr, Try, ints};
use crate::shared::{self, Window};
use crate::{data, function, generic};
use cim_ir::core::AttrData;
use cim_ir::{OpId, ValueId};
use cim_pass::{Pass, PassResult, PassRun, pass};

pass! {
    /// Turns a network of `linalg` operations on tensors into `cim.graph`.
    ///
    /// The only function of the module, or `@main` or `@forward`, becomes `@network`. Operations are those of MLIR's generic form, before bufferization.
    /// What the machine has no unit for becomes `cim.graph.host`; everything else is refused.
    pub struct ConvertLinalgToCim = "convert-linalg-to-cim", "ConvertLinalgToCim" on "builtin.module" {}
}

impl Pass for ConvertLinalgToCim {
    fn run(&self, run: &mut PassRun<'_>) -> PassResult {
        let module = run.op();
        Ok(function::convert(run.ir, module, "linalg.")?)
    }
}

const ELEMENTWISE: &[(&str, &str)] = &[
    ("abs", "Abs"),
    ("add", "Add"),
    ("ceil", "Ceil"),
    ("div", "Div"),
    ("erf", "Erf"),
    ("exp", "Exp"),
    ("floor", "Floor"),
    ("log", "Log"),
    ("max", "Max"),
    ("min", "Min"),
    ("mul", "Mul"),
    ("negf", "Neg"),
    ("reciprocal", "Reciprocal"),
    ("sqrt", "Sqrt"),
    ("sub", "Sub"),
    ("tanh", "Tanh"),
];

/// Translates an operation of `linalg`; false for others.
pub(crate) fn translate(net: &mut Net<'_>, op: OpId) -> Try<bool> {
    let ir = net.ir;
    let Some(name) = ir.name_str(op).strip_prefix("linalg.") else { return Ok(false) };
    match name {
        "fill" => fill(net, op)?,
        "broadcast" => broadcast(net, op)?,
        "transpose" => transpose(net, op)?,
        "matmul" | "batch_matmul" => matmul(net, op)?,
        "conv_2d_nchw_fchw" => convolution(net, op, false, false)?,
        "conv_2d_nhwc_hwcf" => convolution(net, op, true, false)?,
        "depthwise_conv_2d_nhwc_hwc" => convolution(net, op, true, true)?,
        "pooling_nchw_max" => pool(net, op, false, true)?,
        "pooling_nchw_sum" => pool(net, op, false, false)?,
        "pooling_nhwc_max" => pool(net, op, true, true)?,
        "pooling_nhwc_sum" => pool(net, op, true, false)?,
        "generic" => generic::translate(net, op)?,
        _ => match ELEMENTWISE.iter().find(|t| t.0 == name) {
            Some((_, operator)) => elementwise(net, op, operator)?,
            None => return Err(unsupported()),
        },
    }
    Ok(true)
}

fn unsupported() -> Refusal {
    let own = "fill, broadcast, transpose, matmul, batch_matmul, conv_2d_nchw_fchw, conv_2d_nhwc_hwcf, depthwise_conv_2d_nhwc_hwc, \
               pooling_nchw_max, pooling_nchw_sum, pooling_nhwc_max, pooling_nhwc_sum, generic (elementwise)";
    let others: Vec<&str> = ELEMENTWISE.iter().map(|t| t.0).collect();
    Refusal::new("is not supported").remedy(format!("supported operations of linalg are {own}, {}", others.join(", ")))
}

/// The last operand, which the result is made from.
fn init(net: &Net<'_>, op: OpId, inputs: usize) -> Try<ValueId> {
    if net.ir.num_operands(op) != inputs + 1 {
        return Err(Refusal::new(format!("has {} operands, not {}", net.ir.num_operands(op), inputs + 1)));
    }
    net.operand(op, inputs)
}

fn fill(net: &mut Net<'_>, op: OpId) -> Try {
    let value = net.operand(op, 0)?;
    match net.repr(value)? {
        Repr::Scalar(v) => net.result(op, Repr::Fill(v)),
        _ => Err(Refusal::new("fills with a number that is computed").remedy("fill with a constant of arith.constant")),
    }
}

fn broadcast(net: &mut Net<'_>, op: OpId) -> Try {
    let (x, y) = (net.operand(op, 0)?, net.result_of(op)?);
    let (from, to) = (net.dims(x)?, net.dims(y)?);
    let added = net.attribute(op, "dimensions").and_then(|a| data::ints(net.ir.ctx(), a));
    let added = added.ok_or_else(|| Refusal::new("is no list of integers").attribute("dimensions"))?;
    let kept: Vec<usize> = (0..to.len()).filter(|i| !added.contains(&(*i as i64))).collect();
    if kept.len() != from.len() || kept.iter().zip(&from).any(|(&i, d)| to.get(i) != Some(d)) {
        return Err(Refusal::new(format!("{added:?} do not lead from {from:?} to {to:?}")).attribute("dimensions"));
    }
    if let [axis] = kept[..] {
        net.set(y, Repr::Along { vector: x, axis });
        return Ok(());
    }
    let ones: Vec<i64> = (0..).zip(&to).map(|(i, d)| if added.contains(&i) { 1 } else { *d }).collect();
    let name = net.plain(x)?;
    let name = net.reshaped(&name, &ones);
    let shape = net.longs("shape", &to);
    let name = net.node("Expand", &[&name, &shape], Vec::new());
    net.set(y, Repr::Plain(name));
    Ok(())
}

fn transpose(net: &mut Net<'_>, op: OpId) -> Try {
    let (x, y) = (net.operand(op, 0)?, net.result_of(op)?);
    let perm = net.attribute(op, "permutation").and_then(|a| data::ints(net.ir.ctx(), a));
    let perm = perm.ok_or_else(|| Refusal::new("is no list of integers").attribute("permutation"))?;
    let repr = match (net.repr(x)?, &perm[..]) {
        (Repr::Channels(name), p) if p == crate::layout::FIRST => Repr::Plain(name),
        (Repr::Plain(name), p) if p == crate::layout::LAST => Repr::Channels(name),
        _ => {
            let name = net.plain(x)?;
            Repr::Plain(net.node("Transpose", &[&name], vec![ints("perm", &perm)]))
        }
    };
    net.set(y, repr);
    Ok(())
}

/// Whether a value is 0 everywhere.
fn is_zero(net: &Net<'_>, value: ValueId) -> Try<bool> {
    Ok(match net.repr(value)? {
        Repr::Fill(v) => v == 0.0,
        Repr::Constant(_) => net.constant_numbers(value, "the initial value")?.iter().all(|v| *v == 0.0),
        _ => false,
    })
}

/// Adds the initial value to a result unless it is 0.
fn onto(net: &mut Net<'_>, result: Held, init: ValueId) -> Try<Held> {
    if is_zero(net, init)? {
        return Ok(result);
    }
    let rank = net.dims(init)?.len();
    let start = net.held(init)?;
    let (names, channels) = net.together(vec![result, start], rank);
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    Ok(Held { name: net.node("Add", &names, Vec::new()), channels })
}

/// A vector that the initial value repeats along dimension `axis`: the bias.
fn bias(net: &mut Net<'_>, init: ValueId, axis: usize) -> Try<Option<String>> {
    match net.repr(init)? {
        Repr::Along { vector, axis: a } if a == axis && data::constant(net.ir, vector).is_some() => {
            net.plain(vector).map(Some)
        }
        _ => Ok(None),
    }
}

fn convolution(net: &mut Net<'_>, op: OpId, last: bool, depthwise: bool) -> Try {
    let (x, w, start, y) = (net.operand(op, 0)?, net.operand(op, 1)?, init(net, op, 2)?, net.result_of(op)?);
    for v in [x, w, y] {
        net.expect_float(v)?;
    }
    let (x, pads) = net.without_padding(x, if last { [1, 2] } else { [2, 3] }, |v| v == 0.0)?;
    let input: [i64; 4] = net.dims_of(x, "the input")?;
    let raw = net.plain(w)?;
    let (tensor, kernel, group) = if depthwise {
        let [h, kw, c]: [i64; 3] = net.dims_of(w, "the weights")?;
        let moved = net.node("Transpose", &[&raw], vec![ints("perm", &[2, 0, 1])]);
        (net.reshaped(&moved, &[c, 1, h, kw]), [h, kw], input[3])
    } else {
        let [a, b, c, d]: [i64; 4] = net.dims_of(w, "the weights")?;
        match last {
            true => (net.node("Transpose", &[&raw], vec![ints("perm", &[3, 2, 0, 1])]), [a, b], 1),
            false => (raw, [c, d], 1),
        }
    };
    let strides = net.ints(op, "strides")?.unwrap_or([1, 1]);
    let dilations = net.ints(op, "dilations")?.unwrap_or([1, 1]);
    let window = Window { kernel, strides, dilations, pads };
    let bias = bias(net, start, if last { 3 } else { 1 })?;
    let input = if last { net.first(x)? } else { net.plain(x)? };
    let name = shared::convolution(net, &input, &tensor, bias.as_deref(), &window, group);
    let mut result = Held { name, channels: last };
    if bias.is_none() {
        result = onto(net, result, start)?;
    }
    net.set(y, result.repr());
    Ok(())
}

fn pool(net: &mut Net<'_>, op: OpId, last: bool, max: bool) -> Try {
    let (x, shape, start, y) = (net.operand(op, 0)?, net.operand(op, 1)?, init(net, op, 2)?, net.result_of(op)?);
    net.expect_float(x)?;
    let lowest = |v: f64| v <= f64::from(f32::MIN);
    let spatial = if last { [1, 2] } else { [2, 3] };
    let (x, pads) = net.without_padding(x, spatial, |v| max && lowest(v))?;
    let kernel: [i64; 2] = net.dims_of(shape, "the window")?;
    let strides = net.ints(op, "strides")?.unwrap_or([1, 1]);
    let dilations = net.ints(op, "dilations")?.unwrap_or([1, 1]);
    let window = Window { kernel, strides, dilations, pads };
    let input = if last { net.first(x)? } else { net.plain(x)? };
    if max {
        let name = net.node("MaxPool", &[&input], window.attributes());
        let mut held = Held { name, channels: last };
        if !matches!(net.repr(start)?, Repr::Fill(v) if lowest(v)) {
            let rank = 4;
            let start = net.held(start)?;
            let (names, channels) = net.together(vec![held, start], rank);
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            held = Held { name: net.node("Max", &names, Vec::new()), channels };
        }
        net.set(y, held.repr());
        return Ok(());
    }
    if dilations != [1, 1] {
        return Err(Refusal::new("is not supported on sums").attribute("dilations").remedy("use 1"));
    }
    let area = kernel[0].saturating_mul(kernel[1]);
    let averages = net.node("AveragePool", &[&input], window.attributes());
    let sums = Repr::Sums { averages, area, channels: last };
    net.set(y, sums);
    if !is_zero(net, start)? {
        let held = net.held(y)?;
        let held = onto(net, held, start)?;
        net.set(y, held.repr());
    }
    Ok(())
}

fn matmul(net: &mut Net<'_>, op: OpId) -> Try {
    let (a, b, start, y) = (net.operand(op, 0)?, net.operand(op, 1)?, init(net, op, 2)?, net.result_of(op)?);
    for v in [a, b, y] {
        net.expect_float(v)?;
    }
    let batched = net.ir.name_str(op) == "linalg.batch_matmul";
    usual_maps(net, op, batched)?;
    let right = net.plain(b)?;
    let name = if batched {
        let left = net.plain(a)?;
        net.node("MatMul", &[&left, &right], Vec::new())
    } else {
        let [inputs, outputs]: [i64; 2] = net.dims_of(b, "the second operand")?;
        let bias = bias(net, start, 1)?;
        let name = shared::product(net, a, &right, [inputs, outputs], bias.as_deref())?;
        if bias.is_some() {
            net.set(y, Repr::Plain(name));
            return Ok(());
        }
        name
    };
    let held = onto(net, Held { name, channels: false }, start)?;
    net.set(y, held.repr());
    Ok(())
}

/// Fails when the maps of a product transpose or broadcast an operand.
fn usual_maps(net: &Net<'_>, op: OpId, batched: bool) -> Try {
    let Some(attr) = net.attribute(op, "indexing_maps") else { return Ok(()) };
    let usual: [&[u32]; 3] = if batched { [&[0, 1, 3], &[0, 3, 2], &[0, 1, 2]] } else { [&[0, 2], &[2, 1], &[0, 1]] };
    let is_usual = match net.ir.ctx().attr_data(attr) {
        AttrData::Array(maps) => {
            maps.len() == 3 && maps.iter().zip(usual).all(|(m, u)| generic::dimensions(net, *m).as_deref() == Some(u))
        }
        _ => false,
    };
    match is_usual {
        true => Ok(()),
        false => Err(Refusal::new("transposes or broadcasts an operand")
            .attribute("indexing_maps")
            .remedy("use the plain product and linalg.transpose")),
    }
}

fn elementwise(net: &mut Net<'_>, op: OpId, operator: &str) -> Try {
    let (y, inputs) = (net.result_of(op)?, net.ir.num_operands(op).saturating_sub(1));
    let values: Vec<ValueId> = net.ir.operands(op).take(inputs).collect();
    net.expect_float(y)?;
    if let Some(attr) = net.attribute(op, "indexing_maps") {
        let plain = matches!(net.ir.ctx().attr_data(attr), AttrData::Array(maps) if maps.iter().all(|m| generic::is_identity(net, *m)));
        if !plain {
            return Err(Refusal::new("maps an operand")
                .attribute("indexing_maps")
                .remedy("use linalg.broadcast or linalg.transpose"));
        }
    }
    if operator == "Div"
        && let (&[x, by], Ok(Repr::Sums { averages, area, channels })) =
            (&values[..], net.repr(values.first().copied().unwrap_or(y)))
        && x != by
        && equals(net, by, area as f64)?
    {
        net.set(y, Held { name: averages, channels }.repr());
        return Ok(());
    }
    let tensors = values.iter().map(|&v| net.held(v)).collect::<Try<Vec<_>>>()?;
    let rank = net.dims(y)?.len();
    let (names, channels) = net.together(tensors, rank);
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let name = net.node(operator, &names, Vec::new());
    net.set(y, Held { name, channels }.repr());
    Ok(())
}

/// Whether a value is a constant number, everywhere.
pub(crate) fn equals(net: &Net<'_>, value: ValueId, wanted: f64) -> Try<bool> {
    Ok(match net.repr(value)? {
        Repr::Fill(v) | Repr::Scalar(v) => v == wanted,
        Repr::Constant(_) => net.constant_numbers(value, "an operand")?.iter().all(|v| *v == wanted),
        _ => false,
    })
}

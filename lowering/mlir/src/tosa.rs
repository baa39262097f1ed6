//! Operations of `tosa`.

use crate::layout::{FIRST, LAST};
use crate::net::{Net, Refusal, Repr, Try, int, ints};
use crate::shared::{self, Window};
use crate::{data, function, tosa_quant};
use cim_ir::{OpId, ValueId};
use cim_onnx::proto::data_type as dt;
use cim_pass::{Pass, PassResult, PassRun, pass};

pass! {
    /// Turns a network of `tosa` operations into `cim.graph`.
    ///
    /// The only function of the module, or `@main` or `@forward`, becomes `@network`. Operations are those of MLIR's generic form. What the machine
    /// has no unit for becomes `cim.graph.host`; images are turned to channels first at the borders. Everything else is refused.
    pub struct ConvertTosaToCim = "convert-tosa-to-cim", "ConvertTosaToCim" on "builtin.module" {}
}

impl Pass for ConvertTosaToCim {
    fn run(&self, run: &mut PassRun<'_>) -> PassResult {
        let module = run.op();
        Ok(function::convert(run.ir, module, "tosa.")?)
    }
}

/// Elementwise operators of one operand that only the host has.
const UNARY: &[(&str, &str)] = &[
    ("abs", "Abs"),
    ("ceil", "Ceil"),
    ("erf", "Erf"),
    ("exp", "Exp"),
    ("floor", "Floor"),
    ("log", "Log"),
    ("negate", "Neg"),
    ("reciprocal", "Reciprocal"),
    ("sigmoid", "Sigmoid"),
    ("tanh", "Tanh"),
];
const BINARY: &[(&str, &str)] =
    &[("add", "Add"), ("sub", "Sub"), ("mul", "Mul"), ("maximum", "Max"), ("minimum", "Min"), ("pow", "Pow")];
const REDUCTIONS: &[(&str, &str)] =
    &[("reduce_max", "ReduceMax"), ("reduce_min", "ReduceMin"), ("reduce_sum", "ReduceSum")];

fn find(table: &[(&str, &'static str)], name: &str) -> Option<&'static str> {
    table.iter().find(|t| t.0 == name).map(|t| t.1)
}

/// Translates an operation of `tosa`; false for others.
pub(crate) fn translate(net: &mut Net<'_>, op: OpId) -> Try<bool> {
    let ir = net.ir;
    let Some(name) = ir.name_str(op).strip_prefix("tosa.") else { return Ok(false) };
    match name {
        "const" | "const_shape" => {
            let key = if net.attribute(op, "values").is_some() { "values" } else { "value" };
            shared::constant(net, op, key)?;
        }
        "conv2d" => convolution(net, op, false)?,
        "depthwise_conv2d" => convolution(net, op, true)?,
        "fully_connected" => fully_connected(net, op)?,
        "matmul" => matmul(net, op)?,
        "max_pool2d" => pool(net, op, "MaxPool")?,
        "avg_pool2d" => pool(net, op, "AveragePool")?,
        "clamp" => clamp(net, op)?,
        "reshape" => shared::reshape(net, op)?,
        "transpose" => transpose(net, op)?,
        "concat" => concat(net, op)?,
        "pad" => pad(net, op)?,
        "rescale" => tosa_quant::rescale(net, op)?,
        "identity" => {
            let x = net.operand(op, 0)?;
            let repr = net.repr(x)?;
            net.result(op, repr)?;
        }
        _ => {
            if let Some(operator) = find(BINARY, name) {
                binary(net, op, operator)?;
            } else if let Some(operator) = find(UNARY, name) {
                let (x, y) = (net.operand(op, 0)?, net.result_of(op)?);
                net.expect_float(x)?;
                let held = net.held(x)?;
                let (name, channels) = (net.node(operator, &[&held.name], Vec::new()), held.channels);
                net.set(y, crate::layout::Held { name, channels }.repr());
            } else if let Some(operator) = find(REDUCTIONS, name) {
                reduce(net, op, operator)?;
            } else {
                return Err(unsupported());
            }
        }
    }
    Ok(true)
}

fn unsupported() -> Refusal {
    let own = "const, const_shape, conv2d, depthwise_conv2d, fully_connected, matmul, max_pool2d, avg_pool2d, clamp, reshape, \
               transpose, concat, pad, rescale, identity";
    let others: Vec<&str> = BINARY.iter().chain(UNARY).chain(REDUCTIONS).map(|t| t.0).collect();
    Refusal::new("is not supported").remedy(format!("supported operations of tosa are {own}, {}", others.join(", ")))
}

fn convolution(net: &mut Net<'_>, op: OpId, depthwise: bool) -> Try {
    let (x, w, y) = (net.operand(op, 0)?, net.operand(op, 1)?, net.result_of(op)?);
    let weights: [i64; 4] = net.dims_of(w, "the weights")?;
    let [_, _, _, channels]: [i64; 4] = net.dims_of(x, "the input")?;
    let zeros = tosa_quant::zero_points(net, op, 3)?;
    let (x, around) = net.without_padding(x, [1, 2], |v| v == zeros.input as f64)?;
    let [top, bottom, left, right] = net.required_ints(op, "pad")?;
    let pads = [top + around[0], left + around[1], bottom + around[2], right + around[3]];
    let strides = net.required_ints(op, "stride")?;
    let dilations = net.required_ints(op, "dilation")?;
    let raw = net.plain(w)?;
    // (O, H, W, I), and (H, W, C, M) of depthwise ones.
    let (tensor, kernel, group, outputs) = match weights {
        [h, w, c, m] if depthwise => {
            let moved = net.node("Transpose", &[&raw], vec![ints("perm", &[2, 3, 0, 1])]);
            (net.reshaped(&moved, &[c * m, 1, h, w]), [h, w], channels, c * m)
        }
        [o, h, w, _] => (net.node("Transpose", &[&raw], vec![ints("perm", &FIRST)]), [h, w], 1, o),
    };
    let window = Window { kernel, strides, dilations, pads };
    let operands = tosa_quant::operands(net, op, x, (w, tensor), zeros, outputs)?;
    let input = net.first(x)?;
    let input = operands.real_input(net, &input)?;
    let name = shared::convolution(net, &input, &operands.weights, operands.bias.as_deref(), &window, group);
    net.set(y, Repr::Channels(name));
    Ok(())
}

fn fully_connected(net: &mut Net<'_>, op: OpId) -> Try {
    let (x, w, y) = (net.operand(op, 0)?, net.operand(op, 1)?, net.result_of(op)?);
    let [outputs, inputs]: [i64; 2] = net.dims_of(w, "the weights")?;
    let raw = net.plain(w)?;
    let turned = net.node("Transpose", &[&raw], vec![ints("perm", &[1, 0])]);
    let zeros = tosa_quant::zero_points(net, op, 3)?;
    multiply(net, op, (x, y), (w, turned), zeros, [inputs, outputs])
}

fn matmul(net: &mut Net<'_>, op: OpId) -> Try {
    let (a, b, y) = (net.operand(op, 0)?, net.operand(op, 1)?, net.result_of(op)?);
    let [batch, inputs, outputs]: [i64; 3] = net.dims_of(b, "the second operand")?;
    let zeros = tosa_quant::zero_points(net, op, 2)?;
    let right = net.plain(b)?;
    if batch == 1 && data::constant(net.ir, b).is_some() {
        let matrix = net.reshaped(&right, &[inputs, outputs]);
        return multiply(net, op, (a, y), (b, matrix), zeros, [inputs, outputs]);
    }
    if !net.is_float(a)? {
        return Err(Refusal::new("multiplies two computed integer tensors")
            .remedy("only products with constants are supported on integers"));
    }
    let left = net.plain(a)?;
    let name = net.node("MatMul", &[&left, &right], Vec::new());
    net.set(y, Repr::Plain(name));
    Ok(())
}

/// A product with weights (I, O).
fn multiply(
    net: &mut Net<'_>,
    op: OpId,
    (x, y): (ValueId, ValueId),
    weights: (ValueId, String),
    zeros: tosa_quant::ZeroPoints,
    [inputs, outputs]: [i64; 2],
) -> Try {
    if net.dims(x)?.last() != Some(&inputs) {
        return Err(Refusal::new(format!(
            "the input {:?} does not end with {inputs} inputs of the weights",
            net.dims(x)?
        )));
    }
    let operands = tosa_quant::operands(net, op, x, weights, zeros, outputs)?;
    if !net.is_float(x)? {
        // The input becomes real first; the layout of a flattened image survives.
        let repr = match net.repr(x)? {
            Repr::Rows { name, image } => Repr::Rows { name: operands.real_input(net, &name)?, image },
            _ => {
                let name = net.plain(x)?;
                Repr::Plain(operands.real_input(net, &name)?)
            }
        };
        let before = net.repr(x)?;
        net.set(x, repr);
        let name = shared::product(net, x, &operands.weights, [inputs, outputs], operands.bias.as_deref());
        net.set(x, before);
        return finish(net, y, &name?);
    }
    let name = shared::product(net, x, &operands.weights, [inputs, outputs], operands.bias.as_deref())?;
    finish(net, y, &name)
}

/// The product in the shape of the result.
fn finish(net: &mut Net<'_>, y: ValueId, name: &str) -> Try {
    let dims = net.dims(y)?;
    let one_row = dims.iter().rev().skip(1).all(|d| *d == 1);
    let name = if one_row && dims.len() != 2 { net.reshaped(name, &dims) } else { name.to_string() };
    net.set(y, Repr::Plain(name));
    Ok(())
}

fn pool(net: &mut Net<'_>, op: OpId, operator: &str) -> Try {
    let (x, y) = (net.operand(op, 0)?, net.result_of(op)?);
    let [top, bottom, left, right] = net.required_ints(op, "pad")?;
    let window = Window {
        kernel: net.required_ints(op, "kernel")?,
        strides: net.required_ints(op, "stride")?,
        dilations: [1, 1],
        pads: [top, left, bottom, right],
    };
    let mut name = net.first(x)?;
    let average = operator == "AveragePool";
    let zeros = if average { tosa_quant::zero_points(net, op, 1)? } else { tosa_quant::ZeroPoints::default() };
    let elem = net.elem(x)?;
    let on_integers = average && elem != dt::FLOAT;
    if on_integers {
        name = tosa_quant::dequantized(net, &name, elem, &[1.0], zeros.input, 0)?;
    }
    let mut result = net.node(operator, &[&name], window.attributes());
    if on_integers {
        result = tosa_quant::quantized(net, &result, elem, 1.0, zeros.second)?;
    }
    net.set(y, Repr::Channels(result));
    Ok(())
}

fn clamp(net: &mut Net<'_>, op: OpId) -> Try {
    let (x, y) = (net.operand(op, 0)?, net.result_of(op)?);
    let elem = net.elem(x)?;
    let real = elem == dt::FLOAT;
    let bound = |new: &str, old: &str| {
        let found = net.number(op, new).or_else(|| net.number(op, old));
        found.ok_or_else(|| Refusal::new("is no number").attribute(new))
    };
    let (lo, hi) = match real {
        true => (bound("min_val", "min_fp")?, bound("max_val", "max_fp")?),
        false => (bound("min_val", "min_int")?, bound("max_val", "max_int")?),
    };
    let held = net.held(x)?;
    let full = match elem {
        dt::INT8 => lo <= -128.0 && hi >= 127.0,
        dt::UINT8 => lo <= 0.0 && hi >= 255.0,
        dt::INT16 => lo <= -32768.0 && hi >= 32767.0,
        _ => false,
    };
    let channels = held.channels;
    let name = if full {
        held.name
    } else if real && lo == 0.0 && hi >= f64::from(f32::MAX) {
        net.node("Relu", &[&held.name], Vec::new())
    } else {
        let elem = if net.is_real(x) { dt::FLOAT } else { elem };
        let (lo, hi) = (net.scalar("min", elem, lo)?, net.scalar("max", elem, hi)?);
        net.node("Clip", &[&held.name, &lo, &hi], Vec::new())
    };
    if net.is_real(x) {
        net.mark_real(y);
    }
    net.set(y, crate::layout::Held { name, channels }.repr());
    Ok(())
}

fn transpose(net: &mut Net<'_>, op: OpId) -> Try {
    let (x, y) = (net.operand(op, 0)?, net.result_of(op)?);
    let perm = match net.attribute(op, "perms") {
        Some(a) => data::ints(net.ir.ctx(), a),
        None => net.ir.operand(op, 1).and_then(|v| data::constant(net.ir, v)).and_then(|d| d.ints()),
    };
    let perm = perm.ok_or_else(|| Refusal::new("is no list of integers").attribute("perms"))?;
    if net.is_real(x) {
        net.mark_real(y);
    }
    let repr = match (net.repr(x)?, &perm[..]) {
        // It already is in the other order.
        (Repr::Channels(name), p) if p == FIRST => Repr::Plain(name),
        (Repr::Plain(name), p) if p == LAST => Repr::Channels(name),
        _ => {
            let name = net.plain(x)?;
            Repr::Plain(net.node("Transpose", &[&name], vec![ints("perm", &perm)]))
        }
    };
    net.set(y, repr);
    Ok(())
}

fn concat(net: &mut Net<'_>, op: OpId) -> Try {
    let y = net.result_of(op)?;
    let axis = net.number(op, "axis").ok_or_else(|| Refusal::new("is missing").attribute("axis"))? as i64;
    let values: Vec<ValueId> = net.ir.operands(op).collect();
    let tensors = values.iter().map(|&v| net.held(v)).collect::<Try<Vec<_>>>()?;
    let rank = net.dims(y)?.len();
    let (names, channels) = net.together(tensors, rank);
    let axis = match channels {
        true => {
            FIRST.iter().position(|&d| d == axis).ok_or_else(|| Refusal::new("is no dimension").attribute("axis"))?
                as i64
        }
        false => axis,
    };
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let name = net.node("Concat", &names, vec![int("axis", axis)]);
    net.set(y, crate::layout::Held { name, channels }.repr());
    Ok(())
}

fn pad(net: &mut Net<'_>, op: OpId) -> Try {
    let (x, amounts) = (net.operand(op, 0)?, net.operand(op, 1)?);
    let amounts: Vec<i64> = net.constant_numbers(amounts, "the padding")?.iter().map(|v| *v as i64).collect();
    let value = match net.ir.operand(op, 2) {
        Some(v) => net.constant_numbers(v, "the value around")?.first().copied().unwrap_or(0.0),
        None => 0.0,
    };
    // Before and after for each dimension.
    let (low, high) =
        amounts.chunks(2).map(|p| (p.first().copied().unwrap_or(0), p.get(1).copied().unwrap_or(0))).unzip();
    shared::padded(net, op, x, low, high, value)
}

fn binary(net: &mut Net<'_>, op: OpId, operator: &str) -> Try {
    let (a, b, y) = (net.operand(op, 0)?, net.operand(op, 1)?, net.result_of(op)?);
    if operator == "Mul" {
        let shift = match net.ir.operand(op, 2) {
            Some(s) => net.constant_numbers(s, "the shift")?.first().copied(),
            None => net.number(op, "shift"),
        };
        if shift.is_some_and(|s| s != 0.0) {
            return Err(Refusal::new("a shift of the product is not supported")
                .attribute("shift")
                .remedy("use a shift of 0 and tosa.rescale"));
        }
    }
    let tensors = vec![tosa_quant::real(net, a)?, tosa_quant::real(net, b)?];
    if !net.is_float(y)? {
        tosa_quant::expect_accumulator(net, y)?;
        net.mark_real(y);
    }
    let rank = net.dims(y)?.len();
    let (names, channels) = net.together(tensors, rank);
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let name = net.node(operator, &names, Vec::new());
    net.set(y, crate::layout::Held { name, channels }.repr());
    Ok(())
}

fn reduce(net: &mut Net<'_>, op: OpId, operator: &str) -> Try {
    let (x, y) = (net.operand(op, 0)?, net.result_of(op)?);
    net.expect_float(x)?;
    let axis = net.number(op, "axis").ok_or_else(|| Refusal::new("is missing").attribute("axis"))? as i64;
    let (name, axes) = (net.plain(x)?, net.longs("axes", &[axis]));
    let name = net.node(operator, &[&name, &axes], vec![int("keepdims", 1)]);
    net.set(y, Repr::Plain(name));
    Ok(())
}

//! Quantised networks of `tosa`: integers with zero points, 32-bit sums, and rescales.
//!
//! A sum of products is an integer. Between it and the next quantised tensor it is held as a real number with the scales of the rescale:
//! weights of a convolution are dequantised with `multiplier / 2^shift` of the rescale that follows, one a channel where it has several, and the
//! rescale rounds. Scales are f32, so multipliers of more than 24 significant bits are rounded, and ties go to even: a result can differ from
//! TOSA's by one unit where TOSA's exact product lies within 2^-24 of half way between two integers.

use crate::data;
use crate::layout::Held;
use crate::net::{Net, Refusal, Repr, Try, int};
use cim_ir::core::AttrData;
use cim_ir::{OpId, ValueId};
use cim_onnx::proto::data_type as dt;

/// Zero points of an operation: of its input, and of its weights or output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ZeroPoints {
    pub(crate) input: i64,
    pub(crate) second: i64,
}

/// Zero points from two operands from `at` on (recent versions), or from `quantization_info` or attributes (older ones).
pub(crate) fn zero_points(net: &Net<'_>, op: OpId, at: usize) -> Try<ZeroPoints> {
    let from_operand = |index: usize, what: &str| -> Try<Option<i64>> {
        let Some(v) = net.ir.operand(op, index) else { return Ok(None) };
        Ok(net.constant_numbers(v, what)?.first().map(|v| *v as i64))
    };
    if let (Some(input), Some(second)) = (from_operand(at, "a zero point")?, from_operand(at + 1, "a zero point")?) {
        return Ok(ZeroPoints { input, second });
    }
    let mut found = ZeroPoints::default();
    for (key, is_input) in
        [("input_zp", true), ("a_zp", true), ("weight_zp", false), ("b_zp", false), ("output_zp", false)]
    {
        let value = net.number(op, key).or_else(|| from_info(net, op, key).map(|v| v as f64));
        match (value, is_input) {
            (Some(v), true) => found.input = v as i64,
            (Some(v), false) => found.second = v as i64,
            (None, _) => {}
        }
    }
    Ok(found)
}

/// A number of `quantization_info = #tosa.conv_quant<input_zp = 1, weight_zp = 0>`, which is kept as text.
fn from_info(net: &Net<'_>, op: OpId, key: &str) -> Option<i64> {
    let attr = net.attribute(op, "quantization_info")?;
    let AttrData::Opaque { body, .. } = net.ir.ctx().attr_data(attr) else { return None };
    let (_, rest) = body.split_once(&format!("{key} ="))?;
    let number: String = rest.trim_start().chars().take_while(|c| c.is_ascii_digit() || *c == '-').collect();
    number.parse().ok()
}

/// `(q - zero) * scale` along dimension `axis`.
pub(crate) fn dequantized(
    net: &mut Net<'_>,
    name: &str,
    elem: i32,
    scales: &[f32],
    zero: i64,
    axis: i64,
) -> Try<String> {
    let dims: &[i64] = if scales.len() == 1 { &[] } else { &[scales.len() as i64] };
    let scale = net.floats("scale", dims, scales);
    let mut inputs = vec![name, &scale];
    let zero_point;
    if elem != dt::INT32 {
        let value = net.scalar("zero", elem, zero as f64)?;
        zero_point = match scales.len() {
            1 => value,
            n => {
                let shape = net.longs("shape", &[n as i64]);
                net.node("Expand", &[&value, &shape], Vec::new())
            }
        };
        inputs.push(&zero_point);
    } else if zero != 0 {
        return Err(Refusal::new("a zero point of 32-bit integers is not supported").remedy("use 0"));
    }
    Ok(net.node("DequantizeLinear", &inputs, vec![int("axis", axis)]))
}

/// `clamp(round(x / scale) + zero)`.
pub(crate) fn quantized(net: &mut Net<'_>, name: &str, elem: i32, scale: f32, zero: i64) -> Try<String> {
    let scale = net.floats("scale", &[], &[scale]);
    let zero = net.scalar("zero", elem, zero as f64)?;
    Ok(net.node("QuantizeLinear", &[name, &scale, &zero], Vec::new()))
}

/// What a matrix operation reads.
pub(crate) struct Operands {
    pub(crate) weights: String,
    pub(crate) bias: Option<String>,
    /// Element type and zero point of an integer input.
    input: Option<(i32, i64)>,
}

impl Operands {
    /// The input as real numbers.
    pub(crate) fn real_input(&self, net: &mut Net<'_>, name: &str) -> Try<String> {
        match self.input {
            None => Ok(name.to_string()),
            Some((elem, zero)) => dequantized(net, name, elem, &[1.0], zero, 0),
        }
    }
}

/// Weights and bias (operand 2, unless that is a zero point) of an operation on `x`; `weights` is the value and the tensor of the graph in
/// ONNX order, whose dimension 0 (convolutions) or 1 (products) are the outputs.
pub(crate) fn operands(
    net: &mut Net<'_>,
    op: OpId,
    x: ValueId,
    (value, weights): (ValueId, String),
    zeros: ZeroPoints,
    outputs: i64,
) -> Try<Operands> {
    let y = net.result_of(op)?;
    let product = matches!(net.ir.name_str(op), "tosa.matmul" | "tosa.fully_connected");
    let has_bias = net.ir.name_str(op) != "tosa.matmul";
    let bias = if has_bias { net.ir.operand(op, 2) } else { None };
    if net.is_float(x)? {
        net.expect_float(value)?;
        if zeros != ZeroPoints::default() {
            return Err(Refusal::new("has zero points on floats").remedy("use 0"));
        }
        let bias = bias.map(|b| bias_tensor(net, b, outputs)).transpose()?.flatten();
        return Ok(Operands { weights, bias, input: None });
    }
    expect_accumulator(net, y)?;
    if data::constant(net.ir, value).is_none() {
        return Err(Refusal::new("the weights are computed at run time")
            .remedy("only constant weights can be programmed into crossbars"));
    }
    let scales = following_scales(net, y, outputs)?;
    let elem = net.elem(value)?;
    let weights = dequantized(net, &weights, elem, &scales, zeros.second, i64::from(product))?;
    let bias = match bias.map(|b| bias_tensor(net, b, outputs)).transpose()?.flatten() {
        None => None,
        Some(b) => Some(dequantized(net, &b, dt::INT32, &scales, 0, 0)?),
    };
    net.mark_real(y);
    Ok(Operands { weights, bias, input: Some((net.elem(x)?, zeros.input)) })
}

/// The bias with one entry an output; None when it is 0.
fn bias_tensor(net: &mut Net<'_>, bias: ValueId, outputs: i64) -> Try<Option<String>> {
    let numbers = net.constant_numbers(bias, "the bias")?;
    if numbers.iter().all(|v| *v == 0.0) {
        return Ok(None);
    }
    match numbers[..] {
        _ if numbers.len() as i64 == outputs => {
            let name = net.plain(bias)?;
            Ok(Some(if net.dims(bias)?.len() == 1 { name } else { net.reshaped(&name, &[outputs]) }))
        }
        [_] => {
            let name = net.plain(bias)?;
            let shape = net.longs("shape", &[outputs]);
            Ok(Some(net.node("Expand", &[&name, &shape], Vec::new())))
        }
        _ => Err(Refusal::new(format!("the bias has {} entries for {outputs} outputs", numbers.len()))),
    }
}

/// Fails unless a value is of 32-bit integers.
pub(crate) fn expect_accumulator(net: &Net<'_>, value: ValueId) -> Try {
    match net.elem(value)? {
        dt::INT32 => Ok(()),
        other => Err(Refusal::new(format!("computes {} from integers", dt::name(other)))
            .remedy("use i32 results and tosa.rescale between quantised tensors")),
    }
}

/// Scales of the only rescale that reads a sum, which then holds what the rescale makes of it; 1 when there is none.
fn following_scales(net: &mut Net<'_>, sum: ValueId, outputs: i64) -> Try<Vec<f32>> {
    let mut uses = net.ir.uses(sum);
    let (Some(only), None) = (uses.next(), uses.next()) else { return Ok(vec![1.0]) };
    drop(uses);
    if net.ir.name_str(only.op) != "tosa.rescale" || net.ir.operand(only.op, 0) != Some(sum) {
        return Ok(vec![1.0]);
    }
    let Ok(r) = Rescale::of(net, only.op) else { return Ok(vec![1.0]) };
    if r.scales.len() != 1 && r.scales.len() as i64 != outputs {
        return Ok(vec![1.0]);
    }
    net.rescaled.insert(sum);
    Ok(r.scales)
}

/// `(x - input) * scale + output`, with one scale for each index of the last dimension or one for all.
struct Rescale {
    scales: Vec<f32>,
    input: i64,
    output: i64,
}

impl Rescale {
    fn of(net: &Net<'_>, op: OpId) -> Try<Rescale> {
        let ctx = net.ir.ctx();
        let mode = net.attribute(op, "rounding_mode").map(|a| match ctx.attr_data(a) {
            AttrData::Opaque { body, .. } => body.to_string(),
            AttrData::String { value, .. } => String::from_utf8_lossy(value).into_owned(),
            _ => String::new(),
        });
        let double = mode.is_some_and(|m| m.contains("DOUBLE_ROUND"));
        if double || net.flag(op, "double_round") {
            let name = if double { "rounding_mode" } else { "double_round" };
            return Err(Refusal::new("rounding twice is not what the machine's requantisation does")
                .attribute(name)
                .remedy("export with SINGLE_ROUND (double_round = false)"));
        }
        for name in ["input_unsigned", "output_unsigned"] {
            if net.flag(op, name) {
                return Err(Refusal::new("unsigned elements of a signless type are not supported")
                    .attribute(name)
                    .remedy("use signed elements, moved by the zero point"));
            }
        }
        let list = |key: &str, operand: usize| -> Try<Vec<f64>> {
            if let Some(a) = net.attribute(op, key) {
                let list = data::ints(ctx, a).ok_or_else(|| Refusal::new("is no list of integers").attribute(key))?;
                return Ok(list.into_iter().map(|v| v as f64).collect());
            }
            net.constant_numbers(net.operand(op, operand)?, key)
        };
        let (multiplier, shift) = (list("multiplier", 1)?, list("shift", 2)?);
        if multiplier.len() != shift.len() || multiplier.is_empty() {
            return Err(Refusal::new(format!("has {} multipliers and {} shifts", multiplier.len(), shift.len())));
        }
        let scales: Vec<f32> = multiplier.iter().zip(&shift).map(|(m, s)| (m * (-s).exp2()) as f32).collect();
        if let Some(bad) = scales.iter().find(|s| !(s.is_finite() && **s > 0.0)) {
            return Err(
                Refusal::new(format!("multiplier / 2^shift is {bad}, which is not positive")).attribute("multiplier")
            );
        }
        let zero = |key: &str, operand: usize| -> Try<i64> {
            if let Some(v) = net.number(op, key) {
                return Ok(v as i64);
            }
            let Some(v) = net.ir.operand(op, operand) else { return Ok(0) };
            Ok(net.constant_numbers(v, key)?.first().map_or(0, |v| *v as i64))
        };
        Ok(Rescale { scales, input: zero("input_zp", 3)?, output: zero("output_zp", 4)? })
    }
}

pub(crate) fn rescale(net: &mut Net<'_>, op: OpId) -> Try {
    let (x, y) = (net.operand(op, 0)?, net.result_of(op)?);
    let r = Rescale::of(net, op)?;
    let (from, to) = (net.elem(x)?, net.elem(y)?);
    let several = |n: usize| {
        Refusal::new(format!("{n} scales that do not follow a convolution or product"))
            .attribute("per_channel")
            .remedy("only the sums of a convolution can be rescaled by channel")
    };
    let held = match net.is_real(x) {
        true => net.held(x)?,
        false => {
            let held = net.held(x)?;
            let [scale] = r.scales[..] else { return Err(several(r.scales.len())) };
            let name = dequantized(net, &held.name, from, &[scale], r.input, 0)?;
            Held { name, channels: held.channels }
        }
    };
    if net.is_real(x) && r.input != 0 {
        return Err(Refusal::new("sums have no zero point").attribute("input_zp").remedy("use 0"));
    }
    // What is left to do to a real number: nothing where the scale is in the weights or in the dequantisation.
    let left = match (net.is_real(x) && !net.rescaled.contains(&x), &r.scales[..]) {
        (false, _) => 1.0,
        (true, &[scale]) => scale,
        (true, many) => return Err(several(many.len())),
    };
    let channels = held.channels;
    let name = match to {
        dt::INT8 | dt::UINT8 | dt::INT16 => quantized(net, &held.name, to, 1.0 / left, r.output)?,
        _ => {
            expect_accumulator(net, y)?;
            if r.output != 0 {
                return Err(Refusal::new("32-bit results have no zero point").attribute("output_zp").remedy("use 0"));
            }
            net.mark_real(y);
            if left == 1.0 {
                held.name
            } else {
                let factor = net.floats("factor", &[1], &[left]);
                net.node("Mul", &[&held.name, &factor], Vec::new())
            }
        }
    };
    net.set(y, Held { name, channels }.repr());
    Ok(())
}

/// A value as real numbers: f32 as they are, 32-bit integers as numbers.
pub(crate) fn real(net: &mut Net<'_>, value: ValueId) -> Try<Held> {
    if net.is_real(value) || net.is_float(value)? {
        return net.held(value);
    }
    expect_accumulator(net, value)?;
    if let Repr::Constant(_) = net.repr(value)? {
        let (dims, numbers) = (net.dims(value)?, net.constant_numbers(value, "an operand")?);
        let numbers: Vec<f32> = numbers.iter().map(|v| *v as f32).collect();
        return Ok(Held { name: net.floats("constant", &dims, &numbers), channels: false });
    }
    let held = net.held(value)?;
    Ok(Held { name: net.node("Cast", &[&held.name], vec![int("to", dt::FLOAT.into())]), channels: held.channels })
}

//! Float operators by their ONNX names.

use super::read::{Env, Props, element_count};
use super::{HostInput, Kind};
use cim_ir::core::AttrData;
use cim_ir::{Attribute, Diagnostic};

/// A scalar float attribute.
fn float(p: &Props, key: &str) -> Option<f32> {
    let ctx = p.ir.ctx();
    match ctx.attr_data(p.attr(key)?) {
        AttrData::Float { ty, bits } if *ty == ctx.f32() => Some(f32::from_bits(*bits as u32)),
        AttrData::Float { ty, bits } if *ty == ctx.f64() => Some(f64::from_bits(*bits as u64) as f32),
        AttrData::Dense { data, .. } => data.get(..4).and_then(|b| b.try_into().ok()).map(f32::from_le_bytes),
        _ => None,
    }
}

/// The host operator of a float operation, with its operands: tensors of the network or constants.
pub(super) fn float_operator(p: &Props, kind: &str, env: &Env) -> Result<(Kind, Vec<usize>), Diagnostic> {
    let mut ints: Vec<(&'static str, Vec<i64>)> = Vec::new();
    let mut floats: Vec<(&'static str, f32)> = Vec::new();
    let onnx_pads = |p: &Props| -> Result<Option<Vec<i64>>, Diagnostic> { p.ints("pads") };
    let operator = match kind {
        "conv2d" => {
            ints.push(("group", vec![p.int("group", 1)?]));
            "Conv"
        }
        "linear" => {
            ints.push(("transB", vec![i64::from(!p.has("transpose"))]));
            "Gemm"
        }
        "batch_norm" => {
            floats.push(("epsilon", float(p, "epsilon").unwrap_or(1e-5)));
            "BatchNormalization"
        }
        "relu" => "Relu",
        "clip" => {
            floats.extend(float(p, "lo").map(|v| ("min", v)));
            floats.extend(float(p, "hi").map(|v| ("max", v)));
            "Clip"
        }
        "add" => "Add",
        "max_pool" | "average_pool" => {
            ints.push(("kernel_shape", p.needed("kernel")?));
            if kind == "average_pool" {
                ints.push(("count_include_pad", vec![i64::from(p.has("count_include_pad"))]));
            }
            if kind == "max_pool" { "MaxPool" } else { "AveragePool" }
        }
        "global_average_pool" => "GlobalAveragePool",
        "reshape" => "Reshape",
        "concat" => {
            ints.push(("axis", vec![p.int("axis", 1)?]));
            "Concat"
        }
        _ => return p.fail("has no kernel on the host; remove it from the model or quantise it"),
    };
    if matches!(kind, "conv2d" | "max_pool" | "average_pool") {
        for key in ["strides", "dilations"] {
            if let Some(v) = p.ints(key)? {
                ints.push((key, v));
            }
        }
        if let Some(v) = onnx_pads(p)? {
            ints.push(("pads", v));
        }
    }
    let mut operands = Vec::new();
    let mut inputs = Vec::new();
    for (i, v) in env.operands.iter().enumerate() {
        if let Some((value, name)) = env.constants.get(v) {
            check_constant(p, *value, i)?;
            operands.push(HostInput::Constant(*value, name.clone()));
            continue;
        }
        let t = env.tensor(p, i)?;
        if env.net.tensors[t].elem.is_some() {
            return p.fail(format!("operand {i} is an integer tensor of a float operation; dequantise it first"));
        }
        operands.push(HostInput::Tensor(t));
        inputs.push(t);
    }
    Ok((Kind::Float { operator, operands, ints, floats }, inputs))
}

fn check_constant(p: &Props, value: Attribute, i: usize) -> Result<(), Diagnostic> {
    let ctx = p.ir.ctx();
    let float =
        cim_ir::kinds::attr_type(ctx, value).and_then(|t| cim_ir::constraints::element_type(ctx, t)) == Some(ctx.f32());
    if float && element_count(ctx, value).is_some() {
        return Ok(());
    }
    p.fail(format!(
        "operand {i} must be a float constant; dequantise integer weights first or quantise the whole operation"
    ))
}

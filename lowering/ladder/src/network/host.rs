//! Operators of the host by their ONNX names.

use super::read::{Env, Props, tensor_type};
use super::{HostInput, Kind};
use cim_dialect::onnx_attributes::OnnxAttributes;
use cim_ir::core::AttrData;
use cim_ir::{Attribute, Diagnostic};

/// Version of the operator set in whose terms the float operations of `cim.graph` are written here.
const VERSION: i64 = 17;

/// A scalar float attribute.
fn float(p: &Props, key: &str) -> Option<f32> {
    let ctx = p.ir.ctx();
    match ctx.attr_data(p.attr(key)?) {
        AttrData::Float { ty, bits } if *ty == ctx.f32() => Some(f32::from_bits(*bits as u32)),
        AttrData::Float { ty, bits } if *ty == ctx.f64() => Some(f64::from_bits(*bits as u64) as f32),
        _ => None,
    }
}

/// The host operator of an operation, with the tensors it reads.
pub(super) fn onnx_operator(p: &Props, kind: &str, env: &Env) -> Result<(Kind, Vec<usize>), Diagnostic> {
    let mut operands = Vec::new();
    let mut inputs = Vec::new();
    for (i, v) in env.operands.iter().enumerate() {
        if let Some((value, name)) = env.constants.get(v) {
            check_constant(p, *value, i)?;
            operands.push(HostInput::Constant(*value, name.clone()));
            continue;
        }
        let t = env.tensor(p, i)?;
        operands.push(HostInput::Tensor(t));
        inputs.push(t);
    }
    if kind == "host" {
        let (Some(operator), Some(dict)) = (p.string("operator"), p.attr("attributes")) else {
            return p.fail("has no operator or no attributes");
        };
        let attributes = match OnnxAttributes::read(p.ir.ctx(), dict) {
            Ok(a) => a,
            Err(e) => return p.fail(e),
        };
        let (version, output, slots) = (p.int("version", VERSION)?, p.int("output", 0)?, p.ints("slots")?);
        let kind = Kind::Onnx { operator: operator.into(), version, output, operands, slots, attributes };
        return Ok((kind, inputs));
    }
    let mut a = OnnxAttributes::default();
    let mut version = VERSION;
    let operator = match kind {
        "conv2d" => {
            a.ints.push(("group".into(), vec![p.int("group", 1)?]));
            "Conv"
        }
        // Gemm has matrices only; sequences of positions are products of a higher rank.
        "linear" if env.operands.len() == 2 && p.has("transpose") => "MatMul",
        "linear" => {
            a.ints.push(("transB".into(), vec![i64::from(!p.has("transpose"))]));
            "Gemm"
        }
        "batch_norm" => {
            a.floats.push(("epsilon".into(), vec![float(p, "epsilon").unwrap_or(1e-5)]));
            "BatchNormalization"
        }
        "relu" => "Relu",
        "clip" => {
            // Bounds are attributes in the versions before 11.
            version = 10;
            a.floats.extend(float(p, "lo").map(|v| ("min".into(), vec![v])));
            a.floats.extend(float(p, "hi").map(|v| ("max".into(), vec![v])));
            "Clip"
        }
        "add" => "Add",
        "mul" => "Mul",
        "max_pool" | "average_pool" => {
            a.ints.push(("kernel_shape".into(), p.needed("kernel")?));
            if kind == "average_pool" {
                a.ints.push(("count_include_pad".into(), vec![i64::from(p.has("count_include_pad"))]));
            }
            if kind == "max_pool" { "MaxPool" } else { "AveragePool" }
        }
        "global_average_pool" => "GlobalAveragePool",
        "pad" => {
            // Amounts and value are attributes in the versions before 11; all starts come before all ends.
            version = 2;
            let pads = p.needed("pads")?;
            let [top, left, bottom, right] = pads[..] else { return p.fail("needs four pads") };
            a.ints.push(("pads".into(), vec![0, 0, top, left, 0, 0, bottom, right]));
            a.floats.extend(float(p, "value").map(|v| ("value".into(), vec![v])));
            "Pad"
        }
        "reshape" => "Reshape",
        "concat" => {
            a.ints.push(("axis".into(), vec![p.int("axis", 1)?]));
            "Concat"
        }
        _ => return p.fail("has no kernel on the host; remove it from the model or quantise it"),
    };
    if matches!(kind, "conv2d" | "max_pool" | "average_pool") {
        for key in ["strides", "dilations", "pads"] {
            let plain = key == "dilations" && kind == "average_pool";
            if let Some(v) = p.ints(key)?.filter(|_| !plain) {
                a.ints.push((key.into(), v));
            }
        }
    }
    if operator == "Reshape" {
        // The new shape is an operand.
        let dims = p.ir.result(p.op, 0).and_then(|r| tensor_type(p.ir.ctx(), p.ir.ty(r))).map(|t| t.0);
        let dims: Vec<i64> = dims.unwrap_or_default().into_iter().map(i64::from).collect();
        let ctx = p.ir.ctx();
        let elem = cim_dialect::graph::IntType { width: 64, signed: true };
        let shape = cim_dialect::graph::elements::dense_ints(ctx, &[dims.len() as i64], elem, dims.iter().copied());
        operands.push(HostInput::Constant(shape, "shape".into()));
    }
    Ok((Kind::Onnx { operator: operator.into(), version, output: 0, operands, slots: None, attributes: a }, inputs))
}

fn check_constant(p: &Props, value: Attribute, i: usize) -> Result<(), Diagnostic> {
    let ctx = p.ir.ctx();
    match cim_ir::kinds::attr_type(ctx, value).and_then(|t| tensor_type(ctx, t)) {
        Some(_) => Ok(()),
        None => p.fail(format!("operand {i} must be a constant of floats or sized integers")),
    }
}

//! The operators: one file a family, one line here an operator.

mod activation;
mod choose;
mod constant;
mod conv;
mod elementwise;
mod linear;
mod norm;
mod pad;
mod pool;
mod qonnx;
mod qoperator;
mod quant;
mod shape;
mod transpose;
mod window;

use crate::host;
use crate::importer::is_default;
use crate::node::{Import, Node, Refusal};

type Importer = fn(&mut Node<'_, '_>) -> Import;

const TABLE: &[(&str, Importer)] = &[
    ("Add", elementwise::add),
    ("AveragePool", pool::average),
    ("BatchNormalization", norm::batch_norm),
    ("Clip", activation::clip),
    ("Concat", shape::concat),
    ("Constant", constant::constant),
    ("Conv", conv::conv),
    ("ConvInteger", qoperator::conv_integer),
    ("DequantizeLinear", quant::dequantize),
    ("Dropout", shape::dropout),
    ("Flatten", shape::flatten),
    ("Gemm", linear::gemm),
    ("GlobalAveragePool", pool::global_average),
    ("Identity", shape::identity),
    ("MatMul", linear::matmul),
    ("MatMulInteger", qoperator::matmul_integer),
    ("MaxPool", pool::max),
    ("Mul", elementwise::mul),
    ("Pad", pad::pad),
    ("QLinearConv", qoperator::conv),
    ("QLinearMatMul", qoperator::matmul),
    ("QuantizeLinear", quant::quantize),
    ("Relu", activation::relu),
    ("Reshape", shape::reshape),
    ("Sign", qonnx::sign),
    ("Sub", elementwise::sub),
    ("Transpose", transpose::transpose),
    ("Where", choose::choose),
];

/// Whether an operator of the default domain has an operation of its own.
pub(crate) fn has_importer(operator: &str) -> bool {
    TABLE.iter().any(|t| t.0 == operator)
}

/// ONNX Runtime's own operators.
const MICROSOFT: &[(&str, Importer)] = &[
    ("DequantizeLinear", quant::dequantize),
    ("QGemm", qoperator::gemm),
    ("QLinearAdd", qoperator::add),
    ("QLinearAveragePool", qoperator::average),
    ("QLinearConcat", qoperator::concat),
    ("QLinearGlobalAveragePool", qoperator::global_average),
    ("QLinearMul", qoperator::mul),
    ("QuantizeLinear", quant::quantize),
];

/// QONNX, under all names it has had.
const QONNX: &[(&str, Importer)] = &[
    ("BipolarQuant", qonnx::bipolar),
    ("FloatQuant", qonnx::float_quant),
    ("IntQuant", qonnx::quant),
    ("Quant", qonnx::quant),
    ("Trunc", qonnx::trunc),
];

/// The operators of a domain.
fn table(domain: &str) -> &'static [(&'static str, Importer)] {
    match domain {
        d if is_default(d) => TABLE,
        "com.microsoft" => MICROSOFT,
        "qonnx.custom_op.general" | "onnx.brevitas" | "finn.custom_op.general" => QONNX,
        _ => &[],
    }
}

/// Imports one node: folds it, makes the operation that stands for it, or lets the host compute what cannot be mapped.
pub(crate) fn import(node: &mut Node<'_, '_>) -> Import {
    node.check_form()?;
    if host::fold(node)? {
        return Ok(());
    }
    let found = table(node.domain()).iter().find(|t| t.0 == node.op_type());
    let Some((_, importer)) = found else {
        if node.operator().is_some_and(|op| cim_host::find(op).is_some()) {
            return host::import(node, "the machine has no unit for it");
        }
        return Err(unsupported(node));
    };
    let mark = node.mark();
    let done = importer(node).and_then(|()| node.finish());
    let Err(refusal) = done else { return Ok(()) };
    node.rewind(mark);
    // What is wrong with the node itself is wrong for the host, too; its own words are the better ones.
    let reason = match &refusal.attribute {
        Some(a) => format!("attribute '{a}': {}", refusal.reason),
        None => refusal.reason.clone(),
    };
    host::import(node, &reason).map_err(|on_host| match cim_host::find(node.operator().unwrap_or_default()) {
        Some(_) if on_host.remedy.is_some() && refusal.remedy.is_none() => on_host,
        _ => refusal,
    })
}

fn unsupported(node: &Node<'_, '_>) -> Refusal {
    if matches!(node.operator(), Some("Loop" | "Scan" | "SequenceMap")) {
        return Refusal::new("runs a subgraph several times, which the machine cannot").remedy(
            "unroll it: export with fixed shapes and a constant trip count, or simplify the model with onnxsim",
        );
    }
    let quantised = node.op_type().starts_with("QLinear") || node.domain() == "com.microsoft";
    let mut names: Vec<_> = table(node.domain()).iter().map(|t| t.0).collect();
    if names.is_empty() {
        names = TABLE.iter().map(|t| t.0).collect();
    }
    Refusal::new("is not supported").remedy(if quantised {
        "export the model in QDQ form (QuantizeLinear and DequantizeLinear around float operators)".to_string()
    } else {
        format!("supported operators are {}", names.join(", "))
    })
}

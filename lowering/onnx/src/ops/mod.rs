//! The operators: one file a family, one line here an operator.

mod activation;
mod constant;
mod conv;
mod elementwise;
mod linear;
mod norm;
mod pool;
mod quant;
mod shape;
mod window;

use crate::host;
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
    ("DequantizeLinear", quant::dequantize),
    ("Dropout", shape::dropout),
    ("Flatten", shape::flatten),
    ("Gemm", linear::gemm),
    ("GlobalAveragePool", pool::global_average),
    ("Identity", shape::identity),
    ("MatMul", linear::matmul),
    ("MaxPool", pool::max),
    ("Mul", elementwise::mul),
    ("QuantizeLinear", quant::quantize),
    ("Relu", activation::relu),
    ("Reshape", shape::reshape),
];

/// Whether an operator of the default domain has an operation of its own.
pub(crate) fn has_importer(operator: &str) -> bool {
    TABLE.iter().any(|t| t.0 == operator)
}

/// Imports one node: folds it, makes the operation that stands for it, or lets the host compute what cannot be mapped.
pub(crate) fn import(node: &mut Node<'_, '_>) -> Import {
    if host::fold(node)? {
        return Ok(());
    }
    let found = node.operator().and_then(|op| TABLE.iter().find(|t| t.0 == op));
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
    host::import(node, &refusal.reason).map_err(|on_host| match cim_host::find(node.operator().unwrap_or_default()) {
        Some(_) if on_host.remedy.is_some() && refusal.remedy.is_none() => on_host,
        _ => refusal,
    })
}

fn unsupported(node: &Node<'_, '_>) -> Refusal {
    let name = node.operator().unwrap_or("");
    let quantised = name.starts_with("QLinear") || name.ends_with("Integer") || node.domain() == "com.microsoft";
    let names: Vec<_> = TABLE.iter().map(|t| t.0).collect();
    Refusal::new("is not supported").remedy(if quantised {
        "export the model in QDQ form (QuantizeLinear and DequantizeLinear around float operators)".to_string()
    } else if node.domain().starts_with("qonnx") || node.domain().contains("brevitas") {
        "export the model in QCDQ form (QuantizeLinear, Clip, DequantizeLinear)".to_string()
    } else {
        format!("supported operators are {}", names.join(", "))
    })
}

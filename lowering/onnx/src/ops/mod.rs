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

/// Imports one node.
pub(crate) fn import(node: &mut Node<'_, '_>) -> Import {
    let found = node.operator().and_then(|op| TABLE.iter().find(|t| t.0 == op));
    let Some((_, importer)) = found else { return Err(unsupported(node)) };
    importer(node)
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

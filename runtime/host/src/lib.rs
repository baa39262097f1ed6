//! Host operators: the ONNX operators that a machine cannot do, as pure functions on tensors.
//!
//! Each operator is declared once, in the file of its family under `ops/`: the rule that gives its result types
//! and the kernel that computes them. The importer uses the first (and the second, to fold constants), the reference executor and
//! the driver the second. Kernels compute in a fixed order without contraction: the same bytes on every machine.
//!
//! - [`tensor`]: tensors and their types
//! - [`attributes`]: attributes by their ONNX names
//! - [`call`]: what a rule and a kernel see of a node
//! - [`operators`], [`find`]: the list of operators

#![forbid(unsafe_code)]

pub mod attributes;
pub mod broadcast;
pub mod call;
mod ops;
pub mod tensor;

pub use attributes::Attributes;
pub use call::{Call, Operand, Operator};
pub use ops::{find, operators};
pub use tensor::{Data, Tensor, TensorType};

/// Result of a rule or a kernel; the error is a phrase for the user that follows `operator X: `.
pub type Host<T> = Result<T, String>;

/// Types of the results of a node.
///
/// # Errors
/// The operator is not one of the list, an operand or attribute is missing or does not fit, or a result's shape depends on values that are not known.
pub fn infer(call: &Call<'_>) -> Host<Vec<TensorType>> {
    let operator = find(call.operator).ok_or_else(|| unknown(call.operator))?;
    check(call)?;
    let types = (operator.infer)(call)?;
    for t in &types {
        t.check()?;
    }
    Ok(types)
}

/// Results of a node whose operands all have values; their types are those of [`infer`].
///
/// # Errors
/// As [`infer`]; or an operand has no value, or values are outside what the operator allows.
pub fn evaluate(call: &Call<'_>) -> Host<Vec<Tensor>> {
    let operator = find(call.operator).ok_or_else(|| unknown(call.operator))?;
    let types = infer(call)?;
    let results = (operator.evaluate)(call, &types)?;
    for (t, want) in results.iter().zip(&types) {
        if t.elem != want.elem || t.shape != want.shape || t.data.len() != want.count() {
            return Err(format!("the kernel gives {}, its rule says {want}", t.ty()));
        }
    }
    Ok(results)
}

/// The operands are what their types say, so that rules and kernels may rely on it.
fn check(call: &Call<'_>) -> Host<()> {
    for (i, o) in call.operands.iter().enumerate() {
        let Some(o) = o else { continue };
        o.ty.check()?;
        if let Some(v) = o.value
            && (v.elem != o.ty.elem || v.shape != o.ty.shape || !v.is_sound())
        {
            return Err(format!("operand {i} is not of {}", o.ty));
        }
    }
    Ok(())
}

/// One result of a node, from the values of its operands; None where an optional operand is left out.
///
/// # Errors
/// As [`evaluate`]; or the operator has no such result.
pub fn result(
    operator: &str,
    version: u32,
    attributes: Attributes<'_>,
    values: &[Option<&Tensor>],
    result: usize,
) -> Host<Tensor> {
    let types: Vec<Option<TensorType>> = values.iter().map(|v| v.map(Tensor::ty)).collect();
    let operands: Vec<Option<Operand<'_>>> =
        types.iter().zip(values).map(|(t, v)| t.as_ref().map(|ty| Operand { ty, value: *v })).collect();
    let call = Call { operator, version, operands: &operands, attributes, results: result + 1 };
    evaluate(&call)?.into_iter().nth(result).ok_or_else(|| format!("{operator} has no result {result}"))
}

fn unknown(operator: &str) -> String {
    format!("the host has no operator {operator}")
}

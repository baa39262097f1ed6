//! The backend conformance tests of the `onnx` Python package: folders with a model, inputs and expected outputs.
//!
//! - [`cases`]: the folders
//! - [`tensors`]: tensors of the files
//! - [`direct`]: nodes one after the other through the host kernels, without importer, compiler and machine
//! - [`product`]: the whole way, as `cim compile` and `cim run` go
//! - [`report`]: counts as tables

pub mod cases;
pub mod direct;
pub mod product;
pub mod report;
pub mod tensors;

use cim_host::{Data, Tensor};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What became of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All outputs are as expected.
    Pass,
    /// An output differs: which and how.
    Wrong(String),
    /// It was declined with this reason.
    Refused(String),
    /// It panicked.
    Crash(String),
}

/// Tolerances of the package's own runner.
#[derive(Clone, Copy, Debug)]
pub struct Tolerance {
    /// Relative to the expected value.
    pub relative: f64,
    /// Absolute.
    pub absolute: f64,
}

/// What the package uses unless a model says otherwise.
pub const TOLERANCE: Tolerance = Tolerance { relative: 1e-3, absolute: 1e-7 };

/// Cases whose expected outputs contradict the specification, with the reason. They stay wrong in every count, but are no regression.
pub const DISPUTED: [(&str, &str); 4] = [
    ("node/test_qlinearmatmul_2D_int8_float16", "expects a sum beyond int8 to wrap; QLinearMatMul saturates"),
    ("node/test_qlinearmatmul_2D_int8_float32", "expects a sum beyond int8 to wrap; QLinearMatMul saturates"),
    ("node/test_qlinearmatmul_3D_int8_float16", "expects a sum beyond int8 to wrap; QLinearMatMul saturates"),
    ("node/test_qlinearmatmul_3D_int8_float32", "expects a sum beyond int8 to wrap; QLinearMatMul saturates"),
];

/// Runs all data sets of a case through `run`, which gives the model's outputs for its inputs or the reason why not.
pub fn judge(
    case: &cases::Case,
    run: impl Fn(&cases::Case, &[Option<Tensor>]) -> Result<Vec<Tensor>, String>,
) -> Outcome {
    let all = || -> Outcome {
        let sets = match case.data_sets() {
            Ok(sets) => sets,
            Err(e) => return Outcome::Refused(e),
        };
        for set in &sets {
            let found = match run(case, &set.inputs) {
                Ok(found) => found,
                Err(e) => return Outcome::Refused(e),
            };
            for (i, (found, wanted)) in found.iter().zip(&set.outputs).enumerate() {
                if let Err(e) = compare(found, wanted, TOLERANCE) {
                    return Outcome::Wrong(format!("output {i}: {e}"));
                }
            }
            if found.len() != set.outputs.len() {
                return Outcome::Wrong(format!("{} outputs, expected {}", found.len(), set.outputs.len()));
            }
        }
        if sets.is_empty() { Outcome::Refused("the case has no data".into()) } else { Outcome::Pass }
    };
    catch_unwind(AssertUnwindSafe(all)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        Outcome::Crash(text.or_else(|| panic.downcast_ref::<&str>().map(|s| (*s).into())).unwrap_or_default())
    })
}

/// Compares a tensor with what is expected: type and shape exactly, integers and Booleans exactly, floats within the tolerance.
///
/// # Errors
/// The first difference.
pub fn compare(found: &Tensor, wanted: &Tensor, t: Tolerance) -> Result<(), String> {
    if found.ty() != wanted.ty() {
        return Err(format!("type {}, expected {}", found.ty(), wanted.ty()));
    }
    let close = |a: f64, b: f64| {
        a == b || (a.is_nan() && b.is_nan()) || (b.is_finite() && (a - b).abs() <= t.absolute + t.relative * b.abs())
    };
    let first = match (&found.data, &wanted.data) {
        (Data::Float(_) | Data::Double(_), _) => {
            let (a, b) = (found.to_f64(), wanted.to_f64());
            a.iter().zip(&b).position(|(a, b)| !close(*a, *b)).map(|i| (i, a[i].to_string(), b[i].to_string()))
        }
        _ => {
            let (a, b) = (found.to_i64(), wanted.to_i64());
            a.iter().zip(&b).position(|(a, b)| a != b).map(|i| (i, a[i].to_string(), b[i].to_string()))
        }
    };
    match first {
        Some((i, a, b)) => Err(format!("element {i} of {} is {a}, expected {b}", found.ty())),
        None => Ok(()),
    }
}

//! The whole way: import, compile, run on the simulated machine with its host.

use super::cases::Case;
use super::tensors;
use cim_driver::compile::{CompileOptions, compile};
use cim_driver::program_file;
use cim_driver::run::Executor;
use cim_driver::run::simulator::{Settings, Simulated};
use cim_host::{Data, Tensor};
use prost::Message;
use std::path::Path;
use std::sync::Arc;

/// The machine that the cases are compiled for.
const MACHINE: &str = "isaac-baseline";

/// Which inputs become constants of the model. The cases leave everything open, shapes and weights, too; a compiler must know shapes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fixed {
    /// None.
    None,
    /// Integers and truth values, except the first input.
    Integers,
    /// All but the first.
    Rest,
    /// All.
    All,
}

/// Outputs of a case's model, compiled for a preset machine and run. Inputs become constants only when the model is refused otherwise.
///
/// # Errors
/// The model was refused, or could not be run.
pub fn run(case: &Case, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, String> {
    let all =
        if case.is_light() { &[Fixed::None][..] } else { &[Fixed::None, Fixed::Integers, Fixed::Rest, Fixed::All] };
    let given = inputs.iter().enumerate().filter_map(|(i, t)| t.as_ref().map(|t| (i, t)));
    let mut tried: Vec<Vec<usize>> = Vec::new();
    let mut reason = String::new();
    for &fixed in all {
        let chosen: Vec<usize> = given.clone().filter(|(i, t)| fixed.includes(*i, t)).map(|(i, _)| i).collect();
        if tried.contains(&chosen) {
            continue;
        }
        match attempt(case, inputs, &chosen) {
            Ok(y) => return Ok(y),
            // With constants only there is nothing left to compile; the reason before that says more.
            Err(_) if fixed == Fixed::All && !tried.is_empty() => {}
            Err(e) => reason = e,
        }
        tried.push(chosen);
    }
    Err(reason)
}

impl Fixed {
    fn includes(self, i: usize, t: &Tensor) -> bool {
        match self {
            Fixed::None => false,
            Fixed::Integers => i > 0 && matches!(t.data, Data::Int(_) | Data::Bool(_)),
            Fixed::Rest => i > 0,
            Fixed::All => true,
        }
    }
}

fn attempt(case: &Case, inputs: &[Option<Tensor>], fixed: &[usize]) -> Result<Vec<Tensor>, String> {
    let names: Vec<String> = case.inputs().iter().map(|i| i.name.clone()).collect();
    let given: Vec<(usize, &Tensor)> =
        inputs.iter().enumerate().filter_map(|(i, t)| t.as_ref().map(|t| (i, t))).collect();
    let open: Vec<&(usize, &Tensor)> = given.iter().filter(|(i, _)| !fixed.contains(i)).collect();
    if open.len() == given.len() {
        return execute(&case.path, &names, &open);
    }
    let mut model = case.model.clone();
    let graph = model.graph.as_mut().ok_or("the model has no graph")?;
    for (i, t) in given.iter().filter(|(i, _)| fixed.contains(i)) {
        let name = names.get(*i).ok_or("the case has more inputs than the model")?;
        graph.initializer.push(tensors::write(t, name)?);
        graph.input.retain(|v| v.name != *name);
    }
    let folder = tempfile::tempdir().map_err(|e| e.to_string())?;
    let path = folder.path().join("model.onnx");
    std::fs::write(&path, model.encode_to_vec()).map_err(|e| e.to_string())?;
    execute(&path, &names, &open)
}

fn execute(model: &Path, names: &[String], inputs: &[&(usize, &Tensor)]) -> Result<Vec<Tensor>, String> {
    let options = CompileOptions { machine: MACHINE.into(), ..CompileOptions::default() };
    let program = Arc::new(compile(model, &options).map_err(|e| e.to_string())?);
    let machine = program_file::machine(&program).map_err(|e| format!("{e:#}"))?;
    let mut simulated = Simulated::new(&program, &machine, Settings::default()).map_err(|e| format!("{e:#}"))?;
    let value = |name: &String| {
        let of_name = |(i, _): &&&(usize, &Tensor)| names.get(*i) == Some(name);
        inputs.iter().find(of_name).map(|(_, t)| (*t).clone()).ok_or_else(|| format!("input '{name}' has no value"))
    };
    let values = program.inputs.iter().map(|i| value(&i.name)).collect::<Result<Vec<_>, _>>()?;
    simulated.infer(&values, None).map_err(|e| format!("{e:#}"))
}

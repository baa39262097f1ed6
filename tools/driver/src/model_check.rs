//! `cim check` and `cim layers`: what becomes of each node of a model, and its layers with weights.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use cim_dialect::graph::types::dims;
use cim_dialect::graph::{
    AddRequantize, AveragePool, Constant, Conv2d, Dequantize, GlobalAveragePool, Linear, MaxPool, Quantize, Requantize,
};
use cim_ir::core::LocData;
use cim_ir::{Context, Ir, OpId, ValueId};
use cim_isa::program::Placement;
use cim_onnx::{NodeInfo, NodeState, Survey};

use crate::compile::{CompileError, CompileOptions, ImportOptions, LayerRow, NodeCheck, NodePlacement};
use crate::pipeline::{Job, context, everything, failed, read_mlir};

fn survey(ctx: &Arc<Context>, model: &Path, sizes: &ImportOptions) -> Result<Survey, CompileError> {
    if model.extension().is_none_or(|e| e != "mlir") {
        return cim_onnx::survey(ctx, model, sizes).map_err(|d| failed(ctx, &d));
    }
    // Text names its operations itself; what cannot be converted is an error with its place in the text.
    let (ir, module) = read_mlir(ctx, model)?;
    let mut nodes: Vec<NodeInfo> = Vec::new();
    for op in ir.walk(module) {
        if let Some(name) = node_name(&ir, op).filter(|_| Constant::cast(&ir, op).is_none())
            && ir.name_str(op).starts_with("cim.graph.")
            && nodes.iter().all(|n| n.name != name)
        {
            let operator = ir.name_str(op).trim_start_matches("cim.graph.").to_string();
            nodes.push(NodeInfo { name, operator, state: NodeState::Imported });
        }
    }
    Ok(Survey { nodes, module: Some((ir, module)) })
}

/// See [`crate::compile::check`].
pub(crate) fn check(
    model: &Path,
    options: Option<&CompileOptions>,
    sizes: &ImportOptions,
) -> Result<Vec<NodeCheck>, CompileError> {
    let (ctx, passes) = everything();
    let survey = survey(&ctx, model, sizes)?;
    let mut costs = HashMap::new();
    let mut problem = None;
    let placed = match survey.module {
        Some((ir, module)) => {
            costs = macs(&ir, module);
            let job = match options {
                Some(options) => Job::of(ir, module, passes, options, false)?,
                // Any machine: nothing is placed.
                None => Job::of(ir, module, passes, &without_machine(), false)?,
            };
            place_and_cost(job, options.is_some(), &mut costs, &mut problem)?
        }
        None => HashMap::new(),
    };
    let refused = placed.is_empty();
    let total: f64 = costs.values().sum();
    let mut rows: Vec<NodeCheck> = survey
        .nodes
        .into_iter()
        .map(|n| {
            let (mut attribute, mut remedy) = (None, None);
            let (placement, reason) = match n.state {
                NodeState::Refused(r) => {
                    (attribute, remedy) = (r.attribute, r.remedy);
                    (NodePlacement::Refused, r.reason)
                }
                NodeState::Skipped => (NodePlacement::Unknown, "a node before it is refused".to_string()),
                NodeState::Imported => match placed.get(&n.name) {
                    Some(p) => p.clone(),
                    None if refused => (NodePlacement::Unknown, "another node is refused".to_string()),
                    None => (NodePlacement::Folded, "part of another operator".to_string()),
                },
            };
            let cost_share = costs.get(&n.name).filter(|_| total > 0.0).map(|c| c / total);
            if reason.contains("not quantised") && matches!(n.operator.as_str(), "Conv" | "Gemm" | "MatMul") {
                remedy = Some("quantise the network: --calibrate X.npy, or export it in QDQ form".into());
            }
            NodeCheck { node: n.name, operator: n.operator, placement, reason, attribute, remedy, cost_share }
        })
        .collect();
    // Whether the network fits is a question about all of it together.
    if let Some(reason) = problem {
        rows.push(NodeCheck {
            node: "(network)".into(),
            operator: "-".into(),
            placement: NodePlacement::Refused,
            reason,
            attribute: None,
            remedy: Some("use a larger machine, or change one with --set".into()),
            cost_share: None,
        });
    }
    Ok(rows)
}

/// Options for a look at the model alone.
fn without_machine() -> CompileOptions {
    CompileOptions { machine: "isaac-baseline".into(), opt_level: 1, ..CompileOptions::default() }
}

/// Multiply-accumulates of each layer.
fn macs(ir: &Ir, module: OpId) -> HashMap<String, f64> {
    layer_rows(ir, module).into_iter().map(|l| (l.name, l.macs as f64)).collect()
}

/// Where each node goes; with a machine also whether everything fits, and the cycles of each node.
fn place_and_cost(
    mut job: Job,
    machine: bool,
    costs: &mut HashMap<String, f64>,
    problem: &mut Option<String>,
) -> Result<HashMap<String, (NodePlacement, String)>, CompileError> {
    job.quantise()?;
    let placed = placements(&job.ir, job.module);
    if !machine {
        return Ok(placed);
    }
    let program = job.lower_integers(None).and_then(|()| job.program());
    match program {
        Err(CompileError::Failed(reason)) => *problem = Some(reason),
        Ok(program) => {
            let described =
                crate::program_file::machine(&program).map_err(|e| CompileError::Failed(format!("{e:#}")))?;
            let summary = cim_sim::cycles::summary(&program, &described);
            let on_chip = program.layers.iter().zip(&summary.layers).filter(|(l, _)| l.placement != Placement::Host);
            *costs = on_chip.map(|(l, c)| (l.name.clone(), c.cycles as f64)).collect();
        }
    }
    Ok(placed)
}

/// Where the operations that came from each node go; a node with several is where its heaviest goes.
fn placements(ir: &Ir, module: OpId) -> HashMap<String, (NodePlacement, String)> {
    let mut out: HashMap<String, (Placement, String)> = HashMap::new();
    for op in ir.walk(module) {
        if !ir.name_str(op).starts_with("cim.graph.") || Constant::cast(ir, op).is_some() {
            continue;
        }
        let Some(name) = node_name(ir, op) else { continue };
        let found = place(ir, op);
        let weight = |p: Placement| match p {
            Placement::Cim => 2,
            Placement::Host => 1,
            Placement::Alu => 0,
        };
        match out.get(&name) {
            Some((held, _)) if weight(*held) >= weight(found.0) => {}
            _ => {
                out.insert(name, found);
            }
        }
    }
    out.into_iter().map(|(name, (p, reason))| (name, (NodePlacement::Mapped(p), reason))).collect()
}

fn place(ir: &Ir, op: OpId) -> (Placement, String) {
    if let Some(reason) = text(ir, op, "host") {
        return (Placement::Host, reason);
    }
    let matrix = Conv2d::cast(ir, op).is_some() || Linear::cast(ir, op).is_some();
    let what = if matrix {
        return (Placement::Cim, "quantised weights on crossbars".into());
    } else if Requantize::cast(ir, op).is_some() {
        "requantisation"
    } else if AddRequantize::cast(ir, op).is_some() {
        "sum of two quantised tensors"
    } else if MaxPool::cast(ir, op).is_some()
        || AveragePool::cast(ir, op).is_some()
        || GlobalAveragePool::cast(ir, op).is_some()
    {
        "pooling of integers"
    } else if Quantize::cast(ir, op).is_some() || Dequantize::cast(ir, op).is_some() {
        return (Placement::Host, "between floats and integers".into());
    } else {
        "on integers"
    };
    (Placement::Alu, what.into())
}

/// A string property.
fn text(ir: &Ir, op: OpId, key: &str) -> Option<String> {
    ir.attr(op, key).and_then(|a| ir.ctx().as_str(a)).map(str::to_string)
}

/// The node an operation came from: the name of its location.
pub(crate) fn node_name(ir: &Ir, op: OpId) -> Option<String> {
    match ir.ctx().loc_data(ir.loc(op)) {
        LocData::Name { name, .. } => Some(ir.ctx().str(*name).to_string()),
        _ => text(ir, op, "name"),
    }
}

/// See [`crate::compile::layers`].
pub(crate) fn layers(model: &Path, sizes: &ImportOptions) -> Result<Vec<LayerRow>, CompileError> {
    let ctx = context();
    let (ir, module) = match model.extension().is_some_and(|e| e == "mlir") {
        true => read_mlir(&ctx, model)?,
        false => cim_onnx::import_with(&ctx, model, sizes).map_err(|d| failed(&ctx, &d))?,
    };
    Ok(layer_rows(&ir, module))
}

/// The layers with weights of a module.
fn layer_rows(ir: &Ir, module: OpId) -> Vec<LayerRow> {
    let ctx = ir.ctx();
    let extents = |v: ValueId| dims(ctx, ir.ty(v)).unwrap_or_default().to_vec();
    let product = |v: &[i64]| v.iter().fold(1u64, |n, &d| n.saturating_mul(d.max(0) as u64));
    let mut rows = Vec::new();
    for op in ir.walk(module) {
        let (kind, weights, result, transposed) = if let Some(conv) = Conv2d::cast(ir, op) {
            ("conv", conv.weights(ir), conv.result(ir), false)
        } else if let Some(linear) = Linear::cast(ir, op) {
            ("linear", linear.weights(ir), linear.result(ir), linear.transpose(ir))
        } else {
            continue;
        };
        let (w, y) = (extents(weights), extents(result));
        let (m, k) = match (&w[..], transposed) {
            ([inputs, outputs], true) => (*outputs as u64, *inputs as u64),
            ([outputs, inputs @ ..], _) => (*outputs as u64, product(inputs)),
            _ => continue,
        };
        let products = product(y.get(2..).unwrap_or_default());
        let weights = m.saturating_mul(k);
        rows.push(LayerRow {
            name: node_name(ir, op).unwrap_or_default(),
            kind: kind.into(),
            m,
            k,
            products,
            weights,
            macs: weights.saturating_mul(products),
        });
    }
    rows
}

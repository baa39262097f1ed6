//! `cim layers`: the layers with weights.

use std::process::ExitCode;

use anyhow::Result;
use cim_driver::compile;
use cim_driver::report::{Tool, align};
use serde_json::json;

use super::{sizes, write_json};
use crate::args::{Common, Layers};
use crate::output;

pub fn run(args: &Layers, common: &Common) -> Result<ExitCode> {
    let layers = compile::layers(&args.model, &sizes(&args.sizes)?)?;
    let mut rows = vec![["#", "layer", "kind", "M", "K", "products", "weights", "MACs"].map(str::to_string).to_vec()];
    for (i, l) in layers.iter().enumerate() {
        let numbers = [l.m, l.k, l.products, l.weights, l.macs].map(|v| v.to_string());
        let mut row = vec![i.to_string(), l.name.clone(), l.kind.clone()];
        row.extend(numbers);
        rows.push(row);
    }
    if common.json.as_deref() != Some(&args.output) {
        output::write(&args.output, align(&rows, &[1, 2]).as_bytes())?;
    }
    let rows: Vec<_> = layers
        .iter()
        .map(|l| {
            json!({
                "name": l.name, "kind": l.kind, "m": l.m, "k": l.k, "products": l.products, "weights": l.weights,
                "macs": l.macs,
            })
        })
        .collect();
    let value = json!({
        "schema": "cim-layers/1", "tool": Tool::this(), "seed": common.seed,
        "model": args.model.display().to_string(), "layers": rows,
    });
    write_json(common.json.as_deref(), &value)?;
    Ok(ExitCode::SUCCESS)
}

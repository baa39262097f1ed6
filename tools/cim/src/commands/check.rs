//! `cim check`: what maps where, and what does not.

use std::fmt::Write as _;
use std::process::ExitCode;

use anyhow::Result;
use cim_driver::compile::{self, NodeCheck, NodePlacement};
use cim_driver::report::{Tool, align, placement_name};
use serde_json::json;

use super::{options, sizes, write_json};
use crate::args::{Check, Common};
use crate::output;

pub fn run(args: &Check, common: &Common) -> Result<ExitCode> {
    let sizes = sizes(&args.sizes)?;
    let nodes = compile::check(&args.model, options(&args.target, sizes.clone()).as_ref(), &sizes)?;
    let refused = nodes.iter().filter(|n| n.placement == NodePlacement::Refused).count();
    if common.json.as_deref() != Some(&args.output) {
        output::write(&args.output, table(&nodes, args.target.machine.is_some(), common.quiet).as_bytes())?;
    }
    let rows: Vec<_> = nodes
        .iter()
        .map(|n| {
            json!({
                "node": n.node, "operator": n.operator, "placement": name(n.placement), "reason": n.reason,
                "attribute": n.attribute, "remedy": n.remedy, "cost_share": n.cost_share,
            })
        })
        .collect();
    let value = json!({
        "schema": "cim-check/1", "tool": Tool::this(), "seed": common.seed,
        "model": args.model.display().to_string(), "machine": args.target.machine,
        "cost": if args.target.machine.is_some() { "cycles" } else { "macs" },
        "nodes": rows, "refused": refused,
    });
    write_json(common.json.as_deref(), &value)?;
    Ok(if refused == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn name(p: NodePlacement) -> &'static str {
    match p {
        NodePlacement::Mapped(p) => placement_name(p),
        NodePlacement::Folded => "folded",
        NodePlacement::Refused => "refused",
        NodePlacement::Unknown => "unknown",
    }
}

/// One line a node, then each refusal in full; quiet leaves the refusals only.
fn table(nodes: &[NodeCheck], machine: bool, quiet: bool) -> String {
    let mut out = String::new();
    if !quiet {
        let mut rows = vec![
            ["node", "operator", "placement", if machine { "cycles" } else { "MACs" }, "reason"]
                .map(str::to_string)
                .to_vec(),
        ];
        let share = |n: &NodeCheck| n.cost_share.map_or_else(|| "-".into(), |s| format!("{:.1} %", 100.0 * s));
        rows.extend(
            nodes.iter().map(|n| {
                vec![n.node.clone(), n.operator.clone(), name(n.placement).into(), share(n), n.reason.clone()]
            }),
        );
        out = align(&rows, &[0, 1, 2, 4]);
        let count = |p: &str| nodes.iter().filter(|n| name(n.placement) == p).count();
        let _ = writeln!(
            out,
            "\n{} nodes: {} on crossbars, {} on digital units, {} on the host, {} folded, {} refused",
            nodes.len(),
            count("cim"),
            count("alu"),
            count("host"),
            count("folded"),
            count("refused")
        );
    }
    let unquantised = nodes.iter().filter(|n| n.placement != NodePlacement::Refused && n.remedy.is_some()).count();
    if unquantised > 0 && !quiet {
        let _ = writeln!(
            out,
            "{unquantised} operators with weights are on the host because the network is not quantised: --calibrate X.npy quantises it"
        );
    }
    for n in nodes.iter().filter(|n| n.placement == NodePlacement::Refused) {
        let _ = writeln!(out, "\nrefused: node '{}', operator {}", n.node, n.operator);
        if let Some(a) = &n.attribute {
            let _ = writeln!(out, "  attribute: {a}");
        }
        let _ = writeln!(out, "  reason: {}", n.reason);
        if let Some(r) = &n.remedy {
            let _ = writeln!(out, "  remedy: {r}");
        }
    }
    out
}

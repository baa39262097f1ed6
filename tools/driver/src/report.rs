//! The report: `cim-report/1` as JSON and a table for people.
//!
//! A field that the run does not define is null in JSON and a dash in the table, never zero. Units are in the names.

use std::fmt::Write as _;

use cim_isa::Program;
use cim_isa::instr::Instr;
use cim_isa::program::{Layer, Placement, ProgramMode};
use cim_machine::{Encoding, Machine};
use serde::Serialize;

/// Version and origin of the tool.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Tool {
    /// Always `cim`.
    pub name: &'static str,
    /// Version of the workspace.
    pub version: &'static str,
    /// Git revision, or `unknown` in a build without git.
    pub revision: &'static str,
    /// Optional features of this build.
    pub features: Vec<&'static str>,
}

impl Tool {
    /// This build.
    pub fn this() -> Self {
        Tool { name: "cim", version: env!("CARGO_PKG_VERSION"), revision: env!("CIM_REVISION"), features: Vec::new() }
    }
}

/// An input or output of the model.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Port {
    /// Name in the model.
    pub name: String,
    /// Dimensions with the batch dimension 1.
    pub shape: Vec<u32>,
    /// The leading dimension is a batch of any size.
    pub batched: bool,
}

/// The model.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Model {
    /// Name.
    pub name: String,
    /// Inputs.
    pub inputs: Vec<Port>,
    /// Outputs.
    pub outputs: Vec<Port>,
    /// Weights that lie in crossbars.
    pub parameters: Option<u64>,
    /// Multiply-accumulates per inference of the layers on crossbars.
    pub macs: Option<u64>,
}

/// The machine.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MachineInfo {
    /// Name.
    pub name: String,
    /// `cm`, `xbm` or `wlm`: the mode of the program.
    pub mode: &'static str,
    /// Preset, file or `program`.
    pub source: String,
    /// Rows that one conversion sees.
    pub rows_per_conversion: u32,
}

/// Energy by component in joules.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Energy {
    /// Cells.
    pub cell: Option<f64>,
    /// Digital-to-analogue converters.
    pub dac: Option<f64>,
    /// Analogue-to-digital converters.
    pub adc: Option<f64>,
    /// Digital units.
    pub digital: Option<f64>,
    /// Buffers.
    pub buffer: Option<f64>,
    /// Network on chip.
    pub noc: Option<f64>,
    /// Programming cells.
    pub write: Option<f64>,
}

/// One layer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LayerReport {
    /// Name in the model.
    pub name: String,
    /// `conv`, `linear`, `max_pool`, ...
    pub kind: String,
    /// `cim` (crossbars), `alu` (digital units of the chip) or `host`.
    pub placement: &'static str,
    /// Why there.
    pub reason: String,
    /// Matrix rows of one group.
    pub rows: Option<u32>,
    /// Matrix columns of one group.
    pub cols: Option<u32>,
    /// Weight bits.
    pub weight_bits: Option<u8>,
    /// Activation bits of the input.
    pub activation_bits: Option<u8>,
    /// Crossbars of one copy.
    pub crossbars: Option<u32>,
    /// Cores.
    pub cores: Option<u32>,
    /// Copies.
    pub duplication: Option<u32>,
    /// Matrix-vector products per inference and group.
    pub mvms: Option<u64>,
    /// Segment.
    pub segment: Option<u32>,
    /// First cycle.
    pub start_cycle: Option<u64>,
    /// Last cycle.
    pub end_cycle: Option<u64>,
    /// Energy per inference.
    pub energy_j: Option<Energy>,
    /// Sum of the cycles of the layer's instructions per inference.
    pub cycles: Option<u64>,
    /// Cells written again per inference; null when its weights stay where they are.
    pub cell_writes: Option<u64>,
    /// Share of the cells of its crossbars that hold weights, 0..=1.
    pub utilisation: Option<f64>,
}

/// Sums over the program.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Totals {
    /// Cycles of one inference.
    pub latency_cycles: Option<u64>,
    /// The same in seconds, where the machine has a clock.
    pub latency_s: Option<f64>,
    /// Cycles between outputs.
    pub interval_cycles: Option<u64>,
    /// Cycles of programming the weights once.
    pub programming_cycles: Option<u64>,
    /// Cycles of writing weights again per inference (segments that are reloaded), beside the latency.
    pub reload_cycles: Option<u64>,
    /// Lower bound of the latency.
    pub bound_cycles: Option<u64>,
    /// Latency over bound.
    pub gap: Option<f64>,
    /// Inferences per second.
    pub throughput_per_s: Option<f64>,
    /// Energy per inference.
    pub energy_j: Option<f64>,
    /// Largest number of crossbars active at once.
    pub peak_active_crossbars: Option<u64>,
    /// Peak power.
    pub peak_power_w: Option<f64>,
    /// Area.
    pub area_mm2: Option<f64>,
    /// Cells written when programming once.
    pub cell_writes: Option<u64>,
    /// Crossbars that hold weights.
    pub crossbars_used: Option<u64>,
    /// Cores that hold weights.
    pub cores_used: Option<u64>,
    /// Segments.
    pub segments: Option<u64>,
    /// Instructions of the program, loops counted once.
    pub instructions: Option<u64>,
    /// Size of the program file.
    pub bytecode_bytes: Option<u64>,
}

/// A difference between two outputs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OutputDifference {
    /// Output name.
    pub output: String,
    /// Index in every dimension, axis 0 over images.
    pub index: Vec<usize>,
    /// Expected value.
    pub expected: f64,
    /// Computed value.
    pub found: f64,
}

/// Result of `--expect`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Expectation {
    /// Elements compared.
    pub compared: u64,
    /// Elements outside the tolerance.
    pub outside: u64,
    /// Largest difference |y - e|.
    pub worst: Option<f64>,
    /// Where the largest difference is.
    pub worst_difference: Option<OutputDifference>,
    /// First element outside the tolerance.
    pub first_difference: Option<OutputDifference>,
}

/// A difference between the program and the reference.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LayerDifference {
    /// Image, from 0.
    pub image: u64,
    /// Layer name.
    pub layer: String,
    /// (c, h, w).
    pub position: [u32; 3],
    /// What the reference computes.
    pub expected: i64,
    /// What the program computed.
    pub found: i64,
}

/// Result of `--verify`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Verification {
    /// What was compared with.
    pub reference: &'static str,
    /// Layers compared for every image.
    pub layers_checked: u64,
    /// Elements compared.
    pub elements: u64,
    /// Elements that differ, over all layers and images.
    pub mismatches: u64,
    /// The first one.
    pub first_difference: Option<LayerDifference>,
}

/// `cim-report/1`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// `cim-report/1`.
    pub schema: &'static str,
    /// The tool.
    pub tool: Tool,
    /// Seed of everything random.
    pub seed: u64,
    /// The model.
    pub model: Model,
    /// The machine.
    pub machine: MachineInfo,
    /// Model behind the cycles.
    pub cost_model: &'static str,
    /// Layers in execution order.
    pub layers: Vec<LayerReport>,
    /// Sums.
    pub totals: Totals,
    /// Inferences run; null when nothing was run.
    pub inferences: Option<u64>,
    /// Share of the labels met.
    pub accuracy: Option<f64>,
    /// Result of `--expect`.
    pub expectation: Option<Expectation>,
    /// Result of `--verify`.
    pub verification: Option<Verification>,
}

impl Report {
    /// What the program itself tells, before it is run.
    pub fn of_program(program: &Program, machine: MachineInfo, seed: u64, bytecode_bytes: Option<u64>) -> Self {
        let port = |i: &cim_isa::program::Interface| Port {
            name: i.name.clone(),
            shape: program.host_tensors.get(i.tensor.index()).map(|t| t.shape.clone()).unwrap_or_default(),
            batched: i.batched,
        };
        let layers: Vec<LayerReport> = program.layers.iter().map(layer).collect();
        let on_chip = || program.layers.iter().filter(|l| l.placement == Placement::Cim);
        let sum = |f: fn(&Layer) -> u64| on_chip().map(f).fold(0u64, u64::saturating_add);
        let segments = program.layers.iter().map(|l| l.segment as u64 + 1).max();
        Report {
            schema: "cim-report/1",
            tool: Tool::this(),
            seed,
            model: Model {
                name: program.name.clone(),
                inputs: program.inputs.iter().map(port).collect(),
                outputs: program.outputs.iter().map(port).collect(),
                parameters: Some(sum(weights)),
                macs: Some(sum(|l| weights(l).saturating_mul(products(l).unwrap_or(0)))),
            },
            machine,
            cost_model: "sum",
            totals: Totals {
                segments,
                instructions: Some(count(&program.init) + count(&program.main)),
                bytecode_bytes,
                ..Totals::default()
            },
            layers,
            inferences: None,
            accuracy: None,
            expectation: None,
            verification: None,
        }
    }

    /// Adds what the machine says: cycles as steady-state sums, cells, crossbars in use.
    pub fn add_costs(&mut self, program: &Program, machine: &Machine) {
        let summary = cim_sim::cycles::summary(program, machine);
        let (init, main) = (&summary.init, &summary.main);
        let clock = machine.crossbar.clock.map(|c| c.seconds());
        let t = &mut self.totals;
        t.latency_cycles = Some(main.cycles);
        t.latency_s = clock.map(|c| c * main.cycles as f64);
        t.programming_cycles = init.write_cycles.map(|w| w.saturating_add(init.cycles));
        t.reload_cycles = main.write_cycles.filter(|_| main.cell_writes > 0);
        t.cell_writes = Some(init.cell_writes);
        t.peak_active_crossbars = Some(main.peak_active_crossbars);
        t.crossbars_used = Some(summary.crossbars_used);
        t.cores_used = Some(summary.cores_used);
        for ((report, cost), layer) in self.layers.iter_mut().zip(&summary.layers).zip(&program.layers) {
            report.cycles = (layer.placement != Placement::Host).then_some(cost.cycles);
            report.cell_writes = (cost.cell_writes > 0).then_some(cost.cell_writes);
            report.utilisation = utilisation(layer, machine);
        }
    }

    /// JSON text, indented, with a final line end.
    pub fn to_json(&self) -> String {
        // Serialising plain structs of numbers and strings cannot fail.
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }

    /// A table of the layers and the sums.
    pub fn to_table(&self) -> String {
        let mut rows = vec![
            [
                "layer",
                "kind",
                "on",
                "matrix",
                "w bits",
                "a bits",
                "products",
                "crossbars",
                "cores",
                "copies",
                "segment",
                "cycles",
            ]
            .map(str::to_string)
            .to_vec(),
        ];
        for l in &self.layers {
            let matrix = l.rows.zip(l.cols).map(|(r, c)| format!("{r}x{c}"));
            rows.push(vec![
                l.name.clone(),
                l.kind.clone(),
                l.placement.to_string(),
                matrix.unwrap_or_else(dash),
                cell(l.weight_bits),
                cell(l.activation_bits),
                cell(l.mvms),
                cell(l.crossbars),
                cell(l.cores),
                cell(l.duplication),
                cell(l.segment),
                cell(l.cycles),
            ]);
        }
        let mut out = format!(
            "{} on {} ({}, {} rows per conversion)\n\n{}\n",
            self.model.name,
            self.machine.name,
            self.machine.mode.to_uppercase(),
            self.machine.rows_per_conversion,
            align(&rows, &[0, 1, 2])
        );
        let t = &self.totals;
        let mut line = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                let _ = writeln!(out, "{name:<22}{value}");
            }
        };
        let text = |v: Option<u64>| v.map(|v| v.to_string());
        line("crossbars", text(t.crossbars_used));
        line("cores", text(t.cores_used));
        line("segments", text(t.segments));
        line("cycles", t.latency_cycles.map(|c| format!("{c} per inference ({})", self.cost_model)));
        line("latency", t.latency_s.map(|s| format!("{s:.6} s")));
        line("reload cycles", t.reload_cycles.map(|c| format!("{c} per inference")));
        line("programming cycles", text(t.programming_cycles));
        line("cell writes", text(t.cell_writes));
        line("instructions", text(t.instructions));
        line("bytecode", t.bytecode_bytes.map(|b| format!("{b} bytes")));
        line("inferences", text(self.inferences));
        line("accuracy", self.accuracy.map(|a| format!("{a:.5}")));
        line(
            "mismatches",
            self.verification.as_ref().map(|v| {
                format!(
                    "{} of {} elements in {} layers, against the {}",
                    v.mismatches, v.elements, v.layers_checked, v.reference
                )
            }),
        );
        line(
            "expectation",
            self.expectation.as_ref().map(|e| {
                let worst = e.worst.map_or_else(dash, |w| format!("{w:e}"));
                format!("{} of {} elements outside the tolerance, worst difference {worst}", e.outside, e.compared)
            }),
        );
        out
    }
}

fn layer(l: &Layer) -> LayerReport {
    let matrix = l.matrix[0] > 0;
    let cim = l.placement == Placement::Cim;
    LayerReport {
        name: l.name.clone(),
        kind: l.kind.clone(),
        placement: placement_name(l.placement),
        reason: l.reason.clone(),
        rows: matrix.then_some(l.matrix[0]),
        cols: matrix.then_some(l.matrix[1]),
        weight_bits: (l.weight_bits > 0).then_some(l.weight_bits),
        activation_bits: (l.activation_bits > 0).then_some(l.activation_bits),
        crossbars: cim.then_some(l.crossbars),
        cores: cim.then_some(l.cores),
        duplication: cim.then_some(l.duplication),
        mvms: products(l).filter(|_| matrix),
        segment: (l.placement != Placement::Host).then_some(l.segment),
        start_cycle: None,
        end_cycle: None,
        energy_j: None,
        cycles: None,
        cell_writes: None,
        utilisation: None,
    }
}

/// Weights of a layer.
fn weights(l: &Layer) -> u64 {
    (l.matrix[0] as u64).saturating_mul(l.matrix[1] as u64).saturating_mul(l.groups.max(1) as u64)
}

/// Output pixels: matrix-vector products per group. A layer without a window is one product.
fn products(l: &Layer) -> Option<u64> {
    Some(l.window.map_or(1, |w| w.output[0] as u64 * w.output[1] as u64))
}

/// Share of the cells of a layer's crossbars that hold weights; None for differential pairs, whose number of cells
/// depends on the weights' range.
fn utilisation(l: &Layer, machine: &Machine) -> Option<f64> {
    let xb = &machine.crossbar;
    if l.placement != Placement::Cim || l.crossbars == 0 || xb.encoding != Encoding::Offset {
        return None;
    }
    let cells = weights(l) as f64 * f64::from(u32::from(l.weight_bits).div_ceil(u32::from(xb.cell_bits.0.max(1))));
    Some(cells / (f64::from(l.crossbars) * f64::from(xb.rows) * f64::from(xb.cols)))
}

/// Instructions in a body, loops counted once. Bodies nest at most as deep as the loader allows.
fn count(body: &[Instr]) -> u64 {
    body.iter()
        .map(|i| match i {
            Instr::Loop { body, .. } | Instr::Parallel { body } => 1 + count(body),
            _ => 1,
        })
        .sum()
}

/// `cim`, `alu` or `host`.
pub fn placement_name(p: Placement) -> &'static str {
    match p {
        Placement::Cim => "cim",
        Placement::Alu => "alu",
        Placement::Host => "host",
    }
}

/// `cm`, `xbm` or `wlm`.
pub fn mode_name(m: ProgramMode) -> &'static str {
    match m {
        ProgramMode::Cm => "cm",
        ProgramMode::Xbm => "xbm",
        ProgramMode::Wlm => "wlm",
    }
}

fn dash() -> String {
    "-".into()
}

fn cell(v: Option<impl ToString>) -> String {
    v.map_or_else(dash, |v| v.to_string())
}

/// Columns padded to their widest cell, two spaces apart; columns in `left` are left-aligned, the others right-aligned.
pub fn align(rows: &[Vec<String>], left: &[usize]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |c: usize| rows.iter().filter_map(|r| r.get(c)).map(|s| s.chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut out = String::new();
    for row in rows {
        let mut line = String::new();
        for (c, text) in row.iter().enumerate() {
            let pad = " ".repeat(widths.get(c).copied().unwrap_or(0).saturating_sub(text.chars().count()));
            if c > 0 {
                line.push_str("  ");
            }
            if left.contains(&c) {
                line.push_str(text);
                line.push_str(&pad);
            } else {
                line.push_str(&pad);
                line.push_str(text);
            }
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

//! The machine description: chip, core, crossbar, and what the programmer may see of them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::units::{Bits, BitsPerCycle, Bytes, Limit, OpsPerCycle, Time, WriteTime};

/// A machine in three tiers. A finer mode sees its own tier and all coarser ones.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Machine {
    /// Name, for reports.
    pub name: String,
    /// What it is and where the description comes from.
    #[serde(default)]
    pub description: String,
    /// Finest computing mode that the machine exposes.
    pub mode: Mode,
    /// Chip tier.
    pub chip: Chip,
    /// Core tier.
    pub core: Core,
    /// Crossbar tier.
    pub crossbar: Crossbar,
    /// Where a field's value comes from, by field path (`crossbar.write_row`). Clock and write costs must be listed.
    #[serde(default)]
    pub sources: BTreeMap<String, String>,
}

/// Computing mode, coarse to fine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Core mode: whole operators (`read_core`).
    Cm,
    /// Crossbar mode: one matrix-vector product (`read_xb`).
    Xbm,
    /// Wordline mode: a group of rows (`read_row`).
    Wlm,
}

impl Mode {
    /// `cm`, `xbm` or `wlm`.
    pub fn name(self) -> &'static str {
        match self {
            Mode::Cm => "cm",
            Mode::Xbm => "xbm",
            Mode::Wlm => "wlm",
        }
    }
}

impl std::str::FromStr for Mode {
    type Err = String;
    fn from_str(s: &str) -> Result<Self, String> {
        match s {
            "cm" => Ok(Mode::Cm),
            "xbm" => Ok(Mode::Xbm),
            "wlm" => Ok(Mode::Wlm),
            _ => Err(format!("`{s}` is not a computing mode: cm, xbm or wlm")),
        }
    }
}

/// A number of units, optionally as a grid `[per column, per row]` whose product is the number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "expected a number, or a grid of two as [2, 3]")]
pub enum Count {
    /// A plain number.
    Total(u32),
    /// Rows and columns of a grid.
    Grid([u32; 2]),
}

impl Count {
    /// Number of units.
    pub fn total(self) -> u64 {
        match self {
            Count::Total(n) => u64::from(n),
            Count::Grid([r, c]) => u64::from(r) * u64::from(c),
        }
    }
}

/// Cost of a transfer between two units of a tier, in cycles per flit; a square matrix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NocCost(pub Vec<Vec<u64>>);

mod noc_cost {
    use super::NocCost;
    use crate::units::Limit;
    use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use std::borrow::Cow;

    #[derive(Deserialize)]
    #[serde(untagged, expecting = "expected `ideal` or a matrix of cycles per flit")]
    enum Text {
        Word(Ideal),
        Matrix(Vec<Vec<u64>>),
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Ideal {
        Ideal,
    }

    pub fn serialize<S: Serializer>(v: &Limit<NocCost>, s: S) -> Result<S::Ok, S::Error> {
        match v {
            Limit::Ideal => s.serialize_str("ideal"),
            Limit::Finite(m) => m.0.serialize(s),
        }
    }
    pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Limit<NocCost>, D::Error> {
        Ok(match Text::deserialize(d)? {
            Text::Word(Ideal::Ideal) => Limit::Ideal,
            Text::Matrix(m) => Limit::Finite(NocCost(m)),
        })
    }

    impl JsonSchema for NocCost {
        fn inline_schema() -> bool {
            true
        }
        fn schema_name() -> Cow<'static, str> {
            "NocCost".into()
        }
        fn json_schema(_: &mut SchemaGenerator) -> Schema {
            json_schema!({"anyOf": [
                {"const": "ideal"},
                {"type": "array", "items": {"type": "array", "items": {"type": "integer", "minimum": 0}}}
            ]})
        }
    }
}

/// Chip tier, visible in every mode.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Chip {
    /// Cores on the chip.
    pub core_number: Count,
    /// Digital compute speed beside the global buffer.
    pub alu: Limit<OpsPerCycle>,
    /// Kind of network between cores (`mesh`, `h-tree`, `shared-memory`, `disjoint-buffer-switch`, ...) or `ideal`.
    pub core_noc: String,
    /// Core-to-core transfer cost.
    #[serde(with = "noc_cost")]
    #[schemars(with = "NocCost")]
    pub core_noc_cost: Limit<NocCost>,
    /// Capacity of the global buffer.
    pub l0_size: Limit<Bytes>,
    /// Bandwidth of the global buffer.
    pub l0_bandwidth: Limit<BitsPerCycle>,
}

/// Core tier, visible in crossbar and wordline mode.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Core {
    /// Crossbars in a core.
    pub xb_number: Count,
    /// Digital compute speed of one core.
    pub alu: Limit<OpsPerCycle>,
    /// Kind of network between the crossbars of a core, or `ideal`.
    pub xb_noc: String,
    /// Crossbar-to-crossbar transfer cost.
    #[serde(with = "noc_cost")]
    #[schemars(with = "NocCost")]
    pub xb_noc_cost: Limit<NocCost>,
    /// Capacity of one core buffer.
    pub l1_size: Limit<Bytes>,
    /// Bandwidth of one core buffer.
    pub l1_bandwidth: Limit<BitsPerCycle>,
}

/// How a signed weight is held in cells that store no sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Encoding {
    /// `u = w + 2^(b-1)`, corrected digitally.
    Offset,
    /// A positive and a negative column.
    Differential,
}

/// Where the bit slices of a weight go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Binding {
    /// Adjacent columns of one crossbar.
    BitsToColumns,
    /// Different crossbars.
    BitsToCrossbars,
}

/// Crossbar tier, visible in wordline mode; its precision matters in every mode.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Crossbar {
    /// Rows of the cell array.
    pub rows: u32,
    /// Columns of the cell array.
    pub cols: u32,
    /// Precision of the input converters; ideal = a whole input in one step.
    pub dac: Limit<Bits>,
    /// Precision of the output converters; ideal = never clips.
    pub adc: Limit<Bits>,
    /// Cell technology: `ReRAM`, `SRAM`, ...
    pub device: String,
    /// Bits one cell holds, 1 to 8.
    pub cell_bits: Bits,
    /// Rows that can be driven at once.
    pub parallel_row: u32,
    /// Encoding of signed weights.
    #[serde(default = "offset")]
    pub encoding: Encoding,
    /// Dimension binding of weight bits.
    #[serde(default = "bits_to_columns")]
    pub binding: Binding,
    /// Duration of a cycle; null when no source gives one.
    #[serde(default)]
    pub clock: Option<Time>,
    /// Time to write one row of cells; null when no source gives one.
    #[serde(default)]
    pub write_row: Option<WriteTime>,
    /// Crossbars of one core written at the same time; ideal = all of them; null when unknown.
    #[serde(default)]
    pub write_parallelism: Option<Limit<u32>>,
}

fn offset() -> Encoding {
    Encoding::Offset
}
fn bits_to_columns() -> Binding {
    Binding::BitsToColumns
}

impl Machine {
    /// Cores on the chip.
    pub fn cores(&self) -> u64 {
        self.chip.core_number.total()
    }
    /// Crossbars of one core.
    pub fn crossbars_per_core(&self) -> u64 {
        self.core.xb_number.total()
    }
    /// Crossbars on the chip.
    pub fn crossbars(&self) -> u64 {
        self.cores().saturating_mul(self.crossbars_per_core())
    }
    /// Cycles to write one row of cells, or None when write time or clock are unknown.
    pub fn write_row_cycles(&self) -> Option<u64> {
        match self.crossbar.write_row? {
            WriteTime::Cycles(n) => Some(n),
            WriteTime::Time(t) => Some(t.picoseconds.div_ceil(self.crossbar.clock?.picoseconds.max(1))),
        }
    }
    /// Input steps of one matrix-vector product with `bits` input bits: `ceil(bits / dac)`, 1 with an ideal converter.
    pub fn input_steps(&self, bits: u8) -> u64 {
        match self.crossbar.dac {
            Limit::Ideal => 1,
            Limit::Finite(d) => u64::from(bits).div_ceil(u64::from(d.0.max(1))),
        }
    }

    /// Contradictions inside the description, as (field path, what is wrong).
    pub fn problems(&self) -> Vec<(String, String)> {
        let mut found = Vec::new();
        let mut say = |path: &str, message: String| found.push((path.to_string(), message));
        for (path, n) in [
            ("chip.core_number", self.cores()),
            ("core.xb_number", self.crossbars_per_core()),
            ("crossbar.rows", u64::from(self.crossbar.rows)),
            ("crossbar.cols", u64::from(self.crossbar.cols)),
            ("crossbar.parallel_row", u64::from(self.crossbar.parallel_row)),
        ] {
            if n == 0 {
                say(path, "must be at least 1".into());
            }
            if n > 1 << 20 {
                say(path, format!("is {n}; at most {} is supported", 1u32 << 20));
            }
        }
        if self.crossbars() > u64::from(u32::MAX) {
            say(
                "core.xb_number",
                format!("{} crossbars on the chip; at most {} are supported", self.crossbars(), u32::MAX),
            );
        }
        let xb = &self.crossbar;
        if xb.parallel_row > xb.rows {
            let text = format!("is {}, more than crossbar.rows = {}", xb.parallel_row, xb.rows);
            say("crossbar.parallel_row", text);
        }
        if xb.cell_bits.0 > 8 {
            say("crossbar.cell_bits", format!("is {}; a cell holds 1 to 8 bit", xb.cell_bits));
        }
        if xb.write_parallelism == Some(Limit::Finite(0)) {
            say("crossbar.write_parallelism", "must be at least 1; leave the limit out with `ideal`".into());
        }
        if xb.dac.is_ideal() && !xb.adc.is_ideal() {
            say(
                "crossbar.adc",
                "must be ideal when crossbar.dac is: a whole input in one step has no bounded sum".into(),
            );
        } else if crate::conversion::rows_per_conversion_or_zero(self) == 0 {
            say(
                "crossbar.adc",
                format!(
                    "{} cannot represent even one row of {} cells driven by a {} input; raise crossbar.adc or lower \
                     crossbar.cell_bits or crossbar.dac",
                    xb.adc, xb.cell_bits, xb.dac
                ),
            );
        }
        for (path, cost, count) in [
            ("chip.core_noc_cost", &self.chip.core_noc_cost, self.cores()),
            ("core.xb_noc_cost", &self.core.xb_noc_cost, self.crossbars_per_core()),
        ] {
            if let Limit::Finite(m) = cost
                && (m.0.len() as u64 != count || m.0.iter().any(|row| row.len() as u64 != count))
            {
                say(path, format!("must be a {count} x {count} matrix"));
            }
        }
        let paths = self.field_paths();
        for key in self.sources.keys() {
            if !paths.contains(key) {
                say("sources", format!("`{key}` is not a field of the machine"));
            }
        }
        for (path, given) in [
            ("crossbar.clock", xb.clock.is_some()),
            ("crossbar.write_row", xb.write_row.is_some()),
            ("crossbar.write_parallelism", xb.write_parallelism.is_some()),
        ] {
            if given && !self.sources.contains_key(path) {
                say(path, format!("has no source; add `{path}` under `sources` (a paper, or `assumption: ...`)"));
            }
        }
        found
    }

    /// Every field path that `set` accepts, in order of declaration.
    pub fn field_paths(&self) -> Vec<String> {
        let Ok(serde_json::Value::Object(top)) = serde_json::to_value(self) else { return Vec::new() };
        let mut paths = Vec::new();
        for (name, value) in &top {
            match value {
                serde_json::Value::Object(_) if name == "sources" => {}
                serde_json::Value::Object(tier) => paths.extend(tier.keys().map(|k| format!("{name}.{k}"))),
                _ => paths.push(name.clone()),
            }
        }
        paths
    }
}

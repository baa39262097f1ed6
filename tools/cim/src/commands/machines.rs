//! `cim machines`: presets, one preset with its sources, the JSON schema.

use std::process::ExitCode;

use anyhow::Result;
use cim_driver::report::{Tool, align};
use cim_machine::{Limit, Machine, presets};
use serde_json::json;

use super::write_json;
use crate::args::{Common, Machines};
use crate::output;

pub fn run(args: &Machines, common: &Common) -> Result<ExitCode> {
    let (text, value) = if args.schema {
        let mut text = Machine::schema();
        text.push('\n');
        let value = serde_json::from_str(&text)?;
        (text, value)
    } else if let Some(name) = &args.name {
        let machine = Machine::load(name)?;
        // A preset as it is kept, comments included; a file as it was understood, every default written out.
        let text = presets::preset_text(name).map_or_else(|| machine.to_yaml(), str::to_string);
        (text, json!({ "machine": serde_json::to_value(&machine)? }))
    } else {
        list()?
    };
    if common.json.as_deref() != Some(&args.output) {
        output::write(&args.output, text.as_bytes())?;
    }
    let mut object = json!({ "schema": "cim-machines/1", "tool": Tool::this(), "seed": common.seed });
    if let (Some(o), Some(v)) = (object.as_object_mut(), value.as_object()) {
        if args.schema {
            o.insert("json_schema".into(), value.clone());
        } else {
            o.extend(v.clone());
        }
    }
    write_json(common.json.as_deref(), &object)?;
    Ok(ExitCode::SUCCESS)
}

fn list() -> Result<(String, serde_json::Value)> {
    let head = ["machine", "finest mode", "cores", "crossbars", "rows x cols", "cell bits", "rows/conversion", "what"];
    let mut rows = vec![head.map(str::to_string).to_vec()];
    let mut values = Vec::new();
    for name in presets() {
        let m = Machine::preset(name)?;
        let conversion = cim_machine::rows_per_conversion(&m);
        let bits = m.crossbar.cell_bits.0;
        rows.push(vec![
            name.to_string(),
            m.mode.name().to_uppercase(),
            m.cores().to_string(),
            m.crossbars().to_string(),
            format!("{}x{}", m.crossbar.rows, m.crossbar.cols),
            bits.to_string(),
            conversion.to_string(),
            m.description.clone(),
        ]);
        values.push(json!({
            "name": name, "mode": m.mode.name(), "cores": m.cores(), "crossbars": m.crossbars(),
            "rows": m.crossbar.rows, "cols": m.crossbar.cols, "cell_bits": bits,
            "adc_bits": finite(m.crossbar.adc), "dac_bits": finite(m.crossbar.dac),
            "rows_per_conversion": conversion, "description": m.description,
        }));
    }
    Ok((align(&rows, &[0, 1, 7]), json!({ "machines": values })))
}

/// Null for ideal.
fn finite(limit: Limit<cim_machine::Bits>) -> Option<u8> {
    limit.finite().map(|b| b.0)
}

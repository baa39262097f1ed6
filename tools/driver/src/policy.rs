//! Precision policies: bits of weights and activations for each layer.

use std::path::Path;

use anyhow::{Context as _, Result, bail};
use cim_dialect::graph::{Conv2d, Linear};
use cim_ir::{Ir, OpId};
use cim_passes::graph::quantize_floats::BITS;
use serde::Deserialize;

/// `{"layer": [8, 8], ...}`, or `[[8, 8], ...]` in the order of `cim layers`. -1 stands for 8 bits.
#[derive(Deserialize)]
#[serde(untagged)]
enum Policy {
    ByName(serde_json::Map<String, serde_json::Value>),
    InOrder(Vec<[i64; 2]>),
}

/// Notes the bits of a policy file on the layers of a module.
///
/// # Errors
/// The file is no policy, names a layer that the network does not have, or has another number of entries.
pub fn apply(ir: &mut Ir, module: OpId, file: &Path) -> Result<()> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read '{}'", file.display()))?;
    let policy: Policy = serde_json::from_str(&text).with_context(|| {
        format!(
            "'{}' is no policy: an object of [weight bits, activation bits] by layer, or an array of them",
            file.display()
        )
    })?;
    let layers: Vec<(OpId, String)> = ir
        .walk(module)
        .into_iter()
        .filter(|op| Conv2d::cast(ir, *op).is_some() || Linear::cast(ir, *op).is_some())
        .map(|op| (op, crate::model_check::node_name(ir, op).unwrap_or_default()))
        .collect();
    let mut set = |op: OpId, bits: [i64; 2]| {
        let ctx = ir.ctx().clone();
        ir.set_attr(op, BITS, Some(ctx.i64_array(&bits.map(|b| if b == -1 { 8 } else { b }))));
    };
    match policy {
        Policy::InOrder(bits) => {
            if bits.len() != layers.len() {
                bail!("'{}' has {} entries, the network {} layers", file.display(), bits.len(), layers.len());
            }
            layers.iter().zip(bits).for_each(|((op, _), b)| set(*op, b));
        }
        Policy::ByName(map) => {
            for (name, value) in map {
                let bits: [i64; 2] = serde_json::from_value(value).with_context(|| {
                    format!("'{}': layer '{name}' needs [weight bits, activation bits]", file.display())
                })?;
                let Some((op, _)) = layers.iter().find(|(_, n)| *n == name) else {
                    bail!("'{}': the network has no layer '{name}'; `cim layers` lists them", file.display());
                };
                set(*op, bits);
            }
        }
    }
    Ok(())
}

//! What an operation that is not the host's may work on.

use crate::node::Refusal;
use cim_dialect::graph::types;
use cim_ir::{Context, Ir, OpState, ValueId};

/// Integers that an operation other than a host operator computes lie in buffers of the chip: one image, at most 16 bits unless
/// they are sums.
pub(crate) fn fits(ctx: &Context, ir: &Ir, state: &OpState, constant: bool) -> Result<(), Refusal> {
    let name = ctx.op_name_data(state.name).name;
    let name = ctx.str(name);
    if matches!(name, "cim.graph.host" | "cim.graph.constant") {
        return Ok(());
    }
    let types = state.operands.iter().map(|v| ir.ty(*v)).chain(state.results.iter().copied());
    if let Some(ty) = types.into_iter().find(|t| !(types::TENSOR.check)(ctx, *t)) {
        let text = types::text(ctx, ty);
        return Err(Refusal::new(format!("it works on {text}; the machine knows f32 and integers of up to 63 bits")));
    }
    if constant {
        return Ok(());
    }
    // Floats leave a dequantisation; what it reads lies on the chip.
    let leaves = name == "cim.graph.dequantize";
    let read = state.operands.iter().map(|v| ir.ty(*v)).filter(|_| leaves);
    for ty in state.results.iter().copied().chain(read) {
        let (Some(int), Some(dims)) = (types::int_type(ctx, ty), types::dims(ctx, ty)) else {
            continue;
        };
        if dims.len() > 4 || dims.len() == 4 && dims[0] != 1 {
            return Err(Refusal::new(format!(
                "its tensor {dims:?} is more than one image of channels, rows and columns"
            ))
            .remedy("the chip works on one image at a time: export with a batch of 1"));
        }
        let sequence = |v: &ValueId| types::dims(ctx, ir.ty(*v)).is_some_and(types::is_sequence);
        let moved = matches!(name, "cim.graph.reshape" | "cim.graph.concat");
        if moved && (types::is_sequence(dims) || state.operands.iter().any(sequence)) {
            return Err(Refusal::new("it reorders a sequence of positions"));
        }
        let sums = ["cim.graph.conv2d", "cim.graph.linear", "cim.graph.quantize", "cim.graph.requantize"];
        if int.width > 16 && !leaves && !sums.contains(&name) {
            return Err(Refusal::new(format!("its elements are {int}; the chip's activations have at most 16 bits")));
        }
    }
    Ok(())
}

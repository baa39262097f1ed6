//! `cim-ternary-weights`: binary and ternary weights that the model stores as floats become integers with a scale.

use super::constants::{self, insert, shape_of};
use cim_dialect::graph::elements::{dense_floats, dense_ints};
use cim_dialect::graph::{Conv2d, Dequantize, IntType, Linear};
use cim_ir::{Diagnostic, Ir, OpId, ValueId};
use cim_pass::{Pass, PassResult, PassRun, pass};

pass! {
    /// Finds binary and ternary weights by their values.
    ///
    /// Constant f32 weights of a `conv2d` or `linear` whose values are `-s`, 0 and `s` for each output channel become a constant of si2 (-1, 0, 1) behind
    /// `dequantize` with the scales `s`: the factor that an exporter folded into the kernel of a binary network, batch norm for example, is factored out
    /// again. Only where the input comes from integers: other layers stay as they are. Names say nothing here.
    pub struct TernaryWeights = "cim-ternary-weights", "TernaryWeights" {
        statistics {
            /// Layers whose weights became integers
            found = "num-found",
        }
    }
}

impl Pass for TernaryWeights {
    fn run(&self, run: &mut PassRun<'_>) -> PassResult {
        let root = run.op();
        self.found.add(ternary_weights(run.ir, root)?);
        Ok(())
    }
}

const SI2: IntType = IntType { width: 2, signed: true };
/// Most operations between a layer and the integers it reads.
const DEPTH: usize = 16;

/// Makes all binary and ternary weights inside `root` integer; the number of layers.
pub fn ternary_weights(ir: &mut Ir, root: OpId) -> Result<u64, Diagnostic> {
    let mut found = 0;
    for op in ir.walk(root) {
        let (input, weights, axis) = if let Some(c) = Conv2d::cast(ir, op) {
            (c.input(ir), c.weights(ir), 0)
        } else if let Some(l) = Linear::cast(ir, op) {
            (l.input(ir), l.weights(ir), usize::from(l.transpose(ir)))
        } else {
            continue;
        };
        if !from_integers(ir, input) {
            continue;
        }
        let Some(new) = factored(ir, op, weights, axis) else { continue };
        ir.set_operand(op, 1, new);
        if let Some(old) = ir.defining_op(weights).filter(|_| ir.is_unused(weights)) {
            ir.erase(old);
        }
        found += 1;
    }
    Ok(found)
}

/// Is there a `dequantize` behind operations that only move elements?
fn from_integers(ir: &Ir, mut value: ValueId) -> bool {
    for _ in 0..DEPTH {
        let Some(op) = ir.defining_op(value) else { return false };
        if Dequantize::cast(ir, op).is_some() {
            return true;
        }
        let moves = [
            "cim.graph.pad",
            "cim.graph.reshape",
            "cim.graph.max_pool",
            "cim.graph.concat",
            "cim.graph.add",
            "cim.graph.mul",
        ];
        let Some(next) = ir.operands(op).next().filter(|_| moves.contains(&ir.name_str(op))) else { return false };
        value = next;
    }
    false
}

/// Dequantised weights with the same values, when each output channel (dimension `axis`) has one magnitude.
fn factored(ir: &mut Ir, op: OpId, weights: ValueId, axis: usize) -> Option<ValueId> {
    let constant = ir.defining_op(weights)?;
    let values = constants::elements(ir, weights)?.floats()?;
    let shape = shape_of(ir, weights);
    let outputs = usize::try_from(*shape.get(axis)?).ok().filter(|o| *o > 0)?;
    let inner = shape.iter().skip(axis + 1).product::<i64>().max(1) as usize;
    let channel = |i: usize| i / inner % outputs;
    let mut scales = vec![0f32; outputs];
    for (i, v) in values.iter().enumerate() {
        let scale = &mut scales[channel(i)];
        if *v != 0.0 && *scale == 0.0 {
            *scale = v.abs();
        }
        // Also false for not-a-number.
        let fits = *v == 0.0 || v.abs() == *scale;
        if !fits || !v.is_finite() {
            return None;
        }
    }
    // A channel of zeros has any scale.
    for s in scales.iter_mut().filter(|s| **s == 0.0) {
        *s = 1.0;
    }
    let integers = values.iter().map(|v| i64::from(*v > 0.0) - i64::from(*v < 0.0));
    let ctx = ir.ctx().clone();
    let integers = dense_ints(&ctx, &shape, SI2, integers);
    let name = ir.attr(constant, "name").and_then(|a| ctx.as_str(a)).map(str::to_string);
    let q = insert(ir, op, integers, ctx.tensor(&shape, SI2.ty(&ctx)), name.as_deref());
    if scales.iter().all(|s| *s == scales[0]) {
        scales.truncate(1);
    }
    let state = Dequantize::builder(&ctx, ir.loc(op))
        .input(q)
        .scale(dense_floats(&ctx, &[scales.len() as i64], &scales))
        .zero_point(&vec![0; scales.len()])
        .axis(axis as i64)
        .result(ir.ty(weights))
        .build();
    let new = ir.create(state);
    ir.insert_before(op, new);
    ir.result(new, 0)
}

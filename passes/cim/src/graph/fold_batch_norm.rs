//! `cim-fold-batch-norm`: batch norm into the float weights before it.

use super::constants::{self, insert, shape_of};
use cim_dialect::graph::elements::{Elements, dense_floats};
use cim_dialect::graph::{BatchNorm, Constant, Conv2d, Linear};
use cim_ir::{Diagnostic, Ir, OpId, ValueId};
use cim_pass::{Pass, PassResult, PassRun, pass};

pass! {
    /// Folds batch norm into float weights.
    ///
    /// `conv2d` or `linear` with constant f32 weights followed by `batch_norm` becomes one operation with new weights
    /// `w * g` and bias `(b - mean) * g + bias`, `g = scale / sqrt(var + epsilon)`, computed in f64. Weights that come from
    /// `dequantize` are left alone: there batch norm belongs to the requantisation (`cim-quantize-operators`).
    pub struct FoldBatchNorm = "cim-fold-batch-norm", "FoldBatchNorm" {
        statistics {
            /// Batch norms folded
            folded = "num-folded",
        }
    }
}

impl Pass for FoldBatchNorm {
    fn run(&self, run: &mut PassRun<'_>) -> PassResult {
        let root = run.op();
        self.folded.add(fold(run.ir, root)?);
        Ok(())
    }
}

/// `y = x * gain + offset` for each channel: what a batch norm of constants does.
#[derive(Clone, Debug, PartialEq)]
pub struct Gain {
    /// Factors.
    pub gain: Vec<f64>,
    /// Addends.
    pub offset: Vec<f64>,
}

/// Gain and offset; None when a parameter is not constant.
pub fn gain(ir: &Ir, bn: BatchNorm) -> Option<Gain> {
    let [scale, bias, mean, var] =
        [bn.scale(ir), bn.bias(ir), bn.mean(ir), bn.var(ir)].map(|v| constants::floats(ir, v));
    let (scale, bias, mean, var) = (scale?, bias?, mean?, var?);
    let epsilon = f64::from(bn.epsilon(ir));
    let gain: Vec<f64> =
        scale.iter().zip(&var).map(|(s, v)| f64::from(*s) / (f64::from(*v) + epsilon).sqrt()).collect();
    let shift = bias.iter().zip(&mean).zip(&gain);
    let offset = shift.map(|((b, m), g)| f64::from(*b) - f64::from(*m) * g).collect();
    Some(Gain { gain, offset })
}

/// Folds all batch norms inside `root`; the number of them.
pub fn fold(ir: &mut Ir, root: OpId) -> Result<u64, Diagnostic> {
    let mut folded = 0;
    for op in ir.walk(root) {
        if let Some(bn) = BatchNorm::cast(ir, op) {
            folded += u64::from(fold_one(ir, bn)?.is_some());
        }
    }
    Ok(folded)
}

/// The layer before a batch norm.
enum Layer {
    Conv(Conv2d),
    Linear(Linear),
}

impl Layer {
    fn of(ir: &Ir, value: ValueId) -> Option<Layer> {
        let op = ir.defining_op(value)?;
        Conv2d::cast(ir, op).map(Layer::Conv).or_else(|| Linear::cast(ir, op).map(Layer::Linear))
    }
    fn op(&self) -> OpId {
        match self {
            Layer::Conv(c) => c.op(),
            Layer::Linear(l) => l.op(),
        }
    }
    fn weights(&self, ir: &Ir) -> ValueId {
        match self {
            Layer::Conv(c) => c.weights(ir),
            Layer::Linear(l) => l.weights(ir),
        }
    }
    fn bias(&self, ir: &Ir) -> Option<ValueId> {
        match self {
            Layer::Conv(c) => c.bias(ir),
            Layer::Linear(l) => l.bias(ir),
        }
    }
    /// Output channel of weight `i`.
    fn channel(&self, ir: &Ir, shape: &[i64], i: usize) -> usize {
        let transposed = matches!(self, Layer::Linear(l) if l.transpose(ir));
        let outputs = shape.get(usize::from(transposed)).copied().unwrap_or(1).max(1) as usize;
        let inner = shape.iter().skip(1).product::<i64>().max(1) as usize;
        if transposed { i % outputs } else { i / inner }
    }
}

fn fold_one(ir: &mut Ir, bn: BatchNorm) -> Result<Option<()>, Diagnostic> {
    let x = bn.input(ir);
    let Some(layer) = Layer::of(ir, x).filter(|_| ir.has_one_use(x)) else { return Ok(None) };
    let w = layer.weights(ir);
    let (Some(constant), Some(values)) =
        (ir.defining_op(w).and_then(|o| Constant::cast(ir, o)), constants::attribute(ir, w))
    else {
        return Ok(None);
    };
    let bias = layer.bias(ir).map(|b| constants::floats(ir, b));
    let (Some(weights), Some(g)) = (Elements::of(ir.ctx(), values).ok().and_then(|e| e.floats()), gain(ir, bn)) else {
        return Ok(None);
    };
    let n = g.gain.len();
    let old = match bias {
        None => vec![0.0; n],
        Some(Some(b)) if b.len() == n => b,
        Some(_) => return Ok(None),
    };
    if let Some(c) = (0..n).find(|&c| !g.gain[c].is_finite() || !g.offset[c].is_finite()) {
        return Err(ir.op_error(bn.op(), format!("channel {c} is no finite affine map: check var and epsilon")));
    }
    let shape = shape_of(ir, w);
    let scaled: Vec<f32> = weights
        .iter()
        .enumerate()
        .map(|(i, v)| {
            let gain = g.gain.get(layer.channel(ir, &shape, i)).copied().unwrap_or(1.0);
            (f64::from(*v) * gain) as f32
        })
        .collect();
    let bias: Vec<f32> =
        old.iter().zip(&g.gain).zip(&g.offset).map(|((b, g), o)| (f64::from(*b) * g + o) as f32).collect();

    let ctx = ir.ctx().clone();
    let (weights, bias) = (dense_floats(&ctx, &shape, &scaled), dense_floats(&ctx, &[n as i64], &bias));
    let name = constant.name(ir).map(str::to_string);
    let w_ty = ir.ty(w);
    let new_w = insert(ir, layer.op(), weights, w_ty, name.as_deref());
    let new_b = insert(ir, layer.op(), bias, ctx.tensor(&[n as i64], ctx.f32()), None);
    match layer {
        Layer::Conv(c) => {
            c.set_weights(ir, new_w);
            c.set_bias(ir, Some(new_b));
        }
        Layer::Linear(l) => {
            l.set_weights(ir, new_w);
            l.set_bias(ir, Some(new_b));
        }
    }
    let operands: Vec<ValueId> = ir.operands(bn.op()).skip(1).chain([w]).collect();
    let result = bn.result(ir);
    ir.replace_all_uses(result, x);
    ir.erase(bn.op());
    erase_unused(ir, operands);
    Ok(Some(()))
}

/// Erases constants nobody uses any more.
fn erase_unused(ir: &mut Ir, values: Vec<ValueId>) {
    for v in values {
        if let Some(op) = ir.defining_op(v).filter(|o| ir.is_alive(*o) && Constant::cast(ir, *o).is_some())
            && ir.is_unused(v)
        {
            ir.erase(op);
        }
    }
}

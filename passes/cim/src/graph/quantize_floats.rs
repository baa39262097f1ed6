//! `cim-quantize-floats`: post-training quantisation of a float network whose values have known ranges.

use super::constants::{attribute, insert, shape_of};
use cim_dialect::graph::elements::{Elements, dense_floats, dense_ints};
use cim_dialect::graph::types::{is_f32, is_sequence};
use cim_dialect::graph::{
    Add, AveragePool, BatchNorm, Clip, Concat, Conv2d, Dequantize, Element, GlobalAveragePool, IntType, Linear,
    MaxPool, Mul, Quantize, Relu, Reshape,
};
use cim_ir::core::AttrData;
use cim_ir::{Attribute, Context, Diagnostic, Ir, OpId, ValueId};
use cim_pass::{Pass, PassResult, PassRun, pass};
use std::collections::{HashMap, HashSet};

/// Attribute of an operation: smallest and largest value of its result, `array<f32>` of two numbers.
pub const RANGE: &str = "cim.range";
/// Attribute of the function: ranges of its arguments, an array of such pairs.
pub const INPUT_RANGES: &str = "cim.input_ranges";
/// Attribute of a convolution or linear layer: bits of its weights and of its input, `array<i64>` of two numbers.
pub const BITS: &str = "cim.bits";

pass! {
    /// Quantises a float network: puts quantize and dequantize operations around what crossbars and digital units can do.
    ///
    /// Weights of convolutions and linear layers become integers, symmetric around 0 without the most negative value; their inputs, and
    /// those of residual additions and average pools between such layers, get a quantisation whose scale covers the range in
    /// `cim.range` (of arguments: `cim.input_ranges`): unsigned where nothing is negative, else signed and symmetric, or unsigned
    /// with a zero point when `affine`. `cim.bits` on a layer overrides the bit widths. Run `cim-fold-batch-norm` before, and
    /// `cim-quantize-operators` after it.
    pub struct QuantizeFloats = "cim-quantize-floats", "QuantizeFloats" {
        options {
            /// Bits of weights, 2 to 8
            weight_bits: i64 = 8,
            /// Bits of activations, 2 to 16
            activation_bits: i64 = 8,
            /// One scale for each output channel of the weights
            per_channel: bool = true,
            /// Zero points for activations with negative values
            affine: bool = false,
        }
        statistics {
            /// Layers with quantised weights
            layers = "num-layers",
            /// Quantised activations
            activations = "num-activations",
        }
    }
}

impl Pass for QuantizeFloats {
    fn run(&self, run: &mut PassRun<'_>) -> PassResult {
        let root = run.op();
        let options = Options {
            bits: [self.weight_bits, self.activation_bits],
            per_channel: self.per_channel,
            affine: self.affine,
        };
        let (layers, activations) = quantize_floats(run.ir, root, options)?;
        self.layers.add(layers);
        self.activations.add(activations);
        Ok(())
    }
}

/// How to quantise.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Bits of weights and activations where a layer has none of its own.
    pub bits: [i64; 2],
    /// One weight scale for each output channel.
    pub per_channel: bool,
    /// Zero points for activations with negative values.
    pub affine: bool,
}

/// Quantises all functions inside `root`; the numbers of layers and activations.
///
/// # Errors
/// A value that must be quantised has no range, or bits are out of range.
pub fn quantize_floats(ir: &mut Ir, root: OpId, options: Options) -> Result<(u64, u64), Diagnostic> {
    let mut s = State { ir, options, chip: HashSet::new(), made: HashMap::new(), layers: 0 };
    let ops = s.ir.walk(root);
    for &op in &ops {
        if s.runs_on_chip(op)
            && let Some(r) = s.ir.result(op, 0)
        {
            s.chip.insert(r);
        }
    }
    for &op in &ops {
        s.visit(op)?;
    }
    Ok((s.layers, s.made.len() as u64))
}

struct State<'a> {
    ir: &'a mut Ir,
    options: Options,
    /// Float values that the chip computes.
    chip: HashSet<ValueId>,
    /// Quantised forms of values, by bits.
    made: HashMap<(ValueId, i64), ValueId>,
    layers: u64,
}

/// A layer with weights: its input and weights.
fn layer(ir: &Ir, op: OpId) -> Option<(ValueId, ValueId, usize)> {
    if let Some(c) = Conv2d::cast(ir, op) {
        return Some((c.input(ir), c.weights(ir), 0));
    }
    let l = Linear::cast(ir, op)?;
    Some((l.input(ir), l.weights(ir), usize::from(l.transpose(ir))))
}

impl State<'_> {
    fn is_constant_float(&self, v: ValueId) -> bool {
        attribute(self.ir, v).is_some() && is_f32(self.ir.ctx(), self.ir.ty(v))
    }

    /// Whether the chip computes an operation once its inputs are quantised; operations are asked in program order.
    fn runs_on_chip(&self, op: OpId) -> bool {
        let ir = &*self.ir;
        let has = |v: ValueId| self.chip.contains(&v);
        let Some(result) = ir.result(op, 0).filter(|r| is_f32(ir.ctx(), ir.ty(*r))) else { return false };
        let shape = shape_of(ir, result);
        if shape.len() > 4 || shape.len() == 4 && shape[0] != 1 {
            return false;
        }
        if let Some((_, w, _)) = layer(ir, op) {
            return self.is_constant_float(w);
        }
        if let Some(o) = Add::cast(ir, op) {
            let (a, b) = (o.a(ir), o.b(ir));
            return has(a) && (has(b) && shape_of(ir, a) == shape_of(ir, b) || self.is_constant_float(b))
                || has(b) && self.is_constant_float(a);
        }
        if let Some(o) = Mul::cast(ir, op) {
            let (a, b) = (o.a(ir), o.b(ir));
            return has(a) && self.is_constant_float(b) || has(b) && self.is_constant_float(a);
        }
        if let Some(o) = Reshape::cast(ir, op) {
            return has(o.input(ir)) && !is_sequence(&shape) && !is_sequence(&shape_of(ir, o.input(ir)));
        }
        if let Some(o) = Concat::cast(ir, op) {
            return o.axis(ir) == 1 && !is_sequence(&shape) && o.inputs(ir).iter().all(|v| has(*v));
        }
        let through = Relu::cast(ir, op)
            .map(|o| o.input(ir))
            .or_else(|| Clip::cast(ir, op).map(|o| o.input(ir)))
            .or_else(|| MaxPool::cast(ir, op).map(|o| o.input(ir)))
            .or_else(|| BatchNorm::cast(ir, op).map(|o| o.input(ir)))
            .or_else(|| AveragePool::cast(ir, op).map(|o| o.input(ir)))
            .or_else(|| GlobalAveragePool::cast(ir, op).map(|o| o.input(ir)));
        through.is_some_and(has)
    }

    fn visit(&mut self, op: OpId) -> Result<(), Diagnostic> {
        let Some(result) = self.ir.result(op, 0) else { return Ok(()) };
        if !self.chip.contains(&result) {
            return Ok(());
        }
        if let Some((x, w, out_axis)) = layer(self.ir, op) {
            let [weight_bits, activation_bits] = self.bits(op)?;
            let dq = self.weights(op, w, out_axis, weight_bits)?;
            self.replace_operand(op, w, dq);
            return self.activation(op, x, activation_bits);
        }
        let bits = self.options.bits[1];
        if let Some(o) = Add::cast(self.ir, op) {
            let (a, b) = (o.a(self.ir), o.b(self.ir));
            if self.chip.contains(&a) && self.chip.contains(&b) {
                self.activation(op, a, bits)?;
                self.activation(op, b, bits)?;
            }
        } else if let Some(o) = AveragePool::cast(self.ir, op) {
            let x = o.input(self.ir);
            self.activation(op, x, bits)?;
        } else if let Some(o) = GlobalAveragePool::cast(self.ir, op) {
            let x = o.input(self.ir);
            self.activation(op, x, bits)?;
        }
        Ok(())
    }

    fn replace_operand(&mut self, op: OpId, old: ValueId, new: ValueId) {
        let at: Vec<usize> = self.ir.operands(op).enumerate().filter(|(_, v)| *v == old).map(|(i, _)| i).collect();
        for i in at {
            self.ir.set_operand(op, i, new);
        }
    }

    fn bits(&self, op: OpId) -> Result<[i64; 2], Diagnostic> {
        let ctx = self.ir.ctx();
        let bits = match self.ir.attr(op, BITS).map(|a| ctx.as_i64_array(a)) {
            None => self.options.bits,
            Some(Some(v)) if v.len() == 2 => [v[0], v[1]],
            Some(_) => return Err(self.ir.op_error(op, format!("attribute '{BITS}' must be two numbers"))),
        };
        if !(2..=8).contains(&bits[0]) || !(2..=16).contains(&bits[1]) {
            let text =
                format!("weights of {} and activations of {} bits: 2 to 8 and 2 to 16 are possible", bits[0], bits[1]);
            return Err(self.ir.op_error(op, text));
        }
        Ok(bits)
    }

    /// Integer weights and their dequantisation.
    fn weights(&mut self, op: OpId, w: ValueId, out_axis: usize, bits: i64) -> Result<ValueId, Diagnostic> {
        let ir = &mut *self.ir;
        let ctx = ir.ctx().clone();
        let shape = shape_of(ir, w);
        let elements = attribute(ir, w).map(|a| Elements::of(&ctx, a));
        let Some(Ok(e)) = elements.filter(|e| e.as_ref().is_ok_and(|e| e.elem == Element::F32)) else {
            return Err(ir.op_error(op, "has weights whose values are not in the module"));
        };
        let outputs = shape.get(out_axis).copied().unwrap_or(1).max(1) as usize;
        let inner = shape.iter().skip(out_axis + 1).product::<i64>().max(1) as usize;
        let value = |c: &[u8]| c.try_into().map_or(0.0, f32::from_le_bytes);
        let count = e.count;
        let numbers = || {
            let stored = e.data.chunks_exact(4).map(value);
            stored.cycle().take(count)
        };
        let mut largest = vec![0f32; outputs];
        for (i, v) in numbers().enumerate() {
            let m = &mut largest[i / inner % outputs];
            if !v.is_finite() {
                return Err(ir.op_error(op, "has weights that are not finite"));
            }
            *m = m.max(v.abs());
        }
        if !self.options.per_channel {
            largest = vec![largest.into_iter().fold(0.0, f32::max)];
        }
        let top = ((1i64 << (bits - 1)) - 1) as f32;
        let scale: Vec<f32> =
            largest.iter().map(|m| if *m > 0.0 { (m / top).max(f32::MIN_POSITIVE) } else { 1.0 }).collect();
        let int = IntType { width: bits as u32, signed: true };
        let (lo, hi) = (-(top as i64), top as i64);
        let ints = numbers().enumerate().map(|(i, v)| {
            let s = scale[if scale.len() == 1 { 0 } else { i / inner % outputs }];
            ((v / s).round_ties_even() as i64).clamp(lo, hi)
        });
        let attr = dense_ints(&ctx, &shape, int, ints);
        let name = ir.defining_op(w).and_then(|o| ir.attr(o, "name")).and_then(|a| ctx.as_str(a)).map(str::to_string);
        let q = insert(ir, op, attr, ctx.tensor(&shape, int.ty(&ctx)), name.as_deref());
        let state = Dequantize::builder(&ctx, ir.loc(op))
            .input(q)
            .scale(dense_floats(&ctx, &[scale.len() as i64], &scale))
            .zero_point(&vec![0; scale.len()])
            .axis(out_axis as i64)
            .result(ctx.tensor(&shape, ctx.f32()))
            .build();
        let dq = ir.create(state);
        ir.insert_before(op, dq);
        self.layers += 1;
        Ok(self.ir.result(dq, 0).unwrap_or(w))
    }

    /// Quantises an operand of `op`, once for all its users with the same bits.
    fn activation(&mut self, op: OpId, x: ValueId, bits: i64) -> Result<(), Diagnostic> {
        let new = match self.made.get(&(x, bits)) {
            Some(v) => *v,
            None => {
                let [lo, hi] = self.range(op, x)?;
                let v = self.quantised(op, x, grid(lo, hi, bits, self.options.affine));
                self.made.insert((x, bits), v);
                v
            }
        };
        self.replace_operand(op, x, new);
        Ok(())
    }

    fn range(&self, user: OpId, x: ValueId) -> Result<[f32; 2], Diagnostic> {
        let ir = &*self.ir;
        let ctx = ir.ctx();
        let attr = match ir.defining_op(x) {
            Some(op) => ir.attr(op, RANGE),
            None => ir
                .block_of(user)
                .and_then(|b| Some((ir.args(b).iter().position(|a| *a == x)?, ir.parent_of_block(b)?)))
                .and_then(|(i, f)| match ctx.attr_data(ir.attr(f, INPUT_RANGES)?) {
                    AttrData::Array(items) => items.get(i).copied(),
                    _ => None,
                }),
        };
        match attr.and_then(|a| pair(ctx, a)) {
            Some([lo, hi]) if lo <= hi && lo.is_finite() && hi.is_finite() => Ok([lo, hi]),
            _ => {
                Err(ir
                    .op_error(user, format!("reads a value without a range ('{RANGE}'); calibrate the network first")))
            }
        }
    }

    fn quantised(&mut self, user: OpId, x: ValueId, g: Grid) -> ValueId {
        let ir = &mut *self.ir;
        let ctx = ir.ctx().clone();
        let shape = shape_of(ir, x);
        // Behind its producer, before all users.
        let at = match ir.defining_op(x) {
            Some(op) => ir.next(op),
            None => ir.block_of(user).and_then(|b| ir.ops_of(b).next()),
        };
        let at = at.unwrap_or(user);
        let (loc, scale) = (ir.loc(ir.defining_op(x).unwrap_or(user)), dense_floats(&ctx, &[1], &[g.scale]));
        let q = Quantize::builder(&ctx, loc)
            .input(x)
            .scale(scale)
            .zero_point(&[g.zero])
            .lo(g.lo)
            .hi(g.hi)
            .result(ctx.tensor(&shape, g.int.ty(&ctx)))
            .build();
        let q = ir.create(q);
        ir.insert_before(at, q);
        let Some(ints) = ir.result(q, 0) else { return x };
        let dq = Dequantize::builder(&ctx, loc)
            .input(ints)
            .scale(scale)
            .zero_point(&[g.zero])
            .result(ctx.tensor(&shape, ctx.f32()))
            .build();
        let dq = ir.create(dq);
        ir.insert_before(at, dq);
        ir.result(dq, 0).unwrap_or(x)
    }
}

/// Two floats.
fn pair(ctx: &Context, attr: Attribute) -> Option<[f32; 2]> {
    let AttrData::DenseArray { elem, data } = ctx.attr_data(attr) else { return None };
    let v: Vec<f32> = data.chunks_exact(4).filter_map(|c| c.try_into().ok().map(f32::from_le_bytes)).collect();
    if *elem == ctx.f32() { v.try_into().ok() } else { None }
}

/// A range as an attribute.
pub fn range_attribute(ctx: &Context, [lo, hi]: [f32; 2]) -> Attribute {
    let data: Vec<u8> = [lo, hi].iter().flat_map(|v| v.to_le_bytes()).collect();
    ctx.attr(AttrData::DenseArray { elem: ctx.f32(), data: data.into() })
}

/// Quantisation of an activation.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Grid {
    scale: f32,
    zero: i64,
    lo: i64,
    hi: i64,
    int: IntType,
}

/// The grid of `bits` bits that covers `lo..=hi` and 0.
fn grid(lo: f32, hi: f32, bits: i64, affine: bool) -> Grid {
    let (lo, hi) = (lo.min(0.0), hi.max(0.0));
    let signed = lo < 0.0 && !affine;
    let int = IntType { width: bits as u32, signed };
    let fit = |extent: f32, steps: i64| {
        let s = extent / steps as f32;
        if s > 0.0 && s.is_finite() { s.max(f32::MIN_POSITIVE) } else { 1.0 }
    };
    if signed {
        let scale = fit(hi.max(-lo), int.max());
        return Grid { scale, zero: 0, lo: int.min(), hi: int.max(), int };
    }
    let scale = fit(hi - lo, int.max());
    let zero = ((-lo / scale).round_ties_even() as i64).clamp(0, int.max());
    Grid { scale, zero, lo: 0, hi: int.max(), int }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grids_cover_their_range() {
        let g = grid(0.0, 5.1, 8, false);
        assert_eq!((g.zero, g.lo, g.hi, g.int.signed), (0, 0, 255, false));
        assert!((g.scale - 0.02).abs() < 1e-6);
        let g = grid(-1.0, 0.5, 4, false);
        assert_eq!((g.zero, g.lo, g.hi, g.int.signed), (0, -8, 7, true));
        let g = grid(-1.0, 3.0, 8, true);
        assert_eq!((g.zero, g.int.signed), (64, false));
        assert!((f64::from(g.scale) * 255.0 - 4.0).abs() < 1e-5);
        // A value that never changes from 0.
        assert_eq!(grid(0.0, 0.0, 8, false).scale, 1.0);
    }
}

//! Integer weights, their sums and the bound of accumulators.

use super::super::constants::{elements, shape_of};
use super::view::State;
use cim_dialect::graph::{Dequantize, Elements, IntType};
use cim_ir::ValueId;

/// Weights that are integers in the model.
pub(super) struct Weights {
    /// The constant.
    pub(super) q: ValueId,
    /// One scale, or one per output channel.
    pub(super) scale: Vec<f32>,
    /// Zero point of all of them.
    pub(super) zero: i64,
    int: IntType,
    values: Elements,
    shape: Vec<i64>,
    /// Dimension of the output channels.
    out_axis: usize,
}

/// Sums over the inputs of one output channel.
pub(super) struct ChannelSums {
    /// `sum(w - zero)`
    pub(super) signed: Vec<i64>,
    /// `sum(|w - zero|)`
    pub(super) absolute: Vec<i64>,
}

impl Weights {
    /// The integers behind float weights, or why there are none.
    pub(super) fn of(state: &State<'_>, w: ValueId, out_axis: usize) -> Result<Weights, String> {
        let ir = &*state.ir;
        let d = ir.defining_op(w).and_then(|o| Dequantize::cast(ir, o)).ok_or("its weights are not quantised")?;
        let q = d.input(ir);
        let values = elements(ir, q).ok_or("its weights are not constant")?;
        let int = values.int.ok_or("its weights are not integers")?;
        let scale = Elements::of(ir.ctx(), d.scale(ir)).ok().and_then(|e| e.floats()).unwrap_or_default();
        let zeros = d.zero_point(ir);
        let zero = zeros.first().copied().unwrap_or(0);
        if zeros.iter().any(|z| *z != zero) {
            return Err("the zero points of its weights differ by channel".into());
        }
        let shape = shape_of(ir, q);
        let outputs = shape.get(out_axis).copied().unwrap_or(0);
        if scale.len() != 1 && (d.axis(ir) != out_axis as i64 || scale.len() as i64 != outputs) {
            return Err(format!(
                "the scales of its weights vary along dimension {}, not along the outputs",
                d.axis(ir)
            ));
        }
        if scale.is_empty() || d.bias(ir).is_some() {
            return Err("its weights are not plainly quantised".into());
        }
        if int.width > 8 {
            return Err(format!("its weights are {int}; crossbars hold weights of at most 8 bits"));
        }
        Ok(Weights { q, scale, zero, int, values, shape, out_axis })
    }

    /// Number of output channels.
    pub(super) fn outputs(&self) -> usize {
        self.shape.get(self.out_axis).map_or(0, |o| *o as usize)
    }

    /// Sums of each output channel; one pass over the weights.
    pub(super) fn sums(&self) -> ChannelSums {
        let outputs = self.outputs().max(1);
        let mut sums = ChannelSums { signed: vec![0; outputs], absolute: vec![0; outputs] };
        let inner = self.shape.iter().skip(self.out_axis + 1).product::<i64>().max(1) as usize;
        // One table look-up a byte: weights have at most 8 bits, so at most 256 values.
        let unused = 8 - self.int.width;
        let value = |byte: u8| -> i64 {
            let bits = byte << unused;
            let v = if self.int.signed { i64::from(bits as i8 >> unused) } else { i64::from(bits >> unused) };
            v - self.zero
        };
        let table: Vec<i64> = (0..=255).map(value).collect();
        if self.values.splat {
            let v = self.values.data.first().map_or(0, |b| table[usize::from(*b)]);
            let inputs = (self.values.count / outputs) as i64;
            return ChannelSums { signed: vec![v * inputs; outputs], absolute: vec![v.abs() * inputs; outputs] };
        }
        for (i, chunk) in self.values.data.chunks(inner).enumerate() {
            let (mut signed, mut absolute) = (0, 0);
            for b in chunk {
                let v = table[usize::from(*b)];
                signed += v;
                absolute += v.abs();
            }
            sums.signed[i % outputs] += signed;
            sums.absolute[i % outputs] += absolute;
        }
        sums
    }

    /// Type of the sums for inputs in `lo..=hi`: si32 where the bound is proven, else si64.
    pub(super) fn accumulator(&self, (lo, hi): (i64, i64), sums: &ChannelSums) -> IntType {
        let input = lo.unsigned_abs().max(hi.unsigned_abs()) as i128;
        let largest = sums.absolute.iter().map(|s| i128::from(*s)).max().unwrap_or(0);
        let width = if largest * input <= i128::from(i32::MAX) { 32 } else { 64 };
        IntType { width, signed: true }
    }
}

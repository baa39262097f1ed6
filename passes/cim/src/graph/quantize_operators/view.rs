//! What a float value is in integers.

use cim_dialect::graph::types::int_type;
use cim_dialect::graph::{IntType, Window2d};
use cim_ir::{Ir, OpId, ValueId};
use std::collections::HashMap;

/// `value = (q - zero) * scale`
#[derive(Clone, Copy, Debug)]
pub(super) struct Grid {
    pub(super) q: ValueId,
    pub(super) scale: f32,
    pub(super) zero: i64,
}

/// `value = (acc + acc_bias[c]) * ratio[c] + addend[c]`; each has one entry or one per channel.
#[derive(Clone, Debug)]
pub(super) struct Sum {
    pub(super) acc: ValueId,
    pub(super) ratio: Vec<f64>,
    pub(super) addend: Vec<f64>,
    pub(super) acc_bias: Vec<i64>,
}

impl Sum {
    pub(super) fn of(g: Grid) -> Sum {
        Sum { acc: g.q, ratio: vec![f64::from(g.scale)], addend: vec![0.0], acc_bias: vec![-g.zero] }
    }
    /// Number of channels told apart.
    pub(super) fn channels(&self) -> usize {
        self.ratio.len().max(self.addend.len()).max(self.acc_bias.len())
    }
    /// All lists as long as `n`.
    pub(super) fn widen(&mut self, n: usize) {
        fn fill<T: Copy>(v: &mut Vec<T>, n: usize) {
            if let [x] = v[..] {
                v.resize(n, x);
            }
        }
        fill(&mut self.ratio, n);
        fill(&mut self.addend, n);
        fill(&mut self.acc_bias, n);
    }
    /// Appends `* gain + offset`, one entry or one per channel; false when the lengths do not fit.
    pub(super) fn then(&mut self, gain: &[f64], offset: &[f64]) -> bool {
        let n = self.channels().max(gain.len()).max(offset.len());
        self.widen(n);
        let fits = |len: usize| len == 1 || len == n;
        if !fits(gain.len()) || !fits(offset.len()) || self.ratio.len() != n || self.addend.len() != n {
            return false;
        }
        let at = |v: &[f64], i: usize| v.get(i).or(v.first()).copied().unwrap_or(0.0);
        for i in 0..n {
            self.ratio[i] *= at(gain, i);
            self.addend[i] = self.addend[i] * at(gain, i) + at(offset, i);
        }
        true
    }
}

/// Where a pending value starts.
#[derive(Clone, Debug)]
pub(super) enum Base {
    /// One integer tensor.
    Sum(Sum),
    /// The sum of two.
    Pair {
        a: Grid,
        b: Grid,
        /// The float addition.
        op: OpId,
    },
    /// The mean over windows.
    Mean {
        x: Grid,
        window: Window2d,
        include_pad: bool,
        /// Factor after the mean.
        gain: f64,
        /// The float pool.
        op: OpId,
    },
    /// Side by side.
    Concat {
        parts: Vec<View>,
        axis: i64,
        /// The float concatenation.
        op: OpId,
    },
}

/// An operation that may be done after quantisation instead of before.
#[derive(Clone, Copy, Debug)]
pub(super) enum Post {
    /// Maximum over windows.
    MaxPool(OpId),
    /// Another shape.
    Reshape(OpId),
}

/// A value that waits for its quantisation: `post(clamp(base, lo, hi))`. The clamp commutes with maxima and shapes, so it may also have come after them.
#[derive(Clone, Debug)]
pub(super) struct Pending {
    pub(super) base: Base,
    pub(super) lo: f32,
    pub(super) hi: f32,
    pub(super) post: Vec<Post>,
}

impl Pending {
    pub(super) fn new(base: Base) -> Self {
        Pending { base, lo: f32::NEG_INFINITY, hi: f32::INFINITY, post: Vec::new() }
    }
    /// Nothing but the base: an affine map may still be added.
    pub(super) fn is_bare(&self) -> bool {
        self.lo == f32::NEG_INFINITY && self.hi == f32::INFINITY && self.post.is_empty()
    }
    /// Clamps to `lo..=hi` in addition.
    pub(super) fn clamp(&mut self, lo: f32, hi: f32) {
        (self.lo, self.hi) = (self.lo.max(lo).min(hi), self.hi.max(lo).min(hi));
    }
}

/// What is known of a float value.
#[derive(Clone, Debug)]
pub(super) enum View {
    /// Integers on a grid.
    Grid(Grid),
    /// Waits for a quantisation.
    Pending(Pending),
}

impl View {
    pub(super) fn into_pending(self) -> Pending {
        match self {
            View::Grid(g) => Pending::new(Base::Sum(Sum::of(g))),
            View::Pending(p) => p,
        }
    }
}

/// A grid with a border: what a convolution reads.
#[derive(Clone, Copy, Debug)]
pub(super) struct Padded {
    pub(super) grid: Grid,
    /// Top, left, bottom, right.
    pub(super) pads: [i64; 4],
    /// The integers of the border.
    pub(super) value: i64,
}

/// State of the pass.
pub(super) struct State<'a> {
    pub(super) ir: &'a mut Ir,
    pub(super) views: HashMap<ValueId, View>,
    /// Values that are a grid with a border.
    pub(super) padded: HashMap<ValueId, Padded>,
    /// Known ranges of integer values, where narrower than the type.
    pub(super) ranges: HashMap<ValueId, (i64, i64)>,
    /// Why operations stay float.
    pub(super) reasons: HashMap<OpId, String>,
    pub(super) integer: u64,
}

impl<'a> State<'a> {
    pub(super) fn new(ir: &'a mut Ir) -> Self {
        State {
            ir,
            views: HashMap::new(),
            padded: HashMap::new(),
            ranges: HashMap::new(),
            reasons: HashMap::new(),
            integer: 0,
        }
    }
    /// Integer type of a value.
    pub(super) fn int(&self, value: ValueId) -> Option<IntType> {
        int_type(self.ir.ctx(), self.ir.ty(value))
    }
    /// Range of an integer value.
    pub(super) fn range(&self, value: ValueId) -> Option<(i64, i64)> {
        let known = self.ranges.get(&value).copied();
        known.or_else(|| self.int(value).map(|t| (t.min(), t.max())))
    }
    /// Remembers why an operation stays float.
    pub(super) fn keep(&mut self, op: OpId, reason: impl Into<String>) {
        self.reasons.entry(op).or_insert_with(|| reason.into());
    }
    /// The name property of an operation.
    pub(super) fn name(&self, op: OpId) -> Option<String> {
        self.ir.attr(op, "name").and_then(|a| self.ir.ctx().as_str(a)).map(str::to_string)
    }
}

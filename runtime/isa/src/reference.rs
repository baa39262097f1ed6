//! The quantised network in ONNX terms: what the program claims to compute. Executed by `cim-reference` in plain
//! integers, without crossbars. Tensors are (C, H, W) with an implicit batch of 1; vectors are (C, 1, 1).

use crate::types::{BufferId, ConstId, HostOpId, HostTensorId, IntType, RequantId, Window};

/// Index into [`Reference::tensors`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RefTensorId(pub u32);

/// An integer tensor of the network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefTensor {
    /// Name in the model.
    pub name: String,
    /// (C, H, W).
    pub shape: [u32; 3],
    /// Element type.
    pub elem: IntType,
}

/// Where a layer's output can be seen while the program runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Probe {
    /// Buffer with address, shape and layout.
    pub buffer: BufferId,
    /// Index of the top-level instruction of `main` after which the buffer holds the output.
    pub after: u32,
}

/// What a node computes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefKind {
    /// Host: float input to integers (a quantise operator of the host table writes it).
    Host {
        /// Host operator that produces this tensor from float tensors.
        op: HostOpId,
    },
    /// Convolution, raw integers: `sum x*(w - weight_zero)`, padding reads `window.pad_value`. Weights (O, I/groups, kh, kw).
    Conv {
        /// Weights.
        weights: ConstId,
        /// Geometry.
        window: Window,
        /// Groups.
        groups: u32,
        /// Weight zero point.
        weight_zero: i64,
    },
    /// Linear: weights (O, I), or (I, O) when `transposed`. With one output position the input is flattened in (C, H, W) order; with
    /// more, each position (h, w) has a product over its channels.
    Linear {
        /// Weights.
        weights: ConstId,
        /// Weights are (I, O).
        transposed: bool,
        /// Weight zero point.
        weight_zero: i64,
    },
    /// Requantise per output channel.
    Requantise {
        /// Constants.
        requant: RequantId,
    },
    /// Residual addition of two tensors.
    AddRequantise {
        /// Constants.
        requant: RequantId,
    },
    /// `max(x, 0)`.
    Relu,
    /// `clamp(x, lo, hi)`.
    Clip {
        /// Lower bound.
        lo: i64,
        /// Upper bound.
        hi: i64,
    },
    /// Maximum of the window, padding skipped.
    MaxPool {
        /// Geometry.
        window: Window,
    },
    /// Sum of the window, requantised by the number of counted elements.
    AveragePool {
        /// Geometry.
        window: Window,
        /// Constants, one multiplier per count.
        requant: RequantId,
    },
    /// Same elements in (C, H, W) order, new shape.
    Reshape,
    /// Concatenation along channels.
    Concat,
}

/// One node; nodes are in execution order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefNode {
    /// Layer name, as in the model.
    pub name: String,
    /// What it computes.
    pub kind: RefKind,
    /// Inputs.
    pub inputs: Vec<RefTensorId>,
    /// Output.
    pub output: RefTensorId,
    /// Where to compare; None when the program never stores this tensor (fused into the next).
    pub probe: Option<Probe>,
}

/// The reference section.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Reference {
    /// Tensors.
    pub tensors: Vec<RefTensor>,
    /// Nodes.
    pub nodes: Vec<RefNode>,
    /// Float outputs: host tensors the host operators compute from integer tensors: (host tensor, source tensor).
    pub outputs: Vec<(HostTensorId, RefTensorId)>,
}

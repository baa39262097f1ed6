//! The network of `@network` as data: what lowering decides on and what the reference section says.
//!
//! - [`read`]: from `cim.graph` operations, with diagnostics for what no level below can do
//! - [`host`]: floating-point operations by their ONNX names

mod host;
mod read;

pub use read::{host_elem, read};

use cim_dialect::graph::Element;
use cim_dialect::graph::Rounding;
use cim_dialect::onnx_attributes::OnnxAttributes;
use cim_ir::{Attribute, Context, OpId, Type};
use cim_isa::types::{ElemType, IntType, Window};

/// A tensor of the network.
#[derive(Clone, Debug)]
pub struct Tensor {
    /// Name for reports.
    pub name: String,
    /// Dimensions, batch first.
    pub dims: Vec<u32>,
    /// Element type on the chip; None for a tensor of the host.
    pub elem: Option<IntType>,
    /// Element type on the host.
    pub host: ElemType,
    /// Nodes that read it, in order, once per operand.
    pub users: Vec<usize>,
    /// The network returns it.
    pub is_output: bool,
}

impl Tensor {
    /// The last dimension is the channel: positions of a sequence with their features.
    pub fn channels_last(&self) -> bool {
        matches!(self.dims.len(), 2 | 3)
    }
    /// (C, H, W); a vector is (C, 1, 1), a sequence of positions with features (N, S, C) is (C, N*S, 1).
    pub fn chw(&self) -> [u32; 3] {
        let d = &self.dims;
        match d.len() {
            0 => [1, 1, 1],
            1 => [d[0], 1, 1],
            2 => [d[1], d[0], 1],
            3 => [d[2], d[0] * d[1], 1],
            _ => [d[1], d[2], d[3..].iter().product()],
        }
    }
    /// (H, W, C), the order of buffers.
    pub fn hwc(&self) -> [u32; 3] {
        let [c, h, w] = self.chw();
        [h, w, c]
    }
    /// Elements.
    pub fn len(&self) -> u64 {
        self.dims.iter().map(|&d| u64::from(d)).product()
    }
    /// Never: all dimensions are positive.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Where `cim-place` put an operator.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// First segment; time parts take the following ones.
    pub segment: u32,
    /// First crossbar of each time part. A part that is not the last fills the chip.
    pub crossbars: Vec<u32>,
    /// Copies.
    pub copies: u32,
    /// Row groups spread over crossbars (wordline mode).
    pub remap: bool,
}

/// A convolution or linear layer on integers.
#[derive(Clone, Debug)]
pub struct Mvm {
    /// A linear layer over all elements of its input.
    pub linear: bool,
    /// A linear layer over the channels of each position: a 1x1 convolution with the weights of a linear layer.
    pub each: bool,
    /// Constant.
    pub weights: Attribute,
    /// Name of the constant.
    pub weights_name: String,
    /// Its dimensions.
    pub weight_dims: Vec<u32>,
    /// Its element type.
    pub weight: IntType,
    /// Linear weights are (I, O).
    pub transposed: bool,
    /// Geometry; a linear layer is a 1x1 window over (1, 1, I).
    pub window: Window,
    /// Groups.
    pub groups: u32,
    /// Output channels.
    pub cout: u32,
    /// Weight zero point.
    pub weight_zero: i64,
    /// Placement; None before `cim-place`.
    pub place: Option<Place>,
}

/// Requantisation constants.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Requant {
    /// Multipliers.
    pub m: Vec<i64>,
    /// Multipliers of a second input.
    pub m2: Option<Vec<i64>>,
    /// Addends.
    pub b: Vec<i64>,
    /// Shift.
    pub shift: i64,
    /// Lower clamp.
    pub lo: i64,
    /// Upper clamp.
    pub hi: i64,
}

/// An operand of a host operator.
#[derive(Clone, Debug)]
pub enum HostInput {
    /// A tensor of the host.
    Tensor(usize),
    /// A constant and its name.
    Constant(Attribute, String),
}

/// What a node computes.
#[derive(Clone, Debug)]
pub enum Kind {
    /// Convolution or linear layer.
    Mvm(Box<Mvm>),
    /// Requantise.
    Requantize(Requant),
    /// Residual addition.
    AddRequantize(Requant),
    /// `max(x, 0)`.
    Relu,
    /// `clamp(x, lo, hi)`.
    Clip(i64, i64),
    /// Max pooling.
    MaxPool(Window),
    /// Average pooling.
    AveragePool(Window, Requant),
    /// Same elements, new shape.
    Reshape,
    /// Along channels.
    Concat,
    /// Host: float to integer.
    Quantize {
        /// f32 constant of one element; None = 1, a transfer.
        scale: Option<Attribute>,
        /// Zero point.
        zero: i64,
        /// Lower clamp.
        lo: i64,
        /// Upper clamp.
        hi: i64,
        /// How it rounds.
        rounding: Rounding,
        /// The zero point is added before rounding.
        zero_first: bool,
    },
    /// Host: integer to float.
    Dequantize {
        /// f32 constant of one or C elements; None = 1, a transfer.
        scale: Option<Attribute>,
        /// Zero point.
        zero: i64,
        /// f32 constant.
        bias: Option<Attribute>,
    },
    /// Host: an ONNX operator.
    Onnx {
        /// ONNX name.
        operator: String,
        /// Version of the operator set.
        version: i64,
        /// Which of its results.
        output: i64,
        /// Operands in ONNX order.
        operands: Vec<HostInput>,
        /// Positions of the operands, where some are left out.
        slots: Option<Vec<i64>>,
        /// Attributes.
        attributes: OnnxAttributes,
    },
}

/// One operation.
#[derive(Clone, Debug)]
pub struct Node {
    /// The operation.
    pub op: OpId,
    /// Its position among the operations of the function body; negative for transfers, which have none.
    pub at: i64,
    /// Name in the model.
    pub name: String,
    /// What it computes.
    pub kind: Kind,
    /// Tensors it reads.
    pub inputs: Vec<usize>,
    /// Tensor it computes.
    pub output: usize,
    /// Why it runs on the host, where the graph says so.
    pub reason: Option<String>,
}

/// The network.
#[derive(Clone, Debug, Default)]
pub struct Net {
    /// Tensors: inputs first, then one per node.
    pub tensors: Vec<Tensor>,
    /// Nodes in execution order.
    pub nodes: Vec<Node>,
    /// Inputs: model name and tensor.
    pub inputs: Vec<(String, usize)>,
    /// Outputs: model name and tensor.
    pub outputs: Vec<(String, usize)>,
    /// The leading dimension is symbolic.
    pub batched: bool,
    /// Why convolutions and linear layers are where they are.
    pub reason: String,
}

/// The inverse of [`host_elem`].
pub fn host_type(ctx: &Context, elem: ElemType) -> Type {
    match elem {
        ElemType::Int(t) => ctx.int_signed(t.bits.into(), t.signed),
        ElemType::F32 => ctx.f32(),
        ElemType::F64 => Element::F64.ty(ctx),
        ElemType::F16 => Element::F16.ty(ctx),
        ElemType::BF16 => Element::BF16.ty(ctx),
        ElemType::Bool => ctx.int_signed(1, false),
    }
}

/// A window as 15 numbers: [H, W, C, Ho, Wo, kh, kw, sh, sw, dh, dw, top, left, bottom, right].
pub fn window_numbers(w: &Window) -> [i64; 15] {
    let [h, wd, c] = w.input.map(i64::from);
    let ([ho, wo], [kh, kw]) = (w.output.map(i64::from), w.kernel.map(i64::from));
    let ([sh, sw], [dh, dw]) = (w.stride.map(i64::from), w.dilation.map(i64::from));
    let ([top, left], [bottom, right]) = (w.pad.map(i64::from), w.pad_end.map(i64::from));
    [h, wd, c, ho, wo, kh, kw, sh, sw, dh, dw, top, left, bottom, right]
}

/// The inverse of [`window_numbers`]; None when a number is missing or out of range.
pub fn window_from(n: &[i64], pad_value: i64, count_include_pad: bool) -> Option<Window> {
    let v: Vec<u32> = n.iter().map(|&x| u32::try_from(x).ok()).collect::<Option<_>>()?;
    let [h, w, c, ho, wo, kh, kw, sh, sw, dh, dw, top, left, bottom, right] = *v.as_slice() else { return None };
    Some(Window {
        input: [h, w, c],
        output: [ho, wo],
        kernel: [kh, kw],
        stride: [sh, sw],
        dilation: [dh, dw],
        pad: [top, left],
        pad_value,
        count_include_pad,
        pad_end: [bottom, right],
    })
}

/// The window of a linear layer over `inputs` features.
pub fn linear_window(inputs: u32) -> Window {
    Window {
        input: [1, 1, inputs],
        output: [1, 1],
        kernel: [1, 1],
        stride: [1, 1],
        dilation: [1, 1],
        pad: [0, 0],
        pad_value: 0,
        count_include_pad: false,
        pad_end: [0, 0],
    }
}

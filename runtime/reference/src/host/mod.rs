//! Host operators: pure functions from operands to one result, in f32, in a fixed order, never contracted.
//!
//! One file a family. Operands are in ONNX order, attributes carry their ONNX names; the result's shape is the one the
//! program declares, and an operator whose own rule gives another shape is an error.

mod conv;
mod elementwise;
mod gemm;
mod norm;
mod pool;
mod quantise;
mod shape;

use std::borrow::Cow;

use cim_isa::Program;
use cim_isa::program::{HostKind, HostOp, HostValue};
use cim_isa::types::{Constant, ElemType};

use crate::error::{Kernel, ReferenceError};
use crate::tensor::{FloatTensor, decode, elements};

/// An operand of a host operator.
#[derive(Clone, Copy, Debug)]
pub enum HostArg<'a> {
    /// A float tensor on the host, C order.
    Float {
        /// Dimensions.
        shape: &'a [u32],
        /// `product(shape)` elements.
        data: &'a [f32],
    },
    /// The elements of an integer buffer in (C, H, W) order.
    Int {
        /// (C, H, W).
        shape: [u32; 3],
        /// `C*H*W` elements.
        data: &'a [i64],
    },
    /// A constant of the program.
    Constant(&'a Constant),
}

/// What a host operator computed.
#[derive(Clone, Debug, PartialEq)]
pub enum HostResult {
    /// A float tensor, with the shape the program declares for it.
    Float(FloatTensor),
    /// Integers for a buffer in (C, H, W) order, in the range of its element type.
    Int(Vec<i64>),
}

/// Runs one host operator of a program.
///
/// # Errors
/// An operand or attribute is missing or does not fit, the operator is not one of the list, or the result's shape is not
/// the declared one.
pub fn run(program: &Program, op: &HostOp, args: &[HostArg<'_>]) -> Result<HostResult, ReferenceError> {
    kernel(program, op, args).map_err(|reason| ReferenceError::Host { op: op.name.clone(), reason })
}

/// Number and shapes of the model's inputs (batch 1).
///
/// # Errors
/// Another number of inputs, or another shape than the interface declares.
pub fn check_inputs(program: &Program, inputs: &[FloatTensor]) -> Result<(), ReferenceError> {
    let fail = |name: &str, reason: String| ReferenceError::Interface { what: "input", name: name.to_string(), reason };
    for (i, interface) in program.inputs.iter().enumerate() {
        let declared = program
            .host_tensors
            .get(interface.tensor.index())
            .ok_or_else(|| fail(&interface.name, "the program declares no tensor for it".into()))?;
        let x = inputs.get(i).ok_or_else(|| fail(&interface.name, "it is missing".into()))?;
        if x.shape != declared.shape {
            return Err(fail(&interface.name, format!("shape {:?} given, {:?} needed", x.shape, declared.shape)));
        }
    }
    if let Some(extra) = inputs.len().checked_sub(program.inputs.len()).filter(|&n| n > 0) {
        return Err(fail("", format!("{extra} inputs more than the model has")));
    }
    Ok(())
}

fn kernel(program: &Program, op: &HostOp, args: &[HostArg<'_>]) -> Kernel<HostResult> {
    if args.len() != op.inputs.len() {
        return Err(format!("{} operands given, {} needed", args.len(), op.inputs.len()));
    }
    match &op.kind {
        HostKind::Quantise { scale, zero, lo, hi } => {
            let operands = Operands { args, op };
            Ok(HostResult::Int(quantise::quantise(&operands.float(0)?.data, *scale, *zero, *lo, *hi)?))
        }
        HostKind::Dequantise { scale, zero, bias } => {
            let shape = declared(program, op)?;
            let Some(HostArg::Int { shape: from, data }) = args.first() else {
                return Err("dequantise needs an integer buffer".into());
            };
            let y = quantise::dequantise(program, data, from[0], *scale, *zero, *bias)?;
            Ok(HostResult::Float(FloatTensor::new(shape.to_vec(), y)?))
        }
        HostKind::Float { op: name, ints, floats } => {
            let shape = declared(program, op)?;
            let x = Operands { args, op };
            let a = Attributes { ints, floats };
            let y = match name.as_str() {
                "Conv" => conv::conv(&x, &a)?,
                "Gemm" => gemm::gemm(&x, &a)?,
                "MatMul" => gemm::matmul(&x)?,
                "BatchNormalization" => norm::batch_normalization(&x, &a)?,
                "Relu" => elementwise::relu(&x)?,
                "Clip" => elementwise::clip(&x, &a)?,
                "Add" => elementwise::add(&x)?,
                "MaxPool" => pool::max_pool(&x, &a)?,
                "AveragePool" => pool::average_pool(&x, &a)?,
                "GlobalAveragePool" => pool::global_average_pool(&x)?,
                "Flatten" | "Reshape" => shape::reshape(&x, shape)?,
                "Concat" => shape::concat(&x, &a)?,
                other => return Err(format!("the host has no kernel for operator {other}")),
            };
            if y.shape != shape {
                return Err(format!("{name} gives shape {:?}, the program declares {shape:?}", y.shape));
            }
            Ok(HostResult::Float(y))
        }
    }
}

/// Declared shape of the float output.
fn declared<'p>(program: &'p Program, op: &HostOp) -> Kernel<&'p [u32]> {
    match op.output {
        HostValue::Tensor(t) => {
            let t = program.host_tensors.get(t.index()).ok_or("its output tensor does not exist")?;
            elements(&t.shape)?;
            Ok(&t.shape)
        }
        _ => Err("its output must be a float tensor".into()),
    }
}

/// Operands of an operator, as float tensors.
pub(crate) struct Operands<'a> {
    args: &'a [HostArg<'a>],
    op: &'a HostOp,
}

/// A float operand: a tensor of the host, or a constant decoded.
pub(crate) struct View<'a> {
    shape: &'a [u32],
    data: Cow<'a, [f32]>,
}

impl<'a> Operands<'a> {
    fn len(&self) -> usize {
        self.args.len()
    }

    /// Operand `i`; fails when it is missing or an integer.
    fn float(&self, i: usize) -> Kernel<View<'a>> {
        self.optional(i)?.ok_or_else(|| format!("operand {i} of '{}' is missing", self.op.name))
    }

    /// Operand `i` if it is there.
    fn optional(&self, i: usize) -> Kernel<Option<View<'a>>> {
        let view = match self.args.get(i) {
            None => return Ok(None),
            Some(HostArg::Float { shape, data }) => View { shape, data: Cow::Borrowed(data) },
            Some(HostArg::Constant(c)) if c.elem == ElemType::F32 => {
                let data = c.data.chunks_exact(4).map(|b| f32::from_bits(decode(b, false) as u32)).collect();
                View { shape: &c.shape, data: Cow::Owned(data) }
            }
            Some(_) => return Err(format!("operand {i} of '{}' must be float", self.op.name)),
        };
        if elements(view.shape)? != view.data.len() {
            return Err(format!(
                "operand {i} of '{}' has {} elements, its shape is {:?}",
                self.op.name,
                view.data.len(),
                view.shape
            ));
        }
        Ok(Some(view))
    }
}

/// Attributes of an operator by their ONNX names.
pub(crate) struct Attributes<'a> {
    ints: &'a [(String, Vec<i64>)],
    floats: &'a [(String, f32)],
}

impl Attributes<'_> {
    fn ints(&self, name: &str) -> Option<&[i64]> {
        self.ints.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_slice())
    }

    /// A single integer; a list of another length is an error.
    fn int(&self, name: &str, default: i64) -> Kernel<i64> {
        match self.ints(name) {
            None => Ok(default),
            Some([v]) => Ok(*v),
            Some(v) => Err(format!("attribute {name} needs one value, it has {}", v.len())),
        }
    }

    fn float(&self, name: &str) -> Option<f32> {
        self.floats.iter().find(|(n, _)| n == name).map(|(_, v)| *v)
    }
}

/// Normalises an axis that may count from the end.
fn axis(axis: i64, rank: usize) -> Kernel<usize> {
    let at = if axis < 0 { axis + rank as i64 } else { axis };
    if (0..rank as i64).contains(&at) { Ok(at as usize) } else { Err(format!("axis {axis} is outside rank {rank}")) }
}

//! Host operators of a program: the borders of the chip, and ONNX operators by the kernels of `cim-host`.

mod quantise;

use cim_host::{Attributes, Tensor, TensorType};
use cim_isa::Program;
use cim_isa::program::{HostKind, HostOp, HostValue};
use cim_isa::types::{Constant, HostTensorId};

use crate::error::{Kernel, ReferenceError};
use crate::tensor::elements;

/// An operand of a host operator.
#[derive(Clone, Copy, Debug)]
pub enum HostArg<'a> {
    /// A tensor of the host.
    Tensor(&'a Tensor),
    /// The elements of an integer buffer in (C, H, W) order.
    Int {
        /// (C, H, W).
        shape: [u32; 3],
        /// `C*H*W` elements.
        data: &'a [i64],
    },
    /// A constant of the program.
    Constant(&'a Constant),
    /// An optional operand that is left out.
    Absent,
}

/// What a host operator computed.
#[derive(Clone, Debug, PartialEq)]
pub enum HostResult {
    /// A tensor of the host, of the type the program declares for it.
    Tensor(Tensor),
    /// Integers for a buffer in (C, H, W) order, in the range of its element type.
    Int(Vec<i64>),
}

/// Runs one host operator of a program.
///
/// # Errors
/// An operand or attribute is missing or does not fit, the operator is not one of the list, or the result's type is not
/// the declared one.
pub fn run(program: &Program, op: &HostOp, args: &[HostArg<'_>]) -> Result<HostResult, ReferenceError> {
    kernel(program, op, args).map_err(|reason| ReferenceError::Host { op: op.name.clone(), reason })
}

/// Number and types of the model's inputs (batch 1).
///
/// # Errors
/// Another number of inputs, or another type than the interface declares.
pub fn check_inputs(program: &Program, inputs: &[Tensor]) -> Result<(), ReferenceError> {
    let fail = |name: &str, reason: String| ReferenceError::Interface { what: "input", name: name.to_string(), reason };
    for (i, interface) in program.inputs.iter().enumerate() {
        let wanted = declared(program, interface.tensor).map_err(|e| fail(&interface.name, e))?;
        let x = inputs.get(i).ok_or_else(|| fail(&interface.name, "it is missing".into()))?;
        if x.ty() != wanted {
            return Err(fail(&interface.name, format!("{} given, {wanted} needed", x.ty())));
        }
    }
    if let Some(extra) = inputs.len().checked_sub(program.inputs.len()).filter(|&n| n > 0) {
        return Err(fail("", format!("{extra} inputs more than the model has")));
    }
    Ok(())
}

/// The type that a program declares for a tensor of the host.
fn declared(program: &Program, id: HostTensorId) -> Kernel<TensorType> {
    let t = program.host_tensors.get(id.index()).ok_or("its tensor does not exist")?;
    elements(&t.shape)?;
    Ok(TensorType::declared(t))
}

fn kernel(program: &Program, op: &HostOp, args: &[HostArg<'_>]) -> Kernel<HostResult> {
    if args.len() != op.inputs.len() {
        return Err(format!("{} operands given, {} needed", args.len(), op.inputs.len()));
    }
    match &op.kind {
        HostKind::Quantise { .. } => {
            let (Some(HostArg::Tensor(x)), HostValue::Buffer(to)) = (args.first(), op.output) else {
                return Err("quantise reads a tensor of the host and writes a buffer".into());
            };
            let shape = program.buffers.get(to.index()).map(|b| [b.shape[2], b.shape[0], b.shape[1]]);
            Ok(HostResult::Int(quantise::quantise(&op.kind, &x.to_f32(), shape)?))
        }
        HostKind::Dequantise { .. } => {
            let (Some(HostArg::Int { shape, data }), HostValue::Tensor(to)) = (args.first(), op.output) else {
                return Err("dequantise reads an integer buffer and writes a tensor of the host".into());
            };
            let to = declared(program, to)?;
            let y = quantise::dequantise(program, &op.kind, data, *shape)?;
            if y.len() != to.count() {
                return Err(format!("{} elements computed, {to} declared", y.len()));
            }
            Ok(HostResult::Tensor(quantise::convert(y, to)))
        }
        HostKind::Onnx { op: name, version, result, ints, floats, strings } => {
            let HostValue::Tensor(to) = op.output else { return Err("its output must be a tensor of the host".into()) };
            let to = declared(program, to)?;
            let constants = args.iter().map(decode).collect::<Kernel<Vec<Option<Tensor>>>>()?;
            let values: Vec<Option<&Tensor>> = args
                .iter()
                .zip(&constants)
                .map(|(a, c)| if let HostArg::Tensor(t) = a { Some(*t) } else { c.as_ref() })
                .collect();
            let attributes = Attributes { ints, floats, strings };
            let y = cim_host::result(name, *version, attributes, &values, *result as usize)?;
            if y.ty() != to {
                return Err(format!("{name} gives {}, the program declares {to}", y.ty()));
            }
            Ok(HostResult::Tensor(y))
        }
    }
}

/// A constant operand as a tensor; None for another operand.
fn decode(arg: &HostArg<'_>) -> Kernel<Option<Tensor>> {
    match arg {
        HostArg::Constant(c) => Tensor::constant(c).map(Some),
        HostArg::Int { .. } => Err("it reads a buffer; only quantise and dequantise work on buffers".into()),
        HostArg::Tensor(_) | HostArg::Absent => Ok(None),
    }
}

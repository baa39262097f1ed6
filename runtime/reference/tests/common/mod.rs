//! Builds programs that hold nothing but a reference section.
#![allow(dead_code)] // each test file uses its part

use bytes::Bytes;
use cim_isa::Program;
use cim_isa::program::HostTensor;
use cim_isa::reference::{RefKind, RefNode, RefTensor, RefTensorId, Reference};
use cim_isa::types::*;

/// A program without instructions.
pub fn empty() -> Program {
    Program { name: "test".into(), rows_per_conversion: 1, reference: Some(Reference::default()), ..Program::default() }
}

/// Appends an integer constant.
pub fn ints(p: &mut Program, elem: IntType, shape: &[u32], values: &[i64]) -> ConstId {
    let size = elem.bytes() as usize;
    let data: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()[..size].to_vec()).collect();
    push(p, ElemType::Int(elem), shape, data)
}

/// Appends a float constant.
pub fn floats(p: &mut Program, shape: &[u32], values: &[f32]) -> ConstId {
    push(p, ElemType::F32, shape, values.iter().flat_map(|v| v.to_le_bytes()).collect())
}

fn push(p: &mut Program, elem: ElemType, shape: &[u32], data: Vec<u8>) -> ConstId {
    let id = ConstId(p.constants.len() as u32);
    p.constants.push(Constant { name: format!("c{}", id.0), elem, shape: shape.to_vec(), data: Bytes::from(data) });
    id
}

/// Appends a float tensor.
pub fn host_tensor(p: &mut Program, shape: &[u32]) -> HostTensorId {
    let id = HostTensorId(p.host_tensors.len() as u32);
    p.host_tensors.push(HostTensor { name: format!("t{}", id.0), shape: shape.to_vec(), elem: ElemType::F32 });
    id
}

/// Appends an integer tensor of the reference section.
pub fn tensor(p: &mut Program, shape: [u32; 3], elem: IntType) -> RefTensorId {
    let r = p.reference.as_mut().unwrap();
    let id = RefTensorId(r.tensors.len() as u32);
    r.tensors.push(RefTensor { name: format!("x{}", id.0), shape, elem });
    id
}

/// Appends a node.
pub fn node(p: &mut Program, kind: RefKind, inputs: &[RefTensorId], output: RefTensorId) {
    let r = p.reference.as_mut().unwrap();
    let name = format!("n{}", r.nodes.len());
    r.nodes.push(RefNode { name, kind, inputs: inputs.to_vec(), output, probe: None });
}

/// A node whose input is given by the caller: a source tensor, made known by a host node that is never run.
pub fn source(p: &mut Program, shape: [u32; 3], elem: IntType) -> RefTensorId {
    let t = tensor(p, shape, elem);
    node(p, RefKind::Host { op: HostOpId(0) }, &[], t);
    t
}

/// A window with symmetric padding and the given output extents.
#[allow(clippy::too_many_arguments)]
pub fn window(
    input: [u32; 3],
    kernel: [u32; 2],
    stride: [u32; 2],
    dilation: [u32; 2],
    pad: [u32; 2],
    pad_end: [u32; 2],
    pad_value: i64,
) -> Option<Window> {
    let out = |d: usize| {
        let padded = input[d] + pad[d] + pad_end[d];
        padded.checked_sub(dilation[d] * (kernel[d] - 1) + 1).map(|free| free / stride[d] + 1)
    };
    Some(Window {
        input,
        output: [out(0)?, out(1)?],
        kernel,
        stride,
        dilation,
        pad,
        pad_value,
        count_include_pad: false,
        pad_end,
    })
}

//! Tables of random valid programs.

use bytes::Bytes;

use crate::instr::Space;
use crate::program::*;
use crate::reference::*;
use crate::testing::rng::Rng;
use crate::types::*;

const NAMES: [&str; 6] = ["conv", "a \"b\"\\c", "größe", "line\nbreak\ttab", "\u{7f}\u{1}", ""];

pub(super) fn name(r: &mut Rng, n: usize) -> String {
    format!("{}{n}", r.pick(&NAMES))
}

pub(super) fn int_type(r: &mut Rng, max: u32) -> IntType {
    let signed = r.once_in(2);
    IntType::new(r.size(1, max) as u8, signed)
}

pub(super) fn constant(r: &mut Rng, p: &mut Program, elem: ElemType, shape: &[u32]) -> ConstId {
    let n = p.constants.len();
    let count: u32 = shape.iter().product();
    let mut data = Vec::new();
    for _ in 0..count {
        match elem {
            ElemType::F32 => data.extend((r.bits() as u32).to_le_bytes()),
            ElemType::Int(t) => data.extend(&r.int(t.min(), t.max()).to_le_bytes()[..t.bytes() as usize]),
            ElemType::Bool => data.push(u8::from(r.once_in(2))),
            other => data.extend(&r.bits().to_le_bytes()[..other.bytes() as usize]),
        }
    }
    let name = name(r, n);
    p.constants.push(Constant { name, elem, shape: shape.to_vec(), data: Bytes::from(data) });
    ConstId(n as u32)
}

pub(super) fn requant(r: &mut Rng, p: &mut Program, channels: u32, two: bool, to: IntType) -> RequantId {
    let elem = ElemType::Int(IntType::I64);
    let m = constant(r, p, elem, &[channels]);
    let b = constant(r, p, elem, &[channels]);
    let m2 = two.then(|| constant(r, p, elem, &[channels]));
    let (x, y) = (r.int(to.min(), to.max()), r.int(to.min(), to.max()));
    p.requants.push(Requant { m, b, m2, shift: r.size(1, 62) as u8, lo: x.min(y), hi: x.max(y) });
    RequantId(p.requants.len() as u32 - 1)
}

/// A window over `channels` channels whose every position covers the input.
pub(super) fn window(r: &mut Rng, channels: u32, pad_value: i64) -> Window {
    let mut w = Window {
        input: [0, 0, channels],
        output: [0; 2],
        kernel: [r.size(1, 3), r.size(1, 3)],
        stride: [r.size(1, 2), r.size(1, 2)],
        dilation: [r.size(1, 2), r.size(1, 2)],
        pad: [0; 2],
        pad_value,
        count_include_pad: r.once_in(2),
        pad_end: [0; 2],
    };
    for axis in 0..2 {
        let reach = w.dilation[axis] * (w.kernel[axis] - 1);
        w.input[axis] = r.size(reach + 1, reach + 5);
        w.pad[axis] = r.size(0, reach);
        w.pad_end[axis] = r.size(0, reach);
        w.output[axis] = (w.input[axis] + w.pad[axis] + w.pad_end[axis] - reach - 1) / w.stride[axis] + 1;
        let inside = (w.input[axis] + w.pad[axis] - 1) / w.stride[axis] + 1;
        w.output[axis] = w.output[axis].min(inside);
    }
    w
}

/// A buffer of this shape in fresh L0.
pub(super) fn buffer(r: &mut Rng, p: &mut Program, shape: [u32; 3], elem: IntType) -> BufferId {
    let size = elem.bytes() as u64;
    let gap = r.int(0, 3) as u64 * size;
    let strides = [shape[1] as u64 * shape[2] as u64 * size + gap, shape[2] as u64 * size, size];
    let border = r.int(0, 8) as u64 * size;
    let len = shape[0] as u64 * strides[0] + 2 * border;
    let n = p.buffers.len();
    let start = p.l0_bytes;
    let name = name(r, n);
    p.buffers.push(Buffer { name, space: Space::L0, addr: start + border, alloc: (start, len), shape, strides, elem });
    p.l0_bytes = start + len;
    BufferId(n as u32)
}

/// A convolution with its matrix, tiles, port and (in core mode) residency entry, and a reference node.
pub(super) fn operator(r: &mut Rng, p: &mut Program) {
    let chip = p.chip;
    let input = int_type(r, 8);
    let pad_value = r.int(input.min(), input.max());
    let groups = if r.once_in(3) { 2 } else { 1 };
    let inner = r.size(1, 2);
    let w = window(r, inner * groups, pad_value);
    let k = w.kernel[0] * w.kernel[1];
    let cols = r.size(1, 4);
    let weight = IntType::new(r.size(1, 8) as u8, r.once_in(2));
    let weights = constant(r, p, ElemType::Int(weight), &[groups * cols, inner, w.kernel[0], w.kernel[1]]);
    let n = p.matrices.len();
    let rows = k * inner;
    let name = name(r, n);
    p.matrices.push(Matrix {
        name: name.clone(),
        weights,
        base: 0,
        groups,
        group_stride: (cols * rows) as u64,
        row_dims: vec![(w.kernel[0], w.kernel[1] as u64), (w.kernel[1], 1), (inner, k as u64)],
        cols,
        col_stride: rows as u64,
        inner,
        weight,
        narrow: false,
    });
    let binding =
        BindingSpec { differential: r.once_in(2), bits_to_crossbars: r.once_in(3), cell_bits: r.size(1, 4) as u8 };
    let slices = weight.bits.div_ceil(binding.cell_bits) as u32 * (1 + binding.differential as u32);
    let mut placement = Vec::new();
    for slice in 0..if binding.bits_to_crossbars { slices } else { 1 } {
        let t = Tile { matrix: MatrixId(n as u32), group0: 0, groups, row0: 0, rows, col0: 0, cols, binding, slice };
        p.tiles.push(t);
        placement.push((TileId(p.tiles.len() as u32 - 1), placement.len() as u32));
    }
    let merged = if binding.bits_to_crossbars { 1 } else { slices / (1 + binding.differential as u32) };
    p.ports.push(Port {
        input,
        outputs: cols * groups,
        slices: merged as u8,
        polarities: 1 + (binding.differential && !binding.bits_to_crossbars) as u8,
        cell_bits: binding.cell_bits,
        output: *r.pick(&[IntType::I32, IntType::I64]),
    });
    p.windows.push(w);
    if p.mode == ProgramMode::Cm {
        let per = chip.crossbars_per_core;
        let core = r.size(0, 1);
        placement.retain(|x| x.1 < per);
        placement.iter_mut().for_each(|x| x.1 += core * per);
        p.residents.push(Resident {
            name,
            core,
            cores: 1,
            placement,
            port: PortId(p.ports.len() as u32 - 1),
            offset: r.int(-300, 300),
        });
    }
    reference_nodes(r, p, w, groups, weights, input);
}

fn reference_nodes(r: &mut Rng, p: &mut Program, w: Window, groups: u32, weights: ConstId, input: IntType) {
    let shape = [w.input[0], w.input[1], w.input[2]];
    let source = buffer(r, p, shape, input);
    let count: u32 = shape.iter().product();
    let tensor = HostTensorId(p.host_tensors.len() as u32);
    let tensor_name = name(r, p.host_tensors.len());
    p.host_tensors.push(HostTensor { name: tensor_name, shape: vec![1, count], elem: ElemType::F32 });
    let op = HostOpId(p.host_ops.len() as u32);
    let scale = (r.size(1, 1000) as f32) / 37.0;
    p.host_ops.push(HostOp {
        name: "quantise".into(),
        kind: HostKind::Quantise {
            scale,
            zero: r.int(-9, 9),
            lo: input.min(),
            hi: input.max(),
            rounding: *r.pick(&[None, Some(Rounding::Floor), Some(Rounding::Bipolar)]),
            zero_first: r.once_in(2),
            channels_last: r.once_in(2),
        },
        inputs: vec![HostValue::Tensor(tensor)],
        output: HostValue::Buffer(source),
        reason: "graph input".into(),
    });
    let channels = p.constants[weights.index()].shape[0];
    let to = int_type(r, 8);
    let q = requant(r, p, channels, false, to);
    let probe = match p.main.len() {
        0 => None,
        n if r.once_in(2) => {
            let buffer = buffer(r, p, [w.output[0], w.output[1], channels], to);
            Some(Probe { buffer, after: r.size(0, n as u32 - 1) })
        }
        _ => None,
    };
    let Some(reference) = &mut p.reference else { return };
    let id = |n: usize| RefTensorId(n as u32);
    let t = reference.tensors.len();
    let out = [channels, w.output[0], w.output[1]];
    for (i, (shape, elem)) in
        [([w.input[2], w.input[0], w.input[1]], input), (out, IntType::I64), (out, to)].into_iter().enumerate()
    {
        reference.tensors.push(RefTensor { name: format!("t{}", t + i), shape, elem });
    }
    let conv = RefKind::Conv { weights, window: w, groups, weight_zero: 0 };
    reference.nodes.extend([
        RefNode { name: "in".into(), kind: RefKind::Host { op }, inputs: vec![], output: id(t), probe: None },
        RefNode { name: "conv".into(), kind: conv, inputs: vec![id(t)], output: id(t + 1), probe: None },
        RefNode {
            name: "requantise".into(),
            kind: RefKind::Requantise { requant: q },
            inputs: vec![id(t + 1)],
            output: id(t + 2),
            probe,
        },
    ]);
    reference.outputs.push((tensor, id(t + 2)));
}

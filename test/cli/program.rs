//! A small program written by hand: two inputs of four numbers each, quantised, multiplied by a 4x3 matrix on one crossbar.

use bytes::Bytes;
use cim_isa::instr::{Addr, Affine, Instr, Space};
use cim_isa::program::*;
use cim_isa::reference::{Probe, RefKind, RefNode, RefTensor, RefTensorId, Reference};
use cim_isa::types::*;

/// Weights (O, I) = (3, 4), 4 bits.
pub const WEIGHTS: [[i64; 4]; 3] = [[1, 2, 3, 4], [-1, -2, -3, -4], [7, -8, 0, 5]];

/// What the program computes for one image, written out in plain arithmetic.
pub fn expected(x: [f32; 4]) -> [f32; 3] {
    let q = x.map(|v| (v / 0.25).round_ties_even().clamp(0.0, 15.0) as i64);
    WEIGHTS.map(|row| {
        let acc: i64 = row.iter().zip(q).map(|(w, x)| w * x).sum();
        // round half up of acc / 2, then times 0.5
        ((acc + 1).div_euclid(2)).clamp(-128, 127) as f32 * 0.5
    })
}

fn constant(name: &str, elem: ElemType, shape: &[u32], data: Vec<u8>) -> Constant {
    Constant { name: name.into(), elem, shape: shape.to_vec(), data: Bytes::from(data) }
}

fn addr(space: Space, at: i64) -> Addr {
    Addr { space, at: Affine::constant(at) }
}

fn vector(name: &str, addr: u64, n: u32, elem: IntType) -> Buffer {
    let size = elem.bytes() as u64;
    Buffer {
        name: name.into(),
        space: Space::L0,
        addr,
        alloc: (addr, n as u64 * size),
        shape: [1, 1, n],
        strides: [n as u64 * size, n as u64 * size, size],
        elem,
    }
}

fn layer(name: &str, kind: &str, placement: Placement, reason: &str, main: [u32; 2]) -> Layer {
    Layer {
        name: name.into(),
        kind: kind.into(),
        placement,
        reason: reason.into(),
        window: None,
        cout: 3,
        groups: 1,
        matrix: [0, 0],
        weight_bits: 0,
        activation_bits: 0,
        crossbars: 0,
        cores: 0,
        duplication: 0,
        segment: 0,
        main,
    }
}

/// The program, for `conv-relu-example` in crossbar mode.
pub fn program() -> Program {
    let (ui4, si4, si8, i32t) = (IntType::new(4, false), IntType::new(4, true), IntType::new(8, true), IntType::I32);
    let machine = cim_machine::Machine::preset("conv-relu-example").expect("preset");
    let one = |v: i64| v.to_le_bytes().to_vec();
    let weights = WEIGHTS.iter().flatten().map(|&w| w as i8 as u8).collect();
    let linear = Layer {
        matrix: [4, 3],
        weight_bits: 4,
        activation_bits: 4,
        crossbars: 1,
        cores: 1,
        duplication: 1,
        ..layer("fc", "linear", Placement::Cim, "quantised weights", [1, 6])
    };
    let node = |name: &str, kind, inputs: &[u32], output, buffer, after| RefNode {
        name: name.into(),
        kind,
        inputs: inputs.iter().map(|&i| RefTensorId(i)).collect(),
        output: RefTensorId(output),
        probe: Some(Probe { buffer: BufferId(buffer), after }),
    };
    let tensor = |name: &str, c, elem| RefTensor { name: name.into(), shape: [c, 1, 1], elem };
    Program {
        name: "tiny".into(),
        mode: ProgramMode::Xbm,
        machine: machine.to_yaml(),
        chip: Chip { cores: 2, crossbars_per_core: 2, rows: 32, columns: 128 },
        rows_per_conversion: 16,
        l0_bytes: 24,
        l1_span: 24,
        constants: vec![
            constant("w", ElemType::Int(si4), &[3, 4], weights),
            constant("m", ElemType::Int(IntType::I64), &[1], one(1 << 7)),
            constant("b", ElemType::Int(IntType::I64), &[1], one(0)),
            constant("scale", ElemType::F32, &[1], 0.5f32.to_le_bytes().to_vec()),
        ],
        buffers: vec![vector("x", 0, 4, ui4), vector("acc", 8, 3, i32t), vector("y", 20, 3, si8)],
        matrices: vec![Matrix {
            name: "fc".into(),
            weights: ConstId(0),
            base: 0,
            groups: 1,
            group_stride: 12,
            row_dims: vec![(4, 1)],
            cols: 3,
            col_stride: 4,
            inner: 4,
            weight: si4,
            narrow: false,
        }],
        tiles: vec![Tile {
            matrix: MatrixId(0),
            group0: 0,
            groups: 1,
            row0: 0,
            rows: 4,
            col0: 0,
            cols: 3,
            binding: BindingSpec { differential: false, bits_to_crossbars: false, cell_bits: 2 },
            slice: 0,
        }],
        ports: vec![Port { input: ui4, outputs: 3, slices: 2, polarities: 1, cell_bits: 2, output: i32t }],
        requants: vec![Requant { m: ConstId(1), b: ConstId(2), m2: None, shift: 8, lo: -128, hi: 127 }],
        host_tensors: vec![
            HostTensor { name: "x".into(), shape: vec![1, 4], elem: ElemType::F32 },
            HostTensor { name: "y".into(), shape: vec![1, 3], elem: ElemType::F32 },
        ],
        host_ops: vec![
            HostOp {
                name: "quantise".into(),
                kind: HostKind::Quantise {
                    scale: 0.25,
                    zero: 0,
                    lo: 0,
                    hi: 15,
                    rounding: None,
                    zero_first: false,
                    channels_last: false,
                },
                inputs: vec![HostValue::Tensor(HostTensorId(0))],
                output: HostValue::Buffer(BufferId(0)),
                reason: "graph input".into(),
            },
            HostOp {
                name: "dequantise".into(),
                kind: HostKind::Dequantise { scale: ConstId(3), zero: 0, bias: None, channels_last: false },
                inputs: vec![HostValue::Buffer(BufferId(2))],
                output: HostValue::Tensor(HostTensorId(1)),
                reason: "graph output".into(),
            },
        ],
        inputs: vec![Interface { name: "x".into(), tensor: HostTensorId(0), batched: true }],
        outputs: vec![Interface { name: "y".into(), tensor: HostTensorId(1), batched: true }],
        layers: vec![
            layer("quantise", "quantise", Placement::Host, "graph input", [0, 1]),
            linear,
            layer("dequantise", "dequantise", Placement::Host, "graph output", [6, 7]),
        ],
        init: vec![Instr::WriteXb { xb: Affine::constant(0), tile: TileId(0) }],
        main: vec![
            Instr::Host { op: HostOpId(0) },
            Instr::Mov { dst: addr(Space::L1, 0), src: addr(Space::L0, 0), dims: vec![], bytes: 4, elem: ui4 },
            Instr::ReadXb {
                xb: Affine::constant(0),
                len: 1,
                rows: 4,
                src: addr(Space::L1, 0),
                src_stride: 0,
                dst: addr(Space::L1, 8),
                dst_stride: 0,
                port: PortId(0),
                shift: 0,
                negate: false,
                accumulate: false,
            },
            Instr::Offset {
                dst: addr(Space::L1, 8),
                src: addr(Space::L1, 0),
                input: ui4,
                positions: 1,
                groups: 1,
                inner: 4,
                outputs: 3,
                factor: 8,
                elem: i32t,
            },
            Instr::Mov { dst: addr(Space::L0, 8), src: addr(Space::L1, 8), dims: vec![], bytes: 12, elem: i32t },
            Instr::Requantise {
                dst: addr(Space::L0, 20),
                to: si8,
                src: addr(Space::L0, 8),
                from: i32t,
                len: 3,
                channel: Affine::constant(0),
                channels: 3,
                requant: RequantId(0),
            },
            Instr::Host { op: HostOpId(1) },
        ],
        reference: Some(Reference {
            tensors: vec![tensor("xq", 4, ui4), tensor("acc", 3, i32t), tensor("yq", 3, si8)],
            nodes: vec![
                node("quantise", RefKind::Host { op: HostOpId(0) }, &[], 0, 0, 0),
                node("fc", RefKind::Linear { weights: ConstId(0), transposed: false, weight_zero: 0 }, &[0], 1, 1, 4),
                node("fc.requantise", RefKind::Requantise { requant: RequantId(0) }, &[1], 2, 2, 5),
            ],
            outputs: vec![(HostTensorId(1), RefTensorId(2))],
        }),
        ..Program::default()
    }
}

//! Figure 16 of the CIM-MLC paper: convolution 3x32x32 -> 32, kernel 3, stride 1, padding 1, then ReLU; ui8 times si8 to i32;
//! 2 cores of 2 crossbars of 32x128 2-bit cells, 16 rows at once. Written by hand, independent of the compiler.

use bytes::Bytes;

use crate::instr::{Addr, Affine, Instr, MoveDim, Space};
use crate::program::*;
use crate::reference::{Probe, RefKind, RefNode, RefTensor, RefTensorId, Reference};
use crate::types::*;

const UI8: IntType = IntType::new(8, false);
const SI8: IntType = IntType::new(8, true);

/// The example in one mode, for a square input of `size` pixels (32 in the paper; a multiple of 4).
pub fn conv_relu(mode: ProgramMode, size: u32) -> Program {
    let padded = mode != ProgramMode::Cm;
    let n = size as u64;
    let line = if padded { (n + 2) * 3 } else { n * 3 };
    let input_bytes = if padded { (n + 2) * line } else { n * line };
    let acc = input_bytes.next_multiple_of(4);
    let acc_bytes = n * n * 32 * 4;
    let weights: Vec<u8> = (0..32 * 27u32).map(|i| (i.wrapping_mul(37) >> 2) as u8).collect();
    let binding = BindingSpec { differential: false, bits_to_crossbars: false, cell_bits: 2 };
    let window = Window {
        input: [size, size, 3],
        output: [size, size],
        kernel: [3, 3],
        stride: [1, 1],
        dilation: [1, 1],
        pad: [1, 1],
        pad_value: 0,
        count_include_pad: false,
        pad_end: [1, 1],
    };
    let mut p = Program {
        name: "conv-relu".into(),
        mode,
        machine: "name: conv-relu-example\n".into(),
        rows_per_conversion: 16,
        chip: Chip { cores: 2, crossbars_per_core: 2, rows: 32, columns: 128 },
        l0_bytes: acc + acc_bytes,
        l1_span: 320,
        constants: vec![
            constant("conv.weight", ElemType::Int(SI8), &[32, 3, 3, 3], weights),
            constant("one", ElemType::F32, &[1], 1f32.to_le_bytes().to_vec()),
        ],
        buffers: vec![
            Buffer {
                name: "input".into(),
                space: Space::L0,
                addr: if padded { line + 3 } else { 0 },
                alloc: (0, input_bytes),
                shape: [size, size, 3],
                strides: [line, 3, 1],
                elem: UI8,
            },
            Buffer {
                name: "conv".into(),
                space: Space::L0,
                addr: acc,
                alloc: (acc, acc_bytes),
                shape: [size, size, 32],
                strides: [n * 128, 128, 4],
                elem: IntType::I32,
            },
        ],
        matrices: vec![Matrix {
            name: "conv".into(),
            weights: ConstId(0),
            base: 0,
            groups: 1,
            group_stride: 0,
            row_dims: vec![(3, 3), (3, 1), (3, 9)],
            cols: 32,
            col_stride: 27,
            inner: 3,
            weight: SI8,
            narrow: false,
        }],
        tiles: vec![Tile {
            matrix: MatrixId(0),
            group0: 0,
            groups: 1,
            row0: 0,
            rows: 27,
            col0: 0,
            cols: 32,
            binding,
            slice: 0,
        }],
        ports: vec![Port { input: UI8, outputs: 32, slices: 4, polarities: 1, cell_bits: 2, output: IntType::I32 }],
        host_tensors: vec![
            HostTensor { name: "x".into(), shape: vec![1, 3, size, size], elem: ElemType::F32 },
            HostTensor { name: "y".into(), shape: vec![1, 32, size, size], elem: ElemType::F32 },
        ],
        host_ops: vec![
            HostOp {
                name: "quantise".into(),
                kind: HostKind::Quantise {
                    scale: 1.0,
                    zero: 0,
                    lo: 0,
                    hi: 255,
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
                kind: HostKind::Dequantise { scale: ConstId(1), zero: 0, bias: None, channels_last: false },
                inputs: vec![HostValue::Buffer(BufferId(1))],
                output: HostValue::Tensor(HostTensorId(1)),
                reason: "graph output".into(),
            },
        ],
        inputs: vec![Interface { name: "x".into(), tensor: HostTensorId(0), batched: true }],
        outputs: vec![Interface { name: "y".into(), tensor: HostTensorId(1), batched: true }],
        windows: vec![window],
        ..Program::default()
    };
    let body = match mode {
        ProgramMode::Cm => core_mode(&mut p, n, acc),
        ProgramMode::Xbm => crossbar_mode(&mut p, n, line, acc, false),
        ProgramMode::Wlm => crossbar_mode(&mut p, n, line, acc, true),
    };
    p.main.push(Instr::Host { op: HostOpId(0) });
    if padded {
        p.main.insert(0, Instr::Fill { dst: l0(0, &[]), dims: vec![], len: input_bytes as u32, value: 0, elem: UI8 });
    }
    let first = p.main.len() as u32;
    p.main.extend(body);
    let end = p.main.len() as u32;
    p.main.push(Instr::Host { op: HostOpId(1) });
    p.layers = vec![Layer {
        name: "conv".into(),
        kind: "conv".into(),
        placement: Placement::Cim,
        reason: "matrix-vector products".into(),
        window: Some(window),
        cout: 32,
        groups: 1,
        matrix: [27, 32],
        weight_bits: 8,
        activation_bits: 8,
        crossbars: 1,
        cores: 2,
        duplication: if padded { 4 } else { 2 },
        segment: 0,
        main: [first, end],
    }];
    p.reference = Some(reference(window, size, end - 1));
    p
}

fn constant(name: &str, elem: ElemType, shape: &[u32], data: Vec<u8>) -> Constant {
    Constant { name: name.into(), elem, shape: shape.to_vec(), data: Bytes::from(data) }
}

fn affine(base: u64, terms: &[(u8, i64)]) -> Affine {
    Affine { base: base as i64, terms: terms.to_vec() }
}

fn l0(base: u64, terms: &[(u8, i64)]) -> Addr {
    Addr { space: Space::L0, at: affine(base, terms) }
}

fn l1(core: u64, at: u64) -> Addr {
    Addr { space: Space::L1, at: affine(core * 320 + at, &[]) }
}

/// Each core computes half of the rows, one input row of overlap.
fn core_mode(p: &mut Program, n: u64, acc: u64) -> Vec<Instr> {
    let half = n / 2;
    let mut block = Vec::new();
    for core in 0..2u32 {
        p.residents.push(Resident {
            name: "conv".into(),
            core,
            cores: 1,
            placement: vec![(TileId(0), core * 2)],
            port: PortId(0),
            offset: 128,
        });
        p.init.push(Instr::WriteCore { resident: ResidentId(core) });
        p.windows.push(Window {
            input: [half as u32 + 1, n as u32, 3],
            output: [half as u32, n as u32],
            pad: [1 - core, 1],
            pad_end: [core, 1],
            ..p.windows[0]
        });
        block.push(Instr::ReadCore {
            resident: ResidentId(core),
            window: WindowId(core + 1),
            src: l0(core as u64 * (half - 1) * n * 3, &[]),
            src_pitch: n * 3,
            dst: l0(acc + core as u64 * half * n * 128, &[]),
            dst_pitch: 128,
            accumulate: false,
        });
    }
    let relu = Instr::Relu { dst: l0(acc, &[]), src: l0(acc, &[]), len: (n * n * 32) as u32, elem: IntType::I32 };
    vec![Instr::Parallel { body: block }, relu]
}

/// Four copies, two pixels a core and block; in wordline mode two groups of rows a block.
fn crossbar_mode(p: &mut Program, n: u64, line: u64, acc: u64, wordlines: bool) -> Vec<Instr> {
    const ACC: u64 = 64;
    let rows = [(0u32, 16u32), (16, 11)];
    for xb in 0..4 {
        let xb = affine(xb, &[]);
        if wordlines {
            for (row, len) in rows {
                p.init.push(Instr::WriteRow { xb: xb.clone(), row, tile: TileId(0), tile_row: row, len });
            }
        } else {
            p.init.push(Instr::WriteXb { xb, tile: TileId(0) });
        }
    }
    let parallel = |body: Vec<Instr>| Instr::Parallel { body };
    let mut block = Vec::new();
    let load = |core: u64| Instr::Mov {
        dst: l1(core, 0),
        src: l0(core * 6, &[(0, line as i64), (1, 12)]),
        dims: vec![
            MoveDim { count: 2, src_stride: 3, dst_stride: 27 },
            MoveDim { count: 3, src_stride: line as i64, dst_stride: 9 },
        ],
        bytes: 9,
        elem: UI8,
    };
    block.push(parallel(vec![load(0), load(1)]));
    let read = |xb: u64, group: usize| {
        let (core, slot) = (xb / 2, xb % 2);
        let (row, len) = rows[group];
        let (xb, dst, port) = (affine(xb, &[]), l1(core, ACC + slot * 128), PortId(0));
        let (shift, negate) = (0, false);
        if wordlines {
            let src = l1(core, slot * 27 + row as u64);
            Instr::ReadRow {
                xb,
                row: affine(row as u64, &[]),
                len,
                src,
                dst,
                port,
                shift,
                negate,
                accumulate: group > 0,
            }
        } else {
            let src = l1(core, slot * 27);
            let accumulate = false;
            Instr::ReadXb {
                xb,
                len: 1,
                rows: 27,
                src,
                src_stride: 0,
                dst,
                dst_stride: 0,
                port,
                shift,
                negate,
                accumulate,
            }
        }
    };
    for group in 0..if wordlines { 2 } else { 1 } {
        block.push(parallel((0..4).map(|xb| read(xb, group)).collect()));
    }
    let correct = |xb: u64| Instr::Offset {
        dst: l1(xb / 2, ACC + xb % 2 * 128),
        src: l1(xb / 2, xb % 2 * 27),
        input: UI8,
        positions: 9,
        groups: 1,
        inner: 3,
        outputs: 32,
        factor: 128,
        elem: IntType::I32,
    };
    block.push(parallel((0..4).map(correct).collect()));
    let pixel = |core: u64| l0(acc + core * 256, &[(0, n as i64 * 128), (1, 512)]);
    let store =
        |core: u64| Instr::Mov { dst: pixel(core), src: l1(core, ACC), dims: vec![], bytes: 256, elem: IntType::I32 };
    block.push(parallel(vec![store(0), store(1)]));
    block.push(Instr::Relu { dst: pixel(0), src: pixel(0), len: 128, elem: IntType::I32 });
    vec![Instr::Loop { trip: n, body: vec![Instr::Loop { trip: n / 4, body: block }] }]
}

fn reference(window: Window, size: u32, after: u32) -> Reference {
    let tensor = |name: &str, channels, elem| RefTensor { name: name.into(), shape: [channels, size, size], elem };
    let node = |name: &str, kind, inputs: &[u32], output, probe| RefNode {
        name: name.into(),
        kind,
        inputs: inputs.iter().map(|&x| RefTensorId(x)).collect(),
        output: RefTensorId(output),
        probe,
    };
    Reference {
        tensors: vec![tensor("xq", 3, UI8), tensor("conv", 32, IntType::I32), tensor("relu", 32, IntType::I32)],
        nodes: vec![
            node("quantise", RefKind::Host { op: HostOpId(0) }, &[], 0, None),
            node("conv", RefKind::Conv { weights: ConstId(0), window, groups: 1, weight_zero: 0 }, &[0], 1, None),
            node("relu", RefKind::Relu, &[1], 2, Some(Probe { buffer: BufferId(1), after })),
        ],
        outputs: vec![(HostTensorId(1), RefTensorId(2))],
    }
}

//! A network of the size of the digits example, written by hand in crossbar and wordline mode: images per second.
//!
//! Layers: 3x3 convolutions 1-16 (8x8), 16-32 (stride 2), 32-32, maximum pooling, linear 128-64 and 64-10.

#[path = "../tests/support/mod.rs"]
mod support;

use std::sync::Arc;

use cim_isa::Program;
use cim_isa::instr::{Affine, Instr, MoveDim, PoolKind, Space};
use cim_isa::program::ProgramMode;
use cim_isa::types::*;
use cim_machine::Machine;
use cim_sim::{EngineChoice, NoProbe, Simulator};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use support::*;

struct Layer {
    /// Input extent and channels, kernel, stride, output extent and channels.
    geometry: [i64; 6],
    weight_bits: u8,
    input_bits: u8,
}

struct Builder {
    p: Program,
    machine: Machine,
    xb: i64,
    /// Next free byte of L0.
    top: i64,
}

impl Builder {
    /// A padded buffer: address of element (0, 0, 0) of the interior and row pitch.
    fn buffer(&mut self, extent: i64, channels: i64, pad: i64) -> (i64, i64) {
        let pitch = (extent + 2 * pad) * channels;
        let at = self.top;
        self.top += pitch * (extent + 2 * pad);
        let len = (self.top - at) as u32;
        self.p.main.push(Instr::Fill { dst: l0(at), dims: vec![], len, value: 0, elem: IntType::new(8, false) });
        (at + pad * (pitch + channels), pitch)
    }

    fn layer(&mut self, layer: &Layer, src: (i64, i64), dst: (i64, i64)) {
        let [_, channels, kernel, stride, out, cols] = layer.geometry;
        let input = IntType::new(layer.input_bits, false);
        let case = Case {
            positions: (kernel * kernel) as u32,
            inner: channels as u32,
            cols: cols as u32,
            groups: 1,
            weight: IntType::new(layer.weight_bits, true),
            narrow: true,
            differential: false,
            crossbars: false,
            input,
            seed: self.xb as u64,
        };
        let layout = case.layout(&self.machine);
        let matrix = case.matrix(&mut self.p);
        let binding = BindingSpec { differential: false, bits_to_crossbars: false, cell_bits: layout.cell_bits };
        let tiles: Vec<_> = case.cut(&self.machine).tiles().collect();
        let row_tiles = tiles.iter().map(|t| t.row0).max().map_or(1, |r| i64::from(r) / 128 + 1);
        self.p.ports.push(Port { output: IntType::I32, ..case.port(&self.machine, tiles[0].cols) });
        let port = PortId(self.p.ports.len() as u32 - 1);
        let core = self.xb / 16 * self.p.l1_span as i64;
        let (inputs, accs) = (core, core + 1024);
        let run = kernel * channels;
        let terms = [(0u8, stride * src.1), (1, stride * channels)];
        let corner = if kernel == 3 { src.0 - src.1 - channels } else { src.0 };
        let mut body = vec![Instr::Mov {
            dst: l1(inputs),
            src: along(Space::L0, corner, &terms),
            dims: vec![MoveDim { count: kernel as u32, src_stride: src.1, dst_stride: run }],
            bytes: run as u32,
            elem: input,
        }];
        let mut reads = Vec::new();
        let mut sequences = Vec::new();
        for t in &tiles {
            let tile = Tile {
                matrix,
                group0: 0,
                groups: 1,
                row0: t.row0,
                rows: t.rows,
                col0: t.col0,
                cols: t.cols,
                binding,
                slice: 0,
            };
            self.p.tiles.push(tile);
            let id = TileId(self.p.tiles.len() as u32 - 1);
            let xb = Affine::constant(self.xb);
            self.xb += 1;
            let source = inputs + i64::from(t.row0);
            let dst = l1(accs + i64::from(t.row0) / 128 * 512 + i64::from(t.col0) * 4);
            if self.p.mode == ProgramMode::Xbm {
                self.p.init.push(Instr::WriteXb { xb: xb.clone(), tile: id });
                reads.push(Instr::ReadXb {
                    xb,
                    len: 1,
                    rows: t.rows,
                    src: l1(source),
                    src_stride: 0,
                    dst,
                    dst_stride: 0,
                    port,
                    shift: 0,
                    negate: false,
                    accumulate: false,
                });
            } else {
                self.p.init.push(Instr::WriteRow { xb: xb.clone(), row: 0, tile: id, tile_row: 0, len: t.rows });
                let read = |row: Affine, len: u32, src, accumulate| Instr::ReadRow {
                    xb: xb.clone(),
                    row,
                    len,
                    src,
                    dst: dst.clone(),
                    port,
                    shift: 0,
                    negate: false,
                    accumulate,
                };
                sequences.push(read(Affine::constant(0), 8.min(t.rows), l1(source), false));
                let whole = t.rows / 8;
                if whole > 1 {
                    let row = Affine { base: 8, terms: vec![(2, 8)] };
                    let src = along(Space::L1, source + 8, &[(2, 8)]);
                    let body = vec![read(row, 8, src, true)];
                    sequences.push(Instr::Loop { trip: u64::from(whole - 1), body });
                }
                if t.rows > 8 && t.rows % 8 > 0 {
                    let row = i64::from(whole * 8);
                    sequences.push(read(Affine::constant(row), t.rows % 8, l1(source + row), true));
                }
            }
        }
        self.xb = (self.xb + 15) / 16 * 16;
        if !reads.is_empty() {
            body.push(Instr::Parallel { body: reads });
        }
        body.extend(sequences);
        if row_tiles > 1 {
            body.push(Instr::ReduceAdd {
                dst: l1(accs),
                src: l1(accs + 512),
                count: row_tiles as u32 - 1,
                stride: 512,
                len: cols as u32,
                elem: IntType::I32,
                accumulate: true,
            });
        }
        body.push(Instr::Offset {
            dst: l1(accs),
            src: l1(inputs),
            input,
            positions: 1,
            groups: 1,
            inner: case.rows(),
            outputs: cols as u32,
            factor: layout.offset(),
            elem: IntType::I32,
        });
        let staged = 1 << 15;
        body.push(Instr::Mov {
            dst: l0(staged),
            src: l1(accs),
            dims: vec![],
            bytes: 4 * cols as u32,
            elem: IntType::I32,
        });
        let m = constant(&mut self.p, "m", IntType::I64, &vec![1 << 24; cols as usize]);
        let b = constant(&mut self.p, "b", IntType::I64, &vec![1 << 31; cols as usize]);
        self.p.requants.push(Requant { m, b, m2: None, shift: 31, lo: 0, hi: 7 });
        body.push(Instr::Requantise {
            dst: along(Space::L0, dst.0, &[(0, dst.1), (1, cols)]),
            to: IntType::new(8, false),
            src: l0(staged),
            from: IntType::I32,
            len: cols as u32,
            channel: Affine::constant(0),
            channels: cols as u32,
            requant: RequantId(self.p.requants.len() as u32 - 1),
        });
        let inner = Instr::Loop { trip: out as u64, body };
        self.p.main.push(Instr::Loop { trip: out as u64, body: vec![inner] });
    }
}

fn network(mode: ProgramMode) -> (Program, Machine) {
    let machine = Machine::preset("isaac-baseline").expect("preset");
    let mut b = Builder { p: empty(mode, 1 << 16, 4096), machine, xb: 0, top: 0 };
    let conv = |geometry, weight_bits, input_bits| Layer { geometry, weight_bits, input_bits };
    let x = b.buffer(8, 1, 1);
    b.p.main.push(Instr::Fill { dst: l0(20), dims: vec![], len: 60, value: 37, elem: IntType::new(8, false) });
    let y1 = b.buffer(8, 16, 1);
    let y2 = b.buffer(4, 32, 1);
    let y3 = b.buffer(4, 32, 0);
    let y4 = b.buffer(2, 32, 0);
    let y5 = b.buffer(1, 64, 0);
    let y6 = b.buffer(1, 10, 0);
    b.layer(&conv([8, 1, 3, 1, 8, 16], 8, 6), x, y1);
    b.layer(&conv([8, 16, 3, 2, 4, 32], 2, 4), y1, y2);
    b.layer(&conv([4, 32, 3, 1, 4, 32], 3, 3), y2, y3);
    let elem = IntType::new(8, false);
    for (name, at, n) in [("y3", y3.0, 4u32), ("y4", y4.0, 2)] {
        let (addr, strides) = (at as u64, [u64::from(n) * 32, 32, 1]);
        b.p.buffers.push(Buffer {
            name: name.into(),
            space: Space::L0,
            addr,
            alloc: (addr, u64::from(n * n * 32)),
            shape: [n, n, 32],
            strides,
            elem,
        });
    }
    b.p.windows.push(Window {
        input: [4, 4, 32],
        output: [2, 2],
        kernel: [2, 2],
        stride: [2, 2],
        dilation: [1, 1],
        pad: [0, 0],
        pad_value: 0,
        count_include_pad: false,
        pad_end: [0, 0],
    });
    b.p.main.push(Instr::Pool { kind: PoolKind::Max, dst: BufferId(1), src: BufferId(0), window: WindowId(0) });
    b.layer(&conv([1, 128, 1, 1, 1, 64], 4, 3), y4, y5);
    b.layer(&conv([1, 64, 1, 1, 1, 10], 6, 5), y5, y6);
    (b.p, b.machine)
}

fn digits(c: &mut Criterion) {
    let mut group = c.benchmark_group("digits");
    group.throughput(Throughput::Elements(1));
    for mode in [ProgramMode::Xbm, ProgramMode::Wlm] {
        let (program, machine) = network(mode);
        let found = cim_sim::check::check(&program, &machine, cim_sim::check::CheckOptions::default());
        assert!(found.is_empty(), "{found:?}");
        group.bench_function(format!("{mode:?}/check"), |b| {
            b.iter(|| cim_sim::check::check(&program, &machine, cim_sim::check::CheckOptions::default()))
        });
        let program = Arc::new(program);
        for engine in [EngineChoice::BitSliced, EngineChoice::Exact] {
            let mut sim = Simulator::new(Arc::clone(&program), &machine, options(engine)).expect("fits");
            sim.init(&NoHost).expect("programs");
            group.bench_function(format!("{mode:?}/{engine:?}"), |b| {
                b.iter(|| sim.run(&[], &NoHost, &mut NoProbe).expect("runs"))
            });
        }
    }
    group.finish();
}

criterion_group!(benches, digits);
criterion_main!(benches);

//! Layers written by hand in crossbar and wordline mode.

use cim_isa::Program;
use cim_isa::instr::{Affine, Instr, MoveDim, Space};
use cim_isa::program::ProgramMode;
use cim_isa::types::*;
use cim_machine::Machine;

use crate::support::*;

/// A convolution or a linear layer.
pub struct Layer {
    /// Input extent and channels, kernel, stride, output extent and channels.
    pub geometry: [i64; 6],
    pub weight_bits: u8,
    pub input_bits: u8,
}

/// Writes layers one after the other, each a loop nest over output pixels.
pub struct Builder {
    pub p: Program,
    pub machine: Machine,
    /// Next free crossbar.
    pub xb: i64,
    /// Next free byte of L0.
    pub top: i64,
    /// Accumulators in L0 before they are requantised.
    pub staged: i64,
}

impl Builder {
    /// A padded buffer: address of element (0, 0, 0) of the interior and row pitch.
    pub fn buffer(&mut self, extent: i64, channels: i64, pad: i64) -> (i64, i64) {
        let pitch = (extent + 2 * pad) * channels;
        let at = self.top;
        self.top += pitch * (extent + 2 * pad);
        let len = (self.top - at) as u32;
        self.p.main.push(Instr::Fill { dst: l0(at), dims: vec![], len, value: 0, elem: IntType::new(8, false) });
        (at + pad * (pitch + channels), pitch)
    }

    /// A layer on crossbars of its own.
    pub fn layer(&mut self, layer: &Layer, src: (i64, i64), dst: (i64, i64)) {
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
        let run = kernel * channels;
        let line = 4 * cols;
        let (inputs, accs) = (core, core + (kernel * run + 63) / 64 * 64);
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
            let dst = l1(accs + i64::from(t.row0) / 128 * line + i64::from(t.col0) * 4);
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
                src: l1(accs + line),
                count: row_tiles as u32 - 1,
                stride: line as u64,
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
        let staged = self.staged;
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

//! Random valid programs: every instruction, every table, odd names and numbers; valid for the loader, not meant to be executed.

use bytes::Bytes;

use crate::instr::{Addr, Affine, Instr, MoveDim, PoolKind, Space};
use crate::program::*;
use crate::reference::Reference;
use crate::testing::network::{buffer, constant, int_type, name, operator, requant, window};
use crate::testing::rng::Rng;
use crate::types::*;

/// Number of instructions as written, loops and blocks included.
pub fn write_count(body: &[Instr]) -> usize {
    body.iter()
        .map(|i| match i {
            Instr::Loop { body, .. } | Instr::Parallel { body } => 1 + write_count(body),
            _ => 1,
        })
        .sum()
}

/// A valid program with about `size` instructions; the same for the same arguments.
pub fn random_program(seed: u64, size: usize) -> Program {
    let mut r = Rng::new(seed);
    let mode = *r.pick(&[ProgramMode::Cm, ProgramMode::Xbm, ProgramMode::Wlm]);
    let mut p = Program {
        name: name(&mut r, 0),
        mode,
        machine: r.pick(&["", "name: m\ncores: 2\n", "odd\r\n\u{0}", "\n\n  indented: 1"]).to_string(),
        lossy: r.once_in(2),
        rows_per_conversion: r.size(1, 16),
        chip: Chip { cores: 2, crossbars_per_core: 4, rows: 64, columns: 256 },
        l0_bytes: 4096,
        l1_span: 2048,
        reference: (!r.once_in(4)).then(Reference::default),
        ..Program::default()
    };
    let operators = 1 + size / 8;
    for _ in 0..operators {
        operator(&mut r, &mut p);
    }
    let mut g = Gen { r, p, trips: Vec::new() };
    g.floats();
    let mut init = Vec::new();
    for _ in 0..size / 4 {
        init.push(g.leaf());
    }
    g.p.init = init;
    g.p.main = g.body(size, 3);
    // More operators now that probes can name instructions.
    operator(&mut g.r, &mut g.p);
    g.layers();
    g.unknown();
    g.p
}

struct Gen {
    r: Rng,
    p: Program,
    trips: Vec<u64>,
}

/// A place in one core's L1 or in L0.
#[derive(Clone, Copy)]
enum At {
    L0,
    Core(u64),
}

impl Gen {
    fn body(&mut self, size: usize, depth: usize) -> Vec<Instr> {
        let mut out = Vec::new();
        while out.len() < size.max(1) {
            if depth > 0 && self.r.once_in(5) {
                let trip = *self.r.pick(&[1, 2, 3, 7, 100, 1 << 12]);
                self.trips.push(trip);
                let part = self.r.size(1, 1 + size as u32 / 4) as usize;
                let body = self.body(part, depth - 1);
                self.trips.pop();
                out.push(Instr::Loop { trip, body });
            } else if self.r.once_in(6) {
                let n = self.r.size(1, 4);
                out.push(Instr::Parallel { body: (0..n).map(|_| self.leaf()).collect() });
            } else {
                out.push(self.leaf());
            }
        }
        out
    }

    /// An affine expression with values in `lo..=hi`.
    fn affine(&mut self, lo: i64, hi: i64) -> Affine {
        let mut room = hi - lo;
        let (mut base, mut terms) = (lo, Vec::new());
        for (depth, &trip) in self.trips.clone().iter().enumerate() {
            if self.r.once_in(2) {
                continue;
            }
            let steps = trip as i64 - 1;
            let largest = if steps == 0 { 1000 } else { room / steps };
            if largest == 0 {
                continue;
            }
            let c = self.r.int(1, largest);
            let c = if self.r.once_in(3) { -c } else { c };
            room -= c.abs() * steps;
            if c < 0 {
                base -= c * steps;
            }
            terms.push((depth as u8, c));
        }
        Affine { base: base + self.r.int(0, room), terms }
    }

    fn place(&mut self) -> At {
        if self.r.once_in(2) { At::L0 } else { At::Core(self.r.int(0, 1) as u64) }
    }

    /// An address from which `below..above` bytes are in the memory.
    fn addr(&mut self, at: At, below: i64, above: i64) -> Addr {
        let (space, start, end) = match at {
            At::L0 => (Space::L0, 0, self.p.l0_bytes as i64),
            At::Core(c) => (Space::L1, (c * self.p.l1_span) as i64, ((c + 1) * self.p.l1_span) as i64),
        };
        Addr { space, at: self.affine(start - below, end - above) }
    }
    fn vector(&mut self, len: u32, elem: IntType) -> Addr {
        let at = self.place();
        self.addr(at, 0, len as i64 * elem.bytes() as i64)
    }

    fn dims(&mut self, fill: bool) -> Vec<MoveDim> {
        let n = self.r.size(0, 4);
        let stride = |g: &mut Self| g.r.int(-20, 20);
        (0..n)
            .map(|_| MoveDim {
                count: self.r.size(1, 3),
                src_stride: if fill { 0 } else { stride(self) },
                dst_stride: stride(self),
            })
            .collect()
    }
    fn strided(&mut self, dims: &[MoveDim], bytes: i64, stride: fn(&MoveDim) -> i64) -> Addr {
        let reach = |d: &MoveDim| stride(d) * (d.count as i64 - 1);
        let below = dims.iter().map(|d| reach(d).min(0)).sum();
        let above: i64 = dims.iter().map(|d| reach(d).max(0)).sum();
        let at = self.place();
        self.addr(at, below, above + bytes)
    }

    fn tile(&mut self) -> TileId {
        TileId(self.r.size(0, self.p.tiles.len() as u32 - 1))
    }
    /// A crossbar with this many after it in its core, as (core, expression).
    fn crossbar(&mut self, len: u32) -> (u64, Affine) {
        let core = self.r.int(0, 1);
        let per = self.p.chip.crossbars_per_core as i64;
        let xb = self.affine(core * per, (core + 1) * per - len as i64);
        // A term that is a multiple of a core's crossbars would move to another core.
        if xb.terms.iter().any(|t| t.1 % per == 0) {
            return (core as u64, Affine::constant(core * per));
        }
        (core as u64, xb)
    }

    fn leaf(&mut self) -> Instr {
        if self.r.once_in(3) {
            return self.crossbar_leaf();
        }
        let len = self.r.size(1, 24);
        let elem = int_type(&mut self.r, 63);
        match self.r.size(0, 13) {
            0 => Instr::Relu { dst: self.vector(len, elem), src: self.vector(len, elem), len, elem },
            1 => {
                let (x, y) = (self.r.int(elem.min(), elem.max()), self.r.int(elem.min(), elem.max()));
                let (lo, hi) = (x.min(y), x.max(y));
                Instr::Clip { dst: self.vector(len, elem), src: self.vector(len, elem), len, elem, lo, hi }
            }
            2 => {
                let (dst, a, b) = (self.vector(len, elem), self.vector(len, elem), self.vector(len, elem));
                Instr::Add { dst, a, b, len, elem }
            }
            3 => {
                let (dst, a, b) = (self.vector(len, elem), self.vector(len, elem), self.vector(len, elem));
                Instr::Mul { dst, a, b, len, elem }
            }
            4 => {
                let (count, stride) = (self.r.size(1, 4), self.r.int(0, 50) as u64);
                let reach = (count - 1) * stride as u32 + len * elem.bytes();
                let src = self.vector(reach, IntType::new(8, true));
                let accumulate = self.r.once_in(2);
                Instr::ReduceAdd { dst: self.vector(len, elem), src, count, stride, len, elem, accumulate }
            }
            5 => {
                let (shift, negate) = (self.r.size(0, elem.bits as u32 - 1) as u8, self.r.once_in(2));
                Instr::ShiftAcc { dst: self.vector(len, elem), src: self.vector(len, elem), len, shift, negate, elem }
            }
            6 => {
                let [positions, groups, inner, outputs] = [(); 4].map(|()| self.r.size(1, 4));
                let input = int_type(&mut self.r, 8);
                let (dst, src) = (self.vector(groups * outputs, elem), self.vector(positions * groups * inner, input));
                let factor = self.r.int(-(1 << 32), 1 << 32);
                Instr::Offset { dst, src, input, positions, groups, inner, outputs, factor, elem }
            }
            7 => {
                let (to, channels, times) = (int_type(&mut self.r, 8), self.r.size(1, 5), self.r.size(1, 3));
                let extra = self.r.size(0, 4);
                let requant = requant(&mut self.r, &mut self.p, channels + extra, false, to);
                let len = channels * times;
                let channel = if channels + extra == 1 { self.affine(-5, 5) } else { self.affine(0, extra as i64) };
                let (dst, src) = (self.vector(len, to), self.vector(len, elem));
                Instr::Requantise { dst, to, src, from: elem, len, channel, channels, requant }
            }
            8 => {
                let to = int_type(&mut self.r, 8);
                let requant = requant(&mut self.r, &mut self.p, 1, true, to);
                let b_elem = int_type(&mut self.r, 8);
                let (dst, a, b) = (self.vector(len, to), self.vector(len, elem), self.vector(len, b_elem));
                Instr::AddRequantise { dst, to, a, a_elem: elem, b, b_elem, len, requant }
            }
            9 => self.pool(),
            10 => {
                let value = self.r.int(elem.min(), elem.max());
                let dims = self.dims(true);
                let dst = self.strided(&dims, len as i64 * elem.bytes() as i64, |d| d.dst_stride);
                Instr::Fill { dst, dims, len, value, elem }
            }
            11 => Instr::Host { op: HostOpId(self.r.size(0, self.p.host_ops.len() as u32 - 1)) },
            _ => {
                let dims = self.dims(false);
                let bytes = len * elem.bytes();
                let src = self.strided(&dims, bytes as i64, |d| d.src_stride);
                let dst = self.strided(&dims, bytes as i64, |d| d.dst_stride);
                Instr::Mov { dst, src, dims, bytes, elem }
            }
        }
    }

    fn pool(&mut self) -> Instr {
        let elem = int_type(&mut self.r, 8);
        let pad_value = self.r.int(elem.min(), elem.max());
        let channels = self.r.size(1, 4);
        let w = window(&mut self.r, channels, pad_value);
        let src = buffer(&mut self.r, &mut self.p, w.input, elem);
        let dst = buffer(&mut self.r, &mut self.p, [w.output[0], w.output[1], channels], elem);
        let kind = if self.r.once_in(2) {
            PoolKind::Max
        } else {
            PoolKind::Average(requant(&mut self.r, &mut self.p, w.kernel[0] * w.kernel[1], false, elem))
        };
        self.p.windows.push(w);
        Instr::Pool { kind, dst, src, window: WindowId(self.p.windows.len() as u32 - 1) }
    }

    fn crossbar_leaf(&mut self) -> Instr {
        let tile = self.tile();
        let n = self.r.size(0, self.p.ports.len() as u32 - 1);
        let (port, t) = (PortId(n), self.p.ports[n as usize]);
        let (shift, negate, accumulate) =
            (self.r.size(0, t.output.bits as u32 - 1) as u8, self.r.once_in(2), self.r.once_in(2));
        let (size, out) = (t.input.bytes(), t.outputs * t.output.bytes());
        match (self.p.mode, self.r.once_in(3)) {
            (ProgramMode::Cm, true) => {
                Instr::WriteCore { resident: ResidentId(self.r.size(0, self.p.residents.len() as u32 - 1)) }
            }
            (ProgramMode::Cm, false) => self.read_core(accumulate),
            (ProgramMode::Xbm, true) => Instr::WriteXb { xb: self.crossbar(1).1, tile },
            (ProgramMode::Xbm, false) => {
                let (len, rows) = (self.r.size(1, 3), self.r.size(1, 27));
                let (core, xb) = self.crossbar(len);
                let [src_stride, dst_stride] = [(); 2].map(|()| self.r.int(0, 64) as u64);
                let reach = |stride: u64, n: u32| ((len as u64 - 1) * stride) as i64 + n as i64;
                let src = self.addr(At::Core(core), 0, reach(src_stride, rows * size));
                let dst = self.addr(At::Core(core), 0, reach(dst_stride, out));
                Instr::ReadXb { xb, len, rows, src, src_stride, dst, dst_stride, port, shift, negate, accumulate }
            }
            (ProgramMode::Wlm, true) => {
                let t = self.p.tiles[tile.index()];
                let rows = t.rows * t.groups;
                let tile_row = self.r.size(0, rows - 1);
                let len = self.r.size(1, rows - tile_row);
                let row = self.r.size(0, self.p.chip.rows - len);
                Instr::WriteRow { xb: self.crossbar(1).1, row, tile, tile_row, len }
            }
            (ProgramMode::Wlm, false) => {
                let len = self.r.size(1, self.p.rows_per_conversion);
                let (core, xb) = self.crossbar(1);
                let row = self.affine(0, (self.p.chip.rows - len) as i64);
                let src = self.addr(At::Core(core), 0, (len * size) as i64);
                let dst = self.addr(At::Core(core), 0, out as i64);
                Instr::ReadRow { xb, row, len, src, dst, port, shift, negate, accumulate }
            }
        }
    }

    fn read_core(&mut self, accumulate: bool) -> Instr {
        // Entry, port and window of an operator are made together; pools push windows of their own later.
        let n = self.r.size(0, self.p.residents.len() as u32 - 1);
        let resident = &self.p.residents[n as usize];
        let t = self.p.ports[resident.port.index()];
        let matrix = self.p.tiles[resident.placement[0].0.index()].matrix;
        let m = self.p.matrices[matrix.index()].clone();
        let w = self.p.windows[n as usize];
        let line = w.input[1] * w.input[2] * t.input.bytes();
        let src_pitch = line as u64 + self.r.int(0, 9) as u64;
        let out = m.groups * m.cols * t.output.bytes();
        let dst_pitch = out as u64 + self.r.int(0, 9) as u64;
        let read = (w.input[0] as u64 - 1) * src_pitch + line as u64;
        let pixels = (w.output[0] * w.output[1]) as u64;
        let written = (pixels - 1) * dst_pitch + out as u64;
        // L0 grows to what the operator needs; addresses made before stay inside.
        self.p.l0_bytes = self.p.l0_bytes.max(read).max(written);
        let src = self.addr(At::L0, 0, read as i64);
        let dst = self.addr(At::L0, 0, written as i64);
        Instr::ReadCore { resident: ResidentId(n), window: WindowId(n), src, src_pitch, dst, dst_pitch, accumulate }
    }

    /// Host tensors, float operators, interfaces.
    fn floats(&mut self) {
        let (r, p) = (&mut self.r, &mut self.p);
        let scale = constant(r, p, ElemType::F32, &[1]);
        let n = p.host_tensors.len() as u32;
        let (shape, id) = (vec![1, r.size(1, 9)], HostTensorId(n));
        let elem = *r.pick(&[ElemType::F32, ElemType::F16, ElemType::F64, ElemType::BF16, ElemType::Bool]);
        constant(r, p, elem, &shape);
        p.host_tensors.push(HostTensor { name: "y".into(), shape: shape.clone(), elem });
        let channels = r.size(1, 5);
        let bias = r.once_in(2).then(|| constant(r, p, ElemType::F32, &[channels]));
        let elem = int_type(r, 8);
        let from = buffer(r, p, [1, 1, channels], elem);
        p.host_tensors.push(HostTensor { name: "z".into(), shape: vec![channels], elem: ElemType::F32 });
        p.host_ops.push(HostOp {
            name: "dequantise".into(),
            kind: HostKind::Dequantise { scale, zero: r.int(-200, 200), bias, channels_last: r.once_in(2) },
            inputs: vec![HostValue::Buffer(from)],
            output: HostValue::Tensor(HostTensorId(n + 1)),
            reason: "graph output".into(),
        });
        let float = |r: &mut Rng| f32::from_bits(r.bits() as u32);
        let finite = |x: f32| if x.is_nan() { -0.0 } else { x };
        p.host_ops.push(HostOp {
            name: "softmax".into(),
            kind: HostKind::Onnx {
                op: "Softmax".into(),
                version: 13,
                result: r.size(0, 2),
                ints: vec![
                    ("axis".into(), vec![-1]),
                    ("pads".into(), (0..r.size(0, 4)).map(|_| r.int(-3, 3)).collect()),
                ],
                floats: vec![("alpha".into(), vec![finite(float(r))]), ("inf".into(), vec![f32::NEG_INFINITY, 0.5])],
                strings: vec![("mode".into(), "linear \"x\"".into())],
            },
            inputs: vec![HostValue::Tensor(id), HostValue::Absent, HostValue::Constant(scale)],
            output: HostValue::Tensor(id),
            reason: String::new(),
        });
        p.inputs.push(Interface { name: "x".into(), tensor: HostTensorId(0), batched: r.once_in(2) });
        p.outputs.push(Interface { name: "y".into(), tensor: id, batched: true });
    }

    fn layers(&mut self) {
        for i in 0..self.r.size(0, 3) {
            let end = self.r.size(0, self.p.main.len() as u32);
            let first = self.r.size(0, end);
            let window = self.r.once_in(2).then(|| self.p.windows[0]);
            self.p.layers.push(Layer {
                name: name(&mut self.r, i as usize),
                kind: "conv".into(),
                placement: *self.r.pick(&[Placement::Cim, Placement::Alu, Placement::Host]),
                reason: "why not".into(),
                window,
                cout: self.r.bits() as u32,
                groups: 1,
                matrix: [self.r.size(0, 9), 0],
                weight_bits: self.r.size(0, 64) as u8,
                activation_bits: 8,
                crossbars: 1,
                cores: 2,
                duplication: 3,
                segment: 4,
                main: [first, end],
            });
        }
    }

    fn unknown(&mut self) {
        let mut kind = crate::FIRST_UNKNOWN_KIND - 1;
        for _ in 0..self.r.size(0, 2) {
            kind += self.r.size(1, 1000);
            let n = self.r.size(0, 9);
            let data: Vec<u8> = (0..n).map(|_| self.r.bits() as u8).collect();
            let align = 1 << self.r.size(0, 12);
            self.p.unknown.push(UnknownSection { kind, align, data: Bytes::from(data) });
        }
    }
}

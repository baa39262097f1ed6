//! Small programs in memory, and a plain integer oracle.
#![allow(dead_code)] // each test file uses its part

use std::sync::Arc;

use bytes::Bytes;
use cim_isa::instr::{Addr, Affine, Space};
use cim_isa::program::{HostKind, HostOp, ProgramMode};
use cim_isa::types::*;
use cim_isa::{Instr, Program};
use cim_machine::binding::{Cut, Layout, MatrixShape, cut};
use cim_machine::{Binding, Encoding, Machine};
use cim_sim::{EngineChoice, HostExecutor, HostInput, HostOutput, NoProbe, Options, SimError, Simulator};

/// An ONNX operator without attributes.
pub fn onnx(op: &str) -> HostKind {
    HostKind::Onnx { op: op.into(), version: 17, result: 0, ints: vec![], floats: vec![], strings: vec![] }
}

/// A host without operators.
pub struct NoHost;

impl HostExecutor for NoHost {
    fn execute(&self, _: &Program, op: &HostOp, _: &[HostInput<'_>]) -> Result<HostOutput, String> {
        Err(format!("no kernel for {}", op.name))
    }
}

pub fn empty(mode: ProgramMode, l0: u64, l1_span: u64) -> Program {
    Program { name: "test".into(), mode, rows_per_conversion: 8, l0_bytes: l0, l1_span, ..Program::default() }
}

pub fn encode(values: &[i64], elem: IntType) -> Vec<u8> {
    let n = elem.bytes() as usize;
    values.iter().flat_map(|v| v.to_le_bytes()[..n].to_vec()).collect()
}

pub fn decode(bytes: &[u8], elem: IntType) -> Vec<i64> {
    bytes.chunks_exact(elem.bytes() as usize).map(|b| cim_sim::memory::load_one(b, elem)).collect()
}

pub fn constant(p: &mut Program, name: &str, elem: IntType, values: &[i64]) -> ConstId {
    p.constants.push(Constant {
        name: name.into(),
        elem: ElemType::Int(elem),
        shape: vec![values.len() as u32],
        data: Bytes::from(encode(values, elem)),
    });
    ConstId(p.constants.len() as u32 - 1)
}

pub fn at(space: Space, base: i64) -> Addr {
    Addr { space, at: Affine::constant(base) }
}
pub fn l0(base: i64) -> Addr {
    at(Space::L0, base)
}
pub fn l1(base: i64) -> Addr {
    at(Space::L1, base)
}
pub fn along(space: Space, base: i64, terms: &[(u8, i64)]) -> Addr {
    Addr { space, at: Affine { base, terms: terms.to_vec() } }
}

/// A pseudo-random sequence from a seed.
pub struct Rng(pub u64);

impl Rng {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        let x = self.0 ^ (self.0 >> 33);
        x.wrapping_mul(0xff51_afd7_ed55_8ccd) >> 16
    }
    pub fn within(&mut self, lo: i64, hi: i64) -> i64 {
        lo + (self.next() % (hi - lo + 1) as u64) as i64
    }
    pub fn fill(&mut self, n: usize, lo: i64, hi: i64) -> Vec<i64> {
        (0..n).map(|_| self.within(lo, hi)).collect()
    }
}

/// One matrix-vector product to be compiled by hand.
#[derive(Clone, Debug)]
pub struct Case {
    pub positions: u32,
    pub inner: u32,
    pub cols: u32,
    pub groups: u32,
    pub weight: IntType,
    pub narrow: bool,
    pub differential: bool,
    pub crossbars: bool,
    pub input: IntType,
    pub seed: u64,
}

impl Case {
    /// One group with offset encoding, bits in columns, and one type for weights and inputs.
    pub fn plain(ty: IntType, [positions, inner, cols]: [u32; 3], seed: u64) -> Case {
        Case {
            positions,
            inner,
            cols,
            groups: 1,
            weight: ty,
            narrow: false,
            differential: false,
            crossbars: false,
            input: ty,
            seed,
        }
    }
    pub fn rows(&self) -> u32 {
        self.positions * self.inner
    }
    pub fn layout(&self, machine: &Machine) -> Layout {
        Layout {
            bits: self.weight.bits,
            signed: self.weight.signed,
            narrow: self.narrow,
            encoding: if self.differential { Encoding::Differential } else { Encoding::Offset },
            binding: if self.crossbars { Binding::BitsToCrossbars } else { Binding::BitsToColumns },
            cell_bits: machine.crossbar.cell_bits.0,
        }
    }
    pub fn cut(&self, machine: &Machine) -> Cut {
        let shape = MatrixShape { rows: self.rows(), cols: self.cols, groups: self.groups, inner: self.inner };
        cut(shape, &self.layout(machine), machine.crossbar.rows, machine.crossbar.cols).expect("cut")
    }
    /// Weights (group, column, position, inner) as a constant in ONNX order (O, I/g, k), inputs (position, channel).
    pub fn data(&self) -> (Vec<i64>, Vec<i64>) {
        let mut rng = Rng(self.seed);
        let lo = if self.narrow && self.weight.signed && self.weight.bits > 1 {
            self.weight.min() + 1
        } else {
            self.weight.min()
        };
        let n = (self.groups * self.cols * self.rows()) as usize;
        let w = rng.fill(n, lo, self.weight.max());
        let x = rng.fill((self.positions * self.groups * self.inner) as usize, self.input.min(), self.input.max());
        (w, x)
    }
    pub fn expected(&self) -> Vec<i64> {
        let (w, x) = self.data();
        let (p, i) = (self.positions as usize, self.inner as usize);
        let mut out = Vec::new();
        for g in 0..self.groups as usize {
            for c in 0..self.cols as usize {
                let mut sum = 0;
                for k in 0..p {
                    for j in 0..i {
                        let weight = w[((g * self.cols as usize + c) * i + j) * p + k];
                        sum += weight * x[(k * self.groups as usize + g) * i + j];
                    }
                }
                out.push(sum);
            }
        }
        out
    }
    pub fn matrix(&self, p: &mut Program) -> MatrixId {
        let (w, _) = self.data();
        let weights = constant(p, "weights", self.weight, &w);
        let (k, i) = (self.positions, self.inner);
        p.matrices.push(Matrix {
            name: "m".into(),
            weights,
            base: 0,
            groups: self.groups,
            group_stride: u64::from(self.cols * i * k),
            row_dims: vec![(k, 1), (i, u64::from(k))],
            cols: self.cols,
            col_stride: u64::from(i * k),
            inner: i,
            weight: self.weight,
            narrow: self.narrow,
        });
        MatrixId(p.matrices.len() as u32 - 1)
    }
    pub fn port(&self, machine: &Machine, outputs: u32) -> Port {
        let layout = self.layout(machine);
        let columns = !self.crossbars;
        Port {
            input: self.input,
            outputs,
            slices: if columns { layout.slices() as u8 } else { 1 },
            polarities: if columns { layout.polarities() as u8 } else { 1 },
            cell_bits: layout.cell_bits,
            output: IntType::I64,
        }
    }
}

/// All tiles of a case with their crossbars, in order.
pub fn place(case: &Case, machine: &Machine, p: &mut Program) -> Vec<(TileId, u32)> {
    let matrix = case.matrix(p);
    let layout = case.layout(machine);
    let binding =
        BindingSpec { differential: case.differential, bits_to_crossbars: case.crossbars, cell_bits: layout.cell_bits };
    let mut placed = Vec::new();
    for t in case.cut(machine).tiles() {
        for slice in 0..layout.crossbars_per_tile() {
            let (group0, groups, row0, rows, col0, cols) = (t.group0, t.groups, t.row0, t.rows, t.col0, t.cols);
            p.tiles.push(Tile { matrix, group0, groups, row0, rows, col0, cols, binding, slice });
            placed.push((TileId(p.tiles.len() as u32 - 1), placed.len() as u32));
        }
    }
    placed
}

pub const X_AT: i64 = 0;
pub const ACC_AT: i64 = 1 << 16;

/// The product in one mode: inputs at `X_AT` of L0, 64-bit results at `ACC_AT` of L0. Crossbar and wordline mode stage
/// everything in L1 of the crossbar's core.
pub fn compile(case: &Case, machine: &Machine, mode: ProgramMode) -> Program {
    compile_rows(case, machine, mode, cim_machine::rows_per_conversion(machine))
}

/// As [`compile`], with that many rows in a conversion.
pub fn compile_rows(case: &Case, machine: &Machine, mode: ProgramMode, rows: u32) -> Program {
    let span = 1 << 14;
    let mut p = empty(mode, 1 << 18, span);
    p.rows_per_conversion = rows;
    let placed = place(case, machine, &mut p);
    let layout = case.layout(machine);
    let channels = case.groups * case.inner;
    if mode == ProgramMode::Cm {
        let widest = case.cut(machine).tiles().map(|t| t.outputs()).max().expect("a tile");
        p.ports.push(case.port(machine, widest));
        p.windows.push(Window {
            input: [1, case.positions, channels],
            output: [1, 1],
            kernel: [1, case.positions],
            stride: [1, 1],
            dilation: [1, 1],
            pad: [0, 0],
            pad_value: 0,
            count_include_pad: false,
            pad_end: [0, 0],
        });
        let cores = (placed.len() as u32).div_ceil(machine.crossbars_per_core() as u32);
        p.residents.push(Resident {
            name: "m".into(),
            core: 0,
            cores,
            placement: placed,
            port: PortId(0),
            offset: layout.offset(),
        });
        let resident = ResidentId(0);
        p.init.push(Instr::WriteCore { resident });
        p.main.push(Instr::ReadCore {
            resident,
            window: WindowId(0),
            src: l0(X_AT),
            src_pitch: 0,
            dst: l0(ACC_AT),
            dst_pitch: 0,
            accumulate: false,
        });
        return p;
    }
    let elem = IntType::I64;
    let mut started = std::collections::HashSet::new();
    for (i, (tile, xb)) in placed.iter().enumerate() {
        let t = p.tiles[tile.index()];
        let shape = cim_sim::tile::shape_of(&t, &p.matrices[0]);
        let base = (u64::from(*xb) / machine.crossbars_per_core() * span) as i64;
        let rows = shape.crossbar_rows();
        p.ports.push(case.port(machine, shape.outputs()));
        let port = PortId(p.ports.len() as u32 - 1);
        // Rows of the tile, gathered one by one: plain, and independent of what is contiguous.
        let size = i64::from(case.input.bytes());
        for r in 0..rows {
            let (group, row) = shape.logical_row(r).expect("row of the tile");
            let (k, j) = (row / case.inner, row % case.inner);
            let from = i64::from((k * case.groups + group) * case.inner + j) * size;
            p.main.push(Instr::Mov {
                dst: l1(base + i64::from(r) * size),
                src: l0(X_AT + from),
                dims: vec![],
                bytes: size as u32,
                elem: case.input,
            });
        }
        let (polarity, slice) = layout.slice_of(t.slice);
        let shift = if case.crossbars { (slice * u32::from(layout.cell_bits)) as u8 } else { 0 };
        let negate = case.crossbars && polarity == 1;
        let acc = base + 8192;
        let affine = Affine::constant(i64::from(*xb));
        match mode {
            ProgramMode::Xbm => {
                p.init.push(Instr::WriteXb { xb: affine.clone(), tile: *tile });
                p.main.push(Instr::ReadXb {
                    xb: affine,
                    len: 1,
                    rows,
                    src: l1(base),
                    src_stride: 0,
                    dst: l1(acc),
                    dst_stride: 0,
                    port,
                    shift,
                    negate,
                    accumulate: false,
                });
            }
            _ => {
                let group = p.rows_per_conversion;
                for start in (0..rows).step_by(group as usize) {
                    let len = group.min(rows - start);
                    p.init.push(Instr::WriteRow { xb: affine.clone(), row: start, tile: *tile, tile_row: start, len });
                    p.main.push(Instr::ReadRow {
                        xb: affine.clone(),
                        row: Affine::constant(i64::from(start)),
                        len,
                        src: l1(base + i64::from(start) * size),
                        dst: l1(acc),
                        port,
                        shift,
                        negate,
                        accumulate: start > 0,
                    });
                }
            }
        }
        if !case.crossbars || (polarity, slice) == (0, 0) {
            p.main.push(Instr::Offset {
                dst: l1(acc),
                src: l1(base),
                input: case.input,
                positions: if t.groups == 1 { 1 } else { case.positions },
                groups: t.groups,
                inner: if t.groups == 1 { t.rows } else { case.inner },
                outputs: t.cols,
                factor: layout.offset(),
                elem,
            });
        }
        let channel = t.group0 * case.cols + t.col0;
        let to = ACC_AT + 8 * i64::from(channel);
        let staged = ACC_AT + (1 << 16);
        p.main.push(Instr::Mov { dst: l0(staged), src: l1(acc), dims: vec![], bytes: 8 * shape.outputs(), elem });
        let len = shape.outputs();
        p.main.push(Instr::ReduceAdd {
            dst: l0(to),
            src: l0(staged),
            count: 1,
            stride: 0,
            len,
            elem,
            accumulate: !started.insert(channel),
        });
        let _ = i;
    }
    p
}

pub fn options(engine: EngineChoice) -> Options {
    Options { engine, ..Options::default() }
}

/// Runs a compiled case and returns its accumulators.
pub fn run(case: &Case, p: &Program, machine: &Machine, engine: EngineChoice) -> Result<Vec<i64>, SimError> {
    let (_, x) = case.data();
    let mut sim = Simulator::new(Arc::new(p.clone()), machine, options(engine))?;
    sim.poke(Space::L0, X_AT as u64, &encode(&x, case.input)).expect("fits");
    sim.run(&[], &NoHost, &mut NoProbe)?;
    let n = (case.groups * case.cols) as usize * 8;
    Ok(decode(&sim.memory().l0[ACC_AT as usize..][..n], IntType::I64))
}

//! What a program costs, computed from its loops without executing them.
//!
//! Cycles are steady-state sums: a matrix-vector product takes `ceil(input bits / dac) * conversion groups`, a move
//! `ceil(bits / bandwidth)` of the slower buffer it touches, a digital operation `ceil(operations / ALU)`; ideal
//! resources cost 0, a parallel block its longest instruction, a loop its body times its trips. The digital work inside
//! `read_core` and host operators are not counted. Writes of cells are counted apart.

use std::collections::BTreeMap;

use cim_isa::instr::{Affine, MoveDim};
use cim_isa::types::{IntType, TileId};
use cim_isa::{Instr, Program, Space};
use cim_machine::{BitsPerCycle, Limit, Machine, OpsPerCycle};

use crate::tile::TileView;

/// How cycles were added up; the label of reports.
pub const MODEL: &str = "sum";

/// Cost of one list of instructions, of one inference unless it is `init`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Cycles without writes of cells.
    pub cycles: u64,
    /// Cycles of writing cells; None when the machine gives no write time and something is written.
    pub write_cycles: Option<u64>,
    /// Cells written, counting every write.
    pub cell_writes: u64,
    /// Instructions executed, by name.
    pub executed: BTreeMap<&'static str, u64>,
    /// Matrix-vector products of single crossbars.
    pub crossbar_reads: u64,
    /// Most crossbars that read at once.
    pub peak_active_crossbars: u64,
}

impl Cost {
    /// Instructions executed.
    pub fn instructions(&self) -> u64 {
        self.executed.values().fold(0, |n, v| n.saturating_add(*v))
    }
}

/// Cost of a program on a machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Programming, once.
    pub init: Cost,
    /// One inference.
    pub main: Cost,
    /// Each layer of the layer table.
    pub layers: Vec<Cost>,
    /// Crossbars that are written.
    pub crossbars_used: u64,
    /// Cores with a crossbar that is written.
    pub cores_used: u64,
}

/// Name of an instruction, as in the program's text.
pub fn kind_name(instr: &Instr) -> &'static str {
    match instr {
        Instr::Loop { .. } => "loop",
        Instr::Parallel { .. } => "parallel",
        Instr::WriteXb { .. } => "write_xb",
        Instr::WriteRow { .. } => "write_row",
        Instr::ReadXb { .. } => "read_xb",
        Instr::ReadRow { .. } => "read_row",
        Instr::WriteCore { .. } => "write_core",
        Instr::ReadCore { .. } => "read_core",
        Instr::Relu { .. } => "relu",
        Instr::Clip { .. } => "clip",
        Instr::Add { .. } => "add",
        Instr::Mul { .. } => "mul",
        Instr::ReduceAdd { .. } => "reduce_add",
        Instr::ShiftAcc { .. } => "shift_acc",
        Instr::Offset { .. } => "offset",
        Instr::Requantise { .. } => "requantise",
        Instr::AddRequantise { .. } => "add_requantise",
        Instr::Pool { .. } => "pool",
        Instr::Mov { .. } => "mov",
        Instr::Fill { .. } => "fill",
        Instr::Host { .. } => "host",
    }
}

/// Adds everything up.
pub fn summary(program: &Program, machine: &Machine) -> Summary {
    let mut used = BTreeMap::new();
    let mut of = |list: &[Instr]| {
        let mut sum = Sum { program, machine, cost: Cost::default(), rows: BTreeMap::new() };
        sum.cost.cycles = sum.list(list, 1, 0);
        sum.finish(&mut used)
    };
    let init = of(&program.init);
    let main = of(&program.main);
    let layers = program.layers.iter().map(|l| {
        let range = l.main[0] as usize..l.main[1].max(l.main[0]) as usize;
        of(program.main.get(range).unwrap_or_default())
    });
    let layers = layers.collect();
    let per_core = machine.crossbars_per_core().max(1);
    let cores: std::collections::BTreeSet<u64> = used.keys().map(|xb| xb / per_core).collect();
    Summary { init, main, layers, crossbars_used: used.len() as u64, cores_used: cores.len() as u64 }
}

struct Sum<'p> {
    program: &'p Program,
    machine: &'p Machine,
    cost: Cost,
    /// Rows written per crossbar.
    rows: BTreeMap<u64, u64>,
}

impl Sum<'_> {
    /// Cycles of one execution of a list that is executed `times` times.
    fn list(&mut self, list: &[Instr], times: u64, depth: usize) -> u64 {
        list.iter().fold(0u64, |n, i| n.saturating_add(self.one(i, times, depth)))
    }

    fn one(&mut self, instr: &Instr, times: u64, depth: usize) -> u64 {
        match instr {
            Instr::Loop { trip, body } if depth < 16 => {
                self.list(body, times.saturating_mul(*trip), depth + 1).saturating_mul(*trip)
            }
            Instr::Loop { .. } => 0,
            Instr::Parallel { body } => {
                let mut active = 0u64;
                let mut longest = 0;
                for leaf in body.iter().filter(|i| !matches!(i, Instr::Loop { .. } | Instr::Parallel { .. })) {
                    longest = self.leaf(leaf, times).max(longest);
                    active = active.saturating_add(self.active(leaf));
                }
                self.cost.peak_active_crossbars = self.cost.peak_active_crossbars.max(active);
                longest
            }
            leaf => {
                let active = self.active(leaf);
                self.cost.peak_active_crossbars = self.cost.peak_active_crossbars.max(active);
                self.leaf(leaf, times)
            }
        }
    }

    /// Crossbars that an instruction reads at once.
    fn active(&self, instr: &Instr) -> u64 {
        match instr {
            Instr::ReadXb { len, .. } => u64::from(*len),
            Instr::ReadRow { .. } => 1,
            Instr::ReadCore { resident, .. } => {
                self.program.residents.get(resident.index()).map_or(0, |r| r.placement.len() as u64)
            }
            _ => 0,
        }
    }

    fn leaf(&mut self, instr: &Instr, times: u64) -> u64 {
        let count = self.cost.executed.entry(kind_name(instr)).or_default();
        *count = count.saturating_add(times);
        let groups = |rows: u32| u64::from(rows.div_ceil(self.program.rows_per_conversion.max(1)));
        let steps = |id: cim_isa::types::PortId| {
            self.program.ports.get(id.index()).map_or(0, |p| self.machine.input_steps(p.input.bits))
        };
        match instr {
            Instr::ReadXb { len, rows, port, .. } => {
                let cycles = steps(*port) * groups(*rows);
                self.read(u64::from(*len), times);
                cycles
            }
            Instr::ReadRow { len, port, .. } => {
                let cycles = steps(*port) * groups(*len);
                self.read(1, times);
                cycles
            }
            Instr::ReadCore { resident, window, .. } => {
                let (residents, windows) = (&self.program.residents, &self.program.windows);
                let entry = residents.get(resident.index()).zip(windows.get(window.index()));
                let Some((entry, window)) = entry else { return 0 };
                let pixels = u64::from(window.output[0]) * u64::from(window.output[1]);
                let rows = entry.placement.iter().filter_map(|(t, _)| self.program.tiles.get(t.index()));
                let longest = rows.map(|t| groups(t.rows.saturating_mul(t.groups))).max().unwrap_or(0);
                let cycles = pixels.saturating_mul(steps(entry.port)).saturating_mul(longest);
                self.read(entry.placement.len() as u64, times.saturating_mul(pixels));
                cycles
            }
            Instr::WriteXb { xb, tile } => {
                self.write(xb, *tile, None, times);
                0
            }
            Instr::WriteRow { xb, tile, len, .. } => {
                self.write(xb, *tile, Some(*len), times);
                0
            }
            Instr::WriteCore { resident } => {
                let entry = self.program.residents.get(resident.index());
                for (tile, xb) in entry.map_or(&[][..], |r| &r.placement) {
                    self.write(&Affine::constant(i64::from(*xb)), *tile, None, times);
                }
                0
            }
            Instr::Mov { dst, src, dims, bytes, elem } => {
                let bits = moved_bits(dims, u64::from(*bytes), *elem);
                self.transfer(src.space, bits).max(self.transfer(dst.space, bits))
            }
            Instr::Fill { dst, dims, len, elem, .. } => {
                let bits = moved_bits(dims, u64::from(*len) * u64::from(elem.bytes()), *elem);
                self.transfer(dst.space, bits)
            }
            Instr::Host { .. } | Instr::Loop { .. } | Instr::Parallel { .. } => 0,
            digital => {
                let (space, operations) = self.operations(digital);
                self.digital(space, operations)
            }
        }
    }

    fn read(&mut self, crossbars: u64, times: u64) {
        let reads = crossbars.saturating_mul(times);
        self.cost.crossbar_reads = self.cost.crossbar_reads.saturating_add(reads);
    }

    fn transfer(&self, space: Space, bits: u64) -> u64 {
        let bandwidth: Limit<BitsPerCycle> = match space {
            Space::L0 => self.machine.chip.l0_bandwidth,
            Space::L1 => self.machine.core.l1_bandwidth,
        };
        bandwidth.finite().map_or(0, |b| bits.div_ceil(b.0.max(1)))
    }

    fn digital(&self, space: Space, operations: u64) -> u64 {
        let alu: Limit<OpsPerCycle> = match space {
            Space::L0 => self.machine.chip.alu,
            Space::L1 => self.machine.core.alu,
        };
        alu.finite().map_or(0, |a| operations.div_ceil(a.0.max(1)))
    }

    /// Where a digital instruction runs, and how many operations it is.
    fn operations(&self, instr: &Instr) -> (Space, u64) {
        match instr {
            Instr::Relu { dst, len, .. }
            | Instr::Clip { dst, len, .. }
            | Instr::Add { dst, len, .. }
            | Instr::Mul { dst, len, .. }
            | Instr::ShiftAcc { dst, len, .. }
            | Instr::Requantise { dst, len, .. }
            | Instr::AddRequantise { dst, len, .. } => (dst.space, u64::from(*len)),
            Instr::ReduceAdd { dst, count, len, .. } => (dst.space, u64::from(*count) * u64::from(*len)),
            Instr::Offset { dst, positions, groups, inner, outputs, .. } => {
                let inputs = u64::from(*positions).saturating_mul(u64::from(*groups) * u64::from(*inner));
                (dst.space, inputs.saturating_add(u64::from(*groups) * u64::from(*outputs)))
            }
            Instr::Pool { dst, window, .. } => {
                let found = self.program.buffers.get(dst.index()).zip(self.program.windows.get(window.index()));
                let Some((buffer, window)) = found else { return (Space::L0, 0) };
                let kernel = u64::from(window.kernel[0]) * u64::from(window.kernel[1]);
                let outputs = buffer.shape.iter().fold(1u64, |n, d| n.saturating_mul(u64::from(*d)));
                (buffer.space, outputs.saturating_mul(kernel))
            }
            _ => (Space::L0, 0),
        }
    }

    fn write(&mut self, xb: &Affine, tile: TileId, rows: Option<u32>, times: u64) {
        let Ok(tile) = TileView::new(self.program, tile) else { return };
        let rows = u64::from(rows.unwrap_or(tile.shape.crossbar_rows()));
        let cells = rows.saturating_mul(u64::from(tile.crossbar_cols())).saturating_mul(times);
        self.cost.cell_writes = self.cost.cell_writes.saturating_add(cells);
        // A loop over crossbars writes each of them `times / crossbars` times; only dense loops are told apart.
        let spread = match xb.terms[..] {
            [(_, 1)] if times <= 1 << 16 => times,
            _ => 1,
        };
        for i in 0..spread {
            let written = self.rows.entry((xb.base.max(0) as u64).saturating_add(i)).or_default();
            *written = written.saturating_add(rows.saturating_mul(times / spread));
        }
    }

    /// Write time: cores in parallel, crossbars of a core as the machine allows, bounded by the buffers' bandwidth.
    fn finish(mut self, used: &mut BTreeMap<u64, ()>) -> Cost {
        used.extend(self.rows.keys().map(|xb| (*xb, ())));
        if self.rows.is_empty() {
            self.cost.write_cycles = Some(0);
            return self.cost;
        }
        let xb = &self.machine.crossbar;
        let (Some(per_row), Some(parallel)) = (self.machine.write_row_cycles(), xb.write_parallelism) else {
            return self.cost;
        };
        let per_core = self.machine.crossbars_per_core().max(1);
        let bits_per_row = u64::from(xb.cols) * u64::from(xb.cell_bits.0);
        // (most rows of one crossbar, all rows) of each core
        let mut cores: BTreeMap<u64, (u64, u64)> = BTreeMap::new();
        for (crossbar, rows) in &self.rows {
            let core = cores.entry(crossbar / per_core).or_default();
            *core = (core.0.max(*rows), core.1.saturating_add(*rows));
        }
        let mut longest = 0u64;
        for (most, all) in cores.values() {
            let rows = match parallel {
                Limit::Ideal => *most,
                Limit::Finite(p) => (*most).max(all.div_ceil(u64::from(p.max(1)))),
            };
            let bits = all.saturating_mul(bits_per_row);
            longest = longest.max(rows.saturating_mul(per_row)).max(self.transfer(Space::L1, bits));
        }
        let all = cores.values().fold(0u64, |n, c| n.saturating_add(c.1));
        let loaded = self.transfer(Space::L0, all.saturating_mul(bits_per_row));
        self.cost.write_cycles = Some(longest.max(loaded));
        self.cost
    }
}

/// Bits of a move or fill, at the width of its elements rather than of the bytes that hold them.
fn moved_bits(dims: &[MoveDim], bytes: u64, elem: IntType) -> u64 {
    let runs = dims.iter().fold(1u64, |n, d| n.saturating_mul(u64::from(d.count)));
    let elements = bytes.div_ceil(u64::from(elem.bytes()));
    runs.saturating_mul(elements).saturating_mul(u64::from(elem.bits))
}

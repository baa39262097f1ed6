//! The simulator: programs crossbars once, runs inferences, lets the caller look.

use std::sync::Arc;

use cim_host::{Tensor, TensorType};
use cim_isa::instr::Addr;
use cim_isa::program::HostValue;
use cim_isa::types::Port;
use cim_isa::{Instr, Program, Space};
use cim_machine::{Limit, Machine};

use crate::batch::run::{Parts, Scratch};
use crate::batch::{Nest, Nests};
use crate::cells::{Crossbar, CrossbarSize};
use crate::core_mode::{CoreRead, read_core};
use crate::crossbars::Crossbars;
use crate::digital::{self, Requantiser, Work, accumulate_into, element, offset};
use crate::engine::{Converters, Engine, EngineChoice};
use crate::error::{Fault, InstrPath, SimError};
use crate::extent::Extent;
use crate::fuse::{self, Fusable};
use crate::host::{HostExecutor, HostInput, HostOutput};
use crate::memory::{Memory, load_one};
use crate::movement;
use crate::tile::TileView;

/// How to simulate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Arithmetic of matrix-vector products.
    pub engine: EngineChoice,
    /// Most bytes for buffers and cells together.
    pub max_memory: u64,
}

impl Default for Options {
    fn default() -> Self {
        Options { engine: EngineChoice::Auto, max_memory: 8 << 30 }
    }
}

/// The buffers as they stand, for a [`Probe`]. Buffers of a program lie at their address in their space.
#[derive(Clone, Copy, Debug)]
pub struct MemoryView<'a> {
    /// Global buffer.
    pub l0: &'a [u8],
    /// Core buffers, `l1_span` bytes a core, as far as the program uses them.
    pub l1: &'a [u8],
}

impl<'a> MemoryView<'a> {
    /// The bytes of a space.
    pub fn space(&self, space: Space) -> &'a [u8] {
        match space {
            Space::L0 => self.l0,
            Space::L1 => self.l1,
        }
    }
}

/// Looks at the buffers while a program runs.
pub trait Probe {
    /// Called after top-level instruction `index` of `main`.
    fn after(&mut self, index: u32, memory: MemoryView<'_>);
}

/// Looks at nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoProbe;

impl Probe for NoProbe {
    fn after(&mut self, _: u32, _: MemoryView<'_>) {}
}

/// A simulated machine with one program. Cloning is cheap in cells (they are shared until written) and copies the buffers:
/// clones run inferences in parallel.
#[derive(Clone, Debug)]
pub struct Simulator {
    program: Arc<Program>,
    requants: Arc<Vec<Requantiser>>,
    fusable: Arc<Fusable>,
    nests: Arc<Nests>,
    scratch: Scratch,
    in_blocks: u64,
    /// Crossbars; public so that tests can plant faults in cells.
    pub crossbars: Crossbars,
    mem: Memory,
    tensors: Vec<Option<Arc<Tensor>>>,
    work: Work,
    acc: Vec<i64>,
    old: Vec<i64>,
    initialised: bool,
}

/// Bytes that the buffers and cells of a program take on the simulated machine.
pub fn footprint(program: &Program, machine: &Machine) -> u128 {
    memory(&crate::extent::extent(program), program, machine)
}

fn memory(extent: &Extent, program: &Program, machine: &Machine) -> u128 {
    let xb = &machine.crossbar;
    let per_xb = u128::from(xb.rows).div_ceil(8) * u128::from(xb.cols) * u128::from(xb.cell_bits.0);
    u128::from(program.l0_bytes) + extent.l1 + 2 * per_xb * extent.crossbars
}

impl Simulator {
    /// Prepares a program for a machine. Nothing is executed yet.
    ///
    /// # Errors
    /// Program and machine do not fit together, or more memory is needed than allowed.
    pub fn new(program: Arc<Program>, machine: &Machine, options: Options) -> Result<Simulator, SimError> {
        let extent = crate::extent::extent(&program);
        let xb = &machine.crossbar;
        let size = CrossbarSize { rows: xb.rows, cols: xb.cols, cell_bits: xb.cell_bits.0 };
        let available = machine.crossbars();
        if extent.crossbars > u128::from(available) {
            return Err(SimError::Invalid(format!(
                "crossbars needed: {}, available: {available} on machine `{}`",
                extent.crossbars, machine.name
            )));
        }
        let needed = memory(&extent, &program, machine);
        if needed > u128::from(options.max_memory) {
            let what = "buffers and cells";
            return Err(SimError::TooLarge { what, needed, limit: options.max_memory });
        }
        for (i, port) in program.ports.iter().enumerate() {
            check_port(port, xb.rows).map_err(|m| SimError::Invalid(format!("port {i}: {m}")))?;
        }
        let requants = program.requants.iter().enumerate().map(|(i, r)| {
            Requantiser::new(&program, r).map_err(|m| SimError::Invalid(format!("requantisation {i}: {m}")))
        });
        let requants = Arc::new(requants.collect::<Result<Vec<_>, _>>()?);
        let converters = Converters {
            dac: xb.dac.finite().map(|b| b.0),
            top_code: match xb.adc {
                Limit::Ideal => None,
                Limit::Finite(bits) => Some((1u64 << bits.0.min(32)) - 1),
            },
            rows: program.rows_per_conversion,
            cell_bits: size.cell_bits,
        };
        let fusable = Arc::new(Fusable::find(&program, &converters));
        let nests = match options.engine {
            EngineChoice::BitSliced => Nests::default(),
            _ => Nests::find(&program, &converters, &fusable, extent.l1 as u64),
        };
        let crossbars = Crossbars {
            all: vec![Crossbar::default(); extent.crossbars as usize],
            size,
            available,
            engine: Engine::new(options.engine, converters),
            coder: None,
        };
        let mem = Memory { l0: vec![0; program.l0_bytes as usize], l1: vec![0; extent.l1 as usize] };
        let tensors = vec![None; program.host_tensors.len()];
        Ok(Simulator {
            program,
            requants,
            fusable,
            nests: Arc::new(nests),
            scratch: Scratch::default(),
            in_blocks: 0,
            crossbars,
            mem,
            tensors,
            work: Work::default(),
            acc: Vec::new(),
            old: Vec::new(),
            initialised: false,
        })
    }

    /// The program.
    pub fn program(&self) -> &Arc<Program> {
        &self.program
    }

    /// Loop iterations that ran together with others so far, for tests of what runs fast.
    pub fn in_blocks(&self) -> u64 {
        self.in_blocks
    }

    /// The buffers as they stand.
    pub fn memory(&self) -> MemoryView<'_> {
        MemoryView { l0: &self.mem.l0, l1: &self.mem.l1 }
    }

    /// Writes bytes into a space, for tests of single instructions.
    pub fn poke(&mut self, space: Space, at: u64, bytes: &[u8]) -> Result<(), Fault> {
        let at = i64::try_from(at).unwrap_or(i64::MAX);
        self.mem.bytes_mut(space, at, bytes.len() as u64)?.copy_from_slice(bytes);
        Ok(())
    }

    /// Runs `init`: programs the crossbars. Once per simulator; cells persist.
    pub fn init(&mut self, host: &dyn HostExecutor) -> Result<(), SimError> {
        let program = Arc::clone(&self.program);
        for (i, instr) in program.init.iter().enumerate() {
            self.top(&program, host, true, i, instr)?;
        }
        self.initialised = true;
        self.crossbars.warm(&program, &program.main);
        Ok(())
    }

    /// Runs `main` once. `inputs` are the model inputs in order, each in C order with the declared shape; the result is
    /// the model outputs in order. Runs `init` first when that has not happened.
    pub fn run(
        &mut self,
        inputs: &[Tensor],
        host: &dyn HostExecutor,
        probe: &mut dyn Probe,
    ) -> Result<Vec<Tensor>, SimError> {
        let program = Arc::clone(&self.program);
        if !self.initialised {
            self.init(host)?;
        }
        self.tensors.iter_mut().for_each(|t| *t = None);
        if inputs.len() != program.inputs.len() {
            let reason = format!("{} inputs given, the model has {}", inputs.len(), program.inputs.len());
            return Err(SimError::Input { name: String::new(), reason });
        }
        for (interface, data) in program.inputs.iter().zip(inputs) {
            let wanted = program.host_tensors.get(interface.tensor.index()).map(TensorType::declared);
            if wanted.as_ref() != Some(&data.ty()) {
                let wanted = wanted.map_or_else(|| "nothing".into(), |t| t.to_string());
                let reason = format!("{} given, {wanted} declared", data.ty());
                return Err(SimError::Input { name: interface.name.clone(), reason });
            }
            if let Some(slot) = self.tensors.get_mut(interface.tensor.index()) {
                *slot = Some(Arc::new(data.clone()));
            }
        }
        for (i, instr) in program.main.iter().enumerate() {
            self.top(&program, host, false, i, instr)?;
            probe.after(i as u32, self.memory());
        }
        let output = |o: &cim_isa::program::Interface| {
            let found = self.tensors.get(o.tensor.index()).cloned().flatten();
            found
                .map(Arc::unwrap_or_clone)
                .ok_or_else(|| SimError::Invalid(format!("output `{}` was never computed", o.name)))
        };
        program.outputs.iter().map(output).collect()
    }

    fn top(
        &mut self,
        program: &Program,
        host: &dyn HostExecutor,
        init: bool,
        index: usize,
        instr: &Instr,
    ) -> Result<(), SimError> {
        let mut loops = Vec::with_capacity(16);
        self.step(program, host, instr, &mut loops).map_err(|(mut at, fault)| {
            at.push(index as u32);
            at.reverse();
            SimError::At { path: InstrPath { init, at }, fault }
        })
    }

    /// Runs one instruction; on failure the path comes back innermost first.
    fn step(
        &mut self,
        program: &Program,
        host: &dyn HostExecutor,
        instr: &Instr,
        loops: &mut Vec<u64>,
    ) -> Result<(), (Vec<u32>, Fault)> {
        match instr {
            Instr::Loop { trip, body } => {
                if loops.len() >= 16 {
                    return Err((Vec::new(), Fault::Invalid("loops are nested more than 16 deep".into())));
                }
                let nests = Arc::clone(&self.nests);
                if let Some(nest) = nests.get(body) {
                    return self.nest(program, host, nest, body, loops);
                }
                let depth = loops.len();
                loops.push(0);
                if self.fusable.contains(body) {
                    for (i, read) in fuse::reads(body).enumerate() {
                        self.read_row(program, read, *trip, loops).map_err(|f| (vec![i as u32], f))?;
                    }
                    loops.pop();
                    return Ok(());
                }
                for i in 0..*trip {
                    loops[depth] = i;
                    self.body(program, host, body, loops)?;
                }
                loops.pop();
                Ok(())
            }
            // No two instructions of a block depend on each other, so their order does not matter.
            Instr::Parallel { body } => {
                if body.iter().any(|i| matches!(i, Instr::Parallel { .. } | Instr::Loop { .. })) {
                    return Err((Vec::new(), Fault::Invalid("a parallel block holds leaf instructions only".into())));
                }
                self.body(program, host, body, loops)
            }
            leaf => self.leaf(program, host, leaf, loops).map_err(|f| (Vec::new(), f)),
        }
    }

    /// Runs a nest block by block; what cannot run at once is interpreted.
    fn nest(
        &mut self,
        program: &Program,
        host: &dyn HostExecutor,
        nest: &Nest,
        body: &[Instr],
        loops: &mut Vec<u64>,
    ) -> Result<(), (Vec<u32>, Fault)> {
        let ready = nest.ready(program, &mut self.crossbars, loops);
        let outer = loops.len();
        let innermost = nest.innermost(body);
        let total = nest.iterations();
        let mut first = 0;
        while first < total {
            let block = first..total.min(first + nest.block());
            first = block.end;
            let done = ready.as_ref().is_some_and(|ready| {
                let Simulator { requants, mem, work, scratch, crossbars, .. } = self;
                let level = crossbars.engine.level;
                ready.block(block.clone(), Parts { program, requants, mem, work, scratch, level }, loops)
            });
            if done {
                self.in_blocks += block.end - block.start;
                continue;
            }
            for iteration in block {
                loops.resize(outer + nest.depth(), 0);
                nest.indices(iteration, &mut loops[outer..]);
                self.body(program, host, innermost, loops).map_err(|(mut at, fault)| {
                    at.resize(at.len() + nest.depth() - 1, 0);
                    (at, fault)
                })?;
            }
            loops.truncate(outer);
        }
        Ok(())
    }

    fn body(
        &mut self,
        program: &Program,
        host: &dyn HostExecutor,
        body: &[Instr],
        loops: &mut Vec<u64>,
    ) -> Result<(), (Vec<u32>, Fault)> {
        for (i, instr) in body.iter().enumerate() {
            self.step(program, host, instr, loops).map_err(|(mut at, fault)| {
                at.push(i as u32);
                (at, fault)
            })?;
        }
        Ok(())
    }

    fn leaf(&mut self, program: &Program, host: &dyn HostExecutor, instr: &Instr, loops: &[u64]) -> Result<(), Fault> {
        match instr {
            Instr::ReadXb { xb, len, rows, src, src_stride, dst, dst_stride, port, shift, negate, accumulate } => {
                let first = self.crossbars.index(xb.eval(loops))?;
                let (from, to) = (src.at.eval(loops), dst.at.eval(loops));
                for i in 0..u64::from(*len) {
                    let job = MacJob {
                        xb: first + i,
                        row: 0,
                        len: *rows,
                        src: (src.space, offset(from, i, *src_stride)?),
                        dst: (dst.space, offset(to, i, *dst_stride)?),
                        shift: *shift,
                        negate: *negate,
                        accumulate: *accumulate,
                    };
                    self.mac(program, *port, &job)?;
                }
                Ok(())
            }
            Instr::ReadRow { .. } => self.read_row(program, instr, 1, loops),
            Instr::WriteXb { xb, tile } => {
                let tile = TileView::new(program, *tile).map_err(Fault::Invalid)?;
                let rows = tile.shape.crossbar_rows();
                self.crossbars.write(xb.eval(loops), 0, &tile, 0, rows)
            }
            Instr::WriteRow { xb, row, tile, tile_row, len } => {
                let tile = TileView::new(program, *tile).map_err(Fault::Invalid)?;
                self.crossbars.write(xb.eval(loops), *row, &tile, *tile_row, *len)
            }
            Instr::WriteCore { resident } => {
                let entry = program.residents.get(resident.index());
                let entry = entry
                    .ok_or_else(|| Fault::Invalid(format!("core residency entry {} does not exist", resident.0)))?;
                for (tile, xb) in &entry.placement {
                    let tile = TileView::new(program, *tile).map_err(Fault::Invalid)?;
                    let rows = tile.shape.crossbar_rows();
                    self.crossbars.write(i64::from(*xb), 0, &tile, 0, rows)?;
                }
                Ok(())
            }
            Instr::ReadCore { resident, window, src, src_pitch, dst, dst_pitch, accumulate } => {
                let read =
                    CoreRead::new(program, *resident, *window, src, *src_pitch, dst, *dst_pitch, *accumulate, loops)?;
                read_core(program, &read, &mut self.crossbars, &mut self.mem)
            }
            Instr::Host { op } => self.host(program, host, *op),
            other => {
                let done = digital::execute(other, program, &self.requants, &mut self.mem, &mut self.work, loops)?
                    || movement::execute(other, &mut self.mem, loops)?;
                if done { Ok(()) } else { Err(Fault::Invalid("this instruction is unknown to the simulator".into())) }
            }
        }
    }

    /// A `read_row`, or `groups` of them that follow each other in rows and inputs.
    fn read_row(&mut self, program: &Program, instr: &Instr, groups: u64, loops: &[u64]) -> Result<(), Fault> {
        let Instr::ReadRow { xb, row, len, src, dst, port, shift, negate, accumulate } = instr else { return Ok(()) };
        let row = row.eval(loops);
        let xb = self.crossbars.index(xb.eval(loops))?;
        let row = u32::try_from(row).map_err(|_| Fault::Invalid(format!("row {row} of a crossbar")))?;
        let job = MacJob {
            xb,
            row,
            len: u32::try_from(u64::from(*len).saturating_mul(groups)).unwrap_or(u32::MAX),
            src: resolve(src, loops),
            dst: resolve(dst, loops),
            shift: *shift,
            negate: *negate,
            accumulate: *accumulate,
        };
        self.mac(program, *port, &job)
    }

    /// One crossbar's product into its accumulators.
    fn mac(&mut self, program: &Program, port: cim_isa::types::PortId, job: &MacJob) -> Result<(), Fault> {
        let port =
            program.ports.get(port.index()).ok_or_else(|| Fault::Invalid(format!("port {} does not exist", port.0)))?;
        let bytes = u64::from(job.len) * u64::from(port.input.bytes());
        let input = self.mem.bytes(job.src.0, job.src.1, bytes)?;
        let acc = &mut self.acc;
        let rows = job.row..job.row.saturating_add(job.len);
        self.crossbars.read(job.xb, rows, (input, port.input), port, port.outputs, acc)?;
        if !job.accumulate && job.shift == 0 && !job.negate {
            return self.mem.store(job.dst.0, job.dst.1, port.output, acc);
        }
        if job.accumulate {
            self.mem.load(job.dst.0, job.dst.1, u64::from(port.outputs), port.output, &mut self.old)?;
        } else {
            self.old.clear();
            self.old.resize(port.outputs as usize, 0);
        }
        accumulate_into(&mut self.old, acc, job.shift, job.negate, port.output)?;
        self.mem.store(job.dst.0, job.dst.1, port.output, &self.old)
    }

    fn host(&mut self, program: &Program, host: &dyn HostExecutor, id: cim_isa::types::HostOpId) -> Result<(), Fault> {
        let op = program.host_ops.get(id.index());
        let op = op.ok_or_else(|| Fault::Invalid(format!("host operator {} does not exist", id.0)))?;
        let fail = |reason: String| Fault::Host { op: op.name.clone(), reason };
        let mut ints: Vec<Vec<i64>> = Vec::new();
        for value in &op.inputs {
            if let HostValue::Buffer(id) = value {
                ints.push(self.read_buffer(program, *id)?);
            }
        }
        let mut next = ints.iter();
        let mut inputs = Vec::with_capacity(op.inputs.len());
        for value in &op.inputs {
            inputs.push(match value {
                HostValue::Tensor(id) => {
                    let Some(tensor) = self.tensors.get(id.index()).and_then(|t| t.as_ref()) else {
                        return Err(fail(format!("host tensor {} is read before it is computed", id.0)));
                    };
                    HostInput::Tensor(tensor)
                }
                HostValue::Buffer(id) => {
                    let shape =
                        program.buffers.get(id.index()).map_or([0; 3], |b| [b.shape[2], b.shape[0], b.shape[1]]);
                    HostInput::Int { shape, data: next.next().map_or(&[], |v| v) }
                }
                HostValue::Constant(id) => {
                    let constant = program.constants.get(id.index());
                    HostInput::Constant(constant.ok_or_else(|| fail(format!("constant {} does not exist", id.0)))?)
                }
                HostValue::Absent => HostInput::Absent,
            });
        }
        let output = host.execute(program, op, &inputs).map_err(fail)?;
        match (op.output, output) {
            (HostValue::Tensor(id), HostOutput::Tensor(tensor)) => {
                let wanted = program.host_tensors.get(id.index()).map(TensorType::declared);
                match self.tensors.get_mut(id.index()) {
                    Some(slot) if wanted.as_ref() == Some(&tensor.ty()) => {
                        *slot = Some(Arc::new(tensor));
                        Ok(())
                    }
                    _ => Err(fail(format!("{} computed, but another type declared", tensor.ty()))),
                }
            }
            (HostValue::Buffer(id), HostOutput::Int(data)) => {
                self.write_buffer(program, id, &data).map_err(|f| match f {
                    Fault::Invalid(reason) => fail(reason),
                    other => other,
                })
            }
            _ => Err(fail("its result is of another kind than its output".into())),
        }
    }

    /// Elements of a buffer in (C, H, W) order.
    fn read_buffer(&self, program: &Program, id: cim_isa::types::BufferId) -> Result<Vec<i64>, Fault> {
        let b = program.buffers.get(id.index());
        let b = b.ok_or_else(|| Fault::Invalid(format!("buffer {} does not exist", id.0)))?;
        let size = u64::from(b.elem.bytes());
        let memory = self.mem.space(b.space).len() as u128;
        if elements(&b.shape) > memory {
            return Err(Fault::Invalid(format!("buffer `{}` is larger than its memory", b.name)));
        }
        let mut out = Vec::new();
        for_chw(b.shape, |_, [c, h, w]| {
            out.push(load_one(self.mem.bytes(b.space, element(b, h, w, c)?, size)?, b.elem));
            Ok(())
        })?;
        Ok(out)
    }

    fn write_buffer(&mut self, program: &Program, id: cim_isa::types::BufferId, data: &[i64]) -> Result<(), Fault> {
        let b = program.buffers.get(id.index());
        let b = b.ok_or_else(|| Fault::Invalid(format!("buffer {} does not exist", id.0)))?;
        if elements(&b.shape) != data.len() as u128 {
            let (n, shape) = (data.len(), b.shape);
            return Err(Fault::Invalid(format!("{n} elements for buffer `{}` of (H, W, C) {shape:?}", b.name)));
        }
        let mem = &mut self.mem;
        for_chw(b.shape, |i, [c, h, w]| mem.store(b.space, element(b, h, w, c)?, b.elem, &data[i..=i]))
    }
}

/// One crossbar's product, addresses resolved.
struct MacJob {
    xb: u64,
    row: u32,
    len: u32,
    src: (Space, i64),
    dst: (Space, i64),
    shift: u8,
    negate: bool,
    accumulate: bool,
}

fn resolve(addr: &Addr, loops: &[u64]) -> (Space, i64) {
    (addr.space, addr.at.eval(loops))
}

/// Product of dimensions; cannot overflow 128 bits with the ranks that programs have.
fn elements(shape: &[u32]) -> u128 {
    shape.iter().fold(1u128, |n, d| n.saturating_mul(u128::from(*d)))
}

/// Visits the elements of an (H, W, C) shape in (C, H, W) order with their running number.
fn for_chw(shape: [u32; 3], mut each: impl FnMut(usize, [u64; 3]) -> Result<(), Fault>) -> Result<(), Fault> {
    let mut i = 0;
    for c in 0..u64::from(shape[2]) {
        for h in 0..u64::from(shape[0]) {
            for w in 0..u64::from(shape[1]) {
                each(i, [c, h, w])?;
                i += 1;
            }
        }
    }
    Ok(())
}

/// Limits within which the product arithmetic cannot overflow 64 bits.
pub(crate) fn check_port(port: &Port, rows: u32) -> Result<(), String> {
    let planes = u32::from(port.slices) * u32::from(port.cell_bits);
    if port.outputs == 0 || port.slices == 0 || !(1..=2).contains(&port.polarities) || port.cell_bits == 0 {
        return Err("outputs, slices and cell bits must be at least 1 and polarities 1 or 2".into());
    }
    if port.outputs > 1 << 20 || planes > 22 {
        return Err(format!("{} outputs of {planes} stored bits; at most 2^20 of 22", port.outputs));
    }
    if port.input.bits > 32 {
        return Err(format!("inputs of {} bits; at most 32", port.input.bits));
    }
    let bits = planes + u32::from(port.input.bits) + rows.max(1).ilog2() + 2;
    if bits > 62 {
        return Err(format!("sums of {bits} bits; at most 62"));
    }
    Ok(())
}

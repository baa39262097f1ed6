//! Core mode: a whole operator, through the same cells, slices and converters as crossbar mode.

mod block;

use cim_isa::Program;
use cim_isa::instr::{Addr, Space};
use cim_isa::types::{Port, Resident, Window};

use self::block::Blocks;
use crate::crossbars::Crossbars;
use crate::digital::{accumulate_into, coordinate, offset};
use crate::error::Fault;
use crate::memory::{Memory, load, store};
use crate::tile::TileView;

/// Operands of a `read_core`, addresses resolved.
#[derive(Clone, Copy, Debug)]
pub struct CoreRead<'p> {
    /// Operator.
    pub resident: &'p Resident,
    /// Geometry of the part that is computed.
    pub window: &'p Window,
    /// Digital side of its crossbars.
    pub port: &'p Port,
    /// Input address in its space.
    pub src: (Space, i64),
    /// Bytes between input rows.
    pub src_pitch: u64,
    /// Accumulators.
    pub dst: (Space, i64),
    /// Bytes between output pixels.
    pub dst_pitch: u64,
    /// Add to what `dst` holds.
    pub accumulate: bool,
}

impl<'p> CoreRead<'p> {
    /// Resolves the addresses.
    #[allow(clippy::too_many_arguments)]
    pub fn new(
        program: &'p Program,
        resident: cim_isa::types::ResidentId,
        window: cim_isa::types::WindowId,
        src: &Addr,
        src_pitch: u64,
        dst: &Addr,
        dst_pitch: u64,
        accumulate: bool,
        loops: &[u64],
    ) -> Result<Self, Fault> {
        let missing = |what: &str, id: u32| Fault::Invalid(format!("{what} {id} does not exist"));
        let resident =
            program.residents.get(resident.index()).ok_or_else(|| missing("core residency entry", resident.0))?;
        let window = program.windows.get(window.index()).ok_or_else(|| missing("window", window.0))?;
        let port = program.ports.get(resident.port.index()).ok_or_else(|| missing("port", resident.port.0))?;
        let (src, dst) = ((src.space, src.at.eval(loops)), (dst.space, dst.at.eval(loops)));
        Ok(CoreRead { resident, window, port, src, src_pitch, dst, dst_pitch, accumulate })
    }
}

/// One placed tile with what the pixel loop needs.
struct Part<'p> {
    tile: TileView<'p>,
    xb: u64,
    /// First channel of the input that the tile sees, and how many.
    channels: (usize, usize),
    /// First output channel of the operator.
    output: usize,
    shift: u8,
    negate: bool,
    /// Counts the input once for the offset correction.
    first_slice: bool,
}

/// Runs a `read_core`.
pub fn read_core(
    program: &Program,
    read: &CoreRead<'_>,
    crossbars: &mut Crossbars,
    mem: &mut Memory,
) -> Result<(), Fault> {
    let window = read.window;
    let channels = window.input[2];
    let size = read.port.input.bytes() as usize;
    let parts = parts(program, read)?;
    let [kh, kw] = window.kernel;
    let positions = kh as usize * kw as usize;
    let outputs = parts.iter().map(|p| p.output + p.tile.shape.outputs() as usize).max().unwrap_or(0);
    if outputs > 1 << 24 {
        return Err(Fault::Invalid(format!("operator `{}` has {outputs} outputs; at most 2^24", read.resident.name)));
    }
    let mut touched = vec![false; outputs];
    for p in &parts {
        touched[p.output..p.output + p.tile.shape.outputs() as usize].fill(true);
    }
    let line = channels as usize * size;
    if positions.saturating_mul(line) > 1 << 30 {
        return Err(Fault::Invalid("a window of more than 1 GiB".into()));
    }
    let total = u64::from(window.output[0]) * u64::from(window.output[1]);
    let mut blocks = Blocks::new(read, &parts, crossbars, positions * line, outputs);
    let mut single = Single { patch: vec![0u8; positions * line], ..Single::default() };
    let mut values = Vec::new();
    let mut first = 0;
    while first < total {
        let count = blocks.as_ref().map_or(1, Blocks::pixels).min((total - first) as usize);
        let sums = match blocks.as_mut() {
            Some(blocks) => blocks.run(read, &parts, mem, first, count, outputs).ok(),
            None => None,
        };
        if let Some(sums) = sums {
            for (i, sums) in sums.chunks_exact(outputs.max(1)).enumerate() {
                let at = offset(read.dst.1, first + i as u64, read.dst_pitch)?;
                write_pixel(mem, read, at, sums, &touched, &mut values)?;
            }
        } else {
            for pixel in first..first + count as u64 {
                single.run(read, &parts, crossbars, mem, pixel, outputs)?;
                let at = offset(read.dst.1, pixel, read.dst_pitch)?;
                write_pixel(mem, read, at, &single.sums, &touched, &mut values)?;
            }
        }
        first += count as u64;
    }
    Ok(())
}

/// Copies the window of an output pixel (row, column): position by position, padding where it leaves the input.
fn fill_patch(read: &CoreRead<'_>, mem: &Memory, (ho, wo): (u32, u32), patch: &mut [u8]) -> Result<(), Fault> {
    let window = read.window;
    let [height, width, channels] = window.input;
    let input = read.port.input;
    let size = input.bytes() as usize;
    let line = channels as usize * size;
    let kw = window.kernel[1].max(1);
    let mut pad = [0u8; 8];
    store(&mut pad[..size], input, &[window.pad_value])?;
    for (position, target) in patch.chunks_exact_mut(line.max(1)).enumerate() {
        let h = coordinate(window, 0, ho, position as u32 / kw);
        let w = coordinate(window, 1, wo, position as u32 % kw);
        if h < 0 || w < 0 || h >= i64::from(height) || w >= i64::from(width) {
            target.chunks_exact_mut(size).for_each(|e| e.copy_from_slice(&pad[..size]));
        } else {
            let row = offset(read.src.1, h as u64, read.src_pitch)?;
            let at = offset(row, w as u64, line as u64)?;
            target.copy_from_slice(mem.bytes(read.src.0, at, line as u64)?);
        }
    }
    Ok(())
}

/// One output pixel at a time, through the engine.
#[derive(Default)]
struct Single {
    patch: Vec<u8>,
    gathered: Vec<u8>,
    acc: Vec<i64>,
    values: Vec<i64>,
    /// One sum an output.
    sums: Vec<i64>,
}

impl Single {
    fn run(
        &mut self,
        read: &CoreRead<'_>,
        parts: &[Part<'_>],
        crossbars: &mut Crossbars,
        mem: &Memory,
        pixel: u64,
        outputs: usize,
    ) -> Result<(), Fault> {
        let Single { patch, gathered, acc, values, sums } = self;
        let input = read.port.input;
        let size = input.bytes() as usize;
        let channels = read.window.input[2] as usize;
        let width = u64::from(read.window.output[1]).max(1);
        fill_patch(read, mem, ((pixel / width) as u32, (pixel % width) as u32), patch)?;
        sums.clear();
        sums.resize(outputs, 0i64);
        for p in parts {
            let (first, count) = p.channels;
            let shape = &p.tile.shape;
            let all: &[u8] = if count == channels {
                patch
            } else {
                gathered.clear();
                for line in patch.chunks_exact((channels * size).max(1)) {
                    gathered.extend_from_slice(&line[first * size..(first + count) * size]);
                }
                gathered
            };
            let rows = shape.crossbar_rows();
            let start = if shape.groups == 1 { shape.row0 as usize } else { 0 };
            let driven = all.get(start * size..(start + rows as usize) * size).ok_or_else(|| {
                Fault::Invalid(format!("operator `{}`: its rows do not match the window", read.resident.name))
            })?;
            crossbars.read(p.xb, 0..rows, (driven, input), read.port, shape.outputs(), acc)?;
            let out = &mut sums[p.output..p.output + acc.len()];
            accumulate_into(out, acc, p.shift, p.negate, read.port.output)?;
            if p.first_slice && read.resident.offset != 0 {
                load(driven, input, values);
                correct(out, values, &p.tile, read.resident.offset)?;
            }
        }
        Ok(())
    }
}

/// Subtracts `factor * sum(inputs)` of each group from the group's outputs.
fn correct(out: &mut [i64], driven: &[i64], tile: &TileView<'_>, factor: i64) -> Result<(), Fault> {
    let shape = &tile.shape;
    let (groups, cols) = (shape.groups as usize, shape.cols as usize);
    let inner = if groups == 1 { driven.len() } else { shape.inner as usize };
    for g in 0..groups {
        let of_group = driven.chunks(groups * inner.max(1)).filter_map(|p| p.get(g * inner..(g + 1) * inner));
        let sum: i64 = of_group.flatten().fold(0i64, |s, v| s.wrapping_add(*v));
        for v in &mut out[g * cols..(g + 1) * cols] {
            *v = v.wrapping_sub(factor.wrapping_mul(sum));
        }
    }
    Ok(())
}

fn write_pixel(
    mem: &mut Memory,
    read: &CoreRead<'_>,
    at: i64,
    sums: &[i64],
    touched: &[bool],
    values: &mut Vec<i64>,
) -> Result<(), Fault> {
    let elem = read.port.output;
    let size = u64::from(elem.bytes());
    let mut start = 0;
    // Runs of channels that this entry computes; the others belong to other entries.
    for run in touched.chunk_by(|a, b| a == b) {
        let end = start + run.len();
        if run.first() == Some(&true) {
            let to = offset(at, start as u64, size)?;
            if read.accumulate {
                mem.load(read.dst.0, to, run.len() as u64, elem, values)?;
                accumulate_into(values, &sums[start..end], 0, false, elem)?;
                mem.store(read.dst.0, to, elem, values)?;
            } else {
                mem.store(read.dst.0, to, elem, &sums[start..end])?;
            }
        }
        start = end;
    }
    Ok(())
}

fn parts<'p>(program: &'p Program, read: &CoreRead<'p>) -> Result<Vec<Part<'p>>, Fault> {
    let channels = u64::from(read.window.input[2]);
    let mut parts = Vec::new();
    for (id, xb) in &read.resident.placement {
        let tile = TileView::new(program, *id).map_err(Fault::Invalid)?;
        let matrix = tile.matrix;
        // Without groups a row is simply (position, channel); `inner` matters to block-diagonal tiles only.
        let inner = if matrix.groups == 1 { channels } else { u64::from(matrix.inner) };
        let positions = u64::from(read.window.kernel[0]) * u64::from(read.window.kernel[1]);
        let fits = inner.saturating_mul(u64::from(matrix.groups)) == channels
            && positions.checked_mul(inner) == Some(matrix.rows());
        if !fits {
            let name = &read.resident.name;
            return Err(Fault::Invalid(format!("operator `{name}`: matrix and window do not fit together")));
        }
        let (polarity, slice) = tile.slices_here().next().unwrap_or((0, 0));
        let separate = tile.tile.binding.bits_to_crossbars;
        parts.push(Part {
            xb: u64::from(*xb),
            channels: (tile.shape.group0 as usize * inner as usize, tile.shape.groups as usize * inner as usize),
            output: (tile.shape.group0 as usize) * matrix.cols as usize + tile.shape.col0 as usize,
            shift: if separate { (slice * u32::from(tile.layout.cell_bits)) as u8 } else { 0 },
            negate: separate && polarity == 1,
            first_slice: !separate || (polarity == 0 && slice == 0),
            tile,
        });
    }
    Ok(parts)
}

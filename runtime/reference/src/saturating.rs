//! Convolutions and linear layers whose conversions may clip (`--allow-adc-clipping`), from the definition.
//!
//! A conversion sees at most `rows_per_conversion` rows of one tile and gives `min(column sum, 2^adc - 1)`; inputs are sent
//! `dac` bits at a time from the lowest, the sign bit of a signed input alone and negative. Which rows share a conversion
//! depends on how the weights were cut into tiles, so this is the one part of the reference that reads the tile table.

use std::collections::HashSet;

use cim_isa::Program;
use cim_isa::types::{ConstId, IntType, Matrix, Tile, Window};

use crate::conv::Geometry;
use crate::error::Kernel;
use crate::pool::{check_window, check_work};
use crate::tensor::{IntTensor, elements, integers};

/// Converters of a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Converters {
    /// Bits of an input sent in one step; None = all at once.
    pub dac: Option<u8>,
    /// Largest code of a conversion; None = it never clips.
    pub top_code: Option<u64>,
}

/// A layer's weights as cells, cut as the program cuts them.
#[derive(Clone, Debug)]
pub struct Saturating {
    outputs: usize,
    k: usize,
    columns: Vec<Column>,
    converters: Converters,
    /// Taken off digitally: `factor * sum(inputs)`.
    factor: i64,
}

/// One physical column as far as one conversion sees it: it belongs to one output, slice and polarity.
#[derive(Clone, Debug)]
struct Column {
    output: usize,
    shift: u32,
    negative: bool,
    /// (input of the patch, cell content), cells that hold 0 left out.
    cells: Vec<(u32, u32)>,
}

impl Saturating {
    /// `k` inputs per output; element `e` of the constant belongs to output `split(e).0` and input `split(e).1`.
    ///
    /// # Errors
    /// The program's tiles do not hold every weight exactly once.
    pub fn new(
        program: &Program,
        weights: ConstId,
        (outputs, k): (usize, usize),
        weight_zero: i64,
        split: impl Fn(usize) -> (usize, usize),
        converters: Converters,
    ) -> Result<Self, String> {
        let raw = integers(program, weights)?;
        if outputs.checked_mul(k) != Some(raw.len()) {
            return Err(format!("{} weights, {outputs} outputs of {k} inputs need another number", raw.len()));
        }
        let mut held = vec![0u32; raw.len()];
        let mut columns = Vec::new();
        let mut layout = None;
        let mut seen = HashSet::new();
        for tile in &program.tiles {
            let matrix = program.matrices.get(tile.matrix.index());
            let Some(matrix) = matrix.filter(|m| m.weights == weights) else { continue };
            if !seen.insert(tile) {
                continue;
            }
            let encoding = Encoding::new(matrix, tile)?;
            if *layout.get_or_insert(encoding) != encoding {
                return Err("its tiles use different encodings".into());
            }
            cut(program, matrix, tile, &encoding, &raw, &mut held, &split, &mut columns)?;
        }
        let encoding = layout.ok_or("no tile holds its weights")?;
        if held.iter().any(|&n| n != encoding.slices * encoding.polarities) {
            return Err("the tiles do not hold every weight exactly once".into());
        }
        let factor = encoding.offset.checked_add(weight_zero).ok_or("the weight zero point is too large")?;
        Ok(Saturating { outputs, k, columns, converters, factor })
    }

    /// As [`crate::conv::conv`], with conversions that clip.
    ///
    /// # Errors
    /// Geometry and tensors do not fit, or an accumulator does not fit `to`.
    pub fn conv(&self, x: &IntTensor, window: &Window, groups: u32, shape: [u32; 3], to: IntType) -> Kernel<IntTensor> {
        check_window(window, x.shape, shape)?;
        let groups = groups as usize;
        let cin = x.shape[0] as usize;
        if groups == 0 || !cin.is_multiple_of(groups) || self.outputs != shape[0] as usize {
            return Err(format!("{groups} groups, {cin} and {} channels do not fit", self.outputs));
        }
        let geometry = Geometry { window, cin: cin / groups, height: x.shape[1], width: x.shape[2] };
        if geometry.k() != Some(self.k) {
            return Err(format!("weights have {} inputs per output, kernel and channels give another number", self.k));
        }
        let n = elements(&shape)?;
        check_work(n, self.k as u64 * x.elem.bits as u64)?;
        let pixels = shape[1] as usize * shape[2] as usize;
        let per_group = self.outputs / groups;
        let x_group = x.data.len() / groups;
        let mut data = vec![0i64; n];
        let mut patch = Vec::with_capacity(cin * self.k);
        for p in 0..pixels {
            let (oh, ow) = ((p / shape[2] as usize) as u32, (p % shape[2] as usize) as u32);
            patch.clear();
            for x in x.data.chunks(x_group.max(1)) {
                geometry.patch(x, oh, ow, window.pad_value, &mut patch);
            }
            for (o, acc) in self.pixel(&patch, per_group, x.elem)?.into_iter().enumerate() {
                if let Some(slot) = data.get_mut(o * pixels + p) {
                    *slot = acc;
                }
            }
        }
        let y = IntTensor { shape, elem: to, data };
        y.check_range()?;
        Ok(y)
    }

    /// As [`crate::conv::linear`], with conversions that clip.
    ///
    /// # Errors
    /// As [`Saturating::conv`].
    pub fn linear(&self, x: &IntTensor, shape: [u32; 3], to: IntType) -> Kernel<IntTensor> {
        if shape[1..] != [1, 1] {
            return self.conv(x, &crate::conv::pointwise(x.shape), 1, shape, to);
        }
        if x.data.len() != self.k || elements(&shape)? != self.outputs {
            return Err(format!("{} inputs and shape {shape:?} do not fit the weights", x.data.len()));
        }
        let y = IntTensor { shape, elem: to, data: self.pixel(&x.data, self.outputs, x.elem)? };
        y.check_range()?;
        Ok(y)
    }

    /// Accumulators of one pixel; `patches` holds the patch of every group.
    fn pixel(&self, patches: &[i64], per_group: usize, elem: IntType) -> Kernel<Vec<i64>> {
        let mut acc = vec![0i128; self.outputs];
        let steps = steps(elem, self.converters.dac);
        for column in &self.columns {
            let first = column.output / per_group.max(1) * self.k;
            let patch = patches.get(first..first + self.k).ok_or("an output's inputs are missing")?;
            let mut sum = 0i128;
            for &(low, bits, negative) in &steps {
                let mask = (1u64 << bits) - 1;
                let mut code = 0u128;
                for &(k, cell) in &column.cells {
                    let x = patch.get(k as usize).copied().unwrap_or(0);
                    code += (x as u64 >> low & mask) as u128 * cell as u128;
                }
                let code = self.converters.top_code.map_or(code, |top| code.min(top as u128)) as i128;
                sum += if negative { -(code << low) } else { code << low };
            }
            if let Some(acc) = acc.get_mut(column.output) {
                let sum = sum << column.shift;
                *acc += if column.negative { -sum } else { sum };
            }
        }
        acc.iter()
            .enumerate()
            .map(|(o, &acc)| {
                let first = o / per_group.max(1) * self.k;
                let inputs: i128 = patches.iter().skip(first).take(self.k).map(|&x| x as i128).sum();
                i64::try_from(acc - self.factor as i128 * inputs)
                    .map_err(|_| "an accumulator does not fit 64 bits".into())
            })
            .collect()
    }
}

/// Input steps: (lowest bit, bits, counts negative).
fn steps(elem: IntType, dac: Option<u8>) -> Vec<(u32, u32, bool)> {
    let magnitude = elem.bits as u32 - elem.signed as u32;
    let step = dac.map_or(63, |d| d.clamp(1, 63) as u32);
    let mut out: Vec<(u32, u32, bool)> =
        (0..magnitude).step_by(step as usize).map(|low| (low, step.min(magnitude - low), false)).collect();
    if elem.signed {
        out.push((magnitude, 1, true));
    }
    out
}

/// How one weight becomes cells, derived from the tile's own fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Encoding {
    differential: bool,
    cell_bits: u32,
    slices: u32,
    polarities: u32,
    offset: i64,
    /// Bits in different crossbars: a tile holds one slice of one polarity.
    apart: bool,
}

impl Encoding {
    fn new(matrix: &Matrix, tile: &Tile) -> Kernel<Self> {
        let (bits, signed) = (matrix.weight.bits as u32, matrix.weight.signed);
        let cell_bits = tile.binding.cell_bits as u32;
        if !(1..=16).contains(&bits) || !(1..=8).contains(&cell_bits) {
            return Err(format!("weights of {bits} bits on cells of {cell_bits}"));
        }
        let differential = tile.binding.differential;
        let stored = if differential && signed && matrix.narrow { (bits - 1).max(1) } else { bits };
        Ok(Encoding {
            differential,
            cell_bits,
            slices: stored.div_ceil(cell_bits),
            polarities: if differential { 2 } else { 1 },
            offset: if signed && !differential { 1 << (bits - 1) } else { 0 },
            apart: tile.binding.bits_to_crossbars,
        })
    }

    /// Content of a cell.
    fn cell(&self, w: i64, polarity: u32, slice: u32) -> u32 {
        let stored = match (self.differential, polarity) {
            (false, _) => w.wrapping_add(self.offset),
            (true, 0) => w.max(0),
            (true, _) => w.min(0).wrapping_neg(),
        };
        (stored >> (slice * self.cell_bits) & ((1 << self.cell_bits) - 1)) as u32
    }
}

/// Adds the columns of one tile, one entry for each group of rows that shares a conversion.
#[allow(clippy::too_many_arguments)]
fn cut(
    program: &Program,
    matrix: &Matrix,
    tile: &Tile,
    encoding: &Encoding,
    raw: &[i64],
    held: &mut [u32],
    split: &impl Fn(usize) -> (usize, usize),
    columns: &mut Vec<Column>,
) -> Kernel<()> {
    let rows_per_conversion = program.rows_per_conversion.max(1) as u64;
    let (inner, block) = (matrix.inner.max(1) as u64, tile.groups as u64);
    let held_here = |polarity: u32, slice: u32| !encoding.apart || tile.slice == polarity * encoding.slices + slice;
    for g in 0..tile.groups {
        for c in 0..tile.cols {
            for polarity in 0..encoding.polarities {
                for slice in (0..encoding.slices).filter(|&s| held_here(polarity, s)) {
                    let mut conversion = None;
                    for r in 0..tile.rows {
                        let (r64, g64) = (r as u64, g as u64);
                        let row = if tile.groups == 1 {
                            r64
                        } else {
                            r64 / inner * (block * inner) + g64 * inner + r64 % inner
                        };
                        let at = |first: u32, i: u32| first.checked_add(i).ok_or("a tile reaches beyond its matrix");
                        let e = matrix.element(at(tile.group0, g)?, at(tile.row0, r)?, at(tile.col0, c)?) as usize;
                        let (output, k) = split(e);
                        let (Some(&w), Some(n)) = (raw.get(e), held.get_mut(e)) else {
                            return Err("a tile reaches beyond its weights".into());
                        };
                        *n += 1;
                        if conversion != Some((row / rows_per_conversion, output)) {
                            conversion = Some((row / rows_per_conversion, output));
                            let shift = slice * encoding.cell_bits;
                            columns.push(Column { output, shift, negative: polarity == 1, cells: Vec::new() });
                        }
                        let cell = encoding.cell(w, polarity, slice);
                        if let Some(column) = columns.last_mut().filter(|_| cell > 0) {
                            column.cells.push((k as u32, cell));
                        }
                    }
                }
            }
        }
    }
    Ok(())
}

//! Output pixels of a whole operator, many at once: integer products of a block of windows with every crossbar.

use std::sync::Arc;

use super::{CoreRead, Part, fill_patch};
use crate::cells::View;
use crate::crossbars::Crossbars;
use crate::engine::EngineChoice;
use crate::error::Fault;
use crate::kernels::{self, Level};
use crate::memory::{Memory, load};
use crate::products::{Products, fits_16_bits, fits_32_bits};

/// Output pixels of a block.
const PIXELS: usize = 64;
/// Most bytes of the windows of a block.
const MAX_BYTES: usize = 8 << 20;

/// Reused memory of a block.
#[derive(Debug)]
pub struct Blocks {
    level: Level,
    views: Vec<Arc<View>>,
    pixels: usize,
    patches: Vec<u8>,
    sums: Vec<i64>,
    products: Products,
    driven: Vec<u8>,
    values: Vec<i64>,
    /// Sums of the inputs of every group, pixel by pixel.
    inputs: Vec<i64>,
}

/// The rows of a window that a tile sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Rows {
    channels: (usize, usize),
    start: usize,
    rows: u32,
    groups: u32,
}

impl Blocks {
    /// Prepares blocks for a read; None when its pixels must be computed one by one.
    pub fn new(
        read: &CoreRead<'_>,
        parts: &[Part<'_>],
        crossbars: &mut Crossbars,
        patch: usize,
        outputs: usize,
    ) -> Option<Blocks> {
        let input = read.port.input;
        let pixels = (MAX_BYTES / patch.max(outputs.saturating_mul(8)).max(1)).min(PIXELS);
        if crossbars.engine.choice == EngineChoice::BitSliced
            || !fits_16_bits(input)
            || pixels < 2
            || patch == 0
            || overlaps(read, outputs)
        {
            return None;
        }
        let mut views = Vec::with_capacity(parts.len());
        for p in parts {
            let shape = &p.tile.shape;
            let rows = shape.crossbar_rows();
            let view = crossbars.view(p.xb, read.port, shape.outputs()).ok()?;
            let programmed = view.run_end.first().is_some_and(|end| rows <= *end);
            if !programmed || crossbars.engine.converters.can_clip(rows, input) || !fits_32_bits(&view, rows, input) {
                return None;
            }
            // Then no sum of 32-bit products over all tiles can leave 64 bits.
            if p.shift > 20 || (parts.len() as u64) << p.shift > 1 << 31 {
                return None;
            }
            view.pairs()?;
            views.push(view);
        }
        Some(Blocks {
            level: crossbars.engine.level,
            views,
            pixels,
            patches: vec![0; pixels * patch],
            sums: Vec::new(),
            products: Products::default(),
            driven: Vec::new(),
            values: Vec::new(),
            inputs: Vec::new(),
        })
    }

    /// Pixels of a block.
    pub fn pixels(&self) -> usize {
        self.pixels
    }

    /// Computes the pixels from `first` on (counted row by row): the sums of all outputs, pixel by pixel. An error means
    /// that these pixels must be computed one by one; no buffer has changed.
    pub fn run(
        &mut self,
        read: &CoreRead<'_>,
        parts: &[Part<'_>],
        mem: &Memory,
        first: u64,
        count: usize,
        outputs: usize,
    ) -> Result<&[i64], Fault> {
        let patch = self.patches.len() / self.pixels;
        let size = read.port.input.bytes() as usize;
        let channels = read.window.input[2] as usize;
        let width = u64::from(read.window.output[1]).max(1);
        for (i, patch) in self.patches.chunks_exact_mut(patch.max(1)).take(count).enumerate() {
            let pixel = first + i as u64;
            fill_patch(read, mem, ((pixel / width) as u32, (pixel % width) as u32), patch)?;
        }
        self.sums.clear();
        self.sums.resize(count * outputs, 0);
        let mut last = None;
        for (p, view) in parts.iter().zip(&self.views) {
            let shape = &p.tile.shape;
            let start = if shape.groups == 1 { shape.row0 as usize } else { 0 };
            let rows = Rows { channels: p.channels, start, rows: shape.crossbar_rows(), groups: shape.groups };
            if last != Some(rows) {
                last = Some(rows);
                self.products.begin(count, 0, rows.rows);
                self.inputs.clear();
                for (i, patch) in self.patches.chunks_exact(patch.max(1)).take(count).enumerate() {
                    let (begin, of_tile) = p.channels;
                    let all: &[u8] = if of_tile == channels {
                        patch
                    } else {
                        self.driven.clear();
                        for line in patch.chunks_exact(channels.max(1) * size) {
                            self.driven.extend_from_slice(&line[begin * size..(begin + of_tile) * size]);
                        }
                        &self.driven
                    };
                    let bytes = all.get(start * size..(start + rows.rows as usize) * size);
                    let bytes = bytes.ok_or_else(|| Fault::Invalid("rows beyond the window".into()))?;
                    self.products.input(i, bytes, read.port.input);
                    if read.resident.offset != 0 {
                        let groups = (shape.groups as usize, shape.inner as usize);
                        if groups.0 == 1 && size == 1 && bytes.len() < 1 << 23 {
                            let sum = kernels::total(self.level, bytes, read.port.input.signed);
                            self.inputs.push(i64::from(sum));
                        } else {
                            load(bytes, read.port.input, &mut self.values);
                            sum_groups(&self.values, groups, &mut self.inputs);
                        }
                    }
                }
            }
            let products = self.products.run(self.level, view, view.pairs().unwrap_or(&[]), 0);
            let n = shape.outputs() as usize;
            let groups = shape.groups as usize;
            let factor = if p.negate { -(1 << p.shift) } else { 1 << p.shift };
            let correct = p.first_slice && read.resident.offset != 0;
            for (i, (sums, products)) in
                self.sums.chunks_exact_mut(outputs.max(1)).zip(products.chunks_exact(view.weight_stride)).enumerate()
            {
                let out = &mut sums[p.output..p.output + n];
                kernels::accumulate(self.level, out, products, factor);
                if correct {
                    let inputs = &self.inputs[i * groups..][..groups];
                    for (out, sum) in out.chunks_mut(shape.cols as usize).zip(inputs) {
                        let correction = read.resident.offset.wrapping_mul(*sum);
                        kernels::lower(self.level, out, correction);
                    }
                }
            }
        }
        Ok(&self.sums)
    }
}

/// Appends the sum of the inputs of each group.
fn sum_groups(values: &[i64], (groups, inner): (usize, usize), sums: &mut Vec<i64>) {
    let inner = if groups == 1 { values.len() } else { inner };
    for g in 0..groups {
        let of_group = values.chunks(groups * inner.max(1)).filter_map(|p| p.get(g * inner..(g + 1) * inner));
        sums.push(of_group.flatten().fold(0i64, |s, v| s.wrapping_add(*v)));
    }
}

/// May the results of early pixels be inputs of later ones?
fn overlaps(read: &CoreRead<'_>, outputs: usize) -> bool {
    if read.src.0 != read.dst.0 {
        return false;
    }
    let window = read.window;
    // From the first byte to one past the last: steps between rows or pixels, then one of them.
    let steps = |n: i128, pitch: u64| (n - 1).max(0) * i128::from(pitch);
    let line = i128::from(window.input[1]) * i128::from(window.input[2]) * i128::from(read.port.input.bytes());
    let inputs = steps(i128::from(window.input[0]), read.src_pitch) + line;
    let pixels = i128::from(window.output[0]) * i128::from(window.output[1]);
    let results = steps(pixels, read.dst_pitch) + outputs as i128 * i128::from(read.port.output.bytes());
    let (src, dst) = (i128::from(read.src.1), i128::from(read.dst.1));
    src < dst + results && dst < src + inputs
}

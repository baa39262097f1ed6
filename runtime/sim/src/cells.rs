//! Crossbars as programmed: cells in bit planes, packed eight rows to a byte.

use std::sync::{Arc, OnceLock};

use cim_isa::types::{IntType, Port};
use cim_machine::binding::Layout;

use crate::error::Fault;
use crate::memory::load_one;
use crate::tile::TileView;

/// Cells of one crossbar. Bit `r % 8` of `bits[(r / 8 * cell_bits + b) * cols + c]` is bit `b` of the cell in row `r`,
/// column `c`.
#[derive(Clone, Debug)]
pub struct Cells {
    cols: usize,
    cell_bits: usize,
    bits: Vec<u8>,
    /// Columns programmed so far in each row, counted from column 0.
    programmed: Vec<u32>,
}

/// How the digital side combines columns into outputs; what a [`View`] is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PortFormat {
    /// Outputs.
    pub outputs: u32,
    /// Slices per output.
    pub slices: u32,
    /// Columns per slice.
    pub polarities: u32,
    /// Bits per slice.
    pub cell_bits: u32,
}

impl PortFormat {
    /// The part of a port that decides which columns are read.
    pub fn of(port: &Port, outputs: u32) -> PortFormat {
        PortFormat {
            outputs,
            slices: u32::from(port.slices),
            polarities: u32::from(port.polarities),
            cell_bits: u32::from(port.cell_bits),
        }
    }
    /// Crossbar columns.
    pub fn cols(&self) -> u32 {
        self.outputs.saturating_mul(self.slices).saturating_mul(self.polarities)
    }
}

/// One plane of weight bits: the counts of its columns are shifted left and added or subtracted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WeightPlane {
    /// `slice * cell_bits + bit`.
    pub shift: u8,
    /// Negative column of a pair.
    pub negative: bool,
    /// Column group that one conversion sees: planes of the same (slice, polarity) are bits of the same cells.
    pub cell: u16,
    /// Bit inside the cell.
    pub bit: u8,
}

/// Cells re-ordered for one port: byte `(r / 8) * stride + plane * outputs + output`.
#[derive(Clone, Debug)]
pub struct View {
    /// Port it is made for.
    pub format: PortFormat,
    /// Weight planes.
    pub planes: Vec<WeightPlane>,
    /// Bytes per eight rows, a multiple of 32.
    pub stride: usize,
    /// Bits.
    pub bits: Vec<u8>,
    /// For each row, the end of the run of programmed rows that begins there.
    pub run_end: Vec<u32>,
    /// Stored numbers in integers, row-major with `weight_stride` per row; made on first use by the exact engine.
    pub weights: OnceLock<Vec<i32>>,
    /// The same in pairs of rows, where every number fits 15 bits and a sign; made on first use.
    pub pairs: OnceLock<Vec<i16>>,
    /// Numbers per row of `weights` and per row pair of `pairs`, a multiple of 16.
    pub weight_stride: usize,
}

impl View {
    /// Stored numbers as integers.
    pub fn weights(&self) -> &[i32] {
        self.weights.get_or_init(|| {
            let outputs = self.format.outputs as usize;
            let mut w = vec![0i32; self.run_end.len() * self.weight_stride];
            for (row, numbers) in w.chunks_exact_mut(self.weight_stride.max(1)).enumerate() {
                let line = &self.bits[row / 8 * self.stride..][..self.stride];
                for (plane, part) in self.planes.iter().zip(line.chunks(outputs.max(1))) {
                    for (n, byte) in numbers.iter_mut().zip(part) {
                        let bit = i32::from(byte >> (row % 8) & 1) << plane.shift;
                        *n += if plane.negative { -bit } else { bit };
                    }
                }
            }
            w
        })
    }

    /// Largest magnitude that a stored number can have.
    pub fn largest(&self) -> u128 {
        let sum =
            |negative| self.planes.iter().filter(|p| p.negative == negative).map(|p| 1u128 << p.shift).sum::<u128>();
        sum(false).max(sum(true))
    }

    /// Stored numbers in pairs of rows, as [`crate::kernels::PairJob`] wants them; None when they need more than 16 bits.
    pub fn pairs(&self) -> Option<&[i16]> {
        if self.largest() > i16::MAX as u128 {
            return None;
        }
        let make = || {
            let outputs = self.format.outputs as usize;
            let line_length = 2 * self.weight_stride.max(1);
            let mut w = vec![0i16; self.run_end.len().div_ceil(2) * line_length];
            for (pair, numbers) in w.chunks_exact_mut(line_length).enumerate() {
                let line = &self.bits[pair / 4 * self.stride..][..self.stride];
                let row = pair % 4 * 2;
                for (plane, part) in self.planes.iter().zip(line.chunks(outputs.max(1))) {
                    let (shift, sign) = (plane.shift, if plane.negative { -1 } else { 1 });
                    for (n, byte) in numbers.as_chunks_mut::<2>().0.iter_mut().zip(part) {
                        let two = byte >> row;
                        n[0] += sign * (i16::from(two & 1) << shift);
                        n[1] += sign * (i16::from(two >> 1 & 1) << shift);
                    }
                }
            }
            w
        };
        Some(self.pairs.get_or_init(make))
    }
}

impl Cells {
    fn new(rows: u32, cols: u32, cell_bits: u8) -> Cells {
        let (cols, cell_bits) = (cols as usize, usize::from(cell_bits));
        let bits = vec![0; (rows as usize).div_ceil(8) * cell_bits * cols];
        Cells { cols, cell_bits, bits, programmed: vec![0; rows as usize] }
    }

    /// Content of one cell.
    pub fn get(&self, row: u32, col: u32) -> u8 {
        let at = |b: usize| self.bits[(row as usize / 8 * self.cell_bits + b) * self.cols + col as usize];
        (0..self.cell_bits).fold(0, |v, b| v | (at(b) >> (row % 8) & 1) << b)
    }

    fn set(&mut self, row: u32, col: u32, value: u8) {
        let mask = 1u8 << (row % 8);
        for b in 0..self.cell_bits {
            let byte = &mut self.bits[(row as usize / 8 * self.cell_bits + b) * self.cols + col as usize];
            *byte = if value >> b & 1 == 1 { *byte | mask } else { *byte & !mask };
        }
    }

    /// Sets the first cells of a row.
    fn set_row(&mut self, row: u32, values: &[u8]) {
        let (shift, mask) = (row % 8, 1u8 << (row % 8));
        for b in 0..self.cell_bits {
            let bytes = &mut self.bits[(row as usize / 8 * self.cell_bits + b) * self.cols..][..values.len()];
            bytes.iter_mut().zip(values).for_each(|(byte, v)| *byte = (*byte & !mask) | (v >> b & 1) << shift);
        }
    }

    fn view(&self, format: PortFormat) -> View {
        let outputs = format.outputs as usize;
        let mut planes = Vec::new();
        let mut columns = Vec::new();
        for slice in 0..format.slices {
            for polarity in 0..format.polarities {
                for bit in 0..self.cell_bits {
                    planes.push(WeightPlane {
                        shift: (slice * format.cell_bits + bit as u32) as u8,
                        negative: polarity == 1,
                        cell: (slice * format.polarities + polarity) as u16,
                        bit: bit as u8,
                    });
                    columns.push((slice * format.polarities + polarity, bit));
                }
            }
        }
        let step = (format.slices * format.polarities) as usize;
        let stride = (planes.len() * outputs).next_multiple_of(32);
        let blocks = self.programmed.len().div_ceil(8);
        let mut bits = vec![0u8; blocks * stride];
        for (block, line) in bits.chunks_exact_mut(stride.max(1)).enumerate() {
            for ((first, bit), part) in columns.iter().zip(line.chunks_mut(outputs.max(1))) {
                let from = &self.bits[(block * self.cell_bits + bit) * self.cols..][..self.cols];
                let picked = from.iter().skip(*first as usize).step_by(step.max(1));
                part.iter_mut().zip(picked).for_each(|(to, from)| *to = *from);
            }
        }
        let mut run_end = vec![0u32; self.programmed.len()];
        let mut end = self.programmed.len() as u32;
        for (row, cols) in self.programmed.iter().enumerate().rev() {
            if *cols < format.cols() {
                end = row as u32;
            }
            run_end[row] = end;
        }
        let weight_stride = outputs.next_multiple_of(16);
        View { format, planes, stride, bits, run_end, weights: OnceLock::new(), pairs: OnceLock::new(), weight_stride }
    }
}

/// From the weights of a tile to cells, row by row. Kept from one write to the next, since tiles of a layer are alike.
#[derive(Clone, Debug)]
pub struct Coder {
    layout: Layout,
    elem: IntType,
    outputs: u32,
    /// For each (polarity, slice) of this crossbar: the column of every output of the tile.
    columns: Vec<Vec<u32>>,
    slices: Vec<(u32, u32)>,
    /// Cells of every weight that is stored in one byte, (polarity, slice) by (polarity, slice).
    known: Option<Vec<[u8; 256]>>,
}

impl Coder {
    fn new(tile: &TileView<'_>, outputs: u32) -> Coder {
        let slices: Vec<(u32, u32)> = tile.slices_here().collect();
        let columns =
            |&(polarity, slice): &(u32, u32)| (0..outputs).map(|o| tile.layout.column(o, polarity, slice).1).collect();
        let known = (tile.elem().bytes() == 1).then(|| {
            let cells = |&(polarity, slice): &(u32, u32)| {
                let cell = |byte| tile.layout.cell(load_one(&[byte], tile.elem()), polarity, slice);
                std::array::from_fn(|byte| cell(byte as u8))
            };
            slices.iter().map(cells).collect()
        });
        let columns = slices.iter().map(columns).collect();
        Coder { layout: tile.layout, elem: tile.elem(), outputs, columns, slices, known }
    }

    /// Was it made for such a tile?
    fn serves(&self, tile: &TileView<'_>, outputs: u32) -> bool {
        self.layout == tile.layout
            && self.elem == tile.elem()
            && self.outputs == outputs
            && tile.slices_here().eq(self.slices.iter().copied())
    }

    /// Cells of the weights in one row of a group, whose first output is `first`.
    fn row(&self, tile: &TileView<'_>, group: u32, row: u32, first: u32, line: &mut [u8]) -> Result<(), String> {
        let weights = tile.weights(group, row)?;
        for (k, (columns, (polarity, slice))) in self.columns.iter().zip(&self.slices).enumerate() {
            let columns = columns.get(first as usize..).unwrap_or(&[]);
            let mut set = |column: &u32, cell| {
                if let Some(c) = line.get_mut(*column as usize) {
                    *c = cell;
                }
            };
            match self.known.as_ref().and_then(|known| known.get(k)) {
                Some(known) => {
                    let bytes = weights.clone().filter_map(<[u8]>::first);
                    columns.iter().zip(bytes).for_each(|(c, w)| set(c, known[usize::from(*w)]));
                }
                None => columns.iter().zip(weights.clone()).for_each(|(c, w)| {
                    set(c, tile.layout.cell(load_one(w, tile.elem()), *polarity, *slice));
                }),
            }
        }
        Ok(())
    }
}

/// One crossbar: nothing until it is written, then cells and the views that reads asked for.
#[derive(Clone, Debug, Default)]
pub struct Crossbar {
    cells: Option<Arc<Cells>>,
    views: Vec<Arc<View>>,
}

/// Dimensions of every crossbar of a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CrossbarSize {
    /// Rows.
    pub rows: u32,
    /// Columns.
    pub cols: u32,
    /// Bits per cell.
    pub cell_bits: u8,
}

impl Crossbar {
    /// The cells, when programmed.
    pub fn cells(&self) -> Option<&Cells> {
        self.cells.as_deref()
    }

    /// Programs rows `row .. row + len` with the tile's crossbar rows `tile_row ..`. `xb` is used in errors; `coder` is
    /// what the last write left.
    #[allow(clippy::too_many_arguments)]
    pub fn write(
        &mut self,
        coder: &mut Option<Coder>,
        size: CrossbarSize,
        xb: u64,
        row: u32,
        tile: &TileView<'_>,
        tile_row: u32,
        len: u32,
    ) -> Result<(), Fault> {
        let cols = tile.crossbar_cols();
        let too_large = |what, needed, available: u32| {
            Err(Fault::CrossbarSize { xb, what, needed, available: u64::from(available) })
        };
        if u64::from(row) + u64::from(len) > u64::from(size.rows) {
            return too_large("rows", u64::from(row) + u64::from(len), size.rows);
        }
        if cols > size.cols {
            return too_large("columns", u64::from(cols), size.cols);
        }
        if tile.layout.cell_bits != size.cell_bits {
            return Err(Fault::Invalid(format!(
                "a tile of {}-bit cells on crossbars of {}-bit cells",
                tile.layout.cell_bits, size.cell_bits
            )));
        }
        self.views.clear();
        let cells = self.cells.get_or_insert_with(|| Arc::new(Cells::new(size.rows, size.cols, size.cell_bits)));
        let cells = Arc::make_mut(cells);
        let outputs = tile.shape.cols.saturating_mul(tile.shape.groups);
        if !coder.as_ref().is_some_and(|c| c.serves(tile, outputs)) {
            *coder = None;
        }
        let coder = coder.get_or_insert_with(|| Coder::new(tile, outputs));
        let mut line = vec![0u8; cols as usize];
        for i in 0..len {
            let (group, r) = tile
                .shape
                .logical_row(tile_row.saturating_add(i))
                .ok_or_else(|| Fault::Invalid(format!("the tile has no row {}", u64::from(tile_row) + u64::from(i))))?;
            // Off the diagonal of a block-diagonal tile cells are written with 0.
            line.fill(0);
            let first = (group - tile.shape.group0) * tile.shape.cols;
            coder.row(tile, group, r, first, &mut line).map_err(Fault::Invalid)?;
            cells.set_row(row + i, &line);
            let programmed = &mut cells.programmed[(row + i) as usize];
            *programmed = (*programmed).max(cols);
        }
        Ok(())
    }

    /// Flips bits of one programmed cell; false when that cell was never programmed.
    pub fn flip(&mut self, row: u32, col: u32, mask: u8) -> bool {
        let Some(cells) = self.cells.as_mut() else { return false };
        if cells.programmed.get(row as usize).is_none_or(|n| col >= *n) {
            return false;
        }
        self.views.clear();
        let cells = Arc::make_mut(cells);
        let value = cells.get(row, col) ^ mask;
        cells.set(row, col, value);
        true
    }

    /// The cells as a port reads them; made on first use.
    pub fn view(&mut self, size: CrossbarSize, xb: u64, format: PortFormat) -> Result<Arc<View>, Fault> {
        if let Some(view) = self.views.iter().find(|v| v.format == format) {
            return Ok(Arc::clone(view));
        }
        let cells =
            self.cells.as_ref().ok_or(Fault::Unprogrammed { xb, row: 0, end: size.rows, cols: format.cols() })?;
        if format.cols() > size.cols {
            let needed = u64::from(format.cols());
            return Err(Fault::CrossbarSize { xb, what: "columns", needed, available: u64::from(size.cols) });
        }
        let view = Arc::new(cells.view(format));
        self.views.push(Arc::clone(&view));
        Ok(view)
    }
}

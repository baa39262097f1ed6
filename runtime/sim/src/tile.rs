//! A program's tiles in the terms of `cim_machine::binding`.

use cim_isa::Program;
use cim_isa::types::{ElemType, IntType, Matrix, Tile, TileId};
use cim_machine::binding::{Layout, TileShape};
use cim_machine::{Binding, Encoding};

/// Layout of the weights of a tile.
pub fn layout_of(tile: &Tile, matrix: &Matrix) -> Layout {
    Layout {
        bits: matrix.weight.bits,
        signed: matrix.weight.signed,
        narrow: matrix.narrow,
        encoding: if tile.binding.differential { Encoding::Differential } else { Encoding::Offset },
        binding: if tile.binding.bits_to_crossbars { Binding::BitsToCrossbars } else { Binding::BitsToColumns },
        cell_bits: tile.binding.cell_bits,
    }
}

/// Shape of a tile.
pub fn shape_of(tile: &Tile, matrix: &Matrix) -> TileShape {
    TileShape {
        group0: tile.group0,
        groups: tile.groups,
        row0: tile.row0,
        rows: tile.rows,
        col0: tile.col0,
        cols: tile.cols,
        inner: matrix.inner,
    }
}

/// A tile with everything needed to program it.
#[derive(Clone, Debug)]
pub struct TileView<'p> {
    /// The matrix it cuts.
    pub matrix: &'p Matrix,
    /// The tile.
    pub tile: &'p Tile,
    /// Weight encoding.
    pub layout: Layout,
    /// Position in the matrix.
    pub shape: TileShape,
    weights: &'p [u8],
    elem: IntType,
}

impl<'p> TileView<'p> {
    /// Looks a tile up and checks that it lies inside its matrix and the matrix inside its constant.
    pub fn new(program: &'p Program, id: TileId) -> Result<Self, String> {
        let tile = program.tiles.get(id.index()).ok_or_else(|| format!("tile {} does not exist", id.0))?;
        let matrix = program
            .matrices
            .get(tile.matrix.index())
            .ok_or_else(|| format!("tile {}: matrix {} does not exist", id.0, tile.matrix.0))?;
        let constant = program
            .constants
            .get(matrix.weights.index())
            .ok_or_else(|| format!("matrix `{}`: constant {} does not exist", matrix.name, matrix.weights.0))?;
        let ElemType::Int(elem) = constant.elem else {
            return Err(format!("matrix `{}`: its weights are not integers", matrix.name));
        };
        let layout = layout_of(tile, matrix);
        layout.check().map_err(|e| format!("tile {}: {e}", id.0))?;
        let shape = shape_of(tile, matrix);
        let inside = |start: u32, len: u32, total: u64| len > 0 && u64::from(start) + u64::from(len) <= total;
        let rows = matrix.row_dims.iter().try_fold(1u64, |n, d| n.checked_mul(u64::from(d.0))).unwrap_or(u64::MAX);
        let whole = tile.row0 == 0 && u64::from(tile.rows) == rows && tile.col0 == 0 && tile.cols == matrix.cols;
        if rows > u64::from(u32::MAX)
            || !inside(tile.group0, tile.groups, u64::from(matrix.groups))
            || !inside(tile.row0, tile.rows, rows)
            || !inside(tile.col0, tile.cols, u64::from(matrix.cols))
            || (tile.groups > 1 && !(whole && matrix.inner > 0 && tile.rows.is_multiple_of(matrix.inner)))
            || u64::from(tile.rows) * u64::from(tile.groups) > 1 << 20
            || u64::from(tile.cols) * u64::from(tile.groups) > 1 << 20
        {
            return Err(format!("tile {} does not fit matrix `{}`", id.0, matrix.name));
        }
        if tile.slice >= layout.crossbars_per_tile() {
            return Err(format!("tile {}: slice {} of {}", id.0, tile.slice, layout.crossbars_per_tile()));
        }
        Ok(TileView { matrix, tile, layout, shape, weights: &constant.data, elem })
    }

    /// Crossbar columns of the tile.
    pub fn crossbar_cols(&self) -> u32 {
        self.shape.crossbar_cols(&self.layout)
    }

    /// (polarity, slice) range that one crossbar of the tile holds.
    pub fn slices_here(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        let single = self.tile.binding.bits_to_crossbars.then(|| self.layout.slice_of(self.tile.slice));
        let (polarities, slices) = (self.layout.polarities(), self.layout.slices());
        (0..polarities)
            .flat_map(move |p| (0..slices).map(move |s| (p, s)))
            .filter(move |ps| single.is_none_or(|one| one == *ps))
    }

    /// Element type of the weights.
    pub fn elem(&self) -> IntType {
        self.elem
    }

    /// The bytes of the tile's weights in one row of one group of the matrix, column by column.
    pub fn weights(&self, group: u32, row: u32) -> Result<impl Iterator<Item = &'p [u8]> + Clone, String> {
        let (n, m, cols) = (self.elem.bytes() as usize, self.matrix, self.shape.cols);
        let position = |col: u32| {
            let index = element(m, group, row, self.shape.col0.checked_add(col)?)?;
            usize::try_from(index).ok()?.checked_mul(n)
        };
        let span = || {
            let (first, last) = (position(0)?, position(cols.checked_sub(1)?)?);
            self.weights.get(first..last.checked_add(n)?)
        };
        let bytes = span().ok_or_else(|| format!("matrix `{}` reaches beyond its constant", m.name))?;
        let step = usize::try_from(m.col_stride).unwrap_or(usize::MAX).saturating_mul(n);
        Ok((0..cols as usize).filter_map(move |c| bytes.get(c.saturating_mul(step)..)?.get(..n)))
    }
}

/// [`Matrix::element`] with overflow checks.
fn element(m: &Matrix, group: u32, row: u32, col: u32) -> Option<u64> {
    let mut index = m
        .base
        .checked_add(u64::from(group).checked_mul(m.group_stride)?)?
        .checked_add(u64::from(col).checked_mul(m.col_stride)?)?;
    let mut rest = u64::from(row);
    for &(extent, stride) in m.row_dims.iter().rev() {
        let extent = u64::from(extent).max(1);
        index = index.checked_add((rest % extent).checked_mul(stride)?)?;
        rest /= extent;
    }
    Some(index)
}

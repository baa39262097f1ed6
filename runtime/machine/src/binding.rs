//! Dimension binding: the one map between logical weights and cells, used by compiler and simulator.
//!
//! A matrix of `groups` blocks of `rows x cols` weights is cut into *tiles*; a tile fills one crossbar (bits to columns)
//! or one crossbar per bit slice and polarity (bits to crossbars). [`Layout`] says how one weight becomes cells,
//! [`TileShape`] where the weights of a tile go, [`cut`] which tiles a matrix needs.

use crate::machine::{Binding, Encoding, Machine};

/// How one weight becomes cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Layout {
    /// Bits of a weight, 1 to 16.
    pub bits: u8,
    /// Two's complement weights.
    pub signed: bool,
    /// No weight equals the most negative value (a differential pair then needs one bit less).
    pub narrow: bool,
    /// Offset or differential.
    pub encoding: Encoding,
    /// Bits to columns or to crossbars.
    pub binding: Binding,
    /// Bits of a cell, 1 to 8.
    pub cell_bits: u8,
}

/// Why a matrix or a weight cannot be bound.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BindingError {
    /// Widths outside the supported range.
    #[error("weights have 1 to 16 bit and cells 1 to 8; got {bits} and {cell_bits}")]
    Width {
        /// Weight bits.
        bits: u8,
        /// Cell bits.
        cell_bits: u8,
    },
    /// A single weight is wider than a crossbar.
    #[error("one weight needs {needed} columns of a crossbar, available {available}")]
    Columns {
        /// Columns of one weight.
        needed: u32,
        /// Columns of a crossbar.
        available: u32,
    },
    /// Nothing to cut, or no crossbar to cut for.
    #[error("matrix and crossbar must have at least one row, column and group")]
    Empty,
}

impl Layout {
    /// The layout a machine uses for weights of `bits` bits.
    pub fn of(machine: &Machine, bits: u8, signed: bool, narrow: bool) -> Layout {
        Layout {
            bits,
            signed,
            narrow,
            encoding: machine.crossbar.encoding,
            binding: machine.crossbar.binding,
            cell_bits: machine.crossbar.cell_bits.0,
        }
    }

    /// Refuses widths that the arithmetic below does not cover.
    pub fn check(&self) -> Result<(), BindingError> {
        if (1..=16).contains(&self.bits) && (1..=8).contains(&self.cell_bits) {
            Ok(())
        } else {
            Err(BindingError::Width { bits: self.bits, cell_bits: self.cell_bits })
        }
    }

    /// Bits of the non-negative number that the cells of one polarity hold.
    pub fn magnitude_bits(&self) -> u8 {
        match self.encoding {
            Encoding::Differential if self.signed && self.narrow => self.bits.saturating_sub(1).max(1),
            _ => self.bits,
        }
    }
    /// Cells per weight and polarity: `ceil(magnitude bits / cell bits)`.
    pub fn slices(&self) -> u32 {
        u32::from(self.magnitude_bits()).div_ceil(u32::from(self.cell_bits.max(1)))
    }
    /// 2 for a differential pair (0 = positive, 1 = negative), else 1.
    pub fn polarities(&self) -> u32 {
        match self.encoding {
            Encoding::Offset => 1,
            Encoding::Differential => 2,
        }
    }
    /// Columns of a crossbar that one output takes.
    pub fn columns_per_output(&self) -> u32 {
        match self.binding {
            Binding::BitsToColumns => self.slices() * self.polarities(),
            Binding::BitsToCrossbars => 1,
        }
    }
    /// Crossbars that hold one tile.
    pub fn crossbars_per_tile(&self) -> u32 {
        match self.binding {
            Binding::BitsToColumns => 1,
            Binding::BitsToCrossbars => self.slices() * self.polarities(),
        }
    }
    /// What the cells of offset encoding hold more than the weight: `2^(b-1)` for signed weights, else 0. The digital
    /// correction subtracts it times the sum of the inputs.
    pub fn offset(&self) -> i64 {
        match self.encoding {
            Encoding::Offset if self.signed => 1i64 << (self.bits.clamp(1, 16) - 1),
            _ => 0,
        }
    }

    /// Content of one cell of weight `w`. Out-of-range weights keep their low bits.
    pub fn cell(&self, w: i64, polarity: u32, slice: u32) -> u8 {
        let magnitude = match self.encoding {
            Encoding::Offset => w.wrapping_add(self.offset()),
            Encoding::Differential if polarity == 0 => w.max(0),
            Encoding::Differential => w.min(0).wrapping_neg(),
        };
        let shift = (slice * u32::from(self.cell_bits)).min(63);
        ((magnitude >> shift) & ((1i64 << self.cell_bits.min(8)) - 1)) as u8
    }

    /// The weight that cells hold; the inverse of [`Layout::cell`] for weights in range.
    pub fn decode(&self, mut cell: impl FnMut(u32, u32) -> u8) -> i64 {
        let mut value = -self.offset();
        for polarity in 0..self.polarities() {
            for slice in 0..self.slices() {
                let part = i64::from(cell(polarity, slice)) << (slice * u32::from(self.cell_bits));
                value += if polarity == 0 { part } else { -part };
            }
        }
        value
    }

    /// Crossbar of the tile and column within it of (output, polarity, slice): slices of an output stand in adjacent
    /// columns, a pair (positive, negative) per slice.
    pub fn column(&self, output: u32, polarity: u32, slice: u32) -> (u32, u32) {
        match self.binding {
            Binding::BitsToColumns => (0, (output * self.slices() + slice) * self.polarities() + polarity),
            Binding::BitsToCrossbars => (self.crossbar_index(polarity, slice), output),
        }
    }
    /// Inverse of [`Layout::column`]: (output, polarity, slice).
    pub fn output(&self, crossbar: u32, column: u32) -> (u32, u32, u32) {
        match self.binding {
            Binding::BitsToColumns => {
                let (pair, polarity) = (column / self.polarities(), column % self.polarities());
                (pair / self.slices(), polarity, pair % self.slices())
            }
            Binding::BitsToCrossbars => {
                let (polarity, slice) = self.slice_of(crossbar);
                (column, polarity, slice)
            }
        }
    }
    /// With bits to crossbars: which crossbar of a tile holds (polarity, slice).
    pub fn crossbar_index(&self, polarity: u32, slice: u32) -> u32 {
        polarity * self.slices() + slice
    }
    /// Inverse of [`Layout::crossbar_index`]: (polarity, slice).
    pub fn slice_of(&self, crossbar: u32) -> (u32, u32) {
        (crossbar / self.slices(), crossbar % self.slices())
    }
}

/// Part of a matrix that one tile holds: rows `row0..row0+rows`, columns `col0..col0+cols` of the groups
/// `group0..group0+groups`. Block-diagonal when `groups > 1`; rows and columns are then whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TileShape {
    /// First group.
    pub group0: u32,
    /// Groups, at least 1.
    pub groups: u32,
    /// First row of a group's matrix.
    pub row0: u32,
    /// Rows per group.
    pub rows: u32,
    /// First column of a group's matrix.
    pub col0: u32,
    /// Columns per group.
    pub cols: u32,
    /// Input channels per group: rows are (kernel position, channel), so a block-diagonal tile interleaves its groups.
    pub inner: u32,
}

/// One cell of a tile, in logical terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LogicalCell {
    /// Group of the matrix.
    pub group: u32,
    /// Row of the group's matrix.
    pub row: u32,
    /// Column of the group's matrix.
    pub col: u32,
    /// 0 = positive (or offset), 1 = negative.
    pub polarity: u32,
    /// Bit slice, 0 = least significant.
    pub slice: u32,
}

/// One cell of a tile, in physical terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PhysicalCell {
    /// Crossbar of the tile (0 with bits to columns).
    pub crossbar: u32,
    /// Row of the crossbar.
    pub row: u32,
    /// Column of the crossbar.
    pub col: u32,
}

impl TileShape {
    /// Crossbar rows the tile occupies.
    pub fn crossbar_rows(&self) -> u32 {
        self.rows.saturating_mul(self.groups)
    }
    /// Outputs of the tile.
    pub fn outputs(&self) -> u32 {
        self.cols.saturating_mul(self.groups)
    }
    /// Crossbar columns the tile occupies.
    pub fn crossbar_cols(&self, layout: &Layout) -> u32 {
        self.outputs().saturating_mul(layout.columns_per_output())
    }

    /// Crossbar row of row `row` of group `group` (both counted over the whole matrix).
    pub fn crossbar_row(&self, group: u32, row: u32) -> u32 {
        let (g, r) = (group - self.group0, row - self.row0);
        if self.groups == 1 {
            return r;
        }
        let inner = self.inner.max(1);
        (r / inner) * (self.groups * inner) + g * inner + r % inner
    }
    /// Inverse of [`TileShape::crossbar_row`]: (group, row), None beyond the tile.
    pub fn logical_row(&self, crossbar_row: u32) -> Option<(u32, u32)> {
        if crossbar_row >= self.crossbar_rows() {
            return None;
        }
        if self.groups == 1 {
            return Some((self.group0, self.row0 + crossbar_row));
        }
        let inner = self.inner.max(1);
        let block = self.groups * inner;
        let (position, rest) = (crossbar_row / block, crossbar_row % block);
        Some((self.group0 + rest / inner, self.row0 + position * inner + rest % inner))
    }

    /// Where a weight's cell goes.
    pub fn place(&self, layout: &Layout, cell: LogicalCell) -> PhysicalCell {
        let output = (cell.group - self.group0) * self.cols + (cell.col - self.col0);
        let (crossbar, col) = layout.column(output, cell.polarity, cell.slice);
        PhysicalCell { crossbar, row: self.crossbar_row(cell.group, cell.row), col }
    }

    /// What a cell holds; None for cells outside the tile or off the diagonal of a block-diagonal tile (which hold 0).
    pub fn locate(&self, layout: &Layout, cell: PhysicalCell) -> Option<LogicalCell> {
        let (group, row) = self.logical_row(cell.row)?;
        let (output, polarity, slice) = layout.output(cell.crossbar, cell.col);
        if cell.crossbar >= layout.crossbars_per_tile() || output >= self.outputs() {
            return None;
        }
        let (g, c) = (output / self.cols, output % self.cols);
        (self.group0 + g == group).then_some(LogicalCell { group, row, col: self.col0 + c, polarity, slice })
    }
}

/// A matrix to be cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MatrixShape {
    /// Rows per group.
    pub rows: u32,
    /// Columns per group.
    pub cols: u32,
    /// Groups.
    pub groups: u32,
    /// Input channels per group; `rows` is a multiple of it.
    pub inner: u32,
}

/// How a matrix is cut into tiles. All tiles of one matrix are listed by [`Cut::tiles`], groups outermost, then rows,
/// then columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    matrix: MatrixShape,
    /// Groups in one tile.
    pub groups_per_tile: u32,
    /// Rows of a full tile.
    pub rows_per_tile: u32,
    /// Columns (outputs) per group of a full tile.
    pub cols_per_tile: u32,
    /// Tiles along groups, rows and columns.
    pub counts: [u32; 3],
    /// Crossbars of one tile.
    pub crossbars_per_tile: u32,
}

/// Cuts a matrix for crossbars of `xb_rows x xb_cols` cells. Groups that fit together share a crossbar block-diagonally
/// (a depthwise convolution puts `floor(xb_rows / k^2)` channels in a tile); a group larger than a crossbar is cut alone.
pub fn cut(matrix: MatrixShape, layout: &Layout, xb_rows: u32, xb_cols: u32) -> Result<Cut, BindingError> {
    layout.check()?;
    if [matrix.rows, matrix.cols, matrix.groups, matrix.inner, xb_rows, xb_cols].contains(&0) {
        return Err(BindingError::Empty);
    }
    let outputs = xb_cols / layout.columns_per_output();
    if outputs == 0 {
        return Err(BindingError::Columns { needed: layout.columns_per_output(), available: xb_cols });
    }
    let whole = (xb_rows / matrix.rows).min(outputs / matrix.cols).min(matrix.groups);
    let (groups_per_tile, rows_per_tile, cols_per_tile) = if whole >= 1 {
        (whole, matrix.rows, matrix.cols)
    } else {
        (1, matrix.rows.min(xb_rows), matrix.cols.min(outputs))
    };
    let counts = [
        matrix.groups.div_ceil(groups_per_tile),
        matrix.rows.div_ceil(rows_per_tile),
        matrix.cols.div_ceil(cols_per_tile),
    ];
    let crossbars_per_tile = layout.crossbars_per_tile();
    Ok(Cut { matrix, groups_per_tile, rows_per_tile, cols_per_tile, counts, crossbars_per_tile })
}

impl Cut {
    /// Number of tiles.
    pub fn len(&self) -> u64 {
        self.counts.iter().fold(1u64, |n, c| n.saturating_mul(u64::from(*c)))
    }
    /// Never: a cut has at least one tile.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// Crossbars of one copy of the matrix.
    pub fn crossbars(&self) -> u64 {
        self.len().saturating_mul(u64::from(self.crossbars_per_tile))
    }
    /// The tile at position (group tile, row tile, column tile); positions beyond [`Cut::counts`] give empty tiles.
    pub fn tile(&self, at: [u32; 3]) -> TileShape {
        let part = |i: u32, step: u32, total: u32| {
            let start = i.saturating_mul(step).min(total);
            (start, step.min(total - start))
        };
        let (group0, groups) = part(at[0], self.groups_per_tile, self.matrix.groups);
        let (row0, rows) = part(at[1], self.rows_per_tile, self.matrix.rows);
        let (col0, cols) = part(at[2], self.cols_per_tile, self.matrix.cols);
        TileShape { group0, groups, row0, rows, col0, cols, inner: self.matrix.inner }
    }
    /// All tiles.
    pub fn tiles(&self) -> impl Iterator<Item = TileShape> + '_ {
        let [g, r, c] = self.counts;
        (0..g).flat_map(move |i| (0..r).flat_map(move |j| (0..c).map(move |k| self.tile([i, j, k]))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn layouts() -> impl Strategy<Value = Layout> {
        (1u8..=16, any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>(), 1u8..=8).prop_map(
            |(bits, signed, narrow, differential, crossbars, cell_bits)| Layout {
                bits,
                signed,
                narrow,
                encoding: if differential { Encoding::Differential } else { Encoding::Offset },
                binding: if crossbars { Binding::BitsToCrossbars } else { Binding::BitsToColumns },
                cell_bits,
            },
        )
    }

    fn weight_range(l: &Layout) -> (i64, i64) {
        let (lo, hi) =
            if l.signed { (-(1i64 << (l.bits - 1)), (1i64 << (l.bits - 1)) - 1) } else { (0, (1 << l.bits) - 1) };
        (if l.narrow && l.signed { (lo + 1).min(hi) } else { lo }, hi)
    }

    proptest! {
        #[test]
        fn decode_inverts_cells(l in layouts(), pick in any::<u32>()) {
            let (lo, hi) = weight_range(&l);
            let w = lo + i64::from(pick) % (hi - lo + 1);
            prop_assert_eq!(l.decode(|p, s| l.cell(w, p, s)), w);
            for p in 0..l.polarities() {
                for s in 0..l.slices() {
                    prop_assert!(u32::from(l.cell(w, p, s)) < 1 << l.cell_bits);
                }
            }
        }

        #[test]
        fn every_weight_has_its_own_cells(
            l in layouts(), positions in 1u32..5, inner in 1u32..4, cols in 1u32..5, groups in 1u32..7,
            xb_rows in 1u32..24, xb_cols in 1u32..80,
        ) {
            let matrix = MatrixShape { rows: positions * inner, cols, groups, inner };
            let Ok(cut) = cut(matrix, &l, xb_rows, xb_cols) else {
                prop_assert!(l.columns_per_output() > xb_cols);
                return Ok(());
            };
            let mut seen = std::collections::HashSet::new();
            let mut weights = std::collections::HashSet::new();
            prop_assert_eq!(cut.tiles().count() as u64, cut.len());
            for (t, tile) in cut.tiles().enumerate() {
                prop_assert!(tile.crossbar_rows() <= xb_rows && tile.crossbar_cols(&l) <= xb_cols);
                prop_assert!(tile.groups == 1 || (tile.rows == matrix.rows && tile.cols == cols));
                for group in tile.group0..tile.group0 + tile.groups {
                    for row in tile.row0..tile.row0 + tile.rows {
                        for col in tile.col0..tile.col0 + tile.cols {
                            prop_assert!(weights.insert((group, row, col)));
                            for polarity in 0..l.polarities() {
                                for slice in 0..l.slices() {
                                    let logical = LogicalCell { group, row, col, polarity, slice };
                                    let physical = tile.place(&l, logical);
                                    prop_assert!(physical.row < xb_rows && physical.col < xb_cols);
                                    prop_assert!(physical.crossbar < l.crossbars_per_tile());
                                    prop_assert!(seen.insert((t, physical)));
                                    prop_assert_eq!(tile.locate(&l, physical), Some(logical));
                                }
                            }
                        }
                    }
                }
                // Everything else is empty.
                for crossbar in 0..l.crossbars_per_tile() {
                    for row in 0..xb_rows {
                        for col in 0..xb_cols {
                            let cell = PhysicalCell { crossbar, row, col };
                            prop_assert_eq!(tile.locate(&l, cell).is_some(), seen.contains(&(t, cell)));
                        }
                    }
                }
            }
            prop_assert_eq!(weights.len() as u32, groups * matrix.rows * cols);
        }
    }

    fn eight_bit(binding: Binding, encoding: Encoding) -> Layout {
        Layout { bits: 8, signed: true, narrow: true, encoding, binding, cell_bits: 2 }
    }

    #[test]
    fn published_sizes() {
        let offset = eight_bit(Binding::BitsToColumns, Encoding::Offset);
        // Figure 16: 32 outputs of 8 bits in 2-bit cells are 128 columns.
        assert_eq!(offset.columns_per_output() * 32, 128);
        // VGG-16's first linear layer on 128 x 128 crossbars.
        let fc = MatrixShape { rows: 25_088, cols: 4096, groups: 1, inner: 25_088 };
        assert_eq!(cut(fc, &offset, 128, 128).expect("fits").crossbars(), 25_088);
        // Depthwise 3x3: 14 channels of 9 rows in a 128-row tile.
        let depthwise = MatrixShape { rows: 9, cols: 1, groups: 96, inner: 1 };
        assert_eq!(cut(depthwise, &offset, 128, 128).expect("fits").groups_per_tile, 14);
        // Narrow differential 8-bit weights: 7 magnitude bits in 4 cells, two columns each.
        let pair = eight_bit(Binding::BitsToCrossbars, Encoding::Differential);
        assert_eq!((pair.slices(), pair.crossbars_per_tile(), pair.columns_per_output()), (4, 8, 1));
    }

    #[test]
    fn a_weight_wider_than_a_crossbar_is_refused() {
        let l = eight_bit(Binding::BitsToColumns, Encoding::Offset);
        let m = MatrixShape { rows: 4, cols: 4, groups: 1, inner: 4 };
        assert_eq!(cut(m, &l, 8, 3), Err(BindingError::Columns { needed: 4, available: 3 }));
        assert_eq!(cut(MatrixShape { rows: 0, ..m }, &l, 8, 8), Err(BindingError::Empty));
        let wide = Layout { bits: 17, ..l };
        assert!(matches!(cut(m, &wide, 8, 8), Err(BindingError::Width { .. })));
    }
}

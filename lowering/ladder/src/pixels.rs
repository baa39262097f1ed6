//! Which output pixels are computed together when an operator has several copies, and the rows one copy needs in core mode.

/// One copy's pixel inside a nest: output row `row + i`, output column `col + col_step*j` for loop indices i, j.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// Copy.
    pub copy: u32,
    /// First output row.
    pub row: u32,
    /// First output column.
    pub col: u32,
    /// Columns per step.
    pub col_step: u32,
}

/// Two loops around blocks of pixels that are computed at once, one per copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nest {
    /// Trips of the outer loop (rows).
    pub rows: u32,
    /// Trips of the inner loop (columns).
    pub cols: u32,
    /// Pixels of a block; copies with adjacent columns follow each other.
    pub members: Vec<Member>,
}

/// Copies that can be busy at the same time: as many as there are columns, times whole bands of rows.
pub fn usable_copies(height: u32, width: u32, copies: u32) -> u32 {
    let across = copies.clamp(1, width.max(1));
    across * (copies / across).clamp(1, height.max(1))
}

/// Covers `height x width` output pixels with nests. Copies first share a row (adjacent pixels leave together), then the
/// image is cut into bands of rows; what does not divide is left to at most three smaller nests.
pub fn nests(height: u32, width: u32, copies: u32) -> Vec<Nest> {
    let across = copies.clamp(1, width.max(1));
    let bands = (copies / across).clamp(1, height.max(1));
    let (rows, extra) = (height / bands, height % bands);
    let start = |b: u32| b * rows + b.min(extra);
    let mut out = Vec::new();
    for (trips, band_count, offset) in [(rows, bands, 0), (1, extra, rows)] {
        for (cols, members, first) in [(width / across, across, 0), (1, width % across, width / across * across)] {
            if trips == 0 || cols == 0 || members == 0 || band_count == 0 {
                continue;
            }
            let member = |b: u32, k: u32| Member {
                copy: b * across + k,
                row: start(b) + offset,
                col: first + k,
                col_step: across,
            };
            let members = (0..band_count).flat_map(|b| (0..members).map(move |k| member(b, k))).collect();
            out.push(Nest { rows: trips, cols, members });
        }
    }
    out
}

/// Rows of the input and the padding that output rows `first..first+rows` need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Band {
    /// First output row.
    pub first: u32,
    /// Output rows.
    pub rows: u32,
    /// First input row.
    pub input_row: u32,
    /// Input rows.
    pub input_rows: u32,
    /// Padding rows above.
    pub pad: u32,
}

/// Cuts `height` output rows into `copies` bands of (nearly) equal height, each with the input rows it reads.
pub fn bands(height: u32, copies: u32, input: u32, kernel: u32, stride: u32, dilation: u32, pad: u32) -> Vec<Band> {
    let copies = copies.clamp(1, height.max(1));
    let (rows, extra) = (height / copies, height % copies);
    (0..copies)
        .map(|b| {
            let (first, rows) = (b * rows + b.min(extra), rows + u32::from(b < extra));
            let top = i64::from(first) * i64::from(stride) - i64::from(pad);
            let bottom = top + i64::from(rows.saturating_sub(1)) * i64::from(stride);
            let bottom = bottom + i64::from(kernel.saturating_sub(1)) * i64::from(dilation) + 1;
            let last = i64::from(input.saturating_sub(1));
            // A band that lies wholly in the padding still names one row of the input.
            let from = top.clamp(0, last.max(0));
            let to = bottom.clamp(from + 1, (last + 1).max(from + 1));
            // Below the input: padding as high as the band moves every position above that row.
            let pad = if top > last { bottom - top } else { (from - top).max(0) };
            Band { first, rows, input_row: from as u32, input_rows: (to - from) as u32, pad: pad as u32 }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashSet;

    proptest! {
        #[test]
        fn each_pixel_once_and_each_copy_at_most_once_a_block(h in 1u32..12, w in 1u32..12, copies in 1u32..40) {
            let mut seen = HashSet::new();
            for n in nests(h, w, copies) {
                let copies: HashSet<u32> = n.members.iter().map(|m| m.copy).collect();
                prop_assert_eq!(copies.len(), n.members.len());
                for i in 0..n.rows {
                    for j in 0..n.cols {
                        for m in &n.members {
                            prop_assert!(m.copy < usable_copies(h, w, 40).max(m.copy + 1));
                            prop_assert!(seen.insert((m.row + i, m.col + m.col_step * j)));
                        }
                    }
                }
            }
            prop_assert_eq!(seen.len() as u32, h * w);
            prop_assert!(seen.iter().all(|p| p.0 < h && p.1 < w));
            prop_assert!(nests(h, w, copies).iter().flat_map(|n| &n.members).all(|m| m.copy < usable_copies(h, w, copies)));
        }

        #[test]
        fn bands_read_what_the_whole_reads(
            h in 1u32..20, k in 1u32..6, s in 1u32..4, d in 1u32..4, pad in 0u32..6, below in 0u32..6, copies in 1u32..6,
        ) {
            let reach = (k - 1) * d + 1;
            prop_assume!(h + pad + below >= reach);
            let out = (h + pad + below - reach) / s + 1;
            let bands = bands(out, copies, h, k, s, d, pad);
            prop_assert_eq!(bands.iter().map(|b| b.rows).sum::<u32>(), out);
            for b in &bands {
                prop_assert!(b.input_row + b.input_rows <= h);
                for r in 0..b.rows {
                    for i in 0..k {
                        let whole = i64::from((b.first + r) * s + i * d) - i64::from(pad);
                        let local = i64::from(r * s + i * d) - i64::from(b.pad);
                        let inside = (0..i64::from(h)).contains(&whole);
                        prop_assert_eq!(inside, (0..i64::from(b.input_rows)).contains(&local));
                        if inside {
                            prop_assert_eq!(local + i64::from(b.input_row), whole);
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn figure_16() {
        let n = nests(32, 32, 4);
        assert_eq!(n.len(), 1);
        assert_eq!((n[0].rows * n[0].cols, n[0].members.len()), (256, 4));
        let b = bands(32, 2, 32, 3, 1, 1, 1);
        assert_eq!((b[0].input_rows, b[1].input_row, b[1].input_rows, b[1].pad), (17, 15, 17, 0));
    }
}

//! Layers with clipping conversions: equal to the plain integers when nothing clips, clipped by hand when something does.

mod common;

use cim_isa::Program;
use cim_isa::reference::RefKind;
use cim_isa::types::*;
use cim_reference::{Converters, IntTensor, ReferenceExecutor};
use common::*;
use proptest::prelude::*;

const IDEAL: Converters = Converters { dac: Some(1), top_code: None };

/// A linear layer (O, I) = `w`, cut into tiles of at most `rows` x `cols`.
fn linear(
    w: &[Vec<i64>],
    elem: IntType,
    input: IntType,
    zero: i64,
    rows: u32,
    cols: u32,
    binding: BindingSpec,
) -> Program {
    let (outputs, inputs) = (w.len() as u32, w[0].len() as u32);
    let mut p = empty();
    let weights = ints(&mut p, elem, &[outputs, inputs], &w.concat());
    p.matrices.push(Matrix {
        name: "fc".into(),
        weights,
        base: 0,
        groups: 1,
        group_stride: 0,
        row_dims: vec![(inputs, 1)],
        cols: outputs,
        col_stride: inputs as u64,
        inner: inputs,
        weight: elem,
        narrow: false,
    });
    let slices = if binding.bits_to_crossbars {
        (elem.bits as u32).div_ceil(binding.cell_bits as u32) * (1 + binding.differential as u32)
    } else {
        1
    };
    for row0 in (0..inputs).step_by(rows as usize) {
        for col0 in (0..outputs).step_by(cols as usize) {
            for slice in 0..slices {
                p.tiles.push(Tile {
                    matrix: MatrixId(0),
                    group0: 0,
                    groups: 1,
                    row0,
                    rows: rows.min(inputs - row0),
                    col0,
                    cols: cols.min(outputs - col0),
                    binding,
                    slice,
                });
            }
        }
    }
    let x = source(&mut p, [inputs, 1, 1], input);
    let y = tensor(&mut p, [outputs, 1, 1], IntType::I64);
    node(&mut p, RefKind::Linear { weights, transposed: false, weight_zero: zero }, &[x], y);
    p
}

fn run(p: &Program, x: &IntTensor, converters: Option<Converters>) -> Vec<i64> {
    let e = match converters {
        Some(c) => ReferenceExecutor::saturating(p, c).unwrap(),
        None => ReferenceExecutor::new(p).unwrap(),
    };
    e.run_node(1, &[x]).unwrap().data
}

const COLUMNS: BindingSpec = BindingSpec { differential: false, bits_to_crossbars: false, cell_bits: 2 };

proptest! {
    #[test]
    fn without_clipping_it_is_the_integer_product(
        (outputs, inputs) in (1usize..5, 1usize..12),
        (rows, cols, per_conversion) in (1u32..8, 1u32..4, 1u32..6),
        (wbits, xbits) in (2u8..9, 1u8..9),
        (wsigned, xsigned, differential, apart) in any::<(bool, bool, bool, bool)>(),
        (cell_bits, dac) in (1u8..4, 1u8..5),
        zero in -2i64..3,
        seed in any::<u64>(),
    ) {
        let (wt, xt) = (IntType::new(wbits, wsigned), IntType::new(xbits, xsigned));
        let mut state = seed;
        let mut next = |t: IntType| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            t.min() + ((state >> 33) as i64 % (t.max() - t.min() + 1))
        };
        let w: Vec<Vec<i64>> = (0..outputs).map(|_| (0..inputs).map(|_| next(wt)).collect()).collect();
        let xs: Vec<i64> = (0..inputs).map(|_| next(xt)).collect();
        let binding = BindingSpec { differential, bits_to_crossbars: apart, cell_bits };
        let mut p = linear(&w, wt, xt, zero, rows, cols, binding);
        p.rows_per_conversion = per_conversion;
        let x = IntTensor::new([inputs as u32, 1, 1], xt, xs).unwrap();
        let converters = Converters { dac: Some(dac), top_code: None };
        prop_assert_eq!(run(&p, &x, Some(converters)), run(&p, &x, None));
    }
}

#[test]
fn a_conversion_clips_at_the_top_code() {
    // One output, unsigned 2-bit weights 3 3 3 3 on one 2-bit cell, 1-bit inputs all 1: column sum 12 in one conversion.
    let w = [vec![3, 3, 3, 3]];
    let (wt, xt) = (IntType::new(2, false), IntType::new(1, false));
    let x = IntTensor::new([4, 1, 1], xt, vec![1; 4]).unwrap();
    let with = |per_conversion, rows, top| {
        let mut p = linear(&w, wt, xt, 0, rows, 1, COLUMNS);
        p.rows_per_conversion = per_conversion;
        run(&p, &x, Some(Converters { dac: Some(1), top_code: Some(top) }))
    };
    assert_eq!(with(4, 4, 7), vec![7]);
    assert_eq!(with(4, 4, 12), vec![12]);
    // Two conversions of two rows see 6 each, three rows and one row 9 and 3.
    assert_eq!(with(2, 4, 5), vec![10]);
    assert_eq!(with(3, 4, 7), vec![10]);
    // A tile border ends a conversion as well.
    assert_eq!(with(4, 2, 5), vec![10]);
}

#[test]
fn every_slice_step_and_sign_clips_alone() {
    // w = -1 in 4 bits, offset encoded: 7 = slices 3 and 1. x = -3 in 3 bits: planes 1, 0, sign 1. Two equal rows.
    let (wt, xt) = (IntType::new(4, true), IntType::new(3, true));
    let x = IntTensor::new([2, 1, 1], xt, vec![-3; 2]).unwrap();
    let mut p = linear(&[vec![-1, -1]], wt, xt, 0, 2, 1, COLUMNS);
    p.rows_per_conversion = 2;
    assert_eq!(run(&p, &x, Some(IDEAL)), vec![6]);
    // Low slice sums 6 clip to 4, high slice sums 2 stay: (4 + 2*4) * (1 - 4) = -36; minus 8 * sum(x) = +48.
    assert_eq!(run(&p, &x, Some(Converters { dac: Some(1), top_code: Some(4) })), vec![12]);
}

#[test]
fn depthwise_rows_of_other_groups_share_a_conversion() {
    // Two groups of one channel, kernel 1x2, in one block-diagonal tile: crossbar rows are (position, group).
    let (wt, xt) = (IntType::new(2, false), IntType::new(1, false));
    let mut p = empty();
    let weights = ints(&mut p, wt, &[2, 1, 1, 2], &[3, 3, 2, 2]);
    p.matrices.push(Matrix {
        name: "dw".into(),
        weights,
        base: 0,
        groups: 2,
        group_stride: 2,
        row_dims: vec![(2, 1), (1, 2)],
        cols: 1,
        col_stride: 2,
        inner: 1,
        weight: wt,
        narrow: false,
    });
    p.tiles.push(Tile {
        matrix: MatrixId(0),
        group0: 0,
        groups: 2,
        row0: 0,
        rows: 2,
        col0: 0,
        cols: 1,
        binding: COLUMNS,
        slice: 0,
    });
    let win = window([1, 2, 2], [1, 2], [1, 1], [1, 1], [0, 0], [0, 0], 0).unwrap();
    let x = source(&mut p, [2, 1, 2], xt);
    let y = tensor(&mut p, [2, 1, 1], IntType::I32);
    node(&mut p, RefKind::Conv { weights, window: win, groups: 2, weight_zero: 0 }, &[x], y);
    let x = IntTensor::new([2, 1, 2], xt, vec![1; 4]).unwrap();
    let mut with = |rows| {
        p.rows_per_conversion = rows;
        run(&p, &x, Some(Converters { dac: Some(1), top_code: Some(4) }))
    };
    // All four rows in one conversion: 6 clips to 4, 4 stays. Two rows: each position converts alone.
    assert_eq!(with(4), vec![4, 4]);
    assert_eq!(with(2), vec![6, 4]);
}

#[test]
fn tiles_must_hold_every_weight_once() {
    let mut p = linear(&[vec![1, 2], vec![3, 1]], IntType::new(2, false), IntType::new(1, false), 0, 1, 1, COLUMNS);
    p.tiles.pop();
    let e = ReferenceExecutor::saturating(&p, IDEAL).unwrap_err().to_string();
    assert!(e.contains("every weight exactly once"), "{e}");
    // Copies of a layer use the same tile: the table may hold it twice.
    let mut p = linear(&[vec![1, 2]], IntType::new(2, false), IntType::new(1, false), 0, 2, 1, COLUMNS);
    p.tiles.push(p.tiles[0]);
    assert!(ReferenceExecutor::saturating(&p, IDEAL).is_ok());
}

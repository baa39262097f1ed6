//! Shape rules against enumeration, constants, integer types.

use super::elements::{dense_floats, dense_ints};
use super::types::{IntType, MAX_ELEMENTS, count, text};
use super::*;
use cim_ir::Context;
use cim_ir::core::AttrData;
use cim_ir::op_def::InferInput;
use proptest::prelude::*;
use std::sync::Arc;

fn context() -> Arc<Context> {
    Context::new(crate::register)
}

/// Output extent by trying positions one after the other.
fn extent(input: i64, kernel: i64, stride: i64, before: i64, after: i64, dilation: i64) -> i64 {
    let mut n = 0;
    let last = |start: i64| start + (kernel - 1) * dilation;
    while last(n * stride) < before + input + after {
        n += 1;
    }
    n
}

proptest! {
    #[test]
    fn window_extents_are_those_of_enumeration(
        input in 1i64..20, kernel in 1i64..6, stride in 1i64..5, before in 0i64..4, after in 0i64..4, dilation in 1i64..4
    ) {
        let w = Window2d::new(&[kernel, 1], &[stride, 1], &[before, 0, after, 0], &[dilation, 1]).unwrap();
        let expected = extent(input, kernel, stride, before, after, dilation);
        match w.output([input, 7]) {
            Ok(out) => prop_assert_eq!(out, [expected, 7]),
            Err(_) => prop_assert_eq!(expected, 0),
        }
    }

    #[test]
    fn broadcasting_is_symmetric_and_indexes_both(a in prop::collection::vec(1i64..4, 0..4), b in prop::collection::vec(1i64..4, 0..4)) {
        let (ab, ba) = (shapes::broadcast(&a, &b), shapes::broadcast(&b, &a));
        prop_assert_eq!(ab.is_ok(), ba.is_ok());
        let at = |v: &[i64], from_end: usize| v.len().checked_sub(from_end).map(|i| v[i]).unwrap_or(1);
        let fits = (1..=a.len().max(b.len())).all(|e| at(&a, e) == at(&b, e) || at(&a, e) == 1 || at(&b, e) == 1);
        prop_assert_eq!(ab.is_ok(), fits);
        if let (Ok(ab), Ok(ba)) = (ab, ba) {
            prop_assert_eq!(&ab, &ba);
            for e in 1..=ab.len() {
                prop_assert_eq!(at(&ab, e), at(&a, e).max(at(&b, e)));
            }
        }
    }

    #[test]
    fn reshape_keeps_the_number_of_elements(dims in prop::collection::vec(1i64..6, 1..5), open in 0usize..5) {
        let mut wanted: Vec<i64> = dims.iter().rev().copied().collect();
        prop_assert_eq!(shapes::reshape(&dims, &wanted, false), Ok(wanted.clone()));
        let full = wanted.clone();
        let i = open % wanted.len();
        wanted[i] = -1;
        prop_assert_eq!(shapes::reshape(&dims, &wanted, false), Ok(full));
        wanted[i] = dims.iter().product::<i64>() + 1;
        prop_assert!(shapes::reshape(&dims, &wanted, false).is_err());
    }

    #[test]
    fn integers_survive_storage(width in 1u32..=64, signed: bool, bits in prop::collection::vec(any::<u64>(), 1..20)) {
        let int = IntType { width: if signed { width } else { width.min(63) }, signed };
        let values: Vec<i64> = bits.iter().map(|b| {
            let v = (*b as i64) >> (64 - int.width);
            if signed { v } else { v & int.max() }
        }).collect();
        prop_assert!(values.iter().all(|v| int.holds(*v)));
        let ctx = context();
        let attr = dense_ints(&ctx, &[values.len() as i64], int, values.iter().copied());
        let e = Elements::of(&ctx, attr).unwrap();
        prop_assert_eq!(e.range(), values.iter().min().copied().zip(values.iter().max().copied()));
        prop_assert_eq!(e.ints().unwrap(), values.clone());
        // The same integers from bytes with the sign in unused bits.
        let file = Elements { data: e.sign_extended(), ..e.clone() };
        prop_assert_eq!(file.ints().unwrap(), values.clone());
        prop_assert_eq!(file.sign_extended(), file.data.clone());
        let bytes = file.data.chunks(int.bytes()).map(|c| c.last().copied().unwrap_or(0) >> 7).collect::<Vec<_>>();
        let signs = if e.splat { values[..1].to_vec() } else { values };
        prop_assert!(!signed || bytes.iter().zip(&signs).all(|(top, v)| (*top == 1) == (*v < 0)));
    }

    #[test]
    fn the_narrowest_type_holds_the_range_and_none_narrower_does(a in -5000i64..5000, b in -5000i64..5000, signed: bool) {
        let (lo, hi) = (a.min(b), a.max(b));
        let t = IntType::for_range(lo, hi, signed);
        prop_assert!(t.holds(lo) && t.holds(hi));
        prop_assert_eq!(t.signed, signed || lo < 0);
        if t.width > 1 {
            let narrower = IntType { width: t.width - 1, ..t };
            prop_assert!(!(narrower.holds(lo) && narrower.holds(hi)));
        }
    }
}

#[test]
fn types_of_the_digits_network() {
    let t = |lo, hi, signed| IntType::for_range(lo, hi, signed).to_string();
    let signed = [t(-1, 1, true), t(-3, 3, true), t(-7, 7, true), t(-31, 31, true), t(-127, 127, true)];
    assert_eq!(signed, ["si2", "si3", "si4", "si6", "si8"]);
    assert_eq!([t(0, 63, false), t(0, 15, false), t(0, 255, false)], ["ui6", "ui4", "ui8"]);
}

#[test]
fn shape_rules_of_layers() {
    let w = Window2d::new(&[3, 3], &[2, 2], &[1, 1, 1, 1], &[1, 1]).unwrap();
    assert_eq!(shapes::conv2d(&[1, 6, 8, 8], [4, 3], &w, 2), Ok(vec![1, 4, 4, 4]));
    assert!(shapes::conv2d(&[1, 6, 8, 8], [4, 3], &w, 4).unwrap_err().contains("group 4"));
    assert!(shapes::conv2d(&[1, 6, 8, 8], [4, 6], &w, 2).unwrap_err().contains("in each of 2 groups"));
    assert!(shapes::conv2d(&[6, 8, 8], [4, 3], &w, 2).unwrap_err().contains("4 dimensions"));
    assert_eq!(shapes::linear(&[1, 5], &[7, 5], false), Ok(vec![1, 7]));
    assert_eq!(shapes::linear(&[1, 7], &[7, 5], true), Ok(vec![1, 5]));
    assert!(shapes::linear(&[1, 7], &[7, 5], false).is_err());
    assert_eq!(shapes::pool(&[1, 6, 8, 8], &w), Ok(vec![1, 6, 4, 4]));
    let wide = Window2d { pads: [3, 0, 0, 0], ..w };
    assert!(shapes::pool(&[1, 6, 8, 8], &wide).unwrap_err().contains("smaller than the kernel"));
    assert_eq!(shapes::concat(&[&[1, 2, 3], &[1, 5, 3]], 1), Ok(vec![1, 7, 3]));
    assert!(shapes::concat(&[&[1, 2, 3], &[1, 5, 4]], 1).is_err());
    assert!(shapes::concat(&[&[1]], 3).is_err());
    assert!(shapes::concat(&[], 0).is_err());
    assert_eq!(shapes::flatten(&[2, 3, 4], 1), Ok(vec![2, 12]));
    assert_eq!(shapes::flatten(&[2, 3, 4], 0), Ok(vec![1, 24]));
    assert_eq!(shapes::flatten(&[2, 3, 4], -1), Ok(vec![6, 4]));
    assert_eq!(shapes::reshape(&[1, 3, 4], &[0, -1], false), Ok(vec![1, 12]));
}

#[test]
fn refused_reshapes_say_why() {
    let reshape = |input: &[i64], wanted: &[i64], allow_zero| shapes::reshape(input, wanted, allow_zero).unwrap_err();
    assert_eq!(reshape(&[1, 3, 4], &[-1, -1], false), "shape [-1, -1] has more than one -1");
    assert_eq!(reshape(&[1, 3, 4], &[0, -1], true), "shape [0, -1] has the entry 0");
    assert_eq!(reshape(&[1, 3, 4], &[-2, 6], false), "shape [-2, 6] has the entry -2");
    let kept = "entry 3 of shape [1, 3, 4, 0] keeps a dimension the input [1, 3, 4] does not have";
    assert_eq!(reshape(&[1, 3, 4], &[1, 3, 4, 0], false), kept);
    assert_eq!(reshape(&[1, 3, 4], &[5, -1], false), "shape [5, -1] does not hold the 12 elements of [1, 3, 4]");
    assert_eq!(reshape(&[1, 3, 4], &[13], false), "shape [13] does not hold the 12 elements of [1, 3, 4]");
    assert_eq!(reshape(&[4], &[1 << 20, 1 << 20], false), "shape [1048576, 1048576] has too many elements");
    assert_eq!(reshape(&[0, 4], &[-1], false), "the input has no elements, or too many");
    assert_eq!(shapes::flatten(&[2, 0], 1), Err("the input has no elements, or too many".into()));
    assert_eq!(shapes::flatten(&[2, 3, 4], 4), Err("axis 4 is not in -3..=3".into()));
    assert_eq!(shapes::flatten(&[2, 3, 4], -4), Err("axis -4 is not in -3..=3".into()));
}

#[test]
fn a_constant_takes_its_type_from_the_value() {
    let ctx = context();
    let infer =
        |props| Constant::DEF.infer_results(&InferInput { ctx: &ctx, loc: ctx.unknown_loc(), operands: &[], props });
    let value = |attr| ctx.dict(vec![(ctx.ident("value"), attr)]);
    let two = ctx.tensor(&[2], ctx.f32());
    assert_eq!(infer(value(dense_floats(&ctx, &[2], &[1.0, 2.0]))).unwrap()[..], [two]);
    for without in [ctx.empty_dict(), value(ctx.unit())] {
        assert_eq!(infer(without).unwrap_err(), "needs a value that has a type");
    }
}

#[test]
fn windows_of_hostile_numbers_do_not_overflow() {
    for bad in [i64::MIN, -1, 0, i64::MAX] {
        assert!(Window2d::new(&[bad, 1], &[1, 1], &[0; 4], &[1, 1]).is_err());
        assert!(Window2d::new(&[1, 1], &[1, bad], &[0; 4], &[1, 1]).is_err());
    }
    assert!(Window2d::new(&[1, 1], &[1, 1], &[0, 0, 0, i64::MAX], &[1, 1]).is_err());
    assert!(Window2d::new(&[1], &[1, 1], &[0; 4], &[1, 1]).is_err());
    let big = Window2d::new(&[1 << 24, 1], &[1, 1], &[0; 4], &[1 << 24, 1]).unwrap();
    assert!(big.output([i64::MAX, 1]).is_ok() && big.output([5, 1]).is_err());
}

#[test]
fn sizes_are_limited() {
    assert_eq!(count(&[]), Some(1));
    assert_eq!(count(&[1 << 14, 1 << 14]), Some(MAX_ELEMENTS));
    assert_eq!(count(&[(1 << 14) + 1, 1 << 14]), None);
    assert_eq!(count(&[i64::MAX, i64::MAX]), None);
    assert_eq!(count(&[3, 0]), None);
    assert_eq!(count(&[cim_ir::core::DYNAMIC]), None);
}

#[test]
fn constants_say_what_is_wrong() {
    let ctx = context();
    let f = dense_floats(&ctx, &[2], &[1.0, 2.0]);
    assert_eq!(Elements::of(&ctx, f).unwrap().floats(), Some(vec![1.0, 2.0]));
    let splat = dense_floats(&ctx, &[3], &[1.5; 3]);
    assert!(matches!(ctx.attr_data(splat), AttrData::Dense { splat: true, .. }));
    assert_eq!(Elements::of(&ctx, splat).unwrap().floats(), Some(vec![1.5; 3]));
    let ty = ctx.tensor(&[2], ctx.f32());
    let missing = ctx.attr(AttrData::DenseResource { ty, key: ctx.ident("nowhere") });
    assert!(Elements::of(&ctx, missing).unwrap_err().contains("'nowhere'"));
    ctx.set_resource(ctx.ident("short"), vec![0u8; 7].into());
    let short = ctx.attr(AttrData::DenseResource { ty, key: ctx.ident("short") });
    assert_eq!(Elements::of(&ctx, short).unwrap_err(), "the value has 7 bytes, tensor<2xf32> needs 8");
    assert_eq!(Elements::of(&ctx, ctx.unit()).unwrap_err(), "the value is neither dense nor dense_resource");
    assert_eq!(text(&ctx, ctx.tensor(&[1, 2], ctx.int_signed(3, true))), "tensor<1x2xsi3>");
}

//! The integer kernels against definitions written out loop by loop.

mod common;

use cim_isa::reference::RefKind;
use cim_isa::types::*;
use cim_reference::{IntTensor, ReferenceExecutor};
use common::*;
use proptest::prelude::*;

/// Runs a program's only computing node (node 1; node 0 stands for the given input).
fn run(p: &cim_isa::Program, x: &IntTensor) -> Result<IntTensor, String> {
    ReferenceExecutor::new(p).and_then(|e| e.run_node(1, &[x])).map_err(|e| e.to_string())
}

/// The value a padded (C, H, W) tensor has at signed coordinates.
fn padded(x: &IntTensor, c: usize, h: i64, w: i64, pad: i64) -> i64 {
    let [_, height, width] = x.shape;
    if h < 0 || w < 0 || h >= height as i64 || w >= width as i64 {
        return pad;
    }
    x.data[(c * height as usize + h as usize) * width as usize + w as usize]
}

fn naive_conv(x: &IntTensor, w: &[i64], zero: i64, win: &Window, groups: usize, outputs: usize) -> Vec<i64> {
    let per = x.shape[0] as usize / groups;
    let [kh, kw] = win.kernel.map(|k| k as usize);
    let mut y = vec![];
    for o in 0..outputs {
        let g = o / (outputs / groups);
        for oh in 0..win.output[0] as i64 {
            for ow in 0..win.output[1] as i64 {
                let mut sum = 0i128;
                for i in 0..per {
                    for r in 0..kh {
                        for s in 0..kw {
                            let h = oh * win.stride[0] as i64 + r as i64 * win.dilation[0] as i64 - win.pad[0] as i64;
                            let v = ow * win.stride[1] as i64 + s as i64 * win.dilation[1] as i64 - win.pad[1] as i64;
                            let weight = w[((o * per + i) * kh + r) * kw + s] - zero;
                            sum += padded(x, g * per + i, h, v, win.pad_value) as i128 * weight as i128;
                        }
                    }
                }
                y.push(sum as i64);
            }
        }
    }
    y
}

#[derive(Debug, Clone)]
struct ConvCase {
    x: IntTensor,
    w: Vec<i64>,
    elem: IntType,
    zero: i64,
    window: Window,
    groups: u32,
    outputs: u32,
}

/// Activation and weight widths on both sides of the 16-bit kernel's border.
fn conv_case() -> impl Strategy<Value = ConvCase> {
    let bits = prop_oneof![Just(2u8), Just(8), Just(16), Just(24)];
    let geometry = (1u32..4, 1u32..4, 1u32..6, 1u32..6, [1u32..4, 1u32..4], [1u32..3, 1u32..3], [1u32..3, 1u32..3]);
    (geometry, [0u32..3, 0u32..3], [0u32..3, 0u32..3], bits.clone(), bits, any::<bool>(), 1u32..4, 1u32..3)
        .prop_filter_map(
            "the window fits",
            |((per, opg, h, w, k, s, d), pad, pad_end, xb, wb, signed, groups, zero)| {
                let xt = IntType::new(xb, signed);
                let wt = IntType::new(wb, true);
                let pad_value = if signed { -1 } else { 1 };
                let window = window([h, w, per * groups], k, s, d, pad, pad_end, pad_value)?;
                Some((per, opg, xt, wt, window, groups, zero as i64))
            },
        )
        .prop_flat_map(|(per, opg, xt, wt, window, groups, zero)| {
            let n = (per * groups * window.input[0] * window.input[1]) as usize;
            let outputs = opg * groups;
            let nw = (outputs * per * window.kernel[0] * window.kernel[1]) as usize;
            let xs = proptest::collection::vec(xt.min()..=xt.max(), n);
            let ws = proptest::collection::vec(wt.min()..=wt.max(), nw);
            (xs, ws).prop_map(move |(xs, w)| ConvCase {
                x: IntTensor::new([per * groups, window.input[0], window.input[1]], xt, xs).unwrap(),
                w,
                elem: wt,
                zero,
                window,
                groups,
                outputs,
            })
        })
}

proptest! {
    #[test]
    fn convolution_equals_its_definition(case in conv_case()) {
        let mut p = empty();
        let per = case.x.shape[0] / case.groups;
        let shape = [case.outputs, per, case.window.kernel[0], case.window.kernel[1]];
        let weights = ints(&mut p, case.elem, &shape, &case.w);
        let x = source(&mut p, case.x.shape, case.x.elem);
        let out = [case.outputs, case.window.output[0], case.window.output[1]];
        let y = tensor(&mut p, out, IntType::I64);
        let kind = RefKind::Conv { weights, window: case.window, groups: case.groups, weight_zero: case.zero };
        node(&mut p, kind, &[x], y);
        let want = naive_conv(&case.x, &case.w, case.zero, &case.window, case.groups as usize, case.outputs as usize);
        prop_assert_eq!(run(&p, &case.x).unwrap().data, want);
    }

    #[test]
    fn linear_equals_its_definition(
        (inputs, outputs) in (1usize..40, 1usize..6),
        transposed in any::<bool>(),
        zero in -3i64..4,
        seed in any::<u64>(),
    ) {
        let mut state = seed;
        let mut next = move || {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 40) as i64 % 128
        };
        let w: Vec<i64> = (0..inputs * outputs).map(|_| next()).collect();
        let xs: Vec<i64> = (0..inputs).map(|_| next()).collect();
        let mut p = empty();
        let t = IntType::new(8, true);
        let shape = if transposed { [inputs as u32, outputs as u32] } else { [outputs as u32, inputs as u32] };
        let weights = ints(&mut p, t, &shape, &w);
        let x = source(&mut p, [inputs as u32, 1, 1], t);
        let y = tensor(&mut p, [outputs as u32, 1, 1], IntType::I32);
        node(&mut p, RefKind::Linear { weights, transposed, weight_zero: zero }, &[x], y);
        let want: Vec<i64> = (0..outputs)
            .map(|o| (0..inputs).map(|i| {
                let w = if transposed { w[i * outputs + o] } else { w[o * inputs + i] };
                xs[i] * (w - zero)
            }).sum())
            .collect();
        let x = IntTensor::new([inputs as u32, 1, 1], t, xs.clone()).unwrap();
        prop_assert_eq!(run(&p, &x).unwrap().data, want);
    }

    #[test]
    fn requantisation_equals_its_definition(
        accs in proptest::collection::vec(any::<i32>(), 6),
        m in [0i64..=i32::MAX as i64, 0i64..=i32::MAX as i64],
        b in [any::<i32>(), any::<i32>()],
        shift in 1u8..=62,
    ) {
        let mut p = empty();
        let mc = ints(&mut p, IntType::I64, &[2], &m);
        let bc = ints(&mut p, IntType::I64, &[2], &b.map(|b| (b as i64) << 20));
        p.requants.push(Requant { m: mc, b: bc, m2: None, shift, lo: -128, hi: 127 });
        let x = source(&mut p, [2, 1, 3], IntType::I32);
        let y = tensor(&mut p, [2, 1, 3], IntType::new(8, true));
        node(&mut p, RefKind::Requantise { requant: RequantId(0) }, &[x], y);
        let accs: Vec<i64> = accs.iter().map(|&a| a as i64).collect();
        let want: Vec<i64> = accs.iter().enumerate().map(|(i, &a)| {
            let exact = a as i128 * m[i / 3] as i128 + ((b[i / 3] as i128) << 20);
            // floor((exact / 2^shift) + 1/2), without shifts of negative numbers
            let two = 2i128.pow(shift as u32);
            (2 * exact + two).div_euclid(2 * two).clamp(-128, 127) as i64
        }).collect();
        let x = IntTensor::new([2, 1, 3], IntType::I32, accs).unwrap();
        prop_assert_eq!(run(&p, &x).unwrap().data, want);
    }

    #[test]
    fn pooling_equals_its_definition(
        (c, h, w) in (1u32..3, 1u32..7, 1u32..7),
        kernel in [1u32..4, 1u32..4],
        stride in [1u32..3, 1u32..3],
        pads in [0u32..2, 0u32..2, 0u32..2, 0u32..2],
        include in any::<bool>(),
        average in any::<bool>(),
        seed in any::<u64>(),
    ) {
        let pads = [pads[0].min(kernel[0] - 1), pads[1].min(kernel[1] - 1), pads[2].min(kernel[0] - 1), pads[3].min(kernel[1] - 1)];
        let Some(mut win) = window([h, w, c], kernel, stride, [1, 1], [pads[0], pads[1]], [pads[2], pads[3]], -2) else {
            return Ok(());
        };
        win.count_include_pad = include;
        let t = IntType::new(8, true);
        let mut state = seed;
        let xs: Vec<i64> = (0..c * h * w).map(|_| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 56) as i64 - 128
        }).collect();
        let mut p = empty();
        // multiplier of count n: n itself, so that the result shows the count
        let counts = (kernel[0] * kernel[1]) as i64;
        let m = ints(&mut p, IntType::I64, &[counts as u32], &(1..=counts).map(|n| n << 8).collect::<Vec<_>>());
        let b = ints(&mut p, IntType::I64, &[counts as u32], &vec![0; counts as usize]);
        p.requants.push(Requant { m, b, m2: None, shift: 8, lo: i32::MIN as i64, hi: i32::MAX as i64 });
        let x = source(&mut p, [c, h, w], t);
        let y = tensor(&mut p, [c, win.output[0], win.output[1]], if average { IntType::I32 } else { t });
        let kind = if average {
            RefKind::AveragePool { window: win, requant: RequantId(0) }
        } else {
            RefKind::MaxPool { window: win }
        };
        node(&mut p, kind, &[x], y);
        let x = IntTensor::new([c, h, w], t, xs).unwrap();
        let mut want = vec![];
        for ch in 0..c as usize {
            for oh in 0..win.output[0] {
                for ow in 0..win.output[1] {
                    let (mut sum, mut count, mut best) = (0, 0, i64::MIN);
                    for r in 0..kernel[0] {
                        for s in 0..kernel[1] {
                            let ih = (oh * stride[0] + r) as i64 - pads[0] as i64;
                            let iw = (ow * stride[1] + s) as i64 - pads[1] as i64;
                            let inside = ih >= 0 && iw >= 0 && ih < h as i64 && iw < w as i64;
                            if inside {
                                best = best.max(padded(&x, ch, ih, iw, 0));
                            }
                            if inside || include {
                                sum += padded(&x, ch, ih, iw, -2);
                                count += 1;
                            }
                        }
                    }
                    want.push(if average { sum * count } else { best });
                }
            }
        }
        prop_assert_eq!(run(&p, &x).unwrap().data, want);
    }
}

#[test]
fn a_hand_checked_convolution() {
    // 1 channel 3x3 counting up, 2x2 kernel (1 2 / 3 4) with weight zero point 1 -> (0 1 / 2 3), padding value 5
    let mut p = empty();
    let weights = ints(&mut p, IntType::new(4, true), &[1, 1, 2, 2], &[1, 2, 3, 4]);
    let x = source(&mut p, [1, 3, 3], IntType::new(4, false));
    let win = window([3, 3, 1], [2, 2], [2, 2], [1, 1], [1, 1], [0, 0], 5).unwrap();
    let y = tensor(&mut p, [1, 2, 2], IntType::I32);
    node(&mut p, RefKind::Conv { weights, window: win, groups: 1, weight_zero: 1 }, &[x], y);
    let x = IntTensor::new([1, 3, 3], IntType::new(4, false), (1..=9).collect()).unwrap();
    // corner: 0*5 + 1*5 + 2*5 + 3*1; top right: 1*5 + 2*2 + 3*3; bottom left: 1*4 + 2*5 + 3*7; bottom right: 1*6+2*8+3*9
    assert_eq!(run(&p, &x).unwrap().data, vec![18, 18, 35, 49]);
}

#[test]
fn an_accumulator_that_does_not_fit_is_named() {
    let mut p = empty();
    let weights = ints(&mut p, IntType::new(8, true), &[1, 2], &[127, 127]);
    let x = source(&mut p, [2, 1, 1], IntType::new(8, false));
    let y = tensor(&mut p, [1, 1, 1], IntType::new(16, true));
    node(&mut p, RefKind::Linear { weights, transposed: false, weight_zero: 0 }, &[x], y);
    let x = IntTensor::new([2, 1, 1], IntType::new(8, false), vec![255, 255]).unwrap();
    assert_eq!(run(&p, &x).unwrap_err(), "reference layer 'n1': value 64770 at (c 0, h 0, w 0) does not fit si16");
}

#[test]
fn elementwise_and_shape_nodes() {
    let t = IntType::new(8, true);
    let case = |kind: RefKind, out: [u32; 3]| {
        let mut p = empty();
        let x = source(&mut p, [2, 1, 2], t);
        let y = tensor(&mut p, out, t);
        node(&mut p, kind, &[x], y);
        run(&p, &IntTensor::new([2, 1, 2], t, vec![-3, 4, 100, -100]).unwrap())
    };
    assert_eq!(case(RefKind::Relu, [2, 1, 2]).unwrap().data, vec![0, 4, 100, 0]);
    assert_eq!(case(RefKind::Clip { lo: -5, hi: 6 }, [2, 1, 2]).unwrap().data, vec![-3, 4, 6, -5]);
    assert_eq!(case(RefKind::Reshape, [4, 1, 1]).unwrap().shape, [4, 1, 1]);
    assert!(case(RefKind::Reshape, [3, 1, 1]).is_err());
    assert!(case(RefKind::Clip { lo: 6, hi: -5 }, [2, 1, 2]).is_err());
    assert!(case(RefKind::Concat, [4, 1, 2]).is_err(), "one input of four elements cannot fill eight");
}

#[test]
fn malformed_sections_are_errors() {
    let t = IntType::new(8, true);
    // used before computed
    let mut p = empty();
    let x = tensor(&mut p, [1, 1, 1], t);
    let y = tensor(&mut p, [1, 1, 1], t);
    node(&mut p, RefKind::Relu, &[x], y);
    assert!(ReferenceExecutor::new(&p).unwrap_err().to_string().contains("before it is computed"));
    // computed twice
    let mut p = empty();
    let x = source(&mut p, [1, 1, 1], t);
    node(&mut p, RefKind::Relu, &[x], x);
    assert!(ReferenceExecutor::new(&p).unwrap_err().to_string().contains("computed twice"));
    // constants out of range, absurd shapes, absent section
    let mut p = empty();
    let x = source(&mut p, [1, 1, 1], t);
    let y = tensor(&mut p, [1, 1, 1], t);
    node(&mut p, RefKind::Linear { weights: ConstId(7), transposed: false, weight_zero: 0 }, &[x], y);
    assert!(ReferenceExecutor::new(&p).is_err());
    let mut p = empty();
    source(&mut p, [u32::MAX, u32::MAX, 2], t);
    assert!(ReferenceExecutor::new(&p).is_err());
    let mut p = empty();
    p.reference = None;
    assert_eq!(ReferenceExecutor::new(&p).unwrap_err(), cim_reference::ReferenceError::Missing);
}

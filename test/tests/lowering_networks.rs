//! Random small networks: compiled in every mode for different machines, encodings and bindings, checked, run on the
//! simulated machine and compared with the reference executor on every layer.

mod common;

use cim_machine::Machine;
use cim_test::graph_builder::{Geometry, GraphBuilder, int, out};
use common::{Mode, machine, run};
use proptest::prelude::*;

/// A generator of values from a seed.
struct Random(u64);
impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    fn range(&mut self, lo: i64, hi: i64) -> i64 {
        lo + (self.next() % (hi - lo + 1) as u64) as i64
    }
    fn chance(&mut self, percent: i64) -> bool {
        self.range(0, 99) < percent
    }
}

fn weights(b: &mut GraphBuilder, r: &mut Random, dims: &[i64]) -> (cim_ir::ValueId, i64) {
    let elem = int([2, 3, 4, 5, 8][r.range(0, 4) as usize], r.chance(80));
    let narrow = elem.signed && r.chance(50);
    let n: i64 = dims.iter().product();
    let lo = if narrow { elem.min() + 1 } else { elem.min() };
    let values: Vec<i64> = (0..n).map(|_| r.range(lo, elem.max())).collect();
    let zero = if r.chance(25) { r.range(elem.min(), elem.max()) } else { 0 };
    (b.constant(dims, elem, values.into_iter()), zero)
}

fn geometry(r: &mut Random, h: i64, w: i64) -> Option<Geometry> {
    let kernel = [r.range(1, 3), r.range(1, 3)];
    let dilations = if r.chance(20) { [r.range(1, 2), r.range(1, 2)] } else { [1, 1] };
    let g = Geometry {
        kernel,
        strides: [r.range(1, 2), r.range(1, 2)],
        pads: [0, 0, 0, 0].map(|_| if r.chance(50) { r.range(0, 2) } else { 0 }),
        dilations,
    };
    (out(&g, 0, h) >= 1
        && out(&g, 1, w) >= 1
        && h + g.pads[0] + g.pads[2] > (kernel[0] - 1) * dilations[0]
        && w + g.pads[1] + g.pads[3] > (kernel[1] - 1) * dilations[1])
        .then_some(g)
}

/// conv -> [pool] -> [residual] -> [concat] -> flatten -> linear -> [linear].
fn network(machine: &Machine, seed: u64, copies: i64) -> (cim_ir::Ir, cim_ir::OpId) {
    let mut r = Random(seed);
    let (c, h, w) = (r.range(1, 4), r.range(3, 7), r.range(3, 7));
    let (mut b, x) = GraphBuilder::new(machine, &[1, c, h, w]);
    let act = |r: &mut Random| int([2, 3, 4, 8][r.range(0, 3) as usize], r.chance(40));
    let (mut elem, mut zero) = (act(&mut r), 0);
    zero += if r.chance(50) { r.range(elem.min(), elem.max()) } else { 0 };
    let mut x = b.quantize(x, elem, zero);
    for _ in 0..r.range(1, 3) {
        let d = b.dims(x);
        let Some(g) = geometry(&mut r, d[2], d[3]) else { continue };
        let group = if d[1] > 1 && r.chance(30) { d[1] } else { 1 };
        let cout = group * r.range(1, if group > 1 { 2 } else { 9 });
        let (wt, wz) = weights(&mut b, &mut r, &[cout, d[1] / group, g.kernel[0], g.kernel[1]]);
        let y = b.conv(x, wt, &g, group, zero, wz);
        if copies > 1 {
            b.set(y, "copies", copies);
        }
        let y = if r.chance(20) { b.relu(y) } else { y };
        elem = act(&mut r);
        zero = if r.chance(50) { r.range(elem.min(), elem.max()) } else { 0 };
        x = b.requantize(y, elem, r.range(2, 6) as u32, zero);
        let d = b.dims(x);
        if r.chance(40) {
            // A second path from the same tensor: 1x1 convolution, then addition or concatenation.
            let one = Geometry { kernel: [1, 1], strides: [1, 1], pads: [0; 4], dilations: [1, 1] };
            let (wt, wz) = weights(&mut b, &mut r, &[d[1], d[1], 1, 1]);
            let y = b.conv(x, wt, &one, 1, zero, wz);
            let y = b.requantize(y, elem, 5, 0);
            x = if r.chance(50) { b.add(x, y, elem) } else { b.concat(&[x, y], elem) };
        } else if r.chance(50)
            && let Some(mut g) = geometry(&mut r, d[2], d[3])
        {
            g.pads = [0, 0, 0, 0].map(|_| 0);
            g.dilations = [1, 1];
            if out(&g, 0, d[2]) >= 1 && out(&g, 1, d[3]) >= 1 && d[2] >= g.kernel[0] && d[3] >= g.kernel[1] {
                let average = r.chance(50);
                x = b.pool(x, &g, average, false, elem);
            }
        }
    }
    let n: i64 = b.dims(x).iter().product();
    let mut x = b.reshape(x, &[1, n]);
    for _ in 0..r.range(1, 2) {
        let (n, o, t) = (b.dims(x)[1], r.range(1, 12), r.chance(50));
        let (wt, wz) = weights(&mut b, &mut r, &if t { [n, o] } else { [o, n] });
        let y = b.linear(x, wt, t, wz);
        elem = act(&mut r);
        x = b.requantize(y, elem, 6, 0);
    }
    let y = b.dequantize(x, 1);
    b.finish(&[y])
}

fn machines() -> impl Strategy<Value = Machine> {
    (4u32..40, 2u32..24, 1u32..5, 1u32..9, any::<bool>(), any::<bool>(), prop::sample::select(vec![1u8, 2, 4]))
        .prop_map(|(rows, weights, per_core, parallel, differential, crossbars, cell)| {
            // Enough columns for the widest weight.
            let cols = weights * 16;
            machine(rows, cols, per_core, 4000, parallel.min(rows), cell, differential, crossbars)
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(debug_assertions) { 48 } else { 64 }))]

    #[test]
    fn crossbar_mode(machine in machines(), seed: u64, copies in 1i64..6) {
        run(network(&machine, seed, copies), &machine, Mode::Xbm, seed).map_err(TestCaseError::fail)?;
    }

    #[test]
    fn core_mode(machine in machines(), seed: u64, copies in 1i64..4) {
        run(network(&machine, seed, copies), &machine, Mode::Cm, seed).map_err(TestCaseError::fail)?;
    }

    #[test]
    fn wordline_mode(machine in machines(), seed: u64, copies in 1i64..4) {
        run(network(&machine, seed, copies), &machine, Mode::Wlm, seed).map_err(TestCaseError::fail)?;
    }

    #[test]
    fn networks_larger_than_the_chip(rows in 4u32..20, per_core in 1u32..4, cores in 2u32..5, seed: u64, mode in 0usize..3) {
        let machine = machine(rows, 64, per_core, cores, 4.min(rows), 2, seed % 2 == 0, seed % 3 == 0);
        let mode = [Mode::Cm, Mode::Xbm, Mode::Wlm][mode];
        run(network(&machine, seed, 1), &machine, mode, seed).map_err(TestCaseError::fail)?;
    }
}

//! Loop nests that run in blocks leave the bytes and the faults that single steps leave.

mod support;

use std::sync::Arc;

use cim_isa::instr::{Affine, Instr, MoveDim};
use cim_isa::program::ProgramMode;
use cim_isa::types::{IntType, PortId, Requant, RequantId};
use cim_isa::{Program, Space};
use cim_machine::{Bits, Limit, Machine};
use cim_sim::{EngineChoice, NoProbe, SimError, Simulator};
use proptest::prelude::{Just, ProptestConfig, any, prop_assert, prop_assert_eq, prop_oneof, proptest};
use support::{Rng, *};

fn machine(rows: u32, cols: u32, cell: u8, dac: u8) -> Machine {
    let mut m = Machine::preset("isaac-baseline").expect("preset");
    m.crossbar.rows = rows;
    m.crossbar.cols = cols;
    m.crossbar.cell_bits = Bits(cell);
    m.crossbar.dac = Limit::Finite(Bits(dac));
    m.crossbar.adc = Limit::Finite(Bits(10));
    m.crossbar.parallel_row = 8.min(rows);
    assert_eq!(m.problems(), vec![]);
    m
}

/// What is left of a run: buffers, the fault, and how many iterations ran in blocks.
fn outcome(p: &Program, machine: &Machine, engine: EngineChoice, l0: &[u8]) -> (Vec<u8>, Vec<u8>, Option<String>, u64) {
    let mut sim = Simulator::new(Arc::new(p.clone()), machine, options(engine)).expect("fits");
    sim.poke(Space::L0, 0, l0).expect("fits");
    let fault = sim.run(&[], &NoHost, &mut NoProbe).err().map(|e: SimError| e.to_string());
    (sim.memory().l0.to_vec(), sim.memory().l1.to_vec(), fault, sim.in_blocks())
}

const OUT_AT: i64 = 1 << 18;

/// The product of [`compile`] inside two loops: windows overlap, results lie `pitch` bytes apart.
fn looped(case: &Case, machine: &Machine, mode: ProgramMode, trips: [u64; 2], steps: [i64; 2], pitch: i64) -> Program {
    let mut p = compile(case, machine, mode);
    p.l0_bytes = 1 << 19;
    let mut body = std::mem::take(&mut p.main);
    for instr in &mut body {
        if let Instr::Mov { src, .. } = instr
            && src.space == Space::L0
        {
            src.at.terms = vec![(0, steps[0]), (1, steps[1])];
        }
        if let Instr::ReduceAdd { dst, .. } = instr {
            dst.at.base += OUT_AT - ACC_AT;
            dst.at.terms = vec![(0, pitch * trips[1] as i64), (1, pitch)];
        }
    }
    for instr in &mut body {
        let affine: Vec<&mut Affine> = match instr {
            Instr::Mov { src, dst, .. } | Instr::ReduceAdd { src, dst, .. } => vec![&mut src.at, &mut dst.at],
            _ => vec![],
        };
        affine.into_iter().for_each(|a| a.terms.retain(|t| t.1 != 0));
    }
    p.main = vec![Instr::Loop { trip: trips[0], body: vec![Instr::Loop { trip: trips[1], body }] }];
    p
}

fn product(case: &Case, x: &[i64]) -> Vec<i64> {
    let (w, _) = case.data();
    let (positions, inner, groups) = (case.positions as usize, case.inner as usize, case.groups as usize);
    let cols = case.cols as usize;
    let sum = |o: usize| {
        let taps = (0..positions).flat_map(|k| (0..inner).map(move |j| (k, j)));
        taps.map(|(k, j)| w[(o * inner + j) * positions + k] * x[(k * groups + o / cols) * inner + j]).sum()
    };
    (0..groups * cols).map(sum).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]
    #[test]
    fn layers_run_in_blocks(
        (positions, inner, cols, groups) in (1u32..6, 1u32..12, 1u32..12, prop_oneof![3 => Just(1u32), 2 => 2u32..6]),
        (weight, input) in ((1u8..=9, any::<bool>()), (1u8..=12, any::<bool>())),
        (differential, crossbars, wordline, tight) in any::<(bool, bool, bool, bool)>(),
        (rows, width, cell, dac) in (6u32..40, 40u32..80, 1u8..=4, 1u8..=2),
        trips in (1u64..4, 1u64..75), steps in (0i64..9, 0i64..9), seed in any::<u64>(),
    ) {
        let case = Case {
            positions, inner, cols, groups, narrow: false, differential, crossbars, seed,
            weight: IntType::new(weight.0, weight.1), input: IntType::new(input.0, input.1),
        };
        let machine = machine(rows, width, cell, dac);
        let size = i64::from(case.input.bytes());
        let (trips, steps) = ([trips.0, trips.1], [steps.0 * size, steps.1 * size]);
        let results = (groups * cols) as usize;
        // Results that overlap those of the next pixel are overwritten in order.
        let pitch = if tight { 8 } else { 8 * results as i64 };
        let mode = if wordline { ProgramMode::Wlm } else { ProgramMode::Xbm };
        let p = looped(&case, &machine, mode, trips, steps, pitch);
        let x = Rng(seed).fill(8192, case.input.min(), case.input.max());
        let bytes = encode(&x, case.input);
        let single = outcome(&p, &machine, EngineChoice::BitSliced, &bytes);
        let blocks = outcome(&p, &machine, EngineChoice::Auto, &bytes);
        prop_assert_eq!(&single.2, &None);
        prop_assert!(single.0 == blocks.0 && single.1 == blocks.1 && single.2 == blocks.2);
        prop_assert_eq!(single.3, 0);
        prop_assert_eq!(blocks.3, trips[0] * trips[1]);
        for (i, j) in (0..trips[0]).flat_map(|i| (0..trips[1]).map(move |j| (i, j))) {
            let from = (i as i64 * steps[0] + j as i64 * steps[1]) / size;
            let at = (OUT_AT + pitch * (i * trips[1] + j) as i64) as usize;
            let found = decode(&blocks.0[at..at + 8 * results], IntType::I64);
            let n = if tight && (i, j) != (trips[0] - 1, trips[1] - 1) { 1 } else { results };
            prop_assert_eq!(&found[..n], &product(&case, &x[from as usize..])[..n]);
        }
    }
}

/// Bodies of random instructions at addresses that often meet: whatever depends on earlier iterations, leaves its
/// memory or overflows must come out as in single steps.
fn random_body(rng: &mut Rng, outputs: u32, rows: u32, acc: IntType, input: IntType) -> Vec<Instr> {
    let wild = rng.within(0, 3) == 0;
    let scratch = |rng: &mut Rng| {
        let terms = if wild && rng.within(0, 9) == 0 { vec![(0u8, 8)] } else { vec![] };
        along(Space::L1, 32 * rng.within(0, 7), &terms)
    };
    let outside = |rng: &mut Rng, write: bool| {
        let base = if write || (wild && rng.within(0, 3) == 0) { 1024 } else { 0 };
        let mut terms = vec![(0u8, *[64, 32, 8].get(rng.within(0, 2) as usize).expect("one")), (1u8, 16)];
        if wild && rng.within(0, 4) == 0 {
            terms.pop();
        }
        along(Space::L0, base + 16 * rng.within(0, if wild { 40 } else { 2 }), &terms)
    };
    let n = rng.within(3, 9);
    let mut list =
        vec![Instr::Mov { dst: l1(0), src: outside(rng, false), dims: vec![], bytes: rows * 2, elem: input }];
    for i in 0..n {
        let any = |rng: &mut Rng| if rng.within(0, 5) == 0 { outside(rng, false) } else { scratch(rng) };
        let len = rng.within(1, i64::from(outputs)) as u32;
        let kind = if i == 0 { 0 } else { rng.within(0, 10) };
        list.push(match kind {
            0 | 1 => Instr::ReadXb {
                xb: Affine::constant(rng.within(0, 1)),
                len: 1,
                rows,
                src: if i == 0 { l1(0) } else { scratch(rng) },
                src_stride: 0,
                dst: if i == 0 { l1(128) } else { scratch(rng) },
                dst_stride: 32,
                port: PortId(0),
                shift: rng.within(0, 2) as u8,
                negate: rng.within(0, 3) == 0,
                accumulate: i > 0 && rng.within(0, 2) == 0,
            },
            2 => Instr::Mov {
                dst: scratch(rng),
                src: outside(rng, false),
                dims: vec![MoveDim { count: 2, src_stride: 16, dst_stride: 8 }],
                bytes: 8,
                elem: input,
            },
            3 => Instr::Mov { dst: outside(rng, true), src: scratch(rng), dims: vec![], bytes: 16, elem: acc },
            4 => Instr::Fill { dst: scratch(rng), dims: vec![], len, value: rng.within(0, 3), elem: acc },
            5 => Instr::ReduceAdd {
                dst: scratch(rng),
                src: any(rng),
                count: rng.within(0, 2) as u32,
                stride: 32,
                len,
                elem: acc,
                accumulate: rng.within(0, 1) == 0,
            },
            6 => Instr::Relu { dst: scratch(rng), src: any(rng), len, elem: acc },
            7 => Instr::Clip { dst: scratch(rng), src: any(rng), len, elem: acc, lo: -100, hi: 100 },
            8 => Instr::ShiftAcc {
                dst: scratch(rng),
                src: scratch(rng),
                len,
                shift: rng.within(0, if wild { 12 } else { 1 }) as u8,
                negate: rng.within(0, 1) == 0,
                elem: acc,
            },
            9 => Instr::Offset {
                dst: scratch(rng),
                src: scratch(rng),
                input,
                positions: 1,
                groups: 1,
                inner: rows,
                outputs: len,
                factor: rng.within(0, 9),
                elem: acc,
            },
            _ => Instr::Requantise {
                dst: if rng.within(0, 1) == 0 { outside(rng, true) } else { scratch(rng) },
                to: IntType::new(8, false),
                src: scratch(rng),
                from: acc,
                len: outputs,
                channel: Affine::constant(0),
                channels: outputs,
                requant: RequantId(0),
            },
        });
    }
    list
}

/// Runs random nests; returns how many of them ran in blocks, and how many failed.
fn random_nests(seeds: std::ops::Range<u64>) -> (usize, usize) {
    let (mut in_blocks, mut faults) = (0, 0);
    for seed in seeds {
        let mut rng = Rng(seed);
        let acc = if rng.within(0, 2) > 0 { IntType::I32 } else { IntType::I64 };
        let outputs = 4;
        let machine = machine(16, 64, 2, 1);
        let case = Case {
            positions: 1,
            inner: 2 * rng.within(2, 8) as u32,
            cols: outputs,
            groups: 1,
            weight: IntType::new(rng.within(2, 8) as u8, true),
            narrow: false,
            differential: rng.within(0, 1) == 0,
            crossbars: false,
            input: IntType::new(rng.within(2, 8) as u8, rng.within(0, 1) == 0),
            seed,
        };
        let mut p = compile(&case, &machine, ProgramMode::Xbm);
        p.init.push(p.init[0].clone());
        if let Some(Instr::WriteXb { xb, .. }) = p.init.last_mut() {
            xb.base = 1;
        }
        p.ports[0].output = acc;
        let m = constant(&mut p, "m", IntType::I64, &[3, 5, 7, 9]);
        let b = constant(&mut p, "b", IntType::I64, &[1, -4, 0, 64]);
        p.requants.push(Requant { m, b, m2: None, shift: 4, lo: 0, hi: 255 });
        let elements = 16 / acc.bytes();
        let body = random_body(&mut rng, outputs.min(elements), case.inner, acc, case.input);
        let body = match rng.within(0, 2) {
            0 => vec![Instr::Parallel { body }],
            _ => body,
        };
        let (a, b) = (rng.within(1, 5) as u64, rng.within(1, 40) as u64);
        let inner = Instr::Loop { trip: b, body };
        let mut outer = vec![inner];
        if rng.within(0, 4) == 0 {
            outer.push(Instr::Fill { dst: l1(0), dims: vec![], len: 4, value: 1, elem: acc });
        }
        p.main = vec![Instr::Loop { trip: a, body: outer }];
        p.l0_bytes = 2048;
        let l0 = encode(&rng.fill(2048, 0, 255), IntType::new(8, false));
        let single = outcome(&p, &machine, EngineChoice::BitSliced, &l0);
        let blocks = outcome(&p, &machine, EngineChoice::Auto, &l0);
        assert_eq!(single.2, blocks.2, "fault of nest {seed}");
        assert!(single.0 == blocks.0, "L0 after nest {seed}");
        assert!(single.1 == blocks.1, "L1 after nest {seed}");
        in_blocks += usize::from(blocks.3 > 0);
        faults += usize::from(blocks.2.is_some());
    }
    (in_blocks, faults)
}

#[test]
fn random_nests_leave_the_bytes_and_faults_of_single_steps() {
    let (in_blocks, faults) = random_nests(0..2000);
    assert!(in_blocks > 200, "{in_blocks} nests ran in blocks");
    assert!(faults > 50, "{faults} nests failed");
}

/// A cell that is flipped between two runs shows in the nest that reads it.
#[test]
fn flipped_cells_show_in_blocks() {
    let machine = machine(16, 64, 2, 1);
    let ty = IntType::new(4, true);
    let case = Case::plain(ty, [2, 4, 5], 5);
    let p = looped(&case, &machine, ProgramMode::Xbm, [2, 9], [4, 1], 40);
    let x = encode(&vec![1; 64], ty);
    let mut sim = Simulator::new(Arc::new(p), &machine, options(EngineChoice::Auto)).expect("fits");
    let mut run = |flip: bool| {
        if flip {
            assert!(sim.crossbars.flip(0, 3, 0, 1));
        }
        sim.poke(Space::L0, 0, &x).expect("fits");
        sim.run(&[], &NoHost, &mut NoProbe).expect("runs");
        (decode(&sim.memory().l0[OUT_AT as usize..][..18 * 40], IntType::I64), sim.in_blocks())
    };
    let before = run(false);
    let after = run(true);
    assert_eq!((before.1, after.1), (18, 36));
    for (i, (a, b)) in before.0.iter().zip(&after.0).enumerate() {
        assert_eq!((a - b).abs(), i64::from(i % 5 == 0), "output {i}");
    }
}

/// Results added to what another iteration may have left: only where iterations are apart.
#[test]
fn sums_over_iterations_are_not_split() {
    let machine = machine(16, 64, 2, 1);
    let ty = IntType::new(4, true);
    let case = Case { differential: true, ..Case::plain(ty, [1, 8, 5], 5) };
    for (pitch, blocks) in [(40, 10), (32, 0), (0, 0)] {
        let mut p = looped(&case, &machine, ProgramMode::Xbm, [1, 10], [0, 1], pitch);
        let Some(Instr::Loop { body, .. }) = p.main.first_mut() else { panic!("a loop") };
        let Some(Instr::Loop { body, .. }) = body.first_mut() else { panic!("a loop") };
        for instr in body {
            if let Instr::ReduceAdd { accumulate, .. } = instr {
                *accumulate = true;
            }
        }
        let x = encode(&Rng(3).fill(64, ty.min(), ty.max()), ty);
        let single = outcome(&p, &machine, EngineChoice::BitSliced, &x);
        let together = outcome(&p, &machine, EngineChoice::Auto, &x);
        assert!(single.0 == together.0 && single.1 == together.1 && single.2 == together.2);
        assert_eq!(together.3, blocks, "results {pitch} bytes apart");
    }
}

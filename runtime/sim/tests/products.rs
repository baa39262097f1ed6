//! Random matrices, inputs, encodings, bindings, machines, modes and groups: always the integer product.

mod support;

use cim_isa::program::ProgramMode;
use cim_isa::types::IntType;
use cim_machine::Machine;
use cim_sim::EngineChoice;
use proptest::prelude::*;
use support::*;

fn cases() -> impl Strategy<Value = Case> {
    let shape = (1u32..6, 1u32..12, 1u32..12, prop_oneof![3 => Just(1u32), 2 => 2u32..6]);
    let weight = (1u8..=9, any::<bool>(), any::<bool>());
    let input = (1u8..=12, any::<bool>());
    (shape, weight, input, any::<bool>(), any::<bool>(), any::<u64>()).prop_map(
        |((positions, inner, cols, groups), (wb, ws, narrow), (xb, xs), differential, crossbars, seed)| Case {
            positions,
            inner,
            cols,
            groups,
            weight: IntType::new(wb, ws),
            narrow,
            differential,
            crossbars,
            input: IntType::new(xb, xs),
            seed,
        },
    )
}

fn machines() -> impl Strategy<Value = Machine> {
    let sizes = (1u32..40, 36u32..80, 1u8..=4, 1u8..=2, 4u8..=10, 1u32..40);
    (sizes, any::<bool>()).prop_map(|((rows, cols, cell, dac, adc, parallel), ideal)| {
        let mut m = Machine::preset("isaac-baseline").expect("preset");
        m.crossbar.rows = rows;
        m.crossbar.cols = cols;
        m.crossbar.cell_bits = cim_machine::Bits(cell);
        m.crossbar.dac = cim_machine::Limit::Finite(cim_machine::Bits(dac));
        m.crossbar.adc = cim_machine::Limit::Finite(cim_machine::Bits(adc.max(cell + dac)));
        m.crossbar.parallel_row = parallel.min(rows);
        if ideal {
            m.crossbar.dac = cim_machine::Limit::Ideal;
            m.crossbar.adc = cim_machine::Limit::Ideal;
        }
        assert_eq!(m.problems(), vec![]);
        m
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]
    #[test]
    fn every_mode_and_engine_gives_the_product(case in cases(), machine in machines()) {
        let want = case.expected();
        for mode in [ProgramMode::Cm, ProgramMode::Xbm, ProgramMode::Wlm] {
            let program = compile(&case, &machine, mode);
            for engine in [EngineChoice::BitSliced, EngineChoice::Exact, EngineChoice::Auto] {
                let found = run(&case, &program, &machine, engine);
                prop_assert_eq!(found.as_ref().map_err(|e| e.to_string()), Ok(&want), "{:?} {:?}", mode, engine);
            }
        }
    }
}

/// The sum of codes of every conversion, one cell at a time: rows in groups, input steps of `dac` bits, columns.
fn clipped(case: &Case, machine: &Machine, rows_per_conversion: u32) -> Vec<i64> {
    let layout = case.layout(machine);
    let top = (1i64 << machine.crossbar.adc.finite().expect("finite").0) - 1;
    let dac = u32::from(machine.crossbar.dac.finite().expect("finite").0);
    let (w, x) = case.data();
    let rows = case.rows();
    let bits = u32::from(case.input.bits);
    let magnitude = if case.input.signed { bits - 1 } else { bits };
    let mut steps: Vec<(u32, u32, i64)> =
        (0..magnitude).step_by(dac as usize).map(|s| (s, dac.min(magnitude - s), 1)).collect();
    if case.input.signed {
        steps.push((magnitude, 1, -1));
    }
    (0..case.cols)
        .map(|c| {
            let mut sum = 0;
            for tile in case.cut(machine).tiles().filter(|t| (t.col0..t.col0 + t.cols).contains(&c)) {
                for start in (0..tile.rows).step_by(rows_per_conversion as usize) {
                    let group = start..(start + rows_per_conversion).min(tile.rows);
                    for (polarity, sign) in [(0, 1), (1, -1)].into_iter().take(layout.polarities() as usize) {
                        for slice in 0..layout.slices() {
                            for (first, width, step_sign) in &steps {
                                let column: i64 = group
                                    .clone()
                                    .map(|r| {
                                        let row = tile.row0 + r;
                                        let (k, j) = (row / case.inner, row % case.inner);
                                        let weight = w[((c * case.inner + j) * case.positions + k) as usize];
                                        let digit = x[row as usize] >> first & ((1 << width) - 1);
                                        i64::from(layout.cell(weight, polarity, slice)) * digit
                                    })
                                    .sum();
                                let shift = slice * u32::from(layout.cell_bits) + first;
                                sum += (sign * step_sign * column.min(top)) << shift;
                            }
                        }
                    }
                }
            }
            sum - layout.offset() * x[..rows as usize].iter().sum::<i64>()
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]
    #[test]
    fn converters_clip_at_their_top_code(case in cases(), machine in machines(), adc in 1u8..6) {
        let case = Case { groups: 1, ..case };
        let mut machine = machine;
        machine.crossbar.adc = cim_machine::Limit::Finite(cim_machine::Bits(adc));
        if machine.crossbar.dac.is_ideal() {
            machine.crossbar.dac = cim_machine::Limit::Finite(cim_machine::Bits(1));
        }
        let rows = cim_machine::rows_per_conversion_clipping(&machine);
        let want = clipped(&case, &machine, rows);
        for mode in [ProgramMode::Cm, ProgramMode::Xbm, ProgramMode::Wlm] {
            let mut program = compile_rows(&case, &machine, mode, rows);
            program.lossy = true;
            for engine in [EngineChoice::BitSliced, EngineChoice::Auto] {
                let found = run(&case, &program, &machine, engine);
                prop_assert_eq!(found.as_ref().map_err(|e| e.to_string()), Ok(&want), "{:?} {:?}", mode, engine);
            }
        }
    }
}

#[test]
fn the_exact_engine_refuses_conversions_that_clip() {
    let mut machine = Machine::preset("puma").expect("preset");
    machine.crossbar.adc = cim_machine::Limit::Finite(cim_machine::Bits(2));
    let ty = IntType::new(8, true);
    let case = Case::plain(ty, [1, 16, 2], 1);
    let mut program = compile(&case, &machine, ProgramMode::Xbm);
    program.rows_per_conversion = 16;
    let error = run(&case, &program, &machine, EngineChoice::Exact).expect_err("clips").to_string();
    assert!(error.contains("can clip; use --engine bit-sliced"), "{error}");
}

/// Reads of several crossbars at once, into shifted, negated and accumulating outputs; rows that follow a loop.
#[test]
fn operands_of_the_read_instructions() {
    use cim_isa::instr::{Affine, Instr};
    let machine = Machine::preset("isaac-baseline").expect("preset");
    let ty = IntType::new(8, true);
    let case = Case { differential: true, ..Case::plain(ty, [1, 24, 40], 3) };
    let (_, x) = case.data();
    let want = case.expected();
    // Tiles of 16 outputs on crossbars 0, 1 and 2 (the last holds 8).
    let mut p = compile(&case, &machine, ProgramMode::Xbm);
    let fill = |base: i64, value| Instr::Fill { dst: l1(base), dims: vec![], len: 16, value, elem: IntType::I64 };
    let read = |xb: i64, len, shift, negate, accumulate| Instr::ReadXb {
        xb: Affine::constant(xb),
        len,
        rows: 24,
        src: l1(0),
        src_stride: 0,
        dst: l1(1024),
        dst_stride: 256,
        port: cim_isa::types::PortId(0),
        shift,
        negate,
        accumulate,
    };
    let mut check = |main: Vec<Instr>, expected: &dyn Fn(usize) -> i64| {
        let size = 24u32;
        p.main = vec![Instr::Mov { dst: l1(0), src: l0(X_AT), dims: vec![], bytes: size, elem: ty }];
        p.main.extend(main);
        let program = std::sync::Arc::new(p.clone());
        let mut sim = cim_sim::Simulator::new(program, &machine, options(EngineChoice::BitSliced)).expect("fits");
        sim.poke(cim_isa::Space::L0, X_AT as u64, &encode(&x, ty)).expect("fits");
        sim.run(&[], &NoHost, &mut cim_sim::NoProbe).expect("runs");
        for i in 0..32 {
            let at = 1024 + i / 16 * 256 + i % 16 * 8;
            let found = decode(&sim.memory().l1[at..at + 8], IntType::I64)[0];
            assert_eq!(found, expected(i), "output {i}");
        }
    };
    check(vec![read(0, 2, 0, false, false)], &|i| want[i]);
    check(vec![read(0, 2, 4, true, false)], &|i| -(want[i] << 4));
    let old = vec![fill(1024, 1000), fill(1280, 2000)];
    check([old.clone(), vec![read(0, 2, 1, false, true)]].concat(), &|i| [1000, 2000][i / 16] + 2 * want[i]);
    check([old, vec![read(0, 2, 2, true, true)]].concat(), &|i| [1000, 2000][i / 16] - 4 * want[i]);
    // The same product in wordline mode: rows, inputs and crossbars follow the loops.
    p.mode = ProgramMode::Wlm;
    let row = Instr::ReadRow {
        xb: Affine { base: 0, terms: vec![(0, 1)] },
        row: Affine { base: 0, terms: vec![(1, 8)] },
        len: 8,
        src: along(cim_isa::Space::L1, 0, &[(1, 8)]),
        dst: along(cim_isa::Space::L1, 1024, &[(0, 256)]),
        port: cim_isa::types::PortId(0),
        shift: 0,
        negate: false,
        accumulate: true,
    };
    let rows = Instr::Loop { trip: 3, body: vec![row] };
    let main = vec![fill(1024, 0), fill(1280, 0), Instr::Loop { trip: 2, body: vec![rows] }];
    p.main = vec![Instr::Mov { dst: l1(0), src: l0(X_AT), dims: vec![], bytes: 24, elem: ty }];
    p.main.extend(main);
    let mut sim = cim_sim::Simulator::new(std::sync::Arc::new(p), &machine, options(EngineChoice::Auto)).expect("fits");
    sim.poke(cim_isa::Space::L0, X_AT as u64, &encode(&x, ty)).expect("fits");
    sim.run(&[], &NoHost, &mut cim_sim::NoProbe).expect("runs");
    assert_eq!(decode(&sim.memory().l1[1024..1024 + 128], IntType::I64), want[..16]);
    assert_eq!(decode(&sim.memory().l1[1280..1280 + 128], IntType::I64), want[16..32]);
}

/// Loops of row groups that run as one product leave what the single instructions leave, also where they must not.
#[test]
fn row_loops_behave_like_their_instructions() {
    use cim_isa::instr::{Affine, Instr};
    let mut machine = Machine::preset("isaac-baseline").expect("preset");
    let ty = IntType::new(8, true);
    let case = Case { differential: true, ..Case::plain(ty, [1, 32, 3], 11) };
    let (_, x) = case.data();
    // Results apart from the inputs, in the inputs of a later group, converters that clip, and groups with gaps.
    for (dst, adc, step) in [(64i64, 8, 8i64), (20, 8, 8), (64, 3, 8), (64, 8, 6)] {
        machine.crossbar.adc = cim_machine::Limit::Finite(cim_machine::Bits(adc));
        let mut p = compile_rows(&case, &machine, ProgramMode::Wlm, 8);
        let read = |terms: bool, i: i64| {
            let of = |c: i64| if terms { vec![(0u8, c)] } else { vec![] };
            Instr::ReadRow {
                xb: Affine::constant(0),
                row: Affine { base: step * i, terms: of(step) },
                len: 8,
                src: cim_isa::Addr { space: cim_isa::Space::L1, at: Affine { base: step * i, terms: of(step) } },
                dst: l1(dst),
                port: cim_isa::types::PortId(0),
                shift: 0,
                negate: false,
                accumulate: true,
            }
        };
        let mut results = Vec::new();
        for looped in [true, false] {
            p.main = vec![
                Instr::Fill { dst: l1(0), dims: vec![], len: 256, value: 0, elem: ty },
                Instr::Mov { dst: l1(0), src: l0(X_AT), dims: vec![], bytes: 32, elem: ty },
            ];
            if looped {
                p.main.push(Instr::Loop { trip: 4, body: vec![Instr::Parallel { body: vec![read(true, 0)] }] });
            } else {
                p.main.extend((0..4).map(|i| read(false, i)));
            }
            let program = std::sync::Arc::new(p.clone());
            let mut sim = cim_sim::Simulator::new(program, &machine, options(EngineChoice::BitSliced)).expect("fits");
            sim.poke(cim_isa::Space::L0, X_AT as u64, &encode(&x, ty)).expect("fits");
            sim.run(&[], &NoHost, &mut cim_sim::NoProbe).expect("runs");
            results.push(sim.memory().l1[..256].to_vec());
        }
        assert_eq!(results[0], results[1], "results at {dst}, {adc}-bit converters, groups every {step} rows");
    }
}

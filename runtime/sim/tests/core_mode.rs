//! Convolutions in core mode: any geometry, groups, encodings, split residency, and faults in cells.

mod support;

use std::sync::Arc;

use cim_isa::program::ProgramMode;
use cim_isa::types::*;
use cim_isa::{Instr, Program, Space};
use cim_machine::Machine;
use cim_sim::{EngineChoice, NoProbe, Simulator, mutate};
use proptest::prelude::*;
use support::*;

#[derive(Clone, Debug)]
struct Conv {
    window: Window,
    case: Case,
    split: bool,
}

fn convs() -> impl Strategy<Value = Conv> {
    let geometry = (1u32..11, 1u32..11, [1u32..4, 1u32..3], [1u32..3, 1u32..3], [1u32..3, 1u32..3], [0u32..3, 0u32..3]);
    let matrix = (1u32..5, 1u32..9, prop_oneof![2 => Just(1u32), 1 => 2u32..5]);
    let form = (1u8..=8, any::<bool>(), 1u8..=8, any::<bool>(), any::<[bool; 3]>(), any::<u64>());
    (geometry, matrix, form).prop_filter_map(
        "kernel larger than the input",
        |(
            (h, w, kernel, stride, dilation, pad),
            (inner, cols, groups),
            (wb, ws, xb, xs, [diff, cross, split], seed),
        )| {
            let out = |n: u32, i: usize| {
                (n + 2 * pad[i]).checked_sub(dilation[i] * (kernel[i] - 1) + 1).map(|r| r / stride[i] + 1)
            };
            let input = IntType::new(xb, xs);
            let window = Window {
                input: [h, w, inner * groups],
                output: [out(h, 0)?, out(w, 1)?],
                kernel,
                stride,
                dilation,
                pad,
                pad_value: input.max().min(1),
                count_include_pad: false,
                pad_end: pad,
            };
            let case = Case {
                positions: kernel[0] * kernel[1],
                inner,
                cols,
                groups,
                weight: IntType::new(wb, ws),
                narrow: false,
                differential: diff,
                crossbars: cross,
                input,
                seed,
            };
            Some(Conv { window, case, split })
        },
    )
}

fn image(conv: &Conv) -> Vec<i64> {
    let [h, w, c] = conv.window.input;
    let t = conv.case.input;
    Rng(conv.case.seed ^ 99).fill((h * w * c) as usize, t.min(), t.max())
}

/// Direct convolution, (ho, wo, channel).
fn direct(conv: &Conv) -> Vec<i64> {
    let (x, (weights, _)) = (image(conv), conv.case.data());
    let w = &conv.window;
    let [height, width, channels] = w.input.map(i64::from);
    let (cols, inner) = (conv.case.cols as i64, conv.case.inner as i64);
    let mut out = Vec::new();
    for ho in 0..w.output[0] {
        for wo in 0..w.output[1] {
            for o in 0..cols * i64::from(conv.case.groups) {
                let mut sum = 0;
                for kh in 0..w.kernel[0] {
                    for kw in 0..w.kernel[1] {
                        for i in 0..inner {
                            let y = i64::from(ho * w.stride[0] + kh * w.dilation[0]) - i64::from(w.pad[0]);
                            let z = i64::from(wo * w.stride[1] + kw * w.dilation[1]) - i64::from(w.pad[1]);
                            let inside = y >= 0 && z >= 0 && y < height && z < width;
                            let channel = o / cols * inner + i;
                            let value =
                                if inside { x[((y * width + z) * channels + channel) as usize] } else { w.pad_value };
                            let k = i64::from(kh * w.kernel[1] + kw);
                            sum += value * weights[((o * inner + i) * i64::from(conv.case.positions) + k) as usize];
                        }
                    }
                }
                out.push(sum);
            }
        }
    }
    out
}

fn build(conv: &Conv, machine: &Machine) -> Program {
    let case = &conv.case;
    let mut p = empty(ProgramMode::Cm, 1 << 17, 1);
    p.rows_per_conversion = cim_machine::rows_per_conversion(machine);
    let placed = place(case, machine, &mut p);
    let widest = case.cut(machine).tiles().map(|t| t.outputs()).max().expect("a tile");
    p.ports.push(case.port(machine, widest));
    p.windows.push(conv.window);
    // Whole tiles stay together; a second entry adds to what the first one left, wherever it has other rows.
    let tiles = conv.case.cut(machine).len() as usize;
    let parts: Vec<Vec<(TileId, u32)>> = if conv.split && tiles > 1 {
        placed.chunks(placed.len() / tiles).map(<[_]>::to_vec).collect()
    } else {
        vec![placed]
    };
    let pitch = u64::from(case.groups * case.cols) * 8;
    let mut seen = std::collections::HashSet::new();
    for placement in parts {
        let first = p.tiles[placement[0].0.index()];
        let channel = (first.group0, first.col0);
        let id = ResidentId(p.residents.len() as u32);
        let offset = case.layout(machine).offset();
        p.residents.push(Resident { name: "conv".into(), core: 0, cores: 768, placement, port: PortId(0), offset });
        p.init.push(Instr::WriteCore { resident: id });
        p.main.push(Instr::ReadCore {
            resident: id,
            window: WindowId(0),
            src: l0(0),
            src_pitch: u64::from(conv.window.input[1] * conv.window.input[2] * case.input.bytes()),
            dst: l0(1 << 16),
            dst_pitch: pitch,
            accumulate: conv.split && !seen.insert(channel),
        });
    }
    p
}

fn output(conv: &Conv, p: Program, machine: &Machine, engine: EngineChoice) -> Vec<i64> {
    let mut sim = Simulator::new(Arc::new(p), machine, options(engine)).expect("fits");
    sim.poke(Space::L0, 0, &encode(&image(conv), conv.case.input)).expect("fits");
    sim.run(&[], &NoHost, &mut NoProbe).unwrap_or_else(|e| panic!("{e}"));
    let n = conv.window.output.iter().product::<u32>() * conv.case.groups * conv.case.cols;
    decode(&sim.memory().l0[1 << 16..][..8 * n as usize], IntType::I64)
}

proptest! {
    #[test]
    fn any_convolution(conv in convs(), rows in 4u32..40, cell in 1u8..=3) {
        let mut machine = Machine::preset("isaac-baseline").expect("preset");
        machine.crossbar.rows = rows;
        machine.crossbar.parallel_row = 4;
        machine.crossbar.cols = 40;
        machine.crossbar.cell_bits = cim_machine::Bits(cell);
        let want = direct(&conv);
        for engine in [EngineChoice::BitSliced, EngineChoice::Exact] {
            prop_assert_eq!(&output(&conv, build(&conv, &machine), &machine, engine), &want);
        }
    }
}

#[test]
fn a_fault_in_a_cell_or_a_weight_shows_in_every_mode() {
    let machine = Machine::preset("isaac-baseline").expect("preset");
    let ty = IntType::new(8, true);
    for (differential, crossbars) in [(false, false), (true, false), (false, true), (true, true)] {
        let case = Case {
            positions: 3,
            inner: 5,
            cols: 6,
            groups: 1,
            weight: ty,
            narrow: true,
            differential,
            crossbars,
            input: ty,
            seed: 5,
        };
        let layout = case.layout(&machine);
        let (_, x) = case.data();
        let want = case.expected();
        for mode in [ProgramMode::Cm, ProgramMode::Xbm, ProgramMode::Wlm] {
            let program = compile(&case, &machine, mode);
            // Bit 1 of slice 2 of the weight in row 7, column 4.
            let (slice, row, col) = (2, 7u32, 4u32);
            let (xb, column) = layout.column(col, 0, slice);
            let mut sim =
                Simulator::new(Arc::new(program.clone()), &machine, options(EngineChoice::Auto)).expect("fits");
            sim.init(&NoHost).expect("programs");
            let before = sim.crossbars.cells(u64::from(xb)).expect("programmed").get(row, column);
            assert!(sim.crossbars.flip(u64::from(xb), row, column, 2));
            assert!(!sim.crossbars.flip(u64::from(xb), 100, column, 2), "a cell that was never programmed");
            sim.poke(Space::L0, X_AT as u64, &encode(&x, ty)).expect("fits");
            sim.run(&[], &NoHost, &mut NoProbe).expect("runs");
            let found = decode(&sim.memory().l0[ACC_AT as usize..][..48], IntType::I64);
            let step = (2 << (2 * slice)) * if before & 2 == 0 { 1 } else { -1 };
            let mut changed = want.clone();
            changed[col as usize] += step * x[row as usize];
            assert_ne!(x[row as usize], 0, "the test's input must drive the row");
            assert_eq!(found, changed, "{mode:?}");
            // The same through the program's constant.
            let mut broken = program;
            let weights = broken.matrices[0].weights;
            assert!(mutate::flip_constant(&mut broken, weights, 0, 1));
            assert!(!mutate::flip_constant(&mut broken, weights, 1 << 20, 1));
            let found = run(&case, &broken, &machine, EngineChoice::BitSliced).expect("runs");
            let differing: Vec<usize> = (0..6).filter(|i| found[*i] != want[*i]).collect();
            assert_eq!(differing, [0], "{mode:?}");
        }
    }
}

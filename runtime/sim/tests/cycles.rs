//! Steady-state sums by hand.

mod support;

use cim_isa::program::ProgramMode;
use cim_isa::types::*;
use cim_isa::{Instr, Program};
use cim_machine::Machine;
use cim_sim::cycles::summary;
use support::*;

fn isaac() -> Machine {
    Machine::preset("isaac-baseline").expect("preset")
}

fn case() -> Case {
    let ty = IntType::new(8, true);
    Case {
        positions: 1,
        inner: 130,
        cols: 40,
        groups: 1,
        weight: ty,
        narrow: false,
        differential: false,
        crossbars: false,
        input: IntType::new(6, false),
        seed: 1,
    }
}

#[test]
fn products_moves_and_writes() {
    let machine = isaac();
    let xbm = summary(&compile(&case(), &machine, ProgramMode::Xbm), &machine);
    // Four tiles: rows 128 and 2, columns 32 and 8 outputs; every input byte is moved on its own (6 bits: 1 cycle).
    let rows = [128u64, 128, 2, 2];
    let outputs = [32u64, 8, 32, 8];
    let mut want = 0;
    for (r, o) in rows.into_iter().zip(outputs) {
        want += r; // moves of inputs
        want += 6 * r.div_ceil(8); // six input bits, groups of eight rows
        want += (r + o).div_ceil(1024); // offset correction
        want += (o * 64).div_ceil(384); // move of 64-bit accumulators through L0
        want += o.div_ceil(1024); // merging
    }
    assert_eq!(xbm.main.cycles, want);
    assert_eq!(xbm.main.write_cycles, Some(0));
    assert_eq!(xbm.main.crossbar_reads, 4);
    assert_eq!(xbm.main.peak_active_crossbars, 1);
    assert_eq!(xbm.main.executed["read_xb"], 4);
    assert_eq!(xbm.init.cell_writes, 128 * 128 + 128 * 32 + 2 * 128 + 2 * 32);
    // All crossbars of the core at once: 128 rows of 10 cycles; L0 carries 260 rows of 256 bits at 384 bits per cycle.
    assert_eq!(xbm.init.write_cycles, Some(1280));
    assert_eq!((xbm.crossbars_used, xbm.cores_used), (4, 1));
    // Wordline mode does the same work, one group an instruction.
    let wlm = summary(&compile(&case(), &machine, ProgramMode::Wlm), &machine);
    assert_eq!(wlm.main.cycles, xbm.main.cycles);
    assert_eq!(wlm.init, Cost { executed: wlm.init.executed.clone(), ..xbm.init.clone() });
    assert_eq!(wlm.init.executed["write_row"], 16 + 16 + 1 + 1);
    // Core mode: all tiles at once.
    let cm = summary(&compile(&case(), &machine, ProgramMode::Cm), &machine);
    assert_eq!(cm.main.cycles, 6 * 16);
    assert_eq!(cm.main.peak_active_crossbars, 4);
}

use cim_sim::cycles::Cost;

#[test]
fn write_time_follows_the_machine() {
    let mut machine = isaac();
    let program = compile(&case(), &machine, ProgramMode::Xbm);
    let cycles = |m: &Machine| summary(&program, m).init.write_cycles;
    machine.crossbar.write_parallelism = Some(cim_machine::Limit::Finite(1));
    assert_eq!(cycles(&machine), Some(2600));
    machine.set("chip.l0_bandwidth", "8 b/cycle").expect("set");
    assert_eq!(cycles(&machine), Some(260 * 256 / 8));
    machine.crossbar.write_row = None;
    assert_eq!(cycles(&machine), None);
}

fn words(main: Vec<Instr>) -> Program {
    let mut p = empty(ProgramMode::Xbm, 1 << 16, 1 << 12);
    p.main = main;
    p
}

#[test]
fn loops_multiply_and_blocks_take_their_longest() {
    let machine = isaac();
    let relu = |dst: cim_isa::Addr, len| Instr::Relu { dst: dst.clone(), src: dst, len, elem: IntType::new(8, true) };
    let body = vec![Instr::Parallel { body: vec![relu(l0(0), 5000), relu(l0(8192), 1024)] }, relu(l1(0), 1)];
    let p = words(vec![Instr::Loop { trip: 10, body: vec![Instr::Loop { trip: 1 << 30, body }] }]);
    let s = summary(&p, &machine);
    assert_eq!(s.main.cycles, 10 * (1 << 30) * (5 + 1));
    assert_eq!(s.main.executed["relu"], 3 * 10 * (1 << 30));
    assert_eq!(s.main.instructions(), 3 * 10 * (1 << 30));
    // An ideal machine costs nothing.
    let ideal = Machine::preset("conv-relu-example").expect("preset");
    assert_eq!(summary(&p, &ideal).main.cycles, 0);
}

#[test]
fn layers_are_parts_of_main() {
    let machine = isaac();
    let fill = |len| Instr::Fill { dst: l0(0), dims: vec![], len, value: 0, elem: IntType::new(8, true) };
    let mut p = words(vec![fill(480), fill(48), fill(49)]);
    for main in [[0, 1], [1, 3], [3, 9]] {
        p.layers.push(cim_isa::program::Layer {
            name: "l".into(),
            kind: "conv".into(),
            placement: cim_isa::program::Placement::Alu,
            reason: String::new(),
            window: None,
            cout: 0,
            groups: 1,
            matrix: [0, 0],
            weight_bits: 0,
            activation_bits: 0,
            crossbars: 0,
            cores: 0,
            duplication: 1,
            segment: 0,
            main,
        });
    }
    let s = summary(&p, &machine);
    assert_eq!(s.layers.iter().map(|l| l.cycles).collect::<Vec<_>>(), [10, 1 + 2, 0]);
    assert_eq!(s.main.cycles, 13);
}

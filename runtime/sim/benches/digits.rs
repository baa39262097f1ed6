//! A network of the size of the digits example, written by hand in crossbar and wordline mode: images per second.
//!
//! Layers: 3x3 convolutions 1-16 (8x8), 16-32 (stride 2), 32-32, maximum pooling, linear 128-64 and 64-10.

#[path = "support/layers.rs"]
mod layers;
#[path = "../tests/support/mod.rs"]
mod support;

use std::sync::Arc;

use cim_isa::Program;
use cim_isa::instr::{Instr, PoolKind, Space};
use cim_isa::program::ProgramMode;
use cim_isa::types::*;
use cim_machine::Machine;
use cim_sim::{EngineChoice, NoProbe, Simulator};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use layers::{Builder, Layer};
use support::*;

fn network(mode: ProgramMode) -> (Program, Machine) {
    let machine = Machine::preset("isaac-baseline").expect("preset");
    let mut b = Builder { p: empty(mode, 1 << 16, 4096), machine, xb: 0, top: 0, staged: 1 << 15 };
    let conv = |geometry, weight_bits, input_bits| Layer { geometry, weight_bits, input_bits };
    let x = b.buffer(8, 1, 1);
    b.p.main.push(Instr::Fill { dst: l0(20), dims: vec![], len: 60, value: 37, elem: IntType::new(8, false) });
    let y1 = b.buffer(8, 16, 1);
    let y2 = b.buffer(4, 32, 1);
    let y3 = b.buffer(4, 32, 0);
    let y4 = b.buffer(2, 32, 0);
    let y5 = b.buffer(1, 64, 0);
    let y6 = b.buffer(1, 10, 0);
    b.layer(&conv([8, 1, 3, 1, 8, 16], 8, 6), x, y1);
    b.layer(&conv([8, 16, 3, 2, 4, 32], 2, 4), y1, y2);
    b.layer(&conv([4, 32, 3, 1, 4, 32], 3, 3), y2, y3);
    let elem = IntType::new(8, false);
    for (name, at, n) in [("y3", y3.0, 4u32), ("y4", y4.0, 2)] {
        let (addr, strides) = (at as u64, [u64::from(n) * 32, 32, 1]);
        b.p.buffers.push(Buffer {
            name: name.into(),
            space: Space::L0,
            addr,
            alloc: (addr, u64::from(n * n * 32)),
            shape: [n, n, 32],
            strides,
            elem,
        });
    }
    b.p.windows.push(Window {
        input: [4, 4, 32],
        output: [2, 2],
        kernel: [2, 2],
        stride: [2, 2],
        dilation: [1, 1],
        pad: [0, 0],
        pad_value: 0,
        count_include_pad: false,
        pad_end: [0, 0],
    });
    b.p.main.push(Instr::Pool { kind: PoolKind::Max, dst: BufferId(1), src: BufferId(0), window: WindowId(0) });
    b.layer(&conv([1, 128, 1, 1, 1, 64], 4, 3), y4, y5);
    b.layer(&conv([1, 64, 1, 1, 1, 10], 6, 5), y5, y6);
    (b.p, b.machine)
}

fn digits(c: &mut Criterion) {
    let mut group = c.benchmark_group("digits");
    group.throughput(Throughput::Elements(1));
    for mode in [ProgramMode::Xbm, ProgramMode::Wlm] {
        let (program, machine) = network(mode);
        let found = cim_sim::check::check(&program, &machine, cim_sim::check::CheckOptions::default());
        assert!(found.is_empty(), "{found:?}");
        group.bench_function(format!("{mode:?}/check"), |b| {
            b.iter(|| cim_sim::check::check(&program, &machine, cim_sim::check::CheckOptions::default()))
        });
        let program = Arc::new(program);
        for engine in [EngineChoice::BitSliced, EngineChoice::Exact] {
            let mut sim = Simulator::new(Arc::clone(&program), &machine, options(engine)).expect("fits");
            sim.init(&NoHost).expect("programs");
            group.bench_function(format!("{mode:?}/{engine:?}"), |b| {
                b.iter(|| sim.run(&[], &NoHost, &mut NoProbe).expect("runs"))
            });
        }
    }
    group.finish();
}

criterion_group!(benches, digits);
criterion_main!(benches);

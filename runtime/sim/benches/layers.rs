//! Convolutions of the size of ResNet-18's: multiply-accumulates per second of each engine.

#[path = "support/layers.rs"]
mod layers;
#[path = "../tests/support/mod.rs"]
mod support;

use std::sync::Arc;

use cim_isa::instr::Instr;
use cim_isa::program::ProgramMode;
use cim_isa::types::IntType;
use cim_machine::Machine;
use cim_sim::{EngineChoice, NoProbe, Simulator};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use layers::{Builder, Layer};
use support::*;

fn convolutions(c: &mut Criterion) {
    let mut group = c.benchmark_group("layers");
    group.sample_size(10);
    for (extent, channels) in [(56i64, 64i64), (28, 128), (14, 256), (7, 512)] {
        let macs = (extent * extent * channels * channels * 9) as u64;
        group.throughput(Throughput::Elements(macs));
        for mode in [ProgramMode::Xbm, ProgramMode::Wlm] {
            let machine = Machine::preset("isaac-baseline").expect("preset");
            let mut b = Builder { p: empty(mode, 1 << 20, 1 << 17), machine, xb: 0, top: 0, staged: (1 << 20) - 4096 };
            let (x, y) = (b.buffer(extent, channels, 1), b.buffer(extent, channels, 1));
            // Inputs of which half the bits are set.
            let fill = Instr::Fill {
                dst: l0(0),
                dims: vec![],
                len: ((extent + 2) * (extent + 2) * channels) as u32,
                value: 0x5a,
                elem: IntType::new(8, false),
            };
            b.p.main.push(fill);
            b.layer(
                &Layer { geometry: [extent, channels, 3, 1, extent, channels], weight_bits: 8, input_bits: 8 },
                x,
                y,
            );
            let program = Arc::new(b.p);
            for engine in [EngineChoice::BitSliced, EngineChoice::Exact] {
                let mut sim = Simulator::new(Arc::clone(&program), &b.machine, options(engine)).expect("fits");
                sim.init(&NoHost).expect("programs");
                group.bench_function(format!("{extent}x{extent}x{channels}/{mode:?}/{engine:?}"), |b| {
                    b.iter(|| sim.run(&[], &NoHost, &mut NoProbe).expect("runs"))
                });
                let pixels = (extent * extent) as u64;
                assert!(engine == EngineChoice::BitSliced || sim.in_blocks() >= pixels, "the layer ran in blocks");
            }
        }
    }
    group.finish();
}

criterion_group!(benches, convolutions);
criterion_main!(benches);

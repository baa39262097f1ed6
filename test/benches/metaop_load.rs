//! Reading a program of a million instructions: decoding with validation, and writing it.
//! `cargo bench -p cim-test --bench metaop_load`

use bytes::Bytes;
use cim_isa::program::ProgramMode;
use cim_isa::testing::{conv_relu, write_count};
use cim_isa::{Instr, decode, encode};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};

const INSTRUCTIONS: usize = 1_000_000;

/// The loop of the convolution example, over and over: moves, crossbar reads, corrections, stores.
fn program() -> cim_isa::Program {
    let mut p = conv_relu(ProgramMode::Xbm, 32);
    p.reference = None;
    let body: Vec<Instr> = p.main.iter().filter(|i| matches!(i, Instr::Loop { .. })).cloned().collect();
    let times = INSTRUCTIONS / write_count(&body);
    p.main.extend((0..times).flat_map(|_| body.clone()));
    p
}

fn bench(c: &mut Criterion) {
    let p = program();
    let n = write_count(&p.main);
    let file = Bytes::from(encode(&p));
    println!("{n} instructions, {} bytes, {:.1} bytes each", file.len(), file.len() as f64 / n as f64);
    let mut group = c.benchmark_group("metaop");
    group.sample_size(20).throughput(Throughput::Elements(n as u64));
    // Freeing a million instructions is not part of reading them.
    group.bench_function("decode and validate", |b| {
        b.iter_batched(|| file.clone(), |f| decode(f).expect("valid"), BatchSize::PerIteration);
    });
    group.bench_function("validate", |b| b.iter(|| cim_isa::validate(&p)));
    group.bench_function("encode", |b| b.iter(|| encode(&p).len()));
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);

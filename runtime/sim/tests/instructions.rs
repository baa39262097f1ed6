//! Every digital and move instruction against plain integers.

mod support;

use std::sync::Arc;

use cim_host::Tensor;
use cim_isa::instr::{MoveDim, PoolKind, Space};
use cim_isa::program::{HostOp, HostTensor, HostValue, Interface, ProgramMode};
use cim_isa::types::*;
use cim_isa::{Addr, Affine, Instr, Program};
use cim_machine::Machine;
use cim_sim::error::Fault;
use cim_sim::{EngineChoice, HostExecutor, HostInput, HostOutput, MemoryView, NoProbe, Probe, SimError, Simulator};
use proptest::prelude::*;
use support::*;

const BYTE: IntType = IntType::new(8, true);
const WIDE: IntType = IntType::I32;

fn simulate(p: Program, memory: &[(Space, u64, Vec<u8>)]) -> Result<Simulator, SimError> {
    let machine = Machine::preset("isaac-baseline").expect("preset");
    let mut sim = Simulator::new(Arc::new(p), &machine, options(EngineChoice::Auto))?;
    for (space, at, bytes) in memory {
        sim.poke(*space, *at, bytes).expect("inside the memory");
    }
    sim.run(&[], &NoHost, &mut NoProbe)?;
    Ok(sim)
}

fn program(main: Vec<Instr>) -> Program {
    let mut p = empty(ProgramMode::Xbm, 4096, 1024);
    // Makes L1 of two cores part of the program.
    p.main = vec![Instr::Fill { dst: l1(2047), dims: vec![], len: 1, value: 0, elem: BYTE }];
    p.main.extend(main);
    p
}

fn wide(values: &[i64]) -> Vec<u8> {
    encode(values, WIDE)
}

/// Runs one instruction on 32-bit values at 0 (a), 256 (b), 512 (what dst holds) of L0 and reads n results at 512.
fn on_words(instr: Instr, a: &[i64], b: &[i64], old: &[i64], n: usize) -> Result<Vec<i64>, SimError> {
    let memory = [(Space::L0, 0, wide(a)), (Space::L0, 256, wide(b)), (Space::L0, 512, wide(old))];
    let sim = simulate(program(vec![instr]), &memory)?;
    Ok(decode(&sim.memory().l0[512..512 + 4 * n], WIDE))
}

fn fault(result: Result<Vec<i64>, SimError>) -> Fault {
    match result {
        Err(SimError::At { fault, path }) => {
            assert_eq!(path.to_string(), "main[1]");
            fault
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn elementwise() {
    let (dst, a, b) = (l0(512), l0(0), l0(256));
    let (len, elem) = (4, WIDE);
    let (x, y) = ([-5, 0, 7, 100], [3, -3, 2, -1]);
    let run = |i: Instr| on_words(i, &x, &y, &[1000, 2000, 3000, 4000], 4).expect("runs");
    assert_eq!(run(Instr::Relu { dst: dst.clone(), src: a.clone(), len, elem }), [0, 0, 7, 100]);
    let clip = Instr::Clip { dst: dst.clone(), src: a.clone(), len, elem, lo: -2, hi: 50 };
    assert_eq!(run(clip), [-2, 0, 7, 50]);
    let add = Instr::Add { dst: dst.clone(), a: a.clone(), b: b.clone(), len, elem };
    assert_eq!(run(add), [-2, -3, 9, 99]);
    let mul = Instr::Mul { dst: dst.clone(), a: a.clone(), b: b.clone(), len, elem };
    assert_eq!(run(mul), [-15, 0, 14, -100]);
    let acc = |negate| Instr::ShiftAcc { dst: dst.clone(), src: a.clone(), len, shift: 3, negate, elem };
    assert_eq!(run(acc(false)), [960, 2000, 3056, 4800]);
    assert_eq!(run(acc(true)), [1040, 2000, 2944, 3200]);
    let reduce = |accumulate| Instr::ReduceAdd {
        dst: dst.clone(),
        src: a.clone(),
        count: 2,
        stride: 8,
        len: 2,
        elem,
        accumulate,
    };
    assert_eq!(run(reduce(false)), [2, 100, 3000, 4000]);
    assert_eq!(run(reduce(true)), [1002, 2100, 3000, 4000]);
}

#[test]
fn results_that_do_not_fit_are_faults() {
    let top = i64::from(i32::MAX);
    let (dst, a, b) = (l0(512), l0(0), l0(256));
    let add = Instr::Add { dst: dst.clone(), a: a.clone(), b: b.clone(), len: 1, elem: WIDE };
    let found = fault(on_words(add, &[top], &[1], &[0], 1));
    assert_eq!(found.to_string(), "value 2147483648 does not fit si32 at element 0");
    let shift = Instr::ShiftAcc { dst, src: a, len: 1, shift: 62, negate: false, elem: IntType::I64 };
    assert!(matches!(fault(on_words(shift, &[4], &[], &[0], 1)), Fault::Overflow { .. }));
    let clip = Instr::Clip { dst: l0(0), src: l0(0), len: 1, elem: WIDE, lo: 2, hi: 1 };
    assert!(matches!(fault(on_words(clip, &[4], &[], &[0], 1)), Fault::Invalid(_)));
    let outside = Instr::Relu { dst: l0(4090), src: l0(0), len: 4, elem: WIDE };
    assert!(matches!(fault(on_words(outside, &[4], &[], &[0], 1)), Fault::OutOfRange { .. }));
}

#[test]
fn offset_correction_per_group() {
    // Two positions, two groups of two channels, three outputs per group.
    let x = [1, 2, 3, 4, 5, 6, 7, 8];
    let instr = Instr::Offset {
        dst: l0(512),
        src: l0(0),
        input: WIDE,
        positions: 2,
        groups: 2,
        inner: 2,
        outputs: 3,
        factor: 10,
        elem: WIDE,
    };
    let found = on_words(instr, &x, &[], &[0, 1, 2, 3, 4, 5], 6).expect("runs");
    assert_eq!(found, [-140, -139, -138, 3 - 220, 4 - 220, 5 - 220]);
}

#[test]
fn requantisation_per_channel_and_residual_sums() {
    let mut p = program(vec![]);
    let i64s = IntType::I64;
    let (m, b) = (constant(&mut p, "m", i64s, &[1, 3, 5]), constant(&mut p, "b", i64s, &[0, 8, -8]));
    let (m1, b1) = (constant(&mut p, "m1", i64s, &[1 << 30]), constant(&mut p, "b1", i64s, &[1 << 29]));
    let m2 = constant(&mut p, "m2", i64s, &[-(1 << 30)]);
    p.requants.push(Requant { m, b, m2: None, shift: 4, lo: -128, hi: 127 });
    p.requants.push(Requant { m: m1, b: b1, m2: Some(m2), shift: 30, lo: -128, hi: 127 });
    p.main.push(Instr::Requantise {
        dst: l0(512),
        to: BYTE,
        src: l0(0),
        from: WIDE,
        len: 4,
        channel: Affine::constant(1),
        channels: 2,
        requant: RequantId(0),
    });
    p.main.push(Instr::AddRequantise {
        dst: l0(600),
        to: BYTE,
        a: l0(0),
        a_elem: WIDE,
        b: l0(256),
        b_elem: WIDE,
        len: 4,
        requant: RequantId(1),
    });
    let (x, y) = ([10, 10, -1000, 9], [1, -300, 5, 9]);
    let sim = simulate(p.clone(), &[(Space::L0, 0, wide(&x)), (Space::L0, 256, wide(&y))]).expect("runs");
    let want = |x: i64, m: i64, b: i64| ((x * m + b + 8) >> 4).clamp(-128, 127);
    let found = decode(&sim.memory().l0[512..516], BYTE);
    assert_eq!(found, [want(10, 3, 8), want(10, 5, -8), want(-1000, 3, 8), want(9, 5, -8)]);
    // round(a - b + 0.5), half up
    assert_eq!(decode(&sim.memory().l0[600..604], BYTE), [10, 127, -128, 1]);
    // Channels beyond the constants.
    p.main.truncate(2);
    if let Some(Instr::Requantise { channel, .. }) = p.main.last_mut() {
        channel.base = 2;
    }
    let error = simulate(p, &[]).expect_err("refused").to_string();
    assert_eq!(error, "main[1]: channels 2..4 of 3 constants");
}

proptest! {
    #[test]
    fn requantisation_is_exact_in_128_bits(acc in any::<i64>(), m in any::<i32>(), b in any::<i64>(), shift in 1u8..=62) {
        let mut p = program(vec![]);
        let m_id = constant(&mut p, "m", IntType::I64, &[i64::from(m)]);
        let b_id = constant(&mut p, "b", IntType::I64, &[b]);
        p.requants.push(Requant { m: m_id, b: b_id, m2: None, shift, lo: i64::MIN / 2, hi: i64::MAX / 2 });
        for (from, value) in [(IntType::I64, acc), (IntType::I32, i64::from(acc as i32))] {
            let mut p = p.clone();
            p.main.push(Instr::Requantise {
                dst: l0(8), to: IntType::I64, src: l0(0), from, len: 1, channel: Affine::constant(0), channels: 1,
                requant: RequantId(0),
            });
            let sim = simulate(p, &[(Space::L0, 0, encode(&[value], from))]).expect("runs");
            let sum = i128::from(value) * i128::from(m) + i128::from(b) + (1i128 << (shift - 1));
            let want = (sum >> shift).clamp(i128::from(i64::MIN / 2), i128::from(i64::MAX / 2)) as i64;
            prop_assert_eq!(decode(&sim.memory().l0[8..16], IntType::I64), vec![want]);
        }
    }
}

fn buffer(p: &mut Program, name: &str, addr: u64, shape: [u32; 3], strides: [u64; 3]) -> BufferId {
    let alloc = (addr, 1);
    p.buffers.push(Buffer { name: name.into(), space: Space::L0, addr, alloc, shape, strides, elem: BYTE });
    BufferId(p.buffers.len() as u32 - 1)
}

#[derive(Clone, Debug)]
struct PoolCase {
    window: Window,
    average: bool,
    values: Vec<i64>,
}

fn pools() -> impl Strategy<Value = PoolCase> {
    let geometry = (1u32..6, 1u32..6, 1u32..4, [1u32..4, 1u32..4], [1u32..3, 1u32..3], [1u32..3, 1u32..3]);
    (geometry, [0u32..2, 0u32..2], any::<[bool; 2]>(), any::<u64>()).prop_filter_map(
        "window larger than the input",
        |((h, w, c, kernel, stride, dilation), pad, [average, include], seed)| {
            let pad = [pad[0].min(kernel[0] - 1), pad[1].min(kernel[1] - 1)];
            let out = |n: u32, i: usize| {
                let reach = dilation[i] * (kernel[i] - 1) + 1;
                (n + 2 * pad[i]).checked_sub(reach).map(|r| r / stride[i] + 1)
            };
            let output = [out(h, 0)?, out(w, 1)?];
            let window = Window {
                input: [h, w, c],
                output,
                kernel,
                stride,
                dilation,
                pad,
                pad_value: 3,
                count_include_pad: include,
                pad_end: pad,
            };
            Some(PoolCase { window, average, values: Rng(seed).fill((h * w * c) as usize, -128, 127) })
        },
    )
}

/// None when some window sees nothing.
fn pooled(case: &PoolCase) -> Option<Vec<i64>> {
    let w = &case.window;
    let [height, width, channels] = w.input.map(i64::from);
    let mut out = Vec::new();
    for o in 0..w.output[0] * w.output[1] {
        for c in 0..channels {
            let mut seen = Vec::new();
            for k in 0..w.kernel[0] * w.kernel[1] {
                let at =
                    |i: usize, o: u32, k: u32| i64::from(o * w.stride[i] + k * w.dilation[i]) - i64::from(w.pad[i]);
                let (y, x) = (at(0, o / w.output[1], k / w.kernel[1]), at(1, o % w.output[1], k % w.kernel[1]));
                if y >= 0 && x >= 0 && y < height && x < width {
                    seen.push(case.values[((y * width + x) * channels + c) as usize]);
                } else if case.average && w.count_include_pad {
                    seen.push(w.pad_value);
                }
            }
            out.push(if case.average {
                let n = i64::try_from(seen.len()).ok().filter(|n| *n > 0)?;
                // The multiplier of n counted elements is 1000 / n, its addend n.
                ((seen.iter().sum::<i64>() * (1000 / n) + n + 16) >> 5).clamp(-100, 100)
            } else {
                *seen.iter().max()?
            });
        }
    }
    Some(out)
}

proptest! {
    #[test]
    fn pooling(case in pools()) {
        let mut p = program(vec![]);
        let [h, w, c] = case.window.input;
        let [ho, wo] = case.window.output;
        let row = u64::from(w * c);
        let src = buffer(&mut p, "x", 0, [h, w, c], [row, u64::from(c), 1]);
        // The result lies channel-major, with gaps.
        let plane = u64::from(ho * wo);
        let dst = buffer(&mut p, "y", 1024, [ho, wo, c], [u64::from(wo), 1, plane + 5]);
        let counts = i64::from(case.window.kernel[0] * case.window.kernel[1]);
        let m = constant(&mut p, "m", IntType::I64, &(1..=counts).map(|n| 1000 / n).collect::<Vec<_>>());
        let b = constant(&mut p, "b", IntType::I64, &(1..=counts).collect::<Vec<_>>());
        p.requants.push(Requant { m, b, m2: None, shift: 5, lo: -100, hi: 100 });
        p.windows.push(case.window);
        let kind = if case.average { PoolKind::Average(RequantId(0)) } else { PoolKind::Max };
        p.main.push(Instr::Pool { kind, dst, src, window: WindowId(0) });
        let result = simulate(p, &[(Space::L0, 0, encode(&case.values, BYTE))]);
        let Some(want) = pooled(&case) else {
            prop_assert!(result.expect_err("empty window").to_string().contains("padding"));
            return Ok(());
        };
        let sim = result.expect("runs");
        for (i, want) in want.iter().enumerate() {
            let (pixel, channel) = (i / c as usize, i % c as usize);
            let at = 1024 + pixel + channel * (plane as usize + 5);
            prop_assert_eq!(sim.memory().l0[at] as i8 as i64, *want, "element {}", i);
        }
    }
}

#[test]
fn moves_and_fills() {
    let dim = |count, src_stride, dst_stride| MoveDim { count, src_stride, dst_stride };
    let values: Vec<i64> = (0..64).collect();
    let memory = [(Space::L0, 0, encode(&values, BYTE))];
    // A 3 x 2 block of 4 bytes from rows of 16 bytes, backwards in the destination.
    let block =
        Instr::Mov { dst: l1(1024 + 100), src: l0(2), dims: vec![dim(3, 16, -8), dim(2, 5, 4)], bytes: 4, elem: BYTE };
    let sim = simulate(program(vec![block]), &memory).expect("runs");
    let mut want = [0u8; 24];
    for i in 0..3usize {
        for j in 0..2usize {
            let from = 2 + 16 * i + 5 * j;
            let to = 16 - 8 * i + 4 * j;
            (0..4).for_each(|b| want[to + b] = (from + b) as u8);
        }
    }
    assert_eq!(&sim.memory().l1[1024 + 84..1024 + 108], &want[..]);
    // A copy that overlaps itself behaves as if all bytes were read first.
    let shift = Instr::Mov { dst: l0(4), src: l0(0), dims: vec![], bytes: 16, elem: BYTE };
    let sim = simulate(program(vec![shift]), &memory).expect("runs");
    assert_eq!(decode(&sim.memory().l0[4..20], BYTE), (0..16).collect::<Vec<i64>>());
    let border = Instr::Fill { dst: l0(8), dims: vec![dim(2, 0, 16)], len: 3, value: -2, elem: IntType::new(9, true) };
    let sim = simulate(program(vec![border]), &memory).expect("runs");
    assert_eq!(decode(&sim.memory().l0[24..30], IntType::new(16, true)), [-2, -2, -2]);
    assert_eq!(decode(&sim.memory().l0[6..16], BYTE), [6, 7, -2, -1, -2, -1, -2, -1, 14, 15]);
    let wrong = Instr::Fill { dst: l0(0), dims: vec![], len: 1, value: 256, elem: IntType::new(8, false) };
    assert!(simulate(program(vec![wrong]), &[]).expect_err("refused").to_string().contains("256 does not fit ui8"));
}

#[test]
fn addresses_follow_the_loops() {
    let body = vec![Instr::Loop {
        trip: 3,
        body: vec![Instr::Add {
            dst: along(Space::L0, 512, &[(0, 3), (1, 1)]),
            a: along(Space::L0, 0, &[(0, 1)]),
            b: along(Space::L0, 10, &[(1, -1)]),
            len: 1,
            elem: BYTE,
        }],
    }];
    let values: Vec<i64> = (0..16).collect();
    let p = program(vec![Instr::Loop { trip: 2, body }]);
    let sim = simulate(p, &[(Space::L0, 0, encode(&values, BYTE))]).expect("runs");
    assert_eq!(decode(&sim.memory().l0[512..518], BYTE), [10, 9, 8, 11, 10, 9]);
}

fn floats(values: &[f32]) -> Tensor {
    Tensor::floats(ElemType::F32, [1, values.len()], values.to_vec())
}

/// Doubles floats; turns floats into integers and back.
struct Doubler;

impl HostExecutor for Doubler {
    fn execute(&self, _: &Program, op: &HostOp, inputs: &[HostInput<'_>]) -> Result<HostOutput, String> {
        Ok(match (&inputs[0], op.name.as_str()) {
            (HostInput::Tensor(t), "quantise") => HostOutput::Int(t.to_i64()),
            (HostInput::Tensor(t), _) => {
                HostOutput::Tensor(floats(&t.to_f32().iter().map(|x| 2.0 * x).collect::<Vec<_>>()))
            }
            (HostInput::Int { data, shape }, _) => {
                assert_eq!(*shape, [2, 1, 3]);
                HostOutput::Tensor(floats(&data.iter().map(|x| *x as f32).collect::<Vec<_>>()))
            }
            (HostInput::Constant(c), _) => return Err(format!("constant {}", c.name)),
            (HostInput::Absent, _) => return Err("absent".into()),
        })
    }
}

fn host_program() -> Program {
    let mut p = program(vec![]);
    for (name, n) in [("x", 6), ("double", 6), ("y", 6)] {
        p.host_tensors.push(HostTensor { name: name.into(), shape: vec![1, n], elem: ElemType::F32 });
    }
    // (H, W, C) = (1, 3, 2)
    let b = buffer(&mut p, "b", 64, [1, 3, 2], [6, 2, 1]);
    let tensor = |i| HostValue::Tensor(HostTensorId(i));
    let mut op = |name: &str, from, to| {
        p.host_ops.push(HostOp {
            name: name.into(),
            kind: support::onnx(name),
            inputs: vec![from],
            output: to,
            reason: "test".into(),
        });
        p.main.push(Instr::Host { op: HostOpId(p.host_ops.len() as u32 - 1) });
    };
    op("double", tensor(0), tensor(1));
    op("quantise", tensor(1), HostValue::Buffer(b));
    op("dequantise", HostValue::Buffer(b), tensor(2));
    let interface = |t, name: &str| Interface { name: name.into(), tensor: HostTensorId(t), batched: false };
    p.inputs = vec![interface(0, "x")];
    p.outputs = vec![interface(2, "y")];
    p
}

struct Watch(Vec<(u32, u8)>);

impl Probe for Watch {
    fn after(&mut self, index: u32, memory: MemoryView<'_>) {
        self.0.push((index, memory.l0[65]));
    }
}

#[test]
fn host_operators_and_probes() {
    let machine = Machine::preset("puma").expect("preset");
    let mut sim = Simulator::new(Arc::new(host_program()), &machine, options(EngineChoice::Auto)).expect("fits");
    let mut watch = Watch(Vec::new());
    let y = sim.run(&[floats(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0])], &Doubler, &mut watch).expect("runs");
    assert_eq!(y, [floats(&[2.0, 4.0, 6.0, 8.0, 10.0, 12.0])]);
    // (C, H, W) order outside, (H, W, C) in the buffer.
    assert_eq!(sim.memory().l0[64..70], [2, 8, 4, 10, 6, 12]);
    assert_eq!(watch.0, [(0, 0), (1, 0), (2, 8), (3, 8)]);
    let short = sim.run(&[floats(&[1.0])], &Doubler, &mut NoProbe).expect_err("short").to_string();
    assert!(short.contains("input `x`: tensor<1x1xf32> given, tensor<1x6xf32> declared"), "{short}");
    assert!(sim.run(&[], &Doubler, &mut NoProbe).is_err());
    let none = sim.run(&[floats(&[0.0; 6])], &NoHost, &mut NoProbe).expect_err("no kernels").to_string();
    assert_eq!(none, "main[1]: host operator `double`: no kernel for double");
    let large = sim.run(&[floats(&[100.0; 6])], &Doubler, &mut NoProbe).expect_err("large").to_string();
    assert!(large.contains("value 200 does not fit si8"), "{large}");
}

#[test]
fn limits_are_named() {
    let machine = Machine::preset("jain-sram").expect("preset");
    let new = |p: Program| Simulator::new(Arc::new(p), &machine, options(EngineChoice::Auto)).map(|_| ());
    let mut p = program(vec![]);
    p.l0_bytes = u64::MAX;
    assert!(matches!(new(p), Err(SimError::TooLarge { .. })));
    let mut p = program(vec![Instr::WriteXb { xb: Affine::constant(8), tile: TileId(0) }]);
    assert_eq!(
        new(p.clone()).expect_err("too many").to_string(),
        "crossbars needed: 9, available: 8 on machine `jain-sram`"
    );
    p.main[1] = Instr::Relu { dst: l1(i64::MAX), src: l1(0), len: 1, elem: BYTE };
    assert!(matches!(new(p.clone()), Err(SimError::TooLarge { .. })));
    p.main[1] = Instr::Host { op: HostOpId(3) };
    assert_eq!(simulate(p.clone(), &[]).expect_err("no entry").to_string(), "main[1]: host operator 3 does not exist");
    let nowhere = Addr { space: Space::L1, at: Affine { base: 0, terms: vec![(7, 1)] } };
    p.main[1] = Instr::Relu { dst: nowhere, src: l1(0), len: 1, elem: BYTE };
    assert!(simulate(p, &[]).is_ok(), "a loop that is not there has index 0");
}

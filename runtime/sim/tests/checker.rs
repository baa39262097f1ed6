//! The checker accepts what runs and names what cannot.

mod support;

use cim_isa::instr::{Affine, MoveDim, Space};
use cim_isa::program::{HostOp, HostTensor, HostValue, ProgramMode};
use cim_isa::types::*;
use cim_isa::{Instr, Program};
use cim_machine::Machine;
use cim_sim::check::{CheckOptions, check};
use support::*;

const BYTE: IntType = IntType::new(8, true);

fn isaac() -> Machine {
    Machine::preset("isaac-baseline").expect("preset")
}

fn case() -> Case {
    Case {
        positions: 9,
        inner: 20,
        cols: 40,
        groups: 1,
        weight: BYTE,
        narrow: false,
        differential: false,
        crossbars: false,
        input: BYTE,
        seed: 7,
    }
}

/// A good program: inputs filled, then the compiled product.
fn good(mode: ProgramMode) -> Program {
    let mut p = compile(&case(), &isaac(), mode);
    p.main.insert(0, fill(l0(X_AT), 180));
    p
}

fn fill(dst: cim_isa::Addr, len: u32) -> Instr {
    Instr::Fill { dst, dims: vec![], len, value: 1, elem: BYTE }
}

fn mov(dst: cim_isa::Addr, src: cim_isa::Addr, bytes: u32) -> Instr {
    Instr::Mov { dst, src, dims: vec![], bytes, elem: BYTE }
}

fn relu(dst: cim_isa::Addr, src: cim_isa::Addr, len: u32) -> Instr {
    Instr::Relu { dst, src, len, elem: BYTE }
}

fn plain(main: Vec<Instr>) -> Program {
    let mut p = empty(ProgramMode::Xbm, 4096, 1024);
    p.main = main;
    p
}

fn errors(p: &Program) -> String {
    let found = check(p, &isaac(), CheckOptions::default());
    found.iter().map(|e| e.to_string()).collect::<Vec<_>>().join("\n")
}

#[track_caller]
fn refused(p: &Program, parts: &[&str]) {
    let text = errors(p);
    for part in parts {
        assert!(text.contains(part), "wanted `{part}` in `{text}`");
    }
}

#[track_caller]
fn accepted(p: &Program) {
    assert_eq!(errors(p), "");
}

#[test]
fn compiled_products_are_accepted() {
    for mode in [ProgramMode::Cm, ProgramMode::Xbm, ProgramMode::Wlm] {
        accepted(&good(mode));
    }
}

#[test]
fn reads_of_bytes_never_written() {
    for mode in [ProgramMode::Cm, ProgramMode::Xbm, ProgramMode::Wlm] {
        let mut p = good(mode);
        p.main[0] = fill(l0(X_AT), 179);
        refused(&p, &["byte 179 of L0 is read but not written before"]);
    }
    refused(&plain(vec![relu(l0(0), l0(8), 4)]), &["main[0]: byte 8 of L0"]);
    // The result of the last instruction comes too late for the first.
    refused(&plain(vec![relu(l0(64), l0(0), 4), fill(l0(0), 4)]), &["main[0]: byte 0 of L0"]);
}

#[test]
fn loops_are_looked_at_once() {
    // 2^40 iterations would take forever: each pixel is staged, computed and written back.
    let body = vec![
        mov(l1(0), along(Space::L0, 0, &[(0, 8)]), 8),
        relu(l1(16), l1(0), 8),
        mov(along(Space::L0, 2048, &[(0, 8)]), l1(16), 8),
    ];
    let mut p =
        plain(vec![fill(l0(0), 2048), Instr::Loop { trip: 256, body: body.clone() }, relu(l0(0), l0(2048), 2048)]);
    accepted(&p);
    p.l0_bytes = 1 << 43;
    p.main = vec![
        Instr::Fill {
            dst: l0(0),
            dims: vec![MoveDim { count: 1 << 31, src_stride: 0, dst_stride: 1 << 10 }],
            len: 1 << 10,
            value: 0,
            elem: BYTE,
        },
        Instr::Loop { trip: 1 << 38, body },
    ];
    accepted(&p);
}

#[test]
fn a_loop_that_reads_beyond_what_is_written() {
    let body = vec![mov(l1(0), along(Space::L0, 0, &[(0, 8)]), 8)];
    let p = plain(vec![fill(l0(0), 2040), Instr::Loop { trip: 256, body }]);
    refused(&p, &["main[1].body[0]: byte 2040 of L0 is read but not written before (bytes 2040..2048)"]);
}

#[test]
fn a_loop_that_reads_what_a_later_iteration_writes() {
    let body = vec![
        relu(along(Space::L0, 512, &[(0, 4)]), along(Space::L0, 4, &[(0, 4)]), 4),
        fill(along(Space::L0, 0, &[(0, 4)]), 4),
    ];
    refused(&plain(vec![Instr::Loop { trip: 4, body }]), &["main[0].body[0]: byte 4 of L0"]);
    // Reading what the iteration before wrote is fine once the first is there.
    let body = vec![relu(along(Space::L0, 4, &[(0, 4)]), along(Space::L0, 0, &[(0, 4)]), 4)];
    accepted(&plain(vec![fill(l0(0), 4), Instr::Loop { trip: 100, body }]));
}

#[test]
fn staged_pieces_and_inner_loops() {
    // A window of three rows gathered by an inner loop, its border filled before, then read at once.
    let gather = Instr::Loop {
        trip: 3,
        body: vec![mov(along(Space::L1, 4, &[(1, 8)]), along(Space::L0, 0, &[(0, 8), (1, 64)]), 8)],
    };
    let body = vec![gather, relu(l1(64), l1(0), 32), mov(along(Space::L0, 1024, &[(0, 32)]), l1(64), 32)];
    let border = vec![fill(l1(0), 4), fill(l1(28), 4)];
    let mut main = vec![fill(l0(0), 512)];
    main.extend(border);
    main.push(Instr::Loop { trip: 8, body });
    accepted(&plain(main.clone()));
    main.remove(2);
    refused(&plain(main), &["byte 28 of L1"]);
}

#[test]
fn moving_writes_cover_moving_reads() {
    let body = vec![
        fill(along(Space::L0, 0, &[(0, 16)]), 8),
        fill(along(Space::L0, 8, &[(0, 16)]), 8),
        relu(along(Space::L0, 1024, &[(0, 16)]), along(Space::L0, 4, &[(0, 16)]), 12),
    ];
    accepted(&plain(vec![Instr::Loop { trip: 64, body: body.clone() }]));
    let short = vec![body[0].clone(), body[2].clone()];
    refused(&plain(vec![Instr::Loop { trip: 64, body: short }]), &["main[0].body[1]: byte 8 of L0"]);
}

#[test]
fn overlap_within_a_block() {
    let block = |body| vec![fill(l0(0), 256), Instr::Parallel { body }];
    accepted(&plain(block(vec![relu(l0(256), l0(0), 16), relu(l0(272), l0(0), 16)])));
    refused(
        &plain(block(vec![relu(l0(256), l0(0), 16), relu(l0(271), l0(0), 16)])),
        &["main[1]: instructions 0 and 1 of the parallel block overlap at byte 271 of L0"],
    );
    refused(&plain(block(vec![relu(l0(256), l0(0), 16), relu(l0(300), l0(256), 16)])), &["main[1].body[1]: byte 256"]);
    let both = |base| relu(along(Space::L0, base, &[(0, 8)]), along(Space::L0, 0, &[(0, 8)]), 8);
    let looped = |a, b| {
        let body = vec![Instr::Parallel { body: vec![both(a), both(b)] }];
        plain(vec![fill(l0(0), 256), Instr::Loop { trip: 8, body }])
    };
    accepted(&looped(512, 520));
    refused(&looped(512, 516), &["overlap at byte 516 of L0 (in the first iteration)"]);
    // Different movement: apart in most iterations, together in one.
    let body = vec![Instr::Parallel {
        body: vec![
            relu(along(Space::L0, 512, &[(0, 8)]), l0(0), 8),
            relu(along(Space::L0, 1024, &[(0, -8)]), l0(0), 8),
        ],
    }];
    let meet = |trip| plain(vec![fill(l0(0), 256), Instr::Loop { trip, body: body.clone() }]);
    accepted(&meet(32));
    refused(&meet(33), &["overlap at byte 768 of L0"]);
}

#[test]
fn one_crossbar_twice_at_once() {
    let mut p = good(ProgramMode::Xbm);
    let read = p.main.iter().find(|i| matches!(i, Instr::ReadXb { .. })).cloned().expect("a read");
    let at = p.main.iter().position(|i| *i == read).expect("position");
    let mut second = read.clone();
    if let Instr::ReadXb { dst, .. } = &mut second {
        dst.at.base += 4096;
    }
    p.main[at] = Instr::Parallel { body: vec![read, second] };
    refused(&p, &["crossbar 0 is used by instructions 0 and 1 of the same parallel block"]);
}

#[test]
fn unprogrammed_cells() {
    for (mode, text) in [
        (ProgramMode::Cm, "crossbar 0: rows 0..128"),
        (ProgramMode::Xbm, "crossbar 0: rows 0..128 of columns 0..128 are read but not all programmed"),
        (ProgramMode::Wlm, "crossbar 0: rows 0..8"),
    ] {
        let mut p = good(mode);
        p.init.remove(0);
        refused(&p, &[text]);
    }
    let mut p = good(ProgramMode::Xbm);
    for instr in &mut p.main {
        if let Instr::ReadXb { rows, xb, .. } = instr
            && xb.base == 3
        {
            *rows += 1;
        }
    }
    refused(&p, &["crossbar 3: rows 0..53"]);
}

#[test]
fn capacity() {
    let mut puma = Machine::preset("puma").expect("preset");
    let p = good(ProgramMode::Xbm);
    let text = |p: &Program, m: &Machine| {
        check(p, m, CheckOptions::default()).iter().map(|e| e.to_string()).collect::<Vec<_>>().join("\n")
    };
    let found = text(&p, &puma);
    assert!(found.contains("bytes of a core buffer (L1): needed 16384, available 1024"), "{found}");
    assert!(found.contains("bytes of the global buffer (L0): needed 262144, available 98304"), "{found}");
    puma.crossbar.cols = 64;
    assert!(text(&p, &puma).contains("crossbar columns of tile 0 of `m`: needed 128, available 64"));
    let mut few = isaac();
    few.core.xb_number = cim_machine::Count::Total(1);
    few.chip.core_number = cim_machine::Count::Total(2);
    let found = text(&p, &few);
    assert!(found.contains("init[2]: crossbars 2..3 are needed, available are 2"), "{found}");
    let mut coarse = isaac();
    coarse.mode = cim_machine::Mode::Cm;
    assert!(text(&p, &coarse).contains("mode xbm, finer than cm"));
    let mut rows = good(ProgramMode::Wlm);
    rows.rows_per_conversion = 9;
    assert!(text(&rows, &isaac()).contains("rows per conversion: needed 9, available 8"));
}

#[test]
fn addresses_outside_and_of_other_cores() {
    refused(&plain(vec![fill(l0(4090), 8)]), &["main[0]: bytes 4090..4098 of L0 are needed, available are 4096"]);
    refused(&plain(vec![fill(l0(-1), 8)]), &["bytes -1..7 of L0"]);
    let p = plain(vec![
        Instr::Fill { dst: l1(1020), dims: vec![], len: 8, value: 0, elem: BYTE },
        relu(l1(1020), l1(1020), 8),
    ]);
    refused(&p, &["main[1]: bytes 1020..1028 of L1 lie in the buffers of several cores"]);
    let mut p = good(ProgramMode::Xbm);
    for instr in &mut p.main {
        if let Instr::ReadXb { dst, .. } = instr {
            dst.at.base += p.l1_span as i64;
        }
    }
    refused(&p, &["of L1 are not in the buffer of core 0, whose crossbar is read"]);
}

#[test]
fn rows_modes_and_loops_over_crossbars() {
    let mut p = good(ProgramMode::Wlm);
    for instr in &mut p.main {
        if let Instr::ReadRow { len, .. } = instr {
            *len = 9;
        }
    }
    refused(&p, &["9 rows in one conversion, available are 8"]);
    let mut p = good(ProgramMode::Wlm);
    p.mode = ProgramMode::Xbm;
    refused(&p, &["an instruction of mode Wlm in a program of mode Xbm"]);
    // Crossbars programmed by a loop, and read by one.
    let mut p = good(ProgramMode::Xbm);
    p.init.push(Instr::Loop {
        trip: 4,
        body: vec![Instr::WriteXb { xb: Affine { base: 4, terms: vec![(0, 1)] }, tile: TileId(0) }],
    });
    let mut read = p.main.iter().find(|i| matches!(i, Instr::ReadXb { .. })).cloned().expect("a read");
    if let Instr::ReadXb { xb, .. } = &mut read {
        *xb = Affine { base: 4, terms: vec![(0, 1)] };
    }
    p.main.push(Instr::Loop { trip: 4, body: vec![read.clone()] });
    accepted(&p);
    p.main.push(Instr::Loop { trip: 5, body: vec![read] });
    refused(&p, &["crossbar 8: rows"]);
}

#[test]
fn host_tensors_follow_program_order() {
    let mut p = plain(vec![Instr::Host { op: HostOpId(0) }]);
    for name in ["x", "y"] {
        p.host_tensors.push(HostTensor { name: name.into(), shape: vec![1], elem: cim_isa::types::ElemType::F32 });
    }
    p.host_ops.push(HostOp {
        name: "relu".into(),
        kind: support::onnx("Relu"),
        inputs: vec![HostValue::Tensor(HostTensorId(0))],
        output: HostValue::Tensor(HostTensorId(1)),
        reason: "float".into(),
    });
    let interface = |t| cim_isa::program::Interface { name: format!("t{t}"), tensor: HostTensorId(t), batched: false };
    p.outputs = vec![interface(1)];
    refused(&p, &["host operator `relu` reads `x` before it is computed"]);
    p.inputs = vec![interface(0)];
    accepted(&p);
    p.main.clear();
    refused(&p, &["model output `t1` is never computed"]);
}

#[test]
fn doubts_beyond_the_budget_are_named() {
    let body = vec![relu(along(Space::L0, 4, &[(0, 4)]), along(Space::L0, 0, &[(0, 4)]), 4)];
    let p = plain(vec![fill(l0(0), 4), Instr::Loop { trip: 1000, body }]);
    let found = check(&p, &isaac(), CheckOptions { max_steps: 100, ..CheckOptions::default() });
    assert!(found[0].to_string().contains("not proven within 100 steps"), "{}", found[0]);
}

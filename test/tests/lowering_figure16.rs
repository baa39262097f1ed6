//! The convolution-ReLU example of CIM-MLC's Figure 16 in all modes: counts as published, results equal to the reference.

mod common;

use std::path::Path;

use cim_ir::text::{ParseOptions, Source, parse_module};
use cim_isa::{Instr, Program};
use cim_machine::Machine;
use cim_test::graph_builder::{Geometry, GraphBuilder, int};
use common::{Mode, run};

/// The example of docs/figure-16.md, scheduled by the two properties that the page changes.
fn figure16(mode: Mode, copies: i64, remap: bool) -> Program {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/conv-relu/conv-relu.mlir");
    let text = std::fs::read_to_string(path).expect("the example");
    assert_eq!(text.matches("copies = 2 : i64").count(), 1);
    let schedule = format!("copies = {copies} : i64{}", if remap { ", remap" } else { "" });
    let text = text.replace("copies = 2 : i64", &schedule);
    let ctx = cim_driver::pipeline::context();
    let source = Source::new("conv-relu.mlir", text.into_bytes());
    let (mut ir, module) = parse_module(&ctx, &source, &ParseOptions::default()).expect("the example parses");
    let machine = Machine::preset("conv-relu-example").expect("preset");
    ir.set_attr(module, cim_dialect::machine::MACHINE, Some(cim_dialect::machine::to_attribute(&ctx, &machine)));
    run((ir, module), &machine, mode, 11).expect("runs and equals the reference")
}

/// Executed instructions that satisfy a condition.
fn executed(body: &[Instr], wanted: &dyn Fn(&Instr) -> bool) -> u64 {
    body.iter()
        .map(|i| {
            let inside = match i {
                Instr::Loop { trip, body } => trip * executed(body, wanted),
                Instr::Parallel { body } => executed(body, wanted),
                _ => 0,
            };
            inside + u64::from(wanted(i))
        })
        .sum()
}

/// Executed parallel blocks that hold nothing but crossbar reads.
fn blocks(p: &Program) -> u64 {
    executed(&p.main, &|i| match i {
        Instr::Parallel { body } => body.iter().all(|x| matches!(x, Instr::ReadXb { .. } | Instr::ReadRow { .. })),
        _ => false,
    })
}

fn relus(p: &Program, len: u32) -> u64 {
    executed(&p.main, &|i| matches!(i, Instr::Relu { len: l, .. } if *l == len))
}

#[test]
fn core_mode_has_two_reads_and_one_relu() {
    let p = figure16(Mode::Cm, 2, false);
    assert_eq!(executed(&p.main, &|i| matches!(i, Instr::ReadCore { .. })), 2);
    assert_eq!((relus(&p, 32 * 32 * 32), p.init.len()), (1, 2));
}

#[test]
fn crossbar_mode_has_four_writes_and_256_blocks() {
    let p = figure16(Mode::Xbm, 4, false);
    assert_eq!(executed(&p.init, &|i| matches!(i, Instr::WriteXb { .. })), 4);
    assert_eq!((blocks(&p), relus(&p, 32 * 4)), (256, 256));
    assert_eq!(executed(&p.main, &|i| matches!(i, Instr::ReadXb { .. })), 1024);
}

#[test]
fn wordline_mode_writes_each_slot_once_and_has_512_blocks() {
    for (remap, writes, len, count) in [(false, 4, 32 * 4, 256), (true, 8, 32 * 2, 512)] {
        let p = figure16(Mode::Wlm, 4, remap);
        assert_eq!(executed(&p.init, &|i| matches!(i, Instr::WriteRow { .. })), writes);
        assert_eq!((blocks(&p), relus(&p, len)), (512, count));
        assert_eq!(executed(&p.main, &|i| matches!(i, Instr::ReadRow { .. })), 2048);
    }
}

#[test]
fn remapped_rows_are_refused_outside_wordline_mode() {
    let machine = Machine::preset("conv-relu-example").expect("preset");
    let (mut b, x) = GraphBuilder::of_integers(&machine, &[1, 1, 4, 4], int(8, false));
    let w = b.constant(&[1, 1, 1, 1], int(8, true), [1].into_iter());
    let g = Geometry { kernel: [1, 1], strides: [1, 1], pads: [0; 4], dilations: [1, 1] };
    let y = b.conv(x, w, &g, 1, 0, 0);
    b.set(y, "remap", 1);
    let error = run(b.finish(&[y]), &machine, Mode::Cm, 0).expect_err("core mode has no rows");
    assert!(error.contains("wordline mode"), "{error}");
}

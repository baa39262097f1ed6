//! Figure 16 of the CIM-MLC paper in the published notation.

use cim_isa::program::ProgramMode;
use cim_isa::stats::{Stats, count};
use cim_isa::testing::conv_relu;
use cim_isa::{to_flow, validate};

fn flow(mode: ProgramMode, unroll: bool) -> String {
    let p = conv_relu(mode, 32);
    validate(&p).unwrap();
    let mut out = Vec::new();
    to_flow(&p, unroll, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn core_mode() {
    insta::assert_snapshot!(flow(ProgramMode::Cm, false));
}

#[test]
fn crossbar_mode() {
    insta::assert_snapshot!(flow(ProgramMode::Xbm, false));
}

#[test]
fn wordline_mode() {
    insta::assert_snapshot!(flow(ProgramMode::Wlm, false));
}

/// The loop is one block; unrolled it is the 256 (512) blocks of the paper.
#[test]
fn blocks() {
    let text = flow(ProgramMode::Xbm, true);
    assert_eq!(text.matches("CIM.write_xb(").count(), 4);
    assert_eq!(text.matches("CIM.read_xb(").count(), 4 * 256);
    assert_eq!(text.matches("Relu(").count(), 256);
    assert!(!text.contains("loop"));
    // Pixel (31, 31) is the last of the output: element 3468 + 32*32*32 - 32.
    assert!(text.contains("mov(L1[1][16], 36172, 64)"), "{}", &text[text.len() - 2000..]);
    let text = flow(ProgramMode::Wlm, true);
    assert_eq!(text.matches("CIM.write_row(").count(), 8);
    assert_eq!(text.matches("CIM.read_row(").count(), 4 * 512);
    assert_eq!(text.matches(", 128)").count(), 256, "Relu(32*4) every second block");
}

#[test]
fn too_long_to_unroll() {
    let mut p = conv_relu(ProgramMode::Xbm, 32);
    p.main = vec![cim_isa::Instr::Loop { trip: 1 << 20, body: p.main }];
    let e = to_flow(&p, true, &mut Vec::new()).unwrap_err();
    assert!(e.to_string().contains("leave the loops in"), "{e}");
    to_flow(&p, false, &mut Vec::new()).unwrap();
}

#[test]
fn counts() {
    let p = conv_relu(ProgramMode::Xbm, 32);
    let c = count(&p.main);
    assert_eq!((c["read_xb"].written, c["read_xb"].executed), (4, 1024));
    assert_eq!((c["loop"].written, c["loop"].executed), (2, 33));
    let s = Stats::of(&p);
    assert_eq!(s.init["write_xb"].executed, 4);
    assert_eq!(s.sections.iter().find(|s| s.0 == "data").map(|s| s.1), Some(32 * 27 + 32 + 4));
    insta::assert_snapshot!(s);
}

//! The comparison can fail: single faults in a program or in its cells are found, and the right layer is named.

use std::sync::Arc;

use bytes::Bytes;
use cim_driver::program_file;
use cim_driver::run::simulator::{Settings, Simulated};
use cim_driver::run::{self, Verifier};
use cim_isa::program::ProgramMode;
use cim_isa::reference::RefKind;
use cim_isa::types::{MatrixId, RequantId};
use cim_isa::{Instr, Program};
use cim_reference::{Comparison, Difference};

use crate::digits::{digits, images};

const MODES: [ProgramMode; 3] = [ProgramMode::Cm, ProgramMode::Xbm, ProgramMode::Wlm];
/// The second convolution.
const LAYER: usize = 1;

/// Runs a damaged program on 20 images against the reference of the sound one.
fn compare(sound: &Program, damaged: Program, damage: impl FnOnce(&mut Simulated)) -> Comparison {
    let damaged = Arc::new(damaged);
    let machine = program_file::machine(sound).unwrap();
    let verifier = Verifier::new(sound).unwrap();
    let mut simulated = Simulated::new(&damaged, &machine, Settings::default()).unwrap();
    damage(&mut simulated);
    let outcome = run::run(&damaged, &simulated, &images(sound, Some(20)), Some(&verifier), &|| ()).unwrap();
    outcome.comparison.unwrap()
}

fn first(c: Comparison) -> Difference {
    assert!(c.mismatches > 0);
    c.first.expect("a difference")
}

/// Name of the first layer that is compared at or after node `node`.
fn compared_at(p: &Program, node: usize) -> &str {
    let nodes = &p.reference.as_ref().unwrap().nodes;
    &nodes[node..].iter().find(|n| n.probe.is_some()).unwrap().name
}

/// Node of the n-th layer with weights, and of the requantisation that follows it.
fn weighted(p: &Program, n: usize) -> (usize, usize, RequantId) {
    let nodes = &p.reference.as_ref().unwrap().nodes;
    let is_weighted = |k: &RefKind| matches!(k, RefKind::Conv { .. } | RefKind::Linear { .. });
    let at = nodes.iter().enumerate().filter(|(_, n)| is_weighted(&n.kind)).nth(n).unwrap().0;
    let (i, requant) = nodes[at..]
        .iter()
        .enumerate()
        .find_map(|(i, n)| match n.kind {
            RefKind::Requantise { requant } => Some((at + i, requant)),
            _ => None,
        })
        .unwrap();
    (at, i, requant)
}

/// A crossbar that holds weights of a layer from its first row and column on.
fn crossbar(p: &Program, node: usize) -> u64 {
    let nodes = &p.reference.as_ref().unwrap().nodes;
    let RefKind::Conv { weights, .. } = nodes[node].kind else { panic!("a convolution") };
    let of = |m: MatrixId| p.matrices[m.index()].weights == weights;
    fn find(p: &Program, body: &[Instr], of: &dyn Fn(MatrixId) -> bool) -> Option<u64> {
        let wanted = |t: &cim_isa::types::TileId| {
            let t = &p.tiles[t.index()];
            of(t.matrix) && t.row0 == 0 && t.col0 == 0
        };
        body.iter().find_map(|i| match i {
            Instr::Loop { body, .. } | Instr::Parallel { body } => find(p, body, of),
            Instr::WriteXb { xb, tile } if wanted(tile) => Some(xb.base as u64),
            Instr::WriteRow { xb, tile, tile_row: 0, .. } if wanted(tile) => Some(xb.base as u64),
            Instr::WriteCore { resident } => {
                let r = &p.residents[resident.index()];
                r.placement.iter().find(|(t, _)| wanted(t)).map(|&(_, xb)| xb as u64)
            }
            _ => None,
        })
    }
    find(p, &p.init, &of).expect("the layer is written")
}

#[test]
fn a_sound_program_has_no_difference() {
    for mode in MODES {
        let p = digits("isaac-baseline", mode);
        let c = compare(&p, p.clone(), |_| ());
        assert_eq!((c.mismatches, c.first), (0, None), "{mode:?}");
        assert!(c.elements > 0);
    }
}

#[test]
fn one_flipped_cell_shows_in_its_channel() {
    for mode in MODES {
        let p = digits("isaac-baseline", mode);
        let (node, _, _) = weighted(&p, LAYER);
        let xb = crossbar(&p, node);
        let d = first(compare(&p, p.clone(), |s| {
            // A middle row: the first may only see padding or dark pixels.
            assert!(s.simulator_mut().crossbars.flip(xb, 60, 0, 1));
        }));
        assert_eq!((d.layer.as_str(), d.position[0]), (compared_at(&p, node), 0), "{mode:?}");
    }
}

#[test]
fn one_wrong_bias_shows_in_its_channel() {
    for mode in MODES {
        let p = digits("isaac-baseline", mode);
        let (_, node, requant) = weighted(&p, LAYER);
        let mut bad = p.clone();
        let r = &bad.requants[requant.index()];
        let (shift, b) = (r.shift, r.b);
        let c = &mut bad.constants[b.index()];
        let mut values: Vec<i64> = c.data.chunks(8).map(|b| i64::from_le_bytes(b.try_into().unwrap())).collect();
        values[3] += 2i64 << shift;
        c.data = Bytes::from(values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<_>>());
        let d = first(compare(&p, bad, |_| ()));
        assert_eq!((d.layer.as_str(), d.position[0]), (compared_at(&p, node), 3), "{mode:?}");
    }
}

#[test]
fn a_wrong_shift_shows_in_its_layer() {
    for mode in MODES {
        let p = digits("isaac-baseline", mode);
        let (_, node, requant) = weighted(&p, LAYER);
        let mut bad = p.clone();
        bad.requants[requant.index()].shift -= 1;
        let d = first(compare(&p, bad, |_| ()));
        assert_eq!(d.layer, compared_at(&p, node), "{mode:?}");
    }
}

#[test]
fn a_wrong_padding_value_shows_at_the_border() {
    for mode in MODES {
        let p = digits("isaac-baseline", mode);
        let (node, _, _) = weighted(&p, 0);
        let mut bad = p.clone();
        // Core mode pads in the window, the other modes write borders.
        if mode == ProgramMode::Cm {
            // The first convolution is the only one with one input channel.
            bad.windows.iter_mut().filter(|w| w.input[2] == 1).for_each(|w| w.pad_value = 40);
        } else {
            fn fill(body: &mut [Instr]) -> bool {
                body.iter_mut().any(|i| match i {
                    Instr::Loop { body, .. } | Instr::Parallel { body } => fill(body),
                    Instr::Fill { value, .. } => {
                        *value = 40;
                        true
                    }
                    _ => false,
                })
            }
            assert!(fill(&mut bad.main), "{mode:?} writes no border");
        }
        let d = first(compare(&p, bad, |_| ()));
        let [_, h, w] = d.position;
        assert_eq!(d.layer, compared_at(&p, node), "{mode:?}");
        assert!(h == 0 || w == 0 || h == 7 || w == 7, "{mode:?}: {d}");
    }
}

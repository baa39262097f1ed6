//! What can be compared without following the program.

use cim_isa::Program;
use cim_isa::program::ProgramMode;
use cim_isa::types::TileId;
use cim_machine::{Limit, Machine, Mode};

use super::CheckError;
use crate::exec::check_port;
use crate::tile::TileView;

/// Tables against the machine.
pub fn check(program: &Program, machine: &Machine) -> Vec<CheckError> {
    let mut errors = Vec::new();
    let mut capacity = |what: String, needed: u128, available: u128| {
        if needed > available {
            errors.push(CheckError::Capacity { what, needed, available });
        }
    };
    let (chip, xb) = (&program.chip, &machine.crossbar);
    capacity("cores".into(), chip.cores.into(), machine.cores().into());
    capacity("crossbars per core".into(), chip.crossbars_per_core.into(), machine.crossbars_per_core().into());
    capacity("crossbar rows".into(), chip.rows.into(), xb.rows.into());
    capacity("crossbar columns".into(), chip.columns.into(), xb.cols.into());
    if let Limit::Finite(size) = machine.chip.l0_size {
        capacity("bytes of the global buffer (L0)".into(), program.l0_bytes.into(), size.0.into());
    }
    if let Limit::Finite(size) = machine.core.l1_size {
        capacity("bytes of a core buffer (L1)".into(), program.l1_span.into(), size.0.into());
    }
    let rows = if program.lossy {
        cim_machine::rows_per_conversion_clipping(machine)
    } else {
        cim_machine::rows_per_conversion(machine)
    };
    capacity("rows per conversion".into(), program.rows_per_conversion.into(), rows.into());
    let mut tiles = Vec::new();
    let mut wrong = Vec::new();
    for i in 0..program.tiles.len() as u32 {
        match TileView::new(program, TileId(i)) {
            Err(message) => wrong.push(message),
            Ok(tile) => {
                let name = &tile.matrix.name;
                capacity(
                    format!("crossbar rows of tile {i} of `{name}`"),
                    tile.shape.crossbar_rows().into(),
                    xb.rows.into(),
                );
                capacity(
                    format!("crossbar columns of tile {i} of `{name}`"),
                    tile.crossbar_cols().into(),
                    xb.cols.into(),
                );
                if tile.layout.cell_bits != xb.cell_bits.0 {
                    let bits = tile.layout.cell_bits;
                    wrong.push(format!("tile {i} of `{name}`: {bits} bits per cell, the machine has {}", xb.cell_bits));
                }
                tiles.push(tile);
            }
        }
    }
    for r in &program.residents {
        capacity(
            format!("cores of operator `{}`", r.name),
            u128::from(r.core) + u128::from(r.cores),
            machine.cores().into(),
        );
        for (_, crossbar) in &r.placement {
            let core = u64::from(*crossbar) / machine.crossbars_per_core().max(1);
            if core < r.core.into() || core >= u64::from(r.core) + u64::from(r.cores) {
                let (name, first, last) = (&r.name, r.core, u64::from(r.core) + u64::from(r.cores));
                wrong
                    .push(format!("operator `{name}`: crossbar {crossbar} is on core {core}, outside {first}..{last}"));
            }
        }
    }
    if chip.crossbars_per_core != 0 && u64::from(chip.crossbars_per_core) != machine.crossbars_per_core() {
        let (ours, theirs) = (chip.crossbars_per_core, machine.crossbars_per_core());
        wrong.push(format!("the program counts {ours} crossbars per core, the machine {theirs}"));
    }
    for (i, port) in program.ports.iter().enumerate() {
        if let Err(message) = check_port(port, xb.rows) {
            wrong.push(format!("port {i}: {message}"));
        } else if port.cell_bits != xb.cell_bits.0 {
            wrong.push(format!("port {i}: {} bits per cell, the machine has {}", port.cell_bits, xb.cell_bits));
        } else {
            let cols = u128::from(port.outputs) * u128::from(port.slices) * u128::from(port.polarities);
            capacity(format!("crossbar columns of port {i}"), cols, xb.cols.into());
        }
    }
    if mode(program.mode) > machine.mode {
        let (ours, theirs) = (mode(program.mode).name(), machine.mode.name());
        wrong.push(format!("the program is in mode {ours}, finer than {theirs}, the finest that the machine exposes"));
    }
    errors.extend(wrong.into_iter().map(CheckError::Mismatch));
    errors
}

fn mode(mode: ProgramMode) -> Mode {
    match mode {
        ProgramMode::Cm => Mode::Cm,
        ProgramMode::Xbm => Mode::Xbm,
        ProgramMode::Wlm => Mode::Wlm,
    }
}

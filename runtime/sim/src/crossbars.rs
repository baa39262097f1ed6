//! The crossbars of a machine.

use std::sync::Arc;

use cim_isa::instr::Affine;
use cim_isa::types::{IntType, Port};
use cim_isa::{Instr, Program};

use crate::cells::{Cells, Coder, Crossbar, CrossbarSize, PortFormat, View};
use crate::engine::{Engine, EngineChoice};
use crate::error::Fault;
use crate::products::fits_16_bits;
use crate::tile::TileView;

/// All crossbars that a program uses, and the engine that reads them.
#[derive(Clone, Debug)]
pub struct Crossbars {
    pub(crate) all: Vec<Crossbar>,
    pub(crate) size: CrossbarSize,
    pub(crate) available: u64,
    pub(crate) engine: Engine,
    pub(crate) coder: Option<Coder>,
}

impl Crossbars {
    pub(crate) fn get(&mut self, xb: u64) -> Result<&mut Crossbar, Fault> {
        let available = self.available;
        let index = usize::try_from(xb).ok();
        let found = index.and_then(|i| self.all.get_mut(i));
        found.ok_or(Fault::NoCrossbar { xb: i64::try_from(xb).unwrap_or(i64::MAX), available })
    }

    pub(crate) fn index(&self, xb: i64) -> Result<u64, Fault> {
        u64::try_from(xb).map_err(|_| Fault::NoCrossbar { xb, available: self.available })
    }

    /// Multiplies the inputs with some rows of a crossbar; `acc` gets one sum per output.
    pub fn read(
        &mut self,
        xb: u64,
        rows: std::ops::Range<u32>,
        input: (&[u8], IntType),
        port: &Port,
        outputs: u32,
        acc: &mut Vec<i64>,
    ) -> Result<(), Fault> {
        let view = self.view(xb, port, outputs)?;
        self.engine.read(&view, xb, rows.start, rows.end.saturating_sub(rows.start), input, acc)
    }

    /// A crossbar as a port reads it.
    pub(crate) fn view(&mut self, xb: u64, port: &Port, outputs: u32) -> Result<Arc<View>, Fault> {
        let size = self.size;
        self.get(xb)?.view(size, xb, PortFormat::of(port, outputs))
    }

    /// Flips bits of one programmed cell, for tests; false when it was never programmed.
    pub fn flip(&mut self, xb: u64, row: u32, col: u32, mask: u8) -> bool {
        self.get(xb).is_ok_and(|c| c.flip(row, col, mask))
    }

    /// Content of a programmed crossbar.
    pub fn cells(&self, xb: u64) -> Option<&Cells> {
        self.all.get(usize::try_from(xb).ok()?)?.cells()
    }

    /// Programs rows of a crossbar with rows of a tile.
    pub(crate) fn write(
        &mut self,
        xb: i64,
        row: u32,
        tile: &TileView<'_>,
        tile_row: u32,
        len: u32,
    ) -> Result<(), Fault> {
        let xb = self.index(xb)?;
        let size = self.size;
        let mut coder = self.coder.take();
        let done = self.get(xb)?.write(&mut coder, size, xb, row, tile, tile_row, len);
        self.coder = coder;
        done
    }

    /// Makes what the reads of `list` need, so that clones share it and the first inference is as fast as the next.
    /// Reads that will fail are left to fail.
    pub(crate) fn warm(&mut self, program: &Program, list: &[Instr]) {
        let first = |a: &Affine| u64::try_from(a.base).unwrap_or(u64::MAX);
        for instr in list {
            match instr {
                Instr::Loop { body, .. } | Instr::Parallel { body } => self.warm(program, body),
                Instr::ReadXb { xb, len, port, .. } => {
                    let Some(port) = program.ports.get(port.index()) else { continue };
                    (0..u64::from(*len)).take(self.all.len()).for_each(|i| {
                        self.warm_one(first(xb).saturating_add(i), port, port.outputs);
                    });
                }
                Instr::ReadRow { xb, port, .. } => {
                    let Some(port) = program.ports.get(port.index()) else { continue };
                    self.warm_one(first(xb), port, port.outputs);
                }
                Instr::ReadCore { resident, .. } => {
                    let entry = program.residents.get(resident.index());
                    let Some((entry, port)) = entry.and_then(|r| Some((r, program.ports.get(r.port.index())?))) else {
                        continue;
                    };
                    for (tile, xb) in &entry.placement {
                        let Some(tile) = program.tiles.get(tile.index()) else { continue };
                        self.warm_one(u64::from(*xb), port, tile.cols.saturating_mul(tile.groups));
                    }
                }
                _ => {}
            }
        }
    }

    fn warm_one(&mut self, xb: u64, port: &Port, outputs: u32) {
        let exact = self.engine.choice != EngineChoice::BitSliced && fits_16_bits(port.input);
        if let Ok(view) = self.view(xb, port, outputs)
            && exact
        {
            view.pairs();
        }
    }
}

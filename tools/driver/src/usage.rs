//! Which crossbars a program writes weights into.

use std::collections::BTreeSet;

use cim_isa::instr::Affine;
use cim_isa::{Instr, Program};

/// Most addresses that are enumerated; a program with more gets no answer instead of a slow one.
const MAX_WRITES: u64 = 1 << 22;

/// Crossbars written while programming or later (segments that are reloaded share crossbars); None when a program names
/// too many to count.
pub fn crossbars_written(program: &Program) -> Option<BTreeSet<u64>> {
    let mut found = Found { crossbars: BTreeSet::new(), budget: MAX_WRITES };
    let mut trips = Vec::new();
    for body in [&program.init, &program.main] {
        walk(program, body, &mut trips, &mut found)?;
    }
    Some(found.crossbars)
}

/// Cores that hold at least one of the crossbars; None when the program does not say how many a core has.
pub fn cores(program: &Program, crossbars: &BTreeSet<u64>) -> Option<u64> {
    let per_core = program.chip.crossbars_per_core as u64;
    let cores: Option<BTreeSet<u64>> = crossbars.iter().map(|x| x.checked_div(per_core)).collect();
    Some(cores?.len() as u64)
}

struct Found {
    crossbars: BTreeSet<u64>,
    budget: u64,
}

fn walk(program: &Program, body: &[Instr], trips: &mut Vec<u64>, found: &mut Found) -> Option<()> {
    for instr in body {
        match instr {
            Instr::Loop { trip, body } => {
                trips.push(*trip);
                walk(program, body, trips, found)?;
                trips.pop();
            }
            Instr::Parallel { body } => walk(program, body, trips, found)?,
            Instr::WriteXb { xb, .. } | Instr::WriteRow { xb, .. } => values(xb, trips, found)?,
            Instr::WriteCore { resident } => {
                let placement = program.residents.get(resident.index()).map(|r| r.placement.as_slice());
                found.crossbars.extend(placement.unwrap_or_default().iter().map(|&(_, xb)| xb as u64));
            }
            _ => {}
        }
    }
    Some(())
}

/// All values of an affine expression; loops that it does not use are not walked.
fn values(xb: &Affine, trips: &[u64], found: &mut Found) -> Option<()> {
    let mut all = BTreeSet::from([xb.base]);
    for &(depth, c) in &xb.terms {
        let trip = trips.get(depth as usize).copied().unwrap_or(1);
        let count = trip.checked_mul(all.len() as u64)?;
        found.budget = found.budget.checked_sub(count)?;
        let next = all.iter().flat_map(|&v| (0..trip as i64).map(move |i| v.wrapping_add(c.wrapping_mul(i))));
        all = next.collect();
    }
    found.budget = found.budget.checked_sub(all.len() as u64)?;
    found.crossbars.extend(all.iter().filter_map(|&v| u64::try_from(v).ok()));
    Some(())
}

#[cfg(test)]
mod tests {
    use cim_isa::program::Chip;
    use cim_isa::types::TileId;

    use super::*;

    fn write(base: i64, terms: &[(u8, i64)]) -> Instr {
        Instr::WriteXb { xb: Affine { base, terms: terms.to_vec() }, tile: TileId(0) }
    }

    fn program(init: Vec<Instr>) -> Program {
        Program { init, chip: Chip { cores: 8, crossbars_per_core: 4, rows: 1, columns: 1 }, ..Program::default() }
    }

    #[test]
    fn loops_are_counted_by_the_crossbars_they_reach() {
        let inner = Instr::Loop { trip: 3, body: vec![write(1, &[(0, 10), (1, 1)])] };
        let p = program(vec![Instr::Loop { trip: 2, body: vec![inner] }, write(2, &[])]);
        let found = crossbars_written(&p).unwrap();
        assert_eq!(found.iter().copied().collect::<Vec<_>>(), vec![1, 2, 3, 11, 12, 13]);
        // cores 0 and (11 / 4 = 2, 12 / 4 = 3)
        assert_eq!(cores(&p, &found), Some(3));
    }

    #[test]
    fn absurd_trip_counts_get_no_answer() {
        let p = program(vec![Instr::Loop { trip: u64::MAX, body: vec![write(0, &[(0, 1)])] }]);
        assert_eq!(crossbars_written(&p), None);
        // A loop that the address does not use costs nothing.
        let p = program(vec![Instr::Loop { trip: u64::MAX, body: vec![write(7, &[])] }]);
        assert_eq!(crossbars_written(&p).unwrap().len(), 1);
    }
}

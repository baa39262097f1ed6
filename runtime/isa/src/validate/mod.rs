//! What holds for every program that was loaded, so that whoever executes it may index without looking.
//!
//! - every index is in range: tables, constants, tensors, top-level instructions of `main`;
//! - every address, over all values of the loop indices and with all strides, lies in L0 (`0..l0_bytes`) or in the L1 of one core;
//!   the operands of a crossbar read lie in the L1 of that crossbar's core;
//! - loops nest at most 16 deep, bodies are not empty, at most 2^40 instructions are executed; parallel blocks hold leaves;
//! - widths and shifts are those that the types promise; weights lie in the range of their matrix;
//! - tiles fit their matrix and the chip, ports fit tiles, requantisation constants fit channels, windows fit tensors;
//! - sizes are at most those of [`limits`], so a small file cannot ask for much memory.
//!
//! It does not look at the order of execution: reading what was never written is for the simulator's checker.

mod constants;
mod instr;
pub mod limits;
mod range;
mod reference;
mod tables;
mod window;

use std::collections::HashSet;

use crate::container::MAX_ALIGN;
use crate::error::InvalidProgram;
use crate::program::{Program, ProgramMode};
use crate::types::IntType;

/// A check inside an entry: what is wrong, without the place.
pub(crate) type What = Result<(), String>;

/// Refuses a program whose parts do not fit each other.
pub fn validate(p: &Program) -> Result<(), InvalidProgram> {
    header(p).map_err(|w| InvalidProgram::new("program", w))?;
    let facts = constants::check(p)?;
    tables::check(p, &facts)?;
    instr::check(p, &facts)?;
    reference::check(p, &facts)?;
    let mut last = crate::codec::FIRST_UNKNOWN_KIND - 1;
    for u in &p.unknown {
        let place = || format!("section {}", u.kind);
        if u.kind <= last {
            return Err(InvalidProgram::new(place(), format!("comes after section {last}; kinds ascend from 10")));
        }
        last = u.kind;
        if !u.align.is_power_of_two() || u.align > MAX_ALIGN {
            return Err(InvalidProgram::new(
                place(),
                format!("alignment {} is not a power of two up to {MAX_ALIGN}", u.align),
            ));
        }
    }
    Ok(())
}

fn header(p: &Program) -> What {
    let c = &p.chip;
    let within =
        |name: &str, value: u64, max: u64| ensure(value <= max, || format!("{name} is {value}, at most {max}"));
    within("chip.cores", c.cores as u64, limits::CORES)?;
    within("chip.cores * chip.crossbars_per_core", c.crossbars(), limits::CROSSBARS)?;
    within("chip.rows", c.rows as u64, limits::LINES)?;
    within("chip.columns", c.columns as u64, limits::LINES)?;
    within("rows_per_conversion", p.rows_per_conversion as u64, limits::LINES)?;
    within("l0_bytes", p.l0_bytes, limits::BUFFER_BYTES)?;
    within("l1_span", p.l1_span, limits::BUFFER_BYTES)?;
    within("l1_span * chip.cores", l1_bytes(p), limits::BUFFER_BYTES)?;
    ensure(p.rows_per_conversion >= 1, || "rows_per_conversion is 0".into())
}

/// Bytes of all core buffers.
pub(crate) fn l1_bytes(p: &Program) -> u64 {
    p.l1_span.saturating_mul(p.chip.cores as u64)
}

/// Fails with a message that is only made when needed.
#[inline]
pub(crate) fn ensure(ok: bool, what: impl FnOnce() -> String) -> What {
    if ok { Ok(()) } else { Err(what()) }
}

/// Looks an entry up.
#[inline]
pub(crate) fn entry<'t, T>(table: &'t [T], index: u32, name: &str) -> Result<&'t T, String> {
    table.get(index as usize).ok_or_else(|| format!("there is no {name}{index}, the table has {} entries", table.len()))
}

pub(crate) fn int_type(t: IntType) -> What {
    let max = if t.signed { 64 } else { 63 };
    ensure((1..=max).contains(&t.bits), || format!("integer type of {} bits; signed 1 to 64, unsigned 1 to 63", t.bits))
}

/// Both bounds are values of the type, and ordered.
pub(crate) fn bounds(lo: i64, hi: i64, t: IntType) -> What {
    int_type(t)?;
    ensure(t.min() <= lo && lo <= hi && hi <= t.max(), || {
        format!("bounds {lo}..{hi} are not ordered values of a {}-bit type ({}..{})", t.bits, t.min(), t.max())
    })
}

/// Zero points and correction factors: small enough that no product of theirs with an element overflows.
pub(crate) fn factor(name: &str, v: i64) -> What {
    ensure(v.unsigned_abs() <= limits::FACTOR, || format!("{name} {v} is beyond 2^32"))
}

pub(crate) fn unique<'n>(names: impl Iterator<Item = &'n str>, table: &str) -> Result<(), InvalidProgram> {
    let mut seen = HashSet::new();
    for name in names {
        if !seen.insert(name) {
            return Err(InvalidProgram::new(table, format!("the name `{name}` is used twice")));
        }
    }
    Ok(())
}

/// Which crossbar instructions a mode allows.
pub(crate) fn mode_allows(mode: ProgramMode, mnemonic: &str) -> bool {
    match mnemonic {
        "write_core" | "read_core" => mode == ProgramMode::Cm,
        "write_xb" | "read_xb" => mode == ProgramMode::Xbm,
        "write_row" | "read_row" => mode == ProgramMode::Wlm,
        _ => true,
    }
}

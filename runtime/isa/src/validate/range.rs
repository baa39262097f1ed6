//! Where an address can point over all values of the loop indices.

use crate::instr::{Addr, Affine, Space};
use crate::program::Program;
use crate::schema::MAX_DEPTH;
use crate::validate::{What, ensure, l1_bytes};

/// Trip counts of the enclosing loops, outermost first; each at most 2^40, so nothing below overflows 128 bits.
pub(crate) type Trips<'t> = &'t [u64];

fn well_formed(a: &Affine, trips: Trips) -> What {
    let mut next = 0usize;
    for &(depth, c) in &a.terms {
        let depth = depth as usize;
        ensure(depth < trips.len(), || format!("index i{depth} is not that of an enclosing loop"))?;
        ensure(depth >= next, || format!("index i{depth} stands after i{}", next - 1))?;
        ensure(c != 0, || format!("coefficient of i{depth} is 0"))?;
        next = depth + 1;
    }
    Ok(())
}

/// Smallest and largest value of the terms that `keep` selects, base included.
fn extremes(a: &Affine, trips: Trips, keep: impl Fn(i64) -> bool) -> (i128, i128) {
    let (mut lo, mut hi) = (a.base as i128, a.base as i128);
    for &(depth, c) in a.terms.iter().filter(|t| keep(t.1)) {
        let reach = c as i128 * trips.get(depth as usize).map_or(0, |t| t.saturating_sub(1)) as i128;
        if reach < 0 { lo += reach } else { hi += reach }
    }
    (lo, hi)
}

/// Smallest and largest value.
pub(crate) fn range(a: &Affine, trips: Trips) -> Result<(i128, i128), String> {
    if a.terms.is_empty() {
        return Ok((a.base as i128, a.base as i128));
    }
    well_formed(a, trips)?;
    Ok(extremes(a, trips, |_| true))
}

/// `value..value + len` lies in `0..end`.
pub(crate) fn within(a: &Affine, trips: Trips, len: u64, end: u64, what: &str) -> What {
    let (lo, hi) = range(a, trips)?;
    ensure(lo >= 0 && hi + len as i128 <= end as i128, || {
        format!("{what} {lo}..{} are not within 0..{end}", hi + len as i128)
    })
}

/// Core of an address or crossbar as a function of the loop indices: a constant and the terms that move whole cores.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct CoreOf {
    base: i128,
    terms: [(u8, i64); MAX_DEPTH],
}

/// Splits positions `a+lo .. a+hi` of a space of `span` positions per core: terms that are multiples of the span choose the core,
/// the others must stay within one.
pub(crate) fn core_of(a: &Affine, trips: Trips, lo: i128, hi: i128, span: u64) -> Result<CoreOf, String> {
    let span = span.max(1) as i64;
    let (min, max) = extremes(a, trips, |c| c % span != 0);
    let (first, last) = ((min + lo).div_euclid(span as i128), (max + hi - 1).div_euclid(span as i128));
    ensure(first == last, || format!("reaches from core {first} into core {last}"))?;
    let mut out = CoreOf { base: first, terms: [(0, 0); MAX_DEPTH] };
    // A loop that runs once does not move anything.
    let moving = a.terms.iter().filter(|t| t.1 % span == 0 && trips.get(t.0 as usize).is_some_and(|&n| n > 1));
    for (slot, t) in out.terms.iter_mut().zip(moving) {
        *slot = (t.0, t.1 / span);
    }
    Ok(out)
}

/// Bytes `addr+lo .. addr+hi` lie in the memory; in L1 within one core.
pub(crate) fn access(p: &Program, addr: &Addr, trips: Trips, lo: i128, hi: i128) -> What {
    let (min, max) = range(&addr.at, trips)?;
    let (name, end) = match addr.space {
        Space::L0 => ("L0", p.l0_bytes),
        Space::L1 => ("L1", l1_bytes(p)),
    };
    ensure(min + lo >= 0 && max + hi <= end as i128, || {
        format!("bytes {}..{} are not within {name}, 0..{end}", min + lo, max + hi)
    })?;
    if addr.space == Space::L1 {
        core_of(&addr.at, trips, lo, hi, p.l1_span)?;
    }
    Ok(())
}

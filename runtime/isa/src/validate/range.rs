//! Where an address can point over all values of the loop indices.

use crate::instr::{Addr, Affine, Space};
use crate::program::Program;
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

/// Core of an address or crossbar as a function of the loop indices: a constant, and the terms that move whole cores.
pub(crate) struct CoreOf<'a> {
    base: i64,
    a: &'a Affine,
    trips: Trips<'a>,
    span: i64,
}

impl CoreOf<'_> {
    /// (depth, cores per step); a loop that runs once does not move anything.
    fn terms(&self) -> impl Iterator<Item = (u8, i64)> + '_ {
        let runs = |d: u8| self.trips.get(d as usize).is_some_and(|&n| n > 1);
        self.a.terms.iter().filter(move |t| t.1 % self.span == 0 && runs(t.0)).map(|t| (t.0, t.1 / self.span))
    }
    /// The same core for all values of the loop indices.
    pub(crate) fn same(&self, other: &CoreOf) -> bool {
        self.base == other.base && self.terms().eq(other.terms())
    }
}

/// Splits positions `a+lo .. a+hi` of a space of `span` positions per core: terms that are multiples of the span choose the core,
/// the others must stay within one. The positions must be known to lie in memory: with the core-moving indices at 0 they are what
/// is split here, so they fit 64 bits.
pub(crate) fn core_of<'a>(
    a: &'a Affine,
    trips: Trips<'a>,
    lo: i128,
    hi: i128,
    span: u64,
) -> Result<CoreOf<'a>, String> {
    let span = span.max(1) as i64;
    let (min, max) = extremes(a, trips, |c| c % span != 0);
    let (Ok(min), Ok(max)) = (i64::try_from(min + lo), i64::try_from(max + hi - 1)) else {
        return Err("address out of range".into());
    };
    let (first, last) = (min.div_euclid(span), max.div_euclid(span));
    ensure(first == last, || format!("reaches from core {first} into core {last}"))?;
    Ok(CoreOf { base: first, a, trips, span })
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

//! Rounding in integers: `requantise` rounds half up; everything else is in its addend, in two of them side by side, or in a comparison.

use super::super::constants::shape_of;
use super::emit::{Target, create};
use super::view::{State, Sum};
use crate::requant::Constants;
use cim_dialect::graph::{AddRequantize, Rounding};
use cim_ir::ValueId;

/// Rounding of one requantisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    /// To the nearest, ties up.
    Nearest,
    /// To the nearest, ties down.
    NearestDown,
    Ceil,
    Floor,
}

impl Direction {
    /// Turns constants that round half up into constants of this rounding.
    pub(super) fn apply(self, k: &mut Constants) -> Result<(), String> {
        let half = 1i64 << (k.shift - 1);
        let change = match self {
            Direction::Nearest => 0,
            Direction::NearestDown => -1,
            Direction::Ceil => half - 1,
            Direction::Floor => -half,
        };
        for b in &mut k.b {
            *b = b.checked_add(change).ok_or("its addends do not fit 64 bits")?;
        }
        Ok(())
    }
}

/// Rounding below and above zero.
fn sides(rounding: Rounding) -> (Direction, Direction) {
    use Direction::{Ceil, Floor, Nearest, NearestDown};
    match rounding {
        Rounding::HalfUp => (NearestDown, Nearest),
        Rounding::HalfDown => (Nearest, NearestDown),
        Rounding::Up => (Floor, Ceil),
        Rounding::Down => (Ceil, Floor),
        Rounding::Ceil => (Ceil, Ceil),
        Rounding::Floor => (Floor, Floor),
        // On fixed point half to even is half up; steps are compared elsewhere.
        Rounding::HalfEven | Rounding::Sign | Rounding::Bipolar => (Nearest, Nearest),
    }
}

/// Emits what `make` emits for one direction, once, or below and above zero apart and added.
pub(super) fn rounded(
    s: &mut State<'_>,
    t: &Target,
    mut make: impl FnMut(&mut State<'_>, &Target, Direction) -> Result<ValueId, String>,
) -> Result<ValueId, String> {
    let (below, above) = sides(t.rounding);
    // The integer of the real number that is rounded to 0.
    let zero = if t.zero_first { 0 } else { t.zero };
    if below == above || t.lo >= zero {
        return make(s, t, above);
    }
    if t.hi <= zero {
        return make(s, t, below);
    }
    let a = make(s, &Target { lo: zero, ..*t }, above)?;
    let b = make(s, &Target { hi: zero, ..*t }, below)?;
    let ctx = s.ir.ctx().clone();
    let state = AddRequantize::builder(&ctx, s.ir.loc(t.at))
        .a(a)
        .b(b)
        .m1(&[2])
        .m2(&[2])
        .addend(&[-2 * zero])
        .shift(1)
        .lo(t.lo)
        .hi(t.hi)
        .result(ctx.tensor(&shape_of(s.ir, a), t.int.ty(&ctx)))
        .build();
    let value = create(s, t.at, state);
    s.ranges.insert(value, (t.lo, t.hi));
    Ok(value)
}

/// Largest threshold that is told from "never": sums have far fewer bits.
const MAX_THRESHOLD: i64 = 1 << 48;

/// The smallest `u` for which the monotone `holds`, near `guess`; +-[`MAX_THRESHOLD`] when it is far away.
fn threshold(guess: f64, holds: impl Fn(i64) -> bool) -> i64 {
    let mut t = guess.clamp(-(MAX_THRESHOLD as f64), MAX_THRESHOLD as f64) as i64;
    // The guess is off by rounding only.
    for _ in 0..64 {
        if holds(t - 1) && t > -MAX_THRESHOLD {
            t -= 1;
        } else if !holds(t) && t < MAX_THRESHOLD {
            t += 1;
        } else {
            break;
        }
    }
    t
}

/// Constants that compare instead of rounding, exactly: the sums are integers, so there is a smallest one that is not below zero, T, and
/// `clamp(2 * (sum - T) + 1, -1, 1)` is the bipolar value. Where one sum gives exactly zero, `clamp(sum - T, -1, 1)` is the sign.
/// Also the bounds of the result.
pub(super) fn step(x: &Sum, t: &Target) -> Result<(Constants, i64, i64), String> {
    let offset = if t.zero_first { t.zero as f64 * f64::from(t.scale) } else { 0.0 };
    let at = if t.zero_first { 0 } else { t.zero };
    let (mut m, mut b) = (Vec::new(), Vec::new());
    for c in 0..x.channels() {
        let pick = |v: &[f64]| v.get(c).or(v.first()).copied().unwrap_or(0.0);
        let bias = x.acc_bias.get(c).or(x.acc_bias.first()).copied().unwrap_or(0);
        let (ratio, addend) = (pick(&x.ratio), pick(&x.addend) + offset);
        if !ratio.is_finite() || !addend.is_finite() {
            return Err("its factors are not finite".into());
        }
        let value = |u: i64| {
            let acc = if ratio < 0.0 { u.saturating_neg() } else { u };
            acc.saturating_add(bias) as f64 * ratio + addend
        };
        let (gain, first) = if ratio == 0.0 {
            (0, i64::from(addend > 0.0 || (addend == 0.0 && t.rounding == Rounding::Bipolar)) - i64::from(addend < 0.0))
        } else {
            let shift = if ratio < 0.0 { -bias } else { bias };
            let guess = (-addend / ratio.abs()).ceil() - shift as f64;
            let not_below = threshold(guess, |u| value(u) >= 0.0);
            let above = threshold(guess, |u| value(u) > 0.0);
            match (t.rounding, above - not_below) {
                (Rounding::Bipolar, _) | (_, 0) => (2, 1 - 2 * not_below),
                (_, 1) => (1, -not_below),
                (_, n) => {
                    return Err(format!(
                        "{n} different sums of channel {c} are zero, which no single step tells apart"
                    ));
                }
            }
        };
        m.push(if ratio < 0.0 { -2 * gain } else { 2 * gain });
        b.push(2 * (first + at));
    }
    Ok((Constants { m, m2: None, b, shift: 1 }, t.lo.max(at - 1).min(t.hi), t.hi.min(at + 1).max(t.lo)))
}

//! Loops of the digital units on 32-bit accumulators. Plain Rust, compiled once for every level.

/// Constants of a requantisation whose products fit 64 bits.
#[derive(Clone, Copy, Debug)]
pub struct Rescale<'a> {
    /// Multipliers, one a channel.
    pub m: &'a [i32],
    /// Addends with the rounding half, as many.
    pub b: &'a [i64],
    /// Right shift.
    pub shift: u32,
    /// Bounds of the result; both fit the result's byte.
    pub bounds: (i64, i64),
}

/// `acc[j] += values[j]`; true when a sum left 32 bits.
#[inline(always)]
pub fn add(acc: &mut [i32], values: &[[u8; 4]]) -> bool {
    let mut over = 0;
    for (a, v) in acc.iter_mut().zip(values) {
        let v = i32::from_le_bytes(*v);
        let sum = a.wrapping_add(v);
        over |= (*a ^ sum) & (v ^ sum);
        *a = sum;
    }
    over < 0
}

/// `out[j] = acc[j] - value`; true when a difference left 32 bits.
#[inline(always)]
pub fn subtract(acc: &[[u8; 4]], value: i32, out: &mut [i32]) -> bool {
    let mut over = 0;
    for (o, a) in out.iter_mut().zip(acc) {
        let a = i32::from_le_bytes(*a);
        let difference = a.wrapping_sub(value);
        over |= (a ^ value) & (a ^ difference);
        *o = difference;
    }
    over < 0
}

/// Requantises accumulators to bytes, channel by channel, pixel after pixel.
#[inline(always)]
pub fn rescale(values: &[[u8; 4]], r: &Rescale<'_>, out: &mut [u8]) {
    let (shift, (lo, hi)) = (r.shift, r.bounds);
    let channels = r.m.len().max(1);
    for (values, out) in values.chunks(channels).zip(out.chunks_mut(channels)) {
        for (((o, v), m), b) in out.iter_mut().zip(values).zip(r.m).zip(r.b) {
            let product = i64::from(i32::from_le_bytes(*v)) * i64::from(*m);
            *o = ((product + b) >> shift).clamp(lo, hi) as u8;
        }
    }
}

/// Residual addition of bytes: `clamp((m1 * x + m2 * y + b) >> shift)`; `r` holds one channel.
#[inline(always)]
pub fn rescale_sum(x: &[i16], y: &[i16], m2: i32, r: &Rescale<'_>, out: &mut [u8]) {
    let (shift, (lo, hi)) = (r.shift, r.bounds);
    let (Some(m), Some(b)) = (r.m.first(), r.b.first()) else { return };
    for ((o, x), y) in out.iter_mut().zip(x).zip(y) {
        let products = i64::from(*x) * i64::from(*m) + i64::from(*y) * i64::from(m2);
        *o = ((products + b) >> shift).clamp(lo, hi) as u8;
    }
}

/// `acc[j] += factor * values[j]`; the caller proves that the sums fit.
#[inline(always)]
pub fn accumulate(acc: &mut [i64], values: &[i32], factor: i32) {
    for (a, v) in acc.iter_mut().zip(values) {
        *a = a.wrapping_add(i64::from(*v).wrapping_mul(i64::from(factor)));
    }
}

/// `acc[j] -= value`, wrapping.
#[inline(always)]
pub fn lower(acc: &mut [i64], value: i64) {
    acc.iter_mut().for_each(|a| *a = a.wrapping_sub(value));
}

/// Sum of bytes; fewer than 2^23 of them.
#[inline(always)]
pub fn total(bytes: &[u8], signed: bool) -> i32 {
    if signed { bytes.iter().map(|b| i32::from(*b as i8)).sum() } else { bytes.iter().map(|b| i32::from(*b)).sum() }
}

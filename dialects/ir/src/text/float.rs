//! Floating-point values of all builtin kinds: conversion from f64, text as MLIR prints it.
//!
//! MLIR prints `1.000000e+00` where six significant digits read back as the same value, else enough digits for any value of the
//! kind, and hexadecimal where that has no decimal point. The digits are computed exactly, with the same truncation and rounding
//! as LLVM's `APFloat`, so that every last digit agrees.

use super::big::Big;
use crate::core::FloatKind;

/// What happens beyond the largest finite number.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Special {
    /// Infinities and not-a-numbers with the highest exponent.
    Ieee,
    /// One not-a-number, all ones.
    NanAllOnes,
    /// One not-a-number in place of the negative zero.
    NanNegativeZero,
    /// Finite numbers only.
    None,
}

/// Layout of a kind.
#[derive(Clone, Copy)]
struct Layout {
    exponent: u32,
    /// Stored bits of the significand.
    mantissa: u32,
    bias: i32,
    special: Special,
    /// The leading one is stored (f80).
    explicit: bool,
    /// Has a sign bit and a zero.
    sign: bool,
}

impl Layout {
    /// Significant bits, the leading one included.
    fn precision(self) -> u32 {
        if self.explicit { self.mantissa } else { self.mantissa + 1 }
    }
    fn width(self) -> u32 {
        self.exponent + self.mantissa + u32::from(self.sign)
    }
}

fn layout(kind: FloatKind) -> Layout {
    let l =
        |exponent, mantissa, bias, special| Layout { exponent, mantissa, bias, special, explicit: false, sign: true };
    use Special::*;
    match kind {
        FloatKind::F4E2M1FN => l(2, 1, 1, None),
        FloatKind::F6E2M3FN => l(2, 3, 1, None),
        FloatKind::F6E3M2FN => l(3, 2, 3, None),
        FloatKind::F8E3M4 => l(3, 4, 3, Ieee),
        FloatKind::F8E4M3 => l(4, 3, 7, Ieee),
        FloatKind::F8E4M3FN => l(4, 3, 7, NanAllOnes),
        FloatKind::F8E4M3FNUZ => l(4, 3, 8, NanNegativeZero),
        FloatKind::F8E4M3B11FNUZ => l(4, 3, 11, NanNegativeZero),
        FloatKind::F8E5M2 => l(5, 2, 15, Ieee),
        FloatKind::F8E5M2FNUZ => l(5, 2, 16, NanNegativeZero),
        FloatKind::F8E8M0FNU => Layout { sign: false, ..l(8, 0, 127, NanAllOnes) },
        FloatKind::F16 => l(5, 10, 15, Ieee),
        FloatKind::BF16 => l(8, 7, 127, Ieee),
        FloatKind::TF32 => l(8, 10, 127, Ieee),
        FloatKind::F32 => l(8, 23, 127, Ieee),
        FloatKind::F64 => l(11, 52, 1023, Ieee),
        FloatKind::F80 => Layout { explicit: true, ..l(15, 64, 16383, Ieee) },
        FloatKind::F128 => l(15, 112, 16383, Ieee),
    }
}

/// A finite value: `significand * 2^exponent`.
struct Finite {
    negative: bool,
    significand: u128,
    exponent: i32,
}

fn mask(bits: u32) -> u128 {
    if bits >= 128 { u128::MAX } else { (1 << bits) - 1 }
}

/// Takes a bit pattern apart; None for infinities and not-a-numbers.
fn decode(l: Layout, bits: u128) -> Option<Finite> {
    let stored = bits & mask(l.mantissa);
    let exponent = (bits >> l.mantissa & mask(l.exponent)) as i32;
    let negative = l.sign && bits >> (l.width() - 1) & 1 == 1;
    let top = exponent as u128 == mask(l.exponent);
    let nan = match l.special {
        Special::Ieee => top,
        Special::NanAllOnes => top && stored == mask(l.mantissa),
        Special::NanNegativeZero => negative && exponent == 0 && stored == 0,
        Special::None => false,
    };
    if nan {
        return None;
    }
    let fraction = if l.explicit { l.mantissa as i32 - 1 } else { l.mantissa as i32 };
    let subnormal = exponent == 0 && l.sign;
    let implicit = if l.explicit || subnormal { 0 } else { 1u128 << l.mantissa };
    Some(Finite { negative, significand: stored | implicit, exponent: exponent.max(l.sign.into()) - l.bias - fraction })
}

/// Rounds `significand * 2^exponent`, plus something smaller than the last place if `sticky`, to the nearest value, ties to even.
fn encode(l: Layout, negative: bool, mut significand: Big, mut exponent: i32, mut sticky: bool) -> u128 {
    let sign = if negative && l.sign { 1u128 << (l.width() - 1) } else { 0 };
    let fraction = l.precision() as i32 - 1;
    let lowest = i32::from(l.sign) - l.bias - fraction;
    if significand.is_zero() {
        return match l.special {
            _ if !l.sign => 0,
            Special::NanNegativeZero => 0,
            _ => sign,
        };
    }
    // Shift so that exactly the kept bits remain.
    let bits = significand.bits() as i32;
    let target = (exponent + bits - l.precision() as i32).max(lowest);
    let mut m;
    if target <= exponent {
        significand.shl((exponent - target) as u32);
        m = significand.low_u128();
    } else {
        let drop = (target - exponent) as u32;
        let half = significand.bit(drop - 1);
        sticky |= (0..(drop - 1).min(significand.bits())).any(|i| significand.bit(i));
        let kept: Vec<u64> =
            (0..2).map(|w| (0..64).fold(0u64, |v, i| v | u64::from(significand.bit(drop + w * 64 + i)) << i)).collect();
        m = u128::from(kept[0]) | u128::from(kept[1]) << 64;
        if half && (sticky || m & 1 == 1) {
            m += 1;
        }
    }
    exponent = target;
    if l.precision() < 128 && m >> l.precision() != 0 {
        m >>= 1;
        exponent += 1;
    }
    let normal = m >> fraction != 0;
    let biased = if normal || !l.sign { exponent + fraction + l.bias } else { 0 };
    let biased = if !l.sign { biased.max(0) } else { biased };
    let largest_exponent = match l.special {
        Special::Ieee => mask(l.exponent) as i32 - 1,
        _ => mask(l.exponent) as i32,
    };
    let reserved =
        l.special == Special::NanAllOnes && biased == largest_exponent && m & mask(l.mantissa) == mask(l.mantissa);
    if biased > largest_exponent || reserved {
        return infinity(l, negative);
    }
    if m == 0 && l.special == Special::NanNegativeZero {
        return 0;
    }
    sign | (biased as u128) << l.mantissa | m & mask(l.mantissa)
}

/// What an overflow becomes: infinity, or not-a-number, or the largest finite number.
fn infinity(l: Layout, negative: bool) -> u128 {
    let sign = if negative && l.sign { 1u128 << (l.width() - 1) } else { 0 };
    match l.special {
        Special::Ieee => {
            let one = if l.explicit { 1u128 << (l.mantissa - 1) } else { 0 };
            sign | mask(l.exponent) << l.mantissa | one
        }
        Special::NanAllOnes if !l.sign => mask(l.width()),
        Special::NanAllOnes | Special::None => sign | mask(l.width() - 1),
        Special::NanNegativeZero => 1u128 << (l.width() - 1),
    }
}

/// The pattern that stands for the same value: f80 has several for some values, and treats others as not-a-number.
pub fn canonical(kind: FloatKind, bits: u128) -> u128 {
    const ONE: u128 = 1 << 63;
    const TOP: u128 = 0x7fff << 64;
    if kind != FloatKind::F80 {
        return bits;
    }
    match (bits & TOP, bits & ONE != 0) {
        (0, true) => bits | 1 << 64,
        (e, false) if e != 0 => bits | TOP,
        _ => bits,
    }
}

/// Bit pattern of the value nearest to `value`.
pub fn from_f64(kind: FloatKind, value: f64) -> u128 {
    match kind {
        FloatKind::F64 => return u128::from(value.to_bits()),
        FloatKind::F32 if !value.is_nan() => return u128::from((value as f32).to_bits()),
        _ => {}
    }
    let l = layout(kind);
    if value.is_nan() {
        return match l.special {
            Special::Ieee => infinity(l, value.is_sign_negative()) | 1u128 << (l.precision() - 2),
            Special::None => 0,
            _ => infinity(l, value.is_sign_negative()),
        };
    }
    if value.is_infinite() {
        return infinity(l, value < 0.0);
    }
    match decode(layout(FloatKind::F64), u128::from(value.to_bits())) {
        Some(f) => encode(l, f.negative, Big::from_u128(f.significand), f.exponent, false),
        None => 0,
    }
}

/// Value as f64, rounded for the kinds that are wider; None for not-a-numbers.
pub fn to_f64(kind: FloatKind, bits: u128) -> Option<f64> {
    let l = layout(kind);
    match decode(l, bits) {
        Some(f) => {
            let wide = encode(layout(FloatKind::F64), f.negative, Big::from_u128(f.significand), f.exponent, false);
            Some(f64::from_bits(wide as u64))
        }
        None if bits & mask(l.width() - 1) == infinity(l, false) && l.special == Special::Ieee => {
            Some(if bits >> (l.width() - 1) & 1 == 1 { f64::NEG_INFINITY } else { f64::INFINITY })
        }
        None => None,
    }
}

/// Decimal digits, least significant first and without trailing zeros, and the exponent of the lowest one.
struct Decimal {
    digits: Vec<u8>,
    exponent: i32,
}

/// At most `precision` digits of a finite value, cut and rounded as `APFloat` does it.
fn decimal(f: &Finite, precision: u32) -> Decimal {
    let zeros = f.significand.trailing_zeros().min(127);
    let mut n = Big::from_u128(f.significand >> zeros);
    let mut exponent = f.exponent + zeros as i32;
    if exponent >= 0 {
        n.shl(exponent as u32);
        exponent = 0;
    } else {
        n.mul_pow5(exponent.unsigned_abs());
    }
    // Cut digits that cannot matter; 196/59 is slightly more than the binary logarithm of ten.
    let (bits, required) = (n.bits(), (precision * 196).div_ceil(59));
    if bits > required {
        let tens = (bits - required) * 59 / 196;
        n.div_pow10(tens);
        exponent += tens as i32;
    }
    let mut digits = n.decimal_digits_reversed();
    let zeros = digits.iter().take_while(|&&d| d == 0).count();
    digits.drain(..zeros);
    exponent += zeros as i32;
    // Round half up.
    if digits.len() > precision as usize {
        let cut = digits.len() - precision as usize;
        let up = digits[cut - 1] >= 5;
        digits.drain(..cut);
        exponent += cut as i32;
        let run = digits.iter().take_while(|&&d| d == if up { 9 } else { 0 }).count();
        digits.drain(..run);
        exponent += run as i32;
        if up {
            match digits.first_mut() {
                Some(d) => *d += 1,
                None => digits.push(1),
            }
        }
    }
    Decimal { digits, exponent }
}

impl Decimal {
    /// `d.ddd` and the exponent of its first digit.
    fn scientific(&self, out: &mut String, pad: usize) -> i32 {
        let digit = |d: &u8| (d + b'0') as char;
        let n = self.digits.len();
        out.extend(self.digits.last().map(digit));
        out.push('.');
        out.extend(self.digits.iter().rev().skip(1).map(digit));
        out.extend(std::iter::repeat_n('0', pad.saturating_sub(n - 1)));
        self.exponent + n as i32 - 1
    }

    /// The digits as a number.
    fn magnitude(&self) -> Big {
        let text: Vec<u8> = self.digits.iter().rev().map(|d| d + b'0').collect();
        Big::from_decimal(&text)
    }

    /// Bit pattern of the nearest value.
    fn to_bits(&self, l: Layout, negative: bool) -> u128 {
        let mut n = self.magnitude();
        if self.exponent >= 0 {
            n.mul_pow10(self.exponent as u32);
            return encode(l, negative, n, 0, false);
        }
        let e = self.exponent.unsigned_abs();
        // Enough bits that the quotient has all significant ones: 10^e has less than 4e bits.
        let shift = 4 * e + l.precision() + 2;
        n.shl(shift);
        let lost = n.div_pow10(e);
        encode(l, negative, n, -(shift as i32), lost)
    }
}

/// Appends a value as MLIR prints it; true when that is hexadecimal.
pub fn print(kind: FloatKind, bits: u128, out: &mut String) -> bool {
    use std::fmt::Write;
    let l = layout(kind);
    let bits = canonical(kind, bits);
    let Some(f) = decode(l, bits) else {
        let _ = write!(out, "0x{:X}", bits & mask(l.width()));
        return true;
    };
    if f.significand == 0 {
        out.push_str(if f.negative { "-0.000000e+00" } else { "0.000000e+00" });
        return false;
    }
    let start = out.len();
    if f.negative {
        out.push('-');
    }
    let six = decimal(&f, 6);
    let exponent = six.scientific(out, 6);
    let _ = write!(out, "e{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.unsigned_abs());
    let same = match kind {
        FloatKind::F64 => out[start..].parse().is_ok_and(|v: f64| u128::from(v.to_bits()) == bits),
        FloatKind::F32 => out[start..].parse().is_ok_and(|v: f32| u128::from(v.to_bits()) == bits),
        _ => six.to_bits(l, f.negative) == bits,
    };
    if same {
        return false;
    }
    out.truncate(start);
    if f.negative {
        out.push('-');
    }
    full(&f, 2 + l.precision() * 59 / 196, out);
    if out[start..].contains('.') {
        return false;
    }
    out.truncate(start);
    let _ = write!(out, "0x{:X}", bits & mask(l.width()));
    true
}

/// The form with all digits: positional for small exponents.
fn full(f: &Finite, precision: u32, out: &mut String) {
    use std::fmt::Write;
    let d = decimal(f, precision);
    let n = d.digits.len() as i32;
    let first = d.exponent + n - 1;
    let scientific =
        if d.exponent >= 0 { d.exponent > 3 || n + d.exponent > precision as i32 } else { first < 0 && -first > 3 };
    if scientific {
        let exponent = d.scientific(out, 1);
        let _ = write!(out, "E{}{}", if exponent < 0 { '-' } else { '+' }, exponent.unsigned_abs());
        return;
    }
    let digit = |d: &u8| (d + b'0') as char;
    let whole = (d.exponent + n).max(0) as usize;
    if d.exponent >= 0 {
        out.extend(d.digits.iter().rev().map(digit));
        out.extend(std::iter::repeat_n('0', d.exponent as usize));
        return;
    }
    if whole > 0 {
        out.extend(d.digits.iter().rev().take(whole).map(digit));
        out.push('.');
    } else {
        out.push_str("0.");
        out.extend(std::iter::repeat_n('0', -(d.exponent + n) as usize));
    }
    out.extend(d.digits.iter().rev().skip(whole).map(digit));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(kind: FloatKind, v: f64) -> String {
        let mut s = String::new();
        print(kind, from_f64(kind, v), &mut s);
        s
    }

    #[test]
    fn the_algorithm_of_the_printer() {
        let f64s = [
            (0.1, "1.000000e-01"),
            (1.0 / 3.0, "0.33333333333333331"),
            (1234567.0, "0x4132D68700000000"),
            (5e-324, "4.940660e-324"),
            (1e300, "1.000000e+300"),
            (-0.0, "-0.000000e+00"),
            (1e-6, "9.9999999999999995E-7"),
            (f64::INFINITY, "0x7FF0000000000000"),
        ];
        for (v, text) in f64s {
            assert_eq!(show(FloatKind::F64, v), text);
        }
        assert_eq!(show(FloatKind::F32, 3.14159274), "3.14159274");
        assert_eq!(show(FloatKind::F80, 0.1), "0.100000000000000005551");
        assert_eq!(show(FloatKind::F128, 0.1), "0.100000000000000005551115123125782702");
    }

    #[test]
    fn every_small_value_survives_a_round_trip_through_f64() {
        use FloatKind::*;
        for kind in [
            F4E2M1FN,
            F6E2M3FN,
            F6E3M2FN,
            F8E3M4,
            F8E4M3,
            F8E4M3FN,
            F8E4M3FNUZ,
            F8E4M3B11FNUZ,
            F8E5M2,
            F8E5M2FNUZ,
            F8E8M0FNU,
            F16,
            BF16,
        ] {
            let mut nans = 0;
            for bits in 0..1u128 << kind.width() {
                match to_f64(kind, bits) {
                    Some(v) => assert_eq!(from_f64(kind, v), bits, "{kind:?} {bits:#x} {v}"),
                    None => nans += 1,
                }
            }
            assert!(nans < 1 << kind.width() >> 2, "{kind:?}: {nans}");
        }
    }

    #[test]
    fn overflow_goes_where_the_kind_says() {
        assert_eq!(from_f64(FloatKind::F16, 1e6), 0x7C00);
        assert_eq!(from_f64(FloatKind::F8E4M3FN, 1e6), 0x7F);
        assert_eq!(from_f64(FloatKind::F8E4M3FNUZ, 1e6), 0x80);
        assert_eq!(from_f64(FloatKind::F4E2M1FN, -1e6), 0xF);
        assert_eq!(from_f64(FloatKind::F80, f64::INFINITY), 0x7FFF_8000_0000_0000_0000);
    }
}

//! Integer literals of any width.

use super::OpParser;
use crate::core::{IntValue, Signedness, Type, TypeData};
use crate::text::big::Big;

/// Longest integer literal, in bits of its value: keeps reading and printing decimals fast.
const MAX_LITERAL_BITS: u32 = 1 << 16;

/// What an integer of some type looks like.
#[derive(Clone, Copy)]
pub(super) struct IntFormat {
    pub(super) width: u32,
    pub(super) sign: Signedness,
    pub(super) index: bool,
}

impl OpParser<'_> {
    /// Value of the current integer token, if it fits.
    pub(in crate::text) fn int_token_u64(&self) -> Option<u64> {
        small(self.spelling())
    }

    /// Format of an integer or index type.
    pub(super) fn int_format(&self, ty: Type) -> Option<IntFormat> {
        match *self.ctx.type_data(ty) {
            TypeData::Integer { width, sign } => Some(IntFormat { width, sign, index: false }),
            TypeData::Index => Some(IntFormat { width: 64, sign: Signedness::Signless, index: true }),
            _ => None,
        }
    }
}

/// Value of a literal that fits 64 bits.
fn small(spelling: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(spelling).ok()?;
    match text.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16).ok(),
        None => text.parse().ok(),
    }
}

/// Magnitude of a literal; None when it is absurdly long.
pub(in crate::text) fn magnitude(spelling: &[u8]) -> Option<Big> {
    match spelling {
        [b'0', b'x', hex @ ..] => {
            let start = hex.iter().position(|&c| c != b'0').unwrap_or(hex.len());
            let hex = &hex[start..];
            (hex.len() <= MAX_LITERAL_BITS as usize / 4).then(|| Big::from_hex(hex))
        }
        digits => {
            let start = digits.iter().position(|&c| c != b'0').unwrap_or(digits.len());
            let digits = &digits[start..];
            (digits.len() <= MAX_LITERAL_BITS as usize / 4).then(|| Big::from_decimal(digits))
        }
    }
}

/// The value of a literal in a type; None when it is out of range. As in MLIR a signless type takes its values in signed and in
/// unsigned spelling, and `-0` is out of range.
pub(in crate::text) fn int_value(format: IntFormat, negative: bool, spelling: &[u8]) -> Option<IntValue> {
    let IntFormat { width, sign, index } = format;
    let signed = index || sign == Signedness::Signed;
    if width <= 64 {
        let m = match small(spelling) {
            Some(m) => m,
            // Leading zeros.
            None => magnitude(spelling).filter(|b| b.bits() <= 64)?.low_u128() as u64,
        };
        if width < 64 && m >> width != 0 {
            return None;
        }
        if width == 0 {
            return (!negative).then_some(IntValue::Small(0));
        }
        let top = 1u64 << (width - 1);
        return match negative {
            true if m == 0 || m > top => None,
            true => Some(IntValue::Small((m as i64).wrapping_neg())),
            false if signed && m >= top => None,
            false if sign == Signedness::Unsigned => Some(IntValue::Small(m as i64)),
            false => Some(IntValue::Small(((m << (64 - width)) as i64) >> (64 - width))),
        };
    }
    let m = magnitude(spelling)?;
    if m.bits() > width {
        return None;
    }
    let is_top = m.bits() == width && m.0.iter().map(|w| w.count_ones()).sum::<u32>() == 1;
    if negative && (m.is_zero() || (m.bits() == width && !is_top)) {
        return None;
    }
    if !negative && signed && m.bits() == width {
        return None;
    }
    if sign == Signedness::Unsigned {
        return Some(wide(m.0, false));
    }
    if !negative && m.bits() < width {
        let mut words = m.0;
        words.push(0);
        return Some(wide(words, true));
    }
    // Two's complement of the magnitude, or the unsigned spelling of a negative number: 2^width is subtracted.
    let mut words = m.0;
    if negative {
        words.push(0);
        let mut carry = true;
        for w in &mut words {
            let (v, c) = (!*w).overflowing_add(u64::from(carry));
            (*w, carry) = (v, c);
        }
    } else if let Some(last) = words.last_mut()
        && width % 64 != 0
    {
        *last |= u64::MAX << (width % 64);
    }
    Some(wide(words, true))
}

/// Normal form of wide words.
pub(in crate::text) fn wide(mut words: Vec<u64>, signed: bool) -> IntValue {
    if words.is_empty() {
        words.push(0);
    }
    while let [.., below, top] = words[..]
        && top == if signed && below >> 63 == 1 { u64::MAX } else { 0 }
    {
        words.pop();
    }
    IntValue::Wide(words.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signless(width: u32) -> IntFormat {
        IntFormat { width, sign: Signedness::Signless, index: false }
    }

    #[test]
    fn narrow_ranges() {
        let v = |neg, t: &str| int_value(signless(8), neg, t.as_bytes());
        assert_eq!(v(false, "255"), Some(IntValue::Small(-1)));
        assert_eq!(v(false, "256"), None);
        assert_eq!(v(true, "128"), Some(IntValue::Small(-128)));
        assert_eq!(v(true, "129"), None);
        assert_eq!(v(true, "0"), None);
        let u = IntFormat { width: 64, sign: Signedness::Unsigned, index: false };
        assert_eq!(int_value(u, false, b"18446744073709551615"), Some(IntValue::Small(-1)));
        let i = IntFormat { width: 64, sign: Signedness::Signless, index: true };
        assert_eq!(int_value(i, false, b"9223372036854775808"), None);
    }

    #[test]
    fn wide_values_are_minimal() {
        let v = |w, neg, t: &str| int_value(signless(w), neg, t.as_bytes());
        assert_eq!(v(1000, false, "1"), Some(IntValue::Wide(Box::new([1]))));
        assert_eq!(v(1000, true, "1"), Some(IntValue::Wide(Box::new([u64::MAX]))));
        assert_eq!(v(128, false, "0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"), Some(IntValue::Wide(Box::new([u64::MAX]))));
        assert_eq!(v(128, false, "0x8000000000000000"), Some(IntValue::Wide(Box::new([1 << 63, 0]))));
        assert_eq!(v(66, false, "0x3FFFFFFFFFFFFFFFF"), Some(IntValue::Wide(Box::new([u64::MAX]))));
        assert_eq!(v(66, false, "0x40000000000000000"), None);
        assert_eq!(
            v(128, true, "170141183460469231731687303715884105728"),
            Some(IntValue::Wide(Box::new([0, 1 << 63])))
        );
    }
}

//! Natural numbers of any size, as far as reading and printing literals needs them.

/// A natural number: little-endian words, no zero word on top.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Big(pub(crate) Vec<u64>);

/// Powers of ten and five that fit a word.
const TEN_19: u64 = 10_000_000_000_000_000_000;
const FIVE_27: u64 = 7_450_580_596_923_828_125;

impl Big {
    pub(crate) fn from_u128(v: u128) -> Self {
        let mut b = Big(vec![v as u64, (v >> 64) as u64]);
        b.trim();
        b
    }

    /// Drops zero words on top.
    pub(crate) fn trim(&mut self) {
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
    }

    pub(crate) fn is_zero(&self) -> bool {
        self.0.is_empty()
    }

    /// Number of bits up to the highest one set.
    pub(crate) fn bits(&self) -> u32 {
        self.0.last().map_or(0, |top| self.0.len() as u32 * 64 - top.leading_zeros())
    }

    pub(crate) fn bit(&self, i: u32) -> bool {
        self.0.get((i / 64) as usize).is_some_and(|w| w >> (i % 64) & 1 == 1)
    }

    /// `self = self * m + a`
    pub(crate) fn mul_add(&mut self, m: u64, a: u64) {
        let mut carry = u128::from(a);
        for w in &mut self.0 {
            let t = u128::from(*w) * u128::from(m) + carry;
            *w = t as u64;
            carry = t >> 64;
        }
        if carry != 0 {
            self.0.push(carry as u64);
        }
        self.trim();
    }

    /// Divides by a word and returns the remainder.
    pub(crate) fn div_rem(&mut self, d: u64) -> u64 {
        let mut rem = 0u128;
        for w in self.0.iter_mut().rev() {
            let t = rem << 64 | u128::from(*w);
            *w = (t / u128::from(d)) as u64;
            rem = t % u128::from(d);
        }
        self.trim();
        rem as u64
    }

    pub(crate) fn mul_pow5(&mut self, mut e: u32) {
        while e >= 27 {
            self.mul_add(FIVE_27, 0);
            e -= 27;
        }
        self.mul_add(5u64.pow(e), 0);
    }

    pub(crate) fn mul_pow10(&mut self, mut e: u32) {
        while e >= 19 {
            self.mul_add(TEN_19, 0);
            e -= 19;
        }
        self.mul_add(10u64.pow(e), 0);
    }

    /// Divides by a power of ten; true when something is lost.
    pub(crate) fn div_pow10(&mut self, mut e: u32) -> bool {
        let mut lost = false;
        while e >= 19 {
            lost |= self.div_rem(TEN_19) != 0;
            e -= 19;
        }
        lost | (self.div_rem(10u64.pow(e)) != 0)
    }

    pub(crate) fn shl(&mut self, n: u32) {
        let (words, bits) = ((n / 64) as usize, n % 64);
        if bits > 0 {
            let mut carry = 0;
            for w in &mut self.0 {
                let next = *w >> (64 - bits);
                *w = *w << bits | carry;
                carry = next;
            }
            if carry != 0 {
                self.0.push(carry);
            }
        }
        if !self.is_zero() {
            self.0.splice(0..0, std::iter::repeat_n(0, words));
        }
    }

    /// The lowest 128 bits.
    pub(crate) fn low_u128(&self) -> u128 {
        let word = |i: usize| u128::from(self.0.get(i).copied().unwrap_or(0));
        word(0) | word(1) << 64
    }

    /// Decimal digits, least significant first; none for zero.
    pub(crate) fn decimal_digits_reversed(mut self) -> Vec<u8> {
        let mut out = Vec::new();
        while !self.is_zero() {
            let mut chunk = self.div_rem(TEN_19);
            let last = self.is_zero();
            for _ in 0..19 {
                if last && chunk == 0 {
                    break;
                }
                out.push((chunk % 10) as u8);
                chunk /= 10;
            }
        }
        out
    }

    /// Reads decimal digits.
    pub(crate) fn from_decimal(digits: &[u8]) -> Self {
        let mut b = Big(Vec::new());
        for chunk in digits.chunks(19) {
            let value =
                chunk.iter().fold(0u64, |v, c| v.wrapping_mul(10).wrapping_add(u64::from(c.wrapping_sub(b'0'))));
            b.mul_add(10u64.pow(chunk.len() as u32), value);
        }
        b
    }

    /// Reads hexadecimal digits.
    pub(crate) fn from_hex(digits: &[u8]) -> Self {
        let digit = |c: &u8| u64::from((*c as char).to_digit(16).unwrap_or(0));
        let words = digits.rchunks(16).map(|c| c.iter().fold(0, |v, c| v << 4 | digit(c)));
        let mut b = Big(words.collect());
        b.trim();
        b
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimal_round_trip() {
        for text in ["7", "18446744073709551616", "123456789012345678901234567890123456789012345678901234567890"] {
            let digits = Big::from_decimal(text.as_bytes()).decimal_digits_reversed();
            let back: String = digits.iter().rev().map(|d| (d + b'0') as char).collect();
            assert_eq!(back, text);
        }
        assert!(Big::from_decimal(b"000").is_zero());
    }

    #[test]
    fn shifts_powers_and_hex() {
        let mut b = Big::from_u128(3);
        b.shl(130);
        assert_eq!(b.bits(), 132);
        assert_eq!(b, Big::from_hex(b"c00000000000000000000000000000000"));
        let mut p = Big::from_u128(1);
        p.mul_pow10(40);
        assert!(!p.div_pow10(39));
        assert_eq!(p.low_u128(), 10);
        assert!(Big::from_u128(11).div_pow10(1));
    }
}

//! Requantisation constants: real scales, biases and batch norm become one multiplier, one addend and one shift.
//!
//! `out = clamp((acc * M[c] + B[c] + 2^(S-1)) >> S, lo, hi)` stands for `round(acc * r[c] + b[c])` with
//! `r[c] = s_x s_w[c] g[c] / s_y` and `b[c]` in output steps, zero point included. The largest |M| has 31 significant bits;
//! all constants are computed once, in f64.

/// Real-valued description of one requantisation, per channel (or one entry for all).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Affine {
    /// Output steps per accumulator unit.
    pub ratio: Vec<f64>,
    /// Output steps added, zero point included.
    pub addend: Vec<f64>,
    /// Integers added to the accumulator before it is multiplied: `-zero * sum(w)` and an int32 bias the model stores.
    pub acc_bias: Vec<i64>,
}

/// The constants of the meta-operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Constants {
    /// Multipliers.
    pub m: Vec<i64>,
    /// Multiplier of a second input (residual additions).
    pub m2: Option<Vec<i64>>,
    /// Addends at scale `2^shift`.
    pub b: Vec<i64>,
    /// Right shift, 1..=62.
    pub shift: u8,
}

/// Why constants cannot be computed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum RequantError {
    /// A scale is zero, negative, infinite or not a number, or batch norm divides by zero.
    #[error("channel {channel}: the combined scale is {value}, which is not a finite number")]
    NotFinite {
        /// Channel.
        channel: usize,
        /// Offending value.
        value: f64,
    },
    /// Scale too large for 31-bit multipliers, or the addend does not fit 64 bits.
    #[error("channel {channel}: scale {ratio} with addend {addend} does not fit 64-bit requantisation")]
    Range {
        /// Channel.
        channel: usize,
        /// Ratio.
        ratio: f64,
        /// Addend.
        addend: f64,
    },
}

/// `x * 2^n` without an intermediate overflow for the sizes used here.
fn scaled(x: f64, n: i32) -> f64 {
    x * 2f64.powi(n)
}

/// Shift for which the largest of `ratios` gets a 31-bit multiplier, lowered until every addend fits.
fn shift_for(ratios: impl Iterator<Item = f64>, addends: &[f64]) -> Option<u8> {
    let largest = ratios.fold(0f64, |a, r| a.max(r.abs()));
    let addend = addends.iter().fold(0f64, |a, b| a.max(b.abs()));
    let mut shift = 62;
    while shift >= 1 && scaled(largest, shift).round_ties_even() >= 2f64.powi(31) {
        shift -= 1;
    }
    while shift >= 1 && scaled(addend, shift) >= 2f64.powi(60) {
        shift -= 1;
    }
    (shift >= 1).then_some(shift as u8)
}

/// One input: convolution, linear, pooling, rescaling.
pub fn constants(a: &Affine) -> Result<Constants, RequantError> {
    two_inputs(a, None)
}

/// One or two inputs: `second` holds output steps per unit of the second input.
pub fn two_inputs(a: &Affine, second: Option<&[f64]>) -> Result<Constants, RequantError> {
    let n = a.ratio.len();
    let addend = |c: usize| a.addend.get(c).or(a.addend.first()).copied().unwrap_or(0.0);
    for c in 0..n {
        let bad =
            [a.ratio[c], addend(c)].into_iter().chain(second.and_then(|s| s.get(c)).copied()).find(|v| !v.is_finite());
        if let Some(value) = bad {
            return Err(RequantError::NotFinite { channel: c, value });
        }
    }
    let acc_bias = |c: usize| a.acc_bias.get(c).copied().unwrap_or(0);
    let totals: Vec<f64> = (0..n).map(|c| addend(c).abs() + (acc_bias(c) as f64 * a.ratio[c]).abs()).collect();
    let ratios = a.ratio.iter().chain(second.unwrap_or_default()).copied();
    let range =
        |c: usize| RequantError::Range { channel: c, ratio: a.ratio.get(c).copied().unwrap_or(0.0), addend: addend(c) };
    let shift = shift_for(ratios, &totals).ok_or_else(|| range(0))?;
    let to_m = |r: f64| scaled(r, shift as i32).round_ties_even() as i64;
    let m: Vec<i64> = a.ratio.iter().map(|&r| to_m(r)).collect();
    let b = (0..n)
        .map(|c| {
            let real = scaled(addend(c), shift as i32).round_ties_even() as i128;
            i64::try_from(real + acc_bias(c) as i128 * m[c] as i128).map_err(|_| range(c))
        })
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Constants { m, m2: second.map(|s| s.iter().map(|&r| to_m(r)).collect()), b, shift })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn apply(k: &Constants, c: usize, acc: i64) -> i64 {
        ((acc as i128 * k.m[c] as i128 + k.b[c] as i128 + (1i128 << (k.shift - 1))) >> k.shift) as i64
    }

    #[test]
    fn half_steps_round_up_and_zero_scale_is_refused_only_when_not_finite() {
        let k = constants(&Affine { ratio: vec![0.5], addend: vec![0.0], acc_bias: vec![] }).unwrap();
        assert_eq!((apply(&k, 0, 1), apply(&k, 0, 3), apply(&k, 0, -1)), (1, 2, 0));
        assert!(constants(&Affine { ratio: vec![f64::NAN], ..Default::default() }).is_err());
        assert!(constants(&Affine { ratio: vec![0.0], addend: vec![3.0], acc_bias: vec![] }).is_ok());
        assert!(constants(&Affine { ratio: vec![1e12], ..Default::default() }).is_err());
    }

    #[test]
    fn the_largest_multiplier_has_31_bits() {
        let k = constants(&Affine { ratio: vec![0.0123, 0.0001], addend: vec![0.0], acc_bias: vec![] }).unwrap();
        assert!(k.m[0] >= 1 << 30 && k.m[0] < 1 << 31);
    }

    proptest! {
        #[test]
        fn within_a_hair_of_the_real_value(r in 1e-6f64..2.0, b in -300f64..300.0, bias in -10000i64..10000, acc in -1_000_000i64..1_000_000) {
            let k = constants(&Affine { ratio: vec![r], addend: vec![b], acc_bias: vec![bias] }).unwrap();
            let real = (acc + bias) as f64 * r + b;
            let got = apply(&k, 0, acc) as f64;
            prop_assert!((got - real).abs() <= 0.5 + 1e-3, "{got} for {real}");
        }
    }
}

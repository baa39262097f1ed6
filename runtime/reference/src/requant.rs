//! Requantisation: `clamp((acc*m + b + 2^(shift-1)) >> shift, lo, hi)`.

use cim_isa::Program;
use cim_isa::types::{IntType, Requant, RequantId};

use crate::error::Kernel;
use crate::tensor::{IntTensor, elements, integers};

/// Constants of one requantisation, decoded.
#[derive(Clone, Debug)]
pub struct Constants {
    m: Vec<i64>,
    b: Vec<i64>,
    m2: Option<Vec<i64>>,
    shift: u32,
    lo: i64,
    hi: i64,
    /// Largest magnitudes, for the choice between 64-bit and 128-bit arithmetic.
    m_max: u128,
    b_max: u128,
}

impl Constants {
    /// Decodes and checks the constants of a program.
    pub fn new(program: &Program, id: RequantId) -> Result<Self, String> {
        let r: &Requant =
            program.requants.get(id.index()).ok_or_else(|| format!("requantisation {} does not exist", id.0))?;
        let m = integers(program, r.m)?;
        let b = integers(program, r.b)?;
        let m2 = r.m2.map(|id| integers(program, id)).transpose()?;
        if !(1..=62).contains(&r.shift) {
            return Err(format!("requantisation {}: shift {} is not in 1..=62", id.0, r.shift));
        }
        if r.lo > r.hi {
            return Err(format!("requantisation {}: bounds {} > {}", id.0, r.lo, r.hi));
        }
        if m.is_empty() || b.len() != m.len() || m2.as_ref().is_some_and(|m2| m2.len() != m.len()) {
            return Err(format!("requantisation {}: multipliers and addends differ in number", id.0));
        }
        let largest = |v: &[i64]| v.iter().map(|x| x.unsigned_abs() as u128).max().unwrap_or(0);
        let m_max = largest(&m).max(m2.as_deref().map_or(0, largest));
        let b_max = largest(&b);
        Ok(Constants { m, b, m2, shift: r.shift as u32, lo: r.lo, hi: r.hi, m_max, b_max })
    }

    /// Number of multipliers: 1, or one per channel or count.
    pub fn len(&self) -> usize {
        self.m.len()
    }

    /// Never true: there is at least one multiplier.
    pub fn is_empty(&self) -> bool {
        self.m.is_empty()
    }

    fn check_output(&self, to: IntType) -> Kernel<()> {
        if self.lo < to.min() || self.hi > to.max() {
            return Err(format!("clamp {}..{} does not fit the output type {}", self.lo, self.hi, to));
        }
        Ok(())
    }

    fn at(&self, index: usize) -> Kernel<(i64, i64)> {
        let i = if self.m.len() == 1 { 0 } else { index };
        match (self.m.get(i), self.b.get(i)) {
            (Some(&m), Some(&b)) => Ok((m, b)),
            _ => Err(format!("there are {} multipliers, number {index} is needed", self.m.len())),
        }
    }

    /// One value with the multiplier of `index` (a channel, or count - 1 for average pooling).
    pub fn apply(&self, acc: i64, index: usize) -> Result<i64, String> {
        let (m, b) = self.at(index)?;
        Ok(self.finish(acc as i128 * m as i128 + b as i128))
    }

    fn finish(&self, sum: i128) -> i64 {
        let rounded = (sum + (1i128 << (self.shift - 1))) >> self.shift;
        rounded.clamp(self.lo as i128, self.hi as i128) as i64
    }

    /// Fits `inputs` products of accumulators up to `acc` in magnitude, addend and rounding into 64 bits?
    fn fits_64(&self, acc: u128, inputs: u128) -> bool {
        inputs * acc * self.m_max + self.b_max + (1u128 << (self.shift - 1)) < 1 << 63
    }

    /// Requantises a tensor per channel (or with the same constants for all).
    pub fn tensor(&self, x: &IntTensor, shape: [u32; 3], to: IntType) -> Result<IntTensor, String> {
        self.check_output(to)?;
        let n = elements(&shape)?;
        if x.data.len() != n {
            return Err(format!("input has {} elements, output {n}", x.data.len()));
        }
        if self.m.len() != 1 && self.m.len() != shape[0] as usize {
            return Err(format!("{} multipliers for {} channels", self.m.len(), shape[0]));
        }
        let (lo, hi) = x.bounds();
        let narrow = self.fits_64(lo.unsigned_abs().max(hi.unsigned_abs()) as u128, 1);
        let plane = (shape[1] as usize * shape[2] as usize).max(1);
        let half = 1i64 << (self.shift - 1);
        let mut data = Vec::with_capacity(n);
        for (c, values) in x.data.chunks(plane).enumerate() {
            let (m, b) = self.at(c)?;
            if narrow {
                data.extend(values.iter().map(|&v| ((v * m + b + half) >> self.shift).clamp(self.lo, self.hi)));
            } else {
                data.extend(values.iter().map(|&v| self.finish(v as i128 * m as i128 + b as i128)));
            }
        }
        Ok(IntTensor { shape, elem: to, data })
    }

    /// Residual addition of two tensors: `a*m + b*m2 + addend`.
    pub fn add(&self, a: &IntTensor, b: &IntTensor, shape: [u32; 3], to: IntType) -> Result<IntTensor, String> {
        self.check_output(to)?;
        let n = elements(&shape)?;
        if a.data.len() != n || b.data.len() != n {
            return Err(format!("inputs have {} and {} elements, output {n}", a.data.len(), b.data.len()));
        }
        let m2 = self.m2.as_ref().ok_or("an addition needs a second multiplier")?;
        if self.m.len() != 1 && self.m.len() != shape[0] as usize {
            return Err(format!("{} multipliers for {} channels", self.m.len(), shape[0]));
        }
        let plane = (shape[1] as usize * shape[2] as usize).max(1);
        let mut data = Vec::with_capacity(n);
        for (c, (a, b)) in a.data.chunks(plane).zip(b.data.chunks(plane)).enumerate() {
            let (m, addend) = self.at(c)?;
            let second = m2.get(if m2.len() == 1 { 0 } else { c }).copied().unwrap_or(0);
            data.extend(
                a.iter()
                    .zip(b)
                    .map(|(&a, &b)| self.finish(a as i128 * m as i128 + b as i128 * second as i128 + addend as i128)),
            );
        }
        Ok(IntTensor { shape, elem: to, data })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn constants(m: Vec<i64>, b: Vec<i64>, m2: Option<Vec<i64>>, shift: u32, lo: i64, hi: i64) -> Constants {
        let m_max = m.iter().chain(m2.iter().flatten()).map(|v| v.unsigned_abs() as u128).max().unwrap();
        let b_max = b.iter().map(|v| v.unsigned_abs() as u128).max().unwrap();
        Constants { m, b, m2, shift, lo, hi, m_max, b_max }
    }

    #[test]
    fn rounds_half_up_and_clamps() {
        // multiply by 0.5: 3 -> 1.5 -> 2, -3 -> -1.5 -> -1, 1000 -> 127
        let r = constants(vec![1 << 7], vec![0], None, 8, -128, 127);
        for (x, y) in [(3, 2), (-3, -1), (2, 1), (-1, 0), (1000, 127), (-1000, -128)] {
            assert_eq!(r.apply(x, 0).unwrap(), y, "{x}");
        }
    }

    #[test]
    fn addend_is_at_scale_two_to_the_shift() {
        let r = constants(vec![1 << 4], vec![3 << 4], None, 4, -1000, 1000);
        assert_eq!(r.apply(5, 0).unwrap(), 8);
    }

    #[test]
    fn wide_and_narrow_arithmetic_agree_at_the_border() {
        let t = IntType::new(8, true);
        for (acc, m) in [(i32::MAX as i64, i32::MAX as i64), (i32::MIN as i64, i32::MAX as i64), (1 << 40, 1 << 30)] {
            let r = constants(vec![m], vec![-7], None, 31, -128, 127);
            let x = IntTensor { shape: [1, 1, 1], elem: IntType::I64, data: vec![acc] };
            let want = ((acc as i128 * m as i128 - 7 + (1 << 30)) >> 31).clamp(-128, 127) as i64;
            assert_eq!(r.tensor(&x, [1, 1, 1], t).unwrap().data, vec![want]);
            assert_eq!(r.apply(acc, 0).unwrap(), want);
        }
    }

    #[test]
    fn per_channel_constants_follow_the_channel() {
        let r = constants(vec![16, 32], vec![0, 16], None, 4, 0, 255);
        let x = IntTensor { shape: [2, 1, 2], elem: IntType::I32, data: vec![1, 2, 3, 4] };
        assert_eq!(r.tensor(&x, [2, 1, 2], IntType::new(8, false)).unwrap().data, vec![1, 2, 7, 9]);
        assert!(r.tensor(&x, [2, 1, 2], IntType::new(4, false)).is_err(), "bounds do not fit ui4");
        assert!(r.tensor(&x, [1, 2, 2], IntType::new(8, false)).is_err(), "two multipliers, one channel");
    }

    #[test]
    fn residual_addition() {
        let r = constants(vec![8], vec![16], Some(vec![24]), 4, 0, 100);
        let a = IntTensor { shape: [1, 1, 3], elem: IntType::I32, data: vec![2, 3, -9] };
        let b = IntTensor { shape: [1, 1, 3], elem: IntType::I32, data: vec![4, 1, 0] };
        // (8a + 24b + 16 + 8) >> 4
        assert_eq!(r.add(&a, &b, [1, 1, 3], IntType::new(8, false)).unwrap().data, vec![8, 4, 0]);
    }
}

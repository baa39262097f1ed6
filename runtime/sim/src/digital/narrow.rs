//! The common case of the digital units: 32-bit accumulators and results of one byte, in vectors. Each form answers
//! whether it applied; when it did not (other types, a value that does not fit), nothing has changed.

use cim_isa::Space;
use cim_isa::types::IntType;

use super::{Requantiser, offset};
use crate::kernels::{self, Level, Rescale};
use crate::memory::Memory;

/// Reused memory, and the form of the kernels.
#[derive(Clone, Debug)]
pub struct Narrow {
    level: Level,
    sums: Vec<i32>,
    bytes: Vec<u8>,
    halves: (Vec<i16>, Vec<i16>),
    m: Vec<i32>,
    b: Vec<i64>,
}

impl Default for Narrow {
    fn default() -> Self {
        Narrow {
            level: Level::detect(),
            sums: Vec::new(),
            bytes: Vec::new(),
            halves: (Vec::new(), Vec::new()),
            m: Vec::new(),
            b: Vec::new(),
        }
    }
}

/// Dense operand: space, address, elements.
pub type Operand = (Space, i64, u32);

fn words(mem: &Memory, (space, at, len): Operand) -> Option<&[[u8; 4]]> {
    Some(mem.bytes(space, at, u64::from(len) * 4).ok()?.as_chunks().0)
}

fn put(mem: &mut Memory, (space, at, len): Operand, values: &[i32]) -> bool {
    let Ok(bytes) = mem.bytes_mut(space, at, u64::from(len) * 4) else { return false };
    bytes.as_chunks_mut().0.iter_mut().zip(values).for_each(|(b, v)| *b = v.to_le_bytes());
    true
}

impl Narrow {
    /// `dst = (accumulate: dst +) sum of count sources`.
    pub fn reduce_add(
        &mut self,
        mem: &mut Memory,
        dst: Operand,
        src: (Space, i64),
        (count, stride): (u32, u64),
        accumulate: bool,
    ) -> Option<()> {
        let sums = &mut self.sums;
        sums.clear();
        if accumulate {
            sums.extend(words(mem, dst)?.iter().map(|w| i32::from_le_bytes(*w)));
        } else {
            sums.resize(dst.2 as usize, 0);
        }
        for i in 0..u64::from(count) {
            let from = (src.0, offset(src.1, i, stride).ok()?, dst.2);
            if kernels::add(self.level, sums, words(mem, from)?) {
                return None;
            }
        }
        put(mem, dst, sums).then_some(())
    }

    /// `dst -= factor * sum(inputs)`, one group, inputs of one byte.
    pub fn offset(
        &mut self,
        mem: &mut Memory,
        dst: Operand,
        (space, at, len): (Space, i64, u64),
        input: IntType,
        factor: i64,
    ) -> Option<()> {
        let inputs = mem.bytes(space, at, len).ok().filter(|_| len < 1 << 23)?;
        let sum: i32 = if input.signed {
            inputs.iter().map(|b| i32::from(*b as i8)).sum()
        } else {
            inputs.iter().map(|b| i32::from(*b)).sum()
        };
        let correction = i64::from(sum).checked_mul(factor).and_then(|c| i32::try_from(c).ok())?;
        self.sums.resize(dst.2 as usize, 0);
        if kernels::subtract(self.level, words(mem, dst)?, correction, &mut self.sums) {
            return None;
        }
        put(mem, dst, &self.sums).then_some(())
    }

    /// Requantisation to one byte.
    pub fn requantise(
        &mut self,
        mem: &mut Memory,
        dst: (Space, i64, IntType),
        src: Operand,
        (first, channels): (i64, usize),
        r: &Requantiser,
    ) -> Option<()> {
        let scale = r.small.as_ref().filter(|_| fits(dst.2, r) && r.narrow(IntType::I32, 1))?;
        let range = r.range(first, channels).ok()?;
        let (m, b) = (scale.0.get(range.clone())?, scale.1.get(range)?);
        let (m, b) = if let ([m], [b]) = (m, b) {
            // One constant for all channels: as wide as a vector is useful.
            const LANES: usize = 64;
            self.m.clear();
            self.m.resize(LANES, *m);
            self.b.clear();
            self.b.resize(LANES, *b);
            (&self.m[..], &self.b[..])
        } else {
            (m, b)
        };
        if channels == 0 {
            return None;
        }
        self.bytes.resize(src.2 as usize, 0);
        let rescale = Rescale { m, b, shift: r.shift, bounds: (r.lo, r.hi) };
        kernels::rescale(self.level, words(mem, src)?, &rescale, &mut self.bytes);
        mem.bytes_mut(dst.0, dst.1, u64::from(src.2)).ok()?.copy_from_slice(&self.bytes);
        Some(())
    }

    /// Residual addition of bytes to one byte.
    pub fn add_requantise(
        &mut self,
        mem: &mut Memory,
        dst: (Space, i64, IntType),
        (x, x_elem): (Operand, IntType),
        (y, y_elem): (Operand, IntType),
        r: &Requantiser,
    ) -> Option<()> {
        let byte = x_elem.bytes() == 1 && y_elem.bytes() == 1;
        let scale = r.small.as_ref().filter(|_| byte && fits(dst.2, r) && r.narrow(IntType::new(9, true), 2))?;
        let m2 = *scale.2.first()?;
        for (out, (space, at, len), elem) in [(&mut self.halves.0, x, x_elem), (&mut self.halves.1, y, y_elem)] {
            let bytes = mem.bytes(space, at, u64::from(len)).ok()?;
            out.clear();
            if elem.signed {
                out.extend(bytes.iter().map(|b| i16::from(*b as i8)));
            } else {
                out.extend(bytes.iter().map(|b| i16::from(*b)));
            }
        }
        self.bytes.resize(x.2 as usize, 0);
        let rescale = Rescale { m: &scale.0, b: &scale.1, shift: r.shift, bounds: (r.lo, r.hi) };
        kernels::rescale_sum(self.level, &self.halves.0, &self.halves.1, m2, &rescale, &mut self.bytes);
        mem.bytes_mut(dst.0, dst.1, u64::from(x.2)).ok()?.copy_from_slice(&self.bytes);
        Some(())
    }
}

/// Is every result one byte of this type?
fn fits(to: IntType, r: &Requantiser) -> bool {
    to.bytes() == 1 && to.min() <= r.lo && r.hi <= to.max()
}

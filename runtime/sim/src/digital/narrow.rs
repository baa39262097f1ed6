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
        let sum = kernels::total(self.level, inputs, input.signed);
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

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use cim_isa::instr::{Addr, Affine};
    use cim_isa::types::{ConstId, Constant, ElemType, Requant, RequantId};
    use cim_isa::{Instr, Program};
    use proptest::prelude::*;

    use super::*;
    use crate::digital::{Work, execute};
    use crate::memory::{load, store};

    const WIDE: IntType = IntType::new(16, true);

    fn at(base: i64) -> Addr {
        Addr { space: Space::L0, at: Affine::constant(base) }
    }

    /// A program with one requantisation of these constants.
    fn program(m: &[i64], b: &[i64], m2: Option<i64>, shift: u8, (lo, hi): (i64, i64)) -> Program {
        let mut p = Program::default();
        let mut constant = |values: &[i64]| {
            let data: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
            let (elem, shape) = (ElemType::Int(IntType::I64), vec![values.len() as u32]);
            p.constants.push(Constant { name: "c".into(), elem, shape, data: Bytes::from(data) });
            ConstId(p.constants.len() as u32 - 1)
        };
        let (m, b) = (constant(m), constant(b));
        let m2 = m2.map(|m2| constant(&[m2]));
        p.requants.push(Requant { m, b, m2, shift, lo, hi });
        p
    }

    /// Runs an instruction on buffers of `elem` at 0, 1024 and 2048; returns what it leaves in `result` at 3072.
    fn run(p: &Program, instr: Instr, elem: [IntType; 3], values: [&[i64]; 3], result: IntType) -> Option<Vec<i64>> {
        let requants: Vec<Requantiser> =
            p.requants.iter().map(|r| Requantiser::new(p, r).expect("constants")).collect();
        let mut mem = Memory { l0: vec![0; 4096], l1: vec![] };
        for (i, (values, elem)) in values.into_iter().zip(elem).enumerate() {
            let bytes = &mut mem.l0[i * 1024..][..values.len() * elem.bytes() as usize];
            store(bytes, elem, values).expect("values of the type");
        }
        let done = execute(&instr, p, &requants, &mut mem, &mut Work::default(), &[]);
        let mut out = Vec::new();
        load(&mem.l0[3072..], result, &mut out);
        done.ok().map(|_| out)
    }

    fn word() -> impl Strategy<Value = i64> {
        prop_oneof![Just(i64::from(i32::MIN)), Just(i64::from(i32::MAX)), any::<i32>().prop_map(i64::from), -9i64..9]
    }

    proptest! {
        /// 64-bit accumulators take the plain form: the oracle.
        #[test]
        fn requantisation(
            values in prop::collection::vec(word(), 1..70), m in prop::collection::vec(0i64..1 << 31, 1..9),
            b in any::<i64>(), shift in 1u8..=62, one in any::<bool>(), channels in 1usize..9,
        ) {
            let channels = if one { channels } else { m.len() };
            let m = if one { &m[..1] } else { &m[..] };
            let b: Vec<i64> = m.iter().enumerate().map(|(i, _)| (b >> (i * 7)) >> 3).collect();
            let len = (values.len() / channels * channels) as u32;
            let p = program(m, &b, None, shift, (-100, 100));
            let to = IntType::new(8, true);
            let instr = |from| Instr::Requantise {
                dst: at(3072), to, src: at(0), from, len, channel: Affine::constant(0), channels: channels as u32,
                requant: RequantId(0),
            };
            let run = |from| run(&p, instr(from), [from; 3], [&values, &[], &[]], to);
            prop_assert_eq!(run(IntType::I32), run(IntType::I64));
        }

        #[test]
        fn residual_sums(
            x in prop::collection::vec(0i64..256, 1..70), seed in any::<u64>(), m in any::<i32>(), m2 in any::<i32>(),
            b in any::<i64>(), shift in 1u8..=40,
        ) {
            let y: Vec<i64> = x.iter().enumerate().map(|(i, _)| (seed >> (i % 57) & 255) as i64 - 128).collect();
            let p = program(&[i64::from(m)], &[b >> 8], Some(i64::from(m2)), shift, (0, 200));
            let to = IntType::new(8, false);
            let instr = |a_elem, b_elem| Instr::AddRequantise {
                dst: at(3072), to, a: at(0), a_elem, b: at(1024), b_elem, len: x.len() as u32, requant: RequantId(0),
            };
            let run = |a, b| run(&p, instr(a, b), [a, b, b], [&x, &y, &[]], to);
            prop_assert_eq!(run(to, IntType::new(8, true)), run(WIDE, WIDE));
        }

        /// Sums that leave 32 bits are faults; the 64-bit form says which those are.
        #[test]
        fn sums_of_words(
            x in prop::collection::vec(word(), 1..70), y in word(), z in word(), accumulate in any::<bool>(), count in 0u32..3,
        ) {
            let len = x.len() as u32;
            let (y, z) = (vec![y; x.len()], vec![z; x.len()]);
            let instr = |elem, to| Instr::ReduceAdd { dst: at(to), src: at(1024), count, stride: 1024, len, elem, accumulate };
            // In place at 0 for both: the first buffer is the destination.
            let sums = |elem| {
                let copy = Instr::Add { dst: at(3072), a: at(0), b: at(3072), len, elem };
                let mut mem = Memory { l0: vec![0; 4096], l1: vec![] };
                for (i, v) in [&x, &y, &z].into_iter().enumerate() {
                    store(&mut mem.l0[i * 1024..][..v.len() * elem.bytes() as usize], elem, v).expect("words");
                }
                let (p, mut work) = (Program::default(), Work::default());
                execute(&instr(elem, 0), &p, &[], &mut mem, &mut work, &[]).ok()?;
                execute(&copy, &p, &[], &mut mem, &mut work, &[]).ok()?;
                let mut out = Vec::new();
                load(&mem.l0[3072..][..len as usize * elem.bytes() as usize], elem, &mut out);
                Some(out)
            };
            let wide = sums(IntType::I64).filter(|v| v.iter().all(|s| i32::try_from(*s).is_ok()));
            prop_assert_eq!(sums(IntType::I32), wide);
        }

        #[test]
        fn offset_corrections(
            x in prop::collection::vec(0i64..256, 1..70), acc in prop::collection::vec(word(), 1..40), factor in -300i64..300,
        ) {
            let (input, outputs) = (IntType::new(8, false), acc.len() as u32);
            let corrected = |elem: IntType, input: IntType| {
                let mut mem = Memory { l0: vec![0; 2048], l1: vec![] };
                store(&mut mem.l0[..acc.len() * elem.bytes() as usize], elem, &acc).expect("words");
                store(&mut mem.l0[1024..][..x.len() * input.bytes() as usize], input, &x).expect("inputs");
                let instr = Instr::Offset {
                    dst: at(0), src: at(1024), input, positions: 1, groups: 1, inner: x.len() as u32, outputs, factor, elem,
                };
                execute(&instr, &Program::default(), &[], &mut mem, &mut Work::default(), &[]).ok()?;
                let mut out = Vec::new();
                load(&mem.l0[..acc.len() * elem.bytes() as usize], elem, &mut out);
                Some(out)
            };
            let wide = corrected(IntType::I64, WIDE).filter(|v| v.iter().all(|s| i32::try_from(*s).is_ok()));
            prop_assert_eq!(corrected(IntType::I32, input), wide);
        }
    }

    #[test]
    fn every_level_computes_alike() {
        let values: Vec<i64> = (0..77).map(|i| (i * 7_654_321 % 90_001) - 45_000).collect();
        let words: Vec<[u8; 4]> = values.iter().map(|v| (*v as i32).to_le_bytes()).collect();
        let ints: Vec<i32> = values.iter().map(|v| *v as i32).collect();
        let halves: Vec<i16> = values.iter().map(|v| *v as i16).collect();
        let bytes: Vec<u8> = values.iter().map(|v| *v as u8).collect();
        let (m, b): (Vec<i32>, Vec<i64>) = (0..7).map(|i| (1000 + i, i64::from(i) << 10)).unzip();
        let r = Rescale { m: &m, b: &b, shift: 18, bounds: (-128, 127) };
        let all = |level| {
            let (mut sums, mut differences, mut wide) = (ints.clone(), ints.clone(), values.clone());
            let (mut scaled, mut added) = (vec![0; 77], vec![0; 77]);
            let over = kernels::add(level, &mut sums, &words);
            let under = kernels::subtract(level, &words, 99, &mut differences);
            kernels::accumulate(level, &mut wide, &ints, -16);
            kernels::lower(level, &mut wide, 5);
            kernels::rescale(level, &words, &r, &mut scaled);
            kernels::rescale_sum(level, &halves, &halves, 3, &r, &mut added);
            let totals = [true, false].map(|signed| kernels::total(level, &bytes, signed));
            (over, under, sums, differences, wide, scaled, added, totals)
        };
        assert_eq!(all(Level::Portable), all(Level::detect()));
        assert_eq!(all(Level::Portable).4[1], values[1] - 16 * values[1] - 5);
    }
}

//! DCOM: the digital units. Sources are read completely before the destination is written.

mod narrow;

use cim_isa::instr::{Addr, Affine, PoolKind};
use cim_isa::types::{Buffer, ElemType, IntType, Requant, Window};
use cim_isa::{Instr, Program};

use self::narrow::Narrow;
use crate::error::Fault;
use crate::memory::{Memory, load, load_one, overflow};

/// Constants of one requantisation, decoded once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requantiser {
    m: Vec<i64>,
    b: Vec<i64>,
    m2: Vec<i64>,
    shift: u32,
    lo: i64,
    hi: i64,
    /// Largest magnitudes of multipliers and addends.
    top: (u128, u128),
    /// Multipliers, addends with the rounding half, and second multipliers, where all multipliers fit 32 bits.
    small: Option<(Vec<i32>, Vec<i64>, Vec<i32>)>,
}

fn ints(program: &Program, id: cim_isa::types::ConstId) -> Result<Vec<i64>, String> {
    let c = program.constants.get(id.index()).ok_or_else(|| format!("constant {} does not exist", id.0))?;
    let ElemType::Int(elem) = c.elem else { return Err(format!("constant `{}` must hold integers", c.name)) };
    let mut out = Vec::new();
    load(&c.data, elem, &mut out);
    Ok(out)
}

impl Requantiser {
    /// Decodes the constants.
    pub fn new(program: &Program, r: &Requant) -> Result<Requantiser, String> {
        let (m, b) = (ints(program, r.m)?, ints(program, r.b)?);
        let m2 = r.m2.map_or(Ok(Vec::new()), |id| ints(program, id))?;
        if !(1..=62).contains(&r.shift) || r.lo > r.hi {
            return Err(format!("requantisation with shift {} to {}..={} is not possible", r.shift, r.lo, r.hi));
        }
        if m.is_empty() || b.len() != m.len() || (r.m2.is_some() && m2.len() != m.len()) {
            return Err("multipliers and addends of a requantisation differ in number".into());
        }
        let largest = |v: &[i64]| v.iter().map(|x| u128::from(x.unsigned_abs())).max().unwrap_or(0);
        let top = (largest(&m).max(largest(&m2)), largest(&b));
        let shift = u32::from(r.shift);
        let words = |v: &[i64]| v.iter().map(|x| i32::try_from(*x).ok()).collect::<Option<Vec<i32>>>();
        let half = 1i64 << (shift - 1);
        let halves = b.iter().map(|b| b.checked_add(half)).collect::<Option<Vec<i64>>>();
        let small = words(&m).zip(halves).zip(words(&m2)).map(|((m, b), m2)| (m, b, m2));
        Ok(Requantiser { m, b, m2, shift, lo: r.lo, hi: r.hi, top, small })
    }

    /// True when `inputs` products of values of type `from` cannot overflow 64 bits.
    fn narrow(&self, from: IntType, inputs: u128) -> bool {
        let largest = u128::from(from.min().unsigned_abs().max(from.max().unsigned_abs()));
        // Both factors are below 2^64, so only the sum needs care.
        (largest * self.top.0).saturating_mul(inputs).saturating_add(self.top.1 + (1 << (self.shift - 1))) < 1 << 63
    }

    fn wide(&self, sum: i128) -> i64 {
        ((sum + (1i128 << (self.shift - 1))) >> self.shift).clamp(i128::from(self.lo), i128::from(self.hi)) as i64
    }

    /// Constants of the channels `first .. first + n`; a single constant serves all.
    fn range(&self, first: i64, n: usize) -> Result<std::ops::Range<usize>, Fault> {
        if self.m.len() == 1 {
            return Ok(0..1);
        }
        let start = usize::try_from(first).ok().filter(|s| s.checked_add(n).is_some_and(|e| e <= self.m.len()));
        let start = start.ok_or_else(|| {
            Fault::Invalid(format!("channels {first}..{} of {} constants", i128::from(first) + n as i128, self.m.len()))
        })?;
        Ok(start..start + n)
    }

    /// Requantises in place; element j uses channel `first + j % channels`.
    pub fn apply(&self, values: &mut [i64], from: IntType, first: i64, channels: usize) -> Result<(), Fault> {
        let range = self.range(first, channels)?;
        let (m, b) = (&self.m[range.clone()], &self.b[range]);
        let narrow = self.narrow(from, 1);
        let half = 1i64 << (self.shift - 1);
        let (shift, lo, hi) = (self.shift, self.lo, self.hi);
        for pixel in values.chunks_mut(channels.max(1)) {
            let constants = m.iter().zip(b).cycle();
            if narrow && m.len() > 1 {
                for ((v, m), b) in pixel.iter_mut().zip(m).zip(b) {
                    *v = ((*v * m + b + half) >> shift).clamp(lo, hi);
                }
            } else if narrow {
                pixel
                    .iter_mut()
                    .zip(constants)
                    .for_each(|(v, (m, b))| *v = ((*v * m + b + half) >> shift).clamp(lo, hi));
            } else {
                for (v, (m, b)) in pixel.iter_mut().zip(constants) {
                    *v = self.wide(i128::from(*v) * i128::from(*m) + i128::from(*b));
                }
            }
        }
        Ok(())
    }

    /// `a = round(m*a + m2*b + addend)` with per-tensor constants.
    pub fn apply_sum(&self, a: &mut [i64], b: &[i64]) -> Result<(), Fault> {
        let (Some(m), Some(addend), Some(m2)) = (self.m.first(), self.b.first(), self.m2.first()) else {
            return Err(Fault::Invalid("an addition needs a second multiplier".into()));
        };
        for (a, b) in a.iter_mut().zip(b) {
            let products = i128::from(*a) * i128::from(*m) + i128::from(*b) * i128::from(*m2);
            *a = self.wide(products + i128::from(*addend));
        }
        Ok(())
    }
}

/// Reused memory of the digital units.
#[derive(Clone, Debug, Default)]
pub struct Work {
    a: Vec<i64>,
    b: Vec<i64>,
    narrow: Narrow,
}

fn at(addr: &Affine, loops: &[u64]) -> i64 {
    addr.eval(loops)
}

fn load_at(mem: &Memory, addr: &Addr, loops: &[u64], len: u64, elem: IntType, out: &mut Vec<i64>) -> Result<(), Fault> {
    mem.load(addr.space, at(&addr.at, loops), len, elem, out)
}

/// Runs one DCOM instruction; false when it is none.
pub fn execute(
    instr: &Instr,
    program: &Program,
    requants: &[Requantiser],
    mem: &mut Memory,
    work: &mut Work,
    loops: &[u64],
) -> Result<bool, Fault> {
    let Work { a, b, narrow } = work;
    let requantiser = |id: &cim_isa::types::RequantId| {
        requants.get(id.index()).ok_or_else(|| Fault::Invalid(format!("requantisation {} does not exist", id.0)))
    };
    match instr {
        Instr::Relu { dst, src, len, elem } => {
            load_at(mem, src, loops, u64::from(*len), *elem, a)?;
            a.iter_mut().for_each(|v| *v = (*v).max(0));
            mem.store(dst.space, at(&dst.at, loops), *elem, a)?;
        }
        Instr::Clip { dst, src, len, elem, lo, hi } => {
            if lo > hi {
                return Err(Fault::Invalid(format!("clip to {lo}..={hi} is not possible")));
            }
            load_at(mem, src, loops, u64::from(*len), *elem, a)?;
            a.iter_mut().for_each(|v| *v = (*v).clamp(*lo, *hi));
            mem.store(dst.space, at(&dst.at, loops), *elem, a)?;
        }
        Instr::Add { dst, a: x, b: y, len, elem } | Instr::Mul { dst, a: x, b: y, len, elem } => {
            load_at(mem, x, loops, u64::from(*len), *elem, a)?;
            load_at(mem, y, loops, u64::from(*len), *elem, b)?;
            let add = matches!(instr, Instr::Add { .. });
            for (i, (x, y)) in a.iter_mut().zip(b.iter()).enumerate() {
                let result = if add { x.checked_add(*y) } else { x.checked_mul(*y) };
                *x = result.ok_or_else(|| {
                    let (x, y) = (i128::from(*x), i128::from(*y));
                    overflow(if add { x + y } else { x * y }, *elem, i)
                })?;
            }
            mem.store(dst.space, at(&dst.at, loops), *elem, a)?;
        }
        Instr::ReduceAdd { dst, src, count, stride, len, elem, accumulate } => {
            let (to, from) = (at(&dst.at, loops), at(&src.at, loops));
            if *elem == IntType::I32 {
                let (to, from) = ((dst.space, to, *len), (src.space, from));
                if narrow.reduce_add(mem, to, from, (*count, *stride), *accumulate).is_some() {
                    return Ok(true);
                }
            }
            if *accumulate {
                mem.load(dst.space, to, u64::from(*len), *elem, a)?;
            } else {
                a.clear();
                a.resize(*len as usize, 0);
            }
            for i in 0..u64::from(*count) {
                mem.load(src.space, offset(from, i, *stride)?, u64::from(*len), *elem, b)?;
                accumulate_into(a, b, 0, false, *elem)?;
            }
            mem.store(dst.space, to, *elem, a)?;
        }
        Instr::ShiftAcc { dst, src, len, shift, negate, elem } => {
            let to = at(&dst.at, loops);
            mem.load(dst.space, to, u64::from(*len), *elem, a)?;
            load_at(mem, src, loops, u64::from(*len), *elem, b)?;
            accumulate_into(a, b, *shift, *negate, *elem)?;
            mem.store(dst.space, to, *elem, a)?;
        }
        Instr::Offset { dst, src, input, positions, groups, inner, outputs, factor, elem } => {
            let to = at(&dst.at, loops);
            let block = u64::from(*groups) * u64::from(*inner);
            if *elem == IntType::I32 && *groups == 1 && input.bytes() == 1 {
                let inputs = (src.space, at(&src.at, loops), block.saturating_mul(u64::from(*positions)));
                if narrow.offset(mem, (dst.space, to, *outputs), inputs, *input, *factor).is_some() {
                    return Ok(true);
                }
            }
            load_at(mem, src, loops, block.saturating_mul(u64::from(*positions)), *input, b)?;
            mem.load(dst.space, to, u64::from(*groups).saturating_mul(u64::from(*outputs)), *elem, a)?;
            let (inner, outputs) = (*inner as usize, *outputs as usize);
            for (g, out) in a.chunks_mut(outputs.max(1)).enumerate() {
                let parts = b.chunks((block as usize).max(1)).filter_map(|p| p.get(g * inner..(g + 1) * inner));
                let sum: i128 = parts.flatten().map(|v| i128::from(*v)).sum();
                let correction = sum.checked_mul(i128::from(*factor)).and_then(|c| i64::try_from(c).ok());
                let Some(correction) = correction else { return Err(overflow(sum, *elem, g * outputs)) };
                for v in out {
                    *v = v.checked_sub(correction).ok_or_else(|| overflow(i128::from(*v), *elem, g * outputs))?;
                }
            }
            mem.store(dst.space, to, *elem, a)?;
        }
        Instr::Requantise { dst, to, src, from, len, channel, channels, requant } => {
            if *from == IntType::I32 {
                let result = (dst.space, at(&dst.at, loops), *to);
                let values = (src.space, at(&src.at, loops), *len);
                let constants = (at(channel, loops), *channels as usize);
                if narrow.requantise(mem, result, values, constants, requantiser(requant)?).is_some() {
                    return Ok(true);
                }
            }
            load_at(mem, src, loops, u64::from(*len), *from, a)?;
            requantiser(requant)?.apply(a, *from, at(channel, loops), *channels as usize)?;
            mem.store(dst.space, at(&dst.at, loops), *to, a)?;
        }
        Instr::AddRequantise { dst, to, a: x, a_elem, b: y, b_elem, len, requant } => {
            let result = (dst.space, at(&dst.at, loops), *to);
            let operand = |a: &Addr| (a.space, at(&a.at, loops), *len);
            let (first, second) = ((operand(x), *a_elem), (operand(y), *b_elem));
            if narrow.add_requantise(mem, result, first, second, requantiser(requant)?).is_some() {
                return Ok(true);
            }
            load_at(mem, x, loops, u64::from(*len), *a_elem, a)?;
            load_at(mem, y, loops, u64::from(*len), *b_elem, b)?;
            requantiser(requant)?.apply_sum(a, b)?;
            mem.store(dst.space, at(&dst.at, loops), *to, a)?;
        }
        Instr::Pool { kind, dst, src, window } => {
            let missing = || Fault::Invalid("a pooling refers to a table entry that does not exist".into());
            let to = program.buffers.get(dst.index()).ok_or_else(missing)?;
            let from = program.buffers.get(src.index()).ok_or_else(missing)?;
            let window = program.windows.get(window.index()).ok_or_else(missing)?;
            let average = match kind {
                PoolKind::Max => None,
                PoolKind::Average(id) => Some(requantiser(id)?),
            };
            pool(mem, to, from, window, average, a)?;
        }
        _ => return Ok(false),
    }
    Ok(true)
}

/// `base + index * stride` as an address.
pub fn offset(base: i64, index: u64, stride: u64) -> Result<i64, Fault> {
    let sum = i128::from(base) + i128::from(index) * i128::from(stride);
    i64::try_from(sum).map_err(|_| Fault::Invalid(format!("address {sum} is out of range")))
}

/// `acc (+|-)= values << shift`; the caller checks the element type when it stores.
pub fn accumulate_into(acc: &mut [i64], values: &[i64], shift: u8, negate: bool, elem: IntType) -> Result<(), Fault> {
    if shift > 62 {
        return Err(Fault::Invalid(format!("a shift by {shift} is not possible")));
    }
    let limit = i64::MAX >> shift;
    let mut bad = false;
    for (a, v) in acc.iter_mut().zip(values) {
        bad |= *v > limit || *v < -limit;
        let v = v << shift;
        let (sum, over) = if negate { a.overflowing_sub(v) } else { a.overflowing_add(v) };
        bad |= over;
        *a = sum;
    }
    if bad {
        let largest = values.iter().max_by_key(|v| v.unsigned_abs()).copied().unwrap_or(0);
        return Err(overflow(i128::from(largest) << shift, elem, 0));
    }
    Ok(())
}

/// Pooling of a whole buffer. An average counts padded positions up to the declared padding when the window says so.
fn pool(
    mem: &mut Memory,
    to: &Buffer,
    from: &Buffer,
    window: &Window,
    average: Option<&Requantiser>,
    values: &mut Vec<i64>,
) -> Result<(), Fault> {
    let channels = to.shape[2];
    if from.shape != window.input || to.shape[..2] != window.output || channels != from.shape[2] {
        return Err(Fault::Invalid(format!(
            "pooling of `{}` into `{}`: shapes differ from the window",
            from.name, to.name
        )));
    }
    let size = u64::from(from.elem.bytes());
    let mut result = Vec::new();
    for ho in 0..window.output[0] {
        for wo in 0..window.output[1] {
            let mut count = 0usize;
            result.clear();
            result.resize(channels as usize, if average.is_some() { 0 } else { i64::MIN });
            for kh in 0..window.kernel[0] {
                for kw in 0..window.kernel[1] {
                    let h = coordinate(window, 0, ho, kh);
                    let w = coordinate(window, 1, wo, kw);
                    let inside = |v: i64, n: u32| v >= 0 && v < i64::from(n);
                    if inside(h, from.shape[0]) && inside(w, from.shape[1]) {
                        count += 1;
                        let at = element(from, h as u64, w as u64, 0)?;
                        gather(mem, from, at, size, channels, values)?;
                        match average {
                            Some(_) => accumulate_into(&mut result, values, 0, false, IntType::I64)?,
                            None => result.iter_mut().zip(values.iter()).for_each(|(r, v)| *r = (*r).max(*v)),
                        }
                    } else if average.is_some() && window.count_include_pad {
                        let declared = |v: i64, n: u32, end: u32| v < i64::from(n) + i64::from(end);
                        if declared(h, from.shape[0], window.pad_end[0])
                            && declared(w, from.shape[1], window.pad_end[1])
                        {
                            count += 1;
                            for r in result.iter_mut() {
                                let sum = r.checked_add(window.pad_value);
                                *r = sum.ok_or_else(|| overflow(i128::from(*r), IntType::I64, 0))?;
                            }
                        }
                    }
                }
            }
            if count == 0 {
                return Err(Fault::Invalid(format!(
                    "pooling of `{}`: a window lies completely in the padding",
                    from.name
                )));
            }
            if let Some(r) = average {
                // One multiplier per number of counted elements, the same for all channels.
                r.apply(&mut result, IntType::I64, count as i64 - 1, 1)?;
            }
            for (c, v) in result.iter().enumerate() {
                let at = element(to, u64::from(ho), u64::from(wo), c as u64)?;
                mem.store(to.space, at, to.elem, &[*v])?;
            }
        }
    }
    Ok(())
}

/// Input coordinate of kernel position `k` at output `o` along `axis`; negative or too large in the padding.
pub fn coordinate(window: &Window, axis: usize, o: u32, k: u32) -> i64 {
    i64::from(o) * i64::from(window.stride[axis]) + i64::from(k) * i64::from(window.dilation[axis])
        - i64::from(window.pad[axis])
}

/// Byte address of an element of a buffer.
pub fn element(b: &Buffer, h: u64, w: u64, c: u64) -> Result<i64, Fault> {
    let mut sum = i128::from(b.addr);
    for (i, stride) in [h, w, c].into_iter().zip(b.strides) {
        sum += i128::from(i) * i128::from(stride);
    }
    i64::try_from(sum).map_err(|_| Fault::Invalid(format!("buffer `{}` reaches beyond any memory", b.name)))
}

/// Loads the channels of one pixel.
fn gather(mem: &Memory, b: &Buffer, at: i64, size: u64, channels: u32, out: &mut Vec<i64>) -> Result<(), Fault> {
    if b.strides[2] == size {
        return mem.load(b.space, at, u64::from(channels), b.elem, out);
    }
    out.clear();
    for c in 0..u64::from(channels) {
        out.push(load_one(mem.bytes(b.space, offset(at, c, b.strides[2])?, size)?, b.elem));
    }
    Ok(())
}

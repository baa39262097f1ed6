//! DMOV: strided copies and fills.

use cim_isa::Instr;
use cim_isa::instr::MoveDim;

use crate::error::Fault;
use crate::memory::{Memory, range_of, space_name, store};

/// Calls `each(source offset, destination offset)` for every step of up to four dimensions, outermost first.
pub fn steps(dims: &[MoveDim], mut each: impl FnMut(i64, i64) -> Result<(), Fault>) -> Result<(), Fault> {
    fn walk(
        dims: &[MoveDim],
        src: i64,
        dst: i64,
        each: &mut impl FnMut(i64, i64) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let Some((dim, rest)) = dims.split_first() else { return each(src, dst) };
        for i in 0..i64::from(dim.count) {
            let step = |base: i64, stride: i64| {
                stride
                    .checked_mul(i)
                    .and_then(|s| base.checked_add(s))
                    .ok_or_else(|| Fault::Invalid(format!("a move reaches beyond any memory: {base} + {i} * {stride}")))
            };
            walk(rest, step(src, dim.src_stride)?, step(dst, dim.dst_stride)?, each)?;
        }
        Ok(())
    }
    if dims.len() > 4 {
        return Err(Fault::Invalid(format!("a move has at most 4 dimensions, not {}", dims.len())));
    }
    walk(dims, 0, 0, &mut each)
}

/// Runs one DMOV instruction; false when it is none.
pub fn execute(instr: &Instr, mem: &mut Memory, loops: &[u64]) -> Result<bool, Fault> {
    match instr {
        Instr::Mov { dst, src, dims, bytes, .. } => {
            let (to, from, len) = (dst.at.eval(loops), src.at.eval(loops), u64::from(*bytes));
            steps(dims, |s, d| {
                let (s, d) = (from.wrapping_add(s), to.wrapping_add(d));
                if dst.space == src.space {
                    let memory = mem.space_mut(src.space);
                    let name = space_name(src.space);
                    let range = range_of(memory.len(), name, s, len)?;
                    let at = range_of(memory.len(), name, d, len)?.start;
                    memory.copy_within(range, at);
                } else {
                    let Memory { l0, l1 } = mem;
                    let (a, b) = match src.space {
                        cim_isa::Space::L0 => (&*l0, l1),
                        cim_isa::Space::L1 => (&*l1, l0),
                    };
                    let range = range_of(a.len(), space_name(src.space), s, len)?;
                    let target = range_of(b.len(), space_name(dst.space), d, len)?;
                    b[target].copy_from_slice(&a[range]);
                }
                Ok(())
            })?;
        }
        Instr::Fill { dst, dims, len, value, elem } => {
            let to = dst.at.eval(loops);
            let size = elem.bytes() as usize;
            let mut one = [0u8; 8];
            store(&mut one[..size], *elem, &[*value])?;
            let total = u64::from(*len) * size as u64;
            steps(dims, |_, d| {
                let bytes = mem.bytes_mut(dst.space, to.wrapping_add(d), total)?;
                match size {
                    1 => bytes.fill(one[0]),
                    _ => bytes.chunks_exact_mut(size).for_each(|b| b.copy_from_slice(&one[..size])),
                }
                Ok(())
            })?;
        }
        _ => return Ok(false),
    }
    Ok(true)
}

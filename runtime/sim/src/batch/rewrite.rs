//! Instructions whose written operands lie in scratch lines.

use cim_isa::instr::{Addr, Affine};
use cim_isa::{Instr, Program, Space};

use super::{Read, Region, Step};
use crate::extent::range;

/// Where the bytes of a nest are while it runs.
#[derive(Debug, Default)]
pub struct Places {
    /// Trip counts of all loops around the body.
    pub trips: Vec<u64>,
    /// Address of an iteration's scratch line.
    pub line: Affine,
    /// Ranges that are only read, in place.
    pub direct: Vec<(Space, i128, i128)>,
    /// Ranges with their region of the scratch line.
    pub scratch: Vec<(i128, i128, Region)>,
}

impl Places {
    /// The address during a block. Scratch lines are addressed as L1.
    fn place(&self, addr: &Addr) -> Option<Addr> {
        let (lo, _) = range(&addr.at, &self.trips);
        let inside = |a: i128, b: i128| a <= lo && lo < b;
        if let Some((_, _, region)) = self.scratch.iter().find(|(a, b, r)| r.space == addr.space && inside(*a, *b)) {
            let offset = addr.at.base.checked_sub(region.base.base)?.checked_add(i64::try_from(region.at).ok()?)?;
            if addr.at.terms != region.base.terms {
                return None;
            }
            return Some(Addr { space: Space::L1, at: Affine { base: offset, terms: self.line.terms.clone() } });
        }
        let direct = self.direct.iter().any(|(space, a, b)| *space == addr.space && inside(*a, *b));
        (direct && addr.space == Space::L0).then(|| addr.clone())
    }

    /// The offset in the scratch line of an operand that must lie there.
    fn offset(&self, addr: &Addr) -> Option<usize> {
        let placed = self.place(addr)?;
        (placed.space == Space::L1).then(|| usize::try_from(placed.at.base).ok())?
    }
}

/// Gives every operand its place; None when an operand has none.
pub fn rewrite(program: &Program, places: &Places, list: Vec<Instr>) -> Option<Vec<Step>> {
    list.into_iter().map(|i| step(program, places, i)).collect()
}

fn step(program: &Program, places: &Places, mut instr: Instr) -> Option<Step> {
    let read = match &instr {
        Instr::ReadXb { xb, len, rows, src, src_stride, dst, dst_stride, port, shift, negate, accumulate } => Read {
            xb: xb.clone(),
            len: *len,
            row: Affine::constant(0),
            rows: *rows,
            src: places.offset(src)?,
            src_stride: usize::try_from(*src_stride).ok()?,
            dst: places.offset(dst)?,
            dst_stride: usize::try_from(*dst_stride).ok()?,
            port: *port,
            shift: *shift,
            negate: *negate,
            accumulate: *accumulate,
            same_input: false,
        },
        Instr::ReadRow { xb, row, len, src, dst, port, shift, negate, accumulate } => Read {
            xb: xb.clone(),
            len: 1,
            row: row.clone(),
            rows: *len,
            src: places.offset(src)?,
            src_stride: 0,
            dst: places.offset(dst)?,
            dst_stride: 0,
            port: *port,
            shift: *shift,
            negate: *negate,
            accumulate: *accumulate,
            same_input: false,
        },
        _ => {
            for addr in operands(&mut instr)? {
                *addr = places.place(addr)?;
            }
            let follows = |a: &Affine| a.terms.iter().any(|t| t.0 < places.trips.len() as u8);
            let mut varies = matches!(&instr, Instr::Requantise { channel, .. } if follows(channel));
            varies |= operands(&mut instr)?.iter().any(|a| follows(&a.at));
            return Some(Step::Single(instr, varies));
        }
    };
    // All inputs are taken before the first result is written, so results must not reach them.
    let port = program.ports.get(read.port.index())?;
    let last = read.len.checked_sub(1)? as usize;
    let input = read.src..read.src + last * read.src_stride + read.rows as usize * port.input.bytes() as usize;
    let result = read.dst..read.dst + last * read.dst_stride + port.outputs as usize * port.output.bytes() as usize;
    (input.end <= result.start || result.end <= input.start).then_some(Step::Read(read))
}

/// Address operands of the instructions that a nest may hold beside reads.
fn operands(instr: &mut Instr) -> Option<Vec<&mut Addr>> {
    Some(match instr {
        Instr::Relu { dst, src, .. }
        | Instr::Clip { dst, src, .. }
        | Instr::ReduceAdd { dst, src, .. }
        | Instr::ShiftAcc { dst, src, .. }
        | Instr::Offset { dst, src, .. }
        | Instr::Requantise { dst, src, .. }
        | Instr::Mov { dst, src, .. } => vec![dst, src],
        Instr::Add { dst, a, b, .. } | Instr::Mul { dst, a, b, .. } | Instr::AddRequantise { dst, a, b, .. } => {
            vec![dst, a, b]
        }
        Instr::Fill { dst, .. } => vec![dst],
        _ => return None,
    })
}

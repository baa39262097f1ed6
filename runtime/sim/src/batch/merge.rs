//! Straight-line code of a loop body: parallel blocks opened, loops over row groups as one read, and reads of adjacent
//! row groups into the same accumulators as one.

use cim_isa::{Instr, Program};

use super::find::Context;
use crate::access::{Access, Kind, accesses};
use crate::engine::Converters;
use crate::fuse::{self, Fusable};

/// The leaf instructions of a body in program order; None when it holds a loop that must stay one.
pub fn leaves(body: &[Instr], fusable: &Fusable) -> Option<Vec<Instr>> {
    let mut list = Vec::new();
    for instr in body {
        match instr {
            Instr::Parallel { body } => {
                if body.iter().any(|i| matches!(i, Instr::Parallel { .. } | Instr::Loop { .. })) {
                    return None;
                }
                list.extend(body.iter().cloned());
            }
            Instr::Loop { trip, body } if fusable.contains(body) => {
                for read in fuse::reads(body) {
                    let mut read = read.clone();
                    let Instr::ReadRow { len, .. } = &mut read else { return None };
                    *len = u32::try_from(u64::from(*len).checked_mul(*trip)?).ok()?;
                    list.push(read);
                }
            }
            Instr::Loop { .. } => return None,
            leaf => list.push(leaf.clone()),
        }
    }
    Some(list)
}

/// Drops the loop variables of fused loops: index 0 is where the fused read begins.
pub fn without_inner(list: &mut [Instr], depth: usize) {
    for instr in list {
        if let Instr::ReadRow { xb, row, src, dst, .. } = instr {
            for a in [xb, row, &mut src.at, &mut dst.at] {
                a.terms.retain(|t| usize::from(t.0) < depth);
            }
        }
    }
}

/// Joins reads of adjacent row groups where the sum of both is the read over all rows. None when the list is too long.
pub fn merge(context: &Context<'_>, list: Vec<Instr>) -> Option<Vec<Instr>> {
    let mut merged: Vec<(Instr, Vec<Access>)> = Vec::new();
    for instr in list {
        let own = accesses(context.program, &instr);
        let target = join_target(context, &merged, &instr, &own)?;
        match (target.and_then(|at| merged.get_mut(at)), &instr) {
            (Some((joined @ Instr::ReadRow { .. }, touched)), Instr::ReadRow { len: more, .. }) => {
                if let Instr::ReadRow { len, .. } = joined {
                    *len += more;
                }
                *touched = accesses(context.program, joined);
            }
            _ => merged.push((instr, own)),
        }
    }
    Some(merged.into_iter().map(|(instr, _)| instr).collect())
}

/// The earlier read that `instr` continues, when moving it there changes nothing. The outer None: no budget is left.
fn join_target(
    context: &Context<'_>,
    list: &[(Instr, Vec<Access>)],
    instr: &Instr,
    own: &[Access],
) -> Option<Option<usize>> {
    let Instr::ReadRow { dst: to, accumulate: true, .. } = instr else { return Some(None) };
    for (at, (earlier, others)) in list.iter().enumerate().rev() {
        context.budget.take(16)?;
        if let Instr::ReadRow { dst, .. } = earlier
            && dst == to
        {
            return Some(continues(context.program, context.converters, earlier, instr).then_some(at));
        }
        if own.iter().any(|a| others.iter().any(|b| conflict(a, b))) {
            break;
        }
    }
    Some(None)
}

/// May these two accesses not change their order? Only addresses that differ by a constant are compared.
fn conflict(a: &Access, b: &Access) -> bool {
    if a.space != b.space || (a.kind == Kind::Read && b.kind == Kind::Read) || a.is_empty() || b.is_empty() {
        return false;
    }
    if a.at.terms != b.at.terms {
        return true;
    }
    let range = |x: &Access| {
        let (lo, hi) = x.reach();
        (i128::from(x.at.base) + lo, i128::from(x.at.base) + hi)
    };
    let (a, b) = (range(a), range(b));
    a.0 < b.1 && b.0 < a.1
}

fn continues(program: &Program, converters: &Converters, first: &Instr, next: &Instr) -> bool {
    let (
        Instr::ReadRow { xb, row, len, src, dst, port, shift, negate, accumulate: false },
        Instr::ReadRow {
            xb: xb2,
            row: row2,
            len: len2,
            src: src2,
            dst: dst2,
            port: port2,
            shift: shift2,
            negate: negate2,
            accumulate: true,
        },
    ) = (first, next)
    else {
        return false;
    };
    let Some(format) = program.ports.get(port.index()) else { return false };
    let bytes = i64::from(*len) * i64::from(format.input.bytes());
    let together = u64::from(*len) + u64::from(*len2);
    // Partial sums of the parts are sums over rows too, so they fit wherever the proof of the engine holds for all rows.
    xb == xb2
        && port == port2
        && shift == shift2
        && negate == negate2
        && dst == dst2
        && src.space == src2.space
        && src.at.terms == src2.at.terms
        && src.at.base.checked_add(bytes) == Some(src2.at.base)
        && row.terms == row2.terms
        && row.base.checked_add(i64::from(*len)) == Some(row2.base)
        && *shift == 0
        && format.output.signed
        && format.output.bits >= 32
        && together <= 1 << 20
        && !converters.can_clip(together as u32, format.input)
}

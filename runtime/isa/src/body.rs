//! Instruction lists in bytes: opcode, operands; a loop or block is its opcode, trip count, number of instructions, instructions.

use crate::instr::Instr;
use crate::schema::{MAX_DEPTH, OP_LOOP, OP_PARALLEL, Variants};
use crate::wire::{Reader, Result, Writer};

pub(crate) fn put(body: &[Instr], w: &mut Writer) {
    w.varint(body.len() as u64);
    for instr in body {
        match instr {
            Instr::Loop { trip, body } => {
                w.byte(OP_LOOP);
                w.varint(*trip);
                put(body, w);
            }
            Instr::Parallel { body } => {
                w.byte(OP_PARALLEL);
                put(body, w);
            }
            leaf => {
                w.byte(leaf.tag_and_name().0);
                leaf.put_fields(w);
            }
        }
    }
}

/// `depth` loops surround the list; a parallel block ends the nesting.
pub(crate) fn get(r: &mut Reader, depth: usize, in_parallel: bool) -> Result<Vec<Instr>> {
    let count = r.count()?;
    let mut out = Vec::with_capacity(count.min(64));
    for _ in 0..count {
        r.charge(size_of::<Instr>())?;
        let at = r.pos();
        let op = r.byte()?;
        let instr = match op {
            OP_LOOP | OP_PARALLEL if in_parallel => {
                return r.fail(at, "a parallel block holds neither loops nor blocks");
            }
            OP_LOOP if depth >= MAX_DEPTH => return r.fail(at, format!("loops nest deeper than {MAX_DEPTH}")),
            OP_LOOP => Instr::Loop { trip: r.varint()?, body: get(r, depth + 1, false)? },
            OP_PARALLEL => Instr::Parallel { body: get(r, depth, true)? },
            _ => match Instr::get_fields(op, r)? {
                Some(i) => i,
                None => return r.fail(at, format!("unknown instruction {op}")),
            },
        };
        out.push(instr);
    }
    Ok(out)
}

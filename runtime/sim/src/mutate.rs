//! Single faults planted in a program, to show that a comparison can fail.

use bytes::Bytes;
use cim_isa::Program;
use cim_isa::types::ConstId;

/// Flips bits of one byte of a constant (a weight, a bias, a multiplier). False when there is no such byte.
pub fn flip_constant(program: &mut Program, constant: ConstId, byte: usize, mask: u8) -> bool {
    let Some(c) = program.constants.get_mut(constant.index()) else { return false };
    let mut data = c.data.to_vec();
    let Some(b) = data.get_mut(byte) else { return false };
    *b ^= mask;
    c.data = Bytes::from(data);
    true
}

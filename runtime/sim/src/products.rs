//! Integer products of a block of input vectors with one crossbar.

use cim_isa::types::IntType;

use crate::cells::View;
use crate::kernels::{self, Level, PairJob};

/// Can sums over `len` rows be computed in 32 bits?
pub fn fits_32_bits(view: &View, len: u32, elem: IntType) -> bool {
    elem.bits <= 31 && u128::from(len) * view.largest() * (1u128 << elem.bits) < 1 << 31
}

/// Do all inputs of this type fit 16 bits?
pub fn fits_16_bits(elem: IntType) -> bool {
    elem.bits < 16 || (elem.bits == 16 && elem.signed)
}

/// Only the declared bits reach the converters.
pub fn declared(value: i64, elem: IntType) -> i64 {
    let unused = 64 - u32::from(elem.bits);
    if elem.signed { value << unused >> unused } else { ((value as u64) << unused >> unused) as i64 }
}

/// Inputs and results of a block; the memory is reused.
#[derive(Clone, Debug, Default)]
pub struct Products {
    inputs: Vec<i16>,
    sums: Vec<i32>,
    /// Inputs of a vector, with those that fill up pairs of rows.
    length: usize,
    lead: usize,
    vectors: usize,
}

impl Products {
    /// Begins a block of `vectors` inputs for the rows `row .. row + len`.
    pub fn begin(&mut self, vectors: usize, row: u32, len: u32) {
        // Pairs count from an even row.
        let lead = row as usize % 2;
        let length = (lead + len as usize).next_multiple_of(2);
        if (vectors, length, lead) != (self.vectors, self.length, self.lead) || (lead + len as usize) % 2 == 1 {
            self.inputs.clear();
            self.inputs.resize(vectors * length, 0);
        }
        (self.vectors, self.length, self.lead) = (vectors, length, lead);
    }

    /// Sets one vector from its bytes; `elem` has at most 16 bits.
    pub fn input(&mut self, vector: usize, bytes: &[u8], elem: IntType) {
        let Some(out) = self.inputs.get_mut(vector * self.length + self.lead..) else { return };
        let (bits, signed) = (u32::from(elem.bits), elem.signed);
        if elem.bytes() == 1 {
            let values = out.iter_mut().zip(bytes);
            match (bits, signed) {
                (8, false) => values.for_each(|(o, b)| *o = i16::from(*b)),
                (_, false) => values.for_each(|(o, b)| *o = i16::from(b & ((1u8 << bits) - 1))),
                (_, true) => values.for_each(|(o, b)| *o = i16::from(((*b << (8 - bits)) as i8) >> (8 - bits))),
            }
        } else {
            let values = out.iter_mut().zip(bytes.as_chunks::<2>().0);
            values.for_each(|(o, b)| *o = declared(i64::from(u16::from_le_bytes(*b)), elem) as i16);
        }
    }

    /// Multiplies all vectors with the crossbar: `View::weight_stride` sums a vector. `pairs` are the numbers of
    /// `view`, `row` the row that the block began with.
    pub fn run(&mut self, level: Level, view: &View, pairs: &[i16], row: u32) -> &[i32] {
        let stride = view.weight_stride;
        self.sums.resize(self.vectors * stride, 0);
        let job = PairJob {
            weights: &pairs[row as usize / 2 * 2 * stride..],
            stride,
            inputs: &self.inputs,
            pitch: self.length,
            vectors: self.vectors,
            pairs: self.length / 2,
        };
        kernels::pairs(level, &job, &mut self.sums);
        &self.sums
    }
}

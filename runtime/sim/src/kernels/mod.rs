//! Inner loops, in a portable form and for AVX2; the processor is asked once. All forms give the same numbers.

/// The digital units, each a plain loop: declared once for the choice of a form and for the AVX2 form.
macro_rules! digital_kernels {
    ($with:ident) => {
        $with! {
            /// `acc[j] += values[j]` (little-endian); true when a sum left 32 bits.
            fn add(acc: &mut [i32], values: &[[u8; 4]]) -> bool;
            /// `out[j] = acc[j] - value`; true when a difference left 32 bits.
            fn subtract(acc: &[[u8; 4]], value: i32, out: &mut [i32]) -> bool;
            /// `acc[j] += factor * values[j]`; the caller proves that the sums fit.
            fn accumulate(acc: &mut [i64], values: &[i32], factor: i32);
            /// `acc[j] -= value`, wrapping.
            fn lower(acc: &mut [i64], value: i64);
            /// Sum of fewer than 2^23 bytes.
            fn total(bytes: &[u8], signed: bool) -> i32;
            /// Requantises accumulators to bytes; element j uses channel `j % r.m.len()`. The caller proves that products fit
            /// 64 bits.
            fn rescale(values: &[[u8; 4]], r: &Rescale<'_>, out: &mut [u8]);
            /// Residual addition of two tensors with the first channel of `r` and the second multiplier `m2`.
            fn rescale_sum(x: &[i16], y: &[i16], m2: i32, r: &Rescale<'_>, out: &mut [u8]);
        }
    };
}

mod digital;
mod pairs;
mod portable;
#[cfg(target_arch = "x86_64")]
mod x86;

use crate::cells::WeightPlane;

pub use digital::Rescale;
pub use pairs::PairJob;

/// Which form runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Plain Rust.
    Portable,
    /// 256-bit integer vectors.
    #[cfg(target_arch = "x86_64")]
    Avx2(x86::Avx2),
}

impl Level {
    /// The best form this processor runs.
    pub fn detect() -> Level {
        #[cfg(target_arch = "x86_64")]
        if let Some(token) = x86::Avx2::detect() {
            return Level::Avx2(token);
        }
        Level::Portable
    }
}

/// One bit plane of an input vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InputPlane {
    /// Its weight is `2^shift`.
    pub shift: u8,
    /// The top plane of a signed input.
    pub negative: bool,
}

/// A bit-sliced product without clipping: `acc[j] += sum over input planes, rows, weight planes`.
#[derive(Clone, Copy, Debug)]
pub struct BitJob<'a> {
    /// Cells from the first row block on: `stride` bytes per eight rows.
    pub bits: &'a [u8],
    /// Bytes per eight rows, a multiple of 32.
    pub stride: usize,
    /// Outputs.
    pub outputs: usize,
    /// Weight planes; byte `plane * outputs + output` of a row block.
    pub planes: &'a [WeightPlane],
    /// Input bits, one byte per eight rows, plane after plane.
    pub inputs: &'a [u8],
    /// What each input plane means.
    pub input_planes: &'a [InputPlane],
}

/// Reused memory of the kernels.
#[derive(Clone, Debug, Default)]
pub struct Scratch {
    counts: Vec<u8>,
    sums: Vec<i32>,
    active: Vec<(u32, u8)>,
}

/// Row blocks whose counts fit a byte.
const MAX_BLOCKS: usize = 31;

/// Runs a [`BitJob`]. `acc` has `outputs` elements.
pub fn bit_sliced(level: Level, job: &BitJob<'_>, scratch: &mut Scratch, acc: &mut [i64]) {
    match level {
        Level::Portable => bit_sliced_with(job, scratch, acc, portable::count),
        #[cfg(target_arch = "x86_64")]
        Level::Avx2(token) => x86::bit_sliced(token, job, scratch, acc),
    }
}

/// The common part: planes and blocks; `count` fills `counts[c]` with the set bits of column c under the active inputs.
#[inline(always)]
fn bit_sliced_with(
    job: &BitJob<'_>,
    scratch: &mut Scratch,
    acc: &mut [i64],
    count: impl Fn(&[u8], usize, &[(u32, u8)], &mut [u8]),
) {
    let blocks = job.inputs.len() / job.input_planes.len().max(1);
    scratch.counts.resize(job.stride, 0);
    for (input, plane) in job.inputs.chunks_exact(blocks.max(1)).zip(job.input_planes) {
        for (first, chunk) in input.chunks(MAX_BLOCKS).enumerate() {
            scratch.active.clear();
            let active = chunk.iter().enumerate().filter(|(_, x)| **x != 0);
            scratch.active.extend(active.map(|(i, x)| ((i + first * MAX_BLOCKS) as u32, *x)));
            if scratch.active.is_empty() {
                continue;
            }
            count(job.bits, job.stride, &scratch.active, &mut scratch.counts);
            scratch.sums.clear();
            scratch.sums.resize(job.outputs, 0);
            for (w, counts) in job.planes.iter().zip(scratch.counts.chunks_exact(job.outputs.max(1))) {
                let sums = scratch.sums.iter_mut().zip(counts);
                if w.negative {
                    sums.for_each(|(s, c)| *s -= i32::from(*c) << w.shift);
                } else {
                    sums.for_each(|(s, c)| *s += i32::from(*c) << w.shift);
                }
            }
            let sums = acc.iter_mut().zip(&scratch.sums);
            if plane.negative {
                sums.for_each(|(a, s)| *a -= i64::from(*s) << plane.shift);
            } else {
                sums.for_each(|(a, s)| *a += i64::from(*s) << plane.shift);
            }
        }
    }
}

/// An integer product: `acc[j] += sum_r x[r] * weights[r * stride + j]`, with sums that fit 32 bits.
#[derive(Clone, Copy, Debug)]
pub struct IntJob<'a> {
    /// Stored numbers from the first row on.
    pub weights: &'a [i32],
    /// Numbers per row, a multiple of 16.
    pub stride: usize,
    /// Inputs.
    pub inputs: &'a [i32],
}

/// Runs an [`IntJob`]. `acc` has `stride` elements; sums wrap, so the caller proves that they fit.
pub fn integer(level: Level, job: &IntJob<'_>, acc: &mut [i32]) {
    match level {
        Level::Portable => integer_with(job, acc),
        #[cfg(target_arch = "x86_64")]
        Level::Avx2(token) => x86::integer(token, job, acc),
    }
}

#[inline(always)]
fn integer_with(job: &IntJob<'_>, acc: &mut [i32]) {
    const LANES: usize = 16;
    let rows = || job.inputs.iter().zip(job.weights.chunks_exact(job.stride.max(1)));
    let (wide, rest) = acc.as_chunks_mut::<{ 2 * LANES }>();
    for (i, out) in wide.iter_mut().enumerate() {
        let mut sum = *out;
        for (x, line) in rows().filter(|(x, _)| **x != 0) {
            let line = &line[i * 2 * LANES..][..2 * LANES];
            sum.iter_mut().zip(line).for_each(|(s, w)| *s = s.wrapping_add(x.wrapping_mul(*w)));
        }
        *out = sum;
    }
    let at = wide.len() * 2 * LANES;
    for (i, out) in rest.as_chunks_mut::<LANES>().0.iter_mut().enumerate() {
        let mut sum = *out;
        for (x, line) in rows().filter(|(x, _)| **x != 0) {
            let line = &line[at + i * LANES..][..LANES];
            sum.iter_mut().zip(line).for_each(|(s, w)| *s = s.wrapping_add(x.wrapping_mul(*w)));
        }
        *out = sum;
    }
}

/// Runs a [`PairJob`]: `sums[v * stride + j]` becomes the product of vector v with column j. Sums wrap, so the caller
/// proves that they fit.
///
/// # Panics
/// The job does not lie inside its slices.
pub fn pairs(level: Level, job: &PairJob<'_>, sums: &mut [i32]) {
    assert!(job.fits(sums.len()), "vectors, stored numbers or sums beyond their slices");
    match level {
        Level::Portable => pairs::portable(job, sums),
        #[cfg(target_arch = "x86_64")]
        Level::Avx2(token) => x86::pairs(token, job, sums),
    }
}

/// Loops of [`digital`] at the level of the processor.
macro_rules! dispatch {
    ($($(#[$doc:meta])* fn $name:ident($($arg:ident: $ty:ty),*) $(-> $out:ty)?;)*) => {$(
        $(#[$doc])*
        pub fn $name(level: Level, $($arg: $ty),*) $(-> $out)? {
            match level {
                Level::Portable => digital::$name($($arg),*),
                #[cfg(target_arch = "x86_64")]
                Level::Avx2(token) => x86::$name(token, $($arg),*),
            }
        }
    )*};
}

digital_kernels!(dispatch);

/// Set bits of each of `stride` columns under the active inputs (row block, mask), for the clipping form.
pub fn count(level: Level, bits: &[u8], stride: usize, active: &[(u32, u8)], counts: &mut [u8]) {
    match level {
        Level::Portable => portable::count(bits, stride, active, counts),
        #[cfg(target_arch = "x86_64")]
        Level::Avx2(token) => x86::count(token, bits, stride, active, counts),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_level_counts_alike(
            blocks in 1usize..32, vectors in 1usize..5, seed in any::<u64>(), picked in any::<u32>(),
        ) {
            let stride = vectors * 32;
            let mut state = seed | 1;
            let mut next = || { state ^= state << 13; state ^= state >> 7; state ^= state << 17; state as u8 };
            let bits: Vec<u8> = (0..blocks * stride).map(|_| next()).collect();
            let active: Vec<(u32, u8)> =
                (0..blocks as u32).filter(|b| picked >> b & 1 == 1).take(MAX_BLOCKS).map(|b| (b, next())).collect();
            let mut want = vec![0u8; stride];
            for (c, w) in want.iter_mut().enumerate() {
                *w = active.iter().map(|(b, x)| (bits[*b as usize * stride + c] & x).count_ones()).sum::<u32>() as u8;
            }
            for level in [Level::Portable, Level::detect()] {
                let mut counts = vec![7u8; stride];
                count(level, &bits, stride, &active, &mut counts);
                prop_assert_eq!(&counts, &want);
            }
        }

        #[test]
        fn every_level_multiplies_alike(
            rows in 1usize..20, vectors in 1usize..6, seed in any::<u64>(),
        ) {
            let stride = vectors * 16;
            let mut state = seed | 1;
            let mut next = || { state ^= state << 13; state ^= state >> 7; state ^= state << 17; (state as i8) as i32 };
            let weights: Vec<i32> = (0..rows * stride).map(|_| next()).collect();
            let inputs: Vec<i32> = (0..rows).map(|_| next()).collect();
            let want: Vec<i32> =
                (0..stride).map(|j| 3 + (0..rows).map(|r| inputs[r] * weights[r * stride + j]).sum::<i32>()).collect();
            for level in [Level::Portable, Level::detect()] {
                let mut acc = vec![3; stride];
                integer(level, &IntJob { weights: &weights, stride, inputs: &inputs }, &mut acc);
                prop_assert_eq!(&acc, &want);
            }
        }

        #[test]
        fn every_level_multiplies_pairs_alike(
            pairs in 1usize..20, vectors in 0usize..11, columns in 1usize..4, gap in 0usize..5, seed in any::<u64>(),
        ) {
            let stride = columns * 16;
            let pitch = 2 * pairs + gap;
            let mut state = seed | 1;
            let mut next = || { state ^= state << 13; state ^= state >> 7; state ^= state << 17; state as i16 };
            let weights: Vec<i16> = (0..2 * pairs * stride).map(|_| next().max(-32767) >> 3).collect();
            let inputs: Vec<i16> = (0..vectors * pitch).map(|_| next() >> 3).collect();
            let want: Vec<i32> = (0..vectors * stride).map(|i| {
                let (v, j) = (i / stride, i % stride);
                (0..2 * pairs).map(|r| {
                    i32::from(inputs[v * pitch + r]) * i32::from(weights[(r / 2 * stride + j) * 2 + r % 2])
                }).fold(0, i32::wrapping_add)
            }).collect();
            for level in [Level::Portable, Level::detect()] {
                let mut sums = vec![3; vectors * stride];
                let job = PairJob { weights: &weights, stride, inputs: &inputs, pitch, vectors, pairs };
                super::pairs(level, &job, &mut sums);
                prop_assert_eq!(&sums, &want);
            }
        }
    }
}

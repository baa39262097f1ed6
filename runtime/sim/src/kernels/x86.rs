//! AVX2 forms. The only unsafe code of the crate: vector loads and stores behind bounds checks, and calls guarded by a
//! token that exists only on processors with AVX2.
#![allow(unsafe_code)]

use std::arch::x86_64::*;

use super::{BitJob, IntJob, PairJob, Rescale, Scratch, digital};

/// Proof that this processor has AVX2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Avx2(());

impl Avx2 {
    /// Asks the processor.
    pub fn detect() -> Option<Avx2> {
        is_x86_feature_detected!("avx2").then_some(Avx2(()))
    }
}

pub fn bit_sliced(_: Avx2, job: &BitJob<'_>, scratch: &mut Scratch, acc: &mut [i64]) {
    #[target_feature(enable = "avx2")]
    fn inner(job: &BitJob<'_>, scratch: &mut Scratch, acc: &mut [i64]) {
        super::bit_sliced_with(job, scratch, acc, |bits, stride, active, counts| {
            count_avx2(bits, stride, active, counts);
        });
    }
    // SAFETY: the token proves AVX2.
    unsafe { inner(job, scratch, acc) }
}

pub fn integer(_: Avx2, job: &IntJob<'_>, acc: &mut [i32]) {
    #[target_feature(enable = "avx2")]
    fn inner(job: &IntJob<'_>, acc: &mut [i32]) {
        super::integer_with(job, acc);
    }
    // SAFETY: the token proves AVX2.
    unsafe { inner(job, acc) }
}

/// The caller has checked that the job lies inside its slices.
pub fn pairs(_: Avx2, job: &PairJob<'_>, sums: &mut [i32]) {
    assert!(job.fits(sums.len()));
    // SAFETY: the token proves AVX2, the assertion the bounds.
    unsafe { pairs_avx2(job, sums) }
}

/// Four vectors at a time by sixteen outputs: eight sums stay in registers.
///
/// # Safety
/// `job.fits(sums.len())`.
#[target_feature(enable = "avx2")]
unsafe fn pairs_avx2(job: &PairJob<'_>, sums: &mut [i32]) {
    let mut v = 0;
    while v + 4 <= job.vectors {
        // SAFETY: vectors `v .. v + 4` exist.
        unsafe { pairs_block::<4>(job, v, sums) }
        v += 4;
    }
    // SAFETY: as many vectors are left as the block has.
    unsafe {
        match job.vectors - v {
            3 => pairs_block::<3>(job, v, sums),
            2 => pairs_block::<2>(job, v, sums),
            1 => pairs_block::<1>(job, v, sums),
            _ => {}
        }
    }
}

/// Vectors `first .. first + N`.
///
/// # Safety
/// `job.fits(sums.len())` and `first + N <= job.vectors`.
#[target_feature(enable = "avx2")]
unsafe fn pairs_block<const N: usize>(job: &PairJob<'_>, first: usize, sums: &mut [i32]) {
    for column in (0..job.stride).step_by(16) {
        let mut acc = [[_mm256_setzero_si256(); 2]; N];
        // SAFETY: pair p < pairs reads 32 weights at `(p * stride + column) * 2`, at most `pairs * stride * 2`, and two
        // inputs of vectors below `vectors`, all inside by `fits`; sums end at `(first + N) * stride`.
        unsafe {
            let mut w = job.weights.as_ptr().add(column * 2);
            let mut x = job.inputs.as_ptr().add(first * job.pitch);
            for _ in 0..job.pairs {
                let (a, b) = (_mm256_loadu_si256(w.cast()), _mm256_loadu_si256(w.add(16).cast()));
                for (n, acc) in acc.iter_mut().enumerate() {
                    let pair = _mm256_set1_epi32(x.add(n * job.pitch).cast::<i32>().read_unaligned());
                    acc[0] = _mm256_add_epi32(acc[0], _mm256_madd_epi16(pair, a));
                    acc[1] = _mm256_add_epi32(acc[1], _mm256_madd_epi16(pair, b));
                }
                w = w.wrapping_add(job.stride * 2);
                x = x.wrapping_add(2);
            }
            for (n, acc) in acc.iter().enumerate() {
                let out = sums.as_mut_ptr().add((first + n) * job.stride + column);
                _mm256_storeu_si256(out.cast(), acc[0]);
                _mm256_storeu_si256(out.add(8).cast(), acc[1]);
            }
        }
    }
}

/// A plain loop compiled for AVX2.
macro_rules! compiled {
    ($($(#[$doc:meta])* fn $name:ident($($arg:ident: $ty:ty),*) $(-> $out:ty)?;)*) => {$(
        $(#[$doc])*
        pub fn $name(_: Avx2, $($arg: $ty),*) $(-> $out)? {
            #[target_feature(enable = "avx2")]
            fn inner($($arg: $ty),*) $(-> $out)? {
                digital::$name($($arg),*)
            }
            // SAFETY: the token proves AVX2.
            unsafe { inner($($arg),*) }
        }
    )*};
}

digital_kernels!(compiled);

pub fn count(_: Avx2, bits: &[u8], stride: usize, active: &[(u32, u8)], counts: &mut [u8]) {
    // SAFETY: the token proves AVX2.
    unsafe { count_avx2(bits, stride, active, counts) }
}

#[target_feature(enable = "avx2")]
fn count_avx2(bits: &[u8], stride: usize, active: &[(u32, u8)], counts: &mut [u8]) {
    // All loads below lie inside `bits`: the largest block decides.
    let blocks = active.iter().map(|a| a.0 as usize + 1).max().unwrap_or(0);
    assert!(stride.is_multiple_of(32) && blocks * stride <= bits.len() && stride <= counts.len());
    let table = _mm256_setr_epi8(
        0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4,
    );
    let low = _mm256_set1_epi8(0x0f);
    let ones = |v: __m256i| {
        let a = _mm256_shuffle_epi8(table, _mm256_and_si256(v, low));
        let b = _mm256_shuffle_epi8(table, _mm256_and_si256(_mm256_srli_epi16(v, 4), low));
        _mm256_add_epi8(a, b)
    };
    let mut at = 0;
    // Two vectors at a time share the input byte.
    while at + 64 <= stride {
        let (mut a, mut b) = (_mm256_setzero_si256(), _mm256_setzero_si256());
        for &(block, x) in active {
            let x = _mm256_set1_epi8(x as i8);
            // SAFETY: `block * stride + at + 64 <= blocks * stride <= bits.len()`.
            let (v, w) = unsafe {
                let p = bits.as_ptr().add(block as usize * stride + at);
                (_mm256_loadu_si256(p.cast()), _mm256_loadu_si256(p.add(32).cast()))
            };
            a = _mm256_add_epi8(a, ones(_mm256_and_si256(v, x)));
            b = _mm256_add_epi8(b, ones(_mm256_and_si256(w, x)));
        }
        // SAFETY: `at + 64 <= stride <= counts.len()`.
        unsafe {
            let p = counts.as_mut_ptr().add(at);
            _mm256_storeu_si256(p.cast(), a);
            _mm256_storeu_si256(p.add(32).cast(), b);
        }
        at += 64;
    }
    if at < stride {
        let mut a = _mm256_setzero_si256();
        for &(block, x) in active {
            // SAFETY: `block * stride + at + 32 <= blocks * stride <= bits.len()`.
            let v = unsafe { _mm256_loadu_si256(bits.as_ptr().add(block as usize * stride + at).cast()) };
            a = _mm256_add_epi8(a, ones(_mm256_and_si256(v, _mm256_set1_epi8(x as i8))));
        }
        // SAFETY: `at + 32 <= stride <= counts.len()`.
        unsafe { _mm256_storeu_si256(counts.as_mut_ptr().add(at).cast(), a) }
    }
}

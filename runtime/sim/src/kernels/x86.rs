//! AVX2 forms. The only unsafe code of the crate: vector loads and stores behind bounds checks, and calls guarded by a
//! token that exists only on processors with AVX2.
#![allow(unsafe_code)]

use std::arch::x86_64::*;

use super::{BitJob, IntJob, Scratch};

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

//! Eight columns at a time in a 64-bit word.

/// See [`super::count`].
#[inline(always)]
pub fn count(bits: &[u8], stride: usize, active: &[(u32, u8)], counts: &mut [u8]) {
    const ONES: u64 = 0x0101_0101_0101_0101;
    for (i, out) in counts[..stride].as_chunks_mut::<8>().0.iter_mut().enumerate() {
        let mut sum = 0u64;
        for &(block, x) in active {
            let at = block as usize * stride + i * 8;
            let Some(word) = bits.get(at..).and_then(|b| b.first_chunk()) else { continue };
            let mut v = u64::from_le_bytes(*word) & (u64::from(x) * ONES);
            v -= v >> 1 & (0x55 * ONES);
            v = (v & (0x33 * ONES)) + (v >> 2 & (0x33 * ONES));
            // At most 8 per byte and 31 blocks: no carry between bytes.
            sum += (v + (v >> 4)) & (0x0f * ONES);
        }
        *out = sum.to_le_bytes();
    }
}

//! Products of a block of input vectors with the 16-bit stored numbers of one crossbar, two rows at a time.

/// Several matrix-vector products with one matrix.
///
/// Stored number (row r, output j) is `weights[(r / 2 * stride + j) * 2 + r % 2]`: the two rows of a pair lie side by
/// side, as the multiply-add instruction of the vector unit wants them.
#[derive(Clone, Copy, Debug)]
pub struct PairJob<'a> {
    /// Stored numbers from the first row pair on; none is -32768.
    pub weights: &'a [i16],
    /// Outputs per row pair, a multiple of 16.
    pub stride: usize,
    /// Inputs; vector v has `2 * pairs` of them from `v * pitch` on.
    pub inputs: &'a [i16],
    /// Elements between vectors.
    pub pitch: usize,
    /// Vectors.
    pub vectors: usize,
    /// Row pairs.
    pub pairs: usize,
}

impl PairJob<'_> {
    /// Do all vectors, stored numbers and `sums` results lie inside their slices?
    pub(super) fn fits(&self, sums: usize) -> bool {
        let inputs = match self.vectors.checked_sub(1) {
            None => Some(0),
            Some(last) => last.checked_mul(self.pitch).and_then(|n| n.checked_add(2 * self.pairs)),
        };
        let weights = self.pairs.checked_mul(self.stride).and_then(|n| n.checked_mul(2));
        self.stride.is_multiple_of(16)
            && inputs.is_some_and(|n| n <= self.inputs.len())
            && weights.is_some_and(|n| n <= self.weights.len())
            && self.vectors.checked_mul(self.stride).is_some_and(|n| n <= sums)
    }
}

/// See [`super::pairs`].
pub fn portable(job: &PairJob<'_>, sums: &mut [i32]) {
    for (v, out) in sums.chunks_exact_mut(job.stride.max(1)).take(job.vectors).enumerate() {
        out.fill(0);
        let inputs = job.inputs[v * job.pitch..][..2 * job.pairs].as_chunks::<2>().0;
        for (x, line) in inputs.iter().zip(job.weights.chunks_exact(2 * job.stride.max(1))) {
            for (s, w) in out.iter_mut().zip(line.as_chunks::<2>().0) {
                let product = i32::from(x[0]).wrapping_mul(i32::from(w[0]));
                *s = s.wrapping_add(product).wrapping_add(i32::from(x[1]).wrapping_mul(i32::from(w[1])));
            }
        }
    }
}

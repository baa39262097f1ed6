//! Matrix products. Each element is a sum of products from k = 0 upwards, multiplied and added separately: the order, and with it every byte, does not
//! depend on blocking, vector width or threads.

use rayon::prelude::*;

/// Columns of a packed panel.
pub(super) const WIDTH: usize = 8;
/// Rows that share a pass over a panel.
const ROWS: usize = 4;
/// Rows of one task.
const TASK: usize = 16;
/// Elements that are packed at a time: they stay in the cache while all rows pass over them.
const PACKED: usize = 1 << 20;

/// What the kernels compute in.
pub(super) trait Number: Copy + Default + Send + Sync + PartialEq {
    /// One.
    const ONE: Self;
    /// The product; integers wrap.
    fn times(self, b: Self) -> Self;
    /// `self + a * b`, in two roundings; integers wrap.
    fn add_product(self, a: Self, b: Self) -> Self;
}

impl Number for f32 {
    const ONE: Self = 1.0;
    fn times(self, b: f32) -> f32 {
        self * b
    }
    fn add_product(self, a: f32, b: f32) -> f32 {
        self + a * b
    }
}
impl Number for f64 {
    const ONE: Self = 1.0;
    fn times(self, b: f64) -> f64 {
        self * b
    }
    fn add_product(self, a: f64, b: f64) -> f64 {
        self + a * b
    }
}
impl Number for i64 {
    const ONE: Self = 1;
    fn times(self, b: i64) -> i64 {
        self.wrapping_mul(b)
    }
    fn add_product(self, a: i64, b: i64) -> i64 {
        self.wrapping_add(a.wrapping_mul(b))
    }
}

/// `y = a * b` for `a` of M x K and `y` of M x N, row-major. `pack(j, panel)` writes columns `j..j + WIDTH` of `b` to `panel`, K x WIDTH, which holds
/// anything before; columns from N on are ignored.
pub(super) fn multiply<T: Number>(a: &[T], [m, k, n]: [usize; 3], pack: impl Fn(usize, &mut [T]) + Sync, y: &mut [T]) {
    if m == 0 || n == 0 || k == 0 {
        return y.fill(T::default());
    }
    let panels = n.div_ceil(WIDTH);
    if m <= ROWS {
        // Few rows: a panel is used once, so every task packs its own.
        let parts: Vec<Vec<[T; WIDTH]>> = (0..panels)
            .into_par_iter()
            .with_min_len((1 << 14) / (k * WIDTH) + 1)
            .map_init(
                || vec![T::default(); k * WIDTH],
                |panel, p| {
                    pack(p * WIDTH, panel);
                    a.chunks_exact(k).map(|a| block::<T, 1>(a, k, panel)[0]).collect()
                },
            )
            .collect();
        for (p, part) in parts.iter().enumerate() {
            for (y, from) in y.chunks_exact_mut(n).zip(part) {
                let y = &mut y[p * WIDTH..n.min((p + 1) * WIDTH)];
                y.copy_from_slice(&from[..y.len()]);
            }
        }
        return;
    }
    let at_once = (PACKED / (k * WIDTH)).clamp(1, panels);
    let mut packed = vec![T::default(); at_once * k * WIDTH];
    for first in (0..panels).step_by(at_once) {
        let packed = &mut packed[..at_once.min(panels - first) * k * WIDTH];
        packed.par_chunks_exact_mut(k * WIDTH).enumerate().for_each(|(p, panel)| pack((first + p) * WIDTH, panel));
        let packed = &*packed;
        y.par_chunks_mut(TASK * n).zip(a.par_chunks(TASK * k)).for_each(|(y, a)| {
            for (p, panel) in packed.chunks_exact(k * WIDTH).enumerate() {
                let from = (first + p) * WIDTH;
                let to = n.min(from + WIDTH);
                for (y, a) in y.chunks_mut(ROWS * n).zip(a.chunks(ROWS * k)) {
                    if a.len() == ROWS * k {
                        let part = block::<T, ROWS>(a, k, panel);
                        for (y, part) in y.chunks_exact_mut(n).zip(part) {
                            y[from..to].copy_from_slice(&part[..to - from]);
                        }
                    } else {
                        for (y, a) in y.chunks_exact_mut(n).zip(a.chunks_exact(k)) {
                            y[from..to].copy_from_slice(&block::<T, 1>(a, k, panel)[0][..to - from]);
                        }
                    }
                }
            }
        });
    }
}

/// R rows of length `k` times a panel.
fn block<T: Number, const R: usize>(a: &[T], k: usize, panel: &[T]) -> [[T; WIDTH]; R] {
    let rows: [&[T]; R] = std::array::from_fn(|r| &a[r * k..(r + 1) * k]);
    let mut sums = [[T::default(); WIDTH]; R];
    for (i, b) in panel.as_chunks::<WIDTH>().0.iter().enumerate().take(k) {
        for (sums, row) in sums.iter_mut().zip(rows) {
            let w = row[i];
            for (s, b) in sums.iter_mut().zip(b) {
                *s = s.add_product(w, *b);
            }
        }
    }
    sums
}

/// Packs columns of a row-major matrix of `n` columns.
pub(super) fn pack_rows<T: Number>(b: &[T], n: usize) -> impl Fn(usize, &mut [T]) + Sync + '_ {
    move |from, panel| {
        let to = n.min(from + WIDTH);
        for (b, p) in b.chunks_exact(n).zip(panel.chunks_exact_mut(WIDTH)) {
            p[..to - from].copy_from_slice(&b[from..to]);
        }
    }
}

/// Packs columns of a matrix that is stored transposed, with rows of length `k`.
pub(super) fn pack_columns<T: Number>(b: &[T], k: usize) -> impl Fn(usize, &mut [T]) + Sync + '_ {
    move |from, panel| {
        for (j, b) in b.chunks_exact(k).skip(from).take(WIDTH).enumerate() {
            for (p, v) in panel.iter_mut().skip(j).step_by(WIDTH).zip(b) {
                *p = *v;
            }
        }
    }
}

/// Most products of one operator; more is no network but an attempt to keep the machine busy.
const MAX_WORK: u64 = 1 << 44;

/// Fails when `outputs` elements of `each` products are more than any network needs.
pub(super) fn check_work(outputs: usize, each: usize) -> crate::Host<()> {
    match (outputs as u64).checked_mul(each as u64) {
        Some(n) if n <= MAX_WORK => Ok(()),
        _ => Err(format!("{outputs} outputs of {each} products each are more than the limit of 2^44")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn the_plain_sum_whatever_the_blocking(m in 0usize..40, k in 0usize..50, n in 0usize..40, seed in any::<u32>()) {
            let value = |i: usize| ((i as u32).wrapping_mul(2_654_435_761) ^ seed) as f32 / 1e9 - 2.0;
            let a: Vec<f32> = (0..m * k).map(value).collect();
            let b: Vec<f32> = (0..k * n).map(|i| value(i + 7777)).collect();
            let turned: Vec<f32> = (0..n * k).map(|i| b[i % k * n + i / k]).collect();
            let mut plain = vec![0f32; m * n];
            for i in 0..m {
                for j in 0..n {
                    for l in 0..k {
                        plain[i * n + j] += a[i * k + l] * b[l * n + j];
                    }
                }
            }
            let (mut y, mut z) = (vec![1f32; m * n], vec![1f32; m * n]);
            multiply(&a, [m, k, n], pack_rows(&b, n), &mut y);
            multiply(&a, [m, k, n], pack_columns(&turned, k), &mut z);
            prop_assert_eq!(&y, &plain);
            prop_assert_eq!(&z, &plain);
        }
    }
}

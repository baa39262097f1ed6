//! Groups of the elements of a tensor: those that a reduction joins, and those along an axis.

use crate::broadcast::{offsets, strides};

/// How the elements of a tensor fall into groups, one for each element of the reduced tensor.
pub(super) struct Grouping {
    /// Elements of a group.
    pub size: usize,
    form: Form,
}

enum Form {
    /// Element `(o, r, i)` of `outer x size x inner` belongs to group `(o, i)`.
    Block { inner: usize },
    /// Dimensions, and the strides of the group's number in each.
    Any { shape: Vec<usize>, steps: Vec<usize> },
}

/// The groups of a tensor of this shape that is reduced over these axes.
pub(super) fn grouped(shape: &[usize], over: &[usize]) -> Grouping {
    let size = shape.iter().enumerate().filter(|(i, _)| over.contains(i)).map(|(_, d)| d).product();
    // Dimensions of one element do not part neighbours.
    let long: Vec<usize> = (0..shape.len()).filter(|i| shape[*i] != 1 && over.contains(i)).collect();
    let (first, last) = (long.first().copied().unwrap_or(0), long.last().copied().unwrap_or(0));
    let gap = (first..=last).any(|i| shape.get(i).is_some_and(|d| *d != 1) && !over.contains(&i));
    if long.is_empty() || !gap {
        let after = if long.is_empty() { 0 } else { last + 1 };
        return Grouping { size, form: Form::Block { inner: shape.iter().skip(after).product() } };
    }
    let kept: Vec<usize> = shape.iter().enumerate().map(|(i, d)| if over.contains(&i) { 1 } else { *d }).collect();
    let steps = strides(&kept).into_iter().enumerate().map(|(i, s)| if over.contains(&i) { 0 } else { s }).collect();
    Grouping { size, form: Form::Any { shape: shape.to_vec(), steps } }
}

impl Grouping {
    /// Folds the elements of each group, in C order, into what `out` holds for it.
    pub(super) fn fold<T: Copy, S: Copy>(&self, v: &[T], mut out: Vec<S>, f: impl Fn(S, T) -> S) -> Vec<S> {
        match &self.form {
            _ if v.is_empty() => {}
            Form::Block { inner: 1 } => {
                for (s, row) in out.iter_mut().zip(v.chunks_exact(self.size.max(1))) {
                    *s = row.iter().fold(*s, |s, v| f(s, *v));
                }
            }
            Form::Block { inner } => {
                let inner = (*inner).max(1);
                for (sums, block) in
                    out.chunks_exact_mut(inner).zip(v.chunks_exact(inner.saturating_mul(self.size.max(1))))
                {
                    for row in block.chunks_exact(inner) {
                        sums.iter_mut().zip(row).for_each(|(s, v)| *s = f(*s, *v));
                    }
                }
            }
            Form::Any { shape, steps } => {
                for (v, at) in v.iter().zip(offsets(shape, steps)) {
                    if let Some(s) = out.get_mut(at) {
                        *s = f(*s, *v);
                    }
                }
            }
        }
        out
    }
}

/// `outer x size x inner`: a tensor seen along one axis.
#[derive(Clone, Copy, Debug)]
pub(super) struct Along {
    /// Elements along the axis.
    pub size: usize,
    /// Distance between them.
    pub inner: usize,
}

impl Along {
    /// The dimensions `from..to` of a shape seen as one axis.
    pub(super) fn new(shape: &[usize], from: usize, to: usize) -> Along {
        Along { size: shape.iter().take(to).skip(from).product(), inner: shape.iter().skip(to).product() }
    }
    /// Hands each line along the axis to `f`, which overwrites it; lines that are not contiguous are copied out and back.
    pub(super) fn each<T: Copy>(self, v: &mut [T], mut f: impl FnMut(&mut [T])) {
        if self.size == 0 || self.inner == 0 {
            return;
        }
        if self.inner == 1 {
            return v.chunks_exact_mut(self.size).for_each(f);
        }
        let mut line = Vec::with_capacity(self.size);
        for block in v.chunks_exact_mut(self.size * self.inner) {
            for i in 0..self.inner {
                line.clear();
                line.extend(block.iter().skip(i).step_by(self.inner).copied());
                f(&mut line);
                block.iter_mut().skip(i).step_by(self.inner).zip(&line).for_each(|(v, l)| *v = *l);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::broadcast::stretched;
    use crate::ops::reduce::reduced_shape;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn groups_are_those_of_the_offsets(dims in prop::collection::vec((1..4usize, any::<bool>()), 0..5)) {
            let shape: Vec<usize> = dims.iter().map(|(d, _)| *d).collect();
            let over: Vec<usize> = (0..dims.len()).filter(|i| dims[*i].1).collect();
            let v: Vec<usize> = (0..shape.iter().product()).collect();
            let kept = reduced_shape(&shape, &over, true);
            let n: usize = kept.iter().product();
            let mut want = vec![(0, 0); n];
            for (v, at) in v.iter().zip(offsets(&shape, &stretched(&kept, &shape))) {
                want[at] = (want[at].0 + 1, want[at].1.max(31 * v + want[at].0));
            }
            let g = grouped(&shape, &over);
            prop_assert!(want.iter().all(|w| w.0 == g.size));
            prop_assert_eq!(g.fold(&v, vec![(0, 0); n], |s, v| (s.0 + 1, s.1.max(31 * v + s.0))), want);
        }
    }

    #[test]
    fn lines_along_an_axis() {
        let mut v = vec![1, 2, 3, 4, 5, 6];
        Along::new(&[2, 3], 0, 1).each(&mut v, |l| l.reverse());
        assert_eq!(v, [4, 5, 6, 1, 2, 3]);
        Along::new(&[2, 3], 1, 2).each(&mut v, |l| l.reverse());
        assert_eq!(v, [6, 5, 4, 3, 2, 1]);
        Along::new(&[0, 3], 1, 2).each(&mut [0; 0], |_| panic!("no lines"));
    }
}

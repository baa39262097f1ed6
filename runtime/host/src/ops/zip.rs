//! Two operands element by element, with broadcasting.

use crate::broadcast::stretched;

/// `f` of the elements of `a` and `b`, both given with their shapes, which broadcast to `shape`.
///
/// Neighbouring dimensions that are stretched alike become one, so that the innermost loop is long and runs over slices.
pub(super) fn zip<A: Copy, B: Copy, C>(
    shape: &[usize],
    (a, a_shape): (&[A], &[usize]),
    (b, b_shape): (&[B], &[usize]),
    f: impl Fn(A, B) -> C,
) -> Vec<C> {
    let (mut outer, inner) = merged(shape, a_shape, b_shape);
    outer.reverse();
    let count = shape.iter().product();
    let mut out = Vec::with_capacity(count);
    let mut index = vec![0; outer.len()];
    let (mut at_a, mut at_b) = (0usize, 0usize);
    while out.len() < count {
        let before = out.len();
        let a_row = a.get(at_a..).unwrap_or_default();
        let b_row = b.get(at_b..).unwrap_or_default();
        match (inner.a, inner.b, a_row.first(), b_row.first()) {
            (0, 0, Some(x), Some(y)) => out.extend((0..inner.size).map(|_| f(*x, *y))),
            (0, _, Some(x), _) => out.extend(b_row.iter().take(inner.size).map(|y| f(*x, *y))),
            (_, 0, _, Some(y)) => out.extend(a_row.iter().take(inner.size).map(|x| f(*x, *y))),
            _ => out.extend(a_row.iter().zip(b_row).take(inner.size).map(|(x, y)| f(*x, *y))),
        }
        if out.len() == before {
            break; // Fewer elements than the shape says: the caller sees it by the length.
        }
        for (i, d) in index.iter_mut().zip(&outer) {
            *i += 1;
            at_a += d.a;
            at_b += d.b;
            if *i < d.size {
                break;
            }
            at_a -= d.a * d.size;
            at_b -= d.b * d.size;
            *i = 0;
        }
    }
    out
}

/// A dimension with the strides of both operands.
struct Dim {
    size: usize,
    a: usize,
    b: usize,
}

/// Outer dimensions, and the innermost one, whose strides are 0 or 1.
fn merged(shape: &[usize], a: &[usize], b: &[usize]) -> (Vec<Dim>, Dim) {
    let mut dims: Vec<Dim> = Vec::new();
    for ((&size, a), b) in shape.iter().zip(stretched(a, shape)).zip(stretched(b, shape)) {
        match dims.last_mut() {
            _ if size == 1 => {}
            Some(d) if d.a == a * size && d.b == b * size => *d = Dim { size: d.size * size, a, b },
            _ => dims.push(Dim { size, a, b }),
        }
    }
    let inner = dims.pop().unwrap_or(Dim { size: 1, a: 0, b: 0 });
    (dims, inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::broadcast::{broadcast, offsets};
    use proptest::prelude::*;

    fn dims() -> impl Strategy<Value = (Vec<usize>, Vec<usize>)> {
        prop::collection::vec((1..4usize, 0..4u8), 0..5).prop_map(|dims| {
            let a = dims.iter().map(|(d, how)| if *how == 1 { 1 } else { *d }).collect();
            let b = dims.iter().map(|(d, how)| if *how == 2 { 1 } else { *d }).collect();
            (a, b)
        })
    }

    proptest! {
        #[test]
        fn pairs_are_those_of_the_offsets((a, b) in dims(), drop in 0..3usize) {
            let b = b[drop.min(b.len())..].to_vec();
            let shape = broadcast(&[&a, &b]).unwrap();
            let va: Vec<usize> = (0..a.iter().product()).collect();
            let vb: Vec<usize> = (0..b.iter().product()).collect();
            let (sa, sb) = (stretched(&a, &shape), stretched(&b, &shape));
            let want: Vec<_> = offsets(&shape, &sa).zip(offsets(&shape, &sb)).collect();
            prop_assert_eq!(zip(&shape, (&va, &a), (&vb, &b), |x, y| (x, y)), want);
        }
    }

    #[test]
    fn no_elements() {
        assert_eq!(zip(&[0, 2], (&[], &[0, 2]), (&[1, 2], &[2]), |x: i32, y: i32| x + y), []);
    }
}

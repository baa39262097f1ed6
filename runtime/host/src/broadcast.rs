//! Broadcasting and indices in C order.

use crate::Host;

/// NumPy broadcasting of shapes.
///
/// # Errors
/// They do not fit.
pub fn broadcast(shapes: &[&[usize]]) -> Host<Vec<usize>> {
    let rank = shapes.iter().map(|s| s.len()).max().unwrap_or(0);
    let mut out = vec![1; rank];
    for s in shapes {
        for (o, &d) in out.iter_mut().skip(rank - s.len()).zip(*s) {
            match (*o, d) {
                (a, b) if a == b => {}
                (1, b) => *o = b,
                (_, 1) => {}
                _ => return Err(format!("shapes {shapes:?} do not broadcast")),
            }
        }
    }
    Ok(out)
}

/// Element strides in C order.
pub fn strides(shape: &[usize]) -> Vec<usize> {
    let mut out = vec![1; shape.len()];
    for d in (1..shape.len()).rev() {
        out[d - 1] = out[d] * shape[d];
    }
    out
}

/// Element strides of `shape` seen in the broadcast shape `to`: 0 in stretched dimensions.
pub fn stretched(shape: &[usize], to: &[usize]) -> Vec<usize> {
    let mut out = vec![0; to.len()];
    let lead = to.len().saturating_sub(shape.len());
    for ((o, &d), s) in out.iter_mut().skip(lead).zip(shape).zip(strides(shape)) {
        *o = if d == 1 { 0 } else { s };
    }
    out
}

/// Offsets of the elements of `to`, in C order, in a tensor with these strides.
pub fn offsets<'a>(to: &'a [usize], strides: &'a [usize]) -> impl Iterator<Item = usize> + 'a {
    let count: usize = to.iter().product();
    let mut index = vec![0; to.len()];
    let mut at = 0;
    (0..count).map(move |_| {
        let here = at;
        for d in (0..to.len()).rev() {
            index[d] += 1;
            at += strides[d];
            if index[d] < to[d] {
                break;
            }
            at -= strides[d] * to[d];
            index[d] = 0;
        }
        here
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_and_offsets() {
        assert_eq!(broadcast(&[&[2, 1, 3], &[4, 1]]).unwrap(), [2, 4, 3]);
        assert_eq!(broadcast(&[&[], &[2]]).unwrap(), [2]);
        assert!(broadcast(&[&[2], &[3]]).is_err());
        assert_eq!(strides(&[2, 3, 4]), [12, 4, 1]);
        let s = stretched(&[2, 1], &[3, 2, 2]);
        assert_eq!(offsets(&[3, 2, 2], &s).collect::<Vec<_>>(), [0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1]);
        assert_eq!(offsets(&[], &[]).collect::<Vec<_>>(), [0]);
        assert_eq!(offsets(&[0, 2], &[2, 1]).count(), 0);
    }
}

//! Cuts a range of im2col rows into strided copies.
//!
//! The rows of a window are numbered (kh, kw, c) row-major. In the (H, W, C) buffer row (i, j, c) lies at
//! `i*stride_h + j*stride_w + c*stride_c` bytes from the window's first element. A crossbar tile takes rows `r0..r0+n`; the cut is at most
//! `2*dims - 1` boxes, whatever the sizes, so loops stay loops.

/// One strided copy: `dims` outer dimensions (count, source stride in bytes), then `bytes` contiguous bytes.
/// Destination is dense, so destination strides follow from the counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowBox {
    /// Bytes from the window's first element.
    pub src: u64,
    /// Bytes from the tile's first input.
    pub dst: u64,
    /// Outer dimensions, outermost first.
    pub dims: Vec<(u32, u64)>,
    /// Contiguous bytes.
    pub bytes: u32,
}

/// Extents and byte strides of the row index, outermost first; the innermost stride must be the element size for runs to be contiguous.
#[derive(Clone, Debug)]
pub struct RowSpace {
    dims: Vec<(u64, u64)>,
    elem: u64,
}

impl RowSpace {
    /// `dims`: (extent, byte stride), outermost first. Dimensions that lie contiguously are merged.
    pub fn new(dims: &[(u32, u64)], elem: u32) -> Self {
        let mut merged: Vec<(u64, u64)> = Vec::new();
        for &(extent, stride) in dims.iter().filter(|d| d.0 != 1) {
            match merged.last_mut() {
                Some(last) if last.1 == extent as u64 * stride => *last = (last.0 * extent as u64, stride),
                _ => merged.push((extent as u64, stride)),
            }
        }
        if merged.last().is_none_or(|d| d.1 != elem as u64) {
            merged.push((1, elem as u64));
        }
        RowSpace { dims: merged, elem: elem as u64 }
    }

    /// The copies that gather rows `first..first+count`, in destination order.
    pub fn boxes(&self, first: u64, count: u64) -> Vec<RowBox> {
        let mut out = Vec::new();
        self.cut(0, 0, first, count, 0, &mut out);
        out
    }

    fn inner(&self, level: usize) -> u64 {
        self.dims[level + 1..].iter().map(|d| d.0).product()
    }

    fn cut(&self, level: usize, base: u64, first: u64, count: u64, dst: u64, out: &mut Vec<RowBox>) {
        if count == 0 {
            return;
        }
        let (_, stride) = self.dims[level];
        if level + 1 == self.dims.len() {
            out.push(RowBox { src: base + first * stride, dst, dims: Vec::new(), bytes: (count * self.elem) as u32 });
            return;
        }
        let inner = self.inner(level);
        let (mut at, mut left, mut to) = (first, count, dst);
        if at % inner != 0 || left < inner {
            let n = left.min(inner - at % inner);
            self.cut(level + 1, base + at / inner * stride, at % inner, n, to, out);
            at += n;
            left -= n;
            to += n * self.elem;
        }
        let full = left / inner;
        if full > 0 {
            let mut dims: Vec<(u32, u64)> = vec![(full as u32, stride)];
            dims.extend(self.dims[level + 1..self.dims.len() - 1].iter().map(|d| (d.0 as u32, d.1)));
            let run = self.dims[self.dims.len() - 1].0 * self.elem;
            dims.retain(|d| d.0 != 1);
            out.push(RowBox { src: base + at / inner * stride, dst: to, dims, bytes: run as u32 });
            at += full * inner;
            left -= full * inner;
            to += full * inner * self.elem;
        }
        if left > 0 {
            self.cut(level + 1, base + at / inner * stride, 0, left, to, out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn expand(b: &RowBox, elem: u64) -> Vec<(u64, u64)> {
        let mut offsets = vec![0u64];
        for &(count, stride) in &b.dims {
            offsets = offsets.iter().flat_map(|o| (0..count as u64).map(move |i| o + i * stride)).collect();
        }
        let run = b.bytes as u64 / elem;
        offsets
            .iter()
            .enumerate()
            .flat_map(|(k, o)| (0..run).map(move |i| (b.src + o + i * elem, b.dst + (k as u64 * run + i) * elem)))
            .collect()
    }

    proptest! {
        #[test]
        fn boxes_visit_each_row_once_in_order(
            kh in 1u32..5, kw in 1u32..5, c in 1u32..9, gap_w in 0u64..3, gap_h in 0u64..3,
            elem in prop::sample::select(vec![1u32, 2, 4]), a in 0u64..200, n in 1u64..200,
        ) {
            let e = elem as u64;
            let sw = (c as u64 + gap_w) * e;
            let sh = (kw as u64 + gap_h) * sw;
            let total = (kh * kw * c) as u64;
            let first = a % total;
            let count = 1 + (n - 1) % (total - first);
            let space = RowSpace::new(&[(kh, sh), (kw, sw), (c, e)], elem);
            let boxes = space.boxes(first, count);
            prop_assert!(boxes.len() <= 5);
            let got: Vec<_> = boxes.iter().flat_map(|b| expand(b, e)).collect();
            let want: Vec<_> = (first..first + count).enumerate().map(|(i, r)| {
                let (ch, j, k) = (r % c as u64, r / c as u64 % kw as u64, r / (c * kw) as u64);
                (k * sh + j * sw + ch * e, i as u64 * e)
            }).collect();
            prop_assert_eq!(got, want);
        }
    }

    #[test]
    fn a_whole_contiguous_window_is_one_copy() {
        let space = RowSpace::new(&[(3, 96), (3, 3), (3, 1)], 1);
        let boxes = space.boxes(0, 27);
        assert_eq!(boxes, vec![RowBox { src: 0, dst: 0, dims: vec![(3, 96)], bytes: 9 }]);
    }
}

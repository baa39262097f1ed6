//! Which tensor lies where.

use super::{Lowering, Target};
use crate::emit::{Access, Emitter, Lin};
use crate::network::{Kind, Net};
use cim_ir::{Diagnostic, Ir, ValueId};
use cim_isa::types::IntType;

/// Largest number of elements of a padded tensor.
const MAX_PADDED: u128 = 1 << 31;

/// A buffer in L0: (H, W, C) with a border [top, left, bottom, right].
#[derive(Clone, Copy, Debug)]
pub(super) struct Buf {
    pub mem: ValueId,
    pub hwc: [u32; 3],
    pub border: [u32; 4],
    pub elem: IntType,
}

impl Buf {
    /// Elements between rows.
    pub fn pitch(&self) -> i64 {
        (i64::from(self.hwc[1]) + i64::from(self.border[1]) + i64::from(self.border[3])) * i64::from(self.hwc[2])
    }
    /// Element (h, w, c) of the interior.
    pub fn at(&self, h: Lin, w: Lin, c: i64) -> Access {
        let [top, left, ..] = self.border.map(i64::from);
        Access { mem: self.mem, at: vec![h.shifted(top), w.shifted(left), Lin::at(c)] }
    }
    /// Rows follow each other without a gap.
    pub fn is_dense(&self) -> bool {
        self.border[1] == 0 && self.border[3] == 0
    }
}

/// Where a computed tensor lies.
#[derive(Clone, Copy, Debug)]
pub(super) enum Spot {
    /// An integer tensor in its own layout.
    Own(Buf),
    /// The same elements in (C, H, W) order, in the layout of another shape.
    View(Buf),
    /// A float tensor on the host.
    Host(ValueId),
}

/// Padding around a tensor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Border {
    /// [top, left, bottom, right].
    pub size: [u32; 4],
    /// What is in it.
    pub value: i64,
}

/// The border each tensor needs for all its convolutions. Core mode pads by itself.
pub(super) fn borders(ir: &Ir, net: &Net, target: Target) -> Result<Vec<Border>, Diagnostic> {
    let mut out = vec![Border::default(); net.tensors.len()];
    if target == Target::Core {
        return Ok(out);
    }
    for node in &net.nodes {
        let Kind::Mvm(m) = &node.kind else { continue };
        let w = &m.window;
        let mut size = [w.pad[0], w.pad[1], 0, 0];
        for axis in 0..2 {
            let reach = u64::from(w.output[axis] - 1) * u64::from(w.stride[axis])
                + u64::from(w.kernel[axis] - 1) * u64::from(w.dilation[axis])
                + 1;
            let have = u64::from(w.pad[axis]) + u64::from(w.input[axis]);
            size[axis + 2] = reach.saturating_sub(have).min(u64::from(w.pad_end[axis])) as u32;
        }
        if size == [0; 4] {
            continue;
        }
        let b = &mut out[node.inputs[0]];
        if b.size != [0; 4] && b.value != w.pad_value {
            let text = format!(
                "pads its input with {}, another convolution pads the same tensor with {}",
                w.pad_value, b.value
            );
            return Err(ir.op_error(node.op, text));
        }
        b.value = w.pad_value;
        b.size.iter_mut().zip(size).for_each(|(a, s)| *a = (*a).max(s));
        let [h, w, c] = net.tensors[node.inputs[0]].hwc().map(u128::from);
        let [top, left, bottom, right] = b.size.map(u128::from);
        let padded = (h + top + bottom) * (w + left + right) * c;
        if padded > MAX_PADDED {
            return Err(ir.op_error(
                node.op,
                format!("pads its input to {padded} elements; at most {MAX_PADDED} are supported"),
            ));
        }
    }
    Ok(out)
}

impl Lowering<'_> {
    /// A new buffer for a tensor, with its border filled. `elem` overrides the element type (wide accumulators).
    pub fn new_buffer(&mut self, t: usize, elem: Option<IntType>) -> Buf {
        let tensor = &self.net.tensors[t];
        let (hwc, border) = (tensor.hwc(), self.borders[t]);
        let elem = elem.or(tensor.elem).unwrap_or(IntType::I32);
        let [top, left, bottom, right] = border.size;
        let dims = [hwc[0] + top + bottom, hwc[1] + left + right, hwc[2]];
        let mem = self.em.alloc_l0(&tensor.name, &dims, elem, border.size);
        let buf = Buf { mem, hwc, border: border.size, elem };
        if border.size != [0; 4] {
            self.em.parallel(|em| fill_border(em, &buf, border.value));
        }
        buf
    }

    /// The buffer of a tensor in any layout.
    pub fn any_layout(&self, t: usize) -> Option<Buf> {
        match self.spots[t] {
            Some(Spot::Own(b) | Spot::View(b)) => Some(b),
            _ => None,
        }
    }

    /// The buffer of a tensor in its own layout; moves it there if it is a view.
    pub fn own_layout(&mut self, t: usize) -> Option<Buf> {
        match self.spots[t]? {
            Spot::Own(b) => Some(b),
            Spot::Host(_) => None,
            Spot::View(from) => {
                let to = self.new_buffer(t, None);
                self.reorder(&from, &to);
                self.spots[t] = Some(Spot::Own(to));
                Some(to)
            }
        }
    }

    /// Copies a tensor to the layout of another shape with the same elements in (C, H, W) order.
    pub fn reorder(&mut self, from: &Buf, to: &Buf) {
        let len = from.hwc.iter().product::<u32>();
        // Through a vector in (C, H, W) order, unless one side is that already.
        let flat = |b: &Buf| b.hwc[0] == 1 && b.hwc[1] == 1;
        let vector = if flat(from) || flat(to) {
            None
        } else {
            let mem = self.em.alloc_l0("reshape", &[1, 1, len], from.elem, [0; 4]);
            Some(Buf { mem, hwc: [1, 1, len], border: [0; 4], elem: from.elem })
        };
        let (first, second) = (vector.unwrap_or(*to), vector);
        if flat(from) {
            self.em.scatter(from, to, false);
        } else {
            self.em.scatter(&first, from, true);
        }
        if let Some(v) = second {
            self.em.scatter(&v, to, false);
        }
    }
}

impl Emitter<'_> {
    /// Copies between a vector in (C, H, W) order and a (H, W, C) buffer, element by element; `gather` reads the buffer.
    fn scatter(&mut self, vector: &Buf, buffer: &Buf, gather: bool) {
        let [h, w, c] = buffer.hwc.map(i64::from);
        let (v, b) = (vector.at(Lin::at(0), Lin::at(0), 0), buffer.at(Lin::at(0), Lin::at(0), 0));
        let strides = [(c, h * w, 1), (h, w, buffer.pitch()), (w, 1, c)];
        let dims: Vec<_> = strides
            .iter()
            .filter(|d| d.0 > 1)
            .map(|&(n, vs, bs)| if gather { (n, vs, bs) } else { (n, bs, vs) })
            .collect();
        if gather { self.mov(&v, &b, &dims, 1) } else { self.mov(&b, &v, &dims, 1) }
    }
}

fn fill_border(em: &mut Emitter, b: &Buf, value: i64) {
    let [top, left, bottom, right] = b.border.map(i64::from);
    let ([h, w, c], pitch) = (b.hwc.map(i64::from), b.pitch());
    let at = |h: i64, w: i64| Access { mem: b.mem, at: vec![Lin::at(h), Lin::at(w), Lin::at(0)] };
    if top > 0 {
        em.fill(&at(0, 0), &[], top * pitch, value);
    }
    if bottom > 0 {
        em.fill(&at(top + h, 0), &[], bottom * pitch, value);
    }
    if left > 0 {
        em.fill(&at(top, 0), &[(h, pitch)], left * c, value);
    }
    if right > 0 {
        em.fill(&at(top, left + w), &[(h, pitch)], right * c, value);
    }
}

impl Lowering<'_> {
    /// Calls `body` for runs that cover whole tensors: one run when all are dense, else a loop over rows. All buffers have
    /// the extents of the first; `body` gets their accesses and the length in elements.
    pub fn over_tensor(&mut self, bufs: &[Buf], mut body: impl FnMut(&mut Emitter, &[Access], i64)) {
        let Some(first) = bufs.first() else { return };
        let [h, w, c] = first.hwc.map(i64::from);
        let dense = bufs.iter().all(Buf::is_dense);
        let (rows, len) = if dense { (1, h * w * c) } else { (first.hwc[0], w * c) };
        let i = self.em.open_loop(rows);
        let at: Vec<Access> = bufs.iter().map(|b| b.at(Lin::at(0).plus(i, 1), Lin::at(0), 0)).collect();
        body(&mut self.em, &at, len);
        self.em.close_loop(i);
    }
}

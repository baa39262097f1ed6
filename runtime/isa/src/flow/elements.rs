//! Byte addresses as the flat element indices of the published notation.
//!
//! CIM-MLC numbers the elements of the global buffer, whatever their width. Here a buffer's first element gets the number of
//! elements in the buffers before it; buffers that share memory at different times are numbered each on its own.

use crate::instr::{Affine, Space};
use crate::program::Program;

#[derive(Clone, Copy)]
struct Area {
    start: u64,
    end: u64,
    /// Bytes of an element.
    size: u64,
    /// Element index of `start`.
    first: u64,
}

/// The numbering of L0.
pub(crate) struct Elements {
    areas: Vec<Area>,
}

/// An address with few areas before it that contain it; more are not looked at.
const LOOK_BACK: usize = 64;

impl Elements {
    pub(crate) fn new(p: &Program) -> Self {
        let mut areas: Vec<Area> = p
            .buffers
            .iter()
            .filter(|b| b.space == Space::L0)
            .map(|b| Area { start: b.alloc.0, end: b.alloc.0 + b.alloc.1, size: b.elem.bytes() as u64, first: 0 })
            .collect();
        areas.sort_by_key(|a| (a.start, a.end, a.size));
        let mut by_end: Vec<usize> = (0..areas.len()).collect();
        by_end.sort_by_key(|&i| areas[i].end);
        let mut ended = by_end.into_iter().peekable();
        let mut next = 0;
        for i in 0..areas.len() {
            while let Some(&j) = ended.peek() {
                let a = areas[j];
                if a.end > areas[i].start || j >= i {
                    break;
                }
                next = next.max(a.first + (a.end - a.start).div_ceil(a.size));
                ended.next();
            }
            areas[i].first = next;
        }
        Elements { areas }
    }

    /// The address in elements; None when it or a step is no whole number of elements.
    pub(crate) fn index(&self, at: &Affine, size: u64) -> Option<Affine> {
        let base = u64::try_from(at.base).ok()?;
        let upto = self.areas.partition_point(|a| a.start <= base);
        let near = self.areas.get(upto.saturating_sub(LOOK_BACK)..upto).unwrap_or(&[]);
        let holds = |a: &&Area| base < a.end;
        let area = near.iter().rev().filter(holds).find(|a| a.size == size);
        match area {
            Some(a) => scaled(at, a.start as i64, size, a.first as i64),
            None => scaled(at, 0, size, 0),
        }
    }
}

/// `(at - start) / size + first`.
pub(crate) fn scaled(at: &Affine, start: i64, size: u64, first: i64) -> Option<Affine> {
    let size = size as i64;
    let whole = |v: i64| (v % size == 0).then_some(v / size);
    let terms = at.terms.iter().map(|&(d, c)| Some((d, whole(c)?))).collect::<Option<Vec<_>>>()?;
    Some(Affine { base: whole(at.base.checked_sub(start)?)?.checked_add(first)?, terms })
}

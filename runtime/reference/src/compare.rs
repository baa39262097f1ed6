//! Comparison of simulated buffers with the reference: which element differs first.

use std::cmp::Ordering;

use cim_isa::types::Buffer;

use crate::tensor::{IntTensor, decode, elements, position};

/// The first element that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Image, counted from 0.
    pub image: u64,
    /// Position of the layer in execution order.
    pub node: usize,
    /// Layer name.
    pub layer: String,
    /// (c, h, w).
    pub position: [u32; 3],
    /// What the reference computes.
    pub expected: i64,
    /// What the program computed.
    pub found: i64,
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [c, h, w] = self.position;
        write!(
            f,
            "image {}, layer '{}', (c {c}, h {h}, w {w}): expected {}, found {}",
            self.image, self.layer, self.expected, self.found
        )
    }
}

/// Differences over any number of layers and images.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// Layer outputs compared, counted per image.
    pub layers: u64,
    /// Elements compared.
    pub elements: u64,
    /// Elements that differ.
    pub mismatches: u64,
    /// The first difference: lowest image, then first layer, then first element in (C, H, W) order.
    pub first: Option<Difference>,
}

impl Comparison {
    /// Compares one layer output of one image. `found` is in (C, H, W) order of the buffer, which may have another
    /// shape (a reshape moves nothing) but not another number of elements.
    ///
    /// # Errors
    /// The number of elements differs: the probe does not show this tensor.
    pub fn layer(
        &mut self,
        image: u64,
        node: usize,
        name: &str,
        expected: &IntTensor,
        found: &[i64],
    ) -> Result<(), String> {
        if expected.data.len() != found.len() {
            return Err(format!(
                "layer '{name}': the reference has {} elements, the probed buffer {}",
                expected.data.len(),
                found.len()
            ));
        }
        self.layers += 1;
        self.elements += found.len() as u64;
        let mut first = None;
        for (i, (&e, &f)) in expected.data.iter().zip(found).enumerate() {
            if e != f {
                self.mismatches += 1;
                first = first.or(Some((i, e, f)));
            }
        }
        if let Some((i, e, f)) = first {
            self.keep_first(Difference {
                image,
                node,
                layer: name.to_string(),
                position: position(i, expected.shape),
                expected: e,
                found: f,
            });
        }
        Ok(())
    }

    /// Adds what another comparison found; the result does not depend on the order of merging.
    pub fn merge(&mut self, other: Comparison) {
        self.layers += other.layers;
        self.elements += other.elements;
        self.mismatches += other.mismatches;
        if let Some(d) = other.first {
            self.keep_first(d);
        }
    }

    fn keep_first(&mut self, d: Difference) {
        let earlier = self
            .first
            .as_ref()
            .is_none_or(|f| (d.image, d.node, d.position).cmp(&(f.image, f.node, f.position)) == Ordering::Less);
        if earlier {
            self.first = Some(d);
        }
    }
}

/// The elements of a buffer in (C, H, W) order; `memory` is the space the buffer lies in.
///
/// # Errors
/// The buffer reaches beyond the memory, or its shape is too large.
pub fn buffer_elements(buffer: &Buffer, memory: &[u8]) -> Result<Vec<i64>, String> {
    let [h, w, c] = buffer.shape;
    let n = elements(&buffer.shape)?;
    let size = buffer.elem.bytes() as usize;
    let mut out = Vec::with_capacity(n);
    for c in 0..c as u64 {
        for h in 0..h as u64 {
            for w in 0..w as u64 {
                let [sh, sw, sc] = buffer.strides;
                let at = [(h, sh), (w, sw), (c, sc)]
                    .iter()
                    .try_fold(buffer.addr, |sum, &(i, s)| sum.checked_add(i.checked_mul(s)?))
                    .and_then(|at| usize::try_from(at).ok());
                let bytes = at.and_then(|at| memory.get(at..at.checked_add(size)?));
                let bytes = bytes.ok_or_else(|| format!("buffer '{}' reaches beyond the memory", buffer.name))?;
                out.push(decode(bytes, buffer.elem.signed));
            }
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use cim_isa::types::IntType;

    use super::*;

    fn tensor(data: &[i64]) -> IntTensor {
        IntTensor::new([2, 1, 2], IntType::new(8, true), data.to_vec()).unwrap()
    }

    #[test]
    fn names_the_first_difference() {
        let mut c = Comparison::default();
        c.layer(3, 1, "conv1", &tensor(&[1, 2, 3, 4]), &[1, 2, 9, 5]).unwrap();
        assert_eq!((c.layers, c.elements, c.mismatches), (1, 4, 2));
        assert_eq!(
            c.first.as_ref().unwrap().to_string(),
            "image 3, layer 'conv1', (c 1, h 0, w 0): expected 3, found 9"
        );
    }

    #[test]
    fn merging_in_any_order_keeps_the_earliest() {
        let make = |image, node, found: [i64; 4]| {
            let mut c = Comparison::default();
            c.layer(image, node, "l", &tensor(&[1, 2, 3, 4]), &found).unwrap();
            c
        };
        let parts =
            [make(1, 0, [0, 2, 3, 4]), make(0, 2, [1, 2, 3, 5]), make(0, 1, [1, 7, 3, 4]), make(0, 0, [1, 2, 3, 4])];
        let mut forward = Comparison::default();
        parts.iter().for_each(|p| forward.merge(p.clone()));
        let mut backward = Comparison::default();
        parts.iter().rev().for_each(|p| backward.merge(p.clone()));
        assert_eq!(forward, backward);
        let first = forward.first.unwrap();
        assert_eq!((first.image, first.node, first.position), (0, 1, [0, 0, 1]));
        assert_eq!(forward.mismatches, 3);
    }

    #[test]
    fn another_number_of_elements_is_an_error() {
        assert!(Comparison::default().layer(0, 0, "l", &tensor(&[1, 2, 3, 4]), &[1]).is_err());
    }

    #[test]
    fn buffers_are_read_through_their_layout() {
        let buffer = Buffer {
            name: "b".into(),
            space: cim_isa::Space::L0,
            addr: 1,
            alloc: (0, 9),
            shape: [1, 2, 2],
            strides: [8, 4, 2],
            elem: IntType::new(8, true),
        };
        let memory = [9, 1, 9, 2, 9, 3, 9, 0xff, 9];
        assert_eq!(buffer_elements(&buffer, &memory).unwrap(), vec![1, 3, 2, -1]);
        assert!(buffer_elements(&buffer, &memory[..7]).is_err());
    }
}

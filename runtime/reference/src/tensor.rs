//! Tensors and decoded constants.

use cim_isa::Program;
use cim_isa::types::{ConstId, Constant, ElemType, IntType};

use crate::error::Kernel;

/// Largest tensor the executor allocates, in elements: far above any network, small enough that a corrupted shape
/// ends in an error and not in a failed allocation.
pub const MAX_ELEMENTS: u64 = 1 << 30;

/// Integers in (C, H, W) order, batch 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IntTensor {
    /// (C, H, W).
    pub shape: [u32; 3],
    /// Element type; every element lies in its range.
    pub elem: IntType,
    /// `C*H*W` elements.
    pub data: Vec<i64>,
}

impl IntTensor {
    /// A tensor from its elements; fails when their number or range does not fit.
    pub fn new(shape: [u32; 3], elem: IntType, data: Vec<i64>) -> Result<Self, String> {
        let want = elements(&shape)?;
        if data.len() != want {
            return Err(format!("shape {shape:?} needs {want} elements, there are {}", data.len()));
        }
        let tensor = IntTensor { shape, elem, data };
        tensor.check_range()?;
        Ok(tensor)
    }

    /// Fails with the first element outside the range of the element type.
    pub(crate) fn check_range(&self) -> Kernel<()> {
        let (lo, hi) = (self.elem.min(), self.elem.max());
        match self.data.iter().position(|&v| v < lo || v > hi) {
            None => Ok(()),
            Some(i) => {
                let [c, h, w] = position(i, self.shape);
                Err(format!(
                    "value {} at (c {c}, h {h}, w {w}) does not fit {}",
                    self.data.get(i).copied().unwrap_or(0),
                    self.elem
                ))
            }
        }
    }

    /// Smallest and largest element, (0, 0) when empty.
    pub(crate) fn bounds(&self) -> (i64, i64) {
        self.data.iter().fold((0, 0), |(lo, hi), &v| (lo.min(v), hi.max(v)))
    }
}

/// Product of the dimensions; fails above [`MAX_ELEMENTS`].
pub fn elements(shape: &[u32]) -> Result<usize, String> {
    let mut n = 1u64;
    for &d in shape {
        n = n
            .checked_mul(d as u64)
            .filter(|&n| n <= MAX_ELEMENTS)
            .ok_or_else(|| format!("shape {shape:?} is larger than the {MAX_ELEMENTS} elements a tensor may have"))?;
    }
    Ok(n as usize)
}

/// Position (c, h, w) of element `i` of a tensor in (C, H, W) order.
pub fn position(i: usize, shape: [u32; 3]) -> [u32; 3] {
    let (h, w) = (shape[1].max(1) as usize, shape[2].max(1) as usize);
    [(i / (h * w)) as u32, (i / w % h) as u32, (i % w) as u32]
}

/// The constant with this index.
pub(crate) fn constant(program: &Program, id: ConstId) -> Kernel<&Constant> {
    program.constants.get(id.index()).ok_or_else(|| format!("constant {} does not exist", id.0))
}

/// Decodes an integer constant; fails when the data is shorter or longer than the shape says.
pub(crate) fn integers(program: &Program, id: ConstId) -> Kernel<Vec<i64>> {
    let c = constant(program, id)?;
    let ElemType::Int(t) = c.elem else {
        return Err(format!("constant '{}' is of {}, integers are needed", c.name, c.elem));
    };
    let n = elements(&c.shape)?;
    let size = t.bytes() as usize;
    if c.data.len() != n * size {
        return Err(format!("constant '{}' has {} bytes, its shape needs {}", c.name, c.data.len(), n * size));
    }
    Ok(c.data.chunks_exact(size).map(|b| decode(b, t.signed)).collect())
}

/// Decodes an f32 constant.
pub(crate) fn floats(program: &Program, id: ConstId) -> Kernel<Vec<f32>> {
    let c = constant(program, id)?;
    if c.elem != ElemType::F32 {
        return Err(format!("constant '{}' is of {}, f32 is needed", c.name, c.elem));
    }
    let n = elements(&c.shape)?;
    if c.data.len() != n * 4 {
        return Err(format!("constant '{}' has {} bytes, its shape needs {}", c.name, c.data.len(), n * 4));
    }
    Ok(c.data.chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap_or_default())).collect())
}

/// Little-endian integer of 1 to 8 bytes.
pub(crate) fn decode(bytes: &[u8], signed: bool) -> i64 {
    let mut v = 0u64;
    for (i, &b) in bytes.iter().take(8).enumerate() {
        v |= (b as u64) << (8 * i);
    }
    let unused = 64 - 8 * bytes.len().clamp(1, 8) as u32;
    if signed { ((v << unused) as i64) >> unused } else { v as i64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_little_endian() {
        assert_eq!(decode(&[0xff], true), -1);
        assert_eq!(decode(&[0xff], false), 255);
        assert_eq!(decode(&[0x00, 0x80], true), -32768);
        assert_eq!(decode(&[0x01, 0x02, 0x03, 0x04], false), 0x0403_0201);
        assert_eq!(decode(&[0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], true), -2);
    }

    #[test]
    fn refuses_what_does_not_fit() {
        assert!(IntTensor::new([1, 2, 2], IntType::new(4, false), vec![0, 1, 15, 2]).is_ok());
        let e = IntTensor::new([1, 2, 2], IntType::new(4, false), vec![0, 1, 16, 2]).unwrap_err();
        assert_eq!(e, "value 16 at (c 0, h 1, w 0) does not fit ui4");
        assert!(IntTensor::new([1, 2, 2], IntType::new(4, false), vec![0]).is_err());
        assert!(elements(&[u32::MAX, u32::MAX, u32::MAX]).is_err());
    }

    #[test]
    fn positions_are_c_h_w() {
        assert_eq!(position(0, [2, 3, 4]), [0, 0, 0]);
        assert_eq!(position(7, [2, 3, 4]), [0, 1, 3]);
        assert_eq!(position(23, [2, 3, 4]), [1, 2, 3]);
    }
}

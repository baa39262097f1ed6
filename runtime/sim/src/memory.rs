//! Integers in byte buffers: little-endian, 1, 2, 4 or 8 bytes, at any byte address.

use cim_isa::Space;
use cim_isa::types::IntType;

use crate::error::Fault;

/// `si8`, `ui4`, ...
pub fn type_name(t: IntType) -> String {
    format!("{}i{}", if t.signed { 's' } else { 'u' }, t.bits)
}

/// The bytes `at .. at + len` of a memory.
pub fn span<'m>(memory: &'m [u8], space: &'static str, at: i64, len: u64) -> Result<&'m [u8], Fault> {
    let range = range_of(memory.len(), space, at, len)?;
    Ok(&memory[range])
}

/// As [`span`], to be written.
pub fn span_mut<'m>(memory: &'m mut [u8], space: &'static str, at: i64, len: u64) -> Result<&'m mut [u8], Fault> {
    let range = range_of(memory.len(), space, at, len)?;
    Ok(&mut memory[range])
}

/// Bounds check of a byte range.
pub fn range_of(size: usize, space: &'static str, at: i64, len: u64) -> Result<std::ops::Range<usize>, Fault> {
    let end = i128::from(at) + i128::from(len);
    if at < 0 || end > size as i128 {
        return Err(Fault::OutOfRange { space, at: i128::from(at), end, size: size as u64 });
    }
    Ok(at as usize..end as usize)
}

/// Decodes all elements of `bytes` into `out` (cleared first).
pub fn load(bytes: &[u8], elem: IntType, out: &mut Vec<i64>) {
    out.clear();
    match (elem.bytes(), elem.signed) {
        (1, false) => out.extend(bytes.iter().map(|b| i64::from(*b))),
        (1, true) => out.extend(bytes.iter().map(|b| i64::from(*b as i8))),
        (2, false) => out.extend(bytes.as_chunks().0.iter().map(|b| i64::from(u16::from_le_bytes(*b)))),
        (2, true) => out.extend(bytes.as_chunks().0.iter().map(|b| i64::from(i16::from_le_bytes(*b)))),
        (4, false) => out.extend(bytes.as_chunks().0.iter().map(|b| i64::from(u32::from_le_bytes(*b)))),
        (4, true) => out.extend(bytes.as_chunks().0.iter().map(|b| i64::from(i32::from_le_bytes(*b)))),
        _ => out.extend(bytes.as_chunks().0.iter().map(|b| i64::from_le_bytes(*b))),
    }
}

/// Encodes `values` into `bytes` (same number of elements). Nothing is written when one does not fit.
pub fn store(bytes: &mut [u8], elem: IntType, values: &[i64]) -> Result<(), Fault> {
    let (lo, hi) = (elem.min(), elem.max());
    if values.iter().fold(false, |bad, v| bad | (*v < lo) | (*v > hi)) {
        let index = values.iter().position(|v| *v < lo || *v > hi).unwrap_or(0);
        return Err(overflow(i128::from(values[index]), elem, index));
    }
    match elem.bytes() {
        1 => bytes.iter_mut().zip(values).for_each(|(b, v)| *b = *v as u8),
        2 => bytes.as_chunks_mut().0.iter_mut().zip(values).for_each(|(b, v)| *b = (*v as u16).to_le_bytes()),
        4 => bytes.as_chunks_mut().0.iter_mut().zip(values).for_each(|(b, v)| *b = (*v as u32).to_le_bytes()),
        _ => bytes.as_chunks_mut().0.iter_mut().zip(values).for_each(|(b, v)| *b = v.to_le_bytes()),
    }
    Ok(())
}

/// The fault of a value outside its type.
pub fn overflow(value: i128, elem: IntType, index: usize) -> Fault {
    Fault::Overflow { value, elem: type_name(elem), index }
}

/// One element at a byte address.
pub fn load_one(bytes: &[u8], elem: IntType) -> i64 {
    let mut raw = [0u8; 8];
    let n = bytes.len().min(8);
    raw[..n].copy_from_slice(&bytes[..n]);
    let value = i64::from_le_bytes(raw);
    let unused = 64 - 8 * n as u32;
    match (elem.signed, unused) {
        (_, 0) => value,
        (true, u) => value << u >> u,
        (false, _) => value,
    }
}

/// The buffers of the machine.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    /// Global buffer.
    pub l0: Vec<u8>,
    /// Core buffers, one after the other.
    pub l1: Vec<u8>,
}

/// Name of a memory in messages.
pub fn space_name(space: Space) -> &'static str {
    match space {
        Space::L0 => "L0",
        Space::L1 => "L1",
    }
}

impl Memory {
    /// All bytes of a space.
    pub fn space(&self, space: Space) -> &[u8] {
        match space {
            Space::L0 => &self.l0,
            Space::L1 => &self.l1,
        }
    }
    /// All bytes of a space, to be written.
    pub fn space_mut(&mut self, space: Space) -> &mut Vec<u8> {
        match space {
            Space::L0 => &mut self.l0,
            Space::L1 => &mut self.l1,
        }
    }
    /// The bytes `at .. at + len`.
    pub fn bytes(&self, space: Space, at: i64, len: u64) -> Result<&[u8], Fault> {
        span(self.space(space), space_name(space), at, len)
    }
    /// The bytes `at .. at + len`, to be written.
    pub fn bytes_mut(&mut self, space: Space, at: i64, len: u64) -> Result<&mut [u8], Fault> {
        span_mut(self.space_mut(space), space_name(space), at, len)
    }
    /// Loads `len` dense elements.
    pub fn load(&self, space: Space, at: i64, len: u64, elem: IntType, out: &mut Vec<i64>) -> Result<(), Fault> {
        load(self.bytes(space, at, len.saturating_mul(u64::from(elem.bytes())))?, elem, out);
        Ok(())
    }
    /// Stores dense elements.
    pub fn store(&mut self, space: Space, at: i64, elem: IntType, values: &[i64]) -> Result<(), Fault> {
        let len = values.len() as u64 * u64::from(elem.bytes());
        store(self.bytes_mut(space, at, len)?, elem, values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_values_load_back() {
        for bits in 1..=64u8 {
            for signed in [false, true] {
                if bits == 64 && !signed {
                    continue;
                }
                let t = IntType::new(bits, signed);
                let values = [t.min(), t.max(), 0, t.max() / 2];
                let mut bytes = vec![0u8; 4 * t.bytes() as usize];
                store(&mut bytes, t, &values).expect("in range");
                let mut back = Vec::new();
                load(&bytes, t, &mut back);
                assert_eq!(back, values, "{t:?}");
                for (i, v) in values.iter().enumerate() {
                    let n = t.bytes() as usize;
                    assert_eq!(load_one(&bytes[i * n..(i + 1) * n], t), *v);
                }
                if bits < 63 {
                    assert!(store(&mut bytes, t, &[t.max() + 1]).is_err());
                }
            }
        }
    }

    #[test]
    fn ranges_are_checked() {
        let m = [0u8; 4];
        assert!(span(&m, "L0", 0, 4).is_ok());
        assert!(span(&m, "L0", -1, 2).is_err());
        assert!(span(&m, "L0", 1, 4).is_err());
        assert!(span(&m, "L0", i64::MAX, u64::MAX).is_err());
    }
}

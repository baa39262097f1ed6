//! Constants: size and range of their elements.

use crate::codec::constant_bytes;
use crate::error::InvalidProgram;
use crate::program::Program;
use crate::types::{ConstId, Constant, ElemType, IntType};
use crate::validate::{What, ensure, entry, int_type, limits, unique};

/// What later checks need to know about the constants.
pub(crate) struct Facts<'p> {
    constants: &'p [Constant],
    /// Smallest and largest element of integer constants; (0, 0) for floats and when empty.
    extremes: Vec<(i64, i64)>,
}

pub(crate) fn check(p: &Program) -> Result<Facts<'_>, InvalidProgram> {
    unique(p.constants.iter().map(|c| c.name.as_str()), "constants")?;
    let mut extremes = Vec::with_capacity(p.constants.len());
    for (i, c) in p.constants.iter().enumerate() {
        let range = one(c).map_err(|w| InvalidProgram::new(format!("constant c{i} `{}`", c.name), w))?;
        extremes.push(range);
    }
    Ok(Facts { constants: &p.constants, extremes })
}

fn one(c: &Constant) -> Result<(i64, i64), String> {
    ensure(c.shape.len() <= limits::RANK, || format!("{} dimensions, at most {}", c.shape.len(), limits::RANK))?;
    let want = constant_bytes(c.elem, &c.shape);
    ensure(want == Some(c.data.len() as u64), || {
        format!(
            "shape {:?} needs {} bytes, the data has {}",
            c.shape,
            want.map_or("too many".into(), |n| n.to_string()),
            c.data.len()
        )
    })?;
    let ElemType::Int(t) = c.elem else {
        let bool_ok = c.elem != ElemType::Bool || c.data.iter().all(|b| *b < 2);
        ensure(bool_ok, || "truth values are 0 or 1".into())?;
        return Ok((0, 0));
    };
    if t == IntType::new(64, false) {
        // For the host only: no type of the chip holds this range.
        return Ok((i64::MIN, i64::MAX));
    }
    int_type(t)?;
    let (lo, hi) = match (t.bytes(), t.signed) {
        (1, true) => min_max(c.data.iter().map(|&b| b as i8 as i64)),
        (1, false) => min_max(c.data.iter().map(|&b| b as i64)),
        (2, true) => min_max(words::<2>(&c.data).map(|b| i16::from_le_bytes(b) as i64)),
        (2, false) => min_max(words::<2>(&c.data).map(|b| u16::from_le_bytes(b) as i64)),
        (4, true) => min_max(words::<4>(&c.data).map(|b| i32::from_le_bytes(b) as i64)),
        (4, false) => min_max(words::<4>(&c.data).map(|b| u32::from_le_bytes(b) as i64)),
        _ => min_max(words::<8>(&c.data).map(i64::from_le_bytes)),
    };
    ensure(t.min() <= lo && hi <= t.max(), || {
        format!("elements from {lo} to {hi} in a type of {} bits ({} to {})", t.bits, t.min(), t.max())
    })?;
    Ok((lo, hi))
}

fn words<const N: usize>(data: &[u8]) -> impl Iterator<Item = [u8; N]> + '_ {
    data.chunks_exact(N).map(|c| c.try_into().unwrap_or([0; N]))
}

fn min_max(values: impl Iterator<Item = i64>) -> (i64, i64) {
    let (lo, hi) = values.fold((i64::MAX, i64::MIN), |(lo, hi), v| (lo.min(v), hi.max(v)));
    if lo > hi { (0, 0) } else { (lo, hi) }
}

impl<'p> Facts<'p> {
    pub(crate) fn constant(&self, id: ConstId) -> Result<&'p Constant, String> {
        entry(self.constants, id.0, "constant c")
    }
    /// Number of elements of a constant that must have this element type.
    pub(crate) fn elements(&self, id: ConstId, elem: ElemType, what: &str) -> Result<u64, String> {
        let c = self.constant(id)?;
        ensure(c.elem == elem, || format!("{what} c{} has elements of {}, expected {elem}", id.0, c.elem))?;
        Ok(c.data.len() as u64 / elem.bytes() as u64)
    }
    /// Element type and number of an integer constant.
    pub(crate) fn integers(&self, id: ConstId) -> Result<(IntType, u64), String> {
        let c = self.constant(id)?;
        match c.elem {
            ElemType::Int(t) => Ok((t, c.data.len() as u64 / t.bytes() as u64)),
            other => Err(format!("constant c{} holds elements of {other}, expected integers", id.0)),
        }
    }
    /// All elements are values of `t`; with `narrow` also none is the most negative one.
    pub(crate) fn fits(&self, id: ConstId, t: IntType, narrow: bool) -> What {
        let (lo, hi) = self.extremes.get(id.index()).copied().unwrap_or((0, 0));
        let min = t.min() + (narrow && t.signed) as i64;
        ensure(min <= lo && hi <= t.max(), || {
            format!("weights from {lo} to {hi} do not fit {} bits ({min} to {})", t.bits, t.max())
        })
    }
}

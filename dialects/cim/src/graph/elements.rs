//! Constants as numbers: `dense` and `dense_resource` attributes.

use super::types::{self, Element, IntType, int_type};
use bytes::Bytes;
use cim_ir::core::AttrData;
use cim_ir::{Attribute, Context, Type};

/// The elements of a constant, shared with the attribute: nothing is copied until numbers are asked for.
#[derive(Clone, Debug)]
pub struct Elements {
    /// Tensor type.
    pub ty: Type,
    /// Element type.
    pub elem: Element,
    /// Integer type of the elements; None for floats and `ui64`.
    pub int: Option<IntType>,
    /// Number of elements.
    pub count: usize,
    /// Little-endian elements in whole bytes; one element when splat.
    pub data: Bytes,
    /// All elements equal.
    pub splat: bool,
}

impl Elements {
    /// From a `dense` or `dense_resource` attribute of a tensor of the network; otherwise why not.
    pub fn of(ctx: &Context, attr: Attribute) -> Result<Elements, String> {
        let (ty, data, splat) = match ctx.attr_data(attr) {
            AttrData::Dense { ty, data, splat } => (*ty, data.clone(), *splat),
            AttrData::DenseResource { ty, key } => {
                let blob = ctx.resource(*key);
                (*ty, blob.ok_or_else(|| format!("resource '{}' is not in the module", ctx.str(*key)))?, false)
            }
            _ => return Err("the value is neither dense nor dense_resource".into()),
        };
        let dims = types::dims(ctx, ty).ok_or("the value is no static tensor")?;
        let count = types::count(dims).unwrap_or(0) as usize;
        let elem = Element::of(ctx, ty).ok_or("the elements are neither floats nor siN nor uiN")?;
        let int = int_type(ctx, ty);
        let width = elem.bytes();
        let expected = width * if splat { 1 } else { count };
        if data.len() != expected {
            return Err(format!("the value has {} bytes, {} needs {expected}", data.len(), types::text(ctx, ty)));
        }
        Ok(Elements { ty, elem, int, count, data, splat })
    }

    fn expand<T: Clone>(&self, mut values: Vec<T>) -> Vec<T> {
        if self.splat
            && let Some(v) = values.pop()
        {
            return vec![v; self.count];
        }
        values
    }

    /// Floats; None for other types than f32.
    pub fn floats(&self) -> Option<Vec<f32>> {
        if self.elem != Element::F32 {
            return None;
        }
        let values = self.data.chunks_exact(4).filter_map(|c| c.try_into().ok().map(f32::from_le_bytes)).collect();
        Some(self.expand(values))
    }

    /// Integers; None for floats.
    pub fn ints(&self) -> Option<Vec<i64>> {
        Some(self.expand(self.distinct_ints()?.collect()))
    }

    /// Integers as stored: one when splat; None for floats.
    pub fn distinct_ints(&self) -> Option<impl Iterator<Item = i64> + '_> {
        let int = self.int?;
        let unused = 64 - int.width;
        Some(self.data.chunks_exact(int.bytes()).map(move |c| {
            let mut word = [0; 8];
            word.iter_mut().zip(c).for_each(|(w, b)| *w = *b);
            let bits = u64::from_le_bytes(word) << unused;
            if int.signed { bits as i64 >> unused } else { (bits >> unused) as i64 }
        }))
    }

    /// The elements in whole bytes with the sign in all unused bits, as programs store them; one element when splat. Files have them
    /// so and are shared; text leaves unused bits zero and is converted.
    pub fn sign_extended(&self) -> Bytes {
        let Some(int) = self.int.filter(|t| t.signed && t.width % 8 != 0) else { return self.data.clone() };
        let bytes: Vec<u8> = self
            .distinct_ints()
            .into_iter()
            .flatten()
            .flat_map(|v| v.to_le_bytes().into_iter().take(int.bytes()))
            .collect();
        if bytes == self.data { self.data.clone() } else { bytes.into() }
    }

    /// Smallest and largest integer; None for floats.
    pub fn range(&self) -> Option<(i64, i64)> {
        self.distinct_ints()?.fold(None, |r, v| Some(r.map_or((v, v), |(lo, hi): (i64, i64)| (lo.min(v), hi.max(v)))))
    }
}

/// Integers of a tensor type, as a `dense` attribute. Unused high bits are zero, as text leaves them: equal numbers are one attribute.
pub fn dense_ints(ctx: &Context, dims: &[i64], int: IntType, values: impl Iterator<Item = i64>) -> Attribute {
    let mask = u64::MAX >> (64 - int.width);
    let bytes = |v: i64| (v as u64 & mask).to_le_bytes().into_iter().take(int.bytes());
    let data: Vec<u8> = values.flat_map(bytes).collect();
    dense(ctx, ctx.tensor(dims, int.ty(ctx)), data.into(), int.bytes())
}

/// Floats of a tensor shape, as a `dense` attribute.
pub fn dense_floats(ctx: &Context, dims: &[i64], values: &[f32]) -> Attribute {
    let data: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
    dense(ctx, ctx.tensor(dims, ctx.f32()), data.into(), 4)
}

/// A `dense` attribute from bytes; equal elements become a splat, as in text.
pub fn dense(ctx: &Context, ty: Type, data: Bytes, width: usize) -> Attribute {
    let equal = data.len() >= width && data.chunks_exact(width).all(|c| c == &data[..width]);
    let data = if equal { data.slice(..width) } else { data };
    ctx.attr(AttrData::Dense { ty, data, splat: equal })
}

//! Attributes of host operators: a dictionary with the ONNX names.
//!
//! `i64` and `array<i64>` are integers, `f32` and `array<f32>` floats, strings strings; ONNX has nothing else for the operators of
//! the host (tensors are operands).

use cim_ir::core::AttrData;
use cim_ir::kinds::{AttrKind, F32Attr};
use cim_ir::{Attribute, Context};

/// Attributes by kind, each in the order of the dictionary (by name).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OnnxAttributes {
    /// Integers and lists of them.
    pub ints: Vec<(String, Vec<i64>)>,
    /// Floats and lists of them.
    pub floats: Vec<(String, Vec<f32>)>,
    /// Strings.
    pub strings: Vec<(String, String)>,
}

impl OnnxAttributes {
    /// From a dictionary; the error names the first value of another kind.
    ///
    /// # Errors
    /// A value is none of the kinds above.
    pub fn read(ctx: &Context, dict: Attribute) -> Result<Self, String> {
        let mut out = OnnxAttributes::default();
        for &(key, value) in ctx.dict_items(dict) {
            let name = ctx.str(key).to_string();
            if let Some(v) = ctx.as_i64(value) {
                out.ints.push((name, vec![v]));
            } else if let Some(v) = ctx.as_i64_array(value) {
                out.ints.push((name, v));
            } else if let Some(v) = F32Attr::get(ctx, value) {
                out.floats.push((name, vec![v]));
            } else if let Some(v) = ctx.as_str(value) {
                out.strings.push((name, v.to_string()));
            } else if let Some(v) = floats(ctx, value) {
                out.floats.push((name, v));
            } else {
                return Err(format!("attribute '{name}' must be i64, array<i64>, f32, array<f32> or a string"));
            }
        }
        Ok(out)
    }

    /// As a dictionary; lists of one element become scalars.
    pub fn write(&self, ctx: &Context) -> Attribute {
        let ints = self
            .ints
            .iter()
            .map(|(k, v)| (ctx.ident(k), if let [one] = v[..] { ctx.i64_attr(one) } else { ctx.i64_array(v) }));
        let floats = self.floats.iter().map(|(k, v)| {
            let data: Vec<u8> = v.iter().flat_map(|v| v.to_le_bytes()).collect();
            let list = || ctx.attr(AttrData::DenseArray { elem: ctx.f32(), data: data.into() });
            (ctx.ident(k), if let [one] = v[..] { ctx.f32_attr(one) } else { list() })
        });
        let strings = self.strings.iter().map(|(k, v)| (ctx.ident(k), ctx.string_attr(v)));
        ctx.dict(ints.chain(floats).chain(strings).collect())
    }
}

fn floats(ctx: &Context, value: Attribute) -> Option<Vec<f32>> {
    match ctx.attr_data(value) {
        AttrData::DenseArray { elem, data } if *elem == ctx.f32() => {
            Some(data.chunks_exact(4).filter_map(|c| c.try_into().ok().map(f32::from_le_bytes)).collect())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dictionaries_round_trip() {
        let ctx = Context::new(|_| {});
        let a = OnnxAttributes {
            ints: vec![("axis".into(), vec![-1]), ("empty".into(), vec![]), ("pads".into(), vec![1, 2])],
            floats: vec![("alpha".into(), vec![0.5]), ("scales".into(), vec![1.0, 2.0])],
            strings: vec![("mode".into(), "linear".into())],
        };
        assert_eq!(OnnxAttributes::read(&ctx, a.write(&ctx)).unwrap(), a);
        let bad = ctx.dict(vec![(ctx.ident("x"), ctx.unit())]);
        assert!(OnnxAttributes::read(&ctx, bad).unwrap_err().contains("'x'"));
    }
}

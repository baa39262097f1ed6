//! Folding of integer and float constants: scalars and splats.

use cim_ir::constraints::element_or_self;
use cim_ir::core::{AttrData, FloatKind, TypeData};
use cim_ir::rewrite::{FoldResult, Folded, fold::int_value};
use cim_ir::{Attribute, Context, Ir, Type};

/// An integer of a width of at most 64 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ints {
    value: i64,
    width: u32,
}

impl Ints {
    pub(crate) fn new(value: i64, width: u32) -> Self {
        Ints { value: sign_extend(value, width), width }
    }
    /// As a signed number.
    pub(crate) fn signed(self) -> i64 {
        self.value
    }
    /// As an unsigned number.
    pub(crate) fn unsigned(self) -> u64 {
        let unused = 64 - self.width.min(64);
        ((self.value as u64) << unused.min(63)) >> unused.min(63)
    }
    /// As a shift amount, if it is smaller than the width.
    pub(crate) fn shift(self) -> Option<u32> {
        u32::try_from(self.unsigned()).ok().filter(|&s| s < self.width)
    }
    /// Whether it is the most negative number.
    pub(crate) fn is_min(self) -> bool {
        self.value == sign_extend(1i64.wrapping_shl(self.width.saturating_sub(1)), self.width)
    }
}

fn sign_extend(value: i64, width: u32) -> i64 {
    match width {
        0 => 0,
        1..=63 => value << (64 - width) >> (64 - width),
        _ => value,
    }
}

/// Width of an integer of at most 64 bits; `index` counts as 64.
pub(crate) fn int_width(ctx: &Context, ty: Type) -> Option<u32> {
    match ctx.type_data(ty) {
        TypeData::Integer { width, .. } if *width <= 64 => Some(*width),
        TypeData::Index => Some(64),
        _ => None,
    }
}

/// The constant of a scalar or statically shaped type, wrapped to its width.
pub(crate) fn int_constant(ctx: &Context, ty: Type, value: i64) -> Option<Attribute> {
    let width = int_width(ctx, element_or_self(ctx, ty))?;
    let value = sign_extend(value, width);
    match ctx.type_data(ty) {
        TypeData::Integer { .. } | TypeData::Index => Some(ctx.int_attr(ty, value)),
        TypeData::Tensor { dims, .. } | TypeData::Vector { dims, .. } if dims.iter().all(|d| *d >= 0) => {
            let bytes = (width as usize).div_ceil(8).max(1);
            let value = if width == 1 { value & 1 } else { value };
            let data = value.to_le_bytes().get(..bytes)?.to_vec();
            Some(ctx.attr(AttrData::Dense { ty, data: data.into(), splat: true }))
        }
        _ => None,
    }
}

fn operand(ir: &Ir, ty: Type, constants: &[Option<Attribute>], index: usize) -> Option<Ints> {
    let width = int_width(ir.ctx(), element_or_self(ir.ctx(), ty))?;
    Some(Ints::new(int_value(ir.ctx(), (*constants.get(index)?)?)?, width))
}

/// Whether a constant operand is an integer of this value.
pub(crate) fn is_int(ir: &Ir, constants: &[Option<Attribute>], index: usize, value: i64) -> bool {
    let constant = constants.get(index).copied().flatten();
    constant.and_then(|c| int_value(ir.ctx(), c)) == Some(value)
}

/// Two constant operands and a result of one type.
pub(crate) fn binary(
    ir: &Ir,
    ty: Type,
    constants: &[Option<Attribute>],
    f: impl Fn(Ints, Ints) -> Option<i64>,
) -> FoldResult {
    binary_to(ir, ty, ty, constants, f)
}

/// Two constant operands of one type, a result of another.
pub(crate) fn binary_to(
    ir: &Ir,
    ty: Type,
    result: Type,
    constants: &[Option<Attribute>],
    f: impl Fn(Ints, Ints) -> Option<i64>,
) -> FoldResult {
    let value = f(operand(ir, ty, constants, 0)?, operand(ir, ty, constants, 1)?)?;
    Folded::attr(int_constant(ir.ctx(), result, value)?)
}

/// One constant operand.
pub(crate) fn unary(
    ir: &Ir,
    from: Type,
    to: Type,
    constants: &[Option<Attribute>],
    f: impl Fn(Ints) -> Option<i64>,
) -> FoldResult {
    let value = f(operand(ir, from, constants, 0)?)?;
    Folded::attr(int_constant(ir.ctx(), to, value)?)
}

/// Two `f32` or two `f64` constants; IEEE arithmetic rounded to nearest, as the operation itself.
pub(crate) fn float_binary(ir: &Ir, constants: &[Option<Attribute>], f: impl Fn(f64, f64) -> f64) -> FoldResult {
    let ctx = ir.ctx();
    let (a, b) = ((*constants.first()?)?, (*constants.get(1)?)?);
    let (AttrData::Float { ty, bits: x }, AttrData::Float { ty: other, bits: y }) =
        (ctx.attr_data(a), ctx.attr_data(b))
    else {
        return None;
    };
    if ty != other {
        return None;
    }
    match ctx.type_data(*ty) {
        TypeData::Float(FloatKind::F64) => {
            Folded::attr(ctx.f64_attr(f(f64::from_bits(*x as u64), f64::from_bits(*y as u64))))
        }
        // One operation in f64 rounded to f32 equals the operation in f32 for +, -, *, /: 53 >= 2 * 24 + 2.
        TypeData::Float(FloatKind::F32) => {
            let wide = f(f32::from_bits(*x as u32).into(), f32::from_bits(*y as u32).into());
            Folded::attr(ctx.f32_attr(wide as f32))
        }
        _ => None,
    }
}

/// A constant integer as `f32` or `f64`, rounded to nearest.
pub(crate) fn int_to_float(ir: &Ir, from: Type, to: Type, constants: &[Option<Attribute>]) -> FoldResult {
    let value = operand(ir, from, constants, 0)?.signed();
    let ctx = ir.ctx();
    match ctx.type_data(to) {
        TypeData::Float(FloatKind::F64) => Folded::attr(ctx.f64_attr(value as f64)),
        TypeData::Float(FloatKind::F32) => Folded::attr(ctx.f32_attr(value as f32)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths() {
        assert_eq!((Ints::new(255, 8).signed(), Ints::new(-1, 8).unsigned()), (-1, 255));
        assert_eq!(
            (Ints::new(-1, 64).unsigned(), Ints::new(1, 1).signed(), Ints::new(-1, 1).unsigned()),
            (u64::MAX, -1, 1)
        );
        assert!(Ints::new(-128, 8).is_min() && Ints::new(i64::MIN, 64).is_min() && !Ints::new(-127, 8).is_min());
        assert_eq!((Ints::new(8, 8).shift(), Ints::new(7, 8).shift(), Ints::new(-1, 8).shift()), (None, Some(7), None));
        assert_eq!(Ints::new(5, 0).signed(), 0);
    }

    #[test]
    fn constants_wrap() {
        let ctx = Context::new(|_| {});
        assert_eq!(int_constant(&ctx, ctx.int(8), 300), Some(ctx.int_attr(ctx.int(8), 44)));
        let t = ctx.tensor(&[4], ctx.int(16));
        let splat = int_constant(&ctx, t, -2).unwrap();
        assert_eq!(int_value(&ctx, splat), Some(-2));
        assert_eq!(int_constant(&ctx, ctx.f32(), 1), None);
    }
}

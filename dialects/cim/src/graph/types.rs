//! The tensors of the network: static, ranked, of `f32` or of signed or unsigned integers.

use cim_ir::constraints::types;
use cim_ir::core::{FloatKind, Signedness, TypeData};
use cim_ir::op_def::TypeConstraint;
use cim_ir::{Context, Type};

/// Most elements of a tensor (2^28: VGG-16's largest layer has 1.03e8); more is a mistake or an attack, not a network.
pub const MAX_ELEMENTS: i64 = 1 << 28;

/// An integer element type: `siN` or `uiN`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct IntType {
    /// Bits: 1..=64 signed, 1..=63 unsigned.
    pub width: u32,
    /// Two's complement.
    pub signed: bool,
}

impl IntType {
    /// Smallest value.
    pub fn min(self) -> i64 {
        if self.signed { i64::MIN >> (64 - self.width.clamp(1, 64)) } else { 0 }
    }
    /// Largest value.
    pub fn max(self) -> i64 {
        let bits = if self.signed { self.width.saturating_sub(1) } else { self.width };
        ((1u64 << bits.min(63)) - 1) as i64
    }
    /// Whether it holds `value`.
    pub fn holds(self, value: i64) -> bool {
        (self.min()..=self.max()).contains(&value)
    }
    /// Bytes of one element: whole bytes, one for sub-byte types.
    pub fn bytes(self) -> usize {
        self.width.div_ceil(8) as usize
    }
    /// The type.
    pub fn ty(self, ctx: &Context) -> Type {
        ctx.int_signed(self.width, self.signed)
    }
    /// The narrowest type of this signedness that holds `lo..=hi`; signed when `lo` is negative.
    pub fn for_range(lo: i64, hi: i64, signed: bool) -> IntType {
        let signed = signed || lo < 0;
        let width =
            (1..=63).find(|&width| IntType { width, signed }.min() <= lo && hi <= IntType { width, signed }.max());
        IntType { width: width.unwrap_or(64), signed }
    }
}

impl std::fmt::Display for IntType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}i{}", if self.signed { 's' } else { 'u' }, self.width)
    }
}

/// An element type of the network. Truth values are `ui1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Element {
    /// `siN`, `uiN`
    Int(IntType),
    /// `ui64`: on the host only.
    U64,
    /// `f32`
    F32,
    /// `f64`: on the host only.
    F64,
    /// `f16`: on the host only.
    F16,
    /// `bf16`: on the host only.
    BF16,
}

impl Element {
    /// The element type, or that of a shaped type.
    pub fn of(ctx: &Context, ty: Type) -> Option<Element> {
        let elem = cim_ir::constraints::element_or_self(ctx, ty);
        match ctx.type_data(elem) {
            TypeData::Float(FloatKind::F32) => Some(Element::F32),
            TypeData::Float(FloatKind::F64) => Some(Element::F64),
            TypeData::Float(FloatKind::F16) => Some(Element::F16),
            TypeData::Float(FloatKind::BF16) => Some(Element::BF16),
            TypeData::Integer { width: 64, sign: Signedness::Unsigned } => Some(Element::U64),
            _ => int_type(ctx, elem).map(Element::Int),
        }
    }
    /// The type.
    pub fn ty(self, ctx: &Context) -> Type {
        match self {
            Element::Int(t) => t.ty(ctx),
            Element::U64 => ctx.int_signed(64, false),
            Element::F32 => ctx.f32(),
            Element::F64 => ctx.f64(),
            Element::F16 => ctx.float(FloatKind::F16),
            Element::BF16 => ctx.float(FloatKind::BF16),
        }
    }
    /// Bytes of one element.
    pub fn bytes(self) -> usize {
        match self {
            Element::Int(t) => t.bytes(),
            Element::U64 | Element::F64 => 8,
            Element::F32 => 4,
            Element::F16 | Element::BF16 => 2,
        }
    }
}

impl std::fmt::Display for Element {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Element::Int(t) => t.fmt(f),
            Element::U64 => f.write_str("ui64"),
            Element::F32 => f.write_str("f32"),
            Element::F64 => f.write_str("f64"),
            Element::F16 => f.write_str("f16"),
            Element::BF16 => f.write_str("bf16"),
        }
    }
}

/// The integer type, or that of the elements of a shaped type.
pub fn int_type(ctx: &Context, ty: Type) -> Option<IntType> {
    match ctx.type_data(cim_ir::constraints::element_or_self(ctx, ty)) {
        TypeData::Integer { width, sign: Signedness::Signed } if (1..=64).contains(width) => {
            Some(IntType { width: *width, signed: true })
        }
        TypeData::Integer { width, sign: Signedness::Unsigned } if (1..=63).contains(width) => {
            Some(IntType { width: *width, signed: false })
        }
        _ => None,
    }
}

/// Whether it is `f32` or a shaped type of it.
pub fn is_f32(ctx: &Context, ty: Type) -> bool {
    matches!(ctx.type_data(cim_ir::constraints::element_or_self(ctx, ty)), TypeData::Float(FloatKind::F32))
}

/// Dimensions of a static tensor without encoding; all at least 1, their product at most [`MAX_ELEMENTS`].
pub fn dims(ctx: &Context, ty: Type) -> Option<&[i64]> {
    match ctx.type_data(ty) {
        TypeData::Tensor { dims, encoding: None, .. } if count(dims).is_some() => Some(dims),
        _ => None,
    }
}

/// Number of elements of a shape; None when a dimension is below 1 or there are more than [`MAX_ELEMENTS`].
pub fn count(dims: &[i64]) -> Option<i64> {
    dims.iter().try_fold(1i64, |n, &d| if d < 1 { None } else { n.checked_mul(d).filter(|n| *n <= MAX_ELEMENTS) })
}

fn is_tensor(ctx: &Context, ty: Type, elem: fn(&Context, Type) -> bool) -> bool {
    dims(ctx, ty).is_some() && elem(ctx, ty)
}
fn is_int(ctx: &Context, ty: Type) -> bool {
    int_type(ctx, ty).is_some()
}
fn is_accumulator(ctx: &Context, ty: Type) -> bool {
    matches!(int_type(ctx, ty), Some(IntType { width: 32 | 64, signed: true }))
}

/// The dimension of the channels: 1 of (N, C, H, W), the last of a sequence of positions (N, S, C) or a vector (N, C).
pub fn channel_dim(dims: &[i64]) -> usize {
    if dims.len() >= 4 { 1 } else { dims.len().saturating_sub(1) }
}

/// Whether it is a sequence of positions with their channels last, and more than one vector: (S, C) or (N, S, C).
pub fn is_sequence(dims: &[i64]) -> bool {
    matches!(dims, [s, _] if *s > 1) || dims.len() == 3
}

/// Any tensor of the network.
pub const TENSOR: TypeConstraint =
    types("static tensor of f32, siN or uiN values", |c, t| is_tensor(c, t, |c, t| is_f32(c, t) || is_int(c, t)));
/// Any tensor of the host.
pub const HOST: TypeConstraint = types("static tensor of f16, bf16, f32, f64, siN or uiN values", |c, t| {
    is_tensor(c, t, |c, t| Element::of(c, t).is_some())
});
/// A float tensor.
pub const FLOAT: TypeConstraint = types("static tensor of f32 values", |c, t| is_tensor(c, t, is_f32));
/// An integer tensor.
pub const INT: TypeConstraint = types("static tensor of siN or uiN values", |c, t| is_tensor(c, t, is_int));
/// What a matrix-vector operation gives: floats or raw sums.
pub const SUMS: TypeConstraint = types("static tensor of f32, si32 or si64 values", |c, t| {
    is_tensor(c, t, |c, t| is_f32(c, t) || is_accumulator(c, t))
});

/// A tensor type as text, for messages.
pub fn text(ctx: &Context, ty: Type) -> String {
    match (cim_ir::constraints::shape(ctx, ty), Element::of(ctx, ty)) {
        (Some(dims), Some(elem)) => {
            let dims: String = dims.iter().map(|d| format!("{d}x")).collect();
            format!("tensor<{dims}{elem}>")
        }
        _ => "a type that is no tensor of the network".into(),
    }
}

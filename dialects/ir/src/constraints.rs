//! Constraints on types for operands and results. The words are MLIR's.

use crate::core::{Context, Signedness, Type, TypeData};
use crate::op_def::TypeConstraint;

/// A constraint from its words and its check.
pub const fn types(what: &'static str, check: fn(&Context, Type) -> bool) -> TypeConstraint {
    TypeConstraint { what, check, only: None }
}

/// Element type of a vector, tensor or memref, ranked or not.
pub fn element_type(ctx: &Context, ty: Type) -> Option<Type> {
    match ctx.type_data(ty) {
        TypeData::Vector { elem, .. }
        | TypeData::Tensor { elem, .. }
        | TypeData::UnrankedTensor(elem)
        | TypeData::MemRef { elem, .. }
        | TypeData::UnrankedMemRef { elem, .. } => Some(*elem),
        _ => None,
    }
}
/// The element type of a shaped type, or the type itself.
pub fn element_or_self(ctx: &Context, ty: Type) -> Type {
    element_type(ctx, ty).unwrap_or(ty)
}
/// Dimensions of a ranked shaped type; [`crate::core::DYNAMIC`] is unknown.
pub fn shape(ctx: &Context, ty: Type) -> Option<&[i64]> {
    match ctx.type_data(ty) {
        TypeData::Vector { dims, .. } | TypeData::Tensor { dims, .. } | TypeData::MemRef { dims, .. } => Some(dims),
        _ => None,
    }
}

fn is_int(ctx: &Context, ty: Type) -> bool {
    matches!(ctx.type_data(ty), TypeData::Integer { .. })
}
fn is_float(ctx: &Context, ty: Type) -> bool {
    matches!(ctx.type_data(ty), TypeData::Float(_))
}
fn is_signless(ctx: &Context, ty: Type, width: Option<u32>) -> bool {
    matches!(ctx.type_data(ty), TypeData::Integer { width: w, sign: Signedness::Signless } if width.is_none_or(|x| x == *w))
}
fn is_index(ctx: &Context, ty: Type) -> bool {
    ty == ctx.index()
}
/// Tensor or vector elements, or the type itself: what "like" constraints look at.
fn like(ctx: &Context, ty: Type, check: fn(&Context, Type) -> bool) -> bool {
    match ctx.type_data(ty) {
        TypeData::Vector { elem, .. } | TypeData::Tensor { elem, .. } | TypeData::UnrankedTensor(elem) => {
            check(ctx, *elem)
        }
        _ => check(ctx, ty),
    }
}
fn tensor_of(ctx: &Context, ty: Type, ranked: bool, check: fn(&Context, Type) -> bool) -> bool {
    match ctx.type_data(ty) {
        TypeData::Tensor { elem, .. } => check(ctx, *elem),
        TypeData::UnrankedTensor(elem) => !ranked && check(ctx, *elem),
        _ => false,
    }
}
fn memref_of(ctx: &Context, ty: Type, check: fn(&Context, Type) -> bool) -> bool {
    matches!(ctx.type_data(ty), TypeData::MemRef { elem, .. } if check(ctx, *elem))
}

/// Any type.
pub const ANY_TYPE: TypeConstraint = types("any type", |_, _| true);
/// `i1`
pub const I1: TypeConstraint = types("1-bit signless integer", |c, t| t == c.i1()).built(Context::i1);
/// `i8`
pub const I8: TypeConstraint = types("8-bit signless integer", |c, t| is_signless(c, t, Some(8))).built(|c| c.int(8));
/// `i32`
pub const I32: TypeConstraint =
    types("32-bit signless integer", |c, t| is_signless(c, t, Some(32))).built(|c| c.int(32));
/// `i64`
pub const I64: TypeConstraint =
    types("64-bit signless integer", |c, t| is_signless(c, t, Some(64))).built(|c| c.int(64));
/// `index`
pub const INDEX: TypeConstraint = types("index", is_index).built(Context::index);
/// Integer of any width and signedness.
pub const ANY_INTEGER: TypeConstraint = types("integer", is_int);
/// Integer of any width without sign.
pub const ANY_SIGNLESS_INTEGER: TypeConstraint = types("signless integer", |c, t| is_signless(c, t, None));
/// Any float type.
pub const ANY_FLOAT: TypeConstraint = types("floating-point", is_float);
/// Integer or index.
pub const INTEGER_OR_INDEX: TypeConstraint =
    types("signless integer or index", |c, t| is_index(c, t) || is_signless(c, t, None));
/// Function type.
pub const FUNCTION_TYPE: TypeConstraint =
    types("function type", |c, t| matches!(c.type_data(t), TypeData::Function { .. }));
/// Signless integer or index, or a vector or tensor of them.
pub const SIGNLESS_INTEGER_LIKE: TypeConstraint =
    types("signless-integer-like", |c, t| like(c, t, |c, t| is_index(c, t) || is_signless(c, t, None)));
/// Signless integer, or a vector or tensor of them.
pub const SIGNLESS_FIXED_WIDTH_INTEGER_LIKE: TypeConstraint =
    types("signless-fixed-width-integer-like", |c, t| like(c, t, |c, t| is_signless(c, t, None)));
/// Float, or a vector or tensor of floats.
pub const FLOAT_LIKE: TypeConstraint = types("floating-point-like", |c, t| like(c, t, is_float));
/// `i1`, or a vector or tensor of it.
pub const BOOL_LIKE: TypeConstraint = types("bool-like", |c, t| like(c, t, |c, t| t == c.i1()));
/// Any tensor.
pub const ANY_TENSOR: TypeConstraint = types("tensor of any type values", |c, t| tensor_of(c, t, false, |_, _| true));
/// A tensor with a rank.
pub const RANKED_TENSOR: TypeConstraint =
    types("ranked tensor of any type values", |c, t| tensor_of(c, t, true, |_, _| true));
/// A tensor with a rank and without unknown dimensions.
pub const STATIC_TENSOR: TypeConstraint = types(
    "statically shaped tensor of any type values",
    |c, t| matches!(c.type_data(t), TypeData::Tensor { dims, .. } if dims.iter().all(|d| *d >= 0)),
);
/// Tensor of integers of any width and signedness.
pub const INT_TENSOR: TypeConstraint = types("tensor of integer values", |c, t| tensor_of(c, t, false, is_int));
/// Tensor of floats.
pub const FLOAT_TENSOR: TypeConstraint =
    types("tensor of floating-point values", |c, t| tensor_of(c, t, false, is_float));
/// Ranked tensor of integers.
pub const RANKED_INT_TENSOR: TypeConstraint =
    types("ranked tensor of integer values", |c, t| tensor_of(c, t, true, is_int));
/// Ranked tensor of floats.
pub const RANKED_FLOAT_TENSOR: TypeConstraint =
    types("ranked tensor of floating-point values", |c, t| tensor_of(c, t, true, is_float));
/// Any vector.
pub const ANY_VECTOR: TypeConstraint =
    types("vector of any type values", |c, t| matches!(c.type_data(t), TypeData::Vector { .. }));
/// A ranked memref.
pub const ANY_MEMREF: TypeConstraint = types("memref of any type values", |c, t| memref_of(c, t, |_, _| true));
/// A ranked memref of integers.
pub const INT_MEMREF: TypeConstraint = types("memref of integer values", |c, t| memref_of(c, t, is_int));
/// A memref, ranked or not.
pub const ANY_RANKED_OR_UNRANKED_MEMREF: TypeConstraint =
    types("ranked or unranked memref of any type values", |c, t| {
        matches!(c.type_data(t), TypeData::MemRef { .. } | TypeData::UnrankedMemRef { .. })
    });
/// Any vector, tensor or memref.
pub const ANY_SHAPED: TypeConstraint = types("shaped of any type values", |c, t| element_type(c, t).is_some());

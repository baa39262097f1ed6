//! Builtin types as data.

use super::ids::{Attribute, Ident, Type};
use crate::op_def::TypeDef;

/// Signedness of an integer type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Signedness {
    /// `iN`
    Signless,
    /// `siN`
    Signed,
    /// `uiN`
    Unsigned,
}

/// The 18 builtin float kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // the names are the documentation
pub enum FloatKind {
    F4E2M1FN,
    F6E2M3FN,
    F6E3M2FN,
    F8E3M4,
    F8E4M3,
    F8E4M3FN,
    F8E4M3FNUZ,
    F8E4M3B11FNUZ,
    F8E5M2,
    F8E5M2FNUZ,
    F8E8M0FNU,
    F16,
    BF16,
    TF32,
    F32,
    F64,
    F80,
    F128,
}

impl FloatKind {
    /// All kinds with the spelling of their type.
    pub const ALL: [(FloatKind, &'static str); 18] = [
        (FloatKind::F4E2M1FN, "f4E2M1FN"),
        (FloatKind::F6E2M3FN, "f6E2M3FN"),
        (FloatKind::F6E3M2FN, "f6E3M2FN"),
        (FloatKind::F8E3M4, "f8E3M4"),
        (FloatKind::F8E4M3, "f8E4M3"),
        (FloatKind::F8E4M3FN, "f8E4M3FN"),
        (FloatKind::F8E4M3FNUZ, "f8E4M3FNUZ"),
        (FloatKind::F8E4M3B11FNUZ, "f8E4M3B11FNUZ"),
        (FloatKind::F8E5M2, "f8E5M2"),
        (FloatKind::F8E5M2FNUZ, "f8E5M2FNUZ"),
        (FloatKind::F8E8M0FNU, "f8E8M0FNU"),
        (FloatKind::F16, "f16"),
        (FloatKind::BF16, "bf16"),
        (FloatKind::TF32, "tf32"),
        (FloatKind::F32, "f32"),
        (FloatKind::F64, "f64"),
        (FloatKind::F80, "f80"),
        (FloatKind::F128, "f128"),
    ];

    /// Spelling of the type.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|k| k.0 == self).map_or("", |k| k.1)
    }
    /// Width in bits.
    pub fn width(self) -> u32 {
        match self {
            FloatKind::F4E2M1FN => 4,
            FloatKind::F6E2M3FN | FloatKind::F6E3M2FN => 6,
            FloatKind::F16 | FloatKind::BF16 => 16,
            FloatKind::TF32 => 19,
            FloatKind::F32 => 32,
            FloatKind::F64 => 64,
            FloatKind::F80 => 80,
            FloatKind::F128 => 128,
            _ => 8,
        }
    }
}

/// A dimension that is not known (`?`).
pub const DYNAMIC: i64 = i64::MIN;

/// Structure of a type; interned by [`crate::Context`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum TypeData {
    /// `i8`, `si8`, `ui8`
    Integer {
        /// Bits, 0..=16,777,215.
        width: u32,
        /// Signedness.
        sign: Signedness,
    },
    /// `f32`, ...
    Float(FloatKind),
    /// `index`
    Index,
    /// `none`
    None,
    /// `complex<T>`
    Complex(Type),
    /// `tuple<A, B>`
    Tuple(Box<[Type]>),
    /// `(A) -> B`
    Function {
        /// Inputs.
        inputs: Box<[Type]>,
        /// Results.
        results: Box<[Type]>,
    },
    /// `vector<4x[8]xf32>`
    Vector {
        /// Dimensions, all positive.
        dims: Box<[i64]>,
        /// Which are scalable.
        scalable: Box<[bool]>,
        /// Element type.
        elem: Type,
    },
    /// `tensor<4x?xf32, enc>`
    Tensor {
        /// Dimensions; [`DYNAMIC`] is `?`.
        dims: Box<[i64]>,
        /// Element type.
        elem: Type,
        /// Encoding.
        encoding: Option<Attribute>,
    },
    /// `tensor<*xf32>`
    UnrankedTensor(Type),
    /// `memref<4xf32, layout, space>`
    MemRef {
        /// Dimensions; [`DYNAMIC`] is `?`.
        dims: Box<[i64]>,
        /// Element type.
        elem: Type,
        /// Layout unless the identity.
        layout: Option<Attribute>,
        /// Memory space unless the default.
        space: Option<Attribute>,
    },
    /// `memref<*xf32, space>`
    UnrankedMemRef {
        /// Element type.
        elem: Type,
        /// Memory space.
        space: Option<Attribute>,
    },
    /// `!dialect.body` of a dialect without that type; kept as text.
    Opaque {
        /// Namespace up to the first dot.
        dialect: Ident,
        /// Verbatim text after the namespace and dot.
        body: Box<str>,
    },
    /// A registered dialect type with parameters.
    Dialect {
        /// Definition.
        def: &'static TypeDef,
        /// Parameters, in declaration order.
        params: Box<[Attribute]>,
    },
}

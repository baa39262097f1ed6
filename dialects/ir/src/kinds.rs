//! Kinds of attributes for properties and parameters: how a Rust value becomes an attribute and back.

use crate::affine::AffineMap;
use crate::core::{AttrData, Attribute, Context, FloatKind, IntValue, Signedness, Type, TypeData};
use crate::op_def::AttrConstraint;
use std::marker::PhantomData;

/// How format strings write an attribute.
#[derive(Clone, Copy, Debug)]
pub enum AttrAsm {
    /// As any attribute.
    Plain,
    /// Without its type, which is always the same.
    Typeless(fn(&Context) -> Type),
    /// `[1, 2]` instead of `array<i64: 1, 2>`; the element type.
    List(fn(&Context) -> Type),
    /// `@name`
    Symbol,
    /// A bare word out of these; stored as a string.
    Keyword(&'static [&'static str]),
    /// A type.
    Type,
    /// Nothing: the element around it says that it is there.
    Unit,
}

/// What generic code knows about a kind.
#[derive(Clone, Copy, Debug)]
pub struct KindSpec {
    /// Check of values.
    pub constraint: AttrConstraint,
    /// Custom form.
    pub asm: AttrAsm,
    /// Absent stands for `false`.
    pub absent_is_false: bool,
    /// The default is stored when an operation is built or read, so that generic text shows it: MLIR's habit, for its own operations.
    pub stores_default: bool,
}

impl KindSpec {
    /// A kind in plain form.
    pub const fn plain(what: &'static str, check: fn(&Context, Attribute) -> bool) -> Self {
        KindSpec {
            constraint: AttrConstraint { what, check },
            asm: AttrAsm::Plain,
            absent_is_false: false,
            stores_default: false,
        }
    }
    /// With its default stored.
    pub const fn storing_default(mut self) -> Self {
        self.stores_default = true;
        self
    }
    /// With another custom form.
    pub const fn with(mut self, asm: AttrAsm) -> Self {
        self.asm = asm;
        self
    }
}

/// A kind of attribute; implemented by marker types.
pub trait AttrKind {
    /// What accessors return.
    type Value<'a>;
    /// What builders take.
    type Arg<'a>;
    /// Check and custom form.
    const SPEC: KindSpec;
    /// "must be ..." for an array of them.
    const ARRAY_WHAT: &'static str = "array attribute";
    /// The value; None when the attribute is of another kind.
    fn get(ctx: &Context, attr: Attribute) -> Option<Self::Value<'_>>;
    /// The attribute.
    fn make(ctx: &Context, value: Self::Arg<'_>) -> Attribute;
    /// What to store for a value; None stores nothing.
    fn put(ctx: &Context, value: Self::Arg<'_>) -> Option<Attribute> {
        Some(Self::make(ctx, value))
    }
    /// Stands in where an accessor meets a malformed operation.
    fn fallback(ctx: &Context) -> Self::Value<'_>;
}

macro_rules! kind {
    ($(#[$m:meta])* $name:ident, $value:ty, $arg:ty, $spec:expr, $array:expr,
     |$gc:ident, $ga:ident| $get:expr, |$mc:ident, $mv:ident| $make:expr, |$fc:ident| $fallback:expr) => {
        $(#[$m])*
        #[derive(Clone, Copy, Debug)]
        pub struct $name;
        impl AttrKind for $name {
            type Value<'a> = $value;
            type Arg<'a> = $arg;
            const SPEC: KindSpec = $spec;
            const ARRAY_WHAT: &'static str = $array;
            fn get($gc: &Context, $ga: Attribute) -> Option<Self::Value<'_>> { $get }
            fn make($mc: &Context, $mv: Self::Arg<'_>) -> Attribute { $make }
            fn fallback($fc: &Context) -> Self::Value<'_> { $fallback }
        }
    };
}

fn int_of(ctx: &Context, attr: Attribute, ty: Type) -> Option<i64> {
    match ctx.attr_data(attr) {
        AttrData::Integer { ty: t, value: IntValue::Small(v) } if *t == ty => Some(*v),
        _ => None,
    }
}
fn float_bits(ctx: &Context, attr: Attribute, kind: FloatKind) -> Option<u128> {
    match ctx.attr_data(attr) {
        AttrData::Float { ty, bits } if matches!(ctx.type_data(*ty), TypeData::Float(k) if *k == kind) => Some(*bits),
        _ => None,
    }
}
fn dense_array(ctx: &Context, attr: Attribute, is_elem: fn(&TypeData) -> bool) -> Option<&[u8]> {
    match ctx.attr_data(attr) {
        AttrData::DenseArray { elem, data } if is_elem(ctx.type_data(*elem)) => Some(data),
        _ => None,
    }
}
fn signless(data: &TypeData, bits: u32) -> bool {
    matches!(data, TypeData::Integer { width, sign: Signedness::Signless } if *width == bits)
}
fn is_int(ctx: &Context, attr: Attribute, bits: u32) -> bool {
    matches!(ctx.attr_data(attr), AttrData::Integer { ty, .. } if signless(ctx.type_data(*ty), bits))
}
fn make_array<const N: usize>(ctx: &Context, elem: Type, values: impl Iterator<Item = [u8; N]>) -> Attribute {
    let data: Vec<u8> = values.flatten().collect();
    ctx.attr(AttrData::DenseArray { elem, data: data.into() })
}
/// Elements of `N` bytes; an incomplete last one is left out.
fn elements<const N: usize>(data: &[u8]) -> impl Iterator<Item = [u8; N]> + '_ {
    data.chunks_exact(N).filter_map(|c| c.try_into().ok())
}

kind!(
    /// `1 : i64`
    I64Attr, i64, i64,
    KindSpec::plain("64-bit signless integer attribute", |c, a| is_int(c, a, 64)).with(AttrAsm::Typeless(Context::i64)),
    "64-bit integer array attribute",
    |c, a| int_of(c, a, c.i64()), |c, v| c.i64_attr(v), |_c| 0
);
kind!(
    /// `1 : i32`
    I32Attr, i32, i32,
    KindSpec::plain("32-bit signless integer attribute", |c, a| is_int(c, a, 32)).with(AttrAsm::Typeless(|c| c.int(32))),
    "32-bit integer array attribute",
    |c, a| int_of(c, a, c.int(32)).map(|v| v as i32), |c, v| c.int_attr(c.int(32), v.into()), |_c| 0
);
kind!(
    /// `1 : index`
    IndexAttr, i64, i64,
    KindSpec::plain("index attribute", |c, a| int_of(c, a, c.index()).is_some()).with(AttrAsm::Typeless(Context::index)),
    "index array attribute",
    |c, a| int_of(c, a, c.index()), |c, v| c.index_attr(v), |_c| 0
);
kind!(
    /// `true` or `false`
    BoolAttr, bool, bool,
    KindSpec::plain("bool attribute", |c, a| is_int(c, a, 1)).with(AttrAsm::Typeless(Context::i1)),
    "1-bit boolean array attribute",
    |c, a| c.as_bool(a), |c, v| c.bool_attr(v), |_c| false
);
kind!(
    /// `"text"`; a string that is no UTF-8 reads as absent.
    StrAttr, &'a str, &'a str,
    KindSpec::plain("string attribute", |c, a| matches!(c.attr_data(a), AttrData::String { .. }))
,
    "string array attribute",
    |c, a| c.as_str(a), |c, v| c.string_attr(v), |_c| ""
);
kind!(
    /// `1.0 : f32`
    F32Attr, f32, f32,
    KindSpec::plain("32-bit float attribute", |c, a| float_bits(c, a, FloatKind::F32).is_some())
        .with(AttrAsm::Typeless(Context::f32)),
    "32-bit float array attribute",
    |c, a| float_bits(c, a, FloatKind::F32).map(|b| f32::from_bits(b as u32)), |c, v| c.f32_attr(v), |_c| 0.0
);
kind!(
    /// `1.0 : f64`
    F64Attr, f64, f64,
    KindSpec::plain("64-bit float attribute", |c, a| float_bits(c, a, FloatKind::F64).is_some())
        .with(AttrAsm::Typeless(Context::f64)),
    "64-bit float array attribute",
    |c, a| float_bits(c, a, FloatKind::F64).map(|b| f64::from_bits(b as u64)), |c, v| c.f64_attr(v), |_c| 0.0
);
kind!(
    /// `array<i64: 1, 2>`
    I64Array, Vec<i64>, &'a [i64],
    KindSpec::plain("i64 dense array attribute", |c, a| dense_array(c, a, |t| signless(t, 64)).is_some())
        .with(AttrAsm::List(Context::i64)),
    "array of i64 dense array attributes",
    |c, a| Some(elements(dense_array(c, a, |t| signless(t, 64))?).map(i64::from_le_bytes).collect()),
    |c, v| c.i64_array(v), |_c| Vec::new()
);
kind!(
    /// `array<i32: 1, 2>`
    I32Array, Vec<i32>, &'a [i32],
    KindSpec::plain("i32 dense array attribute", |c, a| dense_array(c, a, |t| signless(t, 32)).is_some())
        .with(AttrAsm::List(|c| c.int(32))),
    "array of i32 dense array attributes",
    |c, a| Some(elements(dense_array(c, a, |t| signless(t, 32))?).map(i32::from_le_bytes).collect()),
    |c, v| make_array(c, c.int(32), v.iter().map(|x| x.to_le_bytes())), |_c| Vec::new()
);
kind!(
    /// `array<i8: 1, 2>`
    I8Array, Vec<i8>, &'a [i8],
    KindSpec::plain("i8 dense array attribute", |c, a| dense_array(c, a, |t| signless(t, 8)).is_some())
        .with(AttrAsm::List(|c| c.int(8))),
    "array of i8 dense array attributes",
    |c, a| Some(elements(dense_array(c, a, |t| signless(t, 8))?).map(i8::from_le_bytes).collect()),
    |c, v| make_array(c, c.int(8), v.iter().map(|x| x.to_le_bytes())), |_c| Vec::new()
);
kind!(
    /// `array<f32: 1.0>`
    F32Array, Vec<f32>, &'a [f32],
    KindSpec::plain("f32 dense array attribute",
        |c, a| dense_array(c, a, |t| matches!(t, TypeData::Float(FloatKind::F32))).is_some())
        .with(AttrAsm::List(Context::f32)),
    "array of f32 dense array attributes",
    |c, a| Some(elements(dense_array(c, a, |t| matches!(t, TypeData::Float(FloatKind::F32)))?).map(f32::from_le_bytes).collect()),
    |c, v| make_array(c, c.f32(), v.iter().map(|x| x.to_le_bytes())), |_c| Vec::new()
);
kind!(
    /// `array<f64: 1.0>`
    F64Array, Vec<f64>, &'a [f64],
    KindSpec::plain("f64 dense array attribute",
        |c, a| dense_array(c, a, |t| matches!(t, TypeData::Float(FloatKind::F64))).is_some())
        .with(AttrAsm::List(Context::f64)),
    "array of f64 dense array attributes",
    |c, a| Some(elements(dense_array(c, a, |t| matches!(t, TypeData::Float(FloatKind::F64)))?).map(f64::from_le_bytes).collect()),
    |c, v| make_array(c, c.f64(), v.iter().map(|x| x.to_le_bytes())), |_c| Vec::new()
);
kind!(
    /// `array<i1: true>`
    BoolArray, Vec<bool>, &'a [bool],
    KindSpec::plain("i1 dense array attribute", |c, a| dense_array(c, a, |t| signless(t, 1)).is_some())
        .with(AttrAsm::List(Context::i1)),
    "array of i1 dense array attributes",
    |c, a| Some(dense_array(c, a, |t| signless(t, 1))?.iter().map(|b| *b != 0).collect()),
    |c, v| make_array(c, c.i1(), v.iter().map(|x| [*x as u8])), |_c| Vec::new()
);
kind!(
    /// `@name`
    SymbolAttr, &'a str, &'a str,
    KindSpec::plain("flat symbol reference attribute",
        |c, a| matches!(c.attr_data(a), AttrData::Symbol { nested, .. } if nested.is_empty())),
    "flat symbol ref array attribute",
    |c, a| match c.attr_data(a) {
        AttrData::Symbol { root, nested } if nested.is_empty() => Some(c.str(*root)),
        _ => None,
    },
    |c, v| c.symbol_attr(v), |_c| ""
);
kind!(
    /// `@name`, `@table::@name`
    SymbolRefAttr, Attribute, Attribute,
    KindSpec::plain("symbol reference attribute", |c, a| matches!(c.attr_data(a), AttrData::Symbol { .. })),
    "symbol ref array attribute",
    |c, a| matches!(c.attr_data(a), AttrData::Symbol { .. }).then_some(a), |_c, v| v, |c| c.unit()
);
kind!(
    /// The name that an operation with the trait `Symbol` defines: a string, written `@name` in custom form.
    SymbolNameAttr, &'a str, &'a str,
    KindSpec::plain("string attribute", |c, a| matches!(c.attr_data(a), AttrData::String { .. })).with(AttrAsm::Symbol),
    "string array attribute",
    |c, a| c.as_str(a), |c, v| c.string_attr(v), |_c| ""
);
kind!(
    /// A type.
    TypeAttr, Type, Type,
    KindSpec::plain("any type attribute", |c, a| matches!(c.attr_data(a), AttrData::Type(_))).with(AttrAsm::Type),
    "type array attribute",
    |c, a| match c.attr_data(a) { AttrData::Type(t) => Some(*t), _ => None },
    |c, v| c.type_attr(v), |c| c.none()
);
kind!(
    /// A function type.
    FunctionTypeAttr, Type, Type,
    KindSpec::plain("type attribute of function type",
        |c, a| matches!(c.attr_data(a), AttrData::Type(t) if matches!(c.type_data(*t), TypeData::Function { .. })))
        .with(AttrAsm::Type),
    "type array attribute",
    |c, a| match c.attr_data(a) { AttrData::Type(t) => Some(*t), _ => None },
    |c, v| c.type_attr(v), |c| c.function(&[], &[])
);
kind!(
    /// Anything.
    AnyAttr, Attribute, Attribute, KindSpec::plain("any attribute", |_, _| true), "array attribute",
    |_c, a| Some(a), |_c, v| v, |c| c.unit()
);
kind!(
    /// An integer, float or elements attribute: one that has a type.
    TypedAttr, Attribute, Attribute,
    KindSpec::plain("TypedAttr instance", |c, a| attr_type(c, a).is_some()), "array attribute",
    |c, a| attr_type(c, a).map(|_| a), |_c, v| v, |c| c.unit()
);
kind!(
    /// Dense, sparse or resource elements.
    ElementsAttr, Attribute, Attribute,
    KindSpec::plain("constant vector/tensor attribute", is_elements), "array attribute",
    |c, a| is_elements(c, a).then_some(a), |_c, v| v, |c| c.unit()
);
kind!(
    /// `affine_map<...>`
    MapAttr, &'a AffineMap, AffineMap,
    KindSpec::plain("AffineMap attribute", |c, a| matches!(c.attr_data(a), AttrData::Map(_))), "AffineMap array attribute",
    |c, a| match c.attr_data(a) { AttrData::Map(m) => Some(m), _ => None },
    |c, v| c.attr(AttrData::Map(v)), |_c| empty_map()
);
kind!(
    /// `{...}`
    DictAttr, Attribute, Attribute,
    KindSpec::plain("dictionary of named attribute values", |c, a| matches!(c.attr_data(a), AttrData::Dictionary(_))),
    "Array of dictionary attributes",
    |c, a| matches!(c.attr_data(a), AttrData::Dictionary(_)).then_some(a), |_c, v| v, |c| c.empty_dict()
);
kind!(
    /// `[...]`
    ArrayAttr, &'a [Attribute], &'a [Attribute],
    KindSpec::plain("array attribute", |c, a| matches!(c.attr_data(a), AttrData::Array(_))), "array attribute",
    |c, a| match c.attr_data(a) { AttrData::Array(items) => Some(items), _ => None },
    |c, v| c.array_attr(v), |_c| &[]
);

/// `unit` when true, absent when false.
#[derive(Clone, Copy, Debug)]
pub struct UnitAttr;
impl AttrKind for UnitAttr {
    type Value<'a> = bool;
    type Arg<'a> = bool;
    const SPEC: KindSpec = KindSpec {
        absent_is_false: true,
        asm: AttrAsm::Unit,
        ..KindSpec::plain("unit attribute", |c, a| matches!(c.attr_data(a), AttrData::Unit))
    };
    fn get(ctx: &Context, attr: Attribute) -> Option<bool> {
        (attr == ctx.unit()).then_some(true)
    }
    fn make(ctx: &Context, _: bool) -> Attribute {
        ctx.unit()
    }
    fn put(ctx: &Context, value: bool) -> Option<Attribute> {
        value.then(|| ctx.unit())
    }
    fn fallback(_: &Context) -> bool {
        false
    }
}

/// `[...]` of one kind.
#[derive(Clone, Copy, Debug)]
pub struct ArrayOf<K>(PhantomData<K>);
impl<K: AttrKind> AttrKind for ArrayOf<K> {
    type Value<'a> = Vec<K::Value<'a>>;
    type Arg<'a> = Vec<K::Arg<'a>>;
    const SPEC: KindSpec = KindSpec::plain(K::ARRAY_WHAT, |c, a| match c.attr_data(a) {
        AttrData::Array(items) => items.iter().all(|&i| (K::SPEC.constraint.check)(c, i)),
        _ => false,
    });
    fn get(ctx: &Context, attr: Attribute) -> Option<Self::Value<'_>> {
        match ctx.attr_data(attr) {
            AttrData::Array(items) => items.iter().map(|&i| K::get(ctx, i)).collect(),
            _ => None,
        }
    }
    fn make(ctx: &Context, value: Self::Arg<'_>) -> Attribute {
        let items: Vec<_> = value.into_iter().map(|v| K::make(ctx, v)).collect();
        ctx.array_attr(&items)
    }
    fn fallback(_: &Context) -> Self::Value<'_> {
        Vec::new()
    }
}

fn empty_map() -> &'static AffineMap {
    static EMPTY: std::sync::OnceLock<AffineMap> = std::sync::OnceLock::new();
    EMPTY.get_or_init(|| AffineMap { dims: 0, symbols: 0, results: Box::default() })
}

fn is_elements(ctx: &Context, attr: Attribute) -> bool {
    matches!(
        ctx.attr_data(attr),
        AttrData::Dense { .. }
            | AttrData::DenseStrings { .. }
            | AttrData::DenseResource { .. }
            | AttrData::Sparse { .. }
    )
}

/// Type of an attribute that has one.
pub fn attr_type(ctx: &Context, attr: Attribute) -> Option<Type> {
    match ctx.attr_data(attr) {
        AttrData::Integer { ty, .. }
        | AttrData::Float { ty, .. }
        | AttrData::Dense { ty, .. }
        | AttrData::DenseStrings { ty, .. }
        | AttrData::DenseResource { ty, .. }
        | AttrData::Sparse { ty, .. } => Some(*ty),
        AttrData::String { ty, .. } | AttrData::Opaque { ty, .. } => Some(ty.unwrap_or(ctx.none())),
        _ => None,
    }
}

/// Declares a Rust enum that is stored as a string attribute and written as a bare word in custom form:
/// `cim_ir::enum_attr! { /// Docs. pub Pool ("kind of pooling") { /// Docs. Max = "max", ... } }`.
#[macro_export]
macro_rules! enum_attr {
    ($(#[$m:meta])* $vis:vis $name:ident ($what:literal) { $($(#[$vm:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$m])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        $vis enum $name { $($(#[$vm])* $variant),+ }
        impl $name {
            /// All spellings.
            pub const WORDS: &'static [&'static str] = &[$($text),+];
            /// All values, in order of declaration.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];
            /// Spelling.
            pub fn as_str(self) -> &'static str {
                match self { $($name::$variant => $text),+ }
            }
            /// The value with this spelling.
            pub fn parse(text: &str) -> ::core::option::Option<Self> {
                match text { $($text => ::core::option::Option::Some($name::$variant),)+ _ => ::core::option::Option::None }
            }
        }
        impl $crate::kinds::AttrKind for $name {
            type Value<'a> = $name;
            type Arg<'a> = $name;
            const SPEC: $crate::kinds::KindSpec = $crate::kinds::KindSpec::plain(
                $what,
                |c, a| c.as_str(a).is_some_and(|s| $name::WORDS.contains(&s)),
            )
            .with($crate::kinds::AttrAsm::Keyword($name::WORDS));
            fn get(ctx: &$crate::Context, attr: $crate::Attribute) -> ::core::option::Option<$name> {
                $name::parse(ctx.as_str(attr)?)
            }
            fn make(ctx: &$crate::Context, value: $name) -> $crate::Attribute {
                ctx.string_attr(value.as_str())
            }
            fn fallback(_: &$crate::Context) -> $name {
                $name::ALL[0]
            }
        }
    };
}

//! Builtin attributes as data.

use super::ids::{Attribute, Ident, Location, Type};
use crate::affine::{AffineMap, IntegerSet};
use crate::op_def::AttrDef;
use bytes::Bytes;

/// An integer of any width: two's complement, sign-extended (zero-extended for unsigned types).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum IntValue {
    /// Types of at most 64 bits.
    Small(i64),
    /// Wider types: little-endian words, without top words that only repeat the sign (zero for unsigned types).
    Wide(Box<[u64]>),
}

/// Structure of an attribute; interned by [`crate::Context`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum AttrData {
    /// `unit`
    Unit,
    /// `42 : i8`, `true`
    Integer {
        /// Integer or index type.
        ty: Type,
        /// Value.
        value: IntValue,
    },
    /// `1.0 : f32`, the bit pattern right-aligned.
    Float {
        /// Float type.
        ty: Type,
        /// Bits.
        bits: u128,
    },
    /// `"text"`, possibly typed
    String {
        /// Bytes (not necessarily UTF-8).
        value: Box<[u8]>,
        /// Type unless none.
        ty: Option<Type>,
    },
    /// A type as attribute.
    Type(Type),
    /// `[a, b]`
    Array(Box<[Attribute]>),
    /// `{a = 1}`, sorted bytewise by key, keys unique.
    Dictionary(Box<[(Ident, Attribute)]>),
    /// `@a::@b`
    Symbol {
        /// Root.
        root: Ident,
        /// Nested references.
        nested: Box<[Ident]>,
    },
    /// `dense<...> : tensor<...>` of numbers.
    Dense {
        /// Shaped type.
        ty: Type,
        /// Elements, little-endian, each in whole bytes (i1 too); one element when splat.
        data: Bytes,
        /// All elements equal.
        splat: bool,
    },
    /// `dense<["a"]>` with string elements of an opaque type.
    DenseStrings {
        /// Shaped type.
        ty: Type,
        /// Elements; one when splat.
        values: Box<[Box<[u8]>]>,
        /// All elements equal.
        splat: bool,
    },
    /// `dense_resource<key>`
    DenseResource {
        /// Shaped type.
        ty: Type,
        /// Key into the resource table.
        key: Ident,
    },
    /// `array<i32: 1, 2>`
    DenseArray {
        /// Element type: i1, i8..i64, f32, f64.
        elem: Type,
        /// Elements, little-endian.
        data: Bytes,
    },
    /// `sparse<indices, values>`
    Sparse {
        /// Shaped type.
        ty: Type,
        /// Dense i64 indices.
        indices: Attribute,
        /// Dense values.
        values: Attribute,
    },
    /// `strided<[1, ?], offset: ?>`
    Strided {
        /// Strides.
        strides: Box<[i64]>,
        /// Offset.
        offset: i64,
    },
    /// `distinct[0]<attr>`: never equal to another one.
    Distinct {
        /// Unique number.
        id: u32,
        /// Body.
        body: Attribute,
    },
    /// `affine_map<...>`
    Map(AffineMap),
    /// `affine_set<...>`
    Set(IntegerSet),
    /// `loc(...)`
    Location(Location),
    /// `#dialect.body`, kept as text.
    Opaque {
        /// Namespace up to the first dot.
        dialect: Ident,
        /// Verbatim text.
        body: Box<str>,
        /// Type unless none.
        ty: Option<Type>,
    },
    /// A registered dialect attribute with parameters.
    Dialect {
        /// Definition.
        def: &'static AttrDef,
        /// Parameters, in declaration order.
        params: Box<[Attribute]>,
    },
}

/// Structure of a location; interned by [`crate::Context`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum LocData {
    /// `loc(unknown)`
    Unknown,
    /// `"f":line:column`
    File {
        /// File name.
        file: Ident,
        /// Line, from 1.
        line: u32,
        /// Column, from 1.
        column: u32,
    },
    /// `"f":1:2 to 3:4`
    Range {
        /// File name.
        file: Ident,
        /// Start line, start column, end line, end column.
        span: Box<[u32; 4]>,
    },
    /// `"name"(child)`
    Name {
        /// Name.
        name: Ident,
        /// Child, unknown when absent.
        child: Location,
    },
    /// `callsite(callee at caller)`
    CallSite {
        /// Callee.
        callee: Location,
        /// Caller.
        caller: Location,
    },
    /// `fused<metadata>[a, b]`
    Fused {
        /// Locations, no duplicates.
        locs: Box<[Location]>,
        /// Metadata.
        metadata: Option<Attribute>,
    },
}

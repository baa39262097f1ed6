//! The context: interning tables, registered dialects, resources.

use super::attrs::{AttrData, IntValue, LocData};
use super::ids::{Attribute, Ident, Location, OpName, Type};
use super::interner::Interner;
use super::types::{FloatKind, Signedness, TypeData};
use crate::op_def::{OpDef, TraitSet};
use crate::registry::Registry;
use bytes::Bytes;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, RwLock};

/// An operation name and its definition, if a registered dialect has one.
#[derive(Clone, Debug)]
pub struct OpNameData {
    /// Full name, `cim.xbar.mvm`.
    pub name: Ident,
    /// Definition.
    pub def: Option<&'static OpDef>,
    /// Traits of the definition.
    pub traits: TraitSet,
}

impl PartialEq for OpNameData {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}
impl Eq for OpNameData {}
impl std::hash::Hash for OpNameData {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

/// Owns everything that is shared between modules. `Send + Sync`; interning is possible from any thread.
pub struct Context {
    idents: Interner<Box<str>>,
    types: Interner<TypeData>,
    attrs: Interner<AttrData>,
    locs: Interner<LocData>,
    names: Interner<OpNameData>,
    registry: Registry,
    allow_unregistered: AtomicBool,
    show_ops: AtomicBool,
    next_distinct: AtomicU32,
    resources: RwLock<BTreeMap<Ident, Option<(u32, Bytes)>>>,
    common: Common,
}

/// Handles that are needed all the time.
#[derive(Clone, Copy)]
struct Common {
    unknown_loc: Location,
    empty_dict: Attribute,
    unit: Attribute,
    i1: Type,
    i64: Type,
    index: Type,
    none: Type,
}

impl Context {
    /// A context with the builtin dialect and what `register` adds:
    /// `Context::new(|r| { cim_dialect::register(r); })`.
    pub fn new(register: impl FnOnce(&mut Registry)) -> Arc<Context> {
        let mut registry = Registry::new();
        crate::builtin::register(&mut registry);
        register(&mut registry);
        let (types, attrs, locs) = (Interner::new(), Interner::new(), Interner::new());
        let ty = |d: TypeData| Type::from_index(types.intern(d));
        let at = |d: AttrData| Attribute::from_index(attrs.intern(d));
        let common = Common {
            unknown_loc: Location::from_index(locs.intern(LocData::Unknown)),
            empty_dict: at(AttrData::Dictionary(Box::default())),
            unit: at(AttrData::Unit),
            i1: ty(TypeData::Integer { width: 1, sign: Signedness::Signless }),
            i64: ty(TypeData::Integer { width: 64, sign: Signedness::Signless }),
            index: ty(TypeData::Index),
            none: ty(TypeData::None),
        };
        Arc::new(Context {
            idents: Interner::new(),
            types,
            attrs,
            locs,
            names: Interner::new(),
            registry,
            allow_unregistered: AtomicBool::new(false),
            show_ops: AtomicBool::new(true),
            next_distinct: AtomicU32::new(0),
            resources: RwLock::default(),
            common,
        })
    }

    /// Registered dialects.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }
    /// Whether operations of unregistered dialects are kept (`--allow-unregistered-dialect`).
    pub fn allows_unregistered(&self) -> bool {
        self.allow_unregistered.load(Ordering::Relaxed)
    }
    /// Sets [`Context::allows_unregistered`].
    pub fn allow_unregistered(&self, allow: bool) {
        self.allow_unregistered.store(allow, Ordering::Relaxed);
    }

    /// Whether errors about an operation have a note that shows it ("see current operation").
    pub fn shows_operations(&self) -> bool {
        self.show_ops.load(Ordering::Relaxed)
    }
    /// Sets [`Context::shows_operations`]; `--verify-diagnostics` turns it off.
    pub fn show_operations(&self, show: bool) {
        self.show_ops.store(show, Ordering::Relaxed);
    }

    /// Interns an identifier.
    pub fn ident(&self, text: &str) -> Ident {
        Ident::from_index(self.idents.intern_with(text, |a, b| &**a == b, || text.into()))
    }
    /// Text of an identifier.
    pub fn str(&self, id: Ident) -> &str {
        self.idents.get(id.index())
    }

    /// Interns a type.
    pub fn ty(&self, data: TypeData) -> Type {
        Type::from_index(self.types.intern(data))
    }
    /// Structure of a type.
    pub fn type_data(&self, ty: Type) -> &TypeData {
        self.types.get(ty.index())
    }
    /// Interns an attribute. Dictionaries must be sorted: use [`Context::dict`].
    pub fn attr(&self, data: AttrData) -> Attribute {
        Attribute::from_index(self.attrs.intern(data))
    }
    /// Structure of an attribute.
    pub fn attr_data(&self, attr: Attribute) -> &AttrData {
        self.attrs.get(attr.index())
    }
    /// Interns a location.
    pub fn loc(&self, data: LocData) -> Location {
        Location::from_index(self.locs.intern(data))
    }
    /// Structure of a location.
    pub fn loc_data(&self, loc: Location) -> &LocData {
        self.locs.get(loc.index())
    }
    /// `loc(unknown)`.
    pub fn unknown_loc(&self) -> Location {
        self.common.unknown_loc
    }
    /// `"file":line:column`.
    pub fn file_loc(&self, file: &str, line: u32, column: u32) -> Location {
        let file = self.ident(file);
        self.loc(LocData::File { file, line, column })
    }

    /// Interns an operation name and finds its definition.
    pub fn op_name(&self, name: &str) -> OpName {
        let ident = self.ident(name);
        let def = self.registry.op(name);
        let traits = def.map_or(TraitSet::default(), |d| TraitSet::of(d.traits));
        OpName::from_index(self.names.intern(OpNameData { name: ident, def, traits }))
    }
    /// Name and definition.
    pub fn op_name_data(&self, name: OpName) -> &OpNameData {
        self.names.get(name.index())
    }
    /// Text of an operation name.
    pub fn op_str(&self, name: OpName) -> &str {
        self.str(self.op_name_data(name).name)
    }

    /// `iN`
    pub fn int(&self, width: u32) -> Type {
        self.ty(TypeData::Integer { width, sign: Signedness::Signless })
    }
    /// `siN` or `uiN`
    pub fn int_signed(&self, width: u32, signed: bool) -> Type {
        let sign = if signed { Signedness::Signed } else { Signedness::Unsigned };
        self.ty(TypeData::Integer { width, sign })
    }
    /// `i1`
    pub fn i1(&self) -> Type {
        self.common.i1
    }
    /// `i64`
    pub fn i64(&self) -> Type {
        self.common.i64
    }
    /// `index`
    pub fn index(&self) -> Type {
        self.common.index
    }
    /// `none`
    pub fn none(&self) -> Type {
        self.common.none
    }
    /// A float type.
    pub fn float(&self, kind: FloatKind) -> Type {
        self.ty(TypeData::Float(kind))
    }
    /// `f32`
    pub fn f32(&self) -> Type {
        self.float(FloatKind::F32)
    }
    /// `f64`
    pub fn f64(&self) -> Type {
        self.float(FloatKind::F64)
    }
    /// `(inputs) -> results`
    pub fn function(&self, inputs: &[Type], results: &[Type]) -> Type {
        self.ty(TypeData::Function { inputs: inputs.into(), results: results.into() })
    }
    /// `tensor<dims x elem>`
    pub fn tensor(&self, dims: &[i64], elem: Type) -> Type {
        self.ty(TypeData::Tensor { dims: dims.into(), elem, encoding: None })
    }
    /// `tensor<dims x elem, encoding>`
    pub fn tensor_with(&self, dims: &[i64], elem: Type, encoding: Option<Attribute>) -> Type {
        self.ty(TypeData::Tensor { dims: dims.into(), elem, encoding })
    }
    /// `memref<dims x elem, space>`
    pub fn memref(&self, dims: &[i64], elem: Type, space: Option<Attribute>) -> Type {
        self.ty(TypeData::MemRef { dims: dims.into(), elem, layout: None, space })
    }

    /// `unit`
    pub fn unit(&self) -> Attribute {
        self.common.unit
    }
    /// `{}`
    pub fn empty_dict(&self) -> Attribute {
        self.common.empty_dict
    }
    /// Integer attribute of a type of at most 64 bits.
    pub fn int_attr(&self, ty: Type, value: i64) -> Attribute {
        self.attr(AttrData::Integer { ty, value: IntValue::Small(value) })
    }
    /// `value : i64`
    pub fn i64_attr(&self, value: i64) -> Attribute {
        self.int_attr(self.i64(), value)
    }
    /// `value : index`
    pub fn index_attr(&self, value: i64) -> Attribute {
        self.int_attr(self.index(), value)
    }
    /// `true` or `false`
    pub fn bool_attr(&self, value: bool) -> Attribute {
        self.int_attr(self.i1(), -(value as i64))
    }
    /// `value : f32`
    pub fn f32_attr(&self, value: f32) -> Attribute {
        self.attr(AttrData::Float { ty: self.f32(), bits: value.to_bits() as u128 })
    }
    /// `value : f64`
    pub fn f64_attr(&self, value: f64) -> Attribute {
        self.attr(AttrData::Float { ty: self.f64(), bits: value.to_bits() as u128 })
    }
    /// `"value"`
    pub fn string_attr(&self, value: &str) -> Attribute {
        self.attr(AttrData::String { value: value.as_bytes().into(), ty: None })
    }
    /// A type as attribute.
    pub fn type_attr(&self, ty: Type) -> Attribute {
        self.attr(AttrData::Type(ty))
    }
    /// `[...]`
    pub fn array_attr(&self, items: &[Attribute]) -> Attribute {
        self.attr(AttrData::Array(items.into()))
    }
    /// `array<i64: ...>`
    pub fn i64_array(&self, values: &[i64]) -> Attribute {
        let data: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        self.attr(AttrData::DenseArray { elem: self.i64(), data: data.into() })
    }
    /// `@name`
    pub fn symbol_attr(&self, name: &str) -> Attribute {
        self.attr(AttrData::Symbol { root: self.ident(name), nested: Box::default() })
    }
    /// A dictionary of distinct keys; sorts them in place.
    pub(crate) fn dict_of(&self, items: &mut [(Ident, Attribute)]) -> Attribute {
        if !items.windows(2).all(|w| self.str(w[0].0) < self.str(w[1].0)) {
            items.sort_by(|a, b| self.str(a.0).cmp(self.str(b.0)));
        }
        self.attr(AttrData::Dictionary((&*items).into()))
    }
    /// `{...}`; sorts bytewise; of equal keys the last stays.
    pub fn dict(&self, mut items: Vec<(Ident, Attribute)>) -> Attribute {
        if items.is_empty() {
            return self.common.empty_dict;
        }
        if !items.windows(2).all(|w| self.str(w[0].0) < self.str(w[1].0)) {
            items.reverse();
            items.sort_by(|a, b| self.str(a.0).cmp(self.str(b.0)));
            items.dedup_by_key(|i| i.0);
        }
        self.attr(AttrData::Dictionary(items.into()))
    }
    /// Entries of a dictionary, empty for any other attribute.
    pub fn dict_items(&self, dict: Attribute) -> &[(Ident, Attribute)] {
        match self.attr_data(dict) {
            AttrData::Dictionary(items) => items,
            _ => &[],
        }
    }
    /// Value of `key` in a dictionary.
    pub fn dict_get(&self, dict: Attribute, key: Ident) -> Option<Attribute> {
        self.dict_items(dict).iter().find(|i| i.0 == key).map(|i| i.1)
    }
    /// A `distinct` attribute, never equal to another.
    pub fn distinct(&self, body: Attribute) -> Attribute {
        let id = self.next_distinct.fetch_add(1, Ordering::Relaxed);
        self.attr(AttrData::Distinct { id, body })
    }
    /// Boolean value of an `i1` attribute.
    pub fn as_bool(&self, attr: Attribute) -> Option<bool> {
        match self.attr_data(attr) {
            AttrData::Integer { ty, value: IntValue::Small(v) } if *ty == self.i1() => Some(*v != 0),
            _ => None,
        }
    }
    /// Integer value of an integer attribute of at most 64 bits.
    pub fn as_i64(&self, attr: Attribute) -> Option<i64> {
        match self.attr_data(attr) {
            AttrData::Integer { value: IntValue::Small(v), .. } => Some(*v),
            _ => None,
        }
    }
    /// Text of a string attribute.
    pub fn as_str(&self, attr: Attribute) -> Option<&str> {
        match self.attr_data(attr) {
            AttrData::String { value, .. } => std::str::from_utf8(value).ok(),
            _ => None,
        }
    }
    /// A dense attribute from its elements of `size` bytes each; one element, or equal ones, make a splat.
    pub fn dense(&self, ty: Type, mut data: Vec<u8>, size: usize, single: bool) -> Attribute {
        let mut splat = single;
        if let Some((first, rest)) = data.split_at_checked(size)
            && size > 0
            && !rest.is_empty()
            && rest.chunks(size).all(|c| c == first)
        {
            data.truncate(size);
            splat = true;
        }
        splat |= data.len() == size && size > 0;
        data.shrink_to_fit();
        self.attr(AttrData::Dense { ty, data: data.into(), splat })
    }
    /// A fused location: duplicates, unknown ones and fused ones with the same metadata are dissolved.
    pub fn fused_loc(&self, locs: &[Location], metadata: Option<Attribute>) -> Location {
        let mut all: Vec<Location> = Vec::new();
        let mut seen = rustc_hash::FxHashSet::default();
        for &loc in locs {
            let one = [loc];
            let parts: &[Location] = match self.loc_data(loc) {
                LocData::Fused { locs, metadata: m } if *m == metadata => locs,
                LocData::Unknown => &[],
                _ => &one,
            };
            all.extend(parts.iter().filter(|l| seen.insert(**l)));
        }
        match (all.as_slice(), metadata) {
            ([], None) => self.unknown_loc(),
            ([], Some(_)) => self.loc(LocData::Fused { locs: [self.unknown_loc()].into(), metadata }),
            ([only], None) => *only,
            _ => self.loc(LocData::Fused { locs: all.into(), metadata }),
        }
    }
    /// Values of an `array<i64: ...>`.
    pub fn as_i64_array(&self, attr: Attribute) -> Option<Vec<i64>> {
        match self.attr_data(attr) {
            AttrData::DenseArray { elem, data } if *elem == self.i64() => {
                Some(data.chunks_exact(8).filter_map(|c| c.try_into().ok().map(i64::from_le_bytes)).collect())
            }
            _ => None,
        }
    }

    /// Adds or replaces a resource blob (a `dense_resource` of the builtin dialect): the elements, without the alignment that text
    /// puts before them. Text of it asks for the alignment of eight-byte elements.
    pub fn set_resource(&self, key: Ident, blob: Bytes) {
        self.set_aligned_resource(key, 8, blob);
    }
    /// As [`Context::set_resource`] with the alignment that text asks for.
    pub fn set_aligned_resource(&self, key: Ident, alignment: u32, blob: Bytes) {
        self.resources.write().unwrap_or_else(|p| p.into_inner()).insert(key, Some((alignment, blob)));
    }
    /// A resource blob, shared.
    pub fn resource(&self, key: Ident) -> Option<Bytes> {
        self.aligned_resource(key).map(|r| r.1)
    }
    /// A resource blob and the alignment that text asks for.
    pub fn aligned_resource(&self, key: Ident) -> Option<(u32, Bytes)> {
        self.resources.read().unwrap_or_else(|p| p.into_inner()).get(&key).cloned().flatten()
    }
    /// A key for a new resource: `wanted`, or with `_1`, `_2`, ... behind it when another module has taken it.
    pub fn declare_resource(&self, wanted: Ident) -> Ident {
        let mut all = self.resources.write().unwrap_or_else(|p| p.into_inner());
        let mut key = wanted;
        let mut n = 0u64;
        while all.contains_key(&key) {
            n += 1;
            key = self.ident(&format!("{}_{n}", self.str(wanted)));
        }
        all.insert(key, None);
        key
    }
}

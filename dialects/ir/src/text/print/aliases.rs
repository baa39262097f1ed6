//! Aliases: which attributes and types get one, and in what order.
//!
//! A first pass over the operation visits everything that would be printed, in MLIR's order. Aliases are numbered per prefix by
//! nesting depth, then by first visit. Those that only locations need are printed after the module.

use super::OpPrinter;
use super::attrs::Elide;
use crate::core::{AttrData, Attribute, Ir, LocData, Location, OpId, Type, TypeData};
use rustc_hash::FxHashMap;

/// A tuple type with more elements gets an alias.
const LARGE_TUPLE: usize = 16;

/// What has an alias.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Symbol {
    Attr(Attribute),
    Type(Type),
    Loc(Location),
}

/// A visited attribute or type.
struct Visit {
    symbol: Symbol,
    prefix: Option<&'static str>,
    depth: u32,
    deferrable: bool,
    children: Vec<u32>,
}

/// State of the first pass.
#[derive(Default)]
pub(super) struct Collector {
    visits: Vec<Visit>,
    index: FxHashMap<Symbol, u32>,
    /// Types and attributes that are known to lead to no alias at all.
    plain_types: Vec<bool>,
    plain_attrs: Vec<bool>,
    /// Visit whose children are being collected, and its greatest child depth.
    open: Vec<(u32, u32)>,
    deferrable: bool,
}

/// The aliases of a module.
#[derive(Default)]
pub(super) struct Aliases {
    names: FxHashMap<Symbol, (&'static str, u32)>,
    /// In order; true: printed after the module.
    order: Vec<(Symbol, bool)>,
}

impl OpPrinter<'_> {
    /// Runs the first pass.
    pub(super) fn collect_aliases(&mut self, ir: &Ir, op: OpId) {
        self.collector = Some(Collector::default());
        self.out.muted = true;
        self.collect_one(ir, op);
        self.out.muted = false;
        let Some(collector) = self.collector.take() else { return };
        let mut visits = collector.visits;
        visits.retain(|v| v.prefix.is_some());
        visits.sort_by_key(|v| (v.depth, matches!(v.symbol, Symbol::Type(_)), v.prefix));
        let mut counts: FxHashMap<&'static str, u32> = FxHashMap::default();
        for visit in visits {
            let Some(prefix) = visit.prefix else { continue };
            let count = counts.entry(prefix).or_default();
            self.aliases.names.insert(visit.symbol, (prefix, *count));
            self.aliases.order.push((visit.symbol, visit.deferrable));
            *count += 1;
        }
    }

    pub(super) fn collect_one(&mut self, ir: &Ir, op: OpId) {
        if self.options.debug_info {
            self.visit_loc(ir.loc(op), true);
        }
        if !self.options.generic && self.custom_form(ir, op) {
            return;
        }
        self.collect_generic(ir, op);
    }

    /// What the generic form of an operation shows, its operations in nested regions included.
    pub(super) fn collect_generic(&mut self, ir: &Ir, op: OpId) {
        if !self.options.skip_regions {
            for &region in ir.regions_of(op) {
                for block in ir.blocks_of(region) {
                    for &arg in ir.args(block) {
                        self.visit_type(ir.ty(arg), false);
                        if self.options.debug_info {
                            self.visit_loc(ir.arg_loc(arg), false);
                        }
                    }
                    for op in ir.ops_of(block) {
                        self.collect_one(ir, op);
                    }
                }
            }
        }
        for value in ir.operands(op) {
            self.visit_type(ir.ty(value), false);
        }
        for value in ir.results(op) {
            self.visit_type(ir.ty(value), false);
        }
        // Properties of operations that MLIR does not know are not looked at; those of others take part in the order of keys.
        let attrs = self.ctx.dict_items(ir.attrs(op));
        match ir.props(op).filter(|_| self.has_typed_properties(ir, op)) {
            None => attrs.iter().for_each(|a| self.visit_attr(a.1, false, false)),
            Some(props) => {
                let mut all: Vec<_> = self.ctx.dict_items(props).iter().chain(attrs).copied().collect();
                all.sort_by_key(|a| self.ctx.str(a.0));
                all.into_iter().for_each(|a| self.visit_attr(a.1, false, false));
            }
        }
    }

    /// Whether an operation's properties are attributes to MLIR: registered here, or of one of MLIR's own dialects.
    fn has_typed_properties(&self, ir: &Ir, op: OpId) -> bool {
        let name = ir.name_str(op);
        ir.def(op).is_some() || name.split_once('.').is_some_and(|(d, _)| crate::mlir_namespaces::is_mlir_namespace(d))
    }

    fn visit(
        &mut self,
        symbol: Symbol,
        prefix: Option<&'static str>,
        deferrable: bool,
        children: impl FnOnce(&mut Self),
    ) {
        let Some(c) = &mut self.collector else { return };
        let index = match c.index.get(&symbol).copied() {
            Some(index) => {
                if !deferrable {
                    mark(&mut c.visits, index);
                }
                index
            }
            None => {
                let index = c.visits.len() as u32;
                c.index.insert(symbol, index);
                let depth = u32::from(prefix.is_some());
                c.visits.push(Visit { symbol, prefix, depth, deferrable, children: Vec::new() });
                c.open.push((index, 0));
                let outer = std::mem::replace(&mut c.deferrable, deferrable);
                children(self);
                let Some(c) = &mut self.collector else { return };
                c.deferrable = outer;
                if let (Some((_, deepest)), Some(visit)) = (c.open.pop(), c.visits.get_mut(index as usize))
                    && deepest > 0
                {
                    visit.depth = deepest + 1;
                }
                index
            }
        };
        let Some(c) = &mut self.collector else { return };
        let depth = c.visits[index as usize].depth;
        if let Some((parent, deepest)) = c.open.last_mut() {
            *deepest = (*deepest).max(depth);
            let parent = *parent as usize;
            c.visits[parent].children.push(index);
        }
    }

    pub(super) fn visit_type(&mut self, ty: Type, deferrable: bool) {
        let Some(c) = &mut self.collector else { return };
        if c.plain_types.get(ty.index()) == Some(&true) {
            return;
        }
        let deferrable = deferrable || (!c.open.is_empty() && c.deferrable);
        let (ctx, before) = (self.ctx, c.visits.len());
        let data = ctx.type_data(ty);
        let prefix = match data {
            TypeData::Tuple(types) if types.len() > LARGE_TUPLE => Some("tuple"),
            _ => None,
        };
        self.visit(Symbol::Type(ty), prefix, deferrable, |p| match data {
            TypeData::Complex(t) | TypeData::Vector { elem: t, .. } | TypeData::UnrankedTensor(t) => {
                p.visit_type(*t, false)
            }
            TypeData::Tuple(types) => types.iter().for_each(|&t| p.visit_type(t, false)),
            TypeData::Function { inputs, results } => {
                inputs.iter().chain(results).for_each(|&t| p.visit_type(t, false));
            }
            TypeData::Tensor { elem, encoding, .. } => {
                p.visit_type(*elem, false);
                encoding.iter().for_each(|&a| p.visit_attr(a, false, false));
            }
            TypeData::MemRef { elem, layout, space, .. } => {
                p.visit_type(*elem, false);
                layout.iter().chain(space).for_each(|&a| p.visit_attr(a, false, false));
            }
            TypeData::UnrankedMemRef { elem, space } => {
                p.visit_type(*elem, false);
                space.iter().for_each(|&a| p.visit_attr(a, false, false));
            }
            TypeData::Dialect { .. } => p.ty_inline(ty),
            TypeData::Integer { .. }
            | TypeData::Float(_)
            | TypeData::Index
            | TypeData::None
            | TypeData::Opaque { .. } => {}
        });
        if let Some(c) = &mut self.collector
            && forget_plain(c, before)
        {
            set(&mut c.plain_types, ty.index());
        }
    }

    pub(super) fn visit_attr(&mut self, attr: Attribute, deferrable: bool, elide_type: bool) {
        let Some(c) = &mut self.collector else { return };
        if c.plain_attrs.get(attr.index()) == Some(&true) {
            return;
        }
        let deferrable = deferrable || (!c.open.is_empty() && c.deferrable);
        let (ctx, before) = (self.ctx, c.visits.len());
        let data = ctx.attr_data(attr);
        let prefix = match data {
            AttrData::Location(loc) => return self.visit_loc(*loc, deferrable),
            AttrData::Map(_) => Some("map"),
            AttrData::Set(_) => Some("set"),
            AttrData::Distinct { body, .. } if *body != ctx.unit() => Some("distinct"),
            _ => None,
        };
        self.visit(Symbol::Attr(attr), prefix, deferrable, |p| {
            let ty = match data {
                AttrData::Type(ty) => {
                    p.visit_type(*ty, false);
                    None
                }
                AttrData::Array(items) => {
                    items.iter().for_each(|&a| p.visit_attr(a, false, false));
                    None
                }
                AttrData::Dictionary(items) => {
                    items.iter().for_each(|a| p.visit_attr(a.1, false, false));
                    None
                }
                AttrData::Distinct { body, .. } => {
                    p.visit_attr(*body, false, false);
                    None
                }
                AttrData::Dialect { .. } => {
                    p.attr_inline(attr, Elide::Never);
                    None
                }
                AttrData::Integer { ty, .. }
                | AttrData::Float { ty, .. }
                | AttrData::Dense { ty, .. }
                | AttrData::DenseStrings { ty, .. }
                | AttrData::DenseResource { ty, .. }
                | AttrData::Sparse { ty, .. } => Some(*ty),
                AttrData::String { ty, .. } | AttrData::Opaque { ty, .. } => *ty,
                _ => None,
            };
            if !elide_type && let Some(ty) = ty {
                p.visit_type(ty, false);
            }
        });
        if let Some(c) = &mut self.collector
            && forget_plain(c, before)
        {
            set(&mut c.plain_attrs, attr.index());
        }
    }

    pub(super) fn visit_loc(&mut self, loc: Location, deferrable: bool) {
        let ctx = self.ctx;
        self.visit(Symbol::Loc(loc), Some("loc"), deferrable, |p| match ctx.loc_data(loc) {
            LocData::Unknown | LocData::File { .. } | LocData::Range { .. } => {}
            LocData::Name { child, .. } => {
                if *child != ctx.unknown_loc() {
                    p.visit_loc(*child, deferrable);
                }
            }
            LocData::CallSite { callee, caller } => {
                p.visit_loc(*callee, deferrable);
                p.visit_loc(*caller, deferrable);
            }
            LocData::Fused { locs, metadata } => {
                metadata.iter().for_each(|&m| p.visit_attr(m, deferrable, false));
                locs.iter().for_each(|&l| p.visit_loc(l, deferrable));
            }
        });
    }

    // ---- use ----

    fn alias(&mut self, sigil: &str, symbol: Symbol) -> bool {
        let Some(&(prefix, number)) = self.aliases.names.get(&symbol) else { return false };
        self.out.str(sigil);
        self.out.str(prefix);
        if number > 0 {
            self.out.uint(number.into());
        }
        true
    }
    pub(super) fn type_alias(&mut self, ty: Type) -> bool {
        self.alias("!", Symbol::Type(ty))
    }
    pub(super) fn attr_alias(&mut self, attr: Attribute) -> bool {
        match self.ctx.attr_data(attr) {
            AttrData::Location(loc) => self.loc_alias(*loc),
            _ => self.alias("#", Symbol::Attr(attr)),
        }
    }
    pub(super) fn loc_alias(&mut self, loc: Location) -> bool {
        self.alias("#", Symbol::Loc(loc))
    }

    /// Prints the definitions that stand before or after the module.
    pub(super) fn print_aliases(&mut self, deferred: bool) {
        for (symbol, late) in std::mem::take(&mut self.aliases.order) {
            if late != deferred {
                self.aliases.order.push((symbol, late));
                continue;
            }
            let sigil = if matches!(symbol, Symbol::Type(_)) { "!" } else { "#" };
            self.alias(sigil, symbol);
            self.out.str(" = ");
            match symbol {
                Symbol::Attr(attr) => self.attr_inline(attr, Elide::Never),
                Symbol::Type(ty) => self.ty_inline(ty),
                Symbol::Loc(loc) => self.location(loc),
            }
            self.out.str("\n");
        }
    }
}

/// A definition that is needed before the module needs its parts there too.
fn mark(visits: &mut [Visit], index: u32) {
    let mut work = vec![index];
    while let Some(index) = work.pop() {
        if let Some(visit) = visits.get_mut(index as usize)
            && visit.deferrable
        {
            visit.deferrable = false;
            work.extend(&visit.children);
        }
    }
}

/// Removes the visits made since `before` when none of them matters, so that next time a bit answers; true if so.
fn forget_plain(c: &mut Collector, before: usize) -> bool {
    let made = c.visits.get(before..).unwrap_or_default();
    let plain = made.len() == 1 && made[0].prefix.is_none() && made[0].children.is_empty();
    if plain {
        let symbol = made[0].symbol;
        c.index.remove(&symbol);
        c.visits.truncate(before);
        // The parent must not refer to it.
        if let Some((parent, _)) = c.open.last().copied() {
            c.visits[parent as usize].children.pop();
        }
    }
    plain
}

fn set(bits: &mut Vec<bool>, index: usize) {
    if bits.len() <= index {
        bits.resize(index + 1, false);
    }
    bits[index] = true;
}

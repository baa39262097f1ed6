//! Symbols: names of operations inside the region of a symbol table, and references to them.

use crate::attr_walk::{self, Node};
use crate::core::{AttrData, Attribute, Ident, Ir, OpId};
use crate::op_def::Trait;
use rustc_hash::FxHashMap;

/// Key of the attribute that names a symbol.
pub const SYMBOL_NAME: &str = "sym_name";
/// Key of the attribute with its visibility.
pub const SYMBOL_VISIBILITY: &str = "sym_visibility";

/// Who may refer to a symbol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visibility {
    /// Anyone, also from other modules.
    Public,
    /// Only its own symbol table.
    Private,
    /// Its own table and those around it.
    Nested,
}

/// Name that an operation defines, whatever operation it is.
pub fn symbol_name(ir: &Ir, op: OpId) -> Option<&str> {
    ir.ctx().as_str(symbol_attr(ir, op)?)
}

/// The name as the identifier that references hold.
pub fn symbol_ident(ir: &Ir, op: OpId) -> Option<Ident> {
    symbol_name(ir, op).map(|n| ir.ctx().ident(n))
}

/// The string attribute `sym_name`: a property of registered operations, else an attribute.
fn symbol_attr(ir: &Ir, op: OpId) -> Option<Attribute> {
    let ctx = ir.ctx();
    let find = |dict| ctx.dict_items(dict).iter().find(|i| ctx.str(i.0) == SYMBOL_NAME).map(|i| i.1);
    ir.props(op).and_then(find).or_else(|| find(ir.attrs(op)))
}

/// Visibility; public unless said otherwise.
pub fn visibility(ir: &Ir, op: OpId) -> Visibility {
    match ir.attr(op, SYMBOL_VISIBILITY).and_then(|a| ir.ctx().as_str(a)) {
        Some("private") => Visibility::Private,
        Some("nested") => Visibility::Nested,
        _ => Visibility::Public,
    }
}

/// Whether the operation holds a symbol table. Operations without a definition may.
pub fn is_symbol_table(ir: &Ir, op: OpId) -> bool {
    ir.has_trait(op, Trait::SymbolTable)
}

/// `op` or the closest operation around it that holds a symbol table. None where an operation without definition and with one region
/// is between, because it might hold one.
pub fn nearest_table(ir: &Ir, mut op: OpId) -> Option<OpId> {
    loop {
        if is_symbol_table(ir, op) {
            return Some(op);
        }
        if ir.def(op).is_none() && ir.regions_of(op).len() == 1 {
            return None;
        }
        op = ir.parent_op(op)?;
    }
}

/// The symbol `name` directly in a table, by search.
pub fn lookup_in(ir: &Ir, table: OpId, name: &str) -> Option<OpId> {
    let block = ir.body(table)?;
    ir.ops_of(block).find(|&op| symbol_name(ir, op) == Some(name))
}

/// Names of a table by operation.
#[derive(Clone, Debug)]
pub struct SymbolTable {
    table: OpId,
    symbols: FxHashMap<Ident, OpId>,
    next: u64,
}

impl SymbolTable {
    /// Reads the symbols of `table`; of equal names the first counts.
    pub fn new(ir: &Ir, table: OpId) -> Self {
        let mut symbols = FxHashMap::default();
        for op in ir.body(table).into_iter().flat_map(|b| ir.ops_of(b)) {
            if let Some(name) = symbol_ident(ir, op) {
                symbols.entry(name).or_insert(op);
            }
        }
        SymbolTable { table, symbols, next: 0 }
    }
    /// The operation that holds the table.
    pub fn table(&self) -> OpId {
        self.table
    }
    /// A symbol by name.
    pub fn lookup(&self, ir: &Ir, name: &str) -> Option<OpId> {
        self.symbols.get(&ir.ctx().ident(name)).copied()
    }
    /// A symbol by identifier.
    pub fn get(&self, name: Ident) -> Option<OpId> {
        self.symbols.get(&name).copied()
    }
    /// Enters a symbol; takes another name (`name_0`, ...) when it is taken. Returns the name it has now.
    pub fn insert(&mut self, ir: &mut Ir, op: OpId) -> Option<Ident> {
        let name = symbol_ident(ir, op)?;
        if *self.symbols.entry(name).or_insert(op) == op {
            return Some(name);
        }
        let free = self.unique_name(ir, name);
        set_symbol_name(ir, op, free);
        self.symbols.insert(free, op);
        Some(free)
    }
    /// `name`, or a variant of it that the table does not have.
    pub fn unique_name(&mut self, ir: &Ir, name: Ident) -> Ident {
        let ctx = ir.ctx();
        let mut candidate = name;
        while self.symbols.contains_key(&candidate) {
            candidate = ctx.ident(&format!("{}_{}", ctx.str(name), self.next));
            self.next += 1;
        }
        candidate
    }
    /// Removes a symbol from the table; the operation stays.
    pub fn remove(&mut self, ir: &Ir, op: OpId) {
        if let Some(name) = symbol_ident(ir, op)
            && self.symbols.get(&name) == Some(&op)
        {
            self.symbols.remove(&name);
        }
    }
}

/// Changes the name that an operation defines; references stay.
pub fn set_symbol_name(ir: &mut Ir, op: OpId, name: Ident) {
    let ctx = ir.ctx().clone();
    let value = Some(ctx.string_attr(ctx.str(name)));
    if ir.def(op).is_some() { ir.set_prop(op, SYMBOL_NAME, value) } else { ir.set_attr(op, SYMBOL_NAME, value) }
}

/// Symbol tables of a program, read at first use.
#[derive(Debug, Default)]
pub struct SymbolTables {
    tables: FxHashMap<OpId, SymbolTable>,
}

impl SymbolTables {
    /// None read yet.
    pub fn new() -> Self {
        Self::default()
    }
    /// The table that `op` holds.
    pub fn table(&mut self, ir: &Ir, op: OpId) -> &mut SymbolTable {
        self.tables.entry(op).or_insert_with(|| SymbolTable::new(ir, op))
    }
    /// Forgets a table that changed.
    pub fn invalidate(&mut self, table: OpId) {
        self.tables.remove(&table);
    }
    /// The operation that a reference names, seen from a table: `@a::@b` is `b` in the table that `a` holds.
    pub fn lookup_ref(&mut self, ir: &Ir, table: OpId, symbol: Attribute) -> Option<OpId> {
        let AttrData::Symbol { root, nested } = ir.ctx().attr_data(symbol) else { return None };
        let mut op = self.table(ir, table).get(*root)?;
        for name in nested {
            if !is_symbol_table(ir, op) {
                return None;
            }
            op = self.table(ir, op).get(*name)?;
        }
        Some(op)
    }
    /// The operation that a reference names, seen from the table nearest to `from`.
    pub fn lookup_nearest(&mut self, ir: &Ir, from: OpId, symbol: Attribute) -> Option<OpId> {
        self.lookup_ref(ir, nearest_table(ir, from)?, symbol)
    }
}

/// The operation that a reference names, by search; for single questions.
pub fn lookup_nearest(ir: &Ir, from: OpId, symbol: Attribute) -> Option<OpId> {
    let ctx = ir.ctx();
    let AttrData::Symbol { root, nested } = ctx.attr_data(symbol) else { return None };
    let mut op = lookup_in(ir, nearest_table(ir, from)?, ctx.str(*root))?;
    for name in nested {
        if !is_symbol_table(ir, op) {
            return None;
        }
        op = lookup_in(ir, op, ctx.str(*name))?;
    }
    Some(op)
}

/// A reference to a symbol in the attributes of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SymbolUse {
    /// User.
    pub user: OpId,
    /// The whole reference.
    pub symbol: Attribute,
}

/// References in the attributes of one operation, in order, repeated ones too.
pub fn references(ir: &Ir, op: OpId, out: &mut Vec<SymbolUse>) {
    let ctx = ir.ctx();
    let mut visit = |node| {
        if let Node::Attr(a) = node
            && matches!(ctx.attr_data(a), AttrData::Symbol { .. })
        {
            out.push(SymbolUse { user: op, symbol: a });
        }
    };
    if let Some(props) = ir.props(op) {
        attr_walk::walk(ctx, props, &mut visit);
    }
    attr_walk::walk(ctx, ir.attrs(op), &mut visit);
}

/// Operations inside `scope` that share its names: those of nested symbol tables are left out, the tables themselves are not.
fn same_names(ir: &Ir, scope: OpId) -> Vec<OpId> {
    let mut out = Vec::new();
    let mut work = vec![scope];
    while let Some(op) = work.pop() {
        out.push(op);
        if op == scope || !is_symbol_table(ir, op) {
            let start = work.len();
            work.extend(ir.regions_of(op).iter().flat_map(|&r| ir.blocks_of(r)).flat_map(|b| ir.ops_of(b)));
            work[start..].reverse();
        }
    }
    out
}

/// All references from inside the region of `table` that are looked up in it (nested tables have their own names), in order.
pub fn uses_in(ir: &Ir, table: OpId) -> Vec<SymbolUse> {
    let mut out = Vec::new();
    for op in same_names(ir, table).into_iter().skip(1) {
        references(ir, op, &mut out);
    }
    out
}

/// References to the symbol `op` from inside its table.
pub fn uses_of(ir: &Ir, op: OpId) -> Vec<SymbolUse> {
    let (Some(table), Some(name)) = (ir.parent_op(op), symbol_ident(ir, op)) else { return Vec::new() };
    let names_it =
        |u: &SymbolUse| matches!(ir.ctx().attr_data(u.symbol), AttrData::Symbol { root, .. } if *root == name);
    uses_in(ir, table).into_iter().filter(names_it).collect()
}

/// Makes references to `from` in the region of `table` name `to`.
pub fn replace_uses(ir: &mut Ir, table: OpId, from: Ident, to: Ident) {
    let ctx = ir.ctx().clone();
    let mut cache = FxHashMap::default();
    let mut rename = |a: Attribute| match ctx.attr_data(a) {
        AttrData::Symbol { root, nested } if *root == from => {
            Some(ctx.attr(AttrData::Symbol { root: to, nested: nested.clone() }))
        }
        _ => None,
    };
    for op in same_names(ir, table).into_iter().skip(1) {
        let attrs = ir.attrs(op);
        let new = attr_walk::replace(&ctx, attrs, &mut cache, &mut rename);
        if new != attrs {
            ir.set_attrs(op, new);
        }
        if let Some(props) = ir.props(op) {
            let new = attr_walk::replace(&ctx, props, &mut cache, &mut rename);
            if new != props {
                ir.set_props(op, Some(new));
            }
        }
    }
}

/// Renames a symbol and the references to it from inside its table.
pub fn rename(ir: &mut Ir, op: OpId, to: Ident) {
    if let (Some(table), Some(from)) = (ir.parent_op(op), symbol_ident(ir, op)) {
        set_symbol_name(ir, op, to);
        replace_uses(ir, table, from, to);
    }
}

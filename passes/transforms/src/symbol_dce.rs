//! `symbol-dce`: symbols that nothing can reach.

use cim_ir::core::AttrData;
use cim_ir::op_def::Trait;
use cim_ir::symbols::{self, SymbolTables, SymbolUse, Visibility};
use cim_ir::{Attribute, Diagnostic, Ir, OpId};
use cim_pass::{Pass, PassResult, PassRun, pass};
use rustc_hash::FxHashSet;

pass! {
    /// Eliminate dead symbols.
    ///
    /// A symbol that is not public, or private where its table can be seen from outside, and to which no live operation refers,
    /// is removed with everything inside it.
    pub struct SymbolDce = "symbol-dce", "SymbolDCE" {
        statistics {
            /// Number of symbols DCE'd
            dead = "num-dce'd",
        }
    }
}

impl Pass for SymbolDce {
    fn run(&self, run: &mut PassRun<'_>) -> PassResult {
        let (ir, root) = (&*run.ir, run.op());
        if !ir.has_trait(root, Trait::SymbolTable) {
            let what = " was scheduled to run under SymbolDCE, but does not define a symbol table";
            return Err(run.op_error(root, what).into());
        }
        let hidden = match ir.parent_op(root) {
            Some(_) if is_symbol(ir, root) => symbols::visibility(ir, root) == Visibility::Private,
            _ => true,
        };
        let live = live_symbols(ir, root, hidden)?;
        let tables = ir.walk(root).into_iter().filter(|op| ir.has_trait(*op, Trait::SymbolTable));
        let dead: Vec<OpId> =
            tables.flat_map(|table| members(ir, table)).filter(|op| is_symbol(ir, *op) && !live.contains(op)).collect();
        if dead.is_empty() {
            run.preserve_all();
        }
        for op in dead {
            if run.ir.is_alive(op) {
                run.ir.erase(op);
                self.dead.add(1);
            }
        }
        Ok(())
    }
}

fn is_symbol(ir: &Ir, op: OpId) -> bool {
    ir.has_trait(op, Trait::Symbol) && symbols::symbol_name(ir, op).is_some()
}

fn members(ir: &Ir, table: OpId) -> Vec<OpId> {
    ir.regions_of(table).iter().take(1).flat_map(|r| ir.blocks_of(*r)).flat_map(|b| ir.ops_of(b)).collect()
}

fn live_symbols(ir: &Ir, root: OpId, hidden: bool) -> Result<FxHashSet<OpId>, Diagnostic> {
    let mut live = FxHashSet::default();
    let mut tables = SymbolTables::new();
    // Tables to open with whether they are hidden, and live operations to look into.
    let mut open = vec![(root, hidden)];
    let mut work = Vec::new();
    let mut hidden_tables = FxHashSet::default();
    loop {
        if let Some((table, hidden)) = open.pop() {
            if hidden {
                hidden_tables.insert(table);
            }
            for op in members(ir, table) {
                let discardable = is_symbol(ir, op)
                    && match symbols::visibility(ir, op) {
                        Visibility::Public => false,
                        Visibility::Private => true,
                        Visibility::Nested => hidden,
                    };
                if !discardable && live.insert(op) {
                    work.push(op);
                }
            }
            continue;
        }
        let Some(op) = work.pop() else { return Ok(live) };
        let parent = ir.parent_op(op);
        if ir.has_trait(op, Trait::SymbolTable) {
            let outer_hidden = parent.is_some_and(|p| hidden_tables.contains(&p));
            let private = !is_symbol(ir, op) || symbols::visibility(ir, op) == Visibility::Private;
            open.push((op, outer_hidden || private));
        }
        let Some(table) = parent else { continue };
        for symbol in references(ir, op)? {
            for target in resolve(ir, &mut tables, table, symbol) {
                if live.insert(target) {
                    work.push(target);
                }
            }
        }
    }
}

/// References from an operation and what is inside it, not from inside nested symbol tables.
fn references(ir: &Ir, root: OpId) -> Result<Vec<Attribute>, Diagnostic> {
    let mut found: Vec<SymbolUse> = Vec::new();
    let mut work = vec![root];
    while let Some(op) = work.pop() {
        if ir.def(op).is_none() && !ir.regions_of(op).is_empty() {
            let what = "operation contains potentially unknown symbol table, meaning that we can't reliable compute symbol uses";
            return Err(Diagnostic::error(ir.loc(root), what));
        }
        symbols::references(ir, op, &mut found);
        if !ir.has_trait(op, Trait::SymbolTable) {
            work.extend(ir.regions_of(op).iter().flat_map(|r| ir.blocks_of(*r)).flat_map(|b| ir.ops_of(b)));
        }
    }
    Ok(found.into_iter().map(|u| u.symbol).collect())
}

/// All operations that `@a::@b` names on its way; empty when it leads nowhere.
fn resolve(ir: &Ir, tables: &mut SymbolTables, table: OpId, symbol: Attribute) -> Vec<OpId> {
    let AttrData::Symbol { root, nested } = ir.ctx().attr_data(symbol) else { return Vec::new() };
    let mut out = Vec::new();
    let mut table = Some(table);
    for &name in std::iter::once(root).chain(nested.iter()) {
        let found = table.filter(|t| ir.has_trait(*t, Trait::SymbolTable)).and_then(|t| tables.table(ir, t).get(name));
        let Some(op) = found else { return Vec::new() };
        out.push(op);
        table = Some(op);
    }
    out
}

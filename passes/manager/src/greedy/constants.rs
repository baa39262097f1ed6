//! Constants: one operation per value and isolated region, collected at the region's start.

use cim_ir::rewrite::{Rewriter, fold};
use cim_ir::{Attribute, BlockId, Ir, OpId, RegionId, Type};
use rustc_hash::{FxHashMap, FxHashSet};

/// Dialect namespace, value, type.
type Key = (RegionId, &'static str, Attribute, Type);

#[derive(Default)]
pub(super) struct Constants {
    known: FxHashMap<Key, OpId>,
    owned: FxHashSet<OpId>,
}

impl Constants {
    /// Takes in a constant: moves it to the start of its isolated region, or replaces it by the one that is there. True when the
    /// operation still exists.
    pub(super) fn insert(&mut self, rw: &mut Rewriter<'_>, op: OpId) -> bool {
        let key = fold::constant_value(rw, op).zip(rw.result(op, 0));
        let Some(((value, result), block)) = key.zip(rw.block_of(op)) else { return true };
        let dialect = rw.ctx().registry().dialect_of(rw.name_str(op)).map_or("", |d| d.name);
        let Some(region) = insertion_region(rw, block) else { return true };
        let key = (region, dialect, value, rw.ty(result));
        let unknown = rw.ctx().unknown_loc();
        if let Some(&known) = self.known.get(&key) {
            if known != op {
                let values: Vec<_> = rw.results(known).collect();
                rw.ir_mut().set_loc(known, unknown);
                rw.replace_op(op, &values);
                return false;
            }
            return true;
        }
        let Some(front) = rw.entry(region) else { return true };
        let in_place = block == front && rw.prev(op).is_none_or(|p| self.owned.contains(&p));
        if !in_place && let Some(first) = rw.first_op(front) {
            if first != op {
                let ir = rw.ir_mut();
                ir.detach(op);
                ir.insert_before(first, op);
            }
            rw.ir_mut().set_loc(op, unknown);
        }
        self.known.insert(key, op);
        self.owned.insert(op);
        true
    }
}

/// The region where constants of a block belong: the closest one that uses nothing from outside.
fn insertion_region(ir: &Ir, mut block: BlockId) -> Option<RegionId> {
    loop {
        let region = ir.region_of(block)?;
        let Some(parent) = ir.region_parent(region) else { return Some(region) };
        match ir.block_of(parent) {
            Some(outer) if !super::may_be_isolated(ir, parent) => block = outer,
            _ => return Some(region),
        }
    }
}

//! `cim-xbar-to-row`: crossbar reads become reads of row groups that one conversion can see.

use cim_dialect::machine::machine_of;
use cim_dialect::row::ReadRow;
use cim_dialect::xbar::crossbar::{ReadXb, Resident, WriteXb};
use cim_dialect::xbar::program::{Layer, Matrix, Parallel};
use cim_ir::affine::{AffineExpr, AffineMap, AffineOp};
use cim_ir::core::{AttrData, TypeData};
use cim_ir::{Attribute, BlockId, Context, Diagnostic, Ir, OpId, OpState, ValueId};
use cim_machine::Crossbar;
use cim_pass::{Pass, PassResult, PassRun, pass};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

pass! {
    /// Lowers crossbar reads and writes to row groups (wordline mode).
    ///
    /// One conversion sees at most `min(parallel_row, (2^adc - 1) / ((2^cell - 1)(2^dac - 1)))` rows. The first group of a read
    /// writes the accumulators, the others add; equal groups are a loop. Layers with remapped rows use the slots of their
    /// crossbars in turn.
    pub struct XbarToRow = "cim-xbar-to-row", "XbarToRow" on "builtin.module" {
        options {
            /// Converters may clip: a conversion sees all parallel rows
            allow_adc_clipping: bool = false,
        }
    }
}

impl Pass for XbarToRow {
    fn run(&self, run: &mut PassRun<'_>) -> PassResult {
        let module = run.op();
        Ok(xbar_to_row(run.ir, module, self.allow_adc_clipping)?)
    }
}

/// Rewrites a module from `cim.xbar` to `cim.row`.
///
/// # Errors
/// The machine does not expose wordline mode, or a parallel block mixes reads with something else.
pub fn xbar_to_row(ir: &mut Ir, module: OpId, allow_adc_clipping: bool) -> Result<(), Diagnostic> {
    let machine = machine_of(ir, module)?;
    if machine.mode != cim_machine::Mode::Wlm {
        let text = format!("machine '{}' does not expose wordline mode", machine.name);
        return Err(ir.op_error(module, text));
    }
    let rows = match allow_adc_clipping {
        true => cim_machine::rows_per_conversion_clipping(&machine),
        false => cim_machine::rows_per_conversion(&machine),
    };
    let slots = matrix_slots(ir, module);
    let mut writes = Vec::new();
    let mut layers: Vec<(OpId, i64, i64)> = Vec::new();
    let mut reads: Vec<OpId> = Vec::new();
    for op in ir.walk(module) {
        if WriteXb::cast(ir, op).is_some() && ir.parent_op(op).is_some_and(|p| Resident::cast(ir, p).is_none()) {
            writes.push(op);
        } else if ReadXb::cast(ir, op).is_some() {
            reads.push(op);
        } else if let Some(l) = Layer::cast(ir, op).filter(|l| l.slots(ir) > 1) {
            layers.push((op, l.slots(ir), l.slot_rows(ir)));
        }
    }
    for op in writes {
        write_rows(ir, op, &machine.crossbar, &slots)?;
    }
    // Pixel loops, before row groups add loops inside them.
    let pixel_loops: Vec<(Vec<OpId>, i64, i64)> =
        layers.into_iter().map(|(op, slots, rows)| (innermost_loops(ir, op), slots, rows)).collect();
    let mut rewriter = Rows::new(ir, module, i64::from(rows.max(1)), machine.crossbars_per_core() as i64)?;
    for op in reads {
        if !rewriter.ir.is_alive(op) {
            continue; // went with the others of its parallel block
        }
        let parent = rewriter.ir.parent_op(op).filter(|&p| Parallel::cast(rewriter.ir, p).is_some());
        rewriter.reads(parent.unwrap_or(op), parent.is_some())?;
    }
    for (loops, slots, slot_rows) in pixel_loops {
        for op in loops {
            rewriter.use_slots(op, slots, slot_rows);
        }
    }
    Ok(())
}

/// Slots and rows between them, by matrix.
fn matrix_slots(ir: &Ir, module: OpId) -> HashMap<String, (i64, i64)> {
    let ops = ir.body(module).into_iter().flat_map(|b| ir.ops_of(b));
    ops.filter_map(|op| Matrix::cast(ir, op))
        .map(|m| (m.sym_name(ir).to_string(), (m.slots(ir).max(1), m.slot_rows(ir))))
        .collect()
}

/// One write for each slot: the rows of a tile lie one below the other, and one instruction programs any number of them.
fn write_rows(ir: &mut Ir, op: OpId, xb: &Crossbar, slots: &HashMap<String, (i64, i64)>) -> Result<(), Diagnostic> {
    let Some(w) = WriteXb::cast(ir, op) else { return Ok(()) };
    let ctx = ir.ctx().clone();
    let groups = w.group_range(ir).and_then(|g| g.get(1).copied()).unwrap_or(1);
    let height = w.rows(ir).get(1).copied().unwrap_or(0).saturating_mul(groups);
    let (count, slot_rows) = slots.get(w.matrix(ir)).copied().unwrap_or((1, 0));
    let top = slot_rows.saturating_mul(count - 1).saturating_add(height);
    if top > i64::from(xb.rows) || slot_rows < 0 || count > i64::from(xb.rows) {
        return Err(ir.op_error(op, format!("programs {top} rows of a crossbar with {}", xb.rows)));
    }
    for slot in 0..count {
        let mut state = OpState::new(&ctx, "cim.row.write_row", ir.loc(op));
        state.props = ir.props(op);
        for (key, v) in [("row", slot * slot_rows), ("len", height)] {
            state.set_prop(&ctx, key, ctx.i64_attr(v));
        }
        let new = ir.create(state);
        ir.insert_before(op, new);
    }
    ir.erase(op);
    Ok(())
}

/// Loops inside `root` that hold no loop themselves.
fn innermost_loops(ir: &Ir, root: OpId) -> Vec<OpId> {
    let loops: Vec<OpId> = ir.walk(root).into_iter().filter(|&op| ir.name_str(op) == "scf.for").collect();
    let has_inner = |op: OpId| loops.iter().any(|&l| l != op && ir.is_inside(l, op));
    loops.iter().copied().filter(|&op| !has_inner(op)).collect()
}

/// One crossbar's read, taken apart.
struct Unit {
    op: OpId,
    xb: i64,
    src: i64,
    dst: i64,
    full: i64,
    tail: i64,
}

struct Rows<'a> {
    ir: &'a mut Ir,
    ctx: Arc<Context>,
    rows: i64,
    per_core: i64,
    main: Option<BlockId>,
    indices: HashMap<i64, ValueId>,
}

impl<'a> Rows<'a> {
    fn new(ir: &'a mut Ir, module: OpId, rows: i64, per_core: i64) -> Result<Self, Diagnostic> {
        let main = crate::find_function(ir, module, "main")?;
        let (ctx, main) = (ir.ctx().clone(), ir.body(main));
        Ok(Rows { ir, ctx, rows, per_core, main, indices: HashMap::new() })
    }

    /// An index constant at the start of `@main`.
    fn index(&mut self, value: i64) -> ValueId {
        if let Some(&v) = self.indices.get(&value) {
            return v;
        }
        let state = OpState::new(&self.ctx, "arith.constant", self.ctx.unknown_loc()).results(&[self.ctx.index()]);
        let op = self.ir.create(state.prop(&self.ctx, "value", self.ctx.index_attr(value)));
        if let Some(block) = self.main {
            match self.ir.first_op(block) {
                Some(first) => self.ir.insert_before(first, op),
                None => self.ir.append(block, op),
            }
        }
        let v = self.ir.result(op, 0).unwrap_or(self.ir.placeholder_value());
        self.indices.insert(value, v);
        v
    }

    /// Replaces a read, or a parallel block of reads.
    fn reads(&mut self, anchor: OpId, block: bool) -> Result<(), Diagnostic> {
        let ops: Vec<OpId> = match block {
            true => self.ir.body(anchor).into_iter().flat_map(|b| self.ir.ops_of(b)).collect(),
            false => vec![anchor],
        };
        let mut units = Vec::new();
        for op in ops {
            let Some(r) = ReadXb::cast(self.ir, op) else {
                let text = format!(
                    "mixes cim.xbar.read_xb with '{}'; reads of a block must stand alone",
                    self.ir.name_str(op)
                );
                return Err(self.ir.op_error(anchor, text));
            };
            let (ir, rows) = (&*self.ir, r.rows(self.ir));
            if r.len(ir) > self.per_core {
                return Err(ir.op_error(op, format!("reads {} crossbars of a core with {}", r.len(ir), self.per_core)));
            }
            for k in 0..r.len(ir) {
                units.push(Unit {
                    op,
                    xb: r.xb(ir) + k,
                    src: k * r.src_stride(ir),
                    dst: k * r.dst_stride(ir),
                    full: rows / self.rows,
                    tail: rows % self.rows,
                });
            }
        }
        // Group indices at which the set of reads, their lengths or accumulation change.
        let mut cuts: BTreeSet<i64> = [0, 1].into();
        let mut end = 0;
        for u in &units {
            let groups = u.full + i64::from(u.tail > 0);
            cuts.extend([u.full, groups]);
            end = end.max(groups);
        }
        let cuts: Vec<i64> = cuts.into_iter().filter(|c| *c <= end).collect();
        for w in cuts.windows(2) {
            let (from, to) = (w[0], w[1]);
            let active: Vec<&Unit> = units.iter().filter(|u| from < u.full + i64::from(u.tail > 0)).collect();
            self.groups(anchor, &active, from, to)?;
        }
        self.ir.erase(anchor);
        Ok(())
    }

    /// Row groups `from..to` of some reads, before `anchor`.
    fn groups(&mut self, anchor: OpId, units: &[&Unit], from: i64, to: i64) -> Result<(), Diagnostic> {
        let loc = self.ir.loc(anchor);
        let mut iv = None;
        let mut place = None;
        if to - from > 1 {
            let bounds = [self.index(0), self.index(to - from), self.index(1)];
            let region = self.ir.create_region();
            let block = self.ir.create_block(region, &[self.ctx.index()]);
            let state = OpState::new(&self.ctx, "scf.for", loc).operands(&bounds).region(region);
            let op = self.ir.create(state);
            self.ir.insert_before(anchor, op);
            iv = self.ir.args(block).first().copied();
            let end = self.ir.create(OpState::new(&self.ctx, "scf.yield", loc));
            self.ir.append(block, end);
            place = Some(end);
        }
        let before = place.unwrap_or(anchor);
        let mut inner = None;
        if units.len() > 1 {
            let region = self.ir.create_region();
            inner = Some(self.ir.create_block(region, &[]));
            let op = self.ir.create(OpState::new(&self.ctx, "cim.xbar.parallel", loc).region(region));
            self.ir.insert_before(before, op);
        }
        for u in units {
            let op = self.read_row(u, from, iv)?;
            match inner {
                Some(block) => self.ir.append(block, op),
                None => self.ir.insert_before(before, op),
            }
        }
        Ok(())
    }

    /// Group `from` (plus the index of the group loop) of one crossbar.
    fn read_row(&mut self, u: &Unit, from: i64, iv: Option<ValueId>) -> Result<OpId, Diagnostic> {
        let Some(r) = ReadXb::cast(self.ir, u.op) else { return Err(self.ir.op_error(u.op, "is no read")) };
        let (ir, ctx) = (&*self.ir, &self.ctx);
        let step = if iv.is_some() { self.rows } else { 0 };
        let dims = r.src_at(ir).dims + u32::from(iv.is_some());
        let row = sum(AffineExpr::Const(from * self.rows), dims, step);
        let map = |e: AffineExpr| -> Attribute {
            ctx.attr(AttrData::Map(AffineMap { dims, symbols: 0, results: [e].into() }))
        };
        let (Some(src), Some(dst)) = (r.src_at(ir).results.first(), r.dst_at(ir).results.first()) else {
            return Err(ir.op_error(u.op, "reads from a buffer that is no vector"));
        };
        let shifted = |e: &AffineExpr, by: i64| AffineExpr::binary(AffineOp::Add, e.clone(), AffineExpr::Const(by));
        let src_at = map(sum(shifted(src, u.src + from * self.rows), dims, step));
        let dst_at = map(shifted(dst, u.dst));
        let mut state = OpState::new(ctx, ReadRow::DEF.name, ir.loc(u.op));
        state.operands = ir.operands(u.op).collect();
        state.operands.extend(iv);
        let len = if from < u.full { self.rows } else { u.tail };
        let mut props =
            vec![(ctx.ident("src_at"), src_at), (ctx.ident("dst_at"), dst_at), (ctx.ident("row_at"), map(row))];
        for (key, v) in [
            ("xb", u.xb),
            ("len", len),
            ("outputs", r.outputs(ir)),
            ("slices", r.slices(ir)),
            ("polarities", r.polarities(ir)),
            ("cell_bits", r.cell_bits(ir)),
            ("shift", r.shift(ir)),
        ] {
            props.push((ctx.ident(key), ctx.i64_attr(v)));
        }
        for (key, set) in [("negate", r.negate(ir)), ("accumulate", r.accumulate(ir) || from > 0)] {
            if set {
                props.push((ctx.ident(key), ctx.unit()));
            }
        }
        state.props = Some(ctx.dict(props));
        Ok(self.ir.create(state))
    }

    /// Cuts a pixel loop into an outer loop and a loop over the slots of the remapped crossbars: pixel `S*outer + slot` reads rows
    /// `slot * slot_rows ..`. Uses the largest number of slots that divides the trips.
    fn use_slots(&mut self, op: OpId, slots: i64, slot_rows: i64) {
        let operands: Vec<ValueId> = self.ir.operands(op).collect();
        let trips = operands.get(1).and_then(|&v| self.ir.defining_op(v)).and_then(|d| self.ir.attr(d, "value"));
        let Some(trips) = trips.and_then(|a| self.ctx.as_i64(a)) else { return };
        let Some(used) = (2..=slots.min(trips)).rev().find(|s| trips % s == 0) else { return };
        let Some(slot) = self.ir.body(op).and_then(|b| self.ir.args(b).first().copied()) else { return };
        let loc = self.ir.loc(op);
        let (zero, one) = (self.index(0), self.index(1));
        let (outer_trips, slot_trips) = (self.index(trips / used), self.index(used));
        let region = self.ir.create_region();
        let block = self.ir.create_block(region, &[self.ctx.index()]);
        let Some(&outer) = self.ir.args(block).first() else { return };
        let outer_loop =
            self.ir.create(OpState::new(&self.ctx, "scf.for", loc).operands(&[zero, outer_trips, one]).region(region));
        self.ir.insert_before(op, outer_loop);
        self.ir.detach(op);
        self.ir.append(block, op);
        let end = self.ir.create(OpState::new(&self.ctx, "scf.yield", loc));
        self.ir.append(block, end);
        self.ir.set_operand(op, 1, slot_trips);
        for user in self.ir.uses(slot).collect::<Vec<_>>() {
            let buffers = self
                .ir
                .operands(user.op)
                .filter(|&v| matches!(self.ctx.type_data(self.ir.ty(v)), TypeData::MemRef { .. }))
                .count();
            let Some(dim) = (user.index as usize).checked_sub(buffers) else { continue };
            self.follow_slot(user.op, dim, used, slot_rows);
            let mut operands: Vec<ValueId> = self.ir.operands(user.op).collect();
            operands[user.index as usize] = outer;
            operands.push(slot);
            self.ir.set_operands(user.op, &operands);
        }
    }

    /// In the maps of an operation, index `dim` becomes `dim * slots + slot`, the new last index.
    fn follow_slot(&mut self, op: OpId, dim: usize, slots: i64, slot_rows: i64) {
        for key in ["dst_at", "src_at", "a_at", "b_at", "row_at"] {
            let Some(AttrData::Map(map)) = self.ir.attr(op, key).map(|a| self.ctx.attr_data(a)) else { continue };
            let new = AffineExpr::Dim(map.dims);
            let scaled = AffineExpr::binary(AffineOp::Mul, AffineExpr::Dim(dim as u32), AffineExpr::Const(slots));
            let both = AffineExpr::binary(AffineOp::Add, scaled, new);
            let extra = if key == "row_at" { slot_rows } else { 0 };
            let results =
                map.results.iter().map(|e| sum(substitute(e, dim as u32, &both), map.dims + 1, extra)).collect();
            let attr = self.ctx.attr(AttrData::Map(AffineMap { dims: map.dims + 1, symbols: map.symbols, results }));
            self.ir.set_prop(op, key, Some(attr));
        }
    }
}

/// `e + step * last dimension`.
fn sum(e: AffineExpr, dims: u32, step: i64) -> AffineExpr {
    if step == 0 || dims == 0 {
        return e;
    }
    let moved = AffineExpr::binary(AffineOp::Mul, AffineExpr::Dim(dims - 1), AffineExpr::Const(step));
    AffineExpr::binary(AffineOp::Add, e, moved)
}

fn substitute(e: &AffineExpr, dim: u32, by: &AffineExpr) -> AffineExpr {
    match e {
        AffineExpr::Dim(d) if *d == dim => by.clone(),
        AffineExpr::Binary(op, a, b) => AffineExpr::binary(*op, substitute(a, dim, by), substitute(b, dim, by)),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_is_replaced_by_outer_and_slot() {
        let e = AffineExpr::binary(AffineOp::Mul, AffineExpr::Dim(1), AffineExpr::Const(3));
        let both = AffineExpr::binary(AffineOp::Add, AffineExpr::Dim(1), AffineExpr::Dim(2));
        let got = sum(substitute(&e, 1, &both), 3, 16);
        assert_eq!(got.eval(&[9, 2, 1], &[]), Some(3 * 3 + 16));
    }
}

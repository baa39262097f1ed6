//! Matrices, their crossbars and the operations that program them.

use super::{Lowering, Target};
use crate::mvm::{Unit, units};
use crate::network::{Kind, Mvm, Net, Node};
use crate::pixels::usable_copies;
use cim_dialect::graph::Elements;
use cim_ir::{Diagnostic, Ir, OpId, OpState};
use cim_machine::binding::{Cut, Layout, MatrixShape, cut};
use cim_machine::{Encoding, Machine};
use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

/// A matrix on the chip.
#[derive(Clone, Debug)]
pub(super) struct Placed {
    pub layout: Layout,
    pub cut: Cut,
    /// All crossbars of one copy, in order.
    pub units: Vec<Unit>,
    pub segment: u32,
    /// Time parts: units and first crossbar.
    pub parts: Vec<(Range<usize>, u32)>,
    pub copies: u32,
    /// Crossbars between copies.
    pub copy_stride: u32,
    /// Weights are written again for every inference.
    pub reload: bool,
    /// `2^(b-1)` for offset encoding plus the weight zero point.
    pub factor: i64,
    /// How often a crossbar holds its tile, and the rows between (remapped rows).
    pub slots: (u32, u32),
}

impl Placed {
    /// First crossbar of a copy in a part.
    pub fn first_xb(&self, part: usize, copy: u32) -> u32 {
        self.parts.get(part).map_or(0, |p| p.1) + copy * self.copy_stride
    }
    /// Cores it occupies at most at a time.
    pub fn cores(&self, per_core: u32) -> u32 {
        let per_core = per_core.max(1);
        let of_part = |k: usize, range: &Range<usize>| {
            let mut cores = BTreeSet::new();
            for copy in 0..self.copies {
                let first = self.first_xb(k, copy);
                cores.extend(first / per_core..=(first + range.len().max(1) as u32 - 1) / per_core);
            }
            cores.len() as u32
        };
        self.parts.iter().enumerate().map(|(k, p)| of_part(k, &p.0)).max().unwrap_or(0)
    }
}

/// No weight has the most negative value (only asked where it matters).
fn is_narrow(ir: &Ir, machine: &Machine, m: &Mvm) -> bool {
    machine.crossbar.encoding == Encoding::Differential
        && m.weight.signed
        && Elements::of(ir.ctx(), m.weights).ok().and_then(|e| e.range()).is_some_and(|(lo, _)| lo > m.weight.min())
}

/// The matrix of an operator.
pub(super) fn matrix_shape(m: &Mvm) -> MatrixShape {
    let inner = m.window.input[2] / m.groups;
    MatrixShape {
        rows: m.window.kernel[0] * m.window.kernel[1] * inner,
        cols: m.cout / m.groups,
        groups: m.groups,
        inner,
    }
}

/// Reads the placement of every operator with weights.
pub(super) fn placed(
    ir: &Ir,
    net: &Net,
    machine: &Machine,
    target: Target,
) -> Result<HashMap<usize, Placed>, Diagnostic> {
    let mut out = HashMap::new();
    for (i, node) in net.nodes.iter().enumerate() {
        if let Kind::Mvm(m) = &node.kind {
            out.insert(i, place(ir, node, m, machine, target)?);
        }
    }
    let segments: BTreeSet<u32> =
        out.values().flat_map(|p: &Placed| (0..p.parts.len() as u32).map(|k| p.segment + k)).collect();
    for p in out.values_mut() {
        p.reload = segments.len() > 1;
    }
    Ok(out)
}

fn place(ir: &Ir, node: &Node, m: &Mvm, machine: &Machine, target: Target) -> Result<Placed, Diagnostic> {
    let fail = |text: String| Err(ir.op_error(node.op, text));
    let Some(place) = &m.place else {
        return fail("is not placed; run cim-place first (or set its attribute 'crossbars')".into());
    };
    let layout = Layout::of(machine, m.weight.bits, m.weight.signed, is_narrow(ir, machine, m));
    let shape = matrix_shape(m);
    let xb = &machine.crossbar;
    let (per_core, chip) = (machine.crossbars_per_core() as u32, machine.crossbars() as u32);
    let plain = cut(shape, &layout, xb.rows, xb.cols).map_err(|e| ir.op_error(node.op, e))?;
    let remapped = Remap { ir, node, shape, layout: &layout, machine };
    let (cut, copies, slots) = match place.remap {
        true => remapped.apply(place.copies, &plain, target)?,
        false => (plain, place.copies, (1, 0)),
    };
    let room = u64::from(chip).saturating_mul(place.crossbars.len() as u64);
    if cut.crossbars() > room {
        return fail(format!(
            "needs {} crossbars, available {chip} in each of its {} time parts; run cim-place again",
            cut.crossbars(),
            place.crossbars.len()
        ));
    }
    let units = units(&cut);
    let [ho, wo] = m.window.output;
    let copies = match target {
        Target::Core => copies.min(ho),
        Target::Crossbar => usable_copies(ho, wo, copies),
    };
    let n = units.len() as u32;
    let copy_stride = if target == Target::Core { n.next_multiple_of(per_core.max(1)) } else { n };
    let mut parts = Vec::new();
    let mut at = 0;
    for (k, &first) in place.crossbars.iter().enumerate() {
        let room = chip.saturating_sub(first);
        let count = if k + 1 == place.crossbars.len() { n - at } else { room.min(n - at) };
        parts.push((at as usize..(at + count) as usize, first));
        at += count;
        if count > room || count == 0 {
            return fail(format!("needs {count} crossbars from crossbar {first}, but the chip has {chip}"));
        }
    }
    if copies > 1 && parts.len() > 1 {
        return fail("has several copies and several time parts; an operator larger than the chip has one copy".into());
    }
    if u64::from(parts[0].1) + u64::from(copies - 1) * u64::from(copy_stride) + u64::from(n) > u64::from(chip)
        && parts.len() == 1
    {
        return fail(format!(
            "needs {copies} copies of {n} crossbars from crossbar {}, but the chip has {chip}",
            parts[0].1
        ));
    }
    if target == Target::Core && parts.iter().any(|p| p.1 % per_core.max(1) != 0) {
        return fail(format!("starts inside a core; in core mode operators take whole cores of {per_core} crossbars"));
    }
    let factor = layout.offset() + m.weight_zero;
    Ok(Placed { layout, cut, units, segment: place.segment, parts, copies, copy_stride, reload: false, factor, slots })
}

/// Remapped rows: row tiles of one (or as few as possible) row groups, so that the groups of a product fire together in
/// different crossbars.
struct Remap<'a> {
    ir: &'a Ir,
    node: &'a Node,
    shape: MatrixShape,
    layout: &'a Layout,
    machine: &'a Machine,
}

impl Remap<'_> {
    /// The cut, how many products are computed at once on the crossbars of `copies` plain copies, and the slots.
    fn apply(&self, copies: u32, plain: &Cut, target: Target) -> Result<(Cut, u32, (u32, u32)), Diagnostic> {
        let fail = |text: &str| Err(self.ir.op_error(self.node.op, text));
        if target == Target::Core || self.machine.mode != cim_machine::Mode::Wlm {
            return fail("has remapped rows, which need a machine and a program in wordline mode");
        }
        if self.shape.groups > 1 {
            return fail("has remapped rows and groups; only ungrouped operators can be remapped");
        }
        let xb = &self.machine.crossbar;
        let group = cim_machine::rows_per_conversion(self.machine).clamp(1, xb.rows.max(1));
        let groups = self.shape.rows.div_ceil(group);
        let crossbars = plain.counts[1].saturating_mul(copies);
        let height = (group * groups.div_ceil(crossbars.clamp(1, groups))).min(xb.rows);
        let cut = cut(self.shape, self.layout, height, xb.cols).map_err(|e| self.ir.op_error(self.node.op, e))?;
        Ok((cut, (crossbars / cut.counts[1].max(1)).max(1), (xb.rows / height.max(1), height)))
    }
}

impl Lowering<'_> {
    /// The symbol of a node's matrix over a buffer of `hwc`. A linear layer over a flattened tensor takes its rows in (H, W, C)
    /// order, while its weights stay in the (C, H, W) order of the model.
    pub fn matrix(&mut self, i: usize, node: &Node, m: &Mvm, hwc: [u32; 3]) -> String {
        if let Some(name) = self.matrices.get(&i) {
            return name.clone();
        }
        let name = self.symbol(&node.name);
        let p = &self.placed[&i];
        let [kh, kw] = m.window.kernel.map(i64::from);
        let per_group = i64::from(m.window.input[2] / m.groups);
        let cols = i64::from(m.cout / m.groups);
        let (dims, col_stride, group_stride, inner) = if m.linear {
            let [h, w, c] = hwc.map(i64::from);
            let unit = if m.transposed { i64::from(m.cout) } else { 1 };
            let dims = [(h, w * unit), (w, unit), (c, h * w * unit)];
            (dims, if m.transposed { 1 } else { h * w * c }, 0, c)
        } else if m.each && m.transposed {
            ([(1, 0), (1, 0), (per_group, cols)], 1, 0, per_group)
        } else {
            let dims = [(kh, kw), (kw, 1), (per_group, kh * kw)];
            (dims, per_group * kh * kw, cols * per_group * kh * kw, per_group)
        };
        let mut row_dims: Vec<i64> = dims.iter().filter(|d| d.0 > 1).flat_map(|d| [d.0, d.1]).collect();
        if row_dims.is_empty() {
            row_dims = vec![1, 1];
        }
        let (layout, slots, ctx) = (p.layout, p.slots, self.em.ctx.clone());
        let mut state = self.em.state("cim.xbar.matrix").prop(&ctx, "sym_name", ctx.string_attr(&name));
        state.set_prop(&ctx, "weights", m.weights);
        state.set_prop(&ctx, "row_dims", ctx.i64_array(&row_dims));
        self.em.ints(
            &mut state,
            &[
                ("groups", i64::from(m.groups)),
                ("group_stride", group_stride),
                ("cols", cols),
                ("col_stride", col_stride),
                ("inner", inner),
                ("cell_bits", i64::from(layout.cell_bits)),
            ],
        );
        if slots.0 > 1 {
            self.em.ints(&mut state, &[("slots", i64::from(slots.0)), ("slot_rows", i64::from(slots.1))]);
        }
        for (key, set) in [
            ("narrow", layout.narrow),
            ("differential", layout.encoding == Encoding::Differential),
            ("bits_to_crossbars", layout.binding == cim_machine::Binding::BitsToCrossbars),
        ] {
            if set {
                state.set_prop(&ctx, key, ctx.unit());
            }
        }
        let op = self.em.ir.create(state);
        self.top.push(op);
        self.matrices.insert(i, name.clone());
        name
    }

    /// A weight write for crossbar `xb`.
    pub fn write_state(&self, cut: &Cut, matrix: &str, unit: &Unit, xb: u32) -> OpState {
        let (tile, ctx) = (cut.tile(unit.at), self.em.ctx.clone());
        let mut state = self.em.state("cim.xbar.write_xb").prop(&ctx, "matrix", ctx.symbol_attr(matrix));
        let pair = |a: u32, b: u32| ctx.i64_array(&[i64::from(a), i64::from(b)]);
        state.set_prop(&ctx, "rows", pair(tile.row0, tile.rows));
        state.set_prop(&ctx, "cols", pair(tile.col0, tile.cols));
        if (tile.group0, tile.groups) != (0, 1) {
            state.set_prop(&ctx, "group_range", pair(tile.group0, tile.groups));
        }
        self.em.ints(&mut state, &[("xb", i64::from(xb)), ("slice", i64::from(unit.slice))]);
        state
    }

    /// The writes of a part, all copies: into the current layer when weights are reloaded, else into `@init`.
    pub fn write_part(&mut self, i: usize, matrix: &str, part: usize) {
        let p = self.placed[&i].clone();
        let Some((range, _)) = p.parts.get(part) else { return };
        for copy in 0..p.copies {
            for (k, unit) in p.units[range.clone()].iter().enumerate() {
                let state = self.write_state(&p.cut, matrix, unit, p.first_xb(part, copy) + k as u32);
                self.write(p.reload, state);
            }
        }
    }

    /// One write, now or in `@init`.
    pub fn write(&mut self, reload: bool, state: OpState) -> OpId {
        if reload {
            return self.em.push(state);
        }
        let op = self.em.ir.create(state);
        self.init.push(op);
        op
    }
}

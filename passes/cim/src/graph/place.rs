//! `cim-place`: puts every convolution and linear layer on crossbars.

use crate::first_fit::{Chip, first_fit};
use cim_dialect::graph::{Conv2d, Elements, Linear, types};
use cim_dialect::machine::machine_of;
use cim_ir::{Attribute, Diagnostic, Ir, OpId, ValueId};
use cim_machine::binding::{BindingError, Layout, MatrixShape, cut};
use cim_machine::{Encoding, Machine, Mode};
use cim_pass::{Pass, PassResult, PassRun, pass};

/// Function attribute: what the network needs and what the chip has, when weights must be written again for each inference.
pub const RELOAD: &str = "cim.reload";

/// Most time parts of one operator: beyond, a program would do little but write weights.
const MAX_PARTS: u64 = 1024;

pass! {
    /// Puts convolutions and linear layers on crossbars, first fit.
    ///
    /// Operators take the next free crossbars in the order of the network. When the chip is full a new segment begins, whose weights
    /// are written while the network runs; an operator larger than the chip is cut into time parts of one chip each. Sets
    /// `segment` and `crossbars`; keeps `copies` and `remap`, and whole placements set by hand.
    pub struct Place = "cim-place", "Place" on "builtin.module" {
        options {
            /// Computing mode: cm (operators take whole cores), xbm or wlm; empty = that of the machine
            mode: String = String::new(),
        }
        statistics {
            /// Crossbars that all operators need together
            crossbars = "num-crossbars",
            /// Segments
            segments = "num-segments",
        }
    }
}

impl Pass for Place {
    fn run(&self, run: &mut PassRun<'_>) -> PassResult {
        let module = run.op();
        let machine = machine_of(run.ir, module)?;
        let mode = match self.mode.as_str() {
            "" => machine.mode,
            text => text.parse::<Mode>().map_err(|e| run.ir.op_error(module, e))?,
        };
        let (crossbars, segments) = place(run.ir, module, &machine, mode)?;
        self.crossbars.add(crossbars);
        self.segments.add(segments);
        Ok(())
    }
}

/// An operator with integer weights.
struct Operator {
    op: OpId,
    shape: MatrixShape,
    weights: Attribute,
    copies: u64,
    placed: bool,
}

fn operators(ir: &Ir, func: OpId) -> Result<Vec<Operator>, Diagnostic> {
    let ctx = ir.ctx();
    let mut out = Vec::new();
    for op in ir.body(func).into_iter().flat_map(|b| ir.ops_of(b)) {
        let (weights, groups, copies, transposed): (ValueId, i64, i64, bool) =
            match (Conv2d::cast(ir, op), Linear::cast(ir, op)) {
                (Some(c), _) => (c.weights(ir), c.group(ir), c.copies(ir), false),
                (_, Some(l)) => (l.weights(ir), 1, l.copies(ir), l.transpose(ir)),
                _ => continue,
            };
        if types::int_type(ctx, ir.ty(weights)).is_none() {
            continue;
        }
        let constant = ir.defining_op(weights).and_then(|c| ir.attr(c, "value"));
        let Some(value) = constant else {
            return Err(
                ir.op_error(op, "has weights that are no constant; they cannot be programmed before they are used")
            );
        };
        let dims: Vec<u32> = types::dims(ctx, ir.ty(weights)).unwrap_or(&[]).iter().map(|&d| d as u32).collect();
        let shape = match *dims.as_slice() {
            [o, i, kh, kw] if groups >= 1 && i64::from(o) % groups == 0 => MatrixShape {
                rows: i.saturating_mul(kh).saturating_mul(kw),
                cols: o / groups as u32,
                groups: groups as u32,
                inner: i,
            },
            [a, b] if transposed => MatrixShape { rows: a, cols: b, groups: 1, inner: a },
            [a, b] => MatrixShape { rows: b, cols: a, groups: 1, inner: b },
            _ => return Err(ir.op_error(op, "has weights of an unknown shape")),
        };
        let copies = u64::try_from(copies).unwrap_or(1).max(1);
        out.push(Operator { op, shape, weights: value, copies, placed: ir.attr(op, "crossbars").is_some() });
    }
    Ok(out)
}

/// Crossbars one copy needs.
fn demand(ir: &Ir, o: &Operator, machine: &Machine) -> Result<u64, Diagnostic> {
    let ctx = ir.ctx();
    let elements = Elements::of(ctx, o.weights).map_err(|e| ir.op_error(o.op, e))?;
    let Some(int) = elements.int else { return Err(ir.op_error(o.op, "has float weights")) };
    let narrow = machine.crossbar.encoding == Encoding::Differential
        && int.signed
        && elements.range().is_some_and(|(lo, _)| lo > int.min());
    let layout = Layout::of(machine, int.width.min(255) as u8, int.signed, narrow);
    match cut(o.shape, &layout, machine.crossbar.rows, machine.crossbar.cols) {
        Ok(c) => Ok(c.crossbars()),
        Err(e @ BindingError::Columns { .. }) => {
            let text = format!(
                "does not fit machine '{}': {e}; use crossbars with more columns or cells with more bits",
                machine.name
            );
            Err(ir.op_error(o.op, text))
        }
        Err(e) => Err(ir.op_error(o.op, e)),
    }
}

/// Places the operators of `@network`; returns the crossbars they need and the number of segments.
///
/// # Errors
/// An operator that no crossbar can hold, copies that do not fit, or a placement that is only partly set by hand.
pub fn place(ir: &mut Ir, module: OpId, machine: &Machine, mode: Mode) -> Result<(u64, u64), Diagnostic> {
    if mode > machine.mode {
        let text =
            format!("machine '{}' exposes mode {}, not the finer {}", machine.name, machine.mode.name(), mode.name());
        return Err(ir.op_error(module, text));
    }
    let network = ir.body(module).and_then(|b| {
        ir.ops_of(b).find(|&op| ir.attr(op, "sym_name").and_then(|a| ir.ctx().as_str(a)) == Some("network"))
    });
    let Some(func) = network else { return Err(ir.op_error(module, "holds no function @network")) };
    let ops = operators(ir, func)?;
    let by_hand = ops.iter().filter(|o| o.placed).count();
    if let Some(o) = ops.iter().find(|o| !o.placed).filter(|_| by_hand > 0) {
        return Err(ir.op_error(
            o.op,
            format!("has no attribute 'crossbars', but {by_hand} other operators have; place all by hand or none"),
        ));
    }
    let per_core = machine.crossbars_per_core();
    let whole_cores = mode == Mode::Cm;
    let mut needed = Vec::with_capacity(ops.len());
    for o in &ops {
        let one = demand(ir, o, machine)?;
        let stride = if whole_cores { one.next_multiple_of(per_core.max(1)) } else { one };
        let all = stride.saturating_mul(o.copies - 1).saturating_add(one);
        if o.copies > 1 && all > machine.crossbars() {
            let text = format!(
                "needs {all} crossbars for {} copies, available {}; use fewer copies",
                o.copies,
                machine.crossbars()
            );
            return Err(ir.op_error(o.op, text));
        }
        if all > machine.crossbars().saturating_mul(MAX_PARTS) {
            let text = format!(
                "needs {all} crossbars, available {}: more than {MAX_PARTS} time parts; use a larger machine",
                machine.crossbars()
            );
            return Err(ir.op_error(o.op, text));
        }
        needed.push(all);
    }
    let total: u64 = needed.iter().fold(0, |a, b| a.saturating_add(*b));
    if by_hand > 0 {
        return Ok((total, 1));
    }
    let chip = Chip { cores: machine.cores() as u32, xbs_per_core: per_core as u32, whole_cores };
    let Some((placed, segments)) = first_fit(chip, &needed, &[]) else {
        return Err(ir.op_error(func, format!("needs {total} crossbars, available {}", machine.crossbars())));
    };
    let ctx = ir.ctx().clone();
    for (o, p) in ops.iter().zip(&placed) {
        let first: Vec<i64> = p.parts.iter().map(|x| x.first_xb as i64).collect();
        let segment = p.parts.first().map_or(0, |x| x.segment);
        ir.set_prop(o.op, "crossbars", Some(ctx.i64_array(&first)));
        ir.set_prop(o.op, "segment", Some(ctx.i64_attr(i64::from(segment))));
    }
    let segments = if total == 0 { 0 } else { u64::from(segments) };
    let text = format!(
        "the network needs {total} crossbars, available {}: {segments} segments, weights are written again for every inference",
        machine.crossbars()
    );
    ir.set_attr(func, RELOAD, (segments > 1).then(|| ctx.string_attr(&text)));
    Ok((total, segments))
}

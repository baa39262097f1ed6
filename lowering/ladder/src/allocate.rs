//! `cim-allocate`: addresses of buffers in L0 and in the L1 of each core, by liveness.

use crate::liveness::{Interval, assign};
use cim_dialect::machine::machine_of;
use cim_dialect::xbar::check::{Mem, int};
use cim_dialect::xbar::program::Alloc;
use cim_ir::{Diagnostic, Ir, OpId};
use cim_isa::types::IntType;
use cim_machine::{Bytes, Limit};
use cim_pass::{Pass, PassResult, PassRun, pass};
use std::collections::{BTreeMap, HashMap};

/// Buffers start at multiples of this, so that accumulators of any width are aligned.
pub const ALIGN: u64 = 8;

pass! {
    /// Gives every buffer of `@main` an address.
    ///
    /// A buffer lives from the first to the last layer that uses it; buffers that do not live at the same time may share bytes. The
    /// capacities of L0 and L1 are respected or the program is refused.
    pub struct Allocate = "cim-allocate", "Allocate" on "builtin.module" {
        statistics {
            /// Bytes of L0 used
            l0 = "l0-bytes",
            /// Bytes of L1 used by the fullest core
            l1 = "l1-bytes",
        }
    }
}

impl Pass for Allocate {
    fn run(&self, run: &mut PassRun<'_>) -> PassResult {
        let (l0, l1) = allocate(run.ir, run.op())?;
        self.l0.add(l0);
        self.l1.add(l1);
        Ok(())
    }
}

struct Request {
    op: OpId,
    core: Option<i64>,
    interval: Interval,
}

/// Sets `address` on the buffers of `@main`; returns the bytes of L0 and of the fullest L1.
///
/// # Errors
/// No machine, no `@main`, or a buffer memory that is too small: the message names needed and available bytes.
pub fn allocate(ir: &mut Ir, module: OpId) -> Result<(u64, u64), Diagnostic> {
    let machine = machine_of(ir, module)?;
    let main = crate::find_function(ir, module, "main")?;
    let requests = requests(ir, main);
    let mut spaces: BTreeMap<Option<i64>, Vec<&Request>> = BTreeMap::new();
    for r in &requests {
        spaces.entry(r.core).or_default().push(r);
    }
    let ctx = ir.ctx().clone();
    let (mut l0, mut l1) = (0, 0);
    for (core, wanted) in spaces {
        let intervals: Vec<Interval> = wanted.iter().map(|r| r.interval).collect();
        let (at, peak) = assign(&intervals, ALIGN);
        let (capacity, what) = match core {
            None => (machine.chip.l0_size, "L0".to_string()),
            Some(c) => (machine.core.l1_size, format!("L1 of core {c}")),
        };
        if let Limit::Finite(Bytes(available)) = capacity
            && peak > available
        {
            return Err(too_small(ir, &wanted, &at, &what, peak, available));
        }
        for (r, address) in wanted.iter().zip(at) {
            ir.set_prop(r.op, "address", Some(ctx.i64_attr(address as i64)));
        }
        match core {
            None => l0 = peak,
            Some(_) => l1 = l1.max(peak),
        }
    }
    Ok((l0, l1))
}

fn too_small(ir: &Ir, wanted: &[&Request], at: &[u64], what: &str, peak: u64, available: u64) -> Diagnostic {
    // The buffer at the top of the peak says where to look.
    let top = wanted.iter().zip(at).max_by_key(|(r, a)| **a + r.interval.bytes).map(|(r, _)| r.op);
    let op = top.unwrap_or(wanted[0].op);
    let name = Alloc::cast(ir, op).map_or("", |a| a.name(ir)).to_string();
    let text = format!(
        "{what} needs {peak} bytes at the time of buffer '{name}', available {available}; use a machine with larger buffers or a smaller network"
    );
    ir.op_error(op, text)
}

fn requests(ir: &Ir, main: OpId) -> Vec<Request> {
    let Some(block) = ir.body(main) else { return Vec::new() };
    let points: HashMap<OpId, u32> = ir.ops_of(block).enumerate().map(|(i, op)| (op, i as u32)).collect();
    let point = |mut op: OpId| loop {
        if let Some(&p) = points.get(&op) {
            return Some(p);
        }
        op = ir.parent_op(op)?;
    };
    let mut out = Vec::new();
    for op in ir.ops_of(block) {
        let Some(alloc) = Alloc::cast(ir, op) else { continue };
        let buffer = alloc.buffer(ir);
        let Some(mem) = Mem::of(ir.ctx(), ir.ty(buffer)).filter(|m| m.space != "host") else { continue };
        let bytes = int(ir.ctx(), mem.elem).map_or(8, |(bits, signed)| IntType::new(bits, signed).bytes());
        let used: Vec<u32> = ir.uses(buffer).filter_map(|u| point(u.op)).collect();
        let (first, last) = (used.iter().copied().min().unwrap_or(0), used.iter().copied().max().unwrap_or(0));
        let size = (mem.len() as u64).saturating_mul(u64::from(bytes));
        let core = (mem.space == "L1").then(|| alloc.core(ir).unwrap_or(0));
        out.push(Request { op, core, interval: Interval { first, last, bytes: size } });
    }
    out
}

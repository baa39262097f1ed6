//! `scf`: loops.

use cim_ir::constraints::*;
use cim_ir::interfaces::{Inlining, LoopLike, LoopOp};
use cim_ir::kinds::*;
use cim_ir::registry::Dialect;
use cim_ir::rewrite::{PatternSet, Rewriter, fold::constant_int};
use cim_ir::view::{Canonicalize, Verify, VerifyRegions};
use cim_ir::{Diagnostic, Ir, RegionId, ValueId, op};

#[path = "scf/asm.rs"]
mod asm;

op! {
    /// Counts from a lower bound to below an upper bound. Values carried from one iteration to the next are arguments of the body after
    /// the counter, operands of `scf.yield`, and results.
    pub For = "scf.for" :
        [SingleBlock, ImplicitTerminator("scf.yield"), RecursiveMemoryEffects, AutomaticAllocationScope,
         AllTypesMatch("lowerBound", "upperBound", "step")] {
        operands { lowerBound: INTEGER_OR_INDEX, upperBound: INTEGER_OR_INDEX, step: INTEGER_OR_INDEX, initArgs*: ANY_TYPE }
        props    { unsignedCmp: UnitAttr }
        results  { results*: ANY_TYPE }
        regions  { region }
        interfaces [LoopLike]
        verify
        verify_regions
        canonicalize
        parse
        print
    }
    /// Ends the body of a loop or branch with the values it hands on.
    pub Yield = "scf.yield" : [Pure, Terminator, ReturnLike] {
        operands { results*: ANY_TYPE }
        format   "attr-dict ($results^ `:` type($results))?"
    }
}

impl For {
    /// The counter.
    pub fn induction_value(self, ir: &Ir) -> ValueId {
        ir.body(self.op()).and_then(|b| ir.args(b).first().copied()).unwrap_or(ir.placeholder_value())
    }
    /// Arguments of the body that carry values.
    pub fn carried(self, ir: &Ir) -> &[ValueId] {
        ir.body(self.op()).map_or(&[][..], |b| ir.args(b).get(1..).unwrap_or_default())
    }
    /// Constant bounds and step.
    pub fn constant_bounds(self, ir: &Ir) -> Option<(i64, i64, i64)> {
        let (lower, upper) = (constant_int(ir, self.lowerBound(ir))?, constant_int(ir, self.upperBound(ir))?);
        Some((lower, upper, constant_int(ir, self.step(ir))?))
    }
}

impl LoopOp for For {
    fn loop_regions(self, ir: &Ir) -> Vec<RegionId> {
        vec![self.region(ir)]
    }
    fn induction_values(self, ir: &Ir) -> Vec<ValueId> {
        vec![self.induction_value(ir)]
    }
    fn trip_count(self, ir: &Ir) -> Option<u64> {
        let (lower, upper, step) = self.constant_bounds(ir)?;
        if step <= 0 || self.unsignedCmp(ir) {
            return None;
        }
        let distance = u64::try_from(i128::from(upper) - i128::from(lower)).unwrap_or(0);
        Some(distance.div_ceil(step.unsigned_abs()))
    }
}

impl Verify for For {
    fn verify(self, ir: &Ir) -> Result<(), Diagnostic> {
        let op = self.op();
        let (inits, results) = (self.initArgs(ir), self.results(ir));
        if inits.len() != results.len() {
            return Err(ir.op_error(op, "mismatch in number of loop-carried values and defined values"));
        }
        Ok(())
    }
}
impl VerifyRegions for For {
    fn verify_regions(self, ir: &Ir) -> Result<(), Diagnostic> {
        let op = self.op();
        let error = |text: String| Err(ir.op_error(op, text));
        let Some(body) = ir.body(op) else {
            return error("region #0 ('region') failed to verify constraint: region with 1 blocks".into());
        };
        let args = ir.args(body);
        if args.first().map(|a| ir.ty(*a)) != Some(ir.ty(self.lowerBound(ir))) {
            return error("expected induction variable to be same type as bounds and step".into());
        }
        let (inits, results) = (self.initArgs(ir), self.results(ir));
        let carried = args.get(1..).unwrap_or_default();
        if carried.len() != inits.len() {
            return error(format!(
                "different number of inits and region iter_args: {} != {}",
                inits.len(),
                carried.len()
            ));
        }
        let Some(end) = ir.last_op(body) else { return Ok(()) };
        let yielded: Vec<ValueId> = ir.operands(end).collect();
        if yielded.len() != inits.len() {
            let text = format!(
                "along control flow edge from Operation scf.yield to Region #0: region branch point has {} operands, but region successor needs {} inputs",
                yielded.len(),
                inits.len()
            );
            return Err(ir.op_error(op, text).note(ir.loc(end), "region branch point"));
        }
        for i in 0..inits.len() {
            let pairs = [
                ("init", inits[i], "region iter_arg", carried[i]),
                ("region iter_arg", carried[i], "yielded value", yielded[i]),
                ("region iter_arg", carried[i], "loop result", results[i]),
            ];
            for (what, a, other, b) in pairs {
                let (a, b) = (ir.ty(a), ir.ty(b));
                if a != b {
                    let (a, b) = (ir.ctx().display_type(a), ir.ctx().display_type(b));
                    return error(format!("{i}-th {what} and {i}-th {other} have different type: '{a}' != '{b}'"));
                }
            }
        }
        Ok(())
    }
}

impl Canonicalize for For {
    fn patterns(set: &mut PatternSet) {
        set.on("loop that runs never or once", simplify_trips);
        set.on("values a loop does not change", drop_unchanged);
    }
}

fn simplify_trips(op: For, rw: &mut Rewriter<'_>) -> bool {
    let Some(count) = op.trip_count(rw) else { return false };
    let inits = op.initArgs(rw);
    match count {
        0 => {
            rw.replace_op(op.op(), &inits);
            true
        }
        1 => {
            let Some(body) = rw.body(op.op()) else { return false };
            let Some(end) = rw.last_op(body) else { return false };
            let yielded: Vec<ValueId> = rw.operands(end).collect();
            let mut values = vec![op.lowerBound(rw)];
            values.extend(&inits);
            // A yielded argument of the body is what replaces it.
            let args = rw.args(body).to_vec();
            let replaced =
                |v: ValueId| args.iter().position(|a| *a == v).and_then(|i| values.get(i)).copied().unwrap_or(v);
            let yielded: Vec<ValueId> = yielded.into_iter().map(replaced).collect();
            rw.erase_op(end);
            rw.inline_block_before(body, op.op(), &values);
            rw.replace_op(op.op(), &yielded);
            true
        }
        _ => false,
    }
}

/// A carried value that each iteration hands on unchanged is the initial value.
fn drop_unchanged(op: For, rw: &mut Rewriter<'_>) -> bool {
    let Some(end) = rw.body(op.op()).and_then(|b| rw.last_op(b)) else { return false };
    let (inits, args, results) = (op.initArgs(rw), op.carried(rw).to_vec(), op.results(rw));
    let yielded: Vec<ValueId> = rw.operands(end).collect();
    let mut changed = false;
    for (((&init, &arg), &result), &out) in inits.iter().zip(&args).zip(&results).zip(&yielded) {
        let unused = rw.is_unused(result) && rw.uses(arg).all(|u| u.op == end);
        if (out == arg || out == init) && !unused {
            rw.replace_uses_if(arg, init, |_, u| u.op != end);
            rw.replace_all_uses_with(result, init);
            changed = true;
        }
    }
    changed
}

/// The dialect.
pub static SCF: Dialect = Dialect {
    ops: &[For::DEF, Yield::DEF],
    interfaces: &[&Inlining::ALWAYS],
    open: true,
    ..Dialect::new("scf", "Structured loops; what we need of MLIR's `scf`.")
};

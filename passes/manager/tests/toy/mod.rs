//! A small dialect for tests of the drivers.
#![allow(missing_docs)]

use cim_ir::constraints::ANY_TYPE;
use cim_ir::kinds::{I64Attr, StrAttr};
use cim_ir::registry::Dialect;
use cim_ir::rewrite::{FoldResult, Folded, PatternSet};
use cim_ir::text::{ParseOptions, PrintOptions, Source, parse_module, print_module};
use cim_ir::view::{Canonicalize, Fold};
use cim_ir::{Attribute, Context, Ir, OpId, OpState, op};
use std::sync::Arc;

op! {
    /// An isolated body.
    pub Func = "toy.func" : [IsolatedFromAbove, NoTerminator, SingleBlock] {
        props { name?: StrAttr }
        regions { body }
    }
    /// A constant.
    pub Constant = "toy.constant" : [Pure, ConstantLike] {
        props { value: I64Attr }
        results { result: ANY_TYPE }
    }
    /// A sum; folds.
    pub Add = "toy.add" : [Pure, Commutative] {
        operands { a: ANY_TYPE, b: ANY_TYPE }
        results { result: ANY_TYPE }
        fold
    }
    /// Becomes `toy.small` in steps.
    pub Big = "toy.big" : [Pure] {
        operands { a: ANY_TYPE }
        props { steps: I64Attr }
        results { result: ANY_TYPE }
        canonicalize
    }
    /// Uses values.
    pub Use = "toy.use" : [] {
        operands { values*: ANY_TYPE }
    }
}

impl Fold for Add {
    fn fold(self, ir: &Ir, constants: &[Option<Attribute>]) -> FoldResult {
        match constants {
            [Some(a), Some(b)] => {
                Folded::attr(ir.ctx().i64_attr(ir.ctx().as_i64(*a)?.wrapping_add(ir.ctx().as_i64(*b)?)))
            }
            _ => None,
        }
    }
}

impl Canonicalize for Big {
    fn patterns(set: &mut PatternSet) {
        set.on::<Big, _>("big-step", |big, rw| {
            let steps = big.steps(rw);
            if steps == 0 {
                let value = big.a(rw);
                rw.replace_op(big.op(), &[value]);
                return true;
            }
            let value = rw.context().i64_attr(steps - 1);
            rw.modify(big.op(), |ir| ir.set_prop(big.op(), "steps", Some(value)));
            true
        });
    }
}

pub static TOY: Dialect = Dialect {
    ops: &[Func::DEF, Constant::DEF, Add::DEF, Big::DEF, Use::DEF],
    materialize_constant: Some(|b, value, ty, loc| {
        let state = OpState::new(b.context(), Constant::DEF.name, loc).results(&[ty]).prop(b.context(), "value", value);
        Some(b.create(state))
    }),
    ..Dialect::new("toy", "For tests.")
};

pub fn parse(text: &str) -> (Arc<Context>, Ir, OpId) {
    let ctx = Context::new(|r| r.add(&TOY));
    ctx.allow_unregistered(true);
    let parsed = parse_module(&ctx, &Source::new("test", text.as_bytes().to_vec()), &ParseOptions::default());
    let (ir, root) = parsed.unwrap_or_else(|d| panic!("{}", d[0].render(&ctx)));
    (ctx, ir, root)
}

pub fn print(ir: &Ir, root: OpId) -> String {
    print_module(ir, root, &PrintOptions::generic())
}

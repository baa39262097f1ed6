//! The verifier on programs built by hand; the wording is MLIR's.

use cim_ir::constraints::*;
use cim_ir::kinds::*;
use cim_ir::registry::Dialect;
use cim_ir::verify::verify;
use cim_ir::{BlockId, Context, Ir, OpId, OpState, ValueId, op};
use std::sync::Arc;

op! {
    /// Adds.
    Add = "t.add" : [Pure, SameOperandsAndResultType] {
        operands { lhs: SIGNLESS_INTEGER_LIKE, rhs: SIGNLESS_INTEGER_LIKE }
        results  { result: SIGNLESS_INTEGER_LIKE }
    }
    /// A constant.
    Const = "t.const" : [Pure, ConstantLike] {
        props   { value: TypedAttr }
        results { result: ANY_TYPE }
    }
    /// A function.
    Func = "t.func" : [IsolatedFromAbove, Symbol] {
        props   { sym_name: SymbolNameAttr, sym_visibility?: StrAttr }
        regions { body }
    }
    /// Ends a function.
    Return = "t.return" : [Terminator, HasParent("t.func")] { operands { values*: ANY_TYPE } }
    /// Two groups.
    Groups = "t.groups" : [] { operands { a*: INDEX, b?: I1 } }
    /// A loop.
    Loop = "t.loop" : [SingleBlock, ImplicitTerminator("t.yield")] { regions { body } }
    /// Ends a loop.
    Yield = "t.yield" : [Terminator] {}
    /// A branch.
    Br = "t.br" : [Terminator] { successors { dest } }
}

static T: Dialect = Dialect {
    ops: &[Add::DEF, Const::DEF, Func::DEF, Return::DEF, Groups::DEF, Loop::DEF, Yield::DEF, Br::DEF],
    ..Dialect::new("t", "Tests.")
};

struct Prog {
    ctx: Arc<Context>,
    ir: Ir,
    module: OpId,
    top: BlockId,
}

impl Prog {
    fn new() -> Self {
        let ctx = Context::new(|r| r.add(&T));
        ctx.allow_unregistered(true);
        let mut ir = Ir::new(ctx.clone());
        let region = ir.create_region();
        let top = ir.create_block(region, &[]);
        let module = ir.create(OpState::new(&ctx, "builtin.module", ctx.unknown_loc()).region(region));
        Prog { ctx, ir, module, top }
    }
    fn state(&self, name: &str) -> OpState {
        OpState::new(&self.ctx, name, self.ctx.unknown_loc())
    }
    fn add(&mut self, block: BlockId, state: OpState) -> OpId {
        let op = self.ir.create(state);
        self.ir.append(block, op);
        op
    }
    fn value(&mut self, block: BlockId) -> ValueId {
        let state = self.state("x.v").results(&[self.ctx.i64()]);
        let op = self.add(block, state);
        self.ir.result(op, 0).unwrap()
    }
    /// A function with one empty block.
    fn func(&mut self, name: &str) -> BlockId {
        let region = self.ir.create_region();
        let block = self.ir.create_block(region, &[]);
        let state = self.state("t.func").prop(&self.ctx, "sym_name", self.ctx.string_attr(name)).region(region);
        self.add(self.top, state);
        block
    }
    fn end(&mut self, block: BlockId) {
        let state = self.state("t.return");
        self.add(block, state);
    }
    /// First lines of the errors, without notes.
    fn errors(&self) -> Vec<String> {
        let errors = verify(&self.ir, self.module).err().unwrap_or_default();
        errors.into_iter().map(|d| d.message).collect()
    }
    fn notes(&self) -> Vec<String> {
        let errors = verify(&self.ir, self.module).err().unwrap_or_default();
        errors.into_iter().flat_map(|d| d.notes).map(|n| n.1).collect()
    }
}

#[test]
fn numbers_types_properties() {
    let one = |build: &dyn Fn(&mut Prog, BlockId) -> OpState| {
        let mut p = Prog::new();
        let f = p.func("f");
        let state = build(&mut p, f);
        p.add(f, state);
        p.end(f);
        p.errors().join("\n")
    };
    assert_eq!(one(&|p, _| p.state("t.yield").results(&[p.ctx.i1()])), "'t.yield' op requires zero results");
    assert_eq!(one(&|p, _| p.state("t.add")), "'t.add' op requires one result");
    let i1 = |p: &Prog| p.ctx.i1();
    assert_eq!(one(&|p, _| p.state("t.add").results(&[i1(p)])), "'t.add' op expected 2 operands, but found 0");
    assert_eq!(one(&|p, _| p.state("t.func")), "'t.func' op requires one region");
    assert_eq!(one(&|p, _| p.state("t.const").results(&[i1(p)])), "'t.const' op requires attribute 'value'");
    let bad = |p: &mut Prog, _| {
        let array = p.ctx.array_attr(&[]);
        p.state("t.const").results(&[p.ctx.i1()]).prop(&p.ctx, "value", array)
    };
    let text = "'t.const' op attribute 'value' failed to satisfy constraint: TypedAttr instance";
    assert_eq!(one(&bad), text);
    let sizes = |values: &'static [i32]| {
        move |p: &mut Prog, b| {
            let v = p.value(b);
            let sizes = I32Array::make(&p.ctx, values);
            p.state("t.groups").operands(&[v]).prop(&p.ctx, "operandSegmentSizes", sizes)
        }
    };
    let text = "'t.groups' op operand count (1) does not match with the total size (2) specified in attribute 'operandSegmentSizes'";
    assert_eq!(one(&sizes(&[1, 1])), text);
    assert_eq!(one(&sizes(&[2, -1])), "'t.groups' op 'operandSegmentSizes' attribute cannot have negative elements");
    assert_eq!(one(&sizes(&[1, 0])), "'t.groups' op operand #0 must be variadic of index, but got 'i64'");
    assert_eq!(one(&sizes(&[0, 1])), "'t.groups' op operand #0 must be 1-bit signless integer, but got 'i64'");
    let text = "'t.add' op requires the same type for all operands and results";
    assert_eq!(
        one(&|p, b| {
            let v = p.value(b);
            p.state("t.add").operands(&[v, v]).results(&[p.ctx.i1()])
        }),
        text
    );
    assert_eq!(
        one(&|p, _| p.state("t.nothing")),
        "unregistered operation 't.nothing' found in dialect ('t') that does not allow unknown operations"
    );
}

#[test]
fn structure() {
    let mut p = Prog::new();
    let f = p.func("f");
    assert_eq!(p.errors(), ["empty block: expect at least a terminator"]);
    p.end(f);
    assert_eq!(p.errors(), Vec::<String>::new());
    p.end(f);
    assert_eq!(p.errors(), ["'t.return' op must be the last operation in the parent block"]);

    let mut p = Prog::new();
    p.end(p.top);
    assert_eq!(p.errors(), ["'t.return' op expects parent op 't.func'"]);

    let mut p = Prog::new();
    let f = p.func("f");
    let v = p.value(f);
    let add = p.state("t.add").operands(&[v, v]).results(&[p.ctx.i64()]);
    p.add(f, add);
    assert!(p.errors()[0].starts_with("block with no terminator, has "), "{:?}", p.errors());

    let mut p = Prog::new();
    let f = p.func("f");
    let br = p.state("t.br").successor(f);
    p.add(f, br);
    assert_eq!(p.errors(), ["entry block of region may not have predecessors"]);

    let mut p = Prog::new();
    let (f, g) = (p.func("f"), p.func("g"));
    let br = p.state("t.br").successor(g);
    p.add(f, br);
    p.end(g);
    assert_eq!(p.errors(), ["'t.br' op branching to block of a different region"]);

    let mut p = Prog::new();
    let f = p.func("f");
    let region = p.ir.create_region();
    let body = p.ir.create_block(region, &[]);
    let l = p.state("t.loop").region(region);
    p.add(f, l);
    p.end(f);
    assert_eq!(p.errors(), ["'t.loop' op expects a non-empty block"]);
    let x = p.state("x.end");
    p.add(body, x);
    assert_eq!(p.errors(), ["'t.loop' op expects regions to end with 't.yield', found 'x.end'"]);
    assert_eq!(p.notes()[1], "in custom textual format, the absence of terminator implies 't.yield'");

    let mut p = Prog::new();
    p.ctx.allow_unregistered(false);
    let x = p.state("x.y");
    p.add(p.top, x);
    assert!(p.errors()[0].starts_with("'x.y' op created with unregistered dialect. If this is intended"));
}

#[test]
fn isolated_siblings_report_at_once() {
    let mut p = Prog::new();
    let (f, g) = (p.func("f"), p.func("g"));
    for b in [f, g] {
        let bad = p.state("t.const").results(&[p.ctx.i1()]);
        p.add(b, bad);
        p.end(b);
    }
    assert_eq!(p.errors(), ["'t.const' op requires attribute 'value'"; 2]);
}

#[test]
fn symbols() {
    let mut p = Prog::new();
    for name in ["a", "b", "a"] {
        let f = p.func(name);
        p.end(f);
    }
    assert_eq!(p.errors(), ["redefinition of symbol named 'a'"]);
    assert_eq!(p.notes()[1], "see existing symbol definition here");

    let mut p = Prog::new();
    let f = p.func("f");
    let top = std::mem::replace(&mut p.top, f);
    let g = p.func("g");
    p.end(g);
    p.end(f);
    p.top = top;
    assert_eq!(p.errors(), ["'t.func' op symbol's parent must have the SymbolTable trait"]);
}

#[test]
fn dominance() {
    // In one block, after the use.
    let mut p = Prog::new();
    let f = p.func("f");
    let late = p.value(f);
    let def = p.ir.defining_op(late).unwrap();
    let user = p.state("x.use").operands(&[late]);
    let user = p.add(f, user);
    p.end(f);
    assert!(p.errors().is_empty());
    p.ir.detach(def);
    let ret = p.ir.last_op(f).unwrap();
    p.ir.insert_before(ret, def);
    assert_eq!(p.errors(), ["operand #0 does not dominate this use"]);
    assert_eq!(p.notes()[1], "operand defined here (op in the same block)");
    // The same in the graph region of the module is fine.
    for op in [user, def] {
        p.ir.detach(op);
        p.ir.append(p.top, op);
    }
    assert!(p.errors().is_empty());

    // From a region around, but isolated.
    let mut p = Prog::new();
    let outer = p.value(p.top);
    let f = p.func("f");
    let user = p.state("x.use").operands(&[outer]);
    p.add(f, user);
    p.end(f);
    assert_eq!(p.errors(), ["'x.use' op using value defined outside the region"]);
    assert_eq!(p.notes()[1], "required by region isolation constraints");

    // From a region inside.
    let mut p = Prog::new();
    let f = p.func("f");
    let region = p.ir.create_region();
    let inner = p.ir.create_block(region, &[]);
    let v = p.value(inner);
    let holder = p.state("x.hold").region(region);
    p.add(f, holder);
    let user = p.state("x.use").operands(&[v]);
    p.add(f, user);
    p.end(f);
    assert_eq!(p.errors(), ["operand #0 does not dominate this use"]);
    assert_eq!(p.notes()[1], "operand defined here (op in a child region)");

    // An argument of another block that does not dominate; and an unreachable user, which may use anything.
    let mut p = Prog::new();
    let f = p.func("f");
    let region = p.ir.region_of(f).unwrap();
    let (a, b) = (p.ir.create_block(region, &[p.ctx.i64()]), p.ir.create_block(region, &[]));
    let arg = p.ir.args(a)[0];
    let user = p.state("x.use").operands(&[arg]);
    p.add(b, user);
    let br = p.state("x.br").successor(a);
    p.add(f, br);
    p.end(a);
    p.end(b);
    assert!(p.errors().is_empty(), "{:?}", p.errors());
    let br = p.ir.last_op(f).unwrap();
    p.ir.erase(br);
    let br = p.state("x.br").successor(a).successor(b);
    p.add(f, br);
    assert_eq!(p.errors(), ["operand #0 does not dominate this use"]);
    assert_eq!(p.notes()[1], "operand defined as a block argument (block #1 in the same region)");
}

#[test]
fn deep_nesting_needs_no_stack() {
    let mut p = Prog::new();
    let mut block = p.top;
    for i in 0..100_000 {
        let region = p.ir.create_region();
        let inner = p.ir.create_block(region, &[]);
        let name = if i % 2 == 0 { "builtin.module" } else { "x.nest" };
        let state = p.state(name).region(region);
        p.add(block, state);
        block = inner;
    }
    assert!(p.errors().is_empty());
}

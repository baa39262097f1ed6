//! Dialect conversion on a small dialect: legality, types one to one and one to several, signatures, failures.
#![allow(missing_docs)]

use cim_conversion::{
    ConversionPattern, ConversionPatterns, ConversionRewriter, ConversionTarget, ReconcileUnrealizedCasts,
    TypeConverter, apply_full, apply_partial,
};
use cim_ir::constraints::ANY_TYPE;
use cim_ir::registry::Dialect;
use cim_ir::text::{ParseOptions, PrintOptions, Source, parse_module, print_module};
use cim_ir::{Context, Diagnostic, Ir, OpId, OpState, ValueId, op};
use cim_pass::{OpPassManager, RunConfig};
use std::sync::Arc;

op! {
    /// A body with arguments.
    pub Func = "hi.func" : [IsolatedFromAbove, NoTerminator, SingleBlock] {
        regions { body }
    }
    /// One in, one out.
    pub Step = "hi.step" : [] {
        operands { a: ANY_TYPE }
        results { r: ANY_TYPE }
    }
    /// Becomes two steps.
    pub Twice = "hi.twice" : [] {
        operands { a: ANY_TYPE }
        results { r: ANY_TYPE }
    }
    /// The lower level: any number of values.
    pub Low = "lo.step" : [] {
        operands { a*: ANY_TYPE }
        results { r*: ANY_TYPE }
    }
    /// A body with arguments on the lower level.
    pub LowFunc = "lo.func" : [IsolatedFromAbove, NoTerminator, SingleBlock] {
        regions { body }
    }
}
static HI: Dialect = Dialect { ops: &[Func::DEF, Step::DEF, Twice::DEF], ..Dialect::new("hi", "High.") };
static LO: Dialect = Dialect { ops: &[Low::DEF, LowFunc::DEF], ..Dialect::new("lo", "Low.") };

fn parse(text: &str) -> (Arc<Context>, Ir, OpId) {
    let ctx = Context::new(|r| {
        r.add(&HI);
        r.add(&LO);
    });
    ctx.allow_unregistered(true);
    let parsed = parse_module(&ctx, &Source::new("test", text.as_bytes().to_vec()), &ParseOptions::default());
    let (ir, root) = parsed.unwrap_or_else(|d| panic!("{}", d[0].render(&ctx)));
    (ctx, ir, root)
}

/// `index` becomes `i32`; `i128` becomes two `i64`; everything else stays.
fn converter() -> TypeConverter {
    let mut c = TypeConverter::new();
    c.add(|_, ty| Some(ty));
    c.add(|ctx, ty| (ty == ctx.index()).then(|| ctx.int(32)));
    c.add_many(|ctx, ty| (ty == ctx.int(128)).then(|| vec![ctx.i64(), ctx.i64()]));
    c
}

fn step(op: OpId, operands: &[Vec<ValueId>], rw: &mut ConversionRewriter<'_>) -> bool {
    let types: Vec<_> = rw.results(op).map(|r| rw.ty(r)).collect();
    let Some(types) = rw.converter().convert_all(rw.context(), &types) else { return false };
    let state = OpState::new(rw.context(), "lo.step", rw.loc(op)).operands(&operands.concat()).results(&types);
    let new = rw.create(state);
    let values: Vec<ValueId> = rw.results(new).collect();
    rw.replace(op, &[values]);
    true
}

fn patterns() -> ConversionPatterns {
    let mut p = ConversionPatterns::new();
    p.on("hi.step", step);
    p.on("hi.twice", |op, _, rw| {
        let Some(a) = rw.operand(op, 0) else { return false };
        let types: Vec<_> = rw.results(op).map(|r| rw.ty(r)).collect();
        let loc = rw.loc(op);
        let state =
            |rw: &ConversionRewriter<'_>, v| OpState::new(rw.context(), "hi.step", loc).operands(&[v]).results(&types);
        let first = state(rw, a);
        let first = rw.create_value(first);
        let second = state(rw, first);
        let second = rw.create_value(second);
        rw.replace(op, &[vec![second]]);
        true
    });
    p.on("hi.func", |op, _, rw| {
        let Some(&region) = rw.regions_of(op).first() else { return false };
        if !rw.convert_region(region) {
            return false;
        }
        let new_region = rw.create_region();
        rw.move_region_body(region, new_region);
        let state = OpState::new(rw.context(), "lo.func", rw.loc(op)).region(new_region);
        rw.replace_with_op(op, state);
        true
    });
    p
}

fn target() -> ConversionTarget {
    let mut t = ConversionTarget::new();
    t.legal_dialect("builtin").legal_dialect("lo").illegal_dialect("hi");
    t
}

fn convert(text: &str, full: bool) -> Result<String, Diagnostic> {
    let (ctx, mut ir, root) = parse(text);
    let apply = if full { apply_full } else { apply_partial };
    apply(&mut ir, root, &target(), &converter(), &patterns())?;
    let mut pm = OpPassManager::new("builtin.module");
    pm.add(ReconcileUnrealizedCasts::default());
    let outcome = cim_pass::run(&pm, &mut ir, root, &RunConfig::default(), None);
    assert!(outcome.succeeded(), "{:?}", outcome.diagnostics.iter().map(|d| d.render(&ctx)).collect::<String>());
    cim_ir::verify::verify(&ir, root).unwrap_or_else(|d| panic!("{}", d[0].render(&ctx)));
    Ok(print_module(&ir, root, &PrintOptions::generic()))
}

#[test]
fn chains_convert_without_casts_left() {
    let text = r#"
"hi.func"() ({
^bb0(%x: index):
  %1 = "hi.step"(%x) : (index) -> index
  %2 = "hi.step"(%1) : (index) -> index
}) : () -> ()
"#;
    let out = convert(text, true).unwrap();
    assert!(!out.contains("cast") && !out.contains("hi.") && !out.contains("index"), "{out}");
    assert!(out.contains("^bb0(%arg0: i32):"), "{out}");
    assert_eq!(out.matches("\"lo.step\"").count(), 2);
}

#[test]
fn one_type_becomes_two() {
    let text = r#"
"hi.func"() ({
^bb0(%x: i128, %y: f32):
  %1 = "hi.twice"(%x) : (i128) -> i128
  "lo.step"(%y) : (f32) -> ()
}) : () -> ()
"#;
    let out = convert(text, true).unwrap();
    assert!(out.contains("^bb0(%arg0: i64, %arg1: i64, %arg2: f32):"), "{out}");
    assert!(!out.contains("cast") && !out.contains("i128"), "{out}");
    assert!(out.contains("\"lo.step\"(%arg0, %arg1) : (i64, i64) -> (i64, i64)"), "{out}");
    assert!(out.contains("\"lo.step\"(%arg2) : (f32) -> ()"), "{out}");
}

#[test]
fn unconverted_users_get_a_cast() {
    let text = r#"
%0 = "other.make"() : () -> index
%1 = "hi.step"(%0) : (index) -> index
"other.use"(%1) : (index) -> ()
"#;
    let out = convert(text, false).unwrap();
    assert_eq!(out.matches("unrealized_conversion_cast").count(), 2, "{out}");
    assert!(out.contains("(index) -> i32") && out.contains("(i32) -> index"), "{out}");
}

#[test]
fn what_cannot_be_converted_is_named() {
    let mut t = target();
    t.illegal_op("other.bad");
    let (_, mut ir, root) = parse("\"other.bad\"() : () -> ()");
    let d = apply_partial(&mut ir, root, &t, &converter(), &patterns()).unwrap_err();
    assert_eq!(d.message, "failed to legalize operation 'other.bad' that was explicitly marked illegal");
    let d = convert("\"other.unknown\"() : () -> ()", true).unwrap_err();
    assert_eq!(d.message, "failed to legalize operation 'other.unknown'");
    assert!(convert("\"other.unknown\"() : () -> ()", false).is_ok());
}

#[test]
fn legality_may_depend_on_the_operation() {
    let mut t = target();
    t.dynamic_op("hi.step", |ir, op| ir.operands(op).all(|v| ir.ty(v) != ir.ctx().index()));
    let (_, mut ir, root) = parse(
        "%0 = \"other.a\"() : () -> index\n%1 = \"hi.step\"(%0) : (index) -> index\n%2 = \"other.b\"() : () -> f32\n%3 = \"hi.step\"(%2) : (f32) -> f32\n",
    );
    apply_partial(&mut ir, root, &t, &converter(), &patterns()).unwrap();
    let out = print_module(&ir, root, &PrintOptions::generic());
    assert!(out.contains("(f32) -> f32") && out.matches("hi.step").count() == 1, "{out}");
    assert_eq!(out.matches("lo.step").count(), 1, "{out}");
}

#[test]
fn contents_of_some_operations_are_left_alone() {
    let mut t = target();
    t.legal_with_contents("other.box");
    let text = "\"other.box\"() ({\n  %0 = \"other.a\"() : () -> index\n  %1 = \"hi.step\"(%0) : (index) -> index\n}) : () -> ()";
    let (_, mut ir, root) = parse(text);
    apply_full(&mut ir, root, &t, &converter(), &patterns()).unwrap();
    assert!(print_module(&ir, root, &PrintOptions::generic()).contains("hi.step"));
}

#[test]
fn patterns_that_go_in_circles_end() {
    let mut p = ConversionPatterns::new();
    p.on("hi.step", |op, _, rw| {
        let types: Vec<_> = rw.results(op).map(|r| rw.ty(r)).collect();
        let operands: Vec<_> = rw.operands(op).collect();
        let state = OpState::new(rw.context(), "hi.step", rw.loc(op)).operands(&operands).results(&types);
        rw.replace_with_op(op, state);
        true
    });
    let (_, mut ir, root) = parse("%0 = \"other.a\"() : () -> f32\n%1 = \"hi.step\"(%0) : (f32) -> f32");
    let d = apply_partial(&mut ir, root, &target(), &converter(), &p).unwrap_err();
    assert!(d.message.contains("'hi.step' that was explicitly marked illegal"), "{}", d.message);
}

const TWO_LEVELS: &str = r#"
%0 = "other.make"() {note = 3 : i32} : () -> index
"hi.func"() ({
^bb0(%x: i128, %y: index, %z: f32):
  %1 = "hi.twice"(%x) : (i128) -> i128
  %2 = "hi.step"(%y) : (index) -> index
  "lo.step"(%2, %1, %z) : (index, i128, f32) -> ()
}) : () -> ()
%3 = "hi.step"(%0) : (index) -> index
"other.bad"(%3, %3) : (index, index) -> ()
"#;

fn print(ir: &Ir, root: OpId) -> String {
    print_module(ir, root, &PrintOptions { debug_info: true, ..PrintOptions::generic() })
}

#[test]
fn a_failed_conversion_changes_nothing() {
    let mut t = target();
    t.illegal_op("other.bad");
    for full in [false, true] {
        let (ctx, mut ir, root) = parse(TWO_LEVELS);
        let before = print(&ir, root);
        let ops = ir.walk(root);
        let uses = |ir: &Ir| -> Vec<_> {
            let values = ops.iter().flat_map(|o| ir.results(*o));
            values.map(|v| ir.uses(v).collect::<Vec<_>>()).collect()
        };
        let uses_before = uses(&ir);
        let apply = if full { apply_full } else { apply_partial };
        let d = apply(&mut ir, root, &t, &converter(), &patterns()).unwrap_err();
        let (what, see) = if full {
            // Reached before the bad one.
            ("failed to legalize operation 'other.make'", "\"other.make\"() {note = 3 : i32} : () -> index")
        } else {
            ("failed to legalize operation 'other.bad' that was explicitly marked illegal", ": (index, index) -> ()")
        };
        assert_eq!(d.message, what);
        assert!(
            d.notes.iter().any(|n| n.1.starts_with("see current operation: ") && n.1.contains(see)),
            "{}",
            d.render(&ctx)
        );
        assert_eq!(print(&ir, root), before);
        assert_eq!(ir.walk(root), ops, "handles of surviving operations stay valid");
        assert_eq!(uses(&ir), uses_before);
        cim_ir::verify::verify(&ir, root).unwrap_or_else(|d| panic!("{}", d[0].render(&ctx)));
        // What failed may be tried again.
        if !full {
            t.legal_op("other.bad");
            apply_partial(&mut ir, root, &t, &converter(), &patterns()).unwrap();
            assert!(!print(&ir, root).contains("hi."), "{}", print(&ir, root));
            t.illegal_op("other.bad");
        }
    }
}

/// A pattern with a benefit that replaces the operation by one of another name.
struct Rename(&'static str, &'static str, u16);

impl ConversionPattern for Rename {
    fn root(&self) -> Option<&'static str> {
        Some(self.0)
    }
    fn benefit(&self) -> u16 {
        self.2
    }
    fn rewrite(&self, op: OpId, operands: &[Vec<ValueId>], rw: &mut ConversionRewriter<'_>) -> bool {
        let types: Vec<_> = rw.results(op).map(|r| rw.ty(r)).collect();
        let Some(types) = rw.converter().convert_all(rw.context(), &types) else { return false };
        let state = OpState::new(rw.context(), self.1, rw.loc(op)).operands(&operands.concat()).results(&types);
        let new = rw.create(state);
        let values: Vec<ValueId> = rw.results(new).collect();
        rw.replace(op, &[values]);
        true
    }
}

const ONE_STEP: &str =
    "%0 = \"other.a\"() : () -> i128\n%1 = \"hi.step\"(%0) : (i128) -> i128\n\"other.b\"(%1) : (i128) -> ()";

#[test]
fn a_pattern_with_an_illegal_result_is_undone_and_the_next_one_tried() {
    // Two levels down nothing makes `other.dead` legal; `hi.twice` has no pattern; the third one works.
    let mut p = ConversionPatterns::new();
    p.add(Rename("hi.step", "lo.step", 1)).add(Rename("hi.step", "hi.twice", 2)).add(Rename("hi.step", "mid.a", 3));
    p.add(Rename("mid.a", "other.dead", 1));
    let (ctx, mut ir, root) = parse(ONE_STEP);
    apply_partial(&mut ir, root, &target(), &converter(), &p).unwrap();
    cim_ir::verify::verify(&ir, root).unwrap_or_else(|d| panic!("{}", d[0].render(&ctx)));
    let out = print(&ir, root);
    assert!(
        out.contains("\"lo.step\"") && !out.contains("hi.") && !out.contains("mid.") && !out.contains("dead"),
        "{out}"
    );
    assert_eq!(out.matches("unrealized_conversion_cast").count(), 2, "nothing is left of what was tried first: {out}");

    // Without the last pattern nothing works, and nothing is left.
    let mut p = ConversionPatterns::new();
    p.add(Rename("hi.step", "hi.twice", 2)).add(Rename("hi.step", "mid.a", 3)).add(Rename("mid.a", "other.dead", 1));
    let (_, mut ir, root) = parse(ONE_STEP);
    let before = print(&ir, root);
    let d = apply_partial(&mut ir, root, &target(), &converter(), &p).unwrap_err();
    assert_eq!(d.message, "failed to legalize operation 'hi.step' that was explicitly marked illegal");
    assert_eq!(print(&ir, root), before);
}

#[test]
fn what_a_pattern_did_before_it_gave_up_is_undone() {
    let mut p = ConversionPatterns::new();
    p.on("hi.func", |op, _, rw| {
        let region = rw.regions_of(op)[0];
        assert!(rw.convert_region(region));
        let body = rw.entry(region).unwrap();
        rw.set_end(body);
        let state = OpState::new(rw.context(), "lo.step", rw.loc(op));
        rw.create(state);
        let first = rw.first_op(body).unwrap();
        let i8 = rw.context().int(8);
        let attr = rw.context().unit();
        let ir = rw.ir_mut();
        ir.set_attr(first, "seen", Some(attr));
        ir.add_argument(body, i8, Some(ir.loc(op)));
        false
    });
    let text =
        "\"hi.func\"() ({\n^bb0(%x: index, %y: i128):\n  \"lo.step\"(%x, %y) : (index, i128) -> ()\n}) : () -> ()";
    let (_, mut ir, root) = parse(text);
    let before = print(&ir, root);
    let d = apply_partial(&mut ir, root, &target(), &converter(), &p).unwrap_err();
    assert!(d.notes[0].1.starts_with("see current operation: \n\"hi.func\"() ({"), "{}", d.notes[0].1);
    assert_eq!(print(&ir, root), before);
}

#[test]
fn inlined_contents_are_converted_too() {
    let mut p = patterns();
    p.on("other.box", |op, _, rw| {
        let Some(body) = rw.body(op) else { return false };
        rw.inline_block_before(body, op, &[]);
        rw.replace(op, &[]);
        true
    });
    let mut t = target();
    t.illegal_op("other.box");
    let text =
        "\"other.box\"() ({\n  %0 = \"other.a\"() : () -> f32\n  %1 = \"hi.step\"(%0) : (f32) -> f32\n}) : () -> ()";
    let (_, mut ir, root) = parse(text);
    apply_partial(&mut ir, root, &t, &converter(), &p).unwrap();
    let out = print(&ir, root);
    assert!(out.contains("lo.step") && !out.contains("hi.") && !out.contains("box"), "{out}");
}

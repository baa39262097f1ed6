//! Format strings: what is printed is what was read, and what generic text says.

use cim_ir::constraints::*;
use cim_ir::format::{Arg, CustomDirective, Parsed};
use cim_ir::kinds::*;
use cim_ir::op_def::InferInput;
use cim_ir::registry::Dialect;
use cim_ir::text::asm::{OpParser, OpPrinter, ParseResult};
use cim_ir::text::{PrintOptions, Source, parse_module, print_module};
use cim_ir::verify::verify;
use cim_ir::view::InferResults;
use cim_ir::{Context, Ir, OpId, Type, attr, enum_attr, op, ty};
use smallvec::{SmallVec, smallvec};
use std::sync::Arc;

enum_attr! {
    /// Kind of pooling.
    pub Pool ("kind of pooling: max or mean") {
        /// Largest.
        Max = "max",
        /// Mean.
        Mean = "mean",
    }
}

op! {
    /// Groups, defaults, optional operands.
    Conv = "f.conv" : [Pure] {
        operands { input: ANY_TENSOR, weights: ANY_TENSOR, bias?: ANY_TENSOR }
        props    { strides: I64Array, group: I64Attr = 1, note?: StrAttr, pool: Pool = Pool::Mean, fast: UnitAttr }
        results  { result: ANY_TENSOR }
        format   "$input `,` $weights (`bias` `(` $bias^ `)`)? `strides` `=` $strides (`fast` $fast^)? (`pool` `` `<` $pool^ `>`)? attr-dict `:` functional-type(operands, results)"
    }
    /// One type for all.
    Add = "f.add" : [Pure, SameOperandsAndResultType] {
        operands { lhs: ANY_TYPE, rhs: ANY_TYPE }
        results  { result: ANY_TYPE }
        format   "$lhs `,` $rhs attr-dict `:` type($result)"
    }
    /// Types that follow from constraints and traits.
    Pick = "f.pick" : [AllTypesMatch("a", "b", "result")] {
        operands { which: I1, a: ANY_TYPE, b: ANY_TYPE, indices*: INDEX }
        results  { result: ANY_TYPE }
        format   "$which `?` $a `:` $b `[` $indices `]` attr-dict `:` type($a)"
    }
    /// An inferred result.
    Size = "f.size" : [Pure] {
        operands { of: ANY_TYPE }
        results  { result: ANY_TYPE }
        format   "$of attr-dict `:` type($of)"
        infer
    }
    /// A constant: its type is that of its value.
    Const = "f.const" : [Pure, ConstantLike, AllTypesMatch("value", "result")] {
        props    { value: TypedAttr }
        results  { result: ANY_TYPE }
        format   "$value attr-dict"
    }
    /// Two halves.
    Either = "f.either" {
        operands { a?: ANY_TYPE }
        props    { n?: SymbolNameAttr, t?: TypeAttr }
        format   "($a^ `:` type($a)) : (`nothing`)? ($n^)? (`of` $t^)? attr-dict-with-keyword"
    }
    /// Regions with an implied end.
    Loop = "f.loop" : [SingleBlock, ImplicitTerminator("f.end")] {
        operands { bounds*: INDEX }
        regions  { body }
        format   "$bounds attr-dict-with-keyword $body"
    }
    /// The end.
    End = "f.end" : [Terminator] { format "attr-dict" }
    /// Several regions, successors, a property dictionary.
    Many = "f.many" : [NoTerminator] {
        props      { a: I64Attr, b?: F32Attr }
        regions    { first, rest* }
        format     "prop-dict $first (`and` $rest^)? attr-dict"
    }
    /// A branch.
    Br = "f.br" : [Terminator] {
        operands   { args*: ANY_TYPE }
        successors { dest, others* }
        format     "successors (`(` $args^ `:` type($args) `)`)? attr-dict"
    }
    /// A directive of its own.
    Own = "f.own" {
        props  { lo: I64Attr, hi: I64Attr }
        format "custom<Range>($lo, $hi) attr-dict"
    }
    /// Two groups of any size; the types are written once for all.
    TwoLists = "f.two_lists" {
        operands { a*: ANY_TYPE, b*: ANY_TYPE }
        results  { r*: ANY_TYPE, s*: ANY_TYPE }
        format   "`(` $a `)` `(` $b `)` attr-dict `:` type($a) `:` type($b) `->` type($r) `|` type($s)"
    }
}

/// `lo..hi`
struct Range;
impl CustomDirective for Range {
    fn parse(p: &mut OpParser<'_>, parsed: &mut Parsed, args: &[Arg]) -> ParseResult {
        for (i, arg) in args.iter().enumerate() {
            if i > 0 {
                p.keyword("until")?;
            }
            let value = p.integer()?;
            if let Arg::Var(name) = arg {
                parsed.set_prop(name, p.ctx().i64_attr(value));
            }
        }
        Ok(())
    }
    fn print(p: &mut OpPrinter<'_>, ir: &Ir, op: OpId, args: &[Arg]) {
        for (i, arg) in args.iter().enumerate() {
            if let Arg::Var(name) = arg
                && let Some(value) = ir.attr(op, name).and_then(|a| ir.ctx().as_i64(a))
            {
                p.str(if i > 0 { " until " } else { "" });
                p.int(value);
            }
        }
    }
}

impl InferResults for Size {
    fn infer(input: &InferInput<'_>) -> Result<SmallVec<[Type; 2]>, String> {
        Ok(smallvec![input.ctx.index()])
    }
}

ty! {
    /// A tile.
    Tile = "f.tile" {
        params { rows: I64Attr, cols: I64Attr, cell?: TypeAttr, pool: Pool = Pool::Max }
        format "$rows `x` $cols (`of` $cell^)? `,` $pool"
        verify
    }
    /// Parameters in the common form.
    Plain = "f.plain" { params { a: I64Attr, b: AnyAttr } }
    /// No parameters.
    Empty = "f.empty" {}
}
attr! {
    /// A place.
    Place = "f.place" { params { core: I64Attr, names: ArrayOf<StrAttr> } format "`core` $core `of` $names" }
}

impl cim_ir::view::VerifyParams for Tile {
    fn verify(ctx: &Context, params: &[cim_ir::Attribute]) -> Result<(), String> {
        let rows = params.first().and_then(|a| ctx.as_i64(*a)).unwrap_or(0);
        if rows < 1 { Err(format!("a tile needs rows, but has {rows}")) } else { Ok(()) }
    }
}

static F: Dialect = Dialect {
    ops: &[
        Conv::DEF,
        Add::DEF,
        Pick::DEF,
        Size::DEF,
        Const::DEF,
        Either::DEF,
        Loop::DEF,
        End::DEF,
        Many::DEF,
        Br::DEF,
        Own::DEF,
        TwoLists::DEF,
    ],
    types: &[Tile::DEF, Plain::DEF, Empty::DEF],
    attrs: &[Place::DEF],
    ..Dialect::new("f", "Formats.")
};

fn context() -> Arc<Context> {
    let ctx = Context::new(|r| r.add(&F));
    ctx.allow_unregistered(true);
    ctx
}

fn read(ctx: &Arc<Context>, text: &str) -> Result<(Ir, OpId), String> {
    let source = Source::new("t", text.as_bytes().to_vec());
    let render = |e: Vec<cim_ir::Diagnostic>| e.iter().map(|d| d.message.clone()).collect::<Vec<_>>().join("\n");
    let (ir, root) = parse_module(ctx, &source, &Default::default()).map_err(render)?;
    verify(&ir, root).map_err(render)?;
    Ok((ir, root))
}

/// Reads custom text, prints generic text, reads that, prints custom text: all as given.
#[track_caller]
fn both_ways(custom: &str, generic: &str) {
    let ctx = context();
    let wrap = |body: &str, start: &str, end: &str| {
        let lines: Vec<String> = body.lines().map(|l| format!("  {l}\n")).collect();
        format!("{start}\n{}{end}\n\n", lines.concat())
    };
    let custom = wrap(custom.trim(), "module {", "}");
    let generic = wrap(generic.trim(), "\"builtin.module\"() ({", "}) : () -> ()");
    let (ir, root) = read(&ctx, &custom).unwrap();
    assert_eq!(print_module(&ir, root, &PrintOptions::generic()), generic, "generic form of what was read");
    assert_eq!(print_module(&ir, root, &PrintOptions::default()), custom, "custom form of what was read");
    let (ir, root) = read(&ctx, &generic).unwrap();
    assert_eq!(print_module(&ir, root, &PrintOptions::default()), custom, "custom form of generic text");
}

fn error(text: &str) -> String {
    read(&context(), text).err().unwrap_or_default()
}

#[test]
fn operands_groups_and_defaults() {
    both_ways(
        r#"
%0:3 = "x.v"() : () -> (tensor<1xf32>, tensor<2xf32>, tensor<3xf32>)
%1 = f.conv %0#0, %0#1 strides = [1, 2] : (tensor<1xf32>, tensor<2xf32>) -> tensor<4xf32>
%2 = f.conv %0#0, %0#1 bias(%0#2) strides = [] fast pool<max> {group = 2 : i64, note = "n", z} : (tensor<1xf32>, tensor<2xf32>, tensor<3xf32>) -> tensor<4xf32>
"#,
        r#"
%0:3 = "x.v"() : () -> (tensor<1xf32>, tensor<2xf32>, tensor<3xf32>)
%1 = "f.conv"(%0#0, %0#1) <{strides = array<i64: 1, 2>}> : (tensor<1xf32>, tensor<2xf32>) -> tensor<4xf32>
%2 = "f.conv"(%0#0, %0#1, %0#2) <{fast, group = 2 : i64, note = "n", pool = "max", strides = array<i64>}> {z} : (tensor<1xf32>, tensor<2xf32>, tensor<3xf32>) -> tensor<4xf32>
"#,
    );
}

#[test]
fn types_that_follow() {
    both_ways(
        r#"
%0:3 = "x.v"() : () -> (i1, i8, index)
%1 = f.add %0#1, %0#1 : i8
%2 = f.pick %0#0 ? %0#1 : %1[%0#2, %0#2] : i8
%3 = f.pick %0#0 ? %0#1 : %1[] : i8
%4 = f.size %3 : i8
%5 = f.const 3 : i8
%6 = f.const dense<1> : tensor<2xi8> {z}
"#,
        r#"
%0:3 = "x.v"() : () -> (i1, i8, index)
%1 = "f.add"(%0#1, %0#1) : (i8, i8) -> i8
%2 = "f.pick"(%0#0, %0#1, %1, %0#2, %0#2) : (i1, i8, i8, index, index) -> i8
%3 = "f.pick"(%0#0, %0#1, %1) : (i1, i8, i8) -> i8
%4 = "f.size"(%3) : (i8) -> index
%5 = "f.const"() <{value = 3 : i8}> : () -> i8
%6 = "f.const"() <{value = dense<1> : tensor<2xi8>}> {z} : () -> tensor<2xi8>
"#,
    );
}

#[test]
fn optional_halves() {
    both_ways(
        r#"
%0 = "x.v"() : () -> i8
f.either %0 : i8
f.either nothing @name of tensor<1xi8> attributes {z}
"#,
        r#"
%0 = "x.v"() : () -> i8
"f.either"(%0) : (i8) -> ()
"f.either"() <{n = "name", t = tensor<1xi8>}> {z} : () -> ()
"#,
    );
}

#[test]
fn regions_successors_properties() {
    both_ways(
        r#"
%0 = "x.v"() : () -> index
f.loop %0, %0 attributes {z} {
  %1 = f.size %0 : index
}
f.loop %0 {
  f.end {z}
}
f.many <{a = 1 : i64, b = 1.500000e+00 : f32}> {
} and {
}, {
} {z}
f.own 2 until 5 {z}
"#,
        r#"
%0 = "x.v"() : () -> index
"f.loop"(%0, %0) ({
  %1 = "f.size"(%0) : (index) -> index
  "f.end"() : () -> ()
}) {z} : (index, index) -> ()
"f.loop"(%0) ({
  "f.end"() {z} : () -> ()
}) : (index) -> ()
"f.many"() <{a = 1 : i64, b = 1.500000e+00 : f32}> ({
}, {
}, {
}) {z} : () -> ()
"f.own"() <{hi = 5 : i64, lo = 2 : i64}> {z} : () -> ()
"#,
    );
    let text = "\"x.r\"() ({\n  f.br ^bb1, ^bb2(%0 : i8)\n^bb1:\n  f.br ^bb2\n^bb2:\n  f.br ^bb1 {z}\n}) : () -> ()";
    let text = format!("%0 = \"x.v\"() : () -> i8\n{text}");
    let (ir, root) = read(&context(), &text).unwrap();
    let printed = print_module(&ir, root, &PrintOptions::default());
    assert!(printed.contains("f.br ^bb1, ^bb2(%0 : i8)") && printed.contains("f.br ^bb1 {z}"), "{printed}");
}

#[test]
fn several_groups() {
    both_ways(
        r#"
%0 = "x.v"() : () -> i8
%1:3 = f.two_lists(%0, %0) (%0) : i8, i8 : i8 -> i1, i2 | i3
"#,
        r#"
%0 = "x.v"() : () -> i8
%1:3 = "f.two_lists"(%0, %0, %0) <{operandSegmentSizes = array<i32: 2, 1>, resultSegmentSizes = array<i32: 2, 1>}> : (i8, i8, i8) -> (i1, i2, i3)
"#,
    );
}

#[test]
fn types_and_attributes() {
    both_ways(
        r#"
"x.t"() {a = !f.tile<4 x 8, max>, b = !f.tile<4 x 8 of i8, mean>, c = !f.plain<1 : i64, "x">, d = !f.empty, e = #f.place<core 3 of ["a", "b"]>} : () -> ()
"#,
        r#"
"x.t"() {a = !f.tile<4 x 8, max>, b = !f.tile<4 x 8 of i8, mean>, c = !f.plain<1 : i64, "x">, d = !f.empty, e = #f.place<core 3 of ["a", "b"]>} : () -> ()
"#,
    );
    assert!(error("\"x.t\"() {a = !f.tile<0 x 8, max>} : () -> ()").contains("a tile needs rows, but has 0"));
}

#[test]
fn wrong_text() {
    let v = "%0 = \"x.v\"() : () -> i8\n";
    assert_eq!(error(&format!("{v}f.add %0 : i8")), "expected ','");
    assert_eq!(
        error(&format!("{v}%1 = f.add %0, %0 : i9")),
        "use of value '%0' expects different type than prior uses: 'i9' vs 'i8'"
    );
    let text = "\"f.conv\"(%0) : (i8) -> i8";
    assert_eq!(error(&format!("{v}%1 = {text}")), "'f.conv' op expected 2 or more operands, but found 1");
    let text = "f.conv %0, %0 strides = [1, x] : (i8, i8) -> i8";
    assert!(error(&format!("{v}%1 = {text}")).starts_with("expected"), "{}", error(&format!("{v}%1 = {text}")));
    let text = "f.conv %0, %0 strides = [1] : (i8) -> i8";
    let message = "number of operands and types do not match: got 2 operands and 1 types";
    assert_eq!(error(&format!("{v}%1 = {text}")), message);
    let t = "%0 = \"x.v\"() : () -> tensor<1xf32>\n";
    let text = "f.conv %0, %0 strides = [1] pool<min> : (tensor<1xf32>, tensor<1xf32>) -> tensor<1xf32>";
    assert_eq!(error(&format!("{t}%1 = {text}")), "expected one of 'max', 'mean'");
    let text =
        "f.conv %0, %0 strides = [1] {strides = array<i64: 1>} : (tensor<1xf32>, tensor<1xf32>) -> tensor<1xf32>";
    assert!(error(&format!("{t}%1 = {text}")).contains("'strides' occurs twice"));
}

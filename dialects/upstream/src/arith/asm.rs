//! Flags and predicates of `arith` as attributes and text, and the custom form of `arith.select`.

use super::Select;
use crate::fold::Ints;
use cim_ir::constraints::element_type;
use cim_ir::core::AttrData;
use cim_ir::format::{Arg, CustomDirective, Parsed};
use cim_ir::kinds::{AttrKind, I64Attr, KindSpec};
use cim_ir::segments;
use cim_ir::text::asm::{Delimiter, OpParser, OpPrinter, ParseResult};
use cim_ir::view::CustomAsm;
use cim_ir::{Attribute, Context, Ir, OpId, OpState};

/// Body of an opaque attribute `#arith.name<body>`.
fn flags_of<'a>(ctx: &'a Context, attr: Attribute, name: &str) -> Option<&'a str> {
    match ctx.attr_data(attr) {
        AttrData::Opaque { dialect, body, .. } if ctx.str(*dialect) == "arith" => {
            body.strip_prefix(name)?.strip_prefix('<')?.strip_suffix('>')
        }
        _ => None,
    }
}
fn make_flags(ctx: &Context, name: &str, flags: &str) -> Attribute {
    let body = format!("{name}<{flags}>").into();
    ctx.attr(AttrData::Opaque { dialect: ctx.ident("arith"), body, ty: None })
}

macro_rules! flags {
    ($(#[$m:meta])* $kind:ident, $directive:ident, $name:literal, $what:literal, $words:expr) => {
        $(#[$m])*
        #[derive(Clone, Copy, Debug)]
        pub struct $kind;
        impl AttrKind for $kind {
            type Value<'a> = &'a str;
            type Arg<'a> = &'a str;
            const SPEC: KindSpec = KindSpec::plain($what, |c, a| flags_of(c, a, $name).is_some()).storing_default();
            fn get(ctx: &Context, attr: Attribute) -> Option<&str> {
                flags_of(ctx, attr, $name)
            }
            fn make(ctx: &Context, value: &str) -> Attribute {
                make_flags(ctx, $name, value)
            }
            fn fallback(_: &Context) -> &str {
                "none"
            }
        }
        #[doc = concat!("`<flag, flag>` after `", $name, "`.")]
        pub struct $directive;
        impl CustomDirective for $directive {
            fn parse(p: &mut OpParser<'_>, parsed: &mut Parsed, args: &[Arg]) -> ParseResult {
                let mut given = Vec::new();
                p.list(Delimiter::Less, |p| {
                    given.push($words[p.one_of(&$words)?]);
                    Ok(())
                })?;
                if let Some(Arg::Var(name)) = args.first() {
                    parsed.set_prop(name, make_flags(p.ctx(), $name, &given.join(", ")));
                }
                Ok(())
            }
            fn print(p: &mut OpPrinter<'_>, ir: &Ir, op: OpId, args: &[Arg]) {
                if let Some(Arg::Var(name)) = args.first() {
                    let flags = segments::prop(ir, op, name).and_then(|a| $kind::get(ir.ctx(), a)).unwrap_or("none");
                    p.str(&format!("<{flags}>"));
                }
            }
        }
    };
}
flags! {
    /// `#arith.overflow<nsw, nuw>`: what may be assumed about overflow.
    OverflowFlags, Overflow, "overflow", "Integer overflow arith flags", ["none", "nsw", "nuw"]
}
flags! {
    /// `#arith.fastmath<fast>`: which liberties float arithmetic may take.
    FastMathFlags, FastMath, "fastmath", "Floating point fast math flags",
    ["none", "reassoc", "nnan", "ninf", "nsz", "arcp", "contract", "afn", "fast"]
}

/// Spellings of predicates by number.
pub const PREDICATES: [&str; 10] = ["eq", "ne", "slt", "sle", "sgt", "sge", "ult", "ule", "ugt", "uge"];

/// Kind of the property `predicate`: an index into [`PREDICATES`].
#[derive(Clone, Copy, Debug)]
pub struct PredicateAttr;
impl AttrKind for PredicateAttr {
    type Value<'a> = i64;
    type Arg<'a> = i64;
    const SPEC: KindSpec =
        KindSpec::plain("allowed 64-bit signless integer cases: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9", |c, a| {
            I64Attr::get(c, a).is_some_and(|v| (0..10).contains(&v))
        });
    fn get(ctx: &Context, attr: Attribute) -> Option<i64> {
        I64Attr::get(ctx, attr)
    }
    fn make(ctx: &Context, value: i64) -> Attribute {
        ctx.i64_attr(value)
    }
    fn fallback(_: &Context) -> i64 {
        0
    }
}

/// Whether a predicate holds; None for an unknown number.
pub(super) fn compare(predicate: i64, a: Ints, b: Ints) -> Option<bool> {
    let (s, t, u, v) = (a.signed(), b.signed(), a.unsigned(), b.unsigned());
    Some(match predicate {
        0 => s == t,
        1 => s != t,
        2 => s < t,
        3 => s <= t,
        4 => s > t,
        5 => s >= t,
        6 => u < v,
        7 => u <= v,
        8 => u > v,
        9 => u >= v,
        _ => return None,
    })
}

/// The predicate as a word.
pub struct Predicate;
impl CustomDirective for Predicate {
    fn parse(p: &mut OpParser<'_>, parsed: &mut Parsed, _: &[Arg]) -> ParseResult {
        let index = p.one_of(&PREDICATES)?;
        parsed.set_prop("predicate", p.ctx().i64_attr(index as i64));
        Ok(())
    }
    fn print(p: &mut OpPrinter<'_>, ir: &Ir, op: OpId, _: &[Arg]) {
        let value = segments::prop(ir, op, "predicate").and_then(|a| I64Attr::get(ir.ctx(), a));
        let word = value.and_then(|v| PREDICATES.get(usize::try_from(v).ok()?));
        p.str(word.copied().unwrap_or("eq"));
    }
}

/// `arith.select %c, %a, %b : type`, or `: condition type, type` when the condition has a shape.
impl CustomAsm for Select {
    fn parse(p: &mut OpParser<'_>, state: &mut OpState) -> ParseResult {
        let pos = p.pos();
        let operands = p.operand_list(Delimiter::None)?;
        p.attr_dict_into(state)?;
        let first = p.colon_type()?;
        let (condition, ty) = if p.optional_comma() { (first, p.parse_type()?) } else { (p.ctx().i1(), first) };
        if operands.len() != 3 {
            return Err(p.error_at(pos, format!("expected 3 operands, but found {}", operands.len())));
        }
        state.operands.extend(p.resolve_operands(&operands, &[condition, ty, ty], pos)?);
        state.results.push(ty);
        Ok(())
    }
    fn print(self, ir: &Ir, p: &mut OpPrinter<'_>) {
        p.str(" ");
        p.operands(ir, ir.operands(self.op()));
        p.attr_dict(ir, self.op(), &[]);
        p.str(" : ");
        let condition = ir.ty(self.condition(ir));
        if element_type(ir.ctx(), condition).is_some() {
            p.ty(condition);
            p.str(", ");
        }
        p.ty(ir.ty(self.result(ir)));
    }
}

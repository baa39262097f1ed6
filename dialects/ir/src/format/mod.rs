//! Custom assembly from format strings, in MLIR's declarative language.
//!
//! | element | reads and prints |
//! | --- | --- |
//! | `` `word` ``, `` `,` `` | itself; `` `` `` prints no space, `` ` ` `` one, `` `\n` `` a line break |
//! | `$name` | operand, property, region or successor |
//! | `attr-dict`, `attr-dict-with-keyword` | properties not written elsewhere, and attributes; required once |
//! | `prop-dict` | properties not written elsewhere, as `<{..}>` |
//! | `operands`, `regions`, `successors` | all of them |
//! | `type($name)`, `type(operands)`, `type(results)` | types |
//! | `functional-type(from, to)` | `(types) -> types` |
//! | `( .. $x^ .. )?`, `( .. ^ ) : ( .. )?` | only where `$x` is present; otherwise the second half |
//! | `custom<Name>($a, type($b))` | what the type `Name` does ([`CustomDirective`]) |
//!
//! Types that are not written follow from `SameOperandsAndResultType`, `SameTypeOperands`, `AllTypesMatch`, constraints with a
//! single type, or `infer`. Properties with a default are left out when they have it.

mod compile;
mod parse;
mod print;
pub mod syntax;

pub use compile::Types;
pub use parse::Parsed;
pub use syntax::Arg;

use crate::op_def::{OpDef, PropSpec};
use crate::text::asm::{OpParser, OpPrinter, ParseResult};
use crate::{Ir, OpId};
use compile::{Node, Ref, compile};
use std::sync::OnceLock;

/// What `custom<Name>(..)` does; implemented by a type `Name` in scope of the declaration.
pub trait CustomDirective {
    /// Reads; what is read goes to `parsed`.
    fn parse(p: &mut OpParser<'_>, parsed: &mut Parsed, args: &[Arg]) -> ParseResult;
    /// Prints.
    fn print(p: &mut OpPrinter<'_>, ir: &Ir, op: OpId, args: &[Arg]);
}

/// Functions of a [`CustomDirective`].
#[derive(Clone, Copy, Debug)]
pub struct CustomFns {
    parse: fn(&mut OpParser<'_>, &mut Parsed, &[Arg]) -> ParseResult,
    print: fn(&mut OpPrinter<'_>, &Ir, OpId, &[Arg]),
}

impl CustomFns {
    /// Those of `C`.
    pub const fn of<C: CustomDirective>() -> Self {
        CustomFns { parse: C::parse, print: C::print }
    }
}

/// A format string of a declaration; read once, at first use.
#[derive(Debug)]
pub struct Format {
    text: &'static str,
    customs: &'static [(&'static str, CustomFns)],
    nodes: OnceLock<Result<Vec<Node>, String>>,
}

impl Format {
    /// From its text and the directives it names.
    pub const fn new(text: &'static str, customs: &'static [(&'static str, CustomFns)]) -> Self {
        Format { text, customs, nodes: OnceLock::new() }
    }
    /// The text.
    pub fn text(&self) -> &'static str {
        self.text
    }

    fn read(&self, lookup: compile::Lookup<'_>) -> &Result<Vec<Node>, String> {
        self.nodes.get_or_init(|| {
            let elements = syntax::parse(self.text).map_err(|(at, what)| format!("{what} at byte {at}"))?;
            compile(&elements, lookup)
        })
    }

    fn nodes(&self, def: &'static OpDef) -> Result<&[Node], &str> {
        fn at<T>(list: &[T], name: &str, key: impl Fn(&T) -> &'static str) -> Option<usize> {
            list.iter().position(|x| key(x) == name)
        }
        let lookup = |n: &str| {
            at(def.operands, n, |s| s.name)
                .map(Ref::Operand)
                .or_else(|| at(def.results, n, |s| s.name).map(Ref::Result))
                .or_else(|| at(def.props, n, |s| s.name).map(Ref::Prop))
                .or_else(|| at(def.regions, n, |s| s.name).map(Ref::Region))
                .or_else(|| at(def.successors, n, |s| s.name).map(Ref::Successor))
        };
        self.read(&lookup).as_deref().map_err(String::as_str)
    }
    fn param_nodes(&self, specs: &'static [PropSpec]) -> Result<&[Node], &str> {
        let lookup = |n: &str| specs.iter().position(|s| s.name == n).map(Ref::Prop);
        self.read(&lookup).as_deref().map_err(String::as_str)
    }
    fn custom(&self, name: &str) -> Option<&'static CustomFns> {
        self.customs.iter().find(|c| c.0 == name).map(|c| &c.1)
    }
}

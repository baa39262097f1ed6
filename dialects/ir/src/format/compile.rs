//! Formats with names resolved to positions, and with the spaces that printing puts before each element.

use super::syntax::{Arg, Element};

/// A name of the declaration by position in its list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ref {
    /// Operand.
    Operand(usize),
    /// Result.
    Result(usize),
    /// Property or parameter.
    Prop(usize),
    /// Region.
    Region(usize),
    /// Successor.
    Successor(usize),
}

/// Whose types are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Types {
    /// Of an operand name.
    Operand(usize),
    /// Of a result name.
    Result(usize),
    /// Of all operands.
    Operands,
    /// Of all results.
    Results,
}

/// An element.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) kind: Kind,
    /// Print a space before it.
    pub(super) space: bool,
}

#[derive(Clone, Debug)]
pub(super) enum Kind {
    Literal(String),
    Space(&'static str),
    Var(Ref),
    AttrDict,
    AttrDictWithKeyword,
    PropDict,
    Operands,
    Regions,
    Successors,
    Type(Types),
    FunctionalType(Types, Types),
    Custom { hook: String, args: Vec<Arg> },
    Group { then: Vec<Node>, otherwise: Vec<Node>, anchor: Anchor },
}

/// What decides whether an optional group is printed.
#[derive(Clone, Copy, Debug)]
pub(super) enum Anchor {
    Name(Ref),
}

/// Finds names of a declaration.
pub(super) type Lookup<'a> = &'a dyn Fn(&str) -> Option<Ref>;

pub(super) fn compile(elements: &[Element], lookup: Lookup<'_>) -> Result<Vec<Node>, String> {
    let mut c = Compiler { lookup, space: true, punctuation: false };
    c.all(elements)
}

struct Compiler<'a> {
    lookup: Lookup<'a>,
    /// The element before asks for a space after it.
    space: bool,
    /// The element before was punctuation.
    punctuation: bool,
}

impl Compiler<'_> {
    fn all(&mut self, elements: &[Element]) -> Result<Vec<Node>, String> {
        elements.iter().map(|e| self.one(e)).collect()
    }
    fn find(&self, name: &str) -> Result<Ref, String> {
        (self.lookup)(name).ok_or_else(|| format!("`${name}` is not declared"))
    }
    fn types(&self, arg: &Arg) -> Result<Types, String> {
        match arg {
            Arg::Operands => Ok(Types::Operands),
            Arg::Results => Ok(Types::Results),
            Arg::Var(n) | Arg::Type(n) => match self.find(n)? {
                Ref::Operand(i) => Ok(Types::Operand(i)),
                Ref::Result(i) => Ok(Types::Result(i)),
                _ => Err(format!("`${n}` has no type")),
            },
        }
    }

    fn one(&mut self, element: &Element) -> Result<Node, String> {
        let kind = match element {
            Element::Literal(text) => {
                let space = self.space && space_before(text, self.punctuation);
                let first = text.chars().next().unwrap_or(' ');
                self.space = text.len() != 1 || !"<({[".contains(first);
                self.punctuation = first != '_' && !first.is_ascii_alphabetic();
                return Ok(Node { kind: Kind::Literal(text.clone()), space });
            }
            Element::Space(text) => {
                self.punctuation = text.is_empty();
                self.space = false;
                return Ok(Node { kind: Kind::Space(text), space: false });
            }
            // Dictionaries put a space before themselves, when there is something to print.
            Element::AttrDict => return Ok(self.dict(Kind::AttrDict)),
            Element::AttrDictWithKeyword => return Ok(self.dict(Kind::AttrDictWithKeyword)),
            Element::PropDict => return Ok(self.dict(Kind::PropDict)),
            Element::Group { then, otherwise, anchor } => {
                let anchor = match then.get(*anchor) {
                    Some(Element::Var(n) | Element::Type(Arg::Var(n))) => Anchor::Name(self.find(n)?),
                    Some(Element::Custom(_, args)) => match args.first() {
                        Some(Arg::Var(n) | Arg::Type(n)) => Anchor::Name(self.find(n)?),
                        _ => return Err("the first argument of an anchor must be a name".into()),
                    },
                    _ => return Err("an anchor is `$name`, `type($name)` or `custom<..>($name)`".into()),
                };
                let (then, otherwise) = (self.all(then)?, self.all(otherwise)?);
                return Ok(Node { kind: Kind::Group { then, otherwise, anchor }, space: false });
            }
            Element::Var(name) => Kind::Var(self.find(name)?),
            Element::Operands => Kind::Operands,
            Element::Regions => Kind::Regions,
            Element::Successors => Kind::Successors,
            Element::Type(arg) => Kind::Type(self.types(arg)?),
            Element::FunctionalType(a, b) => Kind::FunctionalType(self.types(a)?, self.types(b)?),
            Element::Custom(hook, args) => Kind::Custom { hook: hook.clone(), args: args.clone() },
        };
        let space = self.space || !self.punctuation;
        (self.space, self.punctuation) = (true, false);
        Ok(Node { kind, space })
    }

    fn dict(&mut self, kind: Kind) -> Node {
        self.punctuation = false;
        Node { kind, space: true }
    }
}

/// Whether a literal is set off from what precedes it.
fn space_before(text: &str, after_punctuation: bool) -> bool {
    if text.len() != 1 && text != "->" {
        return true;
    }
    let tight = if after_punctuation { ">)}]," } else { "<>(){}[]," };
    !text.chars().next().is_some_and(|c| tight.contains(c))
}

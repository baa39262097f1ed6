//! The language of format strings: parsing and checks. Shared with the macro crate, so that a bad format string is a compile
//! error; therefore nothing but `std` here.

use std::collections::HashSet;

/// One element of a format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Element {
    /// A keyword or punctuation.
    Literal(String),
    /// Space, line break or nothing between two elements, when printing.
    Space(&'static str),
    /// `$name`: operand, property, region or successor.
    Var(String),
    /// `attr-dict`
    AttrDict,
    /// `attr-dict-with-keyword`
    AttrDictWithKeyword,
    /// `prop-dict`
    PropDict,
    /// `operands`
    Operands,
    /// `regions`
    Regions,
    /// `successors`
    Successors,
    /// `type(..)`
    Type(Arg),
    /// `functional-type(.., ..)`
    FunctionalType(Arg, Arg),
    /// `custom<Name>(..)`
    Custom(String, Vec<Arg>),
    /// `( .. ^ )?` and `( .. ^ ) : ( .. )?`
    Group {
        /// Printed when the anchor is present.
        then: Vec<Element>,
        /// Printed otherwise.
        otherwise: Vec<Element>,
        /// Position of the anchor in `then`.
        anchor: usize,
    },
}

/// Argument of a directive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arg {
    /// `$name`
    Var(String),
    /// `operands`
    Operands,
    /// `results`
    Results,
    /// `type($name)`, in `custom` only
    Type(String),
}

/// A mistake: byte position in the format string, and what is wrong.
pub type Mistake = (usize, String);

/// Parses a format string.
pub fn parse(text: &str) -> Result<Vec<Element>, Mistake> {
    let mut p = Parser { text, at: 0 };
    let elements = p.elements(false)?.0;
    if p.at < text.len() {
        return Err((p.at, format!("unexpected `{}`", p.rest().chars().next().unwrap_or(' '))));
    }
    Ok(elements)
}

const PUNCTUATION: &str = "-> ... :: : , = < > ( ) { } [ ] ? + * |";

struct Parser<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }
    fn skip_space(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }
    fn eat(&mut self, what: &str) -> bool {
        self.skip_space();
        let found = self.rest().starts_with(what);
        if found {
            self.at += what.len();
        }
        found
    }
    fn expect(&mut self, what: &str) -> Result<(), Mistake> {
        if self.eat(what) { Ok(()) } else { Err((self.at, format!("expected `{what}`"))) }
    }
    fn word(&mut self) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '-')).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }
    fn name(&mut self) -> Result<String, Mistake> {
        let rest = self.rest();
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
        if end == 0 {
            return Err((self.at, "expected a name after `$`".into()));
        }
        self.at += end;
        Ok(rest[..end].to_string())
    }

    /// Elements up to the end or a closing parenthesis, and the position of the anchor.
    fn elements(&mut self, in_group: bool) -> Result<(Vec<Element>, Option<usize>), Mistake> {
        let (mut out, mut anchor) = (Vec::new(), None);
        loop {
            self.skip_space();
            if self.rest().is_empty() || (in_group && self.rest().starts_with(')')) {
                return Ok((out, anchor));
            }
            out.push(self.element()?);
            self.skip_space();
            if self.rest().starts_with('^') {
                if !in_group || anchor.is_some() {
                    return Err((self.at, "`^` marks one element of an optional group".into()));
                }
                self.at += 1;
                anchor = Some(out.len() - 1);
            }
        }
    }

    fn element(&mut self) -> Result<Element, Mistake> {
        let start = self.at;
        match self.rest().as_bytes().first() {
            Some(b'`') => self.literal(),
            Some(b'$') => {
                self.at += 1;
                Ok(Element::Var(self.name()?))
            }
            Some(b'(') => self.group(),
            Some(c) if c.is_ascii_alphabetic() => self.directive(),
            _ => Err((start, "expected a literal in backquotes, `$name`, a directive or `(`".into())),
        }
    }

    fn literal(&mut self) -> Result<Element, Mistake> {
        let start = self.at;
        let body = &self.rest()[1..];
        let Some(len) = body.find('`') else { return Err((start, "unclosed backquote".into())) };
        self.at += len + 2;
        let body = &body[..len];
        match body {
            "" => return Ok(Element::Space("")),
            " " => return Ok(Element::Space(" ")),
            "\\n" | "\n" => return Ok(Element::Space("\n")),
            _ => {}
        }
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.' || c == '$';
        let first = body.chars().next().unwrap_or(' ');
        let keyword = (first.is_ascii_alphabetic() || first == '_') && body.chars().all(word);
        if keyword || PUNCTUATION.split(' ').any(|p| p == body) {
            return Ok(Element::Literal(body.to_string()));
        }
        Err((start, format!("`{body}` is neither a keyword nor one of {PUNCTUATION}")))
    }

    fn group(&mut self) -> Result<Element, Mistake> {
        let start = self.at;
        self.at += 1;
        let (then, anchor) = self.elements(true)?;
        self.expect(")")?;
        let mut otherwise = Vec::new();
        if self.eat(":") {
            self.expect("(")?;
            let (elements, second) = self.elements(true)?;
            if second.is_some() {
                return Err((self.at, "the anchor belongs into the first half of an optional group".into()));
            }
            otherwise = elements;
            self.expect(")")?;
        }
        self.expect("?")?;
        let Some(anchor) = anchor else {
            return Err((start, "an optional group needs an anchor: `^` after the element that decides".into()));
        };
        Ok(Element::Group { then, otherwise, anchor })
    }

    fn directive(&mut self) -> Result<Element, Mistake> {
        let start = self.at;
        Ok(match self.word() {
            "attr-dict" => Element::AttrDict,
            "attr-dict-with-keyword" => Element::AttrDictWithKeyword,
            "prop-dict" => Element::PropDict,
            "operands" => Element::Operands,
            "regions" => Element::Regions,
            "successors" => Element::Successors,
            "type" => {
                self.expect("(")?;
                let arg = self.arg()?;
                self.expect(")")?;
                Element::Type(arg)
            }
            "functional-type" => {
                self.expect("(")?;
                let from = self.arg()?;
                self.expect(",")?;
                let to = self.arg()?;
                self.expect(")")?;
                Element::FunctionalType(from, to)
            }
            // Types and attributes are always written in full here.
            "qualified" => {
                self.expect("(")?;
                self.skip_space();
                let inner = self.element()?;
                self.expect(")")?;
                inner
            }
            "custom" => {
                self.expect("<")?;
                self.skip_space();
                let name = self.name()?;
                self.expect(">")?;
                self.expect("(")?;
                let mut args = Vec::new();
                while !self.eat(")") {
                    if !args.is_empty() {
                        self.expect(",")?;
                    }
                    args.push(self.custom_arg()?);
                }
                Element::Custom(name, args)
            }
            other => return Err((start, format!("unknown directive `{other}`"))),
        })
    }

    fn arg(&mut self) -> Result<Arg, Mistake> {
        self.skip_space();
        if self.eat("$") {
            return Ok(Arg::Var(self.name()?));
        }
        let start = self.at;
        match self.word() {
            "operands" => Ok(Arg::Operands),
            "results" => Ok(Arg::Results),
            _ => Err((start, "expected `$name`, `operands` or `results`".into())),
        }
    }

    fn custom_arg(&mut self) -> Result<Arg, Mistake> {
        if self.eat("type") {
            self.expect("(")?;
            self.expect("$")?;
            let name = self.name()?;
            self.expect(")")?;
            return Ok(Arg::Type(name));
        }
        self.arg()
    }
}

/// What a name of the declaration stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Operand.
    Operand,
    /// Result.
    Result,
    /// Property or parameter.
    Prop,
    /// Region.
    Region,
    /// Successor.
    Successor,
}

/// A name of the declaration.
#[derive(Clone, Copy, Debug)]
pub struct Name<'a> {
    /// The name.
    pub name: &'a str,
    /// What it stands for.
    pub kind: Kind,
    /// May stand for nothing: can be the anchor of a group, or be left out of the format.
    pub optional: bool,
}

/// Checks a format against the names of its declaration. `params` says that it is one of a type or attribute.
pub fn check(elements: &[Element], names: &[Name<'_>], params: bool) -> Result<(), String> {
    let mut c = Checker { names, seen: HashSet::new(), dicts: 0, params };
    c.elements(elements)?;
    for n in names {
        let all = match n.kind {
            Kind::Operand => "operands",
            Kind::Region => "regions",
            Kind::Successor => "successors",
            // Properties that are not written elsewhere are in the dictionary.
            Kind::Prop if !params => continue,
            Kind::Prop => "",
            Kind::Result => continue,
        };
        let covered = c.seen.contains(n.name) || c.seen.contains(all);
        let may_miss = params && n.optional;
        if !covered && !may_miss {
            return Err(format!("`${}` does not appear", n.name));
        }
    }
    if !params && c.dicts != 1 {
        return Err("`attr-dict` must appear once".into());
    }
    Ok(())
}

struct Checker<'a> {
    names: &'a [Name<'a>],
    seen: HashSet<String>,
    dicts: usize,
    params: bool,
}

impl Checker<'_> {
    fn find(&self, name: &str) -> Result<&Name<'_>, String> {
        self.names.iter().find(|n| n.name == name).ok_or_else(|| format!("`${name}` is not declared"))
    }
    fn once(&mut self, key: &str) -> Result<(), String> {
        if self.seen.insert(key.to_string()) { Ok(()) } else { Err(format!("`{key}` appears twice")) }
    }
    fn types_of(&self, arg: &Arg) -> Result<(), String> {
        match arg {
            Arg::Var(n) => match self.find(n)?.kind {
                Kind::Operand | Kind::Result => Ok(()),
                _ => Err(format!("`${n}` has no type: it is no operand or result")),
            },
            _ => Ok(()),
        }
    }
    fn elements(&mut self, elements: &[Element]) -> Result<(), String> {
        elements.iter().try_for_each(|e| self.element(e))
    }
    fn element(&mut self, element: &Element) -> Result<(), String> {
        let only_ops = !matches!(
            element,
            Element::Literal(_) | Element::Space(_) | Element::Var(_) | Element::Group { .. } | Element::Custom(..)
        );
        if self.params && only_ops {
            return Err("types and attributes have only literals, `$parameters`, groups and `custom`".into());
        }
        match element {
            Element::Literal(_) | Element::Space(_) => Ok(()),
            Element::Var(n) => {
                if self.find(n)?.kind == Kind::Result {
                    return Err(format!("`${n}` is a result: only `type(${n})` can be written"));
                }
                self.once(n)
            }
            Element::AttrDict | Element::AttrDictWithKeyword => {
                self.dicts += 1;
                Ok(())
            }
            Element::PropDict => self.once("prop-dict"),
            Element::Operands => self.once("operands"),
            Element::Regions => self.once("regions"),
            Element::Successors => self.once("successors"),
            Element::Type(arg) => self.types_of(arg),
            Element::FunctionalType(a, b) => self.types_of(a).and_then(|()| self.types_of(b)),
            Element::Custom(_, args) => {
                for arg in args {
                    match arg {
                        Arg::Var(n) => {
                            self.find(n)?;
                            self.seen.insert(n.clone());
                        }
                        Arg::Type(n) => self.types_of(&Arg::Var(n.clone()))?,
                        Arg::Operands | Arg::Results => {}
                    }
                }
                Ok(())
            }
            Element::Group { then, otherwise, anchor } => {
                self.anchor(&then[*anchor])?;
                let first = then.iter().find(|e| !matches!(e, Element::Space(_)));
                let can_start = match first {
                    Some(Element::Literal(_)) => true,
                    Some(Element::Var(n)) => self.find(n)?.optional,
                    _ => false,
                };
                if !can_start {
                    return Err("an optional group starts with a literal or with something optional".into());
                }
                self.elements(then)?;
                self.elements(otherwise)
            }
        }
    }
    fn anchor(&self, element: &Element) -> Result<(), String> {
        let optional = |n: &String| match self.find(n)?.optional {
            true => Ok(()),
            false => Err(format!("`${n}` is always present and cannot be an anchor")),
        };
        match element {
            Element::Var(n) | Element::Type(Arg::Var(n)) => optional(n),
            Element::Custom(_, args) => match args.first() {
                Some(Arg::Var(n) | Arg::Type(n)) => optional(n),
                _ => Err("the first argument of an anchor must be a name".into()),
            },
            _ => Err("an anchor is `$name`, `type($name)` or `custom<..>($name)`".into()),
        }
    }
}

/// Names of all `custom<Name>` directives, in order, each once.
pub fn customs(elements: &[Element]) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut work: Vec<&Element> = elements.iter().rev().collect();
    while let Some(e) = work.pop() {
        match e {
            Element::Custom(name, _) if !out.contains(name) => out.push(name.clone()),
            Element::Group { then, otherwise, .. } => work.extend(then.iter().chain(otherwise).rev()),
            _ => {}
        }
    }
    out
}

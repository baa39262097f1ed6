//! The surface syntax of `op!`.

use proc_macro2::{Ident, Span};
use std::collections::HashMap;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Attribute, Error, Expr, LitStr, Path, Result, Token, Type, Visibility, braced, bracketed, parenthesized};

/// All declarations of one `op!`.
pub(crate) struct Ops(pub(crate) Vec<Op>);

/// How many values a name stands for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Arity {
    One,
    Optional,
    Variadic,
}

/// `name: CONSTRAINT`, `name?: CONSTRAINT`, `name*: CONSTRAINT`
pub(crate) struct Value {
    pub(crate) name: Ident,
    pub(crate) arity: Arity,
    pub(crate) constraint: Expr,
}

/// `name: Kind`, `name?: Kind`, `name: Kind = default`
pub(crate) struct Prop {
    pub(crate) name: Ident,
    pub(crate) optional: bool,
    pub(crate) kind: Type,
    pub(crate) default: Option<Expr>,
}

/// `name` or `name*`
pub(crate) struct Name {
    pub(crate) name: Ident,
    pub(crate) variadic: bool,
}

/// `Trait` or `Trait("argument", ...)`
pub(crate) struct TraitUse {
    pub(crate) name: Ident,
    pub(crate) args: Option<Vec<Expr>>,
}

/// One declaration.
pub(crate) struct Op {
    pub(crate) docs: String,
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) ident: Ident,
    pub(crate) name: LitStr,
    pub(crate) traits: Vec<TraitUse>,
    pub(crate) operands: Vec<Value>,
    pub(crate) props: Vec<Prop>,
    pub(crate) results: Vec<Value>,
    pub(crate) regions: Vec<Name>,
    pub(crate) successors: Vec<Name>,
    pub(crate) interfaces: Vec<Path>,
    pub(crate) format: Option<LitStr>,
    pub(crate) default_dialect: Option<LitStr>,
    /// Bare words: which traits are implemented by hand.
    pub(crate) hooks: Vec<Ident>,
}

const HOOKS: [&str; 7] = ["verify", "verify_regions", "fold", "canonicalize", "infer", "parse", "print"];
const SECTIONS: &str = "`operands { .. }`, `props { .. }`, `results { .. }`, `regions { .. }`, `successors { .. }`, \
                        `interfaces [ .. ]`, `format \"..\"`, `default_dialect \"..\"`, `verify`, `verify_regions`, `fold`, `canonicalize`, \
                        `infer`, `parse` or `print`";
/// Names that the generated code needs for itself.
const RESERVED: [&str; 10] =
    ["op", "cast", "builder", "build", "wrap", "verify", "fold", "location", "discardable", "add_regions"];

impl Parse for Ops {
    fn parse(input: ParseStream) -> Result<Self> {
        let mut ops = Vec::new();
        while !input.is_empty() {
            ops.push(input.parse()?);
        }
        Ok(Ops(ops))
    }
}

/// Splits documentation from the other attributes.
pub(crate) fn docs(attrs: Vec<Attribute>) -> (String, Vec<Attribute>) {
    let (mut lines, mut rest) = (Vec::new(), Vec::new());
    for attr in attrs {
        if attr.path().is_ident("doc")
            && let syn::Meta::NameValue(nv) = &attr.meta
            && let Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(s), .. }) = &nv.value
        {
            let line = s.value();
            lines.push(line.strip_prefix(' ').unwrap_or(&line).trim_end().to_string());
        } else {
            rest.push(attr);
        }
    }
    (lines.join("\n"), rest)
}

/// A full name: a dialect, a dot, a mnemonic.
pub(crate) fn full_name(input: ParseStream) -> Result<LitStr> {
    let name: LitStr = input.parse()?;
    let text = name.value();
    let good = |p: &str| !p.is_empty() && p.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if text.split('.').count() < 2 || !text.split('.').all(good) {
        return Err(Error::new(name.span(), "expected a full name such as \"dialect.mnemonic\""));
    }
    Ok(name)
}

fn arity(input: ParseStream) -> Result<Arity> {
    if input.peek(Token![?]) {
        input.parse::<Token![?]>()?;
        Ok(Arity::Optional)
    } else if input.peek(Token![*]) {
        input.parse::<Token![*]>()?;
        Ok(Arity::Variadic)
    } else {
        Ok(Arity::One)
    }
}

impl Parse for Value {
    fn parse(input: ParseStream) -> Result<Self> {
        let name = input.call(Ident::parse_any)?;
        let arity = arity(input)?;
        input.parse::<Token![:]>()?;
        Ok(Value { name, arity, constraint: input.parse()? })
    }
}

impl Parse for Prop {
    fn parse(input: ParseStream) -> Result<Self> {
        let name = input.call(Ident::parse_any)?;
        let optional = match arity(input)? {
            Arity::One => false,
            Arity::Optional => true,
            Arity::Variadic => return Err(Error::new(name.span(), "a property is one attribute: use an array kind")),
        };
        input.parse::<Token![:]>()?;
        let kind = input.parse()?;
        let default = if input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            Some(input.parse::<Expr>()?)
        } else {
            None
        };
        if optional && default.is_some() {
            return Err(Error::new(name.span(), "a property with a default is never absent: remove the `?`"));
        }
        Ok(Prop { name, optional, kind, default })
    }
}

impl Parse for Name {
    fn parse(input: ParseStream) -> Result<Self> {
        let name = input.call(Ident::parse_any)?;
        match arity(input)? {
            Arity::One => Ok(Name { name, variadic: false }),
            Arity::Variadic => Ok(Name { name, variadic: true }),
            Arity::Optional => Err(Error::new(name.span(), "use `*`: regions and successors have no optional form")),
        }
    }
}

impl Parse for TraitUse {
    fn parse(input: ParseStream) -> Result<Self> {
        let name = input.parse()?;
        let args = if input.peek(syn::token::Paren) {
            let inner;
            parenthesized!(inner in input);
            Some(Punctuated::<Expr, Token![,]>::parse_terminated(&inner)?.into_iter().collect())
        } else {
            None
        };
        Ok(TraitUse { name, args })
    }
}

fn list<T: Parse>(input: ParseStream) -> Result<Vec<T>> {
    let inner;
    braced!(inner in input);
    Ok(Punctuated::<T, Token![,]>::parse_terminated(&inner)?.into_iter().collect())
}

impl Parse for Op {
    fn parse(input: ParseStream) -> Result<Self> {
        let (docs, attrs) = docs(input.call(Attribute::parse_outer)?);
        let vis = input.parse()?;
        let ident: Ident = input.parse()?;
        if docs.is_empty() {
            return Err(Error::new(ident.span(), format!("`{ident}` needs a doc comment: it is the documentation")));
        }
        input.parse::<Token![=]>()?;
        let name = full_name(input)?;
        let mut traits = Vec::new();
        if input.peek(Token![:]) {
            input.parse::<Token![:]>()?;
            let inner;
            bracketed!(inner in input);
            traits = Punctuated::<TraitUse, Token![,]>::parse_terminated(&inner)?.into_iter().collect();
        }
        let mut op = Op {
            docs,
            attrs,
            vis,
            ident,
            name,
            traits,
            operands: Vec::new(),
            props: Vec::new(),
            results: Vec::new(),
            regions: Vec::new(),
            successors: Vec::new(),
            interfaces: Vec::new(),
            format: None,
            default_dialect: None,
            hooks: Vec::new(),
        };
        let body;
        braced!(body in input);
        let mut seen: HashMap<String, ()> = HashMap::new();
        while !body.is_empty() {
            let word = body.call(Ident::parse_any)?;
            if seen.insert(word.to_string(), ()).is_some() {
                return Err(Error::new(word.span(), format!("`{word}` appears twice")));
            }
            op.section(&word, &body)?;
            if body.peek(Token![,]) {
                body.parse::<Token![,]>()?;
            }
        }
        op.check()?;
        Ok(op)
    }
}

impl Op {
    fn section(&mut self, word: &Ident, body: ParseStream) -> Result<()> {
        match word.to_string().as_str() {
            "operands" => self.operands = list(body)?,
            "props" => self.props = list(body)?,
            "results" => self.results = list(body)?,
            "regions" => self.regions = list(body)?,
            "successors" => self.successors = list(body)?,
            "interfaces" => {
                let inner;
                bracketed!(inner in body);
                self.interfaces = Punctuated::<Path, Token![,]>::parse_terminated(&inner)?.into_iter().collect();
            }
            "format" => self.format = Some(body.parse()?),
            "default_dialect" => self.default_dialect = Some(body.parse()?),
            w if HOOKS.contains(&w) => self.hooks.push(word.clone()),
            w => return Err(Error::new(word.span(), format!("unknown section `{w}`: expected {SECTIONS}"))),
        }
        Ok(())
    }

    /// All names with the place where they were written.
    fn names(&self) -> impl Iterator<Item = &Ident> {
        let values = self.operands.iter().chain(&self.results).map(|v| &v.name);
        let lists = self.regions.iter().chain(&self.successors).map(|n| &n.name);
        values.chain(self.props.iter().map(|p| &p.name)).chain(lists)
    }

    fn check(&self) -> Result<()> {
        let mut seen: HashMap<String, Span> = HashMap::new();
        for name in self.names() {
            let text = name.unraw().to_string();
            if RESERVED.contains(&text.as_str()) {
                return Err(Error::new(name.span(), format!("`{text}` is the name of a generated function")));
            }
            if seen.insert(text.clone(), name.span()).is_some() {
                return Err(Error::new(name.span(), format!("`{text}` is declared twice in this operation")));
            }
        }
        if let Some(format) = &self.format
            && let Some(custom) = self.hooks.iter().find(|h| *h == "parse" || *h == "print")
        {
            let _ = custom;
            return Err(Error::new(format.span(), "an operation has either `format` or `parse` and `print`"));
        }
        for (list, what) in [(&self.regions, "region"), (&self.successors, "successor")] {
            if let Some(bad) = list.iter().rev().skip(1).find(|n| n.variadic) {
                return Err(Error::new(bad.name.span(), format!("only the last {what} can be variadic")));
            }
        }
        self.check_format()?;
        let has = |h: &str| self.hooks.iter().any(|x| x == h);
        if has("parse") != has("print") {
            return Err(Error::new(self.ident.span(), "`parse` and `print` belong together"));
        }
        Ok(())
    }

    fn check_format(&self) -> Result<()> {
        use crate::format_syntax::{Kind, Name};
        let values = |list: &[Value], kind| -> Vec<(String, Kind, bool)> {
            list.iter().map(|v| (v.name.unraw().to_string(), kind, v.arity != Arity::One)).collect()
        };
        let lists = |list: &[self::Name], kind| -> Vec<(String, Kind, bool)> {
            list.iter().map(|n| (n.name.unraw().to_string(), kind, n.variadic)).collect()
        };
        let mut names = values(&self.operands, Kind::Operand);
        names.extend(values(&self.results, Kind::Result));
        names.extend(lists(&self.regions, Kind::Region));
        names.extend(lists(&self.successors, Kind::Successor));
        // A default or a unit kind may be absent in the text as well.
        let may_miss = |p: &Prop| p.optional || p.default.is_some() || is_unit(&p.kind);
        names.extend(self.props.iter().map(|p| (p.name.unraw().to_string(), Kind::Prop, may_miss(p))));
        let names: Vec<_> =
            names.iter().map(|(name, kind, optional)| Name { name, kind: *kind, optional: *optional }).collect();
        self.format.as_ref().map_or(Ok(()), |f| check_format(f, &names, false))
    }
}

/// Whether a kind is `UnitAttr`, by its last name.
pub(crate) fn is_unit(kind: &Type) -> bool {
    matches!(kind, Type::Path(p) if p.path.segments.last().is_some_and(|s| s.ident == "UnitAttr"))
}

/// Reads a format string and checks it against the names of its declaration.
pub(crate) fn check_format(format: &LitStr, names: &[crate::format_syntax::Name<'_>], params: bool) -> Result<()> {
    let text = format.value();
    let elements = crate::format_syntax::parse(&text).map_err(|(at, what)| {
        let rest: String = text[at.min(text.len())..].chars().take(20).collect();
        Error::new(format.span(), format!("format: {what} at `{rest}`"))
    })?;
    crate::format_syntax::check(&elements, names, params)
        .map_err(|what| Error::new(format.span(), format!("format: {what}")))
}

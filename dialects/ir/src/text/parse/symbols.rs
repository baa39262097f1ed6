//! Dialect types and attributes, aliases.

use super::{OpParser, ParseResult, Pos};
use crate::core::{AttrData, Attribute, Type, TypeData};
use crate::text::lexer::Tok;

/// What follows a sigil.
enum Symbol<'s> {
    Alias(&'s [u8]),
    /// Dialect, text after it, where the text starts.
    Dialect(&'s [u8], &'s [u8], Pos),
}

impl<'s> OpParser<'s> {
    /// Reads `name`, `dialect.name`, `dialect.name<body>` or `dialect<body>`; bodies are kept as they are.
    fn symbol(&mut self) -> ParseResult<Symbol<'s>> {
        let name = self.spelling_after_sigil();
        let start = self.tok.start + 1;
        let end = self.tok.end;
        self.advance();
        let has_body = self.is(Tok::Less) && self.tok.start == end;
        let dot = name.iter().position(|&c| c == b'.');
        let Some(dot) = dot else {
            if !has_body {
                return Ok(Symbol::Alias(name));
            }
            let body_end = self.skip_body()?;
            let body = &self.text[end as usize + 1..(body_end as usize).saturating_sub(1)];
            return Ok(Symbol::Dialect(name, body, Pos(end + 1)));
        };
        let body_end = if has_body { self.skip_body()? } else { end };
        let body = start as usize + dot + 1;
        Ok(Symbol::Dialect(&name[..dot], &self.text[body..body_end as usize], Pos(body as u32)))
    }

    /// Skips `<...>` with everything inside it balanced; returns its end.
    fn skip_body(&mut self) -> ParseResult<u32> {
        let open = self.tok.start;
        let mut i = open as usize;
        let mut stack = Vec::new();
        loop {
            let c = self.text.get(i).copied().unwrap_or(0);
            i += 1;
            let opening = match c {
                0 => {
                    let last = stack.last().copied().unwrap_or(b'<');
                    return Err(self.unbalanced(last));
                }
                b'<' | b'[' | b'(' | b'{' => {
                    stack.push(c);
                    continue;
                }
                b'-' => {
                    if self.text.get(i) == Some(&b'>') {
                        i += 1;
                    }
                    continue;
                }
                b'"' => {
                    self.reset(i as u32 - 1);
                    if !self.is(Tok::Str) {
                        return Err(self.error("expected string"));
                    }
                    i = self.tok.end as usize;
                    continue;
                }
                b'>' => b'<',
                b']' => b'[',
                b')' => b'(',
                b'}' => b'{',
                _ => continue,
            };
            let last = stack.pop().unwrap_or(b'<');
            if last != opening {
                return Err(self.unbalanced(last));
            }
            if stack.is_empty() {
                self.reset(i as u32);
                return Ok(i as u32);
            }
        }
    }

    fn unbalanced(&mut self, c: u8) -> crate::diag::Diagnostic {
        self.error(format!("unbalanced '{}' character in pretty dialect name", c as char))
    }

    fn check_dialect(&mut self, sigil: char, kind: &str, dialect: &str, body: &str, pos: Pos) -> ParseResult {
        let valid = dialect.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && dialect.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'_' || c == b'$');
        if !valid {
            return Err(self.error_at(pos, format!("invalid dialect namespace '\"{dialect}\"'")));
        }
        if self.ctx.allows_unregistered() || self.ctx.registry().dialects().iter().any(|d| d.name == dialect) {
            return Ok(());
        }
        Err(self.error_at(
            pos,
            format!(
                "{sigil}{dialect}<\"{body}\"> {kind} created with unregistered dialect. If this is intended, please call \
                 allowUnregisteredDialects() on the MLIRContext, or use -allow-unregistered-dialect with the MLIR tool used"
            ),
        ))
    }

    /// Is a type or attribute that its registered dialect does not define an error? Open dialects keep it, and so does
    /// every other dialect but the builtin one where unregistered dialects are allowed.
    fn refuses_unknown(&self, full: &str) -> bool {
        let closed = |d: &crate::registry::Dialect| d.name == "builtin" || !self.ctx.allows_unregistered();
        self.ctx.registry().dialect_of(full).is_some_and(|d| !d.open && closed(d))
    }

    /// Dialect and body as text.
    fn symbol_parts(&mut self, dialect: &'s [u8], body: &'s [u8], pos: Pos) -> ParseResult<(&'s str, &'s str)> {
        match (std::str::from_utf8(dialect), std::str::from_utf8(body)) {
            (Ok(d), Ok(b)) => Ok((d, b)),
            _ => Err(self.error_at(pos, "dialect symbol is not valid UTF-8")),
        }
    }

    /// Runs `read` with the lexer at `pos`; afterwards exactly the text up to `end` must have been read.
    fn inside<T>(&mut self, pos: Pos, end: u32, read: impl FnOnce(&mut Self) -> ParseResult<T>) -> ParseResult<T> {
        let resume = self.tok.start;
        self.reset(pos.0);
        let value = read(self)?;
        if self.tok.start < end {
            return Err(self.error("unexpected text after the parameters"));
        }
        self.reset(resume);
        Ok(value)
    }

    /// `!...`
    pub(super) fn extended_type(&mut self) -> ParseResult<Type> {
        let (dialect, body, pos) = match self.symbol()? {
            Symbol::Alias(name) => {
                return match self.type_aliases.get(name) {
                    Some(&ty) => Ok(ty),
                    None => Err(self.undefined_alias(name)),
                };
            }
            Symbol::Dialect(d, b, p) => (d, b, p),
        };
        let (dialect, body) = self.symbol_parts(dialect, body, pos)?;
        let (name_len, full) = full_name(dialect, body);
        if let Some(def) = self.ctx.registry().type_def(&full) {
            let end = pos.0 + body.len() as u32;
            let params = self.inside(Pos(pos.0 + name_len as u32), end, |p| match def.parse {
                Some(parse) => parse(p),
                None => p.default_params(end),
            })?;
            if let Err(message) = def.check(self.ctx, &params) {
                return Err(self.error_at(pos, format!("invalid type '{}': {message}", def.name)));
            }
            return Ok(self.ctx.ty(TypeData::Dialect { def, params: params.into() }));
        }
        if self.refuses_unknown(&full) {
            let message = format!("unknown  type `{}` in dialect `{dialect}`", &body[..name_len]);
            return Err(self.error_at(pos, message));
        }
        self.check_dialect('!', "type", dialect, body, pos)?;
        Ok(self.ctx.ty(TypeData::Opaque { dialect: self.ctx.ident(dialect), body: body.into() }))
    }

    /// `#...`, with a type known from elsewhere or written after it.
    pub(super) fn extended_attr(&mut self, ty: Option<Type>) -> ParseResult<Attribute> {
        let (dialect, body, pos) = match self.symbol()? {
            Symbol::Alias(name) => {
                return match self.attr_aliases.get(name) {
                    Some(&attr) => Ok(attr),
                    None => Err(self.undefined_alias(name)),
                };
            }
            Symbol::Dialect(d, b, p) => (d, b, p),
        };
        let (dialect, body) = self.symbol_parts(dialect, body, pos)?;
        let ty = if self.eat(Tok::Colon) { Some(self.ty()?) } else { ty };
        let (name_len, full) = full_name(dialect, body);
        if let Some(def) = self.ctx.registry().attr_def(&full) {
            let end = pos.0 + body.len() as u32;
            let params = self.inside(Pos(pos.0 + name_len as u32), end, |p| match def.parse {
                Some(parse) => parse(p),
                None => p.default_params(end),
            })?;
            if let Err(message) = def.check(self.ctx, &params) {
                return Err(self.error_at(pos, format!("invalid attribute '{}': {message}", def.name)));
            }
            return Ok(self.ctx.attr(AttrData::Dialect { def, params: params.into() }));
        }
        if self.refuses_unknown(&full) {
            let message = format!("unknown attribute `{}` in dialect `{dialect}`", &body[..name_len]);
            return Err(self.error_at(pos, message));
        }
        self.check_dialect('#', "attribute", dialect, body, pos)?;
        let dialect = self.ctx.ident(dialect);
        let ty = ty.filter(|&t| t != self.ctx.none());
        Ok(self.ctx.attr(AttrData::Opaque { dialect, body: body.into(), ty }))
    }

    /// `<attribute, ...>`, or nothing when the text ends here.
    fn default_params(&mut self, end: u32) -> ParseResult<Vec<Attribute>> {
        let mut params = Vec::new();
        if self.tok.start >= end {
            return Ok(params);
        }
        self.expect(Tok::Less, "expected '<'")?;
        self.comma_list_until(Tok::Greater, true, |p| {
            params.push(p.attr()?);
            Ok(())
        })?;
        Ok(params)
    }

    fn undefined_alias(&mut self, name: &[u8]) -> crate::diag::Diagnostic {
        self.wrong_token(format!("undefined symbol alias id '{}'", Self::show_bytes(name)))
    }

    // ---- alias definitions ----

    /// `#name = attribute`
    pub(super) fn attr_alias_def(&mut self) -> ParseResult {
        let name = self.spelling_after_sigil();
        if self.attr_aliases.contains_key(name) {
            let message = format!("redefinition of attribute alias id '{}'", Self::show_bytes(name));
            return Err(self.error(message));
        }
        if name.contains(&b'.') {
            return Err(self.error("attribute names with a '.' are reserved for dialect-defined names"));
        }
        self.advance();
        self.expect(Tok::Equal, "expected '=' in attribute alias definition")?;
        let attr = self.attr()?;
        self.attr_aliases.insert(name, attr);
        Ok(())
    }

    /// `!name = type`
    pub(super) fn type_alias_def(&mut self) -> ParseResult {
        let name = self.spelling_after_sigil();
        if self.type_aliases.contains_key(name) {
            let message = format!("redefinition of type alias id '{}'", Self::show_bytes(name));
            return Err(self.error(message));
        }
        if name.contains(&b'.') {
            return Err(self.error("type names with a '.' are reserved for dialect-defined names"));
        }
        self.advance();
        self.expect(Tok::Equal, "expected '=' in type alias definition")?;
        let ty = self.ty()?;
        self.type_aliases.insert(name, ty);
        Ok(())
    }
}

/// Length of the mnemonic at the start of a body, and `dialect.mnemonic`.
fn full_name(dialect: &str, body: &str) -> (usize, String) {
    let len = body.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '.')).unwrap_or(body.len());
    (len, format!("{dialect}.{}", &body[..len]))
}

//! Attributes.

use super::affine::MapOrSet;
use super::ints::int_value;
use super::{OpParser, ParseResult, Pos};
use crate::core::{AttrData, Attribute, DYNAMIC, FloatKind, Ident, Type, TypeData};
use crate::text::float;
use crate::text::lexer::Tok;
use smallvec::SmallVec;

impl<'s> OpParser<'s> {
    /// Whether the current token can begin an attribute.
    pub fn at_attr(&self) -> bool {
        match self.tok.kind {
            Tok::LSquare | Tok::LBrace | Tok::Hash | Tok::Float | Tok::Int | Tok::Minus | Tok::Str | Tok::At => true,
            Tok::Bare => {
                const WORDS: [&[u8]; 12] = [
                    b"affine_map",
                    b"affine_set",
                    b"true",
                    b"false",
                    b"dense",
                    b"dense_resource",
                    b"array",
                    b"loc",
                    b"sparse",
                    b"strided",
                    b"distinct",
                    b"unit",
                ];
                WORDS.contains(&self.spelling()) || self.at_type()
            }
            _ => self.at_type(),
        }
    }

    /// Any attribute.
    pub(in crate::text) fn attr(&mut self) -> ParseResult<Attribute> {
        self.attr_of(None)
    }

    /// An attribute whose type may be known from elsewhere.
    pub(in crate::text) fn attr_of(&mut self, ty: Option<Type>) -> ParseResult<Attribute> {
        match self.tok.kind {
            Tok::Int => self.int_attr(ty, false),
            Tok::Float => self.float_attr(ty, false),
            Tok::Str => self.string_attr(ty),
            Tok::Minus => {
                self.advance();
                match self.tok.kind {
                    Tok::Int => self.int_attr(ty, true),
                    Tok::Float => self.float_attr(ty, true),
                    _ => Err(self.wrong_token("expected constant integer or floating point value")),
                }
            }
            Tok::LSquare => self.nested(|p| p.array_attr()),
            Tok::LBrace => self.nested(|p| p.dict_attr()),
            Tok::Hash => self.nested(|p| p.extended_attr(ty)),
            Tok::At => self.symbol_ref(),
            Tok::Bare => self.word_attr(ty),
            _ => self.type_attr(),
        }
    }

    fn type_attr(&mut self) -> ParseResult<Attribute> {
        if !self.at_type() {
            return Err(self.wrong_token("expected attribute value"));
        }
        let ty = self.ty()?;
        Ok(self.ctx.type_attr(ty))
    }

    fn word_attr(&mut self, ty: Option<Type>) -> ParseResult<Attribute> {
        match self.spelling() {
            b"true" | b"false" => {
                let value = self.spelling() == b"true";
                self.advance();
                Ok(self.ctx.bool_attr(value))
            }
            b"unit" => {
                self.advance();
                Ok(self.ctx.unit())
            }
            b"dense" => self.dense_attr(ty),
            b"dense_resource" => self.resource_attr(ty),
            b"array" => self.array_of_attr(),
            b"sparse" => self.sparse_attr(ty),
            b"strided" => self.strided_attr(),
            b"distinct" => self.nested(|p| p.distinct_attr(ty)),
            b"affine_map" => self.affine_attr("affine map", true),
            b"affine_set" => self.affine_attr("integer set", false),
            b"loc" => {
                self.advance();
                self.expect(Tok::LParen, "expected '(' in inline location")?;
                let loc = self.location()?;
                self.expect(Tok::RParen, "expected ')' in inline location")?;
                Ok(self.ctx.attr(AttrData::Location(loc)))
            }
            _ => self.type_attr(),
        }
    }

    fn affine_attr(&mut self, what: &str, map: bool) -> ParseResult<Attribute> {
        self.advance();
        self.expect(Tok::Less, format!("expected '<' in {what}"))?;
        let pos = self.pos();
        let data = match (self.map_or_set()?, map) {
            (MapOrSet::Map(m), true) => AttrData::Map(m),
            (MapOrSet::Set(s), false) => AttrData::Set(s),
            (MapOrSet::Set(_), true) => return Err(self.error_at(pos, "expected AffineMap, but got IntegerSet")),
            (MapOrSet::Map(_), false) => return Err(self.error_at(pos, "expected IntegerSet, but got AffineMap")),
        };
        self.expect(Tok::Greater, format!("expected '>' in {what}"))?;
        Ok(self.ctx.attr(data))
    }

    fn array_attr(&mut self) -> ParseResult<Attribute> {
        self.advance();
        let mut items = SmallVec::<[Attribute; 8]>::new();
        self.comma_list_until(Tok::RSquare, true, |p| {
            items.push(p.attr()?);
            Ok(())
        })?;
        Ok(self.ctx.array_attr(&items))
    }

    /// `{key = value, unit}`
    pub(in crate::text) fn dict_attr(&mut self) -> ParseResult<Attribute> {
        self.expect(Tok::LBrace, "expected '{' in attribute dictionary")?;
        if self.eat(Tok::RBrace) {
            return Ok(self.ctx.empty_dict());
        }
        let mut items = SmallVec::<[(Ident, Attribute); 8]>::new();
        // Keys usually come sorted; only otherwise a set is needed to find duplicates quickly.
        let mut seen = rustc_hash::FxHashSet::default();
        self.comma_list(|p| {
            let key = p.attr_name()?;
            let ascending = items.last().is_none_or(|l| p.ctx.str(l.0) < p.ctx.str(key));
            if !ascending || !seen.is_empty() {
                if seen.is_empty() {
                    seen.extend(items.iter().map(|i| i.0));
                }
                if !seen.insert(key) {
                    let text = p.ctx.str(key);
                    return Err(p.error(format!("duplicate key '{text}' in dictionary attribute")));
                }
            }
            p.advance();
            let value = if p.eat(Tok::Equal) { p.attr()? } else { p.ctx.unit() };
            items.push((key, value));
            Ok(())
        })?;
        self.expect(Tok::RBrace, "expected '}' in attribute dictionary")?;
        Ok(self.ctx.dict_of(&mut items))
    }

    /// The key at the current token.
    fn attr_name(&mut self) -> ParseResult<Ident> {
        match self.tok.kind {
            Tok::Bare | Tok::IntType => Ok(self.ctx.ident(std::str::from_utf8(self.spelling()).unwrap_or_default())),
            Tok::Str => {
                let value = self.string_value();
                if value.is_empty() {
                    return Err(self.error("expected valid attribute name"));
                }
                match std::str::from_utf8(&value) {
                    Ok(text) => Ok(self.ctx.ident(text)),
                    Err(_) => Err(self.error("attribute name is not valid UTF-8")),
                }
            }
            _ => Err(self.wrong_token("expected attribute name")),
        }
    }

    fn string_attr(&mut self, ty: Option<Type>) -> ParseResult<Attribute> {
        let value = self.string_value();
        self.advance();
        let ty = match ty {
            None if self.eat(Tok::Colon) => Some(self.ty()?),
            other => other,
        };
        let ty = ty.filter(|&t| t != self.ctx.none());
        Ok(self.ctx.attr(AttrData::String { value: value.as_ref().into(), ty }))
    }

    /// Name of the current `@` token.
    pub(in crate::text) fn symbol_text(&mut self) -> ParseResult<String> {
        let s = self.spelling_after_sigil();
        let bytes = match s {
            [b'"', body @ .., b'"'] => crate::text::lexer::unescape(body),
            other => other.into(),
        };
        match std::str::from_utf8(&bytes) {
            Ok(text) => Ok(text.to_string()),
            Err(_) => Err(self.error("symbol name is not valid UTF-8")),
        }
    }

    fn symbol_ref(&mut self) -> ParseResult<Attribute> {
        let text = self.symbol_text()?;
        let root = self.ctx.ident(&text);
        self.advance();
        let mut nested = Vec::new();
        while self.is(Tok::Colon) {
            let colon = self.tok.start;
            self.advance();
            if !self.is(Tok::Colon) {
                self.reset(colon);
                break;
            }
            self.advance();
            if !self.is(Tok::At) {
                return Err(self.error("expected nested symbol reference identifier"));
            }
            let text = self.symbol_text()?;
            nested.push(self.ctx.ident(&text));
            self.advance();
        }
        Ok(self.ctx.attr(AttrData::Symbol { root, nested: nested.into() }))
    }

    // ---- numbers ----

    /// The type after a literal unless it is known.
    fn literal_type(&mut self, known: Option<Type>, default: Type) -> ParseResult<Type> {
        match known {
            Some(ty) => Ok(ty),
            None if self.eat(Tok::Colon) => self.ty(),
            None => Ok(default),
        }
    }

    fn float_attr(&mut self, ty: Option<Type>, negative: bool) -> ParseResult<Attribute> {
        let value = float_literal(self.spelling());
        self.advance();
        let ty = self.literal_type(ty, self.ctx.f64())?;
        let TypeData::Float(kind) = *self.ctx.type_data(ty) else {
            return Err(self.error("floating point value not valid for specified type"));
        };
        let bits = float::from_f64(kind, if negative { -value } else { value });
        Ok(self.ctx.attr(AttrData::Float { ty, bits }))
    }

    fn int_attr(&mut self, ty: Option<Type>, negative: bool) -> ParseResult<Attribute> {
        let (text, pos) = (self.spelling(), self.pos());
        self.advance();
        let ty = self.literal_type(ty, self.ctx.i64())?;
        if let TypeData::Float(kind) = *self.ctx.type_data(ty) {
            let bits = self.float_bits(kind, text, pos, negative)?;
            return Ok(self.ctx.attr(AttrData::Float { ty, bits }));
        }
        let Some(format) = self.int_format(ty) else {
            return Err(self.error_at(pos, "integer literal not valid for specified type"));
        };
        if negative && format.sign == crate::core::Signedness::Unsigned {
            return Err(self.error_at(pos, "negative integer literal not valid for unsigned integer type"));
        }
        match int_value(format, negative, text) {
            Some(value) => Ok(self.ctx.attr(AttrData::Integer { ty, value })),
            None => Err(self.error_at(pos, "integer constant out of range for attribute")),
        }
    }

    /// Bit pattern of an integer literal where a float is expected: it must be hexadecimal.
    pub(super) fn float_bits(&mut self, kind: FloatKind, text: &[u8], pos: Pos, negative: bool) -> ParseResult<u128> {
        if text.get(1) != Some(&b'x') {
            let error = self.error_at(pos, "unexpected decimal integer literal for a floating point value");
            let loc = error.loc;
            return Err(error.note(loc, "add a trailing dot to make the literal a float"));
        }
        if negative {
            return Err(self.error_at(pos, "hexadecimal float literal should not have a leading minus"));
        }
        match super::ints::magnitude(text) {
            Some(m) if m.bits() <= kind.width() => Ok(float::canonical(kind, m.low_u128())),
            _ => Err(self.error_at(pos, "hexadecimal float constant out of range for type")),
        }
    }

    // ---- layouts and distinct attributes ----

    fn stride(&mut self) -> ParseResult<i64> {
        if self.eat(Tok::Question) {
            return Ok(DYNAMIC);
        }
        let pos = self.pos();
        let negative = self.eat(Tok::Minus);
        let value = self.is(Tok::Int).then(|| self.int_token_u64()).flatten().and_then(|v| i64::try_from(v).ok());
        match value {
            Some(v) => {
                self.advance();
                Ok(if negative { -v } else { v })
            }
            None => Err(self.error_at(pos, "expected a 64-bit signed integer or '?'")),
        }
    }

    fn strided_attr(&mut self) -> ParseResult<Attribute> {
        self.advance();
        self.expect(Tok::Less, "expected '<' after 'strided'")?;
        self.expect(Tok::LSquare, "expected '['")?;
        let mut strides = Vec::new();
        if !self.is(Tok::RSquare) {
            self.comma_list(|p| {
                strides.push(p.stride()?);
                Ok(())
            })?;
        }
        self.expect(Tok::RSquare, "expected ']'")?;
        let mut offset = 0;
        if !self.eat(Tok::Greater) {
            self.expect(Tok::Comma, "expected ','")?;
            if !self.eat_word("offset") {
                return Err(self.wrong_token("expected 'offset' after comma"));
            }
            self.expect(Tok::Colon, "expected ':' after 'offset'")?;
            offset = self.stride()?;
            self.expect(Tok::Greater, "expected '>'")?;
        }
        Ok(self.ctx.attr(AttrData::Strided { strides: strides.into(), offset }))
    }

    fn distinct_attr(&mut self, ty: Option<Type>) -> ParseResult<Attribute> {
        let start = self.pos();
        self.advance();
        self.expect(Tok::LSquare, "expected '[' after 'distinct'")?;
        let number = self.is(Tok::Int).then(|| self.int_token_u64());
        self.expect(Tok::Int, "expected distinct ID")?;
        let Some(number) = number.flatten() else {
            return Err(self.error("expected an unsigned 64-bit integer"));
        };
        self.expect(Tok::RSquare, "expected ']' to close distinct ID")?;
        self.expect(Tok::Less, "expected '<' after distinct ID")?;
        let body = if self.eat(Tok::Greater) {
            self.ctx.unit()
        } else {
            let body = self.attr_of(ty).or_else(|e| self.and_also(e, "expected attribute"))?;
            self.expect(Tok::Greater, "expected '>' to close distinct attribute")?;
            body
        };
        match self.distinct.get(&number).copied() {
            None => {
                let attr = self.ctx.distinct(body);
                self.distinct.insert(number, (attr, body));
                Ok(attr)
            }
            Some((attr, known)) if known == body => Ok(attr),
            Some((_, known)) => {
                let known = self.ctx.display_attr(known);
                Err(self.error_at(start, format!("referenced attribute does not match previous definition: {known}")))
            }
        }
    }
}

/// Value of a floating-point literal; literals of any kind are read as f64 first, as in MLIR.
pub(super) fn float_literal(text: &[u8]) -> f64 {
    std::str::from_utf8(text).ok().and_then(|t| t.parse().ok()).unwrap_or(f64::NAN)
}

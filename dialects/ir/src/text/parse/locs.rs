//! Locations.

use super::{LocTarget, OpParser, ParseResult};
use crate::core::{AttrData, LocData, Location};
use crate::text::lexer::Tok;

impl<'s> OpParser<'s> {
    /// `loc(...)` after an operation or block argument, if it is next. An alias may be defined later.
    pub(super) fn trailing_location(&mut self, target: LocTarget) -> ParseResult {
        if !self.eat_word("loc") {
            return Ok(());
        }
        self.expect(Tok::LParen, "expected '(' in location")?;
        if self.is(Tok::Hash) && !self.spelling().contains(&b'.') {
            let (pos, name) = (self.pos(), self.spelling_after_sigil());
            self.advance();
            match self.attr_aliases.get(name).copied() {
                Some(attr) => match *self.ctx.attr_data(attr) {
                    AttrData::Location(loc) => self.set_location(target, loc),
                    _ => {
                        let message = format!("expected location, but found '{}'", self.ctx.display_attr(attr));
                        return Err(self.error_at(pos, message));
                    }
                },
                None => self.deferred_locs.push((target, pos, name)),
            }
        } else {
            let loc = self.location()?;
            self.set_location(target, loc);
        }
        self.expect(Tok::RParen, "expected ')' in location")
    }

    fn set_location(&mut self, target: LocTarget, loc: Location) {
        match target {
            LocTarget::Op(op) => self.ir.set_loc(op, loc),
            LocTarget::Arg(arg) => self.ir.set_arg_loc(arg, Some(loc)),
        }
    }

    /// Looks up location aliases that were used before their definition.
    pub(super) fn resolve_locations(&mut self) -> ParseResult {
        for (target, pos, name) in std::mem::take(&mut self.deferred_locs) {
            let Some(attr) = self.attr_aliases.get(name).copied() else {
                return Err(self.error_at(pos, "operation location alias was never defined"));
            };
            let AttrData::Location(loc) = *self.ctx.attr_data(attr) else {
                let message = format!("expected location, but found '{}'", self.ctx.display_attr(attr));
                return Err(self.error_at(pos, message));
            };
            self.set_location(target, loc);
        }
        Ok(())
    }

    /// What stands between the parentheses of `loc(...)`.
    pub(in crate::text) fn location(&mut self) -> ParseResult<Location> {
        self.nested(|p| p.location_inner())
    }

    fn location_inner(&mut self) -> ParseResult<Location> {
        match self.tok.kind {
            Tok::Hash => {
                let attr = self.extended_attr(None)?;
                match *self.ctx.attr_data(attr) {
                    AttrData::Location(loc) => Ok(loc),
                    _ => {
                        let text = self.ctx.display_attr(attr);
                        Err(self.error(format!("expected location attribute, but got{text}")))
                    }
                }
            }
            Tok::Str => self.named_location(),
            Tok::Bare => match self.spelling() {
                b"callsite" => self.callsite_location(),
                b"fused" => self.fused_location(),
                b"unknown" => {
                    self.advance();
                    Ok(self.ctx.unknown_loc())
                }
                _ => Err(self.wrong_token("expected location instance")),
            },
            _ => Err(self.wrong_token("expected location instance")),
        }
    }

    fn callsite_location(&mut self) -> ParseResult<Location> {
        self.advance();
        self.expect(Tok::LParen, "expected '(' in callsite location")?;
        let callee = self.location()?;
        if !self.eat_word("at") {
            return Err(self.wrong_token("expected 'at' in callsite location"));
        }
        let caller = self.location()?;
        self.expect(Tok::RParen, "expected ')' in callsite location")?;
        Ok(self.ctx.loc(LocData::CallSite { callee, caller }))
    }

    fn fused_location(&mut self) -> ParseResult<Location> {
        self.advance();
        let mut metadata = None;
        if self.eat(Tok::Less) {
            metadata = Some(self.attr()?);
            self.expect(Tok::Greater, "expected '>' after fused location metadata")?;
        }
        self.expect(Tok::LSquare, "expected '[' in fused location")?;
        let mut locs = Vec::new();
        if !self.eat(Tok::RSquare) {
            self.comma_list(|p| {
                locs.push(p.location()?);
                Ok(())
            })?;
            self.expect(Tok::RSquare, "expected ']' in fused location")?;
        }
        Ok(self.ctx.fused_loc(&locs, metadata))
    }

    fn line_or_column(&mut self, what: &str) -> ParseResult<u32> {
        let value = self.is(Tok::Int).then(|| self.int_token_u64()).flatten().and_then(|v| u32::try_from(v).ok());
        match value {
            Some(v) => {
                self.advance();
                Ok(v)
            }
            None => Err(self.wrong_token(format!("expected integer {what} number in FileLineColRange"))),
        }
    }

    fn named_location(&mut self) -> ParseResult<Location> {
        let Some(name) = std::str::from_utf8(&self.string_value()).ok().map(|s| self.ctx.ident(s)) else {
            return Err(self.error("location name is not valid UTF-8"));
        };
        self.advance();
        if self.eat(Tok::Colon) {
            let line = self.line_or_column("line")?;
            if !self.eat(Tok::Colon) {
                return Ok(self.ctx.loc(LocData::File { file: name, line, column: 0 }));
            }
            let column = self.line_or_column("column")?;
            if !self.eat_word("to") {
                return Ok(self.ctx.loc(LocData::File { file: name, line, column }));
            }
            let end_line = if self.is(Tok::Int) { self.line_or_column("line")? } else { line };
            if !self.eat(Tok::Colon) {
                return Err(self.wrong_token("expected either integer or `:` post `to` in FileLineColRange"));
            }
            let end_column = self.line_or_column("column")?;
            if (line, column) == (end_line, end_column) {
                return Ok(self.ctx.loc(LocData::File { file: name, line, column }));
            }
            let span = Box::new([line, column, end_line, end_column]);
            return Ok(self.ctx.loc(LocData::Range { file: name, span }));
        }
        let mut child = self.ctx.unknown_loc();
        if self.eat(Tok::LParen) {
            child = self.location()?;
            self.expect(Tok::RParen, "expected ')' after child location of NameLoc")?;
        }
        Ok(self.ctx.loc(LocData::Name { name, child }))
    }
}

//! The resource section `{-# ... #-}`.

use super::dense::hex_bytes;
use super::{OpParser, ParseResult};
use crate::core::{Ident, ResourceValue};
use crate::text::lexer::Tok;
use bytes::Bytes;

impl<'s> OpParser<'s> {
    /// A resource key, bare or quoted, as the blob's name in this context.
    pub(super) fn resource_key(&mut self, what: &str) -> ParseResult<Ident> {
        let written = self.metadata_key(what, true)?;
        let written = self.ctx.ident(&written);
        if let Some(&key) = self.resource_keys.get(&written) {
            return Ok(key);
        }
        let key = self.ctx.declare_resource(written);
        self.resource_keys.insert(written, key);
        Ok(key)
    }

    /// `name:` without the colon; keys of blobs may be quoted.
    fn metadata_key(&mut self, what: &str, quoted: bool) -> ParseResult<String> {
        let text = match self.tok.kind {
            Tok::Str if quoted => String::from_utf8(self.string_value().into_owned()).ok(),
            Tok::Bare | Tok::IntType => Some(Self::show_bytes(self.spelling())),
            _ => None,
        };
        match text {
            Some(text) => {
                self.advance();
                Ok(text)
            }
            None => Err(self.error(format!("expected identifier key {what}"))),
        }
    }

    fn entries(
        &mut self,
        quoted: bool,
        mut entry: impl FnMut(&mut Self, super::Pos, String) -> ParseResult,
    ) -> ParseResult {
        self.expect(Tok::LBrace, "expected '{'")?;
        if self.eat(Tok::RBrace) {
            return Ok(());
        }
        self.comma_list(|p| p.keyed_entry("for 'resource' entry", quoted, &mut entry))?;
        self.expect(Tok::RBrace, "expected ',' or '}'")
    }

    fn keyed_entry(
        &mut self,
        what: &str,
        quoted: bool,
        entry: &mut impl FnMut(&mut Self, super::Pos, String) -> ParseResult,
    ) -> ParseResult {
        let pos = self.pos();
        let key = self.metadata_key(what, quoted)?;
        self.expect(Tok::Colon, "expected ':'")?;
        entry(self, pos, key)
    }

    /// `{-# sections #-}`
    pub(super) fn metadata(&mut self) -> ParseResult {
        self.advance();
        if self.eat(Tok::MetaEnd) {
            return Ok(());
        }
        self.comma_list(|p| {
            p.keyed_entry("in file metadata dictionary", false, &mut |p, pos, section| match section.as_str() {
                "dialect_resources" => p.entries(false, |p, pos, dialect| p.dialect_resources(pos, &dialect)),
                "external_resources" => p.entries(false, |p, _, owner| p.external_resources(owner)),
                other => Err(p.error_at(pos, format!("unknown key '{other}' in file metadata dictionary"))),
            })
        })?;
        self.expect(Tok::MetaEnd, "expected ',' or '#-}'")
    }

    fn dialect_resources(&mut self, pos: super::Pos, dialect: &str) -> ParseResult {
        if !self.is(Tok::LBrace) {
            return Err(self.wrong_token("expected '{'"));
        }
        if dialect != "builtin" {
            let known = self.ctx.registry().dialects().iter().any(|d| d.name == dialect);
            let message = if known {
                format!("unexpected 'resource' section for dialect '{dialect}'")
            } else {
                format!("dialect '{dialect}' is unknown")
            };
            return Err(self.error_at(pos, message));
        }
        self.entries(true, |p, _, written_key| {
            let pos = p.pos();
            let written = p.ctx.ident(&written_key);
            let key = match p.resource_keys.get(&written) {
                Some(&key) => key,
                None => {
                    let key = p.ctx.declare_resource(written);
                    p.resource_keys.insert(written, key);
                    key
                }
            };
            match p.resource_value(&written_key, "hex string blob")? {
                ResourceValue::Blob(blob) => {
                    // Text holds the alignment in the first four bytes.
                    let alignment = blob.first_chunk().map_or(0, |c| u32::from_le_bytes(*c));
                    p.ctx.set_aligned_resource(key, alignment, blob.slice(4.min(blob.len())..));
                    Ok(())
                }
                _ => Err(p.error_at(pos, format!("expected hex string blob for key '{written_key}'"))),
            }
        })
    }

    fn external_resources(&mut self, owner: String) -> ParseResult {
        let mut all = Vec::new();
        self.entries(true, |p, _, key| {
            let value = p.resource_value(&key, "string value")?;
            all.push((key, value));
            Ok(())
        })?;
        let owners = self.ir.external_resources_mut();
        match owners.iter_mut().find(|o| o.0 == owner) {
            Some(found) => found.1.append(&mut all),
            None => owners.push((owner, all)),
        }
        Ok(())
    }

    /// A blob (`"0x..."` of at least its four bytes of alignment), a string or a boolean.
    fn resource_value(&mut self, key: &str, expected: &str) -> ParseResult<ResourceValue> {
        let value = match self.tok.kind {
            Tok::Bare if self.is_word("true") => ResourceValue::Bool(true),
            Tok::Bare if self.is_word("false") => ResourceValue::Bool(false),
            Tok::Str => {
                let text = self.string_value();
                match hex_bytes(&text) {
                    Some(data) if data.len() >= 4 => {
                        let align = data.first_chunk().map_or(0, |c| u32::from_le_bytes(*c));
                        if align != 0 && !align.is_power_of_two() {
                            let message = format!(
                                "expected hex string blob for key '{key}' to encode alignment in first 4 bytes, but got \
                                 non-power-of-2 value: {align}"
                            );
                            return Err(self.error(message));
                        }
                        ResourceValue::Blob(Bytes::from(data))
                    }
                    _ if text.starts_with(b"0x") => {
                        let message =
                            format!("expected hex string blob for key '{key}' to encode alignment in first 4 bytes");
                        return Err(self.error(message));
                    }
                    _ => ResourceValue::String(text.as_ref().into()),
                }
            }
            _ => return Err(self.error(format!("expected {expected} for key '{key}'"))),
        };
        self.advance();
        Ok(value)
    }
}

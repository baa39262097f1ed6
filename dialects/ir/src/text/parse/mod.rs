//! The parser's core: tokens, errors, positions. The grammar is in the sibling files.

mod affine;
mod attrs;
mod dense;
mod elements;
mod ints;
mod locs;
mod module;
mod ops;
mod resources;
mod symbols;
mod types;
mod values;

use super::lexer::{Lexer, Tok, Token};
use super::source::{LineCounter, Source};
use crate::core::{Attribute, BlockId, Context, Ident, Ir, LocData, Location, OpId, OpName, Type, ValueId};
use crate::diag::Diagnostic;
use rustc_hash::FxHashMap;
use std::sync::Arc;

pub use module::{ParseOptions, parse_module};
pub use ops::Argument;
pub use values::Operand;

/// Result of parsing something.
pub type ParseResult<T = ()> = Result<T, Diagnostic>;

/// A byte position in the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pos(pub(crate) u32);

/// Regions, types, attributes, locations and affine expressions inside each other: deeper input is refused, so that the
/// recursive descent stays within a thread's stack.
const MAX_DEPTH: u32 = 160;

/// What a location alias that is defined later belongs to.
#[derive(Clone, Copy)]
enum LocTarget {
    Op(OpId),
    Arg(ValueId),
}

/// The operation whose custom form is being parsed.
#[derive(Clone, Copy)]
struct Current {
    name: OpName,
    pos: Pos,
    loc: Location,
    results: u32,
}

/// Parser state. Custom assembly of operations, types and attributes uses its public methods ([`crate::text::asm`]).
pub struct OpParser<'s> {
    pub(in crate::text) ctx: &'s Context,
    pub(in crate::text) ir: Ir,
    text: &'s [u8],
    file: Ident,
    lexer: Lexer<'s>,
    pub(in crate::text) tok: Token,
    depth: u32,
    lines: LineCounter,
    attr_aliases: FxHashMap<&'s [u8], Attribute>,
    type_aliases: FxHashMap<&'s [u8], Type>,
    deferred_locs: Vec<(LocTarget, Pos, &'s [u8])>,
    values: values::Values<'s>,
    blocks: Vec<FxHashMap<&'s [u8], values::BlockDef>>,
    op_names: FxHashMap<&'s [u8], OpName>,
    default_dialects: Vec<&'static str>,
    current: Option<Current>,
    insert: Option<BlockId>,
    resource_keys: FxHashMap<Ident, Ident>,
    /// Distinct attributes by the number in the text, with their bodies.
    distinct: FxHashMap<u64, (Attribute, Attribute)>,
    /// What is reported after the error that ends parsing.
    later_errors: Vec<Diagnostic>,
}

impl<'s> OpParser<'s> {
    fn new(ctx: &'s Arc<Context>, source: &'s Source) -> Self {
        let text = source.text();
        let mut lexer = Lexer::new(text);
        let tok = lexer.next();
        OpParser {
            ctx,
            ir: Ir::new(ctx.clone()),
            text,
            file: ctx.ident(source.name()),
            lexer,
            tok,
            depth: 0,
            lines: LineCounter::new(source.start()),
            attr_aliases: FxHashMap::default(),
            type_aliases: FxHashMap::default(),
            deferred_locs: Vec::new(),
            values: values::Values::new(),
            blocks: Vec::new(),
            op_names: FxHashMap::default(),
            default_dialects: Vec::new(),
            current: None,
            insert: None,
            resource_keys: FxHashMap::default(),
            distinct: FxHashMap::default(),
            later_errors: Vec::new(),
        }
    }

    // ---- tokens ----

    pub(in crate::text) fn is(&self, kind: Tok) -> bool {
        self.tok.kind == kind
    }

    /// Moves to the next token.
    pub(in crate::text) fn advance(&mut self) {
        self.tok = self.lexer.next();
    }

    /// Continues reading at `pos`.
    fn reset(&mut self, pos: u32) {
        self.lexer.seek(pos);
        self.advance();
    }

    /// Text of the current token.
    pub(in crate::text) fn spelling(&self) -> &'s [u8] {
        &self.text[self.tok.start as usize..self.tok.end as usize]
    }

    /// Text of the current token without its first byte, a sigil.
    pub(in crate::text) fn spelling_after_sigil(&self) -> &'s [u8] {
        &self.text[(self.tok.start as usize + 1).min(self.tok.end as usize)..self.tok.end as usize]
    }

    /// Content of the current string token, escapes resolved.
    pub(in crate::text) fn string_value(&self) -> std::borrow::Cow<'s, [u8]> {
        let s = self.spelling();
        super::lexer::unescape(s.get(1..s.len().saturating_sub(1)).unwrap_or_default())
    }

    /// Whether the current token is the word `word`.
    pub(in crate::text) fn is_word(&self, word: &str) -> bool {
        matches!(self.tok.kind, Tok::Bare | Tok::IntType) && self.spelling() == word.as_bytes()
    }

    pub(in crate::text) fn eat(&mut self, kind: Tok) -> bool {
        let found = self.tok.kind == kind;
        if found {
            self.advance();
        }
        found
    }

    pub(in crate::text) fn eat_word(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
        if found {
            self.advance();
        }
        found
    }

    pub(in crate::text) fn expect(&mut self, kind: Tok, message: impl Into<String>) -> ParseResult {
        if self.eat(kind) { Ok(()) } else { Err(self.wrong_token(message)) }
    }

    /// `item (, item)*`
    pub(in crate::text) fn comma_list(&mut self, mut item: impl FnMut(&mut Self) -> ParseResult) -> ParseResult {
        item(self)?;
        while self.eat(Tok::Comma) {
            item(self)?;
        }
        Ok(())
    }

    /// `item (, item)* close`, or `close` alone where an empty list is allowed.
    pub(in crate::text) fn comma_list_until(
        &mut self,
        close: Tok,
        allow_empty: bool,
        item: impl FnMut(&mut Self) -> ParseResult,
    ) -> ParseResult {
        if self.is(close) {
            if !allow_empty {
                return Err(self.wrong_token("expected list element"));
            }
            self.advance();
            return Ok(());
        }
        self.comma_list(item)?;
        self.expect(close, format!("expected ',' or '{}'", close.spelling()))
    }

    /// Runs `f` one nesting level deeper.
    fn nested<T>(&mut self, f: impl FnOnce(&mut Self) -> ParseResult<T>) -> ParseResult<T> {
        if self.depth >= MAX_DEPTH {
            return Err(self.error(format!("nesting is deeper than {MAX_DEPTH} levels")));
        }
        self.depth += 1;
        let result = f(self);
        self.depth -= 1;
        result
    }

    // ---- errors and positions ----

    /// Position of the current token.
    pub fn pos(&self) -> Pos {
        Pos(self.tok.start)
    }

    /// Location of a position.
    pub fn loc_at(&mut self, pos: Pos) -> Location {
        let (line, column) = self.lines.at(self.text, pos.0);
        self.ctx.loc(LocData::File { file: self.file, line, column })
    }

    /// An error at a position.
    pub fn error_at(&mut self, pos: Pos, message: impl Into<String>) -> Diagnostic {
        // A lexical error explains itself; what the grammar thinks of it is of no interest.
        let (pos, message) = match (self.tok.kind, self.lexer.error) {
            (Tok::Error, Some((at, text))) => (Pos(at), text.to_string()),
            _ => (pos, message.into()),
        };
        let loc = self.loc_at(pos);
        Diagnostic::error(loc, message)
    }

    /// An error at the current token.
    pub fn error(&mut self, message: impl Into<String>) -> Diagnostic {
        let pos = self.token_pos_for_error();
        self.error_at(pos, message)
    }

    /// Reports a further error at the current token after `first`.
    fn and_also<T>(&mut self, first: Diagnostic, message: &str) -> ParseResult<T> {
        let second = self.error(message);
        // Both would be the same lexical error.
        if !self.is(Tok::Error) {
            self.later_errors.push(second);
        }
        Err(first)
    }

    /// Start of the current token; one byte back at the end of the file.
    fn token_pos_for_error(&self) -> Pos {
        Pos(if self.is(Tok::Eof) { self.tok.start.saturating_sub(1) } else { self.tok.start })
    }

    /// An error about a token that should be something else: reported at the end of what precedes it, before blank lines and
    /// comments.
    pub(crate) fn wrong_token(&mut self, message: impl Into<String>) -> Diagnostic {
        let original = self.token_pos_for_error();
        let mut rest = &self.text[..(original.0 as usize).min(self.text.len())];
        loop {
            while let [head @ .., b' ' | b'\t'] = rest {
                rest = head;
            }
            match rest {
                [] => return self.error_at(original, message),
                [head @ .., b'\n' | b'\r'] => rest = head,
                _ => return self.error_at(Pos(rest.len() as u32), message),
            }
            let line_start = rest.iter().rposition(|&c| c == b'\n' || c == b'\r').unwrap_or(0);
            if let Some(comment) = rest[line_start..].windows(2).position(|w| w == b"//") {
                rest = &rest[..line_start + comment];
            }
        }
    }

    /// Text of a type as diagnostics show it.
    fn show_type(&self, ty: Type) -> String {
        format!("'{}'", self.ctx.display_type(ty))
    }
}

//! What a hand-written or declared custom form reads with. See [`crate::text::asm`].

use super::lexer::Tok;
use super::parse::{Argument, OpParser, Operand, ParseResult, Pos};
use crate::core::{AttrData, Attribute, BlockId, Context, Ident, Ir, Location, OpState, RegionId, Type, ValueId};

/// Brackets around a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delimiter {
    /// No brackets; at least one item.
    None,
    /// `( ... )`
    Paren,
    /// `[ ... ]`
    Square,
    /// `< ... >`
    Less,
    /// `{ ... }`
    Brace,
    /// `( ... )` or nothing at all.
    OptionalParen,
    /// `[ ... ]` or nothing at all.
    OptionalSquare,
    /// `< ... >` or nothing at all.
    OptionalLess,
    /// `{ ... }` or nothing at all.
    OptionalBrace,
}

impl Delimiter {
    fn tokens(self) -> Option<(Tok, Tok, bool)> {
        Some(match self {
            Delimiter::None => return None,
            Delimiter::Paren => (Tok::LParen, Tok::RParen, false),
            Delimiter::Square => (Tok::LSquare, Tok::RSquare, false),
            Delimiter::Less => (Tok::Less, Tok::Greater, false),
            Delimiter::Brace => (Tok::LBrace, Tok::RBrace, false),
            Delimiter::OptionalParen => (Tok::LParen, Tok::RParen, true),
            Delimiter::OptionalSquare => (Tok::LSquare, Tok::RSquare, true),
            Delimiter::OptionalLess => (Tok::Less, Tok::Greater, true),
            Delimiter::OptionalBrace => (Tok::LBrace, Tok::RBrace, true),
        })
    }
}

/// Punctuation by spelling.
fn punctuation(text: &str) -> Option<Tok> {
    const ALL: [Tok; 18] = [
        Tok::Arrow,
        Tok::Colon,
        Tok::Comma,
        Tok::Equal,
        Tok::Less,
        Tok::Greater,
        Tok::LParen,
        Tok::RParen,
        Tok::LBrace,
        Tok::RBrace,
        Tok::LSquare,
        Tok::RSquare,
        Tok::Minus,
        Tok::Plus,
        Tok::Question,
        Tok::Star,
        Tok::Bar,
        Tok::Ellipsis,
    ];
    ALL.into_iter().find(|t| t.spelling() == text)
}

impl<'s> OpParser<'s> {
    /// The context.
    pub fn ctx(&self) -> &'s Context {
        self.ctx
    }
    /// The arena being filled.
    pub fn ir(&self) -> &Ir {
        &self.ir
    }
    /// The arena being filled, for changes.
    pub fn ir_mut(&mut self) -> &mut Ir {
        &mut self.ir
    }

    // ---- words and punctuation ----

    /// Reads a word or punctuation: `p.literal("to")`, `p.literal("->")`.
    pub fn literal(&mut self, text: &str) -> ParseResult {
        match punctuation(text) {
            Some(tok) => self.expect(tok, format!("expected '{text}'")),
            None => self.keyword(text),
        }
    }
    /// Reads a word or punctuation if it is next.
    pub fn optional_literal(&mut self, text: &str) -> bool {
        match punctuation(text) {
            Some(tok) => self.eat(tok),
            None => self.eat_word(text),
        }
    }
    /// Whether a word or punctuation is next; reads nothing.
    pub fn at_literal(&self, text: &str) -> bool {
        match punctuation(text) {
            Some(tok) => self.is(tok),
            None => self.is_word(text),
        }
    }
    /// Reads the word `word`.
    pub fn keyword(&mut self, word: &str) -> ParseResult {
        if self.eat_word(word) { Ok(()) } else { Err(self.error(format!("expected '{word}'"))) }
    }
    /// Reads the word `word` if it is next.
    pub fn optional_keyword(&mut self, word: &str) -> bool {
        self.eat_word(word)
    }
    /// Reads any word.
    pub fn any_keyword(&mut self) -> ParseResult<&'s str> {
        match self.optional_any_keyword() {
            Some(word) => Ok(word),
            None => Err(self.error("expected valid keyword")),
        }
    }
    /// Reads a word if one is next.
    pub fn optional_any_keyword(&mut self) -> Option<&'s str> {
        if !matches!(self.tok.kind, Tok::Bare | Tok::IntType) {
            return None;
        }
        let word = std::str::from_utf8(self.spelling()).ok()?;
        self.advance();
        Some(word)
    }
    /// Reads one of `words` and returns its index.
    pub fn one_of(&mut self, words: &[&str]) -> ParseResult<usize> {
        let pos = self.pos();
        let word = self.optional_any_keyword();
        match word.and_then(|w| words.iter().position(|&x| x == w)) {
            Some(i) => Ok(i),
            None => {
                let all: Vec<_> = words.iter().map(|w| format!("'{w}'")).collect();
                Err(self.error_at(pos, format!("expected one of {}", all.join(", "))))
            }
        }
    }
    /// Reads a word or a quoted string.
    pub fn keyword_or_string(&mut self) -> ParseResult<String> {
        if let Some(text) = self.optional_string() {
            return Ok(text);
        }
        match self.optional_any_keyword() {
            Some(word) => Ok(word.to_string()),
            None => Err(self.error("expected valid keyword or string")),
        }
    }

    // ---- literals ----

    /// Reads an integer, possibly negative.
    pub fn integer(&mut self) -> ParseResult<i64> {
        match self.optional_integer()? {
            Some(v) => Ok(v),
            None => Err(self.error("expected integer value")),
        }
    }
    /// Reads an integer if one is next.
    pub fn optional_integer(&mut self) -> ParseResult<Option<i64>> {
        let pos = self.pos();
        let negative = self.eat(Tok::Minus);
        if !self.is(Tok::Int) {
            return if negative { Err(self.error("expected integer value")) } else { Ok(None) };
        }
        let value = self.int_token_u64();
        self.advance();
        let signed = match (value, negative) {
            (Some(v), true) => 0i64.checked_sub_unsigned(v),
            (Some(v), false) => i64::try_from(v).ok(),
            (None, _) => None,
        };
        match signed {
            Some(v) => Ok(Some(v)),
            None => Err(self.error_at(pos, "integer value too large")),
        }
    }
    /// Reads a quoted string.
    pub fn string(&mut self) -> ParseResult<String> {
        match self.optional_string() {
            Some(s) => Ok(s),
            None => Err(self.error("expected string")),
        }
    }
    /// Reads a quoted string if one is next and is UTF-8.
    pub fn optional_string(&mut self) -> Option<String> {
        if !self.is(Tok::Str) {
            return None;
        }
        let text = String::from_utf8(self.string_value().into_owned()).ok()?;
        self.advance();
        Some(text)
    }
    /// Reads `@name`.
    pub fn symbol_name(&mut self) -> ParseResult<String> {
        match self.optional_symbol_name()? {
            Some(s) => Ok(s),
            None => Err(self.error("expected valid '@'-identifier for symbol name")),
        }
    }
    /// Reads `@name` if it is next.
    pub fn optional_symbol_name(&mut self) -> ParseResult<Option<String>> {
        if !self.is(Tok::At) {
            return Ok(None);
        }
        let text = self.symbol_text()?;
        self.advance();
        Ok(Some(text))
    }

    // ---- lists ----

    /// Reads comma-separated items.
    pub fn list(&mut self, delimiter: Delimiter, item: impl FnMut(&mut Self) -> ParseResult) -> ParseResult {
        let Some((open, close, optional)) = delimiter.tokens() else { return self.comma_list(item) };
        if optional && !self.is(open) {
            return Ok(());
        }
        self.expect(open, format!("expected '{}'", open.spelling()))?;
        if self.eat(close) {
            return Ok(());
        }
        self.comma_list(item)?;
        self.expect(close, format!("expected '{}'", close.spelling()))
    }

    // ---- operands ----

    /// Reads `%value`; its type comes later, with [`OpParser::resolve_operand`].
    pub fn operand(&mut self) -> ParseResult<Operand> {
        self.ssa_use(true)
    }
    /// Reads `%value` if it is next.
    pub fn optional_operand(&mut self) -> ParseResult<Option<Operand>> {
        if self.is(Tok::Percent) { Ok(Some(self.ssa_use(true)?)) } else { Ok(None) }
    }
    /// Reads operands separated by commas, possibly none.
    pub fn operand_list(&mut self, delimiter: Delimiter) -> ParseResult<Vec<Operand>> {
        let mut all = Vec::new();
        if delimiter == Delimiter::None && !self.is(Tok::Percent) {
            return Ok(all);
        }
        self.list(delimiter, |p| {
            all.push(p.operand()?);
            Ok(())
        })?;
        Ok(all)
    }
    /// The value of an operand of a type.
    pub fn resolve_operand(&mut self, operand: &Operand, ty: Type) -> ParseResult<ValueId> {
        self.resolve(operand, ty)
    }
    /// The values of operands with one type each; `pos` is where a wrong number is reported.
    pub fn resolve_operands(&mut self, operands: &[Operand], types: &[Type], pos: Pos) -> ParseResult<Vec<ValueId>> {
        if operands.len() != types.len() {
            let message = format!(
                "number of operands and types do not match: got {} operands and {} types",
                operands.len(),
                types.len()
            );
            return Err(self.error_at(pos, message));
        }
        operands.iter().zip(types).map(|(o, &t)| self.resolve(o, t)).collect()
    }

    // ---- types ----

    /// Reads a type.
    pub fn parse_type(&mut self) -> ParseResult<Type> {
        self.ty()
    }
    /// Reads a type if one is next.
    pub fn optional_type(&mut self) -> ParseResult<Option<Type>> {
        if self.at_type() { Ok(Some(self.ty()?)) } else { Ok(None) }
    }
    /// Reads `: type`.
    pub fn colon_type(&mut self) -> ParseResult<Type> {
        self.expect(Tok::Colon, "expected ':'")?;
        self.ty()
    }
    /// Reads types separated by commas, possibly none.
    pub fn type_list(&mut self, delimiter: Delimiter) -> ParseResult<Vec<Type>> {
        let mut all = Vec::new();
        if delimiter == Delimiter::None && !self.at_type() {
            return Ok(all);
        }
        self.list(delimiter, |p| {
            all.push(p.ty()?);
            Ok(())
        })?;
        Ok(all)
    }
    /// Reads `: type, type` if a colon is next.
    pub fn optional_colon_types(&mut self) -> ParseResult<Vec<Type>> {
        if self.eat(Tok::Colon) { self.type_list(Delimiter::None) } else { Ok(Vec::new()) }
    }
    /// Reads `-> type` or `-> (types)` if an arrow is next.
    pub fn optional_arrow_types(&mut self) -> ParseResult<Vec<Type>> {
        if self.eat(Tok::Arrow) { self.result_type_list() } else { Ok(Vec::new()) }
    }
    /// Reads `type` or `(types)`, the results of a function type.
    pub fn result_type_list(&mut self) -> ParseResult<Vec<Type>> {
        let mut all = Vec::new();
        self.result_types(|t| all.push(t))?;
        Ok(all)
    }
    /// Reads `(inputs) -> results`.
    pub fn functional_type(&mut self) -> ParseResult<(Vec<Type>, Vec<Type>)> {
        let (mut inputs, mut results) = Default::default();
        self.function_signature(&mut inputs, &mut results)?;
        Ok((inputs.into_vec(), results.into_vec()))
    }
    /// Reads `4x?x8`, with a trailing `x` when an element type follows.
    pub fn dimension_list(&mut self, trailing_x: bool) -> ParseResult<Vec<i64>> {
        if trailing_x {
            let mut dims = Default::default();
            self.dimensions(&mut dims)?;
            return Ok(dims.into_vec());
        }
        let mut all = Vec::new();
        loop {
            if self.eat(Tok::Question) {
                all.push(crate::core::DYNAMIC);
            } else if self.is(Tok::Int) {
                all.push(self.dimension()?);
            } else if all.is_empty() {
                return Ok(all);
            } else {
                return Err(self.error("expected dimension"));
            }
            if !(self.is(Tok::Bare) && self.spelling().first() == Some(&b'x')) {
                return Ok(all);
            }
            self.dimension_x()?;
        }
    }

    // ---- attributes ----

    /// Reads an attribute.
    pub fn attribute(&mut self) -> ParseResult<Attribute> {
        self.attr()
    }
    /// Reads an attribute whose type is known from elsewhere, so that `5` means `5 : ty`.
    pub fn attribute_of_type(&mut self, ty: Type) -> ParseResult<Attribute> {
        self.attr_of(Some(ty))
    }
    /// Reads an attribute if one is next.
    pub fn optional_attribute(&mut self) -> ParseResult<Option<Attribute>> {
        if self.at_attr() { Ok(Some(self.attr()?)) } else { Ok(None) }
    }
    /// Reads `{key = value, ...}` if it is next.
    pub fn attr_dict(&mut self) -> ParseResult<Vec<(Ident, Attribute)>> {
        if !self.is(Tok::LBrace) {
            return Ok(Vec::new());
        }
        let dict = self.dict_attr()?;
        Ok(self.ctx.dict_items(dict).to_vec())
    }
    /// Reads `attributes {key = value, ...}` if it is next.
    pub fn attr_dict_with_keyword(&mut self) -> ParseResult<Vec<(Ident, Attribute)>> {
        if !self.eat_word("attributes") {
            return Ok(Vec::new());
        }
        if !self.is(Tok::LBrace) {
            return Err(self.error("expected '{' after 'attributes'"));
        }
        self.attr_dict()
    }
    /// As [`OpParser::attr_dict`], added to `state`; inherent attributes become properties when the operation is created.
    pub fn attr_dict_into(&mut self, state: &mut OpState) -> ParseResult {
        let items = self.attr_dict()?;
        self.add_attrs(state, items)
    }
    /// As [`OpParser::attr_dict_with_keyword`], added to `state`.
    pub fn attr_dict_with_keyword_into(&mut self, state: &mut OpState) -> ParseResult {
        let items = self.attr_dict_with_keyword()?;
        self.add_attrs(state, items)
    }
    fn add_attrs(&mut self, state: &mut OpState, items: Vec<(Ident, Attribute)>) -> ParseResult {
        if items.is_empty() {
            return Ok(());
        }
        let mut all = self.ctx.dict_items(state.attrs).to_vec();
        for (key, value) in items {
            let taken = state.props.is_some_and(|p| self.ctx.dict_get(p, key).is_some());
            if taken || all.iter().any(|a| a.0 == key) {
                let message =
                    format!("attribute '{}' occurs twice: in the form and in the dictionary", self.ctx.str(key));
                return Err(self.op_error(message));
            }
            all.push((key, value));
        }
        state.attrs = self.ctx.dict(all);
        Ok(())
    }

    // ---- regions, blocks, locations ----

    /// Reads `{ ... }`.
    pub fn region(&mut self) -> ParseResult<RegionId> {
        self.region_with_args(&[])
    }
    /// Reads `{ ... }` if it is next.
    pub fn optional_region(&mut self) -> ParseResult<Option<RegionId>> {
        if self.is(Tok::LBrace) { Ok(Some(self.region()?)) } else { Ok(None) }
    }
    /// Reads `{ ... }` whose entry block has arguments that were named before it.
    pub fn region_with_args(&mut self, args: &[Argument]) -> ParseResult<RegionId> {
        self.region_at(args)
    }
    /// Reads `%name: type`, optionally with attributes and a location.
    pub fn argument(&mut self, allow_attrs: bool) -> ParseResult<Argument> {
        let name = self.ssa_use(false)?;
        self.expect(Tok::Colon, "expected ':'")?;
        let ty = self.ty()?;
        let attrs = if allow_attrs && self.is(Tok::LBrace) { Some(self.dict_attr()?) } else { None };
        let loc = self.optional_location()?;
        Ok(Argument { name, ty, attrs, loc })
    }
    /// An entry argument of which only the name is written: `%i` with the type known.
    pub fn named_argument(&mut self, ty: Type) -> ParseResult<Argument> {
        Ok(Argument { name: self.ssa_use(false)?, ty, attrs: None, loc: None })
    }
    /// Reads a list of arguments.
    pub fn argument_list(&mut self, delimiter: Delimiter, allow_attrs: bool) -> ParseResult<Vec<Argument>> {
        let mut all = Vec::new();
        self.list(delimiter, |p| {
            all.push(p.argument(allow_attrs)?);
            Ok(())
        })?;
        Ok(all)
    }
    /// Whether a `%name` is next.
    pub fn at_operand(&self) -> bool {
        self.is(Tok::Percent)
    }
    /// Reads `^block`.
    pub fn successor(&mut self) -> ParseResult<BlockId> {
        self.block_use()
    }
    /// Reads `loc(...)` if it is next.
    pub fn optional_location(&mut self) -> ParseResult<Option<Location>> {
        if !self.eat_word("loc") {
            return Ok(None);
        }
        self.expect(Tok::LParen, "expected '(' in location")?;
        let loc = self.location()?;
        self.expect(Tok::RParen, "expected ')' in location")?;
        Ok(Some(loc))
    }
    /// Adds what an entry block needs when its region was written without one: an empty region becomes one empty block.
    pub fn ensure_block(&mut self, region: RegionId) -> BlockId {
        match self.ir.entry(region) {
            Some(b) => b,
            None => self.ir.create_block(region, &[]),
        }
    }
    /// Text of an attribute for a message.
    pub fn show_attr(&self, attr: Attribute) -> String {
        self.ctx.display_attr(attr)
    }
    /// Bytes of a string attribute as text.
    pub fn string_of(&self, attr: Attribute) -> Option<&'s str> {
        match self.ctx.attr_data(attr) {
            AttrData::String { value, .. } => std::str::from_utf8(value).ok(),
            _ => None,
        }
    }
}

macro_rules! punctuation_methods {
    ($($name:ident, $optional:ident, $tok:ident, $text:literal;)*) => {
        impl OpParser<'_> { $(
            #[doc = concat!("Reads `", $text, "`.")]
            pub fn $name(&mut self) -> ParseResult {
                self.expect(Tok::$tok, concat!("expected '", $text, "'"))
            }
            #[doc = concat!("Reads `", $text, "` if it is next.")]
            pub fn $optional(&mut self) -> bool {
                self.eat(Tok::$tok)
            }
        )* }
    };
}
punctuation_methods! {
    arrow, optional_arrow, Arrow, "->";
    colon, optional_colon, Colon, ":";
    comma, optional_comma, Comma, ",";
    equal, optional_equal, Equal, "=";
    less, optional_less, Less, "<";
    greater, optional_greater, Greater, ">";
    lparen, optional_lparen, LParen, "(";
    rparen, optional_rparen, RParen, ")";
    lbrace, optional_lbrace, LBrace, "{";
    rbrace, optional_rbrace, RBrace, "}";
    lsquare, optional_lsquare, LSquare, "[";
    rsquare, optional_rsquare, RSquare, "]";
    question, optional_question, Question, "?";
    star, optional_star, Star, "*";
    plus, optional_plus, Plus, "+";
    minus, optional_minus, Minus, "-";
    vertical_bar, optional_vertical_bar, Bar, "|";
    ellipsis, optional_ellipsis, Ellipsis, "...";
}

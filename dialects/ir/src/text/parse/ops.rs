//! Operations in generic and custom form, regions and blocks.

use super::{Current, LocTarget, OpParser, Operand, ParseResult, Pos};
use crate::core::{Attribute, BlockId, OpId, OpName, OpState, RegionId, Type, ValueId};
use crate::diag::Diagnostic;
use crate::op_def::{OpDef, Trait};
use crate::text::lexer::Tok;
use smallvec::SmallVec;

/// An entry argument of a region whose names are written outside it, as in `func.func @f(%a: i32)`.
#[derive(Clone, Debug)]
pub struct Argument {
    /// Name.
    pub name: Operand,
    /// Type.
    pub ty: Type,
    /// Attributes written after the type.
    pub attrs: Option<Attribute>,
    /// Location, if written.
    pub loc: Option<crate::core::Location>,
}

/// Names before `=`: start and end of the name and number of results.
type Names = SmallVec<[(Pos, u32, u32); 1]>;

/// Upper bound of results one operation may bind; more is not a module but an attack on memory.
const MAX_RESULTS: u64 = 1 << 20;

impl<'s> OpParser<'s> {
    /// An operation with the names of its results, appended to the current block.
    pub(in crate::text) fn operation(&mut self) -> ParseResult {
        let start = self.pos();
        let mut names = Names::new();
        let mut expected = 0u32;
        if self.is(Tok::Percent) {
            self.comma_list(|p| p.result_name(&mut names, &mut expected))?;
            self.expect(Tok::Equal, "expected '=' after SSA name")?;
        }
        let op = match self.tok.kind {
            Tok::Str => self.generic_operation()?,
            Tok::Bare => self.custom_operation(expected)?,
            _ => return Err(self.wrong_token("expected operation name in quotes")),
        };
        if names.is_empty() {
            return Ok(());
        }
        let results = self.ir.num_results(op) as u32;
        if results == 0 {
            return Err(self.error_at(start, "cannot name an operation with no results"));
        }
        if results != expected {
            let message = format!("operation defines {results} results but was provided {expected} to bind");
            return Err(self.error_at(start, message));
        }
        let mut values = self.ir.results(op);
        for (pos, end, count) in names {
            let name = &self.text[pos.0 as usize..end as usize];
            for (number, value) in (0..count).zip(&mut values) {
                self.define(name, number, pos, value)?;
            }
        }
        Ok(())
    }

    fn result_name(&mut self, names: &mut Names, expected: &mut u32) -> ParseResult {
        let (pos, end) = (self.pos(), self.tok.end);
        self.expect(Tok::Percent, "expected valid ssa identifier")?;
        let mut count = 1;
        if self.eat(Tok::Colon) {
            if !self.is(Tok::Int) {
                return Err(self.wrong_token("expected integer number of results"));
            }
            match self.int_token_u64() {
                Some(n) if n >= 1 => count = n.min(MAX_RESULTS) as u32,
                _ => return Err(self.error("expected named operation to have at least 1 result")),
            }
            self.advance();
        }
        *expected = expected.saturating_add(count);
        names.push((pos, end, count));
        Ok(())
    }

    /// Interned name of the current string or word token.
    fn op_name_of(&mut self, text: &'s [u8]) -> Option<OpName> {
        if let Some(&name) = self.op_names.get(text) {
            return Some(name);
        }
        let unescaped = crate::text::lexer::unescape(text);
        let name = self.ctx.op_name(std::str::from_utf8(&unescaped).ok()?);
        self.op_names.insert(text, name);
        Some(name)
    }

    fn generic_operation(&mut self) -> ParseResult<OpId> {
        let pos = self.pos();
        let loc = self.loc_at(pos);
        let quoted = self.spelling();
        let text = quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default();
        if text.is_empty() {
            return Err(self.error("empty operation name is invalid"));
        }
        let Some(name) = self.op_name_of(text) else {
            return Err(self.error("operation name is not valid UTF-8"));
        };
        if self.ctx.op_str(name).contains('\0') {
            return Err(self.error("null character not allowed in operation name"));
        }
        self.advance();
        let def = self.ctx.op_name_data(name).def;
        if def.is_none() && !self.ctx.allows_unregistered() && !self.has_dialect(self.ctx.op_str(name)) {
            return Err(self.error(
                "operation being parsed with an unregistered dialect. If this is intended, please use \
                 -allow-unregistered-dialect with the MLIR tool used",
            ));
        }
        let mut state = OpState::named(self.ctx, name, loc);
        self.generic_after_name(&mut state)?;
        if let Some(def) = def {
            self.sort_properties(def, &mut state, pos)?;
        }
        self.finish(state)
    }

    /// Everything of the generic form after the name.
    pub(in crate::text) fn generic_after_name(&mut self, state: &mut OpState) -> ParseResult {
        let mut operands: SmallVec<[Operand; 4]> = SmallVec::new();
        self.expect(Tok::LParen, "expected '(' to start operand list")?;
        if self.is(Tok::Percent) {
            self.comma_list(|p| {
                operands.push(p.ssa_use(true)?);
                Ok(())
            })?;
        }
        self.expect(Tok::RParen, "expected ')' to end operand list")?;

        if self.is(Tok::LSquare) {
            if self.ctx.op_name_data(state.name).def.is_some_and(|d| !d.has(Trait::Terminator)) {
                return Err(self.error("successors in non-terminator"));
            }
            self.advance();
            self.comma_list_until(Tok::RSquare, false, |p| {
                state.successors.push(p.block_use()?);
                Ok(())
            })?;
        }
        if self.eat(Tok::Less) {
            state.props = Some(self.attr()?);
            self.expect(Tok::Greater, "expected '>' to close properties")?;
        }
        if self.eat(Tok::LParen) {
            loop {
                let region = self.region_at(&[])?;
                state.regions.push(region);
                if !self.eat(Tok::Comma) {
                    break;
                }
            }
            self.expect(Tok::RParen, "expected ')' to end region list")?;
        }
        if self.is(Tok::LBrace) {
            state.attrs = self.dict_attr()?;
        }
        self.expect(Tok::Colon, "expected ':' followed by operation type")?;
        let pos = self.pos();
        self.operation_type(&operands, state, pos)
    }

    /// `(inputs) -> results`, without interning a function type; resolves the operands.
    fn operation_type(&mut self, operands: &[Operand], state: &mut OpState, pos: Pos) -> ParseResult {
        let mut inputs: SmallVec<[Type; 4]> = SmallVec::new();
        if self.is(Tok::LParen) {
            self.function_signature(&mut inputs, &mut state.results)?;
        } else {
            // An alias of a function type, or a mistake.
            let ty = self.ty()?;
            let crate::core::TypeData::Function { inputs: i, results } = self.ctx.type_data(ty) else {
                return Err(self.error_at(pos, "expected function type"));
            };
            inputs.extend_from_slice(i);
            state.results.extend_from_slice(results);
        }
        if inputs.len() != operands.len() {
            // MLIR prints a NUL byte for the missing plural; so do we.
            let plural = if operands.len() == 1 { '\0' } else { 's' };
            let message = format!("expected {} operand type{plural} but had {}", operands.len(), inputs.len());
            return Err(self.error_at(pos, message));
        }
        for (operand, &ty) in operands.iter().zip(&inputs) {
            let value = self.resolve(operand, ty)?;
            state.operands.push(value);
        }
        Ok(())
    }

    /// Creates the operation, appends it to the current block and reads its location.
    fn finish(&mut self, state: OpState) -> ParseResult<OpId> {
        let op = self.ir.create(state);
        if let Some(block) = self.insert {
            self.ir.append(block, op);
        }
        self.trailing_location(LocTarget::Op(op))?;
        Ok(op)
    }

    /// Moves inherent attributes from the attributes to the properties and drops unknown properties.
    pub(in crate::text) fn sort_properties(
        &mut self,
        def: &'static OpDef,
        state: &mut OpState,
        pos: Pos,
    ) -> ParseResult {
        let known = |key| def.props.iter().any(|p| p.name == self.ctx.str(key));
        let attrs = self.ctx.dict_items(state.attrs);
        let inherent = attrs.iter().filter(|a| known(a.0)).count();
        let mut foreign = 0;
        if let Some(props) = state.props {
            if !matches!(self.ctx.attr_data(props), crate::core::AttrData::Dictionary(_)) {
                let message = format!(
                    "invalid properties {} for op {}: expected DictionaryAttr to set properties",
                    self.ctx.display_attr(props),
                    def.name
                );
                return Err(self.error_at(pos, message));
            }
            foreign = self.ctx.dict_items(props).iter().filter(|a| !known(a.0)).count();
        }
        if inherent > 0 || foreign > 0 {
            let old = state.props.map(|p| self.ctx.dict_items(p)).unwrap_or_default();
            let props = old.iter().chain(attrs).filter(|a| known(a.0)).copied().collect();
            state.attrs = self.ctx.dict(attrs.iter().filter(|a| !known(a.0)).copied().collect());
            state.props = Some(self.ctx.dict(props));
        }
        def.store_defaults(self.ctx, state);
        // An operation without any property has none, however it was written.
        if state.props == Some(self.ctx.empty_dict()) {
            state.props = None;
        }
        Ok(())
    }

    /// Whether a registered dialect owns the name.
    fn has_dialect(&self, name: &str) -> bool {
        self.ctx.registry().dialect_of(name).is_some()
    }

    fn custom_operation(&mut self, results: u32) -> ParseResult<OpId> {
        let pos = self.pos();
        let word = self.spelling();
        self.advance();
        let (name, def) = self.custom_name(word, pos)?;
        let loc = self.loc_at(pos);
        let Some(parse) = def.parse else {
            let message = format!("operation '{}' has no custom form; write it in generic form", def.name);
            return Err(self.error_at(pos, message));
        };
        let outer = self.current.replace(Current { name, pos, loc, results });
        self.default_dialects.push(def.default_dialect);
        let mut state = OpState::named(self.ctx, name, loc);
        let parsed = parse(self, &mut state);
        self.default_dialects.pop();
        self.current = outer;
        parsed?;
        self.sort_properties(def, &mut state, pos)?;
        self.finish(state)
    }

    /// Finds the registered operation a word names, alone or in the default dialect.
    fn custom_name(&mut self, word: &'s [u8], pos: Pos) -> ParseResult<(OpName, &'static OpDef)> {
        let text = Self::show_bytes(word);
        let registry = self.ctx.registry();
        if let Some(def) = registry.op(&text) {
            return Ok((self.ctx.op_name(&text), def));
        }
        let full = if text.split_once('.').is_some_and(|(_, rest)| !rest.is_empty()) {
            text.clone()
        } else {
            format!("{}.{text}", self.default_dialects.last().unwrap_or(&""))
        };
        if let Some(def) = registry.op(&full) {
            return Ok((self.ctx.op_name(&full), def));
        }
        let tried = if full != text { format!(" (tried '{full}' as well)") } else { String::new() };
        if self.has_dialect(&full) {
            return Err(self.error_at(pos, format!("custom op '{text}' is unknown{tried}")));
        }
        let dialect = full.split('.').next().unwrap_or("").to_string();
        let mut known: Vec<_> = registry.dialects().iter().map(|d| d.name).collect();
        known.sort_unstable();
        let message = format!("Dialect `{dialect}' not found for custom op '{text}' {tried}");
        let note = format!(
            "Available dialects: {} ; for more info on dialect registration see \
             https://mlir.llvm.org/getting_started/Faq/#registered-loaded-dependent-whats-up-with-dialects-management",
            known.join(", ")
        );
        let error = self.error_at(pos, message);
        let loc = error.loc;
        Err(error.note(loc, note))
    }

    // ---- regions ----

    /// `{ ... }`, with entry arguments named outside it. Names of the surroundings are visible, also in operations that are
    /// isolated from above: their verifier finds such uses.
    pub(in crate::text) fn region_at(&mut self, args: &[Argument]) -> ParseResult<RegionId> {
        self.nested(|p| p.region_inner(args))
    }

    fn region_inner(&mut self, args: &[Argument]) -> ParseResult<RegionId> {
        self.expect(Tok::LBrace, "expected '{' to begin a region")?;
        let region = self.ir.create_region();
        if !args.is_empty() || !self.is(Tok::RBrace) {
            let outer = self.insert;
            self.region_body(region, args)?;
            self.insert = outer;
        }
        self.advance();
        Ok(region)
    }

    fn region_body(&mut self, region: RegionId, args: &[Argument]) -> ParseResult {
        self.push_value_scope();
        let entry = self.ir.create_block(region, &[]);
        if !args.is_empty() {
            if self.is(Tok::Caret) {
                return Err(self.error("invalid block name in region with named arguments"));
            }
            for arg in args {
                self.entry_argument(entry, arg)?;
            }
        }
        if self.is(Tok::Caret) {
            self.labelled_block(region, Some(entry))?;
        } else {
            self.block_body(entry)?;
        }
        while !self.is(Tok::RBrace) {
            self.labelled_block(region, None)?;
        }
        self.pop_value_scope()
    }

    fn entry_argument(&mut self, entry: BlockId, arg: &Argument) -> ParseResult {
        if let Some(pos) = self.value_pos(&arg.name) {
            let name = Self::show_bytes(&self.text[arg.name.name.0 as usize..arg.name.name.1 as usize]);
            let error = self.error_at(arg.name.pos, format!("region entry argument '{name}' is already in use"));
            let loc = self.loc_at(pos);
            return Err(error.note(loc, "previously referenced here"));
        }
        let loc = arg.loc.unwrap_or_else(|| self.loc_at(arg.name.pos));
        let value = self.ir.add_argument(entry, arg.ty, Some(loc));
        self.define_operand(&arg.name, value)
    }

    fn labelled_block(&mut self, region: RegionId, entry: Option<BlockId>) -> ParseResult {
        let (name, pos) = (self.spelling(), self.pos());
        self.expect(Tok::Caret, "expected block name")?;
        let block = self.define_block(region, entry, name, pos)?;
        if self.is(Tok::LParen) {
            self.block_arguments(block)?;
        }
        self.expect(Tok::Colon, "expected ':' after block name")?;
        self.block_body(block)
    }

    fn block_arguments(&mut self, block: BlockId) -> ParseResult {
        self.expect(Tok::LParen, "expected '('")?;
        if self.eat(Tok::RParen) {
            return Ok(());
        }
        self.comma_list(|p| {
            let name = p.ssa_use(true)?;
            p.expect(Tok::Colon, "expected ':' and type for SSA operand")?;
            let ty = p.ty()?;
            let loc = p.loc_at(name.pos);
            let arg: ValueId = p.ir.add_argument(block, ty, Some(loc));
            p.trailing_location(LocTarget::Arg(arg))?;
            p.define_operand(&name, arg)
        })?;
        self.expect(Tok::RParen, "expected ')'")
    }

    fn block_body(&mut self, block: BlockId) -> ParseResult {
        self.insert = Some(block);
        while !matches!(self.tok.kind, Tok::Caret | Tok::RBrace) {
            self.operation()?;
            self.insert = Some(block);
        }
        Ok(())
    }

    // ---- the operation in custom form ----

    /// Name of the operation being parsed.
    pub fn op_name(&self) -> Option<OpName> {
        self.current.map(|c| c.name)
    }
    /// Where its name stands.
    pub fn op_pos(&self) -> Pos {
        self.current.map_or(self.pos(), |c| c.pos)
    }
    /// Its location.
    pub fn op_loc(&self) -> crate::core::Location {
        self.current.map_or(self.ctx.unknown_loc(), |c| c.loc)
    }
    /// Number of results the text before `=` names; 0 without names.
    pub fn num_named_results(&self) -> usize {
        self.current.map_or(0, |c| c.results as usize)
    }
    /// An error at the operation's name.
    pub fn op_error(&mut self, message: impl Into<String>) -> Diagnostic {
        let pos = self.op_pos();
        self.error_at(pos, message)
    }
}

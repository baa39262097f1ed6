//! Names of values and blocks: scopes, definitions, forward references.

use super::{OpParser, ParseResult, Pos};
use crate::core::{BlockId, RegionId, Type, ValueId};
use crate::diag::Diagnostic;
use crate::text::lexer::Tok;
use hashbrown::HashTable;
use rustc_hash::{FxHashMap, FxHasher};
use std::hash::{Hash, Hasher};

/// A use of a value that has no type yet: `%name` or `%name#2`.
#[derive(Clone, Copy, Debug)]
pub struct Operand {
    pub(super) name: (u32, u32),
    pub(super) number: u32,
    /// Where it stands.
    pub pos: Pos,
}

/// A block label.
#[derive(Clone, Copy)]
pub(super) struct BlockDef {
    pub(super) block: BlockId,
    pub(super) pos: Pos,
    pub(super) forward: bool,
}

struct Entry<'s> {
    name: &'s [u8],
    number: u32,
    value: ValueId,
    pos: Pos,
    forward: bool,
}

/// All names that are visible, of all scopes.
pub(super) struct Values<'s> {
    table: HashTable<Entry<'s>>,
    /// Definitions of open scopes, so that they can be forgotten.
    defined: Vec<(&'s [u8], u32)>,
    /// First definition of each open scope.
    scopes: Vec<usize>,
    /// Holds the values that stand for forward references, as arguments.
    placeholders: Option<BlockId>,
    /// Unresolved forward references.
    forward: FxHashMap<ValueId, Pos>,
}

fn hash(name: &[u8], number: u32) -> u64 {
    let mut h = FxHasher::default();
    name.hash(&mut h);
    h.write_u32(number);
    h.finish()
}

impl<'s> Values<'s> {
    pub(in crate::text) fn new() -> Self {
        Values {
            table: HashTable::new(),
            defined: Vec::new(),
            scopes: Vec::new(),
            placeholders: None,
            forward: FxHashMap::default(),
        }
    }

    fn find(&self, name: &[u8], number: u32) -> Option<&Entry<'s>> {
        self.table.find(hash(name, number), |e| e.name == name && e.number == number)
    }

    fn insert(&mut self, entry: Entry<'s>) {
        let h = |e: &Entry| hash(e.name, e.number);
        self.table.insert_unique(h(&entry), entry, h);
    }

    fn remove(&mut self, name: &[u8], number: u32) {
        let found = self.table.find_entry(hash(name, number), |e| e.name == name && e.number == number);
        if let Ok(found) = found {
            found.remove();
        }
    }

    fn pop_scope(&mut self) {
        let start = self.scopes.pop().unwrap_or(0);
        while self.defined.len() > start {
            if let Some((name, number)) = self.defined.pop() {
                self.remove(name, number);
            }
        }
    }
}

impl<'s> OpParser<'s> {
    fn operand_name(&self, operand: &Operand) -> &'s [u8] {
        self.text.get(operand.name.0 as usize..operand.name.1 as usize).unwrap_or_default()
    }

    pub(in crate::text) fn show_bytes(bytes: &[u8]) -> String {
        String::from_utf8_lossy(bytes).into_owned()
    }

    pub(in crate::text) fn push_value_scope(&mut self) {
        self.values.scopes.push(self.values.defined.len());
        self.blocks.push(FxHashMap::default());
    }

    /// Closes a region's scope; labels that were used must have been defined.
    pub(in crate::text) fn pop_value_scope(&mut self) -> ParseResult {
        let blocks = self.blocks.pop().unwrap_or_default();
        let undefined = blocks.values().filter(|b| b.forward).map(|b| b.pos).min();
        if let Some(pos) = undefined {
            return Err(self.error_at(pos, "reference to an undefined block"));
        }
        self.values.pop_scope();
        Ok(())
    }

    /// Where a name was defined or first used.
    pub(in crate::text) fn value_pos(&self, operand: &Operand) -> Option<Pos> {
        self.values.find(self.operand_name(operand), operand.number).map(|e| e.pos)
    }

    /// `%name` with its number, unresolved.
    pub(in crate::text) fn ssa_use(&mut self, allow_number: bool) -> ParseResult<Operand> {
        let mut operand = Operand { name: (self.tok.start, self.tok.end), number: 0, pos: self.pos() };
        self.expect(Tok::Percent, "expected SSA operand")?;
        if self.is(Tok::Hash) {
            if !allow_number {
                return Err(self.error("result number not allowed in argument list"));
            }
            match std::str::from_utf8(self.spelling_after_sigil()).ok().and_then(|s| s.parse().ok()) {
                Some(number) => operand.number = number,
                None => return Err(self.error("invalid SSA value result number")),
            }
            self.advance();
        }
        Ok(operand)
    }

    /// The value of a use with a type; a placeholder if it is defined later.
    pub(in crate::text) fn resolve(&mut self, operand: &Operand, ty: Type) -> ParseResult<ValueId> {
        let name = self.operand_name(operand);
        if let Some(found) = self.values.find(name, operand.number) {
            let (value, pos) = (found.value, found.pos);
            let prior = self.ir.ty(value);
            if prior == ty {
                return Ok(value);
            }
            let message = format!(
                "use of value '{}' expects different type than prior uses: {} vs {}",
                Self::show_bytes(name),
                self.show_type(ty),
                self.show_type(prior)
            );
            return Err(self.with_note(operand.pos, message, pos, "prior use here"));
        }
        if self.values.find(name, 0).is_some_and(|e| !e.forward) {
            return Err(self.error_at(operand.pos, "reference to invalid result number"));
        }
        let block = match self.values.placeholders {
            Some(b) => b,
            None => {
                let b = self.ir.create_detached_block(&[]);
                self.values.placeholders = Some(b);
                b
            }
        };
        let value = self.ir.add_argument(block, ty, None);
        self.values.forward.insert(value, operand.pos);
        let number = operand.number;
        self.values.insert(Entry { name, number, value, pos: operand.pos, forward: true });
        Ok(value)
    }

    /// Binds a name to a value and resolves earlier uses.
    pub(in crate::text) fn define(&mut self, name: &'s [u8], number: u32, pos: Pos, value: ValueId) -> ParseResult {
        if let Some(e) = self.values.find(name, number) {
            let (old, old_pos, forward) = (e.value, e.pos, e.forward);
            let show = Self::show_bytes(name);
            if !forward {
                let message = format!("redefinition of SSA value '{show}'");
                return Err(self.with_note(pos, message, old_pos, "previously defined here"));
            }
            let (used, defined) = (self.ir.ty(old), self.ir.ty(value));
            if used != defined {
                let message = format!("definition of SSA value '{show}#{number}' has type {}", self.show_type(defined));
                let note = format!("previously used here with type {}", self.show_type(used));
                return Err(self.with_note(pos, message, old_pos, &note));
            }
            self.ir.replace_all_uses(old, value);
            self.values.forward.remove(&old);
            self.values.remove(name, number);
        }
        self.values.insert(Entry { name, number, value, pos, forward: false });
        self.values.defined.push((name, number));
        Ok(())
    }

    /// Binds the name of `operand`.
    pub(in crate::text) fn define_operand(&mut self, operand: &Operand, value: ValueId) -> ParseResult {
        self.define(self.operand_name(operand), operand.number, operand.pos, value)
    }

    /// Errors for all uses without a definition, in source order.
    pub(in crate::text) fn undefined_values(&mut self) -> Vec<Diagnostic> {
        let mut all: Vec<_> = self.values.forward.values().copied().collect();
        all.sort();
        all.into_iter().map(|pos| self.error_at(pos, "use of undeclared SSA value name")).collect()
    }

    fn with_note(&mut self, pos: Pos, message: String, note_pos: Pos, note: &str) -> Diagnostic {
        let error = self.error_at(pos, message);
        let loc = self.loc_at(note_pos);
        error.note(loc, note)
    }

    // ---- blocks ----

    /// The block of a label used at the current token.
    pub(in crate::text) fn block_use(&mut self) -> ParseResult<BlockId> {
        if !self.is(Tok::Caret) {
            return Err(self.wrong_token("expected block name"));
        }
        let (name, pos) = (self.spelling(), self.pos());
        self.advance();
        let known = self.blocks.last().and_then(|b| b.get(name)).map(|b| b.block);
        if let Some(block) = known {
            return Ok(block);
        }
        let block = self.ir.create_detached_block(&[]);
        match self.blocks.last_mut() {
            Some(scope) => scope.insert(name, BlockDef { block, pos, forward: true }),
            None => return Err(self.error_at(pos, "reference to an undefined block")),
        };
        Ok(block)
    }

    /// Defines the label `name` and appends its block to `region`; `entry` is the block to use when nothing refers to it yet.
    pub(in crate::text) fn define_block(
        &mut self,
        region: RegionId,
        entry: Option<BlockId>,
        name: &'s [u8],
        pos: Pos,
    ) -> ParseResult<BlockId> {
        let known = self.blocks.last().and_then(|b| b.get(name)).copied();
        let block = match known {
            Some(b) if !b.forward => {
                return Err(self.error_at(pos, format!("redefinition of block '{}'", Self::show_bytes(name))));
            }
            Some(b) => b.block,
            None => match entry {
                Some(b) => b,
                None => self.ir.create_detached_block(&[]),
            },
        };
        if self.ir.region_of(block).is_none() {
            self.ir.append_block(region, block);
        }
        if let Some(scope) = self.blocks.last_mut() {
            scope.insert(name, BlockDef { block, pos, forward: false });
        }
        Ok(block)
    }
}

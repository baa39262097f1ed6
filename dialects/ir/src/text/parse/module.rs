//! Whole files.

use super::{OpParser, ParseResult};
use crate::core::{Context, Ir, LocData, OpId, OpState};
use crate::diag::Diagnostic;
use crate::text::lexer::Tok;
use crate::text::source::Source;
use std::sync::Arc;

/// Choices of the parser.
#[derive(Clone, Copy, Debug)]
pub struct ParseOptions {
    /// Puts the operations into a module unless the only one is a module already.
    pub implicit_module: bool,
}

impl Default for ParseOptions {
    fn default() -> Self {
        ParseOptions { implicit_module: true }
    }
}

/// Reads MLIR text into an arena and returns it with its top-level operation. What it holds is not verified.
///
/// # Errors
/// Syntax errors with their positions, usually one; all undeclared values at once.
pub fn parse_module(
    ctx: &Arc<Context>,
    source: &Source,
    options: &ParseOptions,
) -> Result<(Ir, OpId), Vec<Diagnostic>> {
    if u32::try_from(source.text().len()).is_err() {
        let loc = ctx.file_loc(source.name(), 0, 0);
        return Err(vec![Diagnostic::error(loc, "source of more than 4 GB; split it or move weights to a file")]);
    }
    let mut parser = OpParser::new(ctx, source);
    let top = parser.file(options)?;
    Ok((parser.ir, top))
}

impl OpParser<'_> {
    fn file(&mut self, options: &ParseOptions) -> Result<OpId, Vec<Diagnostic>> {
        let file = self.file;
        // The module around a part of a file is where the part starts; that around a whole file is nowhere in it.
        let (line, column) = Some(self.lines.start()).filter(|s| *s != (1, 1)).unwrap_or((0, 0));
        let loc = self.ctx.loc(LocData::File { file, line, column });
        let region = self.ir.create_region();
        let body = self.ir.create_block(region, &[]);
        self.insert = Some(body);
        self.default_dialects.push("builtin");
        self.push_value_scope();
        if let Err(first) = self.top_level(body) {
            let mut all = vec![first];
            all.append(&mut self.later_errors);
            return Err(all);
        }
        let undefined = self.undefined_values();
        if !undefined.is_empty() {
            return Err(undefined);
        }
        self.resolve_locations().map_err(|e| vec![e])?;
        self.pop_value_scope().map_err(|e| vec![e])?;

        let first = self.ir.first_op(body);
        let single = first.filter(|&op| self.ir.next(op).is_none());
        if !options.implicit_module {
            return match single {
                Some(op) => {
                    self.ir.detach(op);
                    Ok(op)
                }
                None => {
                    let count = self.ir.ops_of(body).count();
                    let message = format!("source must contain a single top-level operation, found: {count}");
                    Err(vec![Diagnostic::error(loc, message)])
                }
            };
        }
        if let Some(op) = single.filter(|&op| self.ir.name_str(op) == crate::builtin::Module::DEF.name) {
            self.ir.detach(op);
            return Ok(op);
        }
        Ok(self.ir.create(OpState::new(self.ctx, crate::builtin::Module::DEF.name, loc).region(region)))
    }

    fn top_level(&mut self, body: crate::core::BlockId) -> ParseResult {
        loop {
            match self.tok.kind {
                Tok::Eof => return Ok(()),
                Tok::Hash => self.attr_alias_def()?,
                Tok::Excl => self.type_alias_def()?,
                Tok::MetaBegin => self.metadata()?,
                _ => {
                    self.insert = Some(body);
                    self.operation()?;
                }
            }
        }
    }
}

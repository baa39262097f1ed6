//! Custom assembly: reading and printing operations, types and attributes in forms of their own.
//!
//! An operation's form is a pair of functions in its [`OpDef`](crate::op_def::OpDef):
//!
//! - `parse: fn(&mut OpParser<'_>, &mut OpState) -> ParseResult` reads what follows the operation's name and fills in operands,
//!   result types, properties, attributes, regions and successors. Inherent attributes may go to the properties or to the
//!   attributes; they are sorted when the operation is created.
//! - `print: fn(&mut OpPrinter<'_>, &Ir, OpId)` prints what follows the name, starting with a space.
//!
//! Operands are read without types ([`OpParser::operand`]) and become values once their types are known
//! ([`OpParser::resolve_operand`]); values may be defined later in the text.
//!
//! ```
//! use cim_ir::text::asm::{Delimiter, OpParser, OpPrinter, ParseResult};
//! use cim_ir::{Ir, OpId, OpState};
//!
//! // my.add %a, %b : i32
//! fn parse(p: &mut OpParser<'_>, state: &mut OpState) -> ParseResult {
//!     let pos = p.pos();
//!     let operands = p.operand_list(Delimiter::None)?;
//!     p.attr_dict_into(state)?;
//!     let ty = p.colon_type()?;
//!     let types = vec![ty; operands.len()];
//!     state.operands.extend(p.resolve_operands(&operands, &types, pos)?);
//!     state.results.push(ty);
//!     Ok(())
//! }
//!
//! fn print(p: &mut OpPrinter<'_>, ir: &Ir, op: OpId) {
//!     p.str(" ");
//!     p.operands(ir, ir.operands(op));
//!     p.attr_dict(ir, op, &[]);
//!     p.str(" : ");
//!     p.types(ir.results(op).take(1).map(|v| ir.ty(v)));
//! }
//! ```
//!
//! Types and attributes have `parse: fn(&mut OpParser<'_>) -> ParseResult<Vec<Attribute>>`, which reads what follows the name
//! (angle brackets included) into parameters, and `print: fn(&mut OpPrinter<'_>, &[Attribute])`. Without them the form is
//! `<parameter, parameter>`, each an attribute.

pub use super::asm_parse::Delimiter;
pub use super::parse::{Argument, OpParser, Operand, ParseResult, Pos};
pub use super::print::{OpPrinter, RegionOptions};

use crate::core::{Attribute, Ir, OpId, OpState};

/// Reads an operation's custom form.
pub type ParseOpFn = fn(&mut OpParser<'_>, &mut OpState) -> ParseResult;
/// Prints an operation's custom form.
pub type PrintOpFn = fn(&mut OpPrinter<'_>, &Ir, OpId);
/// Reads the parameters of a type or attribute.
pub type ParseParamsFn = fn(&mut OpParser<'_>) -> ParseResult<Vec<Attribute>>;
/// Prints the parameters of a type or attribute.
pub type PrintParamsFn = fn(&mut OpPrinter<'_>, &[Attribute]);

//! The IR framework: contexts, types, attributes, operations, declarations and diagnostics.
//!
//! - [`core`]: the context with its interned data, and the arenas that hold operations
//! - [`op_def`], [`registry`]: declared operations, types and attributes, and registered dialects
//! - [`kinds`], [`constraints`]: what properties and types may be
//! - [`view`], [`segments`], [`build`]: what declarations generate, and what may be implemented by hand
//! - [`mod@format`]: custom assembly from format strings
//! - [`interfaces`]: what generic passes ask of operations
//! - [`rewrite`]: builders, listeners, patterns, folding
//! - [`verify`] with [`dominance`]: the verifier
//! - [`symbols`], [`attr_walk`]: symbol tables, references, attributes inside attributes
//! - [`text`]: reading and printing MLIR text, custom assembly
//! - [`builtin`], [`affine`]: the builtin dialect, affine expressions, maps and sets
//! - [`mlir_namespaces`]: names of MLIR's own dialects
//! - [`diag`][]: diagnostics
//!
//! # A dialect outside this workspace
//! Everything about an operation is in one place; registering the dialect takes one line.
//!
//! ```
//! use cim_ir::constraints::{ANY_SIGNLESS_INTEGER, ANY_TYPE};
//! use cim_ir::kinds::{I64Attr, TypedAttr};
//! use cim_ir::registry::Dialect;
//! use cim_ir::rewrite::{FoldResult, Folded};
//! use cim_ir::text::{PrintOptions, Source, parse_module, print_module};
//! use cim_ir::view::{Fold, Verify};
//! use cim_ir::{Attribute, Context, Diagnostic, Ir, op, ty};
//!
//! op! {
//!     /// A constant.
//!     pub Constant = "acc.constant" : [Pure, ConstantLike, AllTypesMatch("value", "result")] {
//!         props   { value: TypedAttr }
//!         results { result: ANY_SIGNLESS_INTEGER }
//!         format  "$value attr-dict"
//!     }
//!     /// Adds `lhs` to `rhs` shifted left by `shift` bits.
//!     pub ShiftAdd = "acc.shift_add" : [Pure, SameOperandsAndResultType] {
//!         operands { lhs: ANY_SIGNLESS_INTEGER, rhs: ANY_SIGNLESS_INTEGER }
//!         props    { shift: I64Attr = 0 }
//!         results  { result: ANY_SIGNLESS_INTEGER }
//!         format   "$lhs `,` $rhs (`by` $shift^)? attr-dict `:` type($result)"
//!         verify
//!         fold
//!     }
//!     /// Stores a value in a register.
//!     pub Store = "acc.store" {
//!         operands { value: ANY_TYPE, register: Register::CONSTRAINT }
//!         format   "$value `,` $register attr-dict `:` type($value) `,` type($register)"
//!     }
//! }
//! ty! {
//!     /// A register of some width.
//!     pub Register = "acc.register" { params { bits: I64Attr } format "$bits" }
//! }
//!
//! impl Verify for ShiftAdd {
//!     fn verify(self, ir: &Ir) -> Result<(), Diagnostic> {
//!         match self.shift(ir) {
//!             0..=63 => Ok(()),
//!             n => Err(ir.op_error(self.op(), format!("shift {n} is outside 0..=63"))),
//!         }
//!     }
//! }
//! impl Fold for ShiftAdd {
//!     fn fold(self, ir: &Ir, constants: &[Option<Attribute>]) -> FoldResult {
//!         // Nothing added: the other operand.
//!         if ir.ctx().as_i64(constants[1]?)? == 0 { Folded::value(self.lhs(ir)) } else { None }
//!     }
//! }
//!
//! static ACC: Dialect = Dialect {
//!     ops: &[Constant::DEF, ShiftAdd::DEF, Store::DEF],
//!     types: &[Register::DEF],
//!     ..Dialect::new("acc", "Accumulators.")
//! };
//!
//! let ctx = Context::new(|registry| registry.add(&ACC));
//! let text = "\
//! module {
//!   %0 = acc.constant 3 : i32
//!   %1 = acc.shift_add %0, %0 by 4 : i32
//!   \"acc.store\"(%1, %2) : (i32, !acc.register<32>) -> ()
//!   %2 = builtin.unrealized_conversion_cast to !acc.register<32>
//! }
//! ";
//! let source = Source::new("example.mlir", text.as_bytes());
//! let (mut ir, module) = parse_module(&ctx, &source, &Default::default()).unwrap();
//! cim_ir::verify::verify(&ir, module).unwrap();
//! let printed = print_module(&ir, module, &PrintOptions::default());
//! assert!(printed.contains("%1 = acc.shift_add %0, %0 by 4 : i32"));
//! assert!(printed.contains("acc.store %1, %2 : i32, !acc.register<32>"));
//!
//! let add = ir.walk(module).into_iter().find_map(|op| ShiftAdd::cast(&ir, op)).unwrap();
//! add.set_shift(&mut ir, 64);
//! let errors = cim_ir::verify::verify(&ir, module).unwrap_err();
//! assert_eq!(errors[0].message, "'acc.shift_add' op shift 64 is outside 0..=63");
//! assert!(cim_ir::docs::dialect(&ACC).contains("Adds `lhs` to `rhs` shifted left"));
//! ```
#![forbid(unsafe_code)]

// Declarations name their paths from `::cim_ir`, here too.
extern crate self as cim_ir;

pub mod affine;
pub mod attr_walk;
pub mod build;
pub mod builtin;
pub mod constraints;
pub mod core;
pub mod diag;
pub mod docs;
pub mod dominance;
pub mod format;
pub mod interfaces;
pub mod kinds;
pub mod mlir_namespaces;
pub mod op_def;
pub mod registry;
pub mod rewrite;
pub mod segments;
pub mod symbols;
pub mod text;
pub mod verify;
pub mod view;

pub use cim_ir_macros::{attr, op, ty};

pub use core::{
    Attribute, BlockId, Checkpoint, Context, Ident, Ir, Location, OpId, OpName, OpState, RegionId, Type, ValueId,
};
pub use diag::Diagnostic;
pub use registry::Registry;

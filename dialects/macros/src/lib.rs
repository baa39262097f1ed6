//! The declaration macros of `cim-ir`: `op!`, `ty!` and `attr!`.
//!
//! Use them through `cim_ir`, which documents their syntax and re-exports them; the generated code names `::cim_ir`.
#![forbid(unsafe_code)]

/// The same file as `cim_ir::format::syntax`: formats are checked when the macro runs and read again at run time.
#[path = "../../ir/src/format/syntax.rs"]
#[allow(dead_code)] // the macro checks formats; what only printing and parsing need is used in cim-ir
mod format_syntax;
mod generate;
mod params;
mod syntax;

use proc_macro::TokenStream;
use syn::parse_macro_input;

/// Declares operations; see `cim_ir::op_def`.
#[proc_macro]
pub fn op(input: TokenStream) -> TokenStream {
    let ops = parse_macro_input!(input as syntax::Ops);
    ops.0.iter().map(generate::op).collect::<proc_macro2::TokenStream>().into()
}

/// Declares types with parameters; see `cim_ir::op_def`.
#[proc_macro]
pub fn ty(input: TokenStream) -> TokenStream {
    let defs = parse_macro_input!(input as params::Defs);
    defs.0.iter().map(|d| params::generate(d, params::What::Type)).collect::<proc_macro2::TokenStream>().into()
}

/// Declares attributes with parameters; see `cim_ir::op_def`.
#[proc_macro]
pub fn attr(input: TokenStream) -> TokenStream {
    let defs = parse_macro_input!(input as params::Defs);
    defs.0.iter().map(|d| params::generate(d, params::What::Attr)).collect::<proc_macro2::TokenStream>().into()
}

//! Reading and printing for the tool.

use cim_ir::text::{self, ParseOptions, PrintOptions, Source};
use cim_ir::{Context, Diagnostic, Ir, OpId};
use std::io::{self, Write};
use std::ops::Range;
use std::sync::Arc;

/// Reads a chunk of the input and verifies it.
pub(super) fn parse(
    ctx: &Arc<Context>,
    file: &Source,
    range: Range<usize>,
    implicit_module: bool,
) -> Result<(Ir, OpId), Vec<Diagnostic>> {
    let (ir, root) = text::parse_module(ctx, &file.part(range), &ParseOptions { implicit_module })?;
    cim_ir::verify::verify(&ir, root)?;
    Ok((ir, root))
}

/// Writes the program.
pub(super) fn print(ir: &Ir, root: OpId, options: &PrintOptions, out: &mut dyn Write) -> io::Result<()> {
    text::write_module(ir, root, options, out)
}

/// Prints, reads back and prints again; the error says where the texts differ.
pub(super) fn roundtrip(ir: &Ir, root: OpId, options: &PrintOptions) -> Result<(), String> {
    for generic in [false, true] {
        // Locations too: they must survive as everything else.
        let options = PrintOptions { debug_info: true, generic, elide_elements: None, ..options.clone() };
        let first = text::print_module(ir, root, &options);
        let source = Source::new("<roundtrip>", first.clone().into_bytes());
        let implicit = ParseOptions { implicit_module: false };
        let (again, top) = text::parse_module(ir.ctx(), &source, &implicit).map_err(|why| {
            let why: String = why.iter().map(|d| d.render(ir.ctx())).collect();
            format!("failed to parse the text that was printed, roundtrip testing failed:\n{why}")
        })?;
        let second = text::print_module(&again, top, &options);
        if first != second {
            return Err(format!(
                "roundTrip testing roundtripped module differs from reference:\n<<<<<<Reference\n{first}\n=====\n{second}\n>>>>>roundtripped\n"
            ));
        }
    }
    Ok(())
}

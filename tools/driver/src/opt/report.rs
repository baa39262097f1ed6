//! Messages at places of the input that no operation stands for.

use cim_ir::diag::Severity;
use cim_ir::text::Source;
use cim_ir::{Context, Diagnostic};

/// `file:line:column: error: message` with the source line and a caret.
pub fn at(ctx: &Context, source: &Source, place: (u32, u32), severity: Severity, message: &str) -> String {
    let mut d = Diagnostic::error(ctx.file_loc(source.name(), place.0, place.1), message);
    d.severity = severity;
    d.render_with(ctx, &[source])
}

/// Line and column of a byte, from 1.
pub fn position(source: &Source, at: usize) -> (u32, u32) {
    source.part(at..at).start()
}

//! Diagnostics as text: `file:line:column: error: message`, the source line, a caret.

use bytes::Bytes;
use cim_ir::diag::{self, Diagnostic};
use cim_ir::{Context, Location};

/// The input, for quoting lines.
pub struct SourceFile {
    name: String,
    text: Bytes,
}

impl SourceFile {
    /// A file with its content.
    pub fn new(name: &str, text: Bytes) -> Self {
        SourceFile { name: name.to_string(), text }
    }
    /// Name in locations.
    pub fn name(&self) -> &str {
        &self.name
    }
    /// Content.
    pub fn text(&self) -> &Bytes {
        &self.text
    }

    /// A diagnostic with its notes.
    pub fn diagnostic(&self, ctx: &Context, d: &Diagnostic) -> String {
        let mut out = self.render_at(ctx, d.loc, d.severity.name(), &d.message);
        let mut shown = d.loc;
        for (loc, message) in &d.notes {
            // The line is not repeated for notes on the same place.
            if *loc == shown {
                out.push_str(&head(ctx, *loc, "note", message));
            } else {
                out.push_str(&self.render_at(ctx, *loc, "note", message));
            }
            shown = *loc;
        }
        out
    }
    /// A message at a location.
    pub fn render_at(&self, ctx: &Context, loc: Location, kind: &str, message: &str) -> String {
        match diag::position(ctx, loc) {
            Some((name, line, column)) if name == self.name => self.render(line, column, kind, message),
            _ => head(ctx, loc, kind, message),
        }
    }
    /// A message at a line and column of this file.
    pub fn render(&self, line: u32, column: u32, kind: &str, message: &str) -> String {
        let mut out = format!("{}:{line}:{column}: {kind}: {message}\n", self.name);
        let text = line.checked_sub(1).and_then(|n| self.text.split(|&b| b == b'\n').nth(n as usize));
        if let Some(text) = text.filter(|_| column > 0) {
            quote(&mut out, text, column as usize - 1);
        }
        out
    }
}

/// Appends a source line and a caret under byte `at`; tab stops are eight columns apart.
fn quote(out: &mut String, line: &[u8], at: usize) {
    let line = String::from_utf8_lossy(line.strip_suffix(b"\r").unwrap_or(line)).into_owned();
    let (mut width, mut caret) = (0, None);
    for (i, c) in line.char_indices() {
        if i >= at && caret.is_none() {
            caret = Some(width);
        }
        let cells = if c == '\t' { 8 - width % 8 } else { 1 };
        if c == '\t' { out.extend(std::iter::repeat_n(' ', cells)) } else { out.push(c) }
        width += cells;
    }
    out.push('\n');
    out.extend(std::iter::repeat_n(' ', caret.unwrap_or(width)));
    out.push_str("^\n");
}

fn head(ctx: &Context, loc: Location, kind: &str, message: &str) -> String {
    match diag::position(ctx, loc) {
        Some((name, line, column)) => format!("{name}:{line}:{column}: {kind}: {message}\n"),
        None => format!("<unknown>:0: {kind}: {message}\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_quoted_with_a_caret() {
        let ctx = Context::new(|_| {});
        let file = SourceFile::new("f", "a\n\t foo x\r\n".as_bytes().to_vec().into());
        let d = Diagnostic::error(ctx.file_loc("f", 2, 3), "bad").note(ctx.file_loc("f", 2, 3), "same");
        let d = d.note(ctx.file_loc("f", 1, 1), "there").note(ctx.file_loc("g", 7, 2), "elsewhere");
        assert_eq!(
            file.diagnostic(&ctx, &d),
            "f:2:3: error: bad\n         foo x\n         ^\nf:2:3: note: same\nf:1:1: note: there\na\n^\ng:7:2: note: elsewhere\n"
        );
        assert_eq!(file.render_at(&ctx, ctx.unknown_loc(), "error", "x"), "<unknown>:0: error: x\n");
        assert_eq!(file.render(0, 0, "error", "x"), "f:0:0: error: x\n");
        assert_eq!(file.render(99, 4, "error", "x"), "f:99:4: error: x\n");
    }
}

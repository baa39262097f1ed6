//! Diagnostics: what every error path returns, and their rendering in MLIR's format.

use crate::core::{Context, LocData, Location};
use crate::text::Source;

/// How bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// `error`
    Error,
    /// `warning`
    Warning,
    /// `remark`
    Remark,
    /// `note`
    Note,
}

impl Severity {
    /// Spelling in messages.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Remark => "remark",
            Severity::Note => "note",
        }
    }
}

/// A message at a location, with notes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Severity.
    pub severity: Severity,
    /// Where.
    pub loc: Location,
    /// What.
    pub message: String,
    /// Further information.
    pub notes: Vec<(Location, String)>,
}

impl Diagnostic {
    /// An error.
    pub fn error(loc: Location, message: impl Into<String>) -> Self {
        Diagnostic { severity: Severity::Error, loc, message: message.into(), notes: Vec::new() }
    }
    /// Adds a note.
    pub fn note(mut self, loc: Location, message: impl Into<String>) -> Self {
        self.notes.push((loc, message.into()));
        self
    }
    /// `file:line:column: error: message`, notes the same way, one a line; without the source lines.
    pub fn render(&self, ctx: &Context) -> String {
        self.render_with(ctx, &[])
    }

    /// As [`Diagnostic::render`], with the source line and a caret below it where one of `sources` has the line. A note at the
    /// place of the message before it does not repeat the line.
    pub fn render_with(&self, ctx: &Context, sources: &[&Source]) -> String {
        let mut out = Vec::new();
        render_one(ctx, sources, self.loc, self.severity, &self.message, true, &mut out);
        let mut last = self.loc;
        for (loc, message) in &self.notes {
            render_one(ctx, sources, *loc, Severity::Note, message, *loc != last, &mut out);
            last = *loc;
        }
        String::from_utf8_lossy(&out).into_owned()
    }
}

/// Columns of a tab stop.
const TAB: usize = 8;

fn render_one(
    ctx: &Context,
    sources: &[&Source],
    loc: Location,
    severity: Severity,
    message: &str,
    show_line: bool,
    out: &mut Vec<u8>,
) {
    let severity = severity.name();
    let Some((file, row, column)) = position(ctx, loc) else {
        let place = match ctx.loc_data(loc) {
            LocData::Unknown => String::new(),
            _ => format!("{}: ", ctx.display_loc(loc)),
        };
        return out.extend_from_slice(format!("<unknown>:0: {severity}: {place}{message}\n").as_bytes());
    };
    out.extend_from_slice(format!("{file}:{row}:{column}: {severity}: {message}\n").as_bytes());
    let source = sources.iter().find(|s| s.name() == file);
    let Some(line) = source.filter(|_| show_line && column > 0).and_then(|s| s.line(row)) else { return };
    // A caret below characters of unknown width would point anywhere.
    let ascii = line.is_ascii();
    let mut width = 0;
    let mut caret = None;
    for (i, &c) in line.iter().enumerate() {
        if i + 1 == column as usize {
            caret = Some(width);
        }
        if c == b'\t' && ascii {
            let stop = (width / TAB + 1) * TAB;
            out.resize(out.len() + stop - width, b' ');
            width = stop;
        } else {
            out.push(c);
            width += 1;
        }
    }
    out.push(b'\n');
    if ascii {
        out.resize(out.len() + caret.unwrap_or(width), b' ');
        out.extend_from_slice(b"^\n");
    }
}

/// File, line and column of a location: the first one found inside a composed location.
pub fn position(ctx: &Context, loc: Location) -> Option<(&str, u32, u32)> {
    let mut work = vec![loc];
    while let Some(loc) = work.pop() {
        match ctx.loc_data(loc) {
            LocData::Unknown => {}
            LocData::File { file, line, column } => return Some((ctx.str(*file), *line, *column)),
            LocData::Range { file, span } => return Some((ctx.str(*file), span[0], span[1])),
            LocData::Name { child, .. } => work.push(*child),
            LocData::CallSite { callee, caller } => work.extend([*caller, *callee]),
            LocData::Fused { locs, .. } => work.extend(locs.iter().rev()),
        }
    }
    None
}

//! Diagnostics: what every error path returns.

use crate::core::{Context, LocData, Location};

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
    /// `file:line:column: error: message`, notes the same way, one a line; `-:0:0` stands for locations without a position.
    pub fn render(&self, ctx: &Context) -> String {
        let mut out = line(ctx, self.loc, self.severity, &self.message);
        for (loc, message) in &self.notes {
            out.push_str(&line(ctx, *loc, Severity::Note, message));
        }
        out
    }
}

fn line(ctx: &Context, loc: Location, severity: Severity, message: &str) -> String {
    let (file, row, column) = position(ctx, loc).unwrap_or(("-", 0, 0));
    format!("{file}:{row}:{column}: {}: {message}\n", severity.name())
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

//! `--verify-diagnostics`: diagnostics against `// expected-error@+1 {{text}}` comments.

use super::flags::Verify;
use super::report;
use cim_ir::diag::{self, Diagnostic, Severity};
use cim_ir::text::Source;
use cim_ir::{Context, Location};
use regex::bytes::Regex;
use std::sync::OnceLock;

/// One `expected-*` comment.
struct Expected {
    severity: Severity,
    /// Line it must come from; None: a diagnostic without a position.
    line: Option<u32>,
    text: Matcher,
    /// Where the comment is, and what it expects as written.
    at: (u32, u32),
    written: String,
    met: bool,
}

enum Matcher {
    Substring(String),
    Regex(Regex),
}

impl Matcher {
    fn fits(&self, message: &str) -> bool {
        match self {
            Matcher::Substring(s) => message.contains(s.as_str()),
            Matcher::Regex(r) => r.is_match(message.as_bytes()),
        }
    }
}

/// The expectations of a file and what became of them.
pub struct Expectations {
    mode: Verify,
    list: Vec<Expected>,
    failed: bool,
}

fn designator() -> &'static Regex {
    static RE: OnceLock<Regex> = OnceLock::new();
    RE.get_or_init(|| {
        let text =
            r"(?-u)expected-(error|note|remark|warning)(-re)? *(@([+-][0-9]+|above|below|unknown))? *\{\{(.*)\}\}\r?$";
        Regex::new(text).expect("the pattern is fixed")
    })
}

impl Expectations {
    /// Reads the comments of a file; what is wrong with them is appended to `out`.
    pub fn read(ctx: &Context, file: &Source, mode: Verify, out: &mut String) -> Self {
        let mut e = Expectations { mode, list: Vec::new(), failed: false };
        // `@above` means the last line without a comment of ours, `@below` the next one.
        let mut last_plain = None;
        let mut waiting: Vec<usize> = Vec::new();
        let mut number = 0u32;
        for line in file.text().split(|&b| b == b'\n') {
            number += 1;
            let Some(found) = designator().captures(line) else {
                for i in waiting.drain(..) {
                    e.list[i].line = Some(number);
                }
                last_plain = Some(number);
                continue;
            };
            let group = |i: usize| found.get(i).map_or(&b""[..], |m| m.as_bytes());
            let severity = match group(1) {
                b"error" => Severity::Error,
                b"warning" => Severity::Warning,
                b"remark" => Severity::Remark,
                _ => Severity::Note,
            };
            let written = String::from_utf8_lossy(group(5)).into_owned();
            let column = found.get(0).map_or(0, |m| m.start()) as u32 + 1;
            let text = if found.get(2).is_some() {
                match Regex::new(&pattern(&written)) {
                    Ok(r) => Matcher::Regex(r),
                    Err(why) => {
                        let last =
                            why.to_string().lines().last().unwrap_or("").trim_start_matches("error: ").to_string();
                        let what = format!("invalid regex: {last}");
                        out.push_str(&report::at(ctx, file, (number, column), Severity::Error, &what));
                        e.failed = true;
                        continue;
                    }
                }
            } else {
                Matcher::Substring(written.clone())
            };
            let line = match group(4) {
                b"" => Some(number),
                b"unknown" => None,
                b"above" => last_plain.or(Some(number)),
                b"below" => {
                    waiting.push(e.list.len());
                    Some(number)
                }
                offset => {
                    let offset: i64 = std::str::from_utf8(offset).ok().and_then(|t| t.parse().ok()).unwrap_or(0);
                    Some(u32::try_from(i64::from(number) + offset).unwrap_or(0))
                }
            };
            e.list.push(Expected { severity, line, text, at: (number, column), written, met: false });
        }
        e
    }

    /// Compares a diagnostic and its notes; what was not expected is appended to `out`.
    pub fn check(&mut self, ctx: &Context, d: &Diagnostic, file: &Source, out: &mut String) {
        self.check_one(ctx, d.severity, d.loc, &d.message, file, out);
        for (loc, message) in &d.notes {
            self.check_one(ctx, Severity::Note, *loc, message, file, out);
        }
    }

    fn check_one(
        &mut self,
        ctx: &Context,
        severity: Severity,
        loc: Location,
        message: &str,
        file: &Source,
        out: &mut String,
    ) {
        let position = diag::position(ctx, loc);
        // Expectations are only known for the input file; a diagnostic elsewhere cannot meet one.
        let here = position.is_none_or(|(name, _, _)| name == file.name());
        let line = position.map(|p| p.1);
        let mut near = None;
        for e in self.list.iter_mut().filter(|e| here && e.line == line && e.text.fits(message)) {
            if e.severity == severity {
                e.met = true;
                return;
            }
            near = Some((e.at, e.severity));
        }
        if self.mode == Verify::OnlyExpected {
            return;
        }
        self.failed = true;
        match near {
            Some((place, expected)) => {
                let what = format!("'{}' diagnostic emitted when expecting a '{}'", severity.name(), expected.name());
                out.push_str(&report::at(ctx, file, place, Severity::Error, &what));
            }
            None => {
                let what = format!("unexpected {}: {message}", severity.name());
                out.push_str(&Diagnostic::error(loc, what).render_with(ctx, &[file]));
            }
        }
    }

    /// Reports expectations that were not met; true when all is well.
    pub fn finish(&mut self, ctx: &Context, file: &Source, out: &mut String) -> bool {
        for e in self.list.iter().filter(|e| !e.met) {
            let what = format!("expected {} \"{}\" was not produced", e.severity.name(), e.written);
            out.push_str(&match e.line {
                Some(_) => report::at(ctx, file, e.at, Severity::Error, &what),
                None => format!("<unknown>:0: error: {what}\n"),
            });
            self.failed = true;
        }
        !self.failed
    }
}

/// `-re` texts are plain but for `{{regex}}` pieces.
fn pattern(text: &str) -> String {
    let mut out = String::from("(?s-u)");
    let mut rest = text;
    while let Some(start) = rest.find("{{") {
        out.push_str(&regex::escape(&rest[..start]));
        let inner = &rest[start + 2..];
        let end = inner.find("}}").unwrap_or(inner.len());
        out.push('(');
        out.push_str(&inner[..end]);
        out.push(')');
        rest = inner.get(end + 2..).unwrap_or("");
    }
    out.push_str(&regex::escape(rest));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checks diagnostics (line, severity, text) against a file; returns what is reported.
    fn verify(text: &str, mode: Verify, diagnostics: &[(u32, Severity, &str)]) -> (bool, String) {
        let ctx = Context::new(|_| {});
        let file = Source::new("f.mlir", text.as_bytes().to_vec());
        let mut out = String::new();
        let mut e = Expectations::read(&ctx, &file, mode, &mut out);
        for &(line, severity, message) in diagnostics {
            let loc = if line == 0 { ctx.unknown_loc() } else { ctx.file_loc("f.mlir", line, 1) };
            let mut d = Diagnostic::error(loc, message);
            d.severity = severity;
            e.check(&ctx, &d, &file, &mut out);
        }
        let ok = e.finish(&ctx, &file, &mut out);
        (ok, out)
    }

    #[test]
    fn designators_find_their_lines() {
        let text = "\
x
// expected-error@above {{first}}
// expected-note@-2 {{minus}}
// expected-warning@+3 {{plus}}
// expected-remark@below {{below}}
y
z // expected-error {{same}}
// expected-error @unknown {{nowhere}}
";
        let all = [
            (1, Severity::Error, "the first one"),
            (1, Severity::Note, "minus"),
            (7, Severity::Warning, "plus"),
            (6, Severity::Remark, "below"),
            (7, Severity::Error, "same"),
            (0, Severity::Error, "nowhere"),
        ];
        assert_eq!(verify(text, Verify::All, &all), (true, String::new()));
        let (ok, out) = verify(text, Verify::All, &all[..5]);
        assert!(!ok);
        assert_eq!(out, "<unknown>:0: error: expected error \"nowhere\" was not produced\n");
        let (_, out) = verify(text, Verify::All, &all[1..]);
        assert_eq!(
            out,
            "f.mlir:2:4: error: expected error \"first\" was not produced\n// expected-error@above {{first}}\n   ^\n"
        );
    }

    #[test]
    fn unexpected_ones_and_near_misses() {
        let text = "x // expected-error {{boom}}\ny\n";
        let (ok, out) = verify(text, Verify::All, &[(1, Severity::Error, "boom"), (2, Severity::Error, "crash")]);
        assert!(!ok);
        assert_eq!(out, "f.mlir:2:1: error: unexpected error: crash\ny\n^\n");
        let (ok, out) = verify(text, Verify::OnlyExpected, &[(1, Severity::Error, "boom"), (2, Severity::Error, "x")]);
        assert_eq!((ok, out.as_str()), (true, ""));
        let (_, out) = verify(text, Verify::All, &[(1, Severity::Warning, "boom")]);
        assert!(out.starts_with("f.mlir:1:6: error: 'warning' diagnostic emitted when expecting a 'error'\n"), "{out}");
    }

    #[test]
    fn regex_pieces() {
        let text = "x // expected-error-re {{op '{{[a-z.]+}}' (1)}}\n";
        assert!(verify(text, Verify::All, &[(1, Severity::Error, "op 'a.b' (1)")]).0);
        assert!(!verify(text, Verify::All, &[(1, Severity::Error, "op 'A' (1)")]).0);
        let (ok, out) = verify("x // expected-error-re {{a{{(}}}}\n", Verify::All, &[]);
        assert!(!ok && out.starts_with("f.mlir:1:6: error: invalid regex: "), "{out}");
    }
}

//! A named text that diagnostics can quote.

use bytes::Bytes;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

/// Text with the name that locations and diagnostics show. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Source {
    name: String,
    whole: Bytes,
    text: Bytes,
    start: (u32, u32),
    /// Where the lines of the whole start; found when a line is first asked for, and shared by clones and parts.
    lines: Arc<OnceLock<Vec<usize>>>,
}

impl Source {
    /// A source; `-` and standard input are conventionally named `<stdin>`.
    pub fn new(name: impl Into<String>, text: impl Into<Bytes>) -> Self {
        let whole = text.into();
        Source { name: name.into(), text: whole.clone(), whole, start: (1, 1), lines: Arc::default() }
    }
    /// A part of the whole text, for files that hold several programs: lines are counted in the whole.
    pub fn part(&self, range: Range<usize>) -> Self {
        let end = range.end.min(self.whole.len());
        let range = range.start.min(end)..end;
        let start = LineCounter::new((1, 1)).at(&self.whole, u32::try_from(range.start).unwrap_or(u32::MAX));
        let (text, whole) = (self.whole.slice(range), self.whole.clone());
        Source { name: self.name.clone(), text, whole, start, lines: self.lines.clone() }
    }
    /// Name.
    pub fn name(&self) -> &str {
        &self.name
    }
    /// Line and column where the content starts.
    pub fn start(&self) -> (u32, u32) {
        self.start
    }
    /// Content; not necessarily UTF-8.
    pub fn text(&self) -> &[u8] {
        &self.text
    }
    /// A line, counted from 1, without its line end. An empty line follows a final line end.
    pub fn line(&self, line: u32) -> Option<&[u8]> {
        let starts = self.lines.get_or_init(|| {
            let ends = self.whole.iter().enumerate().filter(|(_, c)| **c == b'\n');
            std::iter::once(0).chain(ends.map(|(at, _)| at + 1)).collect()
        });
        let index = (line as usize).checked_sub(1)?;
        let start = *starts.get(index)?;
        let end = starts.get(index + 1).map_or(self.whole.len(), |next| next - 1);
        let row = self.whole.get(start..end)?;
        // A carriage return ends a line for display too.
        Some(row.split(|&c| c == b'\r').next().unwrap_or(row))
    }
}

/// Line and column, from 1, of byte positions; fast when they ascend.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LineCounter {
    start: (u32, u32),
    pos: usize,
    line: u32,
    line_start: usize,
}

impl LineCounter {
    /// Counts from a line and column on.
    pub(crate) fn new(start: (u32, u32)) -> Self {
        LineCounter { start, pos: 0, line: start.0, line_start: 0 }
    }
    /// Where it counts from.
    pub(crate) fn start(&self) -> (u32, u32) {
        self.start
    }
    /// Line and column of `pos`.
    pub(crate) fn at(&mut self, text: &[u8], pos: u32) -> (u32, u32) {
        let pos = (pos as usize).min(text.len());
        if pos < self.line_start {
            *self = Self::new(self.start);
        }
        if pos > self.pos {
            let between = &text[self.pos..pos];
            if let Some(last) = between.iter().rposition(|&c| c == b'\n') {
                self.line += between.iter().map(|&c| u32::from(c == b'\n')).sum::<u32>();
                self.line_start = self.pos + last + 1;
            }
            self.pos = pos;
        }
        let before = if self.line == self.start.0 { self.start.1 } else { 1 };
        (self.line, (pos - self.line_start) as u32 + before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns() {
        let text = b"ab\n\ncd\r\ne";
        let mut c = LineCounter::new((1, 1));
        let all: Vec<_> = (0..=9).map(|p| c.at(text, p)).collect();
        let want = [(1, 1), (1, 2), (1, 3), (2, 1), (3, 1), (3, 2), (3, 3), (3, 4), (4, 1), (4, 2)];
        assert_eq!(all, want);
        assert_eq!(c.at(text, 1), (1, 2));
        let s = Source::new("f", &text[..]);
        assert_eq!(s.line(3), Some(&b"cd"[..]));
        assert_eq!(s.line(0), None);
        assert_eq!(s.line(5), None);
        let part = s.part(4..9);
        assert_eq!((part.text(), part.start(), part.line(1)), (&b"cd\r\ne"[..], (3, 1), Some(&b"ab"[..])));
        let part = s.part(1..99);
        let mut c = LineCounter::new(part.start());
        let all: Vec<_> = (0..4).map(|p| c.at(part.text(), p)).collect();
        assert_eq!(all, [(1, 2), (1, 3), (2, 1), (3, 1)]);
    }

    #[test]
    fn lines_are_found_once_for_all_clones_and_parts() {
        let text: String = (0..100_000).map(|i| format!("line {i}\n")).collect();
        let source = Source::new("f", text.clone().into_bytes());
        let part = source.part(8..20);
        assert!(source.lines.get().is_none(), "not before the first use");
        // From the start of the text for each line, this would read some 60 GB.
        for (i, want) in text.split('\n').enumerate() {
            assert_eq!(part.line(i as u32 + 1), Some(want.as_bytes()));
        }
        assert_eq!(source.lines.get().map(Vec::len), Some(100_001));
        assert_eq!(source.clone().line(100_002), None);
        assert_eq!(Source::new("f", "").line(1), Some(&b""[..]));
    }
}

//! A named text that diagnostics can quote.

use bytes::Bytes;

/// Text with the name that locations and diagnostics show. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Source {
    name: String,
    text: Bytes,
}

impl Source {
    /// A source; `-` and standard input are conventionally named `<stdin>`.
    pub fn new(name: impl Into<String>, text: impl Into<Bytes>) -> Self {
        Source { name: name.into(), text: text.into() }
    }
    /// Name.
    pub fn name(&self) -> &str {
        &self.name
    }
    /// Content; not necessarily UTF-8.
    pub fn text(&self) -> &[u8] {
        &self.text
    }
    /// A line, counted from 1, without its line end. An empty line follows a final line end.
    pub fn line(&self, line: u32) -> Option<&[u8]> {
        let rows = || self.text.split(|&c| c == b'\n');
        let row = rows().nth(line.checked_sub(1)? as usize)?;
        // A carriage return ends a line for display too.
        Some(row.split(|&c| c == b'\r').next().unwrap_or(row))
    }
}

/// Line and column, from 1, of byte positions; fast when they ascend.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LineCounter {
    pos: usize,
    line: u32,
    line_start: usize,
}

impl LineCounter {
    pub(crate) fn new() -> Self {
        LineCounter { pos: 0, line: 1, line_start: 0 }
    }
    /// Line and column of `pos`.
    pub(crate) fn at(&mut self, text: &[u8], pos: u32) -> (u32, u32) {
        let pos = (pos as usize).min(text.len());
        if pos < self.line_start {
            *self = Self::new();
        }
        if pos > self.pos {
            let between = &text[self.pos..pos];
            if let Some(last) = between.iter().rposition(|&c| c == b'\n') {
                self.line += between.iter().map(|&c| u32::from(c == b'\n')).sum::<u32>();
                self.line_start = self.pos + last + 1;
            }
            self.pos = pos;
        }
        (self.line, (pos - self.line_start) as u32 + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns() {
        let text = b"ab\n\ncd\r\ne";
        let mut c = LineCounter::new();
        let all: Vec<_> = (0..=9).map(|p| c.at(text, p)).collect();
        let want = [(1, 1), (1, 2), (1, 3), (2, 1), (3, 1), (3, 2), (3, 3), (3, 4), (4, 1), (4, 2)];
        assert_eq!(all, want);
        assert_eq!(c.at(text, 1), (1, 2));
        let s = Source::new("f", &text[..]);
        assert_eq!(s.line(3), Some(&b"cd"[..]));
        assert_eq!(s.line(0), None);
        assert_eq!(s.line(5), None);
    }
}

//! Input side of the text form: a scanner over the source, no token list.

use std::str::FromStr;

use crate::schema::Field;

/// A mistake in program text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{line}:{column}: error: {message}\n{source_line}\n{:>width$}", "^", width = *column)]
pub struct TextError {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong.
    pub message: String,
    /// The line, for display.
    pub source_line: String,
}

pub(crate) type Parsed<T> = std::result::Result<T, TextError>;

/// A position in the text.
pub(crate) struct Parser<'a> {
    text: &'a str,
    pos: usize,
}

impl<'a> Parser<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Parser { text, pos: 0 }
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.pos..).unwrap_or("")
    }

    /// Skips blanks and `//` comments.
    fn skip(&mut self) {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start_matches([' ', '\t', '\n', '\r']);
            self.pos += rest.len() - trimmed.len();
            if !trimmed.starts_with("//") {
                return;
            }
            self.pos += trimmed.find('\n').unwrap_or(trimmed.len());
        }
    }

    /// Offset of the next token.
    pub(crate) fn here(&mut self) -> usize {
        self.skip();
        self.pos
    }

    #[cold]
    pub(crate) fn fail<T>(&self, at: usize, message: impl Into<String>) -> Parsed<T> {
        let before = self.text.get(..at).unwrap_or(self.text);
        let start = before.rfind('\n').map_or(0, |i| i + 1);
        let line = before.matches('\n').count() + 1;
        let column = before.get(start..).unwrap_or("").chars().count() + 1;
        // A line of a constant can have megabytes: show the part around the mistake.
        let whole = self.text.get(start..).unwrap_or("").split('\n').next().unwrap_or("");
        let source_line = if whole.len() > 400 { String::new() } else { whole.replace('\t', " ") };
        Err(TextError { line, column, message: message.into(), source_line })
    }

    pub(crate) fn peek(&mut self) -> Option<u8> {
        self.skip();
        self.rest().bytes().next()
    }
    /// Consumes the ASCII character that `peek` saw.
    pub(crate) fn bump(&mut self) {
        self.pos += 1;
    }
    pub(crate) fn eat(&mut self, c: char) -> bool {
        self.skip();
        let found = self.rest().starts_with(c);
        if found {
            self.pos += c.len_utf8();
        }
        found
    }
    pub(crate) fn expect(&mut self, c: char) -> Parsed<()> {
        if self.eat(c) { Ok(()) } else { self.fail(self.pos, format!("expected `{c}`")) }
    }
    pub(crate) fn fail_here<T>(&mut self, message: impl Into<String>) -> Parsed<T> {
        let at = self.here();
        self.fail(at, message)
    }
    /// Consumes a line that is exactly this.
    pub(crate) fn eat_line(&mut self, line: &str) -> bool {
        self.skip();
        let found = self.rest().lines().next() == Some(line);
        if found {
            self.pos += line.len();
        }
        found
    }
    pub(crate) fn at_end(&mut self) -> bool {
        self.skip();
        self.rest().is_empty()
    }

    fn word(&mut self) -> &'a str {
        self.skip();
        let rest = self.rest();
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '.')).unwrap_or(rest.len());
        rest.get(..end).unwrap_or("")
    }
    /// The next identifier, not consumed; empty when there is none.
    pub(crate) fn peek_ident(&mut self) -> &'a str {
        let w = self.word();
        if w.starts_with(|c: char| c.is_ascii_alphabetic()) { w } else { "" }
    }
    pub(crate) fn ident(&mut self) -> Parsed<&'a str> {
        let w = self.peek_ident();
        if w.is_empty() {
            return self.fail(self.pos, "expected a name");
        }
        self.pos += w.len();
        Ok(w)
    }
    /// Consumes this word if it is next.
    pub(crate) fn eat_word(&mut self, word: &str) -> bool {
        let found = self.peek_ident() == word;
        if found {
            self.pos += word.len();
        }
        found
    }
    pub(crate) fn expect_word(&mut self, word: &str) -> Parsed<()> {
        if self.eat_word(word) { Ok(()) } else { self.fail(self.pos, format!("expected `{word}`")) }
    }
    /// A reference: a letter and a number without leading zeros.
    pub(crate) fn id(&mut self, prefix: char) -> Parsed<u32> {
        let at = self.here();
        let w = self.word();
        match w.strip_prefix(prefix).and_then(canonical::<u32>) {
            Some(n) => {
                self.pos += w.len();
                Ok(n)
            }
            None => self.fail(at, format!("expected `{prefix}` and a number, such as `{prefix}0`")),
        }
    }
    /// A decimal integer without leading zeros.
    pub(crate) fn int<T: FromStr>(&mut self) -> Parsed<T> {
        let at = self.here();
        let rest = self.rest();
        let sign = rest.starts_with('-') as usize;
        let digits = rest.get(sign..).unwrap_or("");
        let end = digits.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(digits.len());
        let word = rest.get(..sign + end).unwrap_or("");
        match canonical(word) {
            Some(v) => {
                self.pos += word.len();
                Ok(v)
            }
            None => self.fail(at, format!("expected a decimal {} integer", std::any::type_name::<T>())),
        }
    }
    pub(crate) fn float(&mut self) -> Parsed<f32> {
        let at = self.here();
        let rest = self.rest();
        let end =
            rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '.' || c == '-' || c == '+')).unwrap_or(rest.len());
        let word = rest.get(..end).unwrap_or("");
        let value = match word.strip_prefix("0x") {
            Some(bits) if bits.len() == 8 => u32::from_str_radix(bits, 16).ok().map(f32::from_bits),
            Some(_) => None,
            None => word.parse().ok().filter(|v: &f32| v.is_finite()),
        };
        match value {
            Some(v) => {
                self.pos += end;
                Ok(v)
            }
            None => self.fail(at, "expected a finite decimal number or the 8 hex digits of a float's bits after 0x"),
        }
    }
    pub(crate) fn quoted(&mut self) -> Parsed<String> {
        let at = self.here();
        let Some(body) = self.rest().strip_prefix('"') else { return self.fail(at, "expected a string") };
        let mut out = String::new();
        let mut chars = body.char_indices();
        while let Some((i, c)) = chars.next() {
            match c {
                '"' => {
                    self.pos += 1 + i + 1;
                    return Ok(out);
                }
                '\n' => break,
                '\\' => match chars.next() {
                    Some((_, '"')) => out.push('"'),
                    Some((_, '\\')) => out.push('\\'),
                    Some((_, 'n')) => out.push('\n'),
                    Some((_, 't')) => out.push('\t'),
                    Some((j, 'u')) => {
                        let code =
                            body.get(j + 1..).and_then(|r| r.strip_prefix('{')).and_then(|r| r.split('}').next());
                        let Some(code) = code.filter(|c| c.len() <= 6) else {
                            return self.fail(at + 1 + i, "expected \\u{hex}");
                        };
                        let Some(ch) = u32::from_str_radix(code, 16).ok().and_then(char::from_u32) else {
                            return self.fail(at + 1 + i, "no such character");
                        };
                        out.push(ch);
                        for _ in 0..code.len() + 2 {
                            chars.next();
                        }
                    }
                    _ => return self.fail(at + 1 + i, "unknown escape; known: \\\" \\\\ \\n \\t \\u{hex}"),
                },
                c => out.push(c),
            }
        }
        self.fail(at, "the string does not end on its line")
    }
    /// The 8 hex digits of a digest.
    pub(crate) fn hex_word(&mut self) -> Parsed<u32> {
        let at = self.here();
        let w = self.word();
        match u32::from_str_radix(w, 16).ok().filter(|v| format!("{v:08x}") == w) {
            Some(v) => {
                self.pos += w.len();
                Ok(v)
            }
            None => self.fail(at, "expected 8 hex digits"),
        }
    }
    /// `hex"..."`.
    pub(crate) fn hex(&mut self) -> Parsed<Vec<u8>> {
        self.expect_word("hex")?;
        let at = self.here();
        let Some((digits, _)) = self.rest().strip_prefix('"').and_then(|b| b.split_once('"')) else {
            return self.fail(at, "expected hex digits in quotes");
        };
        let mut out = Vec::with_capacity(digits.len() / 2);
        for pair in digits.as_bytes().chunks(2) {
            let value = |c: u8| (c as char).to_digit(16).filter(|_| !c.is_ascii_uppercase());
            match *pair {
                [a, b] if value(a).is_some() && value(b).is_some() => {
                    out.push((value(a).unwrap_or(0) << 4 | value(b).unwrap_or(0)) as u8);
                }
                _ => return self.fail(at + 1 + 2 * out.len(), "expected pairs of lower-case hex digits"),
            }
        }
        self.pos += digits.len() + 2;
        Ok(out)
    }
    /// The text after `|` up to the end of the line, without a blank after the bar.
    pub(crate) fn bar_line(&mut self) -> Option<&'a str> {
        if self.peek() != Some(b'|') {
            return None;
        }
        let rest = self.rest();
        let line = rest.split('\n').next().unwrap_or("");
        self.pos += line.len();
        let body = line.get(1..).unwrap_or("");
        let body = body.strip_suffix('\r').unwrap_or(body);
        Some(body.strip_prefix(' ').unwrap_or(body))
    }
    /// A field of a record, see [`crate::text::print::Printer::field`].
    pub(crate) fn field<T: Field>(&mut self, name: &str) -> Parsed<T> {
        if self.peek_ident() == name {
            self.pos += name.len();
            if let Some(v) = T::bare() {
                return Ok(v);
            }
            self.expect('=')?;
            return T::read(self);
        }
        match T::absent() {
            Some(v) => Ok(v),
            None => self.fail(self.pos, format!("expected `{name}=`")),
        }
    }
}

/// A number in the form that printing gives it.
fn canonical<T: FromStr>(word: &str) -> Option<T> {
    let digits = word.strip_prefix('-').unwrap_or(word);
    let plain =
        digits.bytes().all(|b| b.is_ascii_digit()) && (digits == "0" || !digits.starts_with('0')) && word != "-0";
    if plain { word.parse().ok() } else { None }
}

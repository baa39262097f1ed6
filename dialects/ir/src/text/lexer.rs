//! Tokens of MLIR text. The lexer borrows the source and never allocates.

/// Kind of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tok {
    Eof,
    /// A lexical error; the message is in [`Lexer::error`].
    Error,
    /// `word`, keywords included
    Bare,
    /// `i32`, `si8`, `ui8`
    IntType,
    /// `@name` or `@"name"`
    At,
    /// `^name`
    Caret,
    /// `%name`
    Percent,
    /// `#name`
    Hash,
    /// `!name`
    Excl,
    Int,
    Float,
    Str,
    Arrow,
    Colon,
    Comma,
    Equal,
    Less,
    Greater,
    LParen,
    RParen,
    LBrace,
    RBrace,
    LSquare,
    RSquare,
    Minus,
    Plus,
    Question,
    Star,
    Slash,
    Bar,
    Ellipsis,
    /// `{-#`
    MetaBegin,
    /// `#-}`
    MetaEnd,
}

impl Tok {
    /// Spelling of punctuation, for messages.
    pub(crate) fn spelling(self) -> &'static str {
        match self {
            Tok::Arrow => "->",
            Tok::Colon => ":",
            Tok::Comma => ",",
            Tok::Equal => "=",
            Tok::Less => "<",
            Tok::Greater => ">",
            Tok::LParen => "(",
            Tok::RParen => ")",
            Tok::LBrace => "{",
            Tok::RBrace => "}",
            Tok::LSquare => "[",
            Tok::RSquare => "]",
            Tok::Minus => "-",
            Tok::Plus => "+",
            Tok::Question => "?",
            Tok::Star => "*",
            Tok::Slash => "/",
            Tok::Bar => "|",
            Tok::Ellipsis => "...",
            Tok::MetaBegin => "{-#",
            Tok::MetaEnd => "#-}",
            _ => "token",
        }
    }
}

/// A token: kind and byte range in the source.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token {
    pub(crate) kind: Tok,
    pub(crate) start: u32,
    pub(crate) end: u32,
}

/// Cuts the source into tokens.
#[derive(Clone)]
pub(crate) struct Lexer<'s> {
    text: &'s [u8],
    pos: usize,
    /// Position and message of the last [`Tok::Error`].
    pub(crate) error: Option<(u32, &'static str)>,
}

/// What may follow the first character of a bare identifier.
pub(crate) fn is_ident_char(c: u8) -> bool {
    CLASS[c as usize] & IDENT != 0
}

const IDENT: u8 = 1;
const SUFFIX: u8 = 2;

/// Character classes: bare identifiers (`\w$.`) and suffix identifiers after a sigil (`\w$.-`).
static CLASS: [u8; 256] = {
    let mut t = [0; 256];
    let mut i = 0;
    while i < 256 {
        let c = i as u8;
        if c.is_ascii_alphanumeric() || c == b'_' || c == b'$' || c == b'.' {
            t[i] = IDENT | SUFFIX;
        } else if c == b'-' {
            t[i] = SUFFIX;
        }
        i += 1;
    }
    t
};

impl<'s> Lexer<'s> {
    pub(crate) fn new(text: &'s [u8]) -> Self {
        Lexer { text, pos: 0, error: None }
    }

    /// Continues at another position.
    pub(crate) fn seek(&mut self, pos: u32) {
        self.pos = pos as usize;
    }

    /// Byte at an offset from the current position; 0 past the end.
    fn at(&self, offset: usize) -> u8 {
        self.text.get(self.pos + offset).copied().unwrap_or(0)
    }

    fn skip_while(&mut self, class: u8) {
        while self.text.get(self.pos).is_some_and(|&c| CLASS[c as usize] & class != 0) {
            self.pos += 1;
        }
    }

    fn skip_digits(&mut self) {
        while self.at(0).is_ascii_digit() {
            self.pos += 1;
        }
    }

    fn fail(&mut self, start: usize, at: usize, message: &'static str) -> Token {
        self.error = Some((at as u32, message));
        Token { kind: Tok::Error, start: start as u32, end: self.pos as u32 }
    }

    /// The next token.
    pub(crate) fn next(&mut self) -> Token {
        loop {
            let start = self.pos;
            let Some(&c) = self.text.get(start) else {
                return Token { kind: Tok::Eof, start: start as u32, end: start as u32 };
            };
            self.pos += 1;
            let kind = match c {
                // A NUL inside the file is skipped.
                b' ' | b'\t' | b'\n' | b'\r' | 0 => continue,
                b'a'..=b'z' | b'A'..=b'Z' | b'_' => {
                    self.skip_while(IDENT);
                    if is_int_type(&self.text[start..self.pos]) { Tok::IntType } else { Tok::Bare }
                }
                b'%' => return self.prefixed(start, Tok::Percent, "invalid SSA name"),
                b'(' => Tok::LParen,
                b')' => Tok::RParen,
                b',' => Tok::Comma,
                b':' => Tok::Colon,
                b'"' => return self.string(start, Tok::Str),
                b'=' => Tok::Equal,
                b'<' => Tok::Less,
                b'>' => Tok::Greater,
                b'-' if self.at(0) == b'>' => {
                    self.pos += 1;
                    Tok::Arrow
                }
                b'-' => Tok::Minus,
                b'{' if self.at(0) == b'-' && self.at(1) == b'#' => {
                    self.pos += 2;
                    Tok::MetaBegin
                }
                b'{' => Tok::LBrace,
                b'}' => Tok::RBrace,
                b'[' => Tok::LSquare,
                b']' => Tok::RSquare,
                b'+' => Tok::Plus,
                b'?' => Tok::Question,
                b'*' => Tok::Star,
                b'|' => Tok::Bar,
                b'/' if self.at(0) == b'/' => {
                    let rest = &self.text[self.pos..];
                    self.pos += rest.iter().position(|&c| c == b'\n' || c == b'\r').unwrap_or(rest.len());
                    continue;
                }
                b'/' => Tok::Slash,
                b'@' => return self.symbol(start),
                b'#' if self.at(0) == b'-' && self.at(1) == b'}' => {
                    self.pos += 2;
                    Tok::MetaEnd
                }
                b'#' => return self.prefixed(start, Tok::Hash, "invalid attribute name"),
                b'!' => return self.prefixed(start, Tok::Excl, "invalid type identifier"),
                b'^' => return self.prefixed(start, Tok::Caret, "invalid block name"),
                b'0'..=b'9' => self.number(c),
                b'.' if self.at(0) == b'.' && self.at(1) == b'.' => {
                    self.pos += 2;
                    Tok::Ellipsis
                }
                b'.' => return self.fail(start, start + 1, "expected three consecutive dots for an ellipsis"),
                _ => return self.fail(start, start, "unexpected character"),
            };
            return Token { kind, start: start as u32, end: self.pos as u32 };
        }
    }

    fn prefixed(&mut self, start: usize, kind: Tok, message: &'static str) -> Token {
        let c = self.at(0);
        if c.is_ascii_digit() {
            self.skip_digits();
        } else if CLASS[c as usize] & SUFFIX != 0 {
            self.skip_while(SUFFIX);
        } else {
            return self.fail(start, start, message);
        }
        Token { kind, start: start as u32, end: self.pos as u32 }
    }

    fn symbol(&mut self, start: usize) -> Token {
        let c = self.at(0);
        if c == b'"' {
            self.pos += 1;
            return self.string(start, Tok::At);
        }
        if !c.is_ascii_alphabetic() && c != b'_' {
            return self.fail(start, start + 1, "@ identifier expected to start with letter or '_'");
        }
        self.skip_while(IDENT);
        Token { kind: Tok::At, start: start as u32, end: self.pos as u32 }
    }

    fn number(&mut self, first: u8) -> Tok {
        if first == b'0' && self.at(0) == b'x' {
            // `0xi32` is a zero followed by `xi32`.
            if self.at(1).is_ascii_hexdigit() {
                self.pos += 2;
                while self.at(0).is_ascii_hexdigit() {
                    self.pos += 1;
                }
            }
            return Tok::Int;
        }
        self.skip_digits();
        if self.at(0) != b'.' {
            return Tok::Int;
        }
        self.pos += 1;
        self.skip_digits();
        if matches!(self.at(0), b'e' | b'E') {
            let signed = matches!(self.at(1), b'-' | b'+') && self.at(2).is_ascii_digit();
            if signed || self.at(1).is_ascii_digit() {
                self.pos += 2;
                self.skip_digits();
            }
        }
        Tok::Float
    }

    fn string(&mut self, start: usize, kind: Tok) -> Token {
        loop {
            let rest = &self.text[self.pos..];
            let stop = rest.iter().position(|&c| matches!(c, b'"' | b'\\' | b'\n' | 0x0b | 0x0c));
            let Some(stop) = stop else {
                self.pos = self.text.len();
                return self.fail(start, self.pos, "expected '\"' in string literal");
            };
            self.pos += stop + 1;
            match rest[stop] {
                b'"' => return Token { kind, start: start as u32, end: self.pos as u32 },
                b'\\' => match self.at(0) {
                    b'"' | b'\\' | b'n' | b't' => self.pos += 1,
                    c if c.is_ascii_hexdigit() && self.at(1).is_ascii_hexdigit() => self.pos += 2,
                    _ => return self.fail(start, self.pos - 1, "unknown escape in string literal"),
                },
                _ => return self.fail(start, self.pos - 1, "expected '\"' in string literal"),
            }
        }
    }
}

/// `[su]?i[0-9]+`
fn is_int_type(word: &[u8]) -> bool {
    let digits = match word {
        [b'i', rest @ ..] | [b's' | b'u', b'i', rest @ ..] => rest,
        _ => return false,
    };
    !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)
}

/// Bytes of a string literal without its quotes, escapes resolved. The lexer has checked them.
pub(crate) fn unescape(body: &[u8]) -> std::borrow::Cow<'_, [u8]> {
    if !body.contains(&b'\\') {
        return body.into();
    }
    let hex = |c: u8| (c as char).to_digit(16).unwrap_or(0) as u8;
    let mut out = Vec::with_capacity(body.len());
    let mut i = 0;
    while let Some(&c) = body.get(i) {
        i += 1;
        if c != b'\\' {
            out.push(c);
            continue;
        }
        let at = |i: usize| body.get(i).copied().unwrap_or(b'0');
        match at(i) {
            b'n' => out.push(b'\n'),
            b't' => out.push(b'\t'),
            c @ (b'"' | b'\\') => out.push(c),
            c => {
                out.push(hex(c) << 4 | hex(at(i + 1)));
                i += 1;
            }
        }
        i += 1;
    }
    out.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<(Tok, String)> {
        let mut lexer = Lexer::new(text.as_bytes());
        let mut out = Vec::new();
        loop {
            let t = lexer.next();
            if matches!(t.kind, Tok::Eof | Tok::Error) {
                return out;
            }
            out.push((t.kind, text[t.start as usize..t.end as usize].to_string()));
        }
    }

    #[test]
    fn numbers() {
        let t = kinds("0xi32 0x1F 1. 1.E5 1.5e-3 1.e 12");
        let all: Vec<_> = t.iter().map(|t| t.1.as_str()).collect();
        assert_eq!(all, ["0", "xi32", "0x1F", "1.", "1.E5", "1.5e-3", "1.", "e", "12"]);
    }

    #[test]
    fn identifiers() {
        let t = kinds("%0#1 %a-b ^bb0 #x.y !a<b> @\"a b\"::@c_1 i32 si8 i3x // rest");
        let all: Vec<_> = t.iter().map(|t| t.0).collect();
        use Tok::*;
        let want = [
            Percent, Hash, Percent, Caret, Hash, Excl, Less, Bare, Greater, At, Colon, Colon, At, IntType, IntType,
            Bare,
        ];
        assert_eq!(all, want);
    }

    #[test]
    fn escapes() {
        assert_eq!(&*unescape(br#"a\22\n\\\""#), b"a\"\n\\\"");
        assert_eq!(&*unescape(b"plain"), b"plain");
    }

    #[test]
    fn errors_have_positions() {
        for (text, at) in [("\"ab", 3), ("\"a\\z\"", 2), ("\"a\nb\"", 2), ("  ~", 2), ("@1", 1), ("#", 0)] {
            let mut l = Lexer::new(text.as_bytes());
            assert_eq!(l.next().kind, Tok::Error, "{text:?}");
            assert_eq!(l.error.map(|e| e.0), Some(at), "{text:?}");
        }
    }
}

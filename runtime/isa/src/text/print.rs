//! Output side of the text form.

use std::fmt::{Display, Write as _};

use crate::schema::Field;

/// Collects text.
pub(crate) struct Printer {
    pub(crate) out: String,
}

impl Printer {
    pub(crate) fn push(&mut self, c: char) {
        self.out.push(c);
    }
    pub(crate) fn push_str(&mut self, s: &str) {
        self.out.push_str(s);
    }
    pub(crate) fn number(&mut self, v: impl Display) {
        // Writing to a string cannot fail.
        let _ = write!(self.out, "{v}");
    }
    pub(crate) fn float(&mut self, v: f32) {
        let _ = if v.is_finite() { write!(self.out, "{v:?}") } else { write!(self.out, "0x{:08x}", v.to_bits()) };
    }
    /// `name=value` with a blank before it; nothing when the field is hidden, the bare name when that says it all.
    pub(crate) fn field<T: Field>(&mut self, name: &str, value: &T) {
        if value.hidden() {
            return;
        }
        if !self.out.ends_with(['{', ' ', '\n']) {
            self.push(' ');
        }
        self.push_str(name);
        if T::bare().is_none() {
            self.push('=');
            value.show(self);
        }
    }
    pub(crate) fn close(&mut self, c: char) {
        self.push(c);
    }
    pub(crate) fn list<T: Field>(&mut self, open: char, items: &[T], close: char) {
        self.push(open);
        for (i, v) in items.iter().enumerate() {
            if i > 0 {
                self.push_str(", ");
            }
            v.show(self);
        }
        self.push(close);
    }
    pub(crate) fn quoted(&mut self, s: &str) {
        self.push('"');
        for c in s.chars() {
            match c {
                '"' => self.push_str("\\\""),
                '\\' => self.push_str("\\\\"),
                '\n' => self.push_str("\\n"),
                '\t' => self.push_str("\\t"),
                c if c.is_control() => {
                    let _ = write!(self.out, "\\u{{{:x}}}", c as u32);
                }
                c => self.push(c),
            }
        }
        self.push('"');
    }
    pub(crate) fn hex(&mut self, data: &[u8]) {
        const DIGITS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
        self.push_str("hex\"");
        self.out.reserve(2 * data.len());
        for &b in data {
            self.out.push(DIGITS[(b >> 4) as usize]);
            self.out.push(DIGITS[(b & 15) as usize]);
        }
        self.push('"');
    }
    pub(crate) fn line(&mut self, depth: usize) {
        self.push('\n');
        for _ in 0..depth {
            self.push_str("  ");
        }
    }
}

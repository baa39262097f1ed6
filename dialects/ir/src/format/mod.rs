//! Custom assembly from format strings.

pub mod syntax;

/// A format string of a declaration.
#[derive(Debug)]
pub struct Format {
    text: &'static str,
}

impl Format {
    /// From its text; parsed at first use.
    pub const fn new(text: &'static str) -> Self {
        Format { text }
    }
    /// The text.
    pub fn text(&self) -> &'static str {
        self.text
    }
}

//! What a hand-written or declared custom form prints with. See [`crate::text::asm`].

use super::print::OpPrinter;
use crate::core::{Attribute, Context, Ident, Ir, OpId};

impl<'a> OpPrinter<'a> {
    /// The context.
    pub fn ctx(&self) -> &'a Context {
        self.ctx
    }
    /// Prints text as it is.
    pub fn str(&mut self, text: &str) {
        self.out.str(text);
    }
    /// Prints an integer.
    pub fn int(&mut self, value: i64) {
        self.out.int(value);
    }
    /// Prints a string in quotes.
    pub fn string(&mut self, text: &str) {
        self.quoted(text.as_bytes());
    }
    /// Prints a line break and the indentation of the current operation.
    pub fn newline(&mut self) {
        self.out.str("\n");
        self.out.indent(self.indent);
    }
    /// Runs `f` with deeper indentation.
    pub fn indented(&mut self, f: impl FnOnce(&mut Self)) {
        self.indent += 2;
        f(self);
        self.indent -= 2;
    }
    /// Prints attributes, separated by commas.
    pub fn attrs(&mut self, attrs: &[Attribute]) {
        for (i, &a) in attrs.iter().enumerate() {
            if i > 0 {
                self.out.str(", ");
            }
            self.attr(a);
        }
    }
    /// Prints ` {key = value}` of an operation's attributes, inherent ones included, without those named in `elided`; nothing
    /// when none is left.
    pub fn attr_dict(&mut self, ir: &Ir, op: OpId, elided: &[&str]) {
        let items = self.shown_attrs(ir, op, elided);
        self.dict_after("", &items);
    }
    /// As [`OpPrinter::attr_dict`] with ` attributes` in front.
    pub fn attr_dict_with_keyword(&mut self, ir: &Ir, op: OpId, elided: &[&str]) {
        let items = self.shown_attrs(ir, op, elided);
        self.dict_after(" attributes", &items);
    }
    /// Prints ` {key = value}`; nothing without items.
    pub fn dict_items(&mut self, items: &[(Ident, Attribute)]) {
        self.dict_after("", items);
    }

    fn dict_after(&mut self, before: &str, items: &[(Ident, Attribute)]) {
        if !items.is_empty() {
            self.out.str(before);
            self.out.str(" ");
            self.dict(items);
        }
    }

    fn shown_attrs(&self, ir: &Ir, op: OpId, elided: &[&str]) -> Vec<(Ident, Attribute)> {
        let props = ir.props(op).map(|p| self.ctx.dict_items(p)).unwrap_or_default();
        let attrs = self.ctx.dict_items(ir.attrs(op));
        let mut all: Vec<_> =
            props.iter().chain(attrs).filter(|a| !elided.contains(&self.ctx.str(a.0))).copied().collect();
        all.sort_by_key(|a| self.ctx.str(a.0));
        all
    }
}

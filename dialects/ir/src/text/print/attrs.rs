//! Attributes.

use super::OpPrinter;
use crate::core::{AttrData, Attribute, DYNAMIC, Ident, IntValue, Signedness, Type, TypeData};
use crate::text::big::Big;
use crate::text::float;

/// Whether the type of an attribute is printed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Elide {
    /// Always.
    Never,
    /// Unless it is the default, `i64` or `f64`.
    May,
    /// Never; it is known from elsewhere.
    Must,
}

/// Whether a name can stand without quotes.
pub(super) fn is_bare(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|c| c.is_ascii_alphabetic() || c == b'_') && bytes.all(crate::text::lexer::is_ident_char)
}

impl OpPrinter<'_> {
    /// Prints an attribute, by its alias if it has one.
    pub fn attr(&mut self, attr: Attribute) {
        self.attr_eliding(attr, Elide::Never);
    }
    /// Prints an attribute without its type, which is known from elsewhere.
    pub fn attr_without_type(&mut self, attr: Attribute) {
        self.attr_eliding(attr, Elide::Must);
    }

    pub(super) fn attr_eliding(&mut self, attr: Attribute, elide: Elide) {
        if self.collector.is_some() {
            self.visit_attr(attr, false, elide == Elide::Must);
            return;
        }
        use AttrData::*;
        if let Map(_) | Set(_) | Distinct { .. } | Location(_) | Dialect { .. } = self.ctx.attr_data(attr)
            && self.attr_alias(attr)
        {
            return;
        }
        self.attr_inline(attr, elide);
    }

    pub(super) fn attr_inline(&mut self, attr: Attribute, elide: Elide) {
        let ty = match self.ctx.attr_data(attr) {
            AttrData::Unit => return self.out.str("unit"),
            AttrData::Integer { ty, value } => {
                if *ty == self.ctx.i1() {
                    return self.out.str(if *value == IntValue::Small(0) { "false" } else { "true" });
                }
                self.int_value(*ty, value);
                if elide == Elide::May && *ty == self.ctx.i64() {
                    return;
                }
                Some(*ty)
            }
            AttrData::Float { ty, bits } => {
                self.float_value(*ty, *bits);
                if elide == Elide::May && *ty == self.ctx.f64() {
                    return;
                }
                Some(*ty)
            }
            AttrData::String { value, ty } => {
                self.quoted(value);
                *ty
            }
            AttrData::Type(ty) => return self.ty(*ty),
            AttrData::Array(items) => {
                self.out.str("[");
                for (i, &item) in items.iter().enumerate() {
                    if i > 0 {
                        self.out.str(", ");
                    }
                    self.attr_eliding(item, Elide::May);
                }
                return self.out.str("]");
            }
            AttrData::Dictionary(items) => return self.dict(items),
            AttrData::Symbol { root, nested } => {
                self.symbol(self.ctx.str(*root));
                for &n in nested {
                    self.out.str("::");
                    self.symbol(self.ctx.str(n));
                }
                return;
            }
            AttrData::Dense { ty, data, splat } => {
                self.dense(*ty, data, *splat);
                Some(*ty)
            }
            AttrData::DenseStrings { ty, values, splat } => {
                self.dense_strings(*ty, values, *splat);
                Some(*ty)
            }
            AttrData::DenseResource { ty, key } => {
                self.use_resource(*key);
                self.out.str("dense_resource<");
                self.keyword_or_string(self.ctx.str(*key));
                self.out.str(">");
                Some(*ty)
            }
            AttrData::DenseArray { elem, data } => return self.dense_array(*elem, data),
            AttrData::Sparse { ty, indices, values } => {
                self.sparse(*indices, *values);
                Some(*ty)
            }
            AttrData::Strided { strides, offset } => return self.strided(strides, *offset),
            AttrData::Distinct { id, body } => {
                let next = self.distinct.len() as u64;
                let number = *self.distinct.entry(*id).or_insert(next);
                self.out.str("distinct[");
                self.out.uint(number);
                self.out.str("]<");
                if *body != self.ctx.unit() {
                    self.attr(*body);
                }
                return self.out.str(">");
            }
            AttrData::Map(map) => return self.out.str(&format!("affine_map<{map}>")),
            AttrData::Set(set) => return self.out.str(&format!("affine_set<{set}>")),
            AttrData::Location(loc) => return self.location(*loc),
            AttrData::Opaque { dialect, body, ty } => {
                self.dialect_symbol("#", self.ctx.str(*dialect), body);
                *ty
            }
            AttrData::Dialect { def, params } => {
                self.out.str("#");
                self.out.str(def.name);
                return match def.print {
                    Some(print) => print(self, params),
                    None => self.default_params(params),
                };
            }
        };
        if elide != Elide::Must
            && let Some(ty) = ty
        {
            self.out.str(" : ");
            self.ty(ty);
        }
    }

    /// Prints the value of an integer of a type.
    pub(super) fn int_value(&mut self, ty: Type, value: &IntValue) {
        let unsigned = matches!(self.ctx.type_data(ty), TypeData::Integer { sign: Signedness::Unsigned, .. });
        match value {
            IntValue::Small(v) if unsigned => self.out.uint(*v as u64),
            IntValue::Small(v) => self.out.int(*v),
            IntValue::Wide(words) => {
                let mut words = words.to_vec();
                if !unsigned && words.last().is_some_and(|w| w >> 63 == 1) {
                    self.out.str("-");
                    let mut carry = true;
                    for w in &mut words {
                        (*w, carry) = (!*w).overflowing_add(u64::from(carry));
                    }
                }
                let mut big = Big(words);
                big.trim();
                let digits = big.decimal_digits_reversed();
                let text: Vec<u8> = digits.iter().rev().map(|d| d + b'0').collect();
                self.out.bytes(if text.is_empty() { b"0" } else { &text });
            }
        }
    }

    pub(super) fn float_value(&mut self, ty: Type, bits: u128) {
        if let TypeData::Float(kind) = *self.ctx.type_data(ty) {
            let mut text = String::new();
            float::print(kind, bits, &mut text);
            self.out.str(&text);
        }
    }

    /// Prints a string in quotes.
    pub(in crate::text) fn quoted(&mut self, bytes: &[u8]) {
        self.out.str("\"");
        self.escaped(bytes);
        self.out.str("\"");
    }

    pub(super) fn escaped(&mut self, bytes: &[u8]) {
        let plain = |c: u8| (b' '..=b'~').contains(&c) && c != b'"' && c != b'\\';
        let mut rest = bytes;
        loop {
            let n = rest.iter().position(|&c| !plain(c)).unwrap_or(rest.len());
            self.out.bytes(&rest[..n]);
            let Some(&c) = rest.get(n) else { return };
            if c == b'\\' {
                self.out.str("\\\\");
            } else {
                const HEX: &[u8; 16] = b"0123456789ABCDEF";
                self.out.bytes(&[b'\\', HEX[usize::from(c >> 4)], HEX[usize::from(c & 15)]]);
            }
            rest = &rest[n + 1..];
        }
    }

    /// Prints `@name`, quoted where needed.
    pub fn symbol(&mut self, name: &str) {
        if name.is_empty() {
            return self.out.str("@<<INVALID EMPTY SYMBOL>>");
        }
        self.out.str("@");
        self.keyword_or_string(name);
    }

    /// Prints a word, quoted where needed.
    pub fn keyword_or_string(&mut self, text: &str) {
        if is_bare(text) { self.out.str(text) } else { self.quoted(text.as_bytes()) }
    }

    /// Prints `{key = value, unit}`.
    pub(in crate::text) fn dict(&mut self, items: &[(Ident, Attribute)]) {
        self.out.str("{");
        for (i, &(key, value)) in items.iter().enumerate() {
            if i > 0 {
                self.out.str(", ");
            }
            self.named_attr(key, value);
        }
        self.out.str("}");
    }

    pub(super) fn named_attr(&mut self, key: Ident, value: Attribute) {
        self.keyword_or_string(self.ctx.str(key));
        if value != self.ctx.unit() {
            self.out.str(" = ");
            self.attr(value);
        }
    }

    fn strided(&mut self, strides: &[i64], offset: i64) {
        let one = |p: &mut Self, v: i64| if v == DYNAMIC { p.out.str("?") } else { p.out.int(v) };
        self.out.str("strided<[");
        for (i, &s) in strides.iter().enumerate() {
            if i > 0 {
                self.out.str(", ");
            }
            one(self, s);
        }
        self.out.str("]");
        if offset != 0 {
            self.out.str(", offset: ");
            one(self, offset);
        }
        self.out.str(">");
    }
}

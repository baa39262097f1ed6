//! The elements attribute `dense`, and what it shares with the others.
//!
//! A literal is read twice: first for its shape, because the element type follows it, then for its values, straight into the
//! buffer. So nothing is stored per element but the element.

use super::attrs::float_literal;
use super::ints::{IntFormat, int_value};
use super::{OpParser, ParseResult, Pos};
use crate::core::{AttrData, Attribute, FloatKind, IntValue, Signedness, Type, TypeData};
use crate::text::float;
use crate::text::lexer::Tok;
use smallvec::SmallVec;

/// Widest integer element.
pub(super) const MAX_ELEMENT_BITS: u32 = 1 << 16;

pub(super) type Shape = SmallVec<[i64; 4]>;

/// What the first reading of a literal found.
pub(super) struct Literal {
    start: u32,
    /// Sizes of the nested lists; empty for a single element.
    pub(super) shape: Shape,
    /// Numbers or strings in it, two for a complex element.
    scalars: usize,
    /// A string alone: hexadecimal data.
    hex: bool,
}

/// How one element is stored.
#[derive(Clone, Copy)]
pub(super) enum Element {
    Int(IntFormat),
    Float(FloatKind),
}

impl Element {
    pub(super) fn bytes(self) -> usize {
        match self {
            Element::Int(f) => (f.width as usize).div_ceil(8).max(1),
            Element::Float(k) => (k.width() as usize).div_ceil(8),
        }
    }
    pub(super) fn bits(self) -> u32 {
        match self {
            Element::Int(f) => f.width,
            Element::Float(k) => k.width(),
        }
    }
}

/// Dimensions and element type of a shaped type; None for the dimensions when it is unranked.
pub(super) fn shaped(data: &TypeData) -> Option<(Option<&[i64]>, Type)> {
    match data {
        TypeData::Vector { dims, elem, .. }
        | TypeData::Tensor { dims, elem, .. }
        | TypeData::MemRef { dims, elem, .. } => Some((Some(dims), *elem)),
        TypeData::UnrankedTensor(elem) | TypeData::UnrankedMemRef { elem, .. } => Some((None, *elem)),
        _ => None,
    }
}

/// Number of elements; saturates.
fn count(dims: &[i64]) -> u64 {
    dims.iter().fold(1, |n: u64, &d| n.saturating_mul(d.max(0) as u64))
}

pub(super) fn show_dims(dims: &[i64]) -> String {
    dims.iter().map(i64::to_string).collect::<Vec<_>>().join(", ")
}

impl<'s> OpParser<'s> {
    pub(super) fn dense_attr(&mut self, ty: Option<Type>) -> ParseResult<Attribute> {
        let start = self.pos();
        self.advance();
        self.expect(Tok::Less, "expected '<' after 'dense'")?;
        let literal = if self.eat(Tok::Greater) {
            None
        } else {
            let literal = self.scan_literal(true)?;
            self.expect(Tok::Greater, "expected '>'")?;
            Some(literal)
        };
        let (ty, dims) = self.elements_type(ty, start)?;
        self.build_literal(literal, ty, &dims, start)
    }

    /// The static shaped type of an elements attribute.
    pub(super) fn elements_type(&mut self, known: Option<Type>, start: Pos) -> ParseResult<(Type, Shape)> {
        let ty = match known {
            Some(ty) => ty,
            None => {
                self.expect(Tok::Colon, "expected ':'")?;
                self.ty()?
            }
        };
        match shaped(self.ctx.type_data(ty)) {
            None => Err(self.error_at(start, "elements literal must be a shaped type")),
            Some((Some(dims), _)) if dims.iter().all(|&d| d >= 0) => Ok((ty, dims.into())),
            Some(_) => Err(self.error_at(start, "elements literal type must have static shape")),
        }
    }

    // ---- first reading ----

    pub(super) fn scan_literal(&mut self, allow_hex: bool) -> ParseResult<Literal> {
        let mut literal = Literal { start: self.tok.start, shape: Shape::new(), scalars: 0, hex: false };
        if allow_hex && self.eat(Tok::Str) {
            literal.hex = true;
            literal.scalars = 1;
        } else if self.is(Tok::LSquare) {
            literal.shape = self.scan_list(&mut literal.scalars)?;
        } else {
            self.scan_element(&mut literal.scalars)?;
        }
        Ok(literal)
    }

    fn scan_list(&mut self, scalars: &mut usize) -> ParseResult<Shape> {
        self.nested(|p| {
            p.expect(Tok::LSquare, "expected '['")?;
            let mut size = 0;
            let mut inner: Option<Shape> = None;
            if !p.eat(Tok::RSquare) {
                p.comma_list(|p| {
                    let dims = if p.is(Tok::LSquare) {
                        p.scan_list(scalars)?
                    } else {
                        p.scan_element(scalars)?;
                        Shape::new()
                    };
                    size += 1;
                    match &inner {
                        Some(first) if *first != dims => {
                            let text = "tensor literal is invalid; ranks are not consistent between elements";
                            Err(p.error(text))
                        }
                        Some(_) => Ok(()),
                        None => {
                            inner = Some(dims);
                            Ok(())
                        }
                    }
                })?;
                p.expect(Tok::RSquare, "expected ']'")?;
            }
            let mut dims = inner.unwrap_or_default();
            dims.insert(0, size);
            Ok(dims)
        })
    }

    fn scan_element(&mut self, scalars: &mut usize) -> ParseResult {
        match self.tok.kind {
            Tok::Int | Tok::Float | Tok::Str => {}
            Tok::Bare if self.is_word("true") || self.is_word("false") => {}
            Tok::Minus => {
                self.advance();
                if !matches!(self.tok.kind, Tok::Int | Tok::Float) {
                    return Err(self.error("expected integer or floating point literal"));
                }
            }
            Tok::LParen => {
                return self.nested(|p| {
                    p.advance();
                    p.scan_element(scalars)?;
                    p.expect(Tok::Comma, "expected ',' between complex elements")?;
                    p.scan_element(scalars)?;
                    p.expect(Tok::RParen, "expected ')' after complex elements")
                });
            }
            _ => return Err(self.error("expected element literal of primitive type")),
        }
        self.advance();
        *scalars += 1;
        Ok(())
    }

    // ---- second reading ----

    pub(super) fn build_literal(
        &mut self,
        literal: Option<Literal>,
        ty: Type,
        dims: &[i64],
        start: Pos,
    ) -> ParseResult<Attribute> {
        let elem = match shaped(self.ctx.type_data(ty)) {
            Some((_, elem)) => elem,
            None => return Err(self.error_at(start, "elements literal must be a shaped type")),
        };
        let (scalar, complex) = match *self.ctx.type_data(elem) {
            TypeData::Complex(inner) => (inner, true),
            _ => (elem, false),
        };
        let element = match (self.int_format(scalar), self.ctx.type_data(scalar)) {
            (Some(format), _) => Some(Element::Int(format)),
            (None, TypeData::Float(kind)) => Some(Element::Float(*kind)),
            _ => None,
        };
        if element.is_some_and(|e| e.bits() > MAX_ELEMENT_BITS) {
            let message = format!("dense elements of more than {MAX_ELEMENT_BITS} bits are not supported");
            return Err(self.error_at(start, message));
        }
        let total = count(dims);
        let resume = self.tok.start;
        let attr = match (&literal, element) {
            (Some(l), Some(element)) if l.hex => self.hex_elements(l, element, complex, ty, total, start)?,
            _ => {
                let shape: &[i64] = literal.as_ref().map_or(&[], |l| &l.shape);
                if !shape.is_empty() && *shape != *dims {
                    let message = format!(
                        "inferred shape of elements literal ([{}]) does not match type ([{}])",
                        show_dims(shape),
                        show_dims(dims)
                    );
                    return Err(self.error_at(start, message));
                }
                let scalars = literal.as_ref().map_or(0, |l| l.scalars);
                if scalars == 0 && total > 0 {
                    let text = self.show_type(ty);
                    let message = format!("parsed zero elements, but type ({text}) expected at least 1");
                    return Err(self.error_at(start, message));
                }
                let expected = match (shape.is_empty(), complex) {
                    // Pairs of numbers for a type that is not complex are a list.
                    (true, false) if scalars <= 1 => scalars as u64,
                    (true, true) => 2 * scalars.min(1) as u64,
                    _ => total.saturating_mul(1 + u64::from(complex)),
                };
                match element {
                    Some(_) if scalars as u64 != expected => {
                        let text = self.show_type(elem);
                        let message =
                            format!("parsed {scalars} elements, but type ({text}) expected {expected} elements");
                        return Err(self.error_at(start, message));
                    }
                    Some(element) => self.number_elements(literal, element, complex, ty)?,
                    None => self.string_elements(literal, ty)?,
                }
            }
        };
        self.reset(resume);
        Ok(attr)
    }

    /// Calls `item` for each element token of a literal with its sign.
    fn each_scalar(&mut self, literal: &Literal, mut item: impl FnMut(&mut Self, bool) -> ParseResult) -> ParseResult {
        self.reset(literal.start);
        let mut left = literal.scalars;
        while left > 0 {
            match self.tok.kind {
                Tok::LSquare | Tok::RSquare | Tok::Comma | Tok::LParen | Tok::RParen => {}
                Tok::Minus => {
                    self.advance();
                    item(self, true)?;
                    left -= 1;
                }
                _ => {
                    item(self, false)?;
                    left -= 1;
                }
            }
            self.advance();
        }
        Ok(())
    }

    fn number_elements(
        &mut self,
        literal: Option<Literal>,
        element: Element,
        complex: bool,
        ty: Type,
    ) -> ParseResult<Attribute> {
        let mut data = Vec::new();
        let mut single = false;
        if let Some(literal) = literal {
            data.reserve_exact(literal.scalars * element.bytes());
            single = literal.shape.is_empty() && literal.scalars == 1 + usize::from(complex);
            self.each_scalar(&literal, |p, negative| match element {
                Element::Int(format) => p.int_element(format, negative, &mut data),
                Element::Float(kind) => p.float_element(kind, negative, &mut data),
            })?;
        }
        let size = element.bytes() * (1 + usize::from(complex));
        Ok(self.ctx.dense(ty, data, size, single))
    }

    pub(super) fn int_element(&mut self, format: IntFormat, negative: bool, data: &mut Vec<u8>) -> ParseResult {
        if negative && format.sign == Signedness::Unsigned {
            return Err(self.error("expected unsigned integer elements, but parsed negative value"));
        }
        match self.tok.kind {
            Tok::Float => return Err(self.error("expected integer elements, but parsed floating-point")),
            Tok::Bare => {
                let i1 = format.width == 1 && format.sign == Signedness::Signless;
                if !i1 {
                    return Err(self.error("expected i1 type for 'true' or 'false' values"));
                }
                data.push(self.is_word("true").into());
                return Ok(());
            }
            Tok::Int => {}
            _ => return Err(self.error("expected integer elements")),
        }
        match int_value(format, negative, self.spelling()) {
            Some(value) => {
                push_int(format, &value, data);
                Ok(())
            }
            None => Err(self.error("integer constant out of range for type")),
        }
    }

    pub(super) fn float_element(&mut self, kind: FloatKind, negative: bool, data: &mut Vec<u8>) -> ParseResult {
        let bits = match self.tok.kind {
            Tok::Int => {
                let (text, pos) = (self.spelling(), self.pos());
                self.float_bits(kind, text, pos, negative)?
            }
            Tok::Float => {
                let value = float_literal(self.spelling());
                float::from_f64(kind, if negative { -value } else { value })
            }
            _ => return Err(self.error("expected floating-point elements, but parsed integer")),
        };
        data.extend_from_slice(&bits.to_le_bytes()[..(kind.width() as usize).div_ceil(8)]);
        Ok(())
    }

    fn string_elements(&mut self, literal: Option<Literal>, ty: Type) -> ParseResult<Attribute> {
        let mut values: Vec<Box<[u8]>> = Vec::new();
        let mut splat = false;
        if let Some(literal) = literal {
            splat = literal.shape.is_empty();
            self.each_scalar(&literal, |p, _| {
                if !p.is(Tok::Str) {
                    return Err(p.error("expected string elements"));
                }
                values.push(p.string_value().as_ref().into());
                Ok(())
            })?;
        }
        if !values.is_empty() && values.windows(2).all(|w| w[0] == w[1]) {
            values.truncate(1);
            splat = true;
        }
        Ok(self.ctx.attr(AttrData::DenseStrings { ty, values: values.into(), splat }))
    }

    fn hex_elements(
        &mut self,
        literal: &Literal,
        element: Element,
        complex: bool,
        ty: Type,
        total: u64,
        start: Pos,
    ) -> ParseResult<Attribute> {
        self.reset(literal.start);
        let text = self.string_value();
        let Some(mut data) = hex_bytes(&text) else {
            return Err(self.error("expected string containing hex digits starting with `0x`"));
        };
        let size = element.bytes() * (1 + usize::from(complex));
        let mut single = total == 1;
        let valid = if element.bits() == 1 && !complex {
            if let [byte @ (0 | 0xff)] = data[..] {
                single = true;
                data = vec![byte & 1];
                true
            } else {
                let fits = data.len() as u64 == total.div_ceil(8);
                if fits {
                    data = (0..total as usize).map(|i| data[i / 8] >> (i % 8) & 1).collect();
                }
                fits
            }
        } else {
            single |= data.len() == size;
            data.len() == size || data.len() as u64 == total.saturating_mul(size as u64)
        };
        if !valid {
            let text = self.show_type(ty);
            return Err(self.error_at(start, format!("elements hex data size is invalid for provided type: {text}")));
        }
        Ok(self.ctx.dense(ty, data, size, single))
    }
}

/// Appends an integer of a format, little-endian in whole bytes.
pub(super) fn push_int(format: IntFormat, value: &IntValue, data: &mut Vec<u8>) {
    let bytes = (format.width as usize).div_ceil(8).max(1);
    match value {
        IntValue::Small(_) if format.width == 1 => data.push(u8::from(*value != IntValue::Small(0))),
        IntValue::Small(v) if bytes <= 8 => {
            // Bits above the width are zero, as in MLIR's buffers.
            let mask = if format.width == 64 { u64::MAX } else { (1 << format.width) - 1 };
            data.extend_from_slice(&(*v as u64 & mask).to_le_bytes()[..bytes]);
        }
        IntValue::Small(v) => {
            data.extend_from_slice(&v.to_le_bytes());
            data.extend(std::iter::repeat_n(if *v < 0 { 0xff } else { 0 }, bytes - 8));
        }
        IntValue::Wide(words) => {
            let signed = format.sign != Signedness::Unsigned;
            let negative = signed && words.last().is_some_and(|w| w >> 63 == 1);
            let fill = if negative { 0xffu8 } else { 0 };
            let mut all: Vec<u8> = words.iter().flat_map(|w| w.to_le_bytes()).collect();
            all.resize(bytes, fill);
            if let (Some(last), rest @ 1..) = (all.last_mut(), format.width % 8) {
                *last &= (1u8 << rest) - 1;
            }
            data.extend_from_slice(&all);
        }
    }
}

/// Bytes of `0x...`; None when it is not that.
pub(super) fn hex_bytes(text: &[u8]) -> Option<Vec<u8>> {
    let digits = text.strip_prefix(b"0x")?;
    let value = |c: u8| (c as char).to_digit(16).map(|d| d as u8);
    let pair = |p: &[u8; 2]| Some(value(p[0])? << 4 | value(p[1])?);
    let (pairs, rest) = digits.as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    pairs.iter().map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_data() {
        assert_eq!(hex_bytes(b"0x01fF"), Some(vec![1, 255]));
        assert_eq!(hex_bytes(b"0x1"), None);
        assert_eq!(hex_bytes(b"01"), None);
        assert_eq!(hex_bytes(b"0xzz"), None);
    }

    #[test]
    fn integers_are_stored_in_whole_bytes() {
        let mut data = Vec::new();
        let f = |width| IntFormat { width, sign: Signedness::Signless, index: false };
        push_int(f(4), &IntValue::Small(-8), &mut data);
        push_int(f(1), &IntValue::Small(-1), &mut data);
        push_int(f(72), &IntValue::Wide(Box::new([u64::MAX])), &mut data);
        assert_eq!(data, [8, 1, 255, 255, 255, 255, 255, 255, 255, 255, 255]);
    }
}

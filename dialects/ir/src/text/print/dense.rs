//! Elements attributes.

use super::OpPrinter;
use crate::core::{AttrData, Attribute, FloatKind, IntValue, Signedness, Type, TypeData};
use crate::text::float;

/// How an element is read from a buffer.
#[derive(Clone, Copy)]
enum Scalar {
    Bool,
    Int { width: u32, unsigned: bool, ty: Type },
    Float(FloatKind),
}

fn read_u64(bytes: &[u8]) -> u64 {
    let mut all = [0; 8];
    let n = bytes.len().min(8);
    all[..n].copy_from_slice(&bytes[..n]);
    u64::from_le_bytes(all)
}

impl OpPrinter<'_> {
    fn scalar(&self, ty: Type) -> Option<Scalar> {
        match *self.ctx.type_data(ty) {
            TypeData::Integer { width: 1, sign: Signedness::Signless } => Some(Scalar::Bool),
            TypeData::Integer { width, sign } => {
                Some(Scalar::Int { width, unsigned: sign == Signedness::Unsigned, ty })
            }
            TypeData::Index => Some(Scalar::Int { width: 64, unsigned: false, ty }),
            TypeData::Float(kind) => Some(Scalar::Float(kind)),
            _ => None,
        }
    }

    fn element(&mut self, scalar: Scalar, bytes: &[u8]) {
        match scalar {
            Scalar::Bool => self.out.str(if bytes.first().is_some_and(|&b| b != 0) { "true" } else { "false" }),
            Scalar::Int { width: 0, .. } => self.out.str("0"),
            Scalar::Int { width, unsigned, .. } if width <= 64 => {
                let v = read_u64(bytes) << (64 - width);
                if unsigned { self.out.uint(v >> (64 - width)) } else { self.out.int((v as i64) >> (64 - width)) }
            }
            Scalar::Int { width, unsigned, ty } => {
                let mut words: Vec<u64> = bytes.chunks(8).map(read_u64).collect();
                if let (Some(top), rest @ 1..) = (words.last_mut(), width % 64) {
                    let shift = 64 - rest;
                    *top = if unsigned { *top << shift >> shift } else { ((*top << shift) as i64 >> shift) as u64 };
                }
                self.int_value(ty, &IntValue::Wide(words.into()));
            }
            Scalar::Float(kind) => {
                let mut all = [0; 16];
                let n = bytes.len().min(16);
                all[..n].copy_from_slice(&bytes[..n]);
                let mut text = String::new();
                float::print(kind, u128::from_le_bytes(all), &mut text);
                self.out.str(&text);
            }
        }
    }

    fn elided(&self, splat: bool, dims: &[i64]) -> bool {
        !splat && self.options.elide_elements.is_some_and(|limit| count(dims) > limit)
    }

    /// `dense<...>` without its type.
    pub(super) fn dense(&mut self, ty: Type, data: &[u8], splat: bool) {
        let (dims, elem) = shape(self.ctx.type_data(ty));
        if self.elided(splat, dims) {
            return self.out.str("dense_resource<__elided__>");
        }
        self.out.str("dense<");
        self.dense_body(dims, elem, data, splat, true);
        self.out.str(">");
    }

    fn dense_body(&mut self, dims: &[i64], elem: Option<Type>, data: &[u8], splat: bool, hex: bool) {
        let Some(elem) = elem else { return };
        let (inner, complex) = match *self.ctx.type_data(elem) {
            TypeData::Complex(inner) => (inner, true),
            _ => (elem, false),
        };
        let Some(scalar) = self.scalar(inner) else { return };
        if hex && !splat && self.options.hex_elements.is_some_and(|limit| count(dims) > limit) {
            return self.hex_data(data, matches!(scalar, Scalar::Bool) && !complex);
        }
        let size = match scalar {
            Scalar::Bool => 1,
            Scalar::Int { width, .. } => (width as usize).div_ceil(8).max(1),
            Scalar::Float(kind) => (kind.width() as usize).div_ceil(8),
        };
        let one = |p: &mut Self, bytes: &[u8]| {
            if complex {
                let (re, im) = bytes.split_at(size.min(bytes.len()));
                p.out.str("(");
                p.element(scalar, re);
                p.out.str(",");
                p.element(scalar, im);
                p.out.str(")");
            } else {
                p.element(scalar, bytes);
            }
        };
        let step = size * (1 + usize::from(complex));
        if splat {
            return one(self, data.get(..step).unwrap_or_default());
        }
        self.nested_list(dims, data.chunks_exact(step), one);
    }

    /// Elements in nested brackets.
    fn nested_list<T>(&mut self, dims: &[i64], items: impl Iterator<Item = T>, mut one: impl FnMut(&mut Self, T)) {
        // How many brackets close after an element: those of the dimensions whose size divides the position.
        let sizes: Vec<u64> = (0..dims.len()).map(|i| count(&dims[i..])).collect();
        for (n, item) in (0u64..).zip(items) {
            if n > 0 {
                self.out.str(", ");
            }
            for _ in sizes.iter().filter(|&&s| s > 0 && n.is_multiple_of(s)) {
                self.out.str("[");
            }
            one(self, item);
            for _ in sizes.iter().filter(|&&s| s > 0 && (n + 1).is_multiple_of(s)) {
                self.out.str("]");
            }
        }
    }

    /// `"0x..."`; booleans are packed by eight.
    fn hex_data(&mut self, data: &[u8], packed: bool) {
        self.out.str("\"0x");
        if packed {
            for eight in data.chunks(8) {
                let byte = eight.iter().enumerate().fold(0, |v, (i, &b)| v | (b & 1) << i);
                self.hex_bytes(&[byte]);
            }
        } else {
            self.hex_bytes(data);
        }
        self.out.str("\"");
    }

    pub(super) fn hex_bytes(&mut self, data: &[u8]) {
        const HEX: &[u8; 16] = b"0123456789ABCDEF";
        for chunk in data.chunks(256) {
            let mut text = [0u8; 512];
            for (pair, b) in text.chunks_exact_mut(2).zip(chunk) {
                pair.copy_from_slice(&[HEX[usize::from(b >> 4)], HEX[usize::from(b & 15)]]);
            }
            self.out.bytes(&text[..chunk.len() * 2]);
        }
    }

    pub(super) fn dense_strings(&mut self, ty: Type, values: &[Box<[u8]>], splat: bool) {
        let (dims, _) = shape(self.ctx.type_data(ty));
        if self.elided(splat, dims) {
            return self.out.str("dense_resource<__elided__>");
        }
        self.out.str("dense<");
        if splat {
            self.quoted(values.first().map_or(&[], |v| v));
        } else {
            self.nested_list(dims, values.iter(), |p, v| p.quoted(v));
        }
        self.out.str(">");
    }

    pub(super) fn dense_array(&mut self, elem: Type, data: &[u8]) {
        self.out.str("array<");
        self.ty(elem);
        if !data.is_empty()
            && let Some(scalar) = self.scalar(elem)
        {
            let size = match scalar {
                Scalar::Bool => 1,
                Scalar::Int { width, .. } => (width as usize).div_ceil(8).max(1),
                Scalar::Float(kind) => (kind.width() as usize).div_ceil(8),
            };
            self.out.str(": ");
            for (i, item) in data.chunks_exact(size).enumerate() {
                if i > 0 {
                    self.out.str(", ");
                }
                self.element(scalar, item);
            }
        }
        self.out.str(">");
    }

    pub(super) fn sparse(&mut self, indices: Attribute, values: Attribute) {
        let (ctx, mut body) = (self.ctx, Vec::new());
        for (attr, hex) in [(indices, false), (values, true)] {
            let part = match ctx.attr_data(attr) {
                AttrData::Dense { ty, data, splat } => {
                    let (dims, elem) = shape(ctx.type_data(*ty));
                    (dims, elem, &data[..], *splat, hex)
                }
                _ => (&[][..], None, &[][..], false, hex),
            };
            body.push(part);
        }
        if body.iter().any(|b| self.elided(b.3, b.0)) {
            return self.out.str("dense_resource<__elided__>");
        }
        self.out.str("sparse<");
        let empty = body.first().is_some_and(|b| count(b.0) == 0);
        if !empty {
            for (i, (dims, elem, data, splat, hex)) in body.into_iter().enumerate() {
                if i > 0 {
                    self.out.str(", ");
                }
                self.dense_body(dims, elem, data, splat, hex);
            }
        }
        self.out.str(">");
    }
}

/// Number of elements; saturates.
fn count(dims: &[i64]) -> u64 {
    dims.iter().fold(1, |n: u64, &d| n.saturating_mul(d.max(0) as u64))
}

/// Dimensions and element type of a ranked type.
fn shape(data: &TypeData) -> (&[i64], Option<Type>) {
    match data {
        TypeData::Vector { dims, elem, .. }
        | TypeData::Tensor { dims, elem, .. }
        | TypeData::MemRef { dims, elem, .. } => (dims, Some(*elem)),
        _ => (&[], None),
    }
}

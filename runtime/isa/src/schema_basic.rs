//! Numbers, strings and collections in bytes and text.

use crate::schema::Field;
use crate::text::parse::{Parsed, Parser};
use crate::text::print::Printer;
use crate::wire::{Reader, Result, Writer};

macro_rules! unsigned {
    ($($ty:ty),*) => {
        $(
            impl Field for $ty {
                fn put(&self, w: &mut Writer) { w.varint(*self as u64) }
                fn get(r: &mut Reader) -> Result<Self> {
                    let at = r.pos();
                    let v = r.varint()?;
                    <$ty>::try_from(v).or_else(|_| r.fail(at, format!("{v} is above {}", <$ty>::MAX)))
                }
                fn show(&self, t: &mut Printer) { t.number(*self) }
                fn read(p: &mut Parser) -> Parsed<Self> { p.int() }
            }
        )*
    };
}
unsigned!(u8, u32, u64);

impl Field for i64 {
    fn put(&self, w: &mut Writer) {
        w.signed(*self);
    }
    fn get(r: &mut Reader) -> Result<Self> {
        r.signed()
    }
    fn show(&self, t: &mut Printer) {
        t.number(*self);
    }
    fn read(p: &mut Parser) -> Parsed<Self> {
        p.int()
    }
}

impl Field for f32 {
    fn put(&self, w: &mut Writer) {
        w.out.extend_from_slice(&self.to_le_bytes());
    }
    fn get(r: &mut Reader) -> Result<Self> {
        let at = r.pos();
        match r.take(4)?.try_into() {
            Ok(b) => Ok(f32::from_le_bytes(b)),
            Err(_) => r.fail(at, "expected 4 bytes"),
        }
    }
    /// The shortest decimal that reads back as the same number; bits where there is none.
    fn show(&self, t: &mut Printer) {
        t.float(*self);
    }
    fn read(p: &mut Parser) -> Parsed<Self> {
        p.float()
    }
}

impl Field for bool {
    fn put(&self, w: &mut Writer) {
        w.byte(*self as u8);
    }
    fn get(r: &mut Reader) -> Result<Self> {
        let at = r.pos();
        match r.byte()? {
            0 => Ok(false),
            1 => Ok(true),
            other => r.fail(at, format!("{other} is neither 0 nor 1")),
        }
    }
    fn show(&self, t: &mut Printer) {
        t.push_str(if *self { "true" } else { "false" });
    }
    fn read(p: &mut Parser) -> Parsed<Self> {
        let at = p.here();
        match p.ident()? {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => p.fail(at, "expected `true` or `false`"),
        }
    }
    fn hidden(&self) -> bool {
        !*self
    }
    fn absent() -> Option<Self> {
        Some(false)
    }
    fn bare() -> Option<Self> {
        Some(true)
    }
}

impl Field for String {
    fn put(&self, w: &mut Writer) {
        w.string(self);
    }
    fn get(r: &mut Reader) -> Result<Self> {
        r.string()
    }
    fn show(&self, t: &mut Printer) {
        t.quoted(self);
    }
    fn read(p: &mut Parser) -> Parsed<Self> {
        p.quoted()
    }
}

impl<T: Field> Field for Option<T> {
    fn put(&self, w: &mut Writer) {
        w.byte(self.is_some() as u8);
        if let Some(v) = self {
            v.put(w);
        }
    }
    fn get(r: &mut Reader) -> Result<Self> {
        Ok(if bool::get(r)? { Some(T::get(r)?) } else { None })
    }
    fn show(&self, t: &mut Printer) {
        if let Some(v) = self {
            v.show(t);
        }
    }
    fn read(p: &mut Parser) -> Parsed<Self> {
        T::read(p).map(Some)
    }
    fn hidden(&self) -> bool {
        self.is_none()
    }
    fn absent() -> Option<Self> {
        Some(None)
    }
}

/// Entries reserved before any is read: memory follows what is there, not what is announced.
const FIRST_RESERVE: usize = 1024;

impl<T: Field> Field for Vec<T> {
    fn put(&self, w: &mut Writer) {
        w.varint(self.len() as u64);
        for v in self {
            v.put(w);
        }
    }
    fn get(r: &mut Reader) -> Result<Self> {
        let n = r.count()?;
        let mut out = Vec::with_capacity(n.min(FIRST_RESERVE));
        for _ in 0..n {
            r.charge(size_of::<T>())?;
            out.push(T::get(r)?);
        }
        Ok(out)
    }
    fn show(&self, t: &mut Printer) {
        t.list('[', self, ']');
    }
    fn read(p: &mut Parser) -> Parsed<Self> {
        p.expect('[')?;
        let mut out = Vec::new();
        if p.eat(']') {
            return Ok(out);
        }
        loop {
            out.push(T::read(p)?);
            if p.eat(']') {
                return Ok(out);
            }
            p.expect(',')?;
        }
    }
    fn hidden(&self) -> bool {
        self.is_empty()
    }
    fn absent() -> Option<Self> {
        Some(Vec::new())
    }
}

impl<T: Field + Copy + Default, const N: usize> Field for [T; N] {
    fn put(&self, w: &mut Writer) {
        for v in self {
            v.put(w);
        }
    }
    fn get(r: &mut Reader) -> Result<Self> {
        let mut out = [T::default(); N];
        for v in &mut out {
            *v = T::get(r)?;
        }
        Ok(out)
    }
    fn show(&self, t: &mut Printer) {
        t.list('[', self, ']');
    }
    fn read(p: &mut Parser) -> Parsed<Self> {
        let mut out = [T::default(); N];
        p.expect('[')?;
        for (i, v) in out.iter_mut().enumerate() {
            if i > 0 {
                p.expect(',')?;
            }
            *v = T::read(p)?;
        }
        p.expect(']')?;
        Ok(out)
    }
}

impl<A: Field, B: Field> Field for (A, B) {
    fn put(&self, w: &mut Writer) {
        self.0.put(w);
        self.1.put(w);
    }
    fn get(r: &mut Reader) -> Result<Self> {
        Ok((A::get(r)?, B::get(r)?))
    }
    fn show(&self, t: &mut Printer) {
        t.push('(');
        self.0.show(t);
        t.push_str(", ");
        self.1.show(t);
        t.push(')');
    }
    fn read(p: &mut Parser) -> Parsed<Self> {
        p.expect('(')?;
        let a = A::read(p)?;
        p.expect(',')?;
        let b = B::read(p)?;
        p.expect(')')?;
        Ok((a, b))
    }
}

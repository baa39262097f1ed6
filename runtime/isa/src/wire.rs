//! Bytes of one section: LEB128 varints (minimal form only), zig-zag for signed numbers, strings by index.

use std::collections::HashMap;

use crate::error::LoadError;

/// Strings of the whole file, numbered in order of first use.
#[derive(Default)]
pub(crate) struct Interner {
    index: HashMap<String, u32>,
    pub(crate) strings: Vec<String>,
}

impl Interner {
    fn intern(&mut self, s: &str) -> u32 {
        if let Some(&i) = self.index.get(s) {
            return i;
        }
        let i = self.strings.len() as u32;
        self.strings.push(s.to_owned());
        self.index.insert(s.to_owned(), i);
        i
    }
}

/// Writes one section.
pub(crate) struct Writer<'a> {
    pub(crate) out: Vec<u8>,
    interner: &'a mut Interner,
}

impl<'a> Writer<'a> {
    pub(crate) fn new(interner: &'a mut Interner) -> Self {
        Writer { out: Vec::new(), interner }
    }
    pub(crate) fn byte(&mut self, b: u8) {
        self.out.push(b);
    }
    pub(crate) fn varint(&mut self, mut v: u64) {
        while v >= 0x80 {
            self.out.push(v as u8 | 0x80);
            v >>= 7;
        }
        self.out.push(v as u8);
    }
    pub(crate) fn signed(&mut self, v: i64) {
        self.varint(((v << 1) ^ (v >> 63)) as u64);
    }
    pub(crate) fn string(&mut self, s: &str) {
        let i = self.interner.intern(s);
        self.varint(i as u64);
    }
}

/// What the sections of one file share while they are read.
pub(crate) struct Shared {
    pub(crate) strings: Vec<String>,
    /// Strings used so far: the next new one must have this index.
    pub(crate) used: usize,
    memory: u64,
    limit: u64,
}

/// Memory a program may take for each byte of its file, apart from the constants (which stay in the file) and a fixed allowance.
/// Ordinary programs need about 20; what asks for more repeats one string or one tiny instruction on purpose.
pub(crate) const MEMORY_PER_BYTE: u64 = 64;
const MEMORY_ALLOWANCE: u64 = 1 << 20;

impl Shared {
    pub(crate) fn new(file_len: u64) -> Self {
        Shared {
            strings: Vec::new(),
            used: 0,
            memory: 0,
            limit: MEMORY_ALLOWANCE.saturating_add(file_len.saturating_mul(MEMORY_PER_BYTE)),
        }
    }
}

/// Reads one section.
pub(crate) struct Reader<'a> {
    data: &'a [u8],
    pos: usize,
    section: &'static str,
    pub(crate) shared: &'a mut Shared,
}

pub(crate) type Result<T> = std::result::Result<T, LoadError>;

impl<'a> Reader<'a> {
    pub(crate) fn new(section: &'static str, data: &'a [u8], shared: &'a mut Shared) -> Self {
        Reader { data, pos: 0, section, shared }
    }
    pub(crate) fn pos(&self) -> usize {
        self.pos
    }
    pub(crate) fn remaining(&self) -> usize {
        self.data.len() - self.pos
    }
    #[cold]
    pub(crate) fn fail<T>(&self, at: usize, what: impl Into<String>) -> Result<T> {
        Err(LoadError::Section { section: self.section, offset: at, what: what.into() })
    }
    /// Every byte of a section means something.
    pub(crate) fn finish(&self) -> Result<()> {
        match self.remaining() {
            0 => Ok(()),
            n => self.fail(self.pos, format!("{n} bytes follow the last entry")),
        }
    }
    /// Counts memory that reading takes.
    pub(crate) fn charge(&mut self, bytes: usize) -> Result<()> {
        self.shared.memory = self.shared.memory.saturating_add(bytes as u64);
        if self.shared.memory > self.shared.limit {
            let limit = self.shared.limit;
            return self.fail(
                self.pos,
                format!("the program would take more than {limit} bytes of memory ({MEMORY_PER_BYTE} times its file)"),
            );
        }
        Ok(())
    }
    pub(crate) fn byte(&mut self) -> Result<u8> {
        match self.data.get(self.pos) {
            Some(&b) => {
                self.pos += 1;
                Ok(b)
            }
            None => self.fail(self.pos, "the section ends too early"),
        }
    }
    pub(crate) fn take(&mut self, n: usize) -> Result<&'a [u8]> {
        let end = self.pos.checked_add(n).filter(|&e| e <= self.data.len());
        match end.and_then(|e| self.data.get(self.pos..e)) {
            Some(s) => {
                self.pos += n;
                Ok(s)
            }
            None => self.fail(self.pos, "the section ends too early"),
        }
    }
    pub(crate) fn varint(&mut self) -> Result<u64> {
        let start = self.pos;
        let first = self.byte()?;
        if first < 0x80 {
            return Ok(first as u64);
        }
        let mut v = (first & 0x7f) as u64;
        let mut shift = 7;
        loop {
            let b = self.byte()?;
            if shift == 63 && b > 1 {
                return self.fail(start, "number does not fit 64 bits");
            }
            v |= ((b & 0x7f) as u64) << shift;
            if b < 0x80 {
                if b == 0 {
                    return self.fail(start, "number is not in its shortest form");
                }
                return Ok(v);
            }
            shift += 7;
        }
    }
    pub(crate) fn signed(&mut self) -> Result<i64> {
        let v = self.varint()?;
        Ok((v >> 1) as i64 ^ -((v & 1) as i64))
    }
    pub(crate) fn u32(&mut self) -> Result<u32> {
        let at = self.pos;
        let v = self.varint()?;
        u32::try_from(v).or_else(|_| self.fail(at, format!("{v} does not fit 32 bits")))
    }
    /// Number of following entries, each of which takes at least one byte.
    pub(crate) fn count(&mut self) -> Result<usize> {
        let at = self.pos;
        let v = self.varint()?;
        if v > self.remaining() as u64 {
            return self.fail(at, format!("{v} entries announced, {} bytes left", self.remaining()));
        }
        Ok(v as usize)
    }
    pub(crate) fn string(&mut self) -> Result<String> {
        let at = self.pos;
        let i = self.varint()?;
        let used = self.shared.used as u64;
        if i > used {
            return self.fail(at, format!("string {i} used before string {used}: strings are numbered by first use"));
        }
        let Some(len) = self.shared.strings.get(i as usize).map(String::len) else {
            return self.fail(at, format!("string {i} of {}", self.shared.strings.len()));
        };
        if i == used {
            self.shared.used += 1;
        }
        self.charge(len)?;
        Ok(self.shared.strings.get(i as usize).cloned().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<T>(data: &[u8], f: impl Fn(&mut Reader) -> Result<T>) -> std::result::Result<T, String> {
        let mut shared = Shared::new(0);
        let mut r = Reader::new("test", data, &mut shared);
        let v = f(&mut r).map_err(|e| e.to_string())?;
        r.finish().map_err(|e| e.to_string())?;
        Ok(v)
    }

    #[test]
    fn varints_have_one_form() {
        for v in [0, 1, 127, 128, 16383, 16384, u32::MAX as u64, u64::MAX >> 1, u64::MAX] {
            let mut interner = Interner::default();
            let mut w = Writer::new(&mut interner);
            w.varint(v);
            assert_eq!(read(&w.out, |r| r.varint()), Ok(v));
            let mut long = w.out.clone();
            *long.last_mut().unwrap() |= 0x80;
            long.push(0);
            assert!(read(&long, |r| r.varint()).is_err(), "{v} with a needless byte");
        }
        let error = |data: &[u8]| read(data, |r| r.varint()).unwrap_err();
        assert!(error(&[0x80, 0]).ends_with("byte 0: number is not in its shortest form"));
        assert!(error(&[0xff; 12]).ends_with("does not fit 64 bits"));
        let mut wide = [0xffu8; 10];
        wide[9] = 2;
        assert!(error(&wide).ends_with("does not fit 64 bits"));
        assert!(error(&[0x80]).ends_with("the section ends too early"));
        assert!(error(&[1, 1]).ends_with("1 bytes follow the last entry"));
    }

    #[test]
    fn signed_numbers() {
        for v in [0, 1, -1, 63, 64, -64, -65, i64::MAX, i64::MIN] {
            let mut interner = Interner::default();
            let mut w = Writer::new(&mut interner);
            w.signed(v);
            assert_eq!(read(&w.out, |r| r.signed()), Ok(v));
        }
        let mut interner = Interner::default();
        let mut w = Writer::new(&mut interner);
        w.signed(-64);
        assert_eq!(w.out.len(), 1);
    }
}

//! A program as sections of a file, and back.

use std::collections::HashSet;
use std::io::Write;
use std::path::Path;

use bytes::Bytes;

use crate::body;
use crate::container::{self, CONSTANT_ALIGN, Section, SectionData};
use crate::error::LoadError;
use crate::program::{Program, UnknownSection};
use crate::reference::Reference;
use crate::schema::Field;
use crate::tiles;
use crate::types::{Constant, ElemType};
use crate::wire::{Interner, Reader, Result, Shared, Writer};

const STRINGS: u32 = 1;
const PROGRAM: u32 = 2;
const CONSTANTS: u32 = 3;
const TABLES: u32 = 4;
const INIT: u32 = 5;
const MAIN: u32 = 6;
const LAYERS: u32 = 7;
const REFERENCE: u32 = 8;
const DATA: u32 = 9;

/// Kind numbers below this belong to this format; sections with higher ones are kept when they are optional.
pub const FIRST_UNKNOWN_KIND: u32 = 10;

/// (kind, name, required, alignment) of the sections in file order.
const KNOWN: [(u32, &str, bool, u32); 9] = [
    (STRINGS, "strings", true, 8),
    (PROGRAM, "program", true, 8),
    (CONSTANTS, "constants", true, 8),
    (TABLES, "tables", true, 8),
    (INIT, "init", true, 8),
    (MAIN, "main", true, 8),
    (LAYERS, "layers", false, 8),
    (REFERENCE, "reference", false, 8),
    (DATA, "data", true, CONSTANT_ALIGN as u32),
];

/// Name of a section kind.
pub(crate) fn section_name(kind: u32) -> &'static str {
    KNOWN.iter().find(|k| k.0 == kind).map_or("unknown", |k| k.1)
}

enum Content<'a> {
    Owned(Vec<u8>),
    Shared(&'a Bytes),
    Constants(&'a [Constant]),
}

impl SectionData for Content<'_> {
    fn len(&self) -> u64 {
        match self {
            Content::Owned(v) => v.len() as u64,
            Content::Shared(b) => b.len() as u64,
            Content::Constants(c) => {
                c.iter().fold(0, |at: u64, c| at.next_multiple_of(CONSTANT_ALIGN) + c.data.len() as u64)
            }
        }
    }
    fn crc(&self) -> u32 {
        let mut h = crc32fast::Hasher::new();
        struct Hash<'h>(&'h mut crc32fast::Hasher);
        impl Write for Hash<'_> {
            fn write(&mut self, buf: &[u8]) -> std::io::Result<usize> {
                self.0.update(buf);
                Ok(buf.len())
            }
            fn flush(&mut self) -> std::io::Result<()> {
                Ok(())
            }
        }
        // Hashing cannot fail.
        let _ = self.write(&mut Hash(&mut h));
        h.finalize()
    }
    fn write(&self, out: &mut dyn Write) -> std::io::Result<()> {
        match self {
            Content::Owned(v) => out.write_all(v),
            Content::Shared(b) => out.write_all(b),
            Content::Constants(cs) => {
                let mut at = 0u64;
                for c in *cs {
                    let start = at.next_multiple_of(CONSTANT_ALIGN);
                    container::pad(out, start - at)?;
                    out.write_all(&c.data)?;
                    at = start + c.data.len() as u64;
                }
                Ok(())
            }
        }
    }
}

/// A struct's fields one after the other, in bytes.
macro_rules! sequence {
    ($put:ident, $get:ident, $ty:ident { $($f:ident),* $(,)? }) => {
        fn $put(p: &$ty, w: &mut Writer) { $(p.$f.put(w);)* }
        fn $get(p: &mut $ty, r: &mut Reader) -> Result<()> {
            $(p.$f = Field::get(r)?;)*
            Ok(())
        }
    };
}

sequence!(
    put_program,
    get_program,
    Program { name, mode, machine, lossy, rows_per_conversion, chip, l0_bytes, l1_span, inputs, outputs }
);
sequence!(put_mapped, get_mapped, Program { buffers, matrices });
sequence!(put_used, get_used, Program { ports, residents, windows, requants, host_tensors, host_ops });

fn put_tables(p: &Program, w: &mut Writer) {
    put_mapped(p, w);
    tiles::put(&p.tiles, w);
    put_used(p, w);
}

fn get_tables(p: &mut Program, r: &mut Reader) -> Result<()> {
    get_mapped(p, r)?;
    p.tiles = tiles::get(r)?;
    get_used(p, r)
}

sequence!(put_reference, get_reference, Reference { tensors, nodes, outputs });

fn sections(p: &Program) -> Vec<Section<Content<'_>>> {
    let mut interner = Interner::default();
    let mut made: Vec<(u32, Vec<u8>)> = Vec::new();
    let mut section = |kind: u32, fill: &dyn Fn(&mut Writer)| {
        let mut w = Writer::new(&mut interner);
        fill(&mut w);
        made.push((kind, w.out));
    };
    section(PROGRAM, &|w| put_program(p, w));
    section(CONSTANTS, &|w| {
        w.varint(p.constants.len() as u64);
        for c in &p.constants {
            c.name.put(w);
            c.elem.put(w);
            c.shape.put(w);
        }
    });
    section(TABLES, &|w| put_tables(p, w));
    section(INIT, &|w| body::put(&p.init, w));
    section(MAIN, &|w| body::put(&p.main, w));
    if !p.layers.is_empty() {
        section(LAYERS, &|w| p.layers.put(w));
    }
    if let Some(reference) = &p.reference {
        section(REFERENCE, &|w| put_reference(reference, w));
    }
    made.insert(0, (STRINGS, put_strings(&interner.strings)));

    let mut out: Vec<Section<Content>> = made.into_iter().map(|(kind, v)| known(kind, Content::Owned(v))).collect();
    out.push(known(DATA, Content::Constants(&p.constants)));
    for u in &p.unknown {
        out.push(Section { kind: u.kind, required: false, align: u.align, data: Content::Shared(&u.data) });
    }
    out
}

fn known<'a>(kind: u32, data: Content<'a>) -> Section<Content<'a>> {
    let (required, align) = KNOWN.iter().find(|k| k.0 == kind).map_or((true, 8), |k| (k.2, k.3));
    Section { kind, required, align, data }
}

fn put_strings(strings: &[String]) -> Vec<u8> {
    let mut none = Interner::default();
    let mut w = Writer::new(&mut none);
    w.varint(strings.len() as u64);
    for s in strings {
        w.varint(s.len() as u64);
        w.out.extend_from_slice(s.as_bytes());
    }
    w.out
}

/// The program as a file. What comes out is only readable when the program is valid: see [`crate::validate::validate`].
pub fn encode(program: &Program) -> Vec<u8> {
    let mut out = Vec::new();
    // Writing to a vector cannot fail.
    let _ = encode_to(program, &mut out);
    out
}

/// As [`encode`], without a second copy of the constants.
pub fn encode_to(program: &Program, out: &mut dyn Write) -> std::io::Result<()> {
    container::write(&sections(program), out)
}

/// Bytes of each section, in file order.
pub fn section_sizes(program: &Program) -> Vec<(&'static str, u64)> {
    sections(program).iter().map(|s| (section_name(s.kind), s.data.len())).collect()
}

/// Reads and validates a program file; large files are memory-mapped and must not be changed while the program is in use.
pub fn open(path: &Path) -> Result<Program> {
    let data = crate::map::read(path).map_err(|source| LoadError::Io { path: path.to_owned(), source })?;
    decode(data)
}

/// Reads and validates a program. Constants and unknown sections share `file`; everything else is copied and takes at most
/// 64 times the file's size, plus 1 MiB.
pub fn decode(file: Bytes) -> Result<Program> {
    let program = decode_unchecked(file)?;
    crate::validate::validate(&program)?;
    Ok(program)
}

/// As [`decode`] without the last step: indices and addresses may be out of range.
pub(crate) fn decode_unchecked(file: Bytes) -> Result<Program> {
    let parts = container::read(&file)?;
    for s in &parts {
        let expected = KNOWN.iter().find(|k| k.0 == s.kind);
        match expected {
            Some(&(_, name, required, align)) if required != s.required || align != s.align => {
                return bad(format!("section `{name}` has the wrong flags or alignment"));
            }
            None if s.required => {
                return bad(format!("section {} is required and unknown: the file needs a newer version", s.kind));
            }
            _ => {}
        }
    }
    if let Some(k) = KNOWN.iter().find(|k| k.2 && !parts.iter().any(|s| s.kind == k.0)) {
        return bad(format!("section `{}` is missing", k.1));
    }
    let find = |kind: u32| parts.iter().find(|s| s.kind == kind).map(|s| s.data.clone());
    let get = |kind: u32| find(kind).unwrap_or_default();

    let mut shared = Shared::new(file.len() as u64);
    let strings = get(STRINGS);
    let mut r = Reader::new("strings", &strings, &mut shared);
    let table = get_strings(&mut r)?;
    shared.strings = table;

    let mut p = Program::default();
    in_section("program", &get(PROGRAM), &mut shared, |r| get_program(&mut p, r))?;
    in_section("constants", &get(CONSTANTS), &mut shared, |r| {
        p.constants = get_constants(r, &get(DATA))?;
        Ok(())
    })?;
    in_section("tables", &get(TABLES), &mut shared, |r| get_tables(&mut p, r))?;
    in_section("init", &get(INIT), &mut shared, |r| {
        p.init = body::get(r, 0, false)?;
        Ok(())
    })?;
    in_section("main", &get(MAIN), &mut shared, |r| {
        p.main = body::get(r, 0, false)?;
        Ok(())
    })?;
    if let Some(data) = find(LAYERS) {
        in_section("layers", &data, &mut shared, |r| {
            p.layers = Field::get(r)?;
            if p.layers.is_empty() { r.fail(0, "an empty layer table has no section") } else { Ok(()) }
        })?;
    }
    if let Some(data) = find(REFERENCE) {
        let mut reference = Reference::default();
        in_section("reference", &data, &mut shared, |r| get_reference(&mut reference, r))?;
        p.reference = Some(reference);
    }
    if shared.used != shared.strings.len() {
        return bad(format!("{} of {} strings are used", shared.used, shared.strings.len()));
    }
    for s in parts {
        if s.kind >= FIRST_UNKNOWN_KIND {
            p.unknown.push(UnknownSection { kind: s.kind, align: s.align, data: s.data });
        }
    }
    Ok(p)
}

fn bad<T>(what: String) -> Result<T> {
    Err(LoadError::Container { offset: 0, what })
}

fn in_section(
    name: &'static str,
    data: &[u8],
    shared: &mut Shared,
    read: impl FnOnce(&mut Reader) -> Result<()>,
) -> Result<()> {
    let mut r = Reader::new(name, data, shared);
    read(&mut r)?;
    r.finish()
}

fn get_strings(r: &mut Reader) -> Result<Vec<String>> {
    let n = r.count()?;
    let mut seen: HashSet<&str> = HashSet::new();
    let mut out = Vec::new();
    for i in 0..n {
        r.charge(size_of::<(String, &str)>())?;
        let len = r.count()?;
        let at = r.pos();
        let bytes = r.take(len)?;
        let Ok(s) = std::str::from_utf8(bytes) else { return r.fail(at, format!("string {i} is not UTF-8")) };
        if !seen.insert(s) {
            return r.fail(at, format!("string {i} occurs twice"));
        }
        r.charge(len)?;
        out.push(s.to_owned());
    }
    r.finish()?;
    Ok(out)
}

fn get_constants(r: &mut Reader, data: &Bytes) -> Result<Vec<Constant>> {
    let n = r.count()?;
    let mut out = Vec::new();
    let mut at = 0u64;
    for i in 0..n {
        r.charge(size_of::<Constant>())?;
        let here = r.pos();
        let name = Field::get(r)?;
        let elem: ElemType = Field::get(r)?;
        let shape: Vec<u32> = Field::get(r)?;
        let len = constant_bytes(elem, &shape);
        let start = at.next_multiple_of(CONSTANT_ALIGN);
        let end = len.and_then(|l| start.checked_add(l)).filter(|&e| e <= data.len() as u64);
        let Some(end) = end else {
            return r.fail(here, format!("constant c{i} reaches beyond the {} bytes of section `data`", data.len()));
        };
        if data.get(at as usize..start as usize).is_none_or(|gap| gap.iter().any(|&b| b != 0)) {
            return r.fail(here, format!("the padding before constant c{i} is not zero"));
        }
        out.push(Constant { name, elem, shape, data: data.slice(start as usize..end as usize) });
        at = end;
    }
    if at != data.len() as u64 {
        return r.fail(r.pos(), format!("the constants end at byte {at} of section `data`, which has {}", data.len()));
    }
    Ok(out)
}

/// Bytes of a constant; None when they do not fit 64 bits.
pub(crate) fn constant_bytes(elem: ElemType, shape: &[u32]) -> Option<u64> {
    shape.iter().try_fold(elem.bytes() as u64, |n, &d| n.checked_mul(d as u64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::ProgramMode;
    use crate::testing::conv_relu;

    /// A file with one section changed and all checksums right.
    fn with(kind: u32, edit: impl FnOnce(&mut Vec<u8>)) -> std::result::Result<Program, String> {
        let p = conv_relu(ProgramMode::Xbm, 8);
        let mut parts = sections(&p);
        let part = parts.iter_mut().find(|s| s.kind == kind).unwrap();
        let mut data = Vec::new();
        part.data.write(&mut data).unwrap();
        edit(&mut data);
        part.data = Content::Owned(data);
        load(&parts)
    }

    fn load(parts: &[Section<Content>]) -> std::result::Result<Program, String> {
        let mut file = Vec::new();
        container::write(parts, &mut file).unwrap();
        decode(file.into()).map_err(|e| e.to_string())
    }

    #[track_caller]
    fn refused(kind: u32, what: &str, edit: impl FnOnce(&mut Vec<u8>)) {
        let e = with(kind, edit).unwrap_err();
        assert!(e.contains(what), "expected `{what}`, got `{e}`");
    }

    #[test]
    fn one_form_only() {
        assert_eq!(with(MAIN, |_| {}), Ok(conv_relu(ProgramMode::Xbm, 8)));
        refused(MAIN, "section `main`, byte", |d| d.push(0));
        refused(MAIN, "the section ends too early", |d| {
            d.pop();
        });
        refused(MAIN, "section `main`, byte 1: unknown instruction 200", |d| d[1] = 200);
        refused(INIT, "section `init`, byte 0: 100 entries announced", |d| d[0] = 100);
        refused(DATA, "the padding before constant c1 is not zero", |d| d[870] = 1);
        refused(DATA, "the constants end at byte 900", |d| d.push(0));
        refused(DATA, "constant c1 reaches beyond the 899 bytes", |d| {
            d.pop();
        });
        refused(STRINGS, "occurs twice", |d| {
            d[0] += 1;
            let first = d[1..2 + d[1] as usize].to_vec();
            d.extend(first);
        });
        refused(STRINGS, "strings are used", |d| {
            d[0] += 1;
            d.extend([1, b'?']);
        });
        refused(STRINGS, "is not UTF-8", |d| d[2] = 0xff);
        refused(PROGRAM, "string 1 used before string 0", |d| d[0] = 1);
        refused(PROGRAM, "unknown mode 3", |d| d[1] = 3);
        refused(PROGRAM, "2 is neither 0 nor 1", |d| d[3] = 2);
        refused(LAYERS, "an empty layer table has no section", |d| *d = vec![0]);
    }

    #[test]
    fn sections_of_other_versions() {
        let p = conv_relu(ProgramMode::Xbm, 8);
        let extra = |required| {
            let mut parts = sections(&p);
            let data = Content::Owned(b"later".to_vec());
            parts.push(Section { kind: 77, required, align: 256, data });
            load(&parts)
        };
        let kept = extra(false).unwrap();
        assert_eq!((kept.unknown[0].kind, kept.unknown[0].align, &kept.unknown[0].data[..]), (77, 256, &b"later"[..]));
        assert_eq!(decode(encode(&kept).into()).unwrap(), kept);
        assert!(extra(true).unwrap_err().contains("section 77 is required and unknown"));

        let mut parts = sections(&p);
        parts.remove(3);
        assert!(load(&parts).unwrap_err().contains("section `tables` is missing"));
        let mut parts = sections(&p);
        parts.swap(0, 1);
        assert!(load(&parts).unwrap_err().contains("section kind 1 after 2: kinds must ascend"));
        let mut parts = sections(&p);
        parts[0].align = 16;
        assert!(load(&parts).unwrap_err().contains("section `strings` has the wrong flags or alignment"));
        let mut file = encode(&p);
        file[8] = 4;
        assert!(decode(file.into()).unwrap_err().to_string().contains("needs version 4.0"));
    }

    /// Deep nesting ends at the limit, not in a stack overflow.
    #[test]
    fn deep_nesting() {
        refused(MAIN, "loops nest deeper than 16", |d| *d = [vec![1], [0, 1, 1].repeat(100_000)].concat());
        refused(MAIN, "neither loops nor blocks", |d| *d = [vec![1], [1, 1].repeat(100_000)].concat());
    }

    /// One long string named by many entries, and the smallest instruction many times.
    #[test]
    fn memory_is_bounded_by_the_file() {
        refused(MAIN, "bytes of memory", |d| {
            let n = 200_000u32;
            let mut interner = Interner::default();
            let mut w = Writer::new(&mut interner);
            w.varint(n as u64);
            *d = w.out;
            d.extend([40, 0].repeat(n as usize));
        });
        let mut p = conv_relu(ProgramMode::Xbm, 8);
        p.layers[0].reason = "long".repeat(20_000);
        p.layers = vec![p.layers[0].clone(); 1000];
        let e = decode(encode(&p).into()).unwrap_err().to_string();
        assert!(e.contains("bytes of memory"), "{e}");
    }
}

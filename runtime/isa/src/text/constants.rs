//! Contents of constants in text: numbers, hex, or a file with its digest.

use std::path::{Component, Path};

use bytes::Bytes;

use crate::Program;
use crate::schema::Field;
use crate::text::TextOptions;
use crate::text::parse::{Parsed, Parser};
use crate::text::print::Printer;
use crate::types::{Constant, ElemType};

/// A file that text refers to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExternalFile {
    /// Name, relative to the text file.
    pub name: String,
    /// Content.
    pub data: Bytes,
}

/// The files that [`crate::text::to_text`] with the same options refers to.
pub fn external_files(program: &Program, options: &TextOptions) -> Vec<ExternalFile> {
    let constants = program.constants.iter().enumerate();
    constants
        .filter(|(_, c)| is_external(c, options))
        .map(|(i, c)| ExternalFile { name: file_name(i, options), data: c.data.clone() })
        .collect()
}

fn is_external(c: &Constant, options: &TextOptions) -> bool {
    options.external_from.is_some_and(|n| c.data.len() as u64 >= n)
}

fn file_name(index: usize, options: &TextOptions) -> String {
    format!("{}.c{index}.bin", options.external_prefix)
}

/// Prints the content of constant `index`.
pub(crate) fn show(t: &mut Printer, index: usize, c: &Constant, options: &TextOptions) {
    let size = c.elem.bytes() as usize;
    if is_external(c, options) {
        t.push('@');
        t.quoted(&file_name(index, options));
        t.push_str(" crc32=");
        t.number(format_args!("{:08x}", crc32fast::hash(&c.data)));
    } else if c.data.len() / size <= usize::try_from(options.numbers_up_to).unwrap_or(usize::MAX)
        && c.data.len().is_multiple_of(size)
    {
        t.push('[');
        for (i, e) in c.data.chunks_exact(size).enumerate() {
            if i > 0 {
                t.push_str(", ");
            }
            show_element(t, c.elem, e);
        }
        t.push(']');
    } else {
        t.hex(&c.data);
    }
}

fn show_element(t: &mut Printer, elem: ElemType, raw: &[u8]) {
    let mut wide = [0u8; 8];
    for (w, b) in wide.iter_mut().zip(raw) {
        *w = *b;
    }
    let bits = u64::from_le_bytes(wide);
    match elem {
        ElemType::F32 => t.float(f32::from_bits(bits as u32)),
        // Rare on the host: as the integers of their bits.
        ElemType::F64 | ElemType::F16 | ElemType::BF16 | ElemType::Bool => t.number(bits),
        ElemType::Int(i) => {
            let unused = 64 - 8 * raw.len() as u32;
            // Elements outside the type's range are printed as stored; the loader refuses them.
            if i.signed { t.number(((bits << unused) as i64) >> unused) } else { t.number(bits) }
        }
    }
}

/// Reads the content of a constant.
pub(crate) fn read(p: &mut Parser, elem: ElemType, base: Option<&Path>) -> Parsed<Bytes> {
    match p.peek() {
        Some(b'@') => read_file(p, base),
        Some(b'[') => read_numbers(p, elem).map(Bytes::from),
        _ => p.hex().map(Bytes::from),
    }
}

fn read_numbers(p: &mut Parser, elem: ElemType) -> Parsed<Vec<u8>> {
    let size = elem.bytes() as usize;
    let mut out = Vec::new();
    p.expect('[')?;
    if p.eat(']') {
        return Ok(out);
    }
    loop {
        let at = p.here();
        match elem {
            ElemType::F32 => out.extend_from_slice(&f32::read(p)?.to_le_bytes()),
            other => {
                let v: i128 = p.int()?;
                let bits = 8 * size as u32;
                let (lo, hi) = if matches!(other, ElemType::Int(t) if t.signed) {
                    (-(1i128 << (bits - 1)), (1i128 << (bits - 1)) - 1)
                } else {
                    (0, (1i128 << bits) - 1)
                };
                if v < lo || v > hi {
                    return p.fail(at, format!("{v} does not fit the {size} bytes of an element"));
                }
                out.extend(v.to_le_bytes().into_iter().take(size));
            }
        }
        if p.eat(']') {
            return Ok(out);
        }
        p.expect(',')?;
    }
}

fn read_file(p: &mut Parser, base: Option<&Path>) -> Parsed<Bytes> {
    p.expect('@')?;
    let at = p.here();
    let name = p.quoted()?;
    p.expect_word("crc32")?;
    p.expect('=')?;
    let digest_at = p.here();
    let digest = p.hex_word()?;
    let Some(base) = base else {
        return p.fail(at, "this text may not refer to files: it does not come from a folder");
    };
    let path = Path::new(&name);
    // Text from elsewhere must not read what lies outside its own folder.
    if path.as_os_str().is_empty() || !path.components().all(|c| matches!(c, Component::Normal(_))) {
        return p.fail(at, "the file must lie in the folder of the text: no absolute path, no `..`");
    }
    let path = base.join(path);
    if !path.is_file() {
        return p.fail(at, format!("{} is not a file", path.display()));
    }
    let data = match crate::map::read(&path) {
        Ok(d) => d,
        Err(e) => return p.fail(at, format!("{}: {e}", path.display())),
    };
    let found = crc32fast::hash(&data);
    if found != digest {
        return p.fail(
            digest_at,
            format!("{} has digest {found:08x}: not the file this text was printed with", path.display()),
        );
    }
    Ok(data)
}

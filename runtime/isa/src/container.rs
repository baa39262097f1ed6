//! The file: header, section table, sections.
//!
//! All numbers of header and table are little-endian. Sections stand in ascending order of kind, each at the next multiple of its
//! alignment, with zero padding; nothing follows the last one. So a program has exactly one file and a file exactly one program.
//!
//! | header | bytes | | table entry | bytes |
//! |---|---|---|---|---|
//! | magic | 8 | | kind | 4 |
//! | major, minor version | 2 + 2 | | flags (bit 0: required) | 4 |
//! | flags (0) | 4 | | alignment | 4 |
//! | number of sections | 4 | | CRC-32 | 4 |
//! | CRC-32 of header (this field 0) and table | 4 | | offset | 8 |
//! | file length | 8 | | length | 8 |

use bytes::Bytes;
use zerocopy::byteorder::little_endian::{U16, U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use crate::error::LoadError;

/// First bytes of every program file.
pub const MAGIC: [u8; 8] = *b"\x89CIMOP\r\n";
/// A program of another major version is refused.
pub const MAJOR: u16 = 3;
/// The oldest minor version that can read a file is written into it; newer ones are refused.
pub const MINOR: u16 = 0;
/// Most sections of a file.
const MAX_SECTIONS: u32 = 256;
/// Largest section alignment.
pub const MAX_ALIGN: u32 = 4096;
/// Alignment of the data of each constant.
pub const CONSTANT_ALIGN: u64 = 64;

#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned, Clone, Copy)]
#[repr(C)]
struct Header {
    magic: [u8; 8],
    major: U16,
    minor: U16,
    flags: U32,
    sections: U32,
    table_crc: U32,
    file_len: U64,
}

#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned, Clone, Copy)]
#[repr(C)]
struct Entry {
    kind: U32,
    flags: U32,
    align: U32,
    crc: U32,
    offset: U64,
    len: U64,
}

const REQUIRED: u32 = 1;

/// A section of a file that was read, or of one to be written.
pub(crate) struct Section<D> {
    pub(crate) kind: u32,
    pub(crate) required: bool,
    pub(crate) align: u32,
    pub(crate) data: D,
}

/// Where each section lies: (kind, offset, length) in file order.
pub(crate) type Layout = Vec<(u32, u64, u64)>;

pub(crate) trait SectionData {
    fn len(&self) -> u64;
    fn crc(&self) -> u32;
    fn write(&self, out: &mut dyn std::io::Write) -> std::io::Result<()>;
}

fn align_up(v: u64, align: u64) -> Option<u64> {
    v.checked_next_multiple_of(align)
}

/// Positions of sections of the given (kind, align, length), without checks.
pub(crate) fn layout(parts: impl ExactSizeIterator<Item = (u32, u32, u64)>) -> Layout {
    let mut at = (size_of::<Header>() + parts.len() * size_of::<Entry>()) as u64;
    parts
        .map(|(kind, align, len)| {
            let offset = at.next_multiple_of(align.max(1) as u64);
            at = offset + len;
            (kind, offset, len)
        })
        .collect()
}

/// Writes a file. Sections must be in ascending order of kind.
pub(crate) fn write<D: SectionData>(sections: &[Section<D>], out: &mut dyn std::io::Write) -> std::io::Result<()> {
    let places = layout(sections.iter().map(|s| (s.kind, s.align, s.data.len())).collect::<Vec<_>>().into_iter());
    let start = (size_of::<Header>() + sections.len() * size_of::<Entry>()) as u64;
    let mut header = Header {
        magic: MAGIC,
        major: MAJOR.into(),
        minor: MINOR.into(),
        flags: 0.into(),
        sections: (sections.len() as u32).into(),
        table_crc: 0.into(),
        file_len: places.last().map_or(start, |p| p.1 + p.2).into(),
    };
    let entries: Vec<Entry> = sections
        .iter()
        .zip(&places)
        .map(|(s, p)| Entry {
            kind: s.kind.into(),
            flags: (if s.required { REQUIRED } else { 0 }).into(),
            align: s.align.into(),
            crc: s.data.crc().into(),
            offset: p.1.into(),
            len: p.2.into(),
        })
        .collect();
    header.table_crc = table_crc(header, &entries).into();
    out.write_all(header.as_bytes())?;
    out.write_all(entries.as_bytes())?;
    let mut at = start;
    for (s, p) in sections.iter().zip(&places) {
        pad(out, p.1 - at)?;
        s.data.write(out)?;
        at = p.1 + p.2;
    }
    Ok(())
}

/// Writes `n` zero bytes.
pub(crate) fn pad(out: &mut dyn std::io::Write, n: u64) -> std::io::Result<()> {
    const ZEROS: [u8; MAX_ALIGN as usize] = [0; MAX_ALIGN as usize];
    let mut left = n as usize;
    while left > 0 {
        let part = left.min(ZEROS.len());
        out.write_all(ZEROS.get(..part).unwrap_or(&ZEROS))?;
        left -= part;
    }
    Ok(())
}

fn table_crc(mut header: Header, entries: &[Entry]) -> u32 {
    header.table_crc = 0.into();
    let mut h = crc32fast::Hasher::new();
    h.update(header.as_bytes());
    h.update(entries.as_bytes());
    h.finalize()
}

/// Do these bytes start a program file?
pub fn is_program(head: &[u8]) -> bool {
    head.starts_with(&MAGIC)
}

fn bad<T>(offset: u64, what: impl Into<String>) -> Result<T, LoadError> {
    Err(LoadError::Container { offset, what: what.into() })
}

/// Takes a file apart. Sections share the bytes of the file.
pub(crate) fn read(file: &Bytes) -> Result<Vec<Section<Bytes>>, LoadError> {
    let Ok((header, rest)) = Header::read_from_prefix(file) else {
        return bad(file.len() as u64, format!("a program has at least {} bytes", size_of::<Header>()));
    };
    if header.magic != MAGIC {
        return bad(0, "not a meta-operator program");
    }
    let (major, minor) = (header.major.get(), header.minor.get());
    if major != MAJOR || minor > MINOR {
        return bad(
            8,
            format!("the file needs version {major}.{minor}, this program reads {MAJOR}.0 to {MAJOR}.{MINOR}"),
        );
    }
    if header.flags.get() != 0 {
        return bad(12, "unknown header flags");
    }
    if header.file_len.get() != file.len() as u64 {
        let want = header.file_len.get();
        return bad(24, format!("the file has {} bytes, its header says {want}: cut off or extended", file.len()));
    }
    let count = header.sections.get();
    if count > MAX_SECTIONS {
        return bad(16, format!("{count} sections, at most {MAX_SECTIONS}"));
    }
    let Ok((entries, _)) = <[Entry]>::ref_from_prefix_with_elems(rest, count as usize) else {
        return bad(file.len() as u64, "the file ends within the section table");
    };
    if table_crc(header, entries) != header.table_crc.get() {
        return bad(20, "the checksum of the section table is wrong");
    }
    let mut at = (size_of::<Header>() + size_of_val(entries)) as u64;
    let mut last = 0;
    let mut out = Vec::with_capacity(entries.len());
    for (i, e) in entries.iter().enumerate() {
        let here = (size_of::<Header>() + i * size_of::<Entry>()) as u64;
        let (kind, align, offset, len) = (e.kind.get(), e.align.get(), e.offset.get(), e.len.get());
        if kind <= last {
            return bad(here, format!("section kind {kind} after {last}: kinds must ascend"));
        }
        last = kind;
        if e.flags.get() & !REQUIRED != 0 {
            return bad(here + 4, format!("unknown flags of section {kind}"));
        }
        if !align.is_power_of_two() || align > MAX_ALIGN {
            return bad(
                here + 8,
                format!("alignment {align} of section {kind} is not a power of two up to {MAX_ALIGN}"),
            );
        }
        if align_up(at, align as u64) != Some(offset) {
            return bad(
                here + 16,
                format!("section {kind} at byte {offset} does not follow byte {at} aligned to {align}"),
            );
        }
        let Some(end) = offset.checked_add(len).filter(|&e| e <= file.len() as u64) else {
            return bad(here + 24, format!("section {kind} of {len} bytes reaches beyond the file"));
        };
        // Both ends are within the file, so they fit `usize`.
        if file.get(at as usize..offset as usize).is_none_or(|gap| gap.iter().any(|&b| b != 0)) {
            return bad(at, format!("the padding before section {kind} is not zero"));
        }
        let data = file.slice(offset as usize..end as usize);
        if crc32fast::hash(&data) != e.crc.get() {
            return bad(offset, format!("the checksum of section {kind} is wrong"));
        }
        at = end;
        out.push(Section { kind, required: e.flags.get() & REQUIRED != 0, align, data });
    }
    if at != file.len() as u64 {
        return bad(at, format!("{} bytes follow the last section", file.len() as u64 - at));
    }
    Ok(out)
}

//! Files as shared bytes: mapped where that pays, so that constants are used from the file.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use bytes::Bytes;

/// Below this a copy is cheaper than a map.
const MAP_FROM: u64 = 1 << 16;

/// The content of a file. Large regular files are memory-mapped: they must not be changed or truncated while in use.
#[allow(unsafe_code)]
pub(crate) fn read(path: &Path) -> std::io::Result<Bytes> {
    let mut file = File::open(path)?;
    let meta = file.metadata()?;
    if meta.is_file() && meta.len() >= MAP_FROM {
        // SAFETY: the map is read-only and private to `Bytes`. Like every memory-mapped reader this relies on nobody
        // truncating or rewriting the file meanwhile; the public functions say so.
        let map = unsafe { memmap2::Mmap::map(&file)? };
        return Ok(Bytes::from_owner(map));
    }
    let mut data = Vec::new();
    file.read_to_end(&mut data)?;
    Ok(Bytes::from(data))
}

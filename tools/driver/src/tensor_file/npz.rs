//! `.npz` archives: zip files whose members are `.npy` files, stored or deflated.

use anyhow::{Context, Result, anyhow, bail};

use super::{Array, parse_npy};

/// Largest size all members together may unpack to.
const MAX_UNPACKED: usize = 1 << 32;

/// Reads all arrays of an archive, named without their `.npy`.
///
/// # Errors
/// The archive is cut off or malformed, uses encryption, zip64 or another compression than deflate, a checksum differs,
/// or a member is no `.npy` file.
pub fn parse_npz(bytes: &[u8]) -> Result<Vec<(String, Array)>> {
    // The end record is the last thing in the file, but for a comment of at most 65,535 bytes.
    let tail = bytes.len().saturating_sub(22 + 65_535);
    let end = bytes
        .get(tail..)
        .and_then(|t| t.windows(4).rposition(|w| w == b"PK\x05\x06"))
        .map(|at| at + tail)
        .context("the archive has no end record: the file is cut off")?;
    let end = Fields(bytes.get(end..).unwrap_or_default());
    end.bytes(0, 22)?;
    let (count, start) = (end.u16(10)? as usize, end.u32(16)? as usize);
    let mut rest = bytes.get(start..).context("the archive's directory lies outside the file")?;
    let mut arrays = Vec::new();
    let mut budget = MAX_UNPACKED;
    for _ in 0..count {
        let entry = Fields(rest);
        if !rest.starts_with(b"PK\x01\x02") {
            bail!("the archive's directory is malformed");
        }
        let (name_len, extra, comment) = (entry.u16(28)? as usize, entry.u16(30)? as usize, entry.u16(32)? as usize);
        let name = entry.bytes(46, name_len)?;
        let name = std::str::from_utf8(name).context("a name in the archive is not text")?;
        if let Some(stem) = name.strip_suffix(".npy") {
            let content = member(bytes, &entry, budget);
            budget -= content.as_ref().map_or(0, |c| c.len());
            let array = content.and_then(|c| parse_npy(&c)).map_err(|e| anyhow!("member '{name}': {e}"))?;
            arrays.push((stem.to_string(), array));
        }
        rest = rest.get(46 + name_len + extra + comment..).unwrap_or_default();
    }
    Ok(arrays)
}

/// Content of the member a directory entry describes.
fn member<'a>(file: &'a [u8], entry: &Fields<'_>, budget: usize) -> Result<std::borrow::Cow<'a, [u8]>> {
    let (flags, method, crc) = (entry.u16(8)?, entry.u16(10)?, entry.u32(16)?);
    let (packed, unpacked, at) = (entry.u32(20)?, entry.u32(24)?, entry.u32(42)?);
    if flags & 1 != 0 {
        bail!("it is encrypted");
    }
    if [packed, unpacked, at].contains(&u32::MAX) {
        bail!("zip64 archives are not supported: save the array as .npy");
    }
    if unpacked as usize > budget {
        bail!("the archive unpacks to more than {MAX_UNPACKED} bytes");
    }
    let local = Fields(file.get(at as usize..).context("it lies outside the file")?);
    if !local.0.starts_with(b"PK\x03\x04") {
        bail!("its header is malformed");
    }
    let data = local.bytes(30 + local.u16(26)? as usize + local.u16(28)? as usize, packed as usize)?;
    let content = match method {
        0 => std::borrow::Cow::Borrowed(data),
        8 => {
            let v = miniz_oxide::inflate::decompress_to_vec_with_limit(data, unpacked as usize);
            std::borrow::Cow::Owned(v.map_err(|e| anyhow!("it does not unpack: {e}"))?)
        }
        m => bail!("compression method {m} is not supported: use numpy.savez or numpy.savez_compressed"),
    };
    if content.len() != unpacked as usize {
        bail!("it has {} bytes, the directory says {unpacked}", content.len());
    }
    if crc32fast::hash(&content) != crc {
        bail!("its checksum differs: the file is damaged");
    }
    Ok(content)
}

/// Little-endian fields at byte offsets.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn bytes(&self, at: usize, len: usize) -> Result<&'a [u8]> {
        let end = at.checked_add(len).context("a length overflows")?;
        self.0.get(at..end).context("it reaches beyond the end of the file")
    }
    fn u16(&self, at: usize) -> Result<u16> {
        Ok(u16::from_le_bytes(self.bytes(at, 2)?.try_into()?))
    }
    fn u32(&self, at: usize) -> Result<u32> {
        Ok(u32::from_le_bytes(self.bytes(at, 4)?.try_into()?))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Elements, write_npy_i64};
    use super::*;

    /// A minimal archive; deflated members when `deflate`.
    fn archive(members: &[(&str, Vec<u8>)], deflate: bool) -> Vec<u8> {
        let (mut file, mut directory) = (vec![], vec![]);
        for (name, content) in members {
            let packed = if deflate { miniz_oxide::deflate::compress_to_vec(content, 6) } else { content.clone() };
            let at = file.len() as u32;
            let mut common = vec![];
            common.extend([20, 0, 0, 0, if deflate { 8 } else { 0 }, 0, 0, 0, 0, 0]);
            common.extend(crc32fast::hash(content).to_le_bytes());
            common.extend((packed.len() as u32).to_le_bytes());
            common.extend((content.len() as u32).to_le_bytes());
            common.extend((name.len() as u16).to_le_bytes());
            common.extend([0, 0]);
            file.extend(b"PK\x03\x04");
            file.extend(&common);
            file.extend(name.as_bytes());
            file.extend(&packed);
            directory.extend(b"PK\x01\x02\x14\x00");
            directory.extend(&common);
            directory.extend([0; 10]);
            directory.extend(at.to_le_bytes());
            directory.extend(name.as_bytes());
        }
        let start = file.len() as u32;
        file.extend(&directory);
        file.extend(b"PK\x05\x06\x00\x00\x00\x00");
        file.extend([members.len() as u8, 0, members.len() as u8, 0]);
        file.extend((directory.len() as u32).to_le_bytes());
        file.extend(start.to_le_bytes());
        file.extend([0, 0]);
        file
    }

    fn npy(values: &[i64]) -> Vec<u8> {
        let mut f = vec![];
        write_npy_i64(&mut f, &[values.len()], values).unwrap();
        f
    }

    #[test]
    fn reads_stored_and_deflated_members() {
        for deflate in [false, true] {
            let file = archive(&[("a.npy", npy(&[1, 2])), ("b.npy", npy(&[3])), ("note.txt", vec![1])], deflate);
            let arrays = parse_npz(&file).unwrap();
            assert_eq!(arrays.len(), 2);
            assert_eq!((arrays[1].0.as_str(), &arrays[1].1.elements), ("b", &Elements::Int(vec![3])));
        }
    }

    #[test]
    fn the_array_is_chosen_by_name() {
        let two = archive(&[("a.npy", npy(&[1, 2])), ("b.npy", npy(&[3]))], false);
        assert_eq!(super::super::parse(&two, Some("b")).unwrap().shape, [1]);
        let error = super::super::parse(&two, Some("x")).unwrap_err().to_string();
        assert_eq!(error, "the archive holds 'a', 'b', 'x' is needed");
        let one = archive(&[("a.npy", npy(&[1, 2]))], true);
        assert_eq!(super::super::parse(&one, Some("x")).unwrap().shape, [2]);
    }

    #[test]
    fn truncated_and_damaged_archives_are_errors() {
        for deflate in [false, true] {
            let file = archive(&[("a.npy", npy(&[1, 2, 3]))], deflate);
            for n in 0..file.len() {
                assert!(parse_npz(&file[..n]).is_err(), "{n} bytes");
            }
            // Flipping any byte must not panic; in the content it must be noticed.
            for i in 0..file.len() {
                let mut damaged = file.clone();
                damaged[i] ^= 0x55;
                let _ = parse_npz(&damaged);
            }
            let mut damaged = file.clone();
            damaged[30 + 5 + 20] ^= 1;
            assert!(parse_npz(&damaged).is_err());
        }
    }
}

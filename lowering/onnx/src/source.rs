//! Mapped files: the model and its external data.

use bytes::Bytes;
use std::collections::HashMap;
use std::fs::File;
use std::path::{Component, Path, PathBuf};

/// Maps a regular file; never blocks on pipes or devices.
pub(crate) fn map(path: &Path) -> Result<Bytes, String> {
    let fail = |e: std::io::Error| format!("cannot read '{}': {e}", path.display());
    let meta = std::fs::metadata(path).map_err(fail)?;
    if !meta.is_file() {
        return Err(format!("cannot read '{}': it is no regular file", path.display()));
    }
    if meta.len() == 0 {
        return Ok(Bytes::new());
    }
    let file = File::open(path).map_err(fail)?;
    // SAFETY: the map is private and read-only. As with every mapped file, another process that truncates it while we run can end
    // us with a signal; weights of hundreds of megabytes are worth that.
    #[allow(unsafe_code)]
    let map = unsafe { memmap2::MmapOptions::new().map_copy_read_only(&file) }.map_err(fail)?;
    Ok(Bytes::from_owner(map))
}

/// External data files of one model, each mapped once.
pub(crate) struct External<'a> {
    dir: Option<&'a Path>,
    files: HashMap<String, Bytes>,
}

impl<'a> External<'a> {
    pub(crate) fn new(dir: Option<&'a Path>) -> Self {
        External { dir, files: HashMap::new() }
    }

    /// Bytes `offset..offset + length` (to the end when there is no length) of the file `location` beside the model.
    pub(crate) fn slice(&mut self, location: &str, offset: u64, length: Option<u64>) -> Result<Bytes, String> {
        if !self.files.contains_key(location) {
            let file = map(&self.path(location)?)?;
            self.files.insert(location.to_string(), file);
        }
        let file = &self.files[location];
        let size = file.len() as u64;
        let end = match length {
            Some(length) => offset.checked_add(length),
            None => Some(size),
        };
        match end {
            Some(end) if offset <= end && end <= size => Ok(file.slice(offset as usize..end as usize)),
            _ => {
                let length = length.map_or_else(|| "all".into(), |l| l.to_string());
                Err(format!("external data '{location}' has {size} bytes: {length} from {offset} are not in it"))
            }
        }
    }

    /// A file directly beside the model; links that lead elsewhere are refused.
    fn path(&self, location: &str) -> Result<PathBuf, String> {
        let dir = self.dir.ok_or("the model was read from memory: its external data cannot be found")?;
        let mut parts = Path::new(location).components();
        let (Some(Component::Normal(name)), None) = (parts.next(), parts.next()) else {
            return Err(format!("external data '{location}' is not a plain file name: it must lie beside the model"));
        };
        let path = dir.join(name);
        let fail = |e: std::io::Error| format!("cannot find external data '{}': {e}", path.display());
        let (real, home) = (path.canonicalize().map_err(fail)?, dir.canonicalize().map_err(fail)?);
        if real.parent() != Some(&home) {
            return Err(format!("external data '{location}' is a link that leads out of the model's folder"));
        }
        Ok(real)
    }
}

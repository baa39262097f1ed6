//! Where results and messages go.

use std::io::{self, ErrorKind, Write};
use std::path::Path;

use anyhow::{Context, Result};

/// Writes to a file, or to standard output for `-`.
pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    if path == Path::new("-") {
        let mut out = io::stdout().lock();
        return Ok(out.write_all(bytes).and_then(|()| out.flush())?);
    }
    std::fs::write(path, bytes).with_context(|| format!("cannot write '{}'", path.display()))
}

/// A line on standard error; a closed standard error is no reason to fail.
pub fn note(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", text.trim_end());
}

/// An error on standard error.
pub fn error(text: &str) {
    note(&format!("error: {text}"));
}

/// Did the reader of our output go away? Then there is nobody left to tell.
pub fn is_broken_pipe(e: &anyhow::Error) -> bool {
    e.chain().any(|c| c.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == ErrorKind::BrokenPipe))
}

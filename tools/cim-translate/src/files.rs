//! Input and output.

use std::fmt;
use std::io::{self, IsTerminal, Read, Write};
use std::path::Path;

use anyhow::{Context, Result, bail};

/// A message that already names file, line and column.
#[derive(Debug)]
pub struct Located(pub String);

impl fmt::Display for Located {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Located {}

/// A whole file.
pub fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("cannot read '{}'", path.display()))
}

/// All of standard input.
pub fn read_stdin() -> Result<Vec<u8>> {
    let mut data = Vec::new();
    io::stdin().lock().read_to_end(&mut data).context("cannot read standard input")?;
    Ok(data)
}

/// A file, or standard output for `-`.
pub fn create(path: &Path) -> Result<Box<dyn Write>> {
    if path == Path::new("-") {
        return Ok(Box::new(io::BufWriter::new(io::stdout())));
    }
    let file = std::fs::File::create(path).with_context(|| format!("cannot write '{}'", path.display()))?;
    Ok(Box::new(io::BufWriter::new(file)))
}

/// Writes all of a file.
pub fn write(path: &Path, data: &[u8]) -> Result<()> {
    let mut out = create(path)?;
    let done = out.write_all(data).and_then(|()| out.flush());
    // A closed pipe is told apart by its error kind, so that one stays as it is.
    if path == Path::new("-") { Ok(done?) } else { done.with_context(|| format!("cannot write '{}'", path.display())) }
}

/// Writes all of a binary file, but not to a terminal.
pub fn write_binary(path: &Path, data: &[u8]) -> Result<()> {
    if path == Path::new("-") && io::stdout().is_terminal() {
        bail!("a program file is binary: name one with -o FILE");
    }
    write(path, data)
}

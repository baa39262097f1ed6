//! Program files: recognising, reading and writing them.

use std::path::Path;

use anyhow::{Context, Result};
use cim_isa::{LoadError, Program};

use cim_machine::Machine;

use crate::report::{MachineInfo, mode_name};

/// Do these bytes start a program file?
pub fn is_program(bytes: &[u8]) -> bool {
    cim_isa::is_program(bytes)
}

/// The first bytes of a file, enough for [`is_program`].
///
/// # Errors
/// The file cannot be read.
pub fn head(path: &Path) -> Result<Vec<u8>> {
    use std::io::Read;
    let cannot = || format!("cannot read '{}'", path.display());
    let mut head = Vec::new();
    std::fs::File::open(path).with_context(cannot)?.take(64).read_to_end(&mut head).with_context(cannot)?;
    Ok(head)
}

/// Reads and validates a program file.
///
/// # Errors
/// The file cannot be read or is not a valid program.
pub fn read(path: &Path) -> Result<Program> {
    match cim_isa::open(path) {
        // The message names the file.
        Err(e @ LoadError::Io { .. }) => Err(e.into()),
        Err(e) => Err(e).with_context(|| format!("'{}' is not a valid program", path.display())),
        Ok(program) => Ok(program),
    }
}

/// The bytes of a program file.
///
/// # Errors
/// The program's parts do not fit each other.
pub fn encode(program: &Program) -> Result<Vec<u8>> {
    cim_isa::validate(program).context("the compiler made an invalid program")?;
    Ok(cim_isa::encode(program))
}

/// The machine a program was compiled for.
///
/// # Errors
/// The description in the program is malformed.
pub fn machine(program: &Program) -> Result<Machine> {
    Machine::from_yaml(&program.machine, "<machine of the program>").context("the program names no usable machine")
}

/// What the report says about the machine of a program; `source` is where its description came from.
pub fn machine_info(program: &Program, machine: &Machine, source: &str) -> MachineInfo {
    MachineInfo {
        name: machine.name.clone(),
        mode: mode_name(program.mode),
        source: source.to_string(),
        rows_per_conversion: program.rows_per_conversion,
    }
}

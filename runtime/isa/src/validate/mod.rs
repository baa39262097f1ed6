//! x
use crate::{InvalidProgram, Program};
/// x
pub fn validate(_p: &Program) -> Result<(), InvalidProgram> {
    Ok(())
}

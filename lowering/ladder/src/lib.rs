//! From one level to the next and down to the meta-operator program.

pub mod boxes;
pub mod liveness;

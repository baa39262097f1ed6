//! From one level to the next and down to the meta-operator program.
#![forbid(unsafe_code)]

pub mod boxes;
pub mod liveness;
pub mod mvm;
pub mod pixels;

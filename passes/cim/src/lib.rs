//! Passes inside the `cim` levels.

pub mod first_fit;
pub mod graph;
pub mod requant;

//! Passes, their options and pipelines, and the drivers that run them.

pub mod pipeline;

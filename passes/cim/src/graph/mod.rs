//! Passes on `cim.graph`.
//!
//! - [`constants`]: reading and changing constant operations
//! - [`fold_batch_norm`]: batch norm into float weights
//! - [`quantize_operators`]: float operators between quantisation become integer operators
//! - [`quantize_floats`]: post-training quantisation with known ranges
//! - [`place`]: convolutions and linear layers onto crossbars

pub mod constants;
pub mod fold_batch_norm;
pub mod place;
pub mod quantize_floats;
pub mod quantize_operators;

//! Passes on `cim.graph`.
//!
//! - [`constants`]: reading and changing constant operations
//! - [`fold_batch_norm`]: batch norm into float weights
//! - [`quantize_operators`]: float operators between quantisation become integer operators
//! - [`quantize_floats`]: post-training quantisation with known ranges
//! - [`ternary_weights`]: binary and ternary weights that are stored as floats
//! - [`place`]: convolutions and linear layers onto crossbars

pub mod constants;
pub mod fold_batch_norm;
pub mod place;
pub mod quantize_floats;
pub mod quantize_operators;
pub mod ternary_weights;

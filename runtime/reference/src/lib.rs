//! The judge of everything else: the quantised network in plain integers, and the host operators by the kernels of `cim-host`.
//!
//! Nothing is shared with the simulator: the two agree only if both are right. Nothing here knows instructions or, but for
//! [`saturating`], crossbars.
//!
//! - [`exec`]: runs [`cim_isa::reference::Reference`], free running or node by node with given inputs
//! - [`compare`]: finds the first element in which a simulated buffer differs from the reference
//! - [`host`]: quantise, dequantise and the operators of `cim-host`
//! - [`saturating`]: layers whose analogue-to-digital conversions may clip
//! - [`tensor`], [`requant`], [`conv`], [`pool`]: tensors and integer kernels
#![forbid(unsafe_code)]

pub mod compare;
pub mod conv;
mod error;
pub mod exec;
pub mod host;
pub mod pool;
pub mod requant;
pub mod saturating;
pub mod tensor;

pub use compare::{Comparison, Difference, buffer_elements};
pub use error::ReferenceError;
pub use exec::{ReferenceExecutor, Trace};
pub use saturating::Converters;
pub use tensor::IntTensor;

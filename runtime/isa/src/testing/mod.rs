//! Programs for tests: the convolution-ReLU example of the CIM-MLC paper, and random valid programs.

mod figure16;
mod mend;
mod network;
mod random;
mod rng;

pub use figure16::conv_relu;
pub use mend::mend;
pub use random::{random_program, write_count};
pub use rng::Rng;

//! `cim-opt`: reads MLIR text, verifies it, runs passes, prints it.
#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    cim_driver::opt::opt_main("cim-opt", cim_driver::registry::register_all, std::env::args().skip(1))
}

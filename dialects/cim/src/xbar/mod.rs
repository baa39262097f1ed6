//! `cim.xbar`: programs on buffers; the unit of work is one matrix-vector product. See `RATIONALE.md`.
//!
//! - [`program`]: matrices, constants, buffers, layers, parallel blocks
//! - [`crossbar`]: writing and reading crossbars, core mode's residents
//! - [`digital`]: sums, offset correction, requantisation, pooling
//! - [`moves`]: copies, fills and host operators
//! - [`check`]: checks they share, buffer types

pub mod check;
pub mod crossbar;
pub mod digital;
pub mod moves;
pub mod program;

use cim_ir::registry::Dialect;

/// The dialect.
pub static XBAR: Dialect = Dialect {
    ops: &[
        program::Matrix::DEF,
        program::Requant::DEF,
        program::Alloc::DEF,
        program::Layer::DEF,
        program::Parallel::DEF,
        crossbar::WriteXb::DEF,
        crossbar::ReadXb::DEF,
        crossbar::Resident::DEF,
        crossbar::WriteCore::DEF,
        crossbar::ReadCore::DEF,
        digital::Relu::DEF,
        digital::Clip::DEF,
        digital::Add::DEF,
        digital::Mul::DEF,
        digital::ReduceAdd::DEF,
        digital::ShiftAcc::DEF,
        digital::Offset::DEF,
        digital::Requantize::DEF,
        digital::AddRequantize::DEF,
        digital::Pool::DEF,
        moves::Mov::DEF,
        moves::Fill::DEF,
        moves::HostQuantize::DEF,
        moves::HostDequantize::DEF,
        moves::HostConstant::DEF,
        moves::Host::DEF,
    ],
    ..Dialect::new("cim.xbar", "Programs on buffers: one matrix-vector product at a time on virtual crossbars.")
};

//! Which bytes an instruction reads and writes.

use cim_isa::instr::{Addr, Affine, MoveDim};
use cim_isa::program::HostValue;
use cim_isa::types::{Buffer, Port, Window};
use cim_isa::{Instr, Program, Space};

/// Read or written, and by which instruction operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Read.
    Read,
    /// Written.
    Write,
}

/// A box of bytes: `len` bytes at `at + sum stride * i` over all counts of `dims`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// Read or written.
    pub kind: Kind,
    /// Memory.
    pub space: Space,
    /// First byte, following the loops.
    pub at: Affine,
    /// (count, stride in bytes), outermost first.
    pub dims: Vec<(u64, i64)>,
    /// Contiguous bytes.
    pub len: u64,
}

impl Access {
    fn new(kind: Kind, addr: &Addr, dims: Vec<(u64, i64)>, len: u64) -> Access {
        Access { kind, space: addr.space, at: addr.at.clone(), dims, len }.simplified()
    }

    /// Merges dimensions that continue or overlap each other; the set of bytes stays the same.
    pub fn simplified(mut self) -> Access {
        self.dims.retain(|d| d.0 != 1);
        while let Some(&(count, stride)) = self.dims.last() {
            // A negative or wider stride leaves gaps (or runs backwards); anything else is one longer piece.
            let Ok(stride) = u64::try_from(stride) else { break };
            if stride > self.len || count == 0 {
                break;
            }
            self.len = stride.saturating_mul(count - 1).saturating_add(self.len);
            self.dims.pop();
        }
        self
    }

    /// Smallest offset, and one past the largest, relative to `at`.
    pub fn reach(&self) -> (i128, i128) {
        let (mut lo, mut hi) = (0i128, i128::from(self.len));
        for &(count, stride) in &self.dims {
            let far = i128::from(count.saturating_sub(1)).saturating_mul(i128::from(stride));
            if far < 0 {
                lo = lo.saturating_add(far);
            } else {
                hi = hi.saturating_add(far);
            }
        }
        (lo, hi)
    }

    /// True when no byte is touched.
    pub fn is_empty(&self) -> bool {
        self.len == 0 || self.dims.iter().any(|d| d.0 == 0)
    }

    /// Calls `each(offset from at)` for every contiguous piece of `len` bytes.
    pub fn pieces(&self, mut each: impl FnMut(i128)) {
        fn walk(dims: &[(u64, i64)], at: i128, each: &mut impl FnMut(i128)) {
            let Some(((count, stride), rest)) = dims.split_first() else { return each(at) };
            for i in 0..*count {
                walk(rest, at + i128::from(i) * i128::from(*stride), each);
            }
        }
        walk(&self.dims, 0, &mut each);
    }

    /// Number of contiguous pieces.
    pub fn piece_count(&self) -> u64 {
        self.dims.iter().fold(1, |n, d| n.saturating_mul(d.0))
    }
}

fn wide(v: u64) -> i64 {
    i64::try_from(v).unwrap_or(i64::MAX)
}

fn dims_of(dims: &[MoveDim], stride: impl Fn(&MoveDim) -> i64) -> Vec<(u64, i64)> {
    dims.iter().map(|d| (u64::from(d.count), stride(d))).collect()
}

fn buffer(kind: Kind, b: &Buffer) -> Access {
    let at = Affine::constant(i64::try_from(b.addr).unwrap_or(i64::MAX));
    let dims = b.shape.iter().zip(b.strides).map(|(n, s)| (u64::from(*n), wide(s))).collect();
    Access { kind, space: b.space, at, dims, len: u64::from(b.elem.bytes()) }.simplified()
}

/// Bytes read and written by a leaf instruction. Table entries that do not exist give no access; executing such an
/// instruction fails.
pub fn accesses(program: &Program, instr: &Instr) -> Vec<Access> {
    use Kind::{Read, Write};
    let dense = |kind, addr: &Addr, len: u32, elem: cim_isa::types::IntType| {
        Access::new(kind, addr, Vec::new(), u64::from(len) * u64::from(elem.bytes()))
    };
    let port = |id: cim_isa::types::PortId| program.ports.get(id.index());
    let row_of = |p: &Port, rows: u32| u64::from(rows) * u64::from(p.input.bytes());
    let out_of = |p: &Port| u64::from(p.outputs) * u64::from(p.output.bytes());
    match instr {
        Instr::ReadXb { len, rows, src, src_stride, dst, dst_stride, port: id, accumulate, .. } => {
            let Some(p) = port(*id) else { return Vec::new() };
            let many = |stride: u64| vec![(u64::from(*len), wide(stride))];
            // Crossbars that share an input read it once.
            let inputs = if *src_stride == 0 { Vec::new() } else { many(*src_stride) };
            let mut list = vec![
                Access::new(Read, src, inputs, row_of(p, *rows)),
                Access::new(Write, dst, many(*dst_stride), out_of(p)),
            ];
            if *accumulate {
                list.push(Access::new(Read, dst, many(*dst_stride), out_of(p)));
            }
            list
        }
        Instr::ReadRow { len, src, dst, port: id, accumulate, .. } => {
            let Some(p) = port(*id) else { return Vec::new() };
            let mut list = vec![
                Access::new(Read, src, Vec::new(), row_of(p, *len)),
                Access::new(Write, dst, Vec::new(), out_of(p)),
            ];
            if *accumulate {
                list.push(Access::new(Read, dst, Vec::new(), out_of(p)));
            }
            list
        }
        Instr::ReadCore { resident, window, src, src_pitch, dst, dst_pitch, accumulate } => {
            core_accesses(program, *resident, *window, (src, *src_pitch), (dst, *dst_pitch), *accumulate)
        }
        Instr::Relu { dst, src, len, elem } | Instr::Clip { dst, src, len, elem, .. } => {
            vec![dense(Read, src, *len, *elem), dense(Write, dst, *len, *elem)]
        }
        Instr::Add { dst, a, b, len, elem } | Instr::Mul { dst, a, b, len, elem } => {
            vec![dense(Read, a, *len, *elem), dense(Read, b, *len, *elem), dense(Write, dst, *len, *elem)]
        }
        Instr::ReduceAdd { dst, src, count, stride, len, elem, accumulate } => {
            let bytes = u64::from(*len) * u64::from(elem.bytes());
            let mut list = vec![
                Access::new(Read, src, vec![(u64::from(*count), wide(*stride))], bytes),
                dense(Write, dst, *len, *elem),
            ];
            if *accumulate {
                list.push(dense(Read, dst, *len, *elem));
            }
            list
        }
        Instr::ShiftAcc { dst, src, len, elem, .. } => {
            vec![dense(Read, src, *len, *elem), dense(Read, dst, *len, *elem), dense(Write, dst, *len, *elem)]
        }
        Instr::Offset { dst, src, input, positions, groups, inner, outputs, elem, .. } => {
            let inputs = u64::from(*positions)
                .saturating_mul(u64::from(*groups))
                .saturating_mul(u64::from(*inner))
                .saturating_mul(u64::from(input.bytes()));
            let out = u64::from(*groups).saturating_mul(u64::from(*outputs)).saturating_mul(u64::from(elem.bytes()));
            vec![
                Access::new(Read, src, Vec::new(), inputs),
                Access::new(Read, dst, Vec::new(), out),
                Access::new(Write, dst, Vec::new(), out),
            ]
        }
        Instr::Requantise { dst, to, src, from, len, .. } => {
            vec![dense(Read, src, *len, *from), dense(Write, dst, *len, *to)]
        }
        Instr::AddRequantise { dst, to, a, a_elem, b, b_elem, len, .. } => {
            vec![dense(Read, a, *len, *a_elem), dense(Read, b, *len, *b_elem), dense(Write, dst, *len, *to)]
        }
        Instr::Pool { dst, src, .. } => {
            let get = |id: &cim_isa::types::BufferId| program.buffers.get(id.index());
            let (Some(to), Some(from)) = (get(dst), get(src)) else { return Vec::new() };
            vec![buffer(Read, from), buffer(Write, to)]
        }
        Instr::Mov { dst, src, dims, bytes, .. } => vec![
            Access::new(Read, src, dims_of(dims, |d| d.src_stride), u64::from(*bytes)),
            Access::new(Write, dst, dims_of(dims, |d| d.dst_stride), u64::from(*bytes)),
        ],
        Instr::Fill { dst, dims, len, elem, .. } => {
            vec![Access::new(Write, dst, dims_of(dims, |d| d.dst_stride), u64::from(*len) * u64::from(elem.bytes()))]
        }
        Instr::Host { op } => {
            let Some(op) = program.host_ops.get(op.index()) else { return Vec::new() };
            let of = |kind, v: &HostValue| match v {
                HostValue::Buffer(id) => program.buffers.get(id.index()).map(|b| buffer(kind, b)),
                _ => None,
            };
            op.inputs.iter().filter_map(|v| of(Read, v)).chain(of(Write, &op.output)).collect()
        }
        Instr::Loop { .. }
        | Instr::Parallel { .. }
        | Instr::WriteXb { .. }
        | Instr::WriteRow { .. }
        | Instr::WriteCore { .. } => Vec::new(),
    }
}

/// Rows and columns of an input that a window touches along one axis: first and one past the last.
fn touched(window: &Window, axis: usize) -> (u64, u64) {
    let last = |n: u32| n.saturating_sub(1);
    let lo = crate::digital::coordinate(window, axis, 0, 0).max(0);
    let hi = crate::digital::coordinate(window, axis, last(window.output[axis]), last(window.kernel[axis]));
    let extent = i64::from(window.input[axis]);
    let hi = (hi + 1).clamp(0, extent);
    (lo.min(hi) as u64, hi as u64)
}

fn core_accesses(
    program: &Program,
    resident: cim_isa::types::ResidentId,
    window: cim_isa::types::WindowId,
    (src, src_pitch): (&Addr, u64),
    (dst, dst_pitch): (&Addr, u64),
    accumulate: bool,
) -> Vec<Access> {
    let entry = program.residents.get(resident.index());
    let window = program.windows.get(window.index());
    let (Some(entry), Some(window)) = (entry, window) else { return Vec::new() };
    let Some(port) = program.ports.get(entry.port.index()) else { return Vec::new() };
    let pixel = u64::from(window.input[2]) * u64::from(port.input.bytes());
    let ((h0, h1), (w0, w1)) = (touched(window, 0), touched(window, 1));
    let shifted = |a: &Addr, by: u64| {
        let mut a = a.clone();
        a.at.base = a.at.base.saturating_add(wide(by));
        a
    };
    let first = h0.saturating_mul(src_pitch).saturating_add(w0.saturating_mul(pixel));
    let mut list = vec![Access::new(
        Kind::Read,
        &shifted(src, first),
        vec![(h1 - h0, wide(src_pitch))],
        (w1 - w0).saturating_mul(pixel),
    )];
    let pixels = u64::from(window.output[0]) * u64::from(window.output[1]);
    // Channel runs of the tiles, merged.
    let mut runs: Vec<(u64, u64)> = Vec::new();
    for (id, _) in &entry.placement {
        let Some(tile) = program.tiles.get(id.index()) else { continue };
        let Some(matrix) = program.matrices.get(tile.matrix.index()) else { continue };
        let start = u64::from(tile.group0) * u64::from(matrix.cols) + u64::from(tile.col0);
        runs.push((start, start + u64::from(tile.groups) * u64::from(tile.cols)));
    }
    runs.sort_unstable();
    runs.dedup_by(|next, kept| {
        let joined = next.0 <= kept.1;
        if joined {
            kept.1 = kept.1.max(next.1);
        }
        joined
    });
    let size = u64::from(port.output.bytes());
    for (start, end) in runs {
        let at = shifted(dst, start.saturating_mul(size));
        let len = (end - start).saturating_mul(size);
        let kinds = if accumulate { &[Kind::Write, Kind::Read][..] } else { &[Kind::Write] };
        for kind in kinds {
            list.push(Access::new(*kind, &at, vec![(pixels, wide(dst_pitch))], len));
        }
    }
    list
}

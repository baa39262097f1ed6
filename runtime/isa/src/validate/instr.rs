//! Instructions of `init` and `main`.

use std::collections::HashSet;

use crate::error::InvalidProgram;
use crate::instr::{Addr, Affine, Instr, MoveDim, PoolKind, Space};
use crate::program::Program;
use crate::schema::MAX_DEPTH;
use crate::types::*;
use crate::validate::constants::Facts;
use crate::validate::range::{Trips, access, core_of, range, within};
use crate::validate::window::{covers_input, product};
use crate::validate::{What, bounds, ensure, entry, factor, int_type, limits, mode_allows};

pub(crate) fn check(p: &Program, facts: &Facts) -> Result<(), InvalidProgram> {
    let mut c = Checker { p, facts, ways: column_ways(p), trips: Vec::new(), path: Vec::new(), executed: 0 };
    for (name, body) in [("init", &p.init), ("main", &p.main)] {
        c.body(body, 1).map_err(|(what, leaf)| InvalidProgram::new(c.place(name, leaf), what))?;
    }
    Ok(())
}

/// How columns of some tile are combined: (slices, polarities, cell bits).
type Way = (u32, u8, u8);

/// All ways that occur, so that a port which fits no tile at all is refused; which tile a crossbar holds is known at run time only.
fn column_ways(p: &Program) -> HashSet<Way> {
    let mut ways = HashSet::new();
    for t in &p.tiles {
        let Some(m) = p.matrices.get(t.matrix.index()) else { continue };
        let b = &t.binding;
        let bits = m.weight.bits.saturating_sub((b.differential && m.weight.signed && m.narrow) as u8).max(1);
        let cells = bits.div_ceil(b.cell_bits.max(1)) as u32;
        ways.insert(if b.bits_to_crossbars {
            (1, 1, b.cell_bits)
        } else {
            (cells, 1 + b.differential as u8, b.cell_bits)
        });
    }
    ways
}

/// A message and the mnemonic of the instruction it is about.
type Bad = (String, &'static str);

struct Checker<'p> {
    p: &'p Program,
    facts: &'p Facts<'p>,
    ways: HashSet<Way>,
    trips: Vec<u64>,
    path: Vec<usize>,
    executed: u128,
}

impl Checker<'_> {
    fn place(&self, list: &str, leaf: &str) -> String {
        let steps: Vec<String> = self.path.iter().map(|i| format!("[{i}]")).collect();
        format!("{list}{} ({leaf})", steps.join(".body"))
    }

    /// On failure `path` leads to the instruction. `times`: product of the surrounding trip counts.
    fn body(&mut self, body: &[Instr], times: u128) -> Result<(), Bad> {
        for (i, instr) in body.iter().enumerate() {
            self.path.push(i);
            match instr {
                Instr::Loop { trip, body } => {
                    let name = "loop";
                    let bad = |ok: bool, what: &dyn Fn() -> String| ensure(ok, what).map_err(|w| (w, name));
                    bad(self.trips.len() < MAX_DEPTH, &|| format!("loops nest deeper than {MAX_DEPTH}"))?;
                    bad(*trip >= 1, &|| "trip count 0".into())?;
                    bad(!body.is_empty(), &|| "empty body".into())?;
                    let times = times.saturating_mul(*trip as u128);
                    bad(times <= limits::EXECUTED, &|| "more than 2^40 executed instructions".into())?;
                    self.trips.push(*trip);
                    self.body(body, times)?;
                    self.trips.pop();
                }
                Instr::Parallel { body } => {
                    if body.is_empty() {
                        return Err(("empty body".into(), "parallel"));
                    }
                    if body.iter().any(|i| matches!(i, Instr::Loop { .. } | Instr::Parallel { .. })) {
                        return Err(("a parallel block holds neither loops nor blocks".into(), "parallel"));
                    }
                    self.body(body, times)?;
                }
                leaf => {
                    let name = leaf.mnemonic();
                    self.executed = self.executed.saturating_add(times);
                    let allowed = mode_allows(self.p.mode, name);
                    ensure(allowed, || format!("not an instruction of mode {:?}", self.p.mode))
                        .map_err(|w| (w, name))?;
                    ensure(self.executed <= limits::EXECUTED, || "more than 2^40 executed instructions".into())
                        .and_then(|()| self.leaf(leaf))
                        .map_err(|w| (w, name))?;
                }
            }
            self.path.pop();
        }
        Ok(())
    }

    fn trips(&self) -> Trips<'_> {
        &self.trips
    }

    /// `len` elements from `addr`.
    fn vector(&self, name: &str, addr: &Addr, len: u64, elem: IntType) -> What {
        int_type(elem)?;
        ensure(len >= 1, || format!("{name}: 0 elements"))?;
        self.bytes(name, addr, len.saturating_mul(elem.bytes() as u64))
    }
    fn bytes(&self, name: &str, addr: &Addr, len: u64) -> What {
        access(self.p, addr, self.trips(), 0, len as i128).map_err(|w| format!("{name}: {w}"))
    }
    /// The address is in the L1 of the crossbar's core.
    fn beside(&self, name: &str, addr: &Addr, len: u64, xb: &Affine, xbs: u32) -> What {
        ensure(addr.space == Space::L1, || format!("{name} is in L0, expected L1"))?;
        self.bytes(name, addr, len)?;
        let at = core_of(&addr.at, self.trips(), 0, len as i128, self.p.l1_span).map_err(|w| format!("{name}: {w}"))?;
        let core = core_of(xb, self.trips(), 0, xbs as i128, self.p.chip.crossbars_per_core as u64)
            .map_err(|w| format!("crossbars: {w}"))?;
        ensure(at.same(&core), || format!("{name} is not in the L1 of the crossbar's core"))
    }
    fn crossbars(&self, xb: &Affine, len: u32) -> What {
        within(xb, self.trips(), len as u64, self.p.chip.crossbars(), "crossbars")
    }
    fn port(&self, id: PortId, shift: u8) -> Result<Port, String> {
        let t = *entry(&self.p.ports, id.0, "port p")?;
        ensure(shift < t.output.bits, || format!("shift {shift} of a {}-bit accumulator", t.output.bits))?;
        let way = (t.slices as u32, t.polarities, t.cell_bits);
        ensure(self.ways.contains(&way), || format!("port p{} combines columns unlike any tile", id.0))?;
        Ok(t)
    }

    fn leaf(&self, instr: &Instr) -> What {
        let p = self.p;
        match instr {
            Instr::Loop { .. } | Instr::Parallel { .. } => Ok(()),
            Instr::WriteXb { xb, tile } => {
                entry(&p.tiles, tile.0, "tile t")?;
                self.crossbars(xb, 1)
            }
            Instr::WriteRow { xb, row, tile, tile_row, len } => {
                let t = entry(&p.tiles, tile.0, "tile t")?;
                let rows = t.rows as u64 * t.groups as u64;
                ensure(*len >= 1 && *tile_row as u64 + *len as u64 <= rows, || {
                    format!("rows {tile_row} + {len} of a tile with {rows}")
                })?;
                ensure(*row as u64 + *len as u64 <= p.chip.rows as u64, || {
                    format!("rows {row} + {len} of a crossbar with {}", p.chip.rows)
                })?;
                self.crossbars(xb, 1)
            }
            Instr::ReadXb { xb, len, rows, src, src_stride, dst, dst_stride, port, shift, .. } => {
                let t = self.port(*port, *shift)?;
                ensure(*len >= 1, || "0 crossbars".into())?;
                ensure((1..=p.chip.rows).contains(rows), || format!("{rows} rows of a crossbar with {}", p.chip.rows))?;
                self.crossbars(xb, *len)?;
                let reach = |stride: u64, n: u64| (*len as u64 - 1).saturating_mul(stride).saturating_add(n);
                let input = reach(*src_stride, *rows as u64 * t.input.bytes() as u64);
                let output = reach(*dst_stride, t.outputs as u64 * t.output.bytes() as u64);
                self.beside("src", src, input, xb, *len)?;
                self.beside("dst", dst, output, xb, *len)
            }
            Instr::ReadRow { xb, row, len, src, dst, port, shift, .. } => {
                let t = self.port(*port, *shift)?;
                ensure((1..=p.rows_per_conversion).contains(len), || {
                    format!("{len} rows in one conversion, at most {}", p.rows_per_conversion)
                })?;
                within(row, self.trips(), *len as u64, p.chip.rows as u64, "rows")?;
                self.crossbars(xb, 1)?;
                self.beside("src", src, *len as u64 * t.input.bytes() as u64, xb, 1)?;
                self.beside("dst", dst, t.outputs as u64 * t.output.bytes() as u64, xb, 1)
            }
            Instr::WriteCore { resident } => entry(&p.residents, resident.0, "resident r").map(drop),
            Instr::ReadCore { resident, window, src, src_pitch, dst, dst_pitch, .. } => {
                self.read_core(*resident, *window, (src, *src_pitch), (dst, *dst_pitch))
            }
            Instr::Relu { dst, src, len, elem } => self.unary(dst, src, *len, *elem),
            Instr::Clip { dst, src, len, elem, lo, hi } => {
                bounds(*lo, *hi, *elem)?;
                self.unary(dst, src, *len, *elem)
            }
            Instr::Add { dst, a, b, len, elem } | Instr::Mul { dst, a, b, len, elem } => {
                self.unary(dst, a, *len, *elem)?;
                self.vector("b", b, *len as u64, *elem)
            }
            Instr::ReduceAdd { dst, src, count, stride, len, elem, .. } => {
                ensure(*count >= 1, || "count 0".into())?;
                self.vector("dst", dst, *len as u64, *elem)?;
                let one = *len as u64 * elem.bytes() as u64;
                self.bytes("src", src, (*count as u64 - 1).saturating_mul(*stride).saturating_add(one))
            }
            Instr::ShiftAcc { dst, src, len, shift, elem, .. } => {
                self.unary(dst, src, *len, *elem)?;
                ensure(*shift < elem.bits, || format!("shift {shift} of {} bits", elem.bits))
            }
            Instr::Offset { dst, src, input, positions, groups, inner, outputs, factor: f, elem } => {
                factor("factor", *f)?;
                let count = |dims: &[u32]| product(dims);
                ensure(*positions >= 1, || "0 positions".into())?;
                self.vector("src", src, count(&[*positions, *groups, *inner]), *input)?;
                self.vector("dst", dst, count(&[*groups, *outputs]), *elem)
            }
            Instr::Requantise { dst, to, src, from, len, channel, channels, requant } => {
                let q = entry(&p.requants, requant.0, "requant q")?;
                ensure(q.m2.is_none(), || format!("requant q{} is for two inputs", requant.0))?;
                bounds(q.lo, q.hi, *to)?;
                ensure(*channels >= 1 && len % channels == 0, || format!("{len} elements of {channels} channels"))?;
                let n = self.multipliers(q)?;
                let (lo, hi) = range(channel, self.trips())?;
                ensure(n == 1 || (lo >= 0 && hi + *channels as i128 <= n as i128), || {
                    format!("channels {lo}..{} of {n}", hi + *channels as i128)
                })?;
                self.vector("src", src, *len as u64, *from)?;
                self.vector("dst", dst, *len as u64, *to)
            }
            Instr::AddRequantise { dst, to, a, a_elem, b, b_elem, len, requant } => {
                let q = entry(&p.requants, requant.0, "requant q")?;
                ensure(q.m2.is_some(), || format!("requant q{} is for one input", requant.0))?;
                let n = self.multipliers(q)?;
                ensure(n == 1, || format!("requant q{} has {n} multipliers, expected 1", requant.0))?;
                bounds(q.lo, q.hi, *to)?;
                self.vector("a", a, *len as u64, *a_elem)?;
                self.vector("b", b, *len as u64, *b_elem)?;
                self.vector("dst", dst, *len as u64, *to)
            }
            Instr::Pool { kind, dst, src, window } => self.pool(*kind, *dst, *src, *window),
            Instr::Mov { dst, src, dims, bytes, elem } => {
                int_type(*elem)?;
                let size = elem.bytes();
                ensure(*bytes >= 1 && bytes % size == 0, || format!("{bytes} bytes of {size}-byte elements"))?;
                self.strided("src", src, dims, *bytes as u64, |d| d.src_stride)?;
                self.strided("dst", dst, dims, *bytes as u64, |d| d.dst_stride)
            }
            Instr::Fill { dst, dims, len, value, elem } => {
                bounds(*value, *value, *elem)?;
                ensure(*len >= 1, || "0 elements".into())?;
                ensure(dims.iter().all(|d| d.src_stride == 0), || "a fill has no source strides".into())?;
                self.strided("dst", dst, dims, *len as u64 * elem.bytes() as u64, |d| d.dst_stride)
            }
            Instr::Host { op } => entry(&p.host_ops, op.0, "host_op h").map(drop),
        }
    }

    fn unary(&self, dst: &Addr, src: &Addr, len: u32, elem: IntType) -> What {
        self.vector("src", src, len as u64, elem)?;
        self.vector("dst", dst, len as u64, elem)
    }

    fn multipliers(&self, q: &Requant) -> Result<u64, String> {
        self.facts.elements(q.m, ElemType::Int(IntType::I64), "multipliers")
    }

    fn strided(&self, name: &str, addr: &Addr, dims: &[MoveDim], bytes: u64, stride: fn(&MoveDim) -> i64) -> What {
        ensure(dims.len() <= 4, || format!("{} outer dimensions, at most 4", dims.len()))?;
        let (mut lo, mut hi, mut total) = (0i128, bytes as i128, bytes);
        for d in dims {
            ensure(d.count >= 1, || "a dimension has 0 steps".into())?;
            let reach = stride(d) as i128 * (d.count as i128 - 1);
            if reach < 0 {
                lo += reach
            } else {
                hi += reach
            }
            total = total.saturating_mul(d.count as u64);
        }
        ensure(total <= limits::MOVED, || format!("{total} bytes in one instruction, at most 2^34"))?;
        access(self.p, addr, self.trips(), lo, hi).map_err(|w| format!("{name}: {w}"))
    }

    fn read_core(&self, resident: ResidentId, window: WindowId, src: (&Addr, u64), dst: (&Addr, u64)) -> What {
        let p = self.p;
        let r = entry(&p.residents, resident.0, "resident r")?;
        let w = entry(&p.windows, window.0, "window w")?;
        let t = entry(&p.ports, r.port.0, "port p")?;
        let tile = r.placement.first().and_then(|x| p.tiles.get(x.0.index()));
        let m = tile.and_then(|t| p.matrices.get(t.matrix.index())).ok_or("the entry has no matrix")?;
        let [h, width, c] = w.input.map(u64::from);
        let rows = product(&w.kernel).saturating_mul(c);
        ensure(rows == m.rows().saturating_mul(m.groups as u64), || {
            format!("the window has {rows} inputs, the matrix {} rows in {} groups", m.rows(), m.groups)
        })?;
        ensure(m.groups == 1 || m.groups as u64 * m.inner as u64 == c, || {
            format!("{c} input channels in {} groups of {}", m.groups, m.inner)
        })?;
        bounds(w.pad_value, w.pad_value, t.input)?;
        for (name, a) in [("src", src.0), ("dst", dst.0)] {
            ensure(a.space == Space::L0, || format!("{name} is in L1, expected L0"))?;
        }
        let line = width.saturating_mul(c).saturating_mul(t.input.bytes() as u64);
        self.bytes("src", src.0, (h - 1).saturating_mul(src.1).saturating_add(line))?;
        let pixels = product(&w.output);
        let out = (m.groups as u64).saturating_mul(m.cols as u64).saturating_mul(t.output.bytes() as u64);
        ensure(pixels == 1 || dst.1 >= out, || format!("output pixels of {out} bytes every {} bytes", dst.1))?;
        self.bytes("dst", dst.0, (pixels - 1).saturating_mul(dst.1).saturating_add(out))
    }

    fn pool(&self, kind: PoolKind, dst: BufferId, src: BufferId, window: WindowId) -> What {
        let p = self.p;
        let (d, s) = (entry(&p.buffers, dst.0, "buffer b")?, entry(&p.buffers, src.0, "buffer b")?);
        let w = entry(&p.windows, window.0, "window w")?;
        ensure(s.shape == w.input, || format!("source {:?}, window over {:?}", s.shape, w.input))?;
        let out = [w.output[0], w.output[1], w.input[2]];
        ensure(d.shape == out, || format!("destination {:?}, window gives {out:?}", d.shape))?;
        covers_input(w)?;
        match kind {
            PoolKind::Max => ensure(d.elem == s.elem, || "source and destination differ in element type".into()),
            PoolKind::Average(id) => {
                let q = entry(&p.requants, id.0, "requant q")?;
                bounds(q.lo, q.hi, d.elem)?;
                ensure(q.m2.is_none(), || format!("requant q{} is for two inputs", id.0))?;
                let (n, k) = (self.multipliers(q)?, product(&w.kernel));
                ensure(n == k, || format!("{n} multipliers, one for each count 1..={k} expected"))?;
                ensure(!w.count_include_pad || (s.elem.min()..=s.elem.max()).contains(&w.pad_value), || {
                    format!("pad_value {} is not of the source's type", w.pad_value)
                })
            }
        }
    }
}

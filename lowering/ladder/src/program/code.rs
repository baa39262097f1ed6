//! Operations to instructions.

use super::Export;
use super::access::Depths;
use crate::network::window_from;
use cim_dialect::graph::Rounding;
use cim_dialect::onnx_attributes::OnnxAttributes;
use cim_dialect::row::{ReadRow, WriteRow};
use cim_dialect::xbar::crossbar::{ReadCore, ReadXb, Resident, WriteCore, WriteXb};
use cim_dialect::xbar::digital as dcom;
use cim_dialect::xbar::moves as dmov;
use cim_dialect::xbar::program::{Layer, Matrix, PlacementAttr};
use cim_ir::core::AttrData;
use cim_ir::{BlockId, Diagnostic, Ir, OpId, ValueId};
use cim_isa::instr::{Affine, Instr, MoveDim, PoolKind};
use cim_isa::program::{HostKind, HostOp, HostValue, Placement};
use cim_isa::reference::Probe;
use cim_isa::types::*;

type Out<T> = Result<T, Diagnostic>;

/// Deepest nesting of loops that a program may have.
const MAX_DEPTH: usize = 16;

/// A constant loop bound.
fn bound(ir: &Ir, value: ValueId) -> Option<i64> {
    let def = ir.defining_op(value).filter(|&op| ir.name_str(op) == "arith.constant")?;
    ir.ctx().as_i64(ir.attr(def, "value")?)
}

impl Export<'_> {
    /// Instructions of a function that is no `@main`.
    pub fn function(&mut self, func: OpId) -> Out<Vec<Instr>> {
        let Some(block) = self.ir.body(func) else { return self.fail(func, "has no body") };
        self.block(block, &mut Depths::new(), false)
    }

    /// Instructions of `@main`, with the layer table and the probes.
    pub fn main(&mut self, func: OpId) -> Out<Vec<Instr>> {
        let Some(block) = self.ir.body(func) else { return self.fail(func, "has no body") };
        let mut out = Vec::new();
        for op in self.ir.ops_of(block).collect::<Vec<_>>() {
            match Layer::cast(self.ir, op) {
                Some(layer) => self.layer(layer, &mut out)?,
                None => out.extend(self.op(op, &mut Depths::new(), false)?),
            }
        }
        Ok(out)
    }

    fn layer(&mut self, l: Layer, out: &mut Vec<Instr>) -> Out<()> {
        let (ir, op) = (self.ir, l.op());
        let first = out.len() as u32;
        if let Some(block) = ir.body(op) {
            out.extend(self.block(block, &mut Depths::new(), false)?);
        }
        let end = out.len() as u32;
        for (value, node) in l.outs(ir).into_iter().zip(l.nodes(ir)) {
            if let Some(place) = self.buffers.get(&value) {
                self.probes.insert(node, Probe { buffer: place.id, after: end.saturating_sub(1) });
            }
        }
        let window = match l.window(ir) {
            None => None,
            Some(n) => match window_from(&n, l.pad_value(ir), l.count_include_pad(ir)) {
                Some(w) => Some(w),
                None => return self.fail(op, "window must have 15 numbers below 2^32"),
            },
        };
        let matrix = l.matrix(ir).unwrap_or_default();
        let number = |k: usize| matrix.get(k).copied().unwrap_or(0);
        let byte = |v: i64| u8::try_from(v).unwrap_or(u8::MAX);
        self.p.layers.push(cim_isa::program::Layer {
            name: l.name(ir).to_string(),
            kind: l.kind(ir).to_string(),
            placement: match l.placement(ir) {
                PlacementAttr::Cim => Placement::Cim,
                PlacementAttr::Alu => Placement::Alu,
                PlacementAttr::Host => Placement::Host,
            },
            reason: l.reason(ir).to_string(),
            window,
            cout: self.u32(op, "cout", l.cout(ir))?,
            groups: self.u32(op, "groups", l.groups(ir))?,
            matrix: [self.u32(op, "rows", number(0))?, self.u32(op, "columns", number(1))?],
            weight_bits: byte(l.weight_bits(ir)),
            activation_bits: byte(l.activation_bits(ir)),
            crossbars: self.u32(op, "crossbars", l.crossbars(ir))?,
            cores: self.u32(op, "cores", l.cores(ir))?,
            duplication: self.u32(op, "copies", l.copies(ir))?,
            segment: self.u32(op, "segment", l.segment(ir))?,
            main: [first, end],
        });
        Ok(())
    }

    fn block(&mut self, block: BlockId, depths: &mut Depths, leaves_only: bool) -> Out<Vec<Instr>> {
        let mut out = Vec::new();
        for op in self.ir.ops_of(block).collect::<Vec<_>>() {
            out.extend(self.op(op, depths, leaves_only)?);
        }
        Ok(out)
    }

    fn op(&mut self, op: OpId, depths: &mut Depths, leaves_only: bool) -> Out<Option<Instr>> {
        let ir = self.ir;
        let name = ir.name_str(op);
        Ok(Some(match name {
            "func.return" | "scf.yield" | "arith.constant" | "cim.xbar.alloc" | "cim.xbar.host_constant" => {
                return Ok(None);
            }
            "scf.for" | "cim.xbar.parallel" if leaves_only => {
                return self.fail(op, "stands inside a parallel block; only leaf operations may");
            }
            "scf.for" => self.for_loop(op, depths)?,
            "cim.xbar.parallel" => {
                let Some(block) = ir.body(op) else { return Ok(None) };
                Instr::Parallel { body: self.block(block, depths, true)? }
            }
            _ => match name.strip_prefix("cim.xbar.").or(name.strip_prefix("cim.row.")) {
                Some("mov" | "fill" | "host_quantize" | "host_dequantize" | "host") => self.movement(op, depths)?,
                Some("write_xb" | "write_row" | "read_xb" | "read_row" | "write_core" | "read_core") => {
                    self.crossbar(op, depths)?
                }
                _ => self.digital(op, depths)?,
            },
        }))
    }

    fn for_loop(&mut self, op: OpId, depths: &mut Depths) -> Out<Instr> {
        let ir = self.ir;
        let bounds: Vec<Option<i64>> = ir.operands(op).map(|v| bound(ir, v)).collect();
        let [Some(0), Some(trip), Some(1)] = bounds[..] else {
            return self.fail(op, "must run from constant 0 to a constant bound in steps of constant 1");
        };
        let (Some(block), true) = (ir.body(op), trip >= 1 && depths.len() < MAX_DEPTH) else {
            return self
                .fail(op, format!("must have a body, at least one trip and be nested at most {MAX_DEPTH} deep"));
        };
        let Some(&iv) = ir.args(block).first() else { return self.fail(op, "has no index") };
        depths.insert(iv, depths.len() as u8);
        let body = self.block(block, depths, false)?;
        depths.remove(&iv);
        Ok(Instr::Loop { trip: trip as u64, body })
    }

    fn requant(&self, op: OpId, name: &str) -> Out<RequantId> {
        match self.requants.get(name) {
            Some(&id) => Ok(id),
            None => self.fail(op, format!("refers to @{name}, which is no cim.xbar.requant of the module")),
        }
    }

    fn matrix_of(&self, op: OpId, name: &str) -> Out<(MatrixId, Matrix)> {
        match self.matrices.get(name).and_then(|&(id, m)| Some((id, Matrix::cast(self.ir, m)?))) {
            Some(found) => Ok(found),
            None => self.fail(op, format!("refers to @{name}, which is no cim.xbar.matrix of the module")),
        }
    }

    fn tile(
        &mut self,
        op: OpId,
        matrix: &str,
        rows: &[i64],
        cols: &[i64],
        groups: Option<Vec<i64>>,
        slice: i64,
    ) -> Out<TileId> {
        let (id, m) = self.matrix_of(op, matrix)?;
        let ir = self.ir;
        let groups = groups.unwrap_or_else(|| vec![0, 1]);
        let (&[row0, rows], &[col0, cols], &[group0, groups]) = (rows, cols, groups.as_slice()) else {
            return self.fail(op, "rows, cols and group_range must be a first index and a count");
        };
        let binding = BindingSpec {
            differential: m.differential(ir),
            bits_to_crossbars: m.bits_to_crossbars(ir),
            cell_bits: u8::try_from(m.cell_bits(ir)).unwrap_or(0),
        };
        let tile = Tile {
            matrix: id,
            group0: self.u32(op, "first group", group0)?,
            groups: self.u32(op, "groups", groups)?,
            row0: self.u32(op, "first row", row0)?,
            rows: self.u32(op, "rows", rows)?,
            col0: self.u32(op, "first column", col0)?,
            cols: self.u32(op, "columns", cols)?,
            binding,
            slice: self.u32(op, "slice", slice)?,
        };
        Ok(self.t.tile(tile))
    }

    fn write(&mut self, op: OpId, w: WriteXb) -> Out<(TileId, u32)> {
        let ir = self.ir;
        let matrix = w.matrix(ir).to_string();
        let tile = self.tile(op, &matrix, &w.rows(ir), &w.cols(ir), w.group_range(ir), w.slice(ir))?;
        Ok((tile, self.u32(op, "xb", w.xb(ir))?))
    }

    fn port(
        &mut self,
        op: OpId,
        input: IntType,
        output: IntType,
        [outputs, slices, polarities, cell_bits]: [i64; 4],
    ) -> Out<PortId> {
        let byte = |v: i64| u8::try_from(v).unwrap_or(0);
        let outputs = self.u32(op, "outputs", outputs)?;
        let (slices, polarities, cell_bits) = (byte(slices), byte(polarities), byte(cell_bits));
        Ok(self.t.port(Port { input, outputs, slices, polarities, cell_bits, output }))
    }

    fn crossbar(&mut self, op: OpId, depths: &Depths) -> Out<Instr> {
        let ir = self.ir;
        let stride = |e: &Self, what: &str, v: i64, elem: IntType| -> Out<u64> {
            Ok(u64::from(e.u32(op, what, v)?) * u64::from(elem.bytes()))
        };
        if let Some(w) = WriteXb::cast(ir, op) {
            let (tile, xb) = self.write(op, w)?;
            return Ok(Instr::WriteXb { xb: Affine::constant(i64::from(xb)), tile });
        }
        if let Some(w) = WriteRow::cast(ir, op) {
            let matrix = w.matrix(ir).to_string();
            let tile = self.tile(op, &matrix, &w.rows(ir), &w.cols(ir), w.group_range(ir), w.slice(ir))?;
            return Ok(Instr::WriteRow {
                xb: Affine::constant(w.xb(ir)),
                row: self.u32(op, "row", w.row(ir))?,
                tile,
                tile_row: self.u32(op, "tile_row", w.tile_row(ir))?,
                len: self.u32(op, "len", w.len(ir))?,
            });
        }
        if let Some(r) = ReadXb::cast(ir, op) {
            let ivs = self.ivs(op, 2);
            let (dst, output) = self.addr(op, r.dst(ir), "dst_at", &ivs, depths)?;
            let (src, input) = self.addr(op, r.src(ir), "src_at", &ivs, depths)?;
            let port =
                self.port(op, input, output, [r.outputs(ir), r.slices(ir), r.polarities(ir), r.cell_bits(ir)])?;
            return Ok(Instr::ReadXb {
                xb: Affine::constant(r.xb(ir)),
                len: self.u32(op, "len", r.len(ir))?,
                rows: self.u32(op, "rows", r.rows(ir))?,
                src,
                src_stride: stride(self, "src_stride", r.src_stride(ir), input)?,
                dst,
                dst_stride: stride(self, "dst_stride", r.dst_stride(ir), output)?,
                port,
                shift: u8::try_from(r.shift(ir)).unwrap_or(u8::MAX),
                negate: r.negate(ir),
                accumulate: r.accumulate(ir),
            });
        }
        if let Some(r) = ReadRow::cast(ir, op) {
            let ivs = self.ivs(op, 2);
            let (dst, output) = self.addr(op, r.dst(ir), "dst_at", &ivs, depths)?;
            let (src, input) = self.addr(op, r.src(ir), "src_at", &ivs, depths)?;
            let port =
                self.port(op, input, output, [r.outputs(ir), r.slices(ir), r.polarities(ir), r.cell_bits(ir)])?;
            return Ok(Instr::ReadRow {
                xb: Affine::constant(r.xb(ir)),
                row: self.follow(op, "row_at", &ivs, depths)?,
                len: self.u32(op, "len", r.len(ir))?,
                src,
                dst,
                port,
                shift: u8::try_from(r.shift(ir)).unwrap_or(u8::MAX),
                negate: r.negate(ir),
                accumulate: r.accumulate(ir),
            });
        }
        if let Some(w) = WriteCore::cast(ir, op) {
            let name = w.resident(ir).to_string();
            return Ok(Instr::WriteCore { resident: self.resident(op, &name, None)? });
        }
        let Some(r) = ReadCore::cast(ir, op) else { return self.fail(op, "is no crossbar operation") };
        let ivs = self.ivs(op, 2);
        let (dst, output) = self.addr(op, r.dst(ir), "dst_at", &ivs, depths)?;
        let (src, input) = self.addr(op, r.src(ir), "src_at", &ivs, depths)?;
        let name = r.resident(ir).to_string();
        let resident = self.resident(op, &name, Some((input, output)))?;
        let Some(window) = window_from(&r.window(ir), r.pad_value(ir), false) else {
            return self.fail(op, "window must have 15 numbers below 2^32");
        };
        let (dst_buffer, src_buffer) = (self.buffers[&r.dst(ir)].id, self.buffers[&r.src(ir)].id);
        let src_pitch = self.p.buffers[src_buffer.index()].strides[0];
        let dst_pitch = self.p.buffers[dst_buffer.index()].strides[1];
        let window = self.t.window(window);
        Ok(Instr::ReadCore { resident, window, src, src_pitch, dst, dst_pitch, accumulate: r.accumulate(ir) })
    }

    /// The residency entry of a symbol. Element types come from the `read_core` that uses it.
    fn resident(&mut self, op: OpId, name: &str, types: Option<(IntType, IntType)>) -> Out<ResidentId> {
        let ir = self.ir;
        if let Some(&id) = self.resident_ids.get(name) {
            return Ok(id);
        }
        let Some((def, r)) = self.residents.get(name).and_then(|&d| Some((d, Resident::cast(ir, d)?))) else {
            return self.fail(op, format!("refers to @{name}, which is no cim.xbar.resident of the module"));
        };
        let Some((input, output)) = types.or_else(|| self.read_types(name)) else {
            return self.fail(op, format!("programs @{name}, which no cim.xbar.read_core reads"));
        };
        let mut placement = Vec::new();
        for w in ir.body(def).into_iter().flat_map(|b| ir.ops_of(b)).collect::<Vec<_>>() {
            let Some(view) = WriteXb::cast(ir, w) else { return self.fail(w, "is no cim.xbar.write_xb") };
            placement.push(self.write(w, view)?);
        }
        let port = self.port(def, input, output, [r.outputs(ir), r.slices(ir), r.polarities(ir), r.cell_bits(ir)])?;
        let id = ResidentId(self.p.residents.len() as u32);
        self.p.residents.push(cim_isa::types::Resident {
            name: r.name(ir).to_string(),
            core: self.u32(def, "core", r.core(ir))?,
            cores: self.u32(def, "cores", r.cores(ir))?,
            placement,
            port,
            offset: r.offset(ir),
        });
        self.resident_ids.insert(name.to_string(), id);
        Ok(id)
    }

    /// Input and accumulator types of the `read_core` of a resident.
    fn read_types(&self, name: &str) -> Option<(IntType, IntType)> {
        let ir = self.ir;
        let main = crate::find_function(ir, self.module, "main").ok()?;
        let reads = ir.walk(main).into_iter().filter_map(|op| ReadCore::cast(ir, op));
        let r = reads.into_iter().find(|r| r.resident(ir) == name)?;
        Some((self.buffers.get(&r.src(ir))?.elem, self.buffers.get(&r.dst(ir))?.elem))
    }

    fn digital(&mut self, op: OpId, depths: &Depths) -> Out<Instr> {
        let ir = self.ir;
        if let Some(o) = dcom::Pool::cast(ir, op) {
            let Some(window) = window_from(&o.window(ir), o.pad_value(ir), o.count_include_pad(ir)) else {
                return self.fail(op, "window must have 15 numbers below 2^32");
            };
            let kind = match o.requant(ir) {
                Some(r) => PoolKind::Average(self.requant(op, r)?),
                None => PoolKind::Max,
            };
            let (Some(dst), Some(src)) = (self.buffers.get(&o.dst(ir)), self.buffers.get(&o.src(ir))) else {
                return self.fail(op, "uses a buffer that no cim.xbar.alloc of @main made");
            };
            return Ok(Instr::Pool { kind, dst: dst.id, src: src.id, window: self.t.window(window) });
        }
        let len = |e: &Self, v: i64| e.u32(op, "len", v);
        macro_rules! two {
            ($o:expr) => {{
                let ivs = self.ivs(op, 2);
                let (dst, to) = self.addr(op, $o.dst(ir), "dst_at", &ivs, depths)?;
                let (src, from) = self.addr(op, $o.src(ir), "src_at", &ivs, depths)?;
                (dst, to, src, from)
            }};
        }
        macro_rules! three {
            ($o:expr) => {{
                let ivs = self.ivs(op, 3);
                let (dst, to) = self.addr(op, $o.dst(ir), "dst_at", &ivs, depths)?;
                let (a, a_elem) = self.addr(op, $o.a(ir), "a_at", &ivs, depths)?;
                let (b, b_elem) = self.addr(op, $o.b(ir), "b_at", &ivs, depths)?;
                (dst, to, a, a_elem, b, b_elem)
            }};
        }
        if let Some(o) = dcom::Relu::cast(ir, op) {
            let (dst, elem, src, _) = two!(o);
            return Ok(Instr::Relu { dst, src, len: len(self, o.len(ir))?, elem });
        }
        if let Some(o) = dcom::Clip::cast(ir, op) {
            let (dst, elem, src, _) = two!(o);
            return Ok(Instr::Clip { dst, src, len: len(self, o.len(ir))?, elem, lo: o.lo(ir), hi: o.hi(ir) });
        }
        if let Some(o) = dcom::Add::cast(ir, op) {
            let (dst, elem, a, _, b, _) = three!(o);
            return Ok(Instr::Add { dst, a, b, len: len(self, o.len(ir))?, elem });
        }
        if let Some(o) = dcom::Mul::cast(ir, op) {
            let (dst, elem, a, _, b, _) = three!(o);
            return Ok(Instr::Mul { dst, a, b, len: len(self, o.len(ir))?, elem });
        }
        if let Some(o) = dcom::ReduceAdd::cast(ir, op) {
            let (dst, elem, src, _) = two!(o);
            let stride = u64::from(self.u32(op, "stride", o.stride(ir))?) * u64::from(elem.bytes());
            let count = self.u32(op, "count", o.count(ir))?;
            let accumulate = o.accumulate(ir);
            return Ok(Instr::ReduceAdd { dst, src, count, stride, len: len(self, o.len(ir))?, elem, accumulate });
        }
        if let Some(o) = dcom::ShiftAcc::cast(ir, op) {
            let (dst, elem, src, _) = two!(o);
            let shift = u8::try_from(o.shift(ir)).unwrap_or(u8::MAX);
            return Ok(Instr::ShiftAcc { dst, src, len: len(self, o.len(ir))?, shift, negate: o.negate(ir), elem });
        }
        if let Some(o) = dcom::Offset::cast(ir, op) {
            let (dst, elem, src, input) = two!(o);
            return Ok(Instr::Offset {
                dst,
                src,
                input,
                positions: self.u32(op, "positions", o.positions(ir))?,
                groups: self.u32(op, "groups", o.groups(ir))?,
                inner: self.u32(op, "inner", o.inner(ir))?,
                outputs: self.u32(op, "outputs", o.outputs(ir))?,
                factor: o.factor(ir),
                elem,
            });
        }
        if let Some(o) = dcom::Requantize::cast(ir, op) {
            let (dst, to, src, from) = two!(o);
            let (len, channels) = (len(self, o.len(ir))?, self.u32(op, "channels", o.channels(ir))?);
            let (channel, requant) = (Affine::constant(o.channel(ir)), self.requant(op, o.requant(ir))?);
            return Ok(Instr::Requantise { dst, to, src, from, len, channel, channels, requant });
        }
        if let Some(o) = dcom::AddRequantize::cast(ir, op) {
            let (dst, to, a, a_elem, b, b_elem) = three!(o);
            let requant = self.requant(op, o.requant(ir))?;
            return Ok(Instr::AddRequantise { dst, to, a, a_elem, b, b_elem, len: len(self, o.len(ir))?, requant });
        }
        self.fail(op, "has no meta-operator")
    }

    fn host_value(&self, op: OpId, value: ValueId) -> Out<HostValue> {
        let found = (self.hosts.get(&value).map(|&t| HostValue::Tensor(t)))
            .or_else(|| self.host_constants.get(&value).map(|&c| HostValue::Constant(c)))
            .or_else(|| self.buffers.get(&value).map(|p| HostValue::Buffer(p.id)));
        match found {
            Some(v) => Ok(v),
            None => self.fail(op, "uses a value that is neither a host tensor, a constant nor a buffer of @main"),
        }
    }

    #[allow(clippy::too_many_arguments)] // one per part of the operator
    fn host_op(
        &mut self,
        op: OpId,
        name: &str,
        reason: &str,
        kind: HostKind,
        output: ValueId,
        values: &[ValueId],
        slots: Option<&[i64]>,
    ) -> Out<Instr> {
        let mut inputs = Vec::with_capacity(values.len());
        for (i, &v) in values.iter().enumerate() {
            let slot = slots.and_then(|s| s.get(i)).and_then(|s| usize::try_from(*s).ok()).unwrap_or(i);
            // Slots ascend and are small: the verifier saw to it.
            inputs.resize(slot.clamp(i, 255), HostValue::Absent);
            inputs.push(self.host_value(op, v)?);
        }
        let output = self.host_value(op, output)?;
        let id = HostOpId(self.p.host_ops.len() as u32);
        self.p.host_ops.push(HostOp { name: name.to_string(), kind, inputs, output, reason: reason.to_string() });
        Ok(Instr::Host { op: id })
    }

    fn movement(&mut self, op: OpId, depths: &Depths) -> Out<Instr> {
        let ir = self.ir;
        if let Some(o) = dmov::Mov::cast(ir, op) {
            let ivs = self.ivs(op, 2);
            let (dst, elem) = self.addr(op, o.dst(ir), "dst_at", &ivs, depths)?;
            let (src, _) = self.addr(op, o.src(ir), "src_at", &ivs, depths)?;
            let e = i64::from(elem.bytes());
            let strides = o.dst_strides(ir).into_iter().zip(o.src_strides(ir));
            let mut dims = Vec::new();
            for (count, (d, s)) in o.counts(ir).into_iter().zip(strides) {
                let count = self.u32(op, "each count", count)?;
                dims.push(MoveDim { count, src_stride: s.saturating_mul(e), dst_stride: d.saturating_mul(e) });
            }
            let bytes = self.u32(op, "bytes", o.len(ir).saturating_mul(e))?;
            return Ok(Instr::Mov { dst, src, dims, bytes, elem });
        }
        if let Some(o) = dmov::Fill::cast(ir, op) {
            let (dst, elem) = self.addr(op, o.dst(ir), "dst_at", &self.ivs(op, 1), depths)?;
            let e = i64::from(elem.bytes());
            let mut dims = Vec::new();
            for (count, d) in o.counts(ir).into_iter().zip(o.dst_strides(ir)) {
                let count = self.u32(op, "each count", count)?;
                dims.push(MoveDim { count, src_stride: 0, dst_stride: d.saturating_mul(e) });
            }
            return Ok(Instr::Fill { dst, dims, len: self.u32(op, "len", o.len(ir))?, value: o.value(ir), elem });
        }
        if let Some(o) = dmov::HostQuantize::cast(ir, op) {
            let scale = match ir.ctx().attr_data(o.scale(ir)) {
                AttrData::Dense { data, .. } => data.get(..4).and_then(|b| b.try_into().ok()).map(f32::from_le_bytes),
                AttrData::DenseResource { key, .. } => {
                    ir.ctx().resource(*key).and_then(|b| b.get(..4)?.try_into().ok().map(f32::from_le_bytes))
                }
                _ => None,
            };
            let Some(scale) = scale else { return self.fail(op, "scale must be a constant of one f32") };
            let kind = HostKind::Quantise {
                scale,
                zero: o.zero_point(ir),
                lo: o.lo(ir),
                hi: o.hi(ir),
                rounding: o.rounding(ir).and_then(Rounding::from_name).and_then(rounding),
                zero_first: o.zero_first(ir),
                channels_last: o.channels_last(ir),
            };
            return self.host_op(op, o.name(ir), o.reason(ir), kind, o.dst(ir), &[o.src(ir)], None);
        }
        if let Some(o) = dmov::HostDequantize::cast(ir, op) {
            let name = o.name(ir);
            let scale = self.constant(op, &format!("{name}.scale"), o.scale(ir))?;
            let bias = o.bias(ir).map(|b| self.constant(op, &format!("{name}.bias"), b)).transpose()?;
            let kind = HostKind::Dequantise { scale, zero: o.zero_point(ir), bias, channels_last: o.channels_last(ir) };
            return self.host_op(op, name, o.reason(ir), kind, o.dst(ir), &[o.src(ir)], None);
        }
        let Some(o) = dmov::Host::cast(ir, op) else { return self.fail(op, "has no meta-operator") };
        let a = OnnxAttributes::read(ir.ctx(), o.attributes(ir)).map_err(|e| ir.op_error(op, e))?;
        let kind = HostKind::Onnx {
            op: o.operator(ir).to_string(),
            version: self.u32(op, "version", o.version(ir))?,
            result: self.u32(op, "output", o.output(ir))?,
            ints: a.ints,
            floats: a.floats,
            strings: a.strings,
        };
        let srcs: Vec<ValueId> = o.srcs(ir).into_iter().collect();
        self.host_op(op, o.name(ir), o.reason(ir), kind, o.dst(ir), &srcs, o.slots(ir).as_deref())
    }
}

/// The program's name of a rounding; None = to the nearest, ties to even.
fn rounding(r: Rounding) -> Option<cim_isa::program::Rounding> {
    use cim_isa::program::Rounding as To;
    Some(match r {
        Rounding::HalfEven => return None,
        Rounding::HalfUp => To::HalfUp,
        Rounding::HalfDown => To::HalfDown,
        Rounding::Up => To::Up,
        Rounding::Down => To::Down,
        Rounding::Ceil => To::Ceil,
        Rounding::Floor => To::Floor,
        Rounding::Sign => To::Sign,
        Rounding::Bipolar => To::Bipolar,
    })
}

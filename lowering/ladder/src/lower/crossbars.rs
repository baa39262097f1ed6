//! Convolutions and linear layers on crossbars, one output pixel (per copy) at a time.

use super::Lowering;
use super::buffers::{Buf, Spot};
use super::weights::Placed;
use crate::boxes::RowSpace;
use crate::emit::{Access, Emitter, Lin};
use crate::mvm::{CorePlan, Gather, Merge, merge, plan, slice_weight};
use crate::network::{Kind, Mvm, Node};
use crate::pixels::{Member, Nest, nests};
use cim_ir::{Diagnostic, ValueId};
use cim_isa::types::IntType;

/// A core's plan with its buffers.
struct OnCore {
    plan: CorePlan,
    inputs: ValueId,
    acc: ValueId,
    /// Requantised outputs before they leave the core.
    out: Option<ValueId>,
}

/// One copy.
struct Copy {
    cores: Vec<OnCore>,
}

/// Where accumulators go once they are complete over all cores.
#[derive(Clone, Copy)]
enum Finish<'a> {
    /// Requantised inside the cores, then moved to the output.
    InCore { to: &'a Buf, requant: &'a str },
    /// Moved to a tensor of accumulators.
    Tensor { to: &'a Buf },
    /// Added to a tensor of accumulators (time parts).
    AddTo { to: &'a Buf },
    /// Summed in a scratch buffer, then requantised.
    Scratch { acc: ValueId, to: &'a Buf, requant: &'a str },
}

/// Loop indices of a nest.
#[derive(Clone, Copy)]
struct Loops {
    row: Option<usize>,
    col: Option<usize>,
}

impl Loops {
    fn row(&self, m: &Member, step: i64) -> Lin {
        Lin::at(i64::from(m.row) * step).plus(self.row, step)
    }
    fn col(&self, m: &Member, step: i64) -> Lin {
        Lin::at(i64::from(m.col) * step).plus(self.col, i64::from(m.col_step) * step)
    }
}

/// Accumulators wide enough for every partial sum before the offset is corrected.
pub(super) fn accumulator(m: &Mvm, p: &Placed, input: IntType) -> IntType {
    let rows =
        i128::from(m.window.kernel[0]) * i128::from(m.window.kernel[1]) * i128::from(m.window.input[2] / m.groups);
    let largest = i128::from(input.max()).max(-i128::from(input.min()));
    let bound = rows * largest * ((1i128 << m.weight.bits) + i128::from(p.factor.unsigned_abs()));
    if bound <= i128::from(i32::MAX) { IntType::I32 } else { IntType::I64 }
}

impl Lowering<'_> {
    pub fn mvm_on_crossbars(&mut self, i: usize, node: &Node, m: &Mvm) -> Result<(), Diagnostic> {
        let p = self.placed[&i].clone();
        let mut info = self.mvm_info(m, &p);
        let input_bits = self.net.tensors[node.inputs[0]].elem.map_or(0, |e| e.bits);
        info.numbers.push(("activation_bits", i64::from(input_bits)));
        let name = node.name.clone();
        self.layer(&name, info, |l| l.mvm_body(i, node, m, &p))
    }

    /// Input buffer: convolutions need the tensor's own layout, linear layers take any.
    pub fn mvm_input(&mut self, node: &Node, m: &Mvm) -> Result<Buf, Diagnostic> {
        let t = node.inputs[0];
        let buf = if m.linear { self.any_layout(t) } else { self.own_layout(t) };
        match buf {
            Some(b) => Ok(b),
            None => self.error(node, "reads a tensor that is not in a buffer"),
        }
    }

    fn mvm_body(&mut self, i: usize, node: &Node, m: &Mvm, p: &Placed) -> Result<Vec<(ValueId, i64)>, Diagnostic> {
        let net = self.net;
        let src = self.mvm_input(node, m)?;
        let matrix = self.matrix(i, node, m, src.hwc);
        let chain = self.chain(i);
        let acc_type = accumulator(m, p, src.elem);
        let parted = p.parts.len() > 1;
        let requant_first = chain.first().and_then(|&k| match &net.nodes[k].kind {
            Kind::Requantize(r) => Some((k, r)),
            _ => None,
        });
        // The tensor of accumulators exists unless a requantisation swallows it pixel by pixel.
        let acc_tensor = (requant_first.is_none() || parted).then(|| {
            let elem =
                if requant_first.is_some() { acc_type } else { net.tensors[node.output].elem.unwrap_or(acc_type) };
            self.new_buffer(node.output, Some(elem))
        });
        let acc_type = acc_tensor.map_or(acc_type, |b| b.elem);
        let out =
            requant_first.map(|(k, r)| (self.new_buffer(net.nodes[k].output, None), self.requant(&net.nodes[k], r), k));
        if parted && let Some(acc) = &acc_tensor {
            self.over_tensor(&[*acc], |em, at, len| em.fill(&at[0], &[], len, 0));
        }
        let later = self.epilogue_buffers(&chain, requant_first.is_some());
        for part in 0..p.parts.len() {
            self.write_part(i, &matrix, part);
            let plans: Vec<Vec<CorePlan>> = (0..p.copies).map(|copy| self.plans(m, p, part, copy)).collect();
            let merges: Vec<Vec<Merge>> = plans.iter().map(|c| merge(c)).collect();
            let direct = !parted && merges.iter().flatten().all(|m| m.parts.len() == 1);
            let in_core = direct && out.is_some();
            let stack = merges.iter().map(|m| stack_len(m, parted)).max().unwrap_or(0);
            let copies =
                self.allocate(node, plans, src.elem, acc_type, out.as_ref().filter(|_| in_core).map(|o| o.0.elem));
            let scratch = self.scratch(node, m, p, stack, acc_type, !in_core && acc_tensor.is_none());
            let finish = match (&acc_tensor, &out) {
                (Some(to), _) if parted => Finish::AddTo { to },
                (Some(to), _) => Finish::Tensor { to },
                (None, Some((to, requant, _))) if in_core => Finish::InCore { to, requant },
                (None, Some((to, requant, _))) => Finish::Scratch { acc: scratch.1, to, requant },
                (None, None) => return self.error(node, "has nowhere to put its result"),
            };
            let elementwise = if parted { &[][..] } else { &later };
            for nest in nests(m.window.output[0], m.window.output[1], p.copies) {
                let work = Work { m, p, src, copies: &copies, merges: &merges, finish, stack: scratch.0, elementwise };
                self.nest(&work, &nest, acc_tensor.as_ref());
            }
        }
        if parted && let Some(acc) = &acc_tensor {
            self.whole_epilogue(acc, out.as_ref().map(|(b, r, _)| (b, r.as_str())), &later);
        }
        self.record(node, acc_tensor, out.map(|(b, _, k)| (b, k)), &later, requant_first.is_some() && !parted)
    }

    /// Buffers of the elementwise operations of a chain that follow the accumulators directly.
    pub fn epilogue_buffers(&mut self, chain: &[usize], requant_first: bool) -> Vec<(usize, Buf)> {
        let net = self.net;
        if requant_first {
            return Vec::new();
        }
        chain.iter().map(|&k| (k, self.new_buffer(net.nodes[k].output, None))).collect()
    }

    /// Notes where the tensors of a chain lie; returns the layer's outputs.
    pub fn record(
        &mut self,
        node: &Node,
        acc: Option<Buf>,
        out: Option<(Buf, usize)>,
        later: &[(usize, Buf)],
        swallowed: bool,
    ) -> Result<Vec<(ValueId, i64)>, Diagnostic> {
        let net = self.net;
        let mut outs = Vec::new();
        if let Some(acc) = acc.filter(|_| !swallowed) {
            self.spots[node.output] = Some(Spot::Own(acc));
            outs.push((acc.mem, node.at));
        }
        if let Some((buf, k)) = out {
            self.spots[net.nodes[k].output] = Some(Spot::Own(buf));
            self.fused[k] = true;
            outs.push((buf.mem, net.nodes[k].at));
        }
        for &(k, buf) in later {
            self.spots[net.nodes[k].output] = Some(Spot::Own(buf));
            self.fused[k] = true;
            outs.push((buf.mem, net.nodes[k].at));
        }
        Ok(outs)
    }

    fn plans(&self, m: &Mvm, p: &Placed, part: usize, copy: u32) -> Vec<CorePlan> {
        let range = p.parts[part].0.clone();
        let per_core = self.machine.crossbars_per_core() as u32;
        plan(&p.cut, &p.units, range, p.first_xb(part, copy), per_core, m.cout / m.groups, p.factor != 0)
    }

    fn allocate(
        &mut self,
        node: &Node,
        plans: Vec<Vec<CorePlan>>,
        input: IntType,
        acc: IntType,
        out: Option<IntType>,
    ) -> Vec<Copy> {
        let mut copies = Vec::with_capacity(plans.len());
        for plan in plans {
            let mut cores = Vec::with_capacity(plan.len());
            for p in plan {
                let inputs = self.em.alloc_l1(&format!("{}.in", node.name), p.core, p.inputs, input);
                let sums = self.em.alloc_l1(&format!("{}.acc", node.name), p.core, p.accumulators, acc);
                let len: u32 = p.pieces.iter().map(|x| x.len).sum();
                let out = out.map(|t| self.em.alloc_l1(&format!("{}.out", node.name), p.core, len, t));
                cores.push(OnCore { plan: p, inputs, acc: sums, out });
            }
            copies.push(Copy { cores });
        }
        copies
    }

    /// L0 scratch: stacked partial sums of all copies, and complete accumulators of one block of pixels.
    fn scratch(
        &mut self,
        node: &Node,
        m: &Mvm,
        p: &Placed,
        stack: u32,
        acc: IntType,
        sums: bool,
    ) -> (ValueId, ValueId) {
        let none = self.em.ir.placeholder_value();
        let name = &node.name;
        let total = stack.saturating_mul(p.copies);
        let stacked =
            if total > 0 { self.em.alloc_l0(&format!("{name}.partial"), &[1, 1, total], acc, [0; 4]) } else { none };
        let pixels = m.cout.saturating_mul(p.copies);
        let sums = if sums { self.em.alloc_l0(&format!("{name}.sum"), &[1, 1, pixels], acc, [0; 4]) } else { none };
        (stacked, sums)
    }

    /// One nest of loops around a block of pixels.
    fn nest(&mut self, work: &Work, nest: &Nest, acc: Option<&Buf>) {
        let row = self.em.open_loop(nest.rows);
        let col = self.em.open_loop(nest.cols);
        let at = Loops { row, col };
        let em = &mut self.em;
        em.parallel(|em| work.each(nest, |m, core| gathers(em, work, at, m, core)));
        em.parallel(|em| work.each(nest, |_, core| reads(em, work, core)));
        em.parallel(|em| work.each(nest, |_, core| sums(em, core)));
        em.parallel(|em| work.each(nest, |_, core| corrections(em, work, core)));
        finish(em, work, nest, at);
        if let Some(acc) = acc {
            self.pixel_epilogue(work, nest, at, acc);
        }
        self.em.close_loop(col);
        self.em.close_loop(row);
    }

    /// Elementwise operations on a block of pixels: adjacent copies share a row, so one operation covers a band.
    fn pixel_epilogue(&mut self, work: &Work, nest: &Nest, at: Loops, acc: &Buf) {
        let mut from = *acc;
        for (k, to) in work.elementwise {
            let kind = &self.net.nodes[*k].kind;
            let requant = match kind {
                Kind::Requantize(r) => self.requant(&self.net.nodes[*k], r),
                _ => String::new(),
            };
            let em = &mut self.em;
            em.parallel(|em| {
                for band in nest.members.chunk_by(|a, b| a.row == b.row) {
                    let place = |b: &Buf| b.at(at.row(&band[0], 1), at.col(&band[0], 1), 0);
                    let len = band.len() as i64 * i64::from(work.m.cout);
                    elementwise(em, kind, &requant, &place(to), &place(&from), len, work.m.cout);
                }
            });
            from = *to;
        }
    }

    /// The rest of a chain over whole tensors.
    pub fn whole_epilogue(&mut self, acc: &Buf, out: Option<(&Buf, &str)>, later: &[(usize, Buf)]) {
        let channels = acc.hwc[2];
        if let Some((to, requant)) = out {
            let kind =
                Kind::Requantize(crate::network::Requant { m: vec![], m2: None, b: vec![], shift: 1, lo: 0, hi: 0 });
            self.over_tensor(&[*to, *acc], |em, at, len| {
                elementwise(em, &kind, requant, &at[0], &at[1], len, channels)
            });
        }
        let mut from = *acc;
        for (k, to) in later {
            let kind = &self.net.nodes[*k].kind;
            let requant = match kind {
                Kind::Requantize(r) => self.requant(&self.net.nodes[*k], r),
                _ => String::new(),
            };
            self.over_tensor(&[*to, from], |em, at, len| {
                elementwise(em, kind, &requant, &at[0], &at[1], len, channels)
            });
            from = *to;
        }
    }
}

/// relu, clip or requantize over a run.
pub(super) fn elementwise(
    em: &mut Emitter,
    kind: &Kind,
    requant: &str,
    to: &Access,
    from: &Access,
    len: i64,
    channels: u32,
) {
    let on = [("dst", to), ("src", from)];
    match kind {
        Kind::Relu => drop(em.access_op("cim.xbar.relu", &on, &[("len", len)], &[])),
        Kind::Clip(lo, hi) => drop(em.access_op("cim.xbar.clip", &on, &[("len", len), ("lo", *lo), ("hi", *hi)], &[])),
        _ => requantize(em, requant, to, from, len, 0, channels),
    }
}

fn requantize(em: &mut Emitter, symbol: &str, to: &Access, from: &Access, len: i64, channel: u32, channels: u32) {
    let ints = [("len", len), ("channel", i64::from(channel)), ("channels", i64::from(channels))];
    let mut state = em.access_state("cim.xbar.requantize", &[("dst", to), ("src", from)], &ints, &[]);
    let ctx = em.ctx.clone();
    state.set_prop(&ctx, "requant", ctx.symbol_attr(symbol));
    em.push(state);
}

/// What a nest works on.
struct Work<'a> {
    m: &'a Mvm,
    p: &'a Placed,
    src: Buf,
    copies: &'a [Copy],
    merges: &'a [Vec<Merge>],
    finish: Finish<'a>,
    stack: ValueId,
    elementwise: &'a [(usize, Buf)],
}

impl Work<'_> {
    fn each(&self, nest: &Nest, mut f: impl FnMut(&Member, &OnCore)) {
        for m in &nest.members {
            for core in self.copies.get(m.copy as usize).map_or(&[][..], |c| &c.cores) {
                f(m, core);
            }
        }
    }
}

/// Stacked partial sums of one copy. When parts add to a tensor every contribution is stacked, else all but the first.
fn stack_len(merges: &[Merge], all: bool) -> u32 {
    merges.iter().map(|m| (m.parts.len() as u32 - u32::from(!all)) * m.len).sum()
}

/// im2col: brings the rows of the window that this core multiplies into its L1.
fn gathers(em: &mut Emitter, work: &Work, at: Loops, member: &Member, core: &OnCore) {
    for g in &core.plan.gathers {
        gather(em, work, at, member, g, core.inputs);
    }
}

fn gather(em: &mut Emitter, work: &Work, at: Loops, member: &Member, g: &Gather, inputs: ValueId) {
    let (w, src) = (&work.m.window, &work.src);
    let [_, _, c] = src.hwc;
    let pitch = src.pitch() as u64;
    // A linear layer is one window over the whole tensor, whatever its layout.
    let (kernel, stride, dilation, pad, inner) = if work.m.linear {
        ([src.hwc[0], src.hwc[1]], [1, 1], [1, 1], [0, 0], c)
    } else {
        (w.kernel, w.stride, w.dilation, w.pad, c / work.m.groups)
    };
    let channels = inner * g.groups;
    let (step_h, step_w) = (u64::from(dilation[0]) * pitch, u64::from(dilation[1]) * u64::from(c));
    let space = RowSpace::new(&[(kernel[0], step_h), (kernel[1], step_w), (channels, 1)], 1);
    for b in space.boxes(u64::from(g.row0) * u64::from(g.groups), u64::from(g.rows) * u64::from(g.groups)) {
        let mut dims: Vec<(i64, i64, i64)> = Vec::with_capacity(b.dims.len());
        let mut dense = i64::from(b.bytes);
        for &(count, stride) in b.dims.iter().rev() {
            dims.insert(0, (i64::from(count), dense, stride as i64));
            dense *= i64::from(count);
        }
        let (h, rest) = ((b.src / pitch) as i64, b.src % pitch);
        let (x, ch) = ((rest / u64::from(c)) as i64, (rest % u64::from(c)) as i64);
        let from = src.at(
            at.row(member, i64::from(stride[0])).shifted(h - i64::from(pad[0])),
            at.col(member, i64::from(stride[1])).shifted(x - i64::from(pad[1])),
            ch + i64::from(g.group0 * inner),
        );
        em.mov(&Access::flat(inputs, g.dst + b.dst as u32), &from, &dims, i64::from(b.bytes));
    }
}

fn reads(em: &mut Emitter, work: &Work, core: &OnCore) {
    let layout = &work.p.layout;
    let columns = layout.crossbars_per_tile() == 1;
    let (slices, polarities) = if columns { (layout.slices(), layout.polarities()) } else { (1, 1) };
    for r in &core.plan.reads {
        let (shift, negate) = slice_weight(layout, r.slice);
        let (dst, src) = (Access::flat(core.acc, r.dst), Access::flat(core.inputs, r.src));
        let ints = [
            ("xb", i64::from(r.xb)),
            ("len", i64::from(r.len)),
            ("rows", i64::from(r.rows)),
            ("outputs", i64::from(r.outputs)),
            ("src_stride", i64::from(r.src_stride)),
            ("dst_stride", i64::from(r.dst_stride)),
            ("slices", i64::from(slices)),
            ("polarities", i64::from(polarities)),
            ("cell_bits", i64::from(layout.cell_bits)),
            ("shift", i64::from(shift)),
        ];
        em.access_op("cim.xbar.read_xb", &[("dst", &dst), ("src", &src)], &ints, &[("negate", negate)]);
    }
}

fn reduce(em: &mut Emitter, dst: &Access, src: &Access, count: u32, len: u32) {
    let ints = [("len", i64::from(len)), ("count", i64::from(count)), ("stride", i64::from(len))];
    em.access_op("cim.xbar.reduce_add", &[("dst", dst), ("src", src)], &ints, &[("accumulate", true)]);
}

fn sums(em: &mut Emitter, core: &OnCore) {
    for s in &core.plan.sums {
        reduce(em, &Access::flat(core.acc, s.dst), &Access::flat(core.acc, s.src), s.count, s.len);
    }
}

fn corrections(em: &mut Emitter, work: &Work, core: &OnCore) {
    for c in &core.plan.corrections {
        let (dst, src) = (Access::flat(core.acc, c.dst), Access::flat(core.inputs, c.src));
        let ints = [
            ("positions", i64::from(c.positions)),
            ("groups", i64::from(c.groups)),
            ("inner", i64::from(c.inner)),
            ("outputs", i64::from(c.outputs)),
            ("factor", work.p.factor),
        ];
        em.access_op("cim.xbar.offset", &[("dst", &dst), ("src", &src)], &ints, &[]);
    }
}

/// From accumulators in the cores to the output pixels.
fn finish(em: &mut Emitter, work: &Work, nest: &Nest, at: Loops) {
    match work.finish {
        Finish::InCore { to, requant } => {
            let each_piece = |core: &OnCore, f: &mut dyn FnMut(u32, u32, u32, u32)| {
                let mut out = 0;
                for p in &core.plan.pieces {
                    f(out, p.acc, p.channel, p.len);
                    out += p.len;
                }
            };
            em.parallel(|em| {
                work.each(nest, |_, core| {
                    let Some(mem) = core.out else { return };
                    each_piece(core, &mut |out, acc, channel, len| {
                        let (dst, src) = (Access::flat(mem, out), Access::flat(core.acc, acc));
                        requantize(em, requant, &dst, &src, i64::from(len), channel, len);
                    });
                })
            });
            em.parallel(|em| {
                work.each(nest, |m, core| {
                    let Some(mem) = core.out else { return };
                    each_piece(core, &mut |out, _, channel, len| {
                        let dst = to.at(at.row(m, 1), at.col(m, 1), i64::from(channel));
                        em.mov(&dst, &Access::flat(mem, out), &[], i64::from(len));
                    });
                })
            });
        }
        Finish::Tensor { to } => {
            let pixel = |m: &Member, channel: u32| to.at(at.row(m, 1), at.col(m, 1), i64::from(channel));
            collect(em, work, nest, &pixel, false);
        }
        Finish::AddTo { to } => {
            let pixel = |m: &Member, channel: u32| to.at(at.row(m, 1), at.col(m, 1), i64::from(channel));
            collect(em, work, nest, &pixel, true);
        }
        Finish::Scratch { acc, to, requant } => {
            let cout = work.m.cout;
            let slot = |m: &Member| nest.members.iter().position(|x| x == m).unwrap_or(0) as u32 * cout;
            let pixel = |m: &Member, channel: u32| scratch_at(acc, slot(m) + channel);
            collect(em, work, nest, &pixel, false);
            em.parallel(|em| {
                for band in nest.members.chunk_by(|a, b| a.row == b.row) {
                    let dst = to.at(at.row(&band[0], 1), at.col(&band[0], 1), 0);
                    let len = band.len() as i64 * i64::from(cout);
                    requantize(em, requant, &dst, &scratch_at(acc, slot(&band[0])), len, 0, cout);
                }
            });
        }
    }
}

/// Element of a one-row L0 scratch buffer.
fn scratch_at(mem: ValueId, i: u32) -> Access {
    Access { mem, at: vec![Lin::at(0), Lin::at(0), Lin::at(i64::from(i))] }
}

/// Moves the pieces of all cores to L0 and adds those for the same channels; `pixel` says where channel c of a member's pixel
/// goes; with `add` the pixel already holds a sum.
fn collect(em: &mut Emitter, work: &Work, nest: &Nest, pixel: &dyn Fn(&Member, u32) -> Access, add: bool) {
    let per_copy = work.merges.iter().map(|m| stack_len(m, add)).max().unwrap_or(0);
    let direct = u32::from(!add);
    em.parallel(|em| {
        for (k, m) in nest.members.iter().enumerate() {
            let mut slot = k as u32 * per_copy;
            for merge in work.merges.get(m.copy as usize).into_iter().flatten() {
                for (n, &(core, acc)) in merge.parts.iter().enumerate() {
                    let Some(on) = work.copies.get(m.copy as usize).and_then(|c| c.cores.get(core)) else { continue };
                    let src = Access::flat(on.acc, acc);
                    if (n as u32) < direct {
                        em.mov(&pixel(m, merge.channel), &src, &[], i64::from(merge.len));
                        continue;
                    }
                    em.mov(&scratch_at(work.stack, slot), &src, &[], i64::from(merge.len));
                    slot += merge.len;
                }
            }
        }
    });
    em.parallel(|em| {
        for (k, m) in nest.members.iter().enumerate() {
            let mut slot = k as u32 * per_copy;
            for merge in work.merges.get(m.copy as usize).into_iter().flatten() {
                let count = merge.parts.len() as u32 - direct;
                if count > 0 {
                    reduce(em, &pixel(m, merge.channel), &scratch_at(work.stack, slot), count, merge.len);
                }
                slot += count * merge.len;
            }
        }
    });
}

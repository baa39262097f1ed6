//! Core mode: a convolution or linear layer is one operation per copy, its accumulators are a tensor in L0.

use super::Lowering;
use super::crossbars::accumulator;
use super::weights::Placed;
use crate::emit::{Access, Lin};
use crate::network::{Kind, Mvm, Node, window_numbers};
use crate::pixels::{Band, bands};
use cim_ir::{Diagnostic, ValueId};
use cim_isa::types::Window;

impl Lowering<'_> {
    pub fn mvm_on_cores(&mut self, i: usize, node: &Node, m: &Mvm) -> Result<(), Diagnostic> {
        let p = self.placed[&i].clone();
        let mut info = self.mvm_info(m, &p);
        let input_bits = self.net.tensors[node.inputs[0]].elem.map_or(0, |e| e.bits);
        info.numbers.push(("activation_bits", i64::from(input_bits)));
        let name = node.name.clone();
        self.layer(&name, info, |l| l.core_body(i, node, m, &p))
    }

    fn core_body(&mut self, i: usize, node: &Node, m: &Mvm, p: &Placed) -> Result<Vec<(ValueId, i64)>, Diagnostic> {
        let net = self.net;
        let src = self.mvm_input(node, m)?;
        let matrix = self.matrix(i, node, m, src.hwc);
        let chain = self.chain(i);
        let requant_first = chain.first().and_then(|&k| match &net.nodes[k].kind {
            Kind::Requantize(r) => Some((k, r)),
            _ => None,
        });
        let elem = match requant_first {
            Some(_) => accumulator(m, p, src.elem),
            None => net.tensors[node.output].elem.unwrap_or(accumulator(m, p, src.elem)),
        };
        let acc = self.new_buffer(node.output, Some(elem));
        let parted = p.parts.len() > 1;
        if parted {
            self.over_tensor(&[acc], |em, at, len| em.fill(&at[0], &[], len, 0));
        }
        let whole = if m.linear { linear_over(src.hwc) } else { m.window };
        let w = &whole;
        let pieces = bands(w.output[0], p.copies, w.input[0], w.kernel[0], w.stride[0], w.dilation[0], w.pad[0]);
        for part in 0..p.parts.len() {
            let residents: Vec<String> =
                (0..p.copies).map(|copy| self.resident(node, p, &matrix, part, copy)).collect();
            for symbol in &residents {
                let ctx = self.em.ctx.clone();
                let state = self.em.state("cim.xbar.write_core").prop(&ctx, "resident", ctx.symbol_attr(symbol));
                self.write(p.reload, state);
            }
            self.em.parallel(|em| {
                for (band, symbol) in pieces.iter().zip(&residents) {
                    let from = src.at(Lin::at(i64::from(band.input_row)), Lin::at(0), 0);
                    let to = acc.at(Lin::at(i64::from(band.first)), Lin::at(0), 0);
                    let ctx = em.ctx.clone();
                    let on: [(&str, &Access); 2] = [("dst", &to), ("src", &from)];
                    let ints = [("pad_value", w.pad_value)];
                    let mut state = em.access_state("cim.xbar.read_core", &on, &ints, &[("accumulate", parted)]);
                    state.set_prop(&ctx, "resident", ctx.symbol_attr(symbol));
                    state.set_prop(&ctx, "window", ctx.i64_array(&window_numbers(&band_window(w, band))));
                    em.push(state);
                }
            });
        }
        let out =
            requant_first.map(|(k, r)| (self.new_buffer(net.nodes[k].output, None), self.requant(&net.nodes[k], r), k));
        let later = self.epilogue_buffers(&chain, requant_first.is_some());
        self.whole_epilogue(&acc, out.as_ref().map(|(b, r, _)| (b, r.as_str())), &later);
        self.record(node, Some(acc), out.map(|(b, _, k)| (b, k)), &later, false)
    }

    /// The residency entry of one copy of one time part.
    fn resident(&mut self, node: &Node, p: &Placed, matrix: &str, part: usize, copy: u32) -> String {
        let per_core = (self.machine.crossbars_per_core() as u32).max(1);
        let (range, first) = (p.parts[part].0.clone(), p.first_xb(part, copy));
        let name = self.symbol(&format!("{}.cores", node.name));
        let ctx = self.em.ctx.clone();
        let columns = p.layout.crossbars_per_tile() == 1;
        let (slices, polarities) = if columns { (p.layout.slices(), p.layout.polarities()) } else { (1, 1) };
        let tile = p.cut.tile([0, 0, 0]);
        let cores = (range.len() as u32).div_ceil(per_core);
        let mut state = self.em.state("cim.xbar.resident");
        state.set_prop(&ctx, "sym_name", ctx.string_attr(&name));
        state.set_prop(&ctx, "name", ctx.string_attr(&node.name));
        self.em.ints(
            &mut state,
            &[
                ("core", i64::from(first / per_core)),
                ("cores", i64::from(cores)),
                ("outputs", i64::from(tile.outputs())),
                ("slices", i64::from(slices)),
                ("polarities", i64::from(polarities)),
                ("cell_bits", i64::from(p.layout.cell_bits)),
                ("offset", p.factor),
            ],
        );
        let writes: Vec<_> = p.units[range]
            .iter()
            .enumerate()
            .map(|(k, unit)| self.write_state(&p.cut, matrix, unit, first + k as u32))
            .collect();
        let region = self.em.ir.create_region();
        let block = self.em.ir.create_block(region, &[]);
        for state in writes {
            let op = self.em.ir.create(state);
            self.em.ir.append(block, op);
        }
        state.regions.push(region);
        let op = self.em.ir.create(state);
        self.top.push(op);
        name
    }
}

/// A linear layer over a flattened (H, W, C) buffer: one window that covers all of it.
fn linear_over(hwc: [u32; 3]) -> Window {
    Window { input: hwc, kernel: [hwc[0], hwc[1]], ..crate::network::linear_window(hwc[2]) }
}

/// The window of a band of output rows.
fn band_window(w: &Window, b: &Band) -> Window {
    let reach = (b.rows - 1) * w.stride[0] + (w.kernel[0] - 1) * w.dilation[0] + 1;
    let below = reach.saturating_sub(b.pad + b.input_rows);
    Window {
        input: [b.input_rows, w.input[1], w.input[2]],
        output: [b.rows, w.output[1]],
        pad: [b.pad, w.pad[1]],
        pad_end: [below, w.pad_end[1]],
        ..*w
    }
}

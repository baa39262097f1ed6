//! What the chip's digital units compute between matrix-vector products.

use super::buffers::{Buf, Spot};
use super::crossbars::elementwise;
use super::{LayerInfo, Lowering};
use crate::emit::Lin;
use crate::network::{Kind, Node, Requant, window_numbers};
use cim_ir::{Diagnostic, ValueId};
use cim_isa::types::Window;

impl Lowering<'_> {
    pub fn digital(&mut self, node: &Node) -> Result<(), Diagnostic> {
        if let Kind::Reshape = node.kind
            && let Some(spot) = self.reshaped(node)
        {
            self.spots[node.output] = Some(spot);
            return Ok(());
        }
        let (kind, window) = match &node.kind {
            Kind::MaxPool(w) => ("max_pool", Some(*w)),
            Kind::AveragePool(w, _) => ("average_pool", Some(*w)),
            Kind::AddRequantize(_) => ("add", None),
            Kind::Concat => ("concat", None),
            Kind::Reshape => ("reshape", None),
            Kind::Relu => ("relu", None),
            Kind::Clip(..) => ("clip", None),
            _ => ("requantise", None),
        };
        let bits = node.inputs.first().and_then(|&t| self.net.tensors[t].elem).map_or(0, |e| i64::from(e.bits));
        let cout = i64::from(self.net.tensors[node.output].hwc()[2]);
        let info = LayerInfo {
            kind,
            placement: "alu",
            reason: "digital unit of the chip",
            window,
            numbers: vec![("cout", cout), ("activation_bits", bits)],
            matrix: None,
        };
        let name = node.name.clone();
        self.layer(&name, info, |l| l.digital_body(node))
    }

    /// A reshape without work: the same layout, or a vector that is read where its tensor lies.
    fn reshaped(&self, node: &Node) -> Option<Spot> {
        let (from, to) = (self.spots[*node.inputs.first()?]?, &self.net.tensors[node.output]);
        if self.borders[node.output].size != [0; 4] {
            return None;
        }
        match from {
            Spot::Own(b) | Spot::View(b) if b.hwc == to.hwc() => Some(Spot::Own(b)),
            Spot::Own(b) | Spot::View(b) => Some(Spot::View(b)),
            Spot::Host(_) => None,
        }
    }

    fn operand(&mut self, node: &Node, i: usize) -> Result<Buf, Diagnostic> {
        match node.inputs.get(i).copied().and_then(|t| self.own_layout(t)) {
            Some(b) => Ok(b),
            None => self.error(node, format!("operand {i} is not an integer tensor in a buffer")),
        }
    }

    fn digital_body(&mut self, node: &Node) -> Result<Vec<(ValueId, i64)>, Diagnostic> {
        let t = node.output;
        let to = match &node.kind {
            Kind::Reshape => {
                let Some(from) = node.inputs.first().and_then(|&x| self.any_layout(x)) else {
                    return self.error(node, "reads a tensor that is not in a buffer");
                };
                let to = self.new_buffer(t, None);
                if from.hwc == to.hwc {
                    self.over_tensor(&[to, from], |em, at, len| em.mov(&at[0], &at[1], &[], len));
                } else {
                    self.reorder(&from, &to);
                }
                to
            }
            Kind::MaxPool(w) => {
                let (from, to) = (self.operand(node, 0)?, self.new_buffer(t, None));
                self.pool(&from, &to, w, None);
                to
            }
            Kind::AveragePool(w, r) => {
                let (from, to) = (self.operand(node, 0)?, self.new_buffer(t, None));
                let symbol = self.requant(node, r);
                self.pool(&from, &to, w, Some(&symbol));
                to
            }
            Kind::AddRequantize(r) => self.add(node, r)?,
            Kind::Concat => {
                let parts = (0..node.inputs.len()).map(|i| self.operand(node, i)).collect::<Result<Vec<_>, _>>()?;
                let to = self.new_buffer(t, None);
                let mut channel = 0;
                for from in parts {
                    let [h, w, c] = from.hwc.map(i64::from);
                    let dims: Vec<_> = [(h, to.pitch(), from.pitch()), (w, i64::from(to.hwc[2]), c)]
                        .into_iter()
                        .filter(|d| d.0 > 1)
                        .collect();
                    let (dst, src) = (to.at(Lin::at(0), Lin::at(0), channel), from.at(Lin::at(0), Lin::at(0), 0));
                    self.em.mov(&dst, &src, &dims, c);
                    channel += c;
                }
                to
            }
            kind => {
                let (from, to) = (self.operand(node, 0)?, self.new_buffer(t, None));
                let symbol = match kind {
                    Kind::Requantize(r) => self.requant(node, r),
                    _ => String::new(),
                };
                let channels = to.hwc[2];
                self.over_tensor(&[to, from], |em, at, len| {
                    elementwise(em, kind, &symbol, &at[0], &at[1], len, channels);
                });
                to
            }
        };
        self.spots[t] = Some(Spot::Own(to));
        Ok(vec![(to.mem, node.at)])
    }

    fn pool(&mut self, from: &Buf, to: &Buf, w: &Window, requant: Option<&str>) {
        let ctx = self.em.ctx.clone();
        let mut state = self.em.state("cim.xbar.pool").operands(&[to.mem, from.mem]);
        state.set_prop(&ctx, "kind", ctx.string_attr(if requant.is_some() { "average" } else { "max" }));
        state.set_prop(&ctx, "window", ctx.i64_array(&window_numbers(w)));
        self.em.ints(&mut state, &[("pad_value", w.pad_value)]);
        if w.count_include_pad {
            state.set_prop(&ctx, "count_include_pad", ctx.unit());
        }
        if let Some(r) = requant {
            state.set_prop(&ctx, "requant", ctx.symbol_attr(r));
        }
        self.em.push(state);
    }

    fn add(&mut self, node: &Node, r: &Requant) -> Result<Buf, Diagnostic> {
        let (a, b) = (self.operand(node, 0)?, self.operand(node, 1)?);
        if a.hwc != b.hwc {
            return self.error(
                node,
                format!("adds tensors of shapes {:?} and {:?}; broadcasting is not supported", a.hwc, b.hwc),
            );
        }
        let to = self.new_buffer(node.output, None);
        let symbol = self.requant(node, r);
        self.over_tensor(&[to, a, b], |em, at, len| {
            let ctx = em.ctx.clone();
            let on = [("dst", &at[0]), ("a", &at[1]), ("b", &at[2])];
            let mut state = em.access_state("cim.xbar.add_requantize", &on, &[("len", len)], &[]);
            state.set_prop(&ctx, "requant", ctx.symbol_attr(&symbol));
            em.push(state);
        });
        Ok(to)
    }
}

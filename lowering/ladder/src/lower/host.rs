//! Operators on the host and the borders between host and chip.

use super::buffers::Spot;
use super::{LayerInfo, Lowering};
use crate::network::{HostInput, Kind, Node, host_type};
use cim_dialect::graph::Rounding;
use cim_ir::core::AttrData;
use cim_ir::{Attribute, Diagnostic, Type, ValueId};

const QUANTISE: &str = "the network's float input is quantised on the host";
const DEQUANTISE: &str = "floats are computed on the host";
const HOST: &str = "the machine has no unit for it";

fn host_info<'a>(kind: &'a str, reason: &'a str) -> LayerInfo<'a> {
    LayerInfo { kind, placement: "host", reason, ..LayerInfo::default() }
}

impl Lowering<'_> {
    fn one(&self) -> Attribute {
        let ctx = &self.em.ctx;
        let (ty, data) = (ctx.tensor(&[1], ctx.f32()), 1f32.to_le_bytes().to_vec());
        ctx.attr(AttrData::Dense { ty, data: data.into(), splat: true })
    }

    fn host_type(&self, t: usize) -> Type {
        let ctx = &self.em.ctx;
        let dims: Vec<i64> = self.net.tensors[t].dims.iter().map(|&d| i64::from(d)).collect();
        ctx.memref(&dims, host_type(ctx, self.net.tensors[t].host), Some(ctx.string_attr("host")))
    }

    fn host_buffer(&mut self, t: usize) -> ValueId {
        let ctx = self.em.ctx.clone();
        let ty = self.host_type(t);
        let name = self.net.tensors[t].name.clone();
        let state = self.em.state("cim.xbar.alloc").results(&[ty]).prop(&ctx, "name", ctx.string_attr(&name));
        self.em.push_alloc(state)
    }

    /// A network input: it lies on the host.
    pub fn input(&mut self, t: usize, value: ValueId) {
        self.spots[t] = Some(Spot::Host(value));
    }

    /// A network output that no host operator computes in place: integers leave with scale 1, floats are copied.
    pub fn output(&mut self, name: &str, t: usize, value: ValueId) -> Result<(), Diagnostic> {
        match self.spots[t] {
            Some(Spot::Host(v)) if v == value => Ok(()),
            Some(Spot::Host(v)) => self.layer(name, host_info("copy", "output of the network"), |l| {
                let copy = Onnx {
                    operator: "Identity",
                    version: 14,
                    output: 0,
                    slots: None,
                    attributes: l.em.ctx.empty_dict(),
                };
                l.onnx(name, &copy, value, &[v], "output of the network");
                Ok(Vec::new())
            }),
            Some(Spot::Own(b) | Spot::View(b)) => {
                let scale = self.one();
                self.layer(name, host_info("dequantise", "integer output of the network"), |l| {
                    let last = l.net.tensors[t].channels_last();
                    l.dequantize(name, value, b.mem, (scale, 0, None, last), "integer output of the network");
                    Ok(Vec::new())
                })
            }
            None => Err(Diagnostic::error(self.em.loc, format!("output '{name}' is never computed"))),
        }
    }

    /// A host operator; `out` is the host buffer of a network output that it computes.
    pub fn on_host(&mut self, node: &Node, out: Option<ValueId>) -> Result<(), Diagnostic> {
        let name = node.name.clone();
        let net = self.net;
        match &node.kind {
            Kind::Quantize { scale, zero, lo, hi, rounding, zero_first } => {
                let Some(Spot::Host(from)) = self.spots[node.inputs[0]] else {
                    return self.error(node, "quantises a tensor that is not on the host");
                };
                let reason = node.reason.clone().unwrap_or(QUANTISE.into());
                let scale = scale.unwrap_or_else(|| self.one());
                let last = net.tensors[node.output].channels_last();
                self.layer(&name, host_info("quantise", &reason), |l| {
                    let to = l.new_buffer(node.output, None);
                    let how = (scale, [*zero, *lo, *hi], *rounding, *zero_first, last);
                    l.quantize(&node.name, to.mem, from, how, &reason);
                    l.spots[node.output] = Some(Spot::Own(to));
                    Ok(vec![(to.mem, node.at)])
                })
            }
            Kind::Dequantize { scale, zero, bias } => {
                let to = out.unwrap_or_else(|| self.host_buffer(node.output));
                let reason = node.reason.clone().unwrap_or(DEQUANTISE.into());
                let scale = scale.unwrap_or_else(|| self.one());
                let last = net.tensors[node.inputs[0]].channels_last();
                self.layer(&name, host_info("dequantise", &reason), |l| {
                    let t = node.inputs[0];
                    // Scales per channel need the tensor's own channels.
                    let Some(from) =
                        l.any_layout(t).filter(|b| b.hwc[2] == net.tensors[t].hwc()[2]).or_else(|| l.own_layout(t))
                    else {
                        return l.error(node, "dequantises a tensor that is not in a buffer");
                    };
                    l.dequantize(&node.name, to, from.mem, (scale, *zero, *bias, last), &reason);
                    l.spots[node.output] = Some(Spot::Host(to));
                    Ok(Vec::new())
                })
            }
            Kind::Onnx { operator, version, output, operands, slots, attributes } => {
                let to = out.unwrap_or_else(|| self.host_buffer(node.output));
                let reason = node.reason.clone().unwrap_or(HOST.into());
                let mut srcs = Vec::with_capacity(operands.len());
                for o in operands {
                    srcs.push(match o {
                        HostInput::Constant(value, name) => self.host_constant(*value, name),
                        HostInput::Tensor(t) => match self.spots[*t] {
                            Some(Spot::Host(v)) => v,
                            _ => return self.error(node, "reads a tensor that is not on the host"),
                        },
                    });
                }
                let ctx = self.em.ctx.clone();
                let attributes = attributes.write(&ctx);
                let onnx = Onnx { operator, version: *version, output: *output, slots: slots.as_deref(), attributes };
                self.layer(&name, host_info(operator, &reason), |l| {
                    l.onnx(&node.name, &onnx, to, &srcs, &reason);
                    l.spots[node.output] = Some(Spot::Host(to));
                    Ok(Vec::new())
                })
            }
            _ => self.error(node, "is no host operator"),
        }
    }

    fn host_constant(&mut self, value: Attribute, name: &str) -> ValueId {
        let ctx = self.em.ctx.clone();
        let tensor = cim_ir::kinds::attr_type(&ctx, value);
        let dims = tensor.and_then(|t| cim_ir::constraints::shape(&ctx, t)).unwrap_or(&[]).to_vec();
        let elem = tensor.and_then(|t| cim_ir::constraints::element_type(&ctx, t)).unwrap_or(ctx.f32());
        let ty = ctx.memref(&dims, elem, Some(ctx.string_attr("host")));
        let state = self.em.state("cim.xbar.host_constant").results(&[ty]);
        let state = state.prop(&ctx, "name", ctx.string_attr(name)).prop(&ctx, "value", value);
        self.em.push_alloc(state)
    }

    #[allow(clippy::too_many_arguments)] // one per property of the operation
    /// `how`: scale, [zero point, lo, hi], rounding, zero point first, channels last.
    fn quantize(
        &mut self,
        name: &str,
        to: ValueId,
        from: ValueId,
        how: (Attribute, [i64; 3], Rounding, bool, bool),
        reason: &str,
    ) {
        let (scale, [zero, lo, hi], rounding, zero_first, channels_last) = how;
        let ctx = self.em.ctx.clone();
        let mut state = self.em.state("cim.xbar.host_quantize").operands(&[to, from]);
        state.set_prop(&ctx, "name", ctx.string_attr(name));
        state.set_prop(&ctx, "scale", scale);
        state.set_prop(&ctx, "reason", ctx.string_attr(reason));
        if rounding != Rounding::HalfEven {
            state.set_prop(&ctx, "rounding", ctx.string_attr(rounding.name()));
        }
        for (key, set) in [("zero_first", zero_first), ("channels_last", channels_last)] {
            if set {
                state.set_prop(&ctx, key, ctx.unit());
            }
        }
        self.em.ints(&mut state, &[("zero_point", zero), ("lo", lo), ("hi", hi)]);
        self.em.push(state);
    }

    /// `how`: scale, zero point, bias, channels last.
    fn dequantize(
        &mut self,
        name: &str,
        to: ValueId,
        from: ValueId,
        how: (Attribute, i64, Option<Attribute>, bool),
        reason: &str,
    ) {
        let (scale, zero, bias, channels_last) = how;
        let ctx = self.em.ctx.clone();
        let mut state = self.em.state("cim.xbar.host_dequantize").operands(&[to, from]);
        state.set_prop(&ctx, "name", ctx.string_attr(name));
        state.set_prop(&ctx, "scale", scale);
        if let Some(b) = bias {
            state.set_prop(&ctx, "bias", b);
        }
        if channels_last {
            state.set_prop(&ctx, "channels_last", ctx.unit());
        }
        state.set_prop(&ctx, "reason", ctx.string_attr(reason));
        self.em.ints(&mut state, &[("zero_point", zero)]);
        self.em.push(state);
    }

    fn onnx(&mut self, name: &str, onnx: &Onnx<'_>, to: ValueId, srcs: &[ValueId], reason: &str) {
        let ctx = self.em.ctx.clone();
        let mut state = self.em.state("cim.xbar.host").operands(&[to]).operands(srcs);
        for (key, text) in [("name", name), ("operator", onnx.operator), ("reason", reason)] {
            state.set_prop(&ctx, key, ctx.string_attr(text));
        }
        state.set_prop(&ctx, "attributes", onnx.attributes);
        if let Some(s) = onnx.slots {
            state.set_prop(&ctx, "slots", ctx.i64_array(s));
        }
        self.em.ints(&mut state, &[("version", onnx.version), ("output", onnx.output)]);
        self.em.push(state);
    }
}

/// Properties of an ONNX operator.
struct Onnx<'a> {
    operator: &'a str,
    version: i64,
    output: i64,
    slots: Option<&'a [i64]>,
    attributes: Attribute,
}

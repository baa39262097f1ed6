//! Operators on the host and the borders between host and chip.

use super::buffers::Spot;
use super::{LayerInfo, Lowering};
use crate::network::{HostInput, Kind, Node};
use cim_ir::core::AttrData;
use cim_ir::{Attribute, Diagnostic, Type, ValueId};

const QUANTISE: &str = "the network's float input is quantised on the host";
const DEQUANTISE: &str = "floats are computed on the host";
const FLOAT: &str = "floating-point operations run on the host";

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
        ctx.memref(&dims, ctx.f32(), Some(ctx.string_attr("host")))
    }

    fn host_buffer(&mut self, t: usize) -> ValueId {
        let ctx = self.em.ctx.clone();
        let ty = self.host_type(t);
        let name = self.net.tensors[t].name.clone();
        let state = self.em.state("cim.xbar.alloc").results(&[ty]).prop(&ctx, "name", ctx.string_attr(&name));
        self.em.push_alloc(state)
    }

    /// A network input. Integer inputs arrive as floats and are converted with scale 1.
    pub fn input(&mut self, name: &str, t: usize, value: ValueId) -> Result<(), Diagnostic> {
        let Some(elem) = self.net.tensors[t].elem else {
            self.spots[t] = Some(Spot::Host(value));
            return Ok(());
        };
        let scale = self.one();
        self.layer(name, host_info("quantise", "integer input of the network"), |l| {
            let to = l.new_buffer(t, None);
            l.quantize(name, to.mem, value, scale, [0, elem.min(), elem.max()], "integer input of the network");
            l.spots[t] = Some(Spot::Own(to));
            Ok(Vec::new())
        })
    }

    /// A network output that no host operator computes in place: integers leave with scale 1, floats are copied.
    pub fn output(&mut self, name: &str, t: usize, value: ValueId) -> Result<(), Diagnostic> {
        match self.spots[t] {
            Some(Spot::Host(v)) if v == value => Ok(()),
            Some(Spot::Host(v)) => self.layer(name, host_info("copy", "output of the network"), |l| {
                let empty = l.em.ctx.empty_dict();
                l.float_op(name, "Reshape", value, &[v], empty, empty, "output of the network");
                Ok(Vec::new())
            }),
            Some(Spot::Own(b) | Spot::View(b)) => {
                let scale = self.one();
                self.layer(name, host_info("dequantise", "integer output of the network"), |l| {
                    l.dequantize(name, value, b.mem, scale, 0, None, "integer output of the network");
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
            Kind::Quantize { scale, zero, lo, hi } => {
                let Some(Spot::Host(from)) = self.spots[node.inputs[0]] else {
                    return self.error(node, "quantises a tensor that is not on the host");
                };
                let reason = node.reason.clone().unwrap_or(QUANTISE.into());
                self.layer(&name, host_info("quantise", &reason), |l| {
                    let to = l.new_buffer(node.output, None);
                    l.quantize(&node.name, to.mem, from, *scale, [*zero, *lo, *hi], &reason);
                    l.spots[node.output] = Some(Spot::Own(to));
                    Ok(vec![(to.mem, node.at)])
                })
            }
            Kind::Dequantize { scale, zero, bias } => {
                let to = out.unwrap_or_else(|| self.host_buffer(node.output));
                let reason = node.reason.clone().unwrap_or(DEQUANTISE.into());
                self.layer(&name, host_info("dequantise", &reason), |l| {
                    let t = node.inputs[0];
                    // Scales per channel need the tensor's own channels.
                    let Some(from) =
                        l.any_layout(t).filter(|b| b.hwc[2] == net.tensors[t].hwc()[2]).or_else(|| l.own_layout(t))
                    else {
                        return l.error(node, "dequantises a tensor that is not in a buffer");
                    };
                    l.dequantize(&node.name, to, from.mem, *scale, *zero, *bias, &reason);
                    l.spots[node.output] = Some(Spot::Host(to));
                    Ok(Vec::new())
                })
            }
            Kind::Float { operator, operands, ints, floats } => {
                let to = out.unwrap_or_else(|| self.host_buffer(node.output));
                let reason = node.reason.clone().unwrap_or(FLOAT.into());
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
                let ints = ctx.dict(ints.iter().map(|(k, v)| (ctx.ident(k), ctx.i64_array(v))).collect());
                let floats = ctx.dict(floats.iter().map(|(k, v)| (ctx.ident(k), ctx.f32_attr(*v))).collect());
                self.layer(&name, host_info(operator, &reason), |l| {
                    l.float_op(&node.name, operator, to, &srcs, ints, floats, &reason);
                    l.spots[node.output] = Some(Spot::Host(to));
                    Ok(Vec::new())
                })
            }
            _ => self.error(node, "is no host operator"),
        }
    }

    fn host_constant(&mut self, value: Attribute, name: &str) -> ValueId {
        let ctx = self.em.ctx.clone();
        let dims = cim_ir::kinds::attr_type(&ctx, value)
            .and_then(|t| cim_ir::constraints::shape(&ctx, t))
            .unwrap_or(&[])
            .to_vec();
        let ty = ctx.memref(&dims, ctx.f32(), Some(ctx.string_attr("host")));
        let state = self.em.state("cim.xbar.host_constant").results(&[ty]);
        let state = state.prop(&ctx, "name", ctx.string_attr(name)).prop(&ctx, "value", value);
        self.em.push_alloc(state)
    }

    fn quantize(
        &mut self,
        name: &str,
        to: ValueId,
        from: ValueId,
        scale: Attribute,
        [zero, lo, hi]: [i64; 3],
        reason: &str,
    ) {
        let ctx = self.em.ctx.clone();
        let mut state = self.em.state("cim.xbar.host_quantize").operands(&[to, from]);
        state.set_prop(&ctx, "name", ctx.string_attr(name));
        state.set_prop(&ctx, "scale", scale);
        state.set_prop(&ctx, "reason", ctx.string_attr(reason));
        self.em.ints(&mut state, &[("zero_point", zero), ("lo", lo), ("hi", hi)]);
        self.em.push(state);
    }

    #[allow(clippy::too_many_arguments)] // one per property of the operation
    fn dequantize(
        &mut self,
        name: &str,
        to: ValueId,
        from: ValueId,
        scale: Attribute,
        zero: i64,
        bias: Option<Attribute>,
        reason: &str,
    ) {
        let ctx = self.em.ctx.clone();
        let mut state = self.em.state("cim.xbar.host_dequantize").operands(&[to, from]);
        state.set_prop(&ctx, "name", ctx.string_attr(name));
        state.set_prop(&ctx, "scale", scale);
        if let Some(b) = bias {
            state.set_prop(&ctx, "bias", b);
        }
        state.set_prop(&ctx, "reason", ctx.string_attr(reason));
        self.em.ints(&mut state, &[("zero_point", zero)]);
        self.em.push(state);
    }

    #[allow(clippy::too_many_arguments)] // one per property of the operation
    fn float_op(
        &mut self,
        name: &str,
        operator: &str,
        to: ValueId,
        srcs: &[ValueId],
        ints: Attribute,
        floats: Attribute,
        reason: &str,
    ) {
        let ctx = self.em.ctx.clone();
        let mut state = self.em.state("cim.xbar.host_float").operands(&[to]).operands(srcs);
        for (key, text) in [("name", name), ("operator", operator), ("reason", reason)] {
            state.set_prop(&ctx, key, ctx.string_attr(text));
        }
        state.set_prop(&ctx, "ints", ints);
        state.set_prop(&ctx, "floats", floats);
        self.em.push(state);
    }
}

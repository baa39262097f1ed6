//! The reference section: the network in ONNX terms, with a probe wherever the program stores a tensor.

use super::Export;
use crate::network::{Kind, Net, Node, Requant};
use cim_ir::Diagnostic;
use cim_isa::program::{HostKind, HostValue};
use cim_isa::reference::{RefKind, RefNode, RefTensor, RefTensorId, Reference};
use cim_isa::types::{HostOpId, HostTensorId, IntType, RequantId};
use std::collections::HashMap;

impl Export<'_> {
    /// Builds the section from `@network`.
    pub fn reference(&mut self, net: &Net) -> Result<(), Diagnostic> {
        let mut out = Reference::default();
        let mut ids: HashMap<usize, RefTensorId> = HashMap::new();
        for (t, tensor) in net.tensors.iter().enumerate() {
            if let Some(elem) = tensor.elem {
                ids.insert(t, RefTensorId(out.tensors.len() as u32));
                let elem = self.wide_enough(net, t, elem);
                out.tensors.push(RefTensor { name: tensor.name.clone(), shape: tensor.chw(), elem });
            }
        }
        for node in &net.nodes {
            let Some(&output) = ids.get(&node.output) else { continue };
            let kind = self.ref_kind(node)?;
            let inputs = match kind {
                RefKind::Host { .. } => Vec::new(),
                _ => node.inputs.iter().filter_map(|t| ids.get(t).copied()).collect(),
            };
            let probe = self.probes.get(&node.at).copied();
            out.nodes.push(RefNode { name: node.name.clone(), kind, inputs, output, probe });
        }
        for node in &net.nodes {
            if let (Kind::Dequantize { .. }, Some(&source)) = (&node.kind, node.inputs.first().and_then(|t| ids.get(t)))
                && let Some(tensor) = self.host_op_of(&node.name, false, None).and_then(|op| self.host_output(op))
            {
                out.outputs.push((tensor, source));
            }
        }
        for (k, (name, t)) in net.outputs.iter().enumerate() {
            let Some(tensor) = self.p.outputs.get(k).map(|i| i.tensor) else { continue };
            if let Some(&source) = ids.get(t)
                && self.host_op_of(name, false, Some(tensor)).is_some()
            {
                out.outputs.push((tensor, source));
            }
        }
        self.p.reference = Some(out);
        Ok(())
    }

    /// Accumulators of the network are compared where the program stores them, in its type.
    fn wide_enough(&self, net: &Net, t: usize, elem: IntType) -> IntType {
        let node = net.nodes.iter().find(|n| n.output == t);
        let probe = node.and_then(|n| self.probes.get(&n.at)).and_then(|p| self.p.buffers.get(p.buffer.index()));
        match (node.map(|n| &n.kind), probe) {
            (Some(Kind::Mvm(_)), Some(buffer)) if buffer.elem.bits > elem.bits => buffer.elem,
            _ => elem,
        }
    }

    /// The (de)quantise operator of that name, and with that output if one is asked for.
    fn host_op_of(&self, name: &str, quantise: bool, output: Option<HostTensorId>) -> Option<HostOpId> {
        let fits = |o: &cim_isa::program::HostOp| {
            let kind = match o.kind {
                HostKind::Quantise { .. } => quantise,
                HostKind::Dequantise { .. } => !quantise,
                HostKind::Onnx { .. } => false,
            };
            kind && o.name == name && output.is_none_or(|t| o.output == HostValue::Tensor(t))
        };
        self.p.host_ops.iter().position(fits).map(|i| HostOpId(i as u32))
    }

    fn host_output(&self, op: HostOpId) -> Option<HostTensorId> {
        match self.p.host_ops.get(op.index())?.output {
            HostValue::Tensor(t) => Some(t),
            _ => None,
        }
    }

    fn constants(&mut self, node: &Node, r: &Requant) -> Result<RequantId, Diagnostic> {
        let (m, b) = (
            self.t.ints(&format!("{}.m", node.name), r.m.clone()),
            self.t.ints(&format!("{}.b", node.name), r.b.clone()),
        );
        let m2 = r.m2.as_ref().map(|v| self.t.ints(&format!("{}.m2", node.name), v.clone()));
        let Ok(shift) = u8::try_from(r.shift) else { return self.fail(node.op, "shift must be in 1..=62") };
        let entry = cim_isa::types::Requant { m, b, m2, shift, lo: r.lo, hi: r.hi };
        let at = self.p.requants.iter().position(|x| *x == entry).unwrap_or_else(|| {
            self.p.requants.push(entry);
            self.p.requants.len() - 1
        });
        Ok(RequantId(at as u32))
    }

    fn ref_kind(&mut self, node: &Node) -> Result<RefKind, Diagnostic> {
        Ok(match &node.kind {
            Kind::Mvm(m) => {
                let weights = self.constant(node.op, &m.weights_name, m.weights)?;
                if m.linear || m.each {
                    RefKind::Linear { weights, transposed: m.transposed, weight_zero: m.weight_zero }
                } else {
                    RefKind::Conv { weights, window: m.window, groups: m.groups, weight_zero: m.weight_zero }
                }
            }
            Kind::Requantize(r) => RefKind::Requantise { requant: self.constants(node, r)? },
            Kind::AddRequantize(r) => RefKind::AddRequantise { requant: self.constants(node, r)? },
            Kind::Relu => RefKind::Relu,
            Kind::Clip(lo, hi) => RefKind::Clip { lo: *lo, hi: *hi },
            Kind::MaxPool(w) => RefKind::MaxPool { window: *w },
            Kind::AveragePool(w, r) => RefKind::AveragePool { window: *w, requant: self.constants(node, r)? },
            Kind::Reshape => RefKind::Reshape,
            Kind::Concat => RefKind::Concat,
            Kind::Quantize { .. } | Kind::Dequantize { .. } | Kind::Onnx { .. } => {
                match self.host_op_of(&node.name, true, None) {
                    Some(op) => RefKind::Host { op },
                    None => return self.fail(node.op, "has no host operator in @main"),
                }
            }
        })
    }
}

//! Runs the reference section of a program, one image at a time.

use std::collections::{HashMap, HashSet};

use cim_host::Tensor;
use cim_isa::Program;
use cim_isa::program::{HostOp, HostValue};
use cim_isa::reference::{RefKind, RefNode, RefTensor, RefTensorId, Reference};
use cim_isa::types::{HostOpId, HostTensorId};

use crate::conv::{self, Weights};
use crate::error::{Kernel, ReferenceError, at_layer};
use crate::host::{self, HostArg, HostResult};
use crate::pool;
use crate::requant::Constants;
use crate::saturating::{Converters, Saturating};
use crate::tensor::{IntTensor, constant, elements, integers};

/// Executes [`Program::reference`]; constants are decoded once.
#[derive(Debug)]
pub struct ReferenceExecutor<'p> {
    program: &'p Program,
    reference: &'p Reference,
    plans: Vec<Plan>,
    /// Host operator that computes each host tensor.
    producers: HashMap<HostTensorId, HostOpId>,
}

/// Decoded constants of one node.
#[derive(Debug)]
enum Plan {
    None,
    Weights(Weights),
    Saturating(Saturating),
    Requant(Constants),
}

/// Everything one inference computed.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    /// Integer tensors, indexed as [`Reference::tensors`]; None where no node computes the tensor.
    pub tensors: Vec<Option<IntTensor>>,
    /// Model outputs, in the order of [`Program::outputs`].
    pub outputs: Vec<Tensor>,
}

impl Trace {
    /// The output of a node, if it was computed.
    pub fn output(&self, node: &RefNode) -> Option<&IntTensor> {
        self.tensors.get(node.output.0 as usize)?.as_ref()
    }
}

impl<'p> ReferenceExecutor<'p> {
    /// Checks the section and decodes its constants.
    ///
    /// # Errors
    /// No reference section; an index, shape or constant of a node that does not fit; a tensor used before it is computed.
    pub fn new(program: &'p Program) -> Result<Self, ReferenceError> {
        Self::build(program, None)
    }

    /// As [`ReferenceExecutor::new`], for a program whose conversions may clip: layers on crossbars saturate as its tiles
    /// and the machine's converters make them.
    ///
    /// # Errors
    /// Also when the program's tiles do not hold every weight exactly once.
    pub fn saturating(program: &'p Program, converters: Converters) -> Result<Self, ReferenceError> {
        Self::build(program, Some(converters))
    }

    fn build(program: &'p Program, converters: Option<Converters>) -> Result<Self, ReferenceError> {
        let reference = program.reference.as_ref().ok_or(ReferenceError::Missing)?;
        let mut known = vec![false; reference.tensors.len()];
        let mut plans = Vec::with_capacity(reference.nodes.len());
        for node in &reference.nodes {
            let plan = check_node(reference, node, &mut known).and_then(|out| plan(program, node, out, converters));
            plans.push(plan.map_err(at_layer(&node.name))?);
        }
        let mut producers = HashMap::new();
        for (i, op) in program.host_ops.iter().enumerate() {
            if let HostValue::Tensor(t) = op.output {
                producers.insert(t, HostOpId(i as u32));
            }
        }
        Ok(ReferenceExecutor { program, reference, plans, producers })
    }

    /// The section that is executed.
    pub fn reference(&self) -> &'p Reference {
        self.reference
    }

    /// Teacher forced: runs node `node` on the given integers, whatever the other nodes computed.
    ///
    /// # Errors
    /// The node does not exist or is a host operator (it has no integer input), or an input does not fit it.
    pub fn run_node(&self, node: usize, inputs: &[&IntTensor]) -> Result<IntTensor, ReferenceError> {
        let (Some(n), Some(plan)) = (self.reference.nodes.get(node), self.plans.get(node)) else {
            return Err(ReferenceError::Layer { layer: node.to_string(), reason: "there is no such node".into() });
        };
        self.node(n, plan, inputs).map_err(at_layer(&n.name))
    }

    fn node(&self, node: &RefNode, plan: &Plan, inputs: &[&IntTensor]) -> Kernel<IntTensor> {
        let out = tensor(self.reference, node.output)?;
        if inputs.len() != node.inputs.len() {
            return Err(format!("{} inputs given, {} needed", inputs.len(), node.inputs.len()));
        }
        for (x, id) in inputs.iter().zip(&node.inputs) {
            let want = tensor(self.reference, *id)?;
            if x.shape != want.shape {
                return Err(format!("input '{}' has shape {:?}, {:?} given", want.name, want.shape, x.shape));
            }
        }
        let (shape, to) = (out.shape, out.elem);
        let x = *inputs.first().ok_or("no integer input: this is a host operator")?;
        match (&node.kind, plan) {
            (RefKind::Conv { window, groups, .. }, Plan::Weights(w)) => conv::conv(x, w, window, *groups, shape, to),
            (RefKind::Linear { .. }, Plan::Weights(w)) => conv::linear(x, w, shape, to),
            (RefKind::Conv { window, groups, .. }, Plan::Saturating(s)) => s.conv(x, window, *groups, shape, to),
            (RefKind::Linear { .. }, Plan::Saturating(s)) => s.linear(x, shape, to),
            (RefKind::Requantise { .. }, Plan::Requant(r)) => r.tensor(x, shape, to),
            (RefKind::AddRequantise { .. }, Plan::Requant(r)) => {
                r.add(x, inputs.get(1).ok_or("an addition needs two inputs")?, shape, to)
            }
            (RefKind::MaxPool { window }, _) => pool::max_pool(x, window, shape, to),
            (RefKind::AveragePool { window, .. }, Plan::Requant(r)) => pool::average_pool(x, window, r, shape, to),
            (RefKind::Relu, _) => elementwise(x, shape, to, |v| v.max(0)),
            (RefKind::Clip { lo, hi }, _) if lo <= hi => elementwise(x, shape, to, |v| v.clamp(*lo, *hi)),
            (RefKind::Clip { lo, hi }, _) => Err(format!("bounds {lo} > {hi}")),
            (RefKind::Reshape, _) => elementwise(x, shape, to, |v| v),
            (RefKind::Concat, _) => {
                let data = inputs.iter().flat_map(|t| t.data.iter().copied()).collect();
                IntTensor::new(shape, to, data)
            }
            _ => Err("this is a host operator: it has no integer input".into()),
        }
    }

    /// Free running: executes every node from the model's float inputs (batch 1) and keeps every layer's output.
    ///
    /// # Errors
    /// An input does not fit the model's interface, or a kernel fails.
    pub fn run(&self, inputs: &[Tensor]) -> Result<Trace, ReferenceError> {
        let mut floats: Vec<Option<Tensor>> = vec![None; self.program.host_tensors.len()];
        host::check_inputs(self.program, inputs)?;
        for (interface, x) in self.program.inputs.iter().zip(inputs) {
            if let Some(slot) = floats.get_mut(interface.tensor.index()) {
                *slot = Some(x.clone());
            }
        }
        let mut tensors: Vec<Option<IntTensor>> = vec![None; self.reference.tensors.len()];
        for (node, plan) in self.reference.nodes.iter().zip(&self.plans) {
            let value = match &node.kind {
                RefKind::Host { op } => self.host_node(node, *op, &mut floats, &tensors)?,
                _ => {
                    let inputs: Kernel<Vec<&IntTensor>> = node
                        .inputs
                        .iter()
                        .map(|id| {
                            let known = tensors.get(id.0 as usize).and_then(Option::as_ref);
                            known.ok_or_else(|| format!("tensor {} is not computed", id.0))
                        })
                        .collect();
                    let inputs = inputs.map_err(at_layer(&node.name))?;
                    self.node(node, plan, &inputs).map_err(at_layer(&node.name))?
                }
            };
            if let Some(slot) = tensors.get_mut(node.output.0 as usize) {
                *slot = Some(value);
            }
        }
        let mut outputs = Vec::with_capacity(self.program.outputs.len());
        for interface in &self.program.outputs {
            self.float(interface.tensor, &mut floats, &tensors)?;
            let value = floats.get(interface.tensor.index()).cloned().flatten();
            outputs.push(value.ok_or_else(|| ReferenceError::Interface {
                what: "output",
                name: interface.name.clone(),
                reason: "no host operator computes it".into(),
            })?);
        }
        Ok(Trace { tensors, outputs })
    }

    /// Runs the host operator of an integer tensor.
    fn host_node(
        &self,
        node: &RefNode,
        op: HostOpId,
        floats: &mut [Option<Tensor>],
        tensors: &[Option<IntTensor>],
    ) -> Result<IntTensor, ReferenceError> {
        let op = self.host_op(op).map_err(at_layer(&node.name))?;
        for input in &op.inputs {
            if let HostValue::Tensor(t) = input {
                self.float(*t, floats, tensors)?;
            }
        }
        let out = tensor(self.reference, node.output).map_err(at_layer(&node.name))?;
        match self.host(op, floats, tensors)? {
            HostResult::Int(values) => IntTensor::new(out.shape, out.elem, values).map_err(at_layer(&node.name)),
            HostResult::Tensor(_) => Err(at_layer(&node.name)(format!(
                "host operator '{}' gives a host tensor, a buffer is needed",
                op.name
            ))),
        }
    }

    fn host_op(&self, id: HostOpId) -> Kernel<&'p HostOp> {
        self.program.host_ops.get(id.index()).ok_or_else(|| format!("host operator {} does not exist", id.0))
    }

    /// Computes a host tensor and what it needs, without recursion: the depth of a program is not bounded.
    fn float(
        &self,
        wanted: HostTensorId,
        floats: &mut [Option<Tensor>],
        tensors: &[Option<IntTensor>],
    ) -> Result<(), ReferenceError> {
        let done = |floats: &[Option<Tensor>], t: HostTensorId| matches!(floats.get(t.index()), Some(Some(_)));
        let mut stack = vec![wanted];
        // Tensors whose operands are on the stack above them: meeting one again closes a cycle.
        let mut open = HashSet::new();
        while let Some(&t) = stack.last() {
            if done(floats, t) {
                stack.pop();
                continue;
            }
            let name = self.program.host_tensors.get(t.index()).map_or_else(|| t.0.to_string(), |t| t.name.clone());
            let fail = |reason: &str| ReferenceError::Host { op: name.clone(), reason: reason.to_string() };
            let producer = self.producers.get(&t).ok_or_else(|| fail("no host operator computes this tensor"))?;
            let op = self.host_op(*producer).map_err(|e| fail(&e))?;
            let missing: Vec<HostTensorId> = op
                .inputs
                .iter()
                .filter_map(|v| match v {
                    HostValue::Tensor(t) if !done(floats, *t) => Some(*t),
                    _ => None,
                })
                .collect();
            if missing.is_empty() {
                let value = match self.host(op, floats, tensors)? {
                    HostResult::Tensor(v) => v,
                    HostResult::Int(_) => return Err(fail("its operator writes a buffer, a host tensor is needed")),
                };
                match floats.get_mut(t.index()) {
                    Some(slot) => *slot = Some(value),
                    None => return Err(fail("the tensor does not exist")),
                }
                stack.pop();
            } else if !open.insert(t) || missing.iter().any(|t| open.contains(t)) {
                return Err(fail("the tensor depends on itself"));
            } else {
                stack.extend(missing);
            }
        }
        Ok(())
    }

    /// Runs one host operator on what is known.
    fn host(
        &self,
        op: &HostOp,
        floats: &[Option<Tensor>],
        tensors: &[Option<IntTensor>],
    ) -> Result<HostResult, ReferenceError> {
        let fail = |reason: String| ReferenceError::Host { op: op.name.clone(), reason };
        // Integer operands: the reference names the tensor behind each float output that is computed from integers.
        let mut sources = self.reference.outputs.iter().filter(|(t, _)| op.output == HostValue::Tensor(*t));
        let mut args = Vec::with_capacity(op.inputs.len());
        for input in &op.inputs {
            args.push(match input {
                HostValue::Tensor(t) => {
                    let value = floats.get(t.index()).and_then(Option::as_ref);
                    let value = value.ok_or_else(|| fail(format!("host tensor {} is not computed", t.0)))?;
                    HostArg::Tensor(value)
                }
                HostValue::Buffer(_) => {
                    let source = sources.next().ok_or_else(|| {
                        fail("the reference section does not say which integer tensor it reads".into())
                    })?;
                    let value = tensors.get(source.1.0 as usize).and_then(Option::as_ref);
                    let value = value.ok_or_else(|| fail(format!("integer tensor {} is not computed", source.1.0)))?;
                    HostArg::Int { shape: value.shape, data: &value.data }
                }
                HostValue::Constant(id) => HostArg::Constant(constant(self.program, *id).map_err(fail)?),
                HostValue::Absent => HostArg::Absent,
            });
        }
        host::run(self.program, op, &args)
    }
}

fn tensor(reference: &Reference, id: RefTensorId) -> Kernel<&RefTensor> {
    reference.tensors.get(id.0 as usize).ok_or_else(|| format!("tensor {} does not exist", id.0))
}

/// Inputs are known, the output is new and not absurdly large.
fn check_node<'r>(reference: &'r Reference, node: &RefNode, known: &mut [bool]) -> Kernel<&'r RefTensor> {
    for id in &node.inputs {
        let t = tensor(reference, *id)?;
        if known.get(id.0 as usize) != Some(&true) {
            return Err(format!("tensor '{}' is used before it is computed", t.name));
        }
    }
    let out = tensor(reference, node.output)?;
    elements(&out.shape)?;
    match known.get_mut(node.output.0 as usize) {
        Some(k @ false) => *k = true,
        _ => return Err(format!("tensor '{}' is computed twice", out.name)),
    }
    Ok(out)
}

/// Decodes the constants of a node.
fn plan(program: &Program, node: &RefNode, out: &RefTensor, converters: Option<Converters>) -> Kernel<Plan> {
    if let Some(plan) = converters.map(|c| saturating_plan(program, node, out, c)).transpose()?.flatten() {
        return Ok(plan);
    }
    Ok(match &node.kind {
        RefKind::Conv { weights, window, groups, weight_zero } => {
            let raw = integers(program, *weights)?;
            let per_group = window.input[2].checked_div(*groups).ok_or("0 groups")? as usize;
            let k = elements(&[per_group as u32, window.kernel[0], window.kernel[1]])?;
            Plan::Weights(Weights::new(&raw, out.shape[0] as usize, k, *weight_zero)?)
        }
        RefKind::Linear { weights, transposed, weight_zero } => {
            let raw = integers(program, *weights)?;
            let outputs = if out.shape[1..] == [1, 1] { elements(&out.shape)? } else { out.shape[0] as usize };
            let inputs = raw.len().checked_div(outputs).ok_or("the output is empty")?;
            Plan::Weights(if *transposed {
                Weights::transposed(&raw, inputs, outputs, *weight_zero)?
            } else {
                Weights::new(&raw, outputs, inputs, *weight_zero)?
            })
        }
        RefKind::Requantise { requant } | RefKind::AddRequantise { requant } | RefKind::AveragePool { requant, .. } => {
            Plan::Requant(Constants::new(program, *requant)?)
        }
        _ => Plan::None,
    })
}

/// The plan of a layer that runs on crossbars; None for one that does not.
fn saturating_plan(program: &Program, node: &RefNode, out: &RefTensor, converters: Converters) -> Kernel<Option<Plan>> {
    let (weights, zero) = match node.kind {
        RefKind::Conv { weights, weight_zero, .. } | RefKind::Linear { weights, weight_zero, .. } => {
            (weights, weight_zero)
        }
        _ => return Ok(None),
    };
    // A layer without tiles runs elsewhere and cannot clip.
    if !program.tiles.iter().any(|t| program.matrices.get(t.matrix.index()).is_some_and(|m| m.weights == weights)) {
        return Ok(None);
    }
    let count = elements(&constant(program, weights)?.shape)?;
    let outputs = match node.kind {
        RefKind::Linear { .. } if out.shape[1..] == [1, 1] => elements(&out.shape)?,
        _ => out.shape[0] as usize,
    };
    let k = count.checked_div(outputs).ok_or("the output is empty")?.max(1);
    let transposed = matches!(node.kind, RefKind::Linear { transposed: true, .. });
    let split = |e: usize| if transposed { (e % outputs, e / outputs) } else { (e / k, e % k) };
    Ok(Some(Plan::Saturating(Saturating::new(program, weights, (outputs, k), zero, split, converters)?)))
}

/// Applies `f` to every element; the shape may change, the number of elements may not.
fn elementwise(
    x: &IntTensor,
    shape: [u32; 3],
    to: cim_isa::types::IntType,
    f: impl Fn(i64) -> i64,
) -> Kernel<IntTensor> {
    IntTensor::new(shape, to, x.data.iter().map(|&v| f(v)).collect())
}

//! The reference section: a network in execution order.

use crate::error::InvalidProgram;
use crate::program::{HostValue, Program};
use crate::reference::{Probe, RefKind, RefNode, RefTensor, RefTensorId, Reference};
use crate::types::*;
use crate::validate::constants::Facts;
use crate::validate::window::{self, covers_input, product};
use crate::validate::{What, bounds, ensure, entry, factor, int_type, limits};

pub(crate) fn check(p: &Program, facts: &Facts) -> Result<(), InvalidProgram> {
    let Some(r) = &p.reference else { return Ok(()) };
    let mut total = 0u64;
    for (i, x) in r.tensors.iter().enumerate() {
        let n = product(&x.shape);
        total = total.saturating_add(n);
        int_type(x.elem)
            .and_then(|()| {
                ensure((1..=limits::TENSOR_ELEMENTS).contains(&n), || {
                    format!("shape {:?} has {n} elements, 1 to 2^28", x.shape)
                })
            })
            .and_then(|()| ensure(total <= limits::ALL_ELEMENTS, || "more than 2^30 elements in all tensors".into()))
            .map_err(|w| InvalidProgram::new(format!("reference tensor x{i} `{}`", x.name), w))?;
    }
    let mut known = vec![false; r.tensors.len()];
    for (i, n) in r.nodes.iter().enumerate() {
        node(p, facts, r, n, &mut known)
            .map_err(|w| InvalidProgram::new(format!("reference node {i} `{}`", n.name), w))?;
    }
    for (f, x) in &r.outputs {
        entry(&p.host_tensors, f.0, "host tensor f")
            .and_then(|_| entry(&r.tensors, x.0, "reference tensor x"))
            .and_then(|_| ensure(is_known(&known, *x), || format!("tensor x{} is never computed", x.0)))
            .map_err(|w| InvalidProgram::new("reference outputs", w))?;
    }
    Ok(())
}

fn is_known(known: &[bool], x: RefTensorId) -> bool {
    known.get(x.0 as usize).copied().unwrap_or(false)
}

fn node(p: &Program, facts: &Facts, r: &Reference, n: &RefNode, known: &mut [bool]) -> What {
    let mut inputs: Vec<&RefTensor> = Vec::new();
    ensure(n.inputs.len() <= limits::OPERANDS, || format!("{} inputs, at most {}", n.inputs.len(), limits::OPERANDS))?;
    for &x in &n.inputs {
        inputs.push(entry(&r.tensors, x.0, "reference tensor x")?);
        ensure(is_known(known, x), || format!("input x{} is not computed before", x.0))?;
    }
    let out = entry(&r.tensors, n.output.0, "reference tensor x")?;
    match known.get_mut(n.output.0 as usize) {
        Some(k @ false) => *k = true,
        _ => return Err(format!("output x{} is computed twice", n.output.0)),
    }
    kind(p, facts, &n.kind, &inputs, out)?;
    match n.probe {
        Some(probe) => check_probe(p, probe, out),
        None => Ok(()),
    }
}

fn check_probe(p: &Program, probe: Probe, out: &RefTensor) -> What {
    let b = entry(&p.buffers, probe.buffer.0, "buffer b")?;
    let [c, h, w] = out.shape;
    // A vector may be stored as (1, 1, n) whatever its declared shape.
    let flat = b.shape == [1, 1, product(&out.shape).min(u32::MAX as u64) as u32];
    ensure(b.shape == [h, w, c] || flat, || {
        format!("probe buffer {:?} (H, W, C), tensor {:?} (C, H, W)", b.shape, out.shape)
    })?;
    ensure((probe.after as usize) < p.main.len(), || {
        format!("probe after instruction {} of main, which has {}", probe.after, p.main.len())
    })
}

fn one<'t>(inputs: &[&'t RefTensor]) -> Result<&'t RefTensor, String> {
    match inputs {
        [x] => Ok(x),
        other => Err(format!("{} inputs, expected 1", other.len())),
    }
}

fn over(w: &Window, x: &RefTensor, out: &RefTensor) -> What {
    window::check(w)?;
    let [c, h, width] = x.shape;
    ensure(w.input == [h, width, c], || format!("window over {:?} (H, W, C), input {:?} (C, H, W)", w.input, x.shape))?;
    ensure(w.output == [out.shape[1], out.shape[2]], || {
        format!("window gives {:?}, output {:?} (C, H, W)", w.output, out.shape)
    })
}

fn same_shape(x: &RefTensor, out: &RefTensor) -> What {
    ensure(x.shape == out.shape, || format!("input {:?} and output {:?} differ in shape", x.shape, out.shape))
}

fn requant<'p>(p: &'p Program, id: RequantId, out: &RefTensor, two: bool) -> Result<&'p Requant, String> {
    let q = entry(&p.requants, id.0, "requant q")?;
    ensure(q.m2.is_some() == two, || format!("requant q{} is for {} inputs", id.0, 1 + q.m2.is_some() as u8))?;
    bounds(q.lo, q.hi, out.elem)?;
    Ok(q)
}

fn kind(p: &Program, facts: &Facts, kind: &RefKind, inputs: &[&RefTensor], out: &RefTensor) -> What {
    let multipliers = |q: &Requant| facts.elements(q.m, ElemType::Int(IntType::I64), "multipliers");
    match kind {
        RefKind::Host { op } => {
            let h = entry(&p.host_ops, op.0, "host_op h")?;
            let HostValue::Buffer(b) = h.output else {
                return Err(format!("host_op h{} writes no integer tensor", op.0));
            };
            let b = entry(&p.buffers, b.0, "buffer b")?;
            ensure(product(&b.shape) == product(&out.shape), || format!("buffer {:?}, output {:?}", b.shape, out.shape))
        }
        RefKind::Conv { weights, window, groups, weight_zero } => {
            let x = one(inputs)?;
            over(window, x, out)?;
            factor("weight_zero", *weight_zero)?;
            let (c, o, g) = (x.shape[0], out.shape[0], *groups);
            ensure(g >= 1 && c % g == 0 && o % g == 0, || format!("{c} inputs and {o} outputs in {g} groups"))?;
            let want = product(&[o, c / g, window.kernel[0], window.kernel[1]]);
            let (_, n) = facts.integers(*weights)?;
            ensure(n == want, || format!("{n} weights, expected {want}"))
        }
        RefKind::Linear { weights, weight_zero, .. } => {
            let x = one(inputs)?;
            factor("weight_zero", *weight_zero)?;
            // One product over all elements, or one for each position (h, w) over its channels.
            let each = out.shape[1..] != [1, 1];
            ensure(!each || x.shape[1..] == out.shape[1..], || {
                format!("input {:?} and output {:?} differ in positions", x.shape, out.shape)
            })?;
            let want = if each {
                u64::from(x.shape[0]) * u64::from(out.shape[0])
            } else {
                product(&x.shape).saturating_mul(product(&out.shape))
            };
            let (_, n) = facts.integers(*weights)?;
            ensure(n == want, || format!("{n} weights, expected {want}"))
        }
        RefKind::Requantise { requant: id } => {
            let x = one(inputs)?;
            same_shape(x, out)?;
            let n = multipliers(requant(p, *id, out, false)?)?;
            ensure(n == 1 || n == out.shape[0] as u64, || format!("{n} multipliers for {} channels", out.shape[0]))
        }
        RefKind::AddRequantise { requant: id } => {
            let [a, b] = inputs else { return Err(format!("{} inputs, expected 2", inputs.len())) };
            same_shape(a, out)?;
            same_shape(b, out)?;
            let n = multipliers(requant(p, *id, out, true)?)?;
            ensure(n == 1, || format!("{n} multipliers, expected 1"))
        }
        RefKind::Relu => same_shape(one(inputs)?, out),
        RefKind::Clip { lo, hi } => {
            same_shape(one(inputs)?, out)?;
            ensure(lo <= hi, || format!("bounds {lo}..{hi} are not ordered"))
        }
        RefKind::MaxPool { window } => {
            over(window, one(inputs)?, out)?;
            ensure(out.shape[0] == window.input[2], || "the number of channels changes".into())?;
            covers_input(window)
        }
        RefKind::AveragePool { window, requant: id } => {
            over(window, one(inputs)?, out)?;
            ensure(out.shape[0] == window.input[2], || "the number of channels changes".into())?;
            covers_input(window)?;
            let (n, k) = (multipliers(requant(p, *id, out, false)?)?, product(&window.kernel));
            ensure(n == k, || format!("{n} multipliers, one for each count 1..={k} expected"))
        }
        RefKind::Reshape => {
            let x = one(inputs)?;
            ensure(product(&x.shape) == product(&out.shape), || format!("input {:?}, output {:?}", x.shape, out.shape))
        }
        RefKind::Concat => {
            let channels: u64 = inputs.iter().map(|x| x.shape[0] as u64).sum();
            let rest = |x: &RefTensor| [x.shape[1], x.shape[2]];
            ensure(channels == out.shape[0] as u64 && inputs.iter().all(|x| rest(x) == rest(out)), || {
                format!("inputs do not add up to {:?} along channels", out.shape)
            })
        }
    }
}

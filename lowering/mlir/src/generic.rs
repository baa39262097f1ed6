//! `linalg.generic` whose loops are all parallel and whose body is an expression of floats: each operation of the body becomes one
//! operator on whole tensors.

use crate::layout::Held;
use crate::linalg::equals;
use crate::net::{Net, Refusal, Repr, Try};
use cim_ir::affine::AffineExpr;
use cim_ir::core::AttrData;
use cim_ir::{Attribute, OpId, ValueId};
use std::collections::HashMap;

/// Operations of a body and their operators.
const BODY: &[(&str, &str)] = &[
    ("arith.addf", "Add"),
    ("arith.subf", "Sub"),
    ("arith.mulf", "Mul"),
    ("arith.divf", "Div"),
    ("arith.negf", "Neg"),
    ("arith.maximumf", "Max"),
    ("arith.maxnumf", "Max"),
    ("arith.minimumf", "Min"),
    ("arith.minnumf", "Min"),
    ("math.absf", "Abs"),
    ("math.erf", "Erf"),
    ("math.exp", "Exp"),
    ("math.log", "Log"),
    ("math.sqrt", "Sqrt"),
    ("math.tanh", "Tanh"),
];

/// The dimensions that the results of a map are; None when one is an expression.
pub(crate) fn dimensions(net: &Net<'_>, map: Attribute) -> Option<Vec<u32>> {
    let AttrData::Map(map) = net.ir.ctx().attr_data(map) else { return None };
    let dim = |e: &AffineExpr| if let AffineExpr::Dim(d) = e { Some(*d) } else { None };
    map.results.iter().map(dim).collect()
}

pub(crate) fn is_identity(net: &Net<'_>, map: Attribute) -> bool {
    matches!(net.ir.ctx().attr_data(map), AttrData::Map(m) if m.is_identity())
}

/// What a value of the body stands for.
enum Scalar {
    /// An operand of the operation, with its map.
    Operand(ValueId, Attribute),
    /// A tensor with the shape of the result.
    Tensor(Held),
    Number(f64),
    /// `x > 0`, of which a select makes a ReLU.
    Positive(ValueId),
}

pub(crate) fn translate(net: &mut Net<'_>, op: OpId) -> Try {
    let ir = net.ir;
    let ctx = ir.ctx();
    let y = net.result_of(op)?;
    net.expect_float(y)?;
    let list = |key: &str| match net.attribute(op, key).map(|a| ctx.attr_data(a)) {
        Some(AttrData::Array(items)) => Ok(items.to_vec()),
        _ => Err(Refusal::new("is no list").attribute(key)),
    };
    let (maps, iterators) = (list("indexing_maps")?, list("iterator_types")?);
    let parallel = |a: &Attribute| match ctx.attr_data(*a) {
        AttrData::Opaque { body, .. } => body.contains("parallel"),
        AttrData::String { value, .. } => &value[..] == b"parallel",
        _ => false,
    };
    if !iterators.iter().all(parallel) {
        return Err(Refusal::new("loops that are not parallel are not supported")
            .attribute("iterator_types")
            .remedy("use a named operation (linalg.matmul, linalg.conv_2d_nchw_fchw, linalg.pooling_nchw_max, ...)"));
    }
    let block = ir.body(op).ok_or_else(|| Refusal::new("has no body"))?;
    let operands: Vec<ValueId> = ir.operands(op).collect();
    let arguments = ir.args(block);
    if operands.len() != maps.len() || operands.len() != arguments.len() {
        return Err(Refusal::new("operands, maps and arguments of the body differ in number"));
    }
    if !maps.last().is_some_and(|m| is_identity(net, *m)) {
        return Err(Refusal::new("the result is not written in order")
            .attribute("indexing_maps")
            .remedy("use linalg.transpose"));
    }
    let mut scalars: HashMap<ValueId, Scalar> = HashMap::new();
    for ((&argument, &operand), &map) in arguments.iter().zip(&operands).zip(&maps) {
        scalars.insert(argument, Scalar::Operand(operand, map));
    }
    for inner in ir.ops_of(block).collect::<Vec<_>>() {
        if ir.name_str(inner) == "linalg.yield" {
            let value = net.operand(inner, 0)?;
            let held = tensor(net, y, &scalars, value)?;
            let held = whole(net, y, held)?;
            net.set(y, held.repr());
            return Ok(());
        }
        let made = body(net, y, &scalars, inner)?;
        if let Some(r) = ir.result(inner, 0) {
            scalars.insert(r, made);
        }
    }
    Err(Refusal::new("the body yields nothing"))
}

/// A value of the body, or one from around it, as a constant number.
fn number(net: &Net<'_>, scalars: &HashMap<ValueId, Scalar>, value: ValueId) -> Option<f64> {
    let v = match (scalars.get(&value), net.repr(value)) {
        (Some(Scalar::Number(v)), _) => *v,
        (None, Ok(Repr::Scalar(v))) => v,
        _ => return None,
    };
    Some(v).filter(|v| v.is_finite())
}

fn body(net: &mut Net<'_>, y: ValueId, scalars: &HashMap<ValueId, Scalar>, inner: OpId) -> Try<Scalar> {
    let ir = net.ir;
    let name = ir.name_str(inner);
    let operands: Vec<ValueId> = ir.operands(inner).collect();
    let zero = |net: &Net<'_>, v: ValueId| number(net, scalars, v) == Some(0.0);
    match (name, &operands[..]) {
        ("arith.constant", _) => {
            let v = net.number(inner, "value");
            return v.map(Scalar::Number).ok_or_else(|| Refusal::new("a constant of the body is no number"));
        }
        // Predicates ogt, oge, ugt, uge.
        ("arith.cmpf", &[x, z])
            if zero(net, z) && matches!(net.number(inner, "predicate"), Some(2.0 | 3.0 | 9.0 | 10.0)) =>
        {
            return Ok(Scalar::Positive(x));
        }
        ("arith.select", &[c, a, b])
            if matches!(scalars.get(&c), Some(Scalar::Positive(x)) if *x == a) && zero(net, b) =>
        {
            let x = tensor(net, y, scalars, a)?;
            return Ok(Scalar::Tensor(Held { name: net.node("Relu", &[&x.name], Vec::new()), channels: x.channels }));
        }
        ("arith.maximumf" | "arith.maxnumf", &[a, b]) if zero(net, a) || zero(net, b) => {
            let x = tensor(net, y, scalars, if zero(net, b) { a } else { b })?;
            return Ok(Scalar::Tensor(Held { name: net.node("Relu", &[&x.name], Vec::new()), channels: x.channels }));
        }
        ("arith.divf", &[a, b]) => {
            if let Some(Scalar::Operand(x, map)) = scalars.get(&a)
                && let (Repr::Sums { averages, area, channels }, true) = (net.repr(*x)?, is_identity(net, *map))
                && (number(net, scalars, b) == Some(area as f64)
                    || matches!(scalars.get(&b), Some(Scalar::Operand(v, _)) if equals(net, *v, area as f64)?))
            {
                return Ok(Scalar::Tensor(Held { name: averages, channels }));
            }
        }
        _ => {}
    }
    let Some((_, operator)) = BODY.iter().find(|t| t.0 == name) else {
        let names: Vec<&str> = BODY.iter().map(|t| t.0).collect();
        return Err(Refusal::new(format!("the body holds {name}, which is not supported"))
            .remedy(format!("bodies may hold comparisons with 0 that select (ReLU) and {}", names.join(", "))));
    };
    let tensors = operands.iter().map(|&v| tensor(net, y, scalars, v)).collect::<Try<Vec<_>>>()?;
    let rank = net.dims(y)?.len();
    let (names, channels) = net.together(tensors, rank);
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    Ok(Scalar::Tensor(Held { name: net.node(operator, &names, Vec::new()), channels }))
}

/// A value of the body as a tensor that broadcasts to the result.
fn tensor(net: &mut Net<'_>, y: ValueId, scalars: &HashMap<ValueId, Scalar>, value: ValueId) -> Try<Held> {
    let rank = net.dims(y)?.len();
    let of = match scalars.get(&value) {
        Some(Scalar::Tensor(h)) => return Ok(Held { name: h.name.clone(), channels: h.channels }),
        Some(Scalar::Operand(of, map)) => Some((*of, *map)),
        Some(Scalar::Number(_)) | None => None,
        Some(Scalar::Positive(_)) => {
            return Err(Refusal::new("the body compares for something else than a ReLU").remedy("use max(x, 0)"));
        }
    };
    let Some((of, map)) = of else {
        let v =
            number(net, scalars, value).ok_or_else(|| Refusal::new("the body uses a number that is no constant"))?;
        return Ok(Held { name: net.floats("number", &vec![1; rank], &[v as f32]), channels: false });
    };
    if is_identity(net, map) {
        return net.held(of);
    }
    // Dimensions in order, or constant 0 where the operand has extent 1.
    let AttrData::Map(map) = net.ir.ctx().attr_data(map) else {
        return Err(Refusal::new("is no list of maps").attribute("indexing_maps"));
    };
    let (dims, mut shape) = (net.dims(of)?, vec![1; rank]);
    let mut next = 0;
    for (i, e) in map.results.iter().enumerate() {
        let extent = dims.get(i).copied().unwrap_or(1);
        match e {
            AffineExpr::Dim(d) if *d as usize >= next && (*d as usize) < rank => {
                shape[*d as usize] = extent;
                next = *d as usize + 1;
            }
            AffineExpr::Const(0) if extent == 1 => {}
            _ => {
                return Err(Refusal::new("an operand is read in another order than the result")
                    .attribute("indexing_maps")
                    .remedy("use linalg.transpose"));
            }
        }
    }
    let name = net.plain(of)?;
    Ok(Held { name: net.reshaped(&name, &shape), channels: false })
}

/// A tensor that only broadcasts to the result, as one of its shape.
fn whole(net: &mut Net<'_>, y: ValueId, held: Held) -> Try<Held> {
    if net.origins.contains_key(&held.name) && held.channels {
        return Ok(held);
    }
    let dims = net.dims(y)?;
    // An operator on broadcast operands may still be smaller than the result.
    let shape = net.longs("shape", &dims);
    let made_here = net.graph.node.iter().any(|n| n.output.contains(&held.name) && n.op_type != "Reshape");
    match made_here {
        true => Ok(held),
        false => Ok(Held { name: net.node("Expand", &[&held.name, &shape], Vec::new()), channels: false }),
    }
}

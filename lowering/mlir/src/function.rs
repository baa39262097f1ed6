//! The function of a module: its translation, and `@network` in its place.

use crate::net::{Net, Refusal, Repr, Try};
use crate::{linalg, shared, tosa};
use cim_ir::core::LocData;
use cim_ir::{Diagnostic, Ir, OpId, OpState, ValueId};
use cim_onnx::proto::{
    DimensionProto, ModelProto, OperatorSetIdProto, TensorShapeProto, TensorTypeProto, TypeProto, ValueInfoProto,
};
use std::collections::HashMap;

/// The operator set that the translation speaks.
const OPSET: i64 = 21;

/// Puts `@network` in the place of the function that holds the network of `dialect`.
pub(crate) fn convert(ir: &mut Ir, module: OpId, dialect: &str) -> Result<(), Vec<Diagnostic>> {
    let func = network(ir, module, dialect).map_err(|d| vec![d])?;
    let ctx = ir.ctx().clone();
    let name = function_name(ir, func).unwrap_or_default();
    let (graph, origins) = {
        let mut net = Net::new(ir, func);
        translate(&mut net, func)?;
        net.graph.name = name.clone();
        (net.graph, net.origins)
    };
    let default = OperatorSetIdProto { domain: String::new(), version: OPSET };
    let model = ModelProto { ir_version: 10, graph: Some(graph), opset_import: vec![default], ..ModelProto::default() };
    let imported = cim_onnx::import_model(&ctx, model, &name);
    // The importer speaks of nodes, the user wrote operations.
    let origin = |ir: &Ir, loc| match ctx.loc_data(loc) {
        LocData::Name { name, .. } => origins.get(ctx.str(*name)).map(|op| (ir.loc(*op), ir.name_str(*op).to_string())),
        _ => None,
    };
    let (new, top) = imported.map_err(|all| {
        let at = |d: Diagnostic| match origin(ir, d.loc) {
            Some((loc, operation)) => Diagnostic::error(loc, format!("operation {operation}: as {}", d.message)),
            None => Diagnostic::error(ir.loc(func), d.message),
        };
        all.into_iter().map(at).collect::<Vec<_>>()
    })?;
    let network = new.body(top).and_then(|b| new.first_op(b));
    let network = network.ok_or_else(|| vec![ir.op_error(func, "has no network")])?;
    let copy = copied(ir, &new, network, |ir, loc| {
        let (LocData::Name { name, .. }, Some((child, _))) = (ctx.loc_data(loc), origin(ir, loc)) else { return loc };
        ctx.loc(LocData::Name { name: *name, child })
    });
    ir.insert_before(func, copy);
    ir.erase(func);
    Ok(())
}

fn function_name(ir: &Ir, func: OpId) -> Option<String> {
    ir.attr(func, "sym_name").and_then(|a| ir.ctx().as_str(a)).map(str::to_string)
}

/// The only function with operations of the dialect, or the one of them that is called `main` or `forward`.
fn network(ir: &Ir, module: OpId, dialect: &str) -> Result<OpId, Diagnostic> {
    let is_function = |op: &OpId| ir.name_str(*op) == "func.func" && ir.body(*op).is_some();
    let functions: Vec<OpId> = ir.body(module).into_iter().flat_map(|b| ir.ops_of(b)).filter(is_function).collect();
    let holds = |f: &OpId| ir.walk(*f).iter().any(|&op| ir.name_str(op).starts_with(dialect));
    let found: Vec<OpId> = functions.into_iter().filter(holds).collect();
    let named = |f: &OpId| matches!(function_name(ir, *f).as_deref(), Some("main" | "forward"));
    let dialect = dialect.trim_end_matches('.');
    match found[..] {
        [] => Err(ir.op_error(module, format!("holds no function with operations of {dialect}"))),
        [only] => Ok(only),
        _ => found.iter().copied().find(named).ok_or_else(|| {
            ir.op_error(
                module,
                format!(
                    "holds {} functions with operations of {dialect}; name the network @main or @forward",
                    found.len()
                ),
            )
        }),
    }
}

fn info(name: &str, (elem, dims): (i32, &[i64])) -> ValueInfoProto {
    let dim = dims.iter().map(|d| DimensionProto { dim_value: Some(*d), dim_param: None }).collect();
    let tensor_type = TensorTypeProto { elem_type: elem, shape: Some(TensorShapeProto { dim }) };
    ValueInfoProto {
        name: name.into(),
        r#type: Some(TypeProto { tensor_type: Some(tensor_type), ..Default::default() }),
    }
}

/// All operations of the function; what is refused is reported at once.
fn translate(net: &mut Net<'_>, func: OpId) -> Result<(), Vec<Diagnostic>> {
    let ir = net.ir;
    let error =
        |op: OpId, r: &Refusal| Diagnostic::error(ir.loc(op), r.message(&format!("operation {}", ir.name_str(op))));
    let blocks: Vec<_> = ir.regions_of(func).iter().flat_map(|r| ir.blocks_of(*r)).collect();
    let [block] = blocks[..] else {
        return Err(vec![error(
            func,
            &Refusal::new("has control flow").remedy("a network is one block of operations"),
        )]);
    };
    let mut errors = Vec::new();
    for (i, &argument) in ir.args(block).iter().enumerate() {
        let name = format!("input_{i}");
        match net.dims(argument).and_then(|d| Ok((net.elem(argument)?, d))) {
            Ok((elem, dims)) => {
                net.graph.input.push(info(&name, (elem, &dims)));
                net.set(argument, Repr::Plain(name));
            }
            Err(r) => {
                let r = Refusal { reason: format!("argument {i}: {}", r.reason), ..r };
                errors.push(error(func, &r));
                net.set(argument, Repr::Missing);
            }
        }
    }
    for (index, op) in ir.ops_of(block).enumerate() {
        if ir.operands(op).any(|v| net.is_missing(v)) {
            ir.results(op).for_each(|r| net.set(r, Repr::Missing));
            continue;
        }
        net.begin(op, index);
        if let Err(r) = operation(net, op) {
            errors.push(error(op, &r));
            ir.results(op).for_each(|r| net.set(r, Repr::Missing));
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

fn operation(net: &mut Net<'_>, op: OpId) -> Try {
    match net.ir.name_str(op) {
        "func.return" | "return" => outputs(net, op),
        _ if shared::translate(net, op)? || tosa::translate(net, op)? || linalg::translate(net, op)? => Ok(()),
        _ => Err(Refusal::new("is not supported")
            .remedy("a network holds operations of tosa, linalg, tensor and arith.constant")),
    }
}

fn outputs(net: &mut Net<'_>, op: OpId) -> Try {
    let values: Vec<ValueId> = net.ir.operands(op).collect();
    for value in values {
        if net.is_real(value) {
            return Err(Refusal::new("returns 32-bit sums").remedy("return what tosa.rescale makes of them"));
        }
        let (elem, dims) = (net.elem(value)?, net.dims(value)?);
        let name = net.plain(value)?;
        net.graph.output.push(info(&name, (elem, &dims)));
    }
    Ok(())
}

/// A function of another arena in this one; `place` gives the locations.
fn copied(ir: &mut Ir, from: &Ir, func: OpId, place: impl Fn(&Ir, cim_ir::Location) -> cim_ir::Location) -> OpId {
    let ctx = ir.ctx().clone();
    let region = ir.create_region();
    let block = ir.create_block(region, &[]);
    let mut values: HashMap<ValueId, ValueId> = HashMap::new();
    if let Some(body) = from.body(func) {
        for &a in from.args(body) {
            let copy = ir.add_argument(block, from.ty(a), None);
            values.insert(a, copy);
        }
        for op in from.ops_of(body) {
            let mut state = OpState::named(&ctx, from.name(op), place(ir, from.loc(op)));
            state.operands = from.operands(op).filter_map(|v| values.get(&v).copied()).collect();
            state.results = from.results(op).map(|r| from.ty(r)).collect();
            (state.attrs, state.props) = (from.attrs(op), from.props(op));
            let copy = ir.create(state);
            ir.append(block, copy);
            values.extend(from.results(op).zip(ir.results(copy)));
        }
    }
    let mut state = OpState::named(&ctx, from.name(func), from.loc(func)).region(region);
    (state.attrs, state.props) = (from.attrs(func), from.props(func));
    ir.create(state)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_model_is_read_by_the_importer() {
        assert!(cim_onnx::OPSETS.contains(&OPSET));
    }

    #[test]
    fn constants_of_any_form_are_lists() {
        let ctx = cim_ir::Context::new(|_| {});
        let numbers = [ctx.i64_attr(1), ctx.i64_attr(2)];
        assert_eq!(crate::data::ints(&ctx, ctx.array_attr(&numbers)), Some(vec![1, 2]));
        assert_eq!(crate::data::ints(&ctx, ctx.i64_array(&[3, -4])), Some(vec![3, -4]));
        assert_eq!(crate::data::ints(&ctx, ctx.unit()), None);
    }
}

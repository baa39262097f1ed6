//! Import of functions, branches, open dimensions and declared types.

mod support;

use cim_dialect::graph::Clip;
use cim_dialect::graph::elementwise::Bounds;
use cim_onnx::ImportOptions;
use cim_onnx::proto::*;
use cim_test::onnx_builder::*;
use proptest::prelude::*;
use prost::Message;
use support::*;

fn node(domain: &str, op: &str, inputs: &[&str], outputs: &[&str], attribute: Vec<AttributeProto>) -> NodeProto {
    let names = |l: &[&str]| l.iter().map(|s| s.to_string()).collect();
    NodeProto {
        input: names(inputs),
        output: names(outputs),
        op_type: op.into(),
        domain: domain.into(),
        attribute,
        ..Default::default()
    }
}

fn function(name: &str, nodes: Vec<NodeProto>, version: i64) -> FunctionProto {
    FunctionProto {
        name: name.into(),
        domain: "mine".into(),
        input: vec!["a".into()],
        output: vec!["z".into()],
        attribute: vec!["top".into()],
        attribute_proto: vec![float("bottom", -1.0)],
        node: nodes,
        opset_import: vec![OperatorSetIdProto { domain: String::new(), version }],
        ..Default::default()
    }
}

fn by_ref(name: &str, of: &str) -> AttributeProto {
    AttributeProto { ref_attr_name: of.into(), ..float(name, 0.0) }
}

/// `outer` calls `inner` twice; `inner` clips as operator set 7 does, by attributes.
fn calls() -> ModelProto {
    let clip = node("", "Clip", &["a"], &["z"], vec![by_ref("min", "bottom"), by_ref("max", "top")]);
    let call = |x: &str, y: &str| node("mine", "inner", &[x], &[y], vec![by_ref("top", "top")]);
    let outer = vec![call("a", "m"), call("m", "z")];
    let mut m = ModelBuilder::new(17)
        .input("x", &[1, 4])
        .raw_node(node("mine", "outer", &["x"], &["y"], vec![float("top", 6.0)]))
        .node("Relu", &["y"], "w", vec![])
        .output("w")
        .proto();
    m.functions = vec![function("outer", outer, 17), function("inner", vec![clip], 7)];
    m
}

#[test]
fn functions_become_their_bodies() {
    let (ir, module) = import(calls().encode_to_vec().into());
    verify(&ir, module);
    assert_eq!(names(&ir, module), ["clip", "clip", "relu"]);
    let clips: Vec<_> = ops(&ir, module).into_iter().filter_map(|(_, o)| Clip::cast(&ir, o)).collect();
    assert!(clips.iter().all(|c| c.bounds(&ir).unwrap() == Bounds::Float(-1.0, 6.0)));
    let name = |c: &Clip| ir.ctx().as_str(ir.attr(c.op(), "name").unwrap()).unwrap().to_string();
    assert_ne!(name(&clips[0]), name(&clips[1]));
}

#[test]
fn functions_that_call_themselves_or_grow_without_end_are_refused() {
    let mut m = calls();
    m.functions[1].node = vec![node("mine", "outer", &["a"], &["z"], vec![])];
    assert!(refused(m.encode_to_vec().into())[0].contains("the function calls itself"));
    // Each of 40 functions calls the next one twice.
    let mut m = calls();
    m.functions = (0..40)
        .map(|i| {
            let next = format!("f{}", i + 1);
            let body = if i < 39 { vec![("mine", next.as_str()); 2] } else { vec![("", "Relu"); 2] };
            let (first, second) = (body[0], body[1]);
            let nodes =
                vec![node(first.0, first.1, &["a"], &["m"], vec![]), node(second.0, second.1, &["m"], &["z"], vec![])];
            FunctionProto { attribute: vec![], ..function(&format!("f{i}"), nodes, 17) }
        })
        .collect();
    let graph = m.graph.as_mut().unwrap();
    graph.node[0] = node("mine", "f0", &["x"], &["y"], vec![]);
    let messages = refused(m.encode_to_vec().into());
    assert!(messages.iter().any(|m| m.contains("stand for too many nodes")), "{:?}", messages.first());
}

#[test]
fn malformed_calls_are_refused() {
    let with = |change: fn(&mut ModelProto)| {
        let mut m = calls();
        change(&mut m);
        refused(m.encode_to_vec().into()).remove(0)
    };
    assert!(with(|m| m.graph.as_mut().unwrap().node[0].input.push("x".into())).contains("1 inputs and 1 outputs"));
    assert!(
        with(|m| m.graph.as_mut().unwrap().node[0].attribute.push(int("odd", 1))).contains("'odd': is no attribute")
    );
    assert!(with(|m| m.functions[0].node[1].input[0] = "x".into()).contains("which nothing defines"));
    assert!(with(|m| m.functions[0].output[0] = "nobody".into()).contains("nothing in its body defines"));
    assert!(with(|m| m.functions[1].node[0].attribute[0].ref_attr_name = "none".into()).contains("refers to 'none'"));
    assert!(with(|m| m.functions[1].opset_import[0].version = 3).contains("operator set 3"));
}

fn branch(op: &str) -> Option<Box<GraphProto>> {
    let mut g = ModelBuilder::new(17).raw_node(node("", op, &["x"], &["b"], vec![])).output("b").proto().graph;
    g.take().map(Box::new)
}

fn choice(condition: Option<i64>) -> ModelBuilder {
    let graph = |name: &str, op| AttributeProto {
        name: name.into(),
        r#type: attr_type::GRAPH,
        g: branch(op),
        ..Default::default()
    };
    let m = ModelBuilder::new(17).input("x", &[1, 4]);
    let m = match condition {
        Some(c) => m.ints("c", data_type::BOOL, &[], &[c]),
        None => m.input_dims("c", data_type::BOOL, &[]),
    };
    let attributes = vec![graph("then_branch", "Relu"), graph("else_branch", "Sigmoid")];
    m.node("If", &["c"], "b", attributes).node("Relu", &["b"], "y", vec![]).output("y")
}

#[test]
fn a_branch_whose_condition_is_known_is_taken() {
    for (c, expected) in [(1, ["relu", "relu"]), (0, ["host", "relu"])] {
        let (ir, module) = import(choice(Some(c)).build());
        verify(&ir, module);
        assert_eq!(names(&ir, module), expected);
    }
    let text = refused(choice(None).build()).remove(0);
    assert!(text.contains("node 'b_node': operator If: chooses between two subgraphs at run time; make"), "{text}");
    let m = ModelBuilder::new(17).input("x", &[1, 4]).node("Loop", &["", "", "x"], "y", vec![]).output("y");
    assert!(refused(m.build())[0].contains("operator Loop: runs a subgraph several times"));
}

#[test]
fn open_dimensions_are_fixed_by_option() {
    let dims = [Dim::Symbol("N"), Dim::Symbol("length"), Dim::Size(3)];
    let model = ModelBuilder::new(17)
        .input_dims("x", data_type::FLOAT, &dims)
        .node("Relu", &["x"], "y", vec![])
        .output("y")
        .build();
    let with = |batch, dims: &[(&str, i64)]| {
        let dims = dims.iter().map(|(n, s)| (n.to_string(), *s)).collect();
        cim_onnx::import_bytes_with(&context(), model.clone(), "t", &ImportOptions { batch, dims })
            .map(|(ir, m)| (result(&ir, only(&ir, m, "relu")), ir.attr(ir.walk(m)[1], "cim.batched").is_some()))
            .map_err(|d| d[0].message.clone())
    };
    assert_eq!(with(None, &[("length", 5)]).unwrap(), ("tensor<1x5x3xf32>".into(), true));
    assert_eq!(with(Some(2), &[("length", 5)]).unwrap(), ("tensor<2x5x3xf32>".into(), false));
    assert_eq!(with(None, &[("length", 5), ("N", 4)]).unwrap(), ("tensor<4x5x3xf32>".into(), false));
    assert!(with(None, &[]).unwrap_err().contains("fix it with --dim length=SIZE"));
    assert!(with(None, &[("length", 5), ("M", 1)]).unwrap_err().contains("'M' (--dim); it has N, length"));
    assert!(with(Some(0), &[("length", 5)]).is_err());
}

#[test]
fn declared_types_that_contradict_are_reported() {
    let m = |elem, dims: &[Dim<'_>]| {
        ModelBuilder::new(17).input("x", &[1, 4]).node("Relu", &["x"], "y", vec![]).output_dims("y", elem, dims).build()
    };
    import(m(data_type::FLOAT, &[Dim::Symbol("any"), Dim::Size(4)]));
    let shape = refused(m(data_type::FLOAT, &[Dim::Size(1), Dim::Size(5)])).remove(0);
    assert!(shape.contains("value 'y': the model declares shape [1, 5], but [1, 4] is computed"), "{shape}");
    let elem = refused(m(data_type::INT8, &[Dim::Size(1), Dim::Size(4)])).remove(0);
    assert!(elem.contains("value 'y': the model declares element type int8"), "{elem}");
}

#[test]
fn inputs_that_are_no_tensors_are_named() {
    let mut p = ModelBuilder::new(17).input("x", &[1]).node("Relu", &["x"], "y", vec![]).output("y").proto();
    p.graph.as_mut().unwrap().input[0].r#type =
        Some(TypeProto { sequence_type: Some(OpaqueTypeProto {}), ..Default::default() });
    assert!(refused(p.encode_to_vec().into())[0].contains("input 'x': it is a sequence"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    #[test]
    fn mutated_functions_and_branches_never_panic(
        branches: bool, changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut model = if branches { choice(Some(1)).build().to_vec() } else { calls().encode_to_vec() };
        for (at, byte) in changes {
            let i = at.index(model.len());
            model[i] = byte;
        }
        if let Ok((ir, module)) = cim_onnx::import_bytes(&context(), model.into(), "t", None) {
            verify(&ir, module);
        }
    }
}

//! Import of malformed models: diagnostics, never a panic, a hang or unbounded memory.

mod support;

use bytes::Bytes;
use cim_onnx::proto::{
    AttributeProto, NodeProto, OperatorSetIdProto, StringStringEntryProto, TensorProto, data_type as dt,
};
use cim_test::onnx_builder::*;
use proptest::prelude::*;
use prost::Message;
use support::*;

/// A model with something of everything.
fn rich() -> Bytes {
    let mut r = Seeded(7);
    ModelBuilder::new(13)
        .input_dims("x", dt::FLOAT, &[Dim::Symbol("N"), Dim::Size(2), Dim::Size(6), Dim::Size(6)])
        .qdq("x", "xd", 0.02, dt::UINT8, 128)
        .weights("w", &[4, 2, 3, 3], &r.ints(72, -127, 127), 0.01)
        .ints("lo", dt::INT8, &[], &[-7])
        .ints("hi", dt::INT8, &[], &[7])
        .floats("bias", &[4], &r.floats(4, -1.0, 1.0))
        .node("Conv", &["xd", "w", "bias"], "c", vec![int_list("pads", &[1; 4]), int_list("strides", &[1, 1])])
        .node("Relu", &["c"], "r", vec![])
        .qdq("r", "rd", 0.05, dt::UINT8, 0)
        .node("MaxPool", &["rd"], "p", vec![int_list("kernel_shape", &[2, 2]), int_list("strides", &[2, 2])])
        .node("Flatten", &["p"], "f", vec![int("axis", 1)])
        .weights("v", &[3, 36], &r.ints(108, -127, 127), 0.01)
        .node("Gemm", &["f", "v"], "g", vec![int("transB", 1), float("alpha", 0.5)])
        .node("Concat", &["g", "g"], "y", vec![int("axis", 1)])
        .output("y")
        .build()
}

fn try_import(bytes: Bytes) -> Result<(), Vec<String>> {
    match cim_onnx::import_bytes(&context(), bytes, "hostile.onnx", None) {
        Ok((ir, module)) => {
            // What is imported is valid, and the passes take it.
            verify(&ir, module);
            let mut ir = ir;
            if cim_passes::graph::fold_batch_norm::fold(&mut ir, module).is_ok() {
                cim_passes::graph::quantize_operators::quantize_operators(&mut ir, module).unwrap();
                verify(&ir, module);
            }
            Ok(())
        }
        Err(d) => {
            assert!(!d.is_empty());
            Err(d.into_iter().map(|d| d.message).collect())
        }
    }
}

#[test]
fn the_model_itself_is_good() {
    try_import(rich()).unwrap();
}

#[test]
fn every_truncation_is_refused_or_valid() {
    let model = rich();
    for n in 0..model.len() {
        let _ = try_import(model.slice(..n));
    }
    assert_eq!(try_import(Bytes::new()).unwrap_err(), ["the file is empty, not an ONNX model"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]
    #[test]
    fn mutated_models_are_refused_or_valid(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let mut model = rich().to_vec();
        for (at, byte) in changes {
            let i = at.index(model.len());
            model[i] = byte;
        }
        let _ = try_import(model.into());
    }

    #[test]
    fn random_bytes_are_refused_or_valid(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = try_import(bytes.into());
    }
}

fn message(model: ModelBuilder) -> String {
    try_import(model.build()).unwrap_err().remove(0)
}

#[test]
fn graphs_without_an_order_are_refused() {
    let m = ModelBuilder::new(13).input("x", &[1, 4]);
    let cycle = m.clone().node("Relu", &["b"], "a", vec![]).node("Relu", &["a"], "b", vec![]).output("a");
    assert!(message(cycle).contains("is part of a cycle"));
    let own = m.clone().node("Relu", &["a"], "a", vec![]).output("a");
    assert!(message(own).contains("is part of a cycle"));
    let nobody = m.clone().node("Relu", &["nothing"], "a", vec![]).output("a");
    assert!(message(nobody).contains("reads 'nothing', which nothing defines"));
    let twice = m.clone().node("Relu", &["x"], "a", vec![]).node("Relu", &["x"], "a", vec![]).output("a");
    assert!(message(twice).contains("defines 'a', which is already defined"));
    let input = m.clone().node("Relu", &["x"], "x", vec![]).output("x");
    assert!(message(input).contains("defines 'x'"));
    assert!(message(m.clone().output("z")).contains("output 'z' is not defined"));
    assert!(message(m.clone()).contains("no outputs"));
    assert!(message(m.node("Conv", &["x"], "a", vec![]).output("a")).contains("input 1 is missing"));
}

#[test]
fn tensors_of_wrong_sizes_are_refused() {
    let m = |t: TensorProto| message(ModelBuilder::new(13).init(t).node("Identity", &["c"], "y", vec![]).output("y"));
    let t = |dims: &[i64], bytes: usize| TensorProto {
        name: "c".into(),
        dims: dims.to_vec(),
        data_type: dt::FLOAT,
        raw_data: vec![0; bytes].into(),
        ..Default::default()
    };
    assert!(m(t(&[2], 7)).contains("needs 8 bytes, but there are 7"));
    assert!(m(t(&[-1], 4)).contains("negative dimension"));
    assert!(m(t(&[i64::MAX, i64::MAX, 2], 4)).contains("more than"));
    assert!(m(t(&[0, i64::MAX], 0)).contains("more than"));
    assert!(m(TensorProto { float_data: vec![1.0], ..t(&[2], 0) }).contains("needs 2 elements, but there are 1"));
    assert!(m(TensorProto { data_type: dt::STRING, ..t(&[1], 4) }).contains("element type string is not supported"));
    assert!(m(TensorProto { data_type: -3, ..t(&[1], 4) }).contains("element type type -3"));
    assert!(m(t(&[0], 0)).contains("has no elements"));
}

#[test]
fn versions_and_functions() {
    let relu = |opset| ModelBuilder::new(opset).input("x", &[1, 2]).node("Relu", &["x"], "y", vec![]).output("y");
    for good in cim_onnx::OPSETS {
        try_import(relu(good).build()).unwrap();
    }
    assert!(message(relu(6)).contains("operator set 6; 7 to 25 are supported"));
    assert!(message(relu(26)).contains("operator set 26"));
    let mut p = relu(13).proto();
    p.opset_import = vec![OperatorSetIdProto { domain: "ai.onnx.ml".into(), version: 3 }];
    assert!(try_import(p.encode_to_vec().into()).unwrap_err()[0].contains("no operator set of the default domain"));
    p.graph = None;
    p.opset_import[0].domain = "ai.onnx".into();
    p.opset_import[0].version = 13;
    assert!(try_import(p.encode_to_vec().into()).unwrap_err()[0].contains("has no graph"));
    let f = cim_onnx::proto::FunctionProto { name: "f".into(), domain: "mine".into(), ..Default::default() };
    p.functions = vec![f.clone(), f];
    let twice = try_import(p.encode_to_vec().into()).unwrap_err();
    assert!(twice[0].contains("function 'f' of domain 'mine' is defined twice"), "{twice:?}");
}

#[test]
fn deep_nesting_and_many_messages_end_early() {
    // graph { node { attribute { g { node { attribute { g ... : the decoder does not follow `g`.
    let mut bytes = Vec::new();
    for _ in 0..5000 {
        for tag in [0x32u8, 0x2a, 0x0a] {
            let mut outer = vec![tag];
            prost::encode_length_delimiter(bytes.len(), &mut outer).unwrap();
            outer.extend(&bytes);
            bytes = outer;
        }
        if bytes.len() > 200_000 {
            break;
        }
    }
    let mut model = vec![0x3a];
    prost::encode_length_delimiter(bytes.len(), &mut model).unwrap();
    model.extend(&bytes);
    try_import(model.into()).unwrap_err();
    let mut many = vec![0x3a];
    prost::encode_length_delimiter(4 << 20, &mut many).unwrap();
    many.extend([0x0a, 0x00].repeat(2 << 20));
    assert!(try_import(many.into()).unwrap_err()[0].contains("messages and strings"));
}

#[test]
fn attributes_given_twice_or_by_reference() {
    let m = |attributes| {
        message(ModelBuilder::new(13).input("x", &[1, 4]).node("Flatten", &["x"], "y", attributes).output("y"))
    };
    assert!(m(vec![int("axis", 1), int("axis", 1)]).contains("attribute 'axis': is given twice"));
    let by_ref = AttributeProto { ref_attr_name: "outer".into(), ..int("axis", 1) };
    assert!(m(vec![by_ref]).contains("refers to an attribute of a function"));
    assert!(m(vec![int("axis", i64::MIN)]).contains("attribute 'axis'"));
}

fn external(location: &str, offset: &str, length: &str) -> TensorProto {
    let entry = |k: &str, v: &str| StringStringEntryProto { key: k.into(), value: v.into() };
    TensorProto {
        name: "c".into(),
        dims: vec![2],
        data_type: dt::FLOAT,
        data_location: 1,
        external_data: vec![entry("location", location), entry("offset", offset), entry("length", length)],
        ..Default::default()
    }
}

fn with_external(t: TensorProto) -> Bytes {
    ModelBuilder::new(13).init(t).node("Identity", &["c"], "y", vec![]).output("y").build()
}

#[test]
fn external_data() {
    let dir = std::env::temp_dir().join(format!("cim-onnx-test-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    let data: Vec<u8> = [0.0f32, 1.5, 2.5].iter().flat_map(|v| v.to_le_bytes()).collect();
    std::fs::write(dir.join("weights.data"), &data).unwrap();
    let run = |t: TensorProto| -> Result<Vec<f32>, String> {
        std::fs::write(dir.join("m.onnx"), with_external(t)).unwrap();
        let ctx = context();
        let (ir, module) = cim_onnx::import(&ctx, &dir.join("m.onnx")).map_err(|d| d[0].message.clone())?;
        let c = cim_dialect::graph::Constant::cast(&ir, only(&ir, module, "constant")).unwrap();
        Ok(cim_dialect::graph::Elements::of(&ctx, c.value(&ir)).unwrap().floats().unwrap())
    };
    assert_eq!(run(external("weights.data", "4", "8")), Ok(vec![1.5, 2.5]));
    let error = |t| run(t).unwrap_err();
    assert!(error(external("weights.data", "8", "8")).contains("12 bytes: 8 from 8 are not in it"));
    assert!(error(external("weights.data", "18446744073709551615", "8")).contains("not in it"));
    assert!(error(external("weights.data", "-4", "8")).contains("offset '-4' is no number"));
    assert!(error(external("weights.data", "4", "4")).contains("needs 8 bytes, but there are 4"));
    assert!(error(external("absent.data", "0", "8")).contains("cannot find external data"));
    for bad in ["../weights.data", "/etc/hostname", "a/b", "..", ".", ""] {
        assert!(error(external(bad, "0", "8")).contains("not a plain file name"), "{bad}");
    }
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("/etc/hostname", dir.join("link.data")).unwrap();
        assert!(error(external("link.data", "0", "8")).contains("leads out of"));
        std::fs::create_dir(dir.join("folder.data")).unwrap();
        assert!(error(external("folder.data", "0", "8")).contains("no regular file"));
    }
    std::fs::remove_dir_all(&dir).unwrap();
    assert!(try_import(with_external(external("weights.data", "0", "8"))).unwrap_err()[0].contains("read from memory"));
    let ctx = context();
    let missing = cim_onnx::import(&ctx, std::path::Path::new("/nowhere/model.onnx")).err().unwrap();
    assert!(missing[0].message.contains("cannot read '/nowhere/model.onnx'"));
}

#[test]
fn a_node_without_outputs_is_refused() {
    let node = NodeProto { input: vec!["x".into()], op_type: "Relu".into(), ..Default::default() };
    let m = ModelBuilder::new(13).input("x", &[1, 4]).raw_node(node).node("Relu", &["x"], "y", vec![]).output("y");
    assert!(message(m).contains("has no output"));
}

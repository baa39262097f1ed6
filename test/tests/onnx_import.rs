//! Import: each operator's shapes and attributes, folding, names, refusals.

mod support;

use cim_dialect::graph::elementwise::Bounds;
use cim_dialect::graph::*;
use cim_onnx::proto::{NodeProto, TensorProto, data_type as dt};
use cim_test::onnx_builder::*;
use proptest::prelude::*;
use support::*;

fn conv_model(input: &[i64], weights: &[i64], attributes: Vec<cim_onnx::proto::AttributeProto>) -> ModelBuilder {
    let n = weights.iter().product::<i64>() as usize;
    ModelBuilder::new(17)
        .input("x", input)
        .floats("w", weights, &Seeded(1).floats(n, -1.0, 1.0))
        .node("Conv", &["x", "w"], "y", attributes)
        .output("y")
}

#[test]
fn a_network_has_names_a_function_and_its_model_name() {
    let model = conv_model(&[1, 2, 5, 5], &[3, 2, 3, 3], vec![]).name("little");
    let (ir, module) = import(model.build());
    let ctx = ir.ctx();
    let text = |op, key: &str| ir.attr(op, key).and_then(|a| ctx.as_str(a)).map(str::to_string);
    assert_eq!(text(module, "sym_name").as_deref(), Some("little"));
    let func = ir.walk(module)[1];
    assert_eq!((ir.name_str(func), text(func, "sym_name").as_deref()), ("func.func", Some("network")));
    let list = |key: &str| match ctx.attr_data(ir.attr(func, key).unwrap()) {
        cim_ir::core::AttrData::Array(items) => items.iter().map(|a| ctx.as_str(*a).unwrap()).collect::<Vec<_>>(),
        _ => panic!("no array"),
    };
    assert_eq!((list(INPUTS), list(OUTPUTS)), (vec!["x"], vec!["y"]));
    assert!(ir.attr(func, BATCHED).is_none());
    let conv = only(&ir, module, "conv2d");
    assert_eq!(text(conv, "name").as_deref(), Some("y_node"));
    assert_eq!(result(&ir, conv), "tensor<1x3x3x3xf32>");
    verify(&ir, module);
}

#[test]
fn a_symbolic_batch_is_one_and_marked() {
    let dims = [Dim::Symbol("N"), Dim::Size(2), Dim::Size(4)];
    let m = ModelBuilder::new(13).input_dims("x", dt::FLOAT, &dims).node("Relu", &["x"], "y", vec![]).output("y");
    let (ir, module) = import(m.build());
    assert!(ir.attr(ir.walk(module)[1], BATCHED).is_some());
    assert_eq!(result(&ir, only(&ir, module, "relu")), "tensor<1x2x4xf32>");
    let zero = [Dim::Size(0), Dim::Size(2)];
    let m = ModelBuilder::new(13).input_dims("x", dt::FLOAT, &zero).node("Relu", &["x"], "y", vec![]).output("y");
    let (ir, module) = import(m.build());
    assert!(ir.attr(ir.walk(module)[1], BATCHED).is_some());
}

#[test]
fn inputs_that_cannot_be_compiled_are_refused() {
    let relu = |dims: &[Dim<'_>], t| {
        let m = ModelBuilder::new(13).input_dims("x", t, dims).node("Relu", &["x"], "y", vec![]).output("y");
        not_mapped(m.build()).remove(0)
    };
    assert!(relu(&[Dim::Size(1), Dim::Symbol("W")], dt::FLOAT).contains("dimension 1 ('W') is not known"));
    assert!(relu(&[Dim::Size(1)], dt::STRING).contains("element type string is not supported"));
    assert!(relu(&[Dim::Size(1), Dim::Size(1 << 40)], dt::FLOAT).contains("more than"));
    assert!(relu(&[Dim::Size(1), Dim::Size(-5)], dt::FLOAT).contains("dimension 1 is -5"));
}

#[test]
fn weights_listed_as_inputs_are_no_inputs() {
    let m = conv_model(&[1, 1, 4, 4], &[1, 1, 2, 2], vec![]).input("w", &[1, 1, 2, 2]);
    let (ir, module) = import(m.build());
    let func = ir.walk(module)[1];
    assert_eq!(ir.args(ir.body(func).unwrap()).len(), 1);
}

#[test]
fn convolution_attributes() {
    let attributes = vec![
        int_list("strides", &[2, 1]),
        int_list("pads", &[1, 0, 2, 1]),
        int_list("dilations", &[1, 2]),
        int("group", 2),
        int_list("kernel_shape", &[3, 2]),
    ];
    let (ir, module) = import(conv_model(&[1, 4, 9, 8], &[6, 2, 3, 2], attributes).build());
    let conv = Conv2d::cast(&ir, only(&ir, module, "conv2d")).unwrap();
    assert_eq!((conv.strides(&ir), conv.pads(&ir)), (vec![2, 1], vec![1, 0, 2, 1]));
    assert_eq!((conv.dilations(&ir), conv.group(&ir)), (vec![1, 2], 2));
    assert_eq!(result(&ir, conv.op()), "tensor<1x6x5x7xf32>");
}

#[test]
fn automatic_padding() {
    let pads = |auto: &str, extra| {
        let mut attributes = vec![string("auto_pad", auto), int_list("strides", &[2, 2])];
        attributes.extend(extra);
        let (ir, module) = import(conv_model(&[1, 1, 6, 7], &[1, 1, 3, 3], attributes).build());
        let conv = Conv2d::cast(&ir, only(&ir, module, "conv2d")).unwrap();
        (conv.pads(&ir), result(&ir, conv.op()))
    };
    let y = "tensor<1x1x3x4xf32>".to_string();
    assert_eq!(pads("SAME_UPPER", None), (vec![0, 1, 1, 1], y.clone()));
    assert_eq!(pads("SAME_LOWER", None), (vec![1, 1, 0, 1], y.clone()));
    assert_eq!(pads("VALID", None).0, [0; 4]);
    assert_eq!(pads("SAME_UPPER", Some(int_list("pads", &[0; 4]))), (vec![0, 1, 1, 1], y));
    let both =
        conv_model(&[1, 1, 6, 7], &[1, 1, 3, 3], vec![string("auto_pad", "SAME_UPPER"), int_list("pads", &[1; 4])]);
    assert!(not_mapped(both.build())[0].contains("attribute 'pads': contradicts auto_pad"));
    let odd = conv_model(&[1, 1, 6, 7], &[1, 1, 3, 3], vec![string("auto_pad", "MAYBE")]);
    assert!(not_mapped(odd.build())[0].contains("attribute 'auto_pad'"));
}

#[test]
fn refusals_name_node_operator_attribute_reason_and_remedy() {
    let m = |attributes| not_mapped(conv_model(&[1, 1, 6, 7], &[1, 1, 3, 3], attributes).build()).remove(0);
    assert_eq!(
        m(vec![int("fancy", 1)]),
        "node 'y_node': operator Conv, attribute 'fancy': not an attribute of Conv that is understood; remove it, or convert the \
         model to a supported operator set"
    );
    assert!(m(vec![string("group", "two")]).contains("attribute 'group': is of kind string, not int"));
    assert!(m(vec![int_list("strides", &[0, 1])]).contains("strides must be in 1..=2^24, but has 0"));
    assert!(m(vec![int_list("pads", &[-1, 0, 0, 0])]).contains("pads must be in 0..=2^24, but has -1"));
    assert!(m(vec![int_list("kernel_shape", &[2, 2])]).contains("attribute 'kernel_shape'"));
    assert!(m(vec![int("group", 3)]).contains("group 3 must divide"));
    assert!(m(vec![int_list("dilations", &[9, 1])]).contains("does not fit"));
    let one_d = conv_model(&[1, 1, 6], &[1, 1, 3], vec![]);
    let one_d = not_mapped(one_d.build()).remove(0);
    assert!(one_d.ends_with("do not both have 4 dimensions"), "{one_d}");
}

#[test]
fn all_unsupported_operators_are_reported_at_once_and_their_users_are_not() {
    let m = ModelBuilder::new(17)
        .input("x", &[1, 4])
        .node("Unique", &["x"], "a", vec![])
        .node("Relu", &["a"], "b", vec![])
        .node("LSTM", &["b"], "c", vec![])
        .node("Det", &["x"], "d", vec![])
        .output("c");
    let messages = refused(m.build());
    assert_eq!(messages.len(), 2);
    assert!(messages[0].starts_with("node 'a_node': operator Unique: is not supported; supported operators are Add,"));
    assert!(messages[1].starts_with("node 'd_node': operator Det:"));
    let foreign = NodeProto {
        input: vec!["x".into()],
        output: vec!["y".into()],
        op_type: "QLinearSigmoid".into(),
        domain: "com.microsoft".into(),
        ..Default::default()
    };
    let m = ModelBuilder::new(17).input("x", &[1, 4]).raw_node(foreign).output("y");
    assert!(
        refused(m.build())[0].starts_with("node 'y': operator com.microsoft.QLinearSigmoid: is not supported; export")
    );
}

#[test]
fn gemm_forms() {
    let gemm = |inputs: &[&str], attributes, x: &[i64]| {
        let m = ModelBuilder::new(13)
            .input("x", x)
            .floats("w", &[3, 4], &Seeded(2).floats(12, -1.0, 1.0))
            .floats("row", &[1, 3], &[1.0, 2.0, 3.0])
            .floats("one", &[], &[5.0])
            .floats("b", &[3], &[1.0, 2.0, 3.0])
            .node("Gemm", inputs, "y", attributes)
            .output("y");
        import(m.build())
    };
    let (ir, m) = gemm(&["x", "w", "b"], vec![int("transB", 1)], &[1, 4]);
    let l = Linear::cast(&ir, only(&ir, m, "linear")).unwrap();
    assert!(!l.transpose(&ir) && l.bias(&ir).is_some());
    assert_eq!(result(&ir, l.op()), "tensor<1x3xf32>");
    let (ir, m) = gemm(&["x", "w"], vec![], &[1, 3]);
    let l = Linear::cast(&ir, only(&ir, m, "linear")).unwrap();
    assert!(l.transpose(&ir) && l.bias(&ir).is_none());
    assert_eq!(result(&ir, l.op()), "tensor<1x4xf32>");
    for bias in ["row", "one"] {
        let (ir, m) = gemm(&["x", "w", bias], vec![int("transB", 1), float("beta", 2.0)], &[1, 4]);
        let l = Linear::cast(&ir, only(&ir, m, "linear")).unwrap();
        let b = Constant::cast(&ir, ir.defining_op(l.bias(&ir).unwrap()).unwrap()).unwrap();
        let values = Elements::of(ir.ctx(), b.value(&ir)).unwrap().floats().unwrap();
        assert_eq!(values, if bias == "row" { [2.0, 4.0, 6.0] } else { [10.0; 3] });
    }
    let (ir, m) = gemm(&["x", "w", "b"], vec![int("transB", 1), float("alpha", 0.5)], &[1, 4]);
    assert_eq!(names(&ir, m), ["linear", "mul", "add"]);
    verify(&ir, m);
    let (ir, m) = gemm(&["x", "w", "b"], vec![int("transB", 1), float("beta", 0.0)], &[1, 4]);
    assert!(Linear::cast(&ir, only(&ir, m, "linear")).unwrap().bias(&ir).is_none());
}

#[test]
fn gemm_and_matmul_reshape_single_rows() {
    let shape = |v: &[i64]| ints("s", dt::INT64, &[v.len() as i64], v);
    let base = || ModelBuilder::new(13).input("x", &[1, 4]).floats("w", &[4, 3], &Seeded(3).floats(12, -1.0, 1.0));
    let m = base()
        .init(shape(&[4, 1]))
        .node("Reshape", &["x", "s"], "column", vec![])
        .node("Gemm", &["column", "w"], "y", vec![int("transA", 1)])
        .output("y");
    let (ir, m) = import(m.build());
    assert_eq!(names(&ir, m), ["reshape", "reshape", "linear"]);
    let m = base()
        .init(shape(&[1, 1, 4]))
        .node("Reshape", &["x", "s"], "deep", vec![])
        .node("MatMul", &["deep", "w"], "y", vec![])
        .output("y");
    let (ir, module) = import(m.build());
    let last = ops(&ir, module).pop().unwrap();
    assert_eq!((last.0.as_str(), result(&ir, last.1).as_str()), ("linear", "tensor<1x1x3xf32>"));
    let m = base()
        .init(shape(&[2, 2]))
        .floats("v", &[2, 2], &[1.0; 4])
        .node("Reshape", &["x", "s"], "square", vec![])
        .node("MatMul", &["square", "v"], "y", vec![])
        .output("y");
    let (ir, module) = import(m.build());
    assert_eq!(result(&ir, only(&ir, module, "linear")), "tensor<2x2xf32>");
    let m = base().node("MatMul", &["x", "x"], "y", vec![]).output("y");
    assert!(not_mapped(m.build())[0].contains("the weights, is computed at run time"));
}

#[test]
fn batch_norm_and_its_old_attributes() {
    let m = |opset, attributes| {
        let one = |v: f32| vec![v; 2];
        ModelBuilder::new(opset)
            .input("x", &[1, 2, 3, 3])
            .floats("s", &[2], &one(1.0))
            .floats("b", &[2], &one(0.5))
            .floats("m", &[2], &one(0.1))
            .floats("v", &[2], &one(2.0))
            .node("BatchNormalization", &["x", "s", "b", "m", "v"], "y", attributes)
            .output("y")
    };
    let (ir, module) = import(m(15, vec![float("epsilon", 0.25), float("momentum", 0.5)]).build());
    let bn = BatchNorm::cast(&ir, only(&ir, module, "batch_norm")).unwrap();
    assert_eq!((bn.epsilon(&ir), result(&ir, bn.op()).as_str()), (0.25, "tensor<1x2x3x3xf32>"));
    assert!(not_mapped(m(15, vec![int("training_mode", 1)]).build())[0].contains("attribute 'training_mode'"));
    import(m(7, vec![int("spatial", 1)]).build());
    assert!(not_mapped(m(7, vec![int("spatial", 0)]).build())[0].contains("attribute 'spatial'"));
    assert!(not_mapped(m(9, vec![int("spatial", 1)]).build())[0].contains("attribute 'spatial'"));
}

#[test]
fn clip_in_both_forms_and_on_integers() {
    let bounds = |m: ModelBuilder| {
        let (ir, module) = import(m.build());
        Clip::cast(&ir, only(&ir, module, "clip")).unwrap().bounds(&ir).unwrap()
    };
    let x = |opset| ModelBuilder::new(opset).input("x", &[1, 4]).output("y");
    let old = x(7).node("Clip", &["x"], "y", vec![float("min", 0.0), float("max", 6.0)]);
    assert_eq!(bounds(old), Bounds::Float(0.0, 6.0));
    let new = x(13).floats("hi", &[], &[6.0]).node("Clip", &["x", "", "hi"], "y", vec![]);
    assert_eq!(bounds(new), Bounds::Float(f32::MIN, 6.0));
    let lists = x(13).floats("lo", &[2], &[1.0, 2.0]).node("Clip", &["x", "lo"], "y", vec![]);
    assert!(not_mapped(lists.build())[0].contains("a bound must be one float"));
    let crossed =
        x(13).floats("lo", &[], &[2.0]).floats("hi", &[], &[1.0]).node("Clip", &["x", "lo", "hi"], "y", vec![]);
    assert!(not_mapped(crossed.build())[0].contains("min 2 is not at most max 1"));
    let integers = ModelBuilder::new(13)
        .input("x", &[1, 4])
        .qdq("x", "d", 0.5, dt::UINT8, 3)
        .ints("lo", dt::UINT8, &[], &[0])
        .ints("hi", dt::UINT8, &[], &[63])
        .node("Clip", &["d_q", "lo", "hi"], "c", vec![])
        .node("DequantizeLinear", &["c", "d_scale", "d_zero"], "y", vec![])
        .output("y");
    assert_eq!(bounds(integers), Bounds::Int(0, 63));
}

#[test]
fn pools() {
    let pool = |op: &str, attributes| {
        let m = ModelBuilder::new(17).input("x", &[1, 2, 7, 6]).node(op, &["x"], "y", attributes).output("y");
        import(m.build())
    };
    let k = |extra: Vec<_>| [vec![int_list("kernel_shape", &[3, 2]), int_list("strides", &[2, 2])], extra].concat();
    let (ir, m) = pool(
        "MaxPool",
        k(vec![int_list("pads", &[1, 0, 0, 1]), int_list("dilations", &[2, 1]), int("storage_order", 1)]),
    );
    let p = MaxPool::cast(&ir, only(&ir, m, "max_pool")).unwrap();
    assert_eq!((p.pads(&ir), result(&ir, p.op()).as_str()), (vec![1, 0, 0, 1], "tensor<1x2x2x3xf32>"));
    let (ir, m) = pool("AveragePool", k(vec![int_list("pads", &[1, 0, 1, 0]), int("count_include_pad", 1)]));
    let p = AveragePool::cast(&ir, only(&ir, m, "average_pool")).unwrap();
    assert!(p.count_include_pad(&ir));
    let (ir, m) = pool("GlobalAveragePool", vec![]);
    assert_eq!(result(&ir, only(&ir, m, "global_average_pool")), "tensor<1x2x1x1xf32>");
    let refuse = |op: &str, attributes| {
        let m = ModelBuilder::new(17).input("x", &[1, 2, 7, 6]).node(op, &["x"], "y", attributes).output("y");
        not_mapped(m.build()).remove(0)
    };
    assert!(refuse("MaxPool", vec![]).contains("attribute 'kernel_shape': is missing"));
    assert!(refuse("MaxPool", k(vec![int_list("pads", &[3, 0, 0, 0])])).contains("smaller than the kernel"));
    assert!(refuse("AveragePool", k(vec![int_list("dilations", &[2, 2])])).contains("attribute 'dilations'"));
    let both = vec![int_list("pads", &[1, 0, 0, 0]), int("count_include_pad", 1), int("ceil_mode", 1)];
    assert!(refuse("AveragePool", k(both)).contains("attribute 'count_include_pad'"));
    let mut two = ModelBuilder::new(17).input("x", &[1, 1, 4, 4]).output("y").output("i").proto();
    two.graph.as_mut().unwrap().node.push(NodeProto {
        input: vec!["x".into()],
        output: vec!["y".into(), "i".into()],
        op_type: "MaxPool".into(),
        attribute: vec![int_list("kernel_shape", &[2, 2])],
        ..Default::default()
    });
    assert!(not_mapped(prost::Message::encode_to_vec(&two).into())[0].contains("'i' (indices) is used"));
}

/// Rounding up as PyTorch and ONNX Runtime do it: ceil, minus a window that starts after the input and its front padding.
fn ceil_extent(input: i64, kernel: i64, stride: i64, before: i64, after: i64) -> i64 {
    let room = input + before + after - kernel;
    let n = (room + stride - 1) / stride + 1;
    if (n - 1) * stride >= input + before { n - 1 } else { n }
}

proptest! {
    #[test]
    fn rounding_up(h in 3i64..12, k in 1i64..4, stride in 1i64..4, before in 0i64..3, after in 0i64..3) {
        prop_assume!(before < k && after < k);
        let attributes = vec![
            int_list("kernel_shape", &[k, 1]), int_list("strides", &[stride, 1]),
            int_list("pads", &[before, 0, after, 0]), int("ceil_mode", 1),
        ];
        let m = ModelBuilder::new(17).input("x", &[1, 1, h, 2]).node("MaxPool", &["x"], "y", attributes).output("y").build();
        let ctx = context();
        match cim_onnx::import_bytes(&ctx, m, "t", None) {
            Ok((ir, m)) => {
                let y = result(&ir, only(&ir, m, "max_pool"));
                prop_assert_eq!(y, format!("tensor<1x1x{}x2xf32>", ceil_extent(h, k, stride, before, after)));
            }
            // The added padding would let a window lie in padding alone.
            Err(d) => prop_assert!(d[0].message.contains("smaller than the kernel"), "{}", d[0].message),
        }
    }
}

#[test]
fn shape_operators() {
    let m = ModelBuilder::new(14)
        .input("x", &[1, 2, 3, 4])
        .ints("s", dt::INT64, &[3], &[0, -1, 3])
        .node("Flatten", &["x"], "f", vec![])
        .node("Reshape", &["x", "s"], "r", vec![])
        .node("Flatten", &["r"], "g", vec![int("axis", -2)])
        .node("Concat", &["f", "g", "f"], "c", vec![int("axis", -1)])
        .node("Identity", &["c"], "i", vec![])
        .node("Dropout", &["i"], "y", vec![int("seed", 3)])
        .output("y");
    let (ir, module) = import(m.build());
    assert_eq!(names(&ir, module), ["reshape", "reshape", "reshape", "concat"]);
    let types: Vec<String> = ops(&ir, module).iter().map(|(_, o)| result(&ir, *o)).collect();
    assert_eq!(types, ["tensor<1x24xf32>", "tensor<1x8x3xf32>", "tensor<1x24xf32>", "tensor<1x72xf32>"]);
    let dims = [Dim::Symbol("N"), Dim::Size(4)];
    let mixes = ModelBuilder::new(14)
        .input_dims("x", dt::FLOAT, &dims)
        .node("Concat", &["x", "x"], "y", vec![int("axis", 0)])
        .output("y");
    assert!(not_mapped(mixes.build())[0].contains("mixes the images"));
    let reshape = |shape: &[i64]| {
        let m = ModelBuilder::new(14)
            .input("x", &[1, 3, 4])
            .ints("s", dt::INT64, &[shape.len() as i64], shape)
            .node("Reshape", &["x", "s"], "y", vec![])
            .output("y");
        not_mapped(m.build()).remove(0)
    };
    assert!(reshape(&[-1, -1]).contains("shape [-1, -1] has more than one -1"));
    assert!(reshape(&[-2, 6]).contains("shape [-2, 6] has the entry -2"));
    assert!(reshape(&[1, 3, 4, 0]).contains("entry 3 of shape [1, 3, 4, 0] keeps a dimension the input [1, 3, 4]"));
    assert!(reshape(&[13]).contains("shape [13] does not hold the 12 elements of [1, 3, 4]"));
    assert!(reshape(&[1 << 20, 1 << 20]).contains("has too many elements"));
    for operator in ["Reshape", "Flatten"] {
        let inputs = if operator == "Reshape" { &["c", "s"][..] } else { &["c"] };
        let empty = ModelBuilder::new(14)
            .input("x", &[1, 3])
            .floats("c", &[0, 3], &[])
            .ints("s", dt::INT64, &[1], &[-1])
            .node(operator, inputs, "r", vec![])
            .node("Add", &["x", "r"], "y", vec![])
            .output("y");
        assert!(not_mapped(empty.build())[0].contains("the input has no elements, or too many"));
    }
    let flat =
        ModelBuilder::new(14).input("x", &[1, 3, 4]).node("Flatten", &["x"], "y", vec![int("axis", 4)]).output("y");
    assert!(not_mapped(flat.build())[0].contains("axis 4 is not in -3..=3"));
    let training = ModelBuilder::new(14)
        .input("x", &[1, 4])
        .floats("r", &[], &[0.5])
        .ints("t", dt::BOOL, &[], &[1])
        .node("Dropout", &["x", "r", "t"], "y", vec![])
        .output("y");
    assert!(not_mapped(training.build())[0].contains("training_mode is set"));
}

#[test]
fn constants_are_folded() {
    let value = floats("", &[4], &[1.0, 2.0, 3.0, 4.0]);
    let m = ModelBuilder::new(14)
        .input("x", &[1, 2, 2])
        .node("Constant", &[], "c", vec![tensor("value", value)])
        .node("Constant", &[], "s", vec![int_list("value_ints", &[2, 2])])
        .node("Constant", &[], "six", vec![float("value_float", 6.0)])
        .node("Reshape", &["c", "s"], "m", vec![])
        .node("Identity", &["m"], "n", vec![])
        .node("Add", &["x", "n"], "a", vec![])
        .node("Clip", &["a", "", "six"], "y", vec![])
        .output("y");
    let (ir, module) = import(m.build());
    assert_eq!(names(&ir, module), ["add", "clip"]);
    let c = Constant::cast(&ir, only(&ir, module, "constant")).unwrap();
    assert_eq!(result(&ir, c.op()), "tensor<2x2xf32>");
    let none = ModelBuilder::new(14).node("Constant", &[], "y", vec![]).output("y");
    assert!(refused(none.build())[0].contains("exactly one of value"));
}

#[test]
fn quantisation_operators() {
    let m = ModelBuilder::new(13)
        .input("x", &[1, 3, 2, 2])
        .floats("s", &[3], &[0.5, 0.25, 0.125])
        .ints("z", dt::INT8, &[3], &[1, -2, 3])
        .node("QuantizeLinear", &["x", "s", "z"], "q", vec![int("axis", -3)])
        .node("DequantizeLinear", &["q", "s", "z"], "y", vec![int("axis", 1)])
        .output("y");
    let (ir, module) = import(m.build());
    let q = Quantize::cast(&ir, only(&ir, module, "quantize")).unwrap();
    assert_eq!((q.axis(&ir), q.zero_point(&ir), q.lo(&ir), q.hi(&ir)), (1, vec![1, -2, 3], -128, 127));
    assert_eq!(result(&ir, q.op()), "tensor<1x3x2x2xsi8>");
    verify(&ir, module);
    let plain = ModelBuilder::new(13)
        .input("x", &[1, 3])
        .floats("s", &[1], &[0.5])
        .node("QuantizeLinear", &["x", "s"], "q", vec![])
        .node("DequantizeLinear", &["q", "s"], "y", vec![])
        .output("y");
    let (ir, module) = import(plain.build());
    assert_eq!(result(&ir, only(&ir, module, "quantize")), "tensor<1x3xui8>");
    let bad = |s: &[f32], attributes| {
        let m = ModelBuilder::new(21)
            .input("x", &[1, 3])
            .floats("s", &[s.len() as i64], s)
            .node("QuantizeLinear", &["x", "s"], "y", attributes)
            .output("y");
        not_mapped(m.build()).remove(0)
    };
    assert!(bad(&[0.0], vec![]).contains("not finite and positive"));
    assert!(bad(&[f32::NAN], vec![]).contains("not finite and positive"));
    assert!(bad(&[1.0, 2.0], vec![]).contains("2 scales for dimension 1"));
    assert!(bad(&[1.0], vec![int("block_size", 2)]).contains("attribute 'block_size'"));
    assert!(bad(&[1.0], vec![int("output_dtype", 17)]).contains("attribute 'output_dtype'"));
}

#[test]
fn four_bit_weights_are_unpacked() {
    // users.md: [1, -2, 3] packs to 0xE1, 0x03.
    let packed = TensorProto {
        name: "q".into(),
        dims: vec![3, 1],
        data_type: dt::INT4,
        raw_data: vec![0xe1, 0x03].into(),
        ..Default::default()
    };
    let typed = TensorProto { raw_data: Default::default(), int32_data: vec![0xe1, 0x03], ..packed.clone() };
    for q in [packed, typed] {
        let m = ModelBuilder::new(21)
            .input("x", &[1, 1])
            .init(q)
            .floats("s", &[], &[0.5])
            .node("DequantizeLinear", &["q", "s"], "w", vec![])
            .node("Gemm", &["x", "w"], "y", vec![int("transB", 1)])
            .output("y");
        let (ir, module) = import(m.build());
        let c = Constant::cast(&ir, only(&ir, module, "constant")).unwrap();
        assert_eq!(result(&ir, c.op()), "tensor<3x1xsi4>");
        assert_eq!(Elements::of(ir.ctx(), c.value(&ir)).unwrap().ints(), Some(vec![1, -2, 3]));
    }
}

#[test]
fn typed_fields_hold_the_same_as_raw_bytes() {
    let t = |t, f: fn(&mut TensorProto)| {
        let mut p = TensorProto { name: "c".into(), dims: vec![2], data_type: t, ..Default::default() };
        f(&mut p);
        p
    };
    let cases = [
        t(dt::FLOAT, |p| p.float_data = vec![1.5, -2.0]),
        t(dt::INT8, |p| p.int32_data = vec![1, -2]),
        t(dt::UINT8, |p| p.int32_data = vec![1, 254]),
        t(dt::INT32, |p| p.int32_data = vec![1, -2]),
        t(dt::INT64, |p| p.int64_data = vec![1, -2]),
        t(dt::UINT32, |p| p.uint64_data = vec![1, u64::from(u32::MAX)]),
    ];
    for c in cases {
        let kind = c.data_type;
        let m = ModelBuilder::new(13).init(c).node("Identity", &["c"], "y", vec![]).output("y");
        let (ir, module) = import(m.build());
        let e = Elements::of(ir.ctx(), Constant::cast(&ir, only(&ir, module, "constant")).unwrap().value(&ir)).unwrap();
        match kind {
            dt::FLOAT => assert_eq!(e.floats(), Some(vec![1.5, -2.0])),
            dt::UINT8 => assert_eq!(e.ints(), Some(vec![1, 254])),
            dt::UINT32 => assert_eq!(e.ints(), Some(vec![1, i64::from(u32::MAX)])),
            _ => assert_eq!(e.ints(), Some(vec![1, -2])),
        }
    }
}

#[test]
fn weights_are_slices_of_the_file() {
    let file = conv_model(&[1, 8, 5, 5], &[8, 8, 3, 3], vec![]).build();
    let ctx = context();
    let (ir, module) = cim_onnx::import_bytes(&ctx, file.clone(), "t", None).unwrap();
    let c = Constant::cast(&ir, only(&ir, module, "constant")).unwrap();
    let e = Elements::of(&ctx, c.value(&ir)).unwrap();
    let (start, end) = (file.as_ptr() as usize, file.as_ptr() as usize + file.len());
    assert!((start..end).contains(&(e.data.as_ptr() as usize)), "the weights were copied");
    // A second model of the context that uses the same name keeps its own weights.
    let other = ModelBuilder::new(17)
        .input("x", &[1, 8, 5, 5])
        .floats("w", &[8, 8, 3, 3], &[0.25; 576])
        .node("Conv", &["x", "w"], "y", vec![])
        .output("y");
    let (ir2, m2) = cim_onnx::import_bytes(&ctx, other.build(), "t", None).unwrap();
    let second = Constant::cast(&ir2, only(&ir2, m2, "constant")).unwrap();
    assert_eq!(Elements::of(&ctx, second.value(&ir2)).unwrap().floats(), Some(vec![0.25; 576]));
    assert_eq!(Elements::of(&ctx, c.value(&ir)).unwrap().data, e.data);
}

#[test]
fn unnamed_and_equally_named_nodes_get_unique_names() {
    let node = |input: &str, output: &str, name: &str| NodeProto {
        input: vec![input.into()],
        output: vec![output.into()],
        name: name.into(),
        op_type: "Relu".into(),
        domain: "ai.onnx".into(),
        ..Default::default()
    };
    let m = ModelBuilder::new(13)
        .input("x", &[1, 4])
        .raw_node(node("x", "a", "same"))
        .raw_node(node("a", "b", "same"))
        .raw_node(node("b", "y", ""))
        .output("y");
    let (ir, module) = import(m.build());
    let name = |op| ir.ctx().as_str(ir.attr(op, "name").unwrap()).unwrap().to_string();
    let all: Vec<String> = ops(&ir, module).iter().map(|(_, o)| name(*o)).collect();
    assert_eq!(all, ["same", "same#2", "y"]);
}

#[test]
fn nodes_may_come_in_any_order() {
    let m = ModelBuilder::new(13)
        .input("x", &[1, 4])
        .node("Relu", &["a"], "y", vec![])
        .node("Identity", &["b"], "a", vec![])
        .node("Relu", &["x"], "b", vec![])
        .output("y");
    let (ir, module) = import(m.build());
    assert_eq!(names(&ir, module), ["relu", "relu"]);
}

/// What the operations of the network do not hold, the host computes: never an operation that does not verify.
#[test]
fn other_element_types_run_on_the_host() {
    for elem in [dt::DOUBLE, dt::FLOAT16, dt::INT64] {
        let m = ModelBuilder::new(17)
            .input_dims("x", elem, &[Dim::Size(1), Dim::Size(4)])
            .node("Relu", &["x"], "y", vec![])
            .output("y");
        let (ir, module) = import(m.build());
        verify(&ir, module);
        assert_eq!(names(&ir, module), ["host"], "{elem}");
    }
}

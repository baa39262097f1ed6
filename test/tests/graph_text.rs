//! `cim.graph` as text: what is printed is read back as the same, in custom and in generic form.

mod support;

use cim_ir::text::{ParseOptions, PrintOptions, Source, parse_module, print_module};
use cim_ir::{Ir, OpId};
use cim_onnx::proto::data_type as dt;
use cim_passes::graph::quantize_operators::quantize_operators;
use cim_test::onnx_builder::*;
use std::path::PathBuf;
use support::*;

fn round_trip(ir: &Ir, module: OpId) -> String {
    for options in [PrintOptions::generic(), PrintOptions::default()] {
        let text = print_module(ir, module, &options);
        let ctx = context();
        let (again, top) = parse_module(&ctx, &Source::new("t.mlir", text.clone()), &ParseOptions::default())
            .unwrap_or_else(|d| panic!("{}\n{text}", d.iter().map(|d| d.render(&ctx)).collect::<String>()));
        verify(&again, top);
        assert_eq!(print_module(&again, top, &options), text);
    }
    print_module(ir, module, &PrintOptions::default())
}

#[test]
fn the_digits_network_in_both_states() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("data/models/digits_cnn_mixed_2to8.qcdq.onnx");
    let (mut ir, module) = cim_onnx::import(&context(), &path).unwrap();
    round_trip(&ir, module);
    quantize_operators(&mut ir, module).unwrap();
    let text = round_trip(&ir, module);
    assert!(text.contains("cim.batched"), "{text}");
    if std::env::var_os("SHOW").is_some() {
        println!(
            "{}",
            print_module(
                &ir,
                module,
                &PrintOptions { elide_elements: Some(4), elide_resources: Some(8), ..Default::default() }
            )
        );
    }
}

#[test]
fn every_operation() {
    let mut r = Seeded(9);
    let m = ModelBuilder::new(13)
        .input("x", &[1, 2, 6, 6])
        .qdq("x", "xd", 0.02, dt::UINT8, 128)
        .weights("w", &[2, 2, 3, 3], &r.ints(36, -127, 127), 0.01)
        .floats("bias", &[2], &r.floats(2, -1.0, 1.0))
        .ints("border", dt::INT64, &[8], &[0, 0, 1, 1, 0, 0, 1, 1])
        .node("Pad", &["xd", "border"], "xp", vec![])
        .node("Conv", &["xp", "w", "bias"], "c", vec![])
        .floats("g", &[2], &[1.0, 2.0])
        .node("BatchNormalization", &["c", "g", "bias", "bias", "g"], "n", vec![])
        .node("Relu", &["n"], "r", vec![])
        .qdq("r", "rd", 0.05, dt::UINT8, 0)
        .node("Add", &["rd", "xd"], "s", vec![])
        .qdq("s", "sd", 0.05, dt::UINT8, 0)
        .ints("around", dt::INT64, &[8], &[0, 0, 1, 1, 0, 0, 1, 1])
        .node("Pad", &["sd", "around"], "sp", vec![])
        .node("MaxPool", &["sp"], "p", vec![int_list("kernel_shape", &[4, 4])])
        .node("AveragePool", &["p"], "a", vec![int_list("kernel_shape", &[2, 2]), int_list("pads", &[1, 0, 0, 0])])
        .qdq("a", "ad", 0.04, dt::UINT8, 0)
        .node("Concat", &["ad", "ad"], "k", vec![int("axis", 1)])
        .node("GlobalAveragePool", &["k"], "ga", vec![])
        .floats("six", &[], &[6.0])
        .node("Clip", &["ga", "", "six"], "cl", vec![])
        .node("Mul", &["cl", "six"], "m", vec![])
        .node("Sqrt", &["m"], "q", vec![])
        .node("Flatten", &["q"], "f", vec![])
        .weights("v", &[4, 3], &r.ints(12, -7, 7), 0.01)
        .node("Gemm", &["f", "v"], "y", vec![])
        .output("y");
    let (mut ir, module) = import(m.build());
    let text = round_trip(&ir, module);
    for op in cim_dialect::graph::GRAPH.ops {
        let integer_only = ["cim.graph.requantize", "cim.graph.add_requantize"].contains(&op.name);
        assert_eq!(text.contains(&format!("{} ", op.name)), !integer_only, "{}", op.name);
    }
    quantize_operators(&mut ir, module).unwrap();
    let text = round_trip(&ir, module);
    assert!(text.contains("cim.graph.requantize ") && text.contains("cim.graph.add_requantize "), "{text}");
}

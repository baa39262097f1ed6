//! `cim check` and `cim layers`.

use cim_test::onnx_builder::ModelBuilder;
use serde_json::Value;

use crate::{data, run, run_in, stderr, stdout};

const DIGITS: &str = "models/digits_cnn_mixed_2to8.qcdq.onnx";
const RESNET: &str = "models/resnet18_int8_qdq.onnx";

#[test]
fn layers_of_the_digits_network() {
    let o = run(&["layers", &data(DIGITS), "--json", "-"]);
    assert_eq!(o.status.code(), Some(0), "{}", stderr(&o));
    let v: Value = serde_json::from_slice(&o.stdout).unwrap();
    let rows: Vec<_> = v["layers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|l| {
            let n = |key: &str| l[key].as_u64().unwrap();
            (l["name"].as_str().unwrap(), l["kind"].as_str().unwrap(), n("m"), n("k"), n("products"), n("macs"))
        })
        .collect();
    assert_eq!(
        rows,
        [
            ("/c1/Conv", "conv", 16, 9, 64, 9216),
            ("/c2/Conv", "conv", 32, 144, 16, 73728),
            ("/c3/Conv", "conv", 32, 288, 16, 147456),
            ("/f1/Gemm", "linear", 64, 128, 1, 8192),
            ("/f2/Gemm", "linear", 10, 64, 1, 640),
        ]
    );
}

/// 20 convolutions and a linear layer with the published number of weights and products.
#[test]
fn layers_of_resnet18() {
    let o = run(&["layers", &data(RESNET), "--json", "-"]);
    let v: Value = serde_json::from_slice(&o.stdout).unwrap();
    let layers = v["layers"].as_array().unwrap();
    assert_eq!(layers.len(), 21);
    let sum = |key: &str| layers.iter().map(|l| l[key].as_u64().unwrap()).sum::<u64>();
    assert_eq!((sum("weights"), sum("macs")), (11_678_912, 1_814_073_344));
}

#[test]
fn check_places_every_node() {
    let o = run(&["check", &data(DIGITS)]);
    assert_eq!(o.status.code(), Some(0), "{}", stderr(&o));
    insta::assert_snapshot!("check", stdout(&o));
    let o = run(&["check", &data(RESNET), "--json", "-"]);
    assert_eq!(o.status.code(), Some(0), "{}", stderr(&o));
    let v: Value = serde_json::from_slice(&o.stdout).unwrap();
    let placed = |operator: &str, placement: &str| {
        let nodes = v["nodes"].as_array().unwrap().iter();
        nodes.filter(|n| n["operator"] == operator && n["placement"] == placement).count()
    };
    // Every convolution and linear layer on crossbars, every addition on the digital units; 2 nodes on the host: the borders.
    assert_eq!((placed("Conv", "cim"), placed("Gemm", "cim"), placed("Add", "alu")), (20, 1, 8));
    assert_eq!((placed("QuantizeLinear", "host"), placed("DequantizeLinear", "host")), (1, 1));
    assert_eq!(v["refused"], 0);
}

#[test]
fn refusals_name_node_operator_reason_and_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let model = ModelBuilder::new(17)
        .input("x", &[1, 1, 4, 4])
        .node("Relu", &["x"], "r", vec![])
        .node("Unique", &["r"], "s", vec![])
        .node("Relu", &["s"], "y", vec![])
        .output("y")
        .build();
    std::fs::write(folder.path().join("m.onnx"), &model).unwrap();
    let o = run_in(folder.path(), &["check", "m.onnx", "--json", "c.json"]);
    assert_eq!(o.status.code(), Some(1));
    let text = stdout(&o);
    assert!(text.contains("operator Unique\n  reason: is not supported\n  remedy: "), "{text}");
    let v: Value = serde_json::from_slice(&std::fs::read(folder.path().join("c.json")).unwrap()).unwrap();
    let placements: Vec<&str> =
        v["nodes"].as_array().unwrap().iter().map(|n| n["placement"].as_str().unwrap()).collect();
    assert_eq!(placements, ["unknown", "refused", "unknown"]);
    assert_eq!(v["refused"], 1);
    // Quiet leaves the refusals.
    let o = run_in(folder.path(), &["check", "m.onnx", "-q"]);
    assert!(stdout(&o).trim_start().starts_with("refused: node "), "{}", stdout(&o));
}

#[test]
fn what_is_no_model_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let whole = std::fs::read(data(DIGITS)).unwrap();
    for (name, bytes) in [("empty.onnx", &[][..]), ("text.onnx", b"hello"), ("cut.onnx", &whole[..whole.len() / 2])] {
        std::fs::write(folder.path().join(name), bytes).unwrap();
        for command in ["check", "layers"] {
            let o = run_in(folder.path(), &[command, name]);
            assert_eq!(o.status.code(), Some(1), "{command} {name}");
            assert!(stderr(&o).starts_with("error: "), "{command} {name}: {}", stderr(&o));
            assert_eq!(stdout(&o), "", "{command} {name}");
        }
    }
    let o = run_in(folder.path(), &["layers", "none.onnx"]);
    assert_eq!(o.status.code(), Some(1));
    assert!(stderr(&o).contains("none.onnx"), "{}", stderr(&o));
}

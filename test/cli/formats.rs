//! The quantised formats, from the model file to a bit-exact run in every mode, compared with recorded outputs.

use serde_json::Value;

use crate::{data, run, stderr};

/// A network with what its outputs were recorded with.
struct Sample {
    name: &'static str,
    /// Of 450 images.
    correct: f64,
    /// Images with recorded outputs.
    recorded: usize,
    /// Largest difference of an output: floats of the last layer, and half-way steps where noted.
    atol: &'static str,
}

const SAMPLES: [Sample; 6] = [
    Sample { name: "digits_cnn_mixed_2to8.qonnx", correct: 444.0, recorded: 64, atol: "1e-5" },
    Sample { name: "digits_cnn_w8a8.qonnx", correct: 443.0, recorded: 64, atol: "1e-5" },
    // Some half-way activations are one step apart.
    Sample { name: "digits_cnn_w8a8.qcdq", correct: 443.0, recorded: 450, atol: "0.02" },
    Sample { name: "digits_bnn", correct: 431.0, recorded: 450, atol: "1e-4" },
    Sample { name: "digits_tnn", correct: 431.0, recorded: 450, atol: "1e-4" },
    Sample { name: "digits_brevitas_bnn.qonnx", correct: 418.0, recorded: 64, atol: "1e-5" },
];

/// `cim run` on the digits with more arguments; the report.
fn report(sample: &Sample, mode: &str, more: &[&str]) -> Value {
    let (model, images) = (data(&format!("models/{}.onnx", sample.name)), data("models/digits_test_x.npy"));
    let mut all = vec!["run", &model, "--machine", "isaac-baseline", "--mode", mode, "--input", &images, "--json", "-"];
    all.extend(more);
    let o = run(&all);
    assert_eq!(o.status.code(), Some(0), "{} {mode}: {}", sample.name, stderr(&o));
    serde_json::from_slice(&o.stdout).unwrap()
}

fn reproduces(mode: &str) {
    let labels = data("models/digits_test_y.npy");
    for s in &SAMPLES {
        let r = report(s, mode, &["--verify", "--labels", &labels]);
        assert_eq!((&r["inferences"], &r["verification"]["mismatches"]), (&450.into(), &0.into()), "{} {mode}", s.name);
        // All four layers with weights of the smallest network, at least.
        assert!(r["verification"]["layers_checked"].as_u64().unwrap() >= 4, "{} {mode}", s.name);
        let accuracy = r["accuracy"].as_f64().unwrap();
        assert!((accuracy - s.correct / 450.0).abs() < 1e-9, "{} {mode}: {accuracy}", s.name);
        let (expected, count) = (data(&format!("models/{}.output.npy", s.name)), s.recorded.to_string());
        report(s, mode, &["--count", &count, "--expect", &expected, "--atol", s.atol]);
    }
}

#[test]
fn formats_in_core_mode() {
    reproduces("cm");
}

#[test]
fn formats_in_crossbar_mode() {
    reproduces("xbm");
}

#[test]
fn formats_in_wordline_mode() {
    reproduces("wlm");
}

/// Every layer with weights of every sample is on crossbars, with the bits its weights need.
#[test]
fn no_layer_with_weights_is_left_to_the_host() {
    let bits = |name: &str| -> Vec<(String, u64)> {
        let o = run(&[
            "run",
            &data(&format!("models/{name}.onnx")),
            "--machine",
            "isaac-baseline",
            "--input",
            &data("models/digits_test_x.npy"),
            "--count",
            "1",
            "--json",
            "-",
        ]);
        assert_eq!(o.status.code(), Some(0), "{name}: {}", stderr(&o));
        let r: Value = serde_json::from_slice(&o.stdout).unwrap();
        let layers = r["layers"].as_array().unwrap().iter();
        let layers = layers.filter(|l| l["kind"] == "conv" || l["kind"] == "linear");
        layers.map(|l| (l["placement"].as_str().unwrap().to_string(), l["weight_bits"].as_u64().unwrap())).collect()
    };
    let cim = |bits: &[u64]| bits.iter().map(|b| ("cim".to_string(), *b)).collect::<Vec<_>>();
    assert_eq!(bits("digits_cnn_mixed_2to8.qonnx"), cim(&[8, 2, 3, 4, 6]));
    for name in ["digits_bnn", "digits_tnn"] {
        assert_eq!(bits(name), cim(&[2; 5]), "{name}");
    }
    assert_eq!(bits("digits_brevitas_bnn.qonnx"), cim(&[2; 4]));
}

/// MobileNetV2 in QOperator form, whose file is too large for the repository: with CIM_MODELS naming a folder that has it. Outputs are within one
/// step (0.0011) of ONNX Runtime's.
#[test]
#[ignore = "needs CIM_MODELS=folder with mobilenet_v2_int8_qop.onnx, its .output.npy and imagenet_like_input_2x3x224x224.npy"]
fn mobilenet_in_qoperator_form() {
    let folder = std::env::var("CIM_MODELS").expect("CIM_MODELS names a folder of models");
    let file = |name: &str| format!("{folder}/{name}");
    for mode in ["cm", "xbm", "wlm"] {
        let (model, input) = (file("mobilenet_v2_int8_qop.onnx"), file("imagenet_like_input_2x3x224x224.npy"));
        let expected = file("mobilenet_v2_int8_qop.output.npy");
        let o = run(&[
            "run",
            &model,
            "--machine",
            "isaac-baseline",
            "--mode",
            mode,
            "--input",
            &input,
            "--verify",
            "--expect",
            &expected,
            "--atol",
            "0.0011",
            "--json",
            "-",
        ]);
        assert_eq!(o.status.code(), Some(0), "{mode}: {}", stderr(&o));
        let r: Value = serde_json::from_slice(&o.stdout).unwrap();
        assert_eq!(r["verification"]["mismatches"], 0, "{mode}");
        // Block-diagonal: a dense mapping of the depthwise layers would take thousands more.
        assert!(r["totals"]["crossbars_used"].as_u64().unwrap() < 2000, "{mode}");
    }
}

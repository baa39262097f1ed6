#!/usr/bin/env bash
# The main job: a real network of handwritten digits, compiled for isaac-baseline and run on all 450 test images in each mode,
# every layer compared with the integer reference, the outputs with those recorded from ONNX Runtime.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo build --release --quiet
data=test/data/models
for mode in cm xbm wlm; do
    echo "== isaac-baseline, $mode"
    target/release/cim run "$data/digits_cnn_mixed_2to8.qcdq.onnx" --machine isaac-baseline --mode "$mode" \
        --input "$data/digits_test_x.npy" --labels "$data/digits_test_y.npy" \
        --expect "$data/digits_cnn_mixed_2to8.qcdq.output.npy" --atol 0.7 --verify
done

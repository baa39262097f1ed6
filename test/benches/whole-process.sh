#!/usr/bin/env bash
# Whole-process figures: user seconds, wall seconds and peak memory of the binaries, medians of five runs; mlir-opt beside cim-opt in turn
# where it is installed. Needs GNU time (Debian package `time`).
# Usage: test/benches/whole-process.sh
set -euo pipefail
cd "$(dirname "$0")/../.."
cargo build --release --quiet
cargo build --release --quiet -p cim-test --bin ir_gen
bin=target/release
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# measure LABEL COMMAND...: one line with the medians.
measure() {
    local label=$1 i
    shift
    for i in 1 2 3 4 5; do
        /usr/bin/time -f "%U %e %M" -o "$work/times" -a "$@" >/dev/null 2>"$work/errors" || { cat "$work/errors"; exit 1; }
    done
    median() { cut -d' ' -f"$1" "$work/times" | sort -n | sed -n 3p; }
    printf '%-44s %8s s user %8s s wall %9s KB\n' "$label" "$(median 1)" "$(median 2)" "$(median 3)"
    rm "$work/times"
}

printf 'module {\n}\n' >"$work/empty.mlir"
generic="--allow-unregistered-dialect --mlir-print-op-generic --mlir-disable-threading"
mlir_opt=$(command -v mlir-opt-22 || command -v /usr/lib/llvm-22/bin/mlir-opt || true)
measure "cim-opt, empty module" $bin/cim-opt "$work/empty.mlir"
for size in 1 10 100; do
    $bin/ir_gen $size >"$work/in.mlir" 2>/dev/null
    measure "cim-opt, $size MB generic" $bin/cim-opt $generic "$work/in.mlir" -o /dev/null
    [ -z "$mlir_opt" ] || measure "mlir-opt, $size MB generic" "$mlir_opt" $generic "$work/in.mlir" -o /dev/null
done

models=test/data/models
measure "cim compile, ResNet-18 XBM" $bin/cim compile --threads 1 $models/resnet18_int8_qdq.onnx --machine isaac-baseline --mode xbm -o "$work/r18.cim"
measure "cim run, ResNet-18 XBM, one image" $bin/cim run --threads 1 "$work/r18.cim" --input $models/resnet18_int8_qdq.input.npy
for mode in cm xbm wlm; do
    $bin/cim compile $models/digits_cnn_mixed_2to8.qcdq.onnx --machine isaac-baseline --mode $mode -o "$work/digits.cim"
    measure "cim run, digits $mode, 450 images, bit-sliced" $bin/cim run --threads 1 --engine bit-sliced "$work/digits.cim" --input $models/digits_test_x.npy
done

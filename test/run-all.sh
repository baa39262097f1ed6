#!/usr/bin/env bash
# All tests: formatting, lints, unit, property, conformance and end-to-end tests, then the lit tests.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo fmt --all -- --check
cargo clippy --workspace --all-targets --quiet -- -D warnings
# Property tests draw the same cases in every run of this script; `cargo test` alone draws new ones.
PROPTEST_RNG_SEED=1 cargo test --workspace --quiet
cargo build --release --quiet
exec lit-tests/run.sh

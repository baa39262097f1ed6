#!/usr/bin/env bash
# All tests: formatting, lints, unit, property, conformance and end-to-end tests, then the lit tests.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo fmt --all -- --check
cargo clippy --workspace --all-targets --release --quiet -- -D warnings
cargo build --release --quiet
cargo test --workspace --release
exec lit-tests/run.sh

#!/usr/bin/env bash
# Runs the lit tests; installs LLVM's lit and FileCheck where they are missing (Debian, as root).
# Usage: lit-tests/run.sh [lit arguments]   CIM_BIN_DIR=folder of the binaries (default target/release)
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)

find_tool() {
    local name
    for name in "$@"; do
        if command -v "$name" >/dev/null 2>&1; then command -v "$name"; return 0; fi
    done
    return 1
}
have_tools() { find_tool lit lit-22 /usr/lib/llvm-22/bin/lit >/dev/null && find_tool FileCheck FileCheck-22 /usr/lib/llvm-22/bin/FileCheck /usr/lib/llvm-14/bin/FileCheck >/dev/null; }

if ! have_tools && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    apt-get update -qq && apt-get install -y -qq --no-install-recommends llvm-22-tools >/dev/null
fi
if ! have_tools; then
    echo "lit-tests: LLVM's lit and FileCheck are needed: apt-get install llvm-22-tools" >&2
    exit 1
fi
lit=$(find_tool lit lit-22 /usr/lib/llvm-22/bin/lit)
# Without standard input a test that forgot its file fails instead of waiting.
exec "$lit" -v "$@" "$root/lit-tests" </dev/null

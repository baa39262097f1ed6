#!/usr/bin/env bash
# usage: test/onnx-backend.sh [ARGUMENTS]
# Runs the backend tests of the `onnx` Python package, version 1.19.1, and writes docs/onnx-backend.md. The package is taken from ONNX_BACKEND_DATA (a folder
# `onnx/backend/test/data`), from an installed copy of this version, or fetched from PyPI. ARGUMENTS go to the runner: --direct, --only TEXT, --verbose.
set -euo pipefail
version=1.19.1
top=$(cd "$(dirname "$0")/.." && pwd)
data=${ONNX_BACKEND_DATA:-}
if [ -z "$data" ] && command -v python3 >/dev/null; then
  data=$(python3 - "$version" 2>/dev/null <<'PY' || true
import sys, os, onnx
if onnx.__version__ == sys.argv[1]:
    print(os.path.join(os.path.dirname(onnx.__file__), "backend", "test", "data"))
PY
)
fi
if [ ! -d "$data/node" ]; then
  cache=${XDG_CACHE_HOME:-$HOME/.cache}/cim/onnx-$version
  if [ ! -d "$cache/onnx/backend/test/data/node" ]; then
    mkdir -p "$cache"
    # Any wheel will do: the data is the same in all.
    python3 -m pip download --quiet --no-deps --only-binary :all: --dest "$cache" "onnx==$version"
    python3 -m zipfile -e "$cache"/onnx-"$version"-*.whl "$cache"
  fi
  data=$cache/onnx/backend/test/data
fi
page=()
case " $* " in *" --only "* | *" --direct "*) ;; *) page=(--markdown "$top/docs/onnx-backend.md") ;; esac
cd "$top"
exec cargo run --release --quiet -p cim-test --bin onnx_backend -- "$data" "${page[@]}" "$@"

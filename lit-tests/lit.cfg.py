"""lit configuration: every test runs the binaries that the surrounding cargo build made."""

import os
import shutil
import sys

import lit.formats

config.name = "cim"
config.test_format = lit.formats.ShTest()
config.suffixes = [".mlir", ".test"]
config.excludes = ["Inputs"]

root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
config.test_source_root = os.path.join(root, "lit-tests")
target_dir = os.environ.get("CARGO_TARGET_DIR", os.path.join(root, "target"))
bin_dir = os.environ.get("CIM_BIN_DIR", os.path.join(target_dir, "release"))
config.test_exec_root = os.environ.get("CIM_LIT_OUT", os.path.join(target_dir, "lit"))

# Without the binaries every negative test would pass.
missing = [b for b in ("cim-opt", "cim-translate", "cim") if not os.access(os.path.join(bin_dir, b), os.X_OK)]
if missing:
    lit_config.fatal("%s: no %s; build first: cargo build --release" % (bin_dir, ", ".join(missing)))

path = [bin_dir]
# Debian keeps the unversioned names of LLVM's test tools in a folder of their own.
path += [p for p in ("/usr/lib/llvm-22/bin", "/usr/lib/llvm-14/bin") if os.path.isdir(p)]
config.environment["PATH"] = os.pathsep.join(path + [os.environ.get("PATH", "")])
config.substitutions.append(("%models", os.path.join(root, "test", "data", "models")))
config.substitutions.append(("%root", root))
config.substitutions.append(("%python", sys.executable))
config.substitutions.append(("%data", os.path.join(root, "test", "data")))

if shutil.which("FileCheck", path=config.environment["PATH"]):
    config.available_features.add("llvm-filecheck")
if shutil.which("mlir-opt", path=config.environment["PATH"]):
    config.available_features.add("mlir-opt")

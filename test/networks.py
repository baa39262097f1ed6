#!/usr/bin/env python3
"""Compiles the networks of the papers at full size, runs one image and compares every layer with the integer reference.

    test/networks.py [--bin DIR] [--machine M] [--modes xbm,wlm] [--form qdq] [--fill FOLDER] [NAME ...]

Needs `cargo build --release` of the tools `cim`, `model-gen` and `model-fill`, and nothing else; with NumPy and ONNX Runtime
installed the outputs are compared with it, too. A network that is refused prints the reason. --fill FOLDER: the
*.noweights.onnx of it, filled with seeded weights. Columns: crossbars, layers and elements compared, mismatches, seconds and
peak memory of the compiler, seconds of the run with comparison, largest difference of an output from ONNX Runtime relative
to the largest output (in brackets the difference that its own optimisations make). Exit status 1 when a network that compiles does not run or has mismatches (and, with --all-must-run,
when one is refused).
"""
import argparse, json, os, pathlib, subprocess, sys, tempfile, time

NAMES = ["lenet", "vgg7", "vgg11", "vgg16", "alexnet", "resnet18", "resnet34", "resnet50", "resnet101", "mobilenetv2",
         "vit-xs", "vit-s", "vit-b-32", "vit-b-16"]


def measured(arguments):
    """Runs a program; gives (exit status, standard error, seconds, peak megabytes)."""
    start = time.time()
    child = subprocess.Popen([str(a) for a in arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    errors = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    return child.returncode, errors, time.time() - start, usage.ru_maxrss / 1024


# In a process of its own: what this one holds would count as memory of the programs it starts.
COMPARE = """
import sys
try:
    import numpy as np
    import onnxruntime as ort
except ImportError:
    print('-')
    sys.exit()
model, inputs, output = sys.argv[1:]
def run(level):
    options = ort.SessionOptions()
    options.graph_optimization_level = level
    options.log_severity_level = 3
    session = ort.InferenceSession(model, options, providers=['CPUExecutionProvider'])
    return session.run(None, {session.get_inputs()[0].name: np.load(inputs)})[0]
plain = run(ort.GraphOptimizationLevel.ORT_DISABLE_ALL)
fast = run(ort.GraphOptimizationLevel.ORT_ENABLE_ALL)
relative = lambda y: 100 * float(abs(plain - y).max() / abs(plain).max())
print(f'{relative(np.load(output)):.2f}% ({relative(fast):.2f}%)')
"""


def difference(*files):
    """Largest difference from ONNX Runtime relative to the largest output, and what its optimisations change."""
    done = subprocess.run([sys.executable, "-c", COMPARE, *map(str, files)], capture_output=True, text=True)
    return done.stdout.strip() or "ONNX Runtime failed"


def main():
    here = pathlib.Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="networks; all when none is given")
    parser.add_argument("--bin", type=pathlib.Path, default=here.parent / "target/release", help="folder of the tools")
    parser.add_argument("--machine", default="isaac-baseline")
    parser.add_argument("--modes", default="xbm,wlm")
    parser.add_argument("--form", default="qdq")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--fill", type=pathlib.Path, help="folder of *.noweights.onnx")
    parser.add_argument("--calibrate", action="store_true", help="give the input to the compiler as calibration set (float networks)")
    parser.add_argument("--all-must-run", action="store_true")
    args = parser.parse_args()
    sources = [(n, None) for n in args.names or ([] if args.fill else NAMES)]
    if args.fill:
        sources += [(p.name.removesuffix(".noweights.onnx"), p) for p in sorted(args.fill.glob("*.noweights.onnx"))]
    wrong = 0
    head = f"{'network':22} {'mode':4} {'crossbars':>9} {'layers':>6} {'elements':>9} {'mismatches':>10} {'compile':>8} {'memory':>8} {'run':>8}  vs ONNX Runtime"
    print(head, flush=True)
    for name, source in sources:
        with tempfile.TemporaryDirectory() as folder:
            part = lambda file: pathlib.Path(folder, file)
            model, inputs, program, output = part("model.onnx"), part("input.npy"), part("program.cim"), part("output.npy")
            make = ["model-fill", source] if source else ["model-gen", name, "--form", args.form]
            tool = [args.bin / make[0], *make[1:], "--seed", args.seed, "-o", model, "--input", inputs]
            subprocess.run(tool, check=True, stdout=subprocess.DEVNULL)
            for mode in args.modes.split(","):
                start = f"{name:22} {mode:4}"
                calibrate = ["--calibrate", inputs] if args.calibrate else []
                options = ["--machine", args.machine, "--mode", mode, "-o", program, "--json", part("c.json"), *calibrate]
                status, errors, compile_s, memory = measured([args.bin / "cim", "compile", model, *options])
                if status != 0:
                    lines = errors.strip().splitlines()
                    more = f" (and {len(lines) - 1} more lines)" if len(lines) > 1 else ""
                    print(f"{start} refused: {lines[0] if lines else status}{more}", flush=True)
                    wrong += args.all_must_run
                    continue
                totals = json.loads(part("c.json").read_text())["totals"]
                run = ["run", program, "--input", inputs, "--verify", "--json", part("r.json"), "-o", output]
                status, errors, run_s, _ = measured([args.bin / "cim", *run])
                if not part("r.json").exists():
                    print(f"{start} {totals['crossbars_used']:9} failed: {errors.strip()}", flush=True)
                    wrong += 1
                    continue
                v = json.loads(part("r.json").read_text())["verification"]
                against = difference(model, inputs, output) if output.exists() else "-"
                print(f"{start} {totals['crossbars_used']:9} {v['layers_checked']:6} {v['elements']:9} {v['mismatches']:10} "
                      f"{compile_s:7.2f}s {memory:6.0f}MB {run_s:7.2f}s  {against}", flush=True)
                wrong += status != 0 or v["mismatches"] != 0
                part("r.json").unlink()
                output.unlink(missing_ok=True)
    return wrong > 0


if __name__ == "__main__":
    sys.exit(main())

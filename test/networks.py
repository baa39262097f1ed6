#!/usr/bin/env python3
"""Compiles the networks of the papers at full size, runs one image and compares every layer with the integer reference.

    test/networks.py [--bin DIR] [--machine M] [--form float|qdq|qdq-attention] [--fill FOLDER] [--page FILE.md] [NAME ...]

Needs `cargo build --release` of the tools `cim`, `cim-translate`, `model-gen` and `model-fill`, and nothing else; with NumPy and
ONNX Runtime installed the outputs are compared with it, too. A network that is refused prints the reason. Float networks (and
those of --fill) are quantised with the image itself as calibration set. --fill FOLDER: also the *.noweights.onnx of it, filled
with seeded weights. --page FILE: everything (float, qdq, qdq-attention of the transformers) as a page.

Columns: crossbars, segments (how often the chip is programmed), elements compared, mismatches, processor seconds and peak memory
of the compiler on one thread (for float networks with the calibration), size of the model file, size of the program without
weights, processor seconds of a run on one thread (loading, programming the crossbars, one image), and without --page the largest
difference of an output from ONNX Runtime relative to the largest output (in brackets the difference that its own optimisations
make). Exit status 1 when a network that compiles does not run or has
mismatches (and, with --all-must-run, when one is refused).
"""
import argparse, json, os, pathlib, subprocess, sys, tempfile

NAMES = ["lenet", "resnet18", "resnet34", "resnet50", "resnet101", "mobilenetv2", "vit-xs", "vit-s", "vit-b-32", "vit-b-16",
         "alexnet", "vgg7", "vgg11", "vgg16"]
# (heading, width, what it shows)
COLUMNS = [("network", 22, "network"), ("form", 13, "form"), ("mode", 4, "mode"), ("crossbars", 9, "crossbars"),
           ("segments", 8, "segments"), ("elements", 9, "elements"), ("mismatches", 10, "mismatches"),
           ("compile s", 9, "compile"), ("peak MB", 8, "memory"), ("model MB", 8, "weights"),
           ("program kB", 10, "bytecode"), ("run s", 7, "run"), ("vs ONNX Runtime", 15, "against")]


def measured(arguments):
    """Runs a program; gives (exit status, standard error, processor seconds, peak megabytes)."""
    child = subprocess.Popen([str(a) for a in arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    errors = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    return child.returncode, errors, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024 / 1e6


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


def network(args, name, form, source):
    """A row of the table for each mode, or (row, reason) for what is refused or fails."""
    with tempfile.TemporaryDirectory() as folder:
        part = lambda file: pathlib.Path(folder, file)
        model, inputs, program, output = part("model.onnx"), part("input.npy"), part("program.cim"), part("output.npy")
        make = ["model-fill", source] if source else ["model-gen", name, "--form", form]
        tool = [args.bin / make[0], *make[1:], "--seed", args.seed, "-o", model, "--input", inputs]
        subprocess.run(tool, check=True, stdout=subprocess.DEVNULL)
        for mode in args.modes.split(","):
            row = {"network": name, "form": form, "mode": mode, "weights": f"{model.stat().st_size / 1e6:.1f}"}
            calibrate = ["--calibrate", inputs] if form == "float" else []
            # Exporters leave the batch open.
            batch = ["--batch", "1"] if source else []
            options = ["--machine", args.machine, "--mode", mode, "--threads", "1", *batch, *calibrate]
            compiling = ["compile", model, *options, "-o", program, "--json", part("c.json")]
            status, errors, compile_s, memory = measured([args.bin / "cim", *compiling])
            if status != 0:
                lines = errors.strip().splitlines()
                more = f" (and {len(lines) - 1} more lines)" if len(lines) > 1 else ""
                yield row, f"refused: {lines[0] if lines else status}{more}"
                continue
            compiled = json.loads(part("c.json").read_text())
            stats = [args.bin / "cim-translate", "--metaop-stats", program, "--json", "-"]
            sizes = json.loads(subprocess.run(stats, check=True, capture_output=True, text=True).stdout)
            row |= {"crossbars": compiled["totals"]["crossbars_used"], "segments": compiled["totals"]["segments"],
                    "compile": f"{compile_s:.2f}", "memory": f"{memory:.0f}",
                    "bytecode": f"{sizes['bytes_without_constants'] / 1e3:.0f}"}
            part("r.json").unlink(missing_ok=True)
            run = [args.bin / "cim", "run", program, "--input", inputs, "--threads", "1"]
            run_s = measured(run)[2]
            status, errors, *_ = measured([*run, "--verify", "--json", part("r.json"), "-o", output])
            if status != 0 or not part("r.json").exists():
                yield row, f"failed: {errors.strip()}"
                continue
            v = json.loads(part("r.json").read_text())["verification"]
            row |= {"elements": v["elements"], "mismatches": v["mismatches"], "run": f"{run_s:.2f}",
                    "against": "-" if args.page else difference(model, inputs, output)}
            yield row, None


def main():
    here = pathlib.Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="networks; all when none is given")
    parser.add_argument("--bin", type=pathlib.Path, default=here.parent / "target/release", help="folder of the tools")
    parser.add_argument("--machine", default="isaac-baseline")
    parser.add_argument("--modes", default="xbm,wlm")
    parser.add_argument("--form", default="qdq", choices=["float", "qdq", "qdq-attention"])
    parser.add_argument("--seed", default="1")
    parser.add_argument("--fill", type=pathlib.Path, help="folder of *.noweights.onnx")
    parser.add_argument("--page", type=pathlib.Path, help="write every form of every network as a page")
    parser.add_argument("--all-must-run", action="store_true")
    args = parser.parse_args()
    forms = ["float", "qdq", "qdq-attention"] if args.page else [args.form]
    names = args.names or ([] if args.fill and not args.page else NAMES)
    sources = [(n, f, None) for n in names for f in forms if f != "qdq-attention" or n.startswith("vit") or not args.page]
    if args.fill:
        files = sorted(args.fill.glob("*.noweights.onnx"))
        sources += [(p.name.removesuffix(".noweights.onnx"), "float", p) for p in files]
    wrong, rows, reasons = 0, [], []
    print("  ".join(f"{head:>{width}}" for head, width, _ in COLUMNS), flush=True)
    for source in sources:
        for row, reason in network(args, source[0], source[1], source[2]):
            rows.append(row)
            print("  ".join(f"{row.get(key, '-'):>{width}}" for _, width, key in COLUMNS), reason or "", flush=True)
            if reason:
                reasons.append(f"- {row['network']}, {row['form']}, {row['mode']}: {reason}")
                wrong += args.all_must_run or reason.startswith("failed")
            wrong += row.get("mismatches", 0) != 0
            if args.page:
                # After every row: a long run that is stopped leaves what it measured.
                args.page.write_text(page(args, rows, reasons))
    return wrong > 0


def page(args, rows, reasons):
    """The rows as Markdown."""
    cpu = pathlib.Path("/proc/cpuinfo").read_text() if pathlib.Path("/proc/cpuinfo").exists() else ""
    simd = "AVX2" if "avx2" in cpu else "no AVX2"
    columns = [(h, k) for h, _, k in COLUMNS if any(r.get(k, "-") != "-" for r in rows)]
    table = [f"| {' | '.join(h for h, _ in columns)} |", f"|{' --- |' * len(columns)}"]
    table += [f"| {' | '.join(str(r.get(k, '-')) for _, k in columns)} |" for r in rows]
    about = __doc__.split("Columns: ")[1].split(", and without --page")[0].replace("\n", " ").strip() + "."
    return "\n".join([
        "# Networks", "",
        f"Every network, compiled for `{args.machine}`, one image run, every element of every layer compared with the integer reference.",
        "Written by `test/networks.py --page docs/networks.md --fill FOLDER`; weights and image are seeded.",
        f"Measured with one thread on a machine with {os.cpu_count()} cores and {simd}.", "",
        f"Columns: {about}", "", *table, "",
        *(["What did not run:", "", *reasons, ""] if reasons else [])])


if __name__ == "__main__":
    sys.exit(main())

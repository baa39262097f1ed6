#!/usr/bin/env python3
"""Builds the networks of model-gen and checks them with the onnx package and ONNX Runtime.

    test/model-gen-check.py [--bin DIR] [--fill FOLDER] [NAME ...]

For each network and form: onnx.checker passes, ONNX Runtime runs it on the seeded input, the output is finite and not
constant, and the float form holds the published number of parameters. For quantised forms also the largest share of
elements of one tensor that sit at the upper end of the range. --fill FOLDER: the same for each *.noweights.onnx in it,
filled by model-fill. Exit status 1 when anything is wrong.
"""
import argparse, pathlib, subprocess, sys, tempfile, time

import numpy as np
import onnx
import onnxruntime as ort

# What torchvision publishes; the others follow from their descriptions.
PARAMETERS = {
    "lenet": 61_706, "vgg7": 12_978_058, "vgg11": 132_863_336, "vgg16": 138_357_544, "alexnet": 61_100_840,
    "resnet18": 11_689_512, "resnet34": 21_797_672, "resnet50": 25_557_032, "resnet101": 44_549_160,
    "mobilenetv2": 3_504_872, "vit-xs": 1_239_400, "vit-s": 2_613_480, "vit-b-32": 88_224_232, "vit-b-16": 86_567_656,
}
NOT_TRAINED = ("running_mean", "running_var", ".lo", ".hi", ".shape", ".factor", ".root", ".one", ".half", ".scale", ".zero")


def parameters(model):
    """Elements of the float initialisers that training would change, counted from the file alone."""
    floats = (t for t in model.graph.initializer if t.data_type == onnx.TensorProto.FLOAT)
    return sum(int(np.prod(t.dims)) for t in floats if not t.name.endswith(NOT_TRAINED))


def check(path, inputs, quantised):
    """Runs the model; gives (number of parameters, deviation of the output, worst saturation, seconds, error or None)."""
    onnx.checker.check_model(str(path))
    model = onnx.load(path, load_external_data=False)
    # Quantised tensors that are activations become outputs, so that saturation can be seen.
    watched = [n.output[0] for n in model.graph.node if n.op_type == "QuantizeLinear"] if quantised else []
    probe = path
    if watched:
        for name in watched:
            model.graph.output.append(onnx.helper.make_empty_tensor_value_info(name))
        probe = path.with_suffix(".probe.onnx")
        probe.write_bytes(model.SerializeToString())
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 3
    session = ort.InferenceSession(str(probe), options, providers=["CPUExecutionProvider"])
    start = time.time()
    output, *grids = session.run([session.get_outputs()[0].name, *watched], {session.get_inputs()[0].name: inputs})
    seconds = time.time() - start
    worst = max((float((g == np.iinfo(g.dtype).max).mean()) for g in grids), default=0.0)
    error = None
    if not np.isfinite(output).all():
        error = "output is not finite"
    elif output.std() < 1e-6 * max(1.0, float(abs(output).max())):
        error = "output is constant"
    elif worst > 0.2:
        error = f"{100 * worst:.0f} % of a tensor are saturated"
    elif any(int(g.max()) - int(g.min()) < 32 for g in grids):
        error = "a tensor uses fewer than 32 of its levels"
    return parameters(model), float(output.std()), worst, seconds, error


def main():
    here = pathlib.Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="networks; all when none is given")
    parser.add_argument("--bin", type=pathlib.Path, default=here.parent / "target/release", help="folder of the tools")
    parser.add_argument("--fill", type=pathlib.Path, help="folder of *.noweights.onnx")
    args = parser.parse_args()
    wrong = 0
    print(f"{'network':32} {'form':14} {'parameters':>12} {'output std':>10} {'saturated':>9} {'seconds':>8}  result")

    def report(name, form, expected, path, inputs):
        nonlocal wrong
        count, deviation, worst, seconds, error = check(path, np.load(inputs), form.startswith("qdq"))
        if error is None and expected is not None and count != expected:
            error = f"{count} parameters, {expected} are published"
        wrong += error is not None
        print(f"{name:32} {form:14} {'' if form.startswith('qdq') else count:>12} {deviation:10.4f} {100 * worst:8.2f}% {seconds:8.2f}  {error or 'ok'}", flush=True)

    def tool(name, *arguments):
        subprocess.run([args.bin / name, *map(str, arguments)], check=True, stdout=subprocess.DEVNULL)

    for name in args.names or ([] if args.fill else PARAMETERS):
        for form in ["float", "qdq"] + (["qdq-attention"] if name.startswith("vit") else []):
            with tempfile.TemporaryDirectory() as folder:
                path, inputs = pathlib.Path(folder, "model.onnx"), pathlib.Path(folder, "input.npy")
                # Large models also show that external data works.
                large = ["--external"] if PARAMETERS[name] > 100e6 else []
                tool("model-gen", name, "--form", form, "-o", path, "--input", inputs, *large)
                report(name, form, PARAMETERS[name] if form == "float" else None, path, inputs)
    for source in sorted(args.fill.glob("*.noweights.onnx")) if args.fill else []:
        with tempfile.TemporaryDirectory() as folder:
            path, inputs = pathlib.Path(folder, "model.onnx"), pathlib.Path(folder, "input.npy")
            tool("model-fill", source, "-o", path, "--input", inputs)
            report(source.name.removesuffix(".noweights.onnx"), "filled", None, path, inputs)
    return wrong > 0


if __name__ == "__main__":
    sys.exit(main())

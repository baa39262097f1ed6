"""Writes onnx-node.json: operator cases of ONNX's own test suite (Apache-2.0) for the host operators.

Needs the Python packages onnx (1.19, the last that ships the cases) and numpy. Run in this folder.
"""
import glob, json, os
import numpy as np
import onnx
from onnx import numpy_helper

OPS = ["Conv", "Gemm", "MatMul", "BatchNormalization", "Relu", "Clip", "Add", "MaxPool", "AveragePool",
       "GlobalAveragePool", "Flatten", "Reshape", "Concat"]
LIMIT = 2600  # elements of a case, so that the file stays small

def tensor(path):
    with open(path, "rb") as f:
        t = onnx.TensorProto(); t.ParseFromString(f.read())
    return numpy_helper.to_array(t)

def encode(a):
    kind = "f32" if a.dtype == np.float32 else "i64"
    return {"shape": list(a.shape), kind: a.astype("<f4" if kind == "f32" else "<i8").tobytes().hex()}

cases = []
root = os.path.join(os.path.dirname(onnx.__file__), "backend/test/data/node")
for folder in sorted(glob.glob(root + "/test_*")):
    model = onnx.load(folder + "/model.onnx")
    if len(model.graph.node) != 1 or model.graph.node[0].op_type not in OPS:
        continue
    node = model.graph.node[0]
    data = folder + "/test_data_set_0/"
    inputs = [tensor(p) for p in sorted(glob.glob(data + "input_*.pb"), key=lambda p: int(p[:-3].rsplit("_", 1)[1]))]
    if not os.path.exists(data + "output_0.pb") or os.path.exists(data + "output_1.pb"):
        continue
    output = tensor(data + "output_0.pb")
    # f32 only; no omitted operands, no attributes that the importer resolves before the host sees them.
    if output.dtype != np.float32 or any(i.dtype not in (np.float32, np.int64) for i in inputs):
        continue
    if "" in list(node.input) or sum(i.size for i in inputs) + output.size > LIMIT:
        continue
    ints, floats, fine = {}, {}, True
    for a in node.attribute:
        v = onnx.helper.get_attribute_value(a)
        if a.type == onnx.AttributeProto.INT: ints[a.name] = [v]
        elif a.type == onnx.AttributeProto.INTS: ints[a.name] = list(v)
        elif a.type == onnx.AttributeProto.FLOAT: floats[a.name] = v
        elif a.type == onnx.AttributeProto.STRING and v == b"NOTSET": pass
        else: fine = False
    if not fine or len(output.shape) > 4 and node.op_type in ("Conv", "MaxPool", "AveragePool"):
        continue
    cases.append({"name": os.path.basename(folder), "op": node.op_type, "ints": ints, "floats": floats,
                  "inputs": [encode(i) for i in inputs], "output": encode(output)})
with open("onnx-node.json", "w") as f:
    f.write("[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]\n")
print(len(cases), "cases", {o: sum(c["op"] == o for c in cases) for o in OPS})

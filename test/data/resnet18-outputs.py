"""Writes the input and the outputs that belong to models/resnet18_int8_qdq.onnx: one image of seeded noise, ONNX Runtime's
result with its graph optimisations off and on.

Needs the Python packages onnxruntime and numpy. Run in this folder; the argument is an (N, 3, 224, 224) array.
"""
import sys

import numpy as np
import onnxruntime as ort

image = np.load(sys.argv[1])[:1]
np.save("models/resnet18_int8_qdq.input.npy", image)
levels = {"": ort.GraphOptimizationLevel.ORT_DISABLE_ALL, ".optimised": ort.GraphOptimizationLevel.ORT_ENABLE_ALL}
outputs = []
for name, level in levels.items():
    options = ort.SessionOptions()
    options.graph_optimization_level = level
    session = ort.InferenceSession("models/resnet18_int8_qdq.onnx", options, providers=["CPUExecutionProvider"])
    (y,) = session.run(None, {session.get_inputs()[0].name: image})
    np.save(f"models/resnet18_int8_qdq{name}.output.npy", y)
    outputs.append(y)
print("spread:", np.abs(outputs[0] - outputs[1]).max(), "largest output:", np.abs(outputs[0]).max())

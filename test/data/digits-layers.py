"""Writes models/digits_cnn_mixed_2to8.qcdq.layers.npz: the integers ONNX Runtime computes between the layers.

Needs the Python packages onnx, onnxruntime and numpy. Run in this folder.
"""
import numpy as np
import onnx
import onnxruntime as ort

NAME = "models/digits_cnn_mixed_2to8.qcdq"
LAYERS = {"input": "/qin/act_quant/export_handler/QuantizeLinear_output_0"}
LAYERS |= {l: f"/{r}/act_quant/export_handler/Clip_output_0" for l, r in zip(["c1", "c2", "c3", "f1"], ["r1", "r2", "r3", "r4"])}

model = onnx.load(NAME + ".onnx")
for tensor in LAYERS.values():
    model.graph.output.append(onnx.helper.make_tensor_value_info(tensor, onnx.TensorProto.UINT8, None))
options = ort.SessionOptions()
options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
session = ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
output, *layers = session.run(None, {model.graph.input[0].name: np.load("models/digits_test_x.npy")})
recorded = np.load(NAME + ".output.npy")
print("largest difference to the recorded output:", np.abs(output - recorded).max())
np.savez_compressed(NAME + ".layers.npz", **dict(zip(LAYERS, layers)))

// Two images at once are no work for the chip; the weights that the model stores as integers are floats for the host.
// RUN: cim compile %s --machine puma --emit xbar -o - | FileCheck %s
// CHECK: cim.xbar.host_constant("w") {value = dense<1.000000e+00> : tensor<1x1x3x3xf32>}
// CHECK: cim.xbar.host "y" "Conv" version 17
// CHECK-NOT: host_dequantize
func.func @network(%x: tensor<2x1x3x3xf32>) -> tensor<2x1x1x1xf32> {
  %w = cim.graph.constant dense<3> : tensor<1x1x3x3xsi8> {name = "w"}
  %d = cim.graph.dequantize %w scale dense<0.5> : tensor<1xf32> zero_point [1] {axis = 0 : i64} : (tensor<1x1x3x3xsi8>) -> tensor<1x1x3x3xf32>
  %y = cim.graph.conv2d %x, %d strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] {name = "y"} : (tensor<2x1x3x3xf32>, tensor<1x1x3x3xf32>) -> tensor<2x1x1x1xf32>
  return %y : tensor<2x1x1x1xf32>
}

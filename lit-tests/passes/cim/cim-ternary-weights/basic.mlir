// RUN: cim-opt %s --cim-ternary-weights | FileCheck %s

// One magnitude for each output: 0.5 and 2, the signs are the weights; zeros stay zeros.
// CHECK-LABEL: @factored
// CHECK: %[[Q:.*]] = cim.graph.constant dense<{{\[\[}}1, -1, 0], [-1, -1, 1]]> : tensor<2x3xsi2> {name = "w"}
// CHECK: %[[W:.*]] = cim.graph.dequantize %[[Q]] scale dense<[5.000000e-01, 2.000000e+00]> : tensor<2xf32> zero_point [0, 0] {axis = 0 : i64}
// CHECK: cim.graph.linear %{{.*}}, %[[W]]
func.func @factored(%x: tensor<1x3xui8>) -> tensor<1x2xf32> {
  %d = cim.graph.dequantize %x scale dense<1.0> : tensor<1xf32> zero_point [0] : (tensor<1x3xui8>) -> tensor<1x3xf32>
  %w = cim.graph.constant dense<[[0.5, -0.5, 0.0], [-2.0, -2.0, 2.0]]> : tensor<2x3xf32> {name = "w"}
  %y = cim.graph.linear %d, %w : (tensor<1x3xf32>, tensor<2x3xf32>) -> tensor<1x2xf32>
  return %y : tensor<1x2xf32>
}

// Outputs are the second dimension of transposed weights; one scale where all agree.
// CHECK-LABEL: @transposed
// CHECK: cim.graph.dequantize %{{.*}} scale dense<1.000000e+00> : tensor<1xf32> zero_point [0]
func.func @transposed(%x: tensor<1x2xui8>) -> tensor<1x2xf32> {
  %d = cim.graph.dequantize %x scale dense<1.0> : tensor<1xf32> zero_point [0] : (tensor<1x2xui8>) -> tensor<1x2xf32>
  %w = cim.graph.constant dense<[[1.0, -1.0], [-1.0, 0.0]]> : tensor<2x2xf32>
  %y = cim.graph.linear %d, %w transpose : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  return %y : tensor<1x2xf32>
}

// Two magnitudes, or an input that no integers lead to: nothing happens.
// CHECK-LABEL: @left_alone
// CHECK-NOT: si2
// CHECK: return
func.func @left_alone(%x: tensor<1x2xui8>, %f: tensor<1x2xf32>) -> (tensor<1x1xf32>, tensor<1x1xf32>) {
  %d = cim.graph.dequantize %x scale dense<1.0> : tensor<1xf32> zero_point [0] : (tensor<1x2xui8>) -> tensor<1x2xf32>
  %w = cim.graph.constant dense<[[1.0, 0.75]]> : tensor<1x2xf32>
  %a = cim.graph.linear %d, %w : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x1xf32>
  %v = cim.graph.constant dense<[[1.0, -1.0]]> : tensor<1x2xf32>
  %b = cim.graph.linear %f, %v : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x1xf32>
  return %a, %b : tensor<1x1xf32>, tensor<1x1xf32>
}

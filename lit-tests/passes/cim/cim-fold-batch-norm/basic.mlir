// RUN: cim-opt %s --cim-fold-batch-norm | FileCheck %s

// scale / sqrt(var + epsilon) = 2 and -1; (1 - 3) * 2 + 5 = 1, (2 - 3) * -1 + 5 = 6.
// CHECK-LABEL: @conv
// CHECK: %[[W:.*]] = cim.graph.constant dense<{{\[\[\[\[}}2.000000e+00]]], {{\[\[\[}}-1.000000e+00]]]]> : tensor<2x1x1x1xf32> {name = "w"}
// CHECK: %[[B:.*]] = cim.graph.constant dense<[1.000000e+00, 6.000000e+00]> : tensor<2xf32>
// CHECK: %[[Y:.*]] = cim.graph.conv2d %{{.*}}, %[[W]] bias %[[B]] strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] {name = "c"}
// CHECK-NEXT: return %[[Y]]
func.func @conv(%x: tensor<1x1x4x4xf32>) -> tensor<1x2x4x4xf32> {
  %w = cim.graph.constant dense<1.0> : tensor<2x1x1x1xf32> {name = "w"}
  %b = cim.graph.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %scale = cim.graph.constant dense<[4.0, -2.0]> : tensor<2xf32>
  %bias = cim.graph.constant dense<5.0> : tensor<2xf32>
  %mean = cim.graph.constant dense<3.0> : tensor<2xf32>
  %var = cim.graph.constant dense<3.0> : tensor<2xf32>
  %0 = cim.graph.conv2d %x, %w bias %b strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] {name = "c"} : (tensor<1x1x4x4xf32>, tensor<2x1x1x1xf32>, tensor<2xf32>) -> tensor<1x2x4x4xf32>
  %1 = cim.graph.batch_norm %0 scale %scale bias %bias mean %mean var %var epsilon 1.0 : (tensor<1x2x4x4xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<1x2x4x4xf32>
  return %1 : tensor<1x2x4x4xf32>
}

// Columns are outputs here.
// CHECK-LABEL: @transposed
// CHECK: cim.graph.constant dense<{{\[\[}}2.000000e+00, -1.000000e+00], [2.000000e+00, -1.000000e+00]]> : tensor<2x2xf32>
// CHECK: cim.graph.linear
// CHECK-NOT: batch_norm
func.func @transposed(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %w = cim.graph.constant dense<1.0> : tensor<2x2xf32>
  %scale = cim.graph.constant dense<[4.0, -2.0]> : tensor<2xf32>
  %var = cim.graph.constant dense<3.0> : tensor<2xf32>
  %0 = cim.graph.linear %x, %w transpose : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  %1 = cim.graph.batch_norm %0 scale %scale bias %var mean %var var %var epsilon 1.0 : (tensor<1x2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<1x2xf32>
  return %1 : tensor<1x2xf32>
}

// Integers of the model are never changed.
// CHECK-LABEL: @integer_weights
// CHECK: cim.graph.batch_norm
func.func @integer_weights(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %q = cim.graph.constant dense<1> : tensor<2x2xsi8>
  %w = cim.graph.dequantize %q scale dense<0.5> : tensor<1xf32> zero_point [0] : (tensor<2x2xsi8>) -> tensor<2x2xf32>
  %s = cim.graph.constant dense<[4.0, -2.0]> : tensor<2xf32>
  %0 = cim.graph.linear %x, %w : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  %1 = cim.graph.batch_norm %0 scale %s bias %s mean %s var %s epsilon 9.0 : (tensor<1x2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<1x2xf32>
  return %1 : tensor<1x2xf32>
}

// The sums have another reader.
// CHECK-LABEL: @two_users
// CHECK: cim.graph.batch_norm
func.func @two_users(%x: tensor<1x2xf32>) -> (tensor<1x2xf32>, tensor<1x2xf32>) {
  %w = cim.graph.constant dense<1.0> : tensor<2x2xf32>
  %s = cim.graph.constant dense<[4.0, 2.0]> : tensor<2xf32>
  %0 = cim.graph.linear %x, %w : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  %1 = cim.graph.batch_norm %0 scale %s bias %s mean %s var %s epsilon 1.0 : (tensor<1x2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<1x2xf32>
  return %0, %1 : tensor<1x2xf32>, tensor<1x2xf32>
}

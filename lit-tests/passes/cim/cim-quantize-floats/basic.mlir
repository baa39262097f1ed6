// RUN: cim-opt %s --pass-pipeline='builtin.module(func.func(cim-quantize-floats))' | FileCheck %s
// RUN: cim-opt %s --pass-pipeline='builtin.module(func.func(cim-quantize-floats{affine=true per-channel=false}))' | FileCheck %s --check-prefix=AFFINE
// RUN: cim-opt %s --pass-pipeline='builtin.module(func.func(cim-quantize-floats),cim-quantize-operators)' | FileCheck %s --check-prefix=INT

// Weights become integers with a scale for each output channel; activations get the grid of their range, once for all users.
// CHECK-LABEL: func.func @residual
// CHECK: cim.graph.quantize %arg0 scale dense<{{.*}}> : tensor<1xf32> zero_point [0] lo -128 hi 127 : (tensor<1x2x3x3xf32>) -> tensor<1x2x3x3xsi8>
// CHECK: cim.graph.constant dense<{{.*}}127{{.*}}> : tensor<2x2x1x1xsi8>
// CHECK: cim.graph.dequantize %{{.*}} scale dense<[{{.*}}, {{.*}}]> : tensor<2xf32> zero_point [0, 0] {axis = 0 : i64}
// CHECK: cim.graph.conv2d
// CHECK: cim.graph.relu
// CHECK: cim.graph.quantize %{{.*}} zero_point [0] lo 0 hi 15 : (tensor<1x2x3x3xf32>) -> tensor<1x2x3x3xui4>
// The second layer has weights of 4 bits: cim.bits.
// CHECK: cim.graph.constant dense<{{.*}}7{{.*}}> : tensor<2x2x1x1xsi4>
// CHECK: cim.graph.conv2d
// CHECK: cim.graph.add
// INT-LABEL: func.func @residual
// INT: cim.graph.conv2d {{.*}}tensor<2x2x1x1xsi4>
// INT: cim.graph.add_requantize
// AFFINE-LABEL: func.func @residual
// AFFINE: cim.graph.quantize %arg0 scale dense<{{.*}}> : tensor<1xf32> zero_point [64] lo 0 hi 255 : (tensor<1x2x3x3xf32>) -> tensor<1x2x3x3xui8>
// AFFINE: cim.graph.dequantize %{{.*}} scale dense<{{.*}}> : tensor<1xf32> zero_point [0] {axis = 0 : i64}
func.func @residual(%x: tensor<1x2x3x3xf32>) -> tensor<1x2x1x1xf32> attributes {cim.input_ranges = [array<f32: -1.0, 3.0>]} {
  %w = cim.graph.constant dense<[[[[1.0]], [[-0.5]]], [[[0.25]], [[0.0]]]]> : tensor<2x2x1x1xf32>
  %0 = cim.graph.conv2d %x, %w strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] {cim.range = array<f32: -2.0, 3.5>} : (tensor<1x2x3x3xf32>, tensor<2x2x1x1xf32>) -> tensor<1x2x3x3xf32>
  %1 = cim.graph.relu %0 {cim.range = array<f32: 0.0, 3.5>} : tensor<1x2x3x3xf32>
  %2 = cim.graph.conv2d %1, %w strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] {cim.bits = array<i64: 4, 4>, cim.range = array<f32: -1.0, 1.0>} : (tensor<1x2x3x3xf32>, tensor<2x2x1x1xf32>) -> tensor<1x2x3x3xf32>
  %3 = cim.graph.add %2, %1 {cim.range = array<f32: -1.0, 4.0>} : (tensor<1x2x3x3xf32>, tensor<1x2x3x3xf32>) -> tensor<1x2x3x3xf32>
  %4 = cim.graph.global_average_pool %3 {cim.range = array<f32: 0.0, 2.0>} : (tensor<1x2x3x3xf32>) -> tensor<1x2x1x1xf32>
  %5 = cim.graph.conv2d %4, %w strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] {cim.range = array<f32: 0.0, 2.0>} : (tensor<1x2x1x1xf32>, tensor<2x2x1x1xf32>) -> tensor<1x2x1x1xf32>
  return %5 : tensor<1x2x1x1xf32>
}

// An addition of values that the host computes stays there.
// CHECK-LABEL: func.func @attention
// CHECK: cim.graph.host "Softmax"
// CHECK: cim.graph.quantize
// CHECK: cim.graph.linear
// CHECK-NOT: cim.graph.quantize
// CHECK: cim.graph.add
func.func @attention(%x: tensor<1x3x2xf32>) -> tensor<1x3x2xf32> {
  %w = cim.graph.constant dense<1.0> : tensor<2x2xf32>
  %0 = cim.graph.host "Softmax" version 13 (%x) attributes {axis = -1 : i64} {cim.range = array<f32: 0.0, 1.0>} : (tensor<1x3x2xf32>) -> tensor<1x3x2xf32>
  %1 = cim.graph.linear %0, %w transpose {cim.range = array<f32: 0.0, 2.0>} : (tensor<1x3x2xf32>, tensor<2x2xf32>) -> tensor<1x3x2xf32>
  %2 = cim.graph.add %1, %x : (tensor<1x3x2xf32>, tensor<1x3x2xf32>) -> tensor<1x3x2xf32>
  return %2 : tensor<1x3x2xf32>
}

// Every operation is printed as it is written, and its generic form is read back as the same.
// RUN: cim-opt %s | FileCheck %s
// RUN: cim-opt %s --mlir-print-op-generic | cim-opt | FileCheck %s

// CHECK-LABEL: func.func @floats
func.func @floats(%x: tensor<1x2x4x4xf32>, %v: tensor<1x6xf32>) -> tensor<1x3xf32> {
  // CHECK: cim.graph.constant dense<0.000000e+00> : tensor<3x2x3x3xf32> {name = "w"}
  %w = cim.graph.constant dense<0.0> : tensor<3x2x3x3xf32> {name = "w"}
  %b = cim.graph.constant dense<[1.0, 2.0, 3.0]> : tensor<3xf32>
  // The resource section may be left out.
  // CHECK: cim.graph.constant dense_resource<left_out> : tensor<3xf32>
  %left_out = cim.graph.constant dense_resource<left_out> : tensor<3xf32>
  // CHECK: cim.graph.conv2d %{{.*}}, %{{.*}} bias %{{.*}} strides [1, 1] pads [1, 1, 1, 1] dilations [1, 1] {name = "c"} : (tensor<1x2x4x4xf32>, tensor<3x2x3x3xf32>, tensor<3xf32>) -> tensor<1x3x4x4xf32>
  %0 = cim.graph.conv2d %x, %w bias %b strides [1, 1] pads [1, 1, 1, 1] dilations [1, 1] {name = "c"} : (tensor<1x2x4x4xf32>, tensor<3x2x3x3xf32>, tensor<3xf32>) -> tensor<1x3x4x4xf32>
  // CHECK: cim.graph.batch_norm %{{.*}} scale %{{.*}} bias %{{.*}} mean %{{.*}} var %{{.*}} epsilon 9.99999974E-6 : (tensor<1x3x4x4xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) -> tensor<1x3x4x4xf32>
  %1 = cim.graph.batch_norm %0 scale %b bias %b mean %b var %b epsilon 1.0e-5 : (tensor<1x3x4x4xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) -> tensor<1x3x4x4xf32>
  // CHECK: cim.graph.relu %{{.*}} {host = "why"} : tensor<1x3x4x4xf32>
  %2 = cim.graph.relu %1 {host = "why"} : tensor<1x3x4x4xf32>
  // CHECK: cim.graph.clip %{{.*}} lo 0.000000e+00 : f32 hi 6.000000e+00 : f32 : tensor<1x3x4x4xf32>
  %3 = cim.graph.clip %2 lo 0.0 : f32 hi 6.0 : f32 : tensor<1x3x4x4xf32>
  // CHECK: cim.graph.add %{{.*}}, %{{.*}} : (tensor<1x3x4x4xf32>, tensor<1x3x4x4xf32>) -> tensor<1x3x4x4xf32>
  %4 = cim.graph.add %3, %2 : (tensor<1x3x4x4xf32>, tensor<1x3x4x4xf32>) -> tensor<1x3x4x4xf32>
  // CHECK: cim.graph.max_pool %{{.*}} kernel [2, 2] strides [2, 2] pads [0, 0, 0, 0] dilations [1, 1] : (tensor<1x3x4x4xf32>) -> tensor<1x3x2x2xf32>
  %5 = cim.graph.max_pool %4 kernel [2, 2] strides [2, 2] pads [0, 0, 0, 0] dilations [1, 1] : (tensor<1x3x4x4xf32>) -> tensor<1x3x2x2xf32>
  // CHECK: cim.graph.average_pool %{{.*}} kernel [2, 2] strides [1, 1] pads [1, 0, 0, 0] {count_include_pad = true} : (tensor<1x3x2x2xf32>) -> tensor<1x3x2x1xf32>
  %6 = cim.graph.average_pool %5 kernel [2, 2] strides [1, 1] pads [1, 0, 0, 0] {count_include_pad = true} : (tensor<1x3x2x2xf32>) -> tensor<1x3x2x1xf32>
  // CHECK: cim.graph.reshape %{{.*}} : (tensor<1x3x2x1xf32>) -> tensor<1x6xf32>
  %7 = cim.graph.reshape %6 : (tensor<1x3x2x1xf32>) -> tensor<1x6xf32>
  // CHECK: cim.graph.mul %{{.*}}, %{{.*}} : (tensor<1x6xf32>, tensor<1x6xf32>) -> tensor<1x6xf32>
  %8 = cim.graph.mul %7, %v : (tensor<1x6xf32>, tensor<1x6xf32>) -> tensor<1x6xf32>
  // CHECK: cim.graph.concat %{{.*}}, %{{.*}} axis 1 : (tensor<1x6xf32>, tensor<1x6xf32>) -> tensor<1x12xf32>
  %9 = cim.graph.concat %8, %v axis 1 : (tensor<1x6xf32>, tensor<1x6xf32>) -> tensor<1x12xf32>
  %m = cim.graph.constant dense<1.0> : tensor<12x3xf32>
  // CHECK: cim.graph.linear %{{.*}}, %{{.*}} bias %{{.*}} transpose : (tensor<1x12xf32>, tensor<12x3xf32>, tensor<3xf32>) -> tensor<1x3xf32>
  %10 = cim.graph.linear %9, %m bias %b transpose : (tensor<1x12xf32>, tensor<12x3xf32>, tensor<3xf32>) -> tensor<1x3xf32>
  // CHECK: cim.graph.global_average_pool %{{.*}} : (tensor<1x3x4x4xf32>) -> tensor<1x3x1x1xf32>
  %11 = cim.graph.global_average_pool %4 : (tensor<1x3x4x4xf32>) -> tensor<1x3x1x1xf32>
  return %10 : tensor<1x3xf32>
}

// CHECK-LABEL: func.func @integers
func.func @integers(%x: tensor<1x2x4x4xf32>) -> tensor<1x3x1x1xf32> {
  // CHECK: cim.graph.quantize %{{.*}} scale dense<5.000000e-01> : tensor<1xf32> zero_point [3] lo 0 hi 63 : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xui6>
  %0 = cim.graph.quantize %x scale dense<0.5> : tensor<1xf32> zero_point [3] lo 0 hi 63 : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xui6>
  // CHECK: cim.graph.constant dense<-1> : tensor<3x2x3x3xsi2>
  %w = cim.graph.constant dense<-1> : tensor<3x2x3x3xsi2>
  // CHECK: cim.graph.conv2d %{{.*}}, %{{.*}} strides [1, 1] pads [1, 1, 1, 1] dilations [1, 1] {copies = 2 : i64, crossbars = array<i64: 0>, pad_value = 3 : i64, remap, segment = 1 : i64} : (tensor<1x2x4x4xui6>, tensor<3x2x3x3xsi2>) -> tensor<1x3x4x4xsi32>
  %1 = cim.graph.conv2d %0, %w strides [1, 1] pads [1, 1, 1, 1] dilations [1, 1] {copies = 2, crossbars = array<i64: 0>, pad_value = 3, remap, segment = 1} : (tensor<1x2x4x4xui6>, tensor<3x2x3x3xsi2>) -> tensor<1x3x4x4xsi32>
  // CHECK: cim.graph.requantize %{{.*}} multiplier [1, 2, 3] addend [0, -5, 5] shift 4 lo 0 hi 15 : (tensor<1x3x4x4xsi32>) -> tensor<1x3x4x4xui4>
  %2 = cim.graph.requantize %1 multiplier [1, 2, 3] addend [0, -5, 5] shift 4 lo 0 hi 15 : (tensor<1x3x4x4xsi32>) -> tensor<1x3x4x4xui4>
  // CHECK: cim.graph.add_requantize %{{.*}}, %{{.*}} m1 [7] m2 [9] addend [0] shift 4 lo 0 hi 15 : (tensor<1x3x4x4xui4>, tensor<1x3x4x4xui4>) -> tensor<1x3x4x4xui4>
  %3 = cim.graph.add_requantize %2, %2 m1 [7] m2 [9] addend [0] shift 4 lo 0 hi 15 : (tensor<1x3x4x4xui4>, tensor<1x3x4x4xui4>) -> tensor<1x3x4x4xui4>
  // CHECK: cim.graph.clip %{{.*}} lo 1 : i64 hi 9 : i64 : tensor<1x3x4x4xui4>
  %4 = cim.graph.clip %3 lo 1 : i64 hi 9 : i64 : tensor<1x3x4x4xui4>
  // CHECK: cim.graph.average_pool %{{.*}} kernel [4, 1] strides [1, 1] pads [0, 0, 0, 0] multiplier [0, 0, 0, 9] addend [0, 0, 0, 1] shift 4 lo 0 hi 15 : (tensor<1x3x4x4xui4>) -> tensor<1x3x1x4xui4>
  %5 = cim.graph.average_pool %4 kernel [4, 1] strides [1, 1] pads [0, 0, 0, 0] multiplier [0, 0, 0, 9] addend [0, 0, 0, 1] shift 4 lo 0 hi 15 : (tensor<1x3x4x4xui4>) -> tensor<1x3x1x4xui4>
  %6 = cim.graph.max_pool %5 kernel [1, 4] strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] : (tensor<1x3x1x4xui4>) -> tensor<1x3x1x1xui4>
  // CHECK: cim.graph.dequantize %{{.*}} scale dense<2.500000e-01> : tensor<1xf32> zero_point [3] bias dense<[1.000000e+00, 2.000000e+00, 3.000000e+00]> : tensor<3xf32> : (tensor<1x3x1x1xui4>) -> tensor<1x3x1x1xf32>
  %7 = cim.graph.dequantize %6 scale dense<0.25> : tensor<1xf32> zero_point [3] bias dense<[1.0, 2.0, 3.0]> : tensor<3xf32> : (tensor<1x3x1x1xui4>) -> tensor<1x3x1x1xf32>
  return %7 : tensor<1x3x1x1xf32>
}

// CHECK-LABEL: func.func @host
func.func @host(%x: tensor<2x3xf16>, %b: tensor<2x3xui1>) -> tensor<3x2xf16> {
  // CHECK: cim.graph.constant dense<2.000000e+00> : tensor<f64>
  %c = cim.graph.constant dense<2.0> : tensor<f64>
  // CHECK: cim.graph.host "Clip" version 13(%arg0, %{{.*}}) attributes {} {host = "f16", slots = array<i64: 0, 2>} : (tensor<2x3xf16>, tensor<f64>) -> tensor<2x3xf16>
  %0 = cim.graph.host "Clip" version 13 (%x, %c) attributes {} {host = "f16", slots = array<i64: 0, 2>} : (tensor<2x3xf16>, tensor<f64>) -> tensor<2x3xf16>
  // CHECK: cim.graph.host "Transpose" version 13(%{{.*}}) attributes {perm = array<i64: 1, 0>} : (tensor<2x3xf16>) -> tensor<3x2xf16>
  %1 = cim.graph.host "Transpose" version 13 (%0) attributes {perm = array<i64: 1, 0>} : (tensor<2x3xf16>) -> tensor<3x2xf16>
  // CHECK: cim.graph.host "TopK" version 11(%{{.*}}) attributes {} {output = 1 : i64} : (tensor<3x2xf16>) -> tensor<3x2xsi64>
  %2 = cim.graph.host "TopK" version 11 (%1) attributes {} {output = 1 : i64} : (tensor<3x2xf16>) -> tensor<3x2xsi64>
  return %1 : tensor<3x2xf16>
}

// CHECK-LABEL: func.func @positions
func.func @positions(%x: tensor<1x5x4xsi8>) -> tensor<1x5x3xsi8> {
  %w = cim.graph.constant dense<1> : tensor<4x3xsi8>
  // CHECK: cim.graph.linear %arg0, %{{.*}} transpose : (tensor<1x5x4xsi8>, tensor<4x3xsi8>) -> tensor<1x5x3xsi32>
  %0 = cim.graph.linear %x, %w transpose : (tensor<1x5x4xsi8>, tensor<4x3xsi8>) -> tensor<1x5x3xsi32>
  // CHECK: cim.graph.requantize %{{.*}} multiplier [8, 9, 10] addend [0, 1, 2] shift 4
  %1 = cim.graph.requantize %0 multiplier [8, 9, 10] addend [0, 1, 2] shift 4 lo -128 hi 127 : (tensor<1x5x3xsi32>) -> tensor<1x5x3xsi8>
  return %1 : tensor<1x5x3xsi8>
}

// CHECK-LABEL: func.func @rounding
func.func @rounding(%x: tensor<1x1x2x2xf32>) -> tensor<1x1x4x3xsi8> {
  // CHECK: cim.graph.pad %{{.*}} pads [0, 1, 0, 0] value -1.000000e+00 : f32 : (tensor<1x1x2x2xf32>) -> tensor<1x1x2x3xf32>
  %0 = cim.graph.pad %x pads [0, 1, 0, 0] value -1.0 : f32 : (tensor<1x1x2x2xf32>) -> tensor<1x1x2x3xf32>
  // CHECK: cim.graph.quantize %{{.*}} scale dense<1.000000e+00> : tensor<1xf32> zero_point [1] lo -128 hi 127 {rounding = "floor", zero_first}
  %1 = cim.graph.quantize %0 scale dense<1.0> : tensor<1xf32> zero_point [1] lo -128 hi 127 {rounding = "floor", zero_first} : (tensor<1x1x2x3xf32>) -> tensor<1x1x2x3xsi8>
  // CHECK: cim.graph.pad %{{.*}} pads [1, 0, 1, 0] value 1 : i64 : (tensor<1x1x2x3xsi8>) -> tensor<1x1x4x3xsi8>
  %2 = cim.graph.pad %1 pads [1, 0, 1, 0] value 1 : i64 : (tensor<1x1x2x3xsi8>) -> tensor<1x1x4x3xsi8>
  return %2 : tensor<1x1x4x3xsi8>
}

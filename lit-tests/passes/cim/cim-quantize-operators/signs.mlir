// RUN: cim-opt %s --cim-quantize-operators | FileCheck %s

// The sign of a sum is a comparison with the smallest integer that is not below zero: 0.5 * s - 1.2 from s = 3 on, clamp(2 * s - 5, -1, 1); a negative gain
// compares from above: -0.5 * s + 1.2 up to s = 2, clamp(-2 * s + 5, -1, 1). Shift 1 doubles all constants.
// CHECK-LABEL: @bipolar
// CHECK: cim.graph.requantize %{{.*}} multiplier [4, -4] addend [-10, 10] shift 1 lo -1 hi 1 {name = "s"} : (tensor<1x2xsi32>) -> tensor<1x2xsi2>
func.func @bipolar(%x: tensor<1x2xsi2>) -> tensor<1x2xsi2> {
  %d = cim.graph.dequantize %x scale dense<1.0> : tensor<1xf32> zero_point [0] : (tensor<1x2xsi2>) -> tensor<1x2xf32>
  %wq = cim.graph.constant dense<[[1, -1], [1, 1]]> : tensor<2x2xsi2>
  %w = cim.graph.dequantize %wq scale dense<1.0> : tensor<1xf32> zero_point [0] : (tensor<2x2xsi2>) -> tensor<2x2xf32>
  %c = cim.graph.linear %d, %w : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  %g = cim.graph.constant dense<[[0.5, -0.5]]> : tensor<1x2xf32>
  %o = cim.graph.constant dense<[[-1.2, 1.2]]> : tensor<1x2xf32>
  %m = cim.graph.mul %c, %g : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x2xf32>
  %a = cim.graph.add %m, %o : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x2xf32>
  %s = cim.graph.quantize %a scale dense<1.0> : tensor<1xf32> zero_point [0] lo -1 hi 1 {rounding = "bipolar", name = "s"} : (tensor<1x2xf32>) -> tensor<1x2xsi2>
  return %s : tensor<1x2xsi2>
}

// A sum that is exactly zero has the sign 0: clamp(s - 2, -1, 1).
// CHECK-LABEL: @sign
// CHECK: cim.graph.requantize %{{.*}} multiplier [2] addend [-4] shift 1 lo -1 hi 1
func.func @sign(%x: tensor<1x2xui8>) -> tensor<1x2xsi2> {
  %d = cim.graph.dequantize %x scale dense<0.5> : tensor<1xf32> zero_point [0] : (tensor<1x2xui8>) -> tensor<1x2xf32>
  %o = cim.graph.constant dense<-1.0> : tensor<1xf32>
  %a = cim.graph.add %d, %o : (tensor<1x2xf32>, tensor<1xf32>) -> tensor<1x2xf32>
  %s = cim.graph.quantize %a scale dense<1.0> : tensor<1xf32> zero_point [0] lo -1 hi 1 {rounding = "sign"} : (tensor<1x2xf32>) -> tensor<1x2xsi2>
  return %s : tensor<1x2xsi2>
}

// Padding with -1 is the pad value of the convolution.
// CHECK-LABEL: @padding
// CHECK-NOT: cim.graph.pad
// CHECK: cim.graph.conv2d %{{.*}}, %{{.*}} strides [1, 1] pads [1, 1, 1, 1] dilations [1, 1] {pad_value = -1 : i64}
func.func @padding(%x: tensor<1x1x4x4xsi2>) -> tensor<1x1x4x4xf32> {
  %d = cim.graph.dequantize %x scale dense<1.0> : tensor<1xf32> zero_point [0] : (tensor<1x1x4x4xsi2>) -> tensor<1x1x4x4xf32>
  %p = cim.graph.pad %d pads [1, 1, 1, 1] value -1.0 : f32 : (tensor<1x1x4x4xf32>) -> tensor<1x1x6x6xf32>
  %wq = cim.graph.constant dense<1> : tensor<1x1x3x3xsi2>
  %w = cim.graph.dequantize %wq scale dense<1.0> : tensor<1xf32> zero_point [0] : (tensor<1x1x3x3xsi2>) -> tensor<1x1x3x3xf32>
  %c = cim.graph.conv2d %p, %w strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] : (tensor<1x1x6x6xf32>, tensor<1x1x3x3xf32>) -> tensor<1x1x4x4xf32>
  return %c : tensor<1x1x4x4xf32>
}

// A padding that nothing but a convolution could take stays on the host, and says so.
// CHECK-LABEL: @lonely_padding
// CHECK: cim.graph.relu %{{.*}} {host =
func.func @lonely_padding(%x: tensor<1x1x4x4xsi2>) -> tensor<1x1x6x6xf32> {
  %d = cim.graph.dequantize %x scale dense<1.0> : tensor<1xf32> zero_point [0] : (tensor<1x1x4x4xsi2>) -> tensor<1x1x4x4xf32>
  %p = cim.graph.pad %d pads [1, 1, 1, 1] value -1.0 : f32 : (tensor<1x1x4x4xf32>) -> tensor<1x1x6x6xf32>
  %r = cim.graph.relu %p : tensor<1x1x6x6xf32>
  return %r : tensor<1x1x6x6xf32>
}

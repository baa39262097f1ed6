// RUN: cim-opt %s --cim-quantize-operators | FileCheck %s

// QCDQ: the clips narrow weights to si2 and activations to ui6; ratio 0.5 * 0.25 / 0.125 = 1, addend 8 / 0.125 = 64, relu is lo.
// CHECK-LABEL: @qcdq
// CHECK: %[[Q:.*]] = cim.graph.quantize %{{.*}} scale dense<5.000000e-01> : tensor<1xf32> zero_point [3] lo 0 hi 255 {host = "quantises floats"} : (tensor<1x1x3x3xf32>) -> tensor<1x1x3x3xui8>
// CHECK: %[[W:.*]] = cim.graph.constant dense<{{.*}}> : tensor<2x1x1x2xsi2> {name = "w"}
// CHECK: %[[C:.*]] = cim.graph.conv2d %[[Q]], %[[W]] strides [1, 1] pads [0, 1, 0, 0] dilations [1, 1] {name = "c", pad_value = 3 : i64} : (tensor<1x1x3x3xui8>, tensor<2x1x1x2xsi2>) -> tensor<1x2x3x3xsi32>
// The zero point 3 is taken off the sums: -3 * (1 + 1) and -3 * (-1 + 0), times 2^30.
// CHECK: %[[R:.*]] = cim.graph.requantize %[[C]] multiplier [1073741824, 1073741824] addend [62277025792, 71940702208] shift 30 lo 0 hi 63 {name = "q"} : (tensor<1x2x3x3xsi32>) -> tensor<1x2x3x3xui6>
// CHECK: cim.graph.dequantize %[[R]] scale dense<1.250000e-01> : tensor<1xf32> zero_point [0] {host = "gives floats"}
func.func @qcdq(%x: tensor<1x1x3x3xf32>) -> tensor<1x2x3x3xf32> {
  %xq = cim.graph.quantize %x scale dense<0.5> : tensor<1xf32> zero_point [3] lo 0 hi 255 : (tensor<1x1x3x3xf32>) -> tensor<1x1x3x3xui8>
  %xd = cim.graph.dequantize %xq scale dense<0.5> : tensor<1xf32> zero_point [3] : (tensor<1x1x3x3xui8>) -> tensor<1x1x3x3xf32>
  %wq = cim.graph.constant dense<[[[[1, 1]]], [[[-1, 0]]]]> : tensor<2x1x1x2xsi8> {name = "w"}
  %wc = cim.graph.clip %wq lo -1 : i64 hi 1 : i64 : tensor<2x1x1x2xsi8>
  %w = cim.graph.dequantize %wc scale dense<0.25> : tensor<1xf32> zero_point [0] : (tensor<2x1x1x2xsi8>) -> tensor<2x1x1x2xf32>
  %b = cim.graph.constant dense<8.0> : tensor<2xf32>
  %c = cim.graph.conv2d %xd, %w bias %b strides [1, 1] pads [0, 1, 0, 0] dilations [1, 1] {name = "c"} : (tensor<1x1x3x3xf32>, tensor<2x1x1x2xf32>, tensor<2xf32>) -> tensor<1x2x3x3xf32>
  %r = cim.graph.relu %c : tensor<1x2x3x3xf32>
  %q = cim.graph.quantize %r scale dense<0.125> : tensor<1xf32> zero_point [0] lo 0 hi 255 {name = "q"} : (tensor<1x2x3x3xf32>) -> tensor<1x2x3x3xui8>
  %k = cim.graph.clip %q lo 0 : i64 hi 63 : i64 : tensor<1x2x3x3xui8>
  %y = cim.graph.dequantize %k scale dense<0.125> : tensor<1xf32> zero_point [0] : (tensor<1x2x3x3xui8>) -> tensor<1x2x3x3xf32>
  return %y : tensor<1x2x3x3xf32>
}

// A stored int32 bias at s_x * s_w joins the sums; batch norm turns the sign of the multiplier, not of the weights.
// CHECK-LABEL: @stored_bias_and_batch_norm
// CHECK: cim.graph.constant dense<{{\[\[}}1, 2], [3, 4]]> : tensor<2x2xsi8>
// CHECK: cim.graph.linear
// CHECK: cim.graph.requantize %{{.*}} multiplier [1073741824, -1073741824] addend [107374182400, 1073741824] shift 31 lo 0 hi 255 : (tensor<1x2xsi32>) -> tensor<1x2xui8>
// CHECK-NOT: cim.graph.batch_norm
func.func @stored_bias_and_batch_norm(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %xq = cim.graph.quantize %x scale dense<0.5> : tensor<1xf32> zero_point [0] lo 0 hi 255 : (tensor<1x2xf32>) -> tensor<1x2xui8>
  %xd = cim.graph.dequantize %xq scale dense<0.5> : tensor<1xf32> zero_point [0] : (tensor<1x2xui8>) -> tensor<1x2xf32>
  %wq = cim.graph.constant dense<[[1, 2], [3, 4]]> : tensor<2x2xsi8>
  %w = cim.graph.dequantize %wq scale dense<0.5> : tensor<1xf32> zero_point [0] : (tensor<2x2xsi8>) -> tensor<2x2xf32>
  %bq = cim.graph.constant dense<[100, 0]> : tensor<2xsi32>
  %b = cim.graph.dequantize %bq scale dense<0.25> : tensor<1xf32> zero_point [0] {axis = 0} : (tensor<2xsi32>) -> tensor<2xf32>
  %c = cim.graph.linear %xd, %w bias %b : (tensor<1x2xf32>, tensor<2x2xf32>, tensor<2xf32>) -> tensor<1x2xf32>
  %g = cim.graph.constant dense<[4.0, -4.0]> : tensor<2xf32>
  %h = cim.graph.constant dense<[0.0, 0.5]> : tensor<2xf32>
  %zero = cim.graph.constant dense<0.0> : tensor<2xf32>
  %var = cim.graph.constant dense<3.0> : tensor<2xf32>
  %n = cim.graph.batch_norm %c scale %g bias %h mean %zero var %var epsilon 1.0 : (tensor<1x2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<1x2xf32>
  %q = cim.graph.quantize %n scale dense<1.0> : tensor<1xf32> zero_point [0] lo 0 hi 255 : (tensor<1x2xf32>) -> tensor<1x2xui8>
  %y = cim.graph.dequantize %q scale dense<1.0> : tensor<1xf32> zero_point [0] : (tensor<1x2xui8>) -> tensor<1x2xf32>
  return %y : tensor<1x2xf32>
}

// A float output ends in dequantize with a bias.
// CHECK-LABEL: @float_output
// CHECK: %[[S:.*]] = cim.graph.linear %{{.*}}, %{{.*}} {name = "fc"} : (tensor<1x2xui8>, tensor<2x2xsi8>) -> tensor<1x2xsi32>
// CHECK: cim.graph.dequantize %[[S]] scale dense<2.500000e-01> : tensor<1xf32> zero_point [0] bias dense<[1.000000e+00, 2.000000e+00]> : tensor<2xf32> {host = "gives floats", name = "fc"} : (tensor<1x2xsi32>) -> tensor<1x2xf32>
func.func @float_output(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %xq = cim.graph.quantize %x scale dense<0.5> : tensor<1xf32> zero_point [0] lo 0 hi 255 : (tensor<1x2xf32>) -> tensor<1x2xui8>
  %xd = cim.graph.dequantize %xq scale dense<0.5> : tensor<1xf32> zero_point [0] : (tensor<1x2xui8>) -> tensor<1x2xf32>
  %wq = cim.graph.constant dense<[[1, 2], [3, 4]]> : tensor<2x2xsi8>
  %w = cim.graph.dequantize %wq scale dense<0.5> : tensor<1xf32> zero_point [0] : (tensor<2x2xsi8>) -> tensor<2x2xf32>
  %b = cim.graph.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %c = cim.graph.linear %xd, %w bias %b {name = "fc"} : (tensor<1x2xf32>, tensor<2x2xf32>, tensor<2xf32>) -> tensor<1x2xf32>
  return %c : tensor<1x2xf32>
}

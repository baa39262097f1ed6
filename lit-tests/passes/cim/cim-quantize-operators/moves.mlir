// What moves through a quantisation, what becomes integer arithmetic of its own, and what is nothing.
// RUN: cim-opt %s --cim-quantize-operators | FileCheck %s

// CHECK-LABEL: @residual
// CHECK: %[[A:.*]] = cim.graph.quantize
// CHECK: %[[B:.*]] = cim.graph.quantize
// (a - 2) * 0.5 / 1 + (b + 1) * 1 / 1 + 5, at 2^30: addend 5 + -2 * 0.5 + 1 = 5.
// CHECK: %[[S:.*]] = cim.graph.add_requantize %[[A]], %[[B]] m1 [536870912] m2 [1073741824] addend [5368709120] shift 30 lo 5 hi 255 {name = "add"} : (tensor<1x4xui8>, tensor<1x4xsi8>) -> tensor<1x4xui8>
// CHECK: cim.graph.dequantize %[[S]]
func.func @residual(%x: tensor<1x4xf32>) -> tensor<1x4xf32> {
  %aq = cim.graph.quantize %x scale dense<0.5> : tensor<1xf32> zero_point [2] lo 0 hi 255 : (tensor<1x4xf32>) -> tensor<1x4xui8>
  %a = cim.graph.dequantize %aq scale dense<0.5> : tensor<1xf32> zero_point [2] : (tensor<1x4xui8>) -> tensor<1x4xf32>
  %bq = cim.graph.quantize %x scale dense<1.0> : tensor<1xf32> zero_point [-1] lo -128 hi 127 : (tensor<1x4xf32>) -> tensor<1x4xsi8>
  %b = cim.graph.dequantize %bq scale dense<1.0> : tensor<1xf32> zero_point [-1] : (tensor<1x4xsi8>) -> tensor<1x4xf32>
  %s = cim.graph.add %a, %b {name = "add"} : (tensor<1x4xf32>, tensor<1x4xf32>) -> tensor<1x4xf32>
  %r = cim.graph.relu %s : tensor<1x4xf32>
  %q = cim.graph.quantize %r scale dense<1.0> : tensor<1xf32> zero_point [5] lo 0 hi 255 : (tensor<1x4xf32>) -> tensor<1x4xui8>
  %y = cim.graph.dequantize %q scale dense<1.0> : tensor<1xf32> zero_point [5] : (tensor<1x4xui8>) -> tensor<1x4xf32>
  return %y : tensor<1x4xf32>
}

// Maximum and reshape need no requantisation on one grid.
// CHECK-LABEL: @same_grid
// CHECK: %[[Q:.*]] = cim.graph.quantize
// CHECK-NEXT: %[[P:.*]] = cim.graph.max_pool %[[Q]] {{.*}} -> tensor<1x2x1x1xui8>
// CHECK-NEXT: %[[F:.*]] = cim.graph.reshape %[[P]] : (tensor<1x2x1x1xui8>) -> tensor<1x2xui8>
// CHECK-NEXT: cim.graph.dequantize %[[F]]
func.func @same_grid(%x: tensor<1x2x2x2xf32>) -> tensor<1x2xf32> {
  %aq = cim.graph.quantize %x scale dense<0.5> : tensor<1xf32> zero_point [2] lo 0 hi 255 : (tensor<1x2x2x2xf32>) -> tensor<1x2x2x2xui8>
  %a = cim.graph.dequantize %aq scale dense<0.5> : tensor<1xf32> zero_point [2] : (tensor<1x2x2x2xui8>) -> tensor<1x2x2x2xf32>
  %p = cim.graph.max_pool %a kernel [2, 2] strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] : (tensor<1x2x2x2xf32>) -> tensor<1x2x1x1xf32>
  %q = cim.graph.quantize %p scale dense<0.5> : tensor<1xf32> zero_point [2] lo 0 hi 255 : (tensor<1x2x1x1xf32>) -> tensor<1x2x1x1xui8>
  %d = cim.graph.dequantize %q scale dense<0.5> : tensor<1xf32> zero_point [2] : (tensor<1x2x1x1xui8>) -> tensor<1x2x1x1xf32>
  %f = cim.graph.reshape %d : (tensor<1x2x1x1xf32>) -> tensor<1x2xf32>
  return %f : tensor<1x2xf32>
}

// A global mean of 4 elements; counts that no window has are 0.
// CHECK-LABEL: @mean
// CHECK: cim.graph.average_pool %{{.*}} kernel [2, 2] strides [1, 1] pads [0, 0, 0, 0] multiplier [0, 0, 0, 1073741824] addend [0, 0, 0, -8589934592] shift 32 lo 0 hi 255 {name = "gap"} : (tensor<1x2x2x2xui8>) -> tensor<1x2x1x1xui8>
func.func @mean(%x: tensor<1x2x2x2xf32>) -> tensor<1x2x1x1xf32> {
  %aq = cim.graph.quantize %x scale dense<0.5> : tensor<1xf32> zero_point [2] lo 0 hi 255 : (tensor<1x2x2x2xf32>) -> tensor<1x2x2x2xui8>
  %a = cim.graph.dequantize %aq scale dense<0.5> : tensor<1xf32> zero_point [2] : (tensor<1x2x2x2xui8>) -> tensor<1x2x2x2xf32>
  %p = cim.graph.global_average_pool %a {name = "gap"} : (tensor<1x2x2x2xf32>) -> tensor<1x2x1x1xf32>
  %q = cim.graph.quantize %p scale dense<0.5> : tensor<1xf32> zero_point [0] lo 0 hi 255 : (tensor<1x2x1x1xf32>) -> tensor<1x2x1x1xui8>
  %y = cim.graph.dequantize %q scale dense<0.5> : tensor<1xf32> zero_point [0] : (tensor<1x2x1x1xui8>) -> tensor<1x2x1x1xf32>
  return %y : tensor<1x2x1x1xf32>
}

// Parts of a concatenation are brought to the grid of its result; one is on it already.
// CHECK-LABEL: @concat
// CHECK: %[[A:.*]] = cim.graph.quantize
// CHECK: %[[B:.*]] = cim.graph.quantize
// CHECK: %[[R:.*]] = cim.graph.requantize %[[B]] multiplier [1073741824] addend [0] shift 29 lo 0 hi 255
// CHECK: cim.graph.concat %[[A]], %[[R]] axis 1 : (tensor<1x4xui8>, tensor<1x4xui8>) -> tensor<1x8xui8>
func.func @concat(%x: tensor<1x4xf32>) -> tensor<1x8xf32> {
  %aq = cim.graph.quantize %x scale dense<0.5> : tensor<1xf32> zero_point [0] lo 0 hi 255 : (tensor<1x4xf32>) -> tensor<1x4xui8>
  %a = cim.graph.dequantize %aq scale dense<0.5> : tensor<1xf32> zero_point [0] : (tensor<1x4xui8>) -> tensor<1x4xf32>
  %bq = cim.graph.quantize %x scale dense<1.0> : tensor<1xf32> zero_point [0] lo 0 hi 255 : (tensor<1x4xf32>) -> tensor<1x4xui8>
  %b = cim.graph.dequantize %bq scale dense<1.0> : tensor<1xf32> zero_point [0] : (tensor<1x4xui8>) -> tensor<1x4xf32>
  %c = cim.graph.concat %a, %b axis 1 : (tensor<1x4xf32>, tensor<1x4xf32>) -> tensor<1x8xf32>
  %q = cim.graph.quantize %c scale dense<0.5> : tensor<1xf32> zero_point [0] lo 0 hi 255 : (tensor<1x8xf32>) -> tensor<1x8xui8>
  %y = cim.graph.dequantize %q scale dense<0.5> : tensor<1xf32> zero_point [0] : (tensor<1x8xui8>) -> tensor<1x8xf32>
  return %y : tensor<1x8xf32>
}

// What stays float says why.
// CHECK-LABEL: @host
// CHECK: cim.graph.linear {{.*}} {host = "its input is not quantised"} : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
// CHECK: cim.graph.relu {{.*}} {host = "its input is not quantised"}
func.func @host(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %wq = cim.graph.constant dense<[[1, 2], [3, 4]]> : tensor<2x2xsi8>
  %w = cim.graph.dequantize %wq scale dense<0.5> : tensor<1xf32> zero_point [0] : (tensor<2x2xsi8>) -> tensor<2x2xf32>
  %c = cim.graph.linear %x, %w : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  %r = cim.graph.relu %c : tensor<1x2xf32>
  return %r : tensor<1x2xf32>
}

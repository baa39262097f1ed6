// RUN: cim-opt %s --cim-quantize-operators | FileCheck %s

// Rounding is in the addend: half a step less for floor, half a step less one unit more for ceil; the multiplier is 2^30 for ratio 1/4 at shift 32.
// CHECK-LABEL: @directions
// CHECK: cim.graph.requantize %[[X:.*]] multiplier [1073741824] addend [-2147483648] shift 32 lo 0 hi 15 {name = "floor"}
// CHECK: cim.graph.requantize %[[X]] multiplier [1073741824] addend [2147483647] shift 32 lo 0 hi 15 {name = "ceil"}
// CHECK: cim.graph.requantize %[[X]] multiplier [1073741824] addend [-1] shift 32 lo 0 hi 15 {name = "half_down"}
func.func @directions(%x: tensor<1x4xui8>) -> (tensor<1x4xui4>, tensor<1x4xui4>, tensor<1x4xui4>) {
  %d = cim.graph.dequantize %x scale dense<0.25> : tensor<1xf32> zero_point [0] : (tensor<1x4xui8>) -> tensor<1x4xf32>
  %a = cim.graph.quantize %d scale dense<1.0> : tensor<1xf32> zero_point [0] lo 0 hi 15 {rounding = "floor", name = "floor"} : (tensor<1x4xf32>) -> tensor<1x4xui4>
  %b = cim.graph.quantize %d scale dense<1.0> : tensor<1xf32> zero_point [0] lo 0 hi 15 {rounding = "ceil", name = "ceil"} : (tensor<1x4xf32>) -> tensor<1x4xui4>
  %c = cim.graph.quantize %d scale dense<1.0> : tensor<1xf32> zero_point [0] lo 0 hi 15 {rounding = "half_down", name = "half_down"} : (tensor<1x4xf32>) -> tensor<1x4xui4>
  return %a, %b, %c : tensor<1x4xui4>, tensor<1x4xui4>, tensor<1x4xui4>
}

// Towards zero is floor above and ceil below; their sum is exact.
// CHECK-LABEL: @towards_zero
// CHECK: %[[A:.*]] = cim.graph.requantize %{{.*}} multiplier [1073741824] addend [-2147483648] shift 32 lo 0 hi 7
// CHECK: %[[B:.*]] = cim.graph.requantize %{{.*}} multiplier [1073741824] addend [2147483647] shift 32 lo -8 hi 0
// CHECK: cim.graph.add_requantize %[[A]], %[[B]] m1 [2] m2 [2] addend [0] shift 1 lo -8 hi 7
func.func @towards_zero(%x: tensor<1x4xsi8>) -> tensor<1x4xsi4> {
  %d = cim.graph.dequantize %x scale dense<0.25> : tensor<1xf32> zero_point [0] : (tensor<1x4xsi8>) -> tensor<1x4xf32>
  %a = cim.graph.quantize %d scale dense<1.0> : tensor<1xf32> zero_point [0] lo -8 hi 7 {rounding = "down"} : (tensor<1x4xf32>) -> tensor<1x4xsi4>
  return %a : tensor<1x4xsi4>
}

// Constants are rounded here: a tie with the zero point 1 is 3 after rounding first, and 4 otherwise.
// CHECK-LABEL: @orders
// CHECK-DAG: cim.graph.constant dense<3> : tensor<1xsi8>
// CHECK-DAG: cim.graph.constant dense<4> : tensor<1xsi8>
func.func @orders() -> (tensor<1xsi8>, tensor<1xsi8>) {
  %x = cim.graph.constant dense<2.5> : tensor<1xf32>
  %a = cim.graph.quantize %x scale dense<1.0> : tensor<1xf32> zero_point [1] lo -128 hi 127 : (tensor<1xf32>) -> tensor<1xsi8>
  %b = cim.graph.quantize %x scale dense<1.0> : tensor<1xf32> zero_point [1] lo -128 hi 127 {zero_first} : (tensor<1xf32>) -> tensor<1xsi8>
  return %a, %b : tensor<1xsi8>, tensor<1xsi8>
}

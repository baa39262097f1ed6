// RUN: cim-opt %s --allow-unregistered-dialect --convert-tosa-to-cim --split-input-file --verify-diagnostics

func.func @main(%x: tensor<1x4xf32>) -> tensor<1x4xf32> {
  // expected-error @+1 {{operation tosa.cos: is not supported; supported operations of tosa are}}
  %0 = "tosa.cos"(%x) : (tensor<1x4xf32>) -> tensor<1x4xf32>
  return %0 : tensor<1x4xf32>
}

// -----

func.func @main(%x: tensor<1x4xi8>) -> tensor<1x4xi8> {
  // expected-error @+1 {{operation tosa.rescale, attribute 'double_round': rounding twice is not what the machine's requantisation does; export with SINGLE_ROUND}}
  %0 = "tosa.rescale"(%x) {double_round = true, multiplier = array<i32: 1073741824>, shift = array<i8: 30>, input_zp = 0 : i32, output_zp = 0 : i32} : (tensor<1x4xi8>) -> tensor<1x4xi8>
  return %0 : tensor<1x4xi8>
}

// -----

func.func @main(%x: tensor<1x4x4x2xf32>) -> tensor<1x2x2x2xf32> {
  // expected-error @+1 {{operation tosa.max_pool2d, attribute 'kernel': is missing}}
  %0 = "tosa.max_pool2d"(%x) {pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 2, 2>} : (tensor<1x4x4x2xf32>) -> tensor<1x2x2x2xf32>
  return %0 : tensor<1x2x2x2xf32>
}

// -----

func.func @main(%x: tensor<1x4xf32>) -> tensor<1x4xf32> {
  // expected-error @+1 {{operation linalg.softmax: is not supported; supported operations of linalg are}}
  %0 = "linalg.softmax"(%x) : (tensor<1x4xf32>) -> tensor<1x4xf32>
  %1 = "tosa.exp"(%0) : (tensor<1x4xf32>) -> tensor<1x4xf32>
  return %1 : tensor<1x4xf32>
}

// -----

// expected-error @+1 {{operation func.func: argument 0: a dimension is not known or 0; export the network with fixed input shapes}}
func.func @main(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %0 = "tosa.exp"(%x) : (tensor<?x4xf32>) -> tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}

// RUN: cim-opt %s --split-input-file --verify-diagnostics=only-expected

func.func @f(%x: tensor<1x1x4x4xf32>) {
  // expected-error@+1 {{needs 4 pads, but has 2}}
  %0 = cim.graph.pad %x pads [1, 1] value 0.0 : f32 : (tensor<1x1x4x4xf32>) -> tensor<1x1x5x5xf32>
  return
}

// -----

func.func @f(%x: tensor<1x1x4x4xf32>) {
  // expected-error@+1 {{pads must be in 0..=2^24, but has -1}}
  %0 = cim.graph.pad %x pads [-1, 0, 0, 0] value 0.0 : f32 : (tensor<1x1x4x4xf32>) -> tensor<1x1x3x4xf32>
  return
}

// -----

func.func @f(%x: tensor<1x1x4x4xsi8>) {
  // expected-error@+1 {{value must be i64 on integers}}
  %0 = cim.graph.pad %x pads [1, 0, 0, 0] value 0.0 : f32 : (tensor<1x1x4x4xsi8>) -> tensor<1x1x5x4xsi8>
  return
}

// -----

func.func @f(%x: tensor<1x1x4x4xf32>) {
  // expected-error@+1 {{value must be f32 on floats}}
  %0 = cim.graph.pad %x pads [1, 0, 0, 0] value 0 : i64 : (tensor<1x1x4x4xf32>) -> tensor<1x1x5x4xf32>
  return
}

// -----

func.func @f(%x: tensor<1x1x4x4xsi2>) {
  // expected-error@+1 {{value 2 must be one of si2}}
  %0 = cim.graph.pad %x pads [1, 0, 0, 0] value 2 : i64 : (tensor<1x1x4x4xsi2>) -> tensor<1x1x5x4xsi2>
  return
}

// -----

func.func @f(%x: tensor<1x4xf32>) {
  // expected-error@+1 {{rounding must be one of half_even, half_up, half_down, up, down, ceil, floor, sign, bipolar, but is 'ROUND'}}
  %0 = cim.graph.quantize %x scale dense<1.0> : tensor<1xf32> zero_point [0] lo 0 hi 255 {rounding = "ROUND"} : (tensor<1x4xf32>) -> tensor<1x4xui8>
  return
}

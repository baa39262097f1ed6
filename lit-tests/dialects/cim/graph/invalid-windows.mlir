// RUN: cim-opt %s --split-input-file --verify-diagnostics=only-expected

func.func @f(%x: tensor<1x2x4x4xf32>) {
  // expected-error @+1 {{kernel must have 2 entries, but has 1}}
  %0 = cim.graph.max_pool %x kernel [2] strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] : (tensor<1x2x4x4xf32>) -> tensor<1x2x3x3xf32>
  return
}

// -----

func.func @f(%x: tensor<1x2x4x4xf32>) {
  // expected-error @+1 {{dilations must have 2 entries, but has 3}}
  %0 = cim.graph.max_pool %x kernel [2, 2] strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1, 1] : (tensor<1x2x4x4xf32>) -> tensor<1x2x3x3xf32>
  return
}

// -----

func.func @f(%x: tensor<1x2x4x4xf32>) {
  // expected-error @+1 {{dilations must be in 1..=2^24, but has 0}}
  %0 = cim.graph.max_pool %x kernel [2, 2] strides [1, 1] pads [0, 0, 0, 0] dilations [1, 0] : (tensor<1x2x4x4xf32>) -> tensor<1x2x3x3xf32>
  return
}

// -----

func.func @f(%x: tensor<1x2x4x4xf32>) {
  // expected-error @+1 {{kernel must be in 1..=2^24, but has 16777217}}
  %0 = cim.graph.average_pool %x kernel [2, 16777217] strides [1, 1] pads [0, 0, 0, 0] : (tensor<1x2x4x4xf32>) -> tensor<1x2x3x3xf32>
  return
}

// -----

func.func @f(%x: tensor<1x2x4x4xf32>) {
  // expected-error @+1 {{the kernel covers 5 of width 4 (padding included): it does not fit}}
  %0 = cim.graph.average_pool %x kernel [2, 5] strides [1, 1] pads [0, 0, 0, 0] : (tensor<1x2x4x4xf32>) -> tensor<1x2x3x3xf32>
  return
}

// -----

func.func @f(%x: tensor<1x2x4x4xf32>) {
  // expected-error @+1 {{result must have the shape [1, 2, 3, 3], but has [1, 2, 4, 4]}}
  %0 = cim.graph.average_pool %x kernel [2, 2] strides [1, 1] pads [0, 0, 0, 0] : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  return
}

// -----

func.func @f(%x: tensor<1x2x4x4xf32>) {
  // expected-error @+1 {{result must have the shape [1, 2, 1, 1], but has [1, 2, 3, 3]}}
  %0 = cim.graph.global_average_pool %x : (tensor<1x2x4x4xf32>) -> tensor<1x2x3x3xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4xf32>, %w: tensor<3x4xf32>, %b: tensor<2xf32>) {
  // expected-error @+1 {{bias must have the shape [3], but has [2]}}
  %0 = cim.graph.linear %x, %w bias %b : (tensor<1x4xf32>, tensor<3x4xf32>, tensor<2xf32>) -> tensor<1x3xf32>
  return
}

// -----

func.func @f(%x: tensor<1x3xf32>) {
  // expected-error @+1 {{result must have the shape [1, 3], but has [1, 4]}}
  %0 = cim.graph.mul %x, %x : (tensor<1x3xf32>, tensor<1x3xf32>) -> tensor<1x4xf32>
  return
}

// -----

func.func @f() {
  // expected-error @+1 {{there must be at least one input}}
  %0 = "cim.graph.concat"() <{axis = 0 : i64}> : () -> tensor<1x3xf32>
  return
}

// -----

func.func @f(%x: tensor<1x3xf32>) {
  // expected-error @+1 {{result must have the shape [1, 6], but has [1, 5]}}
  %0 = cim.graph.concat %x, %x axis 1 : (tensor<1x3xf32>, tensor<1x3xf32>) -> tensor<1x5xf32>
  return
}

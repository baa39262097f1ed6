// RUN: cim-opt %s --split-input-file --verify-diagnostics=only-expected

func.func @f(%x: tensor<1x2x4x4xf32>, %w: tensor<3x2x3xf32>) {
  // expected-error@+1 {{'cim.graph.conv2d' op weights must have 4 dimensions, but have 3}}
  %0 = cim.graph.conv2d %x, %w strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] : (tensor<1x2x4x4xf32>, tensor<3x2x3xf32>) -> tensor<1x3x2x2xf32>
  return
}

// -----

func.func @f(%x: tensor<1x2x4x4xf32>, %w: tensor<3x2x3x3xf32>) {
  // expected-error@+1 {{'cim.graph.conv2d' op result must have the shape [1, 3, 2, 2], but has [1, 3, 4, 4]}}
  %0 = cim.graph.conv2d %x, %w strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] : (tensor<1x2x4x4xf32>, tensor<3x2x3x3xf32>) -> tensor<1x3x4x4xf32>
  return
}

// -----

func.func @f(%x: tensor<1x2x4x4xf32>, %w: tensor<3x2x3x3xf32>) {
  // expected-error@+1 {{strides must have 2 entries, but has 1}}
  %0 = cim.graph.conv2d %x, %w strides [1] pads [0, 0, 0, 0] dilations [1, 1] : (tensor<1x2x4x4xf32>, tensor<3x2x3x3xf32>) -> tensor<1x3x2x2xf32>
  return
}

// -----

func.func @f(%x: tensor<1x2x4x4xf32>, %w: tensor<3x2x3x3xf32>) {
  // expected-error@+1 {{pads must have 4 entries, but has 2}}
  %0 = cim.graph.conv2d %x, %w strides [1, 1] pads [0, 0] dilations [1, 1] : (tensor<1x2x4x4xf32>, tensor<3x2x3x3xf32>) -> tensor<1x3x2x2xf32>
  return
}

// -----

func.func @f(%x: tensor<1x2x4x4xf32>, %w: tensor<3x2x3x3xf32>) {
  // expected-error@+1 {{strides must be in 1..=2^24, but has 0}}
  %0 = cim.graph.conv2d %x, %w strides [1, 0] pads [0, 0, 0, 0] dilations [1, 1] : (tensor<1x2x4x4xf32>, tensor<3x2x3x3xf32>) -> tensor<1x3x2x2xf32>
  return
}

// -----

func.func @f(%x: tensor<1x2x4x4xf32>, %w: tensor<3x2x3x3xf32>) {
  // expected-error@+1 {{pads must be in 0..=2^24, but has -1}}
  %0 = cim.graph.conv2d %x, %w strides [1, 1] pads [0, 0, 0, -1] dilations [1, 1] : (tensor<1x2x4x4xf32>, tensor<3x2x3x3xf32>) -> tensor<1x3x2x2xf32>
  return
}

// -----

func.func @f(%x: tensor<1x2x4x4xf32>, %w: tensor<3x2x3x3xf32>) {
  // expected-error@+1 {{the kernel covers 7 of height 4 (padding included): it does not fit}}
  %0 = cim.graph.conv2d %x, %w strides [1, 1] pads [0, 0, 0, 0] dilations [3, 1] : (tensor<1x2x4x4xf32>, tensor<3x2x3x3xf32>) -> tensor<1x3x2x2xf32>
  return
}

// -----

func.func @f(%x: tensor<1x2x4x4xf32>, %w: tensor<3x2x3x3xf32>) {
  // expected-error@+1 {{group 2 must divide 2 input and 3 output channels}}
  %0 = cim.graph.conv2d %x, %w strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] {group = 2} : (tensor<1x2x4x4xf32>, tensor<3x2x3x3xf32>) -> tensor<1x3x2x2xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4x4x4xf32>, %w: tensor<2x4x3x3xf32>) {
  // expected-error@+1 {{weights expect 4 input channels in each of 2 groups, but the input has 4}}
  %0 = cim.graph.conv2d %x, %w strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] {group = 2} : (tensor<1x4x4x4xf32>, tensor<2x4x3x3xf32>) -> tensor<1x2x2x2xf32>
  return
}

// -----

func.func @f(%x: tensor<1x2x4xf32>, %w: tensor<3x2x3x3xf32>) {
  // expected-error@+1 {{input must have 4 dimensions (N, C, H, W), but has 3}}
  %0 = cim.graph.conv2d %x, %w strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] : (tensor<1x2x4xf32>, tensor<3x2x3x3xf32>) -> tensor<1x3x2x2xf32>
  return
}

// -----

func.func @f(%x: tensor<1x2x4x4xui8>, %w: tensor<3x2x3x3xf32>) {
  // expected-error@+1 {{mixes floats and integers: input tensor<1x2x4x4xui8>, weights tensor<3x2x3x3xf32>, result tensor<1x3x2x2xf32>}}
  %0 = cim.graph.conv2d %x, %w strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] : (tensor<1x2x4x4xui8>, tensor<3x2x3x3xf32>) -> tensor<1x3x2x2xf32>
  return
}

// -----

func.func @f(%x: tensor<1x2x4x4xui8>, %w: tensor<3x2x3x3xsi8>, %b: tensor<3xf32>) {
  // expected-error@+1 {{has a bias on integers: it belongs to the requantisation that follows}}
  %0 = cim.graph.conv2d %x, %w bias %b strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] : (tensor<1x2x4x4xui8>, tensor<3x2x3x3xsi8>, tensor<3xf32>) -> tensor<1x3x2x2xsi32>
  return
}

// -----

func.func @f(%x: tensor<1x2x4x4xf32>, %w: tensor<3x2x3x3xf32>, %b: tensor<2xf32>) {
  // expected-error@+1 {{bias must have the shape [3], but has [2]}}
  %0 = cim.graph.conv2d %x, %w bias %b strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] : (tensor<1x2x4x4xf32>, tensor<3x2x3x3xf32>, tensor<2xf32>) -> tensor<1x3x2x2xf32>
  return
}

// -----

func.func @f(%x: tensor<1x2x4x4xui8>, %w: tensor<3x2x3x3xsi8>) {
  // expected-error@+1 {{result #0 must be static tensor of f32, si32 or si64 values}}
  %0 = cim.graph.conv2d %x, %w strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] : (tensor<1x2x4x4xui8>, tensor<3x2x3x3xsi8>) -> tensor<1x3x2x2xsi16>
  return
}

// -----

func.func @f(%x: tensor<1x2x4x4xui6>, %w: tensor<3x2x3x3xsi8>) {
  // expected-error@+1 {{pad_value 64 is not a value of ui6}}
  %0 = cim.graph.conv2d %x, %w strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] {pad_value = 64} : (tensor<1x2x4x4xui6>, tensor<3x2x3x3xsi8>) -> tensor<1x3x2x2xsi32>
  return
}

// -----

func.func @f(%x: tensor<1x2x4x4xf32>, %w: tensor<3x2x3x3xf32>) {
  // expected-error@+1 {{pad_value needs an integer input}}
  %0 = cim.graph.conv2d %x, %w strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] {pad_value = 1} : (tensor<1x2x4x4xf32>, tensor<3x2x3x3xf32>) -> tensor<1x3x2x2xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4xui8>, %w: tensor<3x4xsi4>) {
  // expected-error@+1 {{weight_zero 8 is not a value of si4}}
  %0 = cim.graph.linear %x, %w {weight_zero = 8} : (tensor<1x4xui8>, tensor<3x4xsi4>) -> tensor<1x3xsi32>
  return
}

// -----

func.func @f(%x: tensor<1x4xf32>, %w: tensor<3x4xf32>) {
  // expected-error@+1 {{weight_zero needs integer weights}}
  %0 = cim.graph.linear %x, %w {weight_zero = 8} : (tensor<1x4xf32>, tensor<3x4xf32>) -> tensor<1x3xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4xf32>, %w: tensor<3x5xf32>) {
  // expected-error@+1 {{weights expect 5 inputs, but the input has 4}}
  %0 = cim.graph.linear %x, %w : (tensor<1x4xf32>, tensor<3x5xf32>) -> tensor<1x3xf32>
  return
}

// -----

func.func @f(%x: tensor<1x1x4x1xf32>, %w: tensor<3x4xf32>) {
  // expected-error@+1 {{input must have 2 or 3 dimensions, but has 4}}
  %0 = cim.graph.linear %x, %w : (tensor<1x1x4x1xf32>, tensor<3x4xf32>) -> tensor<1x3xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4xf32>, %w: tensor<3xf32>) {
  // expected-error@+1 {{weights must have 2 dimensions, but have 1}}
  %0 = cim.graph.linear %x, %w : (tensor<1x4xf32>, tensor<3xf32>) -> tensor<1x3xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4xf32>, %w: tensor<3x4xf32>) {
  // expected-error@+1 {{copies must be at least 1, but is 0}}
  %0 = cim.graph.linear %x, %w {copies = 0} : (tensor<1x4xf32>, tensor<3x4xf32>) -> tensor<1x3xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4xf32>, %w: tensor<3x4xf32>) {
  // expected-error@+1 {{segment must not be negative, but is -1}}
  %0 = cim.graph.linear %x, %w {segment = -1} : (tensor<1x4xf32>, tensor<3x4xf32>) -> tensor<1x3xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4xf32>, %w: tensor<3x4xf32>) {
  // expected-error@+1 {{crossbars must not be negative, but has -2}}
  %0 = cim.graph.linear %x, %w {crossbars = array<i64: 1, -2>} : (tensor<1x4xf32>, tensor<3x4xf32>) -> tensor<1x3xf32>
  return
}

// -----

func.func @f(%x: tensor<1x?xf32>, %w: tensor<3x4xf32>) {
  // expected-error@+1 {{operand #0 must be static tensor of f32, siN or uiN values}}
  %0 = cim.graph.linear %x, %w : (tensor<1x?xf32>, tensor<3x4xf32>) -> tensor<1x3xf32>
  return
}

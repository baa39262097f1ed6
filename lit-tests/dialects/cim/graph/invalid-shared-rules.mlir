// Rules that several operations share, on each of the operations that the other files leave out.
// RUN: cim-opt %s --split-input-file --verify-diagnostics=only-expected

func.func @f(%x: tensor<1x2x4x4xf32>, %w: tensor<3x2x3x3xf32>) {
  // expected-error @+1 {{segment must not be negative, but is -1}}
  %0 = cim.graph.conv2d %x, %w strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] {segment = -1} : (tensor<1x2x4x4xf32>, tensor<3x2x3x3xf32>) -> tensor<1x3x2x2xf32>
  return
}

// -----

func.func @f(%x: tensor<1x2x4x4xf32>, %w: tensor<3x2x3x3xf32>) {
  // expected-error @+1 {{crossbars must not be negative, but has -1}}
  %0 = cim.graph.conv2d %x, %w strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] {crossbars = array<i64: -1>} : (tensor<1x2x4x4xf32>, tensor<3x2x3x3xf32>) -> tensor<1x3x2x2xf32>
  return
}

// -----

func.func @f(%x: tensor<1x2x4x4xf32>, %w: tensor<3x2x3x3xf32>) {
  // expected-error @+1 {{copies must be at least 1, but is 0}}
  %0 = cim.graph.conv2d %x, %w strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] {copies = 0} : (tensor<1x2x4x4xf32>, tensor<3x2x3x3xf32>) -> tensor<1x3x2x2xf32>
  return
}

// -----

func.func @f(%x: tensor<1x2x4x4xf32>, %w: tensor<3x2x3x3xf32>) {
  // expected-error @+1 {{weight_zero needs integer weights}}
  %0 = cim.graph.conv2d %x, %w strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] {weight_zero = 1} : (tensor<1x2x4x4xf32>, tensor<3x2x3x3xf32>) -> tensor<1x3x2x2xf32>
  return
}

// -----

func.func @f(%x: tensor<1x2x4x4xui8>, %w: tensor<3x2x3x3xsi8>) {
  // expected-error @+1 {{weight_zero 128 is not a value of si8}}
  %0 = cim.graph.conv2d %x, %w strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] {weight_zero = 128} : (tensor<1x2x4x4xui8>, tensor<3x2x3x3xsi8>) -> tensor<1x3x2x2xsi32>
  return
}

// -----

func.func @f(%x: tensor<1x2x4x4xf32>, %w: tensor<3x2x3x3xf32>) {
  // expected-error @+1 {{dilations must be in 1..=2^24, but has 0}}
  %0 = cim.graph.conv2d %x, %w strides [1, 1] pads [0, 0, 0, 0] dilations [0, 1] : (tensor<1x2x4x4xf32>, tensor<3x2x3x3xf32>) -> tensor<1x3x2x2xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4xf32>, %w: tensor<3x4xf32>) {
  // expected-error @+1 {{result must have the shape [1, 3], but has [1, 4]}}
  %0 = cim.graph.linear %x, %w : (tensor<1x4xf32>, tensor<3x4xf32>) -> tensor<1x4xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4xf32>, %w: tensor<3x4xf32>) {
  // expected-error @+1 {{weights expect 3 inputs, but the input has 4}}
  %0 = cim.graph.linear %x, %w transpose : (tensor<1x4xf32>, tensor<3x4xf32>) -> tensor<1x4xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4xf32>, %w: tensor<3x4xsi8>) {
  // expected-error @+1 {{mixes floats and integers: input tensor<1x4xf32>, weights tensor<3x4xsi8>, result tensor<1x3xf32>}}
  %0 = cim.graph.linear %x, %w : (tensor<1x4xf32>, tensor<3x4xsi8>) -> tensor<1x3xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4xui8>, %w: tensor<3x4xsi8>, %b: tensor<3xf32>) {
  // expected-error @+1 {{has a bias on integers: it belongs to the requantisation that follows}}
  %0 = cim.graph.linear %x, %w bias %b : (tensor<1x4xui8>, tensor<3x4xsi8>, tensor<3xf32>) -> tensor<1x3xsi32>
  return
}

// -----

func.func @f(%x: tensor<1x3x4x4xf32>) {
  // expected-error @+1 {{result must have the shape [1, 3, 2, 2], but has [1, 3, 2, 3]}}
  %0 = cim.graph.max_pool %x kernel [2, 2] strides [2, 2] pads [0, 0, 0, 0] dilations [1, 1] : (tensor<1x3x4x4xf32>) -> tensor<1x3x2x3xf32>
  return
}

// -----

func.func @f(%x: tensor<1x3x4x4xf32>) {
  // expected-error @+1 {{strides must be in 1..=2^24, but has 0}}
  %0 = cim.graph.max_pool %x kernel [2, 2] strides [0, 2] pads [0, 0, 0, 0] dilations [1, 1] : (tensor<1x3x4x4xf32>) -> tensor<1x3x2x2xf32>
  return
}

// -----

func.func @f(%x: tensor<1x3x4x4xf32>) {
  // expected-error @+1 {{pads must be in 0..=2^24, but has -1}}
  %0 = cim.graph.max_pool %x kernel [2, 2] strides [2, 2] pads [-1, 0, 0, 0] dilations [1, 1] : (tensor<1x3x4x4xf32>) -> tensor<1x3x2x2xf32>
  return
}

// -----

func.func @f(%x: tensor<1x3x4x4xf32>) {
  // expected-error @+1 {{the kernel covers 5 of height 4 (padding included): it does not fit}}
  %0 = cim.graph.max_pool %x kernel [5, 2] strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] : (tensor<1x3x4x4xf32>) -> tensor<1x3x2x2xf32>
  return
}

// -----

func.func @f(%x: tensor<3x4x4xf32>) {
  // expected-error @+1 {{input must have 4 dimensions (N, C, H, W), but has 3}}
  %0 = cim.graph.max_pool %x kernel [2, 2] strides [2, 2] pads [0, 0, 0, 0] dilations [1, 1] : (tensor<3x4x4xf32>) -> tensor<3x2x2xf32>
  return
}

// -----

func.func @f(%x: tensor<3x4x4xf32>) {
  // expected-error @+1 {{input must have 4 dimensions (N, C, H, W), but has 3}}
  %0 = cim.graph.average_pool %x kernel [2, 2] strides [2, 2] pads [0, 0, 0, 0] : (tensor<3x4x4xf32>) -> tensor<3x2x2xf32>
  return
}

// -----

func.func @f(%x: tensor<1x3x4x4xf32>) {
  // expected-error @+1 {{pads must be smaller than the kernel, or a window lies in the padding alone}}
  %0 = cim.graph.average_pool %x kernel [2, 2] strides [1, 1] pads [0, 0, 0, 2] : (tensor<1x3x4x4xf32>) -> tensor<1x3x3x5xf32>
  return
}

// -----

func.func @f(%x: tensor<1x3x4x4xui8>) {
  // expected-error @+1 {{needs 1 multipliers (one per number of counted elements), but has 3}}
  %0 = cim.graph.average_pool %x kernel [1, 1] strides [1, 1] pads [0, 0, 0, 0] multiplier [1, 1, 1] addend [0] shift 1 lo 0 hi 255 : (tensor<1x3x4x4xui8>) -> tensor<1x3x4x4xui8>
  return
}

// -----

func.func @f(%x: tensor<1x3x4x4xui8>) {
  // expected-error @+1 {{multipliers and addends must be equally many}}
  %0 = cim.graph.average_pool %x kernel [1, 1] strides [1, 1] pads [0, 0, 0, 0] multiplier [1] addend [0, 0] shift 1 lo 0 hi 255 : (tensor<1x3x4x4xui8>) -> tensor<1x3x4x4xui8>
  return
}

// -----

func.func @f(%x: tensor<1x3x4x4xui8>) {
  // expected-error @+1 {{multiplier 2147483648 has more than 31 bits}}
  %0 = cim.graph.average_pool %x kernel [1, 1] strides [1, 1] pads [0, 0, 0, 0] multiplier [2147483648] addend [0] shift 1 lo 0 hi 255 : (tensor<1x3x4x4xui8>) -> tensor<1x3x4x4xui8>
  return
}

// -----

func.func @f(%x: tensor<1x3x4x4xui8>) {
  // expected-error @+1 {{shift must be in 1..=62, but is 0}}
  %0 = cim.graph.average_pool %x kernel [1, 1] strides [1, 1] pads [0, 0, 0, 0] multiplier [1] addend [0] shift 0 lo 0 hi 255 : (tensor<1x3x4x4xui8>) -> tensor<1x3x4x4xui8>
  return
}

// -----

func.func @f(%x: tensor<1x3x4x4xui8>) {
  // expected-error @+1 {{lo 2 must be at most hi 1}}
  %0 = cim.graph.average_pool %x kernel [1, 1] strides [1, 1] pads [0, 0, 0, 0] multiplier [1] addend [0] shift 1 lo 2 hi 1 : (tensor<1x3x4x4xui8>) -> tensor<1x3x4x4xui8>
  return
}

// -----

func.func @f(%x: tensor<1x3x4x4xui8>) {
  // expected-error @+1 {{lo -1 and hi 255 must be values of the result type ui8}}
  %0 = cim.graph.average_pool %x kernel [1, 1] strides [1, 1] pads [0, 0, 0, 0] multiplier [1] addend [0] shift 1 lo -1 hi 255 : (tensor<1x3x4x4xui8>) -> tensor<1x3x4x4xui8>
  return
}

// -----

func.func @f(%x: tensor<1x4xsi32>) {
  // expected-error @+1 {{needs 1 or 4 multipliers (one, or one per channel), but has 3}}
  %0 = cim.graph.requantize %x multiplier [1, 1, 1] addend [0] shift 1 lo 0 hi 255 : (tensor<1x4xsi32>) -> tensor<1x4xui8>
  return
}

// -----

func.func @f(%x: tensor<1x4xsi32>) {
  // expected-error @+1 {{multipliers and addends must be equally many}}
  %0 = cim.graph.requantize %x multiplier [1] addend [0, 0] shift 1 lo 0 hi 255 : (tensor<1x4xsi32>) -> tensor<1x4xui8>
  return
}

// -----

func.func @f(%x: tensor<1x4xsi32>) {
  // expected-error @+1 {{multiplier 2147483648 has more than 31 bits}}
  %0 = cim.graph.requantize %x multiplier [2147483648] addend [0] shift 1 lo 0 hi 255 : (tensor<1x4xsi32>) -> tensor<1x4xui8>
  return
}

// -----

func.func @f(%x: tensor<1x4xsi32>) {
  // expected-error @+1 {{shift must be in 1..=62, but is 0}}
  %0 = cim.graph.requantize %x multiplier [1] addend [0] shift 0 lo 0 hi 255 : (tensor<1x4xsi32>) -> tensor<1x4xui8>
  return
}

// -----

func.func @f(%x: tensor<1x4xsi32>) {
  // expected-error @+1 {{lo 2 must be at most hi 1}}
  %0 = cim.graph.requantize %x multiplier [1] addend [0] shift 1 lo 2 hi 1 : (tensor<1x4xsi32>) -> tensor<1x4xui8>
  return
}

// -----

func.func @f(%x: tensor<1x4xsi32>) {
  // expected-error @+1 {{lo -1 and hi 255 must be values of the result type ui8}}
  %0 = cim.graph.requantize %x multiplier [1] addend [0] shift 1 lo -1 hi 255 : (tensor<1x4xsi32>) -> tensor<1x4xui8>
  return
}

// -----

func.func @f(%x: tensor<1x4xui8>) {
  // expected-error @+1 {{needs 1 or 4 multipliers (one, or one per channel), but has 3}}
  %0 = cim.graph.add_requantize %x, %x m1 [1, 1, 1] m2 [1] addend [0] shift 1 lo 0 hi 255 : (tensor<1x4xui8>, tensor<1x4xui8>) -> tensor<1x4xui8>
  return
}

// -----

func.func @f(%x: tensor<1x4xui8>) {
  // expected-error @+1 {{multipliers and addends must be equally many}}
  %0 = cim.graph.add_requantize %x, %x m1 [1] m2 [1] addend [0, 0] shift 1 lo 0 hi 255 : (tensor<1x4xui8>, tensor<1x4xui8>) -> tensor<1x4xui8>
  return
}

// -----

func.func @f(%x: tensor<1x4xui8>) {
  // expected-error @+1 {{multiplier 2147483648 has more than 31 bits}}
  %0 = cim.graph.add_requantize %x, %x m1 [2147483648] m2 [1] addend [0] shift 1 lo 0 hi 255 : (tensor<1x4xui8>, tensor<1x4xui8>) -> tensor<1x4xui8>
  return
}

// -----

func.func @f(%x: tensor<1x4xui8>) {
  // expected-error @+1 {{shift must be in 1..=62, but is 0}}
  %0 = cim.graph.add_requantize %x, %x m1 [1] m2 [1] addend [0] shift 0 lo 0 hi 255 : (tensor<1x4xui8>, tensor<1x4xui8>) -> tensor<1x4xui8>
  return
}

// -----

func.func @f(%x: tensor<1x4xui8>) {
  // expected-error @+1 {{lo 2 must be at most hi 1}}
  %0 = cim.graph.add_requantize %x, %x m1 [1] m2 [1] addend [0] shift 1 lo 2 hi 1 : (tensor<1x4xui8>, tensor<1x4xui8>) -> tensor<1x4xui8>
  return
}

// -----

func.func @f(%x: tensor<1x4xui8>) {
  // expected-error @+1 {{lo -1 and hi 255 must be values of the result type ui8}}
  %0 = cim.graph.add_requantize %x, %x m1 [1] m2 [1] addend [0] shift 1 lo -1 hi 255 : (tensor<1x4xui8>, tensor<1x4xui8>) -> tensor<1x4xui8>
  return
}

// -----

func.func @f(%x: tensor<1x4xui8>) {
  // expected-error @+1 {{scale must be of f32}}
  %0 = cim.graph.dequantize %x scale dense<1> : tensor<1xsi8> zero_point [0] : (tensor<1x4xui8>) -> tensor<1x4xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4xui8>) {
  // expected-error @+1 {{scale: resource 'nowhere' is not in the module}}
  %0 = cim.graph.dequantize %x scale dense_resource<nowhere> : tensor<1xf32> zero_point [0] : (tensor<1x4xui8>) -> tensor<1x4xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4xui8>) {
  // expected-error @+1 {{has 1 scales, but 2 zero points}}
  %0 = cim.graph.dequantize %x scale dense<1.0> : tensor<1xf32> zero_point [0, 0] : (tensor<1x4xui8>) -> tensor<1x4xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4xui8>) {
  // expected-error @+1 {{has 2 scales for dimension 1, which has 4 entries}}
  %0 = cim.graph.dequantize %x scale dense<1.0> : tensor<2xf32> zero_point [0, 0] : (tensor<1x4xui8>) -> tensor<1x4xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4xui8>) {
  // expected-error @+1 {{zero point -2147483649 has more than 32 bits}}
  %0 = cim.graph.dequantize %x scale dense<1.0> : tensor<1xf32> zero_point [-2147483649] : (tensor<1x4xui8>) -> tensor<1x4xf32>
  return
}

// -----

func.func @f(%x: tensor<1x3xf32>, %y: tensor<1x2xf32>) {
  // expected-error @+1 {{shapes [1, 3] and [1, 2] do not broadcast: 3 and 2 at dimension 1}}
  %0 = cim.graph.mul %x, %y : (tensor<1x3xf32>, tensor<1x2xf32>) -> tensor<1x3xf32>
  return
}

// -----

func.func @f(%x: tensor<1x3xf32>) {
  // expected-error @+1 {{result must have the shape [1, 3], but has [3]}}
  %0 = cim.graph.add %x, %x : (tensor<1x3xf32>, tensor<1x3xf32>) -> tensor<3xf32>
  return
}

// -----

func.func @f(%x: tensor<1x3xf32>) {
  // expected-error @+1 {{element types differ: tensor<1x3xf32>, tensor<1x3xf32>, result tensor<1x3xsi32>}}
  %0 = cim.graph.add %x, %x : (tensor<1x3xf32>, tensor<1x3xf32>) -> tensor<1x3xsi32>
  return
}

// -----

func.func @f(%x: tensor<1x3xf32>) {
  // expected-error @+1 {{lo and hi must be f32 on floats}}
  %0 = cim.graph.clip %x lo 0.0 : f32 hi 6 : i64 : tensor<1x3xf32>
  return
}

// -----

func.func @f(%x: tensor<1x3x4x4xui8>) {
  // expected-error @+1 {{on integers needs multiplier, addend, shift, lo and hi}}
  %0 = "cim.graph.average_pool"(%x) <{hi = 1 : i64, kernel = array<i64: 1, 1>, lo = 0 : i64, multiplier = array<i64: 1>, pads = array<i64: 0, 0, 0, 0>, shift = 1 : i64, strides = array<i64: 1, 1>}> : (tensor<1x3x4x4xui8>) -> tensor<1x3x4x4xui8>
  return
}

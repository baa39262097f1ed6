// RUN: cim-opt %s --split-input-file --verify-diagnostics=only-expected

func.func @f(%x: tensor<1x4xf32>) {
  // expected-error@+1 {{scale must be finite and positive, but has 0}}
  %0 = cim.graph.quantize %x scale dense<0.0> : tensor<1xf32> zero_point [0] lo 0 hi 255 : (tensor<1x4xf32>) -> tensor<1x4xui8>
  return
}

// -----

func.func @f(%x: tensor<1x4xui8>) {
  // expected-error@+1 {{scale must be finite, but has inf}}
  %0 = cim.graph.dequantize %x scale dense<0x7F800000> : tensor<1xf32> zero_point [0] : (tensor<1x4xui8>) -> tensor<1x4xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4xf32>) {
  // expected-error@+1 {{scale must be of f32}}
  %0 = cim.graph.quantize %x scale dense<1> : tensor<1xsi8> zero_point [0] lo 0 hi 255 : (tensor<1x4xf32>) -> tensor<1x4xui8>
  return
}

// -----

func.func @f(%x: tensor<1x4xf32>) {
  // expected-error@+1 {{scale: resource 'nowhere' is not in the module}}
  %0 = cim.graph.quantize %x scale dense_resource<nowhere> : tensor<1xf32> zero_point [0] lo 0 hi 255 : (tensor<1x4xf32>) -> tensor<1x4xui8>
  return
}

// -----

func.func @f(%x: tensor<1x4xf32>) {
  // expected-error@+1 {{has 1 scales, but 2 zero points}}
  %0 = cim.graph.quantize %x scale dense<1.0> : tensor<1xf32> zero_point [0, 1] lo 0 hi 255 : (tensor<1x4xf32>) -> tensor<1x4xui8>
  return
}

// -----

func.func @f(%x: tensor<1x4xf32>) {
  // expected-error@+1 {{has 2 scales for dimension 1, which has 4 entries}}
  %0 = cim.graph.quantize %x scale dense<1.0> : tensor<2xf32> zero_point [0, 1] lo 0 hi 255 : (tensor<1x4xf32>) -> tensor<1x4xui8>
  return
}

// -----

func.func @f(%x: tensor<1x4xf32>) {
  // expected-error@+1 {{has 2 scales for dimension 7, which does not exist}}
  %0 = cim.graph.quantize %x scale dense<1.0> : tensor<2xf32> zero_point [0, 1] lo 0 hi 255 {axis = 7} : (tensor<1x4xf32>) -> tensor<1x4xui8>
  return
}

// -----

func.func @f(%x: tensor<1x4xf32>) {
  // expected-error@+1 {{zero point 4294967296 has more than 32 bits}}
  %0 = cim.graph.quantize %x scale dense<1.0> : tensor<1xf32> zero_point [4294967296] lo 0 hi 255 : (tensor<1x4xf32>) -> tensor<1x4xui8>
  return
}

// -----

func.func @f(%x: tensor<1x4xf32>) {
  // expected-error@+1 {{lo 5 must be at most hi 3}}
  %0 = cim.graph.quantize %x scale dense<1.0> : tensor<1xf32> zero_point [0] lo 5 hi 3 : (tensor<1x4xf32>) -> tensor<1x4xui8>
  return
}

// -----

func.func @f(%x: tensor<1x4xf32>) {
  // expected-error@+1 {{lo 0 and hi 256 must be values of the result type ui8}}
  %0 = cim.graph.quantize %x scale dense<1.0> : tensor<1xf32> zero_point [0] lo 0 hi 256 : (tensor<1x4xf32>) -> tensor<1x4xui8>
  return
}

// -----

func.func @f(%x: tensor<1x4xf32>) {
  // expected-error@+1 {{result must have the shape [1, 4], but has [1, 5]}}
  %0 = cim.graph.quantize %x scale dense<1.0> : tensor<1xf32> zero_point [0] lo 0 hi 255 : (tensor<1x4xf32>) -> tensor<1x5xui8>
  return
}

// -----

func.func @f(%x: tensor<1x4xsi32>) {
  // expected-error@+1 {{bias must be of f32, one for each index of dimension 1}}
  %0 = cim.graph.dequantize %x scale dense<1.0> : tensor<1xf32> zero_point [0] bias dense<1.0> : tensor<3xf32> : (tensor<1x4xsi32>) -> tensor<1x4xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4xsi32>) {
  // expected-error@+1 {{needs 1 or 4 multipliers (one, or one per channel), but has 2}}
  %0 = cim.graph.requantize %x multiplier [1, 2] addend [0, 0] shift 1 lo 0 hi 255 : (tensor<1x4xsi32>) -> tensor<1x4xui8>
  return
}

// -----

func.func @f(%x: tensor<1x4xsi32>) {
  // expected-error@+1 {{multipliers and addends must be equally many}}
  %0 = cim.graph.requantize %x multiplier [1] addend [0, 0] shift 1 lo 0 hi 255 : (tensor<1x4xsi32>) -> tensor<1x4xui8>
  return
}

// -----

func.func @f(%x: tensor<1x4xsi32>) {
  // expected-error@+1 {{multiplier -2147483648 has more than 31 bits}}
  %0 = cim.graph.requantize %x multiplier [-2147483648] addend [0] shift 1 lo 0 hi 255 : (tensor<1x4xsi32>) -> tensor<1x4xui8>
  return
}

// -----

func.func @f(%x: tensor<1x4xsi32>) {
  // expected-error@+1 {{shift must be in 1..=62, but is 63}}
  %0 = cim.graph.requantize %x multiplier [1] addend [0] shift 63 lo 0 hi 255 : (tensor<1x4xsi32>) -> tensor<1x4xui8>
  return
}

// -----

func.func @f(%x: tensor<1x4xui8>, %y: tensor<4x1xui8>) {
  // expected-error@+1 {{a has the shape [1, 4], but b [4, 1]}}
  %0 = cim.graph.add_requantize %x, %y m1 [1] m2 [1] addend [0] shift 1 lo 0 hi 255 : (tensor<1x4xui8>, tensor<4x1xui8>) -> tensor<1x4xui8>
  return
}

// -----

func.func @f(%x: tensor<1x4xui8>) {
  // expected-error@+1 {{multipliers and addends must be equally many}}
  %0 = cim.graph.add_requantize %x, %x m1 [1] m2 [1, 2] addend [0] shift 1 lo 0 hi 255 : (tensor<1x4xui8>, tensor<1x4xui8>) -> tensor<1x4xui8>
  return
}

// Constants, and what the declarations refuse.
// RUN: cim-opt %s --split-input-file --verify-diagnostics=only-expected

// expected-error @+1 {{attribute 'value' failed to satisfy constraint: constant vector/tensor attribute}}
%0 = cim.graph.constant unit

// -----

// expected-error @+1 {{'cim.graph.constant' op requires attribute 'value'}}
%0 = "cim.graph.constant"() : () -> tensor<2xf32>

// -----

// expected-error @+1 {{the value is neither dense nor dense_resource}}
%0 = cim.graph.constant sparse<[[0]], [1.0]> : tensor<2xf32>

// -----

// expected-error @+1 {{value is of tensor<2xf64>, but the result is tensor<2xf32>}}
%0 = "cim.graph.constant"() <{value = dense<1.0> : tensor<2xf64>}> : () -> tensor<2xf32>

// -----

// expected-error @+1 {{result #0 must be static tensor of f16, bf16, f32, f64, siN or uiN values, but got 'vector<2xf32>'}}
%0 = cim.graph.constant dense<1.0> : vector<2xf32>

// -----

func.func @f(%x: tensor<1x4xf32>) {
  // expected-error @+1 {{scale: the value is no static tensor}}
  %0 = cim.graph.quantize %x scale dense<1.0> : vector<1xf32> zero_point [0] lo 0 hi 255 : (tensor<1x4xf32>) -> tensor<1x4xui8>
  return
}

// -----

func.func @f(%x: tensor<1x4xf32>) {
  // expected-error @+1 {{scale: the elements are neither floats nor siN nor uiN}}
  %0 = cim.graph.quantize %x scale dense<1> : tensor<1xi8> zero_point [0] lo 0 hi 255 : (tensor<1x4xf32>) -> tensor<1x4xui8>
  return
}

// -----

func.func @f(%x: tensor<1x4xsi32>) {
  // expected-error @+1 {{bias: resource 'nowhere' is not in the module}}
  %0 = cim.graph.dequantize %x scale dense<1.0> : tensor<1xf32> zero_point [0] bias dense_resource<nowhere> : tensor<4xf32> : (tensor<1x4xsi32>) -> tensor<1x4xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4xsi32>) {
  // expected-error @+1 {{bias must be of f32, one for each index of dimension 1}}
  %0 = cim.graph.dequantize %x scale dense<1.0> : tensor<1xf32> zero_point [0] bias dense<1> : tensor<4xsi32> : (tensor<1x4xsi32>) -> tensor<1x4xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4xf32>) {
  // expected-error @+1 {{result #0 must be static tensor of siN or uiN values, but got 'tensor<1x4xf32>'}}
  %0 = cim.graph.quantize %x scale dense<1.0> : tensor<1xf32> zero_point [0] lo 0 hi 255 : (tensor<1x4xf32>) -> tensor<1x4xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4xui8>) {
  // expected-error @+1 {{operand #0 must be static tensor of f32 values, but got 'tensor<1x4xui8>'}}
  %0 = cim.graph.quantize %x scale dense<1.0> : tensor<1xf32> zero_point [0] lo 0 hi 255 : (tensor<1x4xui8>) -> tensor<1x4xui8>
  return
}

// -----

func.func @f(%x: tensor<1x4xsi32>) {
  // expected-error @+1 {{result must have the shape [1, 4], but has [4, 1]}}
  %0 = cim.graph.dequantize %x scale dense<1.0> : tensor<1xf32> zero_point [0] : (tensor<1x4xsi32>) -> tensor<4x1xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4xsi32>) {
  // expected-error @+1 {{result must have the shape [1, 4], but has [4, 1]}}
  %0 = cim.graph.requantize %x multiplier [1] addend [0] shift 1 lo 0 hi 255 : (tensor<1x4xsi32>) -> tensor<4x1xui8>
  return
}

// -----

func.func @f(%x: tensor<1x4xui8>) {
  // expected-error @+1 {{result must have the shape [1, 4], but has [4, 1]}}
  %0 = cim.graph.add_requantize %x, %x m1 [1] m2 [1] addend [0] shift 1 lo 0 hi 255 : (tensor<1x4xui8>, tensor<1x4xui8>) -> tensor<4x1xui8>
  return
}

// -----

func.func @f(%x: tensor<1x3x2x2xf32>, %a: tensor<3xf32>) {
  // expected-error @+1 {{result must have the shape [1, 3, 2, 2], but has [1, 3, 4]}}
  %0 = cim.graph.batch_norm %x scale %a bias %a mean %a var %a epsilon 1.0e-5 : (tensor<1x3x2x2xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) -> tensor<1x3x4xf32>
  return
}

// -----

func.func @f(%x: tensor<1x3x2x2xf32>, %a: tensor<3xf32>, %b: tensor<2xf32>) {
  // expected-error @+1 {{scale must have the shape [3], but has [2]}}
  %0 = cim.graph.batch_norm %x scale %b bias %a mean %a var %a epsilon 1.0e-5 : (tensor<1x3x2x2xf32>, tensor<2xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) -> tensor<1x3x2x2xf32>
  return
}

// -----

func.func @f(%x: tensor<1x3x2x2xf32>, %a: tensor<3xf32>, %b: tensor<2xf32>) {
  // expected-error @+1 {{bias must have the shape [3], but has [2]}}
  %0 = cim.graph.batch_norm %x scale %a bias %b mean %a var %a epsilon 1.0e-5 : (tensor<1x3x2x2xf32>, tensor<3xf32>, tensor<2xf32>, tensor<3xf32>, tensor<3xf32>) -> tensor<1x3x2x2xf32>
  return
}

// -----

func.func @f(%x: tensor<1x3x2x2xf32>, %a: tensor<3xf32>, %b: tensor<2xf32>) {
  // expected-error @+1 {{var must have the shape [3], but has [2]}}
  %0 = cim.graph.batch_norm %x scale %a bias %a mean %a var %b epsilon 1.0e-5 : (tensor<1x3x2x2xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<2xf32>) -> tensor<1x3x2x2xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4xf32>) {
  // expected-error @+1 {{requires the same type for all operands and results}}
  %0 = "cim.graph.relu"(%x) : (tensor<1x4xf32>) -> tensor<4x1xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4xf32>) {
  // expected-error @+1 {{attribute 'lo' failed to satisfy constraint: TypedAttr instance}}
  %0 = "cim.graph.clip"(%x) <{hi = 1.0 : f32, lo = unit}> : (tensor<1x4xf32>) -> tensor<1x4xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4xf32>) {
  // expected-error @+1 {{scale must be of f32}}
  %0 = cim.graph.quantize %x scale dense<1.0> : tensor<1xf64> zero_point [0] lo 0 hi 255 : (tensor<1x4xf32>) -> tensor<1x4xui8>
  return
}

// -----

// expected-error @+1 {{value is of a type that is no tensor of the network, but the result is tensor<2xf32>}}
%0 = "cim.graph.constant"() <{value = dense<1> : tensor<2xi8>}> : () -> tensor<2xf32>

// RUN: cim-opt %s --split-input-file --verify-diagnostics=only-expected

// expected-error@+1 {{'cim.graph.constant' op value has integers -3..=-3, outside si2 (-2..=1)}}
%0 = "cim.graph.constant"() <{value = dense_resource<blob> : tensor<1x1xsi2>}> : () -> tensor<1x1xsi2>

{-#
  dialect_resources: { builtin: { blob: "0x01000000FD" } }
#-}

// -----

// expected-error@+1 {{value is of tensor<2xf32>, but the result is tensor<3xf32>}}
%0 = "cim.graph.constant"() <{value = dense<1.0> : tensor<2xf32>}> : () -> tensor<3xf32>

// -----

// expected-error@+1 {{the value has 1 bytes, tensor<2xsi8> needs 2}}
%0 = "cim.graph.constant"() <{value = dense_resource<short> : tensor<2xsi8>}> : () -> tensor<2xsi8>

{-#
  dialect_resources: { builtin: { short: "0x01000000FD" } }
#-}

// -----

// expected-error@+1 {{result #0 must be static tensor of f16, bf16, f32, f64, siN or uiN values}}
%0 = "cim.graph.constant"() <{value = dense<1> : tensor<2xi8>}> : () -> tensor<2xi8>

// -----

func.func @f(%x: tensor<1x3x2x2xf32>, %a: tensor<3xf32>, %b: tensor<2xf32>) {
  // expected-error@+1 {{mean must have the shape [3], but has [2]}}
  %0 = cim.graph.batch_norm %x scale %a bias %a mean %b var %a epsilon 1.0e-5 : (tensor<1x3x2x2xf32>, tensor<3xf32>, tensor<3xf32>, tensor<2xf32>, tensor<3xf32>) -> tensor<1x3x2x2xf32>
  return
}

// -----

func.func @f(%x: tensor<3xf32>, %a: tensor<3xf32>) {
  // expected-error@+1 {{input must have a channel dimension}}
  %0 = cim.graph.batch_norm %x scale %a bias %a mean %a var %a epsilon 1.0e-5 : (tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) -> tensor<3xf32>
  return
}

// -----

func.func @f(%x: tensor<1x3xf32>, %a: tensor<3xf32>) {
  // expected-error@+1 {{epsilon must be finite and not negative, but is -1}}
  %0 = cim.graph.batch_norm %x scale %a bias %a mean %a var %a epsilon -1.0 : (tensor<1x3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) -> tensor<1x3xf32>
  return
}

// -----

func.func @f(%x: tensor<1x3xf32>) {
  // expected-error@+1 {{lo and hi must be f32 on floats}}
  %0 = cim.graph.clip %x lo 0 : i64 hi 6 : i64 : tensor<1x3xf32>
  return
}

// -----

func.func @f(%x: tensor<1x3xui8>) {
  // expected-error@+1 {{lo and hi must be i64 on integers}}
  %0 = cim.graph.clip %x lo 0.0 : f32 hi 6.0 : f32 : tensor<1x3xui8>
  return
}

// -----

func.func @f(%x: tensor<1x3xui8>) {
  // expected-error@+1 {{lo 7 must be at most hi 6}}
  %0 = cim.graph.clip %x lo 7 : i64 hi 6 : i64 : tensor<1x3xui8>
  return
}

// -----

func.func @f(%x: tensor<1x3xf32>) {
  // expected-error@+1 {{lo 7 must be at most hi 6}}
  %0 = cim.graph.clip %x lo 7.0 : f32 hi 6.0 : f32 : tensor<1x3xf32>
  return
}

// -----

func.func @f(%x: tensor<1x3xf32>, %y: tensor<1x2xf32>) {
  // expected-error@+1 {{shapes [1, 3] and [1, 2] do not broadcast: 3 and 2 at dimension 1}}
  %0 = cim.graph.add %x, %y : (tensor<1x3xf32>, tensor<1x2xf32>) -> tensor<1x3xf32>
  return
}

// -----

func.func @f(%x: tensor<1x3xf32>, %y: tensor<1x3xui8>) {
  // expected-error@+1 {{element types differ: tensor<1x3xf32>, tensor<1x3xui8>, result tensor<1x3xf32>}}
  %0 = cim.graph.mul %x, %y : (tensor<1x3xf32>, tensor<1x3xui8>) -> tensor<1x3xf32>
  return
}

// -----

func.func @f(%x: tensor<1x3x4x4xf32>) {
  // expected-error@+1 {{pads must be smaller than the kernel, or a window lies in the padding alone}}
  %0 = cim.graph.max_pool %x kernel [2, 2] strides [1, 1] pads [2, 0, 0, 0] dilations [1, 1] : (tensor<1x3x4x4xf32>) -> tensor<1x3x5x3xf32>
  return
}

// -----

func.func @f(%x: tensor<1x3x4x4xui8>) {
  // expected-error@+1 {{input and result must have one element type}}
  %0 = cim.graph.max_pool %x kernel [2, 2] strides [2, 2] pads [0, 0, 0, 0] dilations [1, 1] : (tensor<1x3x4x4xui8>) -> tensor<1x3x2x2xui6>
  return
}

// -----

func.func @f(%x: tensor<1x3x4x4xui8>) {
  // expected-error@+1 {{on integers needs multiplier, addend, shift, lo and hi}}
  %0 = cim.graph.average_pool %x kernel [2, 2] strides [2, 2] pads [0, 0, 0, 0] : (tensor<1x3x4x4xui8>) -> tensor<1x3x2x2xui8>
  return
}

// -----

func.func @f(%x: tensor<1x3x4x4xf32>) {
  // expected-error@+1 {{has requantisation constants on floats}}
  %0 = cim.graph.average_pool %x kernel [2, 1] strides [2, 2] pads [0, 0, 0, 0] multiplier [1, 1] addend [0, 0] shift 1 lo 0 hi 1 : (tensor<1x3x4x4xf32>) -> tensor<1x3x2x2xf32>
  return
}

// -----

func.func @f(%x: tensor<1x3x4x4xui8>) {
  // expected-error@+1 {{needs 4 multipliers (one per number of counted elements), but has 2}}
  %0 = cim.graph.average_pool %x kernel [2, 2] strides [2, 2] pads [0, 0, 0, 0] multiplier [1, 1] addend [0, 0] shift 1 lo 0 hi 1 : (tensor<1x3x4x4xui8>) -> tensor<1x3x2x2xui8>
  return
}

// -----

func.func @f(%x: tensor<1x3x4x4xui8>) {
  // expected-error@+1 {{mixes floats and integers}}
  %0 = cim.graph.average_pool %x kernel [2, 2] strides [2, 2] pads [0, 0, 0, 0] : (tensor<1x3x4x4xui8>) -> tensor<1x3x2x2xf32>
  return
}

// -----

func.func @f(%x: tensor<1x3x4x4xui6>) {
  // expected-error@+1 {{pad_value 64 is not a value of ui6}}
  %0 = cim.graph.average_pool %x kernel [2, 1] strides [2, 2] pads [0, 0, 0, 0] multiplier [1, 1] addend [0, 0] shift 1 lo 0 hi 1 {pad_value = 64} : (tensor<1x3x4x4xui6>) -> tensor<1x3x2x2xui6>
  return
}

// -----

func.func @f(%x: tensor<1x3x4x4xf32>) {
  // expected-error@+1 {{pad_value needs an integer input}}
  %0 = cim.graph.average_pool %x kernel [2, 2] strides [2, 2] pads [0, 0, 0, 0] {pad_value = 4} : (tensor<1x3x4x4xf32>) -> tensor<1x3x2x2xf32>
  return
}

// -----

func.func @f(%x: tensor<1x3x4xf32>) {
  // expected-error@+1 {{input must have 4 dimensions (N, C, H, W), but has 3}}
  %0 = cim.graph.global_average_pool %x : (tensor<1x3x4xf32>) -> tensor<1x3x1xf32>
  return
}

// -----

func.func @f(%x: tensor<1x3x4xf32>) {
  // expected-error@+1 {{shapes [1, 3, 4] and [1, 13] hold different numbers of elements}}
  %0 = cim.graph.reshape %x : (tensor<1x3x4xf32>) -> tensor<1x13xf32>
  return
}

// -----

func.func @f(%x: tensor<1x3x4xui8>) {
  // expected-error@+1 {{input and result must have one element type}}
  %0 = cim.graph.reshape %x : (tensor<1x3x4xui8>) -> tensor<1x12xsi8>
  return
}

// -----

func.func @f(%x: tensor<1x3xf32>, %y: tensor<2x3xf32>) {
  // expected-error@+1 {{inputs [1, 3] and [2, 3] differ outside axis 1}}
  %0 = cim.graph.concat %x, %y axis 1 : (tensor<1x3xf32>, tensor<2x3xf32>) -> tensor<1x6xf32>
  return
}

// -----

func.func @f(%x: tensor<1x3xf32>) {
  // expected-error@+1 {{axis 2 is not a dimension of the first input, which has 2}}
  %0 = cim.graph.concat %x, %x axis 2 : (tensor<1x3xf32>, tensor<1x3xf32>) -> tensor<1x6xf32>
  return
}

// -----

func.func @f(%x: tensor<1x3xf32>, %y: tensor<1x3xui8>) {
  // expected-error@+1 {{inputs and result must have one element type}}
  %0 = cim.graph.concat %x, %y axis 1 : (tensor<1x3xf32>, tensor<1x3xui8>) -> tensor<1x6xf32>
  return
}

// -----

func.func @f(%x: tensor<2xf32>) {
  // expected-error@+1 {{operator must not be empty}}
  %0 = cim.graph.host "" version 13 (%x) attributes {axis = -1 : i64} : (tensor<2xf32>) -> tensor<2xf32>
  return
}

// -----

func.func @f(%x: tensor<2xf32>) {
  // expected-error@+1 {{version must be in 1..=1000, but is 0}}
  %0 = cim.graph.host "Softmax" version 0 (%x) attributes {axis = -1 : i64} : (tensor<2xf32>) -> tensor<2xf32>
  return
}

// -----

func.func @f(%x: tensor<2xf32>) {
  // expected-error@+1 {{output must be in 0..=255, but is -1}}
  %0 = cim.graph.host "Softmax" version 13 (%x) attributes {axis = -1 : i64} {output = -1 : i64} : (tensor<2xf32>) -> tensor<2xf32>
  return
}

// -----

func.func @f(%x: tensor<2xf32>) {
  // expected-error@+1 {{slots must be 1 ascending positions in 0..=255, but are [-1]}}
  %0 = cim.graph.host "Softmax" version 13 (%x) attributes {axis = -1 : i64} {slots = array<i64: -1>} : (tensor<2xf32>) -> tensor<2xf32>
  return
}

// -----

func.func @f(%x: tensor<2xf32>) {
  // expected-error@+1 {{attribute 'axis' must be i64, array<i64>, f32, array<f32> or a string}}
  %0 = cim.graph.host "Softmax" version 13 (%x) attributes {axis} : (tensor<2xf32>) -> tensor<2xf32>
  return
}

// -----

func.func @f(%x: tensor<2xi8>) {
  // expected-error@+1 {{operand #0 must be variadic of static tensor of f16, bf16, f32, f64, siN or uiN values, but got 'tensor<2xi8>'}}
  "cim.graph.host"(%x) <{attributes = {}, operator = "Neg", version = 13 : i64}> : (tensor<2xi8>) -> tensor<2xf32>
  return
}

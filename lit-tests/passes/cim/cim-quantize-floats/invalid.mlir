// RUN: cim-opt %s --split-input-file --verify-diagnostics --pass-pipeline='builtin.module(func.func(cim-quantize-floats))'

func.func @f(%x: tensor<1x2xf32>) -> tensor<1x3xf32> {
  %w = cim.graph.constant dense<1.0> : tensor<3x2xf32>
  // expected-error@+1 {{reads a value without a range ('cim.range'); calibrate the network first}}
  %0 = cim.graph.linear %x, %w : (tensor<1x2xf32>, tensor<3x2xf32>) -> tensor<1x3xf32>
  return %0 : tensor<1x3xf32>
}

// -----

func.func @f(%x: tensor<1x2xf32>) -> tensor<1x3xf32> attributes {cim.input_ranges = [array<f32: 0.0, 1.0>]} {
  %w = cim.graph.constant dense<1.0> : tensor<3x2xf32>
  // expected-error@+1 {{weights of 9 and activations of 8 bits: 2 to 8 and 2 to 16 are possible}}
  %0 = cim.graph.linear %x, %w {cim.bits = array<i64: 9, 8>} : (tensor<1x2xf32>, tensor<3x2xf32>) -> tensor<1x3xf32>
  return %0 : tensor<1x3xf32>
}

// -----

func.func @f(%x: tensor<1x2xf32>) -> tensor<1x3xf32> attributes {cim.input_ranges = [array<f32: 0.0, 1.0>]} {
  %w = cim.graph.constant dense<1.0> : tensor<3x2xf32>
  // expected-error@+1 {{attribute 'cim.bits' must be two numbers}}
  %0 = cim.graph.linear %x, %w {cim.bits = array<i64: 4>} : (tensor<1x2xf32>, tensor<3x2xf32>) -> tensor<1x3xf32>
  return %0 : tensor<1x3xf32>
}

// -----

func.func @f(%x: tensor<1x2xf32>) -> tensor<1x3xf32> attributes {cim.input_ranges = [array<f32: 0.0, 1.0>]} {
  %w = cim.graph.constant dense<0x7F800000> : tensor<3x2xf32>
  // expected-error@+1 {{has weights that are not finite}}
  %0 = cim.graph.linear %x, %w : (tensor<1x2xf32>, tensor<3x2xf32>) -> tensor<1x3xf32>
  return %0 : tensor<1x3xf32>
}

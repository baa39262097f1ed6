// RUN: cim-opt %s --split-input-file --verify-diagnostics

%a = cim.xbar.alloc("a") : memref<1x1x4xui4, "L0">
// expected-error @+1 {{counts and strides must have the same number of entries, at most four}}
cim.xbar.mov 1 counts [2], %a at affine_map<() -> (0, 0, 0)> by [1] from %a at affine_map<() -> (0, 0, 0)> by [] : memref<1x1x4xui4, "L0">, memref<1x1x4xui4, "L0">

// -----

%a = cim.xbar.alloc("a") : memref<1x1x4xui4, "L0">
// expected-error @+1 {{each count must be at least 1 and below 2^32, got 0}}
cim.xbar.fill 1, 1 counts [0], %a at affine_map<() -> (0, 0, 0)> by [1] : memref<1x1x4xui4, "L0">

// -----

%a = cim.xbar.alloc("a") core 0 : memref<8xsi32, "L1">
%b = cim.xbar.alloc("b") core 0 : memref<8xsi32, "L1">
// expected-error @+1 {{len must be at least 1 and below 2^32, got 0}}
cim.xbar.mov 0 counts [], %a at affine_map<() -> (0)> by [] from %b at affine_map<() -> (0)> by [] : memref<8xsi32, "L1">, memref<8xsi32, "L1">

// -----

%a = cim.xbar.alloc("a") core 0 : memref<8xf32, "L1">
%b = cim.xbar.alloc("b") core 0 : memref<8xsi32, "L1">
// expected-error @+1 {{dst must hold signed or unsigned integers of at most 64 bits}}
cim.xbar.mov 4 counts [], %a at affine_map<() -> (0)> by [] from %b at affine_map<() -> (0)> by [] : memref<8xf32, "L1">, memref<8xsi32, "L1">

// -----

%a = cim.xbar.alloc("a") core 0 : memref<8xsi32, "L1">
%b = cim.xbar.alloc("b") core 0 : memref<8xsi16, "L1">
// expected-error @+1 {{src has another element type than dst}}
cim.xbar.mov 4 counts [], %a at affine_map<() -> (0)> by [] from %b at affine_map<() -> (0)> by [] : memref<8xsi32, "L1">, memref<8xsi16, "L1">

// -----

%a = cim.xbar.alloc("a") core 0 : memref<8xsi32, "L1">
%b = cim.xbar.alloc("b") core 0 : memref<8xsi32, "L1">
// expected-error @+1 {{the map of dst takes 1 indices, but 0 are given}}
cim.xbar.mov 4 counts [], %a at affine_map<(d0) -> (d0)> by [] from %b at affine_map<() -> (0)> by [] : memref<8xsi32, "L1">, memref<8xsi32, "L1">

// -----

%a = cim.xbar.alloc("a") core 0 : memref<8xsi32, "L1">
%b = cim.xbar.alloc("b") core 0 : memref<8xsi32, "L1">
// expected-error @+1 {{the map of src has 2 results for a buffer of rank 1}}
cim.xbar.mov 4 counts [], %a at affine_map<() -> (0)> by [] from %b at affine_map<() -> (0, 0)> by [] : memref<8xsi32, "L1">, memref<8xsi32, "L1">

// -----

%a = cim.xbar.alloc("a") core 0 : memref<8xsi32, "L1">
%b = cim.xbar.alloc("b") core 0 : memref<8xsi32, "L1">
// expected-error @+1 {{counts and strides must have the same number of entries, at most four}}
cim.xbar.mov 1 counts [2], %a at affine_map<() -> (0)> by [] from %b at affine_map<() -> (0)> by [1] : memref<8xsi32, "L1">, memref<8xsi32, "L1">

// -----

%a = cim.xbar.alloc("a") core 0 : memref<8xsi32, "L1">
%b = cim.xbar.alloc("b") core 0 : memref<8xsi32, "L1">
// expected-error @+1 {{counts and strides must have the same number of entries, at most four}}
cim.xbar.mov 1 counts [1, 1, 1, 1, 1], %a at affine_map<() -> (0)> by [1, 1, 1, 1, 1] from %b at affine_map<() -> (0)> by [1, 1, 1, 1, 1] : memref<8xsi32, "L1">, memref<8xsi32, "L1">

// -----

%a = cim.xbar.alloc("a") core 0 : memref<8xsi32, "L1">
%b = cim.xbar.alloc("b") core 0 : memref<8xsi32, "L1">
// expected-error @+1 {{each count must be at least 1 and below 2^32, got 0}}
cim.xbar.mov 1 counts [0], %a at affine_map<() -> (0)> by [1] from %b at affine_map<() -> (0)> by [1] : memref<8xsi32, "L1">, memref<8xsi32, "L1">

// -----

%a = cim.xbar.alloc("a") core 0 : memref<8xsi32, "L1">
// expected-error @+1 {{len must be at least 1 and below 2^32, got 0}}
cim.xbar.fill 0, 0 counts [], %a at affine_map<() -> (0)> by [] : memref<8xsi32, "L1">

// -----

%a = cim.xbar.alloc("a") core 0 : memref<8xf32, "L1">
// expected-error @+1 {{dst must hold signed or unsigned integers of at most 64 bits}}
cim.xbar.fill 0, 4 counts [], %a at affine_map<() -> (0)> by [] : memref<8xf32, "L1">

// -----

%a = cim.xbar.alloc("a") core 0 : memref<8xsi32, "L1">
// expected-error @+1 {{the map of dst takes 1 indices, but 0 are given}}
cim.xbar.fill 0, 4 counts [], %a at affine_map<(d0) -> (d0)> by [] : memref<8xsi32, "L1">

// -----

%a = cim.xbar.alloc("a") core 0 : memref<8xsi32, "L1">
// expected-error @+1 {{the map of dst has 2 results for a buffer of rank 1}}
cim.xbar.fill 0, 4 counts [], %a at affine_map<() -> (0, 0)> by [] : memref<8xsi32, "L1">

// -----

%a = cim.xbar.alloc("a") core 0 : memref<8xsi32, "L1">
// expected-error @+1 {{counts and strides must have the same number of entries, at most four}}
cim.xbar.fill 0, 1 counts [2], %a at affine_map<() -> (0)> by [] : memref<8xsi32, "L1">

// -----

%a = cim.xbar.alloc("a") core 0 : memref<8xsi32, "L1">
// expected-error @+1 {{counts and strides must have the same number of entries, at most four}}
cim.xbar.fill 0, 1 counts [1, 1, 1, 1, 1], %a at affine_map<() -> (0)> by [1, 1, 1, 1, 1] : memref<8xsi32, "L1">

// -----

%a = cim.xbar.alloc("a") core 0 : memref<2x2x4xui4, "L1">
%f = cim.xbar.alloc("f") : memref<1x4x2x2xf32, "host">
// expected-error @+1 {{dst must lie in L0, not in L1}}
cim.xbar.host_quantize "q", %a from %f {hi = 15 : i64, lo = 0 : i64, reason = "input", scale = dense<5.000000e-01> : tensor<1xf32>} : memref<2x2x4xui4, "L1">, memref<1x4x2x2xf32, "host">

// -----

%a = cim.xbar.alloc("a") : memref<2x2x4xui4, "L0">
%f = cim.xbar.alloc("f") : memref<1x4x2x2xf32, "L0">
// expected-error @+1 {{src must lie in host, not in L0}}
cim.xbar.host_quantize "q", %a from %f {hi = 15 : i64, lo = 0 : i64, reason = "input", scale = dense<5.000000e-01> : tensor<1xf32>} : memref<2x2x4xui4, "L0">, memref<1x4x2x2xf32, "L0">

// -----

%a = cim.xbar.alloc("a") : memref<2x2x4xf32, "L0">
%f = cim.xbar.alloc("f") : memref<1x4x2x2xf32, "host">
// expected-error @+1 {{dst must hold signed or unsigned integers of at most 64 bits}}
cim.xbar.host_quantize "q", %a from %f {hi = 15 : i64, lo = 0 : i64, reason = "input", scale = dense<5.000000e-01> : tensor<1xf32>} : memref<2x2x4xf32, "L0">, memref<1x4x2x2xf32, "host">

// -----

%a = cim.xbar.alloc("a") : memref<2x2x4xui4, "L0">
%f = cim.xbar.alloc("f") : memref<1x4x2x2xi8, "host">
// expected-error @+1 {{src must hold f16, bf16, f32, f64, siN or uiN values}}
cim.xbar.host_quantize "q", %a from %f {hi = 15 : i64, lo = 0 : i64, reason = "input", scale = dense<5.000000e-01> : tensor<1xf32>} : memref<2x2x4xui4, "L0">, memref<1x4x2x2xi8, "host">

// -----

%a = cim.xbar.alloc("a") : memref<2x2x4xui4, "L0">
%f = cim.xbar.alloc("f") : memref<1x4x2x2xf32, "host">
// expected-error @+1 {{lower bound 16 is above upper bound 15}}
cim.xbar.host_quantize "q", %a from %f {hi = 15 : i64, lo = 16 : i64, reason = "input", scale = dense<5.000000e-01> : tensor<1xf32>} : memref<2x2x4xui4, "L0">, memref<1x4x2x2xf32, "host">

// -----

%a = cim.xbar.alloc("a") core 0 : memref<2x2x4xui4, "L1">
%f = cim.xbar.alloc("f") : memref<1x4x2x2xf32, "host">
// expected-error @+1 {{src must lie in L0, not in L1}}
cim.xbar.host_dequantize "d", %f from %a {reason = "output", scale = dense<5.000000e-01> : tensor<1xf32>} : memref<1x4x2x2xf32, "host">, memref<2x2x4xui4, "L1">

// -----

%a = cim.xbar.alloc("a") : memref<2x2x4xui4, "L0">
%f = cim.xbar.alloc("f") : memref<1x4x2x2xf32, "L0">
// expected-error @+1 {{dst must lie in host, not in L0}}
cim.xbar.host_dequantize "d", %f from %a {reason = "output", scale = dense<5.000000e-01> : tensor<1xf32>} : memref<1x4x2x2xf32, "L0">, memref<2x2x4xui4, "L0">

// -----

%a = cim.xbar.alloc("a") : memref<2x2x4xf32, "L0">
%f = cim.xbar.alloc("f") : memref<1x4x2x2xf32, "host">
// expected-error @+1 {{src must hold signed or unsigned integers of at most 64 bits}}
cim.xbar.host_dequantize "d", %f from %a {reason = "output", scale = dense<5.000000e-01> : tensor<1xf32>} : memref<1x4x2x2xf32, "host">, memref<2x2x4xf32, "L0">

// -----

%a = cim.xbar.alloc("a") : memref<2x2x4xui4, "L0">
%f = cim.xbar.alloc("f") : memref<1x4x2x2xi8, "host">
// expected-error @+1 {{dst must hold f16, bf16, f32, f64, siN or uiN values}}
cim.xbar.host_dequantize "d", %f from %a {reason = "output", scale = dense<5.000000e-01> : tensor<1xf32>} : memref<1x4x2x2xi8, "host">, memref<2x2x4xui4, "L0">

// -----

// expected-error @+1 {{result must lie in host, not in L0}}
%k = cim.xbar.host_constant("k") {value = dense<2.0> : tensor<4xf32>} : memref<4xf32, "L0">

// -----

// expected-error @+1 {{value must be a tensor with the extents [7]}}
%k = cim.xbar.host_constant("k") {value = dense<2.0> : tensor<4xf32>} : memref<7xf32, "host">

// -----

%f = cim.xbar.alloc("f") : memref<1x4x2x2xf32, "L0">
// expected-error @+1 {{dst must lie in host, not in L0}}
cim.xbar.host "r" "Relu" version 13, %f attributes {} {reason = "r"} : memref<1x4x2x2xf32, "L0">

// -----

%f = cim.xbar.alloc("f") : memref<1x4x2x2xf32, "L0">
%h = cim.xbar.alloc("h") : memref<1x4x2x2xf32, "host">
// expected-error @+1 {{each source must lie in host, not in L0}}
cim.xbar.host "r" "Relu" version 13, %h from %f attributes {} {reason = "r"} : memref<1x4x2x2xf32, "host">, memref<1x4x2x2xf32, "L0">

// -----

%a = cim.xbar.alloc("a") : memref<2x2x4xui4, "L0">
%f = cim.xbar.alloc("f") : memref<1x4x2x2xf32, "host">
// expected-error @+1 {{bounds 0 and 16 must be values of the result type ui4}}
cim.xbar.host_quantize "q", %a from %f {hi = 16 : i64, lo = 0 : i64, reason = "input", scale = dense<0.5> : tensor<1xf32>} : memref<2x2x4xui4, "L0">, memref<1x4x2x2xf32, "host">

// -----

%a = cim.xbar.alloc("a") : memref<2x2x4xui4, "L0">
%f = cim.xbar.alloc("f") : memref<1x4x2x2xf32, "host">
// expected-error @+1 {{bounds -1 and 15 must be values of the result type ui4}}
cim.xbar.host_quantize "q", %a from %f {hi = 15 : i64, lo = -1 : i64, reason = "input", scale = dense<0.5> : tensor<1xf32>} : memref<2x2x4xui4, "L0">, memref<1x4x2x2xf32, "host">

// -----

%a = cim.xbar.alloc("a") : memref<2x2x4xui4, "L0">
%f = cim.xbar.alloc("f") : memref<1x4x2x2xf32, "host">
// expected-error @+1 {{scale: has 4 elements, but needs 1}}
cim.xbar.host_quantize "q", %a from %f {hi = 15 : i64, lo = 0 : i64, reason = "input", scale = dense<0.5> : tensor<4xf32>} : memref<2x2x4xui4, "L0">, memref<1x4x2x2xf32, "host">

// -----

%a = cim.xbar.alloc("a") : memref<2x2x4xui4, "L0">
%f = cim.xbar.alloc("f") : memref<1x4x2x2xf32, "host">
// expected-error @+1 {{scale: the elements are not f32}}
cim.xbar.host_quantize "q", %a from %f {hi = 15 : i64, lo = 0 : i64, reason = "input", scale = dense<0.5> : tensor<1xf64>} : memref<2x2x4xui4, "L0">, memref<1x4x2x2xf32, "host">

// -----

%a = cim.xbar.alloc("a") : memref<2x2x4xui4, "L0">
%f = cim.xbar.alloc("f") : memref<1x4x2x2xf32, "host">
// expected-error @+1 {{scale: the elements are not f32}}
cim.xbar.host_quantize "q", %a from %f {hi = 15 : i64, lo = 0 : i64, reason = "input", scale = dense<1> : tensor<1xsi8>} : memref<2x2x4xui4, "L0">, memref<1x4x2x2xf32, "host">

// -----

%a = cim.xbar.alloc("a") : memref<2x2x4xui4, "L0">
%f = cim.xbar.alloc("f") : memref<1x4x2x2xf32, "host">
// expected-error @+1 {{scale: must be finite and positive, but has 0}}
cim.xbar.host_quantize "q", %a from %f {hi = 15 : i64, lo = 0 : i64, reason = "input", scale = dense<0.0> : tensor<1xf32>} : memref<2x2x4xui4, "L0">, memref<1x4x2x2xf32, "host">

// -----

%a = cim.xbar.alloc("a") : memref<2x2x4xui4, "L0">
%f = cim.xbar.alloc("f") : memref<1x4x2x2xf32, "host">
// expected-error @+1 {{scale: must be finite and positive, but has inf}}
cim.xbar.host_quantize "q", %a from %f {hi = 15 : i64, lo = 0 : i64, reason = "input", scale = dense<0x7F800000> : tensor<1xf32>} : memref<2x2x4xui4, "L0">, memref<1x4x2x2xf32, "host">

// -----

%a = cim.xbar.alloc("a") : memref<2x2x4xui4, "L0">
%f = cim.xbar.alloc("f") : memref<1x4x2x2xf32, "host">
// expected-error @+1 {{scale: resource 'nowhere' is not in the module}}
cim.xbar.host_quantize "q", %a from %f {hi = 15 : i64, lo = 0 : i64, reason = "input", scale = dense_resource<nowhere> : tensor<1xf32>} : memref<2x2x4xui4, "L0">, memref<1x4x2x2xf32, "host">

// -----

%a = cim.xbar.alloc("a") : memref<2x2x4xui4, "L0">
%f = cim.xbar.alloc("f") : memref<1x4x2x2xf32, "host">
// expected-error @+1 {{scale: has 3 elements, but needs 1 or 4}}
cim.xbar.host_dequantize "d", %f from %a {reason = "output", scale = dense<0.5> : tensor<3xf32>} : memref<1x4x2x2xf32, "host">, memref<2x2x4xui4, "L0">

// -----

%a = cim.xbar.alloc("a") : memref<2x2x4xui4, "L0">
%f = cim.xbar.alloc("f") : memref<1x4x2x2xf32, "host">
// expected-error @+1 {{scale: must be finite, but has NaN}}
cim.xbar.host_dequantize "d", %f from %a {reason = "output", scale = dense<0x7FC00000> : tensor<1xf32>} : memref<1x4x2x2xf32, "host">, memref<2x2x4xui4, "L0">

// -----

%a = cim.xbar.alloc("a") : memref<2x2x4xui4, "L0">
%f = cim.xbar.alloc("f") : memref<1x4x2x2xf32, "host">
// expected-error @+1 {{bias: has 2 elements, but needs 1 or 4}}
cim.xbar.host_dequantize "d", %f from %a {bias = dense<0.5> : tensor<2xf32>, reason = "output", scale = dense<0.5> : tensor<1xf32>} : memref<1x4x2x2xf32, "host">, memref<2x2x4xui4, "L0">

// -----

%a = cim.xbar.alloc("a") : memref<2x2x4xui4, "L0">
%f = cim.xbar.alloc("f") : memref<1x4x2x2xf32, "host">
// expected-error @+1 {{bias: the elements are not f32}}
cim.xbar.host_dequantize "d", %f from %a {bias = dense<1> : tensor<4xsi32>, reason = "output", scale = dense<0.5> : tensor<1xf32>} : memref<1x4x2x2xf32, "host">, memref<2x2x4xui4, "L0">

// -----

// expected-error @+1 {{result must hold f16, bf16, f32, f64, siN or uiN values}}
%k = cim.xbar.host_constant("k") {value = dense<2> : tensor<4xi8>} : memref<4xi8, "host">

// -----

// expected-error @+1 {{value and result must have one element type}}
%k = cim.xbar.host_constant("k") {value = dense<2.0> : tensor<4xf64>} : memref<4xf32, "host">

// -----

%h = cim.xbar.alloc("h") : memref<4xi8, "host">
// expected-error @+1 {{dst must hold f16, bf16, f32, f64, siN or uiN values}}
cim.xbar.host "r" "Relu" version 13, %h attributes {} {reason = "r"} : memref<4xi8, "host">

// -----

%h = cim.xbar.alloc("h") : memref<4xi8, "host">
%f = cim.xbar.alloc("f") : memref<1x4x2x2xf32, "host">
// expected-error @+1 {{each source must hold f16, bf16, f32, f64, siN or uiN values}}
cim.xbar.host "r" "Relu" version 13, %f from %h attributes {} {reason = "r"} : memref<1x4x2x2xf32, "host">, memref<4xi8, "host">

// -----

%f = cim.xbar.alloc("f") : memref<1x4x2x2xf32, "host">
// expected-error @+1 {{attribute 'x' must be i64, array<i64>, f32, array<f32> or a string}}
cim.xbar.host "r" "MaxPool" version 12, %f from %f attributes {x = 2.0 : f64} {reason = "r"} : memref<1x4x2x2xf32, "host">, memref<1x4x2x2xf32, "host">

// -----

%f = cim.xbar.alloc("f") : memref<1x4x2x2xf32, "host">
// expected-error @+1 {{slots must be 1 ascending positions in 0..=255, but are [0, 1]}}
cim.xbar.host "r" "LeakyRelu" version 16, %f from %f attributes {} {reason = "r", slots = array<i64: 0, 1>} : memref<1x4x2x2xf32, "host">, memref<1x4x2x2xf32, "host">

// -----

%b = cim.xbar.alloc("b") core 0 : memref<8xsi32, "L1">
// expected-error @+1 {{the map of dst has symbols; an access map takes loop indices only}}
cim.xbar.fill 0, 4 counts [], %b at affine_map<()[s0] -> (s0)> by [] : memref<8xsi32, "L1">

// -----

func.func @f(%m: memref<8xsi32>) {
  // expected-error @+1 {{operand #0 must be memref in memory space "L0", "L1" or "host", but got 'memref<8xsi32>'}}
  cim.xbar.fill 0, 4 counts [], %m at affine_map<() -> (0)> by [] : memref<8xsi32>
  return
}

// -----

func.func @f(%m: memref<8xsi32, "L1">, %i: i32) {
  // expected-error @+1 {{operand #1 must be variadic of index, but got 'i32'}}
  "cim.xbar.fill"(%m, %i) <{counts = array<i64>, dst_at = affine_map<(d0) -> (d0)>, dst_strides = array<i64>, len = 4 : i64, value = 0 : i64}> : (memref<8xsi32, "L1">, i32) -> ()
  return
}

// -----

%a = cim.xbar.alloc("a") : memref<2x2x4xui4, "L0">
%f = cim.xbar.alloc("f") : memref<1x4x2x2xf32, "host">
// expected-error@+1 {{rounding must be one of half_even, half_up, half_down, up, down, ceil, floor, sign, bipolar, but is 'nearest'}}
cim.xbar.host_quantize "q", %a from %f {hi = 15 : i64, lo = 0 : i64, reason = "input", rounding = "nearest", scale = dense<0.5> : tensor<1xf32>} : memref<2x2x4xui4, "L0">, memref<1x4x2x2xf32, "host">

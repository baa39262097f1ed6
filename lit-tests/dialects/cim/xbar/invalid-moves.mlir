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
%f = cim.xbar.alloc("f") : memref<1x4x2x2xui8, "host">
// expected-error @+1 {{src must hold f32 values}}
cim.xbar.host_quantize "q", %a from %f {hi = 15 : i64, lo = 0 : i64, reason = "input", scale = dense<5.000000e-01> : tensor<1xf32>} : memref<2x2x4xui4, "L0">, memref<1x4x2x2xui8, "host">

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
%f = cim.xbar.alloc("f") : memref<1x4x2x2xui8, "host">
// expected-error @+1 {{dst must hold f32 values}}
cim.xbar.host_dequantize "d", %f from %a {reason = "output", scale = dense<5.000000e-01> : tensor<1xf32>} : memref<1x4x2x2xui8, "host">, memref<2x2x4xui4, "L0">

// -----

// expected-error @+1 {{result must lie in host, not in L0}}
%k = cim.xbar.host_constant("k") {value = dense<2.0> : tensor<4xf32>} : memref<4xf32, "L0">

// -----

// expected-error @+1 {{value must be a tensor with the extents [7]}}
%k = cim.xbar.host_constant("k") {value = dense<2.0> : tensor<4xf32>} : memref<7xf32, "host">

// -----

%f = cim.xbar.alloc("f") : memref<1x4x2x2xf32, "L0">
// expected-error @+1 {{dst must lie in host, not in L0}}
cim.xbar.host_float "r" "Relu", %f {floats = {}, ints = {}, reason = "r"} : memref<1x4x2x2xf32, "L0">

// -----

%f = cim.xbar.alloc("f") : memref<1x4x2x2xf32, "L0">
%h = cim.xbar.alloc("h") : memref<1x4x2x2xf32, "host">
// expected-error @+1 {{each source must lie in host, not in L0}}
cim.xbar.host_float "r" "Relu", %h from %f {floats = {}, ints = {}, reason = "r"} : memref<1x4x2x2xf32, "host">, memref<1x4x2x2xf32, "L0">

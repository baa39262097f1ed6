// Every operation of xbar/moves.rs is printed as it is written, in custom form and by way of the generic form.
// RUN: cim-opt %s | cim-opt | FileCheck %s
// RUN: cim-opt %s --mlir-print-op-generic | cim-opt | FileCheck %s

// CHECK-DAG: #[[M0:map[0-9]*]] = affine_map<() -> (0)>{{$}}
// CHECK-DAG: #[[M1:map[0-9]*]] = affine_map<() -> (0, 0, 0)>{{$}}
// CHECK-DAG: #[[M2:map[0-9]*]] = affine_map<(d0) -> (d0)>{{$}}
// CHECK-DAG: #[[M3:map[0-9]*]] = affine_map<(d0) -> (0, 0, d0)>{{$}}

// CHECK-LABEL: func.func @run
func.func @run(%i: index) {
  // CHECK: cim.xbar.alloc("a") : memref<2x2x4xui4, "L0">{{$}}
  %a = cim.xbar.alloc("a") : memref<2x2x4xui4, "L0">
  // CHECK: cim.xbar.alloc("b") core 0 : memref<16xui4, "L1">{{$}}
  %b = cim.xbar.alloc("b") core 0 : memref<16xui4, "L1">
  // CHECK: cim.xbar.alloc("f") : memref<1x4x2x2xf32, "host">{{$}}
  %f = cim.xbar.alloc("f") : memref<1x4x2x2xf32, "host">
  // CHECK: cim.xbar.mov 4 counts [], %{{.*}} at #[[M0]] by [] from %{{.*}} at #[[M1]] by [] : memref<16xui4, "L1">, memref<2x2x4xui4, "L0">{{$}}
  cim.xbar.mov 4 counts [], %b at affine_map<() -> (0)> by [] from %a at affine_map<() -> (0, 0, 0)> by [] : memref<16xui4, "L1">, memref<2x2x4xui4, "L0">
  // CHECK: cim.xbar.mov 1 counts [2, 2], %{{.*}} at #[[M2]] by [4, 1] from %{{.*}} at #[[M3]] by [8, 4] for %{{.*}} : memref<16xui4, "L1">, memref<2x2x4xui4, "L0">{{$}}
  cim.xbar.mov 1 counts [2, 2], %b at affine_map<(d0) -> (d0)> by [4, 1] from %a at affine_map<(d0) -> (0, 0, d0)> by [8, 4] for %i : memref<16xui4, "L1">, memref<2x2x4xui4, "L0">
  // CHECK: cim.xbar.fill 3, 4 counts [], %{{.*}} at #[[M1]] by [] : memref<2x2x4xui4, "L0">{{$}}
  cim.xbar.fill 3, 4 counts [], %a at affine_map<() -> (0, 0, 0)> by [] : memref<2x2x4xui4, "L0">
  // CHECK: cim.xbar.fill 0, 1 counts [2, 2], %{{.*}} at #[[M3]] by [8, 4] for %{{.*}} : memref<2x2x4xui4, "L0">{{$}}
  cim.xbar.fill 0, 1 counts [2, 2], %a at affine_map<(d0) -> (0, 0, d0)> by [8, 4] for %i : memref<2x2x4xui4, "L0">
  // CHECK: cim.xbar.host_constant("k") {value = dense<2.000000e+00> : tensor<1x4x2x2xf32>} : memref<1x4x2x2xf32, "host">{{$}}
  %k = cim.xbar.host_constant("k") {value = dense<2.000000e+00> : tensor<1x4x2x2xf32>} : memref<1x4x2x2xf32, "host">
  // CHECK: cim.xbar.host_quantize "q", %{{.*}} from %{{.*}} {hi = 15 : i64, lo = 0 : i64, reason = "input", scale = dense<5.000000e-01> : tensor<1xf32>} : memref<2x2x4xui4, "L0">, memref<1x4x2x2xf32, "host">{{$}}
  cim.xbar.host_quantize "q", %a from %f {hi = 15 : i64, lo = 0 : i64, reason = "input", scale = dense<5.000000e-01> : tensor<1xf32>} : memref<2x2x4xui4, "L0">, memref<1x4x2x2xf32, "host">
  // CHECK: cim.xbar.host_quantize "q", %{{.*}} from %{{.*}} {hi = 15 : i64, lo = 0 : i64, reason = "input", scale = dense<5.000000e-01> : tensor<1xf32>, zero_point = 3 : i64} : memref<2x2x4xui4, "L0">, memref<1x4x2x2xf32, "host">{{$}}
  cim.xbar.host_quantize "q", %a from %f {hi = 15 : i64, lo = 0 : i64, reason = "input", scale = dense<5.000000e-01> : tensor<1xf32>, zero_point = 3 : i64} : memref<2x2x4xui4, "L0">, memref<1x4x2x2xf32, "host">
  // CHECK: cim.xbar.host_dequantize "d", %{{.*}} from %{{.*}} {reason = "output", scale = dense<5.000000e-01> : tensor<1xf32>} : memref<1x4x2x2xf32, "host">, memref<2x2x4xui4, "L0">{{$}}
  cim.xbar.host_dequantize "d", %f from %a {reason = "output", scale = dense<5.000000e-01> : tensor<1xf32>} : memref<1x4x2x2xf32, "host">, memref<2x2x4xui4, "L0">
  // CHECK: cim.xbar.host_dequantize "d", %{{.*}} from %{{.*}} {bias = dense<1.000000e+00> : tensor<4xf32>, reason = "output", scale = dense<5.000000e-01> : tensor<1xf32>, zero_point = 3 : i64} : memref<1x4x2x2xf32, "host">, memref<2x2x4xui4, "L0">{{$}}
  cim.xbar.host_dequantize "d", %f from %a {bias = dense<1.000000e+00> : tensor<4xf32>, reason = "output", scale = dense<5.000000e-01> : tensor<1xf32>, zero_point = 3 : i64} : memref<1x4x2x2xf32, "host">, memref<2x2x4xui4, "L0">
  // CHECK: cim.xbar.host "m" "Mul" version 17, %{{.*}} from %{{.*}}, %{{.*}} attributes {} {reason = "no weights"} : memref<1x4x2x2xf32, "host">, memref<1x4x2x2xf32, "host">, memref<1x4x2x2xf32, "host">{{$}}
  cim.xbar.host "m" "Mul" version 17, %f from %f, %k attributes {} {reason = "no weights"} : memref<1x4x2x2xf32, "host">, memref<1x4x2x2xf32, "host">, memref<1x4x2x2xf32, "host">
  // CHECK: cim.xbar.host "p" "MaxPool" version 12, %{{.*}} from %{{.*}} attributes {alpha = 1.000000e+00 : f32, kernel_shape = array<i64: 1, 1>, mode = "x", scales = array<f32: 1.000000e+00, 2.000000e+00>} {reason = "float"} : memref<1x4x2x2xf32, "host">, memref<1x4x2x2xf32, "host">{{$}}
  cim.xbar.host "p" "MaxPool" version 12, %f from %f attributes {alpha = 1.000000e+00 : f32, kernel_shape = array<i64: 1, 1>, mode = "x", scales = array<f32: 1.0, 2.0>} {reason = "float"} : memref<1x4x2x2xf32, "host">, memref<1x4x2x2xf32, "host">
  // CHECK: cim.xbar.host "r" "Resize" version 19, %{{.*}} from %{{.*}}, %{{.*}} attributes {} {output = 1 : i64, reason = "float", slots = array<i64: 0, 2>} : memref<1x4x2x2xf32, "host">, memref<1x4x2x2xf32, "host">, memref<1x4x2x2xf32, "host">{{$}}
  cim.xbar.host "r" "Resize" version 19, %f from %f, %k attributes {} {output = 1 : i64, reason = "float", slots = array<i64: 0, 2>} : memref<1x4x2x2xf32, "host">, memref<1x4x2x2xf32, "host">, memref<1x4x2x2xf32, "host">
  // CHECK: cim.xbar.host "z" "Zeros" version 1, %{{.*}} attributes {} {reason = "no operand"} : memref<1x4x2x2xf32, "host">{{$}}
  cim.xbar.host "z" "Zeros" version 1, %f attributes {} {reason = "no operand"} : memref<1x4x2x2xf32, "host">
  // CHECK: cim.xbar.host_quantize "c", %{{.*}} from %{{.*}} {channels_last, hi = 15 : i64,
  cim.xbar.host_quantize "c", %a from %f {channels_last, hi = 15 : i64, lo = 0 : i64, reason = "input", scale = dense<5.000000e-01> : tensor<1xf32>} : memref<2x2x4xui4, "L0">, memref<1x4x2x2xf32, "host">
  return
}

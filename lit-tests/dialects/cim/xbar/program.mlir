// Every operation of xbar/program.rs is printed as it is written, in custom form and by way of the generic form.
// RUN: cim-opt %s | cim-opt | FileCheck %s
// RUN: cim-opt %s --mlir-print-op-generic | cim-opt | FileCheck %s

// CHECK-DAG: #[[M0:map[0-9]*]] = affine_map<() -> (0)>{{$}}

// CHECK: cim.xbar.matrix @plain rows [4, 1] cols 2 by 4 inner 1 {cell_bits = 2 : i64, weights = dense<1> : tensor<2x4xsi4>}{{$}}
cim.xbar.matrix @plain rows [4, 1] cols 2 by 4 inner 1 {cell_bits = 2 : i64, weights = dense<1> : tensor<2x4xsi4>}
// CHECK: cim.xbar.matrix @full rows [2, 3, 3, 1] cols 2 by 9 inner 2 {base = 1 : i64, bits_to_crossbars, cell_bits = 4 : i64, differential, group_stride = 18 : i64, groups = 2 : i64, narrow, slot_rows = 16 : i64, slots = 2 : i64, weights = dense<-1> : tensor<4x9xsi8>}{{$}}
cim.xbar.matrix @full rows [2, 3, 3, 1] cols 2 by 9 inner 2 {base = 1 : i64, bits_to_crossbars, cell_bits = 4 : i64, differential, group_stride = 18 : i64, groups = 2 : i64, narrow, slot_rows = 16 : i64, slots = 2 : i64, weights = dense<-1> : tensor<4x9xsi8>}
// CHECK: cim.xbar.requant @per_channel shift 3 to 0, 15 {addend = array<i64: 0, -1>, multiplier = array<i64: 5, 6>}{{$}}
cim.xbar.requant @per_channel shift 3 to 0, 15 {addend = array<i64: 0, -1>, multiplier = array<i64: 5, 6>}
// CHECK: cim.xbar.requant @residual shift 62 to -8, 7 {addend = array<i64: 0>, multiplier = array<i64: 5>, multiplier2 = array<i64: 7>}{{$}}
cim.xbar.requant @residual shift 62 to -8, 7 {addend = array<i64: 0>, multiplier = array<i64: 5>, multiplier2 = array<i64: 7>}
// CHECK-LABEL: func.func @run
func.func @run() {
  // CHECK: cim.xbar.alloc("x") at 64 border [1, 1, 0, 0] : memref<4x4x1xui4, "L0">{{$}}
  %l0 = cim.xbar.alloc("x") at 64 border [1, 1, 0, 0] : memref<4x4x1xui4, "L0">
  // CHECK: cim.xbar.alloc("acc") core 3 at 8 : memref<4xsi32, "L1">{{$}}
  %l1 = cim.xbar.alloc("acc") core 3 at 8 : memref<4xsi32, "L1">
  // CHECK: cim.xbar.alloc("y") : memref<1x4xf32, "host">{{$}}
  %host = cim.xbar.alloc("y") : memref<1x4xf32, "host">
  // CHECK: cim.xbar.layer "conv" "conv" on cim because "fits" -> %{{.*}} : memref<4x4x1xui4, "L0"> nodes [3] attributes {activation_bits = 4 : i64, copies = 2 : i64, cores = 1 : i64, count_include_pad, cout = 1 : i64, crossbars = 2 : i64, groups = 2 : i64, matrix = array<i64: 4, 1>, pad_value = 3 : i64, segment = 1 : i64, slot_rows = 16 : i64, slots = 2 : i64, weight_bits = 4 : i64, window = array<i64: 4, 4, 1, 3, 3, 2, 2, 1, 1, 1, 1, 0, 0, 0, 0>} {
  cim.xbar.layer "conv" "conv" on cim because "fits" -> %l0 : memref<4x4x1xui4, "L0"> nodes [3] attributes {activation_bits = 4 : i64, copies = 2 : i64, cores = 1 : i64, count_include_pad, cout = 1 : i64, crossbars = 2 : i64, groups = 2 : i64, matrix = array<i64: 4, 1>, pad_value = 3 : i64, segment = 1 : i64, slot_rows = 16 : i64, slots = 2 : i64, weight_bits = 4 : i64, window = array<i64: 4, 4, 1, 3, 3, 2, 2, 1, 1, 1, 1, 0, 0, 0, 0>} {
    // CHECK: cim.xbar.parallel {
    cim.xbar.parallel {
      // CHECK: cim.xbar.relu 4, %{{.*}} at #[[M0]] from %{{.*}} at #[[M0]] : memref<4xsi32, "L1">, memref<4xsi32, "L1">{{$}}
      cim.xbar.relu 4, %l1 at affine_map<() -> (0)> from %l1 at affine_map<() -> (0)> : memref<4xsi32, "L1">, memref<4xsi32, "L1">
    }
  }
  // CHECK: cim.xbar.layer "two" "split" on alu because "no weights" -> %{{.*}}, %{{.*}} : memref<4x4x1xui4, "L0">, memref<1x4xf32, "host"> nodes [4, 5] {
  cim.xbar.layer "two" "split" on alu because "no weights" -> %l0, %host : memref<4x4x1xui4, "L0">, memref<1x4xf32, "host"> nodes [4, 5] {
  }
  // CHECK: cim.xbar.layer "none" "view" on host because "nothing to do" nodes [] {
  cim.xbar.layer "none" "view" on host because "nothing to do" nodes [] {
  }
  // CHECK: cim.xbar.parallel {
  // CHECK-NEXT: } {note = "empty"}
  cim.xbar.parallel {
  } {note = "empty"}
  return
}

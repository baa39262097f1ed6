// Every operation of xbar/crossbar.rs is printed as it is written, in custom form and by way of the generic form.
// RUN: cim-opt %s | cim-opt | FileCheck %s
// RUN: cim-opt %s --mlir-print-op-generic | cim-opt | FileCheck %s

// CHECK-DAG: #[[M0:map[0-9]*]] = affine_map<() -> (0)>{{$}}
// CHECK-DAG: #[[M1:map[0-9]*]] = affine_map<(d0, d1) -> (d0)>{{$}}
// CHECK-DAG: #[[M2:map[0-9]*]] = affine_map<(d0, d1) -> (d0 + d1 * 2)>{{$}}
// CHECK-DAG: #[[M3:map[0-9]*]] = affine_map<() -> (0, 0, 0)>{{$}}
// CHECK-DAG: #[[M4:map[0-9]*]] = affine_map<(d0) -> (d0, 0, 0)>{{$}}

// CHECK: cim.xbar.write_xb 0, @m rows [0, 4] cols [0, 2]{{$}}
cim.xbar.write_xb 0, @m rows [0, 4] cols [0, 2]
// CHECK: cim.xbar.write_xb 7, @m rows [4, 4] cols [2, 1] {group_range = array<i64: 1, 2>, slice = 3 : i64}{{$}}
cim.xbar.write_xb 7, @m rows [4, 4] cols [2, 1] {group_range = array<i64: 1, 2>, slice = 3 : i64}
// CHECK: cim.xbar.resident @c cores 0, 1 outputs 2 attributes {cell_bits = 2 : i64, name = "c"} {
cim.xbar.resident @c cores 0, 1 outputs 2 attributes {cell_bits = 2 : i64, name = "c"} {
  // CHECK: cim.xbar.write_xb 0, @m rows [0, 4] cols [0, 2]{{$}}
  cim.xbar.write_xb 0, @m rows [0, 4] cols [0, 2]
}
// CHECK: cim.xbar.resident @d cores 2, 3 outputs 8 attributes {cell_bits = 1 : i64, name = "d", offset = 8 : i64, polarities = 2 : i64, slices = 4 : i64} {
cim.xbar.resident @d cores 2, 3 outputs 8 attributes {cell_bits = 1 : i64, name = "d", offset = 8 : i64, polarities = 2 : i64, slices = 4 : i64} {
  // CHECK: cim.xbar.write_xb 8, @m rows [0, 4] cols [0, 2]{{$}}
  cim.xbar.write_xb 8, @m rows [0, 4] cols [0, 2]
  // CHECK: cim.xbar.write_xb 9, @m rows [4, 4] cols [0, 2]{{$}}
  cim.xbar.write_xb 9, @m rows [4, 4] cols [0, 2]
}
// CHECK-LABEL: func.func @run
func.func @run(%i: index, %j: index) {
  // CHECK: cim.xbar.alloc("in") core 0 : memref<8xui4, "L1">{{$}}
  %in = cim.xbar.alloc("in") core 0 : memref<8xui4, "L1">
  // CHECK: cim.xbar.alloc("acc") core 0 : memref<8xsi32, "L1">{{$}}
  %acc = cim.xbar.alloc("acc") core 0 : memref<8xsi32, "L1">
  // CHECK: cim.xbar.alloc("x") : memref<4x4x1xui4, "L0">{{$}}
  %x = cim.xbar.alloc("x") : memref<4x4x1xui4, "L0">
  // CHECK: cim.xbar.alloc("y") : memref<3x3x2xsi64, "L0">{{$}}
  %y = cim.xbar.alloc("y") : memref<3x3x2xsi64, "L0">
  // CHECK: cim.xbar.write_core @c{{$}}
  cim.xbar.write_core @c
  // CHECK: cim.xbar.read_xb 0 x 1 rows 4 outputs 2, %{{.*}} at #[[M0]] from %{{.*}} at #[[M0]] {cell_bits = 2 : i64} : memref<8xsi32, "L1">, memref<8xui4, "L1">{{$}}
  cim.xbar.read_xb 0 x 1 rows 4 outputs 2, %acc at affine_map<() -> (0)> from %in at affine_map<() -> (0)> {cell_bits = 2 : i64} : memref<8xsi32, "L1">, memref<8xui4, "L1">
  // CHECK: cim.xbar.read_xb 1 x 2 rows 4 outputs 2, %{{.*}} at #[[M1]] from %{{.*}} at #[[M2]] for %{{.*}}, %{{.*}} {accumulate, cell_bits = 1 : i64, dst_stride = 2 : i64, negate, polarities = 2 : i64, shift = 3 : i64, slices = 16 : i64, src_stride = 4 : i64} : memref<8xsi32, "L1">, memref<8xui4, "L1">{{$}}
  cim.xbar.read_xb 1 x 2 rows 4 outputs 2, %acc at affine_map<(d0, d1) -> (d0)> from %in at affine_map<(d0, d1) -> (d0 + d1 * 2)> for %i, %j {accumulate, cell_bits = 1 : i64, dst_stride = 2 : i64, negate, polarities = 2 : i64, shift = 3 : i64, slices = 16 : i64, src_stride = 4 : i64} : memref<8xsi32, "L1">, memref<8xui4, "L1">
  // CHECK: cim.xbar.read_core @c window [4, 4, 1, 3, 3, 2, 2, 1, 1, 1, 1, 0, 0, 0, 0], %{{.*}} at #[[M3]] from %{{.*}} at #[[M3]] : memref<3x3x2xsi64, "L0">, memref<4x4x1xui4, "L0">{{$}}
  cim.xbar.read_core @c window [4, 4, 1, 3, 3, 2, 2, 1, 1, 1, 1, 0, 0, 0, 0], %y at affine_map<() -> (0, 0, 0)> from %x at affine_map<() -> (0, 0, 0)> : memref<3x3x2xsi64, "L0">, memref<4x4x1xui4, "L0">
  // CHECK: cim.xbar.read_core @c window [2, 4, 1, 1, 3, 2, 2, 1, 1, 1, 1, 0, 1, 0, 1], %{{.*}} at #[[M4]] from %{{.*}} at #[[M4]] for %{{.*}} {accumulate, pad_value = 3 : i64} : memref<3x3x2xsi64, "L0">, memref<4x4x1xui4, "L0">{{$}}
  cim.xbar.read_core @c window [2, 4, 1, 1, 3, 2, 2, 1, 1, 1, 1, 0, 1, 0, 1], %y at affine_map<(d0) -> (d0, 0, 0)> from %x at affine_map<(d0) -> (d0, 0, 0)> for %i {accumulate, pad_value = 3 : i64} : memref<3x3x2xsi64, "L0">, memref<4x4x1xui4, "L0">
  return
}

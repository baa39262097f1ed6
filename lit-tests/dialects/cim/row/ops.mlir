// Every operation is printed as it is written, in custom form and by way of the generic form.
// RUN: cim-opt %s | cim-opt | FileCheck %s
// RUN: cim-opt %s --mlir-print-op-generic | cim-opt | FileCheck %s

// CHECK-DAG: #[[M0:map[0-9]*]] = affine_map<() -> (2)>{{$}}
// CHECK-DAG: #[[M1:map[0-9]*]] = affine_map<() -> (0)>{{$}}
// CHECK-DAG: #[[M2:map[0-9]*]] = affine_map<(d0) -> (d0 * 4)>{{$}}
// CHECK-DAG: #[[M3:map[0-9]*]] = affine_map<(d0) -> (0)>{{$}}

// CHECK: cim.row.write_row 0 row 0 x 4, @m rows [0, 4] cols [0, 2]{{$}}
cim.row.write_row 0 row 0 x 4, @m rows [0, 4] cols [0, 2]
// CHECK: cim.row.write_row 3 row 16 x 2, @m rows [4, 4] cols [2, 1] {group_range = array<i64: 1, 2>, slice = 3 : i64, tile_row = 6 : i64}{{$}}
cim.row.write_row 3 row 16 x 2, @m rows [4, 4] cols [2, 1] {group_range = array<i64: 1, 2>, slice = 3 : i64, tile_row = 6 : i64}
// CHECK-LABEL: func.func @run
func.func @run(%i: index) {
  // CHECK: cim.xbar.alloc("in") core 0 : memref<8xui4, "L1">{{$}}
  %in = cim.xbar.alloc("in") core 0 : memref<8xui4, "L1">
  // CHECK: cim.xbar.alloc("acc") core 0 : memref<2xsi32, "L1">{{$}}
  %acc = cim.xbar.alloc("acc") core 0 : memref<2xsi32, "L1">
  // CHECK: cim.row.read_row 0 row #[[M0]] x 4 outputs 2, %{{.*}} at #[[M1]] from %{{.*}} at #[[M1]] {cell_bits = 2 : i64} : memref<2xsi32, "L1">, memref<8xui4, "L1">{{$}}
  cim.row.read_row 0 row affine_map<() -> (2)> x 4 outputs 2, %acc at affine_map<() -> (0)> from %in at affine_map<() -> (0)> {cell_bits = 2 : i64} : memref<2xsi32, "L1">, memref<8xui4, "L1">
  // CHECK: cim.row.read_row 1 row #[[M2]] x 4 outputs 2, %{{.*}} at #[[M3]] from %{{.*}} at #[[M2]] for %{{.*}} {accumulate, cell_bits = 1 : i64, negate, polarities = 2 : i64, shift = 3 : i64, slices = 16 : i64} : memref<2xsi32, "L1">, memref<8xui4, "L1">{{$}}
  cim.row.read_row 1 row affine_map<(d0) -> (d0 * 4)> x 4 outputs 2, %acc at affine_map<(d0) -> (0)> from %in at affine_map<(d0) -> (d0 * 4)> for %i {accumulate, cell_bits = 1 : i64, negate, polarities = 2 : i64, shift = 3 : i64, slices = 16 : i64} : memref<2xsi32, "L1">, memref<8xui4, "L1">
  return
}

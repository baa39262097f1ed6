// Every operation of xbar/digital.rs is printed as it is written, in custom form and by way of the generic form.
// RUN: cim-opt %s | cim-opt | FileCheck %s
// RUN: cim-opt %s --mlir-print-op-generic | cim-opt | FileCheck %s

// CHECK-DAG: #[[M0:map[0-9]*]] = affine_map<(d0) -> (0, d0, 0)>{{$}}
// CHECK-DAG: #[[M1:map[0-9]*]] = affine_map<(d0) -> (d0 * 4)>{{$}}
// CHECK-DAG: #[[M2:map[0-9]*]] = affine_map<() -> (0, 0, 0)>{{$}}
// CHECK-DAG: #[[M3:map[0-9]*]] = affine_map<() -> (0)>{{$}}
// CHECK-DAG: #[[M4:map[0-9]*]] = affine_map<(d0) -> (0)>{{$}}
// CHECK-DAG: #[[M5:map[0-9]*]] = affine_map<() -> (4)>{{$}}
// CHECK-DAG: #[[M6:map[0-9]*]] = affine_map<(d0) -> (d0, 0, 0)>{{$}}
// CHECK-DAG: #[[M7:map[0-9]*]] = affine_map<(d0) -> (d0)>{{$}}
// CHECK-DAG: #[[M8:map[0-9]*]] = affine_map<(d0) -> (4)>{{$}}
// CHECK-DAG: #[[M9:map[0-9]*]] = affine_map<(d0) -> (d0 + 4)>{{$}}
// CHECK-DAG: #[[M10:map[0-9]*]] = affine_map<(d0) -> (0, 0, 0)>{{$}}
// CHECK-DAG: #[[M11:map[0-9]*]] = affine_map<(d0) -> (0, 0, d0)>{{$}}

// CHECK-LABEL: func.func @run
func.func @run(%i: index) {
  // CHECK: cim.xbar.alloc("a") : memref<2x2x4xsi32, "L0">{{$}}
  %a = cim.xbar.alloc("a") : memref<2x2x4xsi32, "L0">
  // CHECK: cim.xbar.alloc("b") core 0 : memref<16xsi32, "L1">{{$}}
  %b = cim.xbar.alloc("b") core 0 : memref<16xsi32, "L1">
  // CHECK: cim.xbar.alloc("c") : memref<1x1x4xui4, "L0">{{$}}
  %c = cim.xbar.alloc("c") : memref<1x1x4xui4, "L0">
  // CHECK: cim.xbar.relu 4, %{{.*}} at #[[M0]] from %{{.*}} at #[[M1]] for %{{.*}} : memref<2x2x4xsi32, "L0">, memref<16xsi32, "L1">{{$}}
  cim.xbar.relu 4, %a at affine_map<(d0) -> (0, d0, 0)> from %b at affine_map<(d0) -> (d0 * 4)> for %i : memref<2x2x4xsi32, "L0">, memref<16xsi32, "L1">
  // CHECK: cim.xbar.clip 4 to -3, 6, %{{.*}} at #[[M2]] from %{{.*}} at #[[M3]] : memref<2x2x4xsi32, "L0">, memref<16xsi32, "L1">{{$}}
  cim.xbar.clip 4 to -3, 6, %a at affine_map<() -> (0, 0, 0)> from %b at affine_map<() -> (0)> : memref<2x2x4xsi32, "L0">, memref<16xsi32, "L1">
  // CHECK: cim.xbar.clip 4 to 0, 6, %{{.*}} at #[[M0]] from %{{.*}} at #[[M4]] for %{{.*}} : memref<2x2x4xsi32, "L0">, memref<16xsi32, "L1">{{$}}
  cim.xbar.clip 4 to 0, 6, %a at affine_map<(d0) -> (0, d0, 0)> from %b at affine_map<(d0) -> (0)> for %i : memref<2x2x4xsi32, "L0">, memref<16xsi32, "L1">
  // CHECK: cim.xbar.add 4, %{{.*}} at #[[M2]] from %{{.*}} at #[[M3]], %{{.*}} at #[[M5]] : memref<2x2x4xsi32, "L0">, memref<16xsi32, "L1">, memref<16xsi32, "L1">{{$}}
  cim.xbar.add 4, %a at affine_map<() -> (0, 0, 0)> from %b at affine_map<() -> (0)>, %b at affine_map<() -> (4)> : memref<2x2x4xsi32, "L0">, memref<16xsi32, "L1">, memref<16xsi32, "L1">
  // CHECK: cim.xbar.add 4, %{{.*}} at #[[M6]] from %{{.*}} at #[[M7]], %{{.*}} at #[[M8]] for %{{.*}} : memref<2x2x4xsi32, "L0">, memref<16xsi32, "L1">, memref<16xsi32, "L1">{{$}}
  cim.xbar.add 4, %a at affine_map<(d0) -> (d0, 0, 0)> from %b at affine_map<(d0) -> (d0)>, %b at affine_map<(d0) -> (4)> for %i : memref<2x2x4xsi32, "L0">, memref<16xsi32, "L1">, memref<16xsi32, "L1">
  // CHECK: cim.xbar.mul 4, %{{.*}} at #[[M2]] from %{{.*}} at #[[M3]], %{{.*}} at #[[M5]] : memref<2x2x4xsi32, "L0">, memref<16xsi32, "L1">, memref<16xsi32, "L1">{{$}}
  cim.xbar.mul 4, %a at affine_map<() -> (0, 0, 0)> from %b at affine_map<() -> (0)>, %b at affine_map<() -> (4)> : memref<2x2x4xsi32, "L0">, memref<16xsi32, "L1">, memref<16xsi32, "L1">
  // CHECK: cim.xbar.mul 4, %{{.*}} at #[[M6]] from %{{.*}} at #[[M7]], %{{.*}} at #[[M8]] for %{{.*}} : memref<2x2x4xsi32, "L0">, memref<16xsi32, "L1">, memref<16xsi32, "L1">{{$}}
  cim.xbar.mul 4, %a at affine_map<(d0) -> (d0, 0, 0)> from %b at affine_map<(d0) -> (d0)>, %b at affine_map<(d0) -> (4)> for %i : memref<2x2x4xsi32, "L0">, memref<16xsi32, "L1">, memref<16xsi32, "L1">
  // CHECK: cim.xbar.reduce_add 4 count 3 stride 4, %{{.*}} at #[[M3]] from %{{.*}} at #[[M5]] : memref<16xsi32, "L1">, memref<16xsi32, "L1">{{$}}
  cim.xbar.reduce_add 4 count 3 stride 4, %b at affine_map<() -> (0)> from %b at affine_map<() -> (4)> : memref<16xsi32, "L1">, memref<16xsi32, "L1">
  // CHECK: cim.xbar.reduce_add 4 count 2 stride 0, %{{.*}} at #[[M7]] from %{{.*}} at #[[M9]] for %{{.*}} {accumulate} : memref<16xsi32, "L1">, memref<16xsi32, "L1">{{$}}
  cim.xbar.reduce_add 4 count 2 stride 0, %b at affine_map<(d0) -> (d0)> from %b at affine_map<(d0) -> (d0 + 4)> for %i {accumulate} : memref<16xsi32, "L1">, memref<16xsi32, "L1">
  // CHECK: cim.xbar.shift_acc 4 shift 2, %{{.*}} at #[[M3]] from %{{.*}} at #[[M5]] : memref<16xsi32, "L1">, memref<16xsi32, "L1">{{$}}
  cim.xbar.shift_acc 4 shift 2, %b at affine_map<() -> (0)> from %b at affine_map<() -> (4)> : memref<16xsi32, "L1">, memref<16xsi32, "L1">
  // CHECK: cim.xbar.shift_acc 4 shift 0, %{{.*}} at #[[M7]] from %{{.*}} at #[[M9]] for %{{.*}} {negate} : memref<16xsi32, "L1">, memref<16xsi32, "L1">{{$}}
  cim.xbar.shift_acc 4 shift 0, %b at affine_map<(d0) -> (d0)> from %b at affine_map<(d0) -> (d0 + 4)> for %i {negate} : memref<16xsi32, "L1">, memref<16xsi32, "L1">
  // CHECK: cim.xbar.offset 8 inner 4 outputs 2, %{{.*}} at #[[M3]] from %{{.*}} at #[[M2]] : memref<16xsi32, "L1">, memref<1x1x4xui4, "L0">{{$}}
  cim.xbar.offset 8 inner 4 outputs 2, %b at affine_map<() -> (0)> from %c at affine_map<() -> (0, 0, 0)> : memref<16xsi32, "L1">, memref<1x1x4xui4, "L0">
  // CHECK: cim.xbar.offset -8 inner 1 outputs 2, %{{.*}} at #[[M7]] from %{{.*}} at #[[M10]] for %{{.*}} {groups = 2 : i64, positions = 2 : i64} : memref<16xsi32, "L1">, memref<1x1x4xui4, "L0">{{$}}
  cim.xbar.offset -8 inner 1 outputs 2, %b at affine_map<(d0) -> (d0)> from %c at affine_map<(d0) -> (0, 0, 0)> for %i {groups = 2 : i64, positions = 2 : i64} : memref<16xsi32, "L1">, memref<1x1x4xui4, "L0">
  // CHECK: cim.xbar.requantize @rq 4 channels 0, 4, %{{.*}} at #[[M2]] from %{{.*}} at #[[M3]] : memref<1x1x4xui4, "L0">, memref<16xsi32, "L1">{{$}}
  cim.xbar.requantize @rq 4 channels 0, 4, %c at affine_map<() -> (0, 0, 0)> from %b at affine_map<() -> (0)> : memref<1x1x4xui4, "L0">, memref<16xsi32, "L1">
  // CHECK: cim.xbar.requantize @rq 4 channels 2, 2, %{{.*}} at #[[M0]] from %{{.*}} at #[[M7]] for %{{.*}} : memref<1x1x4xui4, "L0">, memref<16xsi32, "L1">{{$}}
  cim.xbar.requantize @rq 4 channels 2, 2, %c at affine_map<(d0) -> (0, d0, 0)> from %b at affine_map<(d0) -> (d0)> for %i : memref<1x1x4xui4, "L0">, memref<16xsi32, "L1">
  // CHECK: cim.xbar.add_requantize @rq 4, %{{.*}} at #[[M2]] from %{{.*}} at #[[M3]], %{{.*}} at #[[M2]] : memref<1x1x4xui4, "L0">, memref<16xsi32, "L1">, memref<1x1x4xui4, "L0">{{$}}
  cim.xbar.add_requantize @rq 4, %c at affine_map<() -> (0, 0, 0)> from %b at affine_map<() -> (0)>, %c at affine_map<() -> (0, 0, 0)> : memref<1x1x4xui4, "L0">, memref<16xsi32, "L1">, memref<1x1x4xui4, "L0">
  // CHECK: cim.xbar.add_requantize @rq 4, %{{.*}} at #[[M6]] from %{{.*}} at #[[M7]], %{{.*}} at #[[M11]] for %{{.*}} : memref<1x1x4xui4, "L0">, memref<16xsi32, "L1">, memref<1x1x4xui4, "L0">{{$}}
  cim.xbar.add_requantize @rq 4, %c at affine_map<(d0) -> (d0, 0, 0)> from %b at affine_map<(d0) -> (d0)>, %c at affine_map<(d0) -> (0, 0, d0)> for %i : memref<1x1x4xui4, "L0">, memref<16xsi32, "L1">, memref<1x1x4xui4, "L0">
  // CHECK: cim.xbar.pool max window [2, 2, 4, 1, 1, 2, 2, 2, 2, 1, 1, 0, 0, 0, 0], %{{.*}} from %{{.*}} : memref<2x2x4xsi32, "L0">, memref<2x2x4xsi32, "L0">{{$}}
  cim.xbar.pool max window [2, 2, 4, 1, 1, 2, 2, 2, 2, 1, 1, 0, 0, 0, 0], %a from %a : memref<2x2x4xsi32, "L0">, memref<2x2x4xsi32, "L0">
  // CHECK: cim.xbar.pool average window [2, 2, 4, 1, 1, 2, 2, 2, 2, 1, 1, 0, 0, 0, 0] by @rq, %{{.*}} from %{{.*}} : memref<1x1x4xui4, "L0">, memref<2x2x4xsi32, "L0">{{$}}
  cim.xbar.pool average window [2, 2, 4, 1, 1, 2, 2, 2, 2, 1, 1, 0, 0, 0, 0] by @rq, %c from %a : memref<1x1x4xui4, "L0">, memref<2x2x4xsi32, "L0">
  // CHECK: cim.xbar.pool average window [2, 2, 4, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 0, 0] by @rq, %{{.*}} from %{{.*}} {count_include_pad, pad_value = 3 : i64} : memref<2x2x4xsi32, "L0">, memref<2x2x4xsi32, "L0">{{$}}
  cim.xbar.pool average window [2, 2, 4, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 0, 0] by @rq, %a from %a {count_include_pad, pad_value = 3 : i64} : memref<2x2x4xsi32, "L0">, memref<2x2x4xsi32, "L0">
  return
}

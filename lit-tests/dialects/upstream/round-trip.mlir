// RUN: cim-opt %s | FileCheck %s
// RUN: cim-opt %s --mlir-print-op-generic | cim-opt | FileCheck %s
// RUN: cim-opt %s --mlir-print-op-generic | FileCheck %s --check-prefix=GENERIC

// CHECK-LABEL: func.func @arith(
// GENERIC: "func.func"() <{function_type = (i32, i64, i1, f32) -> i32, sym_name = "arith"}> ({
func.func @arith(%a: i32, %b: i64, %c: i1, %x: f32) -> i32 {
  // CHECK: %[[S:.*]] = arith.addi %arg0, %arg0 : i32
  // GENERIC: "arith.addi"(%{{.*}}, %{{.*}}) <{overflowFlags = #arith.overflow<none>}> : (i32, i32) -> i32
  %0 = arith.addi %a, %a : i32
  // CHECK: arith.subi %[[S]], %arg0 overflow<nsw> : i32
  // GENERIC: "arith.subi"({{.*}}) <{overflowFlags = #arith.overflow<nsw>}>
  %1 = arith.subi %0, %a overflow<nsw> : i32
  // CHECK: arith.cmpi slt, %arg0, %arg0 : i32
  // GENERIC: "arith.cmpi"({{.*}}) <{predicate = 2 : i64}> : (i32, i32) -> i1
  %2 = arith.cmpi slt, %a, %a : i32
  // CHECK: arith.select %arg2, %arg0, %arg0 : i32
  %3 = arith.select %c, %a, %a : i32
  // CHECK: arith.extsi %arg0 : i32 to i64
  %4 = arith.extsi %a : i32 to i64
  // CHECK: arith.trunci %arg1 : i64 to i32
  %5 = arith.trunci %b : i64 to i32
  // CHECK: arith.addf %arg3, %arg3 fastmath<fast> : f32
  %6 = arith.addf %x, %x fastmath<fast> : f32
  // CHECK: %c7_i32 = arith.constant 7 : i32
  %7 = arith.constant 7 : i32
  // CHECK: return %[[S]] : i32
  return %0 : i32
}

// CHECK: func.func private @declared(i32 {x.y}, f32) -> (i32 {x.z = 1 : i64}) attributes {x.w}
func.func private @declared(i32 {x.y}, f32) -> (i32 {x.z = 1}) attributes {x.w}

// CHECK-LABEL: func.func @calls(
func.func @calls(%a: i32, %x: f32) {
  // CHECK: call @declared(%arg0, %arg1) : (i32, f32) -> i32
  %0 = func.call @declared(%a, %x) : (i32, f32) -> i32
  return
}

// CHECK-LABEL: func.func @loops(
func.func @loops(%m: memref<8xi32>, %n: index, %a: i32) -> i32 {
  // CHECK: %[[R:.*]] = scf.for %{{.*}} = %arg1 to %arg1 step %arg1 iter_args(%[[V:.*]] = %arg2) -> (i32) {
  %0 = scf.for %i = %n to %n step %n iter_args(%v = %a) -> (i32) {
    // CHECK: %[[L:.*]] = memref.load %arg0[%{{.*}}] : memref<8xi32>
    %1 = memref.load %m[%i] : memref<8xi32>
    // CHECK: memref.store %[[V]], %arg0[%{{.*}}] : memref<8xi32>
    memref.store %v, %m[%i] : memref<8xi32>
    // CHECK: scf.yield %[[L]] : i32
    scf.yield %1 : i32
  }
  // CHECK: scf.for
  // CHECK-NEXT: }
  scf.for %i = %n to %n step %n {
  }
  return %0 : i32
}

// CHECK-LABEL: func.func @blocks(
func.func @blocks(%c: i1, %a: i32) -> i32 {
  // CHECK: cf.cond_br %arg0, ^bb1(%arg1 : i32), ^bb2
  cf.cond_br %c, ^one(%a : i32), ^two
^one(%x: i32):
  // CHECK: cf.br ^bb2
  cf.br ^two
^two:
  return %a : i32
}

// CHECK-LABEL: func.func @buffers(
func.func @buffers(%n: index, %t: tensor<?xi8>) {
  // CHECK: %alloc = memref.alloc() : memref<4xi8>
  // GENERIC: "memref.alloc"() <{operandSegmentSizes = array<i32: 0, 0>}> : () -> memref<4xi8>
  %0 = memref.alloc() : memref<4xi8>
  // CHECK: memref.alloc(%arg0) {alignment = 64 : i64} : memref<?xi8>
  %1 = memref.alloc(%n) {alignment = 64 : i64} : memref<?xi8>
  // CHECK: memref.copy %alloc, %{{.*}} : memref<4xi8> to memref<?xi8>
  memref.copy %0, %1 : memref<4xi8> to memref<?xi8>
  // CHECK: memref.dealloc %alloc : memref<4xi8>
  memref.dealloc %0 : memref<4xi8>
  // CHECK: tensor.empty(%arg0) : tensor<?xi8>
  %2 = tensor.empty(%n) : tensor<?xi8>
  // CHECK: %cast = tensor.cast %arg1 : tensor<?xi8> to tensor<4xi8>
  %3 = tensor.cast %t : tensor<?xi8> to tensor<4xi8>
  // CHECK: %dim = tensor.dim %arg1, %arg0 : tensor<?xi8>
  %4 = tensor.dim %t, %n : tensor<?xi8>
  // CHECK: %extracted = tensor.extract %arg1[%arg0] : tensor<?xi8>
  %5 = tensor.extract %t[%n] : tensor<?xi8>
  return
}

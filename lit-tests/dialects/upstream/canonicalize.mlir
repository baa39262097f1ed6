// RUN: cim-opt %s --pass-pipeline='builtin.module(func.func(canonicalize))' | FileCheck %s

// CHECK-LABEL: func.func @constants(
func.func @constants(%a: i32) -> (i32, i32, i1, i64) {
  // CHECK-DAG: %[[C1:.*]] = arith.constant 12 : i32
  // CHECK-DAG: %[[T:.*]] = arith.constant true
  // CHECK-DAG: %[[E:.*]] = arith.constant -1 : i64
  %c3 = arith.constant 3 : i32
  %c4 = arith.constant 4 : i32
  %c0 = arith.constant 0 : i32
  %cm1 = arith.constant -1 : i32
  %0 = arith.muli %c3, %c4 : i32
  %1 = arith.addi %a, %c0 : i32
  %2 = arith.cmpi slt, %c3, %c4 : i32
  %3 = arith.extsi %cm1 : i32 to i64
  // CHECK: return %[[C1]], %arg0, %[[T]], %[[E]] : i32, i32, i1, i64
  return %0, %1, %2, %3 : i32, i32, i1, i64
}

// CHECK-LABEL: func.func @reassociate(
func.func @reassociate(%a: i32) -> i32 {
  // CHECK: %[[C:.*]] = arith.constant 7 : i32
  // CHECK: %[[S:.*]] = arith.addi %arg0, %[[C]] : i32
  // CHECK: return %[[S]]
  %c3 = arith.constant 3 : i32
  %c4 = arith.constant 4 : i32
  %0 = arith.addi %a, %c3 : i32
  %1 = arith.addi %0, %c4 : i32
  return %1 : i32
}

// CHECK-LABEL: func.func @loops(
func.func @loops(%a: i32) -> (i32, i32) {
  // Runs never, runs once.
  // CHECK-NOT: scf.for
  // CHECK: %[[S:.*]] = arith.addi %arg0, %arg0 : i32
  // CHECK: return %arg0, %[[S]] : i32, i32
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %0 = scf.for %i = %c1 to %c0 step %c1 iter_args(%v = %a) -> (i32) {
    %2 = arith.addi %v, %v : i32
    scf.yield %2 : i32
  }
  %1 = scf.for %i = %c0 to %c1 step %c1 iter_args(%v = %a) -> (i32) {
    %2 = arith.addi %v, %v : i32
    scf.yield %2 : i32
  }
  return %0, %1 : i32, i32
}

// CHECK-LABEL: func.func @unread(
func.func @unread(%a: i32, %n: index) {
  // CHECK-NEXT: return
  %0 = memref.alloc() : memref<4xi32>
  memref.store %a, %0[%n] : memref<4xi32>
  memref.dealloc %0 : memref<4xi32>
  return
}

// CHECK-LABEL: func.func @sizes(
func.func @sizes(%t: tensor<5x?xi8>) -> (index, tensor<5x?xi8>) {
  // CHECK: %[[C:.*]] = arith.constant 5 : index
  // CHECK: return %[[C]], %arg0
  %c0 = arith.constant 0 : index
  %0 = tensor.dim %t, %c0 : tensor<5x?xi8>
  %1 = tensor.cast %t : tensor<5x?xi8> to tensor<5x4xi8>
  %2 = tensor.cast %1 : tensor<5x4xi8> to tensor<5x?xi8>
  return %0, %2 : index, tensor<5x?xi8>
}

// RUN: cim-opt %s --cse | FileCheck %s

// CHECK-LABEL: @dominates
// CHECK: %[[A:.*]] = arith.addi
// CHECK: ^bb1:
// CHECK-NEXT: return %[[A]]
func.func @dominates(%a: i32) -> i32 {
  %0 = arith.addi %a, %a : i32
  cf.br ^next
^next:
  %1 = arith.addi %a, %a : i32
  %2 = arith.muli %0, %1 : i32
  return %1 : i32
}

// Neither branch dominates the other.
// CHECK-LABEL: @siblings
// CHECK-COUNT-2: arith.addi
func.func @siblings(%a: i32, %c: i1) -> i32 {
  cf.cond_br %c, ^x, ^y
^x:
  %0 = arith.addi %a, %a : i32
  return %0 : i32
^y:
  %1 = arith.addi %a, %a : i32
  return %1 : i32
}

// What an inner region computes is not known outside, what the outer one computes is known inside.
// CHECK-LABEL: @regions
// CHECK: %[[A:.*]] = arith.addi %arg0, %arg0
// CHECK: scf.for
// CHECK-NOT: arith.addi %arg0
// CHECK: memref.store %[[A]]
func.func @regions(%a: i32, %m: memref<8xi32>, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %0 = arith.addi %a, %a : i32
  memref.store %0, %m[%c0] : memref<8xi32>
  scf.for %i = %c0 to %n step %c1 {
    %1 = arith.addi %a, %a : i32
    memref.store %1, %m[%i] : memref<8xi32>
  }
  return
}

// Loads are merged until something may write.
// CHECK-LABEL: @loads
// CHECK-COUNT-2: memref.load
// CHECK-NOT: memref.load
// CHECK: return
func.func @loads(%m: memref<8xi32>, %i: index) -> i32 {
  %0 = memref.load %m[%i] : memref<8xi32>
  %1 = memref.load %m[%i] : memref<8xi32>
  %2 = arith.addi %0, %1 : i32
  memref.store %2, %m[%i] : memref<8xi32>
  %3 = memref.load %m[%i] : memref<8xi32>
  %4 = arith.addi %2, %3 : i32
  return %4 : i32
}

// RUN: cim-opt %s --canonicalize | FileCheck %s
// RUN: cim-opt %s --canonicalize='top-down=false' | FileCheck %s

// Constants are folded, made unique and collected at the start.
// CHECK-LABEL: @fold
// CHECK-NEXT: %[[C:.*]] = arith.constant 10 : i32
// CHECK-NEXT: return %[[C]]
func.func @fold() -> i32 {
  %0 = arith.constant 3 : i32
  %1 = arith.constant 4 : i32
  %2 = arith.addi %0, %1 : i32
  %3 = arith.addi %2, %0 : i32
  return %3 : i32
}

// CHECK-LABEL: @unique
// CHECK-NEXT: %[[C:.*]] = arith.constant 5 : i32
// CHECK-NEXT: arith.muli %arg0, %[[C]]
// CHECK-NEXT: arith.muli %arg1, %[[C]]
// CHECK-NEXT: return
func.func @unique(%a: i32, %b: i32) -> (i32, i32) {
  %0 = arith.constant 5 : i32
  %1 = arith.muli %a, %0 : i32
  %2 = arith.constant 5 : i32
  %3 = arith.muli %b, %2 : i32
  %4 = arith.muli %3, %a : i32
  return %1, %3 : i32, i32
}

// Constants go to the right.
// CHECK-LABEL: @commutative
// CHECK: arith.muli %arg0, %c5_i32
func.func @commutative(%a: i32) -> i32 {
  %0 = arith.constant 5 : i32
  %1 = arith.muli %0, %a : i32
  return %1 : i32
}

// CHECK-LABEL: @dead
// CHECK-NEXT: return
func.func @dead(%a: i32) {
  %0 = arith.addi %a, %a : i32
  %1 = arith.muli %0, %a : i32
  return
}

// RUN: cim-opt %s --cse | FileCheck %s

// CHECK-LABEL: @equal
// CHECK-NEXT: %[[A:.*]] = arith.addi
// CHECK-NEXT: %[[B:.*]] = arith.muli %[[A]], %[[A]]
// CHECK-NEXT: return %[[B]]
func.func @equal(%a: i32) -> i32 {
  %0 = arith.addi %a, %a : i32
  %1 = arith.addi %a, %a : i32
  %2 = arith.muli %0, %1 : i32
  return %2 : i32
}

// CHECK-LABEL: @different_attributes
// CHECK-DAG: arith.constant 1 : i32
// CHECK-DAG: arith.constant 2 : i32
func.func @different_attributes() -> (i32, i32) {
  %0 = arith.constant 1 : i32
  %1 = arith.constant 2 : i32
  return %0, %1 : i32, i32
}

// Operands of commutative operations in another order are equal.
// CHECK-LABEL: @commutative
// CHECK: %[[A:.*]] = arith.addi %arg0, %arg1
// CHECK-NEXT: arith.muli %[[A]], %[[A]]
func.func @commutative(%a: i32, %b: i32) -> i32 {
  %0 = arith.addi %a, %b : i32
  %1 = arith.addi %b, %a : i32
  %2 = arith.muli %0, %1 : i32
  return %2 : i32
}

// CHECK-LABEL: @not_commutative
// CHECK-COUNT-2: arith.subi
func.func @not_commutative(%a: i32, %b: i32) -> i32 {
  %0 = arith.subi %a, %b : i32
  %1 = arith.subi %b, %a : i32
  %2 = arith.muli %0, %1 : i32
  return %2 : i32
}

// CHECK-LABEL: @dead
// CHECK-NEXT: return
func.func @dead(%a: i32) {
  %0 = arith.addi %a, %a : i32
  return
}

// Calls may do anything.
// CHECK-LABEL: @effects
// CHECK-COUNT-2: call @ext
func.func @effects() -> i32 {
  %0 = call @ext() : () -> i32
  %1 = call @ext() : () -> i32
  %2 = arith.addi %0, %1 : i32
  return %2 : i32
}
func.func private @ext() -> i32

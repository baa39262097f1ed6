// RUN: cim-opt %s --inline='default-pipeline=' | FileCheck %s

// CHECK-LABEL: func.func @caller
// CHECK: cf.cond_br %arg1, ^bb1, ^bb2
// CHECK: ^bb1:
// CHECK: cf.br ^bb3(%arg0 : i32)
// CHECK: ^bb2:
// CHECK: %[[A:.*]] = arith.addi %arg0, %arg0
// CHECK: cf.br ^bb3(%[[A]] : i32)
// CHECK: ^bb3(%[[R:.*]]: i32):
// CHECK: return %[[R]]
func.func @caller(%a: i32, %c: i1) -> i32 {
  %0 = call @choose(%a, %c) : (i32, i1) -> i32
  return %0 : i32
}
func.func @choose(%a: i32, %c: i1) -> i32 {
  cf.cond_br %c, ^a, ^b
^a:
  return %a : i32
^b:
  %0 = arith.addi %a, %a : i32
  return %0 : i32
}

// A loop body has one block.
// CHECK-LABEL: func.func @in_loop
// CHECK: func.call @choose
func.func @in_loop(%a: i32, %c: i1, %n: index) {
  %0 = arith.constant 0 : index
  %1 = arith.constant 1 : index
  scf.for %i = %0 to %n step %1 {
    %2 = func.call @choose(%a, %c) : (i32, i1) -> i32
  }
  return
}

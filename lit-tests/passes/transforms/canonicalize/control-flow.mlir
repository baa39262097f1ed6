// RUN: cim-opt %s --canonicalize | FileCheck %s
// RUN: cim-opt %s --canonicalize='region-simplify=disabled' | FileCheck %s --check-prefix=OFF

// CHECK-LABEL: @unreachable
// CHECK-NEXT: return
// CHECK-NEXT: }
// OFF-LABEL: @unreachable
// OFF-NEXT: return
func.func @unreachable(%a: i32) {
  return
^dead:
  %0 = arith.addi %a, %a : i32
  cf.br ^dead
}

// An argument that only feeds itself goes.
// CHECK-LABEL: @dead_argument
// CHECK: ^bb1:
// CHECK: cf.cond_br %arg1, ^bb1, ^bb2
// OFF-LABEL: @dead_argument
// OFF: cf.cond_br %arg1, ^bb1(%{{.*}} : i32), ^bb2
func.func @dead_argument(%a: i32, %c: i1) {
  cf.br ^loop(%a : i32)
^loop(%x: i32):
  %0 = arith.addi %x, %a : i32
  func.call @effect() : () -> ()
  cf.cond_br %c, ^loop(%0 : i32), ^end
^end:
  return
}
func.func private @effect()

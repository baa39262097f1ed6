// RUN: cim-opt %s --inline | FileCheck %s
// RUN: cim-opt %s --inline='inlining-threshold=0' | FileCheck %s --check-prefix=NEVER
// RUN: cim-opt %s --inline --mlir-print-debuginfo --mlir-print-local-scope | FileCheck %s --check-prefix=LOC

// CHECK-NOT: @one
// CHECK-NOT: @two
// CHECK-LABEL: func.func @public
// CHECK-NEXT: %[[A:.*]] = arith.addi %arg0, %arg0
// CHECK-NEXT: %[[B:.*]] = arith.addi %[[A]], %[[A]]
// CHECK-NEXT: return %[[B]]
// CHECK-LABEL: func.func private @recursive
// CHECK-NEXT: call @recursive

// NEVER: func.func private @one
// NEVER: call @two

// LOC: arith.addi {{.*}} loc(callsite("{{.*}}basic.mlir":[[@LINE+2]]:8 at callsite("{{.*}}basic.mlir":[[@LINE+7]]:8 at "{{.*}}basic.mlir":[[@LINE+12]]:8)))
func.func private @one(%a: i32) -> i32 {
  %0 = arith.addi %a, %a : i32
  return %0 : i32
}
func.func private @two(%a: i32) -> i32 {
  // Called twice.
  %0 = call @one(%a) : (i32) -> i32
  %1 = call @one(%0) : (i32) -> i32
  return %1 : i32
}
func.func @public(%a: i32) -> i32 {
  %0 = call @two(%a) : (i32) -> i32
  return %0 : i32
}
func.func private @recursive() {
  call @recursive() : () -> ()
  return
}

// The result, and the order of diagnostics, do not depend on the number of threads.
// RUN: cim-opt %s --threads=1 --pass-pipeline='builtin.module(func.func(canonicalize,cse))' > %t.1
// RUN: cim-opt %s --threads=4 --pass-pipeline='builtin.module(func.func(canonicalize,cse))' > %t.4
// RUN: diff %t.1 %t.4
// RUN: cim-opt %s --mlir-disable-threading --pass-pipeline='builtin.module(func.func(canonicalize,cse))' | diff %t.1 -
// RUN: FileCheck %s --input-file=%t.4
// RUN: not cim-opt %s --threads=1 --pass-pipeline='builtin.module(func.func(symbol-dce))' 2> %t.e1
// RUN: not cim-opt %s --threads=4 --pass-pipeline='builtin.module(func.func(symbol-dce))' 2> %t.e4
// RUN: diff %t.e1 %t.e4

// CHECK-LABEL: @a
// CHECK: arith.addi
// CHECK-NOT: arith.addi
// CHECK: return
// CHECK-LABEL: @b
func.func @a(%a: i32) -> i32 {
  %0 = arith.addi %a, %a : i32
  %1 = arith.addi %a, %a : i32
  %2 = arith.muli %0, %1 : i32
  return %2 : i32
}
func.func @b(%a: i32) -> i32 {
  %0 = arith.constant 3 : i32
  %1 = arith.muli %a, %0 : i32
  return %1 : i32
}
func.func @c(%a: i32) -> i32 {
  return %a : i32
}

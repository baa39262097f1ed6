// RUN: cim-opt %s -o /dev/null --mlir-print-ir-before=symbol-dce --mlir-print-ir-after-all --pass-pipeline='builtin.module(func.func(cse,canonicalize),symbol-dce)' 2>&1 | FileCheck %s
// RUN: cim-opt %s -o /dev/null --mlir-print-ir-after-all --mlir-print-ir-module-scope --mlir-disable-threading --pass-pipeline='builtin.module(func.func(cse),symbol-dce)' 2>&1 | FileCheck %s --check-prefix=SCOPE
// RUN: cim-opt %s -o /dev/null --mlir-print-ir-after-all --mlir-print-ir-after-change --pass-pipeline='builtin.module(func.func(cse,cse))' 2>&1 | FileCheck %s --check-prefix=CHANGE
// RUN: not cim-opt %s -o /dev/null --mlir-print-ir-after-failure --pass-pipeline='builtin.module(cse,func.func(symbol-dce))' 2>&1 | FileCheck %s --check-prefix=FAILURE

// CHECK: // -----// IR Dump After CSE (cse) //----- //
// CHECK-NEXT: func.func @f(
// CHECK: // -----// IR Dump After Canonicalizer (canonicalize) //----- //
// CHECK: // -----// IR Dump After CSE (cse) //----- //
// CHECK-NEXT: func.func @g(
// CHECK: // -----// IR Dump Before SymbolDCE (symbol-dce) //----- //
// CHECK-NEXT: module {
// CHECK: // -----// IR Dump After SymbolDCE (symbol-dce) //----- //

// SCOPE: // -----// IR Dump After CSE (cse) ('func.func' operation: @f) //----- //
// SCOPE-NEXT: module {
// SCOPE: // -----// IR Dump After CSE (cse) ('func.func' operation: @g) //----- //
// SCOPE: // -----// IR Dump After SymbolDCE (symbol-dce) ('builtin.module' operation) //----- //

// CHANGE: // -----// IR Dump After CSE (cse) //----- //
// CHANGE-NEXT: func.func @f(
// CHANGE-NOT: IR Dump

// FAILURE-NOT: IR Dump After CSE
// FAILURE: // -----// IR Dump After SymbolDCE Failed (symbol-dce) //----- //
func.func @f(%a: i32) -> i32 {
  %0 = arith.addi %a, %a : i32
  %1 = arith.addi %a, %a : i32
  %2 = arith.muli %0, %1 : i32
  return %2 : i32
}
func.func @g(%a: i32) -> i32 {
  return %a : i32
}

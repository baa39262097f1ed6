// RUN: cim-opt %s -o /dev/null --mlir-timing --mlir-disable-threading --pass-pipeline='builtin.module(func.func(cse,canonicalize),symbol-dce)' 2>&1 | FileCheck %s
// RUN: cim-opt %s -o /dev/null --mlir-timing --mlir-timing-display=list --pass-pipeline='builtin.module(func.func(cse),symbol-dce)' 2>&1 | FileCheck %s --check-prefix=LIST
// RUN: cim-opt %s -o /dev/null --mlir-pass-statistics --pass-pipeline='builtin.module(func.func(cse),symbol-dce)' 2>&1 | FileCheck %s --check-prefix=STAT
// RUN: cim-opt %s -o /dev/null --mlir-pass-statistics --mlir-pass-statistics-display=list --cse --cse 2>&1 | FileCheck %s --check-prefix=SUM

// CHECK: ... Execution time report ...
// CHECK: Total Execution Time: {{[0-9.]+}} seconds
// CHECK: ----Wall Time----  ----Name----
// CHECK-NEXT: {{%\)}}  Parser
// CHECK-NEXT: {{%\)}}  'func.func' Pipeline
// CHECK-NEXT: {{%\)}}    CSE
// CHECK-NEXT: {{%\)}}    Canonicalizer
// CHECK-NEXT: {{%\)}}  SymbolDCE
// CHECK-NEXT: {{%\)}}  Output
// CHECK-NEXT: {{%\)}}  Rest
// CHECK-NEXT: (100.0%)  Total

// LIST: {{%\)}}  CSE

// STAT: ... Pass statistics report ...
// STAT: 'func.func' Pipeline
// STAT-NEXT:   CSE
// STAT-NEXT:     (S) 1 num-cse'd - Number of operations CSE'd
// STAT-NEXT:     (S) 0 num-dce'd - Number of operations DCE'd
// STAT-NEXT: SymbolDCE
// STAT-NEXT:   (S) 1 num-dce'd - Number of symbols DCE'd

// SUM: CSE
// SUM-NEXT: (S) 1 num-cse'd - Number of operations CSE'd
// SUM-NOT: num-cse'd
func.func @f(%a: i32) -> i32 {
  %0 = arith.addi %a, %a : i32
  %1 = arith.addi %a, %a : i32
  %2 = arith.muli %0, %1 : i32
  return %2 : i32
}
func.func private @unused(%a: i32) -> i32 {
  return %a : i32
}

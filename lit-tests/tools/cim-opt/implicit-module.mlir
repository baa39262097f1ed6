// RUN: cim-opt %s --no-implicit-module | FileCheck %s
// RUN: cim-opt %s --no-implicit-module --pass-pipeline='func.func(cse)' | FileCheck %s
// RUN: cim-opt %s | FileCheck %s --check-prefix=MODULE
// RUN: not cim-opt %s --no-implicit-module --pass-pipeline='builtin.module(cse)' 2>&1 | FileCheck %s --check-prefix=ROOT
// RUN: echo 'module {} module {}' | not cim-opt --no-implicit-module 2>&1 | FileCheck %s --check-prefix=TWO

// CHECK-NOT: module
// CHECK: func.func @f()
// MODULE: module {
// MODULE-NEXT: func.func @f()
// ROOT: error: can't run 'builtin.module' pass manager on 'func.func' op
// TWO: <stdin>:0:0: error: source must contain a single top-level operation, found: 2
func.func @f() {
  return
}

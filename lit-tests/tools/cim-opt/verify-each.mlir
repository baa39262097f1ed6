// RUN: cim-opt %s --verify-each=0 --cse | FileCheck %s
// RUN: cim-opt %s --verify-each --cse | FileCheck %s
// RUN: not cim-opt %S/Inputs/invalid.mlir 2>&1 | FileCheck %s --check-prefix=INPUT

// CHECK: func.func @f()
// INPUT: invalid.mlir:2:3: error: block with no terminator
func.func @f() {
  return
}

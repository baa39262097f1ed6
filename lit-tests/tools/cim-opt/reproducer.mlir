// RUN: not cim-opt %s --pass-pipeline='builtin.module(cse,func.func(symbol-dce))' --mlir-pass-pipeline-crash-reproducer=%t.mlir 2>&1 | FileCheck %s --check-prefix=ERROR
// RUN: FileCheck %s --check-prefix=FILE --input-file=%t.mlir
// RUN: not cim-opt %t.mlir --run-reproducer 2>&1 | FileCheck %s --check-prefix=AGAIN
// RUN: cim-opt %t.mlir -o /dev/null
// RUN: not cim-opt %S/Inputs/empty.mlir --run-reproducer 2>&1 | FileCheck %s --check-prefix=NONE

// ERROR: error: 'func.func' op  was scheduled to run under SymbolDCE, but does not define a symbol table
// ERROR: error: Failures have been detected while processing an MLIR pass pipeline
// ERROR: note: Pipeline failed while executing `SymbolDCE` on 'func.func' operation: @f: reproducer generated at `{{.*}}`

// FILE: func.func @f()
// FILE: {-#
// FILE-NEXT:   external_resources: {
// FILE-NEXT:     mlir_reproducer: {
// FILE-NEXT:       pipeline: "builtin.module(cse, func.func(symbol-dce))",
// FILE-NEXT:       disable_threading: {{true|false}},
// FILE-NEXT:       verify_each: true
// FILE-NEXT:     }
// FILE-NEXT:   }
// FILE-NEXT: #-}

// AGAIN: was scheduled to run under SymbolDCE

// NONE: error: --run-reproducer: the input has no 'mlir_reproducer'
func.func @f() {
  return
}

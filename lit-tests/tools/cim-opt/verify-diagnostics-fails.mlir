// RUN: not cim-opt %s --split-input-file --verify-diagnostics 2>&1 | FileCheck %s
// RUN: not cim-opt %s --split-input-file --verify-diagnostics=only-expected 2>&1 | FileCheck %s --check-prefix=ONLY

// CHECK: fails.mlir:9:6: error: unexpected error: operation being parsed
// CHECK-NEXT: "a.b"()
// CHECK: 'error' diagnostic emitted when expecting a 'warning'
// CHECK: error: expected error "nothing of the kind" was not produced

"a.b"() : () -> ()

// -----

// expected-warning@+1 {{unregistered dialect}}
"a.b"() : () -> ()

// -----

// expected-error@+1 {{nothing of the kind}}
func.func private @f()

// ONLY-NOT: unexpected
// ONLY: error: expected warning "unregistered dialect" was not produced
// ONLY: error: expected error "nothing of the kind" was not produced

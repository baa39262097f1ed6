// RUN: cim-opt %s --split-input-file --verify-diagnostics
// RUN: cim-opt %s --split-input-file --verify-diagnostics=all
// RUN: cim-opt %s --split-input-file --verify-diagnostics=only-expected
// RUN: not cim-opt %s --split-input-file 2>&1 | FileCheck %s

// CHECK: verify-diagnostics.mlir:[[@LINE+2]]:6: error: operation being parsed with an unregistered dialect
// expected-error@+1 {{unregistered dialect}}
"a.b"() : () -> ()

// -----

"a.b"() : () -> () // expected-error {{unregistered dialect}}

// -----

// expected-error-re@below {{operation being {{[a-z]+}} with}}
"a.b"() : () -> ()

// -----

"a.b"() : () -> ()
// expected-error@above {{unregistered dialect}}
// -----

"a.b"() : () -> ()
// expected-error@-1 {{unregistered dialect}}

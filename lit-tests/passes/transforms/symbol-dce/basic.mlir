// RUN: cim-opt %s --symbol-dce --split-input-file --verify-diagnostics | FileCheck %s

// CHECK-NOT: @unused
// CHECK: func.func private @used()
// CHECK: func.func @public()
// CHECK-NOT: @chain
func.func private @unused()
func.func private @used()
func.func @public() {
  call @used() : () -> ()
  return
}
func.func private @chain_a() {
  call @chain_b() : () -> ()
  return
}
func.func private @chain_b() {
  call @chain_a() : () -> ()
  return
}

// -----

// Nested modules: a private module hides what is in it.
// CHECK: module @outer
// CHECK-NOT: @hidden
// CHECK: func.func nested @seen()
// CHECK: func.func @user()
module @outer {
  module @inner attributes {sym_visibility = "private"} {
    func.func nested @hidden()
    func.func nested @seen()
  }
  func.func @user() attributes {x = @inner::@seen} {
    return
  }
}

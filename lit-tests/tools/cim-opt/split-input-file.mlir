// RUN: cim-opt %s --split-input-file --allow-unregistered-dialect --mlir-print-local-scope | FileCheck %s
// RUN: cim-opt %s -split-input-file -allow-unregistered-dialect --output-split-marker="// next" | FileCheck %s --check-prefix=MARK
// RUN: cim-opt %s --split-input-file --allow-unregistered-dialect --mlir-print-debuginfo --mlir-print-local-scope | FileCheck %s --check-prefix=LOC

"a.one"() : () -> ()
// CHECK: module {
// CHECK-NEXT: "a.one"
// CHECK: {{/}}/ -----
// CHECK-NEXT: module {
// CHECK-NEXT: "a.two"
// CHECK-NOT: {{/}}/ -----
// MARK: "a.one"
// MARK: {{^}}// next
// MARK: "a.two"
// LOC: "a.one"() : () -> () loc("{{.*}}split-input-file.mlir":5:1)
// LOC: "a.two"() : () -> () loc("{{.*}}split-input-file.mlir":20:3)

// -----

  "a.two"() : () -> ()

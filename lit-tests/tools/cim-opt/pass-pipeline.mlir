// RUN: cim-opt %s --dump-pass-pipeline --pass-pipeline='builtin.module( func.func(cse,canonicalize{max-iterations=3 region-simplify=disabled disable-patterns=a,b}), any(cse),symbol-dce)' 2>&1 >/dev/null | FileCheck %s
// RUN: cim-opt %s --dump-pass-pipeline --cse --canonicalize='top-down=0' 2>&1 >/dev/null | FileCheck %s --check-prefix=FLAGS

// CHECK: Pass Manager with 3 passes:
// CHECK-NEXT: builtin.module(
// CHECK-NEXT:   func.func(
// CHECK-NEXT:     cse,
// CHECK-NEXT:     canonicalize{disable-patterns={a,b}  max-iterations=3 max-num-rewrites=-1 region-simplify=disabled test-convergence=false top-down=true}
// CHECK-NEXT:   ),
// CHECK-NEXT:   any(
// CHECK-NEXT:     cse
// CHECK-NEXT:   ),
// CHECK-NEXT:   symbol-dce
// CHECK-NEXT: )

// FLAGS: Pass Manager with 2 passes:
// FLAGS-NEXT: builtin.module(
// FLAGS-NEXT:   cse,
// FLAGS-NEXT:   canonicalize{  max-iterations=10 max-num-rewrites=-1 region-simplify=normal test-convergence=false top-down=false}
// FLAGS-NEXT: )
func.func @f() {
  return
}

// RUN: cim-opt %s --mlir-print-op-generic | FileCheck %s --check-prefix=GENERIC
// RUN: cim-opt %s --mlir-print-debuginfo --mlir-print-local-scope | FileCheck %s --check-prefix=LOC
// RUN: cim-opt %s --mlir-elide-elementsattrs-if-larger=2 | FileCheck %s --check-prefix=ELIDE
// RUN: cim-opt %s --mlir-print-elementsattrs-with-hex-if-larger=2 | FileCheck %s --check-prefix=HEX
// RUN: cim-opt %s --verify-roundtrip -o /dev/null
// RUN: cim-opt %s | cim-opt | FileCheck %s

// CHECK: arith.constant dense<[1, 2, 3]> : tensor<3xi32>
// GENERIC: "builtin.module"() ({
// GENERIC-NEXT: "func.func"() <{
// GENERIC: "func.return"(%0)
// LOC: func.func @f()
// LOC: return %{{.*}} loc("{{.*}}printing.mlir":[[@LINE+6]]:3)
// ELIDE: dense_resource<__elided__> : tensor<3xi32>
// HEX: dense<"0x010000000200000003000000"> : tensor<3xi32>

func.func @f() -> tensor<3xi32> {
  %0 = arith.constant dense<[1, 2, 3]> : tensor<3xi32>
  return %0 : tensor<3xi32>
}

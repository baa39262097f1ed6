// RUN: cim-opt %s --cse --allow-unregistered-dialect | FileCheck %s

// Regions of operations that are isolated, or may be, take no values from outside.
// CHECK-LABEL: @isolated
// CHECK: %[[A:.*]] = arith.constant 1
// CHECK: "a.region"
// CHECK: %[[B:.*]] = arith.constant 1
// CHECK: "a.use"(%[[B]])
func.func @isolated() -> i32 {
  %0 = arith.constant 1 : i32
  "a.region"() ({
    %1 = arith.constant 1 : i32
    "a.use"(%1) : (i32) -> ()
  }) : () -> ()
  return %0 : i32
}

// In a graph region a later value serves an earlier user.
// CHECK-LABEL: "a.graph"
// CHECK: %[[A:.*]] = arith.constant 7
// CHECK-NOT: arith.constant
// CHECK: "a.use"(%[[A]], %[[A]])
"a.graph"() ({
  %0 = arith.constant 7 : i32
  %1 = arith.constant 7 : i32
  "a.use"(%0, %1) : (i32, i32) -> ()
}) : () -> ()

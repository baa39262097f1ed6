// RUN: cim-opt %s --reconcile-unrealized-casts | FileCheck %s

// CHECK-LABEL: @there_and_back
// CHECK-NEXT: return %arg0
func.func @there_and_back(%a: i64) -> i64 {
  %0 = builtin.unrealized_conversion_cast %a : i64 to i32
  %1 = builtin.unrealized_conversion_cast %0 : i32 to i64
  return %1 : i64
}

// CHECK-LABEL: @longer_chain
// CHECK-NEXT: return %arg0
func.func @longer_chain(%a: i64) -> i64 {
  %0 = builtin.unrealized_conversion_cast %a : i64 to i32
  %1 = builtin.unrealized_conversion_cast %0 : i32 to i16
  %2 = builtin.unrealized_conversion_cast %1 : i16 to i64
  return %2 : i64
}

// CHECK-LABEL: @several_values
// CHECK-NEXT: return %arg0, %arg1
func.func @several_values(%a: i64, %b: i32) -> (i64, i32) {
  %0 = builtin.unrealized_conversion_cast %a, %b : i64, i32 to f32
  %1:2 = builtin.unrealized_conversion_cast %0 : f32 to i64, i32
  return %1#0, %1#1 : i64, i32
}

// CHECK-LABEL: @stays
// CHECK-NEXT: %[[A:.*]] = builtin.unrealized_conversion_cast %arg0 : i64 to i32
// CHECK-NEXT: return %[[A]]
func.func @stays(%a: i64) -> i32 {
  %0 = builtin.unrealized_conversion_cast %a : i64 to i32
  return %0 : i32
}

// CHECK-LABEL: @unused
// CHECK-NEXT: return
func.func @unused(%a: i64) {
  %0 = builtin.unrealized_conversion_cast %a : i64 to i32
  return
}

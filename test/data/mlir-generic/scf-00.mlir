"builtin.module"() ({
  "func.func"() <{function_type = (memref<?xf32>, index, i1) -> f32, sym_name = "l"}> ({
  ^bb0(%arg0: memref<?xf32>, %arg1: index, %arg2: i1):
    %0 = "arith.constant"() <{value = 0 : index}> : () -> index
    %1 = "arith.constant"() <{value = 1 : index}> : () -> index
    %2 = "arith.constant"() <{value = 0.000000e+00 : f32}> : () -> f32
    %3:2 = "scf.for"(%0, %arg1, %1, %2, %0) ({
    ^bb0(%arg10: index, %arg11: f32, %arg12: index):
      %9 = "memref.load"(%arg0, %arg10) : (memref<?xf32>, index) -> f32
      %10 = "arith.addf"(%arg11, %9) <{fastmath = #arith.fastmath<fast>}> : (f32, f32) -> f32
      %11 = "scf.if"(%arg2) ({
        "scf.yield"(%10) : (f32) -> ()
      }, {
        %12 = "arith.mulf"(%10, %10) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        "scf.yield"(%12) : (f32) -> ()
      }) : (i1) -> f32
      "scf.yield"(%11, %arg10) : (f32, index) -> ()
    }) : (index, index, index, f32, index) -> (f32, index)
    %4:2 = "scf.while"(%0, %3#0) ({
    ^bb0(%arg8: index, %arg9: f32):
      %8 = "arith.cmpi"(%arg8, %arg1) <{predicate = 6 : i64}> : (index, index) -> i1
      "scf.condition"(%8, %arg8, %arg9) : (i1, index, f32) -> ()
    }, {
    ^bb0(%arg6: index, %arg7: f32):
      %7 = "arith.addi"(%arg6, %1) <{overflowFlags = #arith.overflow<none>}> : (index, index) -> index
      "scf.yield"(%7, %arg7) : (index, f32) -> ()
    }) : (index, f32) -> (index, f32)
    "scf.parallel"(%0, %0, %arg1, %arg1, %1, %1) <{operandSegmentSizes = array<i32: 2, 2, 2, 0>}> ({
    ^bb0(%arg4: index, %arg5: index):
      "memref.store"(%2, %arg0, %arg4) : (f32, memref<?xf32>, index) -> ()
      "scf.reduce"() : () -> ()
    }) : (index, index, index, index, index, index) -> ()
    %5 = "scf.execute_region"() ({
      "scf.yield"(%2) : (f32) -> ()
    }) : () -> f32
    %6 = "scf.index_switch"(%arg1) <{cases = array<i64: 2, 5>}> ({
      "scf.yield"(%4#1) : (f32) -> ()
    }, {
      "scf.yield"(%2) : (f32) -> ()
    }, {
      "scf.yield"(%5) : (f32) -> ()
    }) : (index) -> f32
    "scf.forall"(%arg1) <{operandSegmentSizes = array<i32: 0, 1, 0, 0>, staticLowerBound = array<i64: 0>, staticStep = array<i64: 1>, staticUpperBound = array<i64: -9223372036854775808>}> ({
    ^bb0(%arg3: index):
      "scf.forall.in_parallel"() ({
      ^bb0:
      }) : () -> ()
    }) : (index) -> ()
    "func.return"(%4#1) : (f32) -> ()
  }) : () -> ()
}) : () -> ()


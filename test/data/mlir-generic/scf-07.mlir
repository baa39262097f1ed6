"builtin.module"() ({
  "func.func"() <{function_type = (memref<?xf32>, index, i1) -> f32, sym_name = "l"}> ({
  ^bb0(%arg0: memref<?xf32>, %arg1: index, %arg2: i1):
    %0 = "builtin.unrealized_conversion_cast"(%arg1) : (index) -> i64
    %1 = "llvm.mlir.constant"() <{value = 0 : index}> : () -> i64
    %2 = "builtin.unrealized_conversion_cast"(%1) : (i64) -> index
    %3 = "llvm.mlir.constant"() <{value = 1 : index}> : () -> i64
    %4 = "builtin.unrealized_conversion_cast"(%3) : (i64) -> index
    %5 = "llvm.mlir.constant"() <{value = 0.000000e+00 : f32}> : () -> f32
    %6:2 = "scf.for"(%2, %arg1, %4, %5, %2) ({
    ^bb0(%arg10: index, %arg11: f32, %arg12: index):
      %15 = "memref.load"(%arg0, %arg10) : (memref<?xf32>, index) -> f32
      %16 = "llvm.fadd"(%arg11, %15) <{fastmathFlags = #llvm.fastmath<fast>}> : (f32, f32) -> f32
      %17 = "scf.if"(%arg2) ({
        "scf.yield"(%16) : (f32) -> ()
      }, {
        %18 = "llvm.fmul"(%16, %16) <{fastmathFlags = #llvm.fastmath<none>}> : (f32, f32) -> f32
        "scf.yield"(%18) : (f32) -> ()
      }) : (i1) -> f32
      "scf.yield"(%17, %arg10) : (f32, index) -> ()
    }) : (index, index, index, f32, index) -> (f32, index)
    %7:2 = "scf.while"(%2, %6#0) ({
    ^bb0(%arg8: index, %arg9: f32):
      %13 = "builtin.unrealized_conversion_cast"(%arg8) : (index) -> i64
      %14 = "llvm.icmp"(%13, %0) <{predicate = 6 : i64}> : (i64, i64) -> i1
      "scf.condition"(%14, %arg8, %arg9) : (i1, index, f32) -> ()
    }, {
    ^bb0(%arg6: index, %arg7: f32):
      %10 = "builtin.unrealized_conversion_cast"(%arg6) : (index) -> i64
      %11 = "llvm.add"(%10, %3) <{overflowFlags = 0 : i32}> : (i64, i64) -> i64
      %12 = "builtin.unrealized_conversion_cast"(%11) : (i64) -> index
      "scf.yield"(%12, %arg7) : (index, f32) -> ()
    }) : (index, f32) -> (index, f32)
    "scf.parallel"(%2, %2, %arg1, %arg1, %4, %4) <{operandSegmentSizes = array<i32: 2, 2, 2, 0>}> ({
    ^bb0(%arg4: index, %arg5: index):
      "memref.store"(%5, %arg0, %arg4) : (f32, memref<?xf32>, index) -> ()
      "scf.reduce"() : () -> ()
    }) : (index, index, index, index, index, index) -> ()
    %8 = "scf.execute_region"() ({
      "scf.yield"(%5) : (f32) -> ()
    }) : () -> f32
    %9 = "scf.index_switch"(%arg1) <{cases = array<i64: 2, 5>}> ({
      "scf.yield"(%7#1) : (f32) -> ()
    }, {
      "scf.yield"(%5) : (f32) -> ()
    }, {
      "scf.yield"(%8) : (f32) -> ()
    }) : (index) -> f32
    "scf.forall"(%arg1) <{operandSegmentSizes = array<i32: 0, 1, 0, 0>, staticLowerBound = array<i64: 0>, staticStep = array<i64: 1>, staticUpperBound = array<i64: -9223372036854775808>}> ({
    ^bb0(%arg3: index):
      "scf.forall.in_parallel"() ({
      ^bb0:
      }) : () -> ()
    }) : (index) -> ()
    "func.return"(%7#1) : (f32) -> ()
  }) : () -> ()
}) : () -> ()


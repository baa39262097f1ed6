"builtin.module"() ({
  "llvm.func"() <{CConv = #llvm.cconv<ccc>, function_type = !llvm.func<f32 (ptr, ptr, i64, i64, i64, i64, i1)>, linkage = #llvm.linkage<external>, sym_name = "l", visibility_ = 0 : i64}> ({
  ^bb0(%arg0: !llvm.ptr, %arg1: !llvm.ptr, %arg2: i64, %arg3: i64, %arg4: i64, %arg5: i64, %arg6: i1):
    %0 = "builtin.unrealized_conversion_cast"(%arg5) : (i64) -> index
    %1 = "llvm.mlir.poison"() : () -> !llvm.struct<(ptr, ptr, i64, array<1 x i64>, array<1 x i64>)>
    %2 = "llvm.insertvalue"(%1, %arg0) <{position = array<i64: 0>}> : (!llvm.struct<(ptr, ptr, i64, array<1 x i64>, array<1 x i64>)>, !llvm.ptr) -> !llvm.struct<(ptr, ptr, i64, array<1 x i64>, array<1 x i64>)>
    %3 = "llvm.insertvalue"(%2, %arg1) <{position = array<i64: 1>}> : (!llvm.struct<(ptr, ptr, i64, array<1 x i64>, array<1 x i64>)>, !llvm.ptr) -> !llvm.struct<(ptr, ptr, i64, array<1 x i64>, array<1 x i64>)>
    %4 = "llvm.insertvalue"(%3, %arg2) <{position = array<i64: 2>}> : (!llvm.struct<(ptr, ptr, i64, array<1 x i64>, array<1 x i64>)>, i64) -> !llvm.struct<(ptr, ptr, i64, array<1 x i64>, array<1 x i64>)>
    %5 = "llvm.insertvalue"(%4, %arg3) <{position = array<i64: 3, 0>}> : (!llvm.struct<(ptr, ptr, i64, array<1 x i64>, array<1 x i64>)>, i64) -> !llvm.struct<(ptr, ptr, i64, array<1 x i64>, array<1 x i64>)>
    %6 = "llvm.insertvalue"(%5, %arg4) <{position = array<i64: 4, 0>}> : (!llvm.struct<(ptr, ptr, i64, array<1 x i64>, array<1 x i64>)>, i64) -> !llvm.struct<(ptr, ptr, i64, array<1 x i64>, array<1 x i64>)>
    %7 = "llvm.mlir.constant"() <{value = 0 : index}> : () -> i64
    %8 = "builtin.unrealized_conversion_cast"(%7) : (i64) -> index
    %9 = "llvm.mlir.constant"() <{value = 1 : index}> : () -> i64
    %10 = "builtin.unrealized_conversion_cast"(%9) : (i64) -> index
    %11 = "llvm.mlir.constant"() <{value = 0.000000e+00 : f32}> : () -> f32
    %12:2 = "scf.for"(%8, %0, %10, %11, %8) ({
    ^bb0(%arg14: index, %arg15: f32, %arg16: index):
      %24 = "builtin.unrealized_conversion_cast"(%arg14) : (index) -> i64
      %25 = "llvm.extractvalue"(%6) <{position = array<i64: 1>}> : (!llvm.struct<(ptr, ptr, i64, array<1 x i64>, array<1 x i64>)>) -> !llvm.ptr
      %26 = "llvm.getelementptr"(%25, %24) <{elem_type = f32, noWrapFlags = 7 : i32, rawConstantIndices = array<i32: -2147483648>}> : (!llvm.ptr, i64) -> !llvm.ptr
      %27 = "llvm.load"(%26) <{ordering = 0 : i64}> : (!llvm.ptr) -> f32
      %28 = "llvm.fadd"(%arg15, %27) <{fastmathFlags = #llvm.fastmath<fast>}> : (f32, f32) -> f32
      %29 = "scf.if"(%arg6) ({
        "scf.yield"(%28) : (f32) -> ()
      }, {
        %30 = "llvm.fmul"(%28, %28) <{fastmathFlags = #llvm.fastmath<none>}> : (f32, f32) -> f32
        "scf.yield"(%30) : (f32) -> ()
      }) : (i1) -> f32
      "scf.yield"(%29, %arg14) : (f32, index) -> ()
    }) : (index, index, index, f32, index) -> (f32, index)
    %13:2 = "scf.while"(%8, %12#0) ({
    ^bb0(%arg12: index, %arg13: f32):
      %22 = "builtin.unrealized_conversion_cast"(%arg12) : (index) -> i64
      %23 = "llvm.icmp"(%22, %arg5) <{predicate = 6 : i64}> : (i64, i64) -> i1
      "scf.condition"(%23, %arg12, %arg13) : (i1, index, f32) -> ()
    }, {
    ^bb0(%arg10: index, %arg11: f32):
      %19 = "builtin.unrealized_conversion_cast"(%arg10) : (index) -> i64
      %20 = "llvm.add"(%19, %9) <{overflowFlags = 0 : i32}> : (i64, i64) -> i64
      %21 = "builtin.unrealized_conversion_cast"(%20) : (i64) -> index
      "scf.yield"(%21, %arg11) : (index, f32) -> ()
    }) : (index, f32) -> (index, f32)
    "scf.parallel"(%8, %8, %0, %0, %10, %10) <{operandSegmentSizes = array<i32: 2, 2, 2, 0>}> ({
    ^bb0(%arg8: index, %arg9: index):
      %16 = "builtin.unrealized_conversion_cast"(%arg8) : (index) -> i64
      %17 = "llvm.extractvalue"(%6) <{position = array<i64: 1>}> : (!llvm.struct<(ptr, ptr, i64, array<1 x i64>, array<1 x i64>)>) -> !llvm.ptr
      %18 = "llvm.getelementptr"(%17, %16) <{elem_type = f32, noWrapFlags = 7 : i32, rawConstantIndices = array<i32: -2147483648>}> : (!llvm.ptr, i64) -> !llvm.ptr
      "llvm.store"(%11, %18) <{ordering = 0 : i64}> : (f32, !llvm.ptr) -> ()
      "scf.reduce"() : () -> ()
    }) : (index, index, index, index, index, index) -> ()
    %14 = "scf.execute_region"() ({
      "scf.yield"(%11) : (f32) -> ()
    }) : () -> f32
    %15 = "scf.index_switch"(%0) <{cases = array<i64: 2, 5>}> ({
      "scf.yield"(%13#1) : (f32) -> ()
    }, {
      "scf.yield"(%11) : (f32) -> ()
    }, {
      "scf.yield"(%14) : (f32) -> ()
    }) : (index) -> f32
    "scf.forall"(%0) <{operandSegmentSizes = array<i32: 0, 1, 0, 0>, staticLowerBound = array<i64: 0>, staticStep = array<i64: 1>, staticUpperBound = array<i64: -9223372036854775808>}> ({
    ^bb0(%arg7: index):
      "scf.forall.in_parallel"() ({
      ^bb0:
      }) : () -> ()
    }) : (index) -> ()
    "llvm.return"(%13#1) : (f32) -> ()
  }) : () -> ()
}) : () -> ()


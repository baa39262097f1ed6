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
    %7 = "builtin.unrealized_conversion_cast"(%6) : (!llvm.struct<(ptr, ptr, i64, array<1 x i64>, array<1 x i64>)>) -> memref<?xf32>
    %8 = "arith.constant"() <{value = 0 : index}> : () -> index
    %9 = "arith.constant"() <{value = 1 : index}> : () -> index
    %10 = "arith.constant"() <{value = 0.000000e+00 : f32}> : () -> f32
    %11:2 = "scf.for"(%8, %0, %9, %10, %8) ({
    ^bb0(%arg14: index, %arg15: f32, %arg16: index):
      %17 = "memref.load"(%7, %arg14) : (memref<?xf32>, index) -> f32
      %18 = "arith.addf"(%arg15, %17) <{fastmath = #arith.fastmath<fast>}> : (f32, f32) -> f32
      %19 = "scf.if"(%arg6) ({
        "scf.yield"(%18) : (f32) -> ()
      }, {
        %20 = "arith.mulf"(%18, %18) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        "scf.yield"(%20) : (f32) -> ()
      }) : (i1) -> f32
      "scf.yield"(%19, %arg14) : (f32, index) -> ()
    }) : (index, index, index, f32, index) -> (f32, index)
    %12:2 = "scf.while"(%8, %11#0) ({
    ^bb0(%arg12: index, %arg13: f32):
      %16 = "arith.cmpi"(%arg12, %0) <{predicate = 6 : i64}> : (index, index) -> i1
      "scf.condition"(%16, %arg12, %arg13) : (i1, index, f32) -> ()
    }, {
    ^bb0(%arg10: index, %arg11: f32):
      %15 = "arith.addi"(%arg10, %9) <{overflowFlags = #arith.overflow<none>}> : (index, index) -> index
      "scf.yield"(%15, %arg11) : (index, f32) -> ()
    }) : (index, f32) -> (index, f32)
    "scf.parallel"(%8, %8, %0, %0, %9, %9) <{operandSegmentSizes = array<i32: 2, 2, 2, 0>}> ({
    ^bb0(%arg8: index, %arg9: index):
      "memref.store"(%10, %7, %arg8) : (f32, memref<?xf32>, index) -> ()
      "scf.reduce"() : () -> ()
    }) : (index, index, index, index, index, index) -> ()
    %13 = "scf.execute_region"() ({
      "scf.yield"(%10) : (f32) -> ()
    }) : () -> f32
    %14 = "scf.index_switch"(%0) <{cases = array<i64: 2, 5>}> ({
      "scf.yield"(%12#1) : (f32) -> ()
    }, {
      "scf.yield"(%10) : (f32) -> ()
    }, {
      "scf.yield"(%13) : (f32) -> ()
    }) : (index) -> f32
    "scf.forall"(%0) <{operandSegmentSizes = array<i32: 0, 1, 0, 0>, staticLowerBound = array<i64: 0>, staticStep = array<i64: 1>, staticUpperBound = array<i64: -9223372036854775808>}> ({
    ^bb0(%arg7: index):
      "scf.forall.in_parallel"() ({
      ^bb0:
      }) : () -> ()
    }) : (index) -> ()
    "llvm.return"(%12#1) : (f32) -> ()
  }) : () -> ()
}) : () -> ()


#loc5 = loc("<stdin>":5:14)
#loc6 = loc("<stdin>":5:38)
#loc11 = loc("<stdin>":10:4)
"builtin.module"() ({
  "llvm.mlir.global"() <{addr_space = 0 : i32, constant, global_type = !llvm.array<7 x i8>, linkage = #llvm.linkage<private>, sym_name = "s", unnamed_addr = 0 : i64, value = "hello\0A\00", visibility_ = 0 : i64}> ({
  }) : () -> () loc(#loc1)
  "llvm.mlir.global"() <{addr_space = 1 : i32, global_type = i64, linkage = #llvm.linkage<external>, sym_name = "g", unnamed_addr = 0 : i64, value = 5 : i64, visibility_ = 0 : i64}> ({
  }) : () -> () loc(#loc2)
  "llvm.func"() <{CConv = #llvm.cconv<ccc>, function_type = !llvm.func<i32 (ptr, ...)>, linkage = #llvm.linkage<external>, sym_name = "printf", unnamed_addr = 0 : i64, visibility_ = 0 : i64}> ({
  }) : () -> () loc(#loc3)
  "llvm.func"() <{CConv = #llvm.cconv<ccc>, arg_attrs = [{llvm.noundef}, {}], function_type = !llvm.func<struct<(i64, array<4 x f32>)> (i64, ptr)>, linkage = #llvm.linkage<external>, passthrough = ["noinline", ["k", "v"]], sym_name = "f", unnamed_addr = 0 : i64, visibility_ = 0 : i64}> ({
  ^bb0(%arg0: i64 loc("<stdin>":5:14), %arg1: !llvm.ptr loc("<stdin>":5:38)):
    %0 = "llvm.mlir.constant"() <{value = 42 : i64}> : () -> i64 loc(#loc7)
    %1 = "llvm.add"(%arg0, %0) <{overflowFlags = 3 : i32}> : (i64, i64) -> i64 loc(#loc8)
    %2 = "llvm.icmp"(%1, %0) <{predicate = 2 : i64}> : (i64, i64) -> i1 loc(#loc9)
    "llvm.cond_br"(%2, %1)[^bb1, ^bb2] <{operandSegmentSizes = array<i32: 1, 1, 0>}> : (i1, i64) -> () loc(#loc10)
  ^bb1(%3: i64 loc("<stdin>":10:4)):  // 2 preds: ^bb0, ^bb2
    %4 = "llvm.mlir.undef"() : () -> !llvm.struct<(i64, array<4 x f32>)> loc(#loc12)
    %5 = "llvm.insertvalue"(%4, %3) <{position = array<i64: 0>}> : (!llvm.struct<(i64, array<4 x f32>)>, i64) -> !llvm.struct<(i64, array<4 x f32>)> loc(#loc13)
    "llvm.return"(%5) : (!llvm.struct<(i64, array<4 x f32>)>) -> () loc(#loc14)
  ^bb2:  // pred: ^bb0
    %6 = "llvm.getelementptr"(%arg1, %arg0) <{elem_type = !llvm.struct<(i32, i32)>, noWrapFlags = 0 : i32, rawConstantIndices = array<i32: -2147483648, 1>}> : (!llvm.ptr, i64) -> !llvm.ptr loc(#loc15)
    %7 = "llvm.load"(%6) <{alignment = 4 : i64, ordering = 0 : i64}> : (!llvm.ptr) -> i64 loc(#loc16)
    %8 = "llvm.mlir.addressof"() <{global_name = @s}> : () -> !llvm.ptr loc(#loc17)
    %9 = "llvm.call"(%8, %7) <{CConv = #llvm.cconv<ccc>, TailCallKind = #llvm.tailcallkind<none>, callee = @printf, fastmathFlags = #llvm.fastmath<none>, op_bundle_sizes = array<i32>, operandSegmentSizes = array<i32: 2, 0>, var_callee_type = !llvm.func<i32 (ptr, ...)>}> : (!llvm.ptr, i64) -> i32 loc(#loc18)
    "llvm.br"(%7)[^bb1] : (i64) -> () loc(#loc19)
  }) : () -> () loc(#loc4)
}) : () -> () loc(#loc)
#loc = loc("<stdin>":0:0)
#loc1 = loc("<stdin>":2:1)
#loc2 = loc("<stdin>":3:1)
#loc3 = loc("<stdin>":4:1)
#loc4 = loc("<stdin>":5:1)
#loc7 = loc("<stdin>":6:7)
#loc8 = loc("<stdin>":7:7)
#loc9 = loc("<stdin>":8:7)
#loc10 = loc("<stdin>":9:2)
#loc12 = loc("<stdin>":11:7)
#loc13 = loc("<stdin>":12:7)
#loc14 = loc("<stdin>":13:2)
#loc15 = loc("<stdin>":15:7)
#loc16 = loc("<stdin>":16:7)
#loc17 = loc("<stdin>":17:8)
#loc18 = loc("<stdin>":18:7)
#loc19 = loc("<stdin>":19:2)


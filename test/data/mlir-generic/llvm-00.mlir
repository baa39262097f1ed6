"builtin.module"() ({
  "llvm.mlir.global"() <{addr_space = 0 : i32, constant, global_type = !llvm.array<7 x i8>, linkage = #llvm.linkage<private>, sym_name = "s", unnamed_addr = 0 : i64, value = "hello\0A\00", visibility_ = 0 : i64}> ({
  }) : () -> ()
  "llvm.mlir.global"() <{addr_space = 1 : i32, global_type = i64, linkage = #llvm.linkage<external>, sym_name = "g", unnamed_addr = 0 : i64, value = 5 : i64, visibility_ = 0 : i64}> ({
  }) : () -> ()
  "llvm.func"() <{CConv = #llvm.cconv<ccc>, function_type = !llvm.func<i32 (ptr, ...)>, linkage = #llvm.linkage<external>, sym_name = "printf", unnamed_addr = 0 : i64, visibility_ = 0 : i64}> ({
  }) : () -> ()
  "llvm.func"() <{CConv = #llvm.cconv<ccc>, arg_attrs = [{llvm.noundef}, {}], function_type = !llvm.func<struct<(i64, array<4 x f32>)> (i64, ptr)>, linkage = #llvm.linkage<external>, passthrough = ["noinline", ["k", "v"]], sym_name = "f", unnamed_addr = 0 : i64, visibility_ = 0 : i64}> ({
  ^bb0(%arg0: i64, %arg1: !llvm.ptr):
    %0 = "llvm.mlir.constant"() <{value = 42 : i64}> : () -> i64
    %1 = "llvm.add"(%arg0, %0) <{overflowFlags = 3 : i32}> : (i64, i64) -> i64
    %2 = "llvm.icmp"(%1, %0) <{predicate = 2 : i64}> : (i64, i64) -> i1
    "llvm.cond_br"(%2, %1)[^bb1, ^bb2] <{operandSegmentSizes = array<i32: 1, 1, 0>}> : (i1, i64) -> ()
  ^bb1(%3: i64):  // 2 preds: ^bb0, ^bb2
    %4 = "llvm.mlir.undef"() : () -> !llvm.struct<(i64, array<4 x f32>)>
    %5 = "llvm.insertvalue"(%4, %3) <{position = array<i64: 0>}> : (!llvm.struct<(i64, array<4 x f32>)>, i64) -> !llvm.struct<(i64, array<4 x f32>)>
    "llvm.return"(%5) : (!llvm.struct<(i64, array<4 x f32>)>) -> ()
  ^bb2:  // pred: ^bb0
    %6 = "llvm.getelementptr"(%arg1, %arg0) <{elem_type = !llvm.struct<(i32, i32)>, noWrapFlags = 0 : i32, rawConstantIndices = array<i32: -2147483648, 1>}> : (!llvm.ptr, i64) -> !llvm.ptr
    %7 = "llvm.load"(%6) <{alignment = 4 : i64, ordering = 0 : i64}> : (!llvm.ptr) -> i64
    %8 = "llvm.mlir.addressof"() <{global_name = @s}> : () -> !llvm.ptr
    %9 = "llvm.call"(%8, %7) <{CConv = #llvm.cconv<ccc>, TailCallKind = #llvm.tailcallkind<none>, callee = @printf, fastmathFlags = #llvm.fastmath<none>, op_bundle_sizes = array<i32>, operandSegmentSizes = array<i32: 2, 0>, var_callee_type = !llvm.func<i32 (ptr, ...)>}> : (!llvm.ptr, i64) -> i32
    "llvm.br"(%7)[^bb1] : (i64) -> ()
  }) : () -> ()
}) : () -> ()


"builtin.module"() ({
  "llvm.func"() <{CConv = #llvm.cconv<ccc>, function_type = !llvm.func<struct<(i32, i1)> (i32, i32)>, linkage = #llvm.linkage<external>, sym_name = "a", visibility_ = 0 : i64}> ({
  ^bb0(%arg0: i32, %arg1: i32):
    %8 = "arith.addi"(%arg0, %arg1) <{overflowFlags = #arith.overflow<nsw>}> : (i32, i32) -> i32
    %9 = "arith.cmpi"(%8, %arg1) <{predicate = 2 : i64}> : (i32, i32) -> i1
    %10 = "llvm.mlir.poison"() : () -> !llvm.struct<(i32, i1)>
    %11 = "llvm.insertvalue"(%10, %8) <{position = array<i64: 0>}> : (!llvm.struct<(i32, i1)>, i32) -> !llvm.struct<(i32, i1)>
    %12 = "llvm.insertvalue"(%11, %9) <{position = array<i64: 1>}> : (!llvm.struct<(i32, i1)>, i1) -> !llvm.struct<(i32, i1)>
    "llvm.return"(%12) : (!llvm.struct<(i32, i1)>) -> ()
  }) {a = 1 : i64} : () -> ()
  "func.func"() <{arg_attrs = [{}, {q.z}], function_type = (memref<4x?xf32, strided<[?, 1], offset: ?>>, tensor<*xf32>) -> f32, res_attrs = [{x.y = "s"}], sym_name = "ext", sym_visibility = "private"}> ({
  }) : () -> ()
  "llvm.func"() <{CConv = #llvm.cconv<ccc>, function_type = !llvm.func<void ()>, linkage = #llvm.linkage<external>, sym_name = "call", visibility_ = 0 : i64}> ({
    %0 = "arith.constant"() <{value = 1 : i32}> : () -> i32
    %1 = "llvm.call"(%0, %0) <{CConv = #llvm.cconv<ccc>, TailCallKind = #llvm.tailcallkind<none>, callee = @a, fastmathFlags = #llvm.fastmath<none>, op_bundle_sizes = array<i32>, operandSegmentSizes = array<i32: 2, 0>}> : (i32, i32) -> !llvm.struct<(i32, i1)>
    %2 = "llvm.extractvalue"(%1) <{position = array<i64: 0>}> : (!llvm.struct<(i32, i1)>) -> i32
    %3 = "llvm.extractvalue"(%1) <{position = array<i64: 1>}> : (!llvm.struct<(i32, i1)>) -> i1
    %4 = "llvm.mlir.addressof"() <{global_name = @a}> : () -> !llvm.ptr
    %5 = "llvm.call"(%4, %0, %2) <{CConv = #llvm.cconv<ccc>, TailCallKind = #llvm.tailcallkind<none>, fastmathFlags = #llvm.fastmath<none>, op_bundle_sizes = array<i32>, operandSegmentSizes = array<i32: 3, 0>}> : (!llvm.ptr, i32, i32) -> !llvm.struct<(i32, i1)>
    %6 = "llvm.extractvalue"(%5) <{position = array<i64: 0>}> : (!llvm.struct<(i32, i1)>) -> i32
    %7 = "llvm.extractvalue"(%5) <{position = array<i64: 1>}> : (!llvm.struct<(i32, i1)>) -> i1
    "llvm.return"() : () -> ()
  }) : () -> ()
  "builtin.module"() <{sym_name = "inner", sym_visibility = "private"}> ({
    "llvm.func"() <{CConv = #llvm.cconv<ccc>, function_type = !llvm.func<void ()>, linkage = #llvm.linkage<external>, sym_name = "z", visibility_ = 0 : i64}> ({
      "llvm.return"() : () -> ()
    }) : () -> ()
    "builtin.module"() ({
    ^bb0:
    }) : () -> ()
  }) : () -> ()
}) : () -> ()


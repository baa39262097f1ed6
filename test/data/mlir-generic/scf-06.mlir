"builtin.module"() ({
  "func.func"() <{function_type = (memref<?xf32>, index, i1) -> f32, sym_name = "l"}> ({
  ^bb0(%arg0: memref<?xf32>, %arg1: index, %arg2: i1):
    %0 = "arith.constant"() <{value = 0 : index}> : () -> index
    %1 = "arith.constant"() <{value = 1 : index}> : () -> index
    %2 = "arith.constant"() <{value = 0.000000e+00 : f32}> : () -> f32
    "cf.br"(%0, %2, %0)[^bb1] : (index, f32, index) -> ()
  ^bb1(%3: index, %4: f32, %5: index):  // 2 preds: ^bb0, ^bb6
    %6 = "arith.cmpi"(%3, %arg1) <{predicate = 2 : i64}> : (index, index) -> i1
    "cf.cond_br"(%6)[^bb2, ^bb7] <{operandSegmentSizes = array<i32: 1, 0, 0>}> : (i1) -> ()
  ^bb2:  // pred: ^bb1
    %7 = "memref.load"(%arg0, %3) : (memref<?xf32>, index) -> f32
    %8 = "arith.addf"(%4, %7) <{fastmath = #arith.fastmath<fast>}> : (f32, f32) -> f32
    "cf.cond_br"(%arg2)[^bb3, ^bb4] <{operandSegmentSizes = array<i32: 1, 0, 0>}> : (i1) -> ()
  ^bb3:  // pred: ^bb2
    "cf.br"(%8)[^bb5] : (f32) -> ()
  ^bb4:  // pred: ^bb2
    %9 = "arith.mulf"(%8, %8) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
    "cf.br"(%9)[^bb5] : (f32) -> ()
  ^bb5(%10: f32):  // 2 preds: ^bb3, ^bb4
    "cf.br"()[^bb6] : () -> ()
  ^bb6:  // pred: ^bb5
    %11 = "arith.addi"(%3, %1) <{overflowFlags = #arith.overflow<none>}> : (index, index) -> index
    "cf.br"(%11, %10, %3)[^bb1] : (index, f32, index) -> ()
  ^bb7:  // pred: ^bb1
    "cf.br"(%0, %4)[^bb8] : (index, f32) -> ()
  ^bb8(%12: index, %13: f32):  // 2 preds: ^bb7, ^bb9
    %14 = "arith.cmpi"(%12, %arg1) <{predicate = 6 : i64}> : (index, index) -> i1
    "cf.cond_br"(%14, %12, %13)[^bb9, ^bb10] <{operandSegmentSizes = array<i32: 1, 2, 0>}> : (i1, index, f32) -> ()
  ^bb9(%15: index, %16: f32):  // pred: ^bb8
    %17 = "arith.addi"(%15, %1) <{overflowFlags = #arith.overflow<none>}> : (index, index) -> index
    "cf.br"(%17, %16)[^bb8] : (index, f32) -> ()
  ^bb10:  // pred: ^bb8
    "cf.br"(%0)[^bb11] : (index) -> ()
  ^bb11(%18: index):  // 2 preds: ^bb10, ^bb15
    %19 = "arith.cmpi"(%18, %arg1) <{predicate = 2 : i64}> : (index, index) -> i1
    "cf.cond_br"(%19)[^bb12, ^bb16] <{operandSegmentSizes = array<i32: 1, 0, 0>}> : (i1) -> ()
  ^bb12:  // pred: ^bb11
    "cf.br"(%0)[^bb13] : (index) -> ()
  ^bb13(%20: index):  // 2 preds: ^bb12, ^bb14
    %21 = "arith.cmpi"(%20, %arg1) <{predicate = 2 : i64}> : (index, index) -> i1
    "cf.cond_br"(%21)[^bb14, ^bb15] <{operandSegmentSizes = array<i32: 1, 0, 0>}> : (i1) -> ()
  ^bb14:  // pred: ^bb13
    "memref.store"(%2, %arg0, %18) : (f32, memref<?xf32>, index) -> ()
    %22 = "arith.addi"(%20, %1) <{overflowFlags = #arith.overflow<none>}> : (index, index) -> index
    "cf.br"(%22)[^bb13] : (index) -> ()
  ^bb15:  // pred: ^bb13
    %23 = "arith.addi"(%18, %1) <{overflowFlags = #arith.overflow<none>}> : (index, index) -> index
    "cf.br"(%23)[^bb11] : (index) -> ()
  ^bb16:  // pred: ^bb11
    "cf.br"()[^bb17] : () -> ()
  ^bb17:  // pred: ^bb16
    "cf.br"(%2)[^bb18] : (f32) -> ()
  ^bb18(%24: f32):  // pred: ^bb17
    %25 = "arith.index_cast"(%arg1) : (index) -> i32
    "cf.switch"(%25)[^bb21, ^bb19, ^bb20] <{case_operand_segments = array<i32: 0, 0>, case_values = dense<[2, 5]> : vector<2xi32>, operandSegmentSizes = array<i32: 1, 0, 0>}> : (i32) -> ()
  ^bb19:  // pred: ^bb18
    "cf.br"(%2)[^bb22] : (f32) -> ()
  ^bb20:  // pred: ^bb18
    "cf.br"(%24)[^bb22] : (f32) -> ()
  ^bb21:  // pred: ^bb18
    "cf.br"(%13)[^bb22] : (f32) -> ()
  ^bb22(%26: f32):  // 3 preds: ^bb19, ^bb20, ^bb21
    %27 = "arith.constant"() <{value = 0 : index}> : () -> index
    %28 = "arith.constant"() <{value = 1 : index}> : () -> index
    "cf.br"(%27)[^bb23] : (index) -> ()
  ^bb23(%29: index):  // 2 preds: ^bb22, ^bb24
    %30 = "arith.cmpi"(%29, %arg1) <{predicate = 2 : i64}> : (index, index) -> i1
    "cf.cond_br"(%30)[^bb24, ^bb25] <{operandSegmentSizes = array<i32: 1, 0, 0>}> : (i1) -> ()
  ^bb24:  // pred: ^bb23
    %31 = "arith.addi"(%29, %28) <{overflowFlags = #arith.overflow<none>}> : (index, index) -> index
    "cf.br"(%31)[^bb23] : (index) -> ()
  ^bb25:  // pred: ^bb23
    "func.return"(%13) : (f32) -> ()
  }) : () -> ()
}) : () -> ()


"builtin.module"() ({
  "func.func"() <{function_type = (i1, i32) -> i32, sym_name = "c"}> ({
  ^bb0(%arg0: i1, %arg1: i32):
    "cf.cond_br"(%arg0, %arg1, %arg1, %arg1)[^bb1, ^bb2] <{operandSegmentSizes = array<i32: 1, 1, 2>}> : (i1, i32, i32, i32) -> ()
  ^bb1(%0: i32):  // 2 preds: ^bb0, ^bb2
    "cf.br"()[^bb3] : () -> ()
  ^bb2(%1: i32, %2: i32):  // 2 preds: ^bb0, ^bb2
    "cf.switch"(%arg1, %1, %2, %1)[^bb3, ^bb1, ^bb2] <{case_operand_segments = array<i32: 1, 2>, case_values = dense<[1, -2]> : vector<2xi32>, operandSegmentSizes = array<i32: 1, 0, 3>}> : (i32, i32, i32, i32) -> ()
  ^bb3:  // 2 preds: ^bb1, ^bb2
    "func.return"(%arg1) : (i32) -> ()
  ^bb4:  // pred: ^bb4
    "cf.assert"(%arg0) <{msg = "never \22x\22"}> : (i1) -> ()
    "cf.br"()[^bb4] : () -> ()
  }) : () -> ()
}) : () -> ()


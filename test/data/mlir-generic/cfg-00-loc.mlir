#loc2 = loc("<stdin>":2:14)
#loc3 = loc("<stdin>":2:22)
#loc5 = loc("<stdin>":3:4)
#loc7 = loc("<stdin>":4:4)
#loc8 = loc("<stdin>":4:13)
"builtin.module"() ({
  "func.func"() <{function_type = (i1, i32) -> i32, sym_name = "c"}> ({
  ^bb0(%arg0: i1 loc("<stdin>":2:14), %arg1: i32 loc("<stdin>":2:22)):
    "cf.cond_br"(%arg0, %arg1, %arg1, %arg1)[^bb1, ^bb2] <{operandSegmentSizes = array<i32: 1, 1, 2>}> : (i1, i32, i32, i32) -> () loc(#loc4)
  ^bb1(%0: i32 loc("<stdin>":3:4)):  // 2 preds: ^bb0, ^bb2
    "cf.br"()[^bb3] : () -> () loc(#loc6)
  ^bb2(%1: i32 loc("<stdin>":4:4), %2: i32 loc("<stdin>":4:13)):  // 2 preds: ^bb0, ^bb2
    "cf.switch"(%arg1, %1, %2, %1)[^bb3, ^bb1, ^bb2] <{case_operand_segments = array<i32: 1, 2>, case_values = dense<[1, -2]> : vector<2xi32>, operandSegmentSizes = array<i32: 1, 0, 3>}> : (i32, i32, i32, i32) -> () loc(#loc9)
  ^bb3:  // 2 preds: ^bb1, ^bb2
    "func.return"(%arg1) : (i32) -> () loc(#loc10)
  ^bb4:  // pred: ^bb4
    "cf.assert"(%arg0) <{msg = "never \22x\22"}> : (i1) -> () loc(#loc11)
    "cf.br"()[^bb4] : () -> () loc(#loc12)
  }) : () -> () loc(#loc1)
}) : () -> () loc(#loc)
#loc = loc("<stdin>":0:0)
#loc1 = loc("<stdin>":2:1)
#loc4 = loc("<stdin>":2:40)
#loc6 = loc("<stdin>":3:14)
#loc9 = loc("<stdin>":4:23)
#loc10 = loc("<stdin>":5:5)
#loc11 = loc("<stdin>":6:5)
#loc12 = loc("<stdin>":7:2)


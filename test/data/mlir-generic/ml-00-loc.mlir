#loc3 = loc("<stdin>":3:20)
"builtin.module"() ({
  "ml_program.global"() <{is_mutable, sym_name = "g", sym_visibility = "private", type = tensor<4xf32>, value = dense<1.500000e+00> : tensor<4xf32>}> : () -> () loc(#loc1)
  "ml_program.func"() <{function_type = (i32) -> i32, sym_name = "f"}> ({
  ^bb0(%arg0: i32 loc("<stdin>":3:20)):
    "ml_program.return"(%arg0) : (i32) -> () loc(#loc4)
  }) : () -> () loc(#loc2)
  "func.func"() <{function_type = () -> (), sym_name = "u"}> ({
    %0 = "ub.poison"() <{value = #ub.poison}> : () -> f32 loc(#loc6)
    %1 = "index.constant"() <{value = 4 : index}> : () -> index loc(#loc7)
    %2 = "index.add"(%1, %1) : (index, index) -> index loc(#loc8)
    "func.return"() : () -> () loc(#loc9)
  }) : () -> () loc(#loc5)
}) : () -> () loc(#loc)
#loc = loc("<stdin>":0:0)
#loc1 = loc("<stdin>":2:1)
#loc2 = loc("<stdin>":3:1)
#loc4 = loc("<stdin>":3:38)
#loc5 = loc("<stdin>":4:1)
#loc6 = loc("<stdin>":4:23)
#loc7 = loc("<stdin>":5:7)
#loc8 = loc("<stdin>":6:7)
#loc9 = loc("<stdin>":7:2)


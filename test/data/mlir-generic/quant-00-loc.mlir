#loc2 = loc("<stdin>":2:14)
"builtin.module"() ({
  "func.func"() <{function_type = (tensor<4xf32>) -> tensor<4x!quant.uniform<i8:f32, 5.000000e-01:3>>, sym_name = "q"}> ({
  ^bb0(%arg0: tensor<4xf32> loc("<stdin>":2:14)):
    %0 = "quant.qcast"(%arg0) : (tensor<4xf32>) -> tensor<4x!quant.uniform<i8:f32, 5.000000e-01:3>> loc(#loc3)
    "func.return"(%0) : (tensor<4x!quant.uniform<i8:f32, 5.000000e-01:3>>) -> () loc(#loc4)
  }) : () -> () loc(#loc1)
}) : () -> () loc(#loc)
#loc = loc("<stdin>":0:0)
#loc1 = loc("<stdin>":2:1)
#loc3 = loc("<stdin>":2:83)
#loc4 = loc("<stdin>":3:2)


"builtin.module"() ({
  "func.func"() <{function_type = (tensor<4xf32>) -> tensor<4x!quant.uniform<i8:f32, 5.000000e-01:3>>, sym_name = "q"}> ({
  ^bb0(%arg0: tensor<4xf32>):
    %0 = "quant.qcast"(%arg0) : (tensor<4xf32>) -> tensor<4x!quant.uniform<i8:f32, 5.000000e-01:3>>
    "func.return"(%0) : (tensor<4x!quant.uniform<i8:f32, 5.000000e-01:3>>) -> ()
  }) : () -> ()
}) : () -> ()


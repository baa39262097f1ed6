#loc2 = loc("<stdin>":2:14)
#loc3 = loc("<stdin>":2:33)
"builtin.module"() ({
  "func.func"() <{function_type = (memref<4xf32>, tensor<4xf32>) -> (), sym_name = "b"}> ({
  ^bb0(%arg0: memref<4xf32> loc("<stdin>":2:14), %arg1: tensor<4xf32> loc("<stdin>":2:33)):
    %0 = "bufferization.to_tensor"(%arg0) <{restrict}> : (memref<4xf32>) -> tensor<4xf32> loc(#loc4)
    %1 = "bufferization.to_buffer"(%arg1) : (tensor<4xf32>) -> memref<4xf32> loc(#loc5)
    %2 = "bufferization.alloc_tensor"() <{operandSegmentSizes = array<i32: 0, 0, 0>}> : () -> tensor<8xf32> loc(#loc6)
    "func.return"() : () -> () loc(#loc7)
  }) : () -> () loc(#loc1)
}) : () -> () loc(#loc)
#loc = loc("<stdin>":0:0)
#loc1 = loc("<stdin>":2:1)
#loc4 = loc("<stdin>":2:59)
#loc5 = loc("<stdin>":3:7)
#loc6 = loc("<stdin>":4:7)
#loc7 = loc("<stdin>":5:2)


"builtin.module"() ({
  "func.func"() <{function_type = (memref<4xf32>, tensor<4xf32>) -> (), sym_name = "b"}> ({
  ^bb0(%arg0: memref<4xf32>, %arg1: tensor<4xf32>):
    %0 = "bufferization.to_tensor"(%arg0) <{restrict}> : (memref<4xf32>) -> tensor<4xf32>
    %1 = "bufferization.to_buffer"(%arg1) : (tensor<4xf32>) -> memref<4xf32>
    %2 = "bufferization.alloc_tensor"() <{operandSegmentSizes = array<i32: 0, 0, 0>}> : () -> tensor<8xf32>
    "func.return"() : () -> ()
  }) : () -> ()
}) : () -> ()


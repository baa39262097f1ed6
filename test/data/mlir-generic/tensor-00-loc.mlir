#loc2 = loc("<stdin>":2:14)
#loc3 = loc("<stdin>":2:35)
#loc11 = loc("<stdin>":9:33)
#loc14 = loc("<stdin>":10:43)
"builtin.module"() ({
  "func.func"() <{function_type = (tensor<4x?xf32>, index) -> tensor<?x2xf32>, sym_name = "t"}> ({
  ^bb0(%arg0: tensor<4x?xf32> loc("<stdin>":2:14), %arg1: index loc("<stdin>":2:35)):
    %0 = "tensor.dim"(%arg0, %arg1) : (tensor<4x?xf32>, index) -> index loc(#loc4)
    %1 = "tensor.extract"(%arg0, %arg1, %arg1) : (tensor<4x?xf32>, index, index) -> f32 loc(#loc5)
    %2 = "tensor.extract_slice"(%arg0, %arg1) <{operandSegmentSizes = array<i32: 1, 1, 0, 0>, static_offsets = array<i64: 0, -9223372036854775808>, static_sizes = array<i64: 2, 2>, static_strides = array<i64: 1, 1>}> : (tensor<4x?xf32>, index) -> tensor<2x2xf32> loc(#loc6)
    %3 = "tensor.insert_slice"(%2, %arg0, %arg1) <{operandSegmentSizes = array<i32: 1, 1, 1, 0, 0>, static_offsets = array<i64: 1, -9223372036854775808>, static_sizes = array<i64: 2, 2>, static_strides = array<i64: 1, 1>}> : (tensor<2x2xf32>, tensor<4x?xf32>, index) -> tensor<4x?xf32> loc(#loc7)
    %4 = "tensor.cast"(%2) : (tensor<2x2xf32>) -> tensor<?x2xf32> loc(#loc8)
    %5 = "tensor.from_elements"(%1, %1) : (f32, f32) -> tensor<2xf32> loc(#loc9)
    %6 = "tensor.generate"(%0) ({
    ^bb0(%arg3: index loc("<stdin>":9:33)):
      "tensor.yield"(%1) : (f32) -> () loc(#loc12)
    }) : (index) -> tensor<?xf32> loc(#loc10)
    %7 = "tensor.pad"(%5) <{operandSegmentSizes = array<i32: 1, 0, 0>, static_high = array<i64: 2>, static_low = array<i64: 1>}> ({
    ^bb0(%arg2: index loc("<stdin>":10:43)):
      "tensor.yield"(%1) : (f32) -> () loc(#loc15)
    }) : (tensor<2xf32>) -> tensor<5xf32> loc(#loc13)
    %8 = "tensor.collapse_shape"(%2) <{reassociation = [[0, 1]]}> : (tensor<2x2xf32>) -> tensor<4xf32> loc(#loc16)
    %9 = "tensor.expand_shape"(%8) <{reassociation = [[0, 1]], static_output_shape = array<i64: 2, 2>}> : (tensor<4xf32>) -> tensor<2x2xf32> loc(#loc17)
    "func.return"(%4) : (tensor<?x2xf32>) -> () loc(#loc18)
  }) : () -> () loc(#loc1)
}) : () -> () loc(#loc)
#loc = loc("<stdin>":0:0)
#loc1 = loc("<stdin>":2:1)
#loc4 = loc("<stdin>":3:7)
#loc5 = loc("<stdin>":4:7)
#loc6 = loc("<stdin>":5:7)
#loc7 = loc("<stdin>":6:7)
#loc8 = loc("<stdin>":7:7)
#loc9 = loc("<stdin>":8:7)
#loc10 = loc("<stdin>":9:7)
#loc12 = loc("<stdin>":9:45)
#loc13 = loc("<stdin>":10:7)
#loc15 = loc("<stdin>":10:55)
#loc16 = loc("<stdin>":11:8)
#loc17 = loc("<stdin>":12:8)
#loc18 = loc("<stdin>":13:2)


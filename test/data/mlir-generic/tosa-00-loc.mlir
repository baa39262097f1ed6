#loc2 = loc("<stdin>":2:14)
"builtin.module"() ({
  "func.func"() <{function_type = (tensor<1x8x8x4xi8>) -> tensor<1x8x8x8xi32>, sym_name = "t"}> ({
  ^bb0(%arg0: tensor<1x8x8x4xi8> loc("<stdin>":2:14)):
    %0 = "tosa.const"() <{values = dense<1> : tensor<8x3x3x4xi8>}> : () -> tensor<8x3x3x4xi8> loc(#loc3)
    %1 = "tosa.const"() <{values = dense<[1, 2, 3, 4, 5, 6, 7, 8]> : tensor<8xi32>}> : () -> tensor<8xi32> loc(#loc4)
    %2 = "tosa.const"() <{values = dense<0> : tensor<1xi8>}> : () -> tensor<1xi8> loc(#loc5)
    %3 = "tosa.conv2d"(%arg0, %0, %1, %2, %2) <{acc_type = i32, dilation = array<i64: 1, 1>, pad = array<i64: 1, 1, 1, 1>, stride = array<i64: 1, 1>}> : (tensor<1x8x8x4xi8>, tensor<8x3x3x4xi8>, tensor<8xi32>, tensor<1xi8>, tensor<1xi8>) -> tensor<1x8x8x8xi32> loc(#loc6)
    "func.return"(%3) : (tensor<1x8x8x8xi32>) -> () loc(#loc7)
  }) : () -> () loc(#loc1)
}) : () -> () loc(#loc)
#loc = loc("<stdin>":0:0)
#loc1 = loc("<stdin>":2:1)
#loc3 = loc("<stdin>":3:7)
#loc4 = loc("<stdin>":4:7)
#loc5 = loc("<stdin>":5:7)
#loc6 = loc("<stdin>":6:7)
#loc7 = loc("<stdin>":7:2)


"builtin.module"() ({
  "func.func"() <{function_type = (tensor<1x8x8x4xi8>) -> tensor<1x8x8x8xi32>, sym_name = "t"}> ({
  ^bb0(%arg0: tensor<1x8x8x4xi8>):
    %0 = "tosa.const"() <{values = dense<1> : tensor<8x3x3x4xi8>}> : () -> tensor<8x3x3x4xi8>
    %1 = "tosa.const"() <{values = dense<[1, 2, 3, 4, 5, 6, 7, 8]> : tensor<8xi32>}> : () -> tensor<8xi32>
    %2 = "tosa.const"() <{values = dense<0> : tensor<1xi8>}> : () -> tensor<1xi8>
    %3 = "tosa.conv2d"(%arg0, %0, %1, %2, %2) <{acc_type = i32, dilation = array<i64: 1, 1>, pad = array<i64: 1, 1, 1, 1>, stride = array<i64: 1, 1>}> : (tensor<1x8x8x4xi8>, tensor<8x3x3x4xi8>, tensor<8xi32>, tensor<1xi8>, tensor<1xi8>) -> tensor<1x8x8x8xi32>
    "func.return"(%3) : (tensor<1x8x8x8xi32>) -> ()
  }) : () -> ()
}) : () -> ()


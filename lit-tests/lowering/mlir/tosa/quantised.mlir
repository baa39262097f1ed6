// RUN: cim-opt %s --allow-unregistered-dialect --convert-tosa-to-cim | FileCheck %s

// Sums take the scales of the rescale, one a channel, into the weights; the rescale rounds.
// CHECK: cim.graph.dequantize {{.*}} scale dense<[0.00238281139, 0.00181174511, 0.00325708394, 0.00181765971]> {{.*}}axis = 0 : i64
// CHECK: cim.graph.dequantize {{.*}} zero_point [3] {{.*}} -> tensor<1x3x8x8xf32>
// CHECK: cim.graph.conv2d {{.*}} bias
// CHECK: cim.graph.quantize {{.*}} zero_point [-5] lo -128 hi 127
// CHECK: cim.graph.clip {{.*}} lo -5 : i64 hi 127 : i64
// CHECK: cim.graph.max_pool {{.*}} -> tensor<1x4x4x4xsi8>
"builtin.module"() ({
  "func.func"() <{function_type = (tensor<1x8x8x3xi8>) -> tensor<1x4x4x4xi8>, sym_name = "main"}> ({
  ^bb0(%arg0: tensor<1x8x8x3xi8>):
    %0 = "tosa.const"() <{values = dense<"0xF903417389A55272C0D05EECC654C2E9250D96885D41560A51D5F44AA0CEA0F47AA3E2E767B401C3864090C800FC9E7B40769839CB0B6CC73AA9D378EC04CB9EED1FF547DD1D466AED8B38075FF6DE90F524455AB7184EC3D85715022C037B418EA60B52922F42495FB10E4D"> : tensor<4x3x3x3xi8>}> : () -> tensor<4x3x3x3xi8>
    %1 = "tosa.const"() <{values = dense<[-143, -309, -21, -419]> : tensor<4xi32>}> : () -> tensor<4xi32>
    %2 = "tosa.const"() <{values = dense<[1309964374, 1992034795, 1790600845, 1998537936]> : tensor<4xi32>}> : () -> tensor<4xi32>
    %3 = "tosa.const"() <{values = dense<[39, 40, 39, 40]> : tensor<4xi8>}> : () -> tensor<4xi8>
    %4 = "tosa.const"() <{values = dense<3> : tensor<1xi8>}> : () -> tensor<1xi8>
    %5 = "tosa.const"() <{values = dense<-5> : tensor<1xi8>}> : () -> tensor<1xi8>
    %6 = "tosa.const"() <{values = dense<0> : tensor<1xi8>}> : () -> tensor<1xi8>
    %7 = "tosa.const"() <{values = dense<0> : tensor<1xi32>}> : () -> tensor<1xi32>
    %8 = "tosa.conv2d"(%arg0, %0, %1, %4, %6) <{acc_type = i32, dilation = array<i64: 1, 1>, pad = array<i64: 1, 1, 1, 1>, stride = array<i64: 1, 1>}> : (tensor<1x8x8x3xi8>, tensor<4x3x3x3xi8>, tensor<4xi32>, tensor<1xi8>, tensor<1xi8>) -> tensor<1x8x8x4xi32>
    %9 = "tosa.rescale"(%8, %2, %3, %7, %5) <{input_unsigned = false, output_unsigned = false, per_channel = true, rounding_mode = #tosa.rounding_mode<SINGLE_ROUND>, scale32 = true}> : (tensor<1x8x8x4xi32>, tensor<4xi32>, tensor<4xi8>, tensor<1xi32>, tensor<1xi8>) -> tensor<1x8x8x4xi8>
    %10 = "tosa.clamp"(%9) <{max_val = 127 : i8, min_val = -5 : i8, nan_mode = #tosa.nan_mode<PROPAGATE>}> : (tensor<1x8x8x4xi8>) -> tensor<1x8x8x4xi8>
    %11 = "tosa.max_pool2d"(%10) <{kernel = array<i64: 2, 2>, nan_mode = #tosa.nan_mode<PROPAGATE>, pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 2, 2>}> : (tensor<1x8x8x4xi8>) -> tensor<1x4x4x4xi8>
    "func.return"(%11) : (tensor<1x4x4x4xi8>) -> ()
  }) : () -> ()
}) : () -> ()


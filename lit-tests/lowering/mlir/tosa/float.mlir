// RUN: cim-opt %s --allow-unregistered-dialect --convert-tosa-to-cim | FileCheck %s

// Images are turned once; layers work on channels first; the flattened image moves the rows of the weights.
// CHECK-LABEL: func.func @network(%arg0: tensor<1x4x4x2xf32>) -> tensor<1x1x2xf32>
// CHECK: %[[X:.*]] = cim.graph.host "Transpose" {{.*}}perm = array<i64: 0, 3, 1, 2>{{.*}} -> tensor<1x2x4x4xf32>
// CHECK: cim.graph.conv2d %[[X]], {{.*}} strides [1, 1] pads [1, 1, 1, 1] dilations [1, 1] {{.*}} -> tensor<1x3x4x4xf32>
// CHECK: cim.graph.relu
// CHECK: cim.graph.conv2d {{.*}}group = 3 : i64
// CHECK: cim.graph.add
// CHECK: cim.graph.clip {{.*}} lo 0.000000e+00 : f32 hi 6.000000e+00 : f32
// CHECK: cim.graph.concat {{.*}} axis 1 {{.*}} -> tensor<1x6x4x4xf32>
// CHECK: cim.graph.max_pool {{.*}} kernel [2, 2] strides [2, 2] {{.*}} -> tensor<1x6x2x2xf32>
// CHECK: cim.graph.average_pool {{.*}} kernel [1, 2] {{.*}} -> tensor<1x6x2x1xf32>
// CHECK: cim.graph.reshape {{.*}} -> tensor<1x12xf32>
// CHECK: cim.graph.linear {{.*}} -> tensor<1x2xf32>
// CHECK-NOT: Transpose
"func.func"() <{function_type = (tensor<1x4x4x2xf32>) -> tensor<1x1x2xf32>, sym_name = "anything"}> ({
^bb0(%x: tensor<1x4x4x2xf32>):
  %w = "tosa.const"() <{values = dense<0.5> : tensor<3x3x3x2xf32>}> : () -> tensor<3x3x3x2xf32>
  %b = "tosa.const"() <{values = dense<[1.0, 2.0, 3.0]> : tensor<3xf32>}> : () -> tensor<3xf32>
  %wd = "tosa.const"() <{values = dense<0.25> : tensor<3x3x3x1xf32>}> : () -> tensor<3x3x3x1xf32>
  %z = "tosa.const"() <{values = dense<0.0> : tensor<1xf32>}> : () -> tensor<1xf32>
  %w2 = "tosa.const"() <{values = dense<0.125> : tensor<1x12x2xf32>}> : () -> tensor<1x12x2xf32>
  %s = "tosa.const_shape"() <{values = dense<[1, 1, 12]> : tensor<3xindex>}> : () -> !tosa.shape<3>
  %0 = "tosa.conv2d"(%x, %w, %b, %z, %z) <{acc_type = f32, dilation = array<i64: 1, 1>, pad = array<i64: 1, 1, 1, 1>, stride = array<i64: 1, 1>}> : (tensor<1x4x4x2xf32>, tensor<3x3x3x2xf32>, tensor<3xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x4x4x3xf32>
  %1 = "tosa.clamp"(%0) <{max_val = 3.40282347E+38 : f32, min_val = 0.0 : f32}> : (tensor<1x4x4x3xf32>) -> tensor<1x4x4x3xf32>
  %2 = "tosa.depthwise_conv2d"(%1, %wd, %b, %z, %z) <{acc_type = f32, dilation = array<i64: 1, 1>, pad = array<i64: 1, 1, 1, 1>, stride = array<i64: 1, 1>}> : (tensor<1x4x4x3xf32>, tensor<3x3x3x1xf32>, tensor<3xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x4x4x3xf32>
  %3 = "tosa.add"(%1, %2) : (tensor<1x4x4x3xf32>, tensor<1x4x4x3xf32>) -> tensor<1x4x4x3xf32>
  %4 = "tosa.clamp"(%3) <{max_val = 6.0 : f32, min_val = 0.0 : f32}> : (tensor<1x4x4x3xf32>) -> tensor<1x4x4x3xf32>
  %5 = "tosa.concat"(%1, %4) <{axis = 3 : i32}> : (tensor<1x4x4x3xf32>, tensor<1x4x4x3xf32>) -> tensor<1x4x4x6xf32>
  %6 = "tosa.max_pool2d"(%5) <{kernel = array<i64: 2, 2>, pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 2, 2>}> : (tensor<1x4x4x6xf32>) -> tensor<1x2x2x6xf32>
  %7 = "tosa.avg_pool2d"(%6, %z, %z) <{acc_type = f32, kernel = array<i64: 1, 2>, pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 1, 1>}> : (tensor<1x2x2x6xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x2x1x6xf32>
  %8 = "tosa.reshape"(%7, %s) : (tensor<1x2x1x6xf32>, !tosa.shape<3>) -> tensor<1x1x12xf32>
  %9 = "tosa.matmul"(%8, %w2, %z, %z) : (tensor<1x1x12xf32>, tensor<1x12x2xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x1x2xf32>
  "func.return"(%9) : (tensor<1x1x2xf32>) -> ()
}) : () -> ()

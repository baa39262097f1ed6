// A convolution, ReLU, average and linear layer, as mlir-opt --mlir-print-op-generic prints them.
#map = affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d0, d4, d2 * 2 + d5, d3 * 2 + d6)>
#map1 = affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d1, d4, d5, d6)>
#map2 = affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d0, d1, d2, d3)>
#map3 = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
#map4 = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1, d2 * 13 + d4, d3 * 13 + d5)>
#map5 = affine_map<(d0, d1, d2, d3, d4, d5) -> (d4, d5)>
#map6 = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1, d2, d3)>
#map7 = affine_map<(d0, d1, d2) -> (d0, d2)>
#map8 = affine_map<(d0, d1, d2) -> (d2, d1)>
#map9 = affine_map<(d0, d1, d2) -> (d0, d1)>
"builtin.module"() ({
  "func.func"() <{function_type = (tensor<1x1x28x28xf32>) -> tensor<1x3xf32>, sym_name = "main"}> ({
  ^bb0(%arg0: tensor<1x1x28x28xf32>):
    %0 = "arith.constant"() <{value = dense<[[[[5.000000e-01, 0.000000e+00, -5.000000e-01], [1.000000e+00, 0.000000e+00, -1.000000e+00], [5.000000e-01, 0.000000e+00, -5.000000e-01]]], [[[5.000000e-01, 1.000000e+00, 5.000000e-01], [0.000000e+00, 0.000000e+00, 0.000000e+00], [-5.000000e-01, -1.000000e+00, -5.000000e-01]]]]> : tensor<2x1x3x3xf32>}> : () -> tensor<2x1x3x3xf32>
    %1 = "arith.constant"() <{value = dense<[1.000000e-01, -1.000000e-01]> : tensor<2xf32>}> : () -> tensor<2xf32>
    %2 = "arith.constant"() <{value = dense<[[1.000000e+00, -5.000000e-01, 2.500000e-01], [5.000000e-01, 5.000000e-01, -1.000000e+00]]> : tensor<2x3xf32>}> : () -> tensor<2x3xf32>
    %3 = "arith.constant"() <{value = 0.000000e+00 : f32}> : () -> f32
    %4 = "arith.constant"() <{value = 1.690000e+02 : f32}> : () -> f32
    %5 = "tensor.empty"() : () -> tensor<1x2x13x13xf32>
    %6 = "linalg.broadcast"(%1, %5) <{dimensions = array<i64: 0, 2, 3>}> ({
    ^bb0(%arg18: f32, %arg19: f32):
      "linalg.yield"(%arg18) : (f32) -> ()
    }) : (tensor<2xf32>, tensor<1x2x13x13xf32>) -> tensor<1x2x13x13xf32>
    %7 = "linalg.conv_2d_nchw_fchw"(%arg0, %0, %6) <{dilations = dense<1> : vector<2xi64>, operandSegmentSizes = array<i32: 2, 1>, strides = dense<2> : vector<2xi64>}> ({
    ^bb0(%arg15: f32, %arg16: f32, %arg17: f32):
      %23 = "arith.mulf"(%arg15, %arg16) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      %24 = "arith.addf"(%arg17, %23) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%24) : (f32) -> ()
    }) {linalg.memoized_indexing_maps = [#map, #map1, #map2]} : (tensor<1x1x28x28xf32>, tensor<2x1x3x3xf32>, tensor<1x2x13x13xf32>) -> tensor<1x2x13x13xf32>
    %8 = "linalg.generic"(%7, %5) <{indexing_maps = [#map3, #map3], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 1, 1>}> ({
    ^bb0(%arg13: f32, %arg14: f32):
      %22 = "arith.maximumf"(%arg13, %3) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%22) : (f32) -> ()
    }) : (tensor<1x2x13x13xf32>, tensor<1x2x13x13xf32>) -> tensor<1x2x13x13xf32>
    %9 = "tensor.empty"() : () -> tensor<13x13xf32>
    %10 = "tensor.empty"() : () -> tensor<1x2x1x1xf32>
    %11 = "linalg.fill"(%3, %10) <{operandSegmentSizes = array<i32: 1, 1>}> ({
    ^bb0(%arg11: f32, %arg12: f32):
      "linalg.yield"(%arg11) : (f32) -> ()
    }) : (f32, tensor<1x2x1x1xf32>) -> tensor<1x2x1x1xf32>
    %12 = "linalg.pooling_nchw_sum"(%8, %9, %11) <{dilations = dense<1> : vector<2xi64>, operandSegmentSizes = array<i32: 2, 1>, strides = dense<13> : vector<2xi64>}> ({
    ^bb0(%arg8: f32, %arg9: f32, %arg10: f32):
      %21 = "arith.addf"(%arg10, %arg8) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%21) : (f32) -> ()
    }) {linalg.memoized_indexing_maps = [#map4, #map5, #map6]} : (tensor<1x2x13x13xf32>, tensor<13x13xf32>, tensor<1x2x1x1xf32>) -> tensor<1x2x1x1xf32>
    %13 = "linalg.generic"(%12, %10) <{indexing_maps = [#map3, #map3], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 1, 1>}> ({
    ^bb0(%arg6: f32, %arg7: f32):
      %20 = "arith.divf"(%arg6, %4) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%20) : (f32) -> ()
    }) : (tensor<1x2x1x1xf32>, tensor<1x2x1x1xf32>) -> tensor<1x2x1x1xf32>
    %14 = "tensor.collapse_shape"(%13) <{reassociation = [[0], [1, 2, 3]]}> : (tensor<1x2x1x1xf32>) -> tensor<1x2xf32>
    %15 = "tensor.empty"() : () -> tensor<1x3xf32>
    %16 = "linalg.fill"(%3, %15) <{operandSegmentSizes = array<i32: 1, 1>}> ({
    ^bb0(%arg4: f32, %arg5: f32):
      "linalg.yield"(%arg4) : (f32) -> ()
    }) : (f32, tensor<1x3xf32>) -> tensor<1x3xf32>
    %17 = "linalg.matmul"(%14, %2, %16) <{indexing_maps = [#map7, #map8, #map9], operandSegmentSizes = array<i32: 2, 1>}> ({
    ^bb0(%arg1: f32, %arg2: f32, %arg3: f32):
      %18 = "arith.mulf"(%arg1, %arg2) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      %19 = "arith.addf"(%arg3, %18) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%19) : (f32) -> ()
    }) : (tensor<1x2xf32>, tensor<2x3xf32>, tensor<1x3xf32>) -> tensor<1x3xf32>
    "func.return"(%17) : (tensor<1x3xf32>) -> ()
  }) : () -> ()
}) : () -> ()

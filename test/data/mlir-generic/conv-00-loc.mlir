#loc2 = loc("<stdin>":2:17)
#loc3 = loc("<stdin>":2:42)
#loc4 = loc("<stdin>":2:67)
#loc6 = loc(unknown)
#map = affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d0, d1 + d4, d2 + d5, d6)>
#map1 = affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d4, d5, d6, d3)>
#map2 = affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d0, d1, d2, d3)>
"builtin.module"() ({
  "func.func"() <{function_type = (memref<1x8x8x4xf32>, memref<3x3x4x8xf32>, memref<1x6x6x8xf32>) -> (), sym_name = "conv"}> ({
  ^bb0(%arg0: memref<1x8x8x4xf32> loc("<stdin>":2:17), %arg1: memref<3x3x4x8xf32> loc("<stdin>":2:42), %arg2: memref<1x6x6x8xf32> loc("<stdin>":2:67)):
    "linalg.conv_2d_nhwc_hwcf"(%arg0, %arg1, %arg2) <{dilations = dense<1> : tensor<2xi64>, operandSegmentSizes = array<i32: 2, 1>, strides = dense<1> : tensor<2xi64>}> ({
    ^bb0(%arg6: f32 loc(unknown), %arg7: f32 loc(unknown), %arg8: f32 loc(unknown)):
      %1 = "arith.mulf"(%arg6, %arg7) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32 loc(#loc6)
      %2 = "arith.addf"(%arg8, %1) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32 loc(#loc6)
      "linalg.yield"(%2) : (f32) -> () loc(#loc6)
    }) {linalg.memoized_indexing_maps = [#map, #map1, #map2]} : (memref<1x8x8x4xf32>, memref<3x3x4x8xf32>, memref<1x6x6x8xf32>) -> () loc(#loc5)
    "linalg.add"(%arg2, %arg2, %arg2) <{operandSegmentSizes = array<i32: 2, 1>}> ({
    ^bb0(%arg3: f32 loc(unknown), %arg4: f32 loc(unknown), %arg5: f32 loc(unknown)):
      %0 = "arith.addf"(%arg3, %arg4) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32 loc(#loc6)
      "linalg.yield"(%0) : (f32) -> () loc(#loc6)
    }) : (memref<1x6x6x8xf32>, memref<1x6x6x8xf32>, memref<1x6x6x8xf32>) -> () loc(#loc7)
    "func.return"() : () -> () loc(#loc8)
  }) : () -> () loc(#loc1)
}) : () -> () loc(#loc)
#loc = loc("<stdin>":0:0)
#loc1 = loc("<stdin>":2:1)
#loc5 = loc("<stdin>":3:2)
#loc7 = loc("<stdin>":4:2)
#loc8 = loc("<stdin>":5:2)


#loc2 = loc("<stdin>":3:15)
#loc3 = loc("<stdin>":3:37)
#loc4 = loc("<stdin>":3:59)
#loc6 = loc(unknown)
#loc12 = loc("<stdin>":9:209)
#loc13 = loc("<stdin>":9:218)
#loc14 = loc("<stdin>":9:227)
#map = affine_map<(d0, d1, d2) -> (d0, d2)>
#map1 = affine_map<(d0, d1, d2) -> (d2, d1)>
#map2 = affine_map<(d0, d1, d2) -> (d0, d1)>
#map3 = affine_map<(d0, d1) -> (d0, d1)>
#map4 = affine_map<(d0, d1) -> (d1, d0)>
"builtin.module"() ({
  "func.func"() <{function_type = (tensor<8x16xf32>, tensor<16x4xf32>, tensor<8x4xf32>) -> tensor<8x4xf32>, sym_name = "mm"}> ({
  ^bb0(%arg0: tensor<8x16xf32> loc("<stdin>":3:15), %arg1: tensor<16x4xf32> loc("<stdin>":3:37), %arg2: tensor<8x4xf32> loc("<stdin>":3:59)):
    %0 = "linalg.matmul"(%arg0, %arg1, %arg2) <{indexing_maps = [#map, #map1, #map2], operandSegmentSizes = array<i32: 2, 1>}> ({
    ^bb0(%arg8: f32 loc(unknown), %arg9: f32 loc(unknown), %arg10: f32 loc(unknown)):
      %7 = "arith.mulf"(%arg8, %arg9) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32 loc(#loc6)
      %8 = "arith.addf"(%arg10, %7) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32 loc(#loc6)
      "linalg.yield"(%8) : (f32) -> () loc(#loc6)
    }) : (tensor<8x16xf32>, tensor<16x4xf32>, tensor<8x4xf32>) -> tensor<8x4xf32> loc(#loc5)
    %1 = "arith.constant"() <{value = 5.000000e-01 : f32}> : () -> f32 loc(#loc7)
    %2 = "tensor.empty"() : () -> tensor<8x4xf32> loc(#loc8)
    %3 = "linalg.fill"(%1, %2) <{operandSegmentSizes = array<i32: 1, 1>}> ({
    ^bb0(%arg6: f32 loc(unknown), %arg7: f32 loc(unknown)):
      "linalg.yield"(%arg6) : (f32) -> () loc(#loc6)
    }) : (f32, tensor<8x4xf32>) -> tensor<8x4xf32> loc(#loc9)
    %4 = "tensor.empty"() : () -> tensor<4x8xf32> loc(#loc10)
    %5 = "linalg.generic"(%0, %3, %4) <{indexing_maps = [#map3, #map3, #map4], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 2, 1>}> ({
    ^bb0(%arg3: f32 loc("<stdin>":9:209), %arg4: f32 loc("<stdin>":9:218), %arg5: f32 loc("<stdin>":9:227)):
      %6 = "arith.maximumf"(%arg3, %arg4) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32 loc(#loc15)
      "linalg.yield"(%6) : (f32) -> () loc(#loc16)
    }) : (tensor<8x4xf32>, tensor<8x4xf32>, tensor<4x8xf32>) -> tensor<4x8xf32> loc(#loc11)
    "func.return"(%0) : (tensor<8x4xf32>) -> () loc(#loc17)
  }) : () -> () loc(#loc1)
}) : () -> () loc(#loc)
#loc = loc("<stdin>":0:0)
#loc1 = loc("<stdin>":3:1)
#loc5 = loc("<stdin>":4:7)
#loc7 = loc("<stdin>":5:7)
#loc8 = loc("<stdin>":6:7)
#loc9 = loc("<stdin>":7:7)
#loc10 = loc("<stdin>":8:7)
#loc11 = loc("<stdin>":9:7)
#loc15 = loc("<stdin>":9:242)
#loc16 = loc("<stdin>":10:2)
#loc17 = loc("<stdin>":11:2)


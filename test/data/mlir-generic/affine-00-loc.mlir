#loc2 = loc("<stdin>":4:14)
#loc3 = loc("<stdin>":4:37)
#loc5 = loc("<stdin>":5:13)
#loc7 = loc("<stdin>":5:39)
#loc15 = loc("<stdin>":11:19)
#loc16 = loc("<stdin>":11:23)
#map = affine_map<(d0, d1) -> (d0, d1)>
#map1 = affine_map<(d0, d1) -> (d0, d1 + 1)>
#map2 = affine_map<(d0, d1) -> (d0 mod 4, d1 floordiv 2)>
#map3 = affine_map<(d0) -> (d0)>
#map4 = affine_map<(d0)[s0] -> (d0 + 8, s0)>
#map5 = affine_map<() -> (0)>
#map6 = affine_map<() -> (16)>
#map7 = affine_map<(d0)[s0] -> (d0 * 4 + s0)>
#map8 = affine_map<(d0)[s0] -> (d0 + s0 * 2, d0 floordiv 4)>
#map9 = affine_map<() -> (0, 0)>
#map10 = affine_map<()[s0] -> (10, s0)>
#set = affine_set<(d0)[s0] : (d0 - 2 >= 0, -d0 + s0 == 0)>
"builtin.module"() ({
  "func.func"() <{function_type = (memref<16x16xf32>, index) -> (), sym_name = "f"}> ({
  ^bb0(%arg0: memref<16x16xf32> loc("<stdin>":4:14), %arg1: index loc("<stdin>":4:37)):
    "affine.for"() <{lowerBoundMap = #map5, operandSegmentSizes = array<i32: 0, 0, 0>, step = 1 : index, upperBoundMap = #map6}> ({
    ^bb0(%arg4: index loc("<stdin>":5:13)):
      "affine.for"(%arg4, %arg4, %arg1) <{lowerBoundMap = #map3, operandSegmentSizes = array<i32: 1, 2, 0>, step = 2 : index, upperBoundMap = #map4}> ({
      ^bb0(%arg5: index loc("<stdin>":5:39)):
        %2 = "affine.load"(%arg0, %arg4, %arg5) <{map = #map}> : (memref<16x16xf32>, index, index) -> f32 loc(#loc8)
        "affine.if"(%arg4, %arg1) <{condition = #set}> ({
          "affine.store"(%2, %arg0, %arg5, %arg4) <{map = #map1}> : (f32, memref<16x16xf32>, index, index) -> () loc(#loc10)
          "affine.yield"() : () -> () loc(#loc9)
        }, {
          "affine.store"(%2, %arg0, %arg4, %arg5) <{map = #map2}> : (f32, memref<16x16xf32>, index, index) -> () loc(#loc11)
          "affine.yield"() : () -> () loc(#loc9)
        }) : (index, index) -> () loc(#loc9)
        "affine.yield"() : () -> () loc(#loc6)
      }) : (index, index, index) -> () loc(#loc6)
      "affine.yield"() : () -> () loc(#loc4)
    }) : () -> () loc(#loc4)
    %0 = "affine.apply"(%arg1, %arg1) <{map = #map7}> : (index, index) -> index loc(#loc12)
    %1 = "affine.min"(%0, %arg1) <{map = #map8}> : (index, index) -> index loc(#loc13)
    "affine.parallel"(%arg1) <{lowerBoundsGroups = dense<1> : tensor<2xi32>, lowerBoundsMap = #map9, reductions = [], steps = [1, 1], upperBoundsGroups = dense<1> : tensor<2xi32>, upperBoundsMap = #map10}> ({
    ^bb0(%arg2: index loc("<stdin>":11:19), %arg3: index loc("<stdin>":11:23)):
      "affine.yield"() : () -> () loc(#loc14)
    }) : (index) -> () loc(#loc14)
    "func.return"() : () -> () loc(#loc17)
  }) : () -> () loc(#loc1)
}) : () -> () loc(#loc)
#loc = loc("<stdin>":0:0)
#loc1 = loc("<stdin>":4:1)
#loc4 = loc("<stdin>":5:2)
#loc6 = loc("<stdin>":5:28)
#loc8 = loc("<stdin>":6:8)
#loc9 = loc("<stdin>":7:3)
#loc10 = loc("<stdin>":7:28)
#loc11 = loc("<stdin>":7:89)
#loc12 = loc("<stdin>":9:7)
#loc13 = loc("<stdin>":10:7)
#loc14 = loc("<stdin>":11:2)
#loc17 = loc("<stdin>":12:2)


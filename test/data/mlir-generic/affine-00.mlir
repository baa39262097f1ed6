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
  ^bb0(%arg0: memref<16x16xf32>, %arg1: index):
    "affine.for"() <{lowerBoundMap = #map5, operandSegmentSizes = array<i32: 0, 0, 0>, step = 1 : index, upperBoundMap = #map6}> ({
    ^bb0(%arg4: index):
      "affine.for"(%arg4, %arg4, %arg1) <{lowerBoundMap = #map3, operandSegmentSizes = array<i32: 1, 2, 0>, step = 2 : index, upperBoundMap = #map4}> ({
      ^bb0(%arg5: index):
        %2 = "affine.load"(%arg0, %arg4, %arg5) <{map = #map}> : (memref<16x16xf32>, index, index) -> f32
        "affine.if"(%arg4, %arg1) <{condition = #set}> ({
          "affine.store"(%2, %arg0, %arg5, %arg4) <{map = #map1}> : (f32, memref<16x16xf32>, index, index) -> ()
          "affine.yield"() : () -> ()
        }, {
          "affine.store"(%2, %arg0, %arg4, %arg5) <{map = #map2}> : (f32, memref<16x16xf32>, index, index) -> ()
          "affine.yield"() : () -> ()
        }) : (index, index) -> ()
        "affine.yield"() : () -> ()
      }) : (index, index, index) -> ()
      "affine.yield"() : () -> ()
    }) : () -> ()
    %0 = "affine.apply"(%arg1, %arg1) <{map = #map7}> : (index, index) -> index
    %1 = "affine.min"(%0, %arg1) <{map = #map8}> : (index, index) -> index
    "affine.parallel"(%arg1) <{lowerBoundsGroups = dense<1> : tensor<2xi32>, lowerBoundsMap = #map9, reductions = [], steps = [1, 1], upperBoundsGroups = dense<1> : tensor<2xi32>, upperBoundsMap = #map10}> ({
    ^bb0(%arg2: index, %arg3: index):
      "affine.yield"() : () -> ()
    }) : (index) -> ()
    "func.return"() : () -> ()
  }) : () -> ()
}) : () -> ()


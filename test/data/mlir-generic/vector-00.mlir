#map = affine_map<(d0) -> (d0)>
"builtin.module"() ({
  "func.func"() <{function_type = (vector<4x8xf32>, memref<16xf32>, index) -> vector<8xf32>, sym_name = "v"}> ({
  ^bb0(%arg0: vector<4x8xf32>, %arg1: memref<16xf32>, %arg2: index):
    %0 = "arith.constant"() <{value = dense<0.000000e+00> : vector<8xf32>}> : () -> vector<8xf32>
    %1 = "arith.constant"() <{value = dense<[1, 2, 3, 4]> : vector<4xi32>}> : () -> vector<4xi32>
    %2 = "vector.extract"(%arg0) <{static_position = array<i64: 2>}> : (vector<4x8xf32>) -> vector<8xf32>
    %3 = "arith.constant"() <{value = 0.000000e+00 : f32}> : () -> f32
    %4 = "vector.transfer_read"(%arg1, %arg2, %3) <{in_bounds = [true], operandSegmentSizes = array<i32: 1, 1, 1, 0>, permutation_map = #map}> : (memref<16xf32>, index, f32) -> vector<8xf32>
    "vector.transfer_write"(%4, %arg1, %arg2) <{in_bounds = [false], operandSegmentSizes = array<i32: 1, 1, 1, 0>, permutation_map = #map}> : (vector<8xf32>, memref<16xf32>, index) -> ()
    %5 = "vector.broadcast"(%3) : (f32) -> vector<[4]xf32>
    %6 = "vector.reduction"(%2) <{fastmath = #arith.fastmath<none>, kind = #vector.kind<add>}> : (vector<8xf32>) -> f32
    %7 = "vector.fma"(%2, %4, %0) : (vector<8xf32>, vector<8xf32>, vector<8xf32>) -> vector<8xf32>
    %8 = "vector.shuffle"(%2, %4) <{mask = array<i64: 0, 8, 1, 9, 2, 10, 3, 11>}> : (vector<8xf32>, vector<8xf32>) -> vector<8xf32>
    "func.return"(%7) : (vector<8xf32>) -> ()
  }) : () -> ()
}) : () -> ()


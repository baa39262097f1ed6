"builtin.module"() ({
  "func.func"() <{function_type = (tensor<4x?xf32>, index) -> tensor<?x2xf32>, sym_name = "t"}> ({
  ^bb0(%arg0: tensor<4x?xf32>, %arg1: index):
    %0 = "tensor.dim"(%arg0, %arg1) : (tensor<4x?xf32>, index) -> index
    %1 = "tensor.extract"(%arg0, %arg1, %arg1) : (tensor<4x?xf32>, index, index) -> f32
    %2 = "tensor.extract_slice"(%arg0, %arg1) <{operandSegmentSizes = array<i32: 1, 1, 0, 0>, static_offsets = array<i64: 0, -9223372036854775808>, static_sizes = array<i64: 2, 2>, static_strides = array<i64: 1, 1>}> : (tensor<4x?xf32>, index) -> tensor<2x2xf32>
    %3 = "tensor.insert_slice"(%2, %arg0, %arg1) <{operandSegmentSizes = array<i32: 1, 1, 1, 0, 0>, static_offsets = array<i64: 1, -9223372036854775808>, static_sizes = array<i64: 2, 2>, static_strides = array<i64: 1, 1>}> : (tensor<2x2xf32>, tensor<4x?xf32>, index) -> tensor<4x?xf32>
    %4 = "tensor.cast"(%2) : (tensor<2x2xf32>) -> tensor<?x2xf32>
    %5 = "tensor.from_elements"(%1, %1) : (f32, f32) -> tensor<2xf32>
    %6 = "tensor.generate"(%0) ({
    ^bb0(%arg3: index):
      "tensor.yield"(%1) : (f32) -> ()
    }) : (index) -> tensor<?xf32>
    %7 = "tensor.pad"(%5) <{operandSegmentSizes = array<i32: 1, 0, 0>, static_high = array<i64: 2>, static_low = array<i64: 1>}> ({
    ^bb0(%arg2: index):
      "tensor.yield"(%1) : (f32) -> ()
    }) : (tensor<2xf32>) -> tensor<5xf32>
    %8 = "tensor.collapse_shape"(%2) <{reassociation = [[0, 1]]}> : (tensor<2x2xf32>) -> tensor<4xf32>
    %9 = "tensor.expand_shape"(%8) <{reassociation = [[0, 1]], static_output_shape = array<i64: 2, 2>}> : (tensor<4xf32>) -> tensor<2x2xf32>
    "func.return"(%4) : (tensor<?x2xf32>) -> ()
  }) : () -> ()
}) : () -> ()


#map = affine_map<(d0) -> (d0 + 1)>
"builtin.module"() ({
  "memref.global"() <{constant, initial_value = dense<[[1, 2, 3], [4, 5, -6]]> : tensor<2x3xi8>, sym_name = "w", sym_visibility = "private", type = memref<2x3xi8>}> : () -> ()
  "memref.global"() <{initial_value, sym_name = "u", type = memref<4xf32>}> : () -> ()
  "func.func"() <{function_type = (index) -> (), sym_name = "m"}> ({
  ^bb0(%arg0: index):
    %0 = "memref.alloc"(%arg0) <{alignment = 64 : i64, operandSegmentSizes = array<i32: 1, 0>}> : (index) -> memref<?x4xf32, 1>
    %1 = "memref.get_global"() <{name = @w}> : () -> memref<2x3xi8>
    %2 = "memref.alloca"() <{operandSegmentSizes = array<i32: 0, 0>}> : () -> memref<8xf32, #map>
    %3 = "memref.subview"(%0, %arg0) <{operandSegmentSizes = array<i32: 1, 1, 0, 0>, static_offsets = array<i64: -9223372036854775808, 0>, static_sizes = array<i64: 2, 2>, static_strides = array<i64: 1, 1>}> : (memref<?x4xf32, 1>, index) -> memref<2x2xf32, strided<[4, 1], offset: ?>, 1>
    %4 = "memref.reinterpret_cast"(%0, %arg0) <{operandSegmentSizes = array<i32: 1, 0, 1, 0>, static_offsets = array<i64: 0>, static_sizes = array<i64: -9223372036854775808>, static_strides = array<i64: 1>}> : (memref<?x4xf32, 1>, index) -> memref<?xf32, strided<[1]>, 1>
    %5 = "memref.cast"(%0) : (memref<?x4xf32, 1>) -> memref<*xf32, 1>
    %6 = "memref.dim"(%5, %arg0) : (memref<*xf32, 1>, index) -> index
    "memref.copy"(%3, %3) : (memref<2x2xf32, strided<[4, 1], offset: ?>, 1>, memref<2x2xf32, strided<[4, 1], offset: ?>, 1>) -> ()
    "memref.dealloc"(%0) : (memref<?x4xf32, 1>) -> ()
    "func.return"() : () -> ()
  }) : () -> ()
}) : () -> ()


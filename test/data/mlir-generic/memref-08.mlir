#map = affine_map<(d0) -> (d0 + 1)>
"builtin.module"() ({
  "memref.global"() <{constant, initial_value = dense<[[1, 2, 3], [4, 5, -6]]> : tensor<2x3xi8>, sym_name = "w", sym_visibility = "private", type = memref<2x3xi8>}> : () -> ()
  "memref.global"() <{initial_value, sym_name = "u", type = memref<4xf32>}> : () -> ()
  "llvm.func"() <{CConv = #llvm.cconv<ccc>, function_type = !llvm.func<void (i64)>, linkage = #llvm.linkage<external>, sym_name = "m", visibility_ = 0 : i64}> ({
  ^bb0(%arg0: i64):
    %0 = "builtin.unrealized_conversion_cast"(%arg0) : (i64) -> index
    %1 = "memref.alloc"(%0) <{alignment = 64 : i64, operandSegmentSizes = array<i32: 1, 0>}> : (index) -> memref<?x4xf32, 1>
    %2 = "memref.get_global"() <{name = @w}> : () -> memref<2x3xi8>
    %3 = "memref.alloca"() <{operandSegmentSizes = array<i32: 0, 0>}> : () -> memref<8xf32, #map>
    %4 = "memref.subview"(%1, %0) <{operandSegmentSizes = array<i32: 1, 1, 0, 0>, static_offsets = array<i64: -9223372036854775808, 0>, static_sizes = array<i64: 2, 2>, static_strides = array<i64: 1, 1>}> : (memref<?x4xf32, 1>, index) -> memref<2x2xf32, strided<[4, 1], offset: ?>, 1>
    %5 = "memref.reinterpret_cast"(%1, %0) <{operandSegmentSizes = array<i32: 1, 0, 1, 0>, static_offsets = array<i64: 0>, static_sizes = array<i64: -9223372036854775808>, static_strides = array<i64: 1>}> : (memref<?x4xf32, 1>, index) -> memref<?xf32, strided<[1]>, 1>
    %6 = "memref.cast"(%1) : (memref<?x4xf32, 1>) -> memref<*xf32, 1>
    %7 = "memref.dim"(%6, %0) : (memref<*xf32, 1>, index) -> index
    "memref.copy"(%4, %4) : (memref<2x2xf32, strided<[4, 1], offset: ?>, 1>, memref<2x2xf32, strided<[4, 1], offset: ?>, 1>) -> ()
    "memref.dealloc"(%1) : (memref<?x4xf32, 1>) -> ()
    "llvm.return"() : () -> ()
  }) : () -> ()
}) : () -> ()


"builtin.module"() ({
  "func.func"() <{function_type = (i32, i1, memref<4xi32>, tensor<4xi32>, index, f32) -> i32, sym_name = "f"}> ({
  ^bb0(%arg0: i32, %arg1: i1, %arg2: memref<4xi32>, %arg3: tensor<4xi32>, %arg4: index, %arg5: f32):
    %0 = "arith.addi"(%arg0, %arg0) <{overflowFlags = #arith.overflow<none>}> : (i32, i32) -> i32
    %1 = "arith.subi"(%arg0, %arg0) <{overflowFlags = #arith.overflow<nsw>}> : (i32, i32) -> i32
    %2 = "arith.muli"(%arg0, %arg0) <{overflowFlags = #arith.overflow<none>}> {foo = 1 : i32} : (i32, i32) -> i32
    %3 = "arith.cmpi"(%arg0, %arg0) <{predicate = 2 : i64}> : (i32, i32) -> i1
    %4 = "arith.select"(%arg1, %arg0, %arg0) : (i1, i32, i32) -> i32
    %5 = "arith.extsi"(%arg0) : (i32) -> i64
    %6 = "arith.trunci"(%5) <{overflowFlags = #arith.overflow<none>}> : (i64) -> i32
    %7 = "arith.index_cast"(%arg4) : (index) -> i32
    %8 = "arith.addf"(%arg5, %arg5) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
    %9 = "arith.maxsi"(%arg0, %arg0) : (i32, i32) -> i32
    %10 = "arith.shli"(%arg0, %arg0) <{overflowFlags = #arith.overflow<none>}> : (i32, i32) -> i32
    %11 = "arith.sitofp"(%arg0) : (i32) -> f32
    %12 = "arith.constant"() <{value = dense<1> : tensor<4xi32>}> : () -> tensor<4xi32>
    %13 = "arith.constant"() <{value = 1 : index}> : () -> index
    %14 = "tensor.empty"() : () -> tensor<4xi32>
    %15 = "tensor.extract"(%arg3, %arg4) : (tensor<4xi32>, index) -> i32
    %16 = "tensor.cast"(%arg3) : (tensor<4xi32>) -> tensor<?xi32>
    %17 = "tensor.dim"(%16, %arg4) : (tensor<?xi32>, index) -> index
    %18 = "scf.for"(%arg4, %arg4, %arg4, %arg0) ({
    ^bb0(%arg7: index, %arg8: i32):
      "scf.yield"(%arg8) : (i32) -> ()
    }) : (index, index, index, i32) -> i32
    "scf.for"(%arg4, %arg4, %arg4) ({
    ^bb0(%arg6: index):
      "scf.yield"() : () -> ()
    }) : (index, index, index) -> ()
    %19 = "memref.alloc"() <{operandSegmentSizes = array<i32: 0, 0>}> : () -> memref<4xi32>
    %20 = "memref.alloc"(%arg4) <{alignment = 64 : i64, operandSegmentSizes = array<i32: 1, 0>}> : (index) -> memref<?xi32>
    "memref.dealloc"(%19) : (memref<4xi32>) -> ()
    %21 = "memref.load"(%arg2, %arg4) : (memref<4xi32>, index) -> i32
    "memref.store"(%21, %arg2, %arg4) : (i32, memref<4xi32>, index) -> ()
    "memref.copy"(%arg2, %19) : (memref<4xi32>, memref<4xi32>) -> ()
    %22 = "func.call"(%arg0) <{callee = @g}> : (i32) -> i32
    "func.return"(%22) : (i32) -> ()
  }) : () -> ()
  "func.func"() <{arg_attrs = [{x.y}], function_type = (i32) -> i32, res_attrs = [{a.b = 1 : i64}], sym_name = "g", sym_visibility = "private"}> ({
  }) {foo} : () -> ()
  "func.func"() <{function_type = (i32) -> (), sym_name = "h", sym_visibility = "private"}> ({
  }) : () -> ()
}) : () -> ()


module {
  func.func @f(%arg0: i32, %arg1: i1, %arg2: memref<4xi32>, %arg3: tensor<4xi32>, %arg4: index, %arg5: f32) -> i32 {
    %0 = arith.addi %arg0, %arg0 : i32
    %1 = arith.subi %arg0, %arg0 overflow<nsw> : i32
    %2 = arith.muli %arg0, %arg0 {foo = 1 : i32} : i32
    %3 = arith.cmpi slt, %arg0, %arg0 : i32
    %4 = arith.select %arg1, %arg0, %arg0 : i32
    %5 = arith.extsi %arg0 : i32 to i64
    %6 = arith.trunci %5 : i64 to i32
    %7 = arith.index_cast %arg4 : index to i32
    %8 = arith.addf %arg5, %arg5 : f32
    %9 = arith.maxsi %arg0, %arg0 : i32
    %10 = arith.shli %arg0, %arg0 : i32
    %11 = arith.sitofp %arg0 : i32 to f32
    %cst = arith.constant dense<1> : tensor<4xi32>
    %c1 = arith.constant 1 : index
    %12 = tensor.empty() : tensor<4xi32>
    %extracted = tensor.extract %arg3[%arg4] : tensor<4xi32>
    %cast = tensor.cast %arg3 : tensor<4xi32> to tensor<?xi32>
    %dim = tensor.dim %cast, %arg4 : tensor<?xi32>
    %13 = scf.for %arg6 = %arg4 to %arg4 step %arg4 iter_args(%arg7 = %arg0) -> (i32) {
      scf.yield %arg7 : i32
    }
    scf.for %arg6 = %arg4 to %arg4 step %arg4 {
    }
    %alloc = memref.alloc() : memref<4xi32>
    %alloc_0 = memref.alloc(%arg4) {alignment = 64 : i64} : memref<?xi32>
    memref.dealloc %alloc : memref<4xi32>
    %14 = memref.load %arg2[%arg4] : memref<4xi32>
    memref.store %14, %arg2[%arg4] : memref<4xi32>
    memref.copy %arg2, %alloc : memref<4xi32> to memref<4xi32>
    %15 = call @g(%arg0) : (i32) -> i32
    return %15 : i32
  }
  func.func private @g(i32 {x.y}) -> (i32 {a.b = 1 : i64}) attributes {foo}
  func.func private @h(i32)
}


"builtin.module"() ({
  "llvm.func"() <{CConv = #llvm.cconv<ccc>, function_type = !llvm.func<struct<(f32, struct<(f32, f32)>)> (i1, f32, f64, struct<(f32, f32)>, vector<4xf16>)>, linkage = #llvm.linkage<external>, sym_name = "m", visibility_ = 0 : i64}> ({
  ^bb0(%arg0: i1, %arg1: f32, %arg2: f64, %arg3: !llvm.struct<(f32, f32)>, %arg4: vector<4xf16>):
    %0 = "builtin.unrealized_conversion_cast"(%arg3) : (!llvm.struct<(f32, f32)>) -> complex<f32>
    %1 = "math.exp"(%arg1) <{fastmath = #arith.fastmath<none>}> : (f32) -> f32
    %2 = "math.fma"(%1, %arg1, %arg1) <{fastmath = #arith.fastmath<none>}> : (f32, f32, f32) -> f32
    %3 = "math.powf"(%arg2, %arg2) <{fastmath = #arith.fastmath<contract>}> : (f64, f64) -> f64
    %4 = "complex.add"(%0, %0) <{fastmath = #arith.fastmath<none>}> : (complex<f32>, complex<f32>) -> complex<f32>
    %5 = "complex.re"(%4) <{fastmath = #arith.fastmath<none>}> : (complex<f32>) -> f32
    %6 = "complex.constant"() <{value = [1.000000e+00 : f32, 2.500000e+00 : f32]}> : () -> complex<f32>
    %7 = "builtin.unrealized_conversion_cast"(%6) : (complex<f32>) -> !llvm.struct<(f32, f32)>
    %8 = "math.tanh"(%arg4) <{fastmath = #arith.fastmath<none>}> : (vector<4xf16>) -> vector<4xf16>
    %9 = "arith.truncf"(%arg2) : (f64) -> bf16
    %10 = "arith.constant"() <{value = 3.250000e+00 : bf16}> : () -> bf16
    %11 = "arith.select"(%arg0, %5, %2) : (i1, f32, f32) -> f32
    %12 = "llvm.mlir.poison"() : () -> !llvm.struct<(f32, struct<(f32, f32)>)>
    %13 = "llvm.insertvalue"(%12, %11) <{position = array<i64: 0>}> : (!llvm.struct<(f32, struct<(f32, f32)>)>, f32) -> !llvm.struct<(f32, struct<(f32, f32)>)>
    %14 = "llvm.insertvalue"(%13, %7) <{position = array<i64: 1>}> : (!llvm.struct<(f32, struct<(f32, f32)>)>, !llvm.struct<(f32, f32)>) -> !llvm.struct<(f32, struct<(f32, f32)>)>
    "llvm.return"(%14) : (!llvm.struct<(f32, struct<(f32, f32)>)>) -> ()
  }) : () -> ()
}) : () -> ()


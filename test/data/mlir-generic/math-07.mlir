"builtin.module"() ({
  "func.func"() <{function_type = (i1, f32, f64, complex<f32>, vector<4xf16>) -> (f32, complex<f32>), sym_name = "m"}> ({
  ^bb0(%arg0: i1, %arg1: f32, %arg2: f64, %arg3: complex<f32>, %arg4: vector<4xf16>):
    %0 = "math.exp"(%arg1) <{fastmath = #arith.fastmath<none>}> : (f32) -> f32
    %1 = "math.fma"(%0, %arg1, %arg1) <{fastmath = #arith.fastmath<none>}> : (f32, f32, f32) -> f32
    %2 = "math.powf"(%arg2, %arg2) <{fastmath = #arith.fastmath<contract>}> : (f64, f64) -> f64
    %3 = "complex.add"(%arg3, %arg3) <{fastmath = #arith.fastmath<none>}> : (complex<f32>, complex<f32>) -> complex<f32>
    %4 = "complex.re"(%3) <{fastmath = #arith.fastmath<none>}> : (complex<f32>) -> f32
    %5 = "complex.constant"() <{value = [1.000000e+00 : f32, 2.500000e+00 : f32]}> : () -> complex<f32>
    %6 = "math.tanh"(%arg4) <{fastmath = #arith.fastmath<none>}> : (vector<4xf16>) -> vector<4xf16>
    %7 = "llvm.fptrunc"(%arg2) : (f64) -> bf16
    %8 = "llvm.mlir.constant"() <{value = 3.250000e+00 : bf16}> : () -> bf16
    %9 = "llvm.select"(%arg0, %4, %1) <{fastmathFlags = #llvm.fastmath<none>}> : (i1, f32, f32) -> f32
    "func.return"(%9, %5) : (f32, complex<f32>) -> ()
  }) : () -> ()
}) : () -> ()


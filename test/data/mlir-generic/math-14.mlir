"builtin.module"() ({
  "llvm.func"() <{CConv = #llvm.cconv<ccc>, function_type = !llvm.func<struct<(f32, struct<(f32, f32)>)> (i1, f32, f64, struct<(f32, f32)>, vector<4xf16>)>, linkage = #llvm.linkage<external>, sym_name = "m", visibility_ = 0 : i64}> ({
  ^bb0(%arg0: i1, %arg1: f32, %arg2: f64, %arg3: !llvm.struct<(f32, f32)>, %arg4: vector<4xf16>):
    %0 = "llvm.intr.exp"(%arg1) <{fastmathFlags = #llvm.fastmath<none>}> : (f32) -> f32
    %1 = "llvm.intr.fma"(%0, %arg1, %arg1) <{fastmathFlags = #llvm.fastmath<none>}> : (f32, f32, f32) -> f32
    %2 = "llvm.intr.pow"(%arg2, %arg2) <{fastmathFlags = #llvm.fastmath<contract>}> : (f64, f64) -> f64
    %3 = "llvm.extractvalue"(%arg3) <{position = array<i64: 0>}> : (!llvm.struct<(f32, f32)>) -> f32
    %4 = "llvm.extractvalue"(%arg3) <{position = array<i64: 1>}> : (!llvm.struct<(f32, f32)>) -> f32
    %5 = "llvm.extractvalue"(%arg3) <{position = array<i64: 0>}> : (!llvm.struct<(f32, f32)>) -> f32
    %6 = "llvm.extractvalue"(%arg3) <{position = array<i64: 1>}> : (!llvm.struct<(f32, f32)>) -> f32
    %7 = "llvm.mlir.poison"() : () -> !llvm.struct<(f32, f32)>
    %8 = "llvm.fadd"(%3, %5) <{fastmathFlags = #llvm.fastmath<none>}> : (f32, f32) -> f32
    %9 = "llvm.fadd"(%4, %6) <{fastmathFlags = #llvm.fastmath<none>}> : (f32, f32) -> f32
    %10 = "llvm.insertvalue"(%7, %8) <{position = array<i64: 0>}> : (!llvm.struct<(f32, f32)>, f32) -> !llvm.struct<(f32, f32)>
    %11 = "llvm.insertvalue"(%10, %9) <{position = array<i64: 1>}> : (!llvm.struct<(f32, f32)>, f32) -> !llvm.struct<(f32, f32)>
    %12 = "llvm.extractvalue"(%11) <{position = array<i64: 0>}> : (!llvm.struct<(f32, f32)>) -> f32
    %13 = "llvm.mlir.constant"() <{value = [1.000000e+00 : f32, 2.500000e+00 : f32]}> : () -> !llvm.struct<(f32, f32)>
    %14 = "llvm.intr.tanh"(%arg4) <{fastmathFlags = #llvm.fastmath<none>}> : (vector<4xf16>) -> vector<4xf16>
    %15 = "llvm.fptrunc"(%arg2) : (f64) -> bf16
    %16 = "llvm.mlir.constant"() <{value = 3.250000e+00 : bf16}> : () -> bf16
    %17 = "llvm.select"(%arg0, %12, %1) <{fastmathFlags = #llvm.fastmath<none>}> : (i1, f32, f32) -> f32
    %18 = "llvm.mlir.poison"() : () -> !llvm.struct<(f32, struct<(f32, f32)>)>
    %19 = "llvm.insertvalue"(%18, %17) <{position = array<i64: 0>}> : (!llvm.struct<(f32, struct<(f32, f32)>)>, f32) -> !llvm.struct<(f32, struct<(f32, f32)>)>
    %20 = "llvm.insertvalue"(%19, %13) <{position = array<i64: 1>}> : (!llvm.struct<(f32, struct<(f32, f32)>)>, !llvm.struct<(f32, f32)>) -> !llvm.struct<(f32, struct<(f32, f32)>)>
    "llvm.return"(%20) : (!llvm.struct<(f32, struct<(f32, f32)>)>) -> ()
  }) : () -> ()
}) : () -> ()


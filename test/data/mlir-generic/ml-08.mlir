"builtin.module"() ({
  "ml_program.global"() <{is_mutable, sym_name = "g", sym_visibility = "private", type = tensor<4xf32>, value = dense<1.500000e+00> : tensor<4xf32>}> : () -> ()
  "ml_program.func"() <{function_type = (i32) -> i32, sym_name = "f"}> ({
  ^bb0(%arg0: i32):
    "ml_program.return"(%arg0) : (i32) -> ()
  }) : () -> ()
  "llvm.func"() <{CConv = #llvm.cconv<ccc>, function_type = !llvm.func<void ()>, linkage = #llvm.linkage<external>, sym_name = "u", visibility_ = 0 : i64}> ({
    %0 = "ub.poison"() <{value = #ub.poison}> : () -> f32
    %1 = "index.constant"() <{value = 4 : index}> : () -> index
    %2 = "index.add"(%1, %1) : (index, index) -> index
    "llvm.return"() : () -> ()
  }) : () -> ()
}) : () -> ()


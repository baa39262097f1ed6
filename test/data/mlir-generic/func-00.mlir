"builtin.module"() ({
  "func.func"() <{function_type = (i32, i32) -> (i32, i1), sym_name = "a"}> ({
  ^bb0(%arg0: i32, %arg1: i32):
    %4 = "arith.addi"(%arg0, %arg1) <{overflowFlags = #arith.overflow<nsw>}> : (i32, i32) -> i32
    %5 = "arith.cmpi"(%4, %arg1) <{predicate = 2 : i64}> : (i32, i32) -> i1
    "func.return"(%4, %5) : (i32, i1) -> ()
  }) {a = 1 : i64} : () -> ()
  "func.func"() <{arg_attrs = [{}, {q.z}], function_type = (memref<4x?xf32, strided<[?, 1], offset: ?>>, tensor<*xf32>) -> f32, res_attrs = [{x.y = "s"}], sym_name = "ext", sym_visibility = "private"}> ({
  }) : () -> ()
  "func.func"() <{function_type = () -> (), sym_name = "call"}> ({
    %0 = "arith.constant"() <{value = 1 : i32}> : () -> i32
    %1:2 = "func.call"(%0, %0) <{callee = @a}> : (i32, i32) -> (i32, i1)
    %2 = "func.constant"() <{value = @a}> : () -> ((i32, i32) -> (i32, i1))
    %3:2 = "func.call_indirect"(%2, %0, %1#0) : ((i32, i32) -> (i32, i1), i32, i32) -> (i32, i1)
    "func.return"() : () -> ()
  }) : () -> ()
  "builtin.module"() <{sym_name = "inner", sym_visibility = "private"}> ({
    "func.func"() <{function_type = () -> (), sym_name = "z"}> ({
      "func.return"() : () -> ()
    }) : () -> ()
    "builtin.module"() ({
    ^bb0:
    }) : () -> ()
  }) : () -> ()
}) : () -> ()


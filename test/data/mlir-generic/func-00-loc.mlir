#loc2 = loc("<stdin>":2:14)
#loc3 = loc("<stdin>":2:23)
"builtin.module"() ({
  "func.func"() <{function_type = (i32, i32) -> (i32, i1), sym_name = "a"}> ({
  ^bb0(%arg0: i32 loc("<stdin>":2:14), %arg1: i32 loc("<stdin>":2:23)):
    %4 = "arith.addi"(%arg0, %arg1) <{overflowFlags = #arith.overflow<nsw>}> : (i32, i32) -> i32 loc(#loc4)
    %5 = "arith.cmpi"(%4, %arg1) <{predicate = 2 : i64}> : (i32, i32) -> i1 loc(#loc5)
    "func.return"(%4, %5) : (i32, i1) -> () loc(#loc6)
  }) {a = 1 : i64} : () -> () loc(#loc1)
  "func.func"() <{arg_attrs = [{}, {q.z}], function_type = (memref<4x?xf32, strided<[?, 1], offset: ?>>, tensor<*xf32>) -> f32, res_attrs = [{x.y = "s"}], sym_name = "ext", sym_visibility = "private"}> ({
  }) : () -> () loc(#loc7)
  "func.func"() <{function_type = () -> (), sym_name = "call"}> ({
    %0 = "arith.constant"() <{value = 1 : i32}> : () -> i32 loc(#loc9)
    %1:2 = "func.call"(%0, %0) <{callee = @a}> : (i32, i32) -> (i32, i1) loc(#loc10)
    %2 = "func.constant"() <{value = @a}> : () -> ((i32, i32) -> (i32, i1)) loc(#loc11)
    %3:2 = "func.call_indirect"(%2, %0, %1#0) : ((i32, i32) -> (i32, i1), i32, i32) -> (i32, i1) loc(#loc12)
    "func.return"() : () -> () loc(#loc13)
  }) : () -> () loc(#loc8)
  "builtin.module"() <{sym_name = "inner", sym_visibility = "private"}> ({
    "func.func"() <{function_type = () -> (), sym_name = "z"}> ({
      "func.return"() : () -> () loc(#loc16)
    }) : () -> () loc(#loc15)
    "builtin.module"() ({
    ^bb0:
    }) : () -> () loc(#loc17)
  }) : () -> () loc(#loc14)
}) : () -> () loc(#loc)
#loc = loc("<stdin>":0:0)
#loc1 = loc("<stdin>":2:1)
#loc4 = loc("<stdin>":2:71)
#loc5 = loc("<stdin>":3:7)
#loc6 = loc("<stdin>":4:2)
#loc7 = loc("<stdin>":5:1)
#loc8 = loc("<stdin>":6:1)
#loc9 = loc("<stdin>":6:26)
#loc10 = loc("<stdin>":7:9)
#loc11 = loc("<stdin>":8:7)
#loc12 = loc("<stdin>":9:9)
#loc13 = loc("<stdin>":10:2)
#loc14 = loc("<stdin>":11:1)
#loc15 = loc("<stdin>":11:57)
#loc16 = loc("<stdin>":11:74)
#loc17 = loc("<stdin>":11:83)


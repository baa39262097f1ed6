#loc2 = loc("<stdin>":2:14)
#loc3 = loc("<stdin>":2:32)
"builtin.module"() ({
  "func.func"() <{function_type = (!shape.shape, !shape.shape) -> !shape.shape, sym_name = "s"}> ({
  ^bb0(%arg0: !shape.shape loc("<stdin>":2:14), %arg1: !shape.shape loc("<stdin>":2:32)):
    %0 = "shape.cstr_broadcastable"(%arg0, %arg1) : (!shape.shape, !shape.shape) -> !shape.witness loc(#loc4)
    %1 = "shape.assuming"(%0) ({
      %3 = "shape.broadcast"(%arg0, %arg1) : (!shape.shape, !shape.shape) -> !shape.shape loc(#loc6)
      "shape.assuming_yield"(%3) : (!shape.shape) -> () loc(#loc7)
    }) : (!shape.witness) -> !shape.shape loc(#loc5)
    %2 = "shape.const_shape"() <{shape = dense<[1, 2, 3]> : tensor<3xindex>}> : () -> !shape.shape loc(#loc8)
    "func.return"(%1) : (!shape.shape) -> () loc(#loc9)
  }) : () -> () loc(#loc1)
}) : () -> () loc(#loc)
#loc = loc("<stdin>":0:0)
#loc1 = loc("<stdin>":2:1)
#loc4 = loc("<stdin>":2:73)
#loc5 = loc("<stdin>":3:7)
#loc6 = loc("<stdin>":3:50)
#loc7 = loc("<stdin>":4:2)
#loc8 = loc("<stdin>":5:7)
#loc9 = loc("<stdin>":6:2)


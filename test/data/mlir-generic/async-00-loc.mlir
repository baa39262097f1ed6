#loc2 = loc("<stdin>":2:14)
"builtin.module"() ({
  "func.func"() <{function_type = (f32) -> !async.token, sym_name = "a"}> ({
  ^bb0(%arg0: f32 loc("<stdin>":2:14)):
    %0:2 = "async.execute"() <{operandSegmentSizes = array<i32: 0, 0>}> ({
      "async.yield"(%arg0) : (f32) -> () loc(#loc4)
    }) : () -> (!async.token, !async.value<f32>) loc(#loc3)
    %1 = "async.await"(%0#1) : (!async.value<f32>) -> f32 loc(#loc5)
    "func.return"(%0#0) : (!async.token) -> () loc(#loc6)
  }) : () -> () loc(#loc1)
}) : () -> () loc(#loc)
#loc = loc("<stdin>":0:0)
#loc1 = loc("<stdin>":2:1)
#loc3 = loc("<stdin>":2:50)
#loc4 = loc("<stdin>":2:87)
#loc5 = loc("<stdin>":3:7)
#loc6 = loc("<stdin>":4:2)

